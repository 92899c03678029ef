//! Parameters of a call as users write them, and what a prompt overrides by model.

use serde_json::{Map, Value, json};

use super::super::language::section::Style;
use super::budget::Truncation;

use crate::base::{Diagnostic, Fields, Kind, ModelRef, Node, Problems, Source};
use crate::record::{Effort, Params};

/// Reads a `params:` mapping; ranges are those of the providers' documentation.
///
/// `null` takes a parameter away that a layer below sets, such as the prompt's own for one of its models.
///
/// Used for prompts and wherever else parameters are written, so that they mean the same everywhere.
pub fn read_params(node: &Node, source: &Source, problems: &mut Problems) -> Params {
    let Some(mut fields) = Fields::of(node, "params mapping", source, problems) else { return Params::default() };
    let efforts: Vec<(&'static str, Effort)> = Effort::ALL.to_vec();
    let whole = |fields: &mut Fields<'_>, name, from: i64, problems: &mut Problems| {
        fields.whole(name, from..=i64::from(u32::MAX), problems).and_then(|value| u32::try_from(value).ok())
    };
    let params = Params {
        temperature: fields.number("temperature", 0.0..=2.0, problems),
        top_p: fields.number("top_p", 0.0..=1.0, problems),
        top_k: whole(&mut fields, "top_k", 1, problems),
        max_tokens: whole(&mut fields, "max_tokens", 1, problems),
        stop: read_stop(&mut fields, problems),
        seed: fields.whole("seed", i64::MIN..=i64::MAX, problems),
        presence_penalty: fields.number("presence_penalty", -2.0..=2.0, problems),
        frequency_penalty: fields.number("frequency_penalty", -2.0..=2.0, problems),
        effort: fields.choice("effort", &efforts, problems),
        thinking_budget: whole(&mut fields, "thinking_budget", 0, problems),
        service_tier: fields.text("service_tier", problems).map(str::to_owned),
        logprobs: fields.whole("logprobs", 0..=20, problems).and_then(|value| u8::try_from(value).ok()),
        extra: read_extra(&mut fields, problems),
        unset: Params::NAMES
            .iter()
            .filter(|name| fields.raw(name).is_some_and(|node| node.kind == Kind::Null))
            .map(|name| (*name).to_owned())
            .collect(),
    };
    fields.finish(problems);
    params
}

fn read_stop(fields: &mut Fields<'_>, problems: &mut Problems) -> Vec<String> {
    let stop: Vec<String> =
        fields.texts("stop", problems).unwrap_or_default().into_iter().map(|(text, _)| text.to_owned()).collect();
    if stop.iter().any(String::is_empty) {
        fields.invalid("stop", "an empty text in `stop` would end every answer at once", problems);
    }
    stop
}

fn read_extra(fields: &mut Fields<'_>, problems: &mut Problems) -> Map<String, Value> {
    let Some(node) = fields.node("extra") else { return Map::new() };
    if let Value::Object(map) = node.to_json() {
        return map;
    }
    fields.invalid("extra", format!("`extra` must be a mapping, this is {}", node.describe()), problems);
    Map::new()
}

/// Overrides by model: of parameters, of the style of sections, of token budgets.
///
/// A pattern is matched against `provider/model`; `*` stands for any characters (slashes too), `?` for one. All patterns
/// that match apply, the more specific over the less specific, so that each parameter, budget and style comes from the
/// most specific pattern that sets it. More specific is the pattern with more literal characters; among equals the one that comes
/// later in the alphabet, so that the order in the file does not matter.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::prompt) struct Overrides(pub(in crate::prompt) Vec<Override>);

/// What one pattern overrides.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::prompt) struct Override {
    pub(in crate::prompt) pattern: String,
    pub(in crate::prompt) params: Params,
    pub(in crate::prompt) style: Option<Style>,
    pub(in crate::prompt) truncate: Truncation,
}

