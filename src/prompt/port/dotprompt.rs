//! dotprompt: `.prompt` files of Genkit and others.
//!
//! Format: <https://google.github.io/dotprompt/reference>. Checked against the npm package `dotprompt` 1.1.2.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::foreign::{Builder, Dialect, Foreign, ForeignVersion, trimmed};
use super::frontmatter::{Parts, split};
use super::handlebars_write::{Out, join, write_handlebars};
use super::outline::{OutPart, Outline, as_value, our_role};
use super::picoschema::{property_of, schema_of, to_json_schema, variable_of};
use super::piece::{Expr, Piece};
use super::settings::{Naming, put_settings, read_settings, write_settings};
use crate::base::{Diagnostic, Node, Problems, Source, print_yaml};
use crate::record::{OutputFormat, Role};

/// Keys that say nothing about what is sent.
const NOTES: &[&str] = &["variant", "version", "metadata"];

pub(super) fn read(source: &Source, problems: &mut Problems) -> Vec<Foreign> {
    let Some(parts) = split(source, problems) else { return Vec::new() };
    let before = problems.error_count();
    let mut builder = Builder::new();
    let mut comments = Vec::new();
    let mut head = Head::default();
    for (key, value) in parts.head.as_map().unwrap_or_default() {
        head.take(&key.text, value, &parts, &mut builder, &mut comments, problems);
    }
    let pieces = parts.body.pieces(Dialect::Handlebars, problems);
    let count = messages(pieces, &parts, &mut builder, problems);
    if count == 0 && problems.error_count() == before {
        problems.push(super::text::empty(source));
    }
    if problems.error_count() > before {
        return Vec::new();
    }
    let mut definition = builder.finish(head.variables(), None);
    put_settings(&mut definition, head.params, head.rest, head.model.as_deref());
    vec![Foreign {
        name: head.name,
        versions: vec![ForeignVersion { number: None, labels: Vec::new(), definition, comments }],
    }]
}

/// What the YAML says.
#[derive(Default)]
struct Head {
    name: Option<String>,
    model: Option<String>,
    params: Map<String, Value>,
    rest: Map<String, Value>,
    rules: IndexMap<String, Map<String, Value>>,
    defaults: Map<String, Value>,
}

impl Head {
    fn take(
        &mut self,
        key: &str,
        value: &Node,
        parts: &Parts,
        builder: &mut Builder,
        comments: &mut Vec<String>,
        problems: &mut Problems,
    ) {
        let place = || parts.source.place(value.span);
        match key {
            "name" => self.name = value.as_text().map(str::to_owned),
            "description" => {
                if let Some(text) = value.as_text() {
                    builder.set("about", json!(text));
                }
            }
            "model" => {
                if let Some(text) = value.as_text() {
                    comments.push(format!("written for the model {text}"));
                    self.model = Some(text.to_owned());
                }
            }
            "config" => (self.params, self.rest) = read_settings(value.as_map().unwrap_or_default()),
            "input" => self.input(value, parts, problems),
            "output" => {
                let format = value.get("format").and_then(Node::as_text);
                match value.get("schema").map(|schema| (schema, to_json_schema(&schema.to_json()))) {
                    Some((_, Ok(schema))) => builder.set("output", json!({"format": "json", "schema": schema})),
                    Some((node, Err(why))) => problems.push(
                        Diagnostic::error("untranslatable-schema", why)
                            .at(parts.source.place(node.span))
                            .help("write the schema out in the file"),
                    ),
                    None if format == Some("json") => builder.set("output", json!({"format": "json"})),
                    None if matches!(format, None | Some("text" | "media")) => {}
                    None => comments.push(format!("output format: {}", format.unwrap_or_default())),
                }
            }
            "tools" | "toolDefs" => problems.push(
                Diagnostic::error("untranslatable-key", format!("`{key}` has no translation: prompts call no tools"))
                    .at(place())
                    .help("remove it"),
            ),
            key if NOTES.contains(&key) || key.contains('.') => comments.push(format!("{key}: {}", value.to_json())),
            key => problems.push(
                Diagnostic::warning("unknown-key", format!("`{key}` is not a key of dotprompt; it is left out"))
                    .at(place()),
            ),
        }
    }

