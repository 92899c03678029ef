//! `contains`: the output contains this text, with the same case.

use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, Prepared, ValueRule};
use super::find::{self, Mode, ONE};

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "contains",
    family: "text",
    about: "the output contains this text, with the same case",
    version: 1,
    pass_at: 1.0,
    short: "value",
    value: ValueRule::OrExpected,
    options: ONE,
    degenerate: &[
        "an empty output contains nothing; `not_contains` passes on it",
        "without `value` and without `expected` in the case it is ungraded",
        "an empty text to find is an error: it is part of every text",
    ],
    example: "- contains: refund",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    find::prepare(settings, Mode::One, false)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{case, fails, passes, problems_of, reason_of, ungraded, with_case};
    use serde_json::json;

    #[test]
    fn a_part_of_the_output_is_enough_and_case_matters() {
        assert!(passes("contains: fun", "refund") && fails("contains: Fun", "refund") && fails("contains: fun", ""));
        assert!(passes("not_contains: fun", "") && fails("not_contains: fun", "refund"));
        assert!(passes("contains: \"日本\"", "東京は日本の首都"));
    }

    #[test]
    fn whole_numbers_stand_for_their_digits_and_others_must_be_quoted() {
        assert!(passes("contains: 42", "it is 42."));
        assert!(problems_of("contains: 1.50").contains("put it in quotes"));
        assert!(problems_of("contains: true").contains("put it in quotes"));
        assert!(problems_of("contains: [a]").contains("contains_any"));
        assert!(problems_of("contains: {value: \"\"}").contains("an empty text"));
    }

    #[test]
    fn the_text_may_come_from_the_case() {
        let case = case(json!({"user": {"name": "Ada"}, "list": ["x"], "empty": ""}), None);
        assert!(with_case("contains: {value: {from: vars.user.name}}", "Dear Ada", &case).is_pass());
        assert!(with_case("not_contains: {from: vars.user.name}", "Dear Ada", &case).is_fail());
        for (from, reason) in [
            ("vars.nobody", "the case has no `vars.nobody` to compare with"),
            ("vars.list", "does not fit `contains`: `value` must be text, this is a list"),
            ("vars.empty", "an empty text is part of every text"),
        ] {
            let score = with_case(&format!("contains: {{from: {from}}}"), "x", &case);
            assert!(score.reason.contains(reason) && !score.is_pass() && !score.is_fail(), "{}", score.reason);
        }
        assert_eq!(ungraded("not_contains", "x"), "the case has no `expected` to compare with");
    }

    #[test]
    fn the_reason_shows_the_match_or_the_beginning() {
        assert_eq!(reason_of("contains: refund", "Sorry."), "saw \"Sorry.\"; wanted text containing \"refund\"");
        let text = format!("{} a refund {}", "x".repeat(100), "y".repeat(100));
        let reason = reason_of("not_contains: refund", &text);
        assert!(reason.contains("a refund y") && reason.contains("character 104"), "{reason}");
        assert!(reason.ends_with("wanted anything but text containing \"refund\""), "{reason}");
    }
}
