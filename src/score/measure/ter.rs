//! Translation edit rate (Snover et al. 2006) as sacreBLEU computes it: edits of words, and moving a block as one edit.

use super::ngram::{real, size};
use super::ter_align::{Alignment, aligned};

/// Longest block that is moved.
const MAX_BLOCK: usize = 10;

/// Farthest that a block is looked for.
const MAX_DISTANCE: usize = 50;

/// Moves that are tried for one segment.
const MAX_TRIED: usize = 1_000;

/// Edits and the mean length of the references; they add up over the segments of a corpus.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(in crate::score) struct TerCounts {
    edits: u64,
    /// Words of all references together.
    lengths: u64,
    wanted: f64,
}

impl TerCounts {
    /// Of one segment: edits to the nearest reference, against the mean length of all.
    pub(in crate::score) fn of(hypothesis: &[String], references: &[Vec<String>]) -> TerCounts {
        let edits = references.iter().map(|reference| edits(hypothesis, reference)).min().unwrap_or(0);
        let lengths: u64 = references.iter().map(|reference| size(reference)).sum();
        TerCounts::new(edits, lengths, size(references))
    }

    fn new(edits: u64, lengths: u64, references: u64) -> TerCounts {
        TerCounts { edits, lengths, wanted: real(lengths) / real(references.max(1)) }
    }

    /// Edits, and the words of all references.
    pub(in crate::score) fn numbers(self) -> Vec<u64> {
        vec![self.edits, self.lengths]
    }

    /// From what [`TerCounts::numbers`] gives, and the number of references; `None` for anything else.
    pub(in crate::score) fn of_numbers(numbers: &[u64], references: u32) -> Option<TerCounts> {
        let [edits, lengths] = numbers.try_into().ok()?;
        Some(TerCounts::new(edits, lengths, u64::from(references)))
    }

    /// The counts of two texts, or corpora, together.
    pub(in crate::score) fn plus(self, other: TerCounts) -> TerCounts {
        let sum = u64::saturating_add;
        TerCounts {
            edits: sum(self.edits, other.edits),
            lengths: sum(self.lengths, other.lengths),
            wanted: self.wanted + other.wanted,
        }
    }

    /// Edits per word of the reference; it may pass 1. With an empty reference it is 1 when there are edits, else 0.
    pub(in crate::score) fn rate(self) -> f64 {
        if self.wanted > 0.0 {
            real(self.edits) / self.wanted
        } else if self.edits > 0 {
            1.0
        } else {
            0.0
        }
    }
}

fn edits(hypothesis: &[String], reference: &[String]) -> u64 {
    if reference.is_empty() {
        return size(hypothesis);
    }
    let wanted: Vec<&str> = reference.iter().map(String::as_str).collect();
    let mut given: Vec<&str> = hypothesis.iter().map(String::as_str).collect();
    let (mut moves, mut tried) = (0, 0);
    while let Some(moved) = best_move(&given, &wanted, &mut tried) {
        if tried >= MAX_TRIED {
            break;
        }
        given = moved;
        moves += 1;
    }
    moves + aligned(&given, &wanted).distance
}

/// One way to move a block; the greatest wins: most gain, longest block, earliest block, earliest target.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Move<'t> {
    gain: i64,
    length: usize,
    from: std::cmp::Reverse<usize>,
    to: std::cmp::Reverse<usize>,
    words: Vec<&'t str>,
}

/// The words after the move that saves most, when one saves anything.
fn best_move<'t>(given: &[&'t str], wanted: &[&str], tried: &mut usize) -> Option<Vec<&'t str>> {
    let before = aligned(given, wanted);
    let mut best: Option<Move<'t>> = None;
    for (from, at, length) in common_blocks(given, wanted) {
        if !before.is_worth_moving(from, at, length) {
            continue;
        }
        let mut last = None;
        for target in targets(&before, at, length) {
            if last.replace(target) == Some(target) {
                continue;
            }
            let words = moved(given, from, length, target);
            let after = aligned(&words, wanted).distance;
            let gain = i64::try_from(before.distance).unwrap_or(0) - i64::try_from(after).unwrap_or(0);
            let candidate = Move { gain, length, from: std::cmp::Reverse(from), to: std::cmp::Reverse(target), words };
            *tried += 1;
            if best.as_ref().is_none_or(|known| candidate > *known) {
                best = Some(candidate);
            }
        }
        if *tried >= MAX_TRIED {
            break;
        }
    }
    best.filter(|found| found.gain > 0).map(|found| found.words)
}

/// Where a block may go: in front of everything, or behind the words that its reference words are aligned to.
fn targets(before: &Alignment, at: usize, length: usize) -> impl Iterator<Item = usize> {
    let first = if at == 0 { Some(0) } else { before.target(at - 1) };
    let rest = (at..at + length).map_while(|place| before.target(place));
    // Nothing behind a place without alignment is tried.
    first.into_iter().chain(rest.filter(move |_| first.is_some()))
}

/// Blocks that stand in both, as (start in given, start in wanted, length): every length from each start.
fn common_blocks<'t>(given: &'t [&str], wanted: &'t [&str]) -> impl Iterator<Item = (usize, usize, usize)> + 't {
    (0..given.len()).flat_map(move |from| {
        (0..wanted.len()).filter(move |at| at.abs_diff(from) <= MAX_DISTANCE).flat_map(move |at| {
            let pairs = given.iter().skip(from).zip(wanted.iter().skip(at));
            let same = pairs.take(MAX_BLOCK).take_while(|(a, b)| a == b).count();
            (1..=same).map(move |length| (from, at, length))
        })
    })
}

/// The words with a block of them moved; the target counts places of the words before the move.
fn moved<'t>(words: &[&'t str], from: usize, length: usize, target: usize) -> Vec<&'t str> {
    let piece = |range: std::ops::Range<usize>| words.get(range).unwrap_or_default();
    let (end, all) = (from + length, words.len());
    let parts = if target < from {
        [piece(0..target), piece(from..end), piece(target..from), piece(end..all)]
    } else if target > end {
        [piece(0..from), piece(end..target), piece(from..end), piece(target..all)]
    } else {
        let stop = (length + target).min(all);
        [piece(0..from), piece(end..stop), piece(from..end), piece(stop..all)]
    };
    parts.concat()
}
