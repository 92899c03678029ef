//! The whole definition as one JSON document.

use serde_json::{Map, Value, json};

use super::super::language::section::Style;
use super::super::shots::Shots;
use super::super::written::definition::PartText;
use super::super::written::media::MediaSource;
use super::super::written::params::Override;
use super::outline::{Outline, role_word};
use crate::record::{Media, OutputFormat};

/// Version of this document's form; keys are only added.
const SCHEMA_VERSION: u32 = 1;

/// Everything that a version says, with templates as they are written, partials beside them and files inside.
pub(super) fn write(outline: &mut Outline<'_>) -> String {
    // Nothing is translated here.
    outline.refused.clear();
    let prompt = outline.prompt;
    let definition = prompt.definition();
    let mut document = Map::new();
    let mut put = |key: &str, value: Value| {
        document.insert(key.to_owned(), value);
    };
    put("schema_version", json!(SCHEMA_VERSION));
    let (name, version) = match &prompt.registered {
        Some((name, version)) => (json!(name), json!(version.to_string())),
        None => (json!(prompt.name), Value::Null),
    };
    put("name", name);
    put("version", version);
    put("digest", json!(prompt.digest));
    put("about", json!(prompt.about));
    put("owner", json!(prompt.owner));
    let messages: Vec<Value> = definition
        .messages
        .iter()
        .map(|message| {
            let content = match message.parts.as_slice() {
                [PartText::Text(text)] => json!(text.as_str()),
                parts => Value::Array(parts.iter().map(part).collect()),
            };
            let mut written = json!({"role": role_word(message.role), "content": content});
            if let (Some(ttl), Value::Object(written)) = (message.cache, &mut written) {
                written.insert("cache".to_owned(), json!(ttl.word()));
            }
            written
        })
        .collect();
    put("messages", Value::Array(messages));
    let partials: Map<String, Value> =
        prompt.partials().iter().map(|(name, partial)| (name.clone(), json!(partial.text.as_str()))).collect();
    put("partials", Value::Object(partials));
    put(
        "variables",
        Value::Object(outline.variables.iter().map(|(name, rules)| (name.clone(), json!(rules))).collect()),
    );
    put("examples", prompt.shots.as_ref().map_or(Value::Null, Shots::to_json));
    put("style", json!(definition.style.map(Style::word)));
    put("truncate", definition.truncate.identity());
    put("params", Value::Object(outline.params.clone()));
    let overrides = definition.overrides.0.iter().map(|over| (over.pattern.clone(), override_json(over)));
    put("models", Value::Object(overrides.collect()));
    put(
        "output",
        match &outline.output {
            OutputFormat::Text => json!({"format": "text"}),
            OutputFormat::Json => json!({"format": "json"}),
            OutputFormat::JsonSchema { schema, .. } => json!({"format": "json", "schema": schema}),
        },
    );
    for (key, value) in definition.tooling.identity() {
        if let Some(value) = value {
            put(key, value);
        }
    }
    if let Some(text) = &definition.prediction {
        put("prediction", json!(text.as_str()));
    }
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

fn override_json(over: &Override) -> Value {
    json!({"params": over.params, "style": over.style.map(Style::word), "truncate": over.truncate.identity()})
}

fn part(part: &PartText) -> Value {
    let media = |source: &MediaSource| match source {
        MediaSource::Fixed(Media::Url(url)) => json!(url),
        MediaSource::Fixed(Media::Base64 { mime, data }) => json!(format!("data:{mime};base64,{data}")),
        MediaSource::Template(text) => json!(text.as_str()),
    };
    match part {
        PartText::Text(text) => json!({"text": text.as_str()}),
        PartText::Image(source) => json!({"image": media(source)}),
        PartText::File { name, media: source } => json!({"file": media(source), "name": name}),
        PartText::ToolCall { id, name, arguments } => {
            json!({"tool_call": {"id": id, "name": name, "arguments": arguments.as_str()}})
        }
        PartText::ToolResult { id, is_error, text } => {
            json!({"tool_result": {"id": id, "is_error": is_error, "text": text.as_str()}})
        }
    }
}
