use super::project::{HEAD, Project, assert_has};
use crate::suite::Selection;

#[test]
fn duplicate_ids_are_told_with_both_places() {
    let text = "{\"id\": \"a\", \"vars\": {\"q\": 1}}\n{\"id\": \"b\", \"vars\": {\"q\": 2}}\n\n{\"id\": \"a\", \"vars\": {\"q\": 3}}\n{\"vars\": {\"q\": 4}}\n{\"vars\": {\"q\": 4}}\n";
    let shown = Project::dataset("d.jsonl", text.as_bytes()).told();
    assert_has(
        &shown,
        &[
            "two cases have the id `a`",
            "evals/cases/d.jsonl:4:1",
            "evals/cases/d.jsonl:1:1: the first one",
            "the same content as another",
            "evals/cases/d.jsonl:6:1",
            "evals/cases/d.jsonl:5:1",
        ],
    );
}

#[test]
fn a_thousand_duplicates_stay_readable() {
    let text = "{\"id\": \"a\", \"vars\": {\"q\": 1}}\n".repeat(1000);
    let (_, _, problems) = Project::dataset("d.jsonl", text.as_bytes()).survey(&Selection::default());
    assert_eq!(problems.error_count(), 51);
    assert_has(&problems.render(false), &["949 more cases of suite `demo` have an id that is taken"]);
}

#[test]
fn one_broken_dataset_does_not_hide_the_other_files() {
    let project = Project::dataset("d.jsonl", "nonsense\n".repeat(5000).as_bytes());
    project.write("evals/other.yaml", b"suite: other\n");
    let shown = project.told();
    assert_has(
        &shown,
        &["evals/cases/d.jsonl:100:", "4900 more problems in the cases of suite `demo`", "evals/other.yaml"],
    );
    assert!(!shown.contains("evals/cases/d.jsonl:101:"), "{shown}");
}

#[test]
fn cases_and_suites_without_checks_are_errors() {
    let head = "suite: demo\nprompts: [ask]\nmodels: [mock/echo]\n";
    let none = format!("{head}cases: [{{id: a, vars: {{q: 1}}}}, {{id: b, vars: {{q: 1}}}}]\n");
    let shown = Project::new(&[("evals/demo.yaml", &none)]).told();
    assert_has(&shown, &["suite-without-checks", "evals/demo.yaml:1:8"]);
    assert!(!shown.contains("case-without-checks"), "{shown}");
    let some =
        format!("{head}cases: [{{id: a, vars: {{q: 1}}, checks: [{{contains: x}}]}}, {{id: b, vars: {{q: 1}}}}]\n");
    let shown = Project::new(&[("evals/demo.yaml", &some)]).told();
    assert_has(&shown, &["case-without-checks", "evals/demo.yaml:4:"]);
    assert!(!shown.contains("suite-without-checks"), "{shown}");
}

#[test]
fn cases_that_nothing_decides_are_warned_of_once() {
    let head =
        "suite: demo\nprompts: [ask]\nmodels: [mock/echo]\ndefaults: {checks: [{contains: {value: x, weight: 0}}]}\n";
    let none = format!("{head}cases: [{{id: a, vars: {{q: 1}}}}, {{id: b, vars: {{q: 1}}}}]\n");
    let shown = Project::new(&[("evals/demo.yaml", &none)]).told();
    assert_has(&shown, &["warning[nothing-decides]", "all checks of 2 cases have weight 0", "evals/demo.yaml:5:"]);
    let some = format!("{head}cases: [{{id: a, vars: {{q: 1}}, checks: [{{contains: y}}]}}]\n");
    let shown = Project::new(&[("evals/demo.yaml", &some)]).told();
    assert!(!shown.contains("nothing-decides"), "{shown}");
}

#[test]
fn a_column_that_is_no_variable_is_told_once_where_the_header_names_it() {
    let rows: String = (0..300).map(|row| format!("r{row},why,x\n")).collect();
    let (_, _, problems) =
        Project::dataset("d.csv", format!("id,q,notes\n{rows}").as_bytes()).survey(&Selection::default());
    let shown = problems.render(false);
    assert_eq!(problems.error_count(), 1, "{shown}");
    assert_has(&shown, &["`notes` is not a variable", "evals/cases/d.csv:1:6"]);
}

