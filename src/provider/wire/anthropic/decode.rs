//! The reply of `POST /v1/messages` (reference §3.3, §13).

use serde_json::{Map, Value};

use super::super::super::spec::Failure;
use super::super::body::{clean, json_object, malformed, request_id, text_at};
use super::errors;
use super::usage::usage_of;
use crate::net::HttpReply;
use crate::record::{ChatReply, Finish, OffClock, Part, ToolCall};

pub(super) fn decode(reply: &HttpReply) -> Result<ChatReply, Failure> {
    if !(200..300).contains(&reply.status) {
        return Err(errors::of_status(reply));
    }
    let body = json_object(reply)?;
    let is_error =
        body.get("type").is_some_and(|kind| kind == "error") || body.get("error").is_some_and(|error| !error.is_null());
    if is_error {
        return Err(errors::of_body(reply, &Value::Object(body)));
    }
    let Some(blocks) = body.get("content").and_then(Value::as_array) else {
        return Err(malformed(reply, "the provider answered without `content`"));
    };
    Ok(assemble(reply, &body, blocks))
}

fn assemble(reply: &HttpReply, body: &Map<String, Value>, blocks: &[Value]) -> ChatReply {
    let finish_raw = body.get("stop_reason").and_then(Value::as_str).map(str::to_owned);
    let finish = finish_of(finish_raw.as_deref());
    let refused = finish == Finish::Refusal;
    let usage = body.get("usage");
    let text_field = |name: &str| body.get(name).and_then(Value::as_str).map(clean);
    ChatReply {
        // The partial text of a refusal is to be discarded.
        text: if refused { String::new() } else { joined(blocks, "text", "text").unwrap_or_default() },
        tool_calls: blocks.iter().filter_map(tool_call).collect(),
        finish,
        finish_raw,
        refusal: refused.then(|| refusal_of(body)),
        reasoning: joined(blocks, "thinking", "thinking"),
        logprobs: Vec::new(),
        usage: usage.and_then(usage_of),
        reported_cost: None,
        model: text_field("model"),
        request_id: request_id(reply).or_else(|| text_field("id")),
        service_tier: usage.and_then(tier_of),
        fingerprint: None,
        warnings: Vec::new(),
        thoughts: blocks.iter().filter_map(thought).collect(),
        contexts: Vec::new(),
        stream: None,
        off_clock: OffClock::default(),
    }
}

fn joined(blocks: &[Value], kind: &str, field: &str) -> Option<String> {
    let texts: Vec<&str> = blocks
        .iter()
        .filter(|block| block.get("type").is_some_and(|found| found == kind))
        .filter_map(|block| block.get(field).and_then(Value::as_str))
        .collect();
    (!texts.is_empty()).then(|| texts.concat())
}

fn tool_call(block: &Value) -> Option<ToolCall> {
    if block.get("type")? != "tool_use" {
        return None;
    }
    let arguments = match block.get("input") {
        // Of a stream whose fragments make no JSON.
        Some(Value::String(text)) => text.clone(),
        Some(input) => input.to_string(),
        None => String::new(),
    };
    Some(ToolCall { id: text_at(block, "id")?, name: text_at(block, "name")?, arguments })
}

/// A block of thinking, whole: it goes back unchanged, signature and all.
fn thought(block: &Value) -> Option<Part> {
    let kind = block.get("type")?.as_str()?;
    matches!(kind, "thinking" | "redacted_thinking").then(|| Part::Reasoning {
        opaque: Some(block.to_string()),
        text: text_at(block, "thinking").unwrap_or_default(),
    })
}

fn refusal_of(body: &Map<String, Value>) -> String {
    let details = body.get("stop_details");
    let of = |name: &str| details.and_then(|details| text_at(details, name));
    of("explanation").or_else(|| of("category")).unwrap_or_else(|| "the model refused".to_owned())
}

/// The tier that served it; `fast` is a price of its own beside the tiers.
fn tier_of(usage: &Value) -> Option<String> {
    let is_fast = usage.get("speed").is_some_and(|speed| speed == "fast");
    if is_fast { Some("fast".to_owned()) } else { text_at(usage, "service_tier") }
}

fn finish_of(raw: Option<&str>) -> Finish {
    match raw {
        Some("end_turn") => Finish::Stop,
        Some("stop_sequence") => Finish::StopSequence,
        Some("max_tokens") => Finish::Length,
        Some("model_context_window_exceeded") => Finish::ContextFull,
        Some("tool_use") => Finish::ToolCalls,
        Some("refusal") => Finish::Refusal,
        Some("pause_turn" | "compaction") => Finish::Paused,
        Some(_) | None => Finish::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::ErrorKind;
    use serde_json::json;

    fn decoded(body: &Value) -> Result<ChatReply, Failure> {
        decode(&HttpReply { status: 200, body: body.to_string().into_bytes(), ..HttpReply::default() })
    }

    #[test]
    fn text_thinking_and_tools_come_from_their_blocks() {
        let reply = decoded(&json!({"id": "msg_1", "type": "message", "model": "claude-x", "stop_reason": "tool_use",
            "content": [{"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "text", "text": "a"},
                {"type": "brand_new", "x": 1}, {"type": "text", "text": "b"},
                {"type": "tool_use", "id": "t", "name": "f", "input": {"x": 1}}],
            "usage": {"input_tokens": 1, "output_tokens": 2, "service_tier": "standard", "speed": "fast"}}))
        .expect("reply");
        assert_eq!(
            (reply.text.as_str(), reply.reasoning.as_deref(), reply.finish),
            ("ab", Some("hm"), Finish::ToolCalls)
        );
        assert_eq!(reply.tool_calls[0].arguments, "{\"x\":1}");
        assert_eq!((reply.request_id.as_deref(), reply.service_tier.as_deref()), (Some("msg_1"), Some("fast")));
    }

    #[test]
    fn a_refusal_discards_the_partial_text() {
        let reply = decoded(
            &json!({"type": "message", "stop_reason": "refusal", "content": [{"type": "text", "text": "Well, fir"}],
            "stop_details": {"type": "refusal", "category": "cyber", "explanation": null}}),
        )
        .expect("reply");
        assert_eq!((reply.text.as_str(), reply.refusal.as_deref(), reply.finish), ("", Some("cyber"), Finish::Refusal));
    }

    #[test]
    fn stop_reasons_map_and_keep_their_word() {
        let cases = [
            ("end_turn", Finish::Stop),
            ("stop_sequence", Finish::StopSequence),
            ("max_tokens", Finish::Length),
            ("model_context_window_exceeded", Finish::ContextFull),
            ("pause_turn", Finish::Paused),
            ("brand_new", Finish::Other),
        ];
        for (raw, finish) in cases {
            let reply = decoded(&json!({"type": "message", "content": [], "stop_reason": raw})).expect(raw);
            assert_eq!((reply.finish, reply.finish_raw.as_deref(), reply.text.as_str()), (finish, Some(raw), ""));
        }
    }

    #[test]
    fn errors_inside_a_200_and_missing_content_are_failures() {
        let overloaded = decoded(&json!({"type": "error", "error": {"type": "overloaded_error", "message": "x"}}));
        assert_eq!(overloaded.expect_err("error").error.kind, ErrorKind::Overloaded);
        assert_eq!(decoded(&json!({"type": "message"})).expect_err("malformed").error.kind, ErrorKind::Malformed);
    }
}
