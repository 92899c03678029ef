//! Judges against labels of people, end to end.

use serde_json::{Value, json};

use super::project::Project;
use super::stub::Stub;

/// A run of ten questions; the check under calibration passes those with a 1 in them: of 0 to 9 only number 1.
fn project() -> Project {
    let stub = Stub::echo();
    let project = Project::new(stub.url(), "openai/gpt-4o", 10);
    project.write(
        "evals/ask.yaml",
        "suite: ask\nprompts: [ask@1.0.0]\nmodels: [openai/gpt-4o]\ndefaults: {checks: [{regex: {value: '[0-4]$', name: low}}]}\ncases: cases/ask.jsonl\n",
    );
    project.run("eval").exits(1);
    project
}

fn labels(project: &Project, rows: &[Value]) {
    let text: String = rows.iter().map(|row| format!("{row}\n")).collect();
    project.write("human.jsonl", &text);
}

#[test]
fn figures_follow_from_the_table_and_the_rest_of_the_run_is_corrected() {
    let project = project();
    // People: 0, 1, 2 pass as the judge says; 3 fails though the judge passes it; 5 and 6 fail as the judge says.
    labels(
        &project,
        &[
            json!({"case": "q0", "label": true}),
            json!({"case": "q1", "label": "pass", "model": "openai/gpt-4o", "repeat": 0}),
            json!({"case": "q2", "label": 0.9, "output": "question 2"}),
            json!({"case": "q3", "label": false, "note": "wrong"}),
            json!({"case": "q5", "label": 0}),
            json!({"case": "q6", "label": "fail"}),
            json!({"case": "q7", "label": null}),
        ],
    );
    let told = project.run("eval calibrate ask --labels human.jsonl --check regex --format json").exits(0);
    let report: Value = serde_json::from_str(&told.stdout).expect("json");
    let check = &report["checks"][0];
    assert_eq!((&check["check"], &check["labelled"]), (&json!("low"), &json!(6)));
    let cells = ["both_pass", "false_fail", "false_pass", "both_fail"].map(|cell| check[cell].as_u64().expect("count"));
    assert_eq!(cells, [3, 0, 1, 2]);
    // Observed 5/6; by chance (3/6)(4/6) + (3/6)(2/6) = 1/2: kappa = (5/6 - 1/2) / (1/2).
    assert!((check["kappa"].as_f64().expect("kappa") - 2.0 / 3.0).abs() < 1e-12);
    // Unlabelled are 4, 7, 8, 9: the judge passes one of four. (1/4 + 2/3 - 1) / (1 + 2/3 - 1) < 0, so 0.
    assert_eq!((&check["judged_rate"]["of"], &check["judged_rate"]["total"]), (&json!(1), &json!(4)));
    assert_eq!(
        (&check["corrected_rate"]["estimate"], &check["corrected_rate"]["clipped"]),
        (&json!(0.0), &json!(true))
    );
    let shown = project.run("eval calibrate evals/ask.yaml --labels human.jsonl --check regex").exits(0).stdout;
    assert!(shown.contains("kappa") && shown.contains("0.667") && shown.contains("83.3 %"), "{shown}");
}

#[test]
fn a_least_kappa_gates_and_one_sided_labels_are_undecided() {
    let project = project();
    labels(
        &project,
        &[
            json!({"case": "q0", "label": true}),
            json!({"case": "q5", "label": false}),
            json!({"case": "q3", "label": false}),
        ],
    );
    let calibrate = "eval calibrate ask --labels human.jsonl --check regex";
    project.run(&format!("{calibrate} --min-kappa 0.3")).exits(0);
    let failed = project.run(&format!("{calibrate} --min-kappa 0.6")).exits(1).stdout;
    assert!(failed.contains("wanted at least 0.6"), "{failed}");
    labels(&project, &[json!({"case": "q0", "label": true}), json!({"case": "q1", "label": true})]);
    let told = project.run(&format!("{calibrate} --min-kappa 0.6")).exits(3).stdout;
    assert!(told.contains("only one verdict occurs"), "{told}");
}

