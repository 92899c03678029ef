//! One line of a batch's results.

use crate::net::HttpReply;
use crate::record::{BatchFate, BatchReply};

/// What a line says about its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// A reply, as a call of its own would have got it.
    Reply(BatchReply),
    /// No reply, for this reason.
    Nothing(BatchFate),
}

/// One line of the results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchLine {
    /// Which request.
    pub custom_id: String,
    /// What is said about it.
    pub said: Said,
}

/// A kept reply as the wires decode it.
pub(super) fn http_of(reply: &BatchReply) -> HttpReply {
    let id = reply.request_id.clone().map(|id| ("x-request-id".to_owned(), id));
    HttpReply { status: reply.status, headers: id.into_iter().collect(), body: reply.body.clone().into_bytes() }
}
