//! A prompt that does not fit a model's context: its fixed text alone, or with the variables it allows.

use super::super::models::UsedModel;
use super::super::rule::{Check, Found, Level, Rule};
use super::super::subject::{Around, VersionFile};
use crate::base::ModelRef;
use crate::price::count_tokens;
use crate::prompt::Variable;
use crate::prompt::ready::Prompt;

/// Characters of prose per token, as vendors state it. Code and other scripts have fewer: the estimate is a low one.
const CHARS_PER_TOKEN: u64 = 4;

pub(super) const RULE: Rule = Rule {
    code: "exceeds-context",
    about: "the fixed text and `max_tokens` do not fit the context of a model",
    level: Level::Error,
    fixable: false,
    is_refused: false,
    in_superseded: false,
    why: "Input and output share the model's context. A prompt whose own text leaves no room for the answer it asks for is \
          refused with every call, whatever the variables are.",
    bad: "params: {max_tokens: 9000}\nmodels:\n  openai/gpt-4: {params: {temperature: 0}}   # a context of 8192 tokens",
    good: "params: {max_tokens: 1000}\nmodels:\n  openai/gpt-4: {params: {temperature: 0}}",
    check: Check::Version(check_fixed),
};

pub(super) const WITH_VARIABLES: Rule = Rule {
    code: "variables-exceed-context",
    about: "the longest allowed variables do not fit the context of a model",
    level: Level::Warning,
    fixable: false,
    is_refused: false,
    in_superseded: false,
    why: "A limit such as `max_chars` promises that such a value works. When the longest allowed values, the fixed text and \
          `max_tokens` together are more than the model's context, the promise breaks at the provider. Characters are \
          taken as a quarter of a token, which is low for code and most scripts but English; variables without a limit \
          are not counted.",
    bad: "variables:\n  document: {type: string, max_chars: 4000000}\nmodels:\n  anthropic/claude-haiku-4-5: {params: {max_tokens: 1000}}   # 200000 tokens",
    good: "variables:\n  document: {type: string, max_chars: 400000}\nmodels:\n  anthropic/claude-haiku-4-5: {params: {max_tokens: 1000}}",
    check: Check::Version(check_variables),
};

fn check_fixed(version: &VersionFile<'_>, _: &Around<'_>, found: &mut Found) {
    for used in version.models {
        let Some((window, reserve)) = room(used) else { continue };
        let fixed = fixed_tokens(version.prompt, &used.known, window.saturating_sub(reserve));
        if fixed.saturating_add(reserve) > window {
            let message = format!(
                "the text has {fixed} tokens and the answer may have {reserve}: more than the {window} of `{}` ({})",
                used.model, used.from
            );
            found.push(
                RULE.finding(message)
                    .at(version.key_place(&["messages"]))
                    .help("shorten the text, or lower `max_tokens`"),
            );
        }
    }
}

fn check_variables(version: &VersionFile<'_>, _: &Around<'_>, found: &mut Found) {
    let limits =
        version.prompt.variables.iter().filter_map(|(name, variable)| Some((name, variable, most_tokens(variable)?)));
    let longest: Vec<_> = limits.collect();
    let filled: u64 = longest.iter().map(|(.., tokens)| *tokens).fold(0, u64::saturating_add);
    let Some((name, variable, _)) = longest.iter().max_by_key(|(.., tokens)| *tokens) else { return };
    for used in version.models {
        let Some((window, reserve)) = room(used) else { continue };
        let most = window.saturating_sub(reserve);
        let fixed = fixed_tokens(version.prompt, &used.known, most);
        // Without room for the fixed text, the other rule speaks.
        if fixed <= most && fixed.saturating_add(filled) > most {
            let message = format!(
                "the longest variables have about {filled} tokens, the text {fixed} and the answer {reserve}: more than the \
                 {window} of `{}` ({})",
                used.model, used.from
            );
            let limit = if variable.max_tokens.is_some() { "max_tokens" } else { "max_chars" };
            let help = format!("lower `{limit}`; `{name}` has the largest");
            found.push(WITH_VARIABLES.finding(message).at(variable.place.clone()).help(help));
        }
    }
}

/// The most tokens that a variable with a limit can have, about; `None` when it has no limit.
fn most_tokens(variable: &Variable) -> Option<u64> {
    let by_chars = variable.max_chars.map(|chars| u64::try_from(chars).unwrap_or(u64::MAX) / CHARS_PER_TOKEN);
    [variable.max_tokens, by_chars].into_iter().flatten().min()
}

/// The model's context and what is kept for the answer.
fn room(used: &UsedModel) -> Option<(u64, u64)> {
    let window = used.facts.as_ref()?.context_window?;
    Some((u64::from(window), used.params.max_tokens.map_or(0, u64::from)))
}

/// Tokens of the fixed text: exact or the least they may be. A text that cannot reach `most` is not counted token by
/// token, because a vocabulary takes long to load: a byte is a token at most, and 2.15 of the counted ones at worst.
fn fixed_tokens(prompt: &Prompt, model: &ModelRef, most: u64) -> u64 {
    let own = prompt.definition().texts().map(|text| text.as_str());
    let texts = own.chain(prompt.partials().values().map(|partial| partial.text.as_str()));
    let texts: Vec<&str> = texts.collect();
    let bytes: usize = texts.iter().map(|text| text.len()).sum();
    let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
    if bytes.saturating_mul(3) < most {
        return bytes / CHARS_PER_TOKEN;
    }
    texts.into_iter().map(|text| count_tokens(model, text).low).fold(0, u64::saturating_add)
}
