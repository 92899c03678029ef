//! `wer`: edits of words per word of the reference.

use super::super::measure::error_rate::Errors;
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, Prepared, ValueRule};
use super::references::{self, Likeness, Measure, REFERENCE};
use crate::record::CorpusMeasure;

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "wer",
    family: "likeness",
    about: "the output needs few edits of words to become the reference (1 - word error rate)",
    version: 1,
    pass_at: 0.9,
    short: "value",
    value: ValueRule::OrExpected,
    options: &[REFERENCE],
    degenerate: &[
        "the score is 1 - rate, at least 0; `threshold` is 0.9 unless given",
        "an empty reference scores 1 for an empty output, else 0",
        "words are runs between blanks, compared as they are",
        "the summary has the rate of all outputs together (edits by words of the references, of several the best; it may \
         pass 1), for `goal: {corpus_wer: \"< 0.1\"}`",
        "equal to jiwer 4.0 with its default transforms",
    ],
    example: "- wer: {value: The cat sat on the mat, threshold: 0.95}",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    references::prepare(settings, Wer)
}

struct Wer;

impl Measure for Wer {
    fn name(&self) -> String {
        "likeness by WER".to_owned()
    }

    fn compare(&self, output: &str, reference: &str) -> Likeness {
        let errors = Errors::of_words(reference, output);
        Likeness::of_rate(errors.rate(), "words").counting(errors.numbers())
    }

    fn corpus(&self) -> Option<(CorpusMeasure, String)> {
        Some((CorpusMeasure::Wer, "case:mixed|unit:words".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::value_of;

    #[test]
    fn the_rate_may_pass_1_and_the_score_stays_at_0() {
        assert_eq!(value_of("wer: a b c d", "a b c x"), Some(0.75));
        assert_eq!(
            (value_of("wer: a", "x y z"), value_of("wer: ''", ""), value_of("wer: ''", "a")),
            (Some(0.0), Some(1.0), Some(0.0))
        );
    }
}
