//! The reply of `/converse` (reference §5).

use serde_json::Value;

use super::super::super::spec::Failure;
use super::super::body::{clean, json_object, malformed, request_id, text_at};
use super::errors;
use crate::net::HttpReply;
use crate::price::{Dialect, normalize};
use crate::record::{ChatReply, Finish, OffClock, Part, ToolCall, Usage};

pub(super) fn decode(reply: &HttpReply) -> Result<ChatReply, Failure> {
    if !(200..300).contains(&reply.status) {
        return Err(errors::of_reply(reply));
    }
    let body = Value::Object(json_object(reply)?);
    let Some(blocks) = body.pointer("/output/message/content").and_then(Value::as_array) else {
        // Some gateways answer an error with a 200.
        if body.get("output").is_none() && (body.get("message").is_some() || body.get("__type").is_some()) {
            return Err(errors::of_reply(reply));
        }
        return Err(malformed(reply, "the provider answered without `output.message.content`"));
    };
    let mut told = Told::default();
    for block in blocks {
        told.block(block);
    }
    told.stop = text_at(&body, "stopReason");
    told.about(&body);
    Ok(told.reply(request_id(reply)))
}

/// What was told so far, whole or in pieces.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) text: String,
    pub(super) tool_calls: Vec<ToolCall>,
    pub(super) reasoning: String,
    pub(super) thoughts: Vec<Part>,
    pub(super) stop: Option<String>,
    usage: Option<Usage>,
    model: Option<String>,
    tier: Option<String>,
}

impl Told {
    fn block(&mut self, block: &Value) {
        if let Some(text) = block.get("text").and_then(Value::as_str) {
            self.text.push_str(text);
        } else if let Some(call) = block.get("toolUse") {
            let arguments = call.get("input").map_or_else(|| "{}".to_owned(), Value::to_string);
            let id = text_at(call, "toolUseId").unwrap_or_default();
            self.tool_calls.push(ToolCall { id, name: text_at(call, "name").unwrap_or_default(), arguments });
        } else if let Some(thinking) = block.get("reasoningContent") {
            let shown = thinking.pointer("/reasoningText/text").and_then(Value::as_str).unwrap_or("");
            self.thought(shown, block);
        }
    }

    /// Keeps a whole block of thinking: it must go back unchanged in the next turn.
    pub(super) fn thought(&mut self, shown: &str, block: &Value) {
        self.reasoning.push_str(shown);
        self.thoughts.push(Part::Reasoning { opaque: Some(block.to_string()), text: shown.to_owned() });
    }

    /// Counts and what served the request: fields of a whole reply, and of the last frame of a stream.
    pub(super) fn about(&mut self, body: &Value) {
        let counts = body.get("usage").map(|usage| normalize(Dialect::Bedrock, usage));
        self.usage = counts.filter(|usage| usage.total_input().or(usage.total_output()).is_some()).or(self.usage);
        let routed = body.pointer("/trace/promptRouter").and_then(|router| text_at(router, "invokedModelId"));
        self.model = routed.map(|model| clean(&model)).or(self.model.take());
        self.tier = body.get("serviceTier").and_then(|tier| text_at(tier, "type")).or(self.tier.take());
    }

    /// The reply.
    pub(super) fn reply(self, request_id: Option<String>) -> ChatReply {
        let calls_tools = !self.tool_calls.is_empty();
        ChatReply {
            contexts: Vec::new(),
            text: self.text,
            tool_calls: self.tool_calls,
            finish: finish_of(self.stop.as_deref(), calls_tools),
            finish_raw: self.stop,
            refusal: None,
            reasoning: (!self.reasoning.is_empty()).then_some(self.reasoning),
            thoughts: self.thoughts,
            logprobs: Vec::new(),
            usage: self.usage,
            reported_cost: None,
            model: self.model,
            request_id,
            service_tier: self.tier,
            fingerprint: None,
            warnings: Vec::new(),
            stream: None,
            off_clock: OffClock::default(),
        }
    }
}

