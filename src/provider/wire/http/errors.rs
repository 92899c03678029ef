//! What failed replies of an application mean.

use serde_json::Value;

use super::super::super::app::{beginning, reads_as_nothing, text_of};
use super::super::super::spec::{Failure, Retry};
use super::super::body::request_id;
use super::super::error_body::{ErrorBody, kind_of_status, status_is_retryable};
use crate::net::HttpReply;
use crate::record::ErrorKind;

/// The failure that a status other than 2xx stands for.
pub(super) fn of_status(reply: &HttpReply) -> Failure {
    let status = reply.status;
    let error = ErrorBody::of_reply(reply);
    let kind = kind_of_status(status);
    let message = match reply.header("location") {
        Some(_) if (300..400).contains(&status) => {
            format!("the application redirects (HTTP {status}) instead of answering; set `url` to where it points")
        }
        _ => error.sentence(&format!("{} (HTTP {status})", describe(kind)), status),
    };
    let mut failure =
        Failure::new(kind, message.replace(&format!(" (HTTP {status}) (HTTP {status})"), &format!(" (HTTP {status})")));
    failure.retry = retry_of(kind, status);
    failure.error.status = Some(status);
    failure.error.request_id = request_id(reply);
    failure
}

/// The failure that an error inside a 200 stands for. What the application does not class is not tried again: it is a
/// finding about the application.
pub(super) fn of_error(error: &Value, reply: &HttpReply) -> Failure {
    let wrapped = serde_json::json!({"error": error});
    let body = ErrorBody::of_json(&wrapped);
    let (kind, retry) = match body.status {
        Some(status) => (kind_of_status(status), retry_of(kind_of_status(status), status)),
        // It answered: neither the breaker nor the run takes it for an outage.
        None => (ErrorKind::BadRequest, Retry::Never),
    };
    let told = if body.message.is_empty() { beginning(&text_of(error)) } else { body.message };
    let mut failure = Failure::new(kind, format!("the application reports an error: {told}"));
    failure.retry = retry;
    failure.error.status = Some(reply.status);
    failure.error.request_id = request_id(reply);
    failure
}

/// Whether a value at the `error` path says that something went wrong.
pub(super) fn is_error(value: &Value) -> bool {
    !reads_as_nothing(value)
}

/// A reply that is not what `response` says; the same request would get the same one.
pub(super) fn unreadable(reply: &HttpReply, message: String) -> Failure {
    let mut failure = Failure::new(ErrorKind::Malformed, message);
    failure.retry = Retry::Never;
    failure.error.status = Some(reply.status);
    failure.error.request_id = request_id(reply);
    failure
}

fn retry_of(kind: ErrorKind, status: u16) -> Retry {
    match kind {
        _ if !status_is_retryable(status) => Retry::Never,
        ErrorKind::Overloaded => Retry::Slowly,
        _ => Retry::Soon,
    }
}

fn describe(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Auth => "the application refuses the credentials",
        ErrorKind::NotFound => "the application does not know this path",
        ErrorKind::RateLimited => "the application limits the rate of requests",
        ErrorKind::QuotaExhausted => "the application asks for payment",
        ErrorKind::Overloaded => "the application is overloaded",
        ErrorKind::Timeout => "the application timed out",
        ErrorKind::ContextLength => "the request is too large for the application",
        ErrorKind::BadRequest => "the application rejects the request",
        ErrorKind::Server
        | ErrorKind::Filtered
        | ErrorKind::Network
        | ErrorKind::Malformed
        | ErrorKind::NotRecorded
        | ErrorKind::CircuitOpen
        | ErrorKind::Cancelled
        | ErrorKind::Refused
        | ErrorKind::Pending => "the application failed",
    }
}
