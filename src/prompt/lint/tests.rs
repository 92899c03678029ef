//! Whole small projects: what each rule finds, and what it leaves alone.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::base::{Diagnostic, ModelRef, Problems, Severity, Source, parse_yaml};
use crate::price::PriceTable;
use crate::prompt::{Accepts, Registry, find_uses};
use crate::record::{ChatRequest, Fate, ParamFate, Part};

mod models;

const TODAY: &str = "2026-11-21";

struct Project(TempDir);

/// What a lint is asked besides its references.
#[derive(Clone, Copy, Default)]
struct Asked<'a> {
    models: &'a [ModelRef],
    levels: Option<&'a Levels>,
    today: Option<&'a str>,
    all_versions: bool,
}

/// Stands for the providers: models called `o…` and `gpt-5` do not sample, Anthropic's know no seed and one of two.
struct Judge;

impl Accepts for Judge {
    fn fates(&self, model: &ModelRef, request: &ChatRequest) -> Vec<ParamFate> {
        let params = &request.params;
        let gone =
            |param: &str, why: &str| ParamFate { param: param.to_owned(), fate: Fate::Dropped, why: why.to_owned() };
        let mut found = Vec::new();
        match model.provider.as_str() {
            "openai" if model.model.starts_with(['o']) || model.model == "gpt-5" => {
                found.extend(params.temperature.map(|_| gone("temperature", "only the default")));
            }
            "anthropic" => {
                found.extend(params.seed.map(|_| gone("seed", "no such parameter")));
                found.extend(params.temperature.and(params.top_p).map(|_| gone("top_p", "not both")));
            }
            "blind" | "deepseek" if model.model != "deepseek-chat" => {
                let marked = request.messages.iter().any(|message| message.cache.is_some());
                found.extend(marked.then(|| gone("cache", "it caches by itself")));
                found.extend((!request.tools.is_empty()).then(|| gone("tools", "no tools")));
                let seen = |part: &Part| matches!(part, Part::Image(_));
                let images = request.messages.iter().any(|message| message.parts.iter().any(seen));
                found.extend(images.then(|| gone("images", "no images")));
            }
            _ => {}
        }
        found
    }

    fn drops_rejected(&self, model: &ModelRef) -> bool {
        model.model == "o9"
    }
}

impl Project {
    fn new(files: &[(&str, &str)]) -> Project {
        let project = Project(tempfile::tempdir().expect("temp"));
        for (path, text) in files {
            let path = project.0.path().join(path);
            fs::create_dir_all(path.parent().expect("parent")).expect("folders");
            fs::write(path, text).expect("written");
        }
        project
    }

    fn lint_with(&self, references: &[&str], asked: Asked<'_>) -> Result<Linted, Problems> {
        let root = self.0.path();
        let prompts = root.join("prompts");
        let mut problems = Problems::new();
        let uses = find_uses(&root.join("evals"), root, &Registry::open(&prompts, root), &mut problems);
        let usual = Levels::default();
        let options = LintOptions {
            registry: &Registry::open(&prompts, root),
            prompts: &prompts,
            root,
            prices: PriceTable::bundled().expect("prices"),
            accepts: &Judge,
            today: asked.today.unwrap_or(TODAY),
            models: asked.models,
            project_models: &[],
            project_place: None,
            uses: &uses,
            knows_uses: !problems.has_errors(),
            levels: asked.levels.unwrap_or(&usual),
            all_versions: asked.all_versions,
        };
        let references: Vec<String> = references.iter().map(|reference| (*reference).to_owned()).collect();
        lint(&references, &options)
    }

    fn lint(&self, references: &[&str]) -> Vec<Diagnostic> {
        self.lint_with(references, Asked::default())
            .unwrap_or_else(|problems| panic!("{}", problems.render(false)))
            .findings
    }
}

/// `line:col code` of the findings in the only version of a prompt `p`, without those of models' ages.
fn found(yaml: &str) -> Vec<String> {
    let project = Project::new(&[("prompts/p/1.0.0.yaml", yaml)]);
    told(&project.lint(&[]))
}

fn told(findings: &[Diagnostic]) -> Vec<String> {
    let row = |found: &Diagnostic| {
        let place = found.place.as_ref().map_or((0, 0), |place| (place.line, place.col));
        format!("{}:{} {}", place.0, place.1, found.code)
    };
    findings.iter().map(row).collect()
}

const NONE: [&str; 0] = [];

