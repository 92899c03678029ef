//! Exports of a prompt whose text is decided on when it is called: examples are picked, long values cut, sections styled.

use serde_json::{Value, json};

use super::super::tests::{Project, model, vars};
use super::format::Format;
use super::tests::export;

/// A prompt that decides on its text when it is called.
fn deciding() -> Project {
    Project::new(&[
        (
            "prompts/p/1.0.0.yaml",
            "messages:\n  - {role: user, content: \"{{ a | section(name=\\\"s\\\") }}{{ b | json }}\"}\nvariables:\n  a: {type: string, max_tokens: 900}\n  b: string\nexamples: {from: ./shots.jsonl, pick: 1, by: random, seed: 4}\nstyle: markdown\ntruncate: {a: 5}\nmodels: {\"x/*\": {style: xml, truncate: {b: {tokens: 7, marker: …}}, params: {seed: 1}}}\n",
        ),
        (
            "prompts/p/shots.jsonl",
            "{\"id\": \"one\", \"vars\": {\"a\": \"A\", \"b\": \"B\"}, \"output\": {\"k\": 1}}\n{\"vars\": {\"a\": \"C\", \"b\": \"D\"}, \"output\": \"D\"}\n",
        ),
    ])
}

#[test]
fn what_is_decided_at_the_call_is_never_dropped_in_silence() {
    let project = deciding();
    let told = |format| {
        let exported = export(&project, format);
        let all = exported.refused.iter().chain(&exported.beside);
        all.map(|problem| problem.message.replace("the format cannot say ", "")).collect::<Vec<_>>()
    };
    let always = [
        "`examples`",
        "`style: markdown`",
        "`truncate` of `a`",
        "`style: xml` for `x/*`",
        "`truncate` of `b` for `x/*`",
        "this part of the template: the filter `section` has no translation",
        "this part of the template: the filter `json` has no translation",
    ];
    let max_tokens = "`max_tokens` of the variable `a`";
    let overrides = "`models: x/*`, parameters of some models only";
    let beside = "the rules of the variables of `p@1.0.0` left out";
    for (format, more) in [
        ("dotprompt", vec![overrides, max_tokens]),
        ("prompty", vec![overrides, max_tokens]),
        ("openai", vec![overrides, beside]),
        ("promptfoo", vec!["the parameters of `p@1.0.0` left out", beside]),
    ] {
        assert_eq!(told(format), [&always[..], &more].concat(), "{format}");
    }
    // What is refused is found at its place.
    let places: Vec<u32> = export(&project, "dotprompt")
        .refused
        .iter()
        .map(|problem| problem.place.as_ref().expect("a place").line)
        .collect();
    assert_eq!(&places[..7], [6, 0, 8, 0, 9, 2, 2]);
    // Formats that say everything, or nothing of it, refuse nothing.
    for format in ["json", "env"] {
        assert_eq!(told(format), Vec::<String>::new(), "{format}");
    }
}

#[test]
fn the_whole_definition_holds_examples_style_and_budgets() {
    let document: Value = serde_json::from_str(&export(&deciding(), "json").text).expect("json");
    let list = json!([
        {"id": "one", "vars": {"a": "A", "b": "B"}, "output": {"k": 1}},
        {"id": "#2", "vars": {"a": "C", "b": "D"}, "output": "D"},
    ]);
    let examples = json!({"from": "./shots.jsonl", "pick": 1, "by": "random", "seed": 4, "list": list});
    assert_eq!(document["examples"], examples);
    assert_eq!(document["style"], "markdown");
    assert_eq!(document["truncate"], json!({"a": {"tokens": 5, "marker": "\n[truncated]"}}));
    let over = json!({"params": {"seed": 1}, "style": "xml", "truncate": {"b": {"tokens": 7, "marker": "…"}}});
    assert_eq!(document["models"], json!({"x/*": over}));
    assert_eq!(document["variables"]["a"]["max_tokens"], 900);
    let plain = Project::new(&[("prompts/p/1.0.0.yaml", "template: x\nmodels: {\"x/*\": {params: {seed: 1}}}\n")]);
    let document: Value = serde_json::from_str(&export(&plain, "json").text).expect("json");
    assert_eq!(
        (&document["examples"], &document["style"], &document["truncate"]),
        (&Value::Null, &Value::Null, &json!({}))
    );
    assert_eq!(document["models"], json!({"x/*": {"params": {"seed": 1}, "style": null, "truncate": {}}}));
}

#[test]
fn a_filled_in_prompt_has_its_examples_and_cuts() {
    let project = deciding();
    let prompt = project.prompt("p");
    let long = "many words that go on and on and on";
    let rendered = prompt.render(&vars(json!({"a": long, "b": "x"})), &model("a/b")).expect("rendered");
    for format in ["openai", "promptfoo"] {
        let exported = Format::named(format).expect("format").write(&prompt, Some(&rendered)).expect("exported");
        assert_eq!(exported.refused, [], "{format}");
        assert!(
            exported.text.contains("many words that go\\n```") && !exported.text.contains(long),
            "{}",
            exported.text
        );
        assert_eq!(exported.text.matches("\"role\"").count(), 3, "an example is two messages: {}", exported.text);
    }
}
