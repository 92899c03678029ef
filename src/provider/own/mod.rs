//! Whom a user's own checks ask in a run: programs of the project, and addresses.

mod checks;
mod hook;
#[cfg(test)]
mod hook_test;

pub use checks::{OwnCheckOptions, OwnChecks};
