//! Requests for `OpenAI` chat completions: messages and parameters as JSON.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::braces::write_braces;
use super::foreign::{Builder, Dialect, Foreign, ForeignVersion, Placed};
use super::json_file::read_json;
use super::outline::{OutPart, Outline, our_role, role_word};
use super::piece::Piece;
use super::settings::{Naming, put_settings, read_settings, write_settings};
use crate::base::{Diagnostic, Kind, Node, Problems, Source};
use crate::record::OutputFormat;

/// Keys of a request that are about its sending, not its content.
const SENDING: &[&str] =
    &["model", "messages", "stream", "stream_options", "user", "store", "metadata", "logprobs", "n"];

/// A request, or messages alone without the tags of promptfoo.
pub(super) fn is_json(node: &Node) -> bool {
    node.get("messages").is_some_and(|messages| messages.as_list().is_some())
}

pub(super) fn read(source: &Source, problems: &mut Problems) -> Vec<Foreign> {
    let Some(node) = read_json(source, problems) else { return Vec::new() };
    let before = problems.error_count();
    let messages = node.get("messages").unwrap_or(&node);
    let mut builder = Builder::new();
    read_messages(messages, Dialect::Braces { strict: false }, source, &mut builder, problems);
    let mut comments = Vec::new();
    let model = node.get("model").and_then(Node::as_text);
    comments.extend(model.map(|model| format!("written for the model {model}")));
    let entries = node.as_map().unwrap_or_default().iter().filter(|(key, _)| !SENDING.contains(&key.text.as_str()));
    let (params, mut rest) = read_settings(entries);
    if let Some(output) = rest.remove("response_format").and_then(|format| output_of(&format)) {
        builder.set("output", output);
    }
    if let Some(tools) = node.get("tools").or_else(|| node.get("functions")) {
        problems.push(
            Diagnostic::error("untranslatable-key", "`tools` has no translation: prompts call no tools")
                .at(source.place(tools.span))
                .help("remove it"),
        );
    }
    if problems.error_count() > before {
        return Vec::new();
    }
    let mut definition = builder.finish(IndexMap::new(), None);
    put_settings(&mut definition, params, rest, model);
    vec![Foreign {
        name: None,
        versions: vec![ForeignVersion { number: None, labels: Vec::new(), definition, comments }],
    }]
}

/// `response_format` as our `output`.
pub(super) fn output_of(format: &Value) -> Option<Value> {
    match format.get("type").and_then(Value::as_str) {
        Some("json_object") => Some(json!({"format": "json"})),
        Some("json_schema") => {
            let schema = format.get("json_schema").and_then(|wrapped| wrapped.get("schema"))?;
            Some(json!({"format": "json", "schema": schema}))
        }
        _ => None,
    }
}

/// A list of messages with roles, each of one text or of parts.
pub(super) fn read_messages(
    node: &Node,
    dialect: Dialect,
    source: &Source,
    builder: &mut Builder,
    problems: &mut Problems,
) {
    let fail =
        |what: String, node: &Node| Diagnostic::error("untranslatable-message", what).at(source.place(node.span));
    let Some(items) = node.as_list().filter(|items| !items.is_empty()) else {
        problems.push(
            fail(format!("messages are a list, this is {}", node.describe()), node)
                .help("such as `[{\"role\": \"user\", \"content\": \"…\"}]`"),
        );
        return;
    };
    for item in items {
        let word = item.get("role").and_then(Node::as_text).unwrap_or_default();
        let Some(role) = our_role(word) else {
            let what = if word.is_empty() {
                "a message has no `role`".to_owned()
            } else {
                format!("messages of the role `{word}` have no translation")
            };
            problems.push(fail(what, item).help("use system, user or assistant"));
            continue;
        };
        for (key, value) in item.as_map().unwrap_or_default() {
            let is_known =
                matches!(key.text.as_str(), "role" | "content" | "type" | "refusal") || value.kind == Kind::Null;
            if !is_known {
                problems.push(fail(format!("`{}` of a message has no translation", key.text), item).help("remove it"));
            }
        }
        match item.get("content") {
            Some(Node { kind: Kind::Text(text), span }) if !text.trim().is_empty() => {
                let placed = Placed::scalar(text, source, *span);
                builder.message(role, placed.pieces(dialect, problems));
            }
            Some(Node { kind: Kind::List(parts), .. }) if !parts.is_empty() => {
                let parts = parts.iter().filter_map(|part| {
                    let read = read_part(part, dialect, source, problems);
                    if read.is_none() {
                        problems.push(
                            fail("this part of a message has no translation".to_owned(), part)
                                .help("use `text` and `image_url`"),
                        );
                    }
                    read
                });
                let parts = parts.collect();
                builder.parts(role, parts);
            }
            _ => {
                problems.push(fail("this message is empty".to_owned(), item).help("write its `content`, or remove it"));
            }
        }
    }
}

