//! Reads what applications answer: texts, counts, money, tool calls, in the forms that people write.

use serde_json::Value;

use crate::base::Usd;
use crate::record::ToolCall;

/// Characters of a reply that a message shows.
const SHOWN: usize = 200;

/// A value as text: texts as they are, nothing for `null`, all else as JSON.
pub(in crate::provider) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// Values as texts; lists among them are opened, `null` is left out.
pub(in crate::provider) fn texts_of<'v>(values: impl IntoIterator<Item = &'v Value>) -> Vec<String> {
    opened(values).filter(|value| !value.is_null()).map(text_of).collect()
}

fn opened<'v>(values: impl IntoIterator<Item = &'v Value>) -> impl Iterator<Item = &'v Value> {
    values.into_iter().flat_map(|value| match value {
        Value::Array(items) => items.iter().collect::<Vec<_>>(),
        other => vec![other],
    })
}

/// A whole number that is not negative.
pub(in crate::provider) fn count(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64().or_else(|| number.to_string().strip_suffix(".0")?.parse().ok()),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Dollars, as a number or text.
pub(in crate::provider) fn dollars(value: &Value) -> Option<Usd> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().trim_start_matches('$').to_owned(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    let amount = text.parse().or_else(|_| rust_decimal::Decimal::from_scientific(&text)).ok()?;
    Usd::from_decimal(amount).filter(|usd| *usd >= Usd::ZERO)
}

/// Whether a value stands for nothing: `null`, `false`, an empty text, list or object.
pub(in crate::provider) fn reads_as_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

/// Tool calls: `{name, arguments}`, with `args` or `input` for the arguments, or `{id, function: {name, arguments}}`.
/// Lists are opened; what names no tool is told.
pub(in crate::provider) fn tool_calls_of<'v>(
    values: impl IntoIterator<Item = &'v Value>,
) -> Result<Vec<ToolCall>, String> {
    opened(values).filter(|value| !value.is_null()).map(tool_call).collect()
}

fn tool_call(value: &Value) -> Result<ToolCall, String> {
    let inner = value.get("function").filter(|inner| inner.is_object()).unwrap_or(value);
    let name = inner.get("name").or_else(|| inner.get("tool")).and_then(Value::as_str);
    let name = name.ok_or_else(|| format!("a tool call without a `name`: {}", beginning(&value.to_string())))?;
    let given = ["arguments", "args", "input"].iter().find_map(|key| inner.get(*key));
    let arguments = match given {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => "{}".to_owned(),
        Some(other) => other.to_string(),
    };
    Ok(ToolCall { arguments, id: value.get("id").map(text_of).unwrap_or_default(), name: name.to_owned() })
}

/// The beginning of a text on one line, between backticks, with its length when it is cut.
pub(in crate::provider) fn beginning(text: &str) -> String {
    let line = one_line(text);
    let total = line.chars().count();
    if total <= SHOWN {
        return format!("`{line}`");
    }
    let kept: String = line.chars().take(SHOWN).collect();
    format!("`{kept}…` ({total} characters)")
}

/// A text on one line without control characters. Only the beginning of a huge text is looked at.
pub(in crate::provider) fn one_line(text: &str) -> String {
    let near: String = text.chars().take(16_384).map(|c| if c.is_control() { ' ' } else { c }).collect();
    near.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_read_in_the_forms_people_write() {
        assert_eq!(texts_of([&json!(["a", {"b": 1}, null]), &json!("c")]), ["a", r#"{"b":1}"#, "c"]);
        assert_eq!(
            [json!(3), json!(3.0), json!("3"), json!(-3), json!(3.5)].map(|value| count(&value)),
            [Some(3), Some(3), Some(3), None, None]
        );
        let usd = |text: &str| Usd::parse(text).ok();
        assert_eq!((dollars(&json!(0.002)), dollars(&json!("$0.5"))), (usd("0.002"), usd("0.5")));
        assert_eq!((dollars(&json!(1e-7)), dollars(&json!(-1))), (usd("0.0000001"), None));
    }

    #[test]
    fn tool_calls_come_in_several_forms() {
        let forms = json!([
            {"name": "f", "arguments": {"x": 1}},
            {"id": "7", "function": {"name": "g", "arguments": "{\"y\": 2}"}},
            {"tool": "h", "args": {}},
            {"name": "i"}
        ]);
        let calls = tool_calls_of([&forms]).expect("calls");
        let shown: Vec<(&str, &str, &str)> =
            calls.iter().map(|call| (call.id.as_str(), call.name.as_str(), call.arguments.as_str())).collect();
        assert_eq!(shown, [("", "f", r#"{"x":1}"#), ("7", "g", r#"{"y": 2}"#), ("", "h", "{}"), ("", "i", "{}")]);
        assert!(tool_calls_of([&json!({"arguments": 1})]).expect_err("no name").contains("without a `name`"));
    }

    #[test]
    fn the_beginning_of_a_text_is_one_bounded_line() {
        assert_eq!(beginning("a\n\u{1b}b"), "`a b`");
        assert!(beginning(&"x".repeat(900)).ends_with("…` (900 characters)"));
    }
}
