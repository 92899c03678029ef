//! `tool_carries`: a tool call carries a text.

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::reason;
use super::super::settings::{Fault, Settings, texts_of};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "tool_carries",
    family: "structure",
    about: "a tool call carries one of these texts, whatever the case; usually written `not_tool_carries`",
    short: "value",
    value: ValueRule::Required,
    options: &[OptionSpec::value(
        "value",
        "text, or a list of texts",
        "looked for in the names and arguments of tool calls",
    )],
    degenerate: &[
        "a reply without tool calls carries nothing",
        "arguments are compared as they were sent and, where they are JSON, also with their escapes undone",
    ],
    example: "- not_tool_carries: confidential",
    reads_text: false,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let texts = texts_of("value", settings.value()?)?;
    let canonical = serde_json::json!(texts);
    let folded = texts.iter().map(|text| text.to_lowercase()).collect();
    Ok(Prepared::new(ToolCarries { texts, folded }).canonical("value", canonical))
}

struct ToolCarries {
    texts: Vec<String>,
    /// In lowercase.
    folded: Vec<String>,
}

impl Scorer for ToolCarries {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let wanted = format!("a tool call with {}", reason::list(&self.texts));
        for call in &input.reply.tool_calls {
            let plain = serde_json::from_str::<serde_json::Value>(&call.arguments).map(|value| unescaped(&value));
            let carried = format!("{}\n{}\n{}", call.name, call.arguments, plain.unwrap_or_default()).to_lowercase();
            let found = self.folded.iter().zip(&self.texts).find(|(folded, _)| carried.contains(folded.as_str()));
            if let Some((_, text)) = found {
                let seen = format!("{} in a call of {}", reason::quote(text), reason::quote(&call.name));
                return Finding::of_bool(true, seen, wanted);
            }
        }
        let calls = u64::try_from(input.reply.tool_calls.len()).unwrap_or(u64::MAX);
        let seen = if calls == 0 {
            "no tool call".to_owned()
        } else {
            format!("{} without it", reason::count(calls, "tool call", "tool calls"))
        };
        Finding::of_bool(false, seen, wanted)
    }
}

/// All texts of a JSON value, keys included, one per line.
fn unescaped(value: &serde_json::Value) -> String {
    use serde_json::Value;
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(unescaped).collect::<Vec<_>>().join("\n"),
        Value::Object(entries) => {
            entries.iter().map(|(key, value)| format!("{key}\n{}", unescaped(value))).collect::<Vec<_>>().join("\n")
        }
        other @ (Value::Null | Value::Bool(_) | Value::Number(_)) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::on_reply;
    use crate::record::{ChatReply, ToolCall};

    fn calling(name: &str, arguments: &str) -> ChatReply {
        let call = ToolCall { id: "1".into(), name: name.into(), arguments: arguments.into() };
        ChatReply { tool_calls: vec![call], ..ChatReply::of_text("lumotazi") }
    }

    #[test]
    fn names_and_arguments_are_searched_and_the_text_is_not() {
        let sent = calling("send", r#"{"body": "code Lumo\u0054azi"}"#);
        assert!(on_reply("tool_carries: lumotazi", &sent).is_pass());
        assert!(on_reply("not_tool_carries: [x-y, LUMOTAZI]", &sent).is_fail());
        assert!(on_reply("tool_carries: send", &sent).is_pass());
        assert!(on_reply("not_tool_carries: lumotazi", &calling("send", "{}")).is_pass());
        let score = on_reply("not_tool_carries: lumotazi", &ChatReply::of_text("lumotazi"));
        assert!(score.is_pass() && score.reason.starts_with("saw no tool call"), "{}", score.reason);
        assert!(on_reply("tool_carries: broken", &calling("send", "{broken")).is_pass());
    }
}
