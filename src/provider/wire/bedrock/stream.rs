//! `/converse-stream`: named frames, text blocks without a start, counts in the last one (reference §5).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::super::spec::Failure;
use super::super::super::stream::{Frame, Framing, Sign, StreamDecoder, StreamWire};
use super::super::body::text_at;
use super::decode::Told;
use super::errors;
use crate::record::{ChatReply, ErrorKind, ToolCall};

/// How replies stream.
#[derive(Debug)]
pub(super) struct BedrockStream;

impl StreamWire for BedrockStream {
    fn framing(&self) -> Framing {
        Framing::AwsEvents
    }

    fn decoder(&self) -> Box<dyn StreamDecoder> {
        Box::new(Decoder::default())
    }
}

/// A block that is not finished.
#[derive(Debug)]
enum Open {
    Tool { id: String, name: String, input: String },
    Thought { text: String, signature: Option<String>, hidden: Option<String> },
}

#[derive(Debug, Default)]
struct Decoder {
    told: Told,
    open: BTreeMap<u64, Open>,
}

impl StreamDecoder for Decoder {
    fn frame(&mut self, frame: &Frame) -> Result<Sign, Failure> {
        let name = frame.event.as_deref().unwrap_or("");
        if frame.is_exception {
            return Err(errors::of_frame(name, &frame.data));
        }
        let known = ["contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"];
        if !known.contains(&name) {
            return Ok(Sign::Nothing);
        }
        let body: Value = serde_json::from_str(&frame.data).map_err(|error| {
            Failure::new(ErrorKind::Malformed, format!("a frame of the stream is not JSON ({error})"))
        })?;
        let index = body.get("contentBlockIndex").and_then(Value::as_u64).unwrap_or(0);
        match name {
            "contentBlockStart" => Ok(self.start(index, &body)),
            "contentBlockDelta" => Ok(self.delta(index, body.get("delta").unwrap_or(&Value::Null))),
            "contentBlockStop" => {
                self.close(index);
                Ok(Sign::Nothing)
            }
            "messageStop" => {
                self.told.stop = text_at(&body, "stopReason").or_else(|| Some("unknown".to_owned()));
                Ok(Sign::Nothing)
            }
            _ => {
                self.told.about(&body);
                Ok(if self.told.stop.is_some() { Sign::End } else { Sign::Nothing })
            }
        }
    }

    fn finish(mut self: Box<Self>) -> Result<ChatReply, Failure> {
        if self.told.stop.is_none() {
            return Err(Failure::cut_off("the stream ended before its `messageStop`"));
        }
        for index in self.open.keys().copied().collect::<Vec<_>>() {
            self.close(index);
        }
        Ok(self.told.reply(None))
    }
}

impl Decoder {
    fn start(&mut self, index: u64, body: &Value) -> Sign {
        let Some(tool) = body.pointer("/start/toolUse") else { return Sign::Nothing };
        let of = |name| text_at(tool, name).unwrap_or_default();
        self.open.insert(index, Open::Tool { id: of("toolUseId"), name: of("name"), input: String::new() });
        Sign::Visible
    }

    fn delta(&mut self, index: u64, delta: &Value) -> Sign {
        let piece = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        if let Some(text) = piece(delta, "text") {
            self.told.text.push_str(&text);
            return if text.is_empty() { Sign::Nothing } else { Sign::Visible };
        }
        if let (Some(more), Some(Open::Tool { input, .. })) =
            (delta.get("toolUse").and_then(|tool| piece(tool, "input")), self.open.get_mut(&index))
        {
            input.push_str(&more);
            return if more.is_empty() { Sign::Nothing } else { Sign::Visible };
        }
        let Some(thinking) = delta.get("reasoningContent") else { return Sign::Nothing };
        let empty = || Open::Thought { text: String::new(), signature: None, hidden: None };
        let Open::Thought { text, signature, hidden } = self.open.entry(index).or_insert_with(empty) else {
            return Sign::Nothing;
        };
        let more = |kept: &mut Option<String>, name: &str| {
            if let Some(more) = piece(thinking, name) {
                kept.get_or_insert_default().push_str(&more);
            }
        };
        more(signature, "signature");
        more(hidden, "redactedContent");
        let shown = piece(thinking, "text").unwrap_or_default();
        text.push_str(&shown);
        if shown.is_empty() { Sign::Nothing } else { Sign::Reasoning }
    }

