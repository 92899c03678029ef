//! Picoschema, dotprompt's short form of JSON Schema.
//!
//! Rules: <https://google.github.io/dotprompt/reference/picoschema>.

use serde_json::{Map, Value, json};

const SCALARS: &[&str] = &["any", "boolean", "integer", "null", "number", "string"];
const MAX_DEPTH: usize = 24;

/// The JSON Schema that a schema in a `.prompt` file means.
///
/// # Errors
/// A message when it names a schema that is elsewhere, or has another form.
pub(super) fn to_json_schema(schema: &Value) -> Result<Value, String> {
    if let Value::Object(map) = schema {
        let kind = map.get("type").and_then(Value::as_str);
        if kind.is_some_and(|kind| SCALARS.contains(&kind) || matches!(kind, "object" | "array")) {
            return Ok(schema.clone());
        }
        if map.get("properties").is_some_and(Value::is_object) {
            let mut whole = map.clone();
            whole.insert("type".to_owned(), json!("object"));
            return Ok(Value::Object(whole));
        }
    }
    pico(schema, 0)
}

fn pico(schema: &Value, depth: usize) -> Result<Value, String> {
    if depth > MAX_DEPTH {
        return Err("the schema is nested too deep".to_owned());
    }
    match schema {
        Value::String(text) => scalar(text),
        Value::Object(map) => object(map, depth),
        _ => Err("a schema consists of names and types".to_owned()),
    }
}

fn scalar(text: &str) -> Result<Value, String> {
    let (kind, about) = described(text);
    if !SCALARS.contains(&kind) {
        return Err(format!("`{kind}` is no type; schemas that are defined elsewhere cannot be imported"));
    }
    let mut schema = Map::new();
    if kind != "any" {
        schema.insert("type".to_owned(), json!(kind));
    }
    if let Some(about) = about {
        schema.insert("description".to_owned(), json!(about));
    }
    Ok(Value::Object(schema))
}

fn object(map: &Map<String, Value>, depth: usize) -> Result<Value, String> {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    let mut others = json!(false);
    for (key, value) in map {
        if key == "(*)" {
            others = pico(value, depth + 1)?;
            continue;
        }
        let (name, info) = match key.split_once('(') {
            Some((name, info)) => (name, Some(info.trim_end_matches(')'))),
            None => (key.as_str(), None),
        };
        let (name, is_optional) = name.strip_suffix('?').map_or((name, false), |name| (name, true));
        if !is_optional {
            required.push(json!(name));
        }
        let (kind, about) = info.map_or((None, None), |info| {
            let (kind, about) = described(info);
            (Some(kind), about)
        });
        let mut property = match kind {
            None | Some("object") => pico(value, depth + 1)?,
            Some("array") => json!({"type": "array", "items": pico(value, depth + 1)?}),
            Some("enum") => {
                let mut choices = value.as_array().cloned().ok_or("an enum is a list of values")?;
                if is_optional && !choices.contains(&Value::Null) {
                    choices.push(Value::Null);
                }
                json!({"enum": choices})
            }
            Some(kind) => return Err(format!("`{kind}` in brackets is no type; use array, object or enum")),
        };
        if let Value::Object(property) = &mut property {
            if is_optional && let Some(Value::String(kind)) = property.get("type").cloned() {
                property.insert("type".to_owned(), json!([kind, "null"]));
            }
            if let Some(about) = about {
                property.insert("description".to_owned(), json!(about));
            }
        }
        properties.insert(name.to_owned(), property);
    }
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), Value::Object(properties));
    if !required.is_empty() {
        schema.insert("required".to_owned(), Value::Array(required));
    }
    schema.insert("additionalProperties".to_owned(), others);
    Ok(Value::Object(schema))
}

fn described(text: &str) -> (&str, Option<&str>) {
    match text.split_once(',') {
        Some((kind, about)) => (kind.trim(), Some(about.trim_start())),
        None => (text.trim(), None),
    }
}

