//! What differs between two JSON objects, value by value.

use serde::Serialize;
use serde_json::{Map, Value};

/// A value that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ValueChange {
    /// Its name; a value inside of another is named `outer.inner`.
    pub key: String,
    /// In the first prompt; absent when it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// In the second prompt; absent when it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// Names of both objects: those of the first in its order, then new ones.
pub(in crate::prompt) fn keys(before: &Value, after: &Value) -> Vec<String> {
    let names = |value: &Value| value.as_object().into_iter().flat_map(Map::keys).cloned().collect::<Vec<_>>();
    let mut all = names(before);
    let new = names(after).into_iter().filter(|name| before.get(name).is_none());
    all.extend(new.collect::<Vec<_>>());
    all
}

/// The values that differ between two objects, in the order of [`keys`]; objects inside are entered.
pub(in crate::prompt) fn value_changes(before: &Value, after: &Value) -> Vec<ValueChange> {
    let mut found = Vec::new();
    enter("", before, after, &mut found);
    found
}

fn enter(prefix: &str, before: &Value, after: &Value, found: &mut Vec<ValueChange>) {
    for key in keys(before, after) {
        let (old, new) = (before.get(&key), after.get(&key));
        if old == new {
            continue;
        }
        let shown = if key.contains('.') { Value::String(key).to_string() } else { key };
        let key = if prefix.is_empty() { shown } else { format!("{prefix}.{shown}") };
        match (old, new) {
            (Some(old @ Value::Object(_)), Some(new @ Value::Object(_))) => enter(&key, old, new, found),
            _ => found.push(ValueChange { key, before: old.cloned(), after: new.cloned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(before: &Value, after: &Value) -> Vec<String> {
        let value = |value: &Option<Value>| value.as_ref().map_or("—".to_owned(), Value::to_string);
        let line = |change: &ValueChange| format!("{} {} {}", change.key, value(&change.before), value(&change.after));
        value_changes(before, after).iter().map(line).collect()
    }

    #[test]
    fn values_inside_of_objects_are_compared_one_by_one() {
        let before = json!({"a": {"b": 1, "c": [1, 2]}, "d": null, "e": 5});
        let after = json!({"f": 6, "e": 5, "a": {"c": [2], "b": 1}, "d": {"x": 1}});
        assert_eq!(shown(&before, &after), ["a.c [1,2] [2]", "d null {\"x\":1}", "f — 6"]);
        assert!(value_changes(&before, &before).is_empty());
    }

    #[test]
    fn names_with_dots_cannot_be_taken_for_paths() {
        let changes = shown(&json!({"a.b": 1, "a": {"b": 2}}), &json!({"a.b": 3, "a": {"b": 4}}));
        assert_eq!(changes, ["\"a.b\" 1 3", "a.b 2 4"]);
    }

    #[test]
    fn what_is_no_object_has_no_values() {
        assert!(value_changes(&json!(null), &json!(null)).is_empty());
        assert_eq!(shown(&json!(null), &json!({"a": 1})), ["a — 1"]);
    }
}
