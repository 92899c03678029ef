use serde_json::json;

use super::project::{HEAD, Project, assert_has};

#[test]
fn every_key_of_a_case_is_read() {
    let project = Project::new(&[(
        "evals/demo.yaml",
        "suite: demo\nprompts: [ask]\nmodels: [mock/echo]\nrepeat: 2\ndefaults: {checks: [{contains: x}], tags: [all, t], weight: 3, vars: {q: default}}\n\
         cases:\n  - {id: full, vars: {q: [1, {a: b}]}, expected: {k: 1}, context: [p, q], checks: [{equals: y}], tags: [t, u], group: g, weight: 0, repeat: 5, skip: flaky, only: true, params: {seed: 1}}\n  - {id: 7}\n",
    )]);
    let cases = project.cases();
    let full = &cases[0];
    assert_eq!(full.case.id.as_str(), "full");
    assert_eq!(full.case.vars.get("q"), Some(&json!([1, {"a": "b"}])));
    assert_eq!(full.case.expected, Some(json!({"k": 1})));
    assert_eq!(full.case.context, ["p", "q"]);
    assert_eq!(full.case.tags, ["all", "t", "u"]);
    assert_eq!((full.case.group.as_deref(), full.case.weight, full.repeat), (Some("g"), 0.0, 5));
    assert_eq!((full.skip.as_deref(), full.only, full.params.seed), (Some("flaky"), true, Some(1)));
    let names: Vec<&str> = full.checks.iter().map(|check| check.name()).collect();
    assert_eq!(names, ["contains", "equals"]);
    assert_eq!(full.place().pointer(), "evals/demo.yaml:7:5");
    let plain = &cases[1];
    assert_eq!(plain.case.id.as_str(), "7");
    assert_eq!(plain.case.vars.get("q"), Some(&json!("default")));
    assert_eq!((plain.case.weight, plain.repeat, plain.skip.as_deref(), plain.only), (3.0, 2, None, false));
}

#[test]
fn wrong_values_of_a_case_are_all_reported_at_their_place() {
    let project = Project::suite(
        "cases:\n  - id: \" x\"\n    vars: [1]\n    context: {a: 1}\n    tags: [\"!no\", 5]\n    group: \"\"\n    weight: -1\n    repeat: 1001\n    skip: 5\n    only: yes\n    params: {temperature: 9}\n    wieght: 1\n",
    );
    let shown = project.told();
    assert_has(
        &shown,
        &[
            "demo.yaml:6:9",
            "demo.yaml:7:11",
            "`vars` must be a mapping",
            "`context` must be text",
            "`!no` is not a tag",
            "`tags` must be text",
            "`group` is empty",
            "`weight` is -1",
            "`repeat` is 1001",
            "`skip` is true, false",
            "`only` must be true or false",
            "`temperature` is 9",
            "did you mean `weight`?",
        ],
    );
}

#[test]
fn cases_may_be_mixed_from_lists_and_files() {
    let project = Project::suite(
        "cases:\n  - {id: one, vars: {q: 1}}\n  - cases/two.jsonl\n  - cases/three.csv\n  - cases/four.yaml\n  - {id: five, vars: {q: 5}}\n",
    );
    project.write("evals/cases/two.jsonl", b"{\"id\": \"two\", \"vars\": {\"q\": 2}}\n");
    project.write("evals/cases/three.csv", b"id,q:number\nthree,3\n");
    project.write("evals/cases/four.yaml", b"- {id: four, vars: {q: 4}}\n");
    let cases = project.cases();
    let rows: Vec<(&str, String)> = cases.iter().map(|c| (c.case.id.as_str(), c.place().pointer())).collect();
    let wanted = [
        ("one", "evals/demo.yaml:6:5"),
        ("two", "evals/cases/two.jsonl:1:1"),
        ("three", "evals/cases/three.csv:2:1"),
        ("four", "evals/cases/four.yaml:1:3"),
        ("five", "evals/demo.yaml:10:5"),
    ];
    assert_eq!(rows, wanted.map(|(id, place)| (id, place.to_owned())));
    assert_eq!(cases[2].case.vars.get("q"), Some(&json!(3)));
}