/// The rules of a variable, from the JSON Schema of a property; the flag says whether it loses rules of what is inside.
pub(super) fn variable_of(schema: &Value, is_required: bool) -> (Map<String, Value>, bool) {
    let mut rules = Map::new();
    let text = |key: &str| schema.get(key).and_then(Value::as_str);
    if let Some(about) = text("description") {
        rules.insert("about".to_owned(), json!(about));
    }
    let kind = match schema.get("type") {
        Some(Value::String(kind)) => Some(kind.as_str()),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        _ => None,
    };
    let choices: Vec<Value> = schema.get("enum").and_then(Value::as_array).cloned().unwrap_or_default();
    let choices: Vec<Value> = choices.into_iter().filter(|choice| !choice.is_null()).collect();
    let ours = match kind {
        Some("integer" | "number" | "float") => Some("number"),
        Some("array") => Some("list"),
        Some(kind @ ("string" | "boolean" | "object")) => Some(kind),
        _ if !choices.is_empty() && choices.iter().all(Value::is_string) => Some("string"),
        _ => None,
    };
    if let Some(ours) = ours {
        rules.insert("type".to_owned(), json!(ours));
    }
    if !is_required {
        rules.insert("required".to_owned(), json!(false));
    }
    if !choices.is_empty() {
        rules.insert("one_of".to_owned(), Value::Array(choices));
    }
    for (theirs, key) in [("minLength", "min_chars"), ("maxLength", "max_chars"), ("pattern", "pattern")] {
        if let Some(value) = schema.get(theirs) {
            rules.insert(key.to_owned(), value.clone());
        }
    }
    let inner = schema.get("items").or_else(|| schema.get("properties")).or_else(|| schema.get("additionalProperties"));
    let has_inner = inner.is_some_and(|inner| inner.as_object().is_some_and(|inner| !inner.is_empty()));
    let is_narrowed =
        kind == Some("integer") || ["minimum", "maximum", "format"].iter().any(|key| schema.get(*key).is_some());
    (rules, has_inner || is_narrowed)
}

/// The key and value of a property in Picoschema, for the rules of a variable; `None` when it needs JSON Schema.
pub(super) fn property_of(name: &str, rules: &Map<String, Value>) -> Option<(String, Value)> {
    let get = |key: &str| rules.get(key);
    if ["min_chars", "max_chars", "pattern"].iter().any(|key| get(key).is_some()) {
        return None;
    }
    let about = get("about").and_then(Value::as_str);
    if about.is_some_and(|about| about.is_empty() || about.trim_start() != about || about.contains(['\n', '(', ')'])) {
        return None;
    }
    let optional = if get("required") == Some(&Value::Bool(true)) { "" } else { "?" };
    let comma = about.map_or_else(String::new, |about| format!(", {about}"));
    if let Some(choices) = get("one_of") {
        let is_typed = get("type") == Some(&json!("string")) && choices.as_array()?.iter().all(Value::is_string);
        return is_typed.then(|| (format!("{name}{optional}(enum{comma})"), choices.clone()));
    }
    Some(match get("type").and_then(Value::as_str).unwrap_or("any") {
        "list" => (format!("{name}{optional}(array{comma})"), json!("any")),
        "object" => (format!("{name}{optional}(object{comma})"), json!({"(*)": "any"})),
        kind => (format!("{name}{optional}"), json!(format!("{kind}{comma}"))),
    })
}

/// The JSON Schema of a variable.
pub(super) fn schema_of(rules: &Map<String, Value>) -> Value {
    let mut schema = Map::new();
    let kind = match rules.get("type").and_then(Value::as_str) {
        Some("list") => Some("array"),
        Some("any") | None => None,
        Some(kind) => Some(kind),
    };
    if let Some(kind) = kind {
        schema.insert("type".to_owned(), json!(kind));
    }
    for (key, theirs) in [
        ("about", "description"),
        ("one_of", "enum"),
        ("min_chars", "minLength"),
        ("max_chars", "maxLength"),
        ("pattern", "pattern"),
    ] {
        if let Some(value) = rules.get(key) {
            schema.insert(theirs.to_owned(), value.clone());
        }
    }
    Value::Object(schema)
}
