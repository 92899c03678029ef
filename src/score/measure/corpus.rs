//! Figures of a corpus: counts of all segments summed, then scored once. The mean of sentence scores is another number,
//! which depends on how texts were cut into segments.

use super::bleu::{BleuCounts, Smoothing};
use super::chrf::ChrfCounts;
use super::error_rate::Errors;
use super::ter::TerCounts;
use crate::record::{CorpusMeasure, Segment};

/// Sums the counts of segments. Memory: a few numbers, however many segments there are.
#[derive(Debug, Clone, PartialEq)]
pub struct CorpusTally {
    sums: Sums,
    settings: String,
    segments: u64,
    /// Fewest and most references of a segment.
    references: (u32, u32),
}

#[derive(Debug, Clone, PartialEq)]
enum Sums {
    Bleu(BleuCounts, Smoothing),
    Chrf(ChrfCounts),
    Ter(TerCounts),
    Words(Errors),
    Characters(Errors),
}

impl Sums {
    fn of(segment: &Segment) -> Option<Sums> {
        let numbers = segment.counts.as_slice();
        Some(match segment.corpus {
            CorpusMeasure::Bleu => {
                Sums::Bleu(BleuCounts::of_numbers(numbers)?, Smoothing::of_signature(&segment.settings)?)
            }
            CorpusMeasure::Chrf => Sums::Chrf(ChrfCounts::of_numbers(numbers)?),
            CorpusMeasure::Ter => Sums::Ter(TerCounts::of_numbers(numbers, segment.references)?),
            CorpusMeasure::Wer => Sums::Words(Errors::of_numbers(numbers)?),
            CorpusMeasure::Cer => Sums::Characters(Errors::of_numbers(numbers)?),
        })
    }

    fn plus(self, other: &Sums) -> Option<Sums> {
        Some(match (self, other) {
            (Sums::Bleu(mine, smoothing), Sums::Bleu(theirs, _)) => Sums::Bleu(mine.plus(*theirs), smoothing),
            (Sums::Chrf(mine), Sums::Chrf(theirs)) => Sums::Chrf(mine.plus(theirs)),
            (Sums::Ter(mine), Sums::Ter(theirs)) => Sums::Ter(mine.plus(*theirs)),
            (Sums::Words(mine), Sums::Words(theirs)) => Sums::Words(mine.plus(*theirs)),
            (Sums::Characters(mine), Sums::Characters(theirs)) => Sums::Characters(mine.plus(*theirs)),
            _ => return None,
        })
    }
}

impl CorpusTally {
    /// With the first segment; `None` when its counts are not those of its measure.
    pub fn of(segment: &Segment) -> Option<CorpusTally> {
        Some(CorpusTally {
            sums: Sums::of(segment)?,
            settings: segment.settings.clone(),
            segments: 1,
            references: (segment.references, segment.references),
        })
    }

    /// Adds a segment of the same measure and settings; false when it is another one, or its counts cannot be read.
    #[must_use]
    pub fn add(&mut self, segment: &Segment) -> bool {
        let other = Sums::of(segment).filter(|_| segment.settings == self.settings);
        let Some(sums) = other.and_then(|other| self.sums.clone().plus(&other)) else { return false };
        self.sums = sums;
        self.segments += 1;
        self.references = (self.references.0.min(segment.references), self.references.1.max(segment.references));
        true
    }

    /// The figure. BLEU and chrF: 0..=1, without effective order, as sacreBLEU scores a corpus. TER, WER and CER: edits
    /// per unit of the references, which may pass 1.
    pub fn value(&self) -> f64 {
        match &self.sums {
            Sums::Bleu(counts, smoothing) => counts.score(*smoothing, false),
            Sums::Chrf(counts) => counts.score(),
            Sums::Ter(counts) => counts.rate(),
            Sums::Words(errors) | Sums::Characters(errors) => errors.rate(),
        }
    }

    /// How many segments are in it.
    pub fn segments(&self) -> u64 {
        self.segments
    }

    /// The summed counts, in the order of [`Segment::counts`].
    pub fn counts(&self) -> Vec<u64> {
        match &self.sums {
            Sums::Bleu(counts, _) => counts.numbers(),
            Sums::Chrf(counts) => counts.numbers(),
            Sums::Ter(counts) => counts.numbers(),
            Sums::Words(errors) | Sums::Characters(errors) => errors.numbers(),
        }
    }

    /// What must be equal for figures to be comparable, as sacreBLEU prints it, with the library whose figure it equals:
    /// `nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0`.
    pub fn signature(&self) -> String {
        let (fewest, most) = self.references;
        let references = if fewest == most { fewest.to_string() } else { "var".to_owned() };
        let version = match self.sums {
            Sums::Bleu(..) | Sums::Chrf(_) | Sums::Ter(_) => "version:2.6.0",
            Sums::Words(_) | Sums::Characters(_) => "version:jiwer-4.0.0",
        };
        format!("nrefs:{references}|{}|{version}", self.settings)
    }
}
