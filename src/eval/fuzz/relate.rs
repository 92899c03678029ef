//! Changes of a case that must not change its verdict: spaces around, other words, another order, a sentence that says
//! nothing.

use serde_json::Value;

use super::generate::suits;
use crate::base::ModelRef;
use crate::prompt::Prompt;
use crate::record::Vars;
use crate::suite::Paraphrase;

/// Stands in front of the text where neither the case nor a model has other words for it.
const POLITE: &str = "Could you help me with the following, please?\n\n";

/// Says nothing about any task.
const IRRELEVANT: &str = "\n\nBy the way, the weather has been mild this week.";

/// Bytes that other words may take beyond twice those of the text.
const ROOM: usize = 200;

/// A changed case.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Relative {
    /// A word for the change.
    pub(super) change: &'static str,
    /// Its variables.
    pub(super) vars: Vars,
    /// What of it a model says in other words first.
    pub(super) paraphrase: Option<Paraphrase>,
}

/// The changed variables; only those that the prompts take. The case's own `paraphrases` come before those of a model.
pub(super) fn relatives(
    prompts: &[&Prompt],
    vars: &Vars,
    paraphrases: &[Value],
    paraphraser: Option<&ModelRef>,
) -> Vec<Relative> {
    let free = |name: &str| {
        prompts
            .iter()
            .filter_map(|prompt| prompt.variables.get(name))
            .all(|it| it.one_of.is_empty() && it.pattern.is_none())
    };
    let mut found = Vec::new();
    let of = |change: &'static str, vars: Vars| Relative { change, vars, paraphrase: None };
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
        found.push(of("spaces", changed(format!("  \n{text}\n  "))));
        found.push(of("irrelevant", changed(format!("{text}{IRRELEVANT}"))));
        if paraphrases.is_empty() {
            found.push(match paraphraser.filter(|_| !text.trim().is_empty()) {
                Some(model) => by_model(prompts, vars, name, text, model),
                None => of("polite-frame", changed(format!("{POLITE}{text}"))),
            });
        }
        let texts = paraphrases.iter().filter_map(Value::as_str);
        found.extend(texts.map(|words| of("paraphrase", changed(words.to_owned()))));
    }
    for words in paraphrases.iter().filter_map(Value::as_object) {
        let own = words.iter().map(|(name, text)| (name.clone(), text.clone()));
        found.push(of("paraphrase", vars.clone().into_iter().chain(own).collect()));
    }
    let mut reversed = vars.clone();
    for (_, value) in reversed.iter_mut() {
        if let Value::Array(items) = value {
            items.reverse();
        }
    }
    if reversed != *vars {
        found.push(of("order", reversed));
    }
    found.retain(|relative| suits(prompts, &relative.vars));
    found
}

/// The case with a text in the place of the other words that is as long as they may be: what they cost is counted by it.
fn by_model(prompts: &[&Prompt], vars: &Vars, name: &str, text: &str, model: &ModelRef) -> Relative {
    let with =
        |text: String| -> Vars { vars.clone().into_iter().chain([(name.to_owned(), Value::String(text))]).collect() };
    let longer = [text.len().saturating_add(ROOM), text.len() / 2, text.len() / 5];
    let longest = longer.iter().map(|more| with(format!("{text}{}", "x".repeat(*more))));
    let vars = longest.into_iter().find(|vars| suits(prompts, vars)).unwrap_or_else(|| vars.clone());
    let paraphrase = Paraphrase { model: model.clone(), variable: name.to_owned(), text: text.to_owned() };
    Relative { change: "paraphrase", vars, paraphrase: Some(paraphrase) }
}
