//! A prediction, done or not.

use serde_json::{Map, Value, json};

use super::super::super::spec::{Failure, Retry};
use super::super::body::{clean, json_object, malformed};
use super::super::failure;
use crate::net::HttpReply;
use crate::price::{Dialect, normalize};
use crate::record::{ChatReply, ErrorKind, Usage};

pub(super) fn decode(reply: &HttpReply) -> Result<ChatReply, Failure> {
    if !(200..300).contains(&reply.status) {
        return Err(failure::of_status(reply, |_, _| None));
    }
    let body = json_object(reply)?;
    let status = body.get("status").and_then(Value::as_str).unwrap_or_default();
    let mut failure = match status {
        "succeeded" => return Ok(answer(&body)),
        "failed" => failed(body.get("error")),
        "canceled" | "aborted" => {
            let mut failure =
                Failure::new(ErrorKind::Server, format!("the prediction was {status} before it was done"));
            failure.retry = Retry::Never;
            failure
        }
        "starting" | "processing" => {
            let mut failure = Failure::new(ErrorKind::Timeout, "the prediction was not done in time");
            failure.retry = Retry::Never;
            failure.timed_out = true;
            failure
        }
        _ => malformed(reply, "the provider answered without a known `status`"),
    };
    failure.error.status = Some(reply.status);
    failure.error.request_id = id_of(&body);
    Err(failure)
}

fn id_of(body: &Map<String, Value>) -> Option<String> {
    body.get("id").and_then(Value::as_str).map(clean)
}

fn answer(body: &Map<String, Value>) -> ChatReply {
    let text = match body.get("output") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) if parts.iter().all(Value::is_string) => {
            parts.iter().filter_map(Value::as_str).collect()
        }
        Some(other) => other.to_string(),
    };
    ChatReply {
        finish_raw: Some("succeeded".to_owned()),
        usage: body.get("metrics").and_then(usage_of),
        model: body.get("model").and_then(Value::as_str).map(clean),
        request_id: id_of(body),
        ..ChatReply::of_text(text)
    }
}

/// Counts, where the model counts tokens; others are billed by time.
fn usage_of(metrics: &Value) -> Option<Usage> {
    let raw = json!({
        "prompt_tokens": metrics.get("input_token_count"),
        "completion_tokens": metrics.get("output_token_count"),
    });
    Some(normalize(Dialect::Compatible, &raw)).filter(|usage| usage.input.or(usage.output).is_some())
}

/// Why a prediction failed: the model's own words.
pub(super) fn failed(error: Option<&Value>) -> Failure {
    let message = match error {
        Some(Value::String(text)) => clean(text),
        None | Some(Value::Null) => String::new(),
        Some(other) => clean(&other.to_string()),
    };
    let lower = message.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let (kind, retry) = if says(&["nsfw", "flagged as sensitive", "(e005)"]) {
        (ErrorKind::Filtered, Retry::Never)
    } else if says(&["context length", "too many tokens", "prompt is too long"]) {
        (ErrorKind::ContextLength, Retry::Never)
    } else if says(&["please retry", "interrupted", "unavailable", "high demand"]) {
        (ErrorKind::Server, Retry::Soon)
    } else {
        // The model ran and broke: it would do so again, and be billed again.
        (ErrorKind::Server, Retry::Never)
    };
    let shown = if message.is_empty() {
        "the prediction failed".to_owned()
    } else {
        format!("the prediction failed: {message}")
    };
    let mut failure = Failure::new(kind, shown);
    failure.retry = retry;
    failure
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(body: &Value) -> Result<ChatReply, Failure> {
        decode(&HttpReply { status: 201, body: body.to_string().into_bytes(), ..HttpReply::default() })
    }

    #[test]
    fn outputs_of_every_shape_become_text() {
        for (output, text) in [
            (json!(["a", "b", ""]), "ab"),
            (json!("ab"), "ab"),
            (json!(null), ""),
            (json!([]), ""),
            (json!({"x": 1}), "{\"x\":1}"),
            (json!([1, 2]), "[1,2]"),
        ] {
            assert_eq!(decoded(&json!({"status": "succeeded", "output": output})).expect("reply").text, text);
        }
    }

    #[test]
    fn failures_are_told_apart_by_what_the_model_says() {
        for (error, kind, retry) in [
            (json!("Prediction interrupted; please retry (code: PA)"), ErrorKind::Server, Retry::Soon),
            (json!("The input or output was flagged as sensitive. (E005)"), ErrorKind::Filtered, Retry::Never),
            (json!("CUDA out of memory"), ErrorKind::Server, Retry::Never),
            (json!("Input exceeds the context length"), ErrorKind::ContextLength, Retry::Never),
            (json!(null), ErrorKind::Server, Retry::Never),
        ] {
            let failure = decoded(&json!({"id": "p1", "status": "failed", "error": error})).expect_err("failed");
            assert_eq!((failure.error.kind, failure.retry), (kind, retry), "{error}");
            assert_eq!(failure.error.request_id.as_deref(), Some("p1"));
        }
        let running = decoded(&json!({"id": "p1", "status": "processing"})).expect_err("running");
        assert_eq!((running.error.kind, running.retry, running.timed_out), (ErrorKind::Timeout, Retry::Never, true));
        assert_eq!(decoded(&json!({"status": "canceled"})).expect_err("canceled").retry, Retry::Never);
        assert_eq!(decoded(&json!({})).expect_err("none").error.kind, ErrorKind::Malformed);
    }
}
