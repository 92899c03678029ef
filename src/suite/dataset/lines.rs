//! Lines of a file as a stream: one reused buffer, a cap per line, UTF-8 checked, positions kept.

use std::io::{self, BufRead, Read};
use std::path::Path;
use std::sync::Arc;

use crate::base::{Diagnostic, Place, Problems, Source, Span, files};
use crate::guard::mask_secrets;

/// Longest row that is read, in bytes.
pub(super) const MAX_ROW_BYTES: usize = 16 * 1024 * 1024;

/// A buffer that grew beyond this for one long row is given back before the next.
const KEPT_BYTES: usize = 64 * 1024;

/// Reads a file line by line. Line ends (`\n`, `\r\n`) and a leading byte order mark are not part of the lines.
pub(super) struct Lines<R> {
    pub(super) reader: R,
    buffer: Vec<u8>,
    pub(super) shown: Arc<Path>,
    /// Lines that were read.
    pub(super) line: u32,
    pub(super) max: usize,
}

impl<R: BufRead> Lines<R> {
    /// `shown` is the path in messages.
    pub(super) fn new(reader: R, shown: Arc<Path>, max: usize) -> Lines<R> {
        Lines { reader, buffer: Vec::new(), shown, line: 0, max }
    }

    /// The path in messages.
    pub(super) fn shown(&self) -> &Arc<Path> {
        &self.shown
    }

    /// The next line with its 1-based number; `None` at the end. After an `Err` the following line can be read,
    /// unless `is_fatal` says that the file itself cannot.
    pub(super) fn next_line(&mut self) -> Option<Result<(u32, &str), LineProblem>> {
        self.buffer.clear();
        self.buffer.shrink_to(KEPT_BYTES);
        let limit = u64::try_from(self.max).unwrap_or(u64::MAX).saturating_add(2);
        let read = match self.reader.by_ref().take(limit).read_until(b'\n', &mut self.buffer) {
            Ok(0) => return None,
            Ok(read) => read,
            Err(error) => return Some(Err(self.fatal(&error))),
        };
        self.line = self.line.saturating_add(1);
        let ended = self.buffer.last() == Some(&b'\n');
        if ended {
            self.buffer.pop();
        }
        if self.buffer.len() > self.max {
            return Some(Err(self.too_long(ended, read)));
        }
        if ended && self.buffer.last() == Some(&b'\r') {
            self.buffer.pop();
        }
        if self.line == 1 && self.buffer.starts_with(b"\xef\xbb\xbf") {
            self.buffer.drain(..3);
        }
        let line = self.line;
        if let Some(problem) = bad_bytes(&self.buffer, line, &self.shown) {
            return Some(Err(LineProblem { diagnostic: Box::new(problem), fatal: false }));
        }
        // Checked above; the fallback is never taken.
        Some(Ok((line, std::str::from_utf8(&self.buffer).unwrap_or_default())))
    }

    /// Skips the rest of a line that is too long, without keeping it.
    fn too_long(&mut self, mut ended: bool, read: usize) -> LineProblem {
        let mut bytes = read;
        while !ended {
            self.buffer.clear();
            self.buffer.shrink_to(KEPT_BYTES);
            match self.reader.by_ref().take(64 * 1024).read_until(b'\n', &mut self.buffer) {
                Ok(0) => break,
                Ok(read) => bytes = bytes.saturating_add(read),
                Err(error) => return self.fatal(&error),
            }
            ended = self.buffer.last() == Some(&b'\n');
        }
        let message = format!("this row has {bytes} bytes, more than the {} allowed", self.max);
        let diagnostic = Diagnostic::error("row-too-long", message)
            .at(Place::of_file(&self.shown).at(Span::new(self.line, 1, 1)))
            .help("split the row, or leave out what the prompt does not use");
        LineProblem { diagnostic: Box::new(diagnostic), fatal: false }
    }

    fn fatal(&self, error: &io::Error) -> LineProblem {
        LineProblem { diagnostic: files::io_problem(error, &self.shown), fatal: true }
    }
}

