//! Applies a check to a reply: the one place of negation, thresholds and the rule for texts that never came.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::Value;

use super::among::waiting;
use super::check::{Body, Check, Finding, From, Grader, ScoreInput};
use super::group::{self, Member};
use super::reason;
use super::settings::Settings;
use super::spec::Build;
use super::world::{Examined, World};
use crate::base::Ratio;
use crate::record::{Finish, Score, ScoreState};

/// Applies `check` to a reply. Pure: the same input gives the same score.
///
/// `not_` is applied here and nowhere else: the value becomes 1 − value, a pass a fail and a fail a pass; an ungraded
/// or inapplicable check stays what it is. A check on text is ungraded when no visible text came because the token
/// limit was used up before.
pub fn score(check: &Check, input: &ScoreInput<'_>) -> Score {
    let (found, details) = find(check, input);
    present(check, found, details, input)
}

/// As [`score`], for a check that may ask judges: what it asks goes through `world`.
pub async fn score_asking(check: &Check, input: &ScoreInput<'_>, world: &dyn World) -> Score {
    if check.asks.is_empty() {
        return score(check, input);
    }
    let (found, details) = find_asking(check, input, world).await;
    present(check, found, details, input)
}

/// A finding with its pass or fail, before negation.
pub(super) enum Found {
    Graded { value: Ratio, passed: bool, seen: String, wanted: String },
    Ungraded(String),
    NotApplicable(String),
}

pub(super) fn present(check: &Check, found: Found, details: Option<Value>, input: &ScoreInput<'_>) -> Score {
    let (state, reason) = settle(check, found, input);
    Score {
        name: check.name.clone(),
        check: check.word.clone(),
        version: check.spec.version,
        weight: check.weight,
        state,
        reason: reason::bounded(reason),
        details,
    }
}

fn settle(check: &Check, found: Found, input: &ScoreInput<'_>) -> (ScoreState, String) {
    match found {
        Found::Ungraded(reason) => (ScoreState::Ungraded, reason),
        Found::NotApplicable(reason) => (ScoreState::NotApplicable, reason),
        Found::Graded { value, passed, seen, wanted } => {
            let (value, passed, but) =
                if check.negated { (value.inverted(), !passed, "anything but ") } else { (value, passed, "") };
            // Pieces put together are an eighth of the work of a format, and every score has a reason.
            let mut reason = ["saw ", &seen, "; wanted ", but, &wanted].concat();
            if !passed && check.spec.reads_text && input.reply.finish == Finish::Length {
                reason.push_str("; the reply was cut by the token limit");
            }
            (ScoreState::Scored { value, passed }, reason)
        }
    }
}

fn find(check: &Check, input: &ScoreInput<'_>) -> (Found, Option<Value>) {
    if let Some(reason) = missing(check, input) {
        return (Found::Ungraded(reason), None);
    }
    let examined = match &check.body {
        Body::Ready(grader) => examine(grader, input),
        Body::Deferred { settings, origins } => match resolved(check, settings, origins, input) {
            Ok(grader) => examine(&grader, input),
            Err(reason) => Finding::Ungraded(reason).into(),
        },
        Body::AllOf(members) => return (group::all_of(&scored(members, input), check.threshold), None),
        Body::AnyOf(members) => return (group::any_of(&scored(members, input), check.threshold), None),
    };
    (judge(check, examined.finding), examined.details)
}

/// Boxed, because groups hold checks.
fn find_asking<'a>(
    check: &'a Check,
    input: &'a ScoreInput<'a>,
    world: &'a dyn World,
) -> BoxFuture<'a, (Found, Option<Value>)> {
    Box::pin(async move {
        if let Some(reason) = missing(check, input) {
            return (Found::Ungraded(reason), None);
        }
        let examined = match &check.body {
            Body::Ready(grader) => ask(grader, input, world).await,
            Body::Deferred { settings, origins } => match resolved(check, settings, origins, input) {
                Ok(grader) => ask(&grader, input, world).await,
                Err(reason) => Finding::Ungraded(reason).into(),
            },
            Body::AllOf(members) => {
                return (group::all_of(&scored_asking(members, input, world).await, check.threshold), None);
            }
            Body::AnyOf(members) => {
                return (group::any_of(&scored_asking(members, input, world).await, check.threshold), None);
            }
        };
        (judge(check, examined.finding), examined.details)
    })
}

/// Why the check has nothing to look at.
pub(super) fn missing(check: &Check, input: &ScoreInput<'_>) -> Option<String> {
    if check.spec.reads_text { missing_text(input) } else { None }
}

