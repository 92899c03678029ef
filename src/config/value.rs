//! Typed values of `karat.yaml` with their places, and of environment variables.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::{
    Diagnostic, Fields, Kind, Millis, ModelRef, Node, Place, Problems, Usd, closest, files, parse_duration,
};

use super::{CallMode, Env, OnRejected, Origin};

/// A value and where it stands in `karat.yaml`.
pub(super) type Placed<T> = (T, Place);

/// Turns a placed value into a candidate for a setting.
pub(super) fn from_file<T>(placed: Option<Placed<T>>) -> Option<(T, Origin)> {
    placed.map(|(value, place)| (value, Origin::File(place)))
}

/// The place of field `name`.
pub(super) fn place_of(fields: &Fields<'_>, name: &str) -> Place {
    fields.source().place(fields.value_span(name))
}

pub(super) fn whole(
    fields: &mut Fields<'_>,
    name: &'static str,
    least: u32,
    most: u32,
    problems: &mut Problems,
) -> Option<Placed<u32>> {
    let number = fields.whole(name, i64::from(least)..=i64::from(most), problems)?;
    Some((u32::try_from(number).ok()?, place_of(fields, name)))
}

pub(super) fn flag(fields: &mut Fields<'_>, name: &'static str, problems: &mut Problems) -> Option<Placed<bool>> {
    let value = fields.flag(name, problems)?;
    Some((value, place_of(fields, name)))
}

pub(super) fn text(fields: &mut Fields<'_>, name: &'static str, problems: &mut Problems) -> Option<Placed<String>> {
    let value = fields.text(name, problems)?;
    if value.trim().is_empty() {
        fields.invalid(name, format!("`{name}` is empty"), problems);
        return None;
    }
    Some((value.to_owned(), place_of(fields, name)))
}

