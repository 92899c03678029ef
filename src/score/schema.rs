//! Schemas of `json_schema` and `contains_json`: written out or in a file, compiled once, never from the network.

use std::path::Path;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, ValidationError, Validator};
use serde_json::{Value, json};

use super::CompileContext;
use super::options::Written;
use super::reason;
use super::settings::Fault;
use super::text_file::{self, pointing};
use crate::base::{Diagnostic, Digest, Kind, Node, Place, Problems, Source, Span, closest, json_message, parse_yaml};

/// Steps back a `pattern` of a schema may take on one text.
const BACKTRACK_LIMIT: usize = 200_000;
/// The types of JSON Schema.
const TYPES: [&str; 7] = ["object", "array", "string", "number", "integer", "boolean", "null"];
/// Violations told in a reason.
const TOLD: usize = 3;

/// The schema at `node`: a mapping (or `true`/`false`), or the path of a JSON or YAML file inside the project.
pub(super) fn load<'a>(
    option: &'static str,
    node: &'a Node,
    ctx: &CompileContext<'_>,
    problems: &mut Problems,
) -> Option<(Value, Written<'a>)> {
    match &node.kind {
        Kind::Map(_) | Kind::Bool(_) => Some((node.to_json(), Written::Here(node))),
        Kind::Text(named) => {
            let (schema, parsed, source) = read_file(named, node.span, ctx, problems)?;
            Some((schema, Written::File(Box::new((parsed, source)))))
        }
        Kind::Null | Kind::Int(_) | Kind::Float(_) | Kind::List(_) => {
            let message =
                format!("`{option}` must be a schema or the path of a file with one, this is {}", node.describe());
            problems.push(Diagnostic::error("wrong-type", message).at(ctx.source.place(node.span)));
            None
        }
    }
}

fn read_file(
    named: &str,
    span: Span,
    ctx: &CompileContext<'_>,
    problems: &mut Problems,
) -> Option<(Value, Node, Source)> {
    let here = ctx.source.place(span);
    let (path, source) = text_file::read(named, span, ctx, problems)?;
    let shown = path.strip_prefix(ctx.root).unwrap_or(Path::new(named));
    let mut own = Problems::new();
    let is_yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    // A `.json` file must be JSON; where a diagnostic needs a place inside, it is read as the YAML it is as well.
    let value = if is_yaml { None } else { strict_json(&source, &mut own) };
    let node = if own.has_errors() { None } else { parse_yaml(&source, &mut own) };
    let (schema, node) = match (value, node) {
        (Some(schema), Some(node)) => (schema, node),
        (None, Some(node)) if is_yaml && !own.has_errors() => (node.to_json(), node),
        // JSON that YAML cannot hold (numbers beyond 64 bits, tabs): sound, only without places inside.
        (Some(schema), None) => return Some((schema, Node { kind: Kind::Null, span: Span::whole_file() }, source)),
        _ => {
            own.sorted().into_iter().for_each(|problem| problems.push(pointing(problem.clone(), here.clone())));
            return None;
        }
    };
    if matches!(schema, Value::Object(_) | Value::Bool(_)) {
        return Some((schema, node, source));
    }
    let message = format!("a schema is a mapping, this file holds {}", node.describe());
    problems.push(Diagnostic::error("invalid-schema", message).at(Place::of_file(shown)).related(here, "named here"));
    None
}

fn strict_json(source: &Source, problems: &mut Problems) -> Option<Value> {
    match serde_json::from_str(source.text()) {
        Ok(value) => Some(value),
        Err(error) => {
            let line = u32::try_from(error.line()).unwrap_or(1).max(1);
            let col = u32::try_from(error.column()).unwrap_or(1).max(1);
            problems.push(
                Diagnostic::error("invalid-json", format!("not valid JSON: {}", json_message(&error)))
                    .at(source.place(Span::new(line, col, 1))),
            );
            None
        }
    }
}

/// A compiled schema.
pub(super) struct Schema {
    validator: Validator,
}

impl Schema {
    /// Compiles the schema of `option`. References must stay inside it.
    pub(super) fn compile(option: &'static str, schema: &Value) -> Result<Schema, Vec<Fault>> {
        Schema::compile_with(option, schema, true)
    }

    /// Like [`Schema::compile`]; `formats` says whether `format` is checked, or says nothing, as the newer drafts have it.
    pub(super) fn compile_with(option: &'static str, schema: &Value, formats: bool) -> Result<Schema, Vec<Fault>> {
        let mut faults = outside_references(option, schema);
        faults.extend(against_standard(option, schema));
        if !faults.is_empty() {
            return Err(faults);
        }
        jsonschema::options()
            .offline()
            .should_validate_formats(formats)
            .with_pattern_options(PatternOptions::fancy_regex().backtrack_limit(BACKTRACK_LIMIT))
            .build(schema)
            .map(|validator| Schema { validator })
            .map_err(|error| invalid(option, &error).alone())
    }