#[test]
fn a_variable_for_all_cases_is_told_where_the_suite_gives_it() {
    let suite = "suite: demo\nprompts: [ask]\nmodels: [mock/echo]\ndefaults: {checks: [json], vars: {tone: kind}}\n\
                 matrix: {colour: [red, green]}\ncases: [{id: a, vars: {q: 1}}, {id: b, vars: {q: 2}}]\n";
    let project = Project::new(&[("evals/demo.yaml", suite)]);
    let (_, _, problems) = project.survey(&Selection::default());
    let shown = problems.render(false);
    assert_eq!(problems.error_count(), 2, "{shown}");
    assert_has(&shown, &["`colour` is not a variable", "demo.yaml:5:10", "`tone` is not a variable", "demo.yaml:4:35"]);
}

#[test]
fn variables_are_checked_for_each_case() {
    let shown = Project::suite("cases:\n  - {id: a}\n  - {id: b, vars: {q: 1, qq: 2}}\n").told();
    assert_has(&shown, &["missing-variable", "demo.yaml:6:5", "unknown-variable", "demo.yaml:7:26"]);
}

#[test]
fn a_check_that_needs_expected_names_the_case_that_lacks_it() {
    let text = "suite: demo\nprompts: [ask]\nmodels: [mock/echo]\ndefaults: {checks: [{equals: {from: expected}}]}\ncases:\n  - {id: a, vars: {q: 1}, expected: x}\n  - {id: b, vars: {q: 1}}\n";
    let shown = Project::new(&[("evals/demo.yaml", text)]).told();
    assert_has(&shown, &["missing-expected", "demo.yaml:7:5"]);
    assert!(!shown.contains("demo.yaml:6:"), "{shown}");
}

#[test]
fn empty_datasets_are_errors() {
    for (name, content) in [("d.jsonl", "\n\n"), ("d.csv", "id,q\n"), ("d.csv", ""), ("d.yaml", ""), ("d.yaml", "[]")] {
        let shown = Project::dataset(name, content.as_bytes()).told();
        assert_has(&shown, &["empty-dataset", "suite `demo` has no cases"]);
    }
    assert_has(&Project::suite("cases: []\n").told(), &["empty-dataset"]);
}

#[test]
fn an_empty_suite_beside_a_broken_one_is_told_too() {
    let project = Project::suite("cases: []\n");
    project.write("evals/a.yaml", b"suite: a\nnonsense: 1\n");
    assert_has(&project.told(), &["unknown-key", "suite `demo` has no cases"]);
    let header = Project::dataset("d.csv", b"id,id\na,b\n").told();
    assert_has(&header, &["duplicate-column", "cases/d.csv:1:4"]);
    assert!(!header.contains("empty-dataset"), "{header}");
}

#[test]
fn a_variable_that_own_code_names_is_no_stranger() {
    let told = |check: &str| {
        let row = format!("{{id: a, vars: {{q: 1, tone: kind}}, checks: [{check}]}}");
        Project::suite(&format!("cases:\n  - {row}\n")).told()
    };
    for check in [
        "javascript: output.includes(context.vars.tone)",
        "any_of: [{python: 'context[\"vars\"][\"tone\"] in output'}, json]",
        "webhook: https://judge.example/x",
    ] {
        assert_eq!(told(check), "", "{check}");
    }
    assert_has(&told("javascript: output.includes(context.vars.tune)"), &["unknown-variable", "`tone`"]);
    assert_has(&told("contains: tone"), &["unknown-variable"]);
}

#[test]
fn prompts_under_comparison_may_use_different_variables() {
    let two = HEAD.replace("[ask]", "[ask, \"Say {{ q }} and {{ r }}\"]");
    let told = |vars: &str| {
        let text = format!("{two}cases: [{{id: a, vars: {vars}}}]\n");
        Project::new(&[("evals/demo.yaml", &text)]).told()
    };
    assert_eq!(told("{q: a, r: b}"), "");
    assert_has(&told("{q: a}"), &["missing-variable"]);
    assert_has(&told("{q: a, r: b, s: c}"), &["unknown-variable", "demo.yaml:5:"]);
}

#[test]
fn a_variable_that_only_a_check_reads_is_known() {
    let head = HEAD.replace("{contains: x}", "{contains: {from: vars.wanted}}");
    let told = |vars: &str| {
        let text = format!("{head}cases: [{{id: a, vars: {vars}}}]\n");
        Project::new(&[("evals/demo.yaml", &text)]).told()
    };
    assert_eq!(told("{q: a, wanted: b}"), "");
    assert_has(&told("{q: a}"), &["missing-variable", "vars.wanted"]);
}

