//! Binary frames of AWS, `application/vnd.amazon.eventstream` (Smithy, "Event stream specification"): a prelude with
//! two lengths and its checksum, headers, payload, and a checksum of all.
//!
//! Own code rather than `aws-smithy-eventstream`: that crate comes with the runtime types of the AWS SDK and has no
//! limit on the length of a frame.

use super::super::stream::Frame;
use super::CutError;

/// Two lengths and their checksum.
const PRELUDE: usize = 12;

/// The checksum at the end.
const TRAILER: usize = 4;

/// Cuts binary frames.
#[derive(Debug)]
pub(in crate::provider) struct AwsEvents {
    limit: usize,
    bytes: Vec<u8>,
}

impl AwsEvents {
    pub(super) fn new(limit: usize) -> AwsEvents {
        AwsEvents { limit, bytes: Vec::new() }
    }

    pub(super) fn push(&mut self, bytes: &[u8], frames: &mut Vec<Frame>) -> Result<(), CutError> {
        self.bytes.extend_from_slice(bytes);
        let mut used = 0;
        let result = loop {
            match first_frame(self.bytes.get(used..).unwrap_or_default(), self.limit) {
                Ok(Some((frame, length))) => {
                    frames.push(frame);
                    used += length;
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        self.bytes.drain(..used);
        result
    }
}

/// The first frame and its length; `None` while it is not whole.
fn first_frame(bytes: &[u8], limit: usize) -> Result<Option<(Frame, usize)>, CutError> {
    let Some(prelude) = bytes.get(..PRELUDE) else { return Ok(None) };
    let (lengths, checksum) = prelude.split_at(8);
    if u32_at(checksum, 0) != Some(crc32fast::hash(lengths)) {
        return Err(CutError::Corrupt("the checksum of the prelude"));
    }
    let length = |at| u32_at(lengths, at).and_then(|length| usize::try_from(length).ok()).unwrap_or(usize::MAX);
    let (total, headers) = (length(0), length(4));
    if total > limit {
        return Err(CutError::TooLarge(limit));
    }
    if headers.saturating_add(PRELUDE + TRAILER) > total {
        return Err(CutError::Corrupt("the length of the headers"));
    }
    let Some(whole) = bytes.get(..total) else { return Ok(None) };
    let (content, checksum) = whole.split_at(total - TRAILER);
    if u32_at(checksum, 0) != Some(crc32fast::hash(content)) {
        return Err(CutError::Corrupt("the checksum"));
    }
    let inner = content.get(PRELUDE..).unwrap_or_default();
    let (headers, payload) = inner.split_at_checked(headers).unwrap_or_default();
    Ok(Some((frame(headers, payload)?, total)))
}

fn frame(headers: &[u8], payload: &[u8]) -> Result<Frame, CutError> {
    let headers = text_headers(headers).ok_or(CutError::Corrupt("the headers"))?;
    let header = |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let is_exception = header(":message-type").is_some_and(|kind| kind != "event");
    let event = header(":event-type").or_else(|| header(":exception-type")).or_else(|| header(":error-code"));
    let mut data = String::from_utf8_lossy(payload).into_owned();
    if data.is_empty() && is_exception {
        // A message of type `error` has no payload, its text is a header.
        data = header(":error-message").unwrap_or_default();
    }
    Ok(Frame { event, data, is_exception })
}

/// The headers whose value is text; `None` when they cannot be read.
fn text_headers(mut bytes: &[u8]) -> Option<Vec<(String, String)>> {
    let mut headers = Vec::new();
    while let Some((name_length, rest)) = bytes.split_first() {
        let (name, rest) = rest.split_at_checked(usize::from(*name_length))?;
        let (kind, rest) = rest.split_first()?;
        let sized = || Some(usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?])));
        // Lengths by type: booleans, integers, bytes and text with a length of their own, a time, a UUID.
        let (prefix, length) = match kind {
            0 | 1 => (0, 0),
            2 => (0, 1),
            3 => (0, 2),
            4 => (0, 4),
            5 | 8 => (0, 8),
            6 | 7 => (2, sized()?),
            9 => (0, 16),
            _ => return None,
        };
        let (value, rest) = rest.get(prefix..)?.split_at_checked(length)?;
        if *kind == 7 {
            headers.push((String::from_utf8_lossy(name).into_owned(), String::from_utf8_lossy(value).into_owned()));
        }
        bytes = rest;
    }
    Some(headers)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at + 4)?;
    four.try_into().ok().map(u32::from_be_bytes)
}

