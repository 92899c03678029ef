//! `ter`: edits of words and moved blocks per word.

use super::super::measure::ter::TerCounts;
use super::super::measure::tokens::blank_separated;
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use super::references::{self, Likeness, Measure, REFERENCE};
use crate::record::CorpusMeasure;

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "ter",
    family: "likeness",
    about: "the output needs few edits and moves of words to become the reference (1 - translation edit rate)",
    version: 1,
    pass_at: 0.7,
    short: "value",
    value: ValueRule::OrExpected,
    options: &[REFERENCE, OptionSpec::flag("case_sensitive", "takes differences of case for edits")],
    degenerate: &[
        "the score is 1 - rate, at least 0; `threshold` is 0.7 unless given",
        "an empty reference scores 1 for an empty output, else 0",
        "the summary has the rate of all outputs together (edits to the nearest reference by the mean length of all; it may \
         pass 1), for `goal: {corpus_ter: \"< 0.4\"}`",
        "equal to sacreBLEU 2.6 (Snover et al. 2006) without normalisation",
    ],
    example: "- ter: {value: The cat sat on the mat, threshold: 0.8}",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    references::prepare(settings, Ter { case_sensitive: settings.flag("case_sensitive") })
}

struct Ter {
    case_sensitive: bool,
}

impl Ter {
    fn tokens(&self, text: &str) -> Vec<String> {
        if self.case_sensitive { blank_separated(text) } else { blank_separated(&text.to_lowercase()) }
    }
}

impl Measure for Ter {
    fn name(&self) -> String {
        "likeness by TER".to_owned()
    }

    fn compare(&self, output: &str, reference: &str) -> Likeness {
        let counts = TerCounts::of(&self.tokens(output), &[self.tokens(reference)]);
        Likeness::of_rate(counts.rate(), "words").counting(counts.numbers())
    }

    fn corpus(&self) -> Option<(CorpusMeasure, String)> {
        let case = if self.case_sensitive { "mixed" } else { "lc" };
        Some((CorpusMeasure::Ter, format!("case:{case}|tok:tercom|norm:no|punct:yes|asian:no")))
    }

    fn together(&self, output: &str, references: &[String]) -> Option<Vec<u64>> {
        let references: Vec<Vec<String>> = references.iter().map(|reference| self.tokens(reference)).collect();
        Some(TerCounts::of(&self.tokens(output), &references).numbers())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::value_of;

    #[test]
    fn a_moved_block_is_one_edit() {
        assert_eq!(value_of("ter: a b c d e", "d e a b c"), Some(0.8));
        assert_eq!(value_of("ter: {value: A b, case_sensitive: true}", "a b"), Some(0.5));
        assert_eq!(
            (value_of("ter: ''", ""), value_of("ter: ''", "x"), value_of("ter: a", "b c d")),
            (Some(1.0), Some(0.0), Some(0.0))
        );
    }
}
