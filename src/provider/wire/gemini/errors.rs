//! Errors of Google's APIs (reference §4.5).

use std::time::Duration;

use serde_json::Value;

use super::super::super::spec::{Failure, Retry};
use super::super::body::{request_id, text_at};
use super::super::error_body::{ErrorBody, describe, kind_of_status, status_is_retryable};
use crate::net::HttpReply;
use crate::record::ErrorKind;

/// The failure that an error status stands for.
pub(super) fn of_reply(reply: &HttpReply) -> Failure {
    let body = serde_json::from_slice::<Value>(&reply.body).unwrap_or(Value::Null);
    classify(reply, reply.status, &ErrorBody::of_reply(reply), inner(&body))
}

/// The failure that an error inside a 200 stands for: its code says which status it would have had.
pub(super) fn of_value(reply: &HttpReply, body: &Value) -> Failure {
    let error = ErrorBody::of_json(body);
    let status = error.status.unwrap_or_else(|| match text_at(inner(body), "status").as_deref() {
        Some("INVALID_ARGUMENT" | "FAILED_PRECONDITION" | "OUT_OF_RANGE") => 400,
        Some("UNAUTHENTICATED") => 401,
        Some("PERMISSION_DENIED") => 403,
        Some("NOT_FOUND") => 404,
        Some("RESOURCE_EXHAUSTED") => 429,
        Some("UNAVAILABLE") => 503,
        Some("DEADLINE_EXCEEDED") => 504,
        _ => 500,
    });
    classify(reply, status, &error, inner(body))
}

/// Whether a body is an error, alone or as a list of one.
pub(super) fn is_error(body: &Value) -> bool {
    let body = body.as_array().and_then(|list| list.first()).unwrap_or(body);
    body.get("error").is_some_and(|error| !error.is_null())
}

fn inner(body: &Value) -> &Value {
    let body = body.as_array().and_then(|list| list.first()).unwrap_or(body);
    body.get("error").unwrap_or(body)
}

fn classify(reply: &HttpReply, status: u16, error: &ErrorBody, raw: &Value) -> Failure {
    let details = Details::of(raw);
    let (kind, retry) = kind_of(status, error, &details);
    let mut failure = Failure::new(kind, error.sentence(describe(kind), status));
    failure.retry = retry;
    failure.wait = details.delay.filter(|_| retry != Retry::Never);
    failure.error.status = Some(reply.status);
    failure.error.request_id = request_id(reply);
    failure
}

/// What the typed details of an error say.
#[derive(Debug, Default)]
struct Details {
    /// `ErrorInfo.reason`.
    reason: String,
    /// `RetryInfo.retryDelay`.
    delay: Option<Duration>,
    /// Whether a quota of a day is used up.
    daily: bool,
}

impl Details {
    fn of(error: &Value) -> Details {
        let mut found = Details::default();
        for detail in error.get("details").and_then(Value::as_array).into_iter().flatten() {
            if let Some(reason) = text_at(detail, "reason") {
                found.reason = reason;
            }
            found.delay = found.delay.or(text_at(detail, "retryDelay").as_deref().and_then(seconds));
            let violations = detail.get("violations").and_then(Value::as_array).into_iter().flatten();
            let mut quotas = violations.filter_map(|violation| text_at(violation, "quotaId"));
            found.daily |= quotas.any(|quota| quota.contains("PerDay"));
        }
        found
    }
}

