//! Reads lines and ends of texts from pipes, never more than is allowed.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt};

/// Most bytes of one answer.
pub(super) const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Bytes of stderr that are kept: its end says what went wrong.
const TAIL_BYTES: usize = 4_096;

/// What reading a line came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A line, without its line feed.
    Read,
    /// The end of the text. A last line without a line feed is a line.
    End,
    /// It is longer than `cap`.
    TooLong,
}

/// Reads the next line into `line`, which is empty before.
pub(super) async fn next_line(
    reader: &mut (impl AsyncBufRead + Unpin),
    line: &mut Vec<u8>,
    cap: usize,
) -> io::Result<Line> {
    loop {
        let chunk = reader.fill_buf().await?;
        if chunk.is_empty() {
            return Ok(if line.is_empty() { Line::End } else { Line::Read });
        }
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let taken = end.unwrap_or(chunk.len());
        if line.len() + taken > cap {
            return Ok(Line::TooLong);
        }
        line.extend(chunk.iter().take(taken));
        reader.consume(end.map_or(taken, |end| end + 1));
        if end.is_some() {
            return Ok(Line::Read);
        }
    }
}

/// Reads everything; `false` when it is more than `cap`.
pub(super) async fn read_all(reader: &mut (impl AsyncRead + Unpin), out: &mut Vec<u8>, cap: usize) -> io::Result<bool> {
    let limit = u64::try_from(cap).unwrap_or(u64::MAX).saturating_add(1);
    let read = reader.take(limit).read_to_end(out).await?;
    Ok(read <= cap)
}

/// The end of a text that is still being written.
#[derive(Debug, Clone, Default)]
pub(super) struct Tail(Arc<Mutex<VecDeque<u8>>>);

impl Tail {
    /// Reads to the end of a pipe and keeps its last bytes.
    pub(super) async fn follow(self, mut pipe: impl AsyncRead + Unpin) {
        let mut chunk = [0_u8; 4_096];
        while let Ok(read) = pipe.read(&mut chunk).await {
            if read == 0 {
                return;
            }
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.extend(chunk.iter().take(read));
            let surplus = kept.len().saturating_sub(TAIL_BYTES);
            kept.drain(..surplus);
        }
    }

    /// What is kept now.
    pub(super) fn text(&self) -> String {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&kept.iter().copied().collect::<Vec<u8>>()).into_owned()
    }
}

#[cfg(test)]
mod unit {
    use super::*;
    use tokio::io::BufReader;

    #[tokio::test]
    async fn lines_are_cut_at_line_feeds_and_bounded() {
        let mut reader = BufReader::with_capacity(4, &b"one\n\nlonger line\nlast"[..]);
        let mut seen = Vec::new();
        loop {
            let mut line = Vec::new();
            match next_line(&mut reader, &mut line, 64).await.expect("line") {
                Line::Read => seen.push(String::from_utf8(line).expect("text")),
                Line::End => break,
                Line::TooLong => panic!("too long"),
            }
        }
        // An empty line is told from the end by the line feed that it has.
        assert_eq!(seen, ["one", "", "longer line", "last"]);
        let mut reader = BufReader::with_capacity(4, &b"123456789\n"[..]);
        assert_eq!(next_line(&mut reader, &mut Vec::new(), 8).await.expect("line"), Line::TooLong);
    }

    #[tokio::test]
    async fn only_the_end_of_stderr_is_kept() {
        let text = format!("{}the end", "x".repeat(100_000));
        let tail = Tail::default();
        tail.clone().follow(text.as_bytes()).await;
        assert!(tail.text().ends_with("xthe end") && tail.text().len() == TAIL_BYTES);
    }
}
