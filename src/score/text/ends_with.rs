//! `ends_with`: the output ends with a text.

use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, Prepared, ValueRule};
use super::edges::{self, Edge};

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "ends_with",
    family: "text",
    about: "the output ends with this text",
    version: 1,
    pass_at: 1.0,
    short: "value",
    value: ValueRule::OrExpected,
    options: edges::OPTIONS,
    degenerate: &[
        "an empty output ends with nothing",
        "white space at the ends of the output counts unless `trim: true`",
        "without `value` and without `expected` in the case it is ungraded",
    ],
    example: "- ends_with: {value: \"Kind regards\", trim: true}",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    edges::prepare(settings, Edge::End)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{fails, passes, reason_of};

    #[test]
    fn the_end_is_compared() {
        assert!(passes("ends_with: regards", "Kind regards") && fails("ends_with: regards", "Kind regards\n"));
        assert!(passes("ends_with: {value: REGARDS, trim: true, ignore_case: true}", "Kind regards\n"));
        assert!(fails("ends_with: x", "") && passes("not_ends_with: x", ""));
    }

    #[test]
    fn the_reason_shows_the_end_of_a_long_output() {
        let reason = reason_of("ends_with: regards", &format!("{}the end", "é".repeat(200)));
        assert!(reason.contains("the end\" (207 characters)"), "{reason}");
    }
}
