//! Server-sent events (WHATWG HTML, "Server-sent events", 9.2.6; reference §12).

use super::super::stream::Frame;
use super::text::{Ends, LineBuffer};
use super::{CutError, is_whole_json};

/// Cuts server-sent events.
#[derive(Debug)]
pub(in crate::provider) struct Sse {
    lines: LineBuffer,
    event: Event,
}

/// The event whose lines are being read.
#[derive(Debug)]
struct Event {
    limit: usize,
    name: Option<String>,
    data: Option<String>,
}

impl Sse {
    pub(super) fn new(limit: usize) -> Sse {
        Sse { lines: LineBuffer::new(Ends::Any, limit), event: Event { limit, name: None, data: None } }
    }

    pub(super) fn push(&mut self, bytes: &[u8], frames: &mut Vec<Frame>) -> Result<(), CutError> {
        let event = &mut self.event;
        self.lines.push(bytes, |line| {
            if line.is_empty() {
                frames.extend(event.take());
                return Ok(());
            }
            event.line(line)
        })
    }

    /// An event without the blank line that ends it is believed only when its data are whole.
    pub(super) fn finish(self) -> Option<Frame> {
        let Sse { lines, mut event } = self;
        if let Some(rest) = lines.rest() {
            event.line(&rest).ok()?;
        }
        event.take().filter(|frame| is_whole_json(&frame.data))
    }
}

impl Event {
    fn line(&mut self, line: &str) -> Result<(), CutError> {
        // A comment: it keeps the connection alive and says nothing.
        if line.starts_with(':') {
            return Ok(());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => self.name = Some(value.to_owned()),
            "data" => match &mut self.data {
                Some(data) if data.len() + value.len() >= self.limit => return Err(CutError::TooLarge(self.limit)),
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                none => *none = Some(value.to_owned()),
            },
            // `id` and `retry` are for reconnecting, which no API here can do; the rest is to be ignored.
            _ => {}
        }
        Ok(())
    }

    /// The event, if it says anything. One without data is not dispatched.
    fn take(&mut self) -> Option<Frame> {
        let name = self.name.take().filter(|name| !name.is_empty());
        let data = self.data.take()?;
        (!data.is_empty() || name.is_some()).then_some(Frame { event: name, data, is_exception: false })
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::stream::Framing;
    use super::super::{Cutter, cut};
    use super::*;

    fn frames(text: &str) -> Vec<(Option<String>, String)> {
        let found = cut(Framing::Sse, text.as_bytes()).expect("frames");
        found.into_iter().map(|frame| (frame.event, frame.data)).collect()
    }

    fn of(pairs: &[(Option<&str>, &str)]) -> Vec<(Option<String>, String)> {
        pairs.iter().map(|(event, data)| (event.map(str::to_owned), (*data).to_owned())).collect()
    }

    #[test]
    fn lines_end_with_feed_return_or_both() {
        for end in ["\n", "\r", "\r\n"] {
            let text = format!("event: a{end}data: 1{end}{end}data: 2{end}{end}");
            assert_eq!(frames(&text), of(&[(Some("a"), "1"), (None, "2")]), "{end:?}");
        }
    }

    #[test]
    fn at_most_one_space_is_taken_after_the_colon() {
        assert_eq!(frames("data:x\n\ndata: x\n\ndata:  x\n\n"), of(&[(None, "x"), (None, "x"), (None, " x")]));
    }

    #[test]
    fn several_data_lines_are_joined_with_line_feeds() {
        assert_eq!(frames("data: a\ndata:\ndata: b\n\n"), of(&[(None, "a\n\nb")]));
        // Replicate sends the token "\n" so.
        assert_eq!(frames("event: output\ndata: \ndata: \n\n"), of(&[(Some("output"), "\n")]));
    }

    #[test]
    fn comments_foreign_fields_and_a_byte_order_mark_say_nothing() {
        let text =
            "\u{feff}data: a\n\n: keep-alive\n\n:\n\nid: 7\nretry: 10\nbrand_new: x\ndata: b\n\nevent: empty\n\n";
        assert_eq!(frames(text), of(&[(None, "a"), (None, "b")]));
    }

    #[test]
    fn a_last_event_without_a_blank_line_counts_only_when_it_is_whole() {
        assert_eq!(frames("data: {\"a\": 1}\n"), of(&[(None, "{\"a\": 1}")]));
        assert_eq!(frames("data: {\"a\": 1}"), of(&[(None, "{\"a\": 1}")]));
        assert_eq!(frames("data: {\"a\": "), of(&[]));
        assert_eq!(frames("data: [DONE]"), of(&[]));
    }

    #[test]
    fn an_event_over_the_limit_is_refused() {
        for text in [format!("data: {}", "x".repeat(100)), "data: 12345678901234567890\n".repeat(10)] {
            let mut cutter = Cutter::with_limit(Framing::Sse, 100);
            let mut frames = vec![];
            assert_eq!(cutter.push(text.as_bytes(), &mut frames), Err(CutError::TooLarge(100)), "{text}");
        }
    }
}
