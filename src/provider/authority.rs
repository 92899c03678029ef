//! Proving who asks where a key in a header is not enough: signatures, tokens that expire.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::settings::ProviderSettings;
use super::spec::Failure;
use crate::base::{Redactor, Timestamp};
use crate::net::{HttpReply, HttpRequest, Transport};

/// What an authority may use.
#[derive(Debug, Clone, Copy)]
pub struct Access<'a> {
    /// The provider's settings, with its key and credentials.
    pub settings: &'a ProviderSettings,
    /// For fetching tokens.
    pub transport: &'a dyn Transport,
    /// Now.
    pub now: Timestamp,
}

/// Proves who asks. One per provider and run; it may keep tokens.
pub trait Authority: Send + Sync + fmt::Debug {
    /// Puts the proof onto a request that is otherwise ready, before every attempt.
    ///
    /// # Errors
    /// [`Failure`] when there is none to be had.
    fn authorize<'a>(&'a self, request: &'a mut HttpRequest, access: Access<'a>) -> BoxFuture<'a, Result<(), Failure>>;

    /// A reply came back; whether the proof was refused and a fresh one is worth one more attempt.
    fn refused(&self, _reply: &HttpReply) -> bool {
        false
    }

    /// Keeps the secrets out of texts that it has fetched, if any; those of the settings are kept out anyway.
    fn redactor(&self) -> Option<Arc<Redactor>> {
        None
    }
}
