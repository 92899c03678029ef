//! Output schemas: every object must be closed.

use serde_json::{Value, json};

/// The schema with `additionalProperties: false` on every object, and whether that changed it.
pub(super) fn closed(schema: &Value) -> (Value, bool) {
    let mut copy = schema.clone();
    let changed = close(&mut copy);
    (copy, changed)
}

fn close(value: &mut Value) -> bool {
    match value {
        Value::Object(map) => {
            let mut changed = false;
            for (key, inner) in map.iter_mut() {
                // Data, not schemas.
                if !matches!(key.as_str(), "enum" | "const" | "default" | "examples") {
                    changed |= close(inner);
                }
            }
            let is_object = map.get("type").is_some_and(|kind| kind == "object");
            if is_object && map.get("additionalProperties") != Some(&Value::Bool(false)) {
                map.insert("additionalProperties".to_owned(), json!(false));
                changed = true;
            }
            changed
        }
        Value::Array(items) => items.iter_mut().fold(false, |changed, item| close(item) | changed),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_is_closed_and_data_is_left_alone() {
        let schema = json!({"type": "object", "properties": {
            "type": {"type": "string", "enum": [{"type": "object"}]},
            "list": {"type": "array", "items": {"type": "object", "additionalProperties": true}}}});
        let (closed_schema, changed) = closed(&schema);
        assert!(changed);
        assert_eq!(closed_schema["additionalProperties"], false);
        assert_eq!(closed_schema["properties"]["list"]["items"]["additionalProperties"], false);
        assert_eq!(closed_schema["properties"]["type"]["enum"], json!([{"type": "object"}]));
        assert_eq!(closed(&closed_schema), (closed_schema.clone(), false));
    }
}
