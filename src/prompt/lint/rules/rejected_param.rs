//! A parameter that a model of the prompt does not take.

use super::super::super::written::params::matches;
use super::super::accepted::refused;
use super::super::models::UsedModel;
use super::super::rule::{Check, Found, Level, Rule};
use super::super::subject::{Around, VersionFile};
use crate::base::Place;

pub(super) const RULE: Rule = Rule {
    code: "rejected-param",
    about: "a parameter is set that a model of the prompt does not take",
    level: Level::Warning,
    fixable: false,
    is_refused: false,
    in_superseded: false,
    why: "Providers answer unknown and unsupported parameters with an error; karat leaves them out, so that what was \
          evaluated is not what is written. The models are those of `models:`, of suites that use the prompt, of \
          `karat.yaml`, or of `--model`. Set such a parameter under `models:` for the models that take it.",
    bad: "params: {temperature: 0, max_tokens: 800}\nmodels:\n  openai/o3: {params: {effort: low}}",
    good: "params: {max_tokens: 800}\nmodels:\n  openai/o3: {params: {effort: low}}\n  \"anthropic/claude-haiku-4-5\": {params: {temperature: 0}}",
    check: Check::Version(check),
};

fn check(version: &VersionFile<'_>, _: &Around<'_>, found: &mut Found) {
    // One finding per parameter, place and reason, with all models that it holds for.
    let mut told: Vec<(Place, &'static str, String, Vec<String>)> = Vec::new();
    for used in version.models {
        for refused in refused(&used.known, &used.params, used.facts.as_ref()) {
            let place = place_of(version, used, refused.param);
            let model = format!("`{}` ({})", used.model, used.from);
            let known =
                told.iter_mut().find(|(at, param, why, _)| (at, *param, why) == (&place, refused.param, &refused.why));
            match known {
                Some((.., models)) => models.push(model),
                None => told.push((place, refused.param, refused.why, vec![model])),
            }
        }
    }
    for (place, param, why, models) in told {
        found.push(
            RULE.finding(format!("`{param}` is not for {}: {why}", models.join(", ")))
                .at(place)
                .help(format!("remove `{param}`, or set it under `models:` for the models that take it")),
        );
    }
}

/// Where the parameter that counts for this model is written: the most specific pattern that has it, else `params`.
fn place_of(version: &VersionFile<'_>, used: &UsedModel, param: &str) -> Place {
    let name = used.model.to_string();
    let patterns = version.prompt.definition().overrides.patterns();
    let over = patterns
        .filter(|(pattern, _)| matches(pattern, &name) && version.has(&["models", pattern, "params", param]))
        .last();
    match over {
        Some((pattern, _)) => version.key_place(&["models", pattern, "params", param]),
        None => version.key_place(&["params", param]),
    }
}
