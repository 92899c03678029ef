//! `chrf`: shared runs of characters.

use super::super::measure::chrf::ChrfCounts;
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use super::references::{self, Likeness, Measure, REFERENCE};
use crate::record::CorpusMeasure;

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "chrf",
    family: "likeness",
    about: "the output shares runs of one to six characters with the reference (chrF, chrF++)",
    version: 1,
    pass_at: 0.5,
    short: "value",
    value: ValueRule::OrExpected,
    options: &[REFERENCE, OptionSpec::flag("words", "counts words and word pairs too (chrF++)")],
    degenerate: &[
        "`threshold` is 0.5 unless given; 1 is 100 of chrF",
        "white space does not count; texts without any other character score 0",
        "the summary has the chrF of all outputs together (summed counts, of several references those of the best), for \
         `goal: {corpus_chrf: \">= 0.5\"}`",
        "equal to sacreBLEU 2.6 (Popović 2015, 2017), recall weighed twice",
    ],
    example: "- chrf: {value: The cat sat on the mat, words: true}",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    references::prepare(settings, Chrf { words: if settings.flag("words") { 2 } else { 0 } })
}

struct Chrf {
    words: usize,
}

impl Measure for Chrf {
    fn name(&self) -> String {
        if self.words > 0 { "chrF++".to_owned() } else { "chrF".to_owned() }
    }

    fn compare(&self, output: &str, reference: &str) -> Likeness {
        let counts = ChrfCounts::of(output, &[reference], self.words);
        Likeness::of(counts.score()).counting(counts.numbers())
    }

    fn corpus(&self) -> Option<(CorpusMeasure, String)> {
        Some((CorpusMeasure::Chrf, format!("case:mixed|eff:yes|nc:6|nw:{}|space:no", self.words)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::value_of;

    #[test]
    fn spaces_do_not_count_and_words_may() {
        assert_eq!(value_of("chrf: the cat", "thecat"), Some(1.0));
        assert!(value_of("chrf: {value: the cat, words: true}", "thecat") < Some(1.0));
        assert_eq!(value_of("chrf: a", ""), Some(0.0));
    }
}
