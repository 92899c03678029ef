//! Messages as Gemini wants them: turns of parts, tool results by name, signatures of thoughts where they came from.

use serde_json::{Map, Value, json};

use super::super::body::{Changes, refused};
use crate::record::{CallError, ChatRequest, Media, Message, Part, Role, ToolCall};

/// Google's documented stand-in for the signature of a tool call that no model made, such as one from a dataset.
const NO_SIGNATURE: &str = "skip_thought_signature_validator";

/// `systemInstruction`: one part per system message; `None` when there are none.
pub(super) fn system(request: &ChatRequest, changes: &mut Changes) -> Option<Value> {
    let is_system = |message: &Message| message.role == Role::System;
    let first_turn = request.messages.iter().position(|message| !is_system(message));
    if first_turn.is_some_and(|at| request.messages.iter().skip(at).any(is_system)) {
        changes
            .clamped("messages", "system messages between turns are moved to the top: the API takes them there only");
    }
    let texts = request.messages.iter().filter(|message| is_system(message)).map(Message::joined_text);
    let parts: Vec<Value> = texts.filter(|text| !text.trim().is_empty()).map(|text| json!({"text": text})).collect();
    (!parts.is_empty()).then(|| json!({"parts": parts}))
}

/// The turns. Messages of one role in a row become one turn. With `signatures`, tool calls must carry one.
pub(super) fn contents(
    request: &ChatRequest,
    signatures: bool,
    changes: &mut Changes,
) -> Result<Vec<Value>, CallError> {
    let mut turns: Vec<(&'static str, Vec<Value>)> = Vec::new();
    let mut unsigned = false;
    for (at, message) in request.messages.iter().enumerate() {
        let role = match message.role {
            Role::System => continue,
            Role::User | Role::Tool => "user",
            Role::Assistant => "model",
        };
        let earlier = request.messages.get(..at).unwrap_or_default();
        let mut parts = parts(message, earlier)?;
        if signatures && role == "model" {
            unsigned |= sign_if_bare(&mut parts);
        }
        match turns.last_mut() {
            Some((last, merged)) if *last == role => merged.extend(parts),
            _ => turns.push((role, parts)),
        }
    }
    if unsigned {
        changes.clamped("messages", "tool calls without the model's signature are sent with Google's stand-in for one");
    }
    Ok(turns.into_iter().map(|(role, parts)| json!({"role": role, "parts": parts})).collect())
}

fn parts(message: &Message, earlier: &[Message]) -> Result<Vec<Value>, CallError> {
    let mut parts = Vec::with_capacity(message.parts.len());
    let mut signed = Vec::new();
    for part in &message.parts {
        match part {
            Part::Text(text) if text.is_empty() && message.parts.len() > 1 => {}
            Part::Text(text) => parts.push(json!({"text": text})),
            Part::Image(media) | Part::File { media, .. } => parts.push(data(media)),
            Part::ToolCall(call) => parts.push(function_call(call)?),
            Part::ToolResult { id, is_error, text } => {
                parts.push(function_response(id, text, *is_error, name_of(id, earlier)?));
            }
            Part::Reasoning { opaque, .. } => {
                signed.extend(opaque.as_deref().and_then(|part| serde_json::from_str::<Map<String, Value>>(part).ok()));
            }
        }
    }
    for part in signed {
        put_signature(&mut parts, &part);
    }
    Ok(parts)
}

/// Puts the signature of a part, as the API wrote that part, back where it came from.
fn put_signature(parts: &mut Vec<Value>, signed: &Map<String, Value>) {
    let Some(signature) = signed.get("thoughtSignature") else { return };
    if signed.get("thought") == Some(&Value::Bool(true)) {
        parts.insert(0, Value::Object(signed.clone()));
        return;
    }
    let came_from = |part: &&mut Value| {
        let part: &Value = part;
        let same_call = || {
            let (found, wanted) = (part.get("functionCall")?, signed.get("functionCall")?);
            let same = |key: &str| found.get(key) == wanted.get(key);
            let empty = |call: &Value| call.get("args").is_none_or(|args| args.as_object().is_some_and(Map::is_empty));
            Some(same("name") && (same("args") || empty(found) && empty(wanted)))
        };
        let same_text = || Some(part.get("text")? == signed.get("text")?);
        part.get("thoughtSignature").is_none() && same_call().or_else(same_text).unwrap_or(false)
    };
    match parts.iter_mut().find(came_from) {
        Some(Value::Object(part)) => {
            part.insert("thoughtSignature".to_owned(), signature.clone());
        }
        // The text of an answer that came in pieces stands here as a whole.
        _ if signed.contains_key("text") => parts.push(json!({"text": "", "thoughtSignature": signature})),
        _ => {}
    }
}

/// Gives the first of some tool calls a stand-in when none of them has a signature; says whether it did.
fn sign_if_bare(parts: &mut [Value]) -> bool {
    let is_call = |part: &Value| part.get("functionCall").is_some();
    if parts.iter().any(|part| is_call(part) && part.get("thoughtSignature").is_some()) {
        return false;
    }
    let Some(Value::Object(first)) = parts.iter_mut().find(|part| is_call(part)) else { return false };
    first.insert("thoughtSignature".to_owned(), json!(NO_SIGNATURE));
    true
}

/// Whether an id was made up by the decoder, because the API sent none.
fn is_made_up(id: &str) -> bool {
    id.strip_prefix("call_").is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
}

fn function_call(call: &ToolCall) -> Result<Value, CallError> {
    let text = if call.arguments.trim().is_empty() { "{}" } else { call.arguments.as_str() };
    let Ok(args @ Value::Object(_)) = serde_json::from_str::<Value>(text) else {
        let message = format!("the arguments of tool call `{}` are not a JSON object, which this API needs", call.id);
        return Err(refused(message));
    };
    let mut function = Map::new();
    if !is_made_up(&call.id) {
        function.insert("id".to_owned(), json!(call.id));
    }
    function.insert("name".to_owned(), json!(call.name));
    function.insert("args".to_owned(), args);
    Ok(json!({"functionCall": function}))
}

/// The tool of the latest call with this id.
fn name_of<'m>(id: &str, earlier: &'m [Message]) -> Result<&'m str, CallError> {
    let calls = earlier.iter().rev().flat_map(|message| message.parts.iter().rev());
    let mut names = calls.filter_map(|part| match part {
        Part::ToolCall(call) if call.id == id => Some(call.name.as_str()),
        _ => None,
    });
    names.next().ok_or_else(|| {
        refused(format!("the tool result `{id}` answers no earlier tool call, and this API needs the tool's name"))
    })
}