#[test]
fn variables_in_system_messages_are_found_unless_they_are_harmless() {
    let prompt = |text: &str, variables: &str| {
        format!(
            "messages:\n  - {{role: system, content: \"{text}\"}}\n  - {{role: user, content: hi}}\nvariables: {{{variables}}}\n"
        )
    };
    let hit = |text: &str, variables: &str| found(&prompt(text, variables));
    let code = "variable-in-system-message";
    assert_eq!(hit("You help {{ name }}.", "name: string"), [format!("2:42 {code}")]);
    assert_eq!(hit("<n>{{ name }}</n> {{ name }}", "name:"), [format!("2:36 {code}")]);
    assert_eq!(hit("{% for n in names %}{{ n }}{% endfor %}", "names: list"), [format!("2:53 {code}")]);
    assert_eq!(hit("{% set x = name %}{{ x | upper }}", "name:"), [format!("2:51 {code}")]);
    for (text, variables) in [
        ("You help {{ name }}.", "name: {type: string, trusted: true}"),
        ("At most {{ words }} words, {{ polite }}.", "words: number, polite: boolean"),
        ("Code in {{ language }}.", "language: {one_of: [go, rust]}"),
        ("{% if name %}Be personal.{% endif %} {{ name | length }}", "name: string"),
        ("{{ 'a' if name else 'b' }}", "name: string"),
    ] {
        assert_eq!(hit(text, variables), NONE, "{text}");
    }
}

#[test]
fn partials_of_system_messages_count_and_are_told_once() {
    let version = "messages:\n  - {role: system, content: \"{% include 'who.txt' %}\"}\n  - {role: user, content: hi}\nvariables: {name: string}\n";
    let project = Project::new(&[
        ("prompts/_partials/who.txt", "You help\n{{ name }}.\n"),
        ("prompts/a/1.0.0.yaml", version),
        ("prompts/b/1.0.0.yaml", version),
    ]);
    let findings = project.lint(&[]);
    assert_eq!(told(&findings), ["2:4 variable-in-system-message"]);
    assert_eq!(findings[0].place.as_ref().expect("place").path, Path::new("prompts/_partials/who.txt"));
}

#[test]
fn undelimited_variables_are_found_in_user_messages() {
    let hit = |text: &str| {
        found(&format!(
            "messages:\n  - role: user\n    content: |-\n      {}\nvariables: {{a: string, b: {{type: string, trusted: true}}}}\n",
            text.replace('\n', "\n      ")
        ))
    };
    assert_eq!(hit("Question: {{ a }} {{ b }}"), ["4:20 undelimited-variable"]);
    assert_eq!(hit("{% for x in a %}\n{{ x }}\n{% endfor %}{{ b }}"), ["5:10 undelimited-variable"]);
    // Once per variable, in an image's URL not at all.
    assert_eq!(hit("Q: {{ a }} or {{ a }}{{ b }}"), ["4:13 undelimited-variable"]);
    for framed in [
        "<a>{{ a }}</a>{{ b }}",
        "```\n{{ a }}\n```\n{{ b }}",
        "{% if b %}\"{{ a }}\"{% endif %}",
        "{{ b }} as JSON: {{ a | json_encode }}",
    ] {
        assert_eq!(hit(framed), NONE, "{framed}");
    }
    assert_eq!(found("template: \"{{ a }}\"\n"), NONE);
    assert_eq!(found("template: \"Say {{ a }}\"\n"), ["1:19 undelimited-variable"]);
}

#[test]
fn names_that_hide_variables_are_found() {
    let hit = |text: &str| {
        found(&format!(
            "messages:\n  - {{role: user, content: \"<x>{text}</x>\"}}\nvariables: {{item: string, items: list}}\n"
        ))
    };
    assert_eq!(hit("{% for item in items %}{{ item }}{% endfor %}{{ item }}"), ["2:38 shadowed-variable"]);
    assert_eq!(hit("{{ item }}{% set items = [] %}{{ items }}"), ["2:48 shadowed-variable", "3:27 unused-variable"]);
    assert_eq!(hit("{{ [item for item in items] }}{{ item }}"), ["2:44 shadowed-variable"]);
    assert_eq!(hit("{% for each in items %}{{ each.item }}{% endfor %}{{ item }}"), NONE);
}

