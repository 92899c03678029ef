//! Reads Prompty: `.prompty` files, both versions of their YAML.
//!
//! Format: <https://prompty.ai/docs>. Checked against the Python package `prompty` 2.1.0.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::foreign::{Builder, Dialect, Foreign, ForeignVersion, trimmed};
use super::frontmatter::{Parts, split};
use super::jinja_read::Jinja;
use super::openai::output_of;
use super::outline::our_role;
use super::picoschema::variable_of;
use super::settings::{put_settings, read_settings};
use crate::base::{Diagnostic, Key, Node, Problems, Source};

/// Keys that say nothing about what is sent.
const NOTES: &[&str] = &["displayName", "authors", "tags", "version", "metadata", "base", "basePrompty"];
/// Roles that a line can begin a message with.
const ROLES: &[&str] = &["system", "user", "assistant", "developer", "tool", "function"];
pub(super) fn read(source: &Source, problems: &mut Problems) -> Vec<Foreign> {
    let Some(parts) = split(source, problems) else { return Vec::new() };
    let before = problems.error_count();
    let mut head = Head { dialect: Dialect::Jinja(Jinja::Python), ..Head::default() };
    let mut builder = Builder::new();
    for (key, value) in parts.head.as_map().unwrap_or_default() {
        head.take(&key.text, value, &parts, &mut builder, problems);
    }
    messages(&parts, head.dialect, &mut builder, problems);
    if problems.error_count() > before {
        return Vec::new();
    }
    let mut definition = builder.finish(head.rules, None);
    put_settings(&mut definition, head.params, head.rest, head.model.as_deref());
    let version = ForeignVersion { number: None, labels: Vec::new(), definition, comments: head.comments };
    vec![Foreign { name: head.name, versions: vec![version] }]
}

/// What the YAML says.
struct Head {
    name: Option<String>,
    model: Option<String>,
    params: Map<String, Value>,
    rest: Map<String, Value>,
    rules: IndexMap<String, Map<String, Value>>,
    comments: Vec<String>,
    dialect: Dialect,
}

impl Default for Head {
    fn default() -> Head {
        Head {
            name: None,
            model: None,
            params: Map::new(),
            rest: Map::new(),
            rules: IndexMap::new(),
            comments: Vec::new(),
            dialect: Dialect::Plain,
        }
    }
}

impl Head {
    fn take(&mut self, key: &str, value: &Node, parts: &Parts, builder: &mut Builder, problems: &mut Problems) {
        let place = || parts.source.place(value.span);
        match key {
            "name" => self.name = value.as_text().map(str::to_owned),
            "description" => {
                if let Some(text) = value.as_text() {
                    builder.set("about", json!(text));
                }
            }
            "model" => self.model(value, parts, builder, problems),
            "inputs" => self.inputs(value, parts, problems),
            "outputs" => match outputs(value) {
                Ok(None) => {}
                Ok(Some(schema)) => builder.set("output", json!({"format": "json", "schema": schema})),
                Err(why) => problems.push(
                    Diagnostic::error("untranslatable-schema", why)
                        .at(place())
                        .help("write it as a list of properties with `kind`"),
                ),
            },
            "sample" => self.sample(value, parts, problems),
            "template" => {
                let format = value.get("format").or_else(|| value.get("type")).unwrap_or(value);
                let kind = format.get("kind").unwrap_or(format).as_text().unwrap_or("jinja2");
                match kind {
                    "jinja2" => {}
                    "mustache" => self.dialect = Dialect::Handlebars,
                    kind => problems.push(
                        Diagnostic::error(
                            "untranslatable-template",
                            format!("templates in `{kind}` have no translation"),
                        )
                        .at(place())
                        .help("use jinja2 or mustache"),
                    ),
                }
            }
            "tools" => problems.push(
                Diagnostic::error("untranslatable-key", "`tools` has no translation: prompts call no tools")
                    .at(place())
                    .help("remove it"),
            ),
            key if NOTES.contains(&key) => self.comments.push(format!("{key}: {}", value.to_json())),
            key => problems.push(
                Diagnostic::warning("unknown-key", format!("`{key}` is not a key of Prompty; it is left out"))
                    .at(place()),
            ),
        }
    }