    fn input(&mut self, input: &Node, parts: &Parts, problems: &mut Problems) {
        if let Some(Value::Object(defaults)) = input.get("default").map(Node::to_json) {
            self.defaults = defaults;
        }
        let Some(node) = input.get("schema") else { return };
        let place = parts.source.place(node.span);
        let schema = match to_json_schema(&node.to_json()) {
            Ok(schema) => schema,
            Err(why) => {
                problems.push(
                    Diagnostic::error("untranslatable-schema", why).at(place).help("write the schema out in the file"),
                );
                return;
            }
        };
        let required: Vec<&str> =
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let (rules, is_narrower) = variable_of(property, required.contains(&name.as_str()));
            if is_narrower {
                let message = format!("the schema of `{name}` says more than a variable can: only its type is kept");
                problems.push(Diagnostic::warning("schema-simplified", message).at(place.clone()));
            }
            self.rules.insert(name.clone(), rules);
        }
    }

    /// The variables: a default makes a variable optional.
    fn variables(&self) -> IndexMap<String, Map<String, Value>> {
        let mut rules = self.rules.clone();
        for (name, default) in &self.defaults {
            let own = rules.entry(name.clone()).or_default();
            own.remove("required");
            own.insert("default".to_owned(), default.clone());
        }
        rules
    }
}

/// Divides the template at its roles, and messages at their images; gives the number of messages.
fn messages(pieces: Vec<Piece>, parts: &Parts, builder: &mut Builder, problems: &mut Problems) -> usize {
    let mut role = "user";
    let mut current: Vec<Piece> = Vec::new();
    let mut all = Vec::new();
    for piece in pieces {
        if let Piece::Role(word, at) = &piece {
            all.push((role, std::mem::take(&mut current)));
            match our_role(word) {
                Some(ours) => role = ours,
                None => problems.push(
                    Diagnostic::error("untranslatable-role", format!("the role `{word}` has no translation"))
                        .at(parts.body.place(at.start, at.end))
                        .help("use system, user or model"),
                ),
            }
            continue;
        }
        inside_blocks(&piece, parts, problems);
        current.push(piece);
    }
    all.push((role, current));
    let mut count = 0;
    for (role, pieces) in all {
        let pieces = trimmed(pieces);
        if pieces.iter().any(|piece| !matches!(piece, Piece::Comment(_))) {
            builder.parts(role, in_parts(pieces));
            count += 1;
        }
    }
    count
}

/// Reports messages and images inside blocks: ours are written one by one.
fn inside_blocks(piece: &Piece, parts: &Parts, problems: &mut Problems) {
    let mut look = |pieces: &[Piece]| {
        for piece in pieces {
            if let Piece::Role(_, at) | Piece::Media { at, .. } = piece {
                problems.push(
                    Diagnostic::error(
                        "untranslatable-template",
                        "a message or image inside a block has no translation",
                    )
                    .at(parts.body.place(at.start, at.end))
                    .help("move it out of the block"),
                );
            }
            inside_blocks(piece, parts, problems);
        }
    };
    match piece {
        Piece::If { arms, otherwise, .. } => {
            arms.iter().for_each(|(_, body)| look(body));
            look(otherwise);
        }
        Piece::For { body, otherwise, .. } => {
            look(body);
            look(otherwise);
        }
        Piece::Text(_)
        | Piece::Print(..)
        | Piece::Set { .. }
        | Piece::Comment(_)
        | Piece::Role(..)
        | Piece::Media { .. } => {}
    }
}

fn in_parts(pieces: Vec<Piece>) -> Vec<(&'static str, Vec<Piece>)> {
    let mut parts: Vec<(&'static str, Vec<Piece>)> = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Media { url, kind, at } => {
                let is_file = kind.as_ref().is_some_and(|kind| !kind.starts_with("image/"));
                let url = if let Expr::Text(text) = url { Piece::Text(text) } else { Piece::Print(url, at) };
                parts.push((if is_file { "file" } else { "image" }, vec![url]));
            }
            piece => match parts.last_mut() {
                Some(("text", pieces)) => pieces.push(piece),
                _ => parts.push(("text", vec![piece])),
            },
        }
    }
    // White space between two images is no text.
    parts.retain(|(_, pieces)| !matches!(pieces.as_slice(), [Piece::Text(text)] if text.trim().is_empty()));
    parts
}

