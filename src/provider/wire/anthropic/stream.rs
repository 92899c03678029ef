//! Streamed replies of Messages (reference §3.5): events are put together to the body that a plain reply has, and that
//! is decoded as always.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::super::spec::Failure;
use super::super::super::stream::{Frame, Framing, Sign, StreamDecoder, StreamWire};
use super::super::body::clean;
use super::{decode, errors};
use crate::net::HttpReply;
use crate::record::ChatReply;

/// How Messages stream.
#[derive(Debug)]
pub(in crate::provider) struct MessageStream;

impl StreamWire for MessageStream {
    fn framing(&self) -> Framing {
        Framing::Sse
    }

    fn decoder(&self) -> Box<dyn StreamDecoder> {
        Box::new(Events::default())
    }
}

/// What the events have said so far.
#[derive(Debug, Default)]
struct Events {
    message: Map<String, Value>,
    blocks: BTreeMap<u64, Block>,
    begun: bool,
    ended: bool,
}

/// A block of content under way.
#[derive(Debug)]
struct Block {
    content: Map<String, Value>,
    /// Fragments of a tool's input.
    input: String,
}

impl StreamDecoder for Events {
    fn frame(&mut self, frame: &Frame) -> Result<Sign, Failure> {
        if frame.data.trim().is_empty() {
            return Ok(Sign::Nothing);
        }
        let event: Value = serde_json::from_str(&frame.data).map_err(|error| {
            Failure::cut_off(format!("the stream holds an event that is not JSON ({})", clean(&error.to_string())))
        })?;
        let named = event.get("type").and_then(Value::as_str).or(frame.event.as_deref()).unwrap_or_default();
        let sign = match named {
            "message_start" => self.start(&event),
            "content_block_start" => self.start_block(&event),
            "content_block_delta" => self.delta(&event),
            "message_delta" => self.end_of_message(&event),
            "message_stop" => {
                self.ended = true;
                Sign::End
            }
            "error" => return Err(self.failed(&event)),
            // `content_block_stop` adds nothing, `ping` keeps the connection alive, others are to be ignored.
            _ => Sign::Nothing,
        };
        self.begun |= matches!(sign, Sign::Visible | Sign::Reasoning);
        Ok(sign)
    }

    fn partial(&self) -> Option<String> {
        let kind = |block: &Block| block.content.get("type").and_then(Value::as_str).map(str::to_owned);
        let calls = self.blocks.values().any(|block| kind(block).as_deref() == Some("tool_use"));
        let texts = self.blocks.values().filter_map(|block| block.content.get("text").and_then(Value::as_str));
        (!calls).then(|| texts.collect())
    }

    fn finish(self: Box<Self>) -> Result<ChatReply, Failure> {
        if !self.ended {
            let seen = if self.begun { "after a part of the answer" } else { "before the answer" };
            return Err(Failure::cut_off(format!("the stream ended {seen}, without `message_stop`")));
        }
        let mut body = self.message;
        let blocks = self.blocks.into_values().map(Block::into_content).collect();
        body.insert("content".to_owned(), Value::Array(blocks));
        let body = Value::Object(body).to_string().into_bytes();
        decode::decode(&HttpReply { status: 200, body, ..HttpReply::default() })
    }
}

impl Events {
    fn start(&mut self, event: &Value) -> Sign {
        if let Some(message) = event.get("message").and_then(Value::as_object) {
            self.message.clone_from(message);
        }
        Sign::Nothing
    }

    fn start_block(&mut self, event: &Value) -> Sign {
        let content = event.get("content_block").and_then(Value::as_object).cloned().unwrap_or_default();
        // The name of a tool is seen at once; texts begin empty.
        let is_tool = content.get("type").is_some_and(|kind| kind == "tool_use");
        let has_text = content.get("text").and_then(Value::as_str).is_some_and(|text| !text.is_empty());
        self.blocks.insert(index_of(event), Block { content, input: String::new() });
        if is_tool || has_text { Sign::Visible } else { Sign::Nothing }
    }