    fn model(&mut self, value: &Node, parts: &Parts, builder: &mut Builder, problems: &mut Problems) {
        let configuration = value.get("configuration");
        let deployment = ["azure_deployment", "name", "model"].iter().find_map(|key| configuration?.get(key));
        let id = value.get("id").or(deployment).unwrap_or(value);
        if let Some(id) = id.as_text() {
            self.comments.push(format!("written for the model {id}"));
            // A reference to the environment names no model.
            self.model = Some(id.to_owned()).filter(|id| !id.contains("${"));
        }
        let api = value.get("api").or_else(|| value.get("apiType")).and_then(Node::as_text).unwrap_or("chat");
        if !matches!(api, "chat" | "completion" | "responses") {
            let message = format!("`{api}` has no translation: prompts are messages");
            problems.push(Diagnostic::error("untranslatable-key", message).at(parts.source.place(value.span)));
        }
        for key in ["configuration", "connection"] {
            if let Some(node) = value.get(key).filter(|node| node.as_map().is_some()) {
                problems.push(
                    Diagnostic::warning("left-out", format!("`{key}` is left out"))
                        .at(parts.source.place(node.span))
                        .help("providers are configured in `karat.yaml`"),
                );
            }
        }
        let mut entries: Vec<(Key, Node)> = Vec::new();
        for key in ["parameters", "options"] {
            entries.extend(value.get(key).and_then(Node::as_map).unwrap_or_default().iter().cloned());
        }
        if let Some(more) = value.get("options").and_then(|options| options.get("additionalProperties")) {
            entries.retain(|(key, _)| key.text != "additionalProperties");
            entries.extend(more.as_map().unwrap_or_default().iter().cloned());
        }
        let (params, mut rest) = read_settings(&entries);
        if let Some(format) = rest.remove("response_format")
            && let Some(output) = output_of(&format)
        {
            builder.set("output", output);
        }
        rest.remove("stream");
        (self.params, self.rest) = (params, rest);
    }

    fn inputs(&mut self, value: &Node, parts: &Parts, problems: &mut Problems) {
        let entries: Vec<(String, &Node)> = match (value.as_map(), value.as_list()) {
            (Some(map), _) => map.iter().map(|(key, value)| (key.text.clone(), value)).collect(),
            (None, Some(items)) => {
                items.iter().filter_map(|item| Some((item.get("name")?.as_text()?.to_owned(), item))).collect()
            }
            (None, None) => Vec::new(),
        };
        for (name, node) in entries {
            let kind = node.get("kind").or_else(|| node.get("type")).and_then(Node::as_text);
            if let Some(kind @ ("thread" | "image" | "file" | "audio")) = kind {
                problems.push(
                    Diagnostic::error(
                        "untranslatable-key",
                        format!("an input of the kind `{kind}` has no translation"),
                    )
                    .at(parts.source.place(node.span))
                    .help("prompts take text, numbers, lists and objects"),
                );
                continue;
            }
            self.rules.insert(name, rules_of(node, kind));
        }
    }

    /// Values to try the prompt with: names and kinds of variables where nothing else declares them.
    fn sample(&mut self, value: &Node, parts: &Parts, problems: &mut Problems) {
        problems.push(
            Diagnostic::warning("left-out", "the values of `sample` are left out")
                .at(parts.source.place(value.span))
                .help("write them into a case of a suite"),
        );
        for (key, node) in value.as_map().unwrap_or_default() {
            self.rules.entry(key.text.clone()).or_insert_with(|| rules_of(node, None));
        }
    }
}

/// The rules of an input: a mapping with keys, or a value that stands for its kind.
fn rules_of(node: &Node, kind: Option<&str>) -> Map<String, Value> {
    let Some(_) = node.as_map() else {
        let kind = match node.to_json() {
            Value::String(_) => "string",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::Array(_) => "array",
            Value::Object(_) | Value::Null => "any",
        };
        return variable_of(&json!({"type": kind}), true).0;
    };
    let mut schema = Map::new();
    let mut put = |key: &str, value: Option<Value>| value.map(|value| schema.insert(key.to_owned(), value));
    put("type", kind.map(|kind| json!(kind)));
    put("description", node.get("description").map(Node::to_json));
    put("enum", node.get("enumValues").or_else(|| node.get("enum")).map(Node::to_json));
    let flag = node.get("required").or_else(|| node.get("is_required")).map(Node::to_json);
    let default = node.get("default").map(Node::to_json);
    // Version 2 asks only for inputs that say so; version 1 has no word for it.
    let is_required = flag.map_or(node.get("kind").is_none(), |flag| flag == json!(true));
    let (mut rules, _) = variable_of(&Value::Object(schema), is_required);
    if let Some(default) = default {
        rules.remove("required");
        rules.insert("default".to_owned(), default);
    }
    rules
}