pub(super) fn calls(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Placed<CallMode>> {
    let choices: Vec<(&'static str, CallMode)> = CallMode::ALL.iter().map(|(word, mode, _)| (*word, *mode)).collect();
    let mode = fields.choice("calls", &choices, problems)?;
    Some((mode, place_of(fields, "calls")))
}

pub(super) fn on_rejected(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Placed<OnRejected>> {
    let choice = fields.choice("on_rejected", OnRejected::ALL, problems)?;
    Some((choice, place_of(fields, "on_rejected")))
}

pub(super) fn duration(
    fields: &mut Fields<'_>,
    name: &'static str,
    problems: &mut Problems,
) -> Option<Placed<Duration>> {
    let text = fields.text(name, problems)?;
    match parse_duration(text) {
        Ok(duration) => Some((duration, place_of(fields, name))),
        Err(message) => {
            fields.invalid(name, message, problems);
            None
        }
    }
}

/// A duration that is not zero, in milliseconds.
pub(super) fn millis(fields: &mut Fields<'_>, name: &'static str, problems: &mut Problems) -> Option<Millis> {
    let (duration, _) = duration(fields, name, problems)?;
    if duration.is_zero() {
        fields.invalid(name, format!("`{name}` is zero; leave it out for the default"), problems);
        return None;
    }
    Some(Millis::of(duration))
}

/// Dollars as a number or as text: `5`, `0.05`, `"0.05"`, `"$0.05"`.
pub(super) fn money(fields: &mut Fields<'_>, name: &'static str, problems: &mut Problems) -> Option<Placed<Usd>> {
    let node = fields.node(name)?;
    let text = match &node.kind {
        Kind::Text(text) => text.clone(),
        Kind::Int(number) => number.to_string(),
        // The shortest text that gives this number back: what the user wrote.
        Kind::Float(number) => number.to_string(),
        Kind::Null | Kind::Bool(_) | Kind::List(_) | Kind::Map(_) => {
            fields.invalid(name, format!("`{name}` must be an amount in dollars, such as `\"0.05\"`"), problems);
            return None;
        }
    };
    match amount(&text) {
        Ok(usd) => Some((usd, place_of(fields, name))),
        Err(message) => {
            fields.invalid(name, message, problems);
            None
        }
    }
}

fn amount(text: &str) -> Result<Usd, String> {
    let usd = Usd::parse(text).map_err(|error| error.to_string())?;
    if usd < Usd::ZERO { Err(format!("`{text}` is negative")) } else { Ok(usd) }
}

pub(super) fn models(
    fields: &mut Fields<'_>,
    apps: &[String],
    problems: &mut Problems,
) -> Option<Placed<Vec<ModelRef>>> {
    let texts = fields.texts("models", problems)?;
    let mut models = Vec::with_capacity(texts.len());
    for (text, span) in texts {
        match ModelRef::parse_among(text, apps) {
            Ok(model) => models.push(model),
            Err(error) => {
                let place = fields.source().place(span);
                problems.push(Diagnostic::error("invalid-value", error.to_string()).at(place));
            }
        }
    }
    Some((models, place_of(fields, "models")))
}

pub(super) fn model(
    fields: &mut Fields<'_>,
    name: &'static str,
    apps: &[String],
    problems: &mut Problems,
) -> Option<Placed<ModelRef>> {
    let text = fields.text(name, problems)?;
    match ModelRef::parse_among(text, apps) {
        Ok(model) => Some((model, place_of(fields, name))),
        Err(error) => {
            fields.invalid(name, error.to_string(), problems);
            None
        }
    }
}

/// A path below the project, made absolute with `root`.
pub(super) fn path_inside(
    fields: &mut Fields<'_>,
    name: &'static str,
    root: &Path,
    problems: &mut Problems,
) -> Option<Placed<PathBuf>> {
    let (named, place) = text(fields, name, problems)?;
    match files::inside(root, root, &named) {
        Ok(path) => Some((path, place)),
        Err(message) => {
            problems.push(Diagnostic::error("outside-project", message).at(place));
            None
        }
    }
}

/// An environment variable read by `parse`; a value it refuses is reported with the variable's name.
pub(super) fn from_env<T>(
    env: &Env,
    name: &'static str,
    parse: impl Fn(&str) -> Result<T, String>,
    problems: &mut Problems,
) -> Option<(T, Origin)> {
    let value = env.get(name)?;
    match parse(value.trim()) {
        Ok(value) => Some((value, Origin::of_variable(name, env))),
        Err(message) => {
            let from = if env.is_from_dotenv(name) { " (set in `.env`)" } else { "" };
            let message = format!("environment variable `{name}`{from}: {message}");
            problems.push(
                Diagnostic::error("invalid-environment-variable", message)
                    .help(format!("correct it, or `unset {name}`")),
            );
            None
        }
    }
}

pub(super) fn parse_calls(text: &str) -> Result<CallMode, String> {
    CallMode::parse(text).ok_or_else(|| {
        let words: Vec<&str> = CallMode::ALL.iter().map(|(word, _, _)| *word).collect();
        let near = closest(text, words.iter().copied()).map(|word| format!("; did you mean `{word}`?"));
        format!("`{text}` is not one of {}{}", words.join(", "), near.unwrap_or_default())
    })
}

/// Models separated by commas.
pub(super) fn parse_models(text: &str) -> Result<Vec<ModelRef>, String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| ModelRef::parse(part).map_err(|error| error.to_string())).collect()
}

pub(super) fn parse_money(text: &str) -> Result<Usd, String> {
    amount(text)
}

/// A whole number from 1 to `most`.
pub(super) fn parse_count(text: &str, most: u32) -> Result<u32, String> {
    let wrong = || format!("`{text}` is not a whole number from 1 to {most}");
    text.parse().ok().filter(|number| (1..=most).contains(number)).ok_or_else(wrong)
}

/// Whether the tree holds a text with `${`.
pub(super) fn has_template(node: &Node) -> bool {
    match &node.kind {
        Kind::Text(text) => text.contains("${"),
        Kind::List(items) => items.iter().any(has_template),
        Kind::Map(entries) => entries.iter().any(|(_, value)| has_template(value)),
        Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) => false,
    }
}
