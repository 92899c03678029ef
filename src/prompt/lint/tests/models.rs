//! Rules about the models that a prompt is meant for.

use super::*;

#[test]
fn rejected_params_stand_at_what_sets_them_for_the_model() {
    let yaml = "template: a\nparams: {temperature: 0, seed: 1}\nmodels:\n  anthropic/claude-haiku-4-5: {params: {max_tokens: 5}}\n  \"anthropic/*\": {params: {seed: 2, top_p: 1}}\n";
    assert_eq!(found(yaml), ["5:28 rejected-param", "5:37 rejected-param"]);
    assert_eq!(found("template: a\nparams: {temperature: 0}\nmodels: {openai/gpt-4o: {params: {seed: 1}}}\n"), NONE);
    let project = Project::new(&[("prompts/p/1.0.0.yaml", "template: a\nparams: {temperature: 0}\n")]);
    assert_eq!(told(&project.lint(&[])), NONE);
    let models = [ModelRef::parse("openai/o3").expect("model"), ModelRef::parse("openai/gpt-5").expect("model")];
    let linted = project.lint_with(&[], Asked { models: &models, ..Asked::default() }).expect("linted");
    let told: Vec<_> = linted.findings.iter().filter(|found| found.code == "rejected-param").collect();
    assert_eq!(told.len(), 1);
    assert!(told[0].message.contains("`openai/o3` (`--model`), `openai/gpt-5` (`--model`)"), "{}", told[0].message);
}

#[test]
fn what_is_left_out_on_purpose_is_a_note_and_what_is_done_without_a_warning() {
    let yaml = "messages:\n  - {role: system, content: a, cache: 5m}\n  - role: user\n    content: [{image: \"https://x.org/a.png\"}]\ntools: [{name: f}]\nparams: {temperature: 0}\nmodels:\n  openai/o9: {params: {max_tokens: 5}}\n  blind/m: {params: {max_tokens: 5}}\n  openai/o3: {params: {temperature: null}}\n";
    let project = Project::new(&[("prompts/p/1.0.0.yaml", yaml)]);
    let findings = project.lint(&[]);
    let told: Vec<String> = findings
        .iter()
        .filter(|found| found.code != "deprecated-model" && found.code != "unknown-model")
        .map(|found| {
            let place = found.place.as_ref().expect("place");
            format!("{}:{} {} {:?}", place.line, place.col, found.code, found.severity)
        })
        .collect();
    let wanted = [
        "2:32 unsupported-feature Warning",
        "4:16 unsupported-feature Error",
        "5:1 unsupported-feature Error",
        "6:10 rejected-param Note",
    ];
    assert_eq!(told, wanted);
}

#[test]
fn models_come_from_suites_that_use_the_version() {
    let project = Project::new(&[
        ("prompts/p/1.0.0.yaml", "template: a\nparams: {temperature: 0}\n"),
        ("prompts/p/1.1.0.yaml", "template: b\nparams: {temperature: 0}\n"),
        ("prompts/p/next.yaml", "template: c\nparams: {temperature: 0}\n"),
        ("evals/s.yaml", "suite: s\nprompts: [p@1.0.0]\nmodels: [openai/o3]\n"),
    ]);
    let findings = project.lint(&[]);
    let rejected: Vec<_> = findings.iter().filter(|found| found.code == "rejected-param").collect();
    let files: Vec<_> =
        rejected.iter().map(|found| found.place.as_ref().expect("place").path.display().to_string()).collect();
    // The draft will be used as the versions before it are; 1.1.0 is used by nobody.
    assert_eq!(files, ["prompts/p/1.0.0.yaml", "prompts/p/next.yaml"]);
    assert!(rejected[0].message.contains("`openai/o3` (`evals/s.yaml`)"), "{}", rejected[0].message);
}

