//! `contains_all`: the output contains all of these texts, with the same case; its score is the share found.

use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, Prepared, ValueRule};
use super::find::{self, MANY, Mode};

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "contains_all",
    family: "text",
    about: "the output contains all of these texts, with the same case; its score is the share found",
    version: 1,
    pass_at: 1.0,
    short: "value",
    value: ValueRule::OrExpected,
    options: MANY,
    degenerate: &[
        "an empty output contains nothing: score 0",
        "`not_contains_all` passes when at least one is missing; for none of them write `not_contains_any`",
        "without `value` and without `expected` in the case it is ungraded",
        "an empty text to find is an error: it is part of every text",
    ],
    example: "- contains_all: {value: [refund, 30 days], threshold: 0.5}",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    find::prepare(settings, Mode::All, false)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{fails, passes, reason_of, value_of};

    #[test]
    fn all_texts_must_be_found_and_the_score_is_their_share() {
        assert!(passes("contains_all: [a, b]", "ba") && fails("contains_all: [a, b]", "a"));
        assert_eq!(value_of("contains_all: [a, b, c, d]", "abc"), Some(0.75));
        assert_eq!(value_of("not_contains_all: [a, b, c, d]", "abc"), Some(0.25));
        assert!(passes("contains_all: {value: [a, b], threshold: 0.5}", "a"));
        assert!(passes("not_contains_all: [a, b]", "a") && fails("contains_all: [a]", ""));
    }

    #[test]
    fn the_reason_names_what_is_missing() {
        let reason = reason_of("contains_all: [a, q, z]", "abc");
        assert_eq!(reason, "saw \"abc\" without \"q\", \"z\"; wanted text containing all of \"a\", \"q\", \"z\"");
    }
}
