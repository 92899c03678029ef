//! What references find, and what a prompt is identified by.

use super::*;

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
        ("code-review@", &["error[unknown-label]", "names nothing after the `@`"]),
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
fn a_split_is_decided_for_a_user_and_an_error_elsewhere() {
    let project = Project::new(&[
        ("prompts/p/1.2.0.yaml", "template: old\n"),
        ("prompts/p/1.3.0.yaml", "template: new\n"),
        ("prompts/p/prompt.yaml", "labels: {production: {1.2.0: 50, 1.3.0: 50}, staging: 1.3.0}\n"),
    ]);
    let text = project.errors("p@production");
    for part in
        ["[label-is-split]", "evals/suite.yaml:2:11", "`p@1.2.0`, `p@1.3.0`", "--user ID", "prompts/p/prompt.yaml:1:22"]
    {
        assert!(text.contains(part), "{part} not in\n{text}");
    }
    let registry = project.registry();
    let mut names = std::collections::BTreeSet::new();
    for user in ["ada", "grace", "edsger", "größe", "", "5", "barbara", "alan"] {
        let mut problems = Problems::new();
        let one = registry.resolve_for("p@production", user, &from(), &mut problems).expect("prompt");
        let again = project.registry().resolve_for("p@production", user, &from(), &mut problems).expect("prompt");
        assert_eq!(one.name, again.name);
        names.insert(one.name.clone());
        // Elsewhere a user changes nothing.
        for (reference, name) in [("p@staging", "p@1.3.0"), ("p@1.2.0", "p@1.2.0"), ("p", "p@1.3.0")] {
            let prompt = registry.resolve_for(reference, user, &from(), &mut problems);
            assert_eq!(prompt.map(|prompt| prompt.name.clone()).as_deref(), Some(name));
        }
        assert!(problems.is_empty(), "{}", problems.render(false));
    }
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["p@1.2.0", "p@1.3.0"]);
}

#[test]
fn a_revision_without_a_repository_says_so() {
    let text = review().errors("code-review@git:main");
    assert!(text.contains("[no-git]") && text.contains("evals/suite.yaml:2:11"), "{text}");
}
