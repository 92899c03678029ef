//! Finds texts in the output: what `contains` and its five sisters share.

use std::borrow::Cow;

use serde_json::json;

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::reason;
use super::super::settings::{Fault, Settings, text_of, texts_of};
use super::super::spec::{OptionSpec, Prepared};
use super::compare::{fold, fold_char};
use crate::base::Ratio;

/// The option of `contains` and `icontains`.
pub(super) const ONE: &[OptionSpec] = &[OptionSpec::value("value", "text", "the text to find")];
/// The option of the `_any` and `_all` forms.
pub(super) const MANY: &[OptionSpec] =
    &[OptionSpec::value("value", "a list of texts", "the texts to find; a single text is a list of one")];

/// The options of the `_any` forms.
pub(super) const ANY: &[OptionSpec] = &[
    OptionSpec::value("value", "a list of texts", "the texts to find; a single text is a list of one"),
    OptionSpec::fixed("at_least", "a whole number", "how many of the texts must be found; 1 unless given"),
];

/// How many of the texts must be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    One,
    Any,
    All,
}

/// Compiles the texts to find.
pub(super) fn prepare(settings: &Settings, mode: Mode, ignore_case: bool) -> Result<Prepared, Vec<Fault>> {
    let value = settings.value()?;
    let shown = match mode {
        Mode::One => vec![text_of("value", "", value).map_err(Fault::alone)?],
        Mode::Any | Mode::All => texts_of("value", value)?,
    };
    let canonical = if mode == Mode::One { json!(shown.first()) } else { json!(shown) };
    let needles = if ignore_case { shown.iter().map(|text| fold(text)).collect() } else { shown.clone() };
    let at_least = at_least(settings, shown.len()).map_err(Fault::alone)?;
    let counted = if at_least == 1 { serde_json::Value::Null } else { json!(at_least) };
    let wanted = wanted(&shown, mode, ignore_case, at_least);
    Ok(Prepared::new(Finder { shown, needles, mode, ignore_case, at_least, wanted })
        .canonical("value", canonical)
        .canonical("at_least", counted))
}

/// What every reason of the check says is wanted.
fn wanted(shown: &[String], mode: Mode, ignore_case: bool, at_least: usize) -> String {
    let phrase = if ignore_case { " (ignoring case)" } else { "" };
    let how = match mode {
        Mode::One => String::new(),
        Mode::Any if at_least > 1 => format!("at least {at_least} of "),
        Mode::Any => "any of ".to_owned(),
        Mode::All => "all of ".to_owned(),
    };
    format!("text containing {how}{}{phrase}", reason::list(shown))
}

/// How many of `count` texts must be found.
fn at_least(settings: &Settings, count: usize) -> Result<usize, Fault> {
    let Some(value) = settings.get("at_least") else { return Ok(1) };
    let wanted = value.as_u64().and_then(|wanted| usize::try_from(wanted).ok()).filter(|wanted| *wanted > 0);
    match wanted {
        None => Err(Fault::new("at_least", "`at_least` must be a whole number from 1").code("wrong-type")),
        // The texts of a case may be any number: how many there are is known when they are.
        Some(wanted) if wanted > count => {
            Err(Fault::new("value", format!("`at_least` is {wanted}, and there are {count} texts to find")))
        }
        Some(wanted) => Ok(wanted),
    }
}

struct Finder {
    shown: Vec<String>,
    needles: Vec<String>,
    mode: Mode,
    ignore_case: bool,
    /// How many must be found, in [`Mode::Any`].
    at_least: usize,
    wanted: String,
}

impl Scorer for Finder {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let text = input.reply.text.as_str();
        let haystack = if self.ignore_case { Cow::Owned(fold(text)) } else { Cow::Borrowed(text) };
        let found: Vec<Option<usize>> = self.needles.iter().map(|needle| haystack.find(needle.as_str())).collect();
        match self.mode {
            Mode::Any if self.at_least > 1 => self.some(text, &found),
            Mode::One | Mode::Any => self.any(text, &found),
            Mode::All => self.all(text, &found),
        }
    }
}

impl Finder {
    fn any(&self, text: &str, found: &[Option<usize>]) -> Finding {
        let first = found.iter().zip(&self.needles).find_map(|(at, needle)| at.map(|at| (at, needle.len())));
        let seen = match first {
            Some((at, len)) => self.around(text, at, len),
            None => reason::quote(text),
        };
        Finding::of_bool(first.is_some(), seen, self.wanted.clone())
    }

    fn some(&self, text: &str, found: &[Option<usize>]) -> Finding {
        let there: Vec<&str> =
            found.iter().zip(&self.shown).filter(|(at, _)| at.is_some()).map(|(_, shown)| shown.as_str()).collect();
        let seen = match there.as_slice() {
            [] => format!("{} without any of them", reason::quote(text)),
            there => format!("{} with {}", reason::quote(text), reason::list(there)),
        };
        Finding::of_bool(there.len() >= self.at_least, seen, self.wanted.clone())
    }

    fn all(&self, text: &str, found: &[Option<usize>]) -> Finding {
        let missing: Vec<&str> =
            found.iter().zip(&self.shown).filter(|(at, _)| at.is_none()).map(|(_, shown)| shown.as_str()).collect();
        let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
        let share = count(found.len() - missing.len()) / count(found.len().max(1));
        let seen = if missing.is_empty() {
            reason::quote(text)
        } else {
            format!("{} without {}", reason::quote(text), reason::list(&missing))
        };
        Finding::Graded { value: Ratio::clamped(share), seen, wanted: self.wanted.clone() }
    }

    /// The surroundings of a match at `at` of the compared text, in the text as it came.
    fn around(&self, text: &str, at: usize, len: usize) -> String {
        if !self.ignore_case || text.is_ascii() {
            return reason::quote_around(text, at, at + len);
        }
        let start = unfolded(text, at, false);
        let end = unfolded(text, at + len, true).max(start);
        reason::quote_around(text, start, end)
    }
}

/// The byte of `text` whose folded form reaches `folded` bytes; in the middle of a character its start, or its end.
fn unfolded(text: &str, folded: usize, up: bool) -> usize {
    let mut passed = 0;
    for (index, c) in text.char_indices() {
        if passed >= folded {
            return index;
        }
        passed += fold_char(c).map(char::len_utf8).sum::<usize>();
        if passed > folded && !up {
            return index;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_positions_lead_back_to_the_text() {
        // `ẞ` folds to `ss`: 3 bytes become 2.
        let text = "GROẞ und Refund";
        let folded = fold(text);
        let at = folded.find("refund").unwrap_or(0);
        let (start, end) = (unfolded(text, at, false), unfolded(text, at + 6, true));
        assert_eq!(text.get(start..end), Some("Refund"));
        assert_eq!(unfolded(text, folded.len(), true), text.len());
    }
}
