//! Quick checks that something answers at all: so far, the models of a project.

mod advice;
mod ping;

pub use ping::{Ping, PingKind, PingState, Target, chat_request, ping_all};
