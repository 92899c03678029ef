//! What all wires do with bodies: joining URLs, merging extra fields, reading JSON, cleaning messages.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use serde_json_borrow::Value as Borrowed;

use super::super::spec::{Encoded, Failure};
use crate::base::append_json;
use crate::net::{HttpReply, HttpRequest, Method};
use crate::record::{CallError, ErrorKind, Warning};

/// What most requests fit into.
const USUAL_BYTES: usize = 1024;

/// Longest provider message that is kept, in characters.
const MESSAGE_CHARS: usize = 600;

/// `base` and `path` with exactly one slash between them.
pub(super) fn join_url(base: &str, path: &str) -> String {
    format!("{}/{}", base.trim_end_matches('/'), path.trim_start_matches('/'))
}

/// A request that posts JSON, without warnings.
pub(super) fn post_json(url: String, body: &Value) -> Encoded {
    let http = HttpRequest {
        method: Method::Post,
        url,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        auth: None,
        body: bytes_of(body),
    };
    Encoded { http, warnings: Vec::new() }
}

/// A body as it is sent.
pub(super) fn bytes_of(body: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(USUAL_BYTES);
    // Writing JSON values to memory does not fail: their keys are texts.
    let written = append_json(body, &mut bytes);
    if written.is_ok() { bytes } else { Vec::new() }
}

/// Puts the user's extra fields on top of a body; objects are merged key by key, all else is replaced.
pub(super) fn merge_extra(body: &mut Map<String, Value>, extra: &Map<String, Value>) {
    for (key, value) in extra {
        match (body.get_mut(key), value) {
            (Some(Value::Object(inner)), Value::Object(more)) => merge_extra(inner, more),
            _ => {
                body.insert(key.clone(), value.clone());
            }
        }
    }
}

/// The body of a 2xx reply as a JSON object.
pub(super) fn json_object(reply: &HttpReply) -> Result<Map<String, Value>, Failure> {
    match parse::<Value>(reply, &text_of(reply), Value::is_object)? {
        Value::Object(map) => Ok(map),
        _ => Ok(Map::new()),
    }
}

/// The same without copying: it borrows from the text of the reply, see [`text_of`].
pub(super) fn borrowed_object<'t>(reply: &HttpReply, text: &'t str) -> Result<Borrowed<'t>, Failure> {
    parse::<Borrowed<'t>>(reply, text, Borrowed::is_object)
}

/// The body as text; what is no UTF-8 is replaced.
pub(super) fn text_of(reply: &HttpReply) -> Cow<'_, str> {
    // The whole body at once is much faster to check than piece by piece, and almost always enough.
    str::from_utf8(&reply.body).map_or_else(|_| String::from_utf8_lossy(&reply.body), Cow::Borrowed)
}

fn parse<'t, T: Deserialize<'t>>(
    reply: &HttpReply,
    text: &'t str,
    is_object: impl Fn(&T) -> bool,
) -> Result<T, Failure> {
    let trimmed = text.trim();
    let what = match trimmed.as_bytes().first() {
        None => "an empty body".to_owned(),
        Some(b'<') => "an HTML page; check the base URL".to_owned(),
        Some(_) => match serde_json::from_str::<T>(trimmed) {
            Ok(value) if is_object(&value) => return Ok(value),
            Ok(_) => "JSON that is not an object".to_owned(),
            Err(error) if error.is_eof() => format!("JSON that is cut off after {} bytes", trimmed.len()),
            Err(error) => format!("a body that is not JSON ({})", clean(&error.to_string())),
        },
    };
    Err(malformed(reply, format!("the provider answered with {what}")))
}

/// A [`ErrorKind::Malformed`] failure for this reply.
pub(super) fn malformed(reply: &HttpReply, message: impl Into<String>) -> Failure {
    let mut failure = Failure::new(ErrorKind::Malformed, message);
    failure.error.status = Some(reply.status);
    failure.error.request_id = request_id(reply);
    failure
}

