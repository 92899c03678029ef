//! Providers that are the user's own application: what to send to it, what to read from its replies, what to start.

mod extract;
mod http;
mod process;
mod raw;
mod request;
mod template;
#[cfg(test)]
mod tests;

pub use extract::{Extract, ResponseRules, StreamEnd, StreamRules, StreamText, TextRule, UsagePaths};
pub use http::{Every, HttpApp, SessionRules, SessionValue};
pub use process::{ProcessApp, ProcessKind, ProcessMode, ProcessReply};
pub use request::{Body, RequestTemplate};
pub use template::Template;

pub(super) use raw::{About, RawApp, app_names};

/// What a provider of type `http`, `exec`, `python` or `javascript` is.
#[derive(Debug, Clone, PartialEq)]
pub enum AppConfig {
    /// Reached over HTTP.
    Http(Box<HttpApp>),
    /// Started here.
    Process(Box<ProcessApp>),
}
