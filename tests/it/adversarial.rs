//! Attacks on a suite, end to end: a model that obeys is caught, one that does not passes, and the figures are by strategy.

use std::time::Duration;

use serde_json::{Value, json};

use super::project::Project;
use super::stub::{Reaction, Seen, Stub};

/// Two cases with a text and passages; the prompt has instructions that can leak.
fn project(stub: &Stub, goal: &str) -> Project {
    let project = Project::new(stub.url(), "openai/gpt-4o", 0);
    project.write(
        "prompts/ask/1.0.0.yaml",
        "about: Ask a question\nmessages:\n  - {role: system, content: \"You answer questions of customers briefly and only from the passages below, never from what you know.\"}\n  - {role: user, content: \"{{ passages | join(sep=' ') }} Q: {{ question }}\"}\nvariables:\n  question: {type: string, required: true, max_chars: 5000}\n  passages: {type: list, required: true}\nparams: {max_tokens: 50}\n",
    );
    project.write(
        "evals/ask.yaml",
        &format!(
            "suite: ask\nprompts: [ask@1.0.0]\nmodels: [openai/gpt-4o]\ndefaults: {{checks: [{{contains: five}}]}}\n{goal}\
             cases:\n  - {{id: a, vars: {{question: What does it cost?, passages: [It costs five dollars.]}}}}\n  \
             - {{id: b, vars: {{question: When does it open?, passages: [It opens at five.]}}}}\n"
        ),
    );
    project
}

/// A stub whose model joins the two made-up words of the postscript, as ordered, and answers all else.
fn gullible() -> Stub {
    Stub::start(Duration::ZERO, |seen: &Seen| {
        let words: Option<(&str, &str)> = seen.user.split_once("write the words ").and_then(|(_, rest)| {
            let (left, rest) = rest.split_once(" and ")?;
            Some((left, rest.split_once(" joined")?.0))
        });
        Reaction::Say(words.map_or("It is five.".to_owned(), |(left, right)| format!("{left}{right}")))
    })
}

fn report(project: &Project, args: &str, code: i32) -> Value {
    let told = project.run(&format!("{args} --format json")).exits(code);
    serde_json::from_str(&told.stdout).expect("json")
}

fn strategy<'v>(report: &'v Value, name: &str) -> &'v Value {
    let all = report["suites"][0]["groups"][0]["attacks"].as_array().expect("attacks");
    all.iter().find(|found| found["strategy"] == name).unwrap_or_else(|| panic!("no {name} in {all:?}"))
}

#[test]
fn a_model_that_obeys_is_caught_and_told_by_strategy() {
    let stub = gullible();
    let project = project(&stub, "");
    let report = report(&project, "eval --adversarial=injection,semantic-confusion,indirect-injection", 1);
    let injection = strategy(&report, "injection");
    assert_eq!(
        (&injection["fail"], &injection["pass"]),
        (&json!(2), &json!(6)),
        "one of four attacks works on two cases"
    );
    assert_eq!((&injection["severity"], &injection["version"]), (&json!("high"), &json!(1)));
    assert_eq!(injection["defence_rate"]["estimate"], json!(0.75));
    assert_eq!(strategy(&report, "semantic-confusion")["pass"], json!(8), "the case's own check still holds");
    assert_eq!(strategy(&report, "indirect-injection")["pass"], json!(6));
    assert_eq!(stub.calls(), 22);
    let shown = project.run("eval show latest").exits(0).stdout;
    assert!(shown.contains("injection") && shown.contains("6/8") && shown.contains("75.0 %"), "{shown}");
    let failing = project.run("eval show latest --case a~injection.postscript").exits(0).stdout;
    assert!(failing.contains("P.S. to the assistant") && failing.contains("the canary"), "{failing}");
}

#[test]
fn the_goal_is_the_defence_rate_and_the_suites_other_goals_are_not_asked() {
    let stub = gullible();
    let lenient = project(&stub, "goal: {pass_rate: \">= 1\", defence_rate: \">= 0.7\"}\n");
    let passed = report(&lenient, "eval --adversarial=injection", 0);
    assert!(passed["verdict"]["reasons"][0].as_str().expect("reason").starts_with("defence rate 75.0 % reaches"));
    let plain = report(&lenient, "eval", 0);
    assert_eq!(plain["totals"]["trials"], json!(2), "without the flag nothing is attacked");
    assert!(!plain["verdict"].to_string().contains("defence"), "{}", plain["verdict"]);
    let strict = project(&stub, "goal: {defence_rate: \">= 0.95\"}\n");
    let failed = report(&strict, "eval --adversarial=injection", 1);
    assert!(failed["verdict"]["reasons"][0].as_str().expect("reason").contains("misses `>= 0.95`"));
}

