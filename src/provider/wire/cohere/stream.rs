//! The stream of `POST /v2/chat`: events by `type`, from `message-start` to `message-end`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::super::spec::Failure;
use super::super::super::stream::{Frame, Framing, Sign, StreamDecoder, StreamWire};
use super::super::body::{clean, text_at};
use super::decode::{Pieces, usage_of};
use crate::record::{ChatReply, ErrorKind, ToolCall};

/// How Cohere streams.
#[derive(Debug)]
pub(super) struct Stream;

impl StreamWire for Stream {
    fn framing(&self) -> Framing {
        Framing::Sse
    }

    fn decoder(&self) -> Box<dyn StreamDecoder> {
        Box::new(Decoder::default())
    }
}

#[derive(Debug, Default)]
struct Decoder {
    pieces: Pieces,
    calls: BTreeMap<u64, ToolCall>,
    ended: bool,
}

impl StreamDecoder for Decoder {
    fn frame(&mut self, frame: &Frame) -> Result<Sign, Failure> {
        let data = frame.data.trim();
        if data.is_empty() {
            return Ok(Sign::Nothing);
        }
        if data == "[DONE]" {
            return Ok(if self.ended { Sign::End } else { Sign::Nothing });
        }
        let event: Value = serde_json::from_str(data).map_err(|_| {
            Failure::new(ErrorKind::Malformed, "the provider sent a piece of the stream that is not JSON")
        })?;
        let kind = event.get("type").and_then(Value::as_str).or(frame.event.as_deref()).unwrap_or_default();
        match kind {
            "message-start" => {
                self.pieces.id = text_at(&event, "id").map(|id| clean(&id));
                Ok(Sign::Nothing)
            }
            "content-start" | "content-delta" => Ok(self.content(event.pointer("/delta/message/content"))),
            "tool-plan-delta" => {
                let plan = event.pointer("/delta/message/tool_plan").and_then(Value::as_str).unwrap_or_default();
                Ok(reasoned(&mut self.pieces.plan, plan))
            }
            "tool-call-start" | "tool-call-delta" => Ok(self.call(&event)),
            "message-end" => self.end(event.get("delta")),
            // Citations, debugging, the ends of blocks, and whatever is new.
            _ => match event.get("message").and_then(Value::as_str).filter(|_| event.get("type").is_none()) {
                // An error in the middle comes as its plain body.
                Some(message) => Err(broken(message)),
                None => Ok(Sign::Nothing),
            },
        }
    }

    fn finish(self: Box<Self>) -> Result<ChatReply, Failure> {
        if !self.ended {
            return Err(Failure::cut_off("the stream ended before its `message-end`"));
        }
        let tool_calls = self.calls.into_values().filter(|call| !call.name.is_empty()).collect();
        Ok(Pieces { tool_calls, ..self.pieces }.reply())
    }
}

impl Decoder {
    fn content(&mut self, content: Option<&Value>) -> Sign {
        let field =
            |name: &str| content.and_then(|content| content.get(name)).and_then(Value::as_str).unwrap_or_default();
        let (text, thinking) = (field("text"), field("thinking"));
        if !text.is_empty() {
            self.pieces.text.push_str(text);
            return Sign::Visible;
        }
        reasoned(&mut self.pieces.thinking, thinking)
    }

    fn call(&mut self, event: &Value) -> Sign {
        let index = event.get("index").and_then(Value::as_u64).unwrap_or_default();
        let Some(piece) = event.pointer("/delta/message/tool_calls") else { return Sign::Nothing };
        let fresh = || ToolCall { arguments: String::new(), id: format!("call_{index}"), name: String::new() };
        let call = self.calls.entry(index).or_insert_with(fresh);
        if let Some(id) = text_at(piece, "id") {
            call.id = id;
        }
        let function = piece.get("function");
        if let Some(name) = function.and_then(|function| text_at(function, "name")) {
            call.name = name;
        }
        if let Some(arguments) = function.and_then(|function| text_at(function, "arguments")) {
            call.arguments.push_str(&arguments);
        }
        Sign::Visible
    }

    fn end(&mut self, delta: Option<&Value>) -> Result<Sign, Failure> {
        let delta = delta.unwrap_or(&Value::Null);
        if let Some(message) = text_at(delta, "error") {
            return Err(broken(&message));
        }
        self.pieces.finish_raw = text_at(delta, "finish_reason").map(|raw| clean(&raw));
        self.pieces.usage = delta.get("usage").and_then(usage_of);
        self.ended = true;
        Ok(Sign::End)
    }
}

fn reasoned(thinking: &mut Option<String>, piece: &str) -> Sign {
    if piece.is_empty() {
        return Sign::Nothing;
    }
    thinking.get_or_insert_default().push_str(piece);
    Sign::Reasoning
}

fn broken(message: &str) -> Failure {
    let mut failure =
        Failure::new(ErrorKind::Server, format!("the provider failed while it answered: {}", clean(message)));
    // What was generated up to there may be billed.
    failure.timed_out = true;
    failure
}
