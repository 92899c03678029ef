//! A stream under way: bytes go in, and at the end there is a reply with its times. Pure: the caller tells the time.

use std::time::Duration;

use super::frames::Cutter;
use super::spec::Failure;
use super::stream::{Frame, Sign, StreamDecoder, StreamWire};
use crate::base::Millis;
use crate::record::{ChatReply, StreamTimes};

/// How much is kept of a body that shows no frame: it may be an error that does not say what it is.
const EVIDENCE: usize = 64 * 1024;

/// One stream as it is read. All times count from when the request was sent.
pub(super) struct Reading {
    cutter: Cutter,
    decoder: Box<dyn StreamDecoder>,
    frames: Vec<Frame>,
    seen_frames: bool,
    evidence: Vec<u8>,
    times: StreamTimes,
    last_visible: Option<Duration>,
}

impl Reading {
    /// A stream whose head came after this time.
    pub(super) fn new(streaming: &dyn StreamWire, first_byte: Duration) -> Reading {
        Reading {
            cutter: Cutter::new(streaming.framing()),
            decoder: streaming.decoder(),
            frames: Vec::new(),
            seen_frames: false,
            evidence: Vec::new(),
            times: StreamTimes { first_byte_ms: Millis::of(first_byte), ..StreamTimes::default() },
            last_visible: None,
        }
    }

    /// Whether something of the answer itself has come, thinking aside.
    pub(super) fn has_begun(&self) -> bool {
        self.last_visible.is_some()
    }

    /// Takes the next bytes; whether the protocol's end mark was among them.
    pub(super) fn take(&mut self, bytes: &[u8], at: Duration) -> Result<bool, Failure> {
        if !self.seen_frames {
            let room = EVIDENCE.saturating_sub(self.evidence.len()).min(bytes.len());
            self.evidence.extend_from_slice(bytes.get(..room).unwrap_or_default());
        }
        let mut frames = std::mem::take(&mut self.frames);
        let cut = self.cutter.push(bytes, &mut frames);
        let decoded = self.decode(&frames, at);
        frames.clear();
        self.frames = frames;
        // Frames before a damaged one may hold the end mark, or an error that says more.
        let ended = decoded?;
        if !ended && let Err(error) = cut {
            return Err(error.failure());
        }
        Ok(ended)
    }

    fn decode(&mut self, frames: &[Frame], at: Duration) -> Result<bool, Failure> {
        for frame in frames {
            if !self.seen_frames {
                self.seen_frames = true;
                self.evidence = Vec::new();
            }
            match self.decoder.frame(frame)? {
                Sign::Nothing => {}
                Sign::Reasoning => {
                    self.times.first_thought_ms.get_or_insert(Millis::of(at));
                }
                Sign::Visible => {
                    let gap = self.last_visible.map_or(Duration::ZERO, |last| at.saturating_sub(last));
                    self.times.longest_gap_ms = self.times.longest_gap_ms.max(Millis::of(gap));
                    self.times.first_token_ms.get_or_insert(Millis::of(at));
                    self.times.chunks += 1;
                    self.last_visible = Some(at);
                }
                Sign::End => return Ok(true),
            }
        }
        Ok(false)
    }

    /// The body when it has ended and is no stream, though its head did not say so.
    pub(super) fn not_a_stream(&mut self) -> Option<Vec<u8>> {
        let first = self.evidence.iter().find(|byte| !byte.is_ascii_whitespace());
        let is_other = !self.seen_frames && matches!(first, Some(b'{' | b'[' | b'<'));
        // One whole JSON line is a frame of its own, though its end was not marked.
        let is_line = matches!(self.cutter, Cutter::Lines(_)) && first != Some(&b'<');
        (is_other && !is_line).then(|| std::mem::take(&mut self.evidence))
    }

    /// The body has ended without an end mark; many protocols have none.
    pub(super) fn end_of_body(mut self, at: Duration) -> Result<ChatReply, Failure> {
        let cutter = std::mem::replace(&mut self.cutter, Cutter::new(super::stream::Framing::Lines));
        if let Some(frame) = cutter.finish()
            && let Err(failure) = self.decode(&[frame], at)
        {
            return Err(self.interrupted(failure));
        }
        self.finish()
    }

    /// The reply with its times.
    pub(super) fn finish(self) -> Result<ChatReply, Failure> {
        let partial = self.partial();
        let Reading { decoder, times, .. } = self;
        let told = told(&times);
        match decoder.finish() {
            Ok(reply) => Ok(ChatReply { stream: Some(times), ..reply }),
            Err(failure) => Err(with_pieces(Failure { partial, ..failure }, told)),
        }
    }

