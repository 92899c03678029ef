//! `contains_any`: the output contains at least one of these texts, with the same case.

use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, Prepared, ValueRule};
use super::find::{self, ANY, Mode};

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "contains_any",
    family: "text",
    about: "the output contains at least one of these texts, with the same case",
    version: 1,
    pass_at: 1.0,
    short: "value",
    value: ValueRule::OrExpected,
    options: ANY,
    degenerate: &[
        "an empty output contains nothing; `not_contains_any` passes when none is found",
        "without `value` and without `expected` in the case it is ungraded",
        "an empty text to find is an error: it is part of every text",
    ],
    example: "- contains_any: [refund, money back]",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    find::prepare(settings, Mode::Any, false)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{fails, passes, problems_of, reason_of};

    #[test]
    fn one_of_the_texts_is_enough() {
        assert!(passes("contains_any: [a, zz]", "buzz") && fails("contains_any: [a, q]", "buzz"));
        assert!(fails("not_contains_any: [q, zz]", "buzz") && passes("not_contains_any: [q, x]", "buzz"));
        assert!(passes("contains_any: zz", "buzz") && fails("contains_any: [a]", ""));
    }

    #[test]
    fn several_of_the_texts_may_be_asked_for() {
        let check = "contains_any: {value: [red, green, blue], at_least: 2}";
        assert!(passes(check, "red and blue") && fails(check, "red red") && fails(check, ""));
        assert!(passes("icontains_any: {value: [Red, green], at_least: 2}", "red GREEN"));
        assert!(reason_of(check, "red").contains("saw \"red\" with \"red\"; wanted text containing at least 2 of"));
        assert!(problems_of("contains_any: {value: [a], at_least: 2}").contains("there are 1 texts"));
        assert!(problems_of("contains_any: {value: [a], at_least: 0}").contains("from 1"));
    }

    #[test]
    fn bad_lists_are_reported() {
        assert!(problems_of("contains_any: []").contains("empty list"));
        assert!(problems_of("contains_any: [a, \"\"]").contains("an empty text"));
        assert!(reason_of("contains_any: [q, x]", "buzz").ends_with("wanted text containing any of \"q\", \"x\""));
    }
}
