//! The reply of `POST /api/chat`.

use std::time::Duration;

use serde_json::{Map, Value};

use super::super::super::spec::Failure;
use super::super::body::{clean, json_object, malformed, request_id, text_at};
use super::super::error_body::ErrorBody;
use super::errors;
use crate::net::HttpReply;
use crate::price::{Dialect, normalize};
use crate::record::{ChatReply, Finish, LogprobToken, OffClock, Part, ToolCall, Usage};

pub(super) fn decode(reply: &HttpReply) -> Result<ChatReply, Failure> {
    if !(200..300).contains(&reply.status) {
        return Err(errors::of_status(reply));
    }
    let body = json_object(reply)?;
    if body.get("error").is_some_and(|error| !error.is_null()) {
        return Err(errors::of_error(reply, 500, &ErrorBody::of_json(&Value::Object(body))));
    }
    if !body.get("message").is_some_and(Value::is_object) {
        return Err(malformed(reply, "the provider answered without a `message`"));
    }
    if body.get("done") != Some(&Value::Bool(true)) {
        return Err(malformed(reply, "the provider answered with an unfinished message"));
    }
    let mut pieces = Pieces::default();
    pieces.take(&body);
    Ok(ChatReply { request_id: request_id(reply), ..pieces.reply() })
}

/// What a reply is made of, whether it came whole or line by line.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    text: String,
    thinking: String,
    tool_calls: Vec<ToolCall>,
    logprobs: Vec<LogprobToken>,
    finish_raw: Option<String>,
    usage: Option<Usage>,
    model: Option<String>,
    load: Duration,
}

/// What one object brought.
pub(super) struct Brought {
    pub(super) visible: bool,
    pub(super) thinking: bool,
    pub(super) done: bool,
}

impl Pieces {
    /// Adds an object: the whole reply, or one line of it.
    pub(super) fn take(&mut self, body: &Map<String, Value>) -> Brought {
        let message = body.get("message").unwrap_or(&Value::Null);
        let text = message.get("content").and_then(Value::as_str).unwrap_or_default();
        let thinking = message.get("thinking").and_then(Value::as_str).unwrap_or_default();
        self.text.push_str(text);
        self.thinking.push_str(thinking);
        let before = self.tool_calls.len();
        let calls = message.get("tool_calls").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for call in calls {
            self.tool_calls.extend(tool_call(call, self.tool_calls.len()));
        }
        let tokens = body.get("logprobs").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        self.logprobs.extend(tokens.iter().filter_map(logprob));
        let done = body.get("done") == Some(&Value::Bool(true));
        if done {
            // In nanoseconds; the first call of a model waits for it to be loaded.
            self.load = body.get("load_duration").and_then(Value::as_u64).map(Duration::from_nanos).unwrap_or_default();
            self.finish_raw = body.get("done_reason").and_then(Value::as_str).map(clean);
            let usage = normalize(Dialect::Ollama, &Value::Object(body.clone()));
            self.usage = Some(usage).filter(|usage| usage.input.or(usage.output).is_some());
        }
        self.model = self.model.take().or_else(|| body.get("model").and_then(Value::as_str).map(clean));
        Brought { visible: !text.is_empty() || self.tool_calls.len() > before, thinking: !thinking.is_empty(), done }
    }

    pub(super) fn reply(self) -> ChatReply {
        let finish = finish_of(self.finish_raw.as_deref(), !self.tool_calls.is_empty());
        let reasoning = (!self.thinking.is_empty()).then_some(self.thinking);
        let thoughts = reasoning.iter().map(|text| Part::Reasoning { opaque: None, text: text.clone() }).collect();
        ChatReply {
            tool_calls: self.tool_calls,
            finish,
            finish_raw: self.finish_raw,
            reasoning,
            thoughts,
            logprobs: self.logprobs,
            usage: self.usage,
            model: self.model,
            off_clock: OffClock { before: self.load, ..OffClock::default() },
            ..ChatReply::of_text(self.text)
        }
    }
}

/// Arguments are an object; a call may have no id.
fn tool_call(call: &Value, index: usize) -> Option<ToolCall> {
    let function = call.get("function")?;
    let arguments = match function.get("arguments") {
        None | Some(Value::Null) => "{}".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let id = text_at(call, "id").unwrap_or_else(|| format!("call_{index}"));
    Some(ToolCall { arguments, id, name: text_at(function, "name")? })
}

fn logprob(token: &Value) -> Option<LogprobToken> {
    let one = |token: &Value| Some((token.get("token")?.as_str()?.to_owned(), token.get("logprob")?.as_f64()?));
    let (text, logprob) = one(token)?;
    let top = token.get("top_logprobs").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    Some(LogprobToken { text, logprob, top: top.iter().filter_map(one).collect() })
}

fn finish_of(raw: Option<&str>, calls_tools: bool) -> Finish {
    match raw {
        // Older servers give no reason.
        Some("stop") | None if calls_tools => Finish::ToolCalls,
        Some("stop") | None => Finish::Stop,
        Some("length") => Finish::Length,
        Some(_) => Finish::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::super::question::Question;
    use super::*;
    use crate::base::Millis;
    use crate::record::{ChatRequest, StreamTimes};
    use serde_json::json;

    #[test]
    fn a_count_that_is_missing_is_unknown() {
        // Reference §14.3, row 16.
        let body = json!({"message": {"content": "x"}, "done": true, "done_reason": "stop", "eval_count": 40});
        let reply = HttpReply { status: 200, body: body.to_string().into_bytes(), ..HttpReply::default() };
        let usage = decode(&reply).expect("reply").usage.expect("usage");
        assert_eq!((usage.input, usage.output), (None, Some(40)));
    }

    #[test]
    fn the_time_to_load_the_model_is_no_latency() {
        // Reference §11: the first call includes `load_duration`.
        let body = json!({"message": {"content": "x"}, "done": true, "load_duration": 3_500_000_000_u64});
        let reply = HttpReply { status: 200, body: body.to_string().into_bytes(), ..HttpReply::default() };
        let reply = &mut Box::new(decode(&reply).expect("reply"));
        reply.stream = Some(StreamTimes { first_token_ms: Some(Millis(3_600)), ..StreamTimes::default() });
        let latency = <ChatRequest as Question>::latency(reply, Duration::from_millis(4_000));
        assert_eq!(latency, Duration::from_millis(500));
        assert_eq!(reply.stream.and_then(|times| times.first_token_ms), Some(Millis(100)));
        assert_eq!(reply.off_clock, OffClock::default());
    }

    #[test]
    fn what_is_not_done_is_no_reply() {
        for body in [json!({"message": {"content": "x"}, "done": false}), json!({"done": true}), json!({})] {
            let reply = HttpReply { status: 200, body: body.to_string().into_bytes(), ..HttpReply::default() };
            assert_eq!(
                decode(&reply).expect_err("malformed").error.kind,
                crate::record::ErrorKind::Malformed,
                "{body}"
            );
        }
    }

    #[test]
    fn reasons_map_to_ours() {
        for (raw, calls, finish) in [
            (Some("stop"), false, Finish::Stop),
            (Some("stop"), true, Finish::ToolCalls),
            (None, false, Finish::Stop),
            (Some("length"), true, Finish::Length),
            (Some("load"), false, Finish::Other),
        ] {
            assert_eq!(finish_of(raw, calls), finish, "{raw:?}");
        }
    }
}
