//! Figures over all replies: BLEU, chrF, TER, WER and CER from summed counts, from the call to the stored report.

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
defaults:
  checks:
    - bleu: {from: expected, weight: 0}
    - not_wer: {from: expected, weight: 0, name: errors of words}
    - ter: {from: expected, weight: 0}
    - not_contains: never
cases: cases/ask.jsonl
max_errors: ERRORS
goal: GOAL
";

/// What is asked, the reference, and what is said.
const CASES: [(&str, &str, &str); 3] =
    [("q0", "the cat sat on the mat", "the cat sat on the mat"), ("q1", "a dog ran", "a dog"), ("q2", "x y", "down")];

fn project(goal: &str, errors: u32) -> (Project, Stub, Arc<AtomicBool>) {
    let healed = Arc::new(AtomicBool::new(false));
    let works = Arc::clone(&healed);
    let stub = Stub::start(Duration::ZERO, move |seen| {
        let said = CASES.iter().find(|(id, ..)| seen.user == *id).map_or("", |(.., said)| *said);
        match said {
            "down" if works.load(Ordering::SeqCst) => Reaction::Say("x y".to_owned()),
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
    project.write("evals/ask.yaml", &SUITE.replace("GOAL", goal).replace("ERRORS", &errors.to_string()));
    (project, stub, healed)
}

fn figure<'r>(report: &'r Value, measure: &str) -> &'r Value {
    let all = report["suites"][0]["groups"][0]["corpus"].as_array().expect("figures");
    all.iter().find(|found| found["measure"] == measure).unwrap_or_else(|| panic!("no {measure}: {all:?}"))
}

fn is(found: &Value, wanted: f64) -> bool {
    (found["value"].as_f64().expect("value") - wanted).abs() < 1e-12
}

#[test]
fn counts_are_summed_kept_and_resumed() {
    let (project, _stub, healed) = project("{corpus_bleu: \">= 0.85\", corpus_wer: \"< 0.2\"}", 1);
    let first = project.run("eval --format json").exits(0).json();
    // By hand: every n-gram of both outputs is in its reference (8 of 8, 6 of 6, 4 of 4, 3 of 3), 8 words for 9: e^(1 - 9/8).
    // The mean of both sentences would be (1 + e^(1 - 3/2))/2 = 0.803.
    let bleu = figure(&first, "bleu");
    assert!(is(bleu, 0.882_496_902_584_595_4), "{bleu}");
    assert_eq!(bleu["counts"], json!([8, 6, 4, 3, 8, 6, 4, 3, 8, 9]));
    assert_eq!(bleu["signature"], "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0");
    assert_eq!((&bleu["n"], &bleu["direction"]), (&json!(2), &json!("higher")));
    assert_eq!(bleu["left_out"], json!({"errors": 1, "ungraded": 0, "not_applicable": 0, "not_kept": 0}));
    // One word of nine is missing; negating the check does not turn the rate around.
    let wer = figure(&first, "wer");
    assert!(is(wer, 1.0 / 9.0) && wer["check"] == "errors of words" && wer["direction"] == "lower", "{wer}");
    assert!(is(figure(&first, "ter"), 1.0 / 9.0));
    let figures = first["suites"][0]["verdict"]["figures"].as_array().expect("figures");
    let bound = figures.iter().find(|figure| figure["name"] == "corpus_bleu").expect("bound");
    assert_eq!((&bound["verdict"], &bound["n"]), (&json!("pass"), &json!(2)));
    let shown = project.run("eval show latest --format json").exits(0).json();
    assert_eq!(timeless(&shown), timeless(&first));

    healed.store(true, Ordering::SeqCst);
    let id = first["run"]["id"].as_str().expect("id");
    let second = project.run(&format!("eval --resume {id} --retry-errors --format json")).exits(0).json();
    // Two more words that are right: 10 for 11.
    let bleu = figure(&second, "bleu");
    assert!(is(bleu, 0.904_837_418_035_959_6) && bleu["n"] == 3, "{bleu}");
    assert!(is(figure(&second, "wer"), 1.0 / 11.0));

    let lines = project.run("eval export latest").exits(0).stdout;
    let kept = r#""details":{"corpus":"bleu","settings":"case:mixed|eff:no|tok:13a|smooth:exp","references":1,"counts":[2,1,0,0,2,1,0,0,2,3]}"#;
    assert!(lines.contains(kept), "{lines}");
    for format in ["table", "markdown", "plain"] {
        let text = project.run(&format!("eval show latest --format {format}")).exits(0).stdout;
        assert!(text.contains("0.9048") && text.contains("tok:13a") && !text.contains("left out"), "{text}");
    }
}

#[test]
fn a_goal_on_a_corpus_fails_or_waits_for_open_trials() {
    let (project, _stub, _) = project("{corpus_bleu: \">= 0.9\"}", 1);
    let told = project.run("eval --format plain").exits(1).stdout;
    assert!(told.contains("corpus BLEU 0.8825 misses `>= 0.9`"), "{told}");
    assert!(told.contains("not in the BLEU of `bleu`: 1 error"), "{told}");
    // The error is one too many: the figure may still change.
    project.write("evals/ask.yaml", &SUITE.replace("GOAL", "{corpus_bleu: \">= 0.9\"}").replace("ERRORS", "0"));
    project.run("eval --format plain").exits(3);
}

#[test]
fn a_run_whose_counts_were_not_kept_is_undecided_and_one_without_such_checks_says_nothing() {
    let (project, _stub, healed) = project("{corpus_bleu: \">= 0.5\"}", 0);
    healed.store(true, Ordering::SeqCst);
    project.run("eval").exits(0);
    let db = rusqlite::Connection::open(project.path().join(".karat/karat.db")).expect("store");
    db.execute("DELETE FROM score_detail WHERE position = 0", []).expect("delete");
    drop(db);
    let shown = project.run("eval show latest --format json").exits(0).json();
    assert_eq!((&shown["verdict"]["verdict"], &figure(&shown, "bleu")["value"]), (&json!("undecided"), &Value::Null));
    assert_eq!(figure(&shown, "bleu")["left_out"]["not_kept"], 3);

    let plain = SUITE.lines().filter(|line| !line.contains("from: expected")).collect::<Vec<_>>().join("\n");
    project.write("evals/ask.yaml", &plain.replace("GOAL", "{pass_rate: \">= 1\"}").replace("ERRORS", "0"));
    let report = project.run("eval --format json").exits(0).json();
    assert!(report["suites"][0]["groups"][0].get("corpus").is_none(), "{report}");
    project.write("evals/ask.yaml", &plain.replace("GOAL", "{corpus_cer: \"< 0.1\"}").replace("ERRORS", "0"));
    let told = project.run("eval").exits(2).stderr;
    assert!(told.contains("error[goal-without-check]") && told.contains("no case of this suite has"), "{told}");
}
