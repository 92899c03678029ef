//! The options of one check as JSON values, and what can be wrong with them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::compile::{CheckModels, CompileContext};
use crate::base::Ratio;

/// Options of one check: what was written, or what the case says.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings {
    given: BTreeMap<&'static str, Value>,
    /// Models for checks that ask.
    models: Arc<CheckModels>,
    /// The project's folder, for checks that run programs of it.
    root: PathBuf,
    /// Where the contents of options came from that name files.
    files: BTreeMap<&'static str, PathBuf>,
    /// `threshold`, for checks that look closer at values near it.
    threshold: Option<Ratio>,
}

impl Settings {
    pub(super) fn set(&mut self, option: &'static str, value: Value) {
        self.given.insert(option, value);
    }

    /// Of a check in this project, with the models that checks ask unless they name others.
    pub(super) fn of(ctx: &CompileContext<'_>) -> Settings {
        Settings { models: Arc::clone(ctx.models), root: ctx.root.to_path_buf(), ..Settings::default() }
    }

    /// The project's folder.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Keeps the file that the content of an option came from.
    pub(super) fn set_file(&mut self, option: &'static str, file: PathBuf) {
        self.files.insert(option, file);
    }

    /// The file that the content of an option came from, absolute.
    pub(super) fn file(&self, option: &str) -> Option<&Path> {
        self.files.get(option).map(PathBuf::as_path)
    }

    /// The models that checks ask unless they name others.
    pub(super) fn models(&self) -> &CheckModels {
        &self.models
    }

    /// Keeps the lowest value that passes.
    pub(super) fn set_threshold(&mut self, threshold: Option<Ratio>) {
        self.threshold = threshold;
    }

    /// The lowest value that passes; `None` is what the check itself says.
    pub(super) fn threshold(&self) -> Option<Ratio> {
        self.threshold
    }

    pub(super) fn get(&self, option: &str) -> Option<&Value> {
        self.given.get(option)
    }

    /// The value of the check; a fault when there is none.
    pub(super) fn value(&self) -> Result<&Value, Vec<Fault>> {
        self.get("value").ok_or_else(|| Fault::new("value", "it has no value").alone())
    }

    pub(super) fn flag(&self, option: &str) -> bool {
        self.get(option).and_then(Value::as_bool).unwrap_or(false)
    }

    /// The word of a closed set; `default` when absent.
    pub(super) fn word<'a>(&'a self, option: &str, default: &'a str) -> &'a str {
        self.get(option).and_then(Value::as_str).unwrap_or(default)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.given.iter().map(|(name, value)| (*name, value))
    }
}

/// The code of faults whose lines are not shown.
pub(super) const LITERAL_KEY: &str = "literal-key";

/// What is wrong with an option: a diagnostic when it was written, the reason of an ungraded score when it came from
/// the case.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fault {
    pub(super) code: &'static str,
    /// The option.
    pub(super) option: &'static str,
    /// JSON pointer into the option's value; empty for the whole.
    pub(super) pointer: Box<str>,
    /// Bytes of the text that is wrong.
    pub(super) range: Option<(usize, usize)>,
    /// Lowercase; names what was seen.
    pub(super) message: String,
    pub(super) help: Option<Box<str>>,
}

impl Fault {
    pub(super) fn new(option: &'static str, message: impl Into<String>) -> Fault {
        Fault { code: "invalid-value", option, pointer: "".into(), range: None, message: message.into(), help: None }
    }

    pub(super) fn code(mut self, code: &'static str) -> Fault {
        self.code = code;
        self
    }

    pub(super) fn pointer(mut self, pointer: impl Into<Box<str>>) -> Fault {
        self.pointer = pointer.into();
        self
    }

    pub(super) fn range(mut self, range: Option<(usize, usize)>) -> Fault {
        self.range = range;
        self
    }

    pub(super) fn help(mut self, help: impl Into<Box<str>>) -> Fault {
        self.help = Some(help.into());
        self
    }

    pub(super) fn alone(self) -> Vec<Fault> {
        vec![self]
    }
}

/// What a JSON value is, for messages.
pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(number) if number.is_f64() => "a number",
        Value::Number(_) => "a whole number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

/// A text that is not empty. Whole numbers stand for their digits; other numbers and booleans must be quoted, because
/// how they were written is lost.
pub(super) fn text_of(option: &'static str, pointer: &str, value: &Value) -> Result<String, Fault> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if !number.is_f64() => number.to_string(),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            let fault = Fault::new(option, format!("`{option}` must be text, this is {}", kind_of(other)))
                .code("wrong-type")
                .pointer(pointer);
            return Err(match other {
                Value::Bool(_) | Value::Number(_) => fault.help("put it in quotes"),
                Value::Array(_) => fault.help("a list belongs to a check such as `contains_any` or `one_of`"),
                Value::Null | Value::String(_) | Value::Object(_) => fault,
            });
        }
    };
    if text.is_empty() {
        return Err(Fault::new(option, "an empty text is part of every text").pointer(pointer));
    }
    Ok(text)
}

/// A list of texts; a single text stands for a list of one. All faults at once.
pub(super) fn texts_of(option: &'static str, value: &Value) -> Result<Vec<String>, Vec<Fault>> {
    let Value::Array(items) = value else {
        return text_of(option, "", value).map(|text| vec![text]).map_err(Fault::alone);
    };
    if items.is_empty() {
        return Err(Fault::new(option, format!("`{option}` is an empty list")).alone());
    }
    let mut texts = Vec::with_capacity(items.len());
    let mut faults = Vec::new();
    for (index, item) in items.iter().enumerate() {
        match text_of(option, &format!("/{index}"), item) {
            Ok(text) => texts.push(text),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(texts) } else { Err(faults) }
}
