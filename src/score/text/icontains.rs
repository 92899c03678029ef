//! `icontains`: the output contains this text, whatever the case.

use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, Prepared, ValueRule};
use super::find::{self, Mode, ONE};

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "icontains",
    family: "text",
    about: "the output contains this text, whatever the case",
    version: 1,
    pass_at: 1.0,
    short: "value",
    value: ValueRule::OrExpected,
    options: ONE,
    degenerate: &[
        "an empty output contains nothing; `not_icontains` passes on it",
        "case is that of Unicode without language: ß matches SS; accents still matter",
        "without `value` and without `expected` in the case it is ungraded",
        "an empty text to find is an error: it is part of every text",
    ],
    example: "- icontains: sql injection",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    find::prepare(settings, Mode::One, true)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{fails, passes, reason_of};

    #[test]
    fn case_does_not_matter_and_accents_do() {
        assert!(passes("icontains: SQL Injection", "a sql INJECTION here"));
        assert!(passes("icontains: straße", "HAUPTSTRASSE 1") && passes("icontains: ΟΔΟΣ", "η οδος"));
        assert!(fails("icontains: resume", "résumé") && fails("icontains: x", ""));
        assert!(fails("not_icontains: SORRY", "Sorry"));
    }

    #[test]
    fn the_reason_shows_the_output_as_it_came() {
        assert!(reason_of("not_icontains: refund", "İÉ REFUND").contains("\"İÉ REFUND\" (at character 4)"));
    }
}
