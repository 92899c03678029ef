//! Cutting the bytes of a stream into frames, however they arrive: pure, one file per framing.

mod aws;
mod lines;
#[cfg(test)]
mod property_test;
mod sse;
mod text;

use super::spec::Failure;
use super::stream::{Frame, Framing};
use crate::record::ErrorKind;

/// Largest frame, in bytes. Whole replies come in one frame at some APIs (`response.completed`).
const MAX_FRAME_BYTES: usize = 8 * 1024 * 1024;

/// Why bytes cannot be cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CutError {
    /// A frame is larger than this.
    TooLarge(usize),
    /// A binary frame is not what its checksums and lengths say.
    Corrupt(&'static str),
}

impl CutError {
    /// The failure of the attempt: the answer was begun and is lost.
    pub(super) fn failure(&self) -> Failure {
        let mut failure = match self {
            CutError::TooLarge(limit) => {
                Failure::new(ErrorKind::Malformed, format!("one event of the stream is larger than {limit} bytes"))
            }
            CutError::Corrupt(what) => {
                Failure::new(ErrorKind::Malformed, format!("the stream is damaged: {what} of a binary frame"))
            }
        };
        failure.timed_out = true;
        failure
    }
}

/// Cuts one body. The frames depend on the bytes alone, never on the chunks in which they come.
#[derive(Debug)]
pub(super) enum Cutter {
    /// Server-sent events.
    Sse(sse::Sse),
    /// Lines.
    Lines(lines::Lines),
    /// Binary frames of AWS.
    Aws(aws::AwsEvents),
}

impl Cutter {
    /// For a new body.
    pub(super) fn new(framing: Framing) -> Cutter {
        Cutter::with_limit(framing, MAX_FRAME_BYTES)
    }

    fn with_limit(framing: Framing, limit: usize) -> Cutter {
        match framing {
            Framing::Sse => Cutter::Sse(sse::Sse::new(limit)),
            Framing::Lines => Cutter::Lines(lines::Lines::new(limit)),
            Framing::AwsEvents => Cutter::Aws(aws::AwsEvents::new(limit)),
        }
    }

    /// Takes the next bytes and gives the frames that they complete.
    ///
    /// # Errors
    /// [`CutError`]; frames before it are in `frames`, the rest of the body is lost.
    pub(super) fn push(&mut self, bytes: &[u8], frames: &mut Vec<Frame>) -> Result<(), CutError> {
        match self {
            Cutter::Sse(sse) => sse.push(bytes, frames),
            Cutter::Lines(lines) => lines.push(bytes, frames),
            Cutter::Aws(aws) => aws.push(bytes, frames),
        }
    }

    /// The body has ended: gives the last frame if it is whole, though its end was not marked.
    pub(super) fn finish(self) -> Option<Frame> {
        match self {
            Cutter::Sse(sse) => sse.finish(),
            Cutter::Lines(lines) => lines.finish(),
            Cutter::Aws(_) => None,
        }
    }
}

/// Whether a text is one whole JSON value; only then is a last frame believed whose end was not marked.
fn is_whole_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text.trim()).is_ok()
}

/// The frames of a whole body, cut at once; for tests of wires.
#[cfg(test)]
pub(super) fn cut(framing: Framing, bytes: &[u8]) -> Result<Vec<Frame>, CutError> {
    let mut frames = Vec::new();
    let mut cutter = Cutter::new(framing);
    cutter.push(bytes, &mut frames)?;
    frames.extend(cutter.finish());
    Ok(frames)
}
