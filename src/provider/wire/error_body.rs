//! Reads the error bodies that providers and compatible servers send, in all their shapes.

use serde_json::Value;

use super::body::clean;
use crate::net::HttpReply;
use crate::record::ErrorKind;

/// What an error body says; absent fields are empty.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ErrorBody {
    /// The text for people, cleaned.
    pub(super) message: String,
    /// `code`, lowercase, when it is a word.
    pub(super) code: String,
    /// `code`, when it is a number: some servers repeat or replace the HTTP status by it.
    pub(super) status: Option<u16>,
    /// `type`, lowercase.
    pub(super) kind: String,
    /// The parameter that is named.
    pub(super) param: String,
    /// Anthropic's `details.error_code`, lowercase.
    pub(super) detail_code: String,
    /// The id of the request, when the body has it.
    pub(super) request_id: Option<String>,
}

impl ErrorBody {
    /// Of an error reply, whatever its shape; a body that is not JSON becomes the message.
    pub(super) fn of_reply(reply: &HttpReply) -> ErrorBody {
        let text = String::from_utf8_lossy(&reply.body);
        match serde_json::from_str::<Value>(text.trim()) {
            Ok(value) => ErrorBody::of_json(&value),
            Err(_) if text.trim().starts_with('<') => {
                ErrorBody { message: "an HTML page; check the base URL".to_owned(), ..ErrorBody::default() }
            }
            Err(_) => ErrorBody { message: clean(&text), ..ErrorBody::default() },
        }
    }

    /// Of a parsed body. Known shapes: `{error: {message, type, code, param}}`, `{error: "text"}`, `{message}`,
    /// `{detail: "text" | [{loc, msg}]}`, `{code, error: "text"}` (xAI), `{error, error_type}` (TGI), and any of them
    /// in a list of one (Google).
    pub(super) fn of_json(body: &Value) -> ErrorBody {
        let body = body.as_array().and_then(|list| list.first()).unwrap_or(body);
        let inner = match body.get("error") {
            Some(error @ Value::Object(_)) => error,
            _ => body,
        };
        let word = |value: &Value, key: &str| {
            value.get(key).and_then(Value::as_str).map(str::to_ascii_lowercase).unwrap_or_default()
        };
        let code = inner.get("code").or_else(|| body.get("code"));
        let number = code.and_then(|code| code.as_u64().or_else(|| code.as_str()?.parse().ok()));
        ErrorBody {
            message: message_of(body, inner),
            code: code.and_then(Value::as_str).map(str::to_ascii_lowercase).unwrap_or_default(),
            status: number.and_then(|number| u16::try_from(number).ok()).filter(|status| (400..600).contains(status)),
            kind: if inner.get("type").is_some() { word(inner, "type") } else { word(body, "error_type") },
            param: word(inner, "param"),
            detail_code: inner.get("details").map(|details| word(details, "error_code")).unwrap_or_default(),
            request_id: body.get("request_id").and_then(Value::as_str).map(clean),
        }
    }

    /// Whether it says that the input does not fit: matched on 400 and 413 only (reference §15).
    pub(super) fn speaks_of_context_length(&self) -> bool {
        const SIGNS: &[&str] = &[
            "prompt is too long",
            "maximum context length",
            "maximum prompt length",
            "exceeds the available context size",
            "context length exceeded",
            "context window",
            "too many tokens",
            "input is too long",
        ];
        let message = self.message.to_lowercase();
        self.code == "context_length_exceeded"
            || SIGNS.iter().any(|sign| message.contains(sign))
            || (message.contains("input token count") && message.contains("exceeds"))
    }

    /// The field of the request that the provider does not take, when that is why it refused.
    pub(super) fn rejected_param(&self, status: u16) -> Option<String> {
        if !matches!(status, 400 | 422) {
            return None;
        }
        let lower = self.message.to_lowercase();
        let says_so = ["unsupported_parameter", "unsupported_value", "unknown_parameter"].contains(&self.code.as_str());
        let signs = [
            "unsupported parameter",
            "unsupported value",
            "unrecognized request argument",
            "extra inputs are not permitted",
        ];
        if !says_so && !signs.iter().any(|sign| lower.contains(sign)) {
            return None;
        }
        if !self.param.is_empty() {
            return Some(self.param.clone());
        }
        // `Unsupported parameter: 'max_tokens' is not …`, `body.seed: Extra inputs are not permitted`.
        let quoted = self.message.split(['\'', '`', '"']).nth(1).map(str::to_owned);
        let located =
            lower.split_once(": extra inputs").and_then(|(path, _)| Some(path.rsplit('.').next()?.to_owned()));
        located.or(quoted).filter(|name| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))
        })
    }

    /// A message for people: what the provider says, or the status when it says nothing.
    pub(super) fn sentence(&self, what: &str, status: u16) -> String {
        if self.message.is_empty() { format!("{what} (HTTP {status})") } else { format!("{what}: {}", self.message) }
    }
}