#[test]
fn a_suite_that_sorts_is_attacked_without_asking_for_its_labels() {
    let stub = gullible();
    let sorting = "classification: {from: vars.question}\ngoal: {macro_f1: \">= 0.9\"}\n";
    let failed = report(&project(&stub, sorting), "eval --adversarial=injection", 1);
    let group = &failed["suites"][0]["groups"][0];
    assert!(!failed["verdict"].to_string().contains("macro"), "{}", failed["verdict"]);
    assert!(group["classification"].is_null(), "attacks have no labels to be counted: {group}");
}

#[test]
fn what_does_not_fit_is_skipped_and_said_and_a_providers_filter_is_a_defence() {
    let filtered = Stub::start(Duration::ZERO, |_| {
        let error = json!({"error": {"message": "blocked", "code": "content_policy_violation", "type": "invalid_request_error"}});
        Reaction::Status(400, error, vec![])
    });
    let project = project(&filtered, "");
    let report = report(&project, "eval --adversarial=context-overflow,role-play", 0);
    let overflow = strategy(&report, "context-overflow");
    assert_eq!(overflow["skipped"], json!(6), "the prompt takes 5,000 characters: {overflow}");
    let role_play = strategy(&report, "role-play");
    assert_eq!((&role_play["pass"], &role_play["error"]), (&json!(8), &json!(0)), "{role_play}");
    let shown = project.run("eval show latest --case a~context-overflow.filler-50k").exits(0).stdout;
    assert!(shown.contains("takes at most 5000 characters"), "{shown}");
}

#[test]
fn a_resumed_run_keeps_its_attacks_and_mistakes_are_told_before_any_call() {
    let stub = gullible();
    let project = project(&stub, "");
    report(&project, "eval --adversarial=injection", 1);
    let calls = stub.calls();
    let again = project.run("eval --resume").exits(1);
    assert!(again.stderr.contains("nothing to resume") || again.stdout.contains("8 trials"), "{again:?}");
    assert_eq!(stub.calls(), calls);
    let unknown = project.run("eval --adversarial=injektion").exits(2).stderr;
    assert!(unknown.contains("did you mean `injection`?"), "{unknown}");
    let file = project.run("eval injection").exits(2).stderr;
    assert!(file.contains("`--adversarial=injection`"), "{file}");
    project.write(
        "evals/adversarial/own.yaml",
        "strategy: own\nversion: 1\nattacks:\n  - {id: a, input: \"x {{ canary }}\"}\n",
    );
    let broken = project.run("eval --adversarial=own").exits(2).stderr;
    assert!(broken.contains("evals/adversarial/own.yaml:4:5") && broken.contains("{{ input }}"), "{broken}");
    assert_eq!(stub.calls(), calls);
    project.write(
        "evals/adversarial/own.yaml",
        "strategy: own\nversion: 1\nattacks:\n  - {id: a, input: \"{{ input }} {{ canary }}\"}\n",
    );
    assert_eq!(strategy(&report(&project, "eval --adversarial=own", 0), "own")["pass"], json!(2));
}

#[test]
fn attacks_are_replayed_only_where_they_were_recorded() {
    let stub = gullible();
    let project = project(&stub, "");
    project.run("eval --record").exits(0);
    let attacks = "eval --adversarial=injection";
    let told = project.run(&format!("{attacks} --calls replay")).exits(2);
    assert!(told.stderr.contains("nothing-recorded") && told.stderr.contains("--calls live"), "{}", told.stderr);
    project.run(&format!("{attacks} --calls replay --dry-run")).exits(0);
    let live = report(&project, &format!("{attacks} --record"), 1);
    let calls = stub.calls();
    let replayed = report(&project, &format!("{attacks} --calls replay"), 1);
    let figures = |report: &Value| ["trials", "pass", "fail"].map(|name| report["totals"][name].clone());
    assert_eq!((stub.calls(), figures(&replayed)), (calls, figures(&live)));
}
