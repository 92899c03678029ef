//! Requests of plain texts, written out from where the texts stand.
//!
//! Almost all requests are such. To build a JSON value of their messages first takes several times as long as writing
//! them, and a run at full speed feels that.

use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};
use serde_json::{Map, Value};

use crate::record::{ChatRequest, Message, Part, Role};

/// The body of a request of plain texts.
pub(super) struct Texts<'r> {
    pub(super) model: &'r str,
    pub(super) messages: Vec<Text<'r>>,
    /// All other fields.
    pub(super) rest: Map<String, Value>,
}

impl Serialize for Texts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.rest.len() + 2))?;
        map.serialize_entry("model", self.model)?;
        map.serialize_entry("messages", &self.messages)?;
        self.rest.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
        map.end()
    }
}

/// One message of nothing but a text.
#[derive(Serialize)]
pub(super) struct Text<'r> {
    role: &'static str,
    content: &'r str,
}

/// The messages of a request, when each is a single text without a mark. `system` is what the API calls that role.
pub(super) fn texts_of<'r>(request: &'r ChatRequest, system: &'static str) -> Option<Vec<Text<'r>>> {
    let text = |message: &'r Message| {
        let role = match message.role {
            Role::System => system,
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::Tool => return None,
        };
        match (message.parts.as_slice(), message.cache) {
            ([Part::Text(content)], None) => Some(Text { role, content }),
            _ => None,
        }
    };
    request.messages.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::super::spec::Endpoint;
    use super::super::super::body::{Changes, bytes_of};
    use super::super::encode::{body, encode, stream};
    use super::super::models::Family;
    use super::super::quirks::Quirks;
    use super::*;

    #[test]
    fn texts_are_written_as_the_json_value_of_the_request_would_be() {
        let said = |role, text: &str| json!({"role": role, "parts": [{"text": text}]});
        let messages =
            [said("system", "a \"b\"\n\u{1}é"), said("user", ""), said("assistant", "yes"), said("user", "\u{2028}")];
        let params =
            [json!({}), json!({"max_tokens": 7, "temperature": 0.25, "seed": 3, "effort": "low", "stop": ["x"]})];
        for (model, params, streams) in ["gpt-4o", "gpt-5-mini", "other"].iter().flat_map(|model| {
            params.iter().flat_map(move |params| [true, false].map(|streams| (model, params, streams)))
        }) {
            let mut request: ChatRequest = serde_json::from_value(json!({
                "messages": messages, "model": model, "params": params, "output": "json", "tool_choice": "auto", "tools": []
            }))
            .expect("request");
            let endpoint = Endpoint { stream: streams, ..Endpoint::new("https://api.openai.com/v1", true) };
            let written = encode(&request, endpoint).expect("encoded");
            assert!(texts_of(&request, "system").is_some());
            let mut changes = Changes::default();
            let mut value = body(&request, Family::of(model), endpoint, &Quirks::OPENAI, &mut changes).expect("body");
            stream(&mut value, endpoint);
            assert_eq!(String::from_utf8_lossy(&written.http.body), String::from_utf8_lossy(&bytes_of(&value)));
            assert_eq!(written.warnings.len(), changes.0.len());
            // Anything else goes the long way.
            request.messages[0].parts.push(Part::Text("more".to_owned()));
            assert!(texts_of(&request, "system").is_none());
        }
    }
}
