//! Token budgets, styles, JSON, bundled partials: what templates can do beyond inserting a value.

use super::*;
use proptest::prelude::*;

fn rendered(project: &Project, reference: &str, given: Value, name: &str) -> Rendered {
    project.prompt(reference).render(&vars(given), &model(name)).expect("renders")
}

const STYLED: &str = r#"template: "{{ doc | section(name='doc') }}"
variables: {doc: {type: string, max_tokens: 200}}
truncate: {doc: 100}
models:
  "anthropic/*": {style: xml, truncate: {doc: {tokens: 20, marker: " […]"}}}
  "anthropic/claude-haiku-*": {truncate: {doc: 30}}
"#;

#[test]
fn style_and_budget_follow_the_model() {
    let project = Project::new(&[("prompts/p/1.0.0.yaml", STYLED)]);
    let long = json!({"doc": "word ".repeat(120)});
    let openai = rendered(&project, "p", long.clone(), "openai/gpt-5");
    assert!(openai.messages[0].joined_text().starts_with("## doc\n\n```\nword word"));
    assert!(openai.messages[0].joined_text().ends_with("\n[truncated]\n```"));
    let [cut] = openai.truncated.as_slice() else { panic!("{:?}", openai.truncated) };
    assert_eq!((cut.variable.as_str(), cut.tokens_before, cut.exact), ("doc", 121, true));
    assert!((95..=100).contains(&cut.tokens_after), "{cut}");
    assert!(openai.overrides.is_empty());

    let opus = rendered(&project, "p", long.clone(), "anthropic/claude-opus-4-5");
    let text = opus.messages[0].joined_text();
    assert!(text.starts_with("<doc>\nword") && text.ends_with(" […]\n</doc>"), "{text}");
    assert!(opus.truncated[0].tokens_after <= 20 && !opus.truncated[0].exact);
    assert_eq!((opus.style, opus.overrides), (Style::Xml, vec!["anthropic/*".to_owned()]));
    let haiku = rendered(&project, "p", long.clone(), "anthropic/claude-haiku-4-5");
    assert!((21..=30).contains(&haiku.truncated[0].tokens_after));
    assert_eq!(haiku.overrides, ["anthropic/*", "anthropic/claude-haiku-*"]);
    let short = rendered(&project, "p", json!({"doc": "word"}), "anthropic/claude-haiku-4-5");
    assert_eq!((short.messages[0].joined_text().as_str(), short.truncated.len()), ("<doc>\nword\n</doc>", 0));

    let nobody = project.prompt("p").render_near(&vars(long), None, None).expect("renders");
    assert!(nobody.overrides.is_empty() && nobody.style == Style::Markdown);
}

#[test]
fn token_rules_are_counted_for_the_model_and_say_where_the_value_came_from() {
    let project = Project::new(&[("prompts/p/1.0.0.yaml", STYLED)]);
    let prompt = project.prompt("p");
    let given = vars(json!({"doc": "word ".repeat(250)}));
    assert!(prompt.check_vars(&given).is_empty(), "no model, no tokens");
    let mut origins = Origins::default();
    origins.set("doc", "evals/x.yaml:12:7");
    let error = prompt.render(&given, &model("openai/gpt-5")).expect_err("too long").with_origins(&origins);
    assert_eq!(
        error.to_string(),
        "prompt `p@1.0.0`: `doc` has 251 tokens, more than the 200 allowed, given by evals/x.yaml:12:7"
    );
    assert_eq!(error.code(), "variable-tokens");
    let about = prompt.render(&given, &model("anthropic/claude-opus-5")).expect_err("too long").to_string();
    assert!(about.contains("has about 4"), "{about}");
    assert!(prompt.check_tokens(&vars(json!({"doc": "word ".repeat(150)})), Some(&model("openai/gpt-5"))).is_empty());

    let project = Project::new(&[(
        "prompts/p/1.0.0.yaml",
        "template: \"{{ a }}\"\nvariables: {a: {default: one two three four, max_tokens: 3}}\n",
    )]);
    let error = project.prompt("p").render(&Vars::new(), &model("openai/gpt-5")).expect_err("too long");
    assert!(error.to_string().ends_with("given by its default, prompts/p/1.0.0.yaml:2:13"), "{error}");
}

