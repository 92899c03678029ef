//! `karat eval doctor`: suites that cannot fail are found without a call.

use serde_json::{Value, json};

use crate::project::Project;
use crate::stub::Stub;

fn project(suite: &str) -> (Project, Stub) {
    let stub = Stub::echo();
    let project = Project::new(stub.url(), "openai/gpt-5.4-mini", 0);
    project.write("evals/ask.yaml", suite);
    (project, stub)
}

const HEAD: &str = "suite: ask\nprompts: [ask@1.0.0]\nmodels: [openai/gpt-5.4-mini]\n";

fn codes(report: &Value) -> Vec<(String, Vec<String>)> {
    let findings = report["suites"][0]["findings"].as_array().expect("findings");
    let texts = |value: &Value| {
        value.as_array().expect("a list").iter().map(|it| it.as_str().expect("text").to_owned()).collect()
    };
    findings
        .iter()
        .map(|finding| (finding["code"].as_str().expect("code").to_owned(), texts(&finding["cases"])))
        .collect()
}

#[test]
fn a_suite_that_tells_good_from_bad_passes() {
    let suite = format!(
        "{HEAD}defaults: {{checks: [equals]}}\ncases:\n  - {{id: a, vars: {{question: capital of France}}, expected: It is Paris in France}}\n  - {{id: b, vars: {{question: capital of Italy}}, expected: It is Rome in Italy}}\n  - {{id: c, vars: {{question: capital of Spain}}, expected: It is Madrid in Spain}}\n"
    );
    let (project, stub) = project(&suite);
    let told = project.run("eval doctor --format json").exits(0).json();
    assert_eq!((&told["errors"], &told["warnings"]), (&json!(0), &json!(0)), "{told:#}");
    let suite = &told["suites"][0];
    assert_eq!((&suite["cases"], &suite["good_from_expected"]), (&json!(3), &json!(3)));
    assert!(suite["checks"][0]["probes"].as_array().expect("probes").iter().all(|probe| probe["passed"] == 0));
    assert_eq!(suite["reach"]["before"], 0.9);
    assert_eq!(suite["reach"]["smallest_drop"], Value::Null, "three cases tell nothing");
    let table = project.run("eval doctor --format table").exits(0).stdout;
    assert!(
        table.starts_with("pass  nothing is wrong") && table.contains("3 independent cases tell no drop"),
        "{table}"
    );
    assert_eq!(stub.calls(), 0);
    assert!(!project.path().join(".karat").exists(), "nothing is stored");
}

#[test]
fn a_suite_is_called_by_its_file_or_its_name() {
    let suite = format!(
        "{HEAD}defaults: {{checks: [equals]}}\ncases:\n  - {{id: a, vars: {{question: one}}, expected: the only answer}}\n"
    );
    let (project, _stub) = project(&suite);
    for named in ["evals/ask.yaml", "ask"] {
        let told = project.run(&format!("eval doctor {named} --format json")).exits(0).json();
        assert_eq!(told["suites"][0]["cases"], 1, "{named}");
    }
    let told = project.run("eval doctor asx").exits(2).stderr;
    assert!(told.contains("there is no suite file `asx`") && told.contains("evals/ask.yaml"), "{told}");
}

#[test]
fn what_cannot_fail_is_an_error() {
    let suite = format!(
        "{HEAD}goal: {{pass_rate: \">= 0.9\"}}\nmax_errors: 9\ndefaults: {{checks: [{{length: {{max: 1000000}}}}, {{not_contains: zzz}}, {{latency: 5s}}]}}\ncases:\n  - {{id: a, vars: {{question: one}}, expected: the first good answer of all}}\n  - {{id: b, vars: {{question: two}}, expected: the second good answer of all}}\n  - {{id: c, vars: {{question: three}}, expected: the third good answer of all}}\n"
    );
    let (project, _stub) = project(&suite);
    let told = project.run("eval doctor --format json").exits(1).json();
    let found = codes(&told);
    let has = |code: &str| found.iter().any(|(other, _)| other == code);
    for code in [
        "check-cannot-fail",
        "passes-empty",
        "passes-refusal",
        "passes-other-case",
        "goal-allows-no-miss",
        "errors-excuse-all",
        "passes-shuffled",
        "passes-truncated",
        "passes-echo",
    ] {
        assert!(has(code), "{code} is not among {found:?}");
    }
    project.write("evals/ask.yaml", &suite.replace("max_errors: 9", "pass_rule: 0.6"));
    let soft = codes(&project.run("eval doctor --format json").exits(1).json());
    assert!(soft.iter().any(|(code, cases)| code == "no-check-decides" && cases.len() == 3), "{soft:?}");
    project.write("evals/ask.yaml", &suite);
    // Its own word makes the negated check fail, and latency is not about the text.
    assert!(!has("check-not-reached"), "{found:?}");
    assert_eq!(told["suites"][0]["not_probed"][0]["name"], "latency");
    let table = project.run("eval doctor").exits(1).stdout;
    assert!(table.contains("error[check-cannot-fail]: the check `length` passes for every output"), "{table}");
}

