//! Formats against their sample files: what is imported, and that import → export → import keeps it.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::super::releases::print::print;
use super::super::tests::{Project, model, vars};
use super::handlebars_read::read_handlebars;
use super::handlebars_write::{join, write_handlebars};
use super::jinja_read::{Jinja, read_jinja};
use super::jinja_write::write_jinja;
use super::piece::Piece;
use super::*;
use crate::base::{Problems, Source};

fn sample(path: &str) -> Source {
    let full = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/import").join(path);
    Source::new(PathBuf::from(path), fs::read_to_string(full).expect("sample"))
}

fn import(source: &Source, format: &str) -> Vec<Foreign> {
    let mut problems = Problems::new();
    let found = Format::named(format).expect("format").read(source, &mut problems);
    assert!(!problems.has_errors(), "{}", problems.render(false));
    found
}

/// All problems of a file that cannot be imported.
fn refused(file: &str, format: &str, text: &str) -> String {
    let mut problems = Problems::new();
    let found = Format::named(format).expect("format").read(&Source::new(file, text), &mut problems);
    assert!(problems.has_errors(), "imported: {found:?}");
    problems.render(false)
}

fn definition(source: &Source, format: &str) -> Map<String, Value> {
    import(source, format).remove(0).versions.remove(0).definition
}

fn project(definition: &Map<String, Value>) -> Project {
    Project::new(&[("prompts/p/1.0.0.yaml", &print(definition))])
}

pub(super) fn export(project: &Project, format: &str) -> Exported {
    Format::named(format).expect("format").write(&project.prompt("p"), None).expect("exported")
}

fn texts(definition: &Map<String, Value>) -> Value {
    json!([definition.get("messages"), definition.get("template"), definition.get("variables")])
}

#[test]
fn what_is_imported_and_exported_is_imported_again_unchanged() {
    for (path, format, file) in [
        ("dotprompt/greeting.prompt", "dotprompt", "x.prompt"),
        ("dotprompt/describe.prompt", "dotprompt", "x.prompt"),
        ("prompty/basic-v1.prompty", "prompty", "x.prompty"),
        ("prompty/tickets-v2.prompty", "prompty", "x.prompty"),
        ("openai/request.json", "openai", "x.json"),
    ] {
        let mut first = definition(&sample(path), format);
        // The model itself has no key; what only one model takes goes with it.
        first.shift_remove("models");
        let exported = export(&project(&first), format);
        assert_eq!(exported.refused, [], "{path}");
        let again = definition(&Source::new(file, exported.text.as_str()), format);
        assert_eq!(Value::Object(again), Value::Object(first), "{path}\n{}", exported.text);
    }
}

#[test]
fn promptfoo_files_keep_their_texts_and_variables() {
    for path in ["prompts.txt", "chat.json", "chat.yaml", "summary.md", "tone.j2"] {
        for foreign in import(&sample(&format!("promptfoo/{path}")), "promptfoo") {
            let first = &foreign.versions[0].definition;
            let exported = export(&project(first), "promptfoo");
            assert_eq!(exported.refused, [], "{path}");
            let again = definition(&Source::new("x.json", exported.text.as_str()), "promptfoo");
            assert_eq!(texts(&again), texts(first), "{path}\n{}", exported.text);
        }
    }
}

#[test]
fn versions_of_hosted_registries_pass_through_other_formats() {
    for (path, format) in
        [("langfuse/export.json", "langfuse"), ("mlflow/versions.json", "mlflow"), ("mlflow/rest.json", "mlflow")]
    {
        for version in import(&sample(path), format).remove(0).versions {
            let mut first = version.definition;
            first.shift_remove("models");
            for other in ["dotprompt", "promptfoo"] {
                let exported = export(&project(&first), other);
                assert_eq!(exported.refused, [], "{path} {other}");
                let file = if other == "promptfoo" { "x.json" } else { "x.prompt" };
                let again = definition(&Source::new(file, exported.text.as_str()), other);
                assert_eq!(
                    (again.get("messages"), again.get("template")),
                    (first.get("messages"), first.get("template"))
                );
                if other == "dotprompt" {
                    assert_eq!(again.get("params"), first.get("params"));
                }
            }
        }
    }
}

