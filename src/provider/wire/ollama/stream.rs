//! The stream of `POST /api/chat`: one JSON object per line, the last with `done: true`.

use serde_json::{Map, Value};

use super::super::super::spec::Failure;
use super::super::super::stream::{Frame, Framing, Sign, StreamDecoder, StreamWire};
use super::super::error_body::ErrorBody;
use super::decode::Pieces;
use super::errors;
use crate::net::HttpReply;
use crate::record::{ChatReply, ErrorKind};

/// How Ollama streams.
#[derive(Debug)]
pub(super) struct Stream;

impl StreamWire for Stream {
    fn framing(&self) -> Framing {
        Framing::Lines
    }

    fn decoder(&self) -> Box<dyn StreamDecoder> {
        Box::new(Decoder::default())
    }
}

#[derive(Debug, Default)]
struct Decoder {
    pieces: Pieces,
    ended: bool,
}

impl StreamDecoder for Decoder {
    fn frame(&mut self, frame: &Frame) -> Result<Sign, Failure> {
        if frame.data.trim().is_empty() {
            return Ok(Sign::Nothing);
        }
        let body: Map<String, Value> = serde_json::from_str(&frame.data).map_err(|_| {
            Failure::new(ErrorKind::Malformed, "the provider sent a line of the stream that is not JSON")
        })?;
        if body.get("error").is_some_and(|error| !error.is_null()) {
            let begun = HttpReply { status: 200, ..HttpReply::default() };
            return Err(errors::of_error(&begun, 500, &ErrorBody::of_json(&Value::Object(body))));
        }
        let brought = self.pieces.take(&body);
        self.ended |= brought.done;
        Ok(match (brought.done, brought.visible, brought.thinking) {
            (true, _, _) => Sign::End,
            (false, true, _) => Sign::Visible,
            (false, false, true) => Sign::Reasoning,
            (false, false, false) => Sign::Nothing,
        })
    }

    fn finish(self: Box<Self>) -> Result<ChatReply, Failure> {
        if !self.ended {
            return Err(Failure::cut_off("the stream ended before its line with `done: true`"));
        }
        Ok(self.pieces.reply())
    }
}
