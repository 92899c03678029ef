//! Prompts exported from Langfuse: its API's JSON, one prompt version or many.
//!
//! Form: `{name, version, type: text|chat, prompt, config, labels, tags, commitMessage}`; lists of them may stand under
//! `data` or `prompts`. Version N becomes `N.0.0`.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::foreign::{Builder, Dialect, Foreign, ForeignVersion, Placed};
use super::json_file::read_json;
use super::openai::{output_of, read_messages};
use super::settings::{put_settings, read_settings};
use crate::base::{Diagnostic, Kind, Node, Problems, Source};

const BRACES: Dialect = Dialect::Braces { strict: true };

pub(super) fn is_json(node: &Node) -> bool {
    let items = items(node);
    !items.is_empty() && items.iter().all(|item| item.get("prompt").is_some() && item.get("name").is_some())
}

/// The prompt versions of a file.
fn items(node: &Node) -> Vec<&Node> {
    let list = node.get("data").or_else(|| node.get("prompts")).unwrap_or(node);
    list.as_list().map_or_else(|| vec![node], |items| items.iter().collect())
}

pub(super) fn read(source: &Source, problems: &mut Problems) -> Vec<Foreign> {
    let Some(node) = read_json(source, problems) else { return Vec::new() };
    let mut found: IndexMap<String, Vec<ForeignVersion>> = IndexMap::new();
    for item in items(&node) {
        let Some(name) = item.get("name").and_then(Node::as_text) else {
            problems.push(wrong("a prompt has no `name`", item, source));
            continue;
        };
        if let Some(version) = version(item, source, problems) {
            found.entry(name.to_owned()).or_default().push(version);
        }
    }
    collect(found)
}

/// Prompts with their versions in order.
pub(super) fn collect(found: IndexMap<String, Vec<ForeignVersion>>) -> Vec<Foreign> {
    let sorted = found.into_iter().map(|(name, mut versions)| {
        versions.sort_by_key(|version| version.number);
        Foreign { name: Some(name), versions }
    });
    sorted.collect()
}

pub(super) fn wrong(what: &str, node: &Node, source: &Source) -> Diagnostic {
    Diagnostic::error("invalid-export", what).at(source.place(node.span)).help("export the prompt again")
}

fn version(item: &Node, source: &Source, problems: &mut Problems) -> Option<ForeignVersion> {
    let before = problems.error_count();
    let mut builder = Builder::new();
    if let Some(message) = item.get("commitMessage").or_else(|| item.get("commit_message")).and_then(Node::as_text) {
        builder.set("about", json!(message));
    }
    match item.get("prompt") {
        Some(Node { kind: Kind::Text(text), span }) if !text.trim().is_empty() => {
            let placed = Placed::scalar(text, source, *span);
            builder.message("user", placed.pieces(BRACES, problems));
        }
        Some(list @ Node { kind: Kind::List(items), .. }) => {
            let holder = items.iter().find(|item| item.get("type").and_then(Node::as_text) == Some("placeholder"));
            match holder {
                Some(holder) => problems.push(
                    Diagnostic::error("untranslatable-message", "a placeholder for messages has no translation")
                        .at(source.place(holder.span))
                        .help("prompts hold no earlier conversation: remove it"),
                ),
                None => read_messages(list, BRACES, source, &mut builder, problems),
            }
        }
        _ => problems.push(wrong("`prompt` is neither text nor messages", item, source)),
    }
    if problems.error_count() > before {
        return None;
    }
    let mut comments = Vec::new();
    let (mut params, mut rest) = item.get("config").and_then(Node::as_map).map_or_else(Default::default, read_settings);
    if let Some(model) = rest.remove("model") {
        comments.push(format!("written for the model {}", model.as_str().unwrap_or_default()));
    }
    if let Some(output) = rest.get("response_format").and_then(output_of) {
        rest.remove("response_format");
        builder.set("output", output);
    }
    // A config may hold anything; what is no parameter is not sent to a model.
    if !rest.is_empty() {
        comments.push(format!("config: {}", Value::Object(rest)));
    }
    if let Some(tags) =
        item.get("tags").map(Node::to_json).filter(|tags| tags.as_array().is_some_and(|tags| !tags.is_empty()))
    {
        comments.push(format!("tags: {tags}"));
    }
    let mut definition = builder.finish(IndexMap::new(), Some("string"));
    put_settings(&mut definition, std::mem::take(&mut params), Map::new(), None);
    let labels = texts(item.get("labels"));
    Some(ForeignVersion { number: number(item.get("version")), labels, definition, comments })
}

/// A version's number, also where it is written as text.
pub(super) fn number(node: Option<&Node>) -> Option<u64> {
    match node?.to_json() {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

pub(super) fn texts(node: Option<&Node>) -> Vec<String> {
    node.and_then(Node::as_list).into_iter().flatten().filter_map(Node::as_text).map(str::to_owned).collect()
}
