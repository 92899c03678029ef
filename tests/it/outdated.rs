//! Scores of other versions of checks than today's: wherever they would be compared or believed, that is refused or told.

use std::time::Duration;

use crate::project::Project;
use crate::stub::{Reaction, Stub};

/// A project whose stored run passed, or failed, by checks that are others by now.
fn project(expected: &str, code: i32) -> (Project, Stub) {
    let stub = Stub::start(Duration::ZERO, |seen| match seen.body["model"].as_str() {
        Some(model) if model.starts_with("claude") => Reaction::Say(r#"{"reason": "r", "verdict": "pass"}"#.to_owned()),
        _ => Reaction::Say(seen.user.clone()),
    });
    let project = Project::new(stub.url(), "openai/gpt-5.4-mini", 2);
    project.write(
        "evals/ask.yaml",
        &format!(
            "suite: ask\nprompts: [ask@1.0.0]\nmodels: [openai/gpt-5.4-mini]\njudge: anthropic/claude-haiku-4-5\ndefaults:\n  checks: [{{contains: {expected}}}, {{rubric: kind}}]\ncases: cases/ask.jsonl\n"
        ),
    );
    project.run("eval").exits(code);
    (project, stub)
}

/// As if an earlier karat had made the run.
fn age(project: &Project, check: &str) {
    let db = rusqlite::Connection::open(project.path().join(".karat/karat.db")).expect("store");
    let changed = db.execute("UPDATE score SET version = 9 WHERE check_name = ?1", [check]).expect("update");
    assert_eq!(changed, 2);
}

/// Text without the id of the run.
fn without_run(text: &str) -> String {
    let is_run = |word: &str| word.len() == 20 && word.starts_with("20") && word.contains('-');
    let shown = |word: &str| {
        let bare: &str = word.trim_end_matches([':', ';', ',', '`']);
        if is_run(bare) { word.replace(bare, "[RUN]") } else { word.to_owned() }
    };
    text.lines().map(|line| line.split(' ').map(shown).collect::<Vec<_>>().join(" ") + "\n").collect()
}

#[test]
fn a_protected_label_does_not_move_on_scores_of_other_versions() {
    let (project, _stub) = project("question", 0);
    let told = project.run("prompt label ask production 1.0.0 --dry-run").exits(0);
    assert!(!told.stderr.contains("versions of checks"), "{}", told.stderr);
    age(&project, "contains");
    let told = project.run("prompt label ask production 1.0.0").exits(2);
    let wanted = "\
error[no-passing-run]: `ask@1.0.0` passed suite `ask` in run [RUN] by other versions of checks than today's, which says nothing of these: `contains` version 9 against version 1, so `production` stays where it is
   = help: run all cases of a suite that names `ask@1.0.0` with `karat eval`, or give `--force -m \"why\"`

error: 1 problem; nothing was run
";
    assert_eq!(without_run(&told.stderr), wanted);
    // A new run is judged by today's checks.
    project.run("eval").exits(0);
    project.run("prompt label ask production 1.0.0").exits(0);
}

#[test]
fn what_failed_by_other_versions_is_run_again_with_a_word_on_it() {
    let (project, _stub) = project("answer", 1);
    age(&project, "contains");
    let told = project.run("eval --failed-in latest").exits(1);
    assert!(
        told.stderr
            .contains("was scored by other versions of checks than today's: `contains` version 9 against version 1"),
        "{}",
        told.stderr
    );
    let told = project.run("eval --failed-in latest").exits(1);
    assert!(!told.stderr.contains("versions of checks"), "the last run is of today: {}", told.stderr);
}

#[test]
fn a_calibration_tells_which_judge_it_is_about() {
    let (project, _stub) = project("question", 0);
    age(&project, "contains");
    let told = project.run("eval calibrate ask --template").exits(0);
    assert!(!told.stderr.contains("versions of checks"), "another check than the judge: {}", told.stderr);
    age(&project, "rubric");
    let told = project.run("eval calibrate ask --template").exits(0);
    assert!(
        told.stderr
            .contains("was scored by other versions of checks than today's: `rubric` version 9 against version 1"),
        "{}",
        told.stderr
    );
}