fn read_part(
    part: &Node,
    dialect: Dialect,
    source: &Source,
    problems: &mut Problems,
) -> Option<(&'static str, Vec<Piece>)> {
    let (key, node) = match part.get("type").and_then(Node::as_text)? {
        "text" | "input_text" => ("text", part.get("text")?),
        "image_url" => {
            let image = part.get("image_url")?;
            ("image", image.get("url").unwrap_or(image))
        }
        "input_image" => ("image", part.get("image_url")?),
        "file" => ("file", part.get("file")?.get("file_data")?),
        _ => return None,
    };
    let placed = Placed::scalar(node.as_text()?, source, node.span);
    Some((key, placed.pieces(dialect, problems)))
}

pub(super) fn write(outline: &mut Outline<'_>) -> String {
    outline.refuse_overrides();
    if !outline.variables.is_empty() {
        outline.beside("the rules of the variables", "the file has the variables only; give `--var` to fill them in");
    }
    let is_ready = outline.variables.is_empty();
    let messages = write_messages(outline, |pieces, lost| match pieces {
        [Piece::Text(text)] if is_ready => text.clone(),
        pieces => write_braces(pieces, lost),
    });
    for key in ["top_k", "thinking_budget"] {
        if outline.params.remove(key).is_some() {
            outline.refuse(format!("`params: {key}`"), outline.prompt.place.clone());
        }
    }
    let mut request = Map::new();
    request.insert("messages".to_owned(), messages);
    let mut settings = write_settings(&outline.params, Naming::Snake);
    if settings.contains_key("top_logprobs") {
        settings.insert("logprobs".to_owned(), json!(true));
    }
    request.extend(settings);
    match &outline.output {
        OutputFormat::Text => {}
        OutputFormat::Json => drop(request.insert("response_format".to_owned(), json!({"type": "json_object"}))),
        OutputFormat::JsonSchema { name, schema } => {
            let format = json!({"type": "json_schema", "json_schema": {"name": name, "schema": schema}});
            request.insert("response_format".to_owned(), format);
        }
    }
    serde_json::to_string_pretty(&request).unwrap_or_default()
}

/// The messages with every template written by `text`.
pub(super) fn write_messages(
    outline: &mut Outline<'_>,
    text: impl Fn(&[Piece], &mut Vec<super::piece::Untold>) -> String,
) -> Value {
    let messages = std::mem::take(&mut outline.messages);
    let mut written = Vec::new();
    for message in &messages {
        let mut parts = Vec::new();
        for part in &message.parts {
            let mut lost = Vec::new();
            match part {
                OutPart::Text(pieces, origin) => {
                    parts.push(json!({"type": "text", "text": text(pieces, &mut lost)}));
                    outline.refuse_all(lost, origin);
                    continue;
                }
                OutPart::Image(url) => {
                    parts.push(json!({"type": "image_url", "image_url": {"url": text(url, &mut lost)}}));
                }
                OutPart::File { name, url } => {
                    parts.push(json!({"type": "file", "file": {"filename": name, "file_data": text(url, &mut lost)}}));
                }
            }
            for untold in lost {
                outline.refuse(untold.what, message.place.clone());
            }
        }
        let content = match parts.as_slice() {
            [only] if only.get("type") == Some(&json!("text")) => only.get("text").cloned().unwrap_or_default(),
            _ => Value::Array(parts),
        };
        written.push(json!({"role": role_word(message.role), "content": content}));
    }
    outline.messages = messages;
    Value::Array(written)
}