/// The JSON Schema of `outputs`; `None` when it names no properties.
fn outputs(value: &Node) -> Result<Option<Value>, String> {
    let value = value.to_json();
    if value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty) {
        return Ok(None);
    }
    properties(&value, 0).map(Some)
}

fn properties(value: &Value, depth: usize) -> Result<Value, String> {
    let entries: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(name, property)| (name.clone(), property)).collect(),
        Value::Array(items) => items
            .iter()
            .map(|item| {
                Ok((item.get("name").and_then(Value::as_str).ok_or("a property needs a name")?.to_owned(), item))
            })
            .collect::<Result<_, String>>()?,
        _ => return Err("`outputs` must be a list of properties".to_owned()),
    };
    let (mut all, mut required) = (Map::new(), Vec::new());
    for (name, item) in entries {
        if item.get("required") != Some(&json!(false)) {
            required.push(json!(name));
        }
        all.insert(name, property(item, depth + 1)?);
    }
    Ok(json!({"type": "object", "properties": all, "required": required, "additionalProperties": false}))
}

fn property(item: &Value, depth: usize) -> Result<Value, String> {
    let kind = item.get("kind").or_else(|| item.get("type")).and_then(Value::as_str).unwrap_or("string");
    if depth > 24 {
        return Err("the schema is nested too deep".to_owned());
    }
    let mut schema = match kind {
        "array" => match item.get("items") {
            Some(items) => json!({"type": "array", "items": property(items, depth + 1)?}),
            None => json!({"type": "array"}),
        },
        "object" => match item.get("properties") {
            Some(inner) => properties(inner, depth + 1)?,
            None => json!({"type": "object"}),
        },
        "float" | "number" => json!({"type": "number"}),
        "string" | "integer" | "boolean" => json!({"type": kind}),
        kind => return Err(format!("`{kind}` is no kind that a schema can say")),
    };
    if let Value::Object(schema) = &mut schema {
        if item.get("nullable") == Some(&json!(true)) {
            let kind = schema.get("type").cloned().unwrap_or_default();
            schema.insert("type".to_owned(), json!([kind, "null"]));
        }
        for (theirs, ours) in [("description", "description"), ("enumValues", "enum")] {
            if let Some(value) = item.get(theirs) {
                schema.insert(ours.to_owned(), value.clone());
            }
        }
    }
    Ok(schema)
}

/// A line that begins a message, and the role it names.
pub(super) fn role_line(line: &str) -> Option<&str> {
    let line = line.trim();
    let line = line.strip_prefix('#').unwrap_or(line).trim_start();
    let head = line.strip_suffix(':')?.trim_end();
    let word = match head.split_once('[') {
        Some((word, rest)) if rest.ends_with(']') => word,
        Some(_) => return None,
        None => head,
    };
    ROLES.iter().any(|role| role.eq_ignore_ascii_case(word)).then_some(word)
}

fn messages(parts: &Parts, dialect: Dialect, builder: &mut Builder, problems: &mut Problems) {
    let text = parts.body.text.as_str();
    let mut found = Vec::new();
    let mut role = "system";
    let (mut start, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        if let Some(word) = role_line(line) {
            found.push((role, start, at));
            start = at + line.len();
            match our_role(&word.to_ascii_lowercase()) {
                Some(ours) => role = ours,
                None => problems.push(
                    Diagnostic::error(
                        "untranslatable-role",
                        format!("messages of the role `{word}` have no translation"),
                    )
                    .at(parts.body.place(at, start))
                    .help("use system, user or assistant"),
                ),
            }
        }
        at += line.len();
    }
    found.push((role, start, text.len()));
    let mut is_empty = true;
    for (role, start, end) in found {
        let part = parts.body.cut(start, end);
        if part.text.trim().is_empty() {
            continue;
        }
        is_empty = false;
        builder.message(role, trimmed(part.pieces(dialect, problems)));
    }
    if is_empty {
        problems.push(
            Diagnostic::error("empty-message", "this prompt is empty")
                .at(parts.body.place(0, 0))
                .help("write its text below the second `---`"),
        );
    }
}
