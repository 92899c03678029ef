//! What the APIs have in common when their requests are read.

use serde_json::{Map, Value};

use crate::record::{ChatRequest, Effort, Media, OutputFormat, Params, ToolChoice};

/// Why a request cannot be read, for whoever sent it.
pub(in super::super) type Unreadable = String;

/// A request with nothing in it yet.
pub(super) fn empty(model: &str) -> ChatRequest {
    ChatRequest {
        vars: None,
        messages: Vec::new(),
        model: model.to_owned(),
        output: OutputFormat::Text,
        parallel_tools: None,
        params: Params::default(),
        prediction: None,
        tool_choice: ToolChoice::Auto,
        tools: Vec::new(),
    }
}

/// The fields of a body, taken out one by one: what is left at the end is `extra`.
pub(super) struct Body(pub(super) Map<String, Value>);

impl Body {
    pub(super) fn parse(bytes: &[u8]) -> Result<Body, Unreadable> {
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(map)) => Ok(Body(map)),
            Ok(_) => Err("the body must be a JSON object".to_owned()),
            Err(error) => Err(format!("the body is not JSON: {error}")),
        }
    }

    /// A field; `null` is no value.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.shift_remove(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn number(&mut self, name: &str) -> Option<f64> {
        self.take(name)?.as_f64()
    }

    pub(super) fn count(&mut self, name: &str) -> Option<u32> {
        self.take(name)?.as_u64().and_then(|count| u32::try_from(count).ok())
    }

    pub(super) fn flag(&mut self, name: &str) -> Option<bool> {
        self.take(name)?.as_bool()
    }

    pub(super) fn list(&mut self, name: &str) -> Vec<Value> {
        match self.take(name) {
            Some(Value::Array(list)) => list,
            Some(_) | None => Vec::new(),
        }
    }

    pub(super) fn object(&mut self, name: &str) -> Body {
        match self.take(name) {
            Some(Value::Object(map)) => Body(map),
            Some(_) | None => Body(Map::new()),
        }
    }
}

/// Text at a key.
pub(super) fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key).and_then(Value::as_str)
}

pub(super) fn effort(word: &str) -> Option<Effort> {
    Effort::ALL.iter().find(|(known, _)| *known == word).map(|(_, effort)| *effort)
}

/// `data:image/png;base64,…`, or an address.
pub(super) fn media(url: &str) -> Media {
    let data = url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"));
    match data {
        Some((mime, data)) => Media::Base64 { data: data.to_owned(), mime: mime.to_owned() },
        None => Media::Url(url.to_owned()),
    }
}

/// Texts of `stop`: one or a list.
pub(super) fn stops(value: Option<Value>) -> Vec<String> {
    match value {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(_) | None => Vec::new(),
    }
}

/// Arguments that a model wrote, as an object where an API wants one.
pub(super) fn arguments_object(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(object @ Value::Object(_)) => object,
        Ok(_) | Err(_) if text.trim().is_empty() => Value::Object(Map::new()),
        Ok(other) => serde_json::json!({"value": other}),
        Err(_) => serde_json::json!({"value": text}),
    }
}