/// Why a line could not be read.
pub(super) struct LineProblem {
    /// What to tell the user.
    pub(super) diagnostic: Box<Diagnostic>,
    /// Whether reading on makes no sense.
    pub(super) fatal: bool,
}

fn bad_bytes(bytes: &[u8], line: u32, shown: &Arc<Path>) -> Option<Diagnostic> {
    if line == 1 && files::is_utf16(bytes) {
        let place = Place::of_file(shown);
        let help = "save the file as UTF-8";
        return Some(Diagnostic::error("invalid-utf8", "this file is UTF-16").at(place).help(help));
    }
    let (at, code, message, help) = match std::str::from_utf8(bytes) {
        Err(error) => {
            let at = error.valid_up_to();
            let byte = bytes.get(at).copied().unwrap_or_default();
            (at, "invalid-utf8", format!("this file is not UTF-8: byte 0x{byte:02x} here"), "save the file as UTF-8")
        }
        Ok(text) => {
            let at = text.find('\0')?;
            let help = "remove it; a file full of them is usually UTF-16: save it as UTF-8";
            (at, "nul-byte", "there is a NUL byte here".to_owned(), help)
        }
    };
    let before = String::from_utf8_lossy(bytes.get(..at).unwrap_or_default()).into_owned();
    let source = Source::line_of(shown, line, format!("{before}\u{fffd}"));
    // Secrets of a line that can be read are reported with it; this one must only not print them.
    let source = mask_secrets(&source, &mut Problems::new()).into_owned();
    let span = source.span_of_bytes(at, at + 1);
    Some(Diagnostic::error(code, message).at(source.place(span)).help(help))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], max: usize) -> Vec<Result<(u32, String), String>> {
        // A tiny buffer, so that lines span several reads.
        let reader = io::BufReader::with_capacity(3, bytes);
        let mut lines = Lines::new(reader, Arc::from(Path::new("d.jsonl")), max);
        let mut all = Vec::new();
        while let Some(next) = lines.next_line() {
            all.push(match next {
                Ok((line, text)) => Ok((line, text.to_owned())),
                Err(problem) => Err(problem.diagnostic.render(false)),
            });
        }
        all
    }

    #[test]
    fn line_ends_and_byte_order_marks_are_no_part_of_lines() {
        let all = read(b"\xef\xbb\xbfa\r\n\n\xc3\xbc\nlast", 100);
        let wanted = [(1, "a"), (2, ""), (3, "ü"), (4, "last")].map(|(n, t)| Ok((n, t.to_owned())));
        assert_eq!(all, wanted);
        assert_eq!(read(b"", 100), []);
        assert_eq!(read(b"\n", 100), [Ok((1, String::new()))]);
    }

    #[test]
    fn a_row_beyond_the_cap_is_reported_with_its_size_and_skipped() {
        let mut bytes = b"ok\n".to_vec();
        bytes.extend(std::iter::repeat_n(b'x', 200_000));
        bytes.extend(b"\nok again");
        let all = read(&bytes, 1000);
        assert_eq!(all.len(), 3);
        let problem = all[1].as_ref().expect_err("too long");
        assert!(
            problem.contains("row-too-long") && problem.contains("200001 bytes") && problem.contains("d.jsonl:2:1"),
            "{problem}"
        );
        assert_eq!(all[2], Ok((3, "ok again".to_owned())));
    }

    #[test]
    fn a_row_of_exactly_the_cap_is_read() {
        assert_eq!(read(b"12345\n", 5), [Ok((1, "12345".to_owned()))]);
        assert!(read(b"123456\n", 5)[0].is_err());
        assert!(read(b"123456", 5)[0].is_err());
    }

    #[test]
    fn bad_bytes_have_line_and_column() {
        let all = read(b"fine\n\xc3\xa9\xff\nfine", 100);
        let problem = all[1].as_ref().expect_err("not UTF-8");
        assert!(problem.contains("d.jsonl:2:2") && problem.contains("0xff"), "{problem}");
        assert_eq!(all[2], Ok((3, "fine".to_owned())));
        let problem = read(b"a\0b", 100)[0].clone().expect_err("NUL");
        assert!(problem.contains("nul-byte") && problem.contains("d.jsonl:1:2"), "{problem}");
    }
}