#[test]
fn secrets_are_found_in_suites_and_in_every_kind_of_dataset_and_never_shown() {
    let secret = ["gh", "p_", "Zq83Kd02mXpL5vT7rQe9Wy4Nb6Hs1Jc0Fa2G"].concat();
    let inline = Project::suite(&format!("wrong: {secret}\ncases: [{{id: a, vars: {{q: \"{secret}\"}}}}]\n"));
    let row = format!("{{\"id\": \"a\", \"vars\": {{\"q\": \"{secret}\"}}, \"wrong\": 1}}\n");
    let jsonl = Project::dataset("d.jsonl", row.as_bytes());
    let csv = Project::dataset("d.csv", format!("id,q,n:number\na,{secret},x\n").as_bytes());
    let yaml = Project::dataset("d.yaml", format!("- {{id: a, vars: {{q: {secret}}}, wrong: 1}}\n").as_bytes());
    for (project, place) in
        [(inline, "demo.yaml:5:8"), (jsonl, "d.jsonl:1:28"), (csv, "d.csv:2:3"), (yaml, "d.yaml:1:21")]
    {
        let shown = project.told();
        assert_has(&shown, &["secret-in-file", place]);
        assert!(!shown.contains("Zq83"), "{shown}");
    }
}

#[test]
fn marks_of_only_are_honoured_with_a_warning() {
    let project = Project::suite("cases: [{id: a, vars: {q: 1}}, {id: b, vars: {q: 2}, only: true}]\n");
    let (_, surveys, problems) = project.survey(&Selection::default());
    assert!(!problems.has_errors());
    assert_has(&problems.render(false), &["warning[only-left-in]", "demo.yaml:5:"]);
    assert_eq!((surveys[0].total, surveys[0].selected, surveys[0].trials), (2, 1, 1));
    assert_eq!(project.ids(&Selection::default()), ["b"]);
    // A case named on the command line is run whatever is marked.
    assert_eq!(project.ids(&Selection { cases: vec!["a".to_owned()], ..Selection::default() }), ["a"]);
}

#[test]
fn trials_are_repeats_times_variants() {
    let text = "suite: demo\nprompts: [ask]\nmodels: [mock/a, mock/b]\nrepeat: 3\ndefaults: {checks: [{contains: x}]}\ncases: [{id: a, vars: {q: 1}}, {id: b, vars: {q: 1}, repeat: 1}, {id: c, vars: {q: 1}, skip: true}]\n";
    let project = Project::new(&[("evals/demo.yaml", text)]);
    let (_, surveys, problems) = project.survey(&Selection::default());
    assert!(problems.is_empty(), "{}", problems.render(false));
    let survey = &surveys[0];
    assert_eq!((survey.total, survey.selected, survey.skipped, survey.trials), (3, 2, 1, 8));
    let (_, surveys, _) = project.survey(&Selection { models: vec!["a".to_owned()], ..Selection::default() });
    assert_eq!((surveys[0].variants.clone(), surveys[0].trials), (vec![0], 4));
}

#[test]
fn the_suite_digest_follows_content_order_and_ids_but_not_what_the_suite_says_of_itself() {
    let digest = |cases: &str, extra: &str| {
        let (_, surveys, problems) = Project::new(&[("evals/demo.yaml", &format!("{HEAD}{extra}cases: [{cases}]\n"))])
            .survey(&Selection::default());
        assert!(!problems.has_errors(), "{}", problems.render(false));
        surveys[0].digest
    };
    let base = digest("{id: a, vars: {q: 1}}, {id: b, vars: {q: 2}}", "");
    assert_eq!(digest("{id: a, vars: {q: 1}}, {id: b, vars: {q: 2}}", "about: hello\n"), base);
    assert_ne!(digest("{id: x, vars: {q: 1}}, {id: y, vars: {q: 2}}", ""), base);
    assert_ne!(digest("{id: b, vars: {q: 2}}, {id: a, vars: {q: 1}}", ""), base);
    assert_ne!(digest("{id: a, vars: {q: 1}}", ""), base);
    assert_ne!(digest("{id: a, vars: {q: 1}}, {id: b, vars: {q: 2}}", "goal: {pass_rate: \">= 0.5\"}\n"), base);
    assert_ne!(digest("{id: a, vars: {q: 1}}, {id: b, vars: {q: 2}}", "params: {seed: 1}\n"), base);
}

#[test]
fn problems_of_a_jsonl_row_stand_at_their_column() {
    let rows =
        "{\"id\": \"a\", \"vars\": {\"q\": 1}, \"tgas\": []}\n{\"id\": \"b\", \"vars\": {\"ü\": \"é\", \"z\": 1}}\n";
    let shown = Project::dataset("d.jsonl", rows.as_bytes()).told();
    assert_has(&shown, &["d.jsonl:1:31", "did you mean `tags`?", "d.jsonl:2:22", "d.jsonl:2:32"]);
}