fn function_response(id: &str, text: &str, is_error: bool, name: &str) -> Value {
    let response = match serde_json::from_str::<Value>(text) {
        _ if is_error => json!({"error": text}),
        Ok(object @ Value::Object(_)) => object,
        _ => json!({"output": text}),
    };
    let mut function = Map::new();
    if !is_made_up(id) {
        function.insert("id".to_owned(), json!(id));
    }
    function.insert("name".to_owned(), json!(name));
    function.insert("response".to_owned(), response);
    json!({"functionResponse": function})
}

fn data(media: &Media) -> Value {
    match media {
        Media::Base64 { mime, data } => json!({"inlineData": {"mimeType": mime, "data": data}}),
        Media::Url(url) => match mime_of(url) {
            Some(mime) => json!({"fileData": {"mimeType": mime, "fileUri": url}}),
            None => json!({"fileData": {"fileUri": url}}),
        },
    }
}

/// The type that the ending of an address tells; Vertex wants one.
fn mime_of(url: &str) -> Option<&'static str> {
    const ENDINGS: &[(&str, &str)] = &[
        ("png", "image/png"),
        ("jpg", "image/jpeg"),
        ("jpeg", "image/jpeg"),
        ("webp", "image/webp"),
        ("gif", "image/gif"),
        ("heic", "image/heic"),
        ("heif", "image/heif"),
        ("pdf", "application/pdf"),
        ("txt", "text/plain"),
        ("mp3", "audio/mpeg"),
        ("wav", "audio/wav"),
        ("mp4", "video/mp4"),
    ];
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let ending = path.rsplit_once('.')?.1.to_ascii_lowercase();
    ENDINGS.iter().find(|(known, _)| *known == ending).map(|(_, mime)| *mime)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{OutputFormat, Params, ToolChoice};

    fn request(messages: Vec<Message>) -> ChatRequest {
        ChatRequest {
            vars: None,
            messages,
            model: "gemini-3-pro".into(),
            output: OutputFormat::Text,
            parallel_tools: None,
            params: Params::default(),
            prediction: None,
            tool_choice: ToolChoice::Auto,
            tools: vec![],
        }
    }

    fn message(role: Role, parts: Vec<Part>) -> Message {
        Message { cache: None, role, parts }
    }

    fn call(id: &str, arguments: &str) -> Part {
        Part::ToolCall(ToolCall { id: id.into(), name: "f".into(), arguments: arguments.into() })
    }

    fn thought(part: &Value) -> Part {
        Part::Reasoning { opaque: Some(part.to_string()), text: String::new() }
    }

    #[test]
    fn signatures_go_back_to_the_parts_they_came_with() {
        let signed = json!({"functionCall": {"name": "f", "args": {"x": 2}}, "thoughtSignature": "s2"});
        let text = json!({"text": "in two", "thoughtSignature": "s3"});
        let parts = vec![
            thought(&json!({"text": "hm", "thought": true, "thoughtSignature": "s0"})),
            thought(&signed),
            thought(&text),
            Part::Reasoning { opaque: Some("of another API".into()), text: "hm".into() },
            Part::Text("in two pieces".into()),
            call("call_0", "{\"x\":1}"),
            call("call_1", "{\"x\":2}"),
        ];
        let ask = request(vec![Message::text(Role::User, "u"), message(Role::Assistant, parts)]);
        let mut changes = Changes::default();
        let turns = contents(&ask, true, &mut changes).expect("turns");
        assert_eq!(
            turns[1]["parts"],
            json!([
                {"text": "hm", "thought": true, "thoughtSignature": "s0"},
                {"text": "in two pieces"},
                {"functionCall": {"name": "f", "args": {"x": 1}}},
                {"functionCall": {"name": "f", "args": {"x": 2}}, "thoughtSignature": "s2"},
                {"text": "", "thoughtSignature": "s3"},
            ])
        );
        assert_eq!(changes.0.len(), 0);
    }

    #[test]
    fn calls_from_a_dataset_get_the_stand_in_where_signatures_are_wanted() {
        let ask = request(vec![message(Role::Assistant, vec![call("a", ""), call("b", "")])]);
        let mut changes = Changes::default();
        let turns = contents(&ask, true, &mut changes).expect("turns");
        assert_eq!(turns[0]["parts"][0]["thoughtSignature"], NO_SIGNATURE);
        assert!(turns[0]["parts"][1].get("thoughtSignature").is_none());
        assert_eq!(changes.0.len(), 1);
        let turns = contents(&ask, false, &mut changes).expect("turns");
        assert!(turns[0]["parts"][0].get("thoughtSignature").is_none());
    }

    #[test]
    fn results_name_the_tool_of_the_latest_call_with_their_id() {
        let other = Part::ToolCall(ToolCall { id: "call_0".into(), name: "g".into(), arguments: String::new() });
        let result = |text: &str, is_error| Part::ToolResult { id: "call_0".into(), is_error, text: text.into() };
        let ask = request(vec![
            message(Role::Assistant, vec![call("call_0", "")]),
            message(Role::Tool, vec![result("{\"a\":1}", false)]),
            message(Role::Assistant, vec![other]),
            message(Role::Tool, vec![result("plain", false)]),
            message(Role::User, vec![result("down", true)]),
        ]);
        let turns = contents(&ask, false, &mut Changes::default()).expect("turns");
        let response = |name: &str, response: Value| json!({"functionResponse": {"name": name, "response": response}});
        assert_eq!(turns[1]["parts"], json!([response("f", json!({"a": 1}))]));
        let both = json!([response("g", json!({"output": "plain"})), response("g", json!({"error": "down"}))]);
        assert_eq!(turns[3]["parts"], both);
    }

    #[test]
    fn what_the_api_has_no_words_for_is_refused() {
        let orphan = Part::ToolResult { id: "x".into(), is_error: false, text: "r".into() };
        for parts in [vec![orphan], vec![call("a", "{x")]] {
            let ask = request(vec![message(Role::Assistant, parts)]);
            assert!(contents(&ask, false, &mut Changes::default()).is_err());
        }
    }
}