fn finish_of(raw: Option<&str>, calls_tools: bool) -> Finish {
    match raw {
        Some("end_turn") if calls_tools => Finish::ToolCalls,
        Some("end_turn") => Finish::Stop,
        Some("tool_use") => Finish::ToolCalls,
        Some("stop_sequence") => Finish::StopSequence,
        Some("max_tokens") => Finish::Length,
        Some("model_context_window_exceeded") => Finish::ContextFull,
        Some("guardrail_intervened" | "content_filtered") => Finish::ContentFilter,
        Some(word) if word.starts_with("malformed_") => Finish::Error,
        Some(_) | None => Finish::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::ErrorKind;
    use serde_json::json;

    fn decoded(body: &Value) -> Result<ChatReply, Failure> {
        let headers = [("x-amzn-requestid", "r-1")];
        decode(&HttpReply { status: 200, headers: headers.into_iter().collect(), body: body.to_string().into_bytes() })
    }

    #[test]
    fn text_thinking_and_tools_come_from_their_blocks() {
        let thinking = json!({"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s"}}});
        let hidden = json!({"reasoningContent": {"redactedContent": "AAAA"}});
        let reply = decoded(&json!({"output": {"message": {"role": "assistant", "content": [
                thinking, hidden, {"text": "a"}, {"brandNew": {}}, {"text": "b"},
                {"toolUse": {"toolUseId": "t", "name": "f", "input": {"x": 1}}}]}},
            "stopReason": "tool_use", "serviceTier": {"type": "flex"},
            "usage": {"inputTokens": 30, "cacheReadInputTokens": 1000, "cacheWriteInputTokens": 500,
                "cacheDetails": [{"ttl": "1h", "inputTokens": 500}], "outputTokens": 40}}))
        .expect("reply");
        assert_eq!((reply.text.as_str(), reply.reasoning.as_deref()), ("ab", Some("hm")));
        assert_eq!((reply.finish, reply.tool_calls[0].arguments.as_str()), (Finish::ToolCalls, "{\"x\":1}"));
        assert_eq!((reply.request_id.as_deref(), reply.service_tier.as_deref()), (Some("r-1"), Some("flex")));
        let opaque = |block: &Value| Some(block.to_string());
        let wanted = [
            Part::Reasoning { opaque: opaque(&thinking), text: "hm".into() },
            Part::Reasoning { opaque: opaque(&hidden), text: String::new() },
        ];
        assert_eq!(reply.thoughts, wanted);
        // Reference §14.3, row 11.
        let usage = reply.usage.expect("usage");
        assert_eq!((usage.input, usage.cache_read, usage.output), (Some(30), Some(1000), Some(40)));
        assert_eq!((usage.cache_write, usage.cache_write_1h), (Some(0), Some(500)));
    }

    #[test]
    fn stop_reasons_map_and_keep_their_word() {
        let cases = [
            ("end_turn", Finish::Stop),
            ("stop_sequence", Finish::StopSequence),
            ("max_tokens", Finish::Length),
            ("model_context_window_exceeded", Finish::ContextFull),
            ("guardrail_intervened", Finish::ContentFilter),
            ("content_filtered", Finish::ContentFilter),
            ("malformed_tool_use", Finish::Error),
            ("brand_new", Finish::Other),
        ];
        for (raw, finish) in cases {
            let body = json!({"output": {"message": {"content": []}}, "stopReason": raw});
            let reply = decoded(&body).expect(raw);
            assert_eq!((reply.finish, reply.finish_raw.as_deref()), (finish, Some(raw)));
        }
    }

    #[test]
    fn replies_without_content_are_malformed_and_errors_in_a_200_are_errors() {
        let malformed = decoded(&json!({"output": {}})).expect_err("malformed");
        assert_eq!((malformed.error.kind, malformed.error.status), (ErrorKind::Malformed, Some(200)));
        let hidden = decoded(&json!({"__type": "ThrottlingException", "message": "slow down"})).expect_err("error");
        assert_eq!(hidden.error.kind, ErrorKind::RateLimited);
    }
}