#[test]
fn the_same_content_has_the_same_digest_in_every_format() {
    let yaml = Project::suite("cases: [{vars: {q: hi}, expected: e, weight: 2}]\n").cases();
    let jsonl = Project::dataset("d.jsonl", b"{\"weight\": 2, \"expected\": \"e\", \"vars\": {\"q\": \"hi\"}}").cases();
    let csv = Project::dataset("d.csv", b"q,expected,weight\nhi,e,2\n").cases();
    assert_eq!(yaml[0].case.digest, jsonl[0].case.digest);
    assert_eq!(yaml[0].case.digest, csv[0].case.digest);
    assert_eq!(yaml[0].case.id, csv[0].case.id);
    assert!(yaml[0].case.id.as_str().starts_with("c-") && yaml[0].case.id.as_str().len() == 14);
}

#[test]
fn the_digest_follows_what_can_change_a_result_and_nothing_else() {
    let digest = |head: &str, case: &str| {
        let text = format!("suite: demo\nprompts: [ask]\nmodels: [mock/echo]\n{head}\ncases: [{case}]\n");
        Project::new(&[("evals/demo.yaml", &text)]).cases()[0].case.digest
    };
    let head = "defaults: {checks: [{contains: x}]}";
    let base = digest(head, "{id: a, vars: {q: 1}}");
    for same in [
        "{id: b, vars: {q: 1}}",
        "{vars: {q: 1}, tags: [t], group: g}",
        "{id: a, vars: {q: 1}, only: true, repeat: 3, weight: 1}",
    ] {
        assert_eq!(digest(head, same), base, "{same}");
    }
    for other in [
        "{id: a, vars: {q: \"1\"}}",
        "{id: a, vars: {q: 1}, expected: null, context: x}",
        "{id: a, vars: {q: 1}, expected: 1}",
        "{id: a, vars: {q: 1}, weight: 2}",
        "{id: a, vars: {q: 1}, checks: [{contains: y}]}",
        "{id: a, vars: {q: 1}, params: {seed: 1}}",
    ] {
        assert_ne!(digest(head, other), base, "{other}");
    }
    assert_ne!(digest("defaults: {checks: [{contains: y}]}", "{id: a, vars: {q: 1}}"), base);
    assert_ne!(digest("defaults: {checks: [{contains: x}]}\npass_rule: 0.5", "{id: a, vars: {q: 1}}"), base);
}

#[test]
fn content_ids_do_not_depend_on_the_defaults() {
    let id = |head: &str| {
        let text = format!("suite: demo\nprompts: [ask]\nmodels: [mock/echo]\n{head}\ncases: [{{vars: {{q: 1}}}}]\n");
        Project::new(&[("evals/demo.yaml", &text)]).cases()[0].case.id.to_string()
    };
    assert_eq!(id("defaults: {checks: [{contains: x}]}"), id("defaults: {checks: [{contains: y}], weight: 2}"));
}

#[test]
fn a_matrix_multiplies_cases_and_names_them() {
    let text = "matrix: {q: [python, go], n: [1]}\n";
    let project = Project::new(&[("evals/demo.yaml", &format!("{HEAD}{text}cases: [{{id: a}}, {{tags: [t]}}]\n"))]);
    let cases = project.cases();
    let ids: Vec<&str> = cases.iter().map(|c| c.case.id.as_str()).collect();
    assert_eq!(ids[..2], ["a[q=python,n=1]", "a[q=go,n=1]"]);
    assert!(ids[2].starts_with("c-") && ids[2].ends_with("[q=python,n=1]"), "{}", ids[2]);
    assert_eq!(ids.len(), 4);
    assert_eq!(cases[1].case.vars.get("q"), Some(&json!("go")));
    assert_ne!(cases[0].case.digest, cases[1].case.digest);
}

#[test]
fn a_matrix_variable_that_a_case_gives_too_is_an_error() {
    let shown = Project::suite("matrix: {q: [1, 2]}\ncases: [{id: a, vars: {q: 3}}]\n").told();
    assert_has(
        &shown,
        &["matrix-conflict", "demo.yaml:6:24", "demo.yaml:5:10", "given by this case and by the matrix"],
    );
    let long = format!("matrix: {{q: [1, 2]}}\ncases: [{{id: {}}}]\n", "x".repeat(199));
    assert_has(&Project::suite(&long).told(), &["is not a valid case id", "shorter `id`"]);
}

#[test]
fn checks_of_equal_rows_are_compiled_once() {
    let row = |q: u32| format!("{{\"vars\": {{\"q\": {q}}}, \"checks\": [{{\"contains\": \"y\"}}]}}\n");
    let cases = Project::dataset("d.jsonl", (row(1) + &row(2)).as_bytes()).cases();
    assert!(std::sync::Arc::ptr_eq(&cases[0].checks, &cases[1].checks));
    assert_eq!(cases[0].checks.len(), 2);
}
