//! The one HTTP client: requests and replies as plain data.
//!
//! Keys travel in headers only, never in URLs, and error texts carry no URL at all. TLS is always verified.

mod body;
mod client;
mod headers;
mod message;
mod pool;
#[cfg(test)]
mod stream_test;

pub use body::{Body, OpenReply};
use client::is_loopback;
pub use client::{
    HttpClient, NetOptions, Transport, base_url_problem, host_of, is_loopback_url, redirected, same_origin,
};
pub use headers::Headers;
pub use message::{Auth, HttpReply, HttpRequest, Method, NetError, TimeoutStage, Timeouts};
pub use pool::ca_problem;
