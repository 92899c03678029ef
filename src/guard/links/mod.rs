//! Finds links in text, and what is unsafe about them.

mod fault;
mod find;
mod host;

pub use fault::{LinkFault, link_faults};
pub use find::{Link, find_links};