#[test]
fn twins_contradictions_and_leaks_are_told() {
    let rows = [
        json!({"id": "a", "vars": {"question": "Say: the refund arrives in five days"}, "expected": "the refund arrives in five days"}),
        json!({"id": "b", "vars": {"question": "when"}, "expected": "on the tenth day of the month"}),
        json!({"id": "twin", "vars": {"question": "when"}, "expected": "on the tenth day of the month"}),
        json!({"id": "other", "vars": {"question": "when"}, "expected": "never, in no month at all"}),
        json!({"id": "idle", "vars": {"question": "what"}, "expected": "a fifth answer of some words", "checks": [{"icontains": {"value": "x", "weight": 0}}]}),
    ];
    let (project, _stub) = project(&format!("{HEAD}defaults: {{checks: [equals]}}\ncases: cases/ask.jsonl\n"));
    project.write("evals/cases/ask.jsonl", &rows.map(|row| format!("{row}\n")).concat());
    let told = project.run("eval doctor --format json").exits(0).json();
    let found = codes(&told);
    let cases = |code: &str| found.iter().find(|(other, _)| other == code).map(|(_, cases)| cases.join(" "));
    assert_eq!(cases("duplicate-case").as_deref(), Some("b = twin"));
    assert_eq!(cases("contradicting-cases").as_deref(), Some("b ≠ other"));
    assert_eq!(cases("answer-in-prompt").as_deref(), Some("a"));
    assert_eq!(cases("passes-echo"), None, "{found:?}");
    project.write(
        "evals/ask.yaml",
        &format!("{HEAD}defaults: {{checks: [{{equals: {{weight: 0}}}}]}}\ncases: cases/ask.jsonl\n"),
    );
    let told = project.run("eval doctor --format json").exits(1).json();
    assert!(codes(&told).iter().any(|(code, cases)| code == "nothing-counts" && cases.len() == 4), "{told:#}");
}

#[test]
fn what_passed_in_a_run_is_a_good_output_and_asking_checks_are_not_probed() {
    let suite = format!(
        "{HEAD}judge: anthropic/claude-haiku-4-5\ndefaults: {{checks: [{{contains: question}}, {{rubric: It asks}}]}}\ncases: cases/ask.jsonl\n"
    );
    let (project, stub) = project(&suite);
    project.write_cases(0..3);
    let told = project.run("eval doctor --format json").exits(0).json();
    assert_eq!((&told["suites"][0]["good_from_runs"], &told["suites"][0]["probed_cases"]), (&json!(0), &json!(3)));
    assert_eq!(told["suites"][0]["not_probed"][0]["name"], "rubric");
    assert_eq!(stub.calls(), 0);
    project.write("evals/ask.yaml", &suite.replace(", {rubric: It asks}", ""));
    project.run("eval").exits(0);
    let told = project.run("eval doctor --format json").exits(1).json();
    assert_eq!(told["suites"][0]["good_from_runs"], 3);
    // `question 1` is as good as `question 0`: the check does not look at the number.
    let found = codes(&told);
    assert!(found.iter().any(|(code, _)| code == "passes-other-case"), "{found:?}");
}

#[test]
fn a_broken_suite_is_refused_as_by_a_run() {
    let (project, _stub) =
        project(&format!("{HEAD}defaults: {{checks: [{{contian: x}}]}}\ncases: [{{vars: {{question: x}}}}]\n"));
    let told = project.run("eval doctor").exits(2);
    assert!(told.stderr.contains("error[unknown-check]"), "{}", told.stderr);
}
