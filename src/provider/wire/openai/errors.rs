//! Error replies of OpenAI and compatible servers (reference §2.1, §9, §15): code first, then type, then status.

use serde_json::Value;

use super::super::super::spec::{Failure, Retry};
use super::super::body::request_id;
use super::super::error_body::{ErrorBody, describe, kind_of_status, status_is_retryable};
use super::quirks::ErrorRule;
use crate::net::HttpReply;
use crate::record::ErrorKind;

/// Codes and types that mean that money or quota is gone.
const QUOTA: &[&str] = &[
    "insufficient_quota",
    "credit_balance_exhausted",
    "organization_spend_limit_exceeded",
    "project_spend_limit_exceeded",
    "organization_usage_limit_exceeded",
];

/// Codes of prompts that a filter refuses.
const FILTERED: &[&str] =
    &["content_filter", "content_policy_violation", "responsibleaipolicyviolation", "moderation_blocked"];

/// The failure that an error status stands for.
pub(in crate::provider::wire) fn of_status(reply: &HttpReply) -> Failure {
    of_status_at(reply, |_, _| None)
}

/// The same at a host with rules of its own.
pub(in crate::provider::wire) fn of_status_at(reply: &HttpReply, rule: ErrorRule) -> Failure {
    classify(reply, reply.status, &ErrorBody::of_reply(reply), rule)
}

/// The failure that an error inside a 200 stands for; its own numeric code counts as the status.
pub(in crate::provider::wire) fn of_body(reply: &HttpReply, body: &Value) -> Failure {
    of_body_at(reply, body, |_, _| None)
}

/// The same at a host with rules of its own.
pub(in crate::provider::wire) fn of_body_at(reply: &HttpReply, body: &Value, rule: ErrorRule) -> Failure {
    let error = ErrorBody::of_json(body);
    let status = error.status.unwrap_or_else(|| status_of_word(&error));
    classify(reply, status, &error, rule)
}

/// The status that an error inside a 200 would have had, by its words.
fn status_of_word(error: &ErrorBody) -> u16 {
    match error.code.as_str() {
        "rate_limit_exceeded" => 429,
        "context_length_exceeded" | "invalid_prompt" | "invalid_request_error" => 400,
        _ => 500,
    }
}

fn classify(reply: &HttpReply, status: u16, error: &ErrorBody, rule: ErrorRule) -> Failure {
    let (kind, retry) = rule(status, error).unwrap_or_else(|| kind_of(status, error, reply));
    let message = match reply.header("location") {
        Some(_) if (300..400).contains(&status) => {
            format!("the server redirects (HTTP {status}) instead of answering; set the base URL to where it points")
        }
        _ => error.sentence(describe(kind), status),
    };
    let mut failure = Failure::new(kind, message);
    failure.retry = retry;
    failure.param = error.rejected_param(status);
    failure.error.status = Some(reply.status);
    failure.error.request_id = request_id(reply).or_else(|| error.request_id.clone());
    failure
}

fn kind_of(status: u16, error: &ErrorBody, reply: &HttpReply) -> (ErrorKind, Retry) {
    let says = |words: &[&str]| words.contains(&error.code.as_str()) || words.contains(&error.kind.as_str());
    let is_quota = says(QUOTA) || error.code.starts_with("billing_") || error.kind.starts_with("billing_");
    if is_quota {
        return (ErrorKind::QuotaExhausted, Retry::Never);
    }
    if says(FILTERED) || is_moderation(status, error, reply) {
        return (ErrorKind::Filtered, Retry::Never);
    }
    if matches!(status, 400 | 413) && error.speaks_of_context_length() {
        return (ErrorKind::ContextLength, Retry::Never);
    }
    if status == 429 && asks_more_than_the_limit(&error.message) {
        return (ErrorKind::ContextLength, Retry::Never);
    }
    if says(&["invalid_api_key"]) {
        return (ErrorKind::Auth, Retry::Never);
    }
    if says(&["model_not_found"]) && matches!(status, 400 | 403 | 404) {
        return (ErrorKind::NotFound, Retry::Never);
    }
    if says(&["slow_down"]) {
        return (ErrorKind::RateLimited, Retry::Slowly);
    }
    if says(&["server_is_overloaded", "service_unavailable_error", "capacity_exceeded", "overloaded_error"])
        && status >= 429
    {
        return (ErrorKind::Overloaded, Retry::Slowly);
    }
    let kind = kind_of_status(status);
    let retry = match kind {
        _ if !status_is_retryable(status) => Retry::Never,
        ErrorKind::Overloaded => Retry::Slowly,
        _ => Retry::Soon,
    };
    (kind, retry)
}

/// `OpenRouter` answers a moderated prompt with 403 and the reasons in `metadata`; xAI names content safety.
fn is_moderation(status: u16, error: &ErrorBody, reply: &HttpReply) -> bool {
    let has_reasons = || {
        let body: Option<Value> = serde_json::from_slice(&reply.body).ok();
        body.and_then(|body| body.pointer("/error/metadata/reasons").map(Value::is_array)).unwrap_or(false)
    };
    status == 403 && (has_reasons() || error.message.to_lowercase().contains("moderation"))
}

