//! More output is asked for than the model can give.

use super::super::rule::{Check, Found, Level, Rule};
use super::super::subject::{Around, VersionFile};
use crate::prompt::written::params::matches;

pub(super) const RULE: Rule = Rule {
    code: "max-tokens-above-model",
    about: "`max_tokens` is more than a model of the prompt can write",
    level: Level::Error,
    fixable: false,
    is_refused: false,
    in_superseded: false,
    why: "Providers refuse a request that asks for more output than the model has, or cut the number silently. Set \
          `max_tokens` by model.",
    bad: "params: {max_tokens: 100000}\nmodels:\n  openai/gpt-4o: {params: {temperature: 0}}",
    good: "params: {max_tokens: 100000}\nmodels:\n  openai/gpt-4o: {params: {temperature: 0, max_tokens: 16000}}",
    check: Check::Version(check),
};

fn check(version: &VersionFile<'_>, _: &Around<'_>, found: &mut Found) {
    for used in version.models {
        let most = used.facts.as_ref().and_then(|facts| facts.max_output);
        let (Some(wanted), Some(most)) = (used.params.max_tokens, most) else { continue };
        if wanted <= most {
            continue;
        }
        let name = used.model.to_string();
        let patterns = version.prompt.definition().overrides.patterns();
        let over = patterns.filter(|(pattern, params)| matches(pattern, &name) && params.max_tokens.is_some()).last();
        let place = match over {
            Some((pattern, _)) => version.value_place(&["models", pattern, "params", "max_tokens"]),
            None => version.value_place(&["params", "max_tokens"]),
        };
        found.push(
            RULE.finding(format!("`max_tokens` is {wanted}, `{name}` ({}) writes at most {most}", used.from))
                .at(place)
                .help(format!("write `models: {{\"{name}\": {{params: {{max_tokens: {most}}}}}}}`")),
        );
    }
}
