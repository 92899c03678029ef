//! What broken prompts say.

use super::*;

#[test]
fn broken_version_files_report_everything_at_its_place() {
    let project = Project::new(&[
        (
            "prompts/p/1.0.0.yaml",
            "messages:\n  - {role: sytem, content: hi}\n  - {content: \"\"}\n  - {role: user, contents: a}\nparms: {}\nparams: {temperature: 9}\nvariables: [a]\noutput: {format: jsno}\n",
        ),
        ("prompts/p/1.0.1.yaml", "messages: []\n"),
        ("prompts/p/1.0.2.yaml", "about: x\n"),
        ("prompts/p/1.0.3.yaml", "template: a\nmessages: [{role: user, content: a}]\n"),
        ("prompts/p/1.0.4.yaml", "template: hi\noutput: {schema: ../../../x.json}\n"),
        ("prompts/p/1.0.5.yaml", "template: hi\nexamples: {from: examples.jsonl, pick: 2, by: similarity}\n"),
        ("prompts/p/1.0.6.yaml", "template: hi\nexamples: {form: examples.jsonl, pick: 0, by: best}\n"),
        ("prompts/p/1.0.7.yaml", "template: {{ name }}\n"),
        ("prompts/p/1.0.8.yaml", "template: hi\noutput: {schema: {type: strin}}\n"),
        ("prompts/p/1.0.9.yaml", "template: [\n"),
        (
            "prompts/p/1.1.0.yaml",
            "messages: [{role: user, content: [{text: a, image: b.png}, {image: x.exe}, {image: 'http://x/a.png'}, {image: gone.png}]}]\n",
        ),
    ]);
    let table: &[(&str, &[&str])] = &[
        (
            "p@1.0.0",
            &[
                "1.0.0.yaml:2:12",
                "did you mean `system`?",
                "has no `role`",
                "[empty-message]",
                "`contents` is not a key",
                "did you mean `params`?",
                "must be from 0 to 2",
                "`variables` must be a mapping",
                "did you mean `json`?",
            ],
        ),
        ("p@1.0.1", &["[empty-messages]", "1.0.1.yaml:1:11"]),
        ("p@1.0.2", &["has no `messages`"]),
        ("p@1.0.3", &["[messages-and-template]"]),
        ("p@1.0.4", &["[path-outside-project]", "1.0.4.yaml:2:18"]),
        ("p@1.0.5", &["[file-not-found]", "1.0.5.yaml:2:18", "prompts/p/examples.jsonl"]),
        (
            "p@1.0.6",
            &["`form` is not a key", "must be from 1 to 1000", "`best` is not a value", "did you mean `from`?"],
        ),
        ("p@1.0.7", &["1.0.7.yaml:1:12", "put quotes around text"]),
        ("p@1.0.8", &["[invalid-schema]", "1.0.8.yaml:2:18"]),
        ("p@1.0.9", &["[invalid-yaml]"]),
        ("p@1.1.0", &["[message-part]", "[media-type]", "[media-url]", "[file-not-found]"]),
    ];
    for (reference, wanted) in table {
        let text = project.errors(reference);
        for part in *wanted {
            assert!(text.contains(part), "{reference}: {part} not in\n{text}");
        }
    }
}

#[test]
fn variables_and_templates_are_compared_with_exact_places() {
    let project = Project::new(&[
        ("prompts/_partials/intro.md", "Dear {{ nmae }},\n\n{{ tone }}\n"),
        (
            "prompts/p/1.0.0.yaml",
            "messages:\n  - role: user\n    content: |\n      {% include \"intro.md\" %}\n\n      Use {{ langauge }} for {% for f in files %}{{ f.path }}{% endfor %}\nvariables:\n  name:\n  language: string\n  files: list\n  unused: string\n  tone: string\n",
        ),
    ]);
    let text = project.errors("p");
    for part in [
        "error[undeclared-variable]: `langauge` is not declared",
        "prompts/p/1.0.0.yaml:6:14",
        "did you mean `language`?",
        "error[undeclared-variable]: `nmae`",
        "prompts/_partials/intro.md:1:9",
        "::: prompts/p/1.0.0.yaml:4:18: included here",
        "warning[unused-variable]: `unused`",
        "prompts/p/1.0.0.yaml:11:3",
    ] {
        assert!(text.contains(part), "{part} not in\n{text}");
    }
    assert!(!text.contains("`f`") && !text.contains("`tone`"), "{text}");
}