    /// What stands in the identity of a check for the schema: the digest of its content, wherever it is written.
    pub(super) fn canonical(schema: &Value) -> Value {
        json!({"schema": Digest::of_json(schema).to_string()})
    }

    /// Whether `value` follows the schema.
    pub(super) fn judge(&self, value: &Value) -> Verdict {
        if self.validator.is_valid(value) {
            return Verdict::Follows;
        }
        let mut told = Vec::new();
        for error in self.validator.iter_errors(value).take(TOLD) {
            if gave_up(&error) {
                return Verdict::Unknown(format!(
                    "a pattern of the schema backtracks more than {BACKTRACK_LIMIT} steps"
                ));
            }
            told.push(violation(&error));
        }
        Verdict::Violates(told.join("; "))
    }
}

/// Every place where the schema breaks the standard it declares; the newest when it declares none.
fn against_standard(option: &'static str, schema: &Value) -> Vec<Fault> {
    let Ok(standard) = jsonschema::meta::validator_for(schema) else { return Vec::new() };
    let mut faults: Vec<Fault> = Vec::new();
    for error in standard.iter_errors(schema) {
        let fault = invalid(option, &error);
        // The newer standards are written in parts, and several of them may object to the same place.
        if !faults.iter().any(|known| known.pointer == fault.pointer) {
            faults.push(fault);
        }
    }
    faults
}

fn invalid(option: &'static str, error: &ValidationError<'_>) -> Fault {
    let pointer = error.instance_path().to_string();
    let fault = |message: String| Fault::new(option, message).code("invalid-schema").pointer(pointer.as_str());
    // The standard says only that none of its alternatives fits.
    let names = ["/properties", "/patternProperties", "/$defs", "/definitions", "/dependentSchemas"];
    let is_type = |parent: &str| !names.iter().any(|name| parent.ends_with(name));
    if pointer.strip_suffix("/type").is_some_and(is_type) {
        let seen = error.instance().as_str().map_or_else(|| reason::json(error.instance()), |word| format!("`{word}`"));
        let near = error.instance().as_str().and_then(|word| closest(word, TYPES.iter().copied()));
        let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        return fault(format!("{seen} is not a type of JSON{near}")).help(format!("one of {}", TYPES.join(", ")));
    }
    fault(format!("this is not a valid schema: {}", reason::message(&error.to_string())))
}

/// What a schema says of a value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Follows,
    /// The first violations, each with its place.
    Violates(String),
    /// It could not be judged.
    Unknown(String),
}

fn gave_up(error: &ValidationError<'_>) -> bool {
    matches!(error.kind(), ValidationErrorKind::BacktrackLimitExceeded { .. })
}

fn violation(error: &ValidationError<'_>) -> String {
    let path = error.instance_path().to_string();
    let place = if path.is_empty() { "at the top" } else { &reason::message(&path) };
    // The message repeats the offending value: a value of a whole page says nothing, so it is masked then.
    let message = error.to_string();
    let message = if message.chars().count() > 120 { error.masked().to_string() } else { message };
    format!("{place}: {}", reason::message(&message))
}

/// Each `$ref` that is neither inside the schema nor one of the standard's own.
fn outside_references(option: &'static str, schema: &Value) -> Vec<Fault> {
    let mut known = Vec::new();
    walk(schema, "", &mut |key, text, _| {
        if key == "$id" || key == "id" {
            known.push(text.trim_end_matches('#').to_owned());
        }
    });
    let mut faults = Vec::new();
    walk(schema, "", &mut |key, text, pointer| {
        let base = text.split('#').next().unwrap_or("");
        let inside = base.is_empty()
            || base.starts_with("http://json-schema.org/")
            || base.starts_with("https://json-schema.org/")
            || known.iter().any(|id| id == base || id.ends_with(&format!("/{base}")));
        if matches!(key, "$ref" | "$dynamicRef" | "$recursiveRef") && !inside {
            let kind = if base.contains("://") { "remote-ref" } else { "outside-ref" };
            faults.push(
                Fault::new(
                    option,
                    format!("`{}` leads out of this schema; karat fetches nothing", reason::message(text)),
                )
                .code(kind)
                .pointer(pointer)
                .help("copy what it names into `$defs` and write `#/$defs/NAME`"),
            );
        }
    });
    faults
}

/// Visits every text of every mapping, with its key and its JSON pointer.
fn walk(value: &Value, pointer: &str, visit: &mut impl FnMut(&str, &str, &str)) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                // What stands under these is data, not schema.
                if matches!(key.as_str(), "const" | "enum" | "default" | "examples") {
                    continue;
                }
                let inner = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
                if let Value::String(text) = value {
                    visit(key, text, &inner);
                }
                walk(value, &inner, visit);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &format!("{pointer}/{index}"), visit);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