/// The provider's id of a request, from whichever header carries it.
pub(in crate::provider) fn request_id(reply: &HttpReply) -> Option<String> {
    ["x-request-id", "request-id", "apim-request-id", "x-generation-id", "x-amzn-requestid"]
        .iter()
        .find_map(|name| reply.header(name))
        .map(clean)
}

/// A provider's text made fit for one line of a message: no control characters, bounded length.
pub(super) fn clean(text: &str) -> String {
    let is_plain = |byte: &u8| matches!(byte, b'!'..=b'~');
    if text.len() <= MESSAGE_CHARS && text.as_bytes().iter().all(is_plain) {
        return text.to_owned();
    }
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let line = words.join(" ");
    let total = line.chars().count();
    if total <= MESSAGE_CHARS {
        return line;
    }
    let kept: String = line.chars().take(MESSAGE_CHARS).collect();
    format!("{kept}… ({total} characters)")
}

/// A request that this API has no words for.
pub(super) fn refused(message: impl Into<String>) -> CallError {
    CallError { kind: ErrorKind::Refused, message: message.into(), status: None, request_id: None }
}

/// Text of a field, if it is text and not empty.
pub(super) fn text_at(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// What was changed while encoding.
#[derive(Debug, Default)]
pub(super) struct Changes(pub(super) Vec<Warning>);

impl Changes {
    /// The parameter was left out.
    pub(super) fn dropped(&mut self, param: &str, reason: impl Into<String>) {
        self.note(param, "dropped", reason);
    }

    /// The value was changed to one that is accepted.
    pub(super) fn clamped(&mut self, param: &str, reason: impl Into<String>) {
        self.note(param, "clamped", reason);
    }

    /// The value was sent in another form.
    pub(super) fn renamed(&mut self, param: &str, reason: impl Into<String>) {
        self.note(param, "renamed", reason);
    }

    fn note(&mut self, param: &str, action: &str, reason: impl Into<String>) {
        self.0.push(Warning { param: param.to_owned(), action: action.to_owned(), reason: reason.into() });
    }
}

/// A number for a JSON body; whole values are written without a fraction, as the caller wrote them.
pub(super) fn number(value: f64) -> Value {
    serde_json::Number::from_f64(value).map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn urls_join_with_one_slash() {
        for base in ["http://x/v1", "http://x/v1/", "http://x/v1//"] {
            assert_eq!(join_url(base, "/chat/completions"), "http://x/v1/chat/completions");
        }
    }

    #[test]
    fn extra_fields_are_merged_into_objects_and_replace_all_else() {
        let mut body = json!({"a": {"x": 1, "y": 2}, "b": 1}).as_object().cloned().expect("object");
        let extra = json!({"a": {"y": 3}, "b": {"z": 1}, "c": []}).as_object().cloned().expect("object");
        merge_extra(&mut body, &extra);
        assert_eq!(Value::Object(body), json!({"a": {"x": 1, "y": 3}, "b": {"z": 1}, "c": []}));
    }

    #[test]
    fn bodies_that_are_no_json_object_say_what_they_are() {
        let cases = [
            ("", "an empty body"),
            ("  \n\n ", "an empty body"),
            ("<!doctype html><p>hi", "HTML page"),
            ("{\"a\": [1, 2", "cut off after 11 bytes"),
            ("[1]", "not an object"),
            ("nonsense", "not JSON"),
        ];
        for (body, wanted) in cases {
            let reply = HttpReply { status: 200, body: body.into(), ..HttpReply::default() };
            let failure = json_object(&reply).expect_err(body);
            assert_eq!(failure.error.kind, ErrorKind::Malformed);
            assert!(failure.error.message.contains(wanted), "{body}: {}", failure.error.message);
        }
        // DeepSeek keeps a waiting connection open with blank lines before the body.
        let reply = HttpReply { status: 200, body: b"\n\n\n{\"a\":1}".to_vec(), ..HttpReply::default() };
        assert_eq!(json_object(&reply).map(|map| map.len()), Ok(1));
    }

    #[test]
    fn messages_are_one_bounded_line() {
        assert_eq!(clean("a\u{1b}[31m\n\tb"), "a [31m b");
        assert!(clean(&"é".repeat(5000)).ends_with("… (5000 characters)"));
    }
}
