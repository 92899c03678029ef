//! Checks that ask a model other than a judge: vectors and moderation.

pub(super) mod model;
pub(super) mod moderation;
pub(super) mod similarity;
