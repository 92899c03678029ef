//! Checks on the text of a reply.

pub(super) mod compare;
pub(super) mod contains;
pub(super) mod contains_all;
pub(super) mod contains_any;
pub(super) mod date;
mod dates;
mod edges;
pub(super) mod ends_with;
pub(super) mod equals;
mod find;
pub(super) mod icontains;
pub(super) mod icontains_all;
pub(super) mod icontains_any;
pub(super) mod language;
pub(super) mod length;
pub(super) mod number;
pub(super) mod one_of;
pub(super) mod quantity;
pub(super) mod readability;
pub(super) mod regex;
mod size;
pub(super) mod starts_with;
mod units;
pub(super) mod word_count;