#[test]
fn template_errors_stand_at_their_place_in_the_yaml_file() {
    let project = Project::new(&[
        ("prompts/_partials/bad.txt", "a\n{{ b | uper }}\n"),
        ("prompts/_partials/one.txt", "{% include \"two.txt\" %}"),
        ("prompts/_partials/two.txt", "{% include \"one.txt\" %}"),
        ("prompts/p/1.0.0.yaml", "template: |\n  ok\n  {% if a %}\n  {{ a b }}\n"),
        ("prompts/p/1.0.1.yaml", "template: \"{{ a | upcase }} {{ a is od }} {{ now() }}\"\n"),
        (
            "prompts/p/1.0.2.yaml",
            "template: \"{% include 'sefety.txt' %}{% include '../x' %}{% include 'bad.txt' %}\"\n",
        ),
        ("prompts/p/1.0.3.yaml", "template: \"{% include 'one.txt' %}\"\n"),
        ("prompts/p/1.0.4.yaml", "template: \"{% extends 'a' %}{{ __tera_context }}\"\n"),
        ("prompts/p/1.0.5.yaml", "template: \"{{ loop.index }} {{ if }}\"\n"),
        ("prompts/_partials/safety.txt", "safe"),
    ]);
    let table: &[(&str, &[&str])] = &[
        ("p@1.0.0", &["[template-syntax]: found identifier but expected }}", "1.0.0.yaml:4:8"]),
        (
            "p@1.0.1",
            &[
                "[unknown-filter]: `upcase`",
                "1.0.1.yaml:1:19",
                "[unknown-test]: `od`",
                "did you mean `odd`?",
                "[unknown-function]: `now`",
            ],
        ),
        (
            "p@1.0.2",
            &[
                "[unknown-partial]",
                "did you mean `safety.txt`?",
                "[partial-name]",
                "[unknown-filter]: `uper`",
                "_partials/bad.txt:2:8",
                "[partial-invalid]",
            ],
        ),
        ("p@1.0.3", &["[include-cycle]", "`one.txt` → `two.txt`", "_partials/two.txt:1:12"]),
        ("p@1.0.4", &["[template-feature]: prompt templates have no inheritance"]),
        ("p@1.0.5", &["[variable-name]: `loop`", "[variable-name]: `if`"]),
    ];
    for (reference, wanted) in table {
        let text = project.errors(reference);
        for part in *wanted {
            assert!(text.contains(part), "{reference}: {part} not in\n{text}");
        }
    }
}

#[test]
fn folders_report_strange_files_and_dangling_labels() {
    let project = Project::new(&[
        ("prompts/p/1.0.0.yaml", "template: hi\n"),
        ("prompts/p/1.1.yaml", "template: hi\n"),
        ("prompts/p/1.2.0.yml", "template: hi\n"),
        (
            "prompts/p/prompt.yaml",
            "labels: {production: 1.9.0, latest: 1.0.0, staging: 1.0, split: {1.0.0: 0, 2.0.0: 10}, gone: {1.0.0: 1, 7.0.0: 1}}\nownr: x\n",
        ),
        ("prompts/p/notes.md", "hi"),
        ("prompts/bad name/1.0.0.yaml", "template: hi\n"),
        ("prompts/q/1.0.0.yaml", "template: \"{{ a | nope }}\"\n"),
        ("prompts/_partials/broken.txt", "{{ x"),
    ]);
    let mut problems = Problems::new();
    project.registry().lint_all(&mut problems);
    let text = problems.render(false);
    for part in [
        "error[version-not-semver]: `1.1` is not a version",
        "--> prompts/p/1.1.yaml",
        "rename it to `1.2.0.yaml`",
        "error[label-to-missing-version]: the label `production` of `p` points to 1.9.0",
        "prompts/p/prompt.yaml:1:22",
        "`latest` cannot be a label",
        "a label names one version or a split, this is a number",
        "error[label-weight]: the weight of 1.0.0 must be a whole number from 1",
        "the label `gone` of `p` points to 7.0.0",
        "`ownr` is not a key",
        "error[prompt-name]: `bad name`",
        "prompts/q/1.0.0.yaml:1:19",
        "prompts/_partials/broken.txt:1",
    ] {
        assert!(text.contains(part), "{part} not in\n{text}");
    }
    let text = project.errors("p@production");
    assert!(
        text.contains("--> prompts/p/prompt.yaml:1:22") && text.contains("evals/suite.yaml:2:11: used here"),
        "{text}"
    );
}

#[test]
fn a_broken_prompt_is_reported_once_and_never_silently_absent() {
    let project = Project::new(&[("prompts/p/1.0.0.yaml", "template: \"{{ a | nope }}\"\n")]);
    let registry = project.registry();
    let mut first = Problems::new();
    let mut second = Problems::new();
    assert!(registry.resolve("p", &from(), &mut first).is_none());
    assert!(registry.resolve("p@1.0.0", &from(), &mut second).is_none());
    assert!(first.render(false).contains("[unknown-filter]"));
    assert_eq!(second.error_count(), 1);
    assert!(
        second.render(false).contains("[prompt-invalid]") && second.render(false).contains("evals/suite.yaml:2:11")
    );
}