    /// A failure in the middle: what had come of the answer is lost, and billed all the same.
    pub(super) fn interrupted(&self, failure: Failure) -> Failure {
        let begun = self.has_begun() || self.times.first_thought_ms.is_some();
        let partial = self.partial();
        with_pieces(Failure { timed_out: failure.timed_out || begun, partial, ..failure }, told(&self.times))
    }
}

impl Reading {
    fn partial(&self) -> Option<Box<str>> {
        self.decoder.partial().filter(|text| !text.is_empty()).map(Box::from)
    }
}

/// How much of the answer had come, for messages; `None` when nothing had.
fn told(times: &StreamTimes) -> Option<String> {
    match times.chunks {
        0 => None,
        1 => Some("1 piece of the answer had come".to_owned()),
        pieces => Some(format!("{pieces} pieces of the answer had come")),
    }
}

fn with_pieces(mut failure: Failure, told: Option<String>) -> Failure {
    if let Some(told) = told {
        failure.error.message = format!("{}; {told}", failure.error.message);
    }
    failure
}

#[cfg(test)]
mod tests {
    use super::super::registry::provider_spec;
    use super::*;
    use crate::record::ErrorKind;

    fn reading() -> Reading {
        let wire = provider_spec("openai").expect("spec").wire.expect("wire");
        Reading::new(wire.streaming().expect("streams"), Duration::from_millis(5))
    }

    fn chunk(delta: &str) -> String {
        format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{delta}}}]}}\n\n")
    }

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    const STOP: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";

    #[test]
    fn times_count_what_is_seen_and_not_roles_pings_or_thinking() {
        let mut reading = reading();
        assert_eq!(reading.take(chunk("{\"role\":\"assistant\",\"content\":\"\"}").as_bytes(), ms(6)), Ok(false));
        assert_eq!(reading.take(b": ping\n\n", ms(7)), Ok(false));
        assert_eq!(reading.take(chunk("{\"reasoning\":\"hm\"}").as_bytes(), ms(10)), Ok(false));
        assert!(!reading.has_begun());
        for at in [20, 25, 65, 70] {
            assert_eq!(reading.take(chunk("{\"content\":\"a\"}").as_bytes(), ms(at)), Ok(false));
        }
        assert_eq!(reading.take(format!("{STOP}data: [DONE]\n\n").as_bytes(), ms(80)), Ok(true));
        let reply = reading.finish().expect("reply");
        let wanted = StreamTimes {
            first_byte_ms: Millis(5),
            first_token_ms: Some(Millis(20)),
            first_thought_ms: Some(Millis(10)),
            chunks: 4,
            longest_gap_ms: Millis(40),
        };
        assert_eq!((reply.text.as_str(), reply.stream), ("aaaa", Some(wanted)));
    }

    #[test]
    fn a_stream_that_breaks_off_says_how_much_had_come() {
        let mut reading = reading();
        reading.take(chunk("{\"content\":\"a\"}").repeat(2).as_bytes(), ms(1)).expect("taken");
        assert_eq!(reading.not_a_stream(), None);
        let failure = reading.end_of_body(ms(2)).expect_err("cut off");
        assert!(failure.timed_out && failure.error.message.ends_with("2 pieces of the answer had come"), "{failure:?}");
    }

    #[test]
    fn an_error_without_its_blank_line_is_read_at_the_end() {
        let mut reading = reading();
        reading.take(chunk("{\"content\":\"a\"}").as_bytes(), ms(1)).expect("taken");
        reading.take(b"data: {\"error\":{\"code\":503,\"message\":\"x\"}}", ms(2)).expect("taken");
        let failure = reading.end_of_body(ms(3)).expect_err("failure");
        assert_eq!((failure.error.kind, failure.timed_out), (ErrorKind::Overloaded, true));
    }

    #[test]
    fn json_and_html_that_pass_for_a_stream_are_recognised() {
        for body in ["{\"error\": {\"message\": \"x\"}}", " \n<html>", "[{}]"] {
            let mut reading = reading();
            reading.take(body.as_bytes(), ms(1)).expect("taken");
            assert_eq!(reading.not_a_stream().as_deref(), Some(body.as_bytes()));
        }
        let mut empty = reading();
        assert_eq!(empty.not_a_stream(), None);
        empty.take(b": only a comment\n\n", ms(1)).expect("taken");
        assert_eq!(empty.not_a_stream(), None);
    }
}