#[test]
fn versions_and_labels_of_langfuse_and_mlflow_are_kept() {
    let found = import(&sample("langfuse/export.json"), "langfuse");
    assert_eq!(found.len(), 1);
    let seen: Vec<_> = found[0].versions.iter().map(|version| (version.number, version.labels.join("+"))).collect();
    assert_eq!(seen, [(Some(1), String::new()), (Some(3), "production+latest".to_owned())]);
    assert_eq!(
        found[0].versions[0].definition["params"],
        json!({"temperature": 0.5}),
        "the rest of a config is no parameter"
    );
    assert!(found[0].versions[0].comments.contains(&"config: {\"supported_languages\":[\"en\",\"fr\"]}".to_owned()));
    let found = import(&sample("mlflow/versions.json"), "mlflow");
    assert_eq!(found[0].name.as_deref(), Some("summarization-prompt"));
    assert_eq!(found[0].versions[1].labels, ["beta", "production"]);
    assert_eq!(found[0].versions[1].definition["output"]["schema"]["type"], "object");
    let found = import(&sample("mlflow/rest.json"), "mlflow");
    assert_eq!((found[0].versions[0].number, found[0].versions[0].labels.join("")), (Some(4), "champion".to_owned()));
    assert_eq!(found[0].versions[0].definition["template"], "Hello {{ name }}!");
}

#[test]
fn formats_are_found_by_ending_and_content() {
    for (path, wanted) in [
        ("dotprompt/greeting.prompt", Some("dotprompt")),
        ("prompty/basic-v1.prompty", Some("prompty")),
        ("promptfoo/prompts.txt", Some("promptfoo")),
        ("promptfoo/chat.json", Some("promptfoo")),
        ("promptfoo/chat.yaml", Some("promptfoo")),
        ("promptfoo/tone.j2", Some("promptfoo")),
        ("openai/request.json", Some("openai")),
        ("langfuse/export.json", Some("langfuse")),
        ("mlflow/versions.json", Some("mlflow")),
        ("mlflow/rest.json", Some("mlflow")),
    ] {
        assert_eq!(Format::detect(&sample(path)).map(|format| format.word), wanted, "{path}");
    }
    for (file, text) in
        [("x.pdf", "x"), ("x", "x"), ("x.json", "{}"), ("x.json", "[]"), ("x.json", "{"), ("x.json", "[1]")]
    {
        assert_eq!(Format::detect(&Source::new(file, text)).map(|format| format.word), None, "{text}");
    }
}

/// A template of Handlebars in our language.
fn from_handlebars(text: &str) -> String {
    let (pieces, untold) = read_handlebars(text, &HashSet::new());
    assert_eq!(untold, [], "{text}");
    write_jinja(&pieces, Jinja::Tera, &mut Vec::new())
}

#[test]
fn handlebars_means_the_same_in_our_language() {
    for (theirs, ours) in [
        (
            "{{a}} {{{a}}} {{&a}} {{a.b}} {{a/b}} {{a.[0].c}}",
            "{{ a }} {{ a }} {{ a }} {{ a.b }} {{ a.b }} {{ a[0].c }}",
        ),
        ("{{#if a}}x{{else if b}}y{{else}}z{{/if}}", "{% if a %}x{% elif b %}y{% else %}z{% endif %}"),
        ("{{#unless a}}x{{/unless}}", "{% if not a %}x{% endif %}"),
        ("{{#ifEquals a \"b\"}}x{{/ifEquals}}", "{% if a == \"b\" %}x{% endif %}"),
        (
            "{{#each users}}{{name}} {{this.age}} {{../title}} {{@index}}{{/each}}",
            "{% for user in users %}{{ user.name }} {{ user.age }} {{ title }} {{ loop.index0 }}{% endfor %}",
        ),
        ("{{#each a.b}}{{.}}{{else}}none{{/each}}", "{% for item in a.b %}{{ item }}{% else %}none{% endfor %}"),
        (
            "{{#each map}}{{@key}}={{this}}{{/each}}",
            "{% for item_key, item in map %}{{ item_key }}={{ item }}{% endfor %}",
        ),
        (
            "{{#each as}}{{#each this}}{{this}}{{../../x}}{{/each}}{{/each}}",
            "{% for item in as %}{% for item2 in item %}{{ item2 }}{{ x }}{% endfor %}{% endfor %}",
        ),
        ("{{#each users as |u|}}{{u.name}}{{/each}}", "{% for u in users %}{{ u.name }}{% endfor %}"),
        ("{{user}}{{#each users}}{{this}}{{/each}}", "{{ user }}{% for user_ in users %}{{ user_ }}{% endfor %}"),
        ("{{#with a}}{{b}}{{/with}}", "{% if a %}{{ a.b }}{% endif %}"),
        ("a\n{{#if b}}\nc\n{{/if}}\nd", "a\n{% if b %}c\n{% endif %}d"),
        ("a\n  {{#if b}}\nc {{/if}}\nd", "a\n{% if b %}c {% endif %}\nd"),
        ("a  {{~#if b~}}  c  {{~/if~}}  d", "a{% if b %}c{% endif %}d"),
        ("{{json a}} {{! note }}{{!-- x }} --}}", "{{ a | json_encode }} {# note #}{# x }} #}"),
        ("\\{{a}} {{b}} \\\\{{c}}", "{% raw %}{{a}}{% endraw %} {{ b }} \\{{ c }}"),
        ("{% raw %} {#", "{{ \"{\" }}% raw %} {{ \"{\" }}#"),
        ("größe: {{ä}}", "größe: {{ä}}"),
    ] {
        if theirs.contains('ä') {
            assert_eq!(read_handlebars(theirs, &HashSet::new()).1.len(), 1, "names are ASCII here");
            continue;
        }
        assert_eq!(from_handlebars(theirs), ours, "{theirs}");
    }
}

