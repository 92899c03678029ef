//! The subcommands: one file or folder each.

pub mod completions;
pub mod eval;
mod git_problem;
pub mod prompt;

pub(crate) use git_problem::git_problem;
