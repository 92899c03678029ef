//! What an application is told of a question, by name.

use serde_json::{Map, Value, json};

use crate::record::{ChatRequest, Media, Message, Part, Role};

/// The values of a question.
pub(in crate::provider) struct Scope<'a> {
    request: &'a ChatRequest,
}

impl<'a> Scope<'a> {
    pub(in crate::provider) fn of(request: &'a ChatRequest) -> Scope<'a> {
        Scope { request }
    }

    /// The value of a path such as `vars.items.0`; `Err` says why there is none.
    pub(in crate::provider) fn value(&self, path: &[String]) -> Result<Value, String> {
        let (root, rest) = path.split_first().ok_or("an empty path")?;
        let mut value = match (root.as_str(), rest.first()) {
            // Most templates ask for one variable: the others are not copied.
            ("vars", Some(name)) => {
                let vars = self.request.vars.as_ref();
                let found = vars.and_then(|vars| vars.get(name)).cloned();
                return found
                    .ok_or_else(|| format!("the case has no variable `{name}`"))
                    .and_then(|value| descend(value, rest.get(1..).unwrap_or_default(), path));
            }
            ("params", Some(_)) => {
                // A parameter that is not set is null: templates name all that they pass on.
                let params = self.params();
                return Ok(descend(params, rest, path).unwrap_or(Value::Null));
            }
            (root, _) => self.root(root)?,
        };
        value = descend(value, rest, path)?;
        Ok(value)
    }

    fn root(&self, name: &str) -> Result<Value, String> {
        Ok(match name {
            "input" => Value::String(last_user(self.request)),
            "messages" => self.messages(),
            "system" => Value::String(self.system()),
            "model" => Value::String(self.request.model.clone()),
            "params" => self.params(),
            "vars" => self.vars(),
            other => return Err(format!("there is no `{other}`")),
        })
    }

    /// The case's variables.
    pub(in crate::provider) fn vars(&self) -> Value {
        Value::Object(self.request.vars.clone().unwrap_or_default())
    }

    /// The parameters that are set; further fields stand among them.
    pub(in crate::provider) fn params(&self) -> Value {
        let mut params = match serde_json::to_value(&self.request.params) {
            Ok(Value::Object(params)) => params,
            _ => Map::new(),
        };
        if let Some(Value::Object(extra)) = params.remove("extra") {
            params.extend(extra);
        }
        Value::Object(params)
    }

    /// The texts of the system messages.
    pub(in crate::provider) fn system(&self) -> String {
        let system = self.request.messages.iter().filter(|message| message.role == Role::System);
        system.map(Message::joined_text).collect::<Vec<_>>().join("\n")
    }

    /// The conversation: `{role, content}`, where content is text or, beside images, files and tools, a list of parts.
    pub(in crate::provider) fn messages(&self) -> Value {
        Value::Array(self.request.messages.iter().map(message_of).collect())
    }
}

fn descend(value: Value, steps: &[String], path: &[String]) -> Result<Value, String> {
    let mut at = value;
    for step in steps {
        let next = match &mut at {
            Value::Object(entries) => entries.remove(step),
            Value::Array(items) => {
                step.parse::<usize>().ok().filter(|index| *index < items.len()).map(|index| items.swap_remove(index))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        };
        at = next.ok_or_else(|| format!("there is no `{step}` in `{}`", path.join(".")))?;
    }
    Ok(at)
}

/// Text of the last user message.
pub(in crate::provider) fn last_user(request: &ChatRequest) -> String {
    let last = request.messages.iter().rev().find(|message| message.role == Role::User);
    last.map(Message::joined_text).unwrap_or_default()
}

fn message_of(message: &Message) -> Value {
    let plain = message.parts.iter().all(|part| matches!(part, Part::Text(_)));
    let content = if plain {
        Value::String(message.joined_text())
    } else {
        Value::Array(message.parts.iter().map(part_of).collect())
    };
    json!({"role": message.role.word(), "content": content})
}

fn part_of(part: &Part) -> Value {
    match part {
        Part::Text(text) => json!({"type": "text", "text": text}),
        Part::Image(media) => with_media(json!({"type": "image"}), media),
        Part::File { media, name } => with_media(json!({"type": "file", "name": name}), media),
        Part::ToolCall(call) => {
            json!({"type": "tool_call", "id": call.id, "name": call.name, "arguments": call.arguments})
        }
        Part::ToolResult { id, is_error, text } => {
            json!({"type": "tool_result", "id": id, "is_error": is_error, "text": text})
        }
        Part::Reasoning { text, .. } => json!({"type": "reasoning", "text": text}),
    }
}

fn with_media(mut part: Value, media: &Media) -> Value {
    if let Value::Object(fields) = &mut part {
        match media {
            Media::Url(url) => drop(fields.insert("url".to_owned(), json!(url))),
            Media::Base64 { data, mime } => {
                fields.insert("mime".to_owned(), json!(mime));
                fields.insert("data".to_owned(), json!(data));
            }
        }
    }
    part
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{OutputFormat, Params, ToolChoice};

    fn request() -> ChatRequest {
        let image = Part::Image(Media::Base64 { data: "AA==".to_owned(), mime: "image/png".to_owned() });
        let asked =
            Message { cache: None, role: Role::User, parts: vec![Part::Text("what is this?".to_owned()), image] };
        ChatRequest {
            messages: vec![Message::text(Role::System, "be brief"), asked],
            model: "default".to_owned(),
            output: OutputFormat::Text,
            parallel_tools: None,
            params: Params { temperature: Some(0.5), ..Params::default() },
            prediction: None,
            tool_choice: ToolChoice::Auto,
            tools: Vec::new(),
            vars: json!({"q": "x", "items": [{"n": 1}, {"n": 2}]}).as_object().cloned(),
        }
    }

    #[test]
    fn values_are_found_by_their_paths() {
        let request = request();
        let scope = Scope::of(&request);
        let at = |path: &str| scope.value(&path.split('.').map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(at("input"), Ok(json!("what is this?")));
        assert_eq!(at("system"), Ok(json!("be brief")));
        assert_eq!(at("vars.items.1.n"), Ok(json!(2)));
        assert_eq!(at("vars"), Ok(json!({"q": "x", "items": [{"n": 1}, {"n": 2}]})));
        assert_eq!((at("params.temperature"), at("params.seed")), (Ok(json!(0.5)), Ok(Value::Null)));
        assert_eq!(at("params"), Ok(json!({"temperature": 0.5})));
        assert_eq!(at("messages.1.content.1"), Ok(json!({"type": "image", "mime": "image/png", "data": "AA=="})));
        assert_eq!(at("vars.p"), Err("the case has no variable `p`".to_owned()));
        assert_eq!(at("vars.items.2"), Err("there is no `2` in `vars.items.2`".to_owned()));
    }
}