    fn close(&mut self, index: u64) {
        match self.open.remove(&index) {
            None => {}
            Some(Open::Tool { id, name, input }) => {
                let arguments = if input.trim().is_empty() { "{}".to_owned() } else { input };
                self.told.tool_calls.push(ToolCall { id, name, arguments });
            }
            Some(Open::Thought { hidden: Some(hidden), .. }) => {
                self.told.thought("", &json!({"reasoningContent": {"redactedContent": hidden}}));
            }
            Some(Open::Thought { text, signature, .. }) => {
                let mut inner = json!({"text": text});
                if let (Some(signature), Some(map)) = (signature, inner.as_object_mut()) {
                    map.insert("signature".to_owned(), json!(signature));
                }
                self.told.thought(&text, &json!({"reasoningContent": {"reasoningText": inner}}));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use Sign::{End, Nothing, Reasoning, Visible};

    use super::*;
    use crate::record::{Finish, Part};

    fn event(name: &str, body: &Value) -> Frame {
        Frame { event: Some(name.to_owned()), data: body.to_string(), is_exception: false }
    }

    fn run(frames: &[Frame]) -> (Vec<Sign>, Result<ChatReply, Failure>) {
        let mut decoder = BedrockStream.decoder();
        let signs = frames.iter().map(|frame| decoder.frame(frame).expect("frame")).collect();
        (signs, decoder.finish())
    }

    #[test]
    fn thinking_text_and_tools_are_put_together() {
        let delta = |index: u64, delta: Value| {
            event("contentBlockDelta", &json!({"contentBlockIndex": index, "delta": delta, "p": "abc"}))
        };
        let stop = |index: u64| event("contentBlockStop", &json!({"contentBlockIndex": index}));
        let start = json!({"contentBlockIndex": 2, "start": {"toolUse": {"toolUseId": "t", "name": "f"}}});
        let (signs, reply) = run(&[
            event("messageStart", &json!({"role": "assistant"})),
            delta(0, json!({"reasoningContent": {"text": "h"}})),
            delta(0, json!({"reasoningContent": {"text": "m"}})),
            delta(0, json!({"reasoningContent": {"signature": "s"}})),
            stop(0),
            delta(1, json!({"text": "Hel"})),
            delta(1, json!({"text": "lo"})),
            stop(1),
            event("contentBlockStart", &start),
            delta(2, json!({"toolUse": {"input": "{\"x\":"}})),
            delta(2, json!({"toolUse": {"input": "1}"}})),
            stop(2),
            event("brandNew", &json!({})),
            event("messageStop", &json!({"stopReason": "tool_use"})),
            event("metadata", &json!({"usage": {"inputTokens": 3, "outputTokens": 4}, "metrics": {"latencyMs": 5}})),
        ]);
        let wanted = [
            Nothing, Reasoning, Reasoning, Nothing, Nothing, Visible, Visible, Nothing, Visible, Visible, Visible,
            Nothing, Nothing, Nothing, End,
        ];
        assert_eq!(signs, wanted);
        let reply = reply.expect("reply");
        assert_eq!(
            (reply.text.as_str(), reply.reasoning.as_deref(), reply.finish),
            ("Hello", Some("hm"), Finish::ToolCalls)
        );
        assert_eq!((reply.tool_calls[0].id.as_str(), reply.tool_calls[0].arguments.as_str()), ("t", "{\"x\":1}"));
        let block = r#"{"reasoningContent":{"reasoningText":{"text":"hm","signature":"s"}}}"#;
        assert_eq!(reply.thoughts, [Part::Reasoning { opaque: Some(block.into()), text: "hm".into() }]);
        assert_eq!(reply.usage.map(|usage| (usage.input, usage.output)), Some((Some(3), Some(4))));
    }

    #[test]
    fn a_stream_without_its_stop_was_cut_off() {
        let delta = json!({"contentBlockIndex": 0, "delta": {"text": "Hel"}});
        let (_, reply) = run(&[event("contentBlockDelta", &delta)]);
        let failure = reply.expect_err("cut off");
        assert_eq!((failure.error.kind, failure.timed_out), (ErrorKind::Malformed, true));
        let (_, reply) = run(&[event("messageStop", &json!({"stopReason": "end_turn"}))]);
        assert_eq!(reply.map(|reply| (reply.finish, reply.usage)), Ok((Finish::Stop, None)));
    }

    #[test]
    fn an_exception_in_the_middle_is_the_failure_it_names() {
        let frame = Frame {
            event: Some("throttlingException".into()),
            data: r#"{"message":"slow down"}"#.into(),
            is_exception: true,
        };
        let failure = BedrockStream.decoder().frame(&frame).expect_err("exception");
        assert_eq!(failure.error.kind, ErrorKind::RateLimited);
        let torn = Frame { event: Some("metadata".into()), data: "{".into(), is_exception: false };
        assert_eq!(BedrockStream.decoder().frame(&torn).expect_err("torn").error.kind, ErrorKind::Malformed);
    }
}
