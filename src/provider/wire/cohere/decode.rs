//! The reply of `POST /v2/chat` (reference §7, §13).

use serde_json::{Map, Value};

use super::super::super::spec::Failure;
use super::super::body::{clean, json_object, malformed, request_id, text_at};
use super::errors;
use crate::net::HttpReply;
use crate::price::{Dialect, normalize};
use crate::record::{ChatReply, Finish, LogprobToken, Part, ToolCall, Usage};

pub(super) fn decode(reply: &HttpReply) -> Result<ChatReply, Failure> {
    if !(200..300).contains(&reply.status) {
        return Err(errors::of_status(reply));
    }
    let body = json_object(reply)?;
    let message = body.get("message").filter(|message| message.is_object());
    let message = message.ok_or_else(|| malformed(reply, "the provider answered without a `message`"))?;
    Ok(assemble(reply, &body, message))
}

fn assemble(reply: &HttpReply, body: &Map<String, Value>, message: &Value) -> ChatReply {
    let tool_calls = tool_calls(message);
    let thinking = joined(message, "thinking", "thinking");
    let finish_raw = body.get("finish_reason").and_then(Value::as_str).map(clean);
    let parts = Pieces {
        text: joined(message, "text", "text").unwrap_or_default(),
        thinking,
        plan: text_at(message, "tool_plan"),
        tool_calls,
        finish_raw,
        usage: body.get("usage").and_then(usage_of),
        id: body.get("id").and_then(Value::as_str).map(clean),
    };
    let logprobs = body.get("logprobs").and_then(Value::as_array).map(|list| logprobs(list)).unwrap_or_default();
    ChatReply { logprobs, request_id: request_id(reply).or_else(|| parts.id.clone()), ..parts.reply() }
}

/// What a reply is made of, whether it came whole or in pieces.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    pub(super) text: String,
    pub(super) thinking: Option<String>,
    pub(super) plan: Option<String>,
    pub(super) tool_calls: Vec<ToolCall>,
    pub(super) finish_raw: Option<String>,
    pub(super) usage: Option<Usage>,
    pub(super) id: Option<String>,
}

impl Pieces {
    pub(super) fn reply(self) -> ChatReply {
        let finish = finish_of(self.finish_raw.as_deref(), !self.tool_calls.is_empty());
        let thoughts = self.thinking.iter().map(|text| Part::Reasoning { opaque: None, text: text.clone() }).collect();
        ChatReply {
            tool_calls: self.tool_calls,
            finish,
            finish_raw: self.finish_raw,
            // The plan is what the model says to itself before it calls tools.
            reasoning: self.thinking.or(self.plan),
            thoughts,
            usage: self.usage,
            request_id: self.id,
            ..ChatReply::of_text(self.text)
        }
    }
}

/// What is billed; `None` when nothing is stated.
pub(super) fn usage_of(raw: &Value) -> Option<Usage> {
    Some(normalize(Dialect::Cohere, raw)).filter(|usage| usage.input.or(usage.output).is_some())
}

fn joined(message: &Value, kind: &str, field: &str) -> Option<String> {
    let content = message.get("content")?;
    // A string is not in the documents, but costs nothing to understand.
    if let (Some(text), "text") = (content.as_str(), kind) {
        return Some(text.to_owned());
    }
    let texts: Vec<&str> = content
        .as_array()?
        .iter()
        .filter(|block| block.get("type").is_some_and(|found| found == kind))
        .filter_map(|block| block.get(field).and_then(Value::as_str))
        .collect();
    (!texts.is_empty()).then(|| texts.concat())
}

fn tool_calls(message: &Value) -> Vec<ToolCall> {
    let listed = message.get("tool_calls").and_then(Value::as_array);
    let calls = listed.map(Vec::as_slice).unwrap_or_default().iter().enumerate();
    calls
        .filter_map(|(index, call)| {
            let function = call.get("function")?;
            let id = text_at(call, "id").unwrap_or_else(|| format!("call_{index}"));
            let arguments = text_at(function, "arguments").unwrap_or_default();
            Some(ToolCall { arguments, id, name: text_at(function, "name")? })
        })
        .collect()
}

fn finish_of(raw: Option<&str>, calls_tools: bool) -> Finish {
    match raw {
        Some("COMPLETE") if calls_tools => Finish::ToolCalls,
        Some("COMPLETE") => Finish::Stop,
        Some("STOP_SEQUENCE") => Finish::StopSequence,
        Some("MAX_TOKENS") => Finish::Length,
        Some("TOOL_CALL") => Finish::ToolCalls,
        Some("ERROR_TOXIC") => Finish::ContentFilter,
        Some("ERROR" | "TIMEOUT") => Finish::Error,
        Some(_) | None => Finish::Other,
    }
}

/// Some texts are several tokens: the probability of all of them is then the sum of the logarithms.
fn logprobs(list: &[Value]) -> Vec<LogprobToken> {
    let token = |item: &Value| {
        let numbers = item.get("logprobs")?.as_array()?;
        let logprob = numbers.iter().map(Value::as_f64).sum::<Option<f64>>()?;
        Some(LogprobToken { text: item.get("text")?.as_str()?.to_owned(), logprob, top: Vec::new() })
    };
    list.iter().filter_map(token).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn finish_reasons_map_and_keep_their_word() {
        for (raw, finish) in [
            ("COMPLETE", Finish::Stop),
            ("STOP_SEQUENCE", Finish::StopSequence),
            ("MAX_TOKENS", Finish::Length),
            ("TOOL_CALL", Finish::ToolCalls),
            ("ERROR", Finish::Error),
            ("TIMEOUT", Finish::Error),
            ("ERROR_TOXIC", Finish::ContentFilter),
            ("NEW", Finish::Other),
        ] {
            assert_eq!(finish_of(Some(raw), false), finish, "{raw}");
        }
        assert_eq!(finish_of(Some("COMPLETE"), true), Finish::ToolCalls);
    }

    #[test]
    fn what_is_billed_counts_and_not_what_was_read() {
        // Reference §14.3, row 15; the API writes counts as floats.
        let raw = json!({"billed_units": {"input_tokens": 12.0, "output_tokens": 8.0},
            "tokens": {"input_tokens": 78.0, "output_tokens": 8.0}});
        assert_eq!(usage_of(&raw), Some(Usage::plain(12, 8)));
        assert_eq!(usage_of(&json!({"tokens": {"input_tokens": 78}})), None);
    }
}
