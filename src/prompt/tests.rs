//! Whole small projects: registry, prompts and their errors together.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::base::{Kind, ModelRef, Node, Place, Problems, Source, Span, parse_yaml};
use crate::record::{Media, OutputFormat, Part, Role, Vars};

/// A project in a throw-away folder.
pub(super) struct Project {
    folder: TempDir,
}

impl Project {
    pub(super) fn new(files: &[(&str, &str)]) -> Project {
        let folder = tempfile::tempdir().expect("temp");
        let project = Project { folder };
        for (path, text) in files {
            project.write(path, text);
        }
        project
    }

    pub(super) fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().expect("parent")).expect("dirs");
        fs::write(path, text).expect("write");
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn registry(&self) -> Registry {
        Registry::open(&self.root().join("prompts"), self.root())
    }

    pub(super) fn resolve(&self, reference: &str) -> (Option<Arc<Prompt>>, Problems) {
        let mut problems = Problems::new();
        let prompt = self.registry().resolve(reference, &from(), &mut problems);
        (prompt, problems)
    }

    pub(super) fn prompt(&self, reference: &str) -> Arc<Prompt> {
        let (prompt, problems) = self.resolve(reference);
        prompt.unwrap_or_else(|| panic!("{}", problems.render(false)))
    }

    fn errors(&self, reference: &str) -> String {
        let (prompt, problems) = self.resolve(reference);
        assert!(prompt.is_none() && problems.has_errors(), "{reference} resolves");
        problems.render(false)
    }
}

fn from() -> Place {
    Source::new("evals/suite.yaml", "suite: s\nprompts: [x]\n").place(Span::new(2, 11, 1))
}

pub(super) fn vars(value: Value) -> Vars {
    let Value::Object(vars) = value else { panic!("{value}") };
    vars
}

pub(super) fn model(name: &str) -> ModelRef {
    ModelRef::parse(name).expect("model")
}

fn text_of(prompt: &Prompt, given: Value) -> String {
    let rendered = prompt.render(&vars(given), &model("openai/gpt-5-mini")).expect("renders");
    rendered.messages.iter().map(|message| message.joined_text()).collect::<Vec<_>>().join("|")
}

const REVIEW: &str = r#"about: Review a code change for security issues
messages:
  - {role: system, content: "You are a security reviewer. {% include \"safety.txt\" %}"}
  - role: user
    content: |
      Review this {{ language }} code:
      {{ code }}
variables:
  code: {type: string, required: true, max_chars: 20000}
  language: {type: string, default: python, one_of: [python, javascript, html]}
params: {temperature: 0, max_tokens: 800}
models: {"anthropic/*": {params: {max_tokens: 700}}}
output: {format: json, schema: review.schema.json}
"#;

fn review() -> Project {
    Project::new(&[
        ("prompts/_partials/safety.txt", "Answer as JSON.\n"),
        ("prompts/code-review/1.2.0.yaml", REVIEW),
        ("prompts/code-review/1.10.0.yaml", "template: \"ten {{ code }}\"\n"),
        ("prompts/code-review/2.0.0-rc.1.yaml", "template: two\n"),
        ("prompts/code-review/next.yaml", "template: draft\n"),
        ("prompts/code-review/prompt.yaml", "about: x\nowner: team\nlabels: {production: 1.2.0}\n"),
        ("prompts/code-review/review.schema.json", r#"{"title": "Review", "type": "object"}"#),
        ("prompts/only-pre/1.0.0-alpha.2.yaml", "template: a2\n"),
        ("prompts/only-pre/1.0.0-alpha.10.yaml", "template: a10\n"),
        ("prompts/greeting.txt", "Hello {{ name }}\n"),
    ])
}

#[test]
fn references_find_versions_labels_drafts_and_files() {
    let project = review();
    for (reference, name) in [
        ("code-review", "code-review@1.10.0"),
        ("code-review@latest", "code-review@1.10.0"),
        ("code-review@1.2.0", "code-review@1.2.0"),
        ("code-review@production", "code-review@1.2.0"),
        ("code-review@2.0.0-rc.1", "code-review@2.0.0-rc.1"),
        ("code-review@next", "code-review@next"),
        ("only-pre", "only-pre@1.0.0-alpha.10"),
        ("prompts/greeting.txt", "prompts/greeting.txt"),
        ("../prompts/greeting.txt", "prompts/greeting.txt"),
        ("prompts/code-review/1.2.0.yaml", "code-review@1.2.0"),
    ] {
        let (prompt, problems) = project.resolve(reference);
        assert_eq!(prompt.map(|prompt| prompt.name.clone()).as_deref(), Some(name), "{}", problems.render(false));
        assert!(problems.is_empty(), "{}", problems.render(false));
    }
    let names: Vec<String> = project.registry().names().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["code-review", "only-pre"]);
}

