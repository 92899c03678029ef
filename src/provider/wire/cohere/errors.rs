//! Error replies of Cohere (reference §7): `{id?, message}`.

use super::super::super::spec::Failure;
use super::super::error_body::ErrorBody;
use super::super::failure;
use crate::net::HttpReply;
use crate::record::ErrorKind;

/// The failure that an error status stands for.
pub(super) fn of_status(reply: &HttpReply) -> Failure {
    failure::of_status(reply, special)
}

fn special(status: u16, error: &ErrorBody) -> Option<ErrorKind> {
    let message = error.message.to_lowercase();
    match status {
        // An invalid token; elsewhere 498 is a server without capacity.
        498 => Some(ErrorKind::Auth),
        // A trial key's calls of the month: no wait brings them back.
        429 if message.contains("/ month") || message.contains("per month") => Some(ErrorKind::QuotaExhausted),
        400 | 422 if message.contains("blocked") && message.contains("safety") => Some(ErrorKind::Filtered),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Retry;
    use serde_json::json;

    #[test]
    fn every_row_of_the_error_table_has_its_class() {
        for (status, message, kind, retry) in [
            (400, "too many tokens: size limit exceeded by 9 tokens", ErrorKind::ContextLength, Retry::Never),
            (400, "invalid request: message must be at least 1 token long", ErrorKind::BadRequest, Retry::Never),
            (401, "invalid api token", ErrorKind::Auth, Retry::Never),
            (402, "Please add or update your payment method", ErrorKind::QuotaExhausted, Retry::Never),
            (404, "model 'x' not found", ErrorKind::NotFound, Retry::Never),
            (408, "timeout", ErrorKind::Timeout, Retry::Soon),
            (422, "invalid json schema", ErrorKind::BadRequest, Retry::Never),
            (
                429,
                "You are using a Trial key, which is limited to 40 API calls / minute",
                ErrorKind::RateLimited,
                Retry::Soon,
            ),
            (
                429,
                "You are using a Trial key, which is limited to 1000 API calls / month",
                ErrorKind::QuotaExhausted,
                Retry::Never,
            ),
            (498, "invalid token", ErrorKind::Auth, Retry::Never),
            (499, "client closed request", ErrorKind::BadRequest, Retry::Never),
            (500, "internal server error", ErrorKind::Server, Retry::Soon),
            (503, "overloaded", ErrorKind::Overloaded, Retry::Slowly),
        ] {
            let body = json!({"id": "1", "message": message}).to_string().into_bytes();
            let failure = of_status(&HttpReply { status, body, ..HttpReply::default() });
            assert_eq!((failure.error.kind, failure.retry), (kind, retry), "{status} {message}");
        }
    }
}
