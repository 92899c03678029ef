//! Properties of templates: what holds for every one of them.

use proptest::prelude::*;
use serde_json::json;

use super::super::partials::Partials;
use super::super::tests::{Project, model, vars};
use super::compile::compile;
use super::scan::scan;
use super::section::Style;
use super::template::{Engine, Values, syntax_error};
use super::text::TemplateText;
use crate::base::{Problems, Source};

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("a".to_owned()),
        Just("b".to_owned()),
        Just("c".to_owned()),
        Just("items".to_owned()),
        Just("loop".to_owned()),
        Just("_x1".to_owned()),
        "[a-d][a-z]{0,2}"
            .prop_filter("keywords", |word| !["and", "as", "by", "do", "all", "any"].contains(&word.as_str())),
    ]
}

fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => name(),
        1 => Just("1".to_owned()),
        1 => Just("2.5".to_owned()),
        1 => Just("true".to_owned()),
        1 => Just("none".to_owned()),
        1 => Just("'}} a {{ b'".to_owned()),
        1 => Just("\"it\\\"s\"".to_owned()),
    ];
    leaf.prop_recursive(3, 24, 3, |inner| {
        let i = || inner.clone();
        prop_oneof![
            (name(), name()).prop_map(|(a, b)| format!("{a}.{b}")),
            (name(), name()).prop_map(|(a, b)| format!("{a}?.{b}")),
            (name(), i()).prop_map(|(a, b)| format!("{a}[{b}]")),
            (name(), i()).prop_map(|(a, b)| format!("{a}[{b}:]")),
            (i(), i()).prop_map(|(a, b)| format!("({a}) ~ ({b})")),
            (i(), i()).prop_map(|(a, b)| format!("({a}) and ({b})")),
            (i(), i()).prop_map(|(a, b)| format!("({a}) not in ({b})")),
            (i(), i(), i()).prop_map(|(a, b, c)| format!("({a} if {b} else {c})")),
            (i(), i()).prop_map(|(a, b)| format!("({a}) | replace(from={b}, to='x') | upper")),
            i().prop_map(|a| format!("({a}) is not defined")),
            (i(), i()).prop_map(|(a, b)| format!("({a}) is divisible_by(divisor={b})")),
            i().prop_map(|a| format!("range(end={a}, start=1)")),
            (i(), i()).prop_map(|(a, b)| format!("{{'a': {a}, 'b': {b}, ...c}}")),
            (i(), name()).prop_map(|(a, b)| format!("[{a}, {b}, ...d]")),
            (i(), name(), name(), i()).prop_filter_map("reserved", |(a, v, t, c)| {
                (v != "loop").then(|| format!("[{a} for {v} in {t} if ({c})]"))
            }),
        ]
    })
}

fn template() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        expression().prop_map(|e| format!("{{{{ {e} }}}}")),
        expression().prop_map(|e| format!("{{{{- {e} -}}}}")),
        Just(" text é { } % # ".to_owned()),
        Just("{# {{ comment }} #}".to_owned()),
        Just("{% raw %}{{ raw }}{% endraw %}".to_owned()),
        (name(), expression())
            .prop_filter_map("reserved", |(n, e)| (n != "loop").then(|| format!("{{% set {n} = {e} %}}"))),
        (name(), expression())
            .prop_filter_map("reserved", |(n, e)| (n != "loop").then(|| format!("{{%- set_global {n} = {e} -%}}"))),
    ];
    leaf.prop_recursive(4, 40, 4, |inner| {
        let many = prop::collection::vec(inner, 0..4).prop_map(|parts| parts.concat());
        let m = move || many.clone();
        prop_oneof![
            m(),
            (expression(), m(), m()).prop_map(|(e, a, b)| format!("{{% if {e} %}}{a}{{% else %}}{b}{{% endif %}}")),
            (expression(), m(), expression(), m())
                .prop_map(|(e, a, f, b)| format!("{{% if {e} %}}{a}{{% elif {f} %}}{b}{{% endif %}}")),
            (name(), expression(), m(), m()).prop_filter_map("reserved", |(n, e, a, b)| {
                (n != "loop")
                    .then(|| format!("{{% for {n} in {e} %}}{a}{{{{ loop.index }}}}{{% else %}}{b}{{% endfor %}}"))
            }),
            (name(), name(), name(), m()).prop_filter_map("reserved", |(k, v, t, a)| {
                (k != "loop" && v != "loop").then(|| format!("{{% for {k}, {v} in {t} %}}{a}{{% endfor %}}"))
            }),
            (expression(), m())
                .prop_map(|(e, a)| format!("{{% filter replace(from={e}, to='') %}}{a}{{% endfilter %}}")),
            (name(), expression(), m()).prop_filter_map("reserved", |(n, e, a)| {
                (n != "loop").then(|| format!("{{% set {n} | default(value={e}) %}}{a}{{% endset %}}"))
            }),
        ]
    })
}

