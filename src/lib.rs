//! karat takes an LLM feature from prompt to production with evidence.
//!
//! The rooms and their arrows are described in `README.md`; `tests/it/house.rs` holds them.

pub mod base;
pub mod cli;
pub mod config;
pub mod eval;
pub mod git;
pub mod guard;
pub mod mockserver;
pub mod net;
pub mod price;
pub mod prompt;
pub mod provider;
pub mod record;
pub mod report;
pub mod score;
pub mod smoke;
pub mod stats;
pub mod store;
pub mod suite;
