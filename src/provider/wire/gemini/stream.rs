//! `:streamGenerateContent?alt=sse`: pieces of the shape of whole replies, and no end mark (reference §4.4).

use serde_json::Value;

use super::super::super::spec::Failure;
use super::super::super::stream::{Frame, Framing, Sign, StreamDecoder, StreamWire};
use super::errors;
use super::gather::Gathering;
use crate::net::HttpReply;
use crate::record::{ChatReply, ErrorKind};

/// How replies stream.
#[derive(Debug)]
pub(in super::super) struct GeminiStream;

impl StreamWire for GeminiStream {
    fn framing(&self) -> Framing {
        Framing::Sse
    }

    fn decoder(&self) -> Box<dyn StreamDecoder> {
        new_decoder()
    }
}

/// A new decoder, for one reply.
pub(in super::super) fn new_decoder() -> Box<dyn StreamDecoder> {
    Box::new(Decoder::default())
}

#[derive(Debug, Default)]
struct Decoder(Gathering);

impl StreamDecoder for Decoder {
    fn frame(&mut self, frame: &Frame) -> Result<Sign, Failure> {
        let data = frame.data.trim();
        if data.is_empty() {
            return Ok(Sign::Nothing);
        }
        let piece: Value = serde_json::from_str(data).map_err(|error| {
            Failure::new(ErrorKind::Malformed, format!("a piece of the stream is not JSON ({error})"))
        })?;
        if errors::is_error(&piece) {
            return Err(errors::of_value(&HttpReply { status: 200, ..HttpReply::default() }, &piece));
        }
        // Counts may follow the finish reason: the end is the end of the body.
        Ok(self.0.take(&piece))
    }

    fn finish(self: Box<Self>) -> Result<ChatReply, Failure> {
        if !self.0.is_finished() {
            return Err(Failure::cut_off("the stream ended before the model gave a reason to stop"));
        }
        Ok(self.0.reply(None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Finish, Part};

    fn frame(data: &str) -> Frame {
        Frame { event: None, data: data.to_owned(), is_exception: false }
    }

    #[test]
    fn pieces_become_one_reply_with_the_last_counts() {
        let mut decoder = new_decoder();
        let pieces = [
            (
                r#"{"candidates":[{"content":{"parts":[{"text":"Hm","thought":true}]}}],"usageMetadata":{"promptTokenCount":5,"totalTokenCount":5}}"#,
                Sign::Reasoning,
            ),
            (r#"{"candidates":[{"content":{"parts":[{"text":"Hel"}]}}]}"#, Sign::Visible),
            (
                r#"{"candidates":[{"content":{"parts":[{"text":"lo"}]}}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":1,"totalTokenCount":6}}"#,
                Sign::Visible,
            ),
            (
                r#"{"candidates":[{"content":{"parts":[{"text":"","thoughtSignature":"s"}]},"finishReason":"STOP"}],"modelVersion":"m","responseId":"r"}"#,
                Sign::Nothing,
            ),
            (
                r#"{"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":2,"thoughtsTokenCount":3,"totalTokenCount":10}}"#,
                Sign::Nothing,
            ),
        ];
        for (data, sign) in pieces {
            assert_eq!(decoder.frame(&frame(data)), Ok(sign), "{data}");
        }
        let reply = decoder.finish().expect("reply");
        assert_eq!(
            (reply.text.as_str(), reply.reasoning.as_deref(), reply.finish),
            ("Hello", Some("Hm"), Finish::Stop)
        );
        assert_eq!((reply.model.as_deref(), reply.request_id.as_deref()), (Some("m"), Some("r")));
        let usage = reply.usage.expect("usage");
        assert_eq!((usage.input, usage.output, usage.reasoning), (Some(5), Some(2), Some(3)));
        let signed = r#"{"text":"","thoughtSignature":"s"}"#;
        assert_eq!(reply.thoughts, [Part::Reasoning { opaque: Some(signed.into()), text: String::new() }]);
    }

    #[test]
    fn a_stream_without_a_reason_to_stop_was_cut_off() {
        let mut decoder = new_decoder();
        let sign = decoder.frame(&frame(r#"{"candidates":[{"content":{"parts":[{"text":"Hel"}]}}]}"#));
        assert_eq!(sign, Ok(Sign::Visible));
        let failure = decoder.finish().expect_err("cut off");
        assert_eq!((failure.error.kind, failure.timed_out), (ErrorKind::Malformed, true));
    }

    #[test]
    fn an_error_in_the_middle_ends_it() {
        for data in [
            r#"{"error":{"code":503,"message":"overloaded","status":"UNAVAILABLE"}}"#,
            r#"[{"error":{"code":503,"message":"overloaded","status":"UNAVAILABLE"}}]"#,
        ] {
            let failure = new_decoder().frame(&frame(data)).expect_err("error");
            assert_eq!(failure.error.kind, ErrorKind::Overloaded, "{data}");
        }
        let failure = new_decoder().frame(&frame("{\"candidates\":[{\"con")).expect_err("malformed");
        assert_eq!(failure.error.kind, ErrorKind::Malformed);
    }

    #[test]
    fn a_blocked_prompt_ends_the_stream_without_a_candidate() {
        let mut decoder = new_decoder();
        let sign = decoder.frame(&frame(r#"{"promptFeedback":{"blockReason":"SAFETY"}}"#));
        assert_eq!(sign, Ok(Sign::Nothing));
        assert_eq!(decoder.finish().map(|reply| reply.finish).ok(), Some(Finish::ContentFilter));
    }
}
