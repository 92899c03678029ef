//! Attacks on a suite: strategies as files, and the cases that they make of the suite's own.

mod corpus;
mod derive;
mod disguise;
mod target;

pub use corpus::{Severity, Strategy, bundled_strategies, choose_strategies, read_strategies};
pub use derive::{ATTACK_TAG, Attacks, attack_of};
pub(super) use derive::{Attacker, Ground};
pub(super) use target::Target;
