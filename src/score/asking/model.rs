//! Which model a check asks: its own option, or the one of the project.

use super::super::settings::{Fault, Settings};
use crate::base::ModelRef;

/// The model that the option names; `None` when it is not written.
pub(in crate::score) fn named(settings: &Settings, option: &'static str) -> Result<Option<ModelRef>, Vec<Fault>> {
    let Some(value) = settings.get(option) else { return Ok(None) };
    let Some(text) = value.as_str() else {
        return Err(Fault::new(option, format!("`{option}` must be `provider/model`")).code("wrong-type").alone());
    };
    ModelRef::parse(text).map(Some).map_err(|error| Fault::new(option, error.to_string()).alone())
}

/// The fault of a check that has nobody to ask.
pub(in crate::score) fn nobody(option: &'static str, key: &str, example: &str) -> Vec<Fault> {
    Fault::new(option, format!("no model to ask: neither `{option}` here nor `{key}` in karat.yaml names one"))
        .code("no-model")
        .help(format!("write `{key}: {example}` in karat.yaml, or `{option}: {example}` here"))
        .alone()
}
