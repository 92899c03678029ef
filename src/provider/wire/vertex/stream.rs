//! Streams of Vertex: whose they are is told by their first piece.

use serde_json::Value;

use super::super::super::spec::{Failure, Wire};
use super::super::super::stream::{Frame, Framing, Sign, StreamDecoder, StreamWire};
use super::super::anthropic::Anthropic;
use super::super::gemini;
use super::is_anthropic;
use crate::record::ChatReply;

/// How replies stream.
#[derive(Debug)]
pub(super) struct VertexStream;

impl StreamWire for VertexStream {
    fn framing(&self) -> Framing {
        Framing::Sse
    }

    fn decoder(&self) -> Box<dyn StreamDecoder> {
        Box::new(Decoder(None))
    }
}

struct Decoder(Option<Box<dyn StreamDecoder>>);

impl StreamDecoder for Decoder {
    fn frame(&mut self, frame: &Frame) -> Result<Sign, Failure> {
        if frame.data.trim().is_empty() && self.0.is_none() {
            return Ok(Sign::Nothing);
        }
        self.0.get_or_insert_with(|| decoder_for(frame)).frame(frame)
    }

    fn finish(self: Box<Self>) -> Result<ChatReply, Failure> {
        match self.0 {
            Some(decoder) => decoder.finish(),
            None => Err(Failure::cut_off("the stream ended before it brought anything")),
        }
    }
}

fn decoder_for(frame: &Frame) -> Box<dyn StreamDecoder> {
    let piece = serde_json::from_str::<Value>(&frame.data).unwrap_or(Value::Null);
    let anthropic = Anthropic.streaming().filter(|_| is_anthropic(&piece));
    anthropic.map_or_else(gemini::new_decoder, StreamWire::decoder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Finish;

    fn run(frames: &[(&str, &str)]) -> Result<ChatReply, Failure> {
        let mut decoder = VertexStream.decoder();
        for (event, data) in frames {
            let event = (!event.is_empty()).then(|| (*event).to_owned());
            decoder.frame(&Frame { event, data: (*data).to_owned(), is_exception: false })?;
        }
        decoder.finish()
    }

    #[test]
    fn both_vendors_streams_are_read() {
        let gemini =
            run(&[("", ""), ("", r#"{"candidates":[{"content":{"parts":[{"text":"g"}]},"finishReason":"STOP"}]}"#)]);
        assert_eq!(gemini.map(|reply| (reply.text, reply.finish)), Ok(("g".to_owned(), Finish::Stop)));
        let start = r#"{"type":"message_start","message":{"id":"m","model":"claude","content":[],"usage":{"input_tokens":3,"output_tokens":1}}}"#;
        let claude = run(&[
            ("message_start", start),
            (
                "content_block_start",
                r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
            ),
            (
                "content_block_delta",
                r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"c"}}"#,
            ),
            ("content_block_stop", r#"{"type":"content_block_stop","index":0}"#),
            (
                "message_delta",
                r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}"#,
            ),
            ("message_stop", r#"{"type":"message_stop"}"#),
        ]);
        assert_eq!(claude.map(|reply| (reply.text, reply.finish)), Ok(("c".to_owned(), Finish::Stop)));
        assert!(run(&[]).is_err_and(|failure| failure.timed_out));
    }
}
