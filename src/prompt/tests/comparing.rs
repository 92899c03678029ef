//! What differs between two prompts.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::diff::compare::template_text;
use super::super::*;
use super::Project;
use crate::base::ModelRef;
use crate::record::Vars;

const ONE: &str = "about: Reviews code\nmessages:\n  - {role: system, content: You are a reviewer. Answer as JSON.}\n  - {role: user, content: \"Review {{ code }}\"}\nvariables:\n  code: {type: string, max_chars: 100}\nparams: {temperature: 0, max_tokens: 800}\nmodels: {\"anthropic/*\": {params: {max_tokens: 700}}}\noutput: {format: json, schema: {type: object, required: [a], properties: {a: {type: string}}}}\n";
const TWO: &str = "about: Reviews a change\nmessages:\n  - {role: system, content: You are a strict reviewer. Answer as YAML.}\n  - {role: assistant, content: \"I will.{% include 'end.txt' %}\"}\n  - {role: user, content: \"Review {{ code }} in {{ language }}\"}\nvariables:\n  code: {type: string, max_chars: 200}\n  language: string\nparams: {temperature: 0, max_tokens: 900, seed: 1}\nmodels: {\"openai/*\": {params: {max_tokens: 700}}}\noutput: {format: json, schema: {type: object, required: [a], properties: {a: {type: integer}}}}\n";

fn diff(one: &str, two: &str) -> PromptDiff {
    let (before, after) = prompts(one, two);
    PromptDiff::of(&before, &after)
}

fn prompts(one: &str, two: &str) -> (Arc<Prompt>, Arc<Prompt>) {
    let project = Project::new(&[
        ("prompts/p/1.0.0.yaml", one),
        ("prompts/p/2.0.0.yaml", two),
        ("prompts/_partials/end.txt", "Bye."),
    ]);
    (project.prompt("p@1.0.0"), project.prompt("p@2.0.0"))
}

/// The first text that pieces were made of.
fn before_of(pieces: &[Piece]) -> String {
    pieces.iter().filter(|piece| piece.mark != Mark::Added).map(|piece| piece.text.as_str()).collect()
}

fn shown(changes: &[ValueChange]) -> Vec<String> {
    let value = |value: &Option<Value>| value.as_ref().map_or("—".to_owned(), Value::to_string);
    changes.iter().map(|change| format!("{} {} {}", change.key, value(&change.before), value(&change.after))).collect()
}

#[test]
fn everything_that_differs_is_told_in_its_place() {
    let diff = diff(ONE, TWO);
    assert!(!diff.same_content && !diff.is_empty());
    let messages: Vec<_> = diff.messages.iter().map(|m| (m.change, m.before, m.after)).collect();
    assert_eq!(
        messages,
        [(Change::Changed, Some(1), Some(1)), (Change::Added, None, Some(2)), (Change::Changed, Some(2), Some(3)),]
    );
    let words: Vec<(Mark, &str)> = diff.messages[0].text.iter().map(|p| (p.mark, p.text.as_str())).collect();
    assert_eq!(
        words,
        [
            (Mark::Same, "You are a "),
            (Mark::Added, "strict "),
            (Mark::Same, "reviewer. Answer as "),
            (Mark::Removed, "JSON"),
            (Mark::Added, "YAML"),
            (Mark::Same, "."),
        ]
    );
    let variables: Vec<_> = diff.variables.iter().map(|v| (v.name.as_str(), v.change, v.is_breaking())).collect();
    assert_eq!(variables, [("code", Change::Changed, false), ("language", Change::Added, true)]);
    assert_eq!(shown(&diff.variables[0].rules), ["max_chars 100 200"]);
    assert_eq!(shown(&diff.params), ["max_tokens 800 900", "seed — 1"]);
    let overrides: Vec<_> = diff.overrides.iter().map(|o| (o.pattern.as_str(), o.change)).collect();
    assert_eq!(overrides, [("anthropic/*", Change::Removed), ("openai/*", Change::Added)]);
    assert_eq!(shown(&diff.output), ["schema.properties.a.type \"string\" \"integer\""]);
    assert_eq!(diff.partials[0].name, "end.txt");
    assert_eq!(diff.partials[0].change, Change::Added);
    assert!(diff.about.is_some_and(|about| before_of(&about) == "Reviews code"));
    assert!(diff.other.is_empty());
}

