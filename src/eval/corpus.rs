//! Figures over all replies of a variant: BLEU, chrF, TER, WER and CER from summed counts.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::record::{CorpusMeasure, Counted, Direction, SegmentFacts};
use crate::score::CorpusTally;

/// A figure over all replies that one check counted. It is no mean of scores: counts are summed and scored once.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CorpusReport {
    /// What reports call the check.
    pub check: String,
    /// Which figure.
    pub measure: CorpusMeasure,
    /// BLEU and chrF from 0 to 1; TER, WER and CER are rates from 0, which may pass 1. `None` without a counted reply.
    pub value: Option<f64>,
    /// Which way it is better.
    pub direction: Direction,
    /// Replies in it.
    pub n: u64,
    /// What must be equal for two figures to be comparable, as sacreBLEU prints it.
    pub signature: Option<String>,
    /// The summed counts; see [`crate::record::Segment::counts`] for their order.
    pub counts: Vec<u64>,
    /// Replies that are not in it.
    pub left_out: LeftOut,
}

/// Why replies are not in a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct LeftOut {
    /// Trials of the variant whose call failed, whether or not the check would have looked at them.
    pub errors: u64,
    /// Replies of which the check could not tell.
    pub ungraded: u64,
    /// Replies that the check does not apply to.
    pub not_applicable: u64,
    /// Replies whose counts were not kept: a karat before this one scored them, or their counts cannot be read.
    pub not_kept: u64,
}

impl LeftOut {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.errors + self.ungraded + self.not_applicable + self.not_kept
    }
}

/// The running figures of one variant on one suite. Memory: a few numbers per check and way to read texts.
#[derive(Debug, Default)]
pub(super) struct CorpusTallies {
    checks: BTreeMap<(CorpusMeasure, String), CheckTally>,
}

/// Those of one check.
#[derive(Debug, Default)]
struct CheckTally {
    /// By settings: cases may have a check of one name with options of their own.
    sums: BTreeMap<String, CorpusTally>,
    left_out: LeftOut,
}

impl CorpusTallies {
    pub(super) fn add(&mut self, facts: &SegmentFacts) {
        let check = self.checks.entry((facts.measure, facts.name.clone())).or_default();
        match &facts.counted {
            Counted::Segment(segment) => {
                let known = check.sums.get_mut(&segment.settings);
                let is_kept = match known {
                    Some(sums) => sums.add(segment),
                    None => match CorpusTally::of(segment) {
                        Some(sums) => check.sums.insert(segment.settings.clone(), sums).is_none(),
                        None => false,
                    },
                };
                check.left_out.not_kept += u64::from(!is_kept);
            }
            Counted::Ungraded => check.left_out.ungraded += 1,
            Counted::NotApplicable => check.left_out.not_applicable += 1,
            Counted::NotKept => check.left_out.not_kept += 1,
        }
    }

    /// One report per check and way to read texts, by measure and name. `errors` are the trials without a reply.
    pub(super) fn report(&self, errors: u64) -> Vec<CorpusReport> {
        let of_check = |((measure, name), check): (&(CorpusMeasure, String), &CheckTally)| {
            let left_out = LeftOut { errors, ..check.left_out };
            let blank = CorpusReport {
                check: name.clone(),
                measure: *measure,
                value: None,
                direction: measure.direction(),
                n: 0,
                signature: None,
                counts: Vec::new(),
                left_out,
            };
            let found = check.sums.values().map(|sums| CorpusReport {
                value: Some(sums.value()),
                n: sums.segments(),
                signature: Some(sums.signature()),
                counts: sums.counts(),
                ..blank.clone()
            });
            let mut found: Vec<CorpusReport> = found.collect();
            if found.is_empty() {
                found.push(blank);
            }
            found
        };
        self.checks.iter().flat_map(of_check).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Digest, SafeName};
    use crate::record::Segment;

    fn facts(name: &str, measure: CorpusMeasure, counted: Counted) -> SegmentFacts {
        let suite = SafeName::parse("s").expect("name");
        SegmentFacts { suite, variant: Digest::of_bytes(b"v"), name: name.to_owned(), measure, counted }
    }

    fn errors(settings: &str, references: u32, counts: &[u64]) -> Counted {
        let (corpus, settings) = (CorpusMeasure::Wer, settings.to_owned());
        Counted::Segment(Segment { corpus, settings, references, counts: counts.to_vec() })
    }

    fn report(all: Vec<Counted>) -> Vec<CorpusReport> {
        let mut tallies = CorpusTallies::default();
        all.into_iter().for_each(|counted| tallies.add(&facts("wer", CorpusMeasure::Wer, counted)));
        tallies.report(3)
    }

    #[test]
    fn counts_are_summed_before_they_are_scored() {
        // 1 of 2 and 1 of 8 words: 2 of 10 together; the mean of the rates would be 0.3125.
        let found = report(vec![errors("u", 1, &[1, 2]), errors("u", 1, &[1, 8])]);
        let [found] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((found.value, found.n, found.counts.as_slice()), (Some(0.2), 2, [2, 10].as_slice()));
        assert_eq!(found.signature.as_deref(), Some("nrefs:1|u|version:jiwer-4.0.0"));
        assert_eq!(found.direction, Direction::Lower);
        assert_eq!(found.left_out, LeftOut { errors: 3, ..LeftOut::default() });
    }

    #[test]
    fn settings_are_never_mixed_and_references_may_vary() {
        let found = report(vec![errors("a", 1, &[1, 2]), errors("b", 1, &[0, 2]), errors("a", 2, &[1, 2])]);
        let told: Vec<_> = found.iter().map(|found| (found.n, found.value, found.signature.as_deref())).collect();
        assert_eq!(
            told,
            [
                (2, Some(0.5), Some("nrefs:var|a|version:jiwer-4.0.0")),
                (1, Some(0.0), Some("nrefs:1|b|version:jiwer-4.0.0"))
            ]
        );
    }

    #[test]
    fn what_is_left_out_is_told_by_its_reason() {
        let all = vec![
            Counted::Ungraded,
            Counted::NotApplicable,
            Counted::NotKept,
            errors("a", 1, &[1, 2]),
            // Counts of another shape than those of the measure.
            errors("a", 1, &[1, 2, 3]),
        ];
        let found = report(all);
        let [found] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((found.n, found.value), (1, Some(0.5)));
        let left_out = LeftOut { errors: 3, ungraded: 1, not_applicable: 1, not_kept: 2 };
        assert_eq!((found.left_out, found.left_out.total()), (left_out, 7));
    }

    #[test]
    fn a_check_that_never_counted_is_there_without_a_figure() {
        let found = report(vec![Counted::Ungraded]);
        let [found] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((found.n, found.value, found.signature.as_deref()), (0, None, None));
        assert!(CorpusTallies::default().report(5).is_empty());
    }
}
