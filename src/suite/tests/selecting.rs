use std::collections::HashSet;

use super::project::{HEAD, Project, assert_has};
use crate::base::{CaseId, SafeName};
use crate::suite::{Selection, selected};

fn project() -> Project {
    Project::suite(
        "cases:\n  - {id: sql-1, vars: {q: 1}, tags: [security, slow]}\n  - {id: sql-2, vars: {q: 2}, tags: [security]}\n  - {id: xss-1, vars: {q: 3}, tags: [web], skip: flaky}\n  - {id: clean, vars: {q: 4}}\n",
    )
}

fn selection(cases: &[&str], tags: &[&str]) -> Selection {
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    Selection { cases: owned(cases), tags: owned(tags), ..Selection::default() }
}

#[test]
fn filters_choose_by_id_and_tag() {
    let project = project();
    let table: &[(&[&str], &[&str], &[&str])] = &[
        (&[], &[], &["sql-1", "sql-2", "xss-1", "clean"]),
        (&["sql-*"], &[], &["sql-1", "sql-2"]),
        (&["clean", "sql-2"], &[], &["sql-2", "clean"]),
        (&["demo/clean"], &[], &["clean"]),
        (&[], &["security"], &["sql-1", "sql-2"]),
        (&[], &["security", "!slow"], &["sql-2"]),
        (&[], &["!security"], &["xss-1", "clean"]),
        (&[], &["s*", "web"], &["sql-1", "sql-2", "xss-1"]),
        (&["*-1"], &["security"], &["sql-1"]),
    ];
    for (cases, tags, wanted) in table {
        assert_eq!(project.ids(&selection(cases, tags)), *wanted, "{cases:?} {tags:?}");
    }
}

#[test]
fn skipped_cases_come_as_skipped_with_their_position() {
    let wanted = [(0, "sql-1", false), (1, "sql-2", false), (2, "xss-1", true), (3, "clean", false)];
    assert_eq!(project().picked(&Selection::default()), wanted.map(|(n, id, skip)| (n, id.to_owned(), skip)));
}

#[test]
fn the_first_cases_are_those_that_can_run() {
    let project = project();
    let first = |first| project.ids(&Selection { first: Some(first), ..Selection::default() });
    assert_eq!(first(1), ["sql-1"]);
    assert_eq!(first(3), ["sql-1", "sql-2", "clean"]);
    assert_eq!(first(99), ["sql-1", "sql-2", "clean"]);
}

#[test]
fn a_part_of_a_matrix_id_matches_all_its_combinations() {
    let project = Project::suite("matrix: {q: [x, y]}\ncases: [{id: a}, {id: b}]\n");
    assert_eq!(project.ids(&selection(&["a"], &[])), ["a[q=x]", "a[q=y]"]);
    assert_eq!(project.ids(&selection(&["b[q=y]"], &[])), ["b[q=y]"]);
}

#[test]
fn failed_cases_of_a_run_are_chosen_by_suite_and_id() {
    let project = project();
    let key = |suite: &str, id: &str| (SafeName::parse(suite).expect("name"), CaseId::parse(id).expect("id"));
    let with = |keys: &[(&str, &str)]| Selection {
        keys: Some(keys.iter().map(|(suite, id)| key(suite, id)).collect::<HashSet<_>>()),
        ..Selection::default()
    };
    assert_eq!(project.ids(&with(&[("demo", "clean"), ("other", "sql-1")])), ["clean"]);
    let warned = project.survey(&with(&[("demo", "clean"), ("other", "sql-1")])).2.render(false);
    assert_has(&warned, &["warning[failed-cases-gone]: 1 of the 2 cases"]);
    assert_has(&project.survey(&with(&[("demo", "gone")])).2.render(false), &["error[no-failed-cases]"]);
    assert_has(&project.survey(&with(&[])).2.render(false), &["no case failed in that run"]);
}

#[test]
fn filters_that_match_nothing_name_what_exists() {
    let selection = Selection {
        cases: vec!["sql-3".to_owned()],
        tags: vec!["securty".to_owned()],
        prompts: vec!["aks".to_owned()],
        models: vec!["mock/ehco".to_owned()],
        ..Selection::default()
    };
    let shown = project().survey(&selection).2.render(false);
    assert_has(
        &shown,
        &[
            "no case matches `sql-3`",
            "did you mean `sql-1`?",
            "known cases: clean, sql-1, sql-2, xss-1",
            "no tag matches `securty`",
            "did you mean `security`?",
            "no prompt matches `aks`",
            "no model matches `mock/ehco`",
            "did you mean `mock/echo`?",
        ],
    );
}

