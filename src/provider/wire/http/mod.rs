//! A user's own application over HTTP: requests from templates, replies by paths.

mod errors;
mod fill;
mod frames;
mod read;
mod session;
#[cfg(test)]
mod tests;
mod wire;

use super::super::spec::{Answers, ProviderSpec};

pub(in crate::provider) use session::authority;
pub(in crate::provider) use wire::AppWire;

/// An application behind a URL.
pub(in crate::provider) static SPEC: ProviderSpec = ProviderSpec {
    name: "http",
    about: "your own application behind a URL: any request, any reply",
    answers: Answers::Http,
    authority: Some(authority),
    ..ProviderSpec::PLAIN
};
