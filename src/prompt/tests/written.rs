//! Version files of every kind, as a source of cases for properties.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::Project;

/// The mapping that a value is.
pub(in crate::prompt) fn map(value: Value) -> Map<String, Value> {
    let Value::Object(map) = value else { panic!("{value}") };
    map
}

/// A project with the examples that [`definition`] names.
pub(in crate::prompt) fn written_project() -> Project {
    Project::new(&[(
        "prompts/p/shots.jsonl",
        "{\"vars\": {\"a\": \"other\", \"b\": \"other\"}, \"output\": \"one\"}\n{\"id\": \"two\", \"vars\": {\"a\": \"yes\", \"b\": \"1\"}, \"output\": {\"k\": [2]}}\n",
    )])
}

/// Text that printers and templates stumble over; many of these templates are broken.
pub(in crate::prompt) fn hostile() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        " ",
        "\n",
        "\t",
        "\r\n",
        "#",
        ": ",
        "- ",
        "'",
        "\"",
        "\\",
        "yes",
        "null",
        "1.0",
        "{{ a }}",
        "{{ b | upper }}",
        "{{ a | section(name=\"s\") }}",
        "{% if a %}x{% endif %}",
        "é",
        "😀",
        "\u{200b}",
        "\u{85}",
        "\0",
        "word",
        "|",
        ">",
        "[",
        "}",
        "{",
    ]);
    prop::collection::vec(piece, 0..6).prop_map(|pieces| format!("{}.", pieces.concat()))
}

fn message() -> impl Strategy<Value = Value> {
    (prop::sample::select(vec!["system", "user", "assistant"]), hostile())
        .prop_map(|(role, text)| json!({"role": role, "content": text}))
}

fn variable() -> impl Strategy<Value = Value> {
    let limits = (any::<bool>(), prop::option::of(400..900_u32), any::<bool>());
    (hostile(), prop::option::of(hostile()), limits).prop_map(|(about, default, (choice, max_tokens, pattern))| {
        let mut rules = map(json!({"about": about, "type": "string", "max_chars": 500}));
        if let Some(default) = default {
            if choice {
                rules.insert("one_of".to_owned(), json!([default, "other", "yes", "1"]));
            }
            rules.insert("default".to_owned(), json!(default));
        }
        if let Some(max_tokens) = max_tokens {
            rules.insert("max_tokens".to_owned(), json!(max_tokens));
        }
        if pattern {
            rules.insert("pattern".to_owned(), json!("[.a-z1]"));
        }
        Value::Object(rules)
    })
}

fn params() -> impl Strategy<Value = Value> {
    (prop::option::of(0.0..2.0_f64), prop::option::of(1..9_000_u32), prop::collection::vec(hostile(), 0..3)).prop_map(
        |(temperature, max_tokens, stop)| {
            let mut params = Map::new();
            if let Some(temperature) = temperature {
                params.insert("temperature".to_owned(), json!(temperature));
            }
            if let Some(max_tokens) = max_tokens {
                params.insert("max_tokens".to_owned(), json!(max_tokens));
            }
            params.insert("stop".to_owned(), json!(stop));
            Value::Object(params)
        },
    )
}

fn examples() -> impl Strategy<Value = Value> {
    prop_oneof![
        (1..=2_u32).prop_map(|pick| json!({"from": "shots.jsonl", "pick": pick})),
        any::<u32>().prop_map(|seed| json!({"from": "./shots.jsonl", "pick": 1, "by": "random", "seed": seed})),
        (-1.0..1.0_f64).prop_map(
            |least| json!({"from": "shots.jsonl", "pick": 2, "by": "similarity", "on": ["b"], "with": "tfidf", "threshold": least})
        ),
        (0.0..1.0_f64)
            .prop_map(|weight| json!({"from": "shots.jsonl", "pick": 2, "by": "mmr", "with": "bm25", "diversity": weight})),
    ]
}

fn truncate() -> impl Strategy<Value = Value> {
    (1..9_000_u32, hostile())
        .prop_map(|(tokens, marker)| json!({"a": tokens, "b": {"tokens": tokens, "marker": marker}}))
}

/// What a version file may say, with variables `a` and `b` and every key there is.
pub(in crate::prompt) fn definition() -> impl Strategy<Value = Value> {
    let style = || prop::option::of(prop::sample::select(vec!["xml", "markdown"]));
    let later = (prop::option::of(examples()), style(), prop::option::of(truncate()), style(), truncate());
    (prop::collection::vec(message(), 0..3), variable(), variable(), params(), hostile(), later).prop_map(
        |(mut messages, a, b, params, about, (examples, style, truncate, over_style, over_truncate))| {
            messages.push(json!({"role": "user", "content": "{{ a }} {{ b }}"}));
            let mut over = map(json!({"params": params, "truncate": over_truncate}));
            over.extend(over_style.map(|style| ("style".to_owned(), json!(style))));
            let mut definition = map(json!({
                "about": about, "messages": messages, "variables": {"a": a, "b": b}, "params": params,
                "models": {"anthropic/*": over, "openai/gpt-5*": {"params": {"extra": {"k: ": about}}}},
                "output": {"format": "json", "schema": {"title": about, "type": "object", "properties": {"p": {"enum": [about]}}}},
            }));
            definition.extend(examples.map(|examples| ("examples".to_owned(), examples)));
            definition.extend(style.map(|style| ("style".to_owned(), json!(style))));
            definition.extend(truncate.map(|truncate| ("truncate".to_owned(), truncate)));
            Value::Object(definition)
        },
    )
}