impl Overrides {
    /// Reads a `models:` mapping.
    pub(in crate::prompt) fn read(node: &Node, source: &Source, problems: &mut Problems) -> Overrides {
        let Some(entries) = node.as_map() else {
            let message = format!("`models` must be a mapping of patterns, this is {}", node.describe());
            problems.push(
                Diagnostic::error("wrong-type", message)
                    .at(source.place(node.span))
                    .help("such as `models: {\"anthropic/*\": {params: {max_tokens: 700}}}`"),
            );
            return Overrides::default();
        };
        let mut list = Vec::new();
        for (key, value) in entries {
            if !key.text.contains(['/', '*']) {
                let message = format!("`{}` matches no model: models are written `provider/model`", key.text);
                problems.push(
                    Diagnostic::error("model-pattern", message)
                        .at(source.place(key.span))
                        .help(format!("write `*/{}` or name the provider", key.text)),
                );
            }
            let Some(mut fields) = Fields::of(value, "model override", source, problems) else { continue };
            let params = fields.node("params").map(|node| read_params(node, source, problems));
            let style = fields.choice("style", Style::ALL, problems);
            let truncate = fields.node("truncate").map(|node| Truncation::read(node, source, problems));
            if params.is_none() && fields.raw("style").is_none() && truncate.is_none() {
                fields.missing("params", problems);
            }
            fields.finish(problems);
            list.push(Override {
                pattern: key.text.clone(),
                params: params.unwrap_or_default(),
                style,
                truncate: truncate.unwrap_or_default(),
            });
        }
        let rank = |over: &Override| (specificity(&over.pattern), over.pattern.clone());
        list.sort_by_cached_key(rank);
        Overrides(list)
    }

    /// The overrides for a model, the more specific later; none when there is no model yet.
    pub(in crate::prompt) fn matching(&self, model: Option<&ModelRef>) -> impl Iterator<Item = &Override> {
        let name = model.filter(|_| !self.0.is_empty()).map(ToString::to_string);
        self.0.iter().filter(move |over| name.as_deref().is_some_and(|name| matches(&over.pattern, name)))
    }

    /// The patterns and what each sets, the most specific last.
    pub(in crate::prompt) fn patterns(&self) -> impl Iterator<Item = (&str, &Params)> {
        self.0.iter().map(|over| (over.pattern.as_str(), &over.params))
    }

    /// `base` with all overrides for `model` on top.
    pub(in crate::prompt) fn apply(&self, base: &Params, model: Option<&ModelRef>) -> Params {
        self.matching(model).fold(base.clone(), |params, over| params.overlaid(&over.params))
    }

    /// Part of the prompt's digest.
    pub(in crate::prompt) fn identity(&self) -> Value {
        Value::Object(self.0.iter().map(|over| (over.pattern.clone(), over.identity())).collect())
    }
}

impl Override {
    /// Its parameters alone where there is nothing else, as prompts without styles and budgets have always had it.
    fn identity(&self) -> Value {
        let params = serde_json::to_value(&self.params).unwrap_or(Value::Null);
        if self.style.is_none() && self.truncate.is_empty() {
            return params;
        }
        json!({"params": params, "style": self.style.map(Style::word), "truncate": self.truncate.identity()})
    }
}

fn specificity(pattern: &str) -> usize {
    pattern.chars().filter(|c| !matches!(c, '*' | '?')).count()
}

