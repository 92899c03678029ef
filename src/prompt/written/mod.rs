//! A version file as it is written, read and checked key by key.

pub(super) mod budget;
pub(super) mod definition;
pub(super) mod identity;
pub(super) mod media;
pub(super) mod output;
pub(super) mod params;
pub(super) mod spoken;
pub(super) mod tooling;
pub(super) mod var_problem;
pub(super) mod variable;