#[test]
fn a_template_is_labelled_and_read_again() {
    let project = project();
    let template = project.run("eval calibrate ask --template --check regex").exits(0).stdout;
    let rows: Vec<Value> = template.lines().map(|line| serde_json::from_str(line).expect("json")).collect();
    assert_eq!(rows.len(), 10);
    assert_eq!(
        (&rows[3]["case"], &rows[3]["output"], &rows[3]["label"]),
        (&json!("q3"), &json!("question 3"), &json!(null))
    );
    let labelled: Vec<Value> = rows
        .into_iter()
        .map(|mut row| {
            row["label"] = json!(row["case"].as_str().expect("case") < "q5");
            row
        })
        .collect();
    labels(&project, &labelled);
    let told = project.run("eval calibrate ask --labels human.jsonl --check regex --min-kappa 1").exits(0).stdout;
    assert!(told.contains("people's own rate needs no correction"), "{told}");
}

#[test]
fn a_check_is_named_by_its_word_or_its_name_and_labels_of_others_are_left_aside() {
    let project = project();
    let suite = "suite: ask\nprompts: [ask@1.0.0]\nmodels: [openai/gpt-4o]\ndefaults: {checks: [{regex: {value: '[0-4]$', name: low}}, {contains: question}]}\ncases: cases/ask.jsonl\n";
    project.write("evals/ask.yaml", suite);
    project.run("eval").exits(1);
    labels(
        &project,
        &[
            json!({"case": "q0", "check": "low", "label": true}),
            json!({"case": "q0", "check": "contains", "label": true}),
            json!({"case": "q5", "check": "low", "label": false}),
        ],
    );
    for check in ["low", "regex"] {
        let told = project.run(&format!("eval calibrate ask --labels human.jsonl --check {check}")).exits(0).stdout;
        assert!(told.contains("low  2 labels") && !told.contains("contains"), "{told}");
    }
    project.run("eval --adversarial=role-play").exits(0);
    let both = project.run("eval calibrate ask --labels human.jsonl --check low --check contains").exits(0).stdout;
    assert!(both.contains("contains  1 label"), "{both}");
}

#[test]
fn labels_that_fit_nothing_are_told_with_their_line() {
    let project = project();
    labels(
        &project,
        &[
            json!({"case": "q0", "label": true}),
            json!({"case": "q0", "label": false}),
            json!({"case": "q99", "label": true}),
            json!({"case": "q1", "label": true, "output": "something else"}),
            json!({"case": "q2", "label": true, "model": "openai/gpt-5"}),
            json!({"case": "q3", "label": true, "check": "high"}),
        ],
    );
    let told = project.run("eval calibrate ask --labels human.jsonl --check regex").exits(2).stderr;
    for wanted in [
        "human.jsonl:2:1",
        "labelled twice",
        "human.jsonl:3:1",
        "no case `q99`",
        "human.jsonl:4:1",
        "not that of case `q1`",
        "human.jsonl:5:1",
        "human.jsonl:6:1",
        "no judge `high`",
    ] {
        assert!(told.contains(wanted), "{wanted} in\n{told}");
    }
    let no_judge = project.run("eval calibrate ask --labels human.jsonl").exits(2).stderr;
    assert!(no_judge.contains("no score of a judge") && no_judge.contains("--check"), "{no_judge}");
    let typo = project.run("eval calibrate aks --labels human.jsonl").exits(2).stderr;
    assert!(typo.contains("did you mean `ask`?"), "{typo}");
    project.run("eval calibrate ask --check regex").exits(2);
    project.run("eval calibrate ask --check regex --labels nowhere.jsonl").exits(2);
    project.run("eval calibrate ask --check regex --labels human.jsonl --min-kappa 2").exits(2);
}