#[test]
fn jinja_means_the_same_in_our_language() {
    for (theirs, ours) in [
        ("{{a}}{{ a.b['c'][0] }}", "{{ a }}{{ a.b.c[0] }}"),
        ("{{ a | default('x') | upper }}", "{{ a | default(value=\"x\") | upper }}"),
        (
            "{{ a | join(', ') }} {{ a | tojson }} {{ a|safe }}",
            "{{ a | join(sep=\", \") }} {{ a | json_encode }} {{ a }}",
        ),
        (
            "{% if a and not (b or c) %}x{% elif d is not defined %}y{% endif %}",
            "{% if a and not (b or c) %}x{% elif d is not defined %}y{% endif %}",
        ),
        ("{% if a not in b %}x{% endif %}", "{% if a not in b %}x{% endif %}"),
        (
            "{% for k, v in o.items() %}{{ k }}{{ loop.index }}{% endfor %}",
            "{% for k, v in o %}{{ k }}{{ loop.index }}{% endfor %}",
        ),
        ("a {%- if b -%} c {%- endif %} d", "a{% if b %}c{% endif %} d"),
        ("{% set x = a %}{{ x }}{# note #}", "{% set x = a %}{{ x }}{# note #}"),
        ("{% raw %}{{ x }}{% endraw %}{", "{% raw %}{{ x }}{% endraw %}{"),
        ("{{ '}}' }}{{ \"it's\" }}", "{{ \"}}\" }}{{ \"it's\" }}"),
    ] {
        let (pieces, untold) = read_jinja(theirs, Jinja::Python);
        assert_eq!(untold, [], "{theirs}");
        assert_eq!(write_jinja(&pieces, Jinja::Tera, &mut Vec::new()), ours, "{theirs}");
    }
}

