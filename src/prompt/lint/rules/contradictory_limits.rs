//! Limits that exclude what is allowed elsewhere.

use super::super::rule::{Check, Found, Level, Rule};
use super::super::subject::{Around, VersionFile};

pub(super) const RULE: Rule = Rule {
    code: "contradictory-limits",
    about: "a limit excludes a value that is allowed elsewhere",
    level: Level::Error,
    fixable: false,
    is_refused: false,
    in_superseded: false,
    why: "A value of `one_of` that is longer than `max_chars`, shorter than `min_chars` or does not match `pattern` can never \
          be given, and a thinking budget that is not less than `max_tokens` leaves nothing for the answer. Limits that \
          leave no value at all are errors of reading (`variable-rules`).",
    bad: "variables:\n  language: {type: string, one_of: [go, javascript], max_chars: 5}",
    good: "variables:\n  language: {type: string, one_of: [go, javascript]}",
    check: Check::Version(check),
};

fn check(version: &VersionFile<'_>, _: &Around<'_>, found: &mut Found) {
    for (name, variable) in &version.prompt.variables {
        for value in &variable.one_of {
            // What is not of the type is reported by the reader.
            for problem in variable.check(name, value).into_iter().filter(|problem| problem.code != "variable-type") {
                found.push(
                    RULE.finding(format!("{value} is one of `one_of` and can never be given: {}", problem.message))
                        .at(version.value_place(&["variables", name, "one_of"]))
                        .help("remove the value, or change the limit"),
                );
            }
        }
    }
    let budgets = |params: &crate::record::Params| {
        params.thinking_budget.zip(params.max_tokens).filter(|(budget, most)| budget >= most)
    };
    let mut report = |path: &[&str], (budget, most): (u32, u32)| {
        found.push(
            RULE.finding(format!(
                "`thinking_budget` is {budget} and `max_tokens` {most}: nothing is left for the answer"
            ))
            .at(version.value_place(path))
            .help("raise `max_tokens`; thinking counts as output"),
        );
    };
    let definition = version.prompt.definition();
    if let Some(pair) = budgets(&definition.params) {
        report(&["params", "thinking_budget"], pair);
        return;
    }
    for (pattern, over) in definition.overrides.patterns() {
        if let Some(pair) = budgets(&definition.params.overlaid(over)) {
            report(&["models", pattern, "params"], pair);
        }
    }
}