#[test]
fn removing_a_variable_or_requiring_it_is_breaking() {
    let old = "template: \"{{ a }}{{ b }}\"\nvariables: {a: {default: x}, b: string}\n";
    let new = "template: \"{{ a }}\"\nvariables: {a: string}\n";
    let found = diff(old, new);
    let breaking: Vec<_> = found.variables.iter().map(|v| (v.name.as_str(), v.change, v.is_breaking())).collect();
    assert_eq!(breaking, [("a", Change::Changed, true), ("b", Change::Removed, true)]);
    assert!(diff(new, old).variables.iter().any(|v| v.name == "a" && !v.is_breaking()));
}

#[test]
fn one_text_in_two_parts_is_not_the_same_message() {
    let old = "messages: [{role: user, content: [\"a\", \"b\"]}]\n";
    let new = "messages: [{role: user, content: \"a\\nb\"}]\n";
    let found = diff(old, new);
    assert_eq!(found.messages[0].change, Change::Changed);
    assert!(found.messages[0].text.iter().all(|piece| piece.mark == Mark::Same));
}

#[test]
fn only_what_it_is_for_may_differ_while_the_content_is_the_same() {
    let found = diff("about: a\ntemplate: Hi\n", "about: b # other\ntemplate: 'Hi'\n");
    assert!(found.same_content && !found.is_empty() && found.changed_messages().count() == 0);
}

#[test]
fn a_new_format_of_the_answer_is_told() {
    let found = diff("template: Hi\n", "template: Hi\noutput: {format: json}\n");
    assert_eq!(shown(&found.output), ["format \"text\" \"json\""]);
}

#[test]
fn rendered_conversations_are_compared_by_what_is_sent() {
    let (one, two) = prompts(ONE, ONE);
    let model = ModelRef::parse("openai/gpt-5").expect("model");
    let render = |prompt: &Prompt, code: &str| {
        let vars: Vars = [("code".to_owned(), json!(code))].into_iter().collect();
        prompt.render(&vars, &model).expect("renders").messages
    };
    let found = compare_rendered(&render(&one, "let a"), &render(&two, "let b"));
    let changes: Vec<Change> = found.iter().map(|message| message.change).collect();
    assert_eq!(changes, [Change::Same, Change::Changed]);
}

fn prompt_text() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec!["alpha", "beta", "{{ code }}", "漢", " ", "\n"]);
    let message = (prop::sample::select(vec!["system", "user", "assistant"]), prop::collection::vec(word, 0..8));
    (prop::collection::vec(message, 1..4), 0..3_u32).prop_map(|(messages, seed)| {
        let messages: Vec<Value> = messages
            .iter()
            .map(|(role, words)| json!({"role": role, "content": format!("x{}", words.concat())}))
            .collect();
        json!({"messages": messages, "params": {"seed": seed}}).to_string()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_prompt_does_not_differ_from_itself(text in prompt_text()) {
        let found = diff(&text, &text);
        prop_assert!(found.is_empty() && found.changed_messages().count() == 0);
        prop_assert!(found.params.is_empty() && found.variables.is_empty() && found.other.is_empty());
    }

    #[test]
    fn the_difference_holds_every_message_of_both(one in prompt_text(), two in prompt_text()) {
        let (before, after) = prompts(&one, &two);
        let found = PromptDiff::of(&before, &after);
        prop_assert_eq!(found.same_content, before.digest == after.digest);
        let side = |number: fn(&MessageDiff) -> Option<usize>, without: Mark| -> Vec<String> {
            let own = found.messages.iter().filter(|message| number(message).is_some());
            let text = |pieces: &[Piece]| {
                pieces.iter().filter(|piece| piece.mark != without).map(|piece| piece.text.as_str()).collect()
            };
            own.map(|message| text(&message.text)).collect()
        };
        let texts = |prompt: &Prompt| prompt.message_views().iter().map(template_text).collect::<Vec<_>>();
        prop_assert_eq!(side(|m| m.before, Mark::Added), texts(&before));
        prop_assert_eq!(side(|m| m.after, Mark::Removed), texts(&after));
    }
}
