//! Which API a request speaks, by its path.

use serde_json::{Value, json};

use super::api::{anthropic, gemini, openai, responses};
use super::exchange::Incoming;
use crate::record::ChatRequest;

/// An API, and what its path says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Api {
    Chat,
    Responses,
    Embeddings,
    Anthropic,
    Gemini { model: String, stream: bool, events: bool },
    Models(Shape),
}

/// Whose shape a list or an error has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    OpenAi,
    Anthropic,
    Gemini,
}

/// What of a chat request only its path or its body says.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) request: ChatRequest,
    pub(super) stream: bool,
    /// Whether a stream ends with its usage (`stream_options`).
    pub(super) usage: bool,
}

/// The API of a request; `None` when there is none at this path. Whatever stands before the API's own path is ignored,
/// so that any base URL does.
pub(super) fn target(incoming: &Incoming) -> Option<Api> {
    let path = incoming.path.trim_end_matches('/');
    match incoming.method.as_str() {
        "POST" if path.ends_with("/chat/completions") => Some(Api::Chat),
        "POST" if path.ends_with("/responses") => Some(Api::Responses),
        "POST" if path.ends_with("/embeddings") => Some(Api::Embeddings),
        "POST" if path.ends_with("/messages") => Some(Api::Anthropic),
        "POST" => {
            let (before, method) = path.rsplit_once(':')?;
            let model = before.rsplit_once("models/").map(|(_, model)| model)?;
            let stream = match method {
                "generateContent" => false,
                "streamGenerateContent" => true,
                _ => return None,
            };
            let events = incoming.parameter("alt") == Some("sse");
            Some(Api::Gemini { model: unescaped(model), stream, events })
        }
        "GET" if path.ends_with("/models") => Some(Api::Models(shape(incoming))),
        _ => None,
    }
}

/// The shape that the sender of a request to nowhere will understand best.
pub(super) fn shape(incoming: &Incoming) -> Shape {
    if incoming.header("anthropic-version").is_some() {
        Shape::Anthropic
    } else if incoming.header("x-goog-api-key").is_some() || incoming.path.contains("/v1beta/") {
        Shape::Gemini
    } else {
        Shape::OpenAi
    }
}

/// Percent escapes of a path.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let escaped = (*first == b'%').then(|| tail.get(..2)).flatten();
        let code = escaped.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Api {
    pub(super) fn shape(&self) -> Shape {
        match self {
            Api::Chat | Api::Responses | Api::Embeddings => Shape::OpenAi,
            Api::Anthropic => Shape::Anthropic,
            Api::Gemini { .. } => Shape::Gemini,
            Api::Models(shape) => *shape,
        }
    }

    /// The kind of provider whose wire it is, for requests of chats.
    pub(super) fn kind(&self) -> Option<&'static str> {
        match self {
            Api::Chat => Some("openai"),
            Api::Responses => Some("openai-responses"),
            Api::Anthropic => Some("anthropic"),
            Api::Gemini { .. } => Some("gemini"),
            Api::Embeddings | Api::Models(_) => None,
        }
    }

    /// The chat request of a body.
    pub(super) fn read(&self, body: &[u8]) -> Result<Asked, String> {
        let ((request, stream), usage) = match self {
            Api::Chat => (openai::read(body)?, wants_usage(body)),
            Api::Responses => (responses::read(body)?, true),
            Api::Anthropic => (anthropic::read(body)?, true),
            Api::Gemini { model, stream, .. } => ((gemini::read(body, model)?, *stream), true),
            Api::Embeddings | Api::Models(_) => return Err("this is no request of a chat".to_owned()),
        };
        Ok(Asked { request, stream, usage })
    }
}

fn wants_usage(body: &[u8]) -> bool {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    body.pointer("/stream_options/include_usage") == Some(&Value::Bool(true))
}

impl Shape {
    pub(super) fn error(self, status: u16, message: &str) -> Value {
        match self {
            Shape::OpenAi => openai::error(status, message),
            Shape::Anthropic => anthropic::error(status, message),
            Shape::Gemini => gemini::error(status, message),
        }
    }

    /// A list of models.
    pub(super) fn models(self, names: &[&str]) -> Value {
        match self {
            Shape::OpenAi => {
                let one = |name: &&str| json!({"id": name, "object": "model", "created": 0, "owned_by": "karat"});
                json!({"object": "list", "data": names.iter().map(one).collect::<Vec<_>>()})
            }
            Shape::Anthropic => {
                let one = |name: &&str| json!({"type": "model", "id": name, "display_name": name, "created_at": "1970-01-01T00:00:00Z"});
                json!({"data": names.iter().map(one).collect::<Vec<_>>(), "has_more": false,
                    "first_id": names.first(), "last_id": names.last()})
            }
            Shape::Gemini => {
                let one = |name: &&str| json!({"name": format!("models/{name}"), "displayName": name});
                json!({"models": names.iter().map(one).collect::<Vec<_>>()})
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(method: &str, path: &str, query: &str) -> Option<Api> {
        let incoming =
            Incoming { method: method.into(), path: path.into(), query: query.into(), ..Incoming::default() };
        target(&incoming)
    }

    #[test]
    fn the_path_tells_the_api_below_any_base() {
        for base in ["", "/v1", "/openai/deployments/x"] {
            assert_eq!(of("POST", &format!("{base}/chat/completions"), ""), Some(Api::Chat), "{base}");
        }
        assert_eq!(of("POST", "/v1/messages", ""), Some(Api::Anthropic));
        let gemini = |stream, events| Some(Api::Gemini { model: "gemini 3".into(), stream, events });
        assert_eq!(of("POST", "/v1beta/models/gemini%203:generateContent", ""), gemini(false, false));
        assert_eq!(of("POST", "/v1beta/models/gemini%203:streamGenerateContent", "key=k&alt=sse"), gemini(true, true));
        assert_eq!(of("GET", "/v1/models", ""), Some(Api::Models(Shape::OpenAi)));
        for (method, path) in
            [("GET", "/v1/messages"), ("POST", "/v1/models/x:countTokens"), ("POST", "/"), ("GET", "/")]
        {
            assert_eq!(of(method, path, ""), None, "{path}");
        }
    }
}
