//! Finds text that tries to give a model orders: a heuristic on wording and markup, not a proof.

mod find;
mod phrases;

pub use find::{Injection, InjectionKind, find_injections};
