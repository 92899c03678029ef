//! A model that is, or will be, shut down.

use super::super::models::UsedModel;
use super::super::rule::{Check, Found, Level, Rule};
use super::super::subject::{Around, VersionFile};

pub(super) const RULE: Rule = Rule {
    code: "deprecated-model",
    about: "a model of the prompt is shut down, or its shutdown is announced",
    level: Level::Warning,
    fixable: false,
    is_refused: false,
    in_superseded: false,
    why: "After the day of its shutdown a model answers with errors. The day is that of the bundled data, which names the \
          vendors' announcements; move the prompt to a newer model and evaluate it there before that day.",
    bad: "models:\n  anthropic/claude-3-haiku-20240307: {params: {max_tokens: 700}}",
    good: "models:\n  anthropic/claude-haiku-4-5: {params: {max_tokens: 700}}",
    check: Check::Version(check),
};

fn check(version: &VersionFile<'_>, around: &Around<'_>, found: &mut Found) {
    for used in version.models {
        let Some(facts) = &used.facts else { continue };
        let Some(ending) = facts.ending(around.today) else { continue };
        let what = format!("`{}` {ending}", used.model);
        let place = place_of(version, used);
        found.push(
            RULE.finding(what).at(place).help("move to a newer model, and evaluate the prompt there before that day"),
        );
    }
}

fn place_of(version: &VersionFile<'_>, used: &UsedModel) -> crate::base::Place {
    match (&used.pattern, &used.place) {
        (Some(pattern), _) => version.key_place(&["models", pattern]),
        (None, Some(place)) => place.clone(),
        (None, None) => version.key_place(&["messages"]),
    }
}