fn message_of(body: &Value, inner: &Value) -> String {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(clean).filter(|text| !text.is_empty());
    text(inner.get("message"))
        .or_else(|| text(body.get("error")))
        .or_else(|| text(body.get("message")))
        .or_else(|| text(body.get("detail")))
        .or_else(|| body.get("detail").and_then(Value::as_array).map(|list| details(list)))
        .or_else(|| text(body.get("title")))
        .unwrap_or_default()
}

/// Validation errors of Python servers: `[{loc: [...], msg}]`.
fn details(list: &[Value]) -> String {
    let one = |item: &Value| {
        let message = item.get("msg").and_then(Value::as_str).unwrap_or_default();
        let path: Vec<String> = item
            .get("loc")
            .and_then(Value::as_array)
            .map(|path| path.iter().map(|step| step.to_string().replace('"', "")).collect())
            .unwrap_or_default();
        if path.is_empty() { message.to_owned() } else { format!("{}: {message}", path.join(".")) }
    };
    clean(&list.iter().map(one).collect::<Vec<_>>().join("; "))
}

/// The words that a status gets.
pub(super) fn describe(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Auth => "the provider refuses the key",
        ErrorKind::NotFound => "the provider does not know this model or path",
        ErrorKind::RateLimited => "the provider limits the rate of requests",
        ErrorKind::QuotaExhausted => "the account's quota or credit is used up",
        ErrorKind::Overloaded => "the provider is overloaded",
        ErrorKind::Server => "the provider failed",
        ErrorKind::Timeout => "the provider timed out",
        ErrorKind::BadRequest => "the provider rejects the request",
        ErrorKind::ContextLength => "the request is too large for the model",
        ErrorKind::Filtered => "the provider's filter refuses the prompt",
        ErrorKind::Network => "the provider cannot be reached",
        ErrorKind::Malformed => "the provider's answer is not what its protocol promises",
        ErrorKind::NotRecorded
        | ErrorKind::CircuitOpen
        | ErrorKind::Cancelled
        | ErrorKind::Refused
        | ErrorKind::Pending => "the call was not made",
    }
}

/// The class that a status alone means (reference §16), where body and headers say nothing more.
pub(super) fn kind_of_status(status: u16) -> ErrorKind {
    match status {
        401 | 403 => ErrorKind::Auth,
        402 => ErrorKind::QuotaExhausted,
        404 => ErrorKind::NotFound,
        408 => ErrorKind::Timeout,
        413 => ErrorKind::ContextLength,
        429 => ErrorKind::RateLimited,
        498 | 503 | 529 => ErrorKind::Overloaded,
        425 | 500..=599 => ErrorKind::Server,
        _ => ErrorKind::BadRequest,
    }
}

/// Whether a status may be retried when nothing else decides (reference §16).
pub(super) fn status_is_retryable(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 498 | 500 | 502 | 503 | 504 | 520..=524 | 529)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_known_shape_gives_its_message() {
        let cases = [
            (json!({"error": {"message": "m", "type": "T", "param": "p", "code": "C"}}), "m"),
            (json!({"error": "m"}), "m"),
            (json!({"message": "m", "object": "error"}), "m"),
            (json!({"detail": "m"}), "m"),
            (json!({"detail": [{"loc": ["body", 0, "x"], "msg": "m"}]}), "body.0.x: m"),
            (json!({"code": "c", "error": "m"}), "m"),
            (json!([{"error": {"code": 400, "message": "m", "status": "INVALID_ARGUMENT"}}]), "m"),
            (json!({"title": "m", "status": 422}), "m"),
            (json!({"other": 1}), ""),
        ];
        for (body, wanted) in cases {
            assert_eq!(ErrorBody::of_json(&body).message, wanted, "{body}");
        }
    }

    #[test]
    fn codes_are_words_or_statuses() {
        let word = ErrorBody::of_json(&json!({"error": {"code": "Insufficient_Quota", "type": "X"}}));
        assert_eq!((word.code.as_str(), word.kind.as_str(), word.status), ("insufficient_quota", "x", None));
        assert_eq!(ErrorBody::of_json(&json!({"error": {"code": 502}})).status, Some(502));
        assert_eq!(ErrorBody::of_json(&json!({"error": {"code": "429"}})).status, Some(429));
        assert_eq!(ErrorBody::of_json(&json!({"error": {"code": 7}})).status, None);
    }
}