/// Pieces of template syntax.
const PIECES: &str = r#"{{ }} {% %} {# #} {{- -}} {%- -%} raw endraw for in endfor if else elif endif set endset
    set_global filter endfilter include block endblock extends component ' " ` \ ( ) [ ] { } < </ /> > | . ?. ?[ ...
    , : = ~ - not is and or none loop loop.index __tera_context a b 1 1. 'x' é 😀 super() range(end=2) @ @x"#;

/// Pieces in any order: mostly broken templates.
fn rubble() -> impl Strategy<Value = String> {
    let mut pieces: Vec<String> = PIECES.split_whitespace().map(str::to_owned).collect();
    pieces.extend([" ", "\n", "\0"].map(str::to_owned));
    let piece = prop_oneof![8 => prop::sample::select(pieces), 1 => ".{0,3}"];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.join(" ").replace("  ", ""))
}

fn scanned_names(text: &str) -> Vec<String> {
    let mut names: Vec<String> = scan(text).uses.into_iter().map(|used| used.name).collect();
    names.sort();
    names.dedup();
    names
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn the_scanner_finds_the_names_that_tera_finds(text in template()) {
        // tera limits nesting; such templates are refused before they are scanned.
        prop_assume!(syntax_error(&text).is_none());
        let engine = Engine::build([("#".to_owned(), text.as_str())]).expect("compiles");
        prop_assert_eq!(scanned_names(&text), engine.names("#"), "{}", text);
        for used in scan(&text).uses {
            prop_assert_eq!(text.get(used.start..used.end), Some(used.name.as_str()));
        }
    }

    #[test]
    fn meters_change_nothing_of_what_a_template_renders(text in template(), partial: bool) {
        prop_assume!(syntax_error(&text).is_none());
        let name = if partial { "t.txt" } else { "#0" };
        let metered = Engine::build([(name.to_owned(), text.as_str())]).expect("compiles");
        let mut plain = tera::Tera::default();
        plain.autoescape_on(Vec::<&str>::new());
        plain.add_raw_template(name, &text).expect("compiles");
        let mut values = Values::new(Style::Markdown);
        let mut context = tera::Context::new();
        for (name, value) in [
            ("a", json!(2)), ("b", json!("text")), ("c", json!({"a": {"b": [1]}, "b": 3})), ("d", json!([1, "x", [2]])),
            ("items", json!(["one", "two"])), ("_x1", json!(null)),
        ] {
            values.insert(name, &value);
            context.insert(name, &value);
        }
        prop_assert_eq!(metered.render(name, &values).ok(), plain.render(name, &context).ok(), "{}", text);
    }

    #[test]
    fn broken_templates_that_tera_takes_are_understood_too(text in rubble()) {
        // No panic on anything; and where tera compiles it, the names agree.
        let found = scanned_names(&text);
        let refused = !scan(&text).refused.is_empty();
        if let Ok(engine) = Engine::build([("#".to_owned(), text.as_str())])
            && !refused
        {
            prop_assert_eq!(found, engine.names("#"), "{}", text);
        }
    }

    #[test]
    fn any_text_compiles_and_renders_or_is_refused_without_a_panic(text in prop_oneof![rubble(), "\\PC{0,60}", template()]) {
        let text = TemplateText::of_file(&Source::new("t.txt", text));
        let folder = std::path::Path::new("/nonexistent");
        let mut problems = Problems::new();
        let compiled = compile(&[&text], &Partials::new(folder, folder), &mut problems);
        prop_assert_eq!(compiled.is_err(), problems.has_errors());
        prop_assert_eq!(problems.render(false).is_empty(), problems.is_empty());
        if let Ok(compiled) = compiled {
            let mut values = Values::new(Style::Markdown);
            for (index, name) in compiled.names.iter().enumerate() {
                values.insert(&name.name, &[json!(1), json!("x"), json!([1, 2]), json!({"a": {"b": null}})][index % 4]);
            }
            let one = compiled.engine.render("#0", &values);
            prop_assert_eq!(one, compiled.engine.render("#0", &values));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn rendering_is_the_same_every_time(
        keys in prop::collection::vec("[a-z]{1,6}", 0..12),
        text in "\\PC{0,40}",
    ) {
        let project = Project::new(&[(
            "prompts/p/1.0.0.yaml",
            "template: \"{% for k, v in map %}{{ k }}={{ v }};{% endfor %}{{ map | json_encode }}{{ text }}\"\n",
        )]);
        let map: serde_json::Map<String, serde_json::Value> =
            keys.into_iter().enumerate().map(|(index, key)| (key, json!(index))).collect();
        let given = vars(json!({"map": map, "text": text}));
        let model = model("a/b");
        let one = project.prompt("p").render(&given, &model).expect("renders");
        let two = project.prompt("p").render(&given, &model).expect("renders");
        prop_assert_eq!(&one, &two);
        let encoded = serde_json::to_string(&map).expect("json");
        let wanted = encoded + &text;
        prop_assert!(one.messages[0].joined_text().ends_with(&wanted));
    }
}
