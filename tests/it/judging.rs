//! Checks that ask: judges and vectors over real HTTP; what they cost, what becomes of a run when they fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::project::{KEY, Project, Told};
use crate::stub::{Reaction, Seen, Stub};

const TESTED: &str = "openai/gpt-5.4-mini";
const JUDGE: &str = "anthropic/claude-haiku-4-5";

/// A project with these checks, and so many cases that are echoed.
fn project(stub: &Stub, cases: usize, head: &str, checks: &str) -> Project {
    let project = Project::new(stub.url(), TESTED, cases);
    project.write("evals/ask.yaml", &suite(head, checks));
    project
}

fn suite(head: &str, checks: &str) -> String {
    format!(
        "suite: ask\nprompts: [ask@1.0.0]\nmodels: [{TESTED}]\n{head}defaults:\n  checks:\n    - {checks}\ncases: cases/ask.jsonl\n"
    )
}

fn is_judge(seen: &Seen) -> bool {
    seen.body["model"].as_str().is_some_and(|model| model.starts_with("claude"))
}

const VERDICT: &str = r#"{"reason": "it asks", "verdict": "pass"}"#;

/// A stub that echoes, and judges as it is told: 0 passes, otherwise an HTTP status.
fn judged(mood: &Arc<AtomicU8>) -> Stub {
    let mood = Arc::clone(mood);
    Stub::start(Duration::ZERO, move |seen| match (is_judge(seen), mood.load(Ordering::SeqCst)) {
        (false, _) => Reaction::Say(seen.user.clone()),
        (true, 0) => Reaction::Say(VERDICT.to_owned()),
        (true, 1) => Reaction::Status(
            400,
            json!({"type": "error", "error": {"type": "invalid_request_error", "message": "no"}}),
            vec![],
        ),
        (true, _) => Reaction::Status(
            401,
            json!({"type": "error", "error": {"type": "authentication_error", "message": "invalid x-api-key"}}),
            vec![],
        ),
    })
}

fn calls(stub: &Stub, judges: bool) -> usize {
    stub.seen().iter().filter(|seen| is_judge(seen) == judges).count()
}

fn counts(told: &Told) -> [u64; 4] {
    let report = told.json();
    ["pass", "fail", "error", "ungraded"].map(|word| report["totals"][word].as_u64().expect("a count"))
}

const HEAD: &str = "judge: anthropic/claude-haiku-4-5\n";
const RUBRIC: &str = "rubric: It asks a question";

#[test]
fn judges_are_asked_reported_and_shown_apart_from_the_calls_under_test() {
    let stub = judged(&Arc::default());
    let project = project(&stub, 3, HEAD, RUBRIC);
    let told = project.run("eval --format json").exits(0);
    assert_eq!(counts(&told), [3, 0, 0, 0]);
    assert_eq!((calls(&stub, false), calls(&stub, true)), (3, 3));
    let report = told.json();
    // 100 tokens in and 20 out each: gpt-5.4-mini $0.75 and $4.50 a million, claude-haiku-4-5 $1.00 and $5.00.
    let group = &report["suites"][0]["groups"][0];
    assert_eq!(group["cost_usd"], "0.000495");
    assert_eq!(group["judging"]["cost_usd"], "0.0006");
    assert_eq!((&group["judging"]["calls"], &group["judging"]["live"]), (&json!(3), &json!(3)));
    assert_eq!(report["judging"]["spent_usd"], "0.0006");
    assert_eq!(report["totals"]["spent_usd"], "0.001095", "what the run spent is all of it");
    assert_eq!(report["cache"]["live"], 3, "calls under test alone");
    let table = project.run("eval show latest --format table").exits(0).stdout;
    assert!(table.contains("judges") && table.contains("3 questions (3 live)"), "{table}");
    let markdown = project.run("eval show latest --format markdown").exits(0).stdout;
    assert!(markdown.contains("| judges |") && markdown.contains("$0.0006"), "{markdown}");

    let shown = project.run("eval show latest --case q0").exits(0).stdout;
    assert!(shown.contains("judge 1: anthropic/claude-haiku-4-5 · live · $0.0002"), "{shown}");
    assert!(shown.contains("It asks a question") && shown.contains("it asks") && shown.contains("ballots"), "{shown}");
    let exported = project.run("eval export latest").exits(0).stdout;
    let line: Value = serde_json::from_str(exported.lines().nth(1).expect("a trial")).expect("json");
    assert_eq!(line["judging"][0]["model"], JUDGE);
    assert_eq!(line["judging"][0]["cost_usd"], "0.0002");
    assert!(line["scores"][0]["details"]["ballots"].is_array(), "{line}");

    let again = project.run("eval --format json").exits(0).json();
    assert_eq!((stub.calls(), &again["judging"]["spent_usd"]), (6, &json!("0")));
    assert_eq!(again["judging"]["cost_usd"], "0.0006", "what it costs stays told");
}

