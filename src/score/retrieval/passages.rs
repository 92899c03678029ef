//! The passages that a check looks at, by their text or by their id.

use serde_json::Value;
use serde_json_path::JsonPath;

use super::super::check::{Finding, ScoreInput};
use super::super::reason;
use super::super::settings::{Fault, Settings, kind_of, text_of, texts_of};
use super::super::spec::OptionSpec;
use super::super::structure::parse::{NotJson, parse_output};

/// The option that names passages instead of those of the trial.
pub(super) const CONTEXT: OptionSpec = OptionSpec::value(
    "context",
    "text, or a list of texts",
    "the passages; those that the application retrieved unless given, else the case's `context`",
);
/// The option for passages inside the output.
pub(super) const PATH: OptionSpec = OptionSpec::fixed(
    "path",
    "a JSONPath",
    "where the passages stand in the output, which is JSON then; they are not looked for elsewhere",
);
/// The option for passages that are JSON objects.
pub(super) const ITEM: OptionSpec = OptionSpec::fixed(
    "item",
    "a JSONPath",
    "where the text or id stands in a passage that is a JSON object, such as `$.text`; `$.id` for ids unless given",
);

/// Where passages come from.
pub(super) struct Passages {
    given: Option<Vec<String>>,
    path: Option<JsonPath>,
    item: Option<JsonPath>,
}

impl Passages {
    /// From the options; `item` is where what is wanted stands in a passage, unless the user says it.
    pub(super) fn of(settings: &Settings, item: Option<&str>) -> Result<Passages, Vec<Fault>> {
        let given = settings.get("context").map(|value| texts_of("context", value)).transpose()?;
        let path = |option: &'static str, default: Option<&str>| -> Result<Option<JsonPath>, Vec<Fault>> {
            let text = match settings.get(option) {
                Some(value) => Some(text_of(option, "", value).map_err(Fault::alone)?),
                None => default.map(str::to_owned),
            };
            let wrong = |text: &str| Fault::new(option, format!("`{text}` is not a JSONPath")).code("invalid-jsonpath");
            text.map(|text| JsonPath::parse(&text).map_err(|_| wrong(&text).alone())).transpose()
        };
        let (path, item) = (path("path", None)?, path("item", item)?);
        if path.is_some() && given.is_some() {
            return Err(Fault::new("path", "`path` and `context` both say where the passages are").alone());
        }
        Ok(Passages { given, path, item })
    }

    /// Texts or ids of the passages, in their order.
    ///
    /// # Errors
    /// What is found where there are none: a fault of the output where it should hold them, else that nobody can tell.
    pub(super) fn read(&self, input: &ScoreInput<'_>) -> Result<Vec<String>, Finding> {
        let Some(path) = &self.path else {
            let retrieved = &input.reply.contexts;
            let of_trial = if retrieved.is_empty() { &input.case.context } else { retrieved };
            let passages = self.given.as_ref().unwrap_or(of_trial);
            if passages.is_empty() {
                return Err(Finding::Ungraded("neither the case nor the reply has context passages".to_owned()));
            }
            return passages.iter().zip(1_usize..).map(|(text, number)| self.of_text(text, number)).collect();
        };
        let text = &input.reply.text;
        if text.trim().is_empty() {
            return Err(Finding::Ungraded("the output is empty, so nobody knows what was retrieved".to_owned()));
        }
        let value = parse_output(text, true).map_err(|error| match error {
            NotJson::Fault(fault) => Finding::of_bool(false, fault, "JSON that names what was retrieved"),
            NotJson::TooDeep(fault) => Finding::Ungraded(fault),
        })?;
        path.query(&value).iter().zip(1_usize..).map(|(item, number)| self.of_value(item, number)).collect()
    }

    /// Passages of an application are texts; one that was an object is that object as JSON.
    fn of_text(&self, text: &str, number: usize) -> Result<String, Finding> {
        let is_object = || text.trim_start().starts_with('{');
        let parsed = self.item.as_ref().filter(|_| is_object()).and_then(|_| serde_json::from_str::<Value>(text).ok());
        match parsed {
            Some(value) => self.of_value(&value, number),
            None => Ok(text.trim().to_owned()),
        }
    }

    fn of_value(&self, value: &Value, number: usize) -> Result<String, Finding> {
        let found = match (&self.item, value) {
            (Some(item), Value::Object(_)) => {
                let missing = || Finding::Ungraded(format!("passage {number} has nothing at `{item}`"));
                item.query(value).first().ok_or_else(missing)?
            }
            _ => value,
        };
        match found {
            Value::String(text) => Ok(text.trim().to_owned()),
            Value::Number(number) => Ok(number.to_string()),
            other => Err(Finding::Ungraded(format!("passage {number} is {}, not a text or id", kind_of(other)))),
        }
    }
}

/// Some passages for a reason: the first of them.
pub(super) fn shown(passages: &[&str]) -> String {
    match passages {
        [] => "none".to_owned(),
        [first] => reason::quote(first),
        [first, rest @ ..] => format!("{} and {} more", reason::quote(first), rest.len()),
    }
}