/// Compares a finding with the threshold.
pub(super) fn judge(check: &Check, finding: Finding) -> Found {
    match finding {
        Finding::Graded { value, seen, wanted } => {
            let passed = value >= check.threshold.unwrap_or(Ratio::clamped(check.spec.pass_at));
            Found::Graded { value, passed, seen, wanted }
        }
        Finding::Decided { value, passed, seen, wanted } => {
            let passed = check.threshold.map_or(passed, |threshold| value >= threshold);
            Found::Graded { value, passed, seen, wanted }
        }
        Finding::Ungraded(reason) => Found::Ungraded(reason),
        Finding::NotApplicable(reason) => Found::NotApplicable(reason),
    }
}

fn examine(grader: &Grader, input: &ScoreInput<'_>) -> Examined {
    match grader {
        Grader::Pure(scorer) => scorer.examine(input),
        Grader::Asking(_) => Finding::Ungraded("nobody can be asked here".to_owned()).into(),
        Grader::Among(_) => waiting(),
    }
}

async fn ask(grader: &Grader, input: &ScoreInput<'_>, world: &dyn World) -> Examined {
    match grader {
        Grader::Pure(scorer) => scorer.examine(input),
        Grader::Asking(asking) => asking.grade(input, world).await,
        Grader::Among(_) => waiting(),
    }
}

fn scored(members: &[Arc<Check>], input: &ScoreInput<'_>) -> Vec<Member> {
    members.iter().map(|member| Member::of(score(member, input))).collect()
}

/// One after the other: a judge is asked in the order that the suite tells.
async fn scored_asking(members: &[Arc<Check>], input: &ScoreInput<'_>, world: &dyn World) -> Vec<Member> {
    let mut scored = Vec::with_capacity(members.len());
    for member in members {
        scored.push(Member::of(score_asking(member, input, world).await));
    }
    scored
}