#[test]
fn what_has_no_translation_is_an_error_at_its_place() {
    for (file, format, text, place, told) in [
        (
            "a.prompt",
            "dotprompt",
            "---\nmodel: m\n---\nHi {{> card}}\n",
            "a.prompt:4:4",
            "a partial has no translation",
        ),
        ("a.prompt", "dotprompt", "{{history}}", "a.prompt:1:1", "no earlier conversation"),
        ("a.prompt", "dotprompt", "x {{#if a}}y", "a.prompt:1:3", "never closed"),
        ("a.prompt", "dotprompt", "{{#if a}}{{role \"user\"}}{{/if}}", "a.prompt:1:10", "inside a block"),
        ("a.prompt", "dotprompt", "{{#list a}}{{/list}}", "a.prompt:1:1", "the helper `list`"),
        ("a.prompt", "dotprompt", "---\noutput: {schema: Card}\n---\nx", "a.prompt:2:18", "`Card` is no type"),
        ("a.prompt", "dotprompt", "---\ntools: [x]\n---\nx", "a.prompt:2:8", "call no tools"),
        ("a.prompt", "dotprompt", "---\na: [\n---\nx", "a.prompt:2", "bracket"),
        ("a.prompt", "dotprompt", "---\nmodel: m\n---\n  \n", "a.prompt", "empty"),
        (
            "a.prompty",
            "prompty",
            "---\nname: x\n---\nuser:\n{{ a | xmlattr }}\n",
            "a.prompty:5:8",
            "the filter `xmlattr`",
        ),
        (
            "a.prompty",
            "prompty",
            "---\ninputs: {h: {kind: thread}}\n---\nuser:\nx\n",
            "a.prompty:2:13",
            "kind `thread`",
        ),
        ("a.prompty", "prompty", "---\nname: x\n---\ntool:\nx\n", "a.prompty:4:1", "role `tool`"),
        ("a.txt", "promptfoo", "one\n---\nü {{ f(x) }}", "a.txt:3:7", "the call of `f`"),
        ("a.txt", "promptfoo", "{% macro x() %}", "a.txt:1:1", "`{% macro %}` has no translation"),
        ("a.txt", "promptfoo", "{{ a", "a.txt:1:1", "never closed"),
        ("a.txt", "promptfoo", " \n---\n", "a.txt", "empty"),
        ("a.json", "promptfoo", "[{\"role\": \"user\",\n  \"content\": \"é\\n{{ a + b }}\"}]", "a.json:2:23", "`+`"),
        (
            "a.json",
            "openai",
            "{\"messages\": [{\"role\": \"tool\", \"content\": \"x\"}]}",
            "a.json:1:15",
            "role `tool`",
        ),
        ("a.json", "openai", "{\"messages\": [{\"role\": \"user\", \"content\": \"\"}]}", "a.json:1:15", "empty"),
        (
            "a.json",
            "langfuse",
            "{\"name\": \"x\", \"prompt\": \"Hi {{first name}}\"}",
            "a.json:1:29",
            "`first name` cannot be",
        ),
        (
            "a.json",
            "langfuse",
            "{\"name\": \"x\", \"prompt\": [{\"type\": \"placeholder\", \"name\": \"h\"}]}",
            "a.json:1:26",
            "placeholder",
        ),
        ("a.json", "mlflow", "{\"name\": \"x\", \"template\": 7}", "a.json:1:1", "neither text nor messages"),
        ("a.json", "mlflow", "{", "a.json:1", "not valid JSON"),
    ] {
        let shown = refused(file, format, text);
        assert!(shown.contains(place) && shown.contains(told), "{text}\nwanted {place} {told}\n{shown}");
    }
}

#[test]
fn what_a_format_cannot_say_is_told_with_its_place() {
    let project = Project::new(&[
        ("prompts/_partials/a.txt", "partial {{ x }}"),
        (
            "prompts/p/1.0.0.yaml",
            "messages:\n  - {role: user, content: \"{{ x | title }} {% include 'a.txt' %}\"}\n  - {role: user, content: \"{% if x > 3 %}y{% endif %}\"}\nmodels: {\"a/*\": {params: {seed: 1}}}\noutput: {format: json}\n",
        ),
    ]);
    let told = |format| {
        let exported = export(&project, format);
        exported.refused.iter().map(|problem| problem.message.replace("the format cannot say ", "")).collect::<Vec<_>>()
    };
    assert_eq!(
        told("dotprompt"),
        ["`models: a/*`, parameters of some models only", "the filter `title`", "this condition"]
    );
    assert_eq!(told("promptfoo"), Vec::<String>::new());
    assert_eq!(
        told("prompty"),
        ["`models: a/*`, parameters of some models only", "`output: {format: json}` without a schema"]
    );
    assert_eq!(told("openai"), ["`models: a/*`, parameters of some models only", "the filter `title`", "`{% if %}`"]);
    let text = export(&project, "promptfoo").text;
    assert!(text.contains("{{ x | title }} partial {{ x }}"), "{text}");
    let place = export(&project, "dotprompt").refused[2].place.clone().expect("place").pointer();
    assert_eq!(place, "prompts/p/1.0.0.yaml:3:28");
    assert!(Format::named("flagd").expect("format").write(&project.prompt("p"), None).is_err());
}

