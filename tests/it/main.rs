//! The one integration test binary: drives the real `karat` on real files, real SQLite and real HTTP on loopback.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod adversarial;
mod apps;
mod around;
mod asking;
mod bad_inputs;
mod batch;
mod batch_stub;
mod caches;
mod calibrate;
mod canary;
mod changed_since;
mod classification;
mod commands;
mod comparing;
mod completions;
mod corpus;
#[cfg(unix)]
mod disk;
mod doctor;
mod faults;
mod faulty;
mod fuzz;
mod house;
mod judging;
mod lint;
mod listed;
mod live;
mod mock_server;
mod outdated;
mod own_checks;
mod project;
mod prompt_disk;
mod prompt_flow;
mod prompt_import;
mod prompt_list;
mod prompt_render;
mod prompt_session;
mod readme;
mod routes;
mod serving;
mod shots;
mod smoke_providers;
mod streams;
mod stub;
mod support;
