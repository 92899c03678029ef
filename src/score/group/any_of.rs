//! `any_of`: at least one check of a list holds.

use super::super::spec::{Build, CheckSpec, OptionKind, OptionSpec, ValueRule};

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "any_of",
    family: "group",
    about: "at least one check of the list holds; its score is the highest of theirs",
    version: 1,
    pass_at: 1.0,
    short: "checks",
    value: ValueRule::Required,
    options: &[
        OptionSpec { name: "checks", kind: OptionKind::Checks, takes: "a list of checks", about: "the checks" },
        OptionSpec { name: "value", kind: OptionKind::Checks, takes: "a list of checks", about: "same as `checks`" },
    ],
    degenerate: &[
        "one passed check passes the group, even beside ungraded ones",
        "otherwise an ungraded check leaves the group ungraded; it fails only when all checks fail",
        "with `threshold`, the highest score decides, if the ungraded checks could not change the answer",
        "checks that do not apply or have weight 0 count neither way; a group of only those does not decide",
    ],
    example: "- any_of: [{contains: refund}, {regex: \"(?i)money back\"}]",
    reads_text: false,
    build: Build::AnyOf,
    ..CheckSpec::PLAIN
};
