//! The form of the answer: `output: {format: json, schema: review.schema.json}`.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::definition::Reading;
use crate::base::{Diagnostic, Digest, Fields, Kind, Node, Problems, files, parse_json_line, parse_yaml};
use crate::record::OutputFormat;

#[derive(Clone, Copy, PartialEq)]
enum Format {
    Text,
    Json,
}

/// Reads the value of `output:`. A schema without a format means JSON.
pub(in crate::prompt) fn read_output(node: &Node, reading: &Reading<'_>, problems: &mut Problems) -> OutputFormat {
    let Some(mut fields) = Fields::of(node, "output mapping", reading.source, problems) else {
        return OutputFormat::Text;
    };
    let format = fields.choice("format", &[("text", Format::Text), ("json", Format::Json)], problems);
    let schema_node = fields.node("schema");
    if schema_node.is_none() && format.is_none() && fields.raw("format").is_none() {
        fields.missing("format", problems);
    }
    if schema_node.is_some() && format == Some(Format::Text) {
        fields.invalid("schema", "`schema` needs `format: json`, this prompt answers with text", problems);
    }
    fields.finish(problems);
    match (schema_node.and_then(|node| read_schema("schema", node, reading, problems)), format) {
        (Some(schema), _) => OutputFormat::JsonSchema { name: schema_name(&schema), schema },
        (None, Some(Format::Json)) => OutputFormat::Json,
        (None, Some(Format::Text) | None) => OutputFormat::Text,
    }
}

/// A schema written in place or named by a path relative to the prompt's folder.
pub(super) fn read_schema(key: &str, node: &Node, reading: &Reading<'_>, problems: &mut Problems) -> Option<Value> {
    let place = || reading.source.place(node.span);
    let schema = match &node.kind {
        Kind::Map(_) => node.to_json(),
        Kind::Text(path) => {
            let source = files::inside(reading.root, reading.folder, path)
                .map_err(|message| Box::new(Diagnostic::error("path-outside-project", message)))
                .and_then(|path| files::read_source(&path, path.strip_prefix(reading.root).unwrap_or(&path)));
            match source {
                Ok(source) if path.ends_with(".yaml") || path.ends_with(".yml") => {
                    parse_yaml(&source, problems)?.to_json()
                }
                Ok(source) => parse_json_line(&source, problems)?.to_json(),
                Err(mut problem) => {
                    if let Some(inner) = problem.place.take().filter(|place| place.line > 0) {
                        problem.related.push((inner, "in this file".to_owned()));
                    }
                    problems.push(problem.at(place()));
                    return None;
                }
            }
        }
        _ => {
            let message = format!("`{key}` must be a path or a mapping, this is {}", node.describe());
            problems.push(Diagnostic::error("wrong-type", message).at(place()));
            return None;
        }
    };
    if !schema.is_object() {
        problems.push(Diagnostic::error("invalid-schema", "a schema must be a JSON object").at(place()));
        return None;
    }
    if let Err(error) = check_schema(&schema) {
        let message = format!("this is not a valid JSON Schema: {error}");
        problems.push(Diagnostic::error("invalid-schema", message).at(place()));
        return None;
    }
    Some(schema)
}

/// Whether it is a JSON Schema. The versions of a prompt share theirs, and looking at one takes longer than reading a
/// version: each is looked at once.
fn check_schema(schema: &Value) -> Result<(), String> {
    static SOUND: Mutex<BTreeSet<Digest>> = Mutex::new(BTreeSet::new());
    let digest = Digest::of_json(schema);
    if SOUND.lock().unwrap_or_else(PoisonError::into_inner).contains(&digest) {
        return Ok(());
    }
    jsonschema::validator_for(schema).map_err(|error| error.to_string())?;
    SOUND.lock().unwrap_or_else(PoisonError::into_inner).insert(digest);
    Ok(())
}

/// The schema's name on the wire: from its title, so that moving the file changes nothing; else `output`.
fn schema_name(schema: &Value) -> String {
    let title = schema.get("title").and_then(Value::as_str).unwrap_or("");
    let mut name = String::new();
    for c in title.chars().take(64) {
        if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') {
            name.push(c);
        } else if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
    }
    let name = name.trim_matches('_');
    if name.is_empty() { "output".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn schema_names_fit_the_wire() {
        assert_eq!(schema_name(&json!({"title": "Security review (v2)!"})), "Security_review_v2");
        assert_eq!(schema_name(&json!({"title": "größe"})), "gr_e");
        assert_eq!(schema_name(&json!({"title": "你好"})), "output");
        assert_eq!(schema_name(&json!({})), "output");
    }
}