#[test]
fn what_cannot_be_cut_is_not_sent_whole() {
    let project = Project::new(&[("prompts/p/1.0.0.yaml", "template: \"{{ a }}\"\ntruncate: {a: 5}\n")]);
    let prompt = project.prompt("p");
    let error = prompt.render(&vars(json!({"a": ["x"]})), &model("a/b")).expect_err("a list");
    assert_eq!(error.to_string(), "prompt `p@1.0.0`: `a` must be text, because it is cut to 5 tokens");
    assert!(prompt.render(&vars(json!({"a": "x"})), &model("a/b")).is_ok());
}

#[test]
fn bad_budgets_and_styles_are_reported_with_their_place() {
    let project = Project::new(&[(
        "prompts/p/1.0.0.yaml",
        "template: \"{{ doc }}{% for l in list %}{{ l }}{% endfor %}\"\nvariables: {doc: string, list: list}\nstyle: html\ntruncate: {dco: 5, list: 5}\nmodels: {'a/*': {truncate: {x: 1}}, 'b/*': {}, 'c/*': {stile: xml}}\n",
    )]);
    let text = project.errors("p");
    for part in [
        "`html` is not a value",
        "1.0.0.yaml:3:8",
        "`truncate` names `dco`",
        "did you mean `doc`?",
        "1.0.0.yaml:4:12",
        "only text can be truncated, `list` is a list",
        "`truncate` names `x`",
        "did you mean `style`?",
        "has no `params`",
    ] {
        assert!(text.contains(part), "{part} not in\n{text}");
    }
}

/// Known digests: a prompt without the newer keys is the same prompt as before they existed.
#[test]
fn digests_change_with_the_new_keys_and_with_nothing_else() {
    let digest = |yaml: &str| {
        let project = Project::new(&[("prompts/p/1.0.0.yaml", yaml)]);
        project.prompt("p").digest
    };
    let plain =
        "template: \"{{ a }}\"\nvariables: {a: {type: string, max_chars: 9}}\nmodels: {'a/*': {params: {seed: 1}}}\n";
    assert_eq!(digest(plain).to_string(), PLAIN_DIGEST);
    let mut seen = vec![digest(plain)];
    for more in [
        "style: markdown\n",
        "style: xml\n",
        "truncate: {a: 5}\n",
        "truncate: {a: 6}\n",
        "truncate: {a: {tokens: 6, marker: '…'}}\n",
    ] {
        seen.push(digest(&format!("{plain}{more}")));
    }
    seen.push(digest(&plain.replace("max_chars: 9", "max_chars: 9, max_tokens: 5")));
    seen.push(digest(&plain.replace("{params: {seed: 1}}", "{params: {seed: 1}, style: xml}")));
    seen.push(digest(&plain.replace("{params: {seed: 1}}", "{params: {seed: 1}, truncate: {a: 5}}")));
    let all = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), all);
}

/// SHA-256 of the canonical identity as it was before, computed with another implementation.
const PLAIN_DIGEST: &str = "a8053b8b0e3ac87d5a9328429eb9fabae0256648e50bc3e1991ce209f7d5441d";

#[test]
fn the_bundled_partial_needs_no_file_and_yields_to_one() {
    let yaml = "template: \"{% include 'karat/reasoning.md' %}\\n\\n{{ task }}\"\n";
    let project = Project::new(&[("prompts/p/1.0.0.yaml", yaml)]);
    let before = project.prompt("p");
    let text = text_of(&before, json!({"task": "6 × 7?"}));
    assert!(text.contains("\"confidence\": 0.9") && text.ends_with("}\n\n6 × 7?"), "{text}");
    assert_eq!(before.variables.keys().collect::<Vec<_>>(), ["task"]);
    project.write("prompts/_partials/karat/reasoning.md", "Denke in Schritten.\n");
    let after = project.prompt("p");
    assert_eq!(text_of(&after, json!({"task": "x"})), "Denke in Schritten.\n\nx");
    assert_ne!(before.digest, after.digest);
    project.write("prompts/q/1.0.0.yaml", "template: \"{% include 'karat/reasonin.md' %}\"\n");
    assert!(project.errors("q").contains("did you mean `karat/reasoning.md`?"));
}

