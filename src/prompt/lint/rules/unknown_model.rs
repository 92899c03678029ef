//! A model that the price data does not know.

use super::super::models::is_exact;
use super::super::rule::{Check, Found, Level, Rule};
use super::super::subject::{Around, VersionFile};
use crate::base::closest;
use crate::prompt::written::params::matches;

pub(super) const RULE: Rule = Rule {
    code: "unknown-model",
    about: "`models:` names a model that the price data does not know",
    level: Level::Warning,
    fixable: false,
    is_refused: false,
    in_superseded: false,
    why: "An override for a model that does not exist never applies, and nobody notices. A model that is newer than the \
          bundled data, or served by yourselves, can be added under `prices` in `karat.yaml`. Models of local providers \
          are all known.",
    bad: "models:\n  anthropic/claude-hiaku-4-5: {params: {max_tokens: 700}}",
    good: "models:\n  anthropic/claude-haiku-4-5: {params: {max_tokens: 700}}",
    check: Check::Version(check),
};

fn check(version: &VersionFile<'_>, around: &Around<'_>, found: &mut Found) {
    for used in version.models.iter().filter(|used| used.facts.is_none()) {
        let name = used.model.to_string();
        let place = match &used.pattern {
            Some(pattern) => version.key_place(&["models", pattern]),
            // A suite or `karat.yaml` names it: reported once there by the estimate of costs.
            None if used.from == "`--model`" => version.key_place(&["messages"]),
            None => continue,
        };
        let provider = format!("{}/", used.model.provider);
        let siblings = around.prices.ids().filter(|id| id.starts_with(&provider));
        found.push(
            RULE.finding(format!("no price data knows the model `{name}`"))
                .at(place)
                .did_you_mean(closest(&name, siblings))
                .help("correct the name, or add the model under `prices` in `karat.yaml`"),
        );
    }
    for (pattern, _) in version.prompt.definition().overrides.patterns().filter(|(pattern, _)| !is_exact(pattern)) {
        // Local and own providers are not in the data: only a provider that is can be wrong.
        let Some((provider, _)) = pattern.split_once('/').filter(|(provider, _)| is_exact(provider)) else { continue };
        let mut siblings = around.prices.ids().filter(|id| id.starts_with(&format!("{provider}/"))).peekable();
        if siblings.peek().is_some() && !siblings.any(|id| matches(pattern, id)) {
            found.push(
                RULE.finding(format!("`{pattern}` matches no model that the price data knows"))
                    .at(version.key_place(&["models", pattern]))
                    .help("correct the pattern, or add the model under `prices` in `karat.yaml`"),
            );
        }
    }
}
