//! Lines of a text that arrives in pieces: they end with LF, CR or both, across pieces too.

use super::CutError;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Which bytes end a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    /// LF, CR, or CR LF: server-sent events.
    Any,
    /// LF; a CR before it belongs to it.
    Feed,
}

/// Puts lines together. Characters may be split between pieces: a line is decoded when it is whole.
#[derive(Debug)]
pub(super) struct LineBuffer {
    ends: Ends,
    limit: usize,
    partial: Vec<u8>,
    /// The piece before ended with CR: an LF that comes first belongs to it.
    after_return: bool,
    /// Still in the first line, which may begin with a byte order mark.
    first: bool,
}

impl LineBuffer {
    pub(super) fn new(ends: Ends, limit: usize) -> LineBuffer {
        LineBuffer { ends, limit, partial: Vec::new(), after_return: false, first: true }
    }

    /// Takes the next bytes; `line` gets each line that they complete, without its end.
    pub(super) fn push(
        &mut self,
        mut bytes: &[u8],
        mut line: impl FnMut(&str) -> Result<(), CutError>,
    ) -> Result<(), CutError> {
        let ends = self.ends;
        let is_end = |byte: &u8| *byte == b'\n' || (ends == Ends::Any && *byte == b'\r');
        while let Some(first) = bytes.first() {
            if std::mem::take(&mut self.after_return) && *first == b'\n' {
                bytes = bytes.get(1..).unwrap_or_default();
                continue;
            }
            let Some(at) = bytes.iter().position(is_end) else {
                self.keep(bytes)?;
                break;
            };
            let (head, tail) = bytes.split_at(at);
            self.keep(head)?;
            self.after_return = tail.first() == Some(&b'\r');
            bytes = tail.get(1..).unwrap_or_default();
            let whole = self.take();
            line(&String::from_utf8_lossy(&whole))?;
        }
        Ok(())
    }

    /// What stands after the last end of a line.
    pub(super) fn rest(mut self) -> Option<String> {
        let rest = self.take();
        (!rest.is_empty()).then(|| String::from_utf8_lossy(&rest).into_owned())
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), CutError> {
        if self.partial.len() + bytes.len() > self.limit {
            return Err(CutError::TooLarge(self.limit));
        }
        self.partial.extend_from_slice(bytes);
        Ok(())
    }

    fn take(&mut self) -> Vec<u8> {
        let mut whole = std::mem::take(&mut self.partial);
        if std::mem::take(&mut self.first) && whole.starts_with(BOM) {
            whole.drain(..BOM.len());
        }
        whole
    }
}