#[test]
fn a_prompt_renders_messages_params_and_output() {
    let project = review();
    let prompt = project.prompt("code-review@production");
    let given = vars(json!({"code": "x = 1 < 2 && \"é\""}));
    let rendered = prompt.render(&given, &model("anthropic/claude-haiku-4-5")).expect("renders");
    assert_eq!(rendered.messages.iter().map(|message| message.role).collect::<Vec<_>>(), [Role::System, Role::User]);
    assert_eq!(rendered.messages[0].joined_text(), "You are a security reviewer. Answer as JSON.");
    assert_eq!(rendered.messages[1].joined_text(), "Review this python code:\nx = 1 < 2 && \"é\"\n");
    assert_eq!((rendered.params.temperature, rendered.params.max_tokens), (Some(0.0), Some(700)));
    assert_eq!(prompt.params_for(&model("openai/gpt-5-mini")).max_tokens, Some(800));
    let schema = json!({"title": "Review", "type": "object"});
    assert_eq!(rendered.output, OutputFormat::JsonSchema { name: "Review".to_owned(), schema });
    assert_eq!(prompt.variables.keys().collect::<Vec<_>>(), ["code", "language"]);
    assert_eq!(prompt.about.as_deref(), Some("Review a code change for security issues"));
    assert_eq!(project.prompt("code-review@next").about.as_deref(), Some("x"), "of the folder");
    assert_eq!(prompt.owner.as_deref(), Some("team"));
}

#[test]
fn variables_are_checked_without_rendering_and_all_are_told() {
    let project = review();
    let prompt = project.prompt("code-review@1.2.0");
    let found =
        prompt.check_vars(&vars(json!({"code": "x".repeat(20_001), "language": "pyhton", "lang": "x", "n": 1})));
    let seen: Vec<_> = found.iter().map(|problem| (problem.variable.as_str(), problem.code)).collect();
    let wanted = [
        ("code", "variable-length"),
        ("language", "variable-not-allowed"),
        ("lang", "unknown-variable"),
        ("n", "unknown-variable"),
    ];
    assert_eq!(seen, wanted);
    let found = prompt.check_vars(&vars(json!({"cod": "x"})));
    let seen: Vec<_> = found.iter().map(|problem| (problem.code, problem.help.clone().unwrap_or_default())).collect();
    assert_eq!(seen[0], ("missing-variable", "`cod` is given; is it `code`?".to_owned()));
    assert_eq!(seen[1], ("unknown-variable", "did you mean `code`?".to_owned()));
    assert!(prompt.check_vars(&vars(json!({"code": ""}))).is_empty());

    let error = prompt.render(&vars(json!({"language": 3})), &model("a/b")).expect_err("refused");
    assert_eq!(error.code(), "missing-variable");
    let text = error.to_string();
    assert!(
        text.contains("code-review@1.2.0") && text.contains("`code` is missing") && text.contains("`language` must be"),
        "{text}"
    );
}

