//! Texts with slots: `{{ path.to.value }}`, optionally `{{ path | json }}`. Paths and two filters, no logic.
//!
//! For what karat sends to a user's application. Prompts have a real template engine; a request must not: whatever
//! stands in a slot is data, and who fills it decides how data is written where the slot stands.

use thiserror::Error;

use super::closest;

/// Filters of a slot.
const FILTERS: &[&str] = &["json", "text"];

/// A text with slots, parsed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Slots {
    pieces: Vec<Piece>,
}

/// A piece of such a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text as it is.
    Text(String),
    /// To be filled.
    Slot(Slot),
}

/// One `{{ … }}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Names and indexes, at least one: `vars.items.0` is `["vars", "items", "0"]`.
    pub path: Vec<String>,
    /// How the value is written.
    pub filter: Filter,
    /// 1-based character of the text at which the slot begins.
    pub column: usize,
}

/// How a value is written into its slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Filter {
    /// As the place of the slot asks for.
    #[default]
    None,
    /// As JSON.
    Json,
    /// As text.
    Text,
}

/// Why a text cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message} at character {column}")]
pub struct SlotError {
    /// What is wrong.
    pub message: String,
    /// 1-based character at which it is.
    pub column: usize,
    /// What to write instead.
    pub help: Option<String>,
}

impl Slots {
    /// Parses a text.
    ///
    /// # Errors
    /// The first thing in it that is no slot.
    pub fn parse(text: &str) -> Result<Slots, SlotError> {
        let mut pieces = Vec::new();
        let mut rest = text;
        let column_of = |tail: &str| text.chars().count() - tail.chars().count() + 1;
        while let Some(at) = rest.find("{{").into_iter().chain(rest.find("{%")).min() {
            let (before, from) = rest.split_at(at);
            let column = column_of(from);
            if from.starts_with("{%") {
                let help = Some("write `{{ path.to.value }}`; conditions and loops belong into the prompt".to_owned());
                return Err(SlotError { message: "`{%` is not known here".to_owned(), column, help });
            }
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            let inner = from.strip_prefix("{{").unwrap_or(from);
            let Some((inner, after)) = inner.split_once("}}") else {
                return Err(SlotError { message: "`{{` is never closed".to_owned(), column, help: None });
            };
            pieces.push(Piece::Slot(slot(inner, column)?));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Slots { pieces })
    }

    /// Its pieces, in order.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The slots, in order.
    pub fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.pieces.iter().filter_map(|piece| if let Piece::Slot(slot) = piece { Some(slot) } else { None })
    }

    /// The slot, if the text is nothing else.
    pub fn only_slot(&self) -> Option<&Slot> {
        if let [Piece::Slot(slot)] = self.pieces.as_slice() { Some(slot) } else { None }
    }

    /// The same with `change` applied to what stands between the slots.
    #[must_use]
    pub fn map_texts(self, mut change: impl FnMut(&str) -> String) -> Slots {
        let changed = self.pieces.into_iter().map(|piece| match piece {
            Piece::Text(text) => Piece::Text(change(&text)),
            slot @ Piece::Slot(_) => slot,
        });
        Slots { pieces: changed.collect() }
    }

    /// The text with every slot written by `write`.
    ///
    /// # Errors
    /// The first error of `write`.
    pub fn fill<E>(&self, mut write: impl FnMut(&Slot) -> Result<String, E>) -> Result<String, E> {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Slot(slot) => out.push_str(&write(slot)?),
            }
        }
        Ok(out)
    }
}

impl Slot {
    /// The slot's path as users write it.
    pub fn shown(&self) -> String {
        self.path.join(".")
    }

    /// Its first name.
    pub fn root(&self) -> &str {
        self.path.first().map_or("", String::as_str)
    }
}

fn slot(inner: &str, column: usize) -> Result<Slot, SlotError> {
    let mut parts = inner.split('|').map(str::trim);
    let path = parts.next().unwrap_or("");
    let wrong = |message: String, help: Option<String>| SlotError { message, column, help };
    let mut filter = Filter::None;
    for name in parts {
        filter = match name {
            "json" => Filter::Json,
            "text" => Filter::Text,
            _ => {
                let near = closest(name, FILTERS.iter().copied()).map(|near| format!("did you mean `{near}`? "));
                let help = format!("{}filters are {}", near.unwrap_or_default(), FILTERS.join(" and "));
                return Err(wrong(format!("`{name}` is not a filter"), Some(help)));
            }
        };
    }
    let steps: Vec<String> = path.split('.').map(str::to_owned).collect();
    let is_name =
        |step: &String| !step.is_empty() && step.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    if steps.iter().all(is_name) {
        return Ok(Slot { path: steps, filter, column });
    }
    let shown: String = path.chars().take(60).collect();
    let help = "write the names of a value with dots between them, such as `{{ vars.question }}`".to_owned();
    Err(wrong(format!("`{shown}` is not the path of a value"), Some(help)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_slots_come_apart() {
        let slots = Slots::parse("a {{ input }} {{vars.items.0|json}}}").expect("slots");
        let text = |text: &str| Piece::Text(text.to_owned());
        let found: Vec<(String, Filter, usize)> =
            slots.slots().map(|slot| (slot.shown(), slot.filter, slot.column)).collect();
        assert_eq!(found, [("input".into(), Filter::None, 3), ("vars.items.0".into(), Filter::Json, 15)]);
        assert_eq!((&slots.pieces()[0], &slots.pieces()[4]), (&text("a "), &text("}")));
        assert_eq!(slots.fill(|slot| Ok::<_, ()>(slot.shown())).expect("text"), "a input vars.items.0}");
        assert!(Slots::parse("{{ x }}").expect("slot").only_slot().is_some() && slots.only_slot().is_none());
    }

    #[test]
    fn what_is_no_slot_is_told_with_its_place() {
        for (text, column, message) in [
            ("é {{ input", 3, "never closed"),
            ("{{ }}", 1, "not the path"),
            ("x{{ a b }}", 2, "not the path"),
            ("{{ a..b }}", 1, "not the path"),
            ("{{ input | jsn }}", 1, "not a filter"),
            ("{% if x %}{{ y }}", 1, "not known here"),
            ("{{ input() }}", 1, "not the path"),
        ] {
            let error = Slots::parse(text).expect_err(text);
            assert_eq!(error.column, column, "{text}");
            assert!(error.message.contains(message), "{text}: {error}");
        }
        let help = Slots::parse("{{ a | jsn }}").expect_err("filter").help.expect("help");
        assert!(help.contains("did you mean `json`"), "{help}");
    }
}
