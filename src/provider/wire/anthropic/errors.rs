//! Error replies of Anthropic and compatible servers (reference §3.6).

use serde_json::Value;

use super::super::super::spec::{Failure, Retry};
use super::super::body::request_id;
use super::super::error_body::{ErrorBody, describe, kind_of_status, status_is_retryable};
use crate::net::HttpReply;
use crate::record::ErrorKind;

/// The failure that an error status stands for.
pub(super) fn of_status(reply: &HttpReply) -> Failure {
    classify(reply, reply.status, &ErrorBody::of_reply(reply))
}

/// The failure that an error inside a 200 stands for: its type says which status it would have had.
pub(super) fn of_body(reply: &HttpReply, body: &Value) -> Failure {
    let error = ErrorBody::of_json(body);
    let status = error.status.unwrap_or(match error.kind.as_str() {
        "invalid_request_error" => 400,
        "authentication_error" => 401,
        "billing_error" => 402,
        "permission_error" => 403,
        "not_found_error" => 404,
        "request_too_large" => 413,
        "rate_limit_error" => 429,
        "timeout_error" => 504,
        "overloaded_error" => 529,
        _ => 500,
    });
    classify(reply, status, &error)
}

fn classify(reply: &HttpReply, status: u16, error: &ErrorBody) -> Failure {
    let (kind, retry) = kind_of(status, error);
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

fn kind_of(status: u16, error: &ErrorBody) -> (ErrorKind, Retry) {
    let message = error.message.to_lowercase();
    let is_spent = matches!(error.detail_code.as_str(), "enforced_spend_limit_reached" | "contract_spend_limit_reached")
        || error.kind == "billing_error"
        // Both come as a plain 400.
        || (status == 400 && (message.contains("credit balance is too low") || message.contains("spend limit") || message.contains("usage limits")));
    if is_spent {
        return (ErrorKind::QuotaExhausted, Retry::Never);
    }
    if matches!(status, 400 | 413) && error.speaks_of_context_length() {
        return (ErrorKind::ContextLength, Retry::Never);
    }
    if status == 400 && message.contains("content filtering policy") {
        return (ErrorKind::Filtered, Retry::Never);
    }
    if error.kind == "overloaded_error" {
        return (ErrorKind::Overloaded, Retry::Slowly);
    }
    if status == 429 && (error.detail_code == "ramp_limit_exceeded" || message.contains("ramp_limit_exceeded")) {
        return (ErrorKind::RateLimited, Retry::Slowly);
    }
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
    use serde_json::json;

    #[test]
    fn every_row_of_the_error_table_has_its_class() {
        let error = |kind: &str, message: &str| json!({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"});
        let spent = json!({"type": "error", "error": {"type": "rate_limit_error", "message": "x", "details": {"error_code": "enforced_spend_limit_reached"}}});
        let ramp = json!({"type": "error", "error": {"type": "rate_limit_error", "message": "x", "details": {"error_code": "ramp_limit_exceeded"}}});
        let cases = [
            (
                400,
                error("invalid_request_error", "prompt is too long: 9 tokens > 8 maximum"),
                ErrorKind::ContextLength,
                Retry::Never,
            ),
            (400, error("invalid_request_error", "max_tokens: Field required"), ErrorKind::BadRequest, Retry::Never),
            (
                400,
                error("invalid_request_error", "Your credit balance is too low to access the API"),
                ErrorKind::QuotaExhausted,
                Retry::Never,
            ),
            (401, error("authentication_error", "invalid x-api-key"), ErrorKind::Auth, Retry::Never),
            (402, error("billing_error", "x"), ErrorKind::QuotaExhausted, Retry::Never),
            (403, error("permission_error", "x"), ErrorKind::Auth, Retry::Never),
            (404, error("not_found_error", "model: x"), ErrorKind::NotFound, Retry::Never),
            (409, error("conflict_error", "x"), ErrorKind::BadRequest, Retry::Never),
            (413, error("request_too_large", "x"), ErrorKind::ContextLength, Retry::Never),
            (429, error("rate_limit_error", "x"), ErrorKind::RateLimited, Retry::Soon),
            (429, spent, ErrorKind::QuotaExhausted, Retry::Never),
            (429, ramp, ErrorKind::RateLimited, Retry::Slowly),
            (500, error("api_error", "x"), ErrorKind::Server, Retry::Soon),
            (504, error("timeout_error", "x"), ErrorKind::Server, Retry::Soon),
            (529, error("overloaded_error", "Overloaded"), ErrorKind::Overloaded, Retry::Slowly),
        ];
        for (status, body, kind, retry) in cases {
            let failure = of_status(&HttpReply { status, body: body.to_string().into_bytes(), ..HttpReply::default() });
            assert_eq!((failure.error.kind, failure.retry), (kind, retry), "{status} {body}");
            let in_200 = of_body(&HttpReply { status: 200, ..HttpReply::default() }, &body);
            if !matches!(status, 409) {
                assert_eq!(in_200.error.kind, kind, "{status} {body}");
            }
        }
    }

    #[test]
    fn the_request_id_is_kept_from_header_or_body() {
        let body = br#"{"type":"error","error":{"type":"api_error","message":"x"},"request_id":"req_1"}"#.to_vec();
        let plain = HttpReply { status: 500, body: body.clone(), ..HttpReply::default() };
        assert_eq!(of_status(&plain).error.request_id.as_deref(), Some("req_1"));
        let headed = HttpReply { status: 500, headers: [("request-id", "req_2")].into_iter().collect(), body };
        assert_eq!(of_status(&headed).error.request_id.as_deref(), Some("req_2"));
    }
}
