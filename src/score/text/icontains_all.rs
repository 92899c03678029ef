//! `icontains_all`: the output contains all of these texts, whatever the case; its score is the share found.

use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, Prepared, ValueRule};
use super::find::{self, MANY, Mode};

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "icontains_all",
    family: "text",
    about: "the output contains all of these texts, whatever the case; its score is the share found",
    version: 1,
    pass_at: 1.0,
    short: "value",
    value: ValueRule::OrExpected,
    options: MANY,
    degenerate: &[
        "an empty output contains nothing: score 0",
        "`not_icontains_all` passes when at least one is missing",
        "without `value` and without `expected` in the case it is ungraded",
        "an empty text to find is an error: it is part of every text",
    ],
    example: "- icontains_all: [refund, 30 days]",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    find::prepare(settings, Mode::All, true)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{fails, passes, value_of};

    #[test]
    fn all_are_needed_whatever_the_case() {
        assert!(passes("icontains_all: [A, ß]", "aSSe") && fails("icontains_all: [a, b]", "A"));
        assert_eq!(value_of("icontains_all: [A, B]", "a"), Some(0.5));
        assert!(fails("icontains_all: [a]", ""));
    }
}