#[test]
fn a_filter_may_match_in_one_suite_only() {
    let project = project();
    project.write("evals/second.yaml", HEAD.replace("demo", "second").as_bytes());
    project.write(
        "evals/second.yaml",
        format!("{}cases: [{{id: z, vars: {{q: 1}}}}]\n", HEAD.replace("demo", "second")).as_bytes(),
    );
    let (_, surveys, problems) = project.survey(&selection(&["clean"], &[]));
    assert!(problems.is_empty(), "{}", problems.render(false));
    assert_eq!(surveys.iter().map(|s| s.selected).collect::<Vec<_>>(), [1, 0]);
}

#[test]
fn nothing_left_to_run_is_an_error_that_says_why() {
    let project = project();
    let told = |selection: &Selection| project.survey(selection).2.render(false);
    assert_has(&told(&selection(&["clean"], &["web"])), &["no-cases-selected", "no case passes all of them"]);
    assert_has(&told(&selection(&["xss-1"], &[])), &["no-cases-selected", "skipped by their suites: 1"]);
    assert_has(&told(&Selection { first: Some(0), ..Selection::default() }), &["no-cases-selected", "at least 1"]);
    assert_has(&told(&Selection { sample: Some(0), ..Selection::default() }), &["no-cases-selected", "at least 1"]);
    assert_has(&Project::new(&[]).told(), &["no-suites"]);
}

/// Few cases are kept by the survey and many are read again: what is run must not depend on it.
#[test]
fn kept_cases_and_cases_read_again_are_the_same() {
    let row = |id: &str, q: &str| format!("{{\"id\": \"{id}\", \"vars\": {{\"q\": \"{q}\"}}, \"tags\": [\"t\"]}}\n");
    let long = "x".repeat(1024 * 1024);
    for (texts, is_kept) in [(["one", "two", "three"], true), ([long.as_str(), long.as_str(), "three"], false)] {
        let rows: String = texts.iter().zip(["a", "b", "c"]).map(|(text, id)| row(id, text)).collect();
        let project = Project::dataset("d.jsonl", rows.as_bytes());
        for selection in [Selection::default(), Selection { first: Some(2), ..Selection::default() }] {
            let (suites, surveys, problems) = project.survey(&selection);
            assert!(problems.is_empty(), "{}", problems.render(false));
            assert_eq!(surveys[0].kept.is_some(), is_kept);
            let picked: Vec<_> =
                selected(&suites[0], &selection, &surveys[0]).map(|item| item.expect("case").1).collect();
            let wanted: Vec<_> = suites[0].cases().map(|case| case.expect("case")).take(picked.len()).collect();
            assert_eq!(picked.len(), selection.first.map_or(3, |_| 2));
            for (one, other) in picked.iter().zip(&wanted) {
                assert_eq!((&one.case, &one.place(), one.repeat), (&other.case, &other.place(), other.repeat));
            }
        }
    }
}

#[test]
fn a_dataset_that_changes_between_the_passes_is_an_error() {
    let row = |id: &str, q: u32| format!("{{\"id\": \"{id}\", \"vars\": {{\"q\": {q}}}}}\n");
    let project = Project::dataset("d.jsonl", (row("a", 1) + &row("b", 2)).as_bytes());
    let all = Selection::default();
    let (suites, surveys, problems) = project.survey(&all);
    assert!(problems.is_empty(), "{}", problems.render(false));
    let mut walk = selected(&suites[0], &all, &surveys[0]);
    assert!(matches!(walk.next(), Some(Ok((0, _)))));
    project.write("evals/cases/d.jsonl", (row("a", 1) + &row("b", 2) + &row("c", 3)).as_bytes());
    let rest: Vec<_> = walk.collect();
    let problem = rest.last().and_then(|item| item.as_ref().err()).expect("changed");
    assert_has(&problem.render(false), &["dataset-changed"]);
    let mut again = selected(&suites[0], &all, &surveys[0]);
    assert!(matches!(again.next(), Some(Err(_))));
    assert!(again.next().is_none());
}