#[test]
fn total_cost_is_with_judges_and_cost_per_call_without() {
    let stub = judged(&Arc::default());
    let project = project(&stub, 3, HEAD, RUBRIC);
    let verdict = |goal: &str, code: i32| {
        project.write("evals/ask.yaml", &suite(&format!("{HEAD}goal: {goal}\n"), RUBRIC));
        project.run("eval").exits(code);
    };
    verdict("{cost_per_call: < $0.0002}", 0);
    verdict("{total_cost: < $0.0011}", 0);
    verdict("{total_cost: < $0.00109}", 1);
}

#[test]
fn without_a_judge_trials_are_ungraded_and_are_graded_later_without_asking_the_model_again() {
    let mood = Arc::new(AtomicU8::new(1));
    let stub = judged(&mood);
    let project = project(&stub, 4, HEAD, RUBRIC);
    let told = project.run("eval --format json").exits(3);
    assert_eq!(counts(&told), [0, 0, 0, 4]);
    assert_eq!(told.json()["verdict"]["verdict"], "undecided");
    mood.store(0, Ordering::SeqCst);
    project.run("eval --resume").exits(3);
    let told = project.run("eval --resume --retry-errors --format json").exits(0);
    assert_eq!(counts(&told), [4, 0, 0, 0]);
    assert_eq!(calls(&stub, false), 4, "the model is asked once for each case");
}

#[test]
fn a_judge_with_a_wrong_key_stops_the_run_and_nothing_that_was_paid_is_asked_again() {
    let mood = Arc::new(AtomicU8::new(2));
    let stub = judged(&mood);
    let project = project(&stub, 200, HEAD, RUBRIC);
    let told = project.run("eval -j 4").exits(3);
    let before = calls(&stub, false);
    assert!(before <= 8 && calls(&stub, true) <= 4, "{before} calls");
    assert!(
        told.stderr.contains("`anthropic/claude-haiku-4-5`, which a check asks") && told.stderr.contains("--resume"),
        "{}",
        told.stderr
    );
    assert!(!told.stderr.contains(KEY));
    mood.store(0, Ordering::SeqCst);
    let told = project.run("eval --resume --format json").exits(0);
    assert_eq!(counts(&told), [200, 0, 0, 0]);
    let seen = stub.seen();
    let asked: Vec<&str> = seen.iter().filter(|seen| !is_judge(seen)).map(|seen| seen.user.as_str()).collect();
    // A call that was under way when the run ended was given up; those that had an answer are not asked again.
    let twice = asked.len() - 200;
    assert!(twice <= 4, "{twice} cases were asked twice");
    let distinct: std::collections::HashSet<&str> = asked.iter().copied().collect();
    assert_eq!(distinct.len(), 200);
}

#[test]
fn an_embedding_model_with_a_wrong_key_stops_the_run() {
    let stub = Stub::echo();
    let checks = "similarity: {value: a question, model: openai/text-embedding-3-small, threshold: 0}";
    let project = project(&stub, 50, "", checks);
    project.run("eval --first 2").exits(0);
    project.write(
        "karat.yaml",
        "calls: live\nproviders: {vectors: {type: openai, base_url: \"http://127.0.0.1:9/v1\", key_env: OTHER}}\n",
    );
    let other = checks.replace("openai/", "vectors/");
    project.write("evals/ask.yaml", &suite("", &other));
    let told = project.run("eval").exits(2);
    assert!(told.stderr.contains("evals/ask.yaml:6:") && told.stderr.contains("OTHER"), "{}", told.stderr);
    let url = format!("{}/v1", stub.url());
    project.write(
        "karat.yaml",
        &format!("calls: live\nproviders: {{vectors: {{type: openai, base_url: \"{url}\", key_env: OTHER}}}}\n"),
    );
    let mut command = project.karat("eval -j 3");
    let told = Told::of(&command.env("OTHER", "a-key-that-is-wrong").output().expect("runs")).exits(3);
    assert!(told.stderr.contains("the run stopped"), "{}", told.stderr);
    assert!(stub.calls() < 20, "{} calls", stub.calls());
}

