//! One JSON text per line (NDJSON).

use super::super::stream::Frame;
use super::text::{Ends, LineBuffer};
use super::{CutError, is_whole_json};

/// Cuts lines; blank ones are left out.
#[derive(Debug)]
pub(in crate::provider) struct Lines {
    lines: LineBuffer,
}

impl Lines {
    pub(super) fn new(limit: usize) -> Lines {
        Lines { lines: LineBuffer::new(Ends::Feed, limit) }
    }

    pub(super) fn push(&mut self, bytes: &[u8], frames: &mut Vec<Frame>) -> Result<(), CutError> {
        self.lines.push(bytes, |line| {
            frames.extend(frame(line));
            Ok(())
        })
    }

    /// A line without its end is believed only when it is whole.
    pub(super) fn finish(self) -> Option<Frame> {
        frame(&self.lines.rest()?).filter(|frame| is_whole_json(&frame.data))
    }
}

fn frame(line: &str) -> Option<Frame> {
    let text = line.trim();
    (!text.is_empty()).then(|| Frame { event: None, data: text.to_owned(), is_exception: false })
}

#[cfg(test)]
mod tests {
    use super::super::super::stream::Framing;
    use super::super::cut;

    fn lines(text: &str) -> Vec<String> {
        cut(Framing::Lines, text.as_bytes()).expect("frames").into_iter().map(|frame| frame.data).collect()
    }

    #[test]
    fn each_line_is_a_frame_and_blank_ones_are_none() {
        assert_eq!(lines("{\"a\":1}\r\n\n  \n{\"b\":\"x\ry\"}\n"), ["{\"a\":1}", "{\"b\":\"x\ry\"}"]);
        assert_eq!(lines("\u{feff}{}\n"), ["{}"]);
    }

    #[test]
    fn a_last_line_without_its_end_counts_only_when_it_is_whole() {
        assert_eq!(lines("{\"a\":1}"), ["{\"a\":1}"]);
        assert_eq!(lines("{\"a\":1}\n{\"b\":"), ["{\"a\":1}"]);
    }
}
