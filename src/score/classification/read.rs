//! Where in an output a label or a confidence stands.

use serde_json::Value;
use serde_json_path::JsonPath;

use super::super::reason;
use super::super::settings::{Fault, kind_of, text_of};
use super::super::structure::parse::{NotJson, parse_output};
use super::super::text::regex::Pattern;

/// A place in an output.
pub(super) enum Place {
    /// The whole of it.
    Text,
    /// Its first word.
    FirstWord,
    /// At a path of the JSON it is.
    JsonPath(JsonPath),
    /// The last group of an expression that matched, or the whole match.
    Regex(Pattern),
}

impl Place {
    /// Reads `text`, `first_word`, `{jsonpath: …}` or `{regex: …}`.
    pub(super) fn parse(option: &'static str, value: &Value) -> Result<Place, Fault> {
        let wrong = |seen: &str| {
            Fault::new(option, format!("`{option}` says where it stands in the output, this is {seen}"))
                .help("write `text`, `first_word`, `{jsonpath: $.category}` or `{regex: 'Label: (\\w+)'}`")
        };
        match value {
            Value::String(word) if word == "text" => Ok(Place::Text),
            Value::String(word) if word == "first_word" => Ok(Place::FirstWord),
            Value::String(other) => Err(wrong(&format!("`{other}`"))),
            Value::Object(entries) => match entries.iter().collect::<Vec<_>>().as_slice() {
                [(key, value)] if *key == "jsonpath" => {
                    let text = text_of(option, "/jsonpath", value)?;
                    JsonPath::parse(&text).map(Place::JsonPath).map_err(|error| {
                        Fault::new(option, format!("this is not a JSONPath: {}", reason::message(error.message())))
                            .code("invalid-jsonpath")
                            .pointer("/jsonpath")
                            .help("paths begin with `$`, such as `$.category`")
                    })
                }
                [(key, value)] if *key == "regex" => {
                    Pattern::compile(option, value).map(Place::Regex).map_err(|fault| fault.pointer("/regex"))
                }
                _ => Err(wrong("a mapping with other keys")),
            },
            other => Err(wrong(kind_of(other))),
        }
    }

    /// The text there; `Err` says what was seen instead.
    pub(super) fn find(&self, output: &str) -> Result<String, Missing> {
        match self {
            Place::Text => Ok(output.to_owned()),
            Place::FirstWord => {
                let in_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '/');
                let begun = output.trim_start_matches(|c: char| !in_word(c));
                let end = begun.find(|c: char| !in_word(c)).unwrap_or(begun.len());
                Ok(begun.get(..end).unwrap_or("").to_owned())
            }
            Place::JsonPath(path) => at_path(path, output),
            Place::Regex(pattern) => match pattern.captured(output) {
                Ok(Some(text)) => Ok(text.to_owned()),
                Ok(None) => {
                    Err(Missing::Seen(format!("no match of `{}` in {}", pattern.as_str(), reason::quote(output))))
                }
                Err(reason) => Err(Missing::Unknown(reason)),
            },
        }
    }
}

/// Why there is no text at a place.
pub(super) enum Missing {
    /// It is not there: what was seen instead.
    Seen(String),
    /// Nobody can tell.
    Unknown(String),
}

fn at_path(path: &JsonPath, output: &str) -> Result<String, Missing> {
    let value = match parse_output(output, true) {
        Ok(value) => value,
        Err(NotJson::Fault(seen)) => return Err(Missing::Seen(seen)),
        Err(NotJson::TooDeep(reason)) => return Err(Missing::Unknown(reason)),
    };
    let found: Vec<&Value> = path.query(&value).into_iter().collect();
    match found.as_slice() {
        [Value::String(text)] => Ok(text.clone()),
        [one @ (Value::Number(_) | Value::Bool(_))] => Ok(one.to_string()),
        [] => Err(Missing::Seen(format!("nothing at `{path}` of {}", reason::json(&value)))),
        [one] => Err(Missing::Seen(format!("{} at `{path}`", kind_of(one)))),
        several => Err(Missing::Seen(format!("{} values at `{path}`", several.len()))),
    }
}