/// Glob match in linear memory; on a mismatch only the last `*` is tried further.
pub(in crate::prompt) fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(wanted) = name.get(n) {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == '?' || c == wanted => {
                p += 1;
                n += 1;
            }
            _ => {
                let Some((at, from)) = star else { return false };
                star = Some((at, from + 1));
                p = at + 1;
                n = from + 1;
            }
        }
    }
    pattern.iter().skip(p).all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::parse_yaml;

    fn parse(yaml: &str) -> (Node, Source) {
        let source = Source::new("p.yaml", yaml);
        (parse_yaml(&source, &mut Problems::new()).expect("yaml"), source)
    }

    #[test]
    fn all_parameters_are_read() {
        let (node, source) = parse(
            "{temperature: 0, top_p: 0.5, top_k: 40, max_tokens: 800, stop: END, seed: -1, presence_penalty: -2,
              frequency_penalty: 2, effort: low, thinking_budget: 0, service_tier: flex, logprobs: 20, extra: {a: {b: 1}}}",
        );
        let mut problems = Problems::new();
        let params = read_params(&node, &source, &mut problems);
        assert!(problems.is_empty(), "{}", problems.render(false));
        let wanted = serde_json::json!({
            "temperature": 0.0, "top_p": 0.5, "top_k": 40, "max_tokens": 800, "stop": ["END"], "seed": -1,
            "presence_penalty": -2.0, "frequency_penalty": 2.0, "effort": "low", "thinking_budget": 0,
            "service_tier": "flex", "logprobs": 20, "extra": {"a": {"b": 1}}
        });
        assert_eq!(serde_json::to_value(&params).expect("json"), wanted);
    }

    #[test]
    fn values_out_of_range_are_all_reported() {
        let (node, source) = parse(
            "{temperature: 2.1, top_p: -0.1, top_k: 0, max_tokens: 0, stop: [''], seed: x, presence_penalty: 3,
              frequency_penalty: -3, effort: hgih, thinking_budget: -1, service_tier: 1, logprobs: 21, extra: 1, temp: 1}",
        );
        let mut problems = Problems::new();
        read_params(&node, &source, &mut problems);
        assert_eq!(problems.error_count(), 14, "{}", problems.render(false));
        let text = problems.render(false);
        assert!(text.contains("did you mean `high`?") && text.contains("`temp` is not a key"), "{text}");
    }

    #[test]
    fn patterns_match_as_globs() {
        for (pattern, name, wanted) in [
            ("anthropic/*", "anthropic/claude-haiku-4-5", true),
            ("*", "openrouter/openai/gpt-5", true),
            ("*/gpt-?", "openrouter/openai/gpt-5", true),
            ("openai/gpt-5", "openai/gpt-5.4-mini", false),
            ("*mini*", "openai/gpt-5.4-mini", true),
            ("*a*b*c", "xaxbxbxc", true),
            ("*a*b*c", "xaxbxbxcd", false),
            ("", "a/b", false),
        ] {
            assert_eq!(matches(pattern, name), wanted, "{pattern} {name}");
        }
    }

    #[test]
    fn the_most_specific_pattern_wins_for_each_parameter() {
        let text = |order: [&str; 3]| format!("{{{}, {}, {}}}", order[0], order[1], order[2]);
        let entries = [
            "'*': {params: {temperature: 1, top_p: 0.1, max_tokens: 1}}",
            "'anthropic/claude-*': {params: {max_tokens: 3}}",
            "'anthropic/*': {params: {max_tokens: 2, top_p: 0.2}}",
        ];
        let model = ModelRef::parse("anthropic/claude-haiku-4-5").expect("model");
        let mut problems = Problems::new();
        let mut read = |order| {
            let (node, source) = parse(&text(order));
            Overrides::read(&node, &source, &mut problems)
        };
        let one = read(entries);
        let other = read([entries[2], entries[1], entries[0]]);
        assert_eq!(one, other, "the order in the file does not matter");
        let params = one.apply(&Params { temperature: Some(0.0), ..Params::default() }, Some(&model));
        assert_eq!((params.temperature, params.top_p, params.max_tokens), (Some(1.0), Some(0.2), Some(3)));
        assert!(problems.is_empty());
    }

    #[test]
    fn a_pattern_that_can_match_nothing_is_an_error() {
        let (node, source) = parse("{gpt-5: {params: {seed: 1}}, 'a/*': {parms: {}}, 'b/*': 1}");
        let mut problems = Problems::new();
        Overrides::read(&node, &source, &mut problems);
        let text = problems.render(false);
        for wanted in ["matches no model", "write `*/gpt-5`", "did you mean `params`?", "must be a mapping"] {
            assert!(text.contains(wanted), "{wanted} not in {text}");
        }
    }
}
