//! `starts_with`: the output begins with a text.

use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, Prepared, ValueRule};
use super::edges::{self, Edge};

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "starts_with",
    family: "text",
    about: "the output begins with this text",
    version: 1,
    pass_at: 1.0,
    short: "value",
    value: ValueRule::OrExpected,
    options: edges::OPTIONS,
    degenerate: &[
        "an empty output begins with nothing",
        "white space at the ends of the output counts unless `trim: true`",
        "without `value` and without `expected` in the case it is ungraded",
    ],
    example: "- starts_with: {value: \"Dear \", trim: true}",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    edges::prepare(settings, Edge::Start)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{fails, passes, reason_of};

    #[test]
    fn the_beginning_is_compared() {
        assert!(passes("starts_with: Dear", "Dear Ada") && fails("starts_with: Dear", " Dear Ada"));
        assert!(passes("starts_with: {value: dear, trim: true, ignore_case: true}", "\n Dear Ada"));
        assert!(fails("starts_with: Dear", "") && fails("not_starts_with: Dear", "Dear"));
        assert_eq!(reason_of("starts_with: Dear", "Hi"), "saw \"Hi\"; wanted text starting with \"Dear\"");
    }
}
