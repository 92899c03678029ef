//! `all_of`: every check of a list holds.

use super::super::spec::{Build, CheckSpec, OptionKind, OptionSpec, ValueRule};

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "all_of",
    family: "group",
    about: "every check of the list holds; its score is their weighted mean",
    version: 1,
    pass_at: 1.0,
    short: "checks",
    value: ValueRule::Required,
    options: &[
        OptionSpec { name: "checks", kind: OptionKind::Checks, takes: "a list of checks", about: "the checks" },
        OptionSpec { name: "value", kind: OptionKind::Checks, takes: "a list of checks", about: "same as `checks`" },
    ],
    degenerate: &[
        "one failed check fails the group, even beside ungraded ones",
        "otherwise an ungraded check leaves the group ungraded",
        "with `threshold`, the weighted mean decides, if the ungraded checks could not change the answer",
        "checks that do not apply or have weight 0 count neither way; a group of only those does not decide",
    ],
    example: "- all_of: [json, {contains: refund}]",
    reads_text: false,
    build: Build::AllOf,
    ..CheckSpec::PLAIN
};
