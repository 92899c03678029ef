//! When two final answers are the same.

use serde_json::Value;

use super::super::text::compare::{TextRule, json_equal};

/// Equal as JSON, or as text without case, outer white space and a final period.
pub(super) fn same_answer(wanted: &Value, seen: &Value) -> bool {
    let rule = TextRule { ignore_case: true, trim: true, normalize: true };
    if json_equal(wanted, seen, rule) {
        return true;
    }
    let plain = |value: &Value| match value {
        Value::String(text) => Some(text.trim().trim_end_matches('.').to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    let (Some(a), Some(b)) = (plain(wanted), plain(seen)) else { return false };
    let number = |text: &str| text.parse::<serde_json::Number>().map(Value::Number).ok();
    match (number(&a), number(&b)) {
        (Some(a), Some(b)) => json_equal(&a, &b, rule),
        _ => rule.apply(&a) == rule.apply(&b),
    }
}
