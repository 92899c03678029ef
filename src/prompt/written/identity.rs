//! The digest of a prompt: what of its content can change what is sent, in canonical form.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::super::partials::Partial;
use super::super::shots::Shots;
use super::definition::{Definition, MessageText, PartText};
use super::media::MediaSource;
use super::variable::Variable;
use crate::base::{Digest, DigestBuilder};
use crate::record::Media;

/// Of templates, the partials they use, variables, parameters, overrides, output, and examples with how they are picked. The names of files, comments,
/// formatting and `about` are not in it.
pub(in crate::prompt) fn digest(
    definition: &Definition,
    partials: &BTreeMap<String, Arc<Partial>>,
    variables: &IndexMap<String, Variable>,
    shots: Option<&Shots>,
) -> Digest {
    DigestBuilder::new("prompt").json(&content(definition, partials, variables, shots)).finish()
}

/// What the digest is made of, as a JSON object.
pub(in crate::prompt) fn content(
    definition: &Definition,
    partials: &BTreeMap<String, Arc<Partial>>,
    variables: &IndexMap<String, Variable>,
    shots: Option<&Shots>,
) -> Value {
    let messages: Vec<Value> = definition.messages.iter().map(message_identity).collect();
    let partials: Map<String, Value> =
        partials.iter().map(|(name, partial)| (name.clone(), json!(partial.text.as_str()))).collect();
    let variables: Map<String, Value> =
        variables.iter().map(|(name, variable)| (name.clone(), variable.identity())).collect();
    let mut content = json!({
        "messages": messages,
        "partials": partials,
        "variables": variables,
        "params": serde_json::to_value(&definition.params).unwrap_or(Value::Null),
        "models": definition.overrides.identity(),
        "output": serde_json::to_value(&definition.output).unwrap_or(Value::Null),
    });
    // Keys that came later are there only where they are used, so that the digests of other prompts stay what they were.
    let later = [
        ("style", definition.style.map(|style| json!(style.word()))),
        ("truncate", (!definition.truncate.is_empty()).then(|| definition.truncate.identity())),
        ("examples", shots.map(Shots::identity)),
        ("prediction", definition.prediction.as_ref().map(|text| json!(text.as_str()))),
    ];
    if let Value::Object(content) = &mut content {
        content.extend(
            later
                .into_iter()
                .chain(definition.tooling.identity())
                .filter_map(|(key, value)| Some((key.to_owned(), value?))),
        );
    }
    content
}

fn message_identity(message: &MessageText) -> Value {
    let media = |source: &MediaSource| match source {
        MediaSource::Fixed(Media::Url(url)) => json!({"url": url}),
        MediaSource::Fixed(Media::Base64 { mime, data }) => {
            json!({"mime": mime, "data": Digest::of_bytes(data.as_bytes())})
        }
        MediaSource::Template(text) => json!({"template": text.as_str()}),
    };
    let parts: Vec<Value> = message
        .parts
        .iter()
        .map(|part| match part {
            PartText::Text(text) => json!({"text": text.as_str()}),
            PartText::Image(source) => json!({"image": media(source)}),
            PartText::File { name, media: source } => json!({"file": media(source), "name": name}),
            PartText::ToolCall { id, name, arguments } => {
                json!({"tool_call": {"arguments": arguments.as_str(), "id": id, "name": name}})
            }
            PartText::ToolResult { id, is_error, text } => {
                json!({"tool_result": {"id": id, "is_error": is_error, "text": text.as_str()}})
            }
        })
        .collect();
    match message.cache {
        None => json!({"role": message.role, "parts": parts}),
        Some(ttl) => json!({"role": message.role, "parts": parts, "cache": ttl.word()}),
    }
}
