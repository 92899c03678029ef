//! Two versions side by side.

pub(super) mod align;
pub(super) mod compare;
pub(super) mod lines;
pub(super) mod outline;
pub(super) mod values;
pub(super) mod view;
pub(super) mod words;
