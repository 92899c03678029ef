//! Changes of a case that must not change its verdict: spaces around, another order, a polite way to ask, a sentence that
//! says nothing.

use serde_json::Value;

use crate::prompt::Prompt;
use crate::record::Vars;

use super::generate::suits;

/// Asks for the same in other words. A paraphrase of the text itself would need a model, whose own errors would be taken
/// for those of the prompt.
const POLITE: &str = "Could you help me with the following, please?\n\n";

/// Says nothing about any task.
const IRRELEVANT: &str = "\n\nBy the way, the weather has been mild this week.";

/// The changed variables, each with a word for the change; only those that the prompts take.
pub(super) fn relatives(prompts: &[&Prompt], vars: &Vars) -> Vec<(&'static str, Vars)> {
    let free = |name: &str| {
        prompts
            .iter()
            .filter_map(|prompt| prompt.variables.get(name))
            .all(|it| it.one_of.is_empty() && it.pattern.is_none())
    };
    let mut found = Vec::new();
    // The longest text is what the case is about.
    let longest = vars
        .iter()
        .filter(|(name, value)| value.is_string() && free(name))
        .max_by_key(|(_, value)| value.as_str().map_or(0, str::len));
    if let Some((name, text)) = longest.and_then(|(name, value)| Some((name, value.as_str()?))) {
        let changed = |text: String| {
            let mut changed = vars.clone();
            changed.insert(name.clone(), Value::String(text));
            changed
        };
        found.push(("spaces", changed(format!("  \n{text}\n  "))));
        found.push(("paraphrase", changed(format!("{POLITE}{text}"))));
        found.push(("irrelevant", changed(format!("{text}{IRRELEVANT}"))));
    }
    let mut reversed = vars.clone();
    for (_, value) in reversed.iter_mut() {
        if let Value::Array(items) = value {
            items.reverse();
        }
    }
    if reversed != *vars {
        found.push(("order", reversed));
    }
    found.retain(|(_, changed)| suits(prompts, changed));
    found
}