    fn delta(&mut self, event: &Value) -> Sign {
        let Some(delta) = event.get("delta") else { return Sign::Nothing };
        let block = self.blocks.entry(index_of(event)).or_insert_with(|| Block::of_delta(delta));
        let text = |field: &str| delta.get(field).and_then(Value::as_str).unwrap_or_default();
        match text("type") {
            "text_delta" => block.append("text", text("text"), Sign::Visible),
            "input_json_delta" => {
                block.input.push_str(text("partial_json"));
                if text("partial_json").is_empty() { Sign::Nothing } else { Sign::Visible }
            }
            "thinking_delta" => block.append("thinking", text("thinking"), Sign::Reasoning),
            "signature_delta" => block.append("signature", text("signature"), Sign::Nothing),
            "citations_delta" => {
                if let Some(citation) = delta.get("citation") {
                    let list = block.content.entry("citations").or_insert_with(|| json!([]));
                    match list {
                        Value::Array(citations) => citations.push(citation.clone()),
                        other => *other = json!([citation]),
                    }
                }
                Sign::Nothing
            }
            _ => Sign::Nothing,
        }
    }

    /// The reason to stop, and the usage so far: its counts replace those of the start, they are not added.
    fn end_of_message(&mut self, event: &Value) -> Sign {
        for (name, value) in event.get("delta").and_then(Value::as_object).into_iter().flatten() {
            overwrite(&mut self.message, name, value);
        }
        if let Some(counts) = event.get("usage").and_then(Value::as_object) {
            let usage = self.message.entry("usage").or_insert_with(|| json!({}));
            match usage {
                Value::Object(usage) => counts.iter().for_each(|(name, value)| overwrite(usage, name, value)),
                other => *other = Value::Object(counts.clone()),
            }
        }
        Sign::Nothing
    }

    fn failed(&self, event: &Value) -> Failure {
        let reply = HttpReply { status: 200, ..HttpReply::default() };
        let mut failure = errors::of_body(&reply, event);
        failure.timed_out |= self.begun;
        failure
    }
}

impl Block {
    /// A block whose start was lost; gateways that translate leave it out.
    fn of_delta(delta: &Value) -> Block {
        let kind = match delta.get("type").and_then(Value::as_str) {
            Some("thinking_delta" | "signature_delta") => "thinking",
            Some("input_json_delta") => "tool_use",
            _ => "text",
        };
        let content = Map::from_iter([("type".to_owned(), json!(kind))]);
        Block { content, input: String::new() }
    }

    fn append(&mut self, field: &str, text: &str, sign: Sign) -> Sign {
        match self.content.entry(field).or_insert_with(|| json!("")) {
            Value::String(whole) => whole.push_str(text),
            other => *other = json!(text),
        }
        if text.is_empty() { Sign::Nothing } else { sign }
    }

    fn into_content(mut self) -> Value {
        if !self.input.trim().is_empty() {
            // What the model wrote and is no JSON is kept as its text.
            let input = serde_json::from_str(&self.input).unwrap_or_else(|_| Value::String(self.input.clone()));
            self.content.insert("input".to_owned(), input);
        }
        Value::Object(self.content)
    }
}

fn index_of(event: &Value) -> u64 {
    event.get("index").and_then(Value::as_u64).unwrap_or(0)
}

