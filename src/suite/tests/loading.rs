use super::project::{HEAD, Project, assert_has};
use crate::base::{ModelRef, Ratio};
use crate::score::PassRule;

#[test]
fn a_full_suite_becomes_what_it_means() {
    let text = "suite: review\nabout: finds bugs\nprompts: [ask]\nmodels:\n  - mock/echo\n  - {model: openai/gpt-5.4-mini, params: {temperature: 0}}\n\
        judge: openai/gpt-5.4-mini\nrepeat: 3\nparams: {max_tokens: 9}\ndefaults: {checks: [{contains: x}], tags: [t], weight: 2, vars: {q: d}}\n\
        cases: [{id: a}]\ngoal: {pass_rate: \">= 0.9\"}\npass_rule: 0.7\nmax_errors: 4\n";
    let (suites, problems) = Project::new(&[("evals/review.yaml", text)]).load(&[]);
    assert!(problems.is_empty(), "{}", problems.render(false));
    let suite = &suites[0];
    assert_eq!((suite.name.as_str(), suite.repeat, suite.max_errors), ("review", 3, 4));
    assert_eq!(suite.path.to_string_lossy(), "evals/review.yaml");
    assert_eq!(suite.rule, PassRule::Threshold(Ratio::new(0.7).expect("share")));
    assert_eq!(suite.judge.as_ref().map(ToString::to_string).as_deref(), Some("openai/gpt-5.4-mini"));
    let models: Vec<(String, Option<f64>, Option<u32>)> =
        suite.variants.iter().map(|v| (v.model.to_string(), v.params.temperature, v.params.max_tokens)).collect();
    let wanted = [("mock/echo".to_owned(), None, Some(9)), ("openai/gpt-5.4-mini".to_owned(), Some(0.0), Some(9))];
    assert_eq!(models, wanted);
    assert_ne!(suite.variants[0].digest, suite.variants[1].digest);
    assert!(suite.goal.pass_rate.is_some());
}

#[test]
fn all_problems_of_all_files_come_in_one_pass() {
    let bad = "suite: demo\npromts: [ask]\nmodels: [gpt-5, opnai/gpt-5, {model: mock/x, parms: 1}]\nrepeat: 0\npass_rule: 0\nmax_errors: -1\n\
        defaults: {checks: [{contians: x}], weight: -1}\ncases: 5\n";
    let project = Project::new(&[
        ("evals/a.yaml", bad),
        ("evals/b.yaml", "suite: [x\n"),
        ("evals/c.yaml", &format!("{HEAD}cases: [{{id: one, vars: {{q: 1, r: 2}}}}]\n")),
    ]);
    let shown = project.told();
    assert_has(
        &shown,
        &[
            "evals/a.yaml:2:1",
            "did you mean `prompts`?",
            "`gpt-5` is not a valid model",
            "evals/a.yaml:3:17",
            "did you mean `openai`?",
            "did you mean `params`?",
            "`repeat` is 0",
            "`pass_rule` is",
            "`max_errors` is -1",
            "`contians`",
            "`weight` is -1",
            "a case must be a mapping",
            "evals/b.yaml:",
            "duplicate-suite",
            "evals/c.yaml:5:",
            "unknown-variable",
        ],
    );
}

#[test]
fn a_suite_needs_a_name_prompts_cases_and_a_model() {
    let shown = Project::new(&[("evals/a.yaml", "about: x\n")]).told();
    assert_has(&shown, &["has no name", "has no `prompts`", "has no `cases`", "no-model"]);
    assert_has(&Project::new(&[("evals/a.yaml", "suite: a/b\n")]).told(), &["invalid-name"]);
    assert_has(&Project::new(&[("evals/a.yaml", "")]).told(), &["this suite file is empty"]);
}

#[test]
fn a_given_flag_beats_the_models_of_a_suite() {
    let mut project = Project::suite("cases: [{id: a, vars: {q: 1}}]\n");
    project.overrides.models = Some(vec![ModelRef::parse("openai/gpt-5").expect("model")]);
    let (suites, problems) = project.load(&[]);
    assert!(problems.is_empty(), "{}", problems.render(false));
    let models: Vec<String> = suites[0].variants.iter().map(|v| v.model.to_string()).collect();
    assert_eq!(models, ["openai/gpt-5"]);
}

#[test]
fn only_the_asked_suites_are_loaded_and_reported() {
    let good = "cases: [{id: a, vars: {q: 1}}]\n";
    let project = Project::new(&[
        ("evals/good.yaml", &format!("{HEAD}{good}")),
        ("evals/bad.yaml", "suite: bad\nnonsense: 1\n"),
        ("evals/broken.yaml", "suite: [\n"),
    ]);
    for asked in ["demo", "dem*", "good", "evals/good.yaml"] {
        let (suites, problems) = project.load(&[asked]);
        assert!(problems.is_empty() && suites.len() == 1, "{asked}: {}", problems.render(false));
    }
    assert!(project.load(&["broken"]).1.has_errors());
    let shown = project.load(&["demmo"]).1.render(false);
    assert_has(&shown, &["no suite matches `demmo`", "did you mean `demo`?", "known suites: bad, broken, demo"]);
}

#[test]
fn promptfoo_files_are_refused_by_name_and_by_content() {
    let foo = "providers: [openai:gpt-5]\nprompts: [x]\ntests: [{vars: {a: 1}}]\n";
    for name in ["evals/promptfooconfig.yaml", "evals/other.yaml"] {
        let shown = Project::new(&[(name, foo)]).told();
        assert_has(&shown, &["promptfoo-not-yet", "karat's own format"]);
        assert!(!shown.contains("unknown-key"), "{shown}");
    }
}

#[test]
fn datasets_must_exist_inside_the_project_in_a_known_format() {
    let project = Project::suite("cases: [gone.jsonl, ../../etc/passwd, notes.txt, folder, cases/bad.yaml]\n");
    project.write("evals/notes.txt", b"x");
    project.write("evals/folder/x", b"x");
    project.write("evals/cases/bad.yaml", b"cases: []\n");
    let shown = project.told();
    assert_has(
        &shown,
        &[
            "file-not-found",
            "evals/demo.yaml:5:9",
            "path-outside-project",
            "unknown-dataset-format",
            "not-a-file",
            "a file of cases must be a list",
        ],
    );
    assert!(!shown.contains("empty-dataset"), "{shown}");
}

#[test]
fn nul_bytes_and_bad_utf8_are_told_in_place() {
    let project = Project::suite("cases: [{id: a, vars: {q: \"\0\"}}]\n");
    assert_has(&project.told(), &["nul-byte", "evals/demo.yaml:5:"]);
    project.write("evals/demo.yaml", b"suite: \xff\n");
    assert_has(&project.told(), &["invalid-utf8", "evals/demo.yaml:1:8"]);
}

#[test]
fn the_same_prompt_or_model_twice_is_asked_once_with_a_warning() {
    let text = "suite: demo\nprompts: [ask, ask]\nmodels: [mock/a, mock/a]\ndefaults: {checks: [{contains: x}]}\ncases: [{id: a, vars: {q: 1}}]\n";
    let (suites, problems) = Project::new(&[("evals/demo.yaml", text)]).load(&[]);
    assert_eq!(suites[0].variants.len(), 1);
    assert!(!problems.has_errors());
    assert_has(&problems.render(false), &["warning[duplicate-prompt]", "warning[duplicate-model]"]);
}