#[test]
fn limits_hold_with_judges_and_the_plan_tells_them_apart() {
    let stub = judged(&Arc::default());
    let project = project(&stub, 60, HEAD, "rubric: {value: It asks a question, max_tokens: 100}");
    let plan = project.run("eval --dry-run --format json").exits(0).json();
    let judge = &plan["suites"][0]["judges"][0];
    assert_eq!((&judge["model"], &judge["calls_low"], &judge["calls_high"]), (&json!(JUDGE), &json!(60), &json!(120)));
    let usd = |value: &Value| value.as_str().expect("money").parse::<f64>().expect("a number");
    assert!(usd(&plan["judging"]["cost_low_usd"]) < usd(&plan["judging"]["cost_high_usd"]), "{plan:#}");
    assert!(usd(&plan["cost_high_usd"]) < usd(&plan["judging"]["cost_high_usd"]), "judges are not in it: {plan:#}");
    let table = project.run("eval --dry-run --format table").exits(0).stdout;
    assert!(table.contains("60–120 questions"), "{table}");
    assert_eq!(stub.calls(), 0);

    let told = project.run("eval -j 2 --max-cost 0.02 --format json --no-cache").exits(3);
    let spent = usd(&told.json()["totals"]["spent_usd"]);
    assert!(spent <= 0.02 && spent > 0.0, "spent {spent}");
    assert_eq!(told.json()["run"]["status"], "over_budget");
}

#[test]
fn judges_of_unknown_price_are_refused_under_a_limit() {
    let stub = Stub::echo();
    let project = project(&stub, 1, "judge: openai/nobody-knows-it\n", RUBRIC);
    let told = project.run("eval --max-cost 1").exits(2);
    assert!(
        told.stderr.contains("`openai/nobody-knows-it`") && told.stderr.contains("unknown-price"),
        "{}",
        told.stderr
    );
    assert_eq!(stub.calls(), 0);
}

#[test]
fn judges_are_recorded_and_replayed_and_told_apart_in_cassettes() {
    let stub = judged(&Arc::default());
    let project = project(&stub, 2, HEAD, RUBRIC);
    project.run("eval --record").exits(0);
    let cassette = std::fs::read_to_string(project.path().join("fixtures/cassettes/ask.jsonl")).expect("cassette");
    assert_eq!(cassette.lines().count(), 4);
    assert_eq!(cassette.matches("\"ask/q0 (judge)\"").count(), 1, "{cassette}");
    let before = stub.calls();
    let told = project.run("eval --calls replay --format json").exits(0);
    assert_eq!((counts(&told), stub.calls()), ([2, 0, 0, 0], before));
    // A judge that was not recorded leaves the trial ungraded, and says which call is missing.
    let without: String =
        cassette.lines().filter(|line| !line.contains("q1 (judge)")).map(|line| format!("{line}\n")).collect();
    project.write("fixtures/cassettes/ask.jsonl", &without);
    let told = project.run("eval --calls replay").exits(3);
    assert!(told.stdout.contains("no recorded reply for `ask/q1 (judge)`"), "{}", told.stdout);
}

#[test]
fn judges_that_cannot_be_asked_are_told_where_they_are_named() {
    let stub = Stub::echo();
    let project = project(&stub, 1, "", "rubric: {value: It asks, judge: opnai/gpt-5}");
    let told = project.run("eval --dry-run").exits(2);
    assert!(
        told.stderr.contains("evals/ask.yaml:6:") && told.stderr.contains("did you mean `openai`"),
        "{}",
        told.stderr
    );
    project.write("evals/ask.yaml", &suite("", "contains: question"));
    project.write(
        "evals/cases/ask.jsonl",
        "{\"id\": \"a\", \"vars\": {\"question\": \"question\"}, \"checks\": [{\"rubric\": {\"value\": \"x\", \"judge\": \"cohere/rerank\"}}]}\n",
    );
    let told = project.run("eval").exits(2);
    assert!(told.stderr.contains("evals/cases/ask.jsonl:1:"), "{}", told.stderr);
    // What no selected case asks needs no key.
    project.run("eval --case nothing").exits(2);
    assert_eq!(stub.calls(), 0);
}