pub(super) fn write(outline: &mut Outline<'_>) -> String {
    outline.refuse_overrides();
    outline.refuse_rules(&["about", "type", "required", "default", "one_of", "min_chars", "max_chars", "pattern"]);
    let mut head = Map::new();
    if let Some((name, _)) = &outline.prompt.registered {
        head.insert("name".to_owned(), json!(name));
    }
    if let Some(about) = &outline.prompt.about {
        head.insert("description".to_owned(), json!(about));
    }
    let config = write_settings(&outline.params, Naming::Camel);
    if !config.is_empty() {
        head.insert("config".to_owned(), Value::Object(config));
    }
    if let Some(input) = input_of(outline) {
        head.insert("input".to_owned(), input);
    }
    match &outline.output {
        OutputFormat::Text => {}
        OutputFormat::Json => drop(head.insert("output".to_owned(), json!({"format": "json"}))),
        OutputFormat::JsonSchema { schema, .. } => {
            let is_known = to_json_schema(schema).is_ok_and(|read| read == *schema);
            if !is_known {
                outline.refuse("an output schema without `type`", outline.prompt.place.clone());
            }
            head.insert("output".to_owned(), json!({"format": "json", "schema": outline_schema(&outline.output)}));
        }
    }
    let body = body(outline);
    let head =
        if head.is_empty() { String::new() } else { format!("---\n{}---\n", print_yaml(&Value::Object(head), 3)) };
    format!("{head}{body}")
}

fn outline_schema(output: &OutputFormat) -> Value {
    if let OutputFormat::JsonSchema { schema, .. } = output { schema.clone() } else { Value::Null }
}

/// The variables in Picoschema, or in JSON Schema where a rule needs it.
fn input_of(outline: &Outline<'_>) -> Option<Value> {
    if outline.variables.is_empty() {
        return None;
    }
    let short: Option<Map<String, Value>> =
        outline.variables.iter().map(|(name, rules)| property_of(name, rules)).collect();
    let schema = short.unwrap_or_else(|| {
        let required: Vec<&String> = outline
            .variables
            .iter()
            .filter(|(_, rules)| rules.get("required") == Some(&Value::Bool(true)))
            .map(|(name, _)| name)
            .collect();
        let properties: Map<String, Value> =
            outline.variables.iter().map(|(name, rules)| (name.clone(), schema_of(rules))).collect();
        let mut schema = Map::new();
        schema.insert("type".to_owned(), json!("object"));
        schema.insert("properties".to_owned(), Value::Object(properties));
        if !required.is_empty() {
            schema.insert("required".to_owned(), json!(required));
        }
        schema
    });
    let mut input = Map::new();
    input.insert("schema".to_owned(), Value::Object(schema));
    let defaults: Map<String, Value> = outline
        .variables
        .iter()
        .filter_map(|(name, rules)| Some((name.clone(), rules.get("default")?.clone())))
        .collect();
    if !defaults.is_empty() {
        input.insert("default".to_owned(), Value::Object(defaults));
    }
    Some(Value::Object(input))
}

/// The template: a role before each message, with `~` where the line breaks around it are layout.
fn body(outline: &mut Outline<'_>) -> String {
    let mut text = String::new();
    let count = outline.messages.len();
    let messages = std::mem::take(&mut outline.messages);
    for (index, message) in messages.iter().enumerate() {
        let mut outs: Vec<Out> = Vec::new();
        let mut texts_in_a_row = 0;
        for part in &message.parts {
            match part {
                OutPart::Text(pieces, origin) => {
                    texts_in_a_row += 1;
                    if texts_in_a_row == 2 {
                        outline.refuse("two texts in one message", message.place.clone());
                    }
                    let mut lost = Vec::new();
                    write_handlebars(pieces, &mut outs, &mut lost);
                    outline.refuse_all(lost, origin);
                }
                OutPart::Image(url) | OutPart::File { url, .. } => {
                    texts_in_a_row = 0;
                    let kind = matches!(part, OutPart::File { .. }).then(|| "application/pdf".to_owned());
                    match as_value(url) {
                        Some(url) => {
                            write_handlebars(&[Piece::Media { url, kind, at: 0..0 }], &mut outs, &mut Vec::new());
                        }
                        None => outline.refuse("an address of an image that is put together", message.place.clone()),
                    }
                }
            }
        }
        let role = match message.role {
            Role::Assistant => "model",
            role => super::outline::role_word(role),
        };
        let own = join(outs).unwrap_or_else(|what| {
            outline.refuse(what, message.place.clone());
            String::new()
        });
        let is_last = index + 1 == count;
        if own.trim_end() != own && is_last {
            outline.refuse("white space at the end of the last message", message.place.clone());
        }
        // One user message needs no role, where nothing of it would be trimmed.
        if count == 1 && message.role == Role::User && own.trim() == own {
            return own;
        }
        let before = if index > 0 && ends_flush(&text) { "\n\n{{~role" } else { "{{role" };
        let after = if own.starts_with(char::is_whitespace) || own.is_empty() { "}}" } else { "~}}\n" };
        text.push_str(&format!("{before} \"{role}\"{after}{own}"));
    }
    outline.messages = messages;
    text
}

/// Whether white space after the text would be layout only.
fn ends_flush(text: &str) -> bool {
    !text.ends_with(char::is_whitespace)
}
