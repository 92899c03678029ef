//! Reads `params:` mappings: the parameters of calls that a suite, a model entry or a case overrides.

use serde_json::{Map, Value};

use crate::base::{Fields, Kind, Node, Problems, Source};
use crate::record::{Effort, Params};

/// Reads a `params:` mapping; everything wrong with it goes to `problems`.
pub(super) fn read(node: &Node, source: &Source, problems: &mut Problems) -> Params {
    let Some(mut fields) = Fields::of(node, "params", source, problems) else { return Params::default() };
    let stop = fields.texts("stop", problems).unwrap_or_default();
    let params = Params {
        temperature: fields.number("temperature", 0.0..=2.0, problems),
        top_p: fields.number("top_p", 0.0..=1.0, problems),
        top_k: whole(&mut fields, "top_k", 1, problems),
        max_tokens: whole(&mut fields, "max_tokens", 1, problems),
        stop: stop.into_iter().map(|(text, _)| text.to_owned()).collect(),
        seed: fields.whole("seed", i64::MIN..=i64::MAX, problems),
        presence_penalty: fields.number("presence_penalty", -2.0..=2.0, problems),
        frequency_penalty: fields.number("frequency_penalty", -2.0..=2.0, problems),
        effort: fields.choice("effort", Effort::ALL, problems),
        thinking_budget: whole(&mut fields, "thinking_budget", 0, problems),
        service_tier: fields.text("service_tier", problems).map(str::to_owned),
        logprobs: fields.whole("logprobs", 0..=20, problems).and_then(|count| u8::try_from(count).ok()),
        extra: extra(&mut fields, problems),
    };
    fields.finish(problems);
    params
}

fn whole(fields: &mut Fields<'_>, name: &'static str, least: i64, problems: &mut Problems) -> Option<u32> {
    fields.whole(name, least..=i64::from(u32::MAX), problems).and_then(|number| u32::try_from(number).ok())
}

fn extra(fields: &mut Fields<'_>, problems: &mut Problems) -> Map<String, Value> {
    let Some(node) = fields.node("extra") else { return Map::new() };
    if !matches!(node.kind, Kind::Map(_)) {
        fields.invalid("extra", format!("`extra` must be a mapping, this is {}", node.describe()), problems);
    }
    match node.to_json() {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// The parameters as JSON with absent ones left out: part of digests.
pub(super) fn to_json(params: &Params) -> Value {
    serde_json::to_value(params).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::parse_yaml;

    fn params(text: &str) -> (Params, Problems) {
        let source = Source::new("s.yaml", text);
        let mut problems = Problems::new();
        let node = parse_yaml(&source, &mut problems).expect("yaml");
        let params = read(&node, &source, &mut problems);
        (params, problems)
    }

    #[test]
    fn every_parameter_is_read() {
        let (params, problems) = params(
            "{temperature: 0, top_p: 0.5, top_k: 4, max_tokens: 800, stop: END, seed: -3, presence_penalty: -1, \
             frequency_penalty: 1.5, effort: low, thinking_budget: 0, service_tier: flex, logprobs: 3, extra: {a: 1}}",
        );
        assert!(problems.is_empty(), "{}", problems.render(false));
        let json = serde_json::json!({"temperature": 0.0, "top_p": 0.5, "top_k": 4, "max_tokens": 800, "stop": ["END"],
            "seed": -3, "presence_penalty": -1.0, "frequency_penalty": 1.5, "effort": "low", "thinking_budget": 0,
            "service_tier": "flex", "logprobs": 3, "extra": {"a": 1}});
        assert_eq!(to_json(&params), json);
    }

    #[test]
    fn wrong_parameters_are_all_reported() {
        let (params, problems) =
            params("{temperature: 3, max_tokens: 0, effort: lots, max_token: 5, logprobs: 21, extra: 1, stop: [1]}");
        let shown = problems.render(false);
        assert_eq!(problems.error_count(), 7, "{shown}");
        assert!(shown.contains("did you mean `max_tokens`?"), "{shown}");
        assert_eq!(params, Params::default());
    }
}
