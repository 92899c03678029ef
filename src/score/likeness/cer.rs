//! `cer`: edits of characters per character of the reference.

use super::super::measure::error_rate::Errors;
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, Prepared, ValueRule};
use super::references::{self, Likeness, Measure, REFERENCE};
use crate::record::CorpusMeasure;

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "cer",
    family: "likeness",
    about: "the output needs few edits of characters to become the reference (1 - character error rate)",
    version: 1,
    pass_at: 0.9,
    short: "value",
    value: ValueRule::OrExpected,
    options: &[REFERENCE],
    degenerate: &[
        "the score is 1 - rate, at least 0; `threshold` is 0.9 unless given",
        "an empty reference scores 1 for an empty output, else 0",
        "code points, white space at both ends left out",
        "the summary has the rate of all outputs together (edits by characters of the references, of several the best; it may \
         pass 1), for `goal: {corpus_cer: \"< 0.1\"}`",
        "equal to jiwer 4.0 with its default transforms",
    ],
    example: "- cer: {value: The cat sat on the mat, threshold: 0.95}",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    references::prepare(settings, Cer)
}

struct Cer;

impl Measure for Cer {
    fn name(&self) -> String {
        "likeness by CER".to_owned()
    }

    fn compare(&self, output: &str, reference: &str) -> Likeness {
        let errors = Errors::of_characters(reference, output);
        Likeness::of_rate(errors.rate(), "characters").counting(errors.numbers())
    }

    fn corpus(&self) -> Option<(CorpusMeasure, String)> {
        Some((CorpusMeasure::Cer, "case:mixed|unit:characters".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::value_of;

    #[test]
    fn code_points_count() {
        assert_eq!(value_of("cer: abcd", "abcx"), Some(0.75));
        assert_eq!((value_of("cer: äöü", " äöü\n"), value_of("cer: ''", "")), (Some(1.0), Some(1.0)));
    }
}
