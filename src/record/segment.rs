//! What one reply adds to a figure over all replies of a suite: the counts behind BLEU, chrF, TER, WER and CER.

use serde::{Deserialize, Serialize};

use super::Direction;
use crate::base::{Digest, SafeName};

/// A figure of a corpus: computed from summed counts, which is another number than the mean of sentence scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CorpusMeasure {
    /// BLEU, 0..=1.
    Bleu,
    /// chrF and chrF++, 0..=1.
    Chrf,
    /// Translation edit rate, from 0; it may pass 1.
    Ter,
    /// Word error rate, from 0; it may pass 1.
    Wer,
    /// Character error rate, from 0; it may pass 1.
    Cer,
}

impl CorpusMeasure {
    /// Measure, the check whose details are its counts, the goal that bounds it, and what people call it; in one table.
    pub const ALL: &[(CorpusMeasure, &str, &str, &str)] = &[
        (CorpusMeasure::Bleu, "bleu", "corpus_bleu", "corpus BLEU"),
        (CorpusMeasure::Chrf, "chrf", "corpus_chrf", "corpus chrF"),
        (CorpusMeasure::Ter, "ter", "corpus_ter", "corpus TER"),
        (CorpusMeasure::Wer, "wer", "corpus_wer", "corpus WER"),
        (CorpusMeasure::Cer, "cer", "corpus_cer", "corpus CER"),
    ];

    /// The measure that a check counts for, as written: `bleu` or `not_bleu`; `None` for all other checks.
    pub fn of_check(word: &str) -> Option<CorpusMeasure> {
        let word = word.strip_prefix("not_").unwrap_or(word);
        CorpusMeasure::ALL.iter().find(|(_, check, ..)| *check == word).map(|(measure, ..)| *measure)
    }

    /// The measure that a goal of this name bounds; `None` for other goals.
    pub fn of_goal(name: &str) -> Option<CorpusMeasure> {
        CorpusMeasure::ALL.iter().find(|(_, _, goal, _)| *goal == name).map(|(measure, ..)| *measure)
    }

    /// The check that counts for it.
    pub fn check(self) -> &'static str {
        self.row().map_or("", |(_, check, ..)| check)
    }

    /// The name of the goal that bounds it, which is its name among figures, too.
    pub fn goal(self) -> &'static str {
        self.row().map_or("", |(_, _, goal, _)| goal)
    }

    /// What people call it.
    pub fn words(self) -> &'static str {
        self.row().map_or("", |(.., words)| words)
    }

    /// Which way it is better: error rates are better the lower they are.
    pub fn direction(self) -> Direction {
        match self {
            CorpusMeasure::Bleu | CorpusMeasure::Chrf => Direction::Higher,
            CorpusMeasure::Ter | CorpusMeasure::Wer | CorpusMeasure::Cer => Direction::Lower,
        }
    }

    fn row(self) -> Option<&'static (CorpusMeasure, &'static str, &'static str, &'static str)> {
        CorpusMeasure::ALL.iter().find(|(measure, ..)| *measure == self)
    }
}

/// The counts of one reply: the details of a score of `bleu`, `chrf`, `ter`, `wer` or `cer`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// The figure they are counts of.
    pub corpus: CorpusMeasure,
    /// How texts were read, as it stands in the signature: `case:mixed|tok:13a|smooth:exp`. Only counts of equal
    /// settings are summed.
    pub settings: String,
    /// References that the reply was compared with.
    pub references: u32,
    /// The counts, in the order of the measure: BLEU hits of 1- to 4-grams, then n-grams of the output, then the lengths
    /// of output and reference; chrF for each order n-grams of the output, of the reference, and hits; the others edits
    /// and the length of the reference (of TER the sum over references, which are averaged).
    pub counts: Vec<u64>,
}

/// What became of a check that counts for a corpus, on one reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentFacts {
    /// Name of the suite.
    pub suite: SafeName,
    /// Digest of the variant.
    pub variant: Digest,
    /// What reports call the check.
    pub name: String,
    /// The figure it counts for.
    pub measure: CorpusMeasure,
    /// What the reply gives.
    pub counted: Counted,
}

/// Whether a reply has counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counted {
    /// It has.
    Segment(Segment),
    /// The check could not tell.
    Ungraded,
    /// The check did not apply.
    NotApplicable,
    /// It was scored by a karat that did not keep counts yet.
    NotKept,
}