/// Compiles a check with the values of the case.
pub(super) fn resolved(
    check: &Check,
    settings: &Settings,
    origins: &[(&'static str, From)],
    input: &ScoreInput<'_>,
) -> Result<Grader, String> {
    let mut settings = settings.clone();
    for (option, origin) in origins {
        settings.set(option, origin.resolve(input.case)?.clone());
    }
    let Build::Scorer(prepare) = check.spec.build else {
        return Err("internal error: a group was compiled as a scorer".to_owned());
    };
    prepare(&settings).map(|prepared| prepared.grader).map_err(|faults| {
        let first = faults.first().map_or_else(String::new, |fault| fault.message.clone());
        let places: Vec<String> = origins.iter().map(|(_, origin)| format!("`{origin}`")).collect();
        format!("{} of the case does not fit `{}`: {first}", places.join(", "), check.word)
    })
}

/// Why there is no text to judge, when the token limit was reached before any: that is no answer, not a wrong one.
fn missing_text(input: &ScoreInput<'_>) -> Option<String> {
    let reply = input.reply;
    if reply.finish != Finish::Length || !reply.text.trim().is_empty() {
        return None;
    }
    let thought = reply.usage.and_then(|usage| usage.reasoning);
    match thought {
        Some(0) if reply.reasoning.is_none() => None,
        Some(tokens) if tokens > 0 => {
            Some(format!("truncated: the token budget was spent on thinking ({tokens} tokens); raise `max_tokens`"))
        }
        _ if reply.reasoning.is_some() => {
            Some("truncated: the token budget was spent on thinking; raise `max_tokens`".to_owned())
        }
        _ => Some("truncated: the token limit was reached before any visible text; raise `max_tokens`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::registry::catalogue;
    use super::super::testing::{case, check, fails, on_reply, on_text, passes, try_compile, value_of};
    use super::super::{ScoreInput, score};
    use crate::base::{Millis, Usd};
    use crate::record::{ChatReply, Finish, Score, ScoreState, Usage};
    use proptest::prelude::*;
    use serde_json::json;

    fn truncated(thought: Option<u64>) -> ChatReply {
        let usage = Usage { reasoning: thought, ..Usage::default() };
        ChatReply { finish: Finish::Length, usage: Some(usage), ..ChatReply::of_text(" \n") }
    }

    #[test]
    fn a_text_that_never_came_is_ungraded_negated_or_not() {
        for yaml in ["contains: a", "not_contains: a", "json", "length: {max: 5}", "not_json", "equals", "number: 1"] {
            let score = on_reply(yaml, &truncated(Some(2048)));
            assert_eq!(score.state, ScoreState::Ungraded, "{yaml}");
            assert!(score.reason.starts_with("truncated: the token budget was spent on thinking"), "{}", score.reason);
        }
        let unknown = on_reply("not_contains: a", &truncated(None));
        assert!(unknown.reason.starts_with("truncated: the token limit was reached"), "{}", unknown.reason);
    }

    #[test]
    fn without_thinking_or_with_some_text_it_is_graded() {
        assert!(on_reply("contains: a", &truncated(Some(0))).is_fail());
        let partial = ChatReply { text: "b".into(), ..truncated(Some(9)) };
        let score = on_reply("contains: a", &partial);
        assert!(score.is_fail() && score.reason.ends_with("the reply was cut by the token limit"), "{}", score.reason);
        let stopped = ChatReply { finish: Finish::Stop, ..truncated(Some(9)) };
        assert!(on_reply("contains: a", &stopped).is_fail());
    }

    #[test]
    fn checks_on_the_call_do_not_need_text() {
        assert!(on_reply("finish_reason: length", &truncated(Some(9))).is_pass());
        assert!(on_reply("latency: 5s", &truncated(Some(9))).is_pass());
        assert!(on_reply("not_refusal", &truncated(Some(9))).is_pass());
        assert!(on_reply("any_of: [{finish_reason: length}, {contains: a}]", &truncated(Some(9))).is_pass());
    }

    #[test]
    fn a_threshold_is_applied_before_not() {
        assert!(passes("contains_all: {value: [a, b], threshold: 0.5}", "a"));
        assert!(fails("not_contains_all: {value: [a, b], threshold: 0.5}", "a"));
        assert_eq!(value_of("not_contains_all: {value: [a, b, c, d], threshold: 0.5}", "a"), Some(0.75));
    }

    #[test]
    fn a_score_carries_name_word_version_and_weight() {
        let score = on_text("not_contains: {value: a, name: no-a, weight: 2.5}", "b");
        assert_eq!((score.name.as_str(), score.check.as_str()), ("no-a", "not_contains"));
        assert_eq!((score.version, score.weight), (1, 2.5));
        assert_eq!(on_text("json", "").name, "json");
    }

    /// One sound entry of each check that is not a group.
    const ENTRIES: &[&str] = &[
        "equals: a",
        "equals: {value: {a: 1}}",
        "one_of: [a, b]",
        "contains: a",
        "contains_any: [a, b]",
        "contains_all: [a, b]",
        "icontains: ß",
        "icontains_any: [a, İ]",
        "icontains_all: [a, b]",
        "starts_with: a",
        "ends_with: {value: a, ignore_case: true, trim: true}",
        "regex: 'a(?=b)'",
        "number: 1",
        "number: {value: 1, pick: last, percent: true, decimal_comma: true}",
        "length: {min: 3}",
        "word_count: '< 3'",
        "json",
        "exact_match: a",
        "f1: a b",
        "rouge: {value: a b, variant: lsum, tokenizer: unicode, stemmer: true}",
        "rouge: a b",
        "bleu: {value: a b, tokenizer: international, smoothing: floor}",
        "chrf: {value: a b, words: true}",
        "meteor_no_synonyms: a b",
        "ter: a b",
        "levenshtein: {value: a b, method: jaro_winkler}",
        "wer: a b",
        "cer: a b",
        "tfidf_cosine: ab cd",
        "retrieval: {value: {a: 2, b: 1}, metric: map, k: 3}",
        "context_match: {value: [a, b], path: '$[*]', figure: average_precision}",
        "context_match: {value: [a, b], context: [a, c], by: id}",
        "context_overlap: {context: [a b, é], run: 2}",
        "json_schema: {value: {type: object}}",
        "jsonpath: {path: $..a, contains: a}",
        "contains_json",
        "label: {value: a, label: first_word, labels: [a, b]}",
        "javascript: output.length % 2 === 0",
        "javascript: '({pass: output.length > 3, score: 0.25, reason: output})'",
        "python: output == 'a'",
        "exec: [judge, --strict]",
        "webhook: https://judge.example/score",
        "json_diff: {value: {a: 1, b: [x, y]}, any_order: true, fields: {/a: {absolute: 1}}}",
        "sql: {dialect: sqlite, statements: [select], tables: [a], columns: [a.b], in_block: true}",
        "xml: [a/b]",
        "html: {kind: anywhere, elements: [b]}",
        "yaml: {type: any}",
        "csv: {columns: [a, b], any_order: true}",
        "code_block: {language: json, blocks: any}",
        "quantity: {value: 5 km, pick: any}",
        "date: {value: 2024-07-01, pick: any}",
        "readability: {min: 10, max: 90}",
        "language: {value: [de, en], confidence: 0}",
        "regex: {value: '(?<a>b+)', captures: {a: b}}",
        "contains_any: {value: [a, b], at_least: 2}",
        "tool_call_valid: {tools: {f: {type: object}}, allow_none: true}",
        "tool_correctness: {value: [f, {name: g, arguments: {a: 1}}], order: in_order, score: f1}",
        "tool_args: {tool: f, value: {a: 1}}",
        "trajectory: {value: [f], used: [g], max_steps: 3}",
        "reasoning: {min_confidence: 0.5, answer: a}",
        "reasoning_consistency",
        "reasoning_progression: {likeness: 0.5}",
        "reasoning_calibration: 42",
        "pii: {kinds: [email, national_id], ignore_samples: true}",
        "secrets: {certain: true}",
        "injection",
        "system_prompt_leak: {prompt: a b c d e, words: 3}",
        "invisible_characters: {allow: [soft hyphen]}",
        "unsafe_links: [a.io]",
        "finish_reason: stop",
        "refusal",
        "latency: 1s",
        "cost: 1",
        "similarity: a",
        "moderation",
        "personal_names: [Ada]",
        "tool_carries: a",
        "similarity: {value: a, figure: euclidean}",
        "rubric: a",
        "quality",
        "factuality: a",
        "closed_qa: a",
        "faithfulness",
        "answer_relevance",
        "hallucination",
        "instruction_adherence",
        "geval: a",
        "pairwise: a",
        "select_best: [a, b]",
        "select_best: {among: variants, judge: mock/judge}",
        "pairwise: {among: variants}",
        "pairwise: {among: variants, against: mock/a}",
        "max_score: {at_least: 0.5}",
        "dag: [{id: a, ask: b?, yes: 1, no: 0}]",
        "context_precision",
        "context_recall: a",
        "context_relevance",
        "context_entity_recall: a",
        "answer_correctness: a",
        "noise_sensitivity: a",
        "summarization: a",
        "toxicity",
        "bias",
        "role_adherence",
        "task_completion",
        "conversation_relevance",
        "conversation_completeness",
        "knowledge_retention",
        "topic_adherence: a",
        "all_of: [json, {contains: a}]",
        "any_of: [json, {contains: a}, {cost: 1}]",
    ];

    #[test]
    fn every_check_has_an_entry_here() {
        for spec in catalogue() {
            assert!(ENTRIES.iter().any(|entry| check(entry).spec().name == spec.name), "{}", spec.name);
        }
    }

    #[test]
    fn every_example_of_the_catalogue_compiles() {
        for spec in catalogue() {
            // The files that examples name do not exist here; everything else must be sound.
            let (_, problems) = try_compile(spec.example.strip_prefix("- ").expect("an entry"));
            let text = problems.render(false);
            let files = ["review.schema.json", "checks/tone.py", "./checks/judge"];
            let is_missing = files.iter().any(|file| text.contains(&format!("`{file}` does not exist")));
            let errors = text.matches("error[").count();
            assert!(errors == 0 || (errors == 1 && is_missing), "{text}");
        }
    }

    fn grade(yaml: &str, text: &str, finish: Finish, cost: Option<Usd>) -> Score {
        let reply = ChatReply { finish, ..ChatReply::of_text(text) };
        let case = case(json!({}), None);
        score(&check(yaml), &ScoreInput { reply: &reply, latency: Millis(7), cost, case: &case, request: None })
    }

    fn any_text() -> impl Strategy<Value = String> {
        prop_oneof![any::<String>(), r#"[a{}\[\]",:0-9.%<>$é ßİ\n`-]{0,40}"#, "[ab1-9,. ]{0,30}"]
    }

    proptest! {
        #[test]
        fn any_text_gets_a_bounded_reason_and_not_mirrors_every_check(text in any_text(), which in 0..ENTRIES.len(), known: bool) {
            let cost = known.then_some(Usd::ZERO);
            for finish in [Finish::Stop, Finish::Length, Finish::Other] {
                let plain = grade(ENTRIES[which], &text, finish, cost);
                let negated = grade(&format!("not_{}", ENTRIES[which]), &text, finish, cost);
                prop_assert!(plain.reason.chars().count() <= 1000 && !plain.reason.is_empty());
                prop_assert!(!plain.reason.chars().any(char::is_control), "{}", plain.reason);
                match (plain.state, negated.state) {
                    (ScoreState::Scored { value: a, passed: p }, ScoreState::Scored { value: b, passed: q }) => {
                        prop_assert!((a.get() + b.get() - 1.0).abs() < 1e-12 && p != q);
                    }
                    (a, b) => prop_assert_eq!(a, b),
                }
            }
        }

        #[test]
        fn a_text_satisfies_every_check_made_of_it(text in any_text()) {
            let with = case(json!({}), Some(json!(text)));
            let on = |yaml: &str| {
                let reply = ChatReply::of_text(text.as_str());
                score(&check(yaml), &ScoreInput { reply: &reply, latency: Millis(0), cost: None, case: &with, request: None })
            };
            prop_assert!(on("equals").is_pass());
            let loose = on("equals: {from: expected, ignore_case: true, normalize: true}");
            prop_assert!(loose.is_pass());
            if !text.is_empty() {
                for yaml in ["contains", "icontains", "contains_any", "icontains_all", "starts_with", "ends_with", "one_of"] {
                    let score = on(yaml);
                    prop_assert!(score.is_pass(), "{yaml}: {}", score.reason);
                }
            }
        }
    }
}
