//! A server on loopback that speaks the APIs of providers: it answers from cassettes and rules, or passes requests on and
//! records the replies.

mod api;
mod exchange;
mod fault;
mod host;
mod http;
mod options;
mod proxy;
mod reply;
mod serve;
mod target;

pub use fault::Fault;
pub use host::is_loopback_host;
pub use options::{Answers, ServerOptions, Upstream};
pub use serve::{Ended, Server, Tally};