#[test]
fn text_is_looked_at_line_by_line() {
    assert_eq!(found("about: x  \ntemplate: |\n  a\t\n  b\n"), ["1:9 trailing-space", "3:4 trailing-space"]);
    assert_eq!(found("template: |\r\n  a\r\n  b \r\n"), ["3:4 trailing-space"]);
    assert_eq!(found("template: caf\u{e9}\n"), NONE);
    assert_eq!(found("template: cafe\u{301}\n"), ["1:14 non-nfc"]);
    assert_eq!(found("template: a\u{200b}b\n"), ["1:12 invisible-character"]);
    assert_eq!(found("template: \"a\\u200bb\"\n"), ["1:13 invisible-character"]);
    assert_eq!(found("template: \"👩\u{200d}👧 می\u{200c}خواهم\"\n"), NONE);
}

#[test]
fn personal_data_is_found_and_never_shown() {
    let yaml = "template: |\n  Write to jo.doe@initech.io  \n  or jane@example.com\n";
    let project = Project::new(&[("prompts/p/1.0.0.yaml", yaml)]);
    let findings = project.lint(&[]);
    assert_eq!(told(&findings), ["2:12 personal-data", "2:29 trailing-space"]);
    let text: String = findings.iter().map(|found| found.render(false)).collect();
    assert!(!text.contains("initech") && text.contains("Write to xxxx"), "{text}");
}

#[test]
fn secrets_of_both_kinds_are_findings_and_never_shown() {
    let key = ["gh", "p_", "Zq83Kd02mXpL5vT7rQe9Wy4Nb6Hs1Jc0Fa2G"].concat();
    let project = Project::new(&[
        ("prompts/a/1.0.0.yaml", &format!("template: \"use {key}\" \n")),
        ("prompts/b/1.0.0.yaml", "template: |\n  password = \"9fK2xQ7vLm4TzR8wYp3B\" \n"),
    ]);
    let findings = project.lint(&[]);
    assert_eq!(
        told(&findings),
        ["1:16 secret-in-file", "1:57 trailing-space", "2:15 likely-secret-in-file", "2:36 trailing-space"]
    );
    let text: String = findings.iter().map(|found| found.render(false)).collect();
    assert!(!text.contains("Zq83") && !text.contains("9fK2"), "{text}");
}

#[test]
fn json_without_a_schema_is_found() {
    assert_eq!(found("template: a\noutput: {format: json}\n"), ["2:10 output-without-schema"]);
    assert_eq!(found("template: a\noutput: {format: json, schema: {type: object}}\n"), NONE);
    assert_eq!(found("template: a\noutput: {format: text}\n"), NONE);
}

#[test]
fn examples_must_fit_the_schema() {
    let hit = |answer: &str, last: &str| {
        found(&format!(
            "messages:\n  - {{role: user, content: a}}\n  - {{role: assistant, content: '{answer}'}}\n{last}output: {{schema: {{type: object, required: [x], properties: {{x: {{type: integer}}}}}}}}\n"
        ))
    };
    let user = "  - {role: user, content: b}\n";
    assert_eq!(hit("{\"x\": \"1\"}", user), ["3:32 example-violates-schema"]);
    assert_eq!(hit("{}", user), ["3:32 example-violates-schema"]);
    assert_eq!(hit("fine", user), ["3:32 example-violates-schema"]);
    assert_eq!(hit("{\"x\": 1}", user), NONE);
    // The beginning of the real answer is no example, a template is not known yet.
    assert_eq!(hit("{", ""), NONE);
    assert_eq!(hit("{% raw %}{% endraw %}", user), NONE);
}

#[test]
fn limits_that_contradict_each_other_are_found() {
    let hit = |variable: &str| found(&format!("template: \"<a>{{{{ a }}}}</a>\"\nvariables:\n  a: {{{variable}}}\n"));
    assert_eq!(hit("one_of: [go, javascript], max_chars: 5"), ["3:15 contradictory-limits"]);
    assert_eq!(hit("one_of: [go], min_chars: 3"), ["3:15 contradictory-limits"]);
    assert_eq!(hit("one_of: [go, '1'], pattern: '^[a-z]+$'"), ["3:15 contradictory-limits"]);
    assert_eq!(hit("one_of: [go], max_chars: 5"), NONE);
    assert_eq!(hit("min_chars: 3, max_chars: 2"), ["3:18 variable-rules"]);
    let budget = |params: &str| found(&format!("template: a\nparams: {{{params}}}\n"));
    assert_eq!(budget("thinking_budget: 2000, max_tokens: 2000"), ["2:27 contradictory-limits"]);
    assert_eq!(budget("thinking_budget: 2000, max_tokens: 2001"), NONE);
    let over = "template: a\nparams: {thinking_budget: 2000}\nmodels: {\"a/*\": {params: {max_tokens: 100}}}\n";
    assert_eq!(found(over), ["3:26 contradictory-limits"]);
}