#[test]
fn templates_can_reach_nothing_but_their_variables() {
    let project = Project::new(&[("karat.yaml", "secret: 1\n"), ("prompts/_partials/ok.txt", "fine")]);
    for (index, attack) in [
        "{% include '../../karat.yaml' %}",
        "{% include '/etc/passwd' %}",
        "{% include '..\\\\..\\\\karat.yaml' %}",
        "{% include 'ok.txt/../../../karat.yaml' %}",
        "{% include './ok.txt' %}",
        "{% include path %}",
        "{% include ['ok.txt', '/etc/passwd'] %}",
        "{% import '/etc/passwd' as x %}",
        "{% extends '/etc/passwd' %}",
        "{% macro x() %}{% endmacro %}",
        "{% component x() %}{% endcomponent %}",
        "{{ <x /> }}",
        "{{ get_env(name='HOME') }}",
        "{{ env('HOME') }}",
        "{{ 'HOME' | env }}",
        "{{ '/etc/passwd' | read_file }}",
        "{{ load_data(path='/etc/passwd') }}",
        "{{ now() }}{{ get_random(start=1, end=2) }}",
        "{{ __tera_context }}",
        "{{ __karat_tick(n=0) }}",
        "{{ 'x' | __karat_weigh }}",
        "{{ super() }}",
        "{{ self.x() }}",
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("p{index}");
        project.write(&format!("prompts/{name}/1.0.0.yaml"), &format!("template: |-\n  {attack}\n"));
        let (prompt, problems) = project.resolve(&name);
        assert!(problems.has_errors() && prompt.is_none(), "{attack}");
    }
    // What style of sections is set is not a variable either.
    project.write("prompts/q/1.0.0.yaml", "template: \"{{ style }}\"\n");
    assert!(project.prompt("q").render(&Vars::new(), &model("a/b")).is_err());
}

#[test]
fn a_message_of_ten_megabytes_stops_at_the_cap() {
    let project = Project::new(&[("prompts/p/1.0.0.yaml", "template: \"{{ a }}{{ b | section(name='b') }}\"\n")]);
    for given in [json!({"a": "x".repeat(10_000_000), "b": ""}), json!({"a": "", "b": "x".repeat(10_000_000)})] {
        let error = project.prompt("p").render(&vars(given), &model("a/b")).expect_err("too large");
        assert_eq!(error.to_string(), "prompt `p@1.0.0`: message 1 is larger than 1048576 bytes");
    }
    project.write(
        "prompts/q/1.0.0.yaml",
        "template: |\n  {% set s = a %}{% for i in range(end=90) %}\n  {% set_global s = s ~ s %}{% endfor %}\n",
    );
    let error = project.prompt("q").render(&vars(json!({"a": "ab"})), &model("a/b")).expect_err("grows");
    let text = error.to_diagnostic().render(false);
    assert!(
        text.contains("prompts/q/1.0.0.yaml:3:") && text.contains("`s ~ s`") && text.contains("= help: shorten"),
        "{text}"
    );
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e15..1e15f64).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[\"\\\\{}%#\n\u{0}\u{2028}]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn any_value_inserted_as_json_gives_valid_json(value in any_json()) {
        let project = Project::new(&[(
            "prompts/p/1.0.0.yaml",
            "template: '{\"a\": {{ v | json }}, \"b\": [{{ v | json(pretty=true) }}], \"c\": {{ v | json_encode }}}'\n",
        )]);
        let prompt = project.prompt("p");
        let text = text_of(&prompt, json!({"v": value}));
        let parsed: Value = serde_json::from_str(&text).expect(&text);
        prop_assert_eq!(&parsed, &json!({"a": value, "b": [value], "c": value}));
    }

    #[test]
    fn variables_that_check_clean_are_exactly_those_that_are_used(
        names in prop::collection::btree_set("[a-e]{1,2}", 0..5),
        declared in prop::collection::btree_set("[a-e]{1,2}", 0..5),
        partial in prop::collection::btree_set("[a-e]{1,2}", 0..3),
    ) {
        let insert = |names: &std::collections::BTreeSet<String>| {
            names.iter().map(|name| format!("{{{{ {name} }}}} ")).collect::<String>()
        };
        let list = declared.iter().map(|name| format!("{name}: string")).collect::<Vec<_>>().join(", ");
        let yaml = format!("template: \"x{{% include 'i.txt' %}}{}\"\nvariables: {{{list}}}\n", insert(&names));
        let project = Project::new(&[("prompts/_partials/i.txt", &format!("i{}", insert(&partial))), ("prompts/p/1.0.0.yaml", &yaml)]);
        let (prompt, problems) = project.resolve("p");
        let used: std::collections::BTreeSet<_> = names.union(&partial).cloned().collect();
        prop_assert_eq!(problems.is_empty(), used == declared, "{}", yaml);
        if let Some(prompt) = prompt.filter(|_| problems.is_empty()) {
            let given = used.iter().map(|name| (name.clone(), json!("v"))).collect();
            prop_assert!(prompt.render(&given, &model("a/b")).is_ok());
        }
    }
}
