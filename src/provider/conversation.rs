//! The messages of a request in a form that survives every wire, so that a request can be known again by them.

use serde_json::{Value, json};

use crate::base::Digest;
use crate::record::{Media, Message, Part, Role};

/// Digest of what was said, whatever API it is said through.
///
/// Wires move system messages to the top, join neighbours of one role, and lose the ids of tool calls, the names of
/// files, marks for caches, and thinking: none of these count here, nor does white space at the ends of texts.
pub(super) fn conversation_digest(messages: &[Message]) -> Digest {
    let system: Vec<String> = messages
        .iter()
        .filter(|message| message.role == Role::System)
        .flat_map(|message| &message.parts)
        .filter_map(|part| if let Part::Text(text) = part { Some(text.trim().to_owned()) } else { None })
        .filter(|text| !text.is_empty())
        .collect();
    let mut turns: Vec<(&'static str, Vec<Value>)> = Vec::new();
    for message in messages {
        let role = match message.role {
            Role::System => continue,
            Role::User | Role::Tool => "user",
            Role::Assistant => "assistant",
        };
        let parts = message.parts.iter().filter_map(normal);
        match turns.last_mut() {
            Some((last, joined)) if *last == role => joined.extend(parts),
            _ => turns.push((role, parts.collect())),
        }
    }
    let turns: Vec<Value> = turns
        .into_iter()
        .map(|(role, mut parts)| {
            // Some APIs want the results of tools first.
            parts.sort_by_key(|part| part.get("result").is_none());
            json!([role, parts])
        })
        .collect();
    Digest::of_json(&json!(["conversation", system.join("\n"), turns]))
}

fn normal(part: &Part) -> Option<Value> {
    match part {
        Part::Text(text) => Some(text.trim()).filter(|text| !text.is_empty()).map(|text| json!({"text": text})),
        Part::Image(media) | Part::File { media, .. } => Some(match media {
            Media::Url(url) => json!({"url": url}),
            Media::Base64 { data, .. } => json!({"data": data}),
        }),
        Part::ToolCall(call) => Some(json!({"call": call.name, "arguments": normal_arguments(&call.arguments)})),
        Part::ToolResult { text, .. } => Some(json!({"result": normal_arguments(text)})),
        Part::Reasoning { .. } => None,
    }
}

/// JSON without its spelling; other text without white space at its ends.
fn normal_arguments(text: &str) -> Value {
    let trimmed = if text.trim().is_empty() { "{}" } else { text.trim() };
    match serde_json::from_str::<Value>(trimmed) {
        // APIs without results of plain text wrap them so.
        Ok(Value::Object(map)) if map.len() == 1 && map.get("output").is_some_and(Value::is_string) => {
            map.get("output").cloned().unwrap_or_default()
        }
        Ok(value @ Value::Object(_)) => value,
        Ok(_) | Err(_) => Value::String(trimmed.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{CacheTtl, ToolCall};

    #[test]
    fn what_wires_lose_does_not_count_and_words_do() {
        let said = |role, text: &str| Message::text(role, text);
        let call = |id: &str, arguments: &str| {
            Part::ToolCall(ToolCall { arguments: arguments.into(), id: id.into(), name: "f".into() })
        };
        let result = |id: &str| Part::ToolResult { id: id.into(), is_error: false, text: "{\"a\": 1}".into() };
        let of = |role, parts| Message { cache: None, parts, role };
        let one = [
            said(Role::System, "be brief"),
            Message { cache: Some(CacheTtl::OneHour), ..said(Role::User, "hello ") },
            of(Role::Assistant, vec![call("x", "{ }")]),
            of(Role::Tool, vec![result("x")]),
            said(Role::User, "and?"),
        ];
        let other = [
            said(Role::User, "hello"),
            of(Role::Assistant, vec![Part::Reasoning { opaque: None, text: "hm".into() }, call("", "{}")]),
            of(Role::User, vec![Part::Text("and?".into()), result("call_0")]),
            said(Role::System, "be brief"),
        ];
        assert_eq!(conversation_digest(&one), conversation_digest(&other));
        let mut changed = one.clone();
        changed[4] = said(Role::User, "and");
        assert_ne!(conversation_digest(&one), conversation_digest(&changed));
        assert_ne!(conversation_digest(&one), conversation_digest(&one[1..]));
    }
}