/// A duration as protobuf writes it, such as `46s` or `1.5s`.
fn seconds(text: &str) -> Option<Duration> {
    let seconds: f64 = text.strip_suffix('s')?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// Whether the message states a quota of nothing at all: `limit: 0`.
fn has_no_quota(message: &str) -> bool {
    message.split("limit: 0").skip(1).any(|rest| !rest.starts_with(|next: char| next.is_ascii_digit() || next == '.'))
}

fn kind_of(status: u16, error: &ErrorBody, details: &Details) -> (ErrorKind, Retry) {
    let message = error.message.to_lowercase();
    let is_key = matches!(details.reason.as_str(), "API_KEY_INVALID" | "API_KEY_EXPIRED" | "API_KEY_SERVICE_BLOCKED")
        || (status == 400
            && message.contains("api key")
            && (message.contains("not valid") || message.contains("expired")));
    // Every further call from here fails the same way.
    if is_key || (status == 400 && message.contains("location is not supported")) {
        return (ErrorKind::Auth, Retry::Never);
    }
    if status == 400 && message.contains("billing") || status == 429 && (details.daily || has_no_quota(&message)) {
        return (ErrorKind::QuotaExhausted, Retry::Never);
    }
    if matches!(status, 400 | 413)
        && (error.speaks_of_context_length() || message.contains("maximum number of tokens allowed"))
    {
        return (ErrorKind::ContextLength, Retry::Never);
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

    fn failure(status: u16, error: &Value) -> Failure {
        of_reply(&HttpReply { status, body: json!({"error": error}).to_string().into_bytes(), ..HttpReply::default() })
    }

    #[test]
    fn every_row_of_the_error_table_has_its_class() {
        let invalid_key = json!([{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]);
        let cases = [
            (400, "INVALID_ARGUMENT", "Invalid value at 'contents'", json!([]), ErrorKind::BadRequest, Retry::Never),
            (400, "INVALID_ARGUMENT", "API key not valid.", invalid_key, ErrorKind::Auth, Retry::Never),
            (400, "FAILED_PRECONDITION", "User location is not supported", json!([]), ErrorKind::Auth, Retry::Never),
            (400, "FAILED_PRECONDITION", "Enable billing", json!([]), ErrorKind::QuotaExhausted, Retry::Never),
            (
                400,
                "INVALID_ARGUMENT",
                "The input token count (9) exceeds the maximum number of tokens allowed (8).",
                json!([]),
                ErrorKind::ContextLength,
                Retry::Never,
            ),
            (402, "RESOURCE_EXHAUSTED", "prepaid credit", json!([]), ErrorKind::QuotaExhausted, Retry::Never),
            (403, "PERMISSION_DENIED", "x", json!([]), ErrorKind::Auth, Retry::Never),
            (404, "NOT_FOUND", "models/x is not found", json!([]), ErrorKind::NotFound, Retry::Never),
            (429, "RESOURCE_EXHAUSTED", "limit: 0.5, limit: 10", json!([]), ErrorKind::RateLimited, Retry::Soon),
            (429, "RESOURCE_EXHAUSTED", "limit: 0, model: x", json!([]), ErrorKind::QuotaExhausted, Retry::Never),
            (500, "INTERNAL", "x", json!([]), ErrorKind::Server, Retry::Soon),
            (503, "UNAVAILABLE", "x", json!([]), ErrorKind::Overloaded, Retry::Slowly),
            (504, "DEADLINE_EXCEEDED", "x", json!([]), ErrorKind::Server, Retry::Soon),
        ];
        for (status, word, message, details, kind, retry) in cases {
            let error = json!({"code": status, "status": word, "message": message, "details": details});
            let found = failure(status, &error);
            assert_eq!((found.error.kind, found.retry), (kind, retry), "{status} {message}");
            let ok = HttpReply { status: 200, ..HttpReply::default() };
            assert_eq!(of_value(&ok, &json!([{"error": error}])).error.kind, kind, "{status} {message}");
        }
    }

    #[test]
    fn a_limit_of_a_minute_is_waited_for_and_that_of_a_day_is_not() {
        let quota = |quota: &str| {
            json!({"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "quota", "details": [
                {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": quota}]},
                {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "46.5s"}]})
        };
        let minute = failure(429, &quota("GenerateRequestsPerMinutePerProjectPerModel"));
        assert_eq!((minute.error.kind, minute.wait), (ErrorKind::RateLimited, Some(Duration::from_millis(46_500))));
        let day = failure(429, &quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier"));
        assert_eq!((day.error.kind, day.wait, day.retry), (ErrorKind::QuotaExhausted, None, Retry::Never));
    }

    #[test]
    fn a_status_without_a_code_says_what_it_is() {
        let ok = HttpReply { status: 200, ..HttpReply::default() };
        let found = of_value(&ok, &json!({"error": {"status": "UNAUTHENTICATED", "message": "x"}}));
        assert_eq!(found.error.kind, ErrorKind::Auth);
    }
}
