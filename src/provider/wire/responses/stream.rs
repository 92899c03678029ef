//! The stream of Responses: named events, of which the last one carries the whole response.

use serde_json::{Map, Value};

use super::super::super::spec::Failure;
use super::super::super::stream::{Frame, Framing, Sign, StreamDecoder, StreamWire};
use super::super::body::{clean, malformed};
use super::super::openai::errors;
use super::decode::read;
use crate::net::HttpReply;
use crate::record::ChatReply;

/// How replies stream.
#[derive(Debug)]
pub(super) struct Events;

impl StreamWire for Events {
    fn framing(&self) -> Framing {
        Framing::Sse
    }

    fn decoder(&self) -> Box<dyn StreamDecoder> {
        Box::new(Decoder::default())
    }
}

/// Waits for the event that holds the whole response.
#[derive(Debug, Default)]
struct Decoder {
    /// Items as they were finished: some compatible servers leave them out of the last event.
    items: Vec<Value>,
    response: Option<Map<String, Value>>,
    /// Whether a piece of the answer has come: it is billed even when the stream fails.
    begun: bool,
}

/// The stream has no headers of its own; what was read from it came with a 200.
fn head() -> HttpReply {
    HttpReply { status: 200, ..HttpReply::default() }
}

impl StreamDecoder for Decoder {
    fn frame(&mut self, frame: &Frame) -> Result<Sign, Failure> {
        match self.read(frame) {
            Ok(sign) => {
                self.begun |= matches!(sign, Sign::Visible | Sign::Reasoning);
                Ok(sign)
            }
            Err(mut failure) => {
                failure.timed_out |= self.begun;
                Err(failure)
            }
        }
    }

    fn finish(self: Box<Self>) -> Result<ChatReply, Failure> {
        let response = self
            .response
            .ok_or_else(|| Failure::cut_off("the stream ended before `response.completed`: the answer is cut off"))?;
        read(&head(), &response)
    }
}

impl Decoder {
    fn read(&mut self, frame: &Frame) -> Result<Sign, Failure> {
        let data = frame.data.trim();
        if data == "[DONE]" {
            return Ok(Sign::End);
        }
        if data.is_empty() {
            return Ok(Sign::Nothing);
        }
        let event: Value = serde_json::from_str(data).map_err(|error| {
            malformed(&head(), format!("an event of the stream is not JSON ({})", clean(&error.to_string())))
        })?;
        let name = event.get("type").and_then(Value::as_str).or(frame.event.as_deref()).unwrap_or_default();
        match name {
            "response.completed" | "response.incomplete" | "response.failed" => self.end(event),
            "error" => Err(errors::of_body(&head(), &as_error(event))),
            "response.output_text.delta" | "response.refusal.delta" | "response.function_call_arguments.delta" => {
                Ok(Sign::Visible)
            }
            "response.custom_tool_call_input.delta" => Ok(Sign::Visible),
            "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => Ok(Sign::Reasoning),
            "response.output_item.done" => {
                self.items.extend(event.get("item").cloned());
                Ok(Sign::Nothing)
            }
            _ if event.get("error").is_some_and(|error| !error.is_null()) => Err(errors::of_body(&head(), &event)),
            _ => Ok(Sign::Nothing),
        }
    }

    fn end(&mut self, mut event: Value) -> Result<Sign, Failure> {
        let Some(Value::Object(mut response)) = event.get_mut("response").map(Value::take) else {
            return Err(malformed(&head(), "the stream ended without its response"));
        };
        let is_bare = response.get("output").and_then(Value::as_array).is_none_or(Vec::is_empty);
        if is_bare {
            response.insert("output".to_owned(), Value::Array(std::mem::take(&mut self.items)));
        }
        self.response = Some(response);
        Ok(Sign::End)
    }
}

/// `{type: error, code, message, param}`: the `type` is the event's, not the error's.
fn as_error(mut event: Value) -> Value {
    if event.get("error").is_none_or(Value::is_null)
        && let Some(fields) = event.as_object_mut()
    {
        fields.remove("type");
        return serde_json::json!({"error": event});
    }
    event
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{ErrorKind, Finish};
    use serde_json::json;

    fn frame(data: &Value) -> Frame {
        let event = data["type"].as_str().map(str::to_owned);
        Frame { event, data: data.to_string(), is_exception: false }
    }

    fn run(events: &[Value]) -> Result<(Vec<Sign>, ChatReply), Failure> {
        let mut decoder = Events.decoder();
        let signs = events.iter().map(|event| decoder.frame(&frame(event))).collect::<Result<Vec<_>, _>>()?;
        Ok((signs, decoder.finish()?))
    }

    #[test]
    fn the_last_event_carries_the_reply() {
        let item = json!({"type": "message", "content": [{"type": "output_text", "text": "Hi"}]});
        let response = json!({"id": "resp_1", "status": "completed", "model": "gpt-5", "output": [item],
            "usage": {"input_tokens": 3, "output_tokens": 2}});
        let events = [
            json!({"type": "response.created", "response": {"status": "in_progress"}}),
            json!({"type": "response.reasoning_summary_text.delta", "delta": "hm"}),
            json!({"type": "response.output_item.added", "item": {"type": "message"}}),
            json!({"type": "response.output_text.delta", "delta": "Hi"}),
            json!({"type": "response.output_item.done", "item": item}),
            json!({"type": "response.completed", "response": response}),
        ];
        let (signs, reply) = run(&events).expect("reply");
        assert_eq!(signs, [Sign::Nothing, Sign::Reasoning, Sign::Nothing, Sign::Visible, Sign::Nothing, Sign::End]);
        assert_eq!((reply.text.as_str(), reply.finish), ("Hi", Finish::Stop));
        assert_eq!(reply.request_id.as_deref(), Some("resp_1"));
        // Some servers leave the items out of it.
        let bare = json!({"type": "response.completed", "response": {"status": "completed", "output": []}});
        let events = [json!({"type": "response.output_item.done", "item": item}), bare];
        assert_eq!(run(&events).expect("reply").1.text, "Hi");
    }

    #[test]
    fn a_stream_without_its_last_event_is_cut_off() {
        let failure = run(&[json!({"type": "response.output_text.delta", "delta": "Hi"})]).expect_err("cut off");
        assert_eq!((failure.error.kind, failure.timed_out), (ErrorKind::Malformed, true));
        let mut decoder = Events.decoder();
        let done = Frame { data: " [DONE] ".to_owned(), ..Frame::default() };
        assert_eq!(decoder.frame(&done), Ok(Sign::End));
        assert_eq!(decoder.finish().expect_err("cut off").error.kind, ErrorKind::Malformed);
    }

    #[test]
    fn errors_of_the_stream_have_their_class() {
        let event = json!({"type": "error", "code": "rate_limit_exceeded", "message": "slow down", "param": null});
        assert_eq!(run(&[event]).expect_err("error").error.kind, ErrorKind::RateLimited);
        let event = json!({"type": "error", "error": {"type": "server_error", "message": "x"}});
        assert_eq!(run(&[event]).expect_err("error").error.kind, ErrorKind::Server);
        let failed = json!({"type": "response.failed", "response": {"status": "failed",
            "error": {"code": "server_error", "message": "x"}, "output": []}});
        assert_eq!(run(&[failed]).expect_err("error").error.kind, ErrorKind::Server);
        let broken = Frame { data: "{".to_owned(), ..Frame::default() };
        assert_eq!(Events.decoder().frame(&broken).expect_err("broken").error.kind, ErrorKind::Malformed);
    }
}
