//! Prompts exported from the `MLflow` prompt registry as JSON.
//!
//! Forms: the fields of a `PromptVersion` (`name`, `version`, `template`, `commit_message`, `aliases`, `tags`,
//! `response_format`, `model_config`), a list of them, `{name, versions: […]}`, and the model versions of its REST API
//! with the text in tags. Version N becomes `N.0.0`. Checked against the Python package `mlflow-skinny` 3.17.2.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::foreign::{Builder, Dialect, Foreign, ForeignVersion, Placed};
use super::jinja_read::Jinja;
use super::json_file::read_json;
use super::langfuse::{collect, number, texts, wrong};
use super::openai::read_messages;
use super::settings::{put_settings, read_settings};
use crate::base::{Key, Kind, Node, Problems, Source, Span, parse_json_line};

const TEXT_TAG: &str = "mlflow.prompt.text";
const FORMAT_TAG: &str = "_mlflow_prompt_response_format";
const CONFIG_TAG: &str = "_mlflow_prompt_model_config";
/// Keys that hold lists of versions.
const LISTS: &[&str] = &["versions", "prompt_versions", "model_versions", "prompts", "data"];

pub(super) fn is_json(node: &Node) -> bool {
    let items = items(node);
    !items.is_empty() && items.iter().all(|(_, item)| item.get("template").is_some() || tag(item, TEXT_TAG).is_some())
}

/// The versions of a file, each with the mapping around it.
fn items(node: &Node) -> Vec<(&Node, &Node)> {
    let node = node
        .get("prompt")
        .or_else(|| node.get("model_version"))
        .filter(|inner| inner.as_map().is_some())
        .unwrap_or(node);
    let list = LISTS.iter().find_map(|key| node.get(key)).unwrap_or(node);
    let Some(items) = list.as_list() else { return vec![(node, node)] };
    items
        .iter()
        .flat_map(|item| match LISTS.iter().find_map(|key| item.get(key)).and_then(Node::as_list) {
            Some(inner) => inner.iter().map(|version| (item, version)).collect(),
            None => vec![(node, item)],
        })
        .collect()
}

/// The value of a tag: tags are a mapping, or a list of keys and values.
fn tag<'n>(item: &'n Node, name: &str) -> Option<&'n Node> {
    let tags = item.get("tags")?;
    tags.get(name).or_else(|| {
        let found = tags.as_list()?.iter().find(|tag| tag.get("key").and_then(Node::as_text) == Some(name))?;
        found.get("value")
    })
}

pub(super) fn read(source: &Source, problems: &mut Problems) -> Vec<Foreign> {
    let Some(node) = read_json(source, problems) else { return Vec::new() };
    let mut found: IndexMap<String, Vec<ForeignVersion>> = IndexMap::new();
    for (around, item) in items(&node) {
        let Some(name) = item.get("name").or_else(|| around.get("name")).and_then(Node::as_text) else {
            problems.push(wrong("a prompt has no `name`", item, source));
            continue;
        };
        if let Some(mut version) = version(item, source, problems) {
            if let Some(number) = version.number {
                version.labels.extend(aliases_of(around, number));
            }
            version.labels.dedup();
            found.entry(name.to_owned()).or_default().push(version);
        }
    }
    collect(found)
}

/// Aliases kept with the prompt: `{alias: version}` or `[{alias, version}]`.
fn aliases_of(around: &Node, wanted: u64) -> Vec<String> {
    let Some(aliases) = around.get("aliases") else { return Vec::new() };
    match &aliases.kind {
        Kind::Map(entries) => entries
            .iter()
            .filter(|(_, node)| number(Some(node)) == Some(wanted))
            .map(|(key, _)| key.text.clone())
            .collect(),
        Kind::List(items) => items
            .iter()
            .filter(|item| number(item.get("version")) == Some(wanted))
            .filter_map(|item| Some(item.get("alias")?.as_text()?.to_owned()))
            .collect(),
        _ => Vec::new(),
    }
}

/// A value that is kept as JSON text in a tag, or in a key of its own.
fn inner(item: &Node, key: &str, tag_name: &str) -> Option<Node> {
    if let Some(node) = item.get(key).filter(|node| node.kind != Kind::Null) {
        return Some(node.clone());
    }
    let text = tag(item, tag_name)?.as_text()?;
    parse_json_line(&Source::new("tag", text), &mut Problems::new())
}

fn version(item: &Node, source: &Source, problems: &mut Problems) -> Option<ForeignVersion> {
    let before = problems.error_count();
    let mut builder = Builder::new();
    if let Some(message) = item
        .get("commit_message")
        .or_else(|| item.get("description"))
        .and_then(Node::as_text)
        .filter(|text| !text.is_empty())
    {
        builder.set("about", json!(message));
    }
    let template = item.get("template").or_else(|| tag(item, TEXT_TAG));
    // Chats are kept as JSON text in tags.
    let chat = template.and_then(Node::as_text).filter(|text| text.trim_start().starts_with('[')).and_then(|text| {
        let node = parse_json_line(&Source::new("tag", text), &mut Problems::new())?;
        let value = node.to_json();
        let is_chat = node.as_list()?.iter().all(|message| message.get("role").is_some());
        is_chat.then(|| Node::from_json(&value, template.map_or(Span::new(1, 1, 1), |node| node.span)))
    });
    match (chat.as_ref().or(template), template) {
        (Some(list @ Node { kind: Kind::List(_), .. }), _) => {
            read_messages(list, dialect(&list.to_json().to_string()), source, &mut builder, problems);
        }
        (Some(Node { kind: Kind::Text(text), span }), _) if !text.trim().is_empty() => {
            let placed = Placed::scalar(text, source, *span);
            builder.message("user", placed.pieces(dialect(text), problems));
        }
        _ => problems.push(wrong("`template` is neither text nor messages", item, source)),
    }
    if problems.error_count() > before {
        return None;
    }
    if let Some(schema) = inner(item, "response_format", FORMAT_TAG).map(|node| node.to_json()).filter(Value::is_object)
    {
        builder.set("output", json!({"format": "json", "schema": schema}));
    }
    let mut comments = Vec::new();
    let (mut params, mut rest) = (Map::new(), Map::new());
    let mut model = None;
    if let Some(config) = inner(item, "model_config", CONFIG_TAG) {
        let entries: Vec<(Key, Node)> = config.as_map().unwrap_or_default().to_vec();
        (params, rest) = read_settings(&entries);
        rest.remove("extra_params")
            .and_then(|extra| extra.as_object().cloned())
            .into_iter()
            .for_each(|extra| rest.extend(extra));
        let name = rest.remove("model_name").and_then(|name| name.as_str().map(str::to_owned));
        let provider = rest.remove("provider").and_then(|name| name.as_str().map(str::to_owned));
        model = name.map(|name| provider.map_or(name.clone(), |provider| format!("{provider}/{name}")));
        comments.extend(model.iter().map(|model| format!("written for the model {model}")));
    }
    let mut definition = builder.finish(IndexMap::new(), None);
    put_settings(&mut definition, params, rest, model.as_deref());
    Some(ForeignVersion {
        number: number(item.get("version")),
        labels: texts(item.get("aliases")),
        definition,
        comments,
    })
}

/// `MLflow` renders templates with block tags by Jinja, and others by their variables alone.
fn dialect(text: &str) -> Dialect {
    if text.contains("{%") && text.contains("%}") {
        Dialect::Jinja(Jinja::Python)
    } else {
        Dialect::Braces { strict: false }
    }
}
