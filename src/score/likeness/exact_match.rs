//! `exact_match`: the same answer after normalisation.

use super::super::measure::squad::normalized;
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, Prepared, ValueRule};
use super::references::{self, Likeness, Measure, REFERENCE};

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "exact_match",
    family: "likeness",
    about: "the output is the reference after normalisation: case, punctuation and articles aside (SQuAD)",
    version: 1,
    pass_at: 1.0,
    short: "value",
    value: ValueRule::OrExpected,
    options: &[REFERENCE],
    degenerate: &[
        "ASCII punctuation, the articles a, an, the and white space do not count; `equals` compares character by character",
        "two texts that normalise to nothing are the same",
        "equal to the SQuAD script (Rajpurkar et al. 2016)",
    ],
    example: "- exact_match: [Eiffel Tower, La tour Eiffel]",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    references::prepare(settings, Match)
}

struct Match;

impl Measure for Match {
    fn name(&self) -> String {
        "normalised match".to_owned()
    }

    fn compare(&self, output: &str, reference: &str) -> Likeness {
        Likeness::of(f64::from(u8::from(normalized(output) == normalized(reference))))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::value_of;

    #[test]
    fn articles_case_and_punctuation_do_not_count() {
        assert_eq!(value_of("exact_match: [Eiffel Tower, La tour Eiffel]", "The EIFFEL tower!"), Some(1.0));
        assert_eq!(value_of("exact_match: Paris", "Paris, France"), Some(0.0));
        assert_eq!(value_of("exact_match: the", "a"), Some(1.0));
    }
}
