//! Writes Prompty, version 2. Checked against the Python package `prompty` 2.1.0.
//!
//! Its readers take line breaks at the two ends of a rendered message away, so a message that ends in a loop may end in
//! fewer of them there.

use serde_json::{Map, Value, json};

use super::jinja_read::Jinja;
use super::jinja_write::write_jinja;
use super::outline::{OutPart, Outline, role_word};
use super::prompty::role_line;
use super::settings::{Naming, write_settings};
use crate::base::print_yaml;
use crate::record::OutputFormat;

/// Parameters that have a key of their own; others stand under `additionalProperties`, as APIs name them.
const OPTIONS: &[&str] =
    &["temperature", "top_p", "top_k", "max_tokens", "stop", "seed", "presence_penalty", "frequency_penalty", "effort"];

pub(super) fn write(outline: &mut Outline<'_>) -> String {
    outline.refuse_overrides();
    outline.refuse_rules(&["about", "type", "required", "default", "one_of"]);
    let mut head = Map::new();
    let name = outline.prompt.registered.as_ref().map_or(outline.prompt.name.as_str(), |(name, _)| name.as_str());
    head.insert("name".to_owned(), json!(name));
    if let Some(about) = &outline.prompt.about {
        head.insert("description".to_owned(), json!(about));
    }
    let (own, others): (Map<String, Value>, Map<String, Value>) =
        outline.params.clone().into_iter().partition(|(key, _)| OPTIONS.contains(&key.as_str()));
    let mut options = write_settings(&own, Naming::Camel);
    let more = write_settings(&others, Naming::Snake);
    if !more.is_empty() {
        options.insert("additionalProperties".to_owned(), Value::Object(more));
    }
    if !options.is_empty() {
        head.insert("model".to_owned(), json!({"options": options}));
    }
    let inputs: Map<String, Value> =
        outline.variables.iter().map(|(name, rules)| (name.clone(), input_of(rules))).collect();
    if !inputs.is_empty() {
        head.insert("inputs".to_owned(), Value::Object(inputs));
    }
    match outline.output.clone() {
        OutputFormat::Text => {}
        OutputFormat::Json => outline.refuse("`output: {format: json}` without a schema", outline.prompt.place.clone()),
        OutputFormat::JsonSchema { schema, .. } => match kinds(&schema) {
            Ok(outputs) => drop(head.insert("outputs".to_owned(), outputs)),
            Err(what) => outline.refuse(format!("the output schema's {what}"), outline.prompt.place.clone()),
        },
    }
    head.insert("template".to_owned(), json!({"format": {"kind": "jinja2"}, "parser": {"kind": "prompty"}}));
    let head = print_yaml(&Value::Object(head), 2);
    // Its readers end the YAML at the first three dashes or pluses, wherever they stand.
    if head.contains("---") || head.contains("+++") {
        outline.refuse("`---` or `+++` in a description or default", outline.prompt.place.clone());
    }
    format!("---\n{head}---\n{}", body(outline))
}

fn input_of(rules: &Map<String, Value>) -> Value {
    let kind = match rules.get("type").and_then(Value::as_str) {
        Some("number") => "float",
        Some("list") => "array",
        Some(kind) => kind,
        None => "any",
    };
    let mut input = Map::new();
    input.insert("kind".to_owned(), json!(kind));
    // Its readers insist on them.
    match kind {
        "array" => drop(input.insert("items".to_owned(), json!({"kind": "any"}))),
        "object" => drop(input.insert("properties".to_owned(), json!({}))),
        _ => {}
    }
    for (key, theirs) in
        [("about", "description"), ("required", "required"), ("default", "default"), ("one_of", "enumValues")]
    {
        if let Some(value) = rules.get(key) {
            input.insert(theirs.to_owned(), value.clone());
        }
    }
    Value::Object(input)
}

/// `outputs` for a JSON Schema; `Err` names what in it has no word there.
fn kinds(schema: &Value) -> Result<Value, String> {
    let object = schema.as_object().ok_or("form")?;
    let known = ["type", "properties", "required", "additionalProperties", "title", "description", "$schema"];
    if let Some(key) = object.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(format!("`{key}`"));
    }
    let required: Vec<&str> =
        object.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = object.get("properties").and_then(Value::as_object).ok_or("form")?;
    let entry = |(name, property): (&String, &Value)| {
        let mut kind = kind_of(property)?;
        if let Value::Object(kind) = &mut kind {
            kind.insert("required".to_owned(), json!(required.contains(&name.as_str())));
        }
        Ok((name.clone(), kind))
    };
    properties.iter().map(entry).collect::<Result<Map<_, _>, String>>().map(Value::Object)
}

fn kind_of(schema: &Value) -> Result<Value, String> {
    let object = schema.as_object().ok_or("form")?;
    let (word, is_nullable) = match object.get("type") {
        Some(Value::Array(kinds)) => match kinds.as_slice() {
            [Value::String(kind), Value::String(null)] if null == "null" => (Some(kind.as_str()), true),
            _ => return Err("`type` of several kinds".to_owned()),
        },
        kind => (kind.and_then(Value::as_str), false),
    };
    let kind = match word {
        Some("number") => "float",
        Some(kind @ ("string" | "integer" | "boolean" | "array" | "object")) => kind,
        None if object.contains_key("enum") => "string",
        _ => return Err("`type`".to_owned()),
    };
    let mut property = Map::new();
    property.insert("kind".to_owned(), json!(kind));
    if is_nullable {
        property.insert("nullable".to_owned(), json!(true));
    }
    for (key, value) in object {
        match key.as_str() {
            "type" | "title" => {}
            "description" => drop(property.insert("description".to_owned(), value.clone())),
            "enum" => drop(property.insert("enumValues".to_owned(), value.clone())),
            "items" => drop(property.insert("items".to_owned(), kind_of(value)?)),
            "properties" => drop(property.insert("properties".to_owned(), kinds(schema)?)),
            "required" | "additionalProperties" if kind == "object" => {}
            key => return Err(format!("`{key}`")),
        }
    }
    match kind {
        "array" if !property.contains_key("items") => return Err("array without `items`".to_owned()),
        "object" if !property.contains_key("properties") => return Err("object without `properties`".to_owned()),
        _ => {}
    }
    Ok(Value::Object(property))
}

/// The template: a line with the role before each message.
fn body(outline: &mut Outline<'_>) -> String {
    let mut blocks = Vec::new();
    let messages = std::mem::take(&mut outline.messages);
    for message in &messages {
        let mut text = String::new();
        for part in &message.parts {
            match part {
                OutPart::Text(pieces, origin) => {
                    if !text.is_empty() {
                        outline.refuse("two texts in one message", message.place.clone());
                    }
                    let mut lost = Vec::new();
                    text.push_str(&write_jinja(pieces, Jinja::Python, &mut lost));
                    outline.refuse_all(lost, origin);
                }
                OutPart::Image(_) | OutPart::File { .. } => {
                    outline.refuse("an image or document", message.place.clone());
                }
            }
        }
        if text.lines().any(|line| role_line(line).is_some()) {
            outline.refuse("a line of a message that is a role and a colon", message.place.clone());
        }
        if text.starts_with('\n') || text.ends_with('\n') {
            outline.refuse("line breaks at the beginning or end of a message", message.place.clone());
        }
        blocks.push(format!("{}:\n{}\n", role_word(message.role), text.trim_matches('\n')));
    }
    outline.messages = messages;
    blocks.join("\n")
}
