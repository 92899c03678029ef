//! Prints a prompt as a version file in one canonical form.

use serde_json::{Map, Value};

use crate::base::print_yaml;

/// The keys of a version file in the order in which they are printed, each with the level from which its collections
/// are written in braces where they fit: 1 the value itself, 2 its entries, 3 what is in its items.
///
/// A new key of version files is one line here; a key that is not in the table is printed last, as it is.
const KEYS: &[(&str, usize)] = &[
    ("about", 1),
    ("template", 1),
    ("messages", 3),
    ("variables", 2),
    ("examples", 1),
    ("style", 1),
    ("truncate", 2),
    ("params", 1),
    ("models", 2),
    ("output", 1),
    ("tools", 2),
    ("tool_choice", 1),
    ("parallel_tools", 1),
    ("prediction", 1),
];

/// The keys of a variable, in the order in which they are printed.
const VARIABLE_KEYS: &[&str] =
    &["about", "type", "required", "default", "one_of", "min_chars", "max_chars", "max_tokens", "pattern"];

/// The text of a version file that says `definition`: the mapping as someone would write it.
///
/// Reading it gives the same definition and the same digest.
pub(in crate::prompt) fn print(definition: &Map<String, Value>) -> String {
    let known = KEYS.iter().filter_map(|(key, flow_from)| Some((*key, definition.get(*key)?, *flow_from)));
    let others = definition.iter().filter(|(key, _)| KEYS.iter().all(|(known, _)| known != key));
    let others = others.map(|(key, value)| (key.as_str(), value, 2));
    let mut text = String::new();
    for (key, value, flow_from) in known.chain(others) {
        let mut entry = Map::new();
        entry.insert(key.to_owned(), if key == "variables" { in_order(value) } else { value.clone() });
        text.push_str(&print_yaml(&Value::Object(entry), flow_from));
    }
    text
}

/// Each variable with its keys in order.
fn in_order(variables: &Value) -> Value {
    let Value::Object(variables) = variables else { return variables.clone() };
    let entry = |(name, rules): (&String, &Value)| {
        let Value::Object(rules) = rules else { return (name.clone(), rules.clone()) };
        let known = VARIABLE_KEYS.iter().filter_map(|key| rules.get_key_value(*key));
        let others = rules.iter().filter(|(key, _)| !VARIABLE_KEYS.contains(&key.as_str()));
        let sorted = known.chain(others).map(|(key, value)| (key.clone(), value.clone())).collect();
        (name.clone(), Value::Object(sorted))
    };
    Value::Object(variables.iter().map(entry).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::super::tests::Project;
    use super::super::super::tests::written::{definition, map, written_project};
    use super::*;
    use crate::base::{Digest, Node, Problems, Source, Span, parse_yaml};

    fn read(text: &str) -> Value {
        let mut problems = Problems::new();
        let node = parse_yaml(&Source::new("p.yaml", text), &mut problems);
        assert!(problems.is_empty(), "{text}\n{}", problems.render(false));
        node.expect("yaml").to_json()
    }

    #[test]
    fn the_bundled_prompts_come_back_the_same() {
        for path in [
            "prompts/code-review/1.0.0.yaml",
            "prompts/code-review/1.1.0.yaml",
            "prompts/document-classifier/1.0.0.yaml",
            "prompts/support-answers/1.0.0.yaml",
        ] {
            let text =
                std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("file");
            let printed = print(&map(read(&text)));
            assert_eq!(read(&printed), read(&text));
            // They are written as the printer writes, but for comments and quotes of taste.
            let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
            assert_eq!(
                printed.replace("openai/gpt-5*", "\"openai/gpt-5*\"").lines().collect::<Vec<_>>(),
                lines,
                "{path}"
            );
        }
    }

    #[test]
    fn keys_stand_in_their_order_and_unknown_ones_last() {
        let written = json!({
            "output": {"format": "json"}, "zeta": 1, "params": {"seed": 1}, "about": "x",
            "truncate": {"b": {"tokens": 9, "marker": "…"}, "a": 5}, "style": "xml",
            "examples": {"from": "e.jsonl", "by": "mmr", "on": ["b"]},
            "variables": {"b": {"default": "x", "max_tokens": 7, "type": "string", "new": 1}, "a": null},
            "messages": [{"role": "user", "content": [{"text": "one\ntwo"}, {"image": "a.png"}]}],
        });
        let wanted = "about: x\nmessages:\n  - role: user\n    content:\n      - text: |-\n          one\n          two\n      \
                      - {image: a.png}\nvariables:\n  b: {type: string, default: x, max_tokens: 7, new: 1}\n  a: null\n\
                      examples: {from: e.jsonl, by: mmr, \"on\": [b]}\nstyle: xml\n\
                      truncate:\n  b: {tokens: 9, marker: \"…\"}\n  a: 5\nparams: {seed: 1}\n\
                      output: {format: json}\nzeta: 1\n";
        assert_eq!(print(&map(written)), wanted);
    }

    fn digest(project: &Project, text: &str, node: &Node) -> Option<Digest> {
        let source = Source::new("prompts/p/1.0.0.yaml", text);
        let mut problems = Problems::new();
        project.registry().inline(node, &source, &mut problems).map(|prompt| prompt.digest)
    }

    /// What the property below would not see: a key that has no part in the digest.
    #[test]
    fn every_key_but_about_is_part_of_the_digest() {
        let whole = map(json!({
            "template": "{{ a | section(name=\"a\") }}{{ b }}",
            "variables": {"a": {"type": "string", "max_tokens": 50}, "b": "string"},
            "examples": {"from": "shots.jsonl", "pick": 1}, "style": "markdown", "truncate": {"a": 9},
            "models": {"x/*": {"style": "xml", "truncate": {"b": 7}, "params": {"seed": 1}}},
            "params": {"seed": 2}, "output": {"format": "json"},
        }));
        let project = written_project();
        let of = |definition: &Value| {
            let printed = print(&map(definition.clone()));
            let node = parse_yaml(&Source::new("p.yaml", printed.as_str()), &mut Problems::new()).expect("yaml");
            digest(&project, &printed, &node).expect("a prompt")
        };
        let whole = Value::Object(whole);
        let wanted = of(&whole);
        for (path, key) in [
            ("", "examples"),
            ("", "style"),
            ("", "truncate"),
            ("", "params"),
            ("", "output"),
            ("/variables/a", "max_tokens"),
            ("/models/x~1*", "style"),
            ("/models/x~1*", "truncate"),
            ("/models/x~1*", "params"),
            ("/examples", "pick"),
        ] {
            let mut less = whole.clone();
            let inner = less.pointer_mut(path).and_then(Value::as_object_mut).expect(path);
            assert!(inner.remove(key).is_some(), "{path} {key}");
            assert_ne!(of(&less), wanted, "{path} {key}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

        #[test]
        fn a_printed_prompt_reads_as_the_same_prompt(definition in definition()) {
            let project = written_project();
            let printed = print(&map(definition.clone()));
            let source = Source::new("p.yaml", printed.as_str());
            let node = parse_yaml(&source, &mut Problems::new()).expect("yaml");
            prop_assert_eq!(node.to_json(), definition.clone(), "{}", printed);
            let written = Node::from_json(&definition, Span::new(1, 1, 1));
            let wanted = digest(&project, &printed, &written);
            // Some of the texts are broken templates; they have no digest.
            prop_assume!(wanted.is_some());
            prop_assert_eq!(digest(&project, &printed, &node), wanted);
            // The form is canonical: printing again changes nothing.
            prop_assert_eq!(print(&map(node.to_json())), printed);
        }
    }
}
