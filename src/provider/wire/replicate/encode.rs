//! `POST /models/{owner}/{name}/predictions` and `POST /predictions`.
//!
//! What a model takes as input is its own affair. The names here are those of the language models that Replicate keeps
//! itself; `extra` adds to them and replaces them.

use serde_json::{Map, Value, json};

use super::super::super::spec::{Encoded, Endpoint};
use super::super::body::{Changes, join_url, merge_extra, number, post_json, refused};
use crate::record::{CallError, ChatRequest, Message, OutputFormat, Params, Part, Role};

/// How long the server holds back its reply for a prediction that is not done, at most 60 s.
const WAIT: &str = "wait=50";

pub(super) fn encode(request: &ChatRequest, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
    let mut changes = Changes::default();
    let mut input = prompts(&request.messages, &mut changes)?;
    params(&mut input, &request.params, &mut changes);
    if !request.tools.is_empty() {
        return Err(refused("Replicate's predictions know no tools; use a provider that calls them"));
    }
    if request.output != OutputFormat::Text {
        changes.dropped("output.format", "predictions have no such parameter; ask for JSON in the prompt");
    }
    if request.prediction.is_some() {
        changes.dropped("prediction", "predictions have no such parameter");
    }
    merge_extra(&mut input, &request.params.extra);
    let (path, body) = address(&request.model, input)?;
    let mut encoded = post_json(join_url(endpoint.base_url, &path), &Value::Object(body));
    // A stream is read from the first word on: the reply that names it must not wait for the last.
    if !endpoint.stream {
        encoded.http.headers.push(("prefer".to_owned(), WAIT.to_owned()));
    }
    Ok(Encoded { warnings: changes.0, ..encoded })
}

/// Where a model's predictions are made: `owner/name` is an official model, `owner/name:version` and a bare version are
/// one version of a model.
fn address(model: &str, input: Map<String, Value>) -> Result<(String, Map<String, Value>), CallError> {
    let is_plain = |text: &str| {
        !text.is_empty()
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
            && !text.starts_with('.')
    };
    let mut body = Map::new();
    let (name, version) = match model.rsplit_once(':') {
        Some((name, version)) => (Some(name), Some(version)),
        None if !model.contains('/') => (None, Some(model)),
        None => (Some(model), None),
    };
    let named = name.map(|name| name.split_once('/').filter(|(owner, name)| is_plain(owner) && is_plain(name)));
    let path = match (named, version) {
        (Some(None), _) => None,
        (Some(Some((owner, name))), None) => Some(format!("models/{owner}/{name}/predictions")),
        (_, Some(version)) if is_plain(version) => {
            body.insert("version".to_owned(), json!(version));
            Some("predictions".to_owned())
        }
        (None | Some(Some(_)), _) => None,
    };
    body.insert("input".to_owned(), Value::Object(input));
    let wrong = || refused(format!("`{model}` is no model of Replicate; write `owner/name`, or `owner/name:version`"));
    Ok((path.ok_or_else(wrong)?, body))
}

/// The conversation as `system_prompt` and one `prompt`.
fn prompts(messages: &[Message], changes: &mut Changes) -> Result<Map<String, Value>, CallError> {
    let mut turns: Vec<(Role, String)> = Vec::new();
    let mut system: Vec<String> = Vec::new();
    for message in messages {
        for part in &message.parts {
            match part {
                Part::Text(_) | Part::Reasoning { .. } => {}
                Part::Image(_) | Part::File { .. } => {
                    let help = "images and files have another name with every model; give their URL under that name in `extra`";
                    return Err(refused(help));
                }
                Part::ToolCall(_) | Part::ToolResult { .. } => {
                    return Err(refused("Replicate's predictions know no tools; use a provider that calls them"));
                }
            }
        }
        match message.role {
            Role::System => system.push(message.joined_text()),
            Role::User | Role::Assistant | Role::Tool => turns.push((message.role, message.joined_text())),
        }
    }
    let mut input = Map::new();
    let prompt = match turns.as_slice() {
        [(Role::User, only)] => only.clone(),
        several => {
            changes
                .renamed("messages", "predictions take one prompt; the turns are joined, each with its speaker's name");
            let line = |(role, text): &(Role, String)| {
                let who = if *role == Role::Assistant { "Assistant" } else { "User" };
                format!("{who}: {text}\n\n")
            };
            format!("{}Assistant:", several.iter().map(line).collect::<String>())
        }
    };
    input.insert("prompt".to_owned(), json!(prompt));
    if !system.is_empty() {
        input.insert("system_prompt".to_owned(), json!(system.join("\n")));
    }
    Ok(input)
}

fn params(input: &mut Map<String, Value>, params: &Params, changes: &mut Changes) {
    let numbers = [
        ("temperature", params.temperature),
        ("top_p", params.top_p),
        ("presence_penalty", params.presence_penalty),
        ("frequency_penalty", params.frequency_penalty),
    ];
    for (name, value) in numbers {
        if let Some(value) = value {
            input.insert(name.to_owned(), number(value));
        }
    }
    for (name, value) in [
        ("max_tokens", params.max_tokens.map(|limit| json!(limit))),
        ("top_k", params.top_k.map(|top_k| json!(top_k))),
        ("seed", params.seed.map(|seed| json!(seed))),
        // One text there, with commas between several.
        ("stop_sequences", (!params.stop.is_empty()).then(|| json!(params.stop.join(",")))),
    ] {
        if let Some(value) = value {
            input.insert(name.to_owned(), value);
        }
    }
    if params.stop.iter().any(|stop| stop.contains(',')) {
        changes.clamped("stop", "predictions take the texts with commas between them: a text with a comma is several");
    }
    for (name, is_set) in [
        ("effort", params.effort.is_some()),
        ("thinking_budget", params.thinking_budget.is_some()),
        ("logprobs", params.logprobs.is_some()),
        ("service_tier", params.service_tier.is_some()),
    ] {
        if is_set {
            changes.dropped(name, "predictions have no common name for it; give the model's own under `extra`");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_versions_and_nothing_else_have_an_address() {
        let path = |model: &str| address(model, Map::new()).map(|(path, body)| (path, body.get("version").cloned()));
        let official = ("models/meta/meta-llama-3-70b-instruct/predictions".to_owned(), None);
        assert_eq!(path("meta/meta-llama-3-70b-instruct").expect("official"), official);
        let version = ("predictions".to_owned(), Some(json!("5c7d5dc6")));
        assert_eq!(path("me/mine:5c7d5dc6").expect("version"), version);
        assert_eq!(path("5c7d5dc6").expect("version"), version);
        for bad in ["a/b/c", "a/", "/b", "a/b:", "../x", "a/b?c", "a b/c", "a/b:c/d"] {
            assert!(path(bad).is_err(), "{bad}");
        }
    }
}
