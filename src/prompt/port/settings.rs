//! Parameters by the names that other tools give them.

use serde_json::{Map, Value, json};

use crate::base::{Key, Node};

/// Our name, the name in dotprompt and Prompty, the name in `OpenAI`'s and most other APIs, and further names that are
/// read. A name that is not here goes into `extra`.
const NAMES: &[(&str, &str, &str, &[&str])] = &[
    ("temperature", "temperature", "temperature", &[]),
    ("top_p", "topP", "top_p", &[]),
    ("top_k", "topK", "top_k", &[]),
    ("max_tokens", "maxOutputTokens", "max_tokens", &["maxTokens", "max_output_tokens", "max_completion_tokens"]),
    ("stop", "stopSequences", "stop", &["stop_sequences"]),
    ("seed", "seed", "seed", &[]),
    ("presence_penalty", "presencePenalty", "presence_penalty", &[]),
    ("frequency_penalty", "frequencyPenalty", "frequency_penalty", &[]),
    ("effort", "reasoningEffort", "reasoning_effort", &["effort"]),
    ("thinking_budget", "thinkingBudget", "thinking_budget", &[]),
    ("service_tier", "serviceTier", "service_tier", &[]),
    ("logprobs", "topLogprobs", "top_logprobs", &[]),
];

/// How a tool writes names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    Camel,
    Snake,
}

/// Our parameters among the entries, and the rest. Nothing (`null`) is not written.
pub(super) fn read_settings<'n>(
    entries: impl IntoIterator<Item = &'n (Key, Node)>,
) -> (Map<String, Value>, Map<String, Value>) {
    let (mut params, mut rest) = (Map::new(), Map::new());
    for (key, node) in entries {
        let value = node.to_json();
        let known = NAMES.iter().find(|(_, camel, snake, more)| {
            [*camel, *snake].contains(&key.text.as_str()) || more.contains(&key.text.as_str())
        });
        match known {
            _ if value.is_null() => {}
            Some((ours, ..)) => {
                let value = if *ours == "stop" && value.is_string() { json!([value]) } else { value };
                params.insert((*ours).to_owned(), value);
            }
            None => {
                rest.insert(key.text.clone(), value);
            }
        }
    }
    (params, rest)
}

/// Puts parameters into a definition: those that every provider has into `params`, those of one API under `models:` of
/// the model that the file names, or into `extra` where it names none.
pub(super) fn put_settings(
    definition: &mut Map<String, Value>,
    mut params: Map<String, Value>,
    rest: Map<String, Value>,
    model: Option<&str>,
) {
    if !rest.is_empty() {
        match model {
            Some(model) => {
                let pattern = if model.contains('/') { model.to_owned() } else { format!("*/{model}") };
                definition.insert("models".to_owned(), json!({pattern: {"params": {"extra": rest}}}));
            }
            None => {
                params.insert("extra".to_owned(), Value::Object(rest));
            }
        }
    }
    if !params.is_empty() {
        definition.insert("params".to_owned(), Value::Object(params));
    }
}

/// Parameters in the names of a tool; `extra` is merged into them.
pub(super) fn write_settings(params: &Map<String, Value>, naming: Naming) -> Map<String, Value> {
    let mut written = Map::new();
    for (ours, camel, snake, _) in NAMES {
        if let Some(value) = params.get(*ours) {
            written.insert(if naming == Naming::Camel { *camel } else { *snake }.to_owned(), short(value));
        }
    }
    if let Some(Value::Object(extra)) = params.get("extra") {
        written.extend(extra.clone());
    }
    written
}

/// Whole numbers without a point, as people write them: `temperature: 0`.
fn short(value: &Value) -> Value {
    match value.as_f64() {
        Some(number) if value.is_f64() && number.fract() == 0.0 && number.abs() < 1e9 => {
            format!("{number:.0}").parse::<i64>().map_or_else(|_| value.clone(), |whole| json!(whole))
        }
        _ => value.clone(),
    }
}
