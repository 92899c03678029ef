//! `icontains_any`: the output contains at least one of these texts, whatever the case.

use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, Prepared, ValueRule};
use super::find::{self, ANY, Mode};

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "icontains_any",
    family: "text",
    about: "the output contains at least one of these texts, whatever the case",
    version: 1,
    pass_at: 1.0,
    short: "value",
    value: ValueRule::OrExpected,
    options: ANY,
    degenerate: &[
        "an empty output contains nothing; `not_icontains_any` passes when none is found",
        "without `value` and without `expected` in the case it is ungraded",
        "an empty text to find is an error: it is part of every text",
    ],
    example: "- icontains_any: [refund, money back]",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    find::prepare(settings, Mode::Any, true)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{fails, passes};

    #[test]
    fn one_is_enough_whatever_the_case() {
        assert!(passes("icontains_any: [Q, ÉTÉ]", "un été") && fails("icontains_any: [q, x]", "BUZZ"));
        assert!(fails("not_icontains_any: [q, zz]", "BUZZ") && fails("icontains_any: [a]", ""));
    }
}