#[test]
fn models_that_are_unknown_or_leave_are_found() {
    let override_of =
        |model: &str| found(&format!("template: a\nmodels:\n  \"{model}\": {{params: {{max_tokens: 5}}}}\n"));
    assert_eq!(override_of("anthropic/claude-hiaku-4-5"), ["3:3 unknown-model"]);
    assert_eq!(override_of("anthropic/clod-*"), ["3:3 unknown-model"]);
    assert_eq!(override_of("anthropic/*"), NONE);
    assert_eq!(override_of("*/gpt-4o"), NONE);
    assert_eq!(override_of("myserver/*"), NONE);
    assert_eq!(override_of("ollama/qwen3:8b"), NONE);
    // Announced for 2026-02-01 and 2026-12-11 by the bundled data; gone without a day.
    assert_eq!(override_of("anthropic/claude-3-7-sonnet-20250219"), ["3:3 deprecated-model"]);
    assert_eq!(override_of("openai/gpt-5-mini"), ["3:3 deprecated-model"]);
    assert_eq!(override_of("anthropic/claude-2.1"), ["3:3 deprecated-model"]);
    assert_eq!(override_of("anthropic/claude-opus-5"), NONE);
    let project = Project::new(&[
        ("prompts/p/1.0.0.yaml", "template: a\n"),
        ("evals/s.yaml", "suite: s\nprompts: [p]\nmodels:\n  - anthropic/claude-2.1\n"),
    ]);
    let findings = project.lint(&[]);
    assert_eq!(told(&findings), ["4:5 deprecated-model"]);
    assert_eq!(findings[0].place.as_ref().expect("place").path, Path::new("evals/s.yaml"));
}

#[test]
fn the_words_of_a_shutdown_depend_on_the_day() {
    let project =
        Project::new(&[("prompts/p/1.0.0.yaml", "template: a\nmodels: {openai/gpt-5-mini: {params: {seed: 1}}}\n")]);
    let message = |day: &'static str| {
        let linted = project.lint_with(&[], Asked { today: Some(day), ..Asked::default() }).expect("linted");
        linted.findings[0].message.clone()
    };
    assert_eq!(message("2026-12-10"), "`openai/gpt-5-mini` will be shut down on 2026-12-11");
    assert_eq!(message("2026-12-11"), "`openai/gpt-5-mini` was to be shut down on 2026-12-11");
}

#[test]
fn limits_of_models_are_kept() {
    // claude-haiku-4-5: 200,000 tokens of context, 64,000 of output.
    let model = "anthropic/claude-haiku-4-5";
    let hit = |params: &str, variables: &str| {
        found(&format!("messages: [{{role: user, content: \"<c>{{{{ c }}}}</c>\"}}]\nvariables: {{c: {{{variables}}}}}\nparams: {{{params}}}\nmodels: {{{model}: {{params: {{seed: 1}}}}}}\n"))
            .into_iter()
            .filter(|row| !row.contains("rejected-param"))
            .collect::<Vec<_>>()
    };
    assert_eq!(hit("max_tokens: 64000", "max_chars: 400000"), NONE);
    assert_eq!(hit("max_tokens: 64001", "max_chars: 10"), ["3:22 max-tokens-above-model"]);
    assert_eq!(hit("max_tokens: 200001", "max_chars: 10"), ["1:1 exceeds-context", "3:22 max-tokens-above-model"]);
    assert_eq!(hit("max_tokens: 1000", "max_chars: 800000"), ["2:13 variables-exceed-context"]);
    assert_eq!(hit("max_tokens: 1000", "type: string"), NONE);
}

#[test]
fn a_long_text_is_counted_in_tokens() {
    // gpt-4: 8192 tokens of context; "word " is one token.
    let prompt = |words: usize| {
        format!(
            "template: \"{}\"\nmodels: {{openai/gpt-4: {{params: {{max_tokens: 192}}}}}}\n",
            "word ".repeat(words).trim_end()
        )
    };
    let has = |words: usize| found(&prompt(words)).iter().any(|row| row.contains("exceeds-context"));
    assert!(has(8001) && !has(7990));
}
