//! Options that several of these checks share.

use super::super::settings::{Fault, Settings, texts_of};
use super::super::text::regex::Pattern;
use crate::base::closest;

/// Values and patterns of values that are allowed.
pub(super) struct Allowed {
    /// In the form of [`plain`].
    values: Vec<String>,
    patterns: Vec<Pattern>,
}

impl Allowed {
    /// Reads `allow` and `allow_pattern`.
    pub(super) fn read(settings: &Settings) -> Result<Allowed, Vec<Fault>> {
        let values = texts(settings, "allow")?.iter().map(|value| plain(value)).collect();
        let mut faults = Vec::new();
        let mut patterns = Vec::new();
        let given = settings
            .get("allow_pattern")
            .map_or(&[][..], |value| value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice));
        for (index, value) in given.iter().enumerate() {
            match Pattern::compile("allow_pattern", value) {
                Ok(pattern) => patterns.push(pattern),
                Err(fault) if given.len() > 1 => faults.push(fault.pointer(format!("/{index}"))),
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() { Ok(Allowed { values, patterns }) } else { Err(faults) }
    }

    /// Whether a value is allowed: equal but for case and separators, or matched from end to end. A pattern that gives up
    /// allows nothing.
    pub(super) fn has(&self, value: &str) -> bool {
        let is_whole = |pattern: &Pattern| matches!(pattern.find(value), Ok(Some((0, end))) if end == value.len());
        (!self.values.is_empty() && self.values.contains(&plain(value))) || self.patterns.iter().any(is_whole)
    }
}

/// A value without case, blanks and the separators of numbers.
fn plain(value: &str) -> String {
    let is_kept = |c: &char| c.is_alphanumeric() || matches!(c, '@' | '.' | '_' | ':');
    value.chars().filter(is_kept).flat_map(char::to_lowercase).collect()
}

/// The texts of an option; none when it is not given.
pub(super) fn texts(settings: &Settings, option: &'static str) -> Result<Vec<String>, Vec<Fault>> {
    settings.get(option).map_or(Ok(Vec::new()), |value| texts_of(option, value))
}

/// The words of an option, each one of `known`; none when it is not given.
pub(super) fn words(settings: &Settings, option: &'static str, known: &[&str]) -> Result<Vec<String>, Vec<Fault>> {
    let words = texts(settings, option)?;
    let is_list = settings.get(option).is_some_and(serde_json::Value::is_array);
    let mut faults = Vec::new();
    for (index, word) in words.iter().enumerate().filter(|(_, word)| !known.contains(&word.as_str())) {
        let near =
            closest(word, known.iter().copied()).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        let pointer = if is_list { format!("/{index}") } else { String::new() };
        let help = if known.len() <= 12 {
            format!("one of {}", known.join(", "))
        } else {
            format!("among them {}", known.iter().take(8).copied().collect::<Vec<_>>().join(", "))
        };
        faults
            .push(Fault::new(option, format!("`{word}` is not known to `{option}`{near}")).pointer(pointer).help(help));
    }
    if faults.is_empty() { Ok(words) } else { Err(faults) }
}
