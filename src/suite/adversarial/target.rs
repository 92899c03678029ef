//! Which variables of a case an attack goes into.

use std::sync::Arc;

use serde_json::Value;

use crate::prompt::Prompt;
use crate::record::Vars;

/// What `adversarial:` of a suite names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::suite) struct Target {
    /// The variable that users fill.
    pub(in crate::suite) input: Option<String>,
    /// The variable with the passages that the application found.
    pub(in crate::suite) passages: Option<String>,
}

impl Target {
    /// The variable that users fill: as named, or the longest text among those that may hold any text and are not
    /// `trusted`. An error says why there is none.
    pub(super) fn input_of<'v>(&self, vars: &'v Vars, prompts: &[Arc<Prompt>]) -> Result<(&'v str, &'v str), String> {
        if let Some(name) = &self.input {
            let found = vars.get_key_value(name.as_str());
            let text = found.and_then(|(name, value)| Some((name.as_str(), value.as_str()?)));
            return text.ok_or_else(|| format!("the case has no text `{name}` to attack"));
        }
        let is_free = |name: &str| {
            let declared = prompts.iter().filter_map(|prompt| prompt.variables.get(name));
            declared.clone().all(|variable| variable.one_of.is_empty() && !variable.trusted)
                && (prompts.is_empty() || declared.count() > 0)
        };
        let texts = vars.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
        let free = texts.filter(|(name, _)| is_free(name));
        free.max_by_key(|(_, text)| text.chars().count())
            .ok_or_else(|| "the case has no text that a user could have written".to_owned())
    }

    /// The variable with passages: as named, or the first list of texts.
    pub(super) fn passages_of<'v>(&self, vars: &'v Vars) -> Result<(&'v str, &'v [Value]), String> {
        let list = |(name, value): (&'v String, &'v Value)| {
            let items = value.as_array().filter(|items| items.iter().all(Value::is_string))?;
            Some((name.as_str(), items.as_slice()))
        };
        match &self.passages {
            Some(name) => vars
                .get_key_value(name.as_str())
                .and_then(list)
                .ok_or_else(|| format!("the case has no list of texts `{name}` to attack")),
            None => vars
                .iter()
                .find_map(list)
                .ok_or_else(|| "the case has no list of passages to put one more into".to_owned()),
        }
    }
}

/// Most characters that all prompts take in a variable.
pub(super) fn most_chars(name: &str, prompts: &[Arc<Prompt>]) -> Option<usize> {
    prompts.iter().filter_map(|prompt| prompt.variables.get(name)?.max_chars).min()
}
