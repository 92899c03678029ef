//! The one integration test binary: drives the real `karat` on real files, real SQLite and real HTTP on loopback.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod bad_inputs;
mod commands;
mod completions;
mod house;
mod lint;
mod listed;
mod live;
mod project;
mod readme;
mod stub;
mod support;