/// "Request too large … Limit 30000, Requested 40000": no wait makes it fit.
fn asks_more_than_the_limit(message: &str) -> bool {
    let lower = message.to_lowercase();
    let after = |word: &str| -> Option<u64> {
        let rest = lower.get(lower.find(word)? + word.len()..)?;
        let digits: String =
            rest.trim_start_matches([':', ' ']).chars().take_while(|c| c.is_ascii_digit() || *c == ',').collect();
        digits.replace(',', "").parse().ok()
    };
    lower.contains("request too large")
        || after("requested").zip(after("limit")).is_some_and(|(asked, limit)| asked > limit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn failure(status: u16, body: &Value) -> Failure {
        of_status(&HttpReply { status, body: body.to_string().into_bytes(), ..HttpReply::default() })
    }

    #[test]
    fn every_row_of_the_error_table_has_its_class() {
        let error = |kind: &str, code: &str, message: &str| json!({"error": {"message": message, "type": kind, "param": null, "code": code}});
        let cases = [
            (
                400,
                error("invalid_request_error", "context_length_exceeded", "too long"),
                ErrorKind::ContextLength,
                Retry::Never,
            ),
            (
                400,
                error("BadRequestError", "", "This model's maximum context length is 8 tokens"),
                ErrorKind::ContextLength,
                Retry::Never,
            ),
            (400, error("invalid_request_error", "unsupported_parameter", "no"), ErrorKind::BadRequest, Retry::Never),
            (400, error("", "content_policy_violation", "no"), ErrorKind::Filtered, Retry::Never),
            (401, error("invalid_request_error", "invalid_api_key", "no"), ErrorKind::Auth, Retry::Never),
            (403, error("", "model_not_found", "no"), ErrorKind::NotFound, Retry::Never),
            (
                403,
                json!({"error": {"code": 403, "message": "flagged", "metadata": {"reasons": ["x"]}}}),
                ErrorKind::Filtered,
                Retry::Never,
            ),
            (403, error("", "", "country not supported"), ErrorKind::Auth, Retry::Never),
            (404, error("invalid_request_error", "model_not_found", "no"), ErrorKind::NotFound, Retry::Never),
            (
                402,
                json!({"error": {"code": 402, "message": "Insufficient credits"}}),
                ErrorKind::QuotaExhausted,
                Retry::Never,
            ),
            (408, json!({}), ErrorKind::Timeout, Retry::Soon),
            (409, json!({}), ErrorKind::BadRequest, Retry::Never),
            (413, json!({}), ErrorKind::ContextLength, Retry::Never),
            (422, json!({"detail": "bad"}), ErrorKind::BadRequest, Retry::Never),
            (
                429,
                error("requests", "rate_limit_exceeded", "Limit 500, Used 500, Requested 1."),
                ErrorKind::RateLimited,
                Retry::Soon,
            ),
            (429, error("rate_limit_error", "slow_down", "no"), ErrorKind::RateLimited, Retry::Slowly),
            (
                429,
                error("insufficient_quota", "credit_balance_exhausted", "no"),
                ErrorKind::QuotaExhausted,
                Retry::Never,
            ),
            (429, error("insufficient_quota", "", "no"), ErrorKind::QuotaExhausted, Retry::Never),
            (429, error("", "billing_hard_limit_reached", "no"), ErrorKind::QuotaExhausted, Retry::Never),
            (
                429,
                error(
                    "tokens",
                    "rate_limit_exceeded",
                    "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 40000.",
                ),
                ErrorKind::ContextLength,
                Retry::Never,
            ),
            (498, json!({"error": {"code": "capacity_exceeded"}}), ErrorKind::Overloaded, Retry::Slowly),
            (500, error("server_error", "", "no"), ErrorKind::Server, Retry::Soon),
            (501, json!({}), ErrorKind::Server, Retry::Never),
            (502, json!({}), ErrorKind::Server, Retry::Soon),
            (
                503,
                error("service_unavailable_error", "server_is_overloaded", "no"),
                ErrorKind::Overloaded,
                Retry::Slowly,
            ),
            (522, json!({}), ErrorKind::Server, Retry::Soon),
        ];
        for (status, body, kind, retry) in cases {
            let failure = failure(status, &body);
            assert_eq!((failure.error.kind, failure.retry), (kind, retry), "{status} {body}");
            assert_eq!(failure.error.status, Some(status));
        }
    }

    #[test]
    fn an_error_inside_a_200_is_judged_by_its_own_code() {
        let ok = HttpReply { status: 200, ..HttpReply::default() };
        let limited = of_body(&ok, &json!({"error": {"code": 429, "message": "slow"}}));
        assert_eq!((limited.error.kind, limited.retry), (ErrorKind::RateLimited, Retry::Soon));
        let unknown = of_body(&ok, &json!({"error": {"message": "upstream"}}));
        assert_eq!((unknown.error.kind, unknown.error.status), (ErrorKind::Server, Some(200)));
    }
}
