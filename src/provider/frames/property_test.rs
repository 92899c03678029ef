//! Any chunking of the same bytes gives the same frames, and no bytes make a cutter panic.

use proptest::prelude::*;

use super::super::stream::{Frame, Framing};
use super::aws::written;
use super::{CutError, Cutter};

const ALL: [Framing; 3] = [Framing::Sse, Framing::Lines, Framing::AwsEvents];

/// Cuts bytes that come in chunks of these sizes, repeated as needed.
fn in_chunks(framing: Framing, bytes: &[u8], sizes: &[usize]) -> (Vec<Frame>, Result<(), CutError>) {
    let mut cutter = Cutter::with_limit(framing, 64);
    let mut frames = Vec::new();
    let mut rest = bytes;
    let mut sizes = sizes.iter().cycle();
    while !rest.is_empty() {
        let (chunk, tail) = rest.split_at(sizes.next().copied().unwrap_or(1).clamp(1, rest.len()));
        if let Err(error) = cutter.push(chunk, &mut frames) {
            return (frames, Err(error));
        }
        rest = tail;
    }
    frames.extend(cutter.finish());
    (frames, Ok(()))
}

/// Text that is made of what the formats are made of.
fn stream_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("data:"),
        Just("data: "),
        Just("event: a"),
        Just(":"),
        Just("id: 1"),
        Just("\n"),
        Just("\r"),
        Just("\r\n"),
        Just("\n\n"),
        Just("{\"a\":1}"),
        Just("{\"a\":"),
        Just("[DONE]"),
        Just("\u{feff}"),
        Just("é"),
        Just("🦀"),
        Just(" "),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn binary() -> impl Strategy<Value = Vec<u8>> {
    let frame = ("[a-z]{0,8}", prop::collection::vec(any::<u8>(), 0..20));
    prop::collection::vec(frame, 0..5)
        .prop_map(|frames| frames.iter().flat_map(|(name, data)| written(&[(":event-type", name)], data)).collect())
}

proptest! {
    #[test]
    fn chunks_do_not_matter(text in stream_text(), sizes in prop::collection::vec(1_usize..7, 1..6)) {
        for framing in [Framing::Sse, Framing::Lines] {
            let whole = in_chunks(framing, text.as_bytes(), &[usize::MAX]);
            prop_assert_eq!(&in_chunks(framing, text.as_bytes(), &sizes), &whole);
            prop_assert_eq!(&in_chunks(framing, text.as_bytes(), &[1]), &whole);
        }
    }

    #[test]
    fn chunks_do_not_matter_to_binary_frames(bytes in binary(), sizes in prop::collection::vec(1_usize..30, 1..6)) {
        let whole = in_chunks(Framing::AwsEvents, &bytes, &[usize::MAX]);
        prop_assert_eq!(&in_chunks(Framing::AwsEvents, &bytes, &sizes), &whole);
        prop_assert_eq!(&in_chunks(Framing::AwsEvents, &bytes, &[1]), &whole);
    }

    #[test]
    fn garbage_is_cut_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for framing in ALL {
            let (frames, _) = in_chunks(framing, &bytes, &[3]);
            prop_assert!(frames.iter().all(|frame| frame.data.len() <= 3 * 64));
        }
    }

    #[test]
    fn damaged_binary_frames_are_refused_or_wait(mut bytes in binary(), at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        prop_assume!(!bytes.is_empty());
        let good = in_chunks(Framing::AwsEvents, &bytes, &[5]).0.len();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let (frames, result) = in_chunks(Framing::AwsEvents, &bytes, &[5]);
        prop_assert!(frames.len() < good && result.is_err());
    }
}
