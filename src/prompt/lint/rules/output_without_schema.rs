//! JSON is wanted and its form is not said.

use super::super::rule::{Check, Found, Level, Rule};
use super::super::subject::{Around, VersionFile};
use crate::record::OutputFormat;

pub(super) const RULE: Rule = Rule {
    code: "output-without-schema",
    about: "the answer is to be JSON, and no schema says which",
    level: Level::Warning,
    fixable: false,
    is_refused: false,
    in_superseded: false,
    why: "Without a schema a provider promises syntax at most: names and types of fields vary from call to call, and some \
          providers have no JSON mode without a schema at all.",
    bad: "output: {format: json}",
    good: "output: {format: json, schema: answer.schema.json}",
    check: Check::Version(check),
};

fn check(version: &VersionFile<'_>, _: &Around<'_>, found: &mut Found) {
    if version.prompt.output == OutputFormat::Json {
        found.push(
            RULE.finding("`format: json` has no schema: any JSON would do")
                .at(version.key_place(&["output", "format"]))
                .help("write a JSON Schema beside the version and name it: `output: {format: json, schema: answer.schema.json}`"),
        );
    }
}
