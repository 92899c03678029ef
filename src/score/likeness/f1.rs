//! `f1`: shared words, regardless of order.

use super::super::measure::squad::token_f1;
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, Prepared, ValueRule};
use super::references::{self, Likeness, Measure, REFERENCE};

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "f1",
    family: "likeness",
    about: "the output shares words with the reference, order and articles aside (token F1 of SQuAD)",
    version: 1,
    pass_at: 0.5,
    short: "value",
    value: ValueRule::OrExpected,
    options: &[REFERENCE],
    degenerate: &[
        "`threshold` is 0.5 unless given",
        "two texts without words are the same (1), one without is not (0), by the rule of SQuAD 2",
        "normalised as in `exact_match`",
        "equal to the SQuAD 2 script (Rajpurkar et al. 2018)",
    ],
    example: "- f1: {value: in the year 1969, threshold: 0.8}",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    references::prepare(settings, TokenF1)
}

struct TokenF1;

impl Measure for TokenF1 {
    fn name(&self) -> String {
        "token F1".to_owned()
    }

    fn compare(&self, output: &str, reference: &str) -> Likeness {
        Likeness::of(token_f1(output, reference).f)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::value_of;

    #[test]
    fn words_count_as_often_as_they_occur() {
        assert_eq!(value_of("f1: the red red fox", "red fox fox"), Some(2.0 / 3.0));
        assert_eq!((value_of("f1: the", ""), value_of("f1: fox", "")), (Some(1.0), Some(0.0)));
    }
}
