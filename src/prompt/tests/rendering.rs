//! What prompts render to, and when they refuse.

use super::*;

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
    assert_eq!(prompt.params_for(&model("openai/gpt-5.4-mini")).max_tokens, Some(800));
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
    assert_eq!((seen[1].0, found[1].near.as_deref()), ("unknown-variable", Some("code")));
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
