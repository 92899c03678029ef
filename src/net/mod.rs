//! The one HTTP client: requests and replies as plain data.
//!
//! Keys travel in headers only, never in URLs, and error texts carry no URL at all. TLS is always verified.

mod client;
mod message;

pub use client::{HttpClient, NetOptions, Transport, base_url_problem, host_of, is_loopback_url};
pub use message::{Auth, HttpReply, HttpRequest, Method, NetError, TimeoutStage, Timeouts};
