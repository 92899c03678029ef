//! Suites that sort: labels of replies against the right ones, from the call to the stored report; and scores of other
//! versions of a check.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::project::{Project, timeless};
use crate::stub::{Reaction, Stub};

const MODEL: &str = "openai/gpt-5.4-mini";

const SUITE: &str = "suite: ask
prompts: [ask@1.0.0]
models: [openai/gpt-5.4-mini]
classification:
  label: {regex: '^(\\w+)'}
  labels: [spam, ham]
  confidence: {regex: '([0-9.]+)$'}
cases: cases/ask.jsonl
goal: GOAL
";

/// Eight cases: what each is, and what is said of it.
const CASES: [(&str, &str, &str); 8] = [
    ("q0", "spam", "Spam 0.9"),
    ("q1", "spam", "spam 0.8"),
    ("q2", "spam", "ham 0.6"),
    ("q3", "ham", "ham 0.7"),
    ("q4", "ham", "HAM 0.95"),
    ("q5", "ham", "spam 0.9"),
    ("q6", "ham", "I cannot say."),
    ("q7", "ham", "down"),
];

fn project(goal: &str) -> (Project, Stub, Arc<AtomicBool>) {
    let healed = Arc::new(AtomicBool::new(false));
    let works = Arc::clone(&healed);
    let stub = Stub::start(Duration::ZERO, move |seen| {
        let said = CASES.iter().find(|(id, _, _)| seen.user == *id).map_or("", |(_, _, said)| *said);
        match said {
            "down" if works.load(Ordering::SeqCst) => Reaction::Say("ham 1.0".to_owned()),
            "down" => Reaction::Status(400, json!({"error": {"message": "broken"}}), Vec::new()),
            said => Reaction::Say(said.to_owned()),
        }
    });
    let project = Project::new(stub.url(), MODEL, 0);
    let rows: String = CASES
        .iter()
        .map(|(id, expected, _)| format!("{}\n", json!({"id": id, "vars": {"question": id}, "expected": expected})))
        .collect();
    project.write("evals/cases/ask.jsonl", &rows);
    project.write("evals/ask.yaml", &SUITE.replace("GOAL", goal));
    (project, stub, healed)
}

fn group(report: &Value) -> &Value {
    &report["suites"][0]["groups"][0]
}

#[test]
fn labels_are_counted_kept_and_resumed() {
    let (project, _stub, healed) = project("{accuracy: \">= 0.6\", brier: \"< 0.5\"}");
    let first = project.run("eval --format json").exits(3).json();
    let found = &group(&first)["classification"];
    // By hand: 4 of 7 right; the eighth call failed.
    assert_eq!((&found["predictions"], &found["without_prediction"]), (&json!(7), &json!(1)));
    assert_eq!(found["confusion"], json!([[2, 1], [1, 2]]));
    assert_eq!((&found["no_label"], &found["no_label_total"]), (&json!([0, 1]), &json!(1)));
    assert_eq!(found["classes"][0]["label"], "spam");
    assert_eq!(found["classes"][1]["recall"], json!(0.5));
    // Confidences: 0.1² + 0.2² + 0.6² + 0.3² + 0.05² + 0.9², of 6.
    assert_eq!(found["confidences"], 6);
    assert!(
        (found["brier"].as_f64().expect("brier") - (0.01 + 0.04 + 0.36 + 0.09 + 0.0025 + 0.81) / 6.0).abs() < 1e-12
    );
    assert_eq!(first["suites"][0]["goal"]["accuracy"], ">= 0.6");
    assert!(first["suites"][0]["goal"].get("classification").is_none());
    let shown = project.run("eval show latest --format json").exits(0).json();
    assert_eq!(timeless(&shown), timeless(&first));

    healed.store(true, Ordering::SeqCst);
    let id = first["run"]["id"].as_str().expect("id");
    let second = project.run(&format!("eval --resume {id} --retry-errors --format json")).exits(0).json();
    let found = &group(&second)["classification"];
    assert_eq!((&found["predictions"], &found["without_prediction"]), (&json!(8), &json!(0)));
    assert_eq!(found["accuracy"]["estimate"], json!(0.625));
    let figures = second["suites"][0]["verdict"]["figures"].as_array().expect("figures");
    assert!(figures.iter().any(|figure| figure["name"] == "accuracy" && figure["verdict"] == "pass"), "{figures:#?}");

    let lines = project.run("eval export latest").exits(0).stdout;
    assert!(lines.contains(r#""details":{"truth":"ham","predicted":null}"#), "{lines}");
    for format in ["table", "markdown", "plain"] {
        let text = project.run(&format!("eval show latest --format {format}")).exits(0).stdout;
        assert!(text.contains("(no label)") && text.contains("0.625"), "{text}");
    }
}

#[test]
fn a_goal_on_labels_fails_for_certain_or_waits_for_open_trials() {
    // 4 of 7 are right and one is open: at best 5 of 8.
    let (project, _stub, _) = project("{accuracy: \">= 0.7\"}");
    let told = project.run("eval --format plain").exits(1);
    assert!(
        told.stdout.contains("accuracy 0.571 misses `>= 0.7` even if every open trial were right"),
        "{}",
        told.stdout
    );
    project.write("evals/ask.yaml", &SUITE.replace("GOAL", "{macro_f1: \">= 0.9\"}"));
    project.run("eval --format plain").exits(3);
}

#[test]
fn scores_of_another_version_of_a_check_are_not_compared() {
    let (project, _stub, healed) = project("{accuracy: \">= 0.6\"}");
    healed.store(true, Ordering::SeqCst);
    project.run("eval").exits(0);
    let prompt = std::fs::read_to_string(project.path().join("prompts/ask/1.0.0.yaml")).expect("prompt");
    project.write("prompts/ask/1.1.0.yaml", &prompt.replace("You answer briefly.", "You answer at once."));
    // As if an earlier karat had made the first run.
    let db = rusqlite::Connection::open(project.path().join(".karat/karat.db")).expect("store");
    db.execute("UPDATE score SET version = 9 WHERE check_name = 'label'", []).expect("update");
    drop(db);
    project.write("evals/ask.yaml", &SUITE.replace("GOAL", "{accuracy: \">= 0.6\"}").replace("@1.0.0", "@1.1.0"));
    let told = project.run("eval").exits(0);
    assert!(!told.stdout.contains("outdated"), "{}", told.stdout);
    let runs = project.run("eval list --format json").exits(0).json();
    let first =
        runs["runs"].as_array().and_then(|runs| runs.last()).expect("runs")["id"].as_str().expect("id").to_owned();
    let shown = project.run(&format!("eval show {first} --format plain")).exits(0).stdout;
    assert!(shown.contains("`label` version 9 against version 1"), "{shown}");
    let diff = project.run("prompt diff ask@1.0.0 ask@1.1.0 --format plain").exits(0).stdout;
    assert!(diff.contains("the results on ask are not comparable: `label` version 9 against version 1"), "{diff}");
}
