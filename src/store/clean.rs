//! Known secrets out of what is stored.
//!
//! Records are searched in their JSON form first, which is cheap and finds nothing in almost all cases. Only when
//! something is found are the free texts of the record cleaned one by one: replacing in the JSON itself could hit its
//! keys and words.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

use super::words::json;
use crate::base::Redactor;
use crate::record::{Case, ChatReply, ChatRequest, Media, OutputFormat, Part};

/// `record` as JSON without known secrets, and whether there were any.
pub(super) fn clean_json<T: Serialize + Clone>(
    record: &T,
    redactor: &Redactor,
    clean: impl FnOnce(&mut T, &Redactor),
) -> (String, bool) {
    let text = json(record);
    if matches!(redactor.clean(&text), Cow::Borrowed(_)) {
        return (text, false);
    }
    let mut cleaned = record.clone();
    clean(&mut cleaned, redactor);
    (json(&cleaned), true)
}

/// Cleans one text in place.
pub(super) fn clean_text(text: &mut String, redactor: &Redactor) {
    if let Cow::Owned(cleaned) = redactor.clean(text) {
        *text = cleaned;
    }
}

/// Cleans every text of a JSON value; keys of objects are names and stay.
pub(super) fn clean_value(value: &mut Value, redactor: &Redactor) {
    match value {
        Value::String(text) => clean_text(text, redactor),
        Value::Array(items) => items.iter_mut().for_each(|item| clean_value(item, redactor)),
        Value::Object(entries) => entries.values_mut().for_each(|item| clean_value(item, redactor)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Cleans what a request says; model, roles and parameters with fixed words stay.
pub(super) fn clean_request(request: &mut ChatRequest, redactor: &Redactor) {
    clean_parts(request.messages.iter_mut().flat_map(|message| message.parts.iter_mut()), redactor);
    request.prediction.iter_mut().for_each(|text| clean_text(text, redactor));
    request.params.stop.iter_mut().for_each(|stop| clean_text(stop, redactor));
    request.params.extra.values_mut().for_each(|value| clean_value(value, redactor));
    request.vars.iter_mut().flat_map(|vars| vars.values_mut()).for_each(|value| clean_value(value, redactor));
    for tool in &mut request.tools {
        clean_text(&mut tool.description, redactor);
        clean_value(&mut tool.parameters, redactor);
    }
    if let OutputFormat::JsonSchema { schema, .. } = &mut request.output {
        clean_value(schema, redactor);
    }
}

fn clean_parts<'p>(parts: impl Iterator<Item = &'p mut Part>, redactor: &Redactor) {
    for part in parts {
        match part {
            Part::Text(text) | Part::ToolResult { text, .. } => clean_text(text, redactor),
            Part::Image(media) | Part::File { media, .. } => clean_media(media, redactor),
            Part::ToolCall(call) => clean_text(&mut call.arguments, redactor),
            Part::Reasoning { opaque, text } => {
                clean_text(text, redactor);
                opaque.iter_mut().for_each(|opaque| clean_text(opaque, redactor));
            }
        }
    }
}

fn clean_media(media: &mut Media, redactor: &Redactor) {
    match media {
        Media::Url(text) | Media::Base64 { data: text, .. } => clean_text(text, redactor),
    }
}

/// Cleans what a reply says.
pub(super) fn clean_reply(reply: &mut ChatReply, redactor: &Redactor) {
    clean_text(&mut reply.text, redactor);
    reply.tool_calls.iter_mut().for_each(|call| clean_text(&mut call.arguments, redactor));
    clean_parts(reply.thoughts.iter_mut(), redactor);
    reply.contexts.iter_mut().for_each(|text| clean_text(text, redactor));
    reply.logprobs.iter_mut().for_each(|token| clean_text(&mut token.text, redactor));
    reply.warnings.iter_mut().for_each(|warning| clean_text(&mut warning.reason, redactor));
    let rest = [&mut reply.refusal, &mut reply.reasoning, &mut reply.finish_raw, &mut reply.model];
    rest.into_iter().flatten().for_each(|text| clean_text(text, redactor));
}

/// Cleans what a case says; its id, tags and group stay: they are its identity.
pub(super) fn clean_case(case: &mut Case, redactor: &Redactor) {
    case.vars.values_mut().for_each(|value| clean_value(value, redactor));
    case.expected.iter_mut().for_each(|value| clean_value(value, redactor));
    case.context.iter_mut().for_each(|text| clean_text(text, redactor));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Secret;
    use crate::record::{Message, Params, Role};

    fn request(text: &str) -> ChatRequest {
        ChatRequest {
            model: "m".to_owned(),
            messages: vec![Message::text(Role::System, text)],
            params: Params::default(),
            output: OutputFormat::Text,
            tools: Vec::new(),
            parallel_tools: None,
            vars: None,
            prediction: None,
            tool_choice: crate::record::ToolChoice::Auto,
        }
    }

    #[test]
    fn a_secret_that_is_also_a_json_word_leaves_the_json_readable() {
        let redactor = Redactor::new(&[Secret::new("system"), Secret::new("messages")]);
        let (text, changed) = clean_json(&request("my system has messages"), &redactor, clean_request);
        assert!(changed);
        let back: ChatRequest = serde_json::from_str(&text).unwrap();
        assert_eq!(back.messages, [Message::text(Role::System, "my (redacted) has (redacted)")]);
    }

    #[test]
    fn nothing_is_touched_without_a_secret() {
        let redactor = Redactor::new(&[Secret::new("sk-123456789")]);
        let (text, changed) = clean_json(&request("hello"), &redactor, clean_request);
        assert!(!changed);
        assert_eq!(serde_json::from_str::<ChatRequest>(&text).unwrap(), request("hello"));
    }

    #[test]
    fn replies_and_cases_are_cleaned_in_depth() {
        let redactor = Redactor::new(&[Secret::new("sk-123456789")]);
        let mut reply = ChatReply::of_text("a sk-123456789 b");
        reply.refusal = Some("sk-123456789".to_owned());
        reply.contexts = vec!["b sk-123456789".to_owned()];
        clean_reply(&mut reply, &redactor);
        assert_eq!(reply.contexts, ["b (redacted)"]);
        let mut asked = request("hello");
        asked.vars = serde_json::json!({"a": ["sk-123456789"]}).as_object().cloned();
        clean_request(&mut asked, &redactor);
        assert_eq!(asked.vars.unwrap()["a"], serde_json::json!(["(redacted)"]));
        assert_eq!((reply.text.as_str(), reply.refusal.as_deref()), ("a (redacted) b", Some("(redacted)")));
        let mut value = serde_json::json!({"a": ["x sk-123456789", {"sk-123456789": 1}]});
        clean_value(&mut value, &redactor);
        assert_eq!(value, serde_json::json!({"a": ["x (redacted)", {"sk-123456789": 1}]}));
    }
}