#[test]
fn what_the_reader_reports_is_a_finding_with_the_same_code() {
    let project = Project::new(&[
        ("prompts/a/1.0.0.yaml", "messages: [{role: user, content: \"{{ cdoe }}\"}]\nvariables: {code: string}\n"),
        ("prompts/a/v2.yaml", "template: x\n"),
        ("prompts/a/prompt.yaml", "labels: {production: 1.1.0}\n"),
        ("prompts/b/1.0.0.yaml", "messages: [\n"),
        ("prompts/b c/1.0.0.yaml", "template: x\n"),
    ]);
    let mut codes: Vec<_> = project.lint(&[]).into_iter().map(|found| found.code).collect();
    codes.sort_unstable();
    assert_eq!(
        codes,
        ["invalid-yaml", "label-to-missing-version", "prompt-name", "undeclared-variable", "version-not-semver"]
    );
}

#[test]
fn superseded_versions_get_the_rules_that_matter_for_them() {
    let text = "template: \"Say {{ a }} \u{200b}\"  \n";
    let project = Project::new(&[
        ("prompts/p/1.0.0.yaml", text),
        ("prompts/p/1.1.0.yaml", text),
        ("prompts/p/1.2.0.yaml", "template: latest\n"),
        ("prompts/p/1.3.0.yaml", "template: latest\n"),
        ("prompts/p/prompt.yaml", "labels: {production: 1.1.0}\n"),
    ]);
    let findings = project.lint(&[]);
    let rows: Vec<String> = findings
        .iter()
        .map(|found| {
            format!(
                "{} {}",
                found.place.as_ref().expect("place").path.file_stem().expect("stem").to_string_lossy(),
                found.code
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            "1.0.0 unreferenced-version",
            "1.0.0 invisible-character",
            "1.1.0 undelimited-variable",
            "1.1.0 invisible-character",
            "1.1.0 trailing-space"
        ]
    );
    assert!(findings[0].message.contains("1.0.0, 1.2.0 of `p`"), "{}", findings[0].message);
    assert_eq!(findings[0].severity, Severity::Note);
    let all = project.lint_with(&[], Asked { all_versions: true, ..Asked::default() }).expect("linted").findings;
    assert_eq!(all.iter().filter(|found| found.code == "undelimited-variable").count(), 2);
    // Named, it is looked at in full.
    let one = project.lint(&["p@1.0.0"]);
    assert_eq!(told(&one), ["1:19 undelimited-variable", "1:24 invisible-character", "1:26 trailing-space"]);
}

#[test]
fn a_suite_or_policy_keeps_a_version_in_use() {
    let files = [
        ("prompts/p/1.0.0.yaml", "template: a\n"),
        ("prompts/p/1.1.0.yaml", "template: b\n"),
        ("prompts/p/1.2.0.yaml", "template: c\n"),
        ("evals/deploy/prod.yaml", "artifact: {prompt: prompts/p/1.0.0.yaml}\n"),
    ];
    let project = Project::new(&files);
    let findings = project.lint(&[]);
    assert_eq!(told(&findings), ["0:0 unreferenced-version"]);
    assert!(findings[0].message.contains("nothing refers to 1.1.0 of"), "{}", findings[0].message);
    // A file that cannot be read might refer to any.
    fs::write(project.0.path().join("evals/broken.yaml"), "prompts: [\n").expect("written");
    assert_eq!(told(&project.lint(&[])), NONE);
}

#[test]
fn references_lead_to_files_or_are_problems() {
    let project = Project::new(&[
        ("prompts/p/1.0.0.yaml", "template: a \n"),
        ("prompts/p/next.yaml", "template: [ \n"),
        ("prompts/note.txt", "x \n"),
    ]);
    assert_eq!(told(&project.lint(&["p@latest"])), ["1:12 trailing-space"]);
    assert_eq!(told(&project.lint(&["prompts/note.txt"])), ["1:2 trailing-space"]);
    // A prompt that is broken was found: its error is a finding.
    assert!(project.lint(&["p@next"]).iter().all(|found| found.severity == Severity::Error));
    for (reference, code) in [
        ("q", "unknown-prompt"),
        ("p@2.0.0", "unknown-version"),
        ("p@nope", "unknown-label"),
        ("P P", "prompt-name"),
        ("prompts/no.txt", "file-not-found"),
        ("../x.txt", "path-outside-project"),
        ("p@git:HEAD", "lint-target"),
    ] {
        let problems = project.lint_with(&[reference], Asked::default()).expect_err("a problem");
        let found = problems.sorted();
        assert_eq!(found.iter().map(|problem| problem.code).collect::<Vec<_>>(), [code], "{reference}");
        assert_eq!(found[0].place, None, "{reference}");
    }
}

#[test]
fn a_file_that_is_not_text_stops_lint() {
    let project = Project::new(&[("prompts/p/1.0.0.yaml", "template: a\n")]);
    fs::write(project.0.path().join("prompts/p/1.1.0.yaml"), b"template: \xff\n").expect("written");
    let problems = project.lint_with(&[], Asked::default()).expect_err("a problem");
    assert_eq!(problems.sorted()[0].code, "invalid-utf8");
}

#[cfg(unix)]
#[test]
fn links_out_of_the_project_are_not_followed() {
    use std::os::unix::fs::symlink;
    let outside = tempfile::tempdir().expect("temp");
    fs::write(outside.path().join("x.yaml"), "template: jo.doe@initech.io \n").expect("written");
    let project = Project::new(&[("prompts/p/1.0.0.yaml", "template: a\n"), ("evals/a.yaml", "suite: a\n")]);
    let root = project.0.path();
    symlink(outside.path().join("x.yaml"), root.join("prompts/p/next.yaml")).expect("link");
    let findings = project.lint(&[]);
    assert_eq!(findings.iter().map(|found| found.code).collect::<Vec<_>>(), ["path-outside-project"]);
    symlink(outside.path().join("x.yaml"), root.join("evals/b.yaml")).expect("link");
    let mut problems = Problems::new();
    let registry = Registry::open(&root.join("prompts"), root);
    assert!(find_uses(&root.join("evals"), root, &registry, &mut problems).is_empty());
    assert_eq!(problems.sorted()[0].code, "path-outside-project");
}

#[test]
fn a_project_without_prompts_is_clean() {
    let project = Project::new(&[("karat.yaml", "")]);
    let linted = project.lint_with(&[], Asked::default()).expect("linted");
    assert_eq!((linted.findings.len(), linted.files), (0, 0));
}

#[test]
fn levels_change_severities_and_turn_rules_off() {
    let source = Source::new("karat.yaml", "trailing-space: error\nundelimited-variable: off\nunused-variable: note\n");
    let node = parse_yaml(&source, &mut Problems::new()).expect("yaml");
    let levels = Levels::read(&node, &source, &mut Problems::new());
    let project =
        Project::new(&[("prompts/p/1.0.0.yaml", "template: \"Say {{ a }}\" \nvariables: {a: string, b: string}\n")]);
    let linted = project.lint_with(&[], Asked { levels: Some(&levels), ..Asked::default() }).expect("linted");
    assert_eq!(told(&linted.findings), ["1:24 trailing-space", "2:24 unused-variable"]);
    assert_eq!((linted.count(Severity::Error), linted.count(Severity::Note)), (1, 1));
}

/// The examples of `--explain` are files: the bad one has the finding, the good one has not.
#[test]
fn every_explanation_shows_a_hit_and_a_non_hit() {
    let mut checked = 0;
    for rule in rules() {
        // These show names of files, or stand for a secret that no file may hold.
        let skipped =
            ["released-file-edited", "unreferenced-version", "version-not-semver", "label-to-missing-version"];
        let is_stand_in = rule.bad.contains("<a real") || rule.bad.contains("<20 random");
        if skipped.contains(&rule.code) || is_stand_in {
            continue;
        }
        let has = |example: &str| {
            let mut yaml = example.replace('·', " ");
            if !yaml.contains("messages:") && !yaml.contains("template:") {
                let names =
                    ["code", "language", "document"].into_iter().filter(|name| yaml.contains(&format!("  {name}: {{")));
                let text: String = names.map(|name| format!("<x>{{{{ {name} }}}}</x>")).collect();
                yaml = format!("{yaml}\ntemplate: \"{text}.\"\n");
            }
            if yaml.contains("<b>{{ item }}") || yaml.contains("{{ item }}") {
                assert!(yaml.contains("variables:"));
            }
            let project = Project::new(&[("prompts/p/1.0.0.yaml", &yaml), ("prompts/p/answer.schema.json", "{}")]);
            project.lint(&[]).iter().any(|found| found.code == rule.code)
        };
        assert!(has(rule.bad), "the bad example of {} is not found:\n{}", rule.code, rule.bad);
        assert!(!has(rule.good), "the good example of {} is found:\n{}", rule.code, rule.good);
        checked += 1;
    }
    assert!(checked >= 18, "only {checked}");
}
