//! The subcommands: one file or folder each.

pub mod cache;
pub mod completions;
pub mod eval;
pub mod mock;
pub mod prompt;
pub mod smoke;
