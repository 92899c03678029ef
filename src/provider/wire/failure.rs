//! Error replies of the APIs whose error bodies say little: status first, then what the message says.

use super::super::spec::{Failure, Retry};
use super::body::request_id;
use super::error_body::{ErrorBody, describe, kind_of_status, status_is_retryable};
use crate::net::HttpReply;
use crate::record::ErrorKind;

/// The failure that an error status stands for. `special` knows what this API means by it, when that is not the usual.
pub(super) fn of_status(reply: &HttpReply, special: impl Fn(u16, &ErrorBody) -> Option<ErrorKind>) -> Failure {
    of_error(reply, reply.status, &ErrorBody::of_reply(reply), special)
}

/// The failure of an error, wherever it stood; it counts as this status.
pub(super) fn of_error(
    reply: &HttpReply,
    status: u16,
    error: &ErrorBody,
    special: impl Fn(u16, &ErrorBody) -> Option<ErrorKind>,
) -> Failure {
    let (kind, retry) = match special(status, error) {
        Some(kind) => (kind, Failure::new(kind, "").retry),
        None if matches!(status, 400 | 413 | 422) && error.speaks_of_context_length() => {
            (ErrorKind::ContextLength, Retry::Never)
        }
        None => usual(status),
    };
    let message = match reply.header("location") {
        Some(_) if (300..400).contains(&status) => {
            format!("the server redirects (HTTP {status}) instead of answering; set the base URL to where it points")
        }
        _ => error.sentence(describe(kind), status),
    };
    let mut failure = Failure::new(kind, message);
    failure.retry = retry;
    failure.error.status = Some(reply.status);
    failure.error.request_id = request_id(reply).or_else(|| error.request_id.clone());
    failure
}

fn usual(status: u16) -> (ErrorKind, Retry) {
    let kind = kind_of_status(status);
    let retry = match kind {
        _ if !status_is_retryable(status) => Retry::Never,
        ErrorKind::Overloaded => Retry::Slowly,
        _ => Retry::Soon,
    };
    (kind, retry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_api_means_by_a_status_beats_what_is_usual() {
        let reply = |status| HttpReply { status, body: b"{\"message\": \"m\"}".to_vec(), ..HttpReply::default() };
        let special = |status, _: &ErrorBody| (status == 498).then_some(ErrorKind::Auth);
        let found = |status| {
            let failure = of_status(&reply(status), special);
            (failure.error.kind, failure.retry)
        };
        assert_eq!(found(498), (ErrorKind::Auth, Retry::Never));
        assert_eq!(found(429), (ErrorKind::RateLimited, Retry::Soon));
        assert_eq!(found(503), (ErrorKind::Overloaded, Retry::Slowly));
        assert_eq!(found(501), (ErrorKind::Server, Retry::Never));
        let long =
            HttpReply { status: 400, body: b"{\"message\": \"too many tokens\"}".to_vec(), ..HttpReply::default() };
        assert_eq!(of_status(&long, special).error.kind, ErrorKind::ContextLength);
        let moved =
            HttpReply { status: 301, headers: [("location", "/x")].into_iter().collect(), ..HttpReply::default() };
        assert!(of_status(&moved, special).error.message.contains("redirects"));
    }
}