#[test]
fn filled_in_requests_hold_what_is_sent() {
    let project = Project::new(&[(
        "prompts/p/1.0.0.yaml",
        "template: \"{% raw %}{{ x }}{% endraw %} {{ a | upper }}\"\nparams: {max_tokens: 5, logprobs: 2}\n",
    )]);
    let prompt = project.prompt("p");
    let rendered = prompt.render(&vars(json!({"a": "{{ y }}"})), &model("a/b")).expect("rendered");
    let exported = Format::named("openai").expect("format").write(&prompt, Some(&rendered)).expect("exported");
    assert_eq!((exported.refused, exported.beside), (vec![], vec![]));
    let request: Value = serde_json::from_str(&exported.text).expect("json");
    let wanted = json!({"messages": [{"role": "user", "content": "{{ x }} {{ Y }}"}], "max_tokens": 5, "top_logprobs": 2, "logprobs": true});
    assert_eq!(request, wanted);
    // promptfoo would read the braces as tags.
    let exported = Format::named("promptfoo").expect("format").write(&prompt, Some(&rendered)).expect("exported");
    assert!(exported.text.contains("{% raw %}{{ x }} {{ Y }}{% endraw %}"), "{}", exported.text);
    assert!(Format::named("dotprompt").expect("format").write(&prompt, Some(&rendered)).is_err());
}

#[test]
fn an_empty_list_stays_false_in_nunjucks() {
    let text = "template: \"{% if xs and a %}x{% elif not xs %}y{% endif %}\"\nvariables: {xs: list, a: string}\n";
    let exported = export(&Project::new(&[("prompts/p/1.0.0.yaml", text)]), "promptfoo");
    let wanted = "{% if xs | length and a %}x{% elif not xs | length %}y{% endif %}";
    assert!(exported.text.contains(wanted), "{}", exported.text);
}

fn literal_text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{",
        "}",
        "{{",
        "}}",
        "{%",
        "%}",
        "{#",
        "#}",
        "raw",
        "endraw",
        "{% raw %}",
        "{% endraw %}",
        "a",
        " ",
        "\n",
        "-",
        "\"",
        "é",
        "{{ x }}",
    ]);
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn literal_text_is_literal_in_our_language(texts in prop::collection::vec(literal_text(), 1..4)) {
        let mut pieces = Vec::new();
        for text in &texts {
            pieces.push(Piece::Text(text.clone()));
            pieces.push(Piece::Print(piece::Expr::Path(piece::Path::of("v")), 0..0));
        }
        let template = format!("{}.", write_jinja(&pieces, Jinja::Tera, &mut Vec::new()));
        let wanted = format!("{}.", texts.iter().map(|text| format!("{text}V")).collect::<String>());
        let project = Project::new(&[("prompts/p/1.0.0.yaml", &print(json!({"template": template}).as_object().expect("map")))]);
        let rendered = project.prompt("p").render(&vars(json!({"v": "V"})), &model("a/b")).expect("rendered");
        prop_assert_eq!(rendered.messages[0].joined_text(), wanted, "{}", template);
    }

    #[test]
    fn any_text_is_read_in_every_dialect_without_a_panic(text in prop_oneof![literal_text(), "\\PC{0,40}"], more in "\\PC{0,20}") {
        let text = format!("{text}{{{{#each {more}}}}}{{% if {more} %}}{text}");
        for format in Format::imports() {
            for file in ["x.prompt", "x.prompty", "x.txt", "x.json", "x.yaml", "x.jsonl"] {
                let mut problems = Problems::new();
                format.read(&Source::new(file, text.as_str()), &mut problems);
                prop_assert_eq!(problems.render(false).is_empty(), problems.is_empty());
            }
        }
    }

    #[test]
    fn handlebars_that_is_written_is_read_back(texts in prop::collection::vec("[ \nab{}\\\\]{0,4}", 3)) {
        use piece::{Expr, Path};
        let inner = vec![Piece::Text(texts[1].clone()), Piece::Print(Expr::Path(Path::of("v")), 0..0)];
        let pieces = vec![
            Piece::Text(texts[0].clone()),
            Piece::If { arms: vec![(Expr::Path(Path::of("c")), inner)], otherwise: Vec::new(), at: 0..0 },
            Piece::Text(texts[2].clone()),
        ];
        let mut outs = Vec::new();
        write_handlebars(&pieces, &mut outs, &mut Vec::new());
        if let Ok(text) = join(outs) {
            let plain = |pieces: &[Piece]| write_jinja(pieces, Jinja::Tera, &mut Vec::new());
            let (again, untold) = read_handlebars(&text, &HashSet::new());
            prop_assert_eq!(untold, []);
            let whole: Vec<Piece> = pieces.into_iter().filter(|piece| *piece != Piece::Text(String::new())).collect();
            prop_assert_eq!(plain(&again), plain(&whole), "{}", text);
        }
    }
}