/// A binary frame, for tests.
#[cfg(test)]
pub(in crate::provider) fn written(headers: &[(&str, &str)], payload: &[u8]) -> Vec<u8> {
    let length = |count: usize| u32::try_from(count).expect("fits").to_be_bytes();
    let mut head = Vec::new();
    for (name, value) in headers {
        head.push(u8::try_from(name.len()).expect("fits"));
        head.extend_from_slice(name.as_bytes());
        head.push(7);
        head.extend_from_slice(&u16::try_from(value.len()).expect("fits").to_be_bytes());
        head.extend_from_slice(value.as_bytes());
    }
    let mut bytes = [length(PRELUDE + head.len() + payload.len() + TRAILER), length(head.len())].concat();
    let checksum = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&checksum.to_be_bytes());
    bytes.extend_from_slice(&head);
    bytes.extend_from_slice(payload);
    let checksum = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&checksum.to_be_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::super::super::stream::Framing;
    use super::super::{Cutter, cut};
    use super::*;

    #[test]
    fn published_frames_are_read() {
        // The test vectors of botocore (`tests/unit/test_eventstream.py`).
        let empty = b"\x00\x00\x00\x10\x00\x00\x00\x00\x05\xc2H\xeb}\x98\xc8\xff";
        let integer =
            b"\x00\x00\x00+\x00\x00\x00\x0e4\x8b\xec{\x08event-id\x04\x00\x00\xa0\x0c{'foo':'bar'}\xd3\x89\x02\x85";
        let payload = b"\x00\x00\x00\x1d\x00\x00\x00\x00\xfdR\x8cZ{'foo':'bar'}\xc3e96";
        let all: Vec<u8> = [&empty[..], integer, payload].concat();
        let data: Vec<String> = cut(Framing::AwsEvents, &all).expect("frames").into_iter().map(|f| f.data).collect();
        assert_eq!(data, ["", "{'foo':'bar'}", "{'foo':'bar'}"]);
    }

    #[test]
    fn events_exceptions_and_errors_are_named() {
        let bytes = [
            written(
                &[(":message-type", "event"), (":event-type", "contentBlockDelta"), (":content-type", "a/b")],
                b"{}",
            ),
            written(
                &[(":exception-type", "throttlingException"), (":message-type", "exception")],
                b"{\"message\":\"x\"}",
            ),
            written(&[(":message-type", "error"), (":error-code", "Internal"), (":error-message", "why")], b""),
        ]
        .concat();
        let frames = cut(Framing::AwsEvents, &bytes).expect("frames");
        let told: Vec<(Option<&str>, &str, bool)> =
            frames.iter().map(|f| (f.event.as_deref(), f.data.as_str(), f.is_exception)).collect();
        assert_eq!(
            told,
            [
                (Some("contentBlockDelta"), "{}", false),
                (Some("throttlingException"), "{\"message\":\"x\"}", true),
                (Some("Internal"), "why", true)
            ]
        );
    }

    #[test]
    fn every_damaged_byte_is_noticed() {
        let good = written(&[(":message-type", "event"), (":event-type", "x")], b"{\"a\":1}");
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            let found = cut(Framing::AwsEvents, &bad);
            assert!(matches!(found, Err(CutError::Corrupt(_))), "byte {at}: {found:?}");
        }
    }

    #[test]
    fn a_cut_off_frame_is_none_and_a_huge_one_is_refused() {
        let good = written(&[], b"0123456789");
        assert_eq!(cut(Framing::AwsEvents, &good[..good.len() - 1]), Ok(vec![]));
        let mut cutter = Cutter::with_limit(Framing::AwsEvents, 20);
        assert_eq!(cutter.push(&good, &mut vec![]), Err(CutError::TooLarge(20)));
    }
}