/// A newer value; null keeps the older one.
fn overwrite(map: &mut Map<String, Value>, name: &str, value: &Value) {
    if !value.is_null() {
        map.insert(name.to_owned(), value.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{ErrorKind, Finish, Part};

    fn read(events: &[Value]) -> (Vec<Sign>, Result<ChatReply, Failure>) {
        let mut decoder = MessageStream.decoder();
        let mut signs = Vec::new();
        for event in events {
            let name = event["type"].as_str().map(str::to_owned);
            match decoder.frame(&Frame { event: name, data: event.to_string(), is_exception: false }) {
                Ok(sign) => signs.push(sign),
                Err(failure) => return (signs, Err(failure)),
            }
        }
        (signs, decoder.finish())
    }

    fn start(usage: &Value) -> Value {
        json!({"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant", "model": "c",
            "content": [], "stop_reason": null, "stop_sequence": null, "usage": usage}})
    }

    fn block(index: u64, content: &Value) -> Value {
        json!({"type": "content_block_start", "index": index, "content_block": content})
    }

    fn delta(index: u64, delta: &Value) -> Value {
        json!({"type": "content_block_delta", "index": index, "delta": delta})
    }

    fn end(reason: &str, usage: &Value) -> [Value; 2] {
        let last =
            json!({"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": null}, "usage": usage});
        [last, json!({"type": "message_stop"})]
    }

    #[test]
    fn the_usage_of_the_end_replaces_that_of_the_start() {
        // Reference §14.3, row 7.
        let [last, stop] = end("end_turn", &json!({"output_tokens": 15, "input_tokens": null}));
        let text = json!({"type": "text", "text": ""});
        let (signs, reply) = read(&[
            start(&json!({"input_tokens": 25, "output_tokens": 1, "service_tier": "standard"})),
            block(0, &text),
            json!({"type": "ping"}),
            delta(0, &json!({"type": "text_delta", "text": "Hi"})),
            json!({"type": "content_block_stop", "index": 0}),
            last,
            stop,
        ]);
        use Sign::{End, Nothing, Visible};
        assert_eq!(signs, [Nothing, Nothing, Nothing, Visible, Nothing, Nothing, End]);
        let reply = reply.expect("reply");
        let usage = reply.usage.expect("usage");
        assert_eq!((usage.input, usage.output), (Some(25), Some(15)));
        assert_eq!((reply.text.as_str(), reply.finish, reply.model.as_deref()), ("Hi", Finish::Stop, Some("c")));
        assert_eq!(reply.service_tier.as_deref(), Some("standard"));
    }

    #[test]
    fn tool_inputs_come_in_fragments_and_an_empty_one_is_an_empty_object() {
        let tool = |id: &str| json!({"type": "tool_use", "id": id, "name": "f", "input": {}});
        let [last, stop] = end("tool_use", &json!({"output_tokens": 5}));
        let (_, reply) = read(&[
            start(&json!({"input_tokens": 1})),
            block(0, &tool("a")),
            delta(0, &json!({"type": "input_json_delta", "partial_json": ""})),
            block(1, &tool("b")),
            delta(1, &json!({"type": "input_json_delta", "partial_json": "{\"x\":"})),
            delta(1, &json!({"type": "input_json_delta", "partial_json": " 1}"})),
            block(2, &tool("c")),
            delta(2, &json!({"type": "input_json_delta", "partial_json": "{\"x\":"})),
            last,
            stop,
        ]);
        let reply = reply.expect("reply");
        let calls: Vec<(&str, &str)> =
            reply.tool_calls.iter().map(|call| (call.id.as_str(), call.arguments.as_str())).collect();
        assert_eq!(calls, [("a", "{}"), ("b", "{\"x\":1}"), ("c", "{\"x\":")]);
        assert_eq!(reply.finish, Finish::ToolCalls);
    }

    #[test]
    fn thinking_is_kept_in_whole_blocks_that_may_go_back() {
        let [last, stop] = end("end_turn", &json!({"output_tokens": 5}));
        let (signs, reply) = read(&[
            start(&json!({"input_tokens": 1})),
            block(0, &json!({"type": "thinking", "thinking": "", "signature": ""})),
            delta(0, &json!({"type": "thinking_delta", "thinking": "h"})),
            delta(0, &json!({"type": "thinking_delta", "thinking": "m"})),
            delta(0, &json!({"type": "signature_delta", "signature": "SIG="})),
            block(1, &json!({"type": "redacted_thinking", "data": "XYZ"})),
            block(2, &json!({"type": "text", "text": ""})),
            delta(2, &json!({"type": "text_delta", "text": "a"})),
            last,
            stop,
        ]);
        assert_eq!(signs.get(2), Some(&Sign::Reasoning));
        let reply = reply.expect("reply");
        assert_eq!((reply.reasoning.as_deref(), reply.text.as_str()), (Some("hm"), "a"));
        let block = json!({"type": "thinking", "thinking": "hm", "signature": "SIG="}).to_string();
        let redacted = json!({"type": "redacted_thinking", "data": "XYZ"}).to_string();
        assert_eq!(
            reply.thoughts,
            [
                Part::Reasoning { opaque: Some(block), text: "hm".to_owned() },
                Part::Reasoning { opaque: Some(redacted), text: String::new() }
            ]
        );
    }

    #[test]
    fn a_stream_without_its_last_event_is_cut_off() {
        let [last, _] = end("end_turn", &json!({"output_tokens": 5}));
        let failure = read(&[start(&json!({"input_tokens": 1})), last]).1.expect_err("cut off");
        assert_eq!((failure.error.kind, failure.timed_out), (ErrorKind::Malformed, true));
    }

    #[test]
    fn an_error_event_has_its_class_and_says_whether_the_answer_had_begun() {
        let error = json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
        let early = read(&[start(&json!({})), error.clone()]).1.expect_err("failure");
        assert_eq!((early.error.kind, early.timed_out), (ErrorKind::Overloaded, false));
        let text = delta(0, &json!({"type": "text_delta", "text": "a"}));
        let late = read(&[start(&json!({})), text, error]).1.expect_err("failure");
        assert_eq!((late.error.kind, late.timed_out), (ErrorKind::Overloaded, true));
    }
}