#[test]
fn wrong_references_are_reported_where_they_stand_with_what_exists() {
    let project = review();
    for (reference, wanted) in [
        ("code-reveiw", &["error[unknown-prompt]", "evals/suite.yaml:2:11", "did you mean `code-review`?"][..]),
        (
            "code-review@prodution",
            &["error[unknown-label]", "evals/suite.yaml:2:11", "did you mean `production`?", "labels: production"],
        ),
        (
            "code-review@9.9.9",
            &["error[unknown-version]", "versions: next, 2.0.0-rc.1, 1.10.0, 1.2.0", "prompts/code-review"],
        ),
        ("code-review@1.2", &["error[version-not-semver]", "three numbers"]),
        ("code-review@1.2.0+a", &["error[version-not-semver]", "build metadata"]),
        ("only-pre@next", &["error[unknown-version]", "no draft"]),
        ("../x", &["error[file-not-found]", "evals/suite.yaml:2:11"]),
        ("../../../etc/passwd.txt", &["error[path-outside-project]", "outside the project"]),
        ("/etc/passwd", &["error[path-outside-project]"]),
        (".git@1.0.0", &["error[prompt-name]"]),
        ("größe", &["error[prompt-name]"]),
        ("", &["error[prompt-name]", "empty"]),
        ("prompts/nope.md", &["error[file-not-found]", "looked in `evals` and in the project's folder"]),
        ("_partials", &["error[prompt-name]"]),
    ] {
        let text = project.errors(reference);
        for part in wanted {
            assert!(text.contains(part), "{reference}: {part} not in\n{text}");
        }
    }
}

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
        ("p@1.0.5", &["[examples-not-supported]", "1.0.5.yaml:2:11"]),
        ("p@1.0.6", &["`form` is not a key", "must be from 1 to 1000", "`best` is not a value", "has no `from`"]),
        ("p@1.0.7", &["1.0.7.yaml:1"]),
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
            "labels: {production: 1.9.0, latest: 1.0.0, staging: 1.0, split: {1.0.0: 90}}\nownr: x\n",
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
        "a label names one version, this is a number",
        "this is a mapping",
        "`ownr` is not a key",
        "error[prompt-name]: `bad name`",
        "prompts/q/1.0.0.yaml:1:19",
        "prompts/_partials/broken.txt:1",
    ] {
        assert!(text.contains(part), "{part} not in\n{text}");
    }
    let text = project.errors("p@production");
    assert!(text.contains("evals/suite.yaml:2:11") && text.contains("prompts/p/prompt.yaml:1:22: the label"), "{text}");
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

#[test]
fn a_good_prompt_is_read_once() {
    let project = review();
    let registry = project.registry();
    let mut problems = Problems::new();
    let one = registry.resolve("code-review@production", &from(), &mut problems).expect("prompt");
    project.write("prompts/code-review/1.2.0.yaml", "broken: [");
    let two = registry.resolve("code-review@1.2.0", &from(), &mut problems).expect("prompt");
    assert!(Arc::ptr_eq(&one, &two));
}

#[test]
fn template_files_are_one_user_message_with_inferred_variables() {
    let project = Project::new(&[
        ("prompts/a.md", "Hi {{ user.name }}{% for x in items %} {{ x }}{% endfor %}\r\nBye\r\n"),
        ("prompts/b.txt", "Hi {{ user.name }}{% for x in items %} {{ x }}{% endfor %}\nBye"),
        ("prompts/empty.txt", "\n"),
    ]);
    let prompt = project.prompt("prompts/a.md");
    assert_eq!(prompt.variables.keys().collect::<Vec<_>>(), ["user", "items"]);
    assert!(prompt.variables.values().all(|variable| variable.required && variable.kind == VarType::Any));
    assert_eq!(text_of(&prompt, json!({"user": {"name": "Ada"}, "items": [1, "two"]})), "Hi Ada 1 two\nBye");
    assert_eq!(prompt.digest, project.prompt("prompts/b.txt").digest, "line ends and the file's name do not count");
    assert!(project.errors("prompts/empty.txt").contains("[empty-message]"));
}

