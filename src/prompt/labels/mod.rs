//! Labels: what they point to, moving them, splitting traffic, resolving a reference.

pub(super) mod bucket;
pub(super) mod flagd;
pub(super) mod label;
pub(super) mod label_edit;
pub(super) mod label_move;
pub(super) mod resolve;