#[test]
fn prompts_written_in_a_suite_are_prompts() {
    let project = Project::new(&[("prompts/_partials/p.txt", "P"), ("evals/s.json", r#"{"type": "object"}"#)]);
    let yaml = "a: \"Translate {{ text }}\"\nb:\n  messages: [{role: user, content: \"{% include 'p.txt' %} {{ text }}\"}]\n  output: {schema: s.json}\nc: code-review\nd: [x]\ne: \"x {{ y | nope }}\"\n";
    let source = Source::new("evals/suite.yaml", yaml);
    let mut problems = Problems::new();
    let node = parse_yaml(&source, &mut problems).expect("yaml");
    let registry = project.registry();
    let get = |key: &str| node.get(key).expect("key");
    assert_eq!(["a", "b", "c"].map(|key| Registry::is_inline(get(key))), [true, true, false]);
    let is_inline =
        |text: &str| Registry::is_inline(&Node { kind: Kind::Text(text.to_owned()), span: Span::default() });
    assert_eq!(
        ["say hi", "x@1.0.0", "my file.md", "{{a}}.md", "one\ntwo.md", " x "].map(is_inline),
        [true, false, false, true, true, false]
    );
    let a = registry.load(get("a"), &source, &mut problems).expect("a");
    assert!(a.name.starts_with("inline-") && a.name.len() == "inline-".len() + 8, "{}", a.name);
    assert_eq!(a.place.pointer(), "evals/suite.yaml:1:4");
    assert_eq!(text_of(&a, json!({"text": "ü"})), "Translate ü");
    let b = registry.inline(get("b"), &source, &mut problems).expect("b");
    assert_eq!(text_of(&b, json!({"text": "x"})), "P x");
    assert!(matches!(b.output, OutputFormat::JsonSchema { .. }));
    assert!(problems.is_empty(), "{}", problems.render(false));
    for key in ["c", "d", "e"] {
        assert!(registry.load(get(key), &source, &mut problems).is_none());
    }
    let text = problems.render(false);
    for part in
        ["suite.yaml:5:4", "[unknown-prompt]", "suite.yaml:6:4", "[wrong-type]", "suite.yaml:7:14", "[unknown-filter]"]
    {
        assert!(text.contains(part), "{part} not in\n{text}");
    }
}

#[test]
fn images_and_documents_are_read_from_the_project_or_named_by_url() {
    let project = Project::new(&[(
        "prompts/p/1.0.0.yaml",
        "messages:\n  - role: user\n    content:\n      - What is this?\n      - {image: cat.png}\n      - {image: \"https://example.org/a.png\"}\n      - {image: \"{{ url }}\"}\n      - {file: doc.pdf}\n",
    )]);
    project.write("prompts/p/cat.png", "foo");
    project.write("prompts/p/doc.pdf", "bar");
    let prompt = project.prompt("p");
    let rendered = prompt.render(&vars(json!({"url": "https://example.org/b.png"})), &model("a/b")).expect("renders");
    let url = |name: &str| Part::Image(Media::Url(format!("https://example.org/{name}.png")));
    let inline = |mime: &str, data: &str| Media::Base64 { mime: mime.to_owned(), data: data.to_owned() };
    let wanted = vec![
        Part::Text("What is this?".to_owned()),
        Part::Image(inline("image/png", "Zm9v")),
        url("a"),
        url("b"),
        Part::File { name: "doc.pdf".to_owned(), media: inline("application/pdf", "YmFy") },
    ];
    assert_eq!(rendered.messages[0].parts, wanted);
    let error = prompt.render(&vars(json!({"url": "/etc/passwd"})), &model("a/b")).expect_err("no file");
    assert!(error.to_string().contains("/etc/passwd") && error.to_diagnostic().help.is_some(), "{error}");
    let before = prompt.digest;
    project.write("prompts/p/cat.png", "fox");
    assert_ne!(project.prompt("p").digest, before, "the image is part of the prompt");
}

#[test]
fn render_errors_name_prompt_place_and_expression() {
    let project = Project::new(&[
        ("prompts/_partials/x.txt", "line\n{{ user.name.first }}"),
        ("prompts/p/1.0.0.yaml", "template: |\n  {{ n }}\n  {% include 'x.txt' %}\n"),
        (
            "prompts/q/1.0.0.yaml",
            "messages: [{role: system, content: s}, {role: user, content: \"{% for i in list %}{{ text }}{% endfor %}\"}]\n",
        ),
        ("prompts/r/1.0.0.yaml", "template: |\n  a\n  {{ n + 1 }}\n"),
    ]);
    let prompt = project.prompt("p");
    let error = prompt.render(&vars(json!({"n": 1, "user": {"name": {}}})), &model("a/b")).expect_err("undefined");
    assert_eq!(error.to_string(), "prompt `p@1.0.0`, prompts/_partials/x.txt:2:4: `user.name.first` is not defined");
    let help = error.to_diagnostic().help.unwrap_or_default();
    assert!(help.contains("{{ user.name.first | default(value='') }}"), "{help}");

    let prompt = project.prompt("q");
    let given = json!({"list": vec![1; 2_000], "text": "x".repeat(1_000)});
    let error = prompt.render(&vars(given), &model("a/b")).expect_err("too large");
    assert_eq!(error.code(), "message-too-large");
    assert_eq!(error.to_string(), "prompt `q@1.0.0`: message 2 is larger than 1048576 bytes");

    let error = project.prompt("r").render(&vars(json!({"n": "x"})), &model("a/b")).expect_err("type");
    let text = error.to_diagnostic().render(false);
    assert!(text.contains("prompts/r/1.0.0.yaml:3:6") && text.contains("numbers"), "{text}");
}

#[test]
fn a_value_is_never_read_as_a_template() {
    let project = Project::new(&[("prompts/p/1.0.0.yaml", "template: \"{{ a }}{{ b }}\"\n")]);
    let prompt = project.prompt("p");
    let given = json!({"a": "{{ b }}{% include 'x' %}", "b": "{{ a }}"});
    assert_eq!(text_of(&prompt, given), "{{ b }}{% include 'x' %}{{ a }}");
}

#[test]
fn the_digest_is_of_the_content_alone() {
    let base = "messages: [{role: user, content: \"Hi {{ a }} {% include 'p.txt' %}\"}]\nvariables: {a: {type: string}, b: {default: 1}}\nparams: {seed: 1, top_k: 2}\nmodels: {'x/*': {params: {seed: 2}}, 'y/*': {params: {seed: 3}}}\noutput: {schema: s.json}\n";
    let with = |yaml: &str, partial: &str, schema: &str| {
        let project = Project::new(&[
            ("prompts/_partials/p.txt", partial),
            ("prompts/_partials/other.txt", yaml),
            ("prompts/p/1.0.0.yaml", yaml),
            ("prompts/p/s.json", schema),
        ]);
        project.prompt("p").digest
    };
    let (partial, schema) = ("P {{ b }}", r#"{"type": "object"}"#);
    let digest = with(base, partial, schema);
    let reformatted = "# a comment\nabout: changed\noutput:\n  schema: s.json\nparams:\n  top_k: 2\n  seed: 1\nmodels:\n  y/*: {params: {seed: 3}}\n  x/*: {params: {seed: 2}}\nvariables:\n  b: {default: 1, about: changed}\n  a: string\ntemplate: 'Hi {{ a }} {% include ''p.txt'' %}'\n";
    assert_eq!(with(reformatted, partial, r#"{ "type":"object" }"#), digest);
    for (old, new) in [
        ("Hi", "Ho"),
        ("role: user", "role: system"),
        ("type: string", "type: any"),
        ("default: 1", "default: 2"),
        ("top_k: 2", "top_k: 3"),
        ("'y/*'", "'z/*'"),
        ("seed: 3", "seed: 4"),
    ] {
        assert_ne!(with(&base.replacen(old, new, 1), partial, schema), digest, "{old}");
    }
    assert_ne!(with(base, "Q {{ b }}", schema), digest);
    assert_ne!(with(base, partial, r#"{"type": "array"}"#), digest);
}

#[cfg(unix)]
#[test]
fn links_out_of_the_project_are_not_followed() {
    let outside = tempfile::tempdir().expect("temp");
    fs::write(outside.path().join("1.0.0.yaml"), "template: secret\n").expect("write");
    fs::write(outside.path().join("secret.txt"), "secret").expect("write");
    let project = Project::new(&[
        ("prompts/p/1.0.0.yaml", "template: \"{% include 's.txt' %}\"\n"),
        ("prompts/_partials/a.txt", "a"),
    ]);
    std::os::unix::fs::symlink(outside.path(), project.root().join("prompts/out")).expect("link");
    std::os::unix::fs::symlink(outside.path().join("secret.txt"), project.root().join("prompts/_partials/s.txt"))
        .expect("link");
    std::os::unix::fs::symlink(outside.path().join("1.0.0.yaml"), project.root().join("prompts/p/1.1.0.yaml"))
        .expect("link");
    assert!(project.errors("out").contains("[path-outside-project]"));
    assert!(project.errors("p@1.0.0").contains("[partial-name]"));
    assert!(project.errors("p@1.1.0").contains("[path-outside-project]"));
}

#[test]
fn prompts_and_registries_are_shared_between_threads() {
    fn assert_shared<T: Send + Sync>() {}
    assert_shared::<Prompt>();
    assert_shared::<Registry>();
    assert_shared::<RenderError>();
}

#[test]
fn rendering_is_quick() {
    let body = "Review this {{ language }} code with care and answer as JSON only.\n".repeat(8);
    let yaml = format!(
        "messages:\n  - {{role: system, content: You are a reviewer.}}\n  - role: user\n    content: |\n{}\n      {{{{ code }}}}\n",
        body.lines().map(|line| format!("      {line}\n")).collect::<String>()
    );
    let project = Project::new(&[("prompts/p/1.0.0.yaml", &yaml)]);
    let prompt = project.prompt("p");
    let given = vars(json!({"language": "python", "code": "x = input()\n".repeat(20)}));
    let model = model("openai/gpt-5-mini");
    let best = (0..5)
        .map(|_| {
            let start = std::time::Instant::now();
            for _ in 0..200 {
                assert_eq!(prompt.render(&given, &model).expect("renders").messages.len(), 2);
            }
            start.elapsed() / 200
        })
        .min()
        .unwrap_or_default();
    // The budget is 20 µs in a release build; this one is not optimised and the machine is shared.
    println!("{best:?} per render");
    assert!(best.as_micros() < 400, "{best:?} per render");
}
