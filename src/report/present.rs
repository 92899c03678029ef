//! One result, one format, one writer.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;
use thiserror::Error;

use super::doc::Doc;
use super::views::EvalView;
use super::{Findings, Format, github, json, jsonl, junit, markdown, plain, sarif, table};
use crate::record::TrialRecord;

/// What the caller knows about the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Its width in columns; only `table` asks.
    pub width: u16,
    /// Whether colour is allowed; only `table` has any.
    pub color: bool,
}

/// Why a result could not be presented.
#[derive(Debug, Error)]
pub enum ReportError {
    /// The result has no such form.
    #[error("{what} cannot be written as `{}`", format.word())]
    NoSuchForm {
        /// What was to be written, such as `the plan of a run`.
        what: &'static str,
        /// The format asked for.
        format: Format,
        /// The formats there are.
        choices: &'static str,
    },
    /// The writer or the source of the trials failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A source of full trials, in the order of the plan.
pub trait Trials {
    /// Shows every trial to `visit`, and stops at its first error.
    ///
    /// # Errors
    /// That of `visit`, or of reading the trials.
    fn each(&mut self, visit: &mut dyn FnMut(&TrialRecord) -> io::Result<()>) -> io::Result<()>;
}

/// Trials that are in memory.
impl Trials for &[TrialRecord] {
    fn each(&mut self, visit: &mut dyn FnMut(&TrialRecord) -> io::Result<()>) -> io::Result<()> {
        self.iter().try_for_each(visit)
    }
}

/// A result that can be shown: its own fields are its JSON, its document is everything else.
pub trait View: Serialize {
    /// What it is, for messages, such as `the plan of a run`.
    const WHAT: &'static str;

    /// The document.
    fn doc(&self) -> Doc;

    /// One JSON object per line, where the result is a list; `None` where it is not.
    fn lines(&self) -> Option<Vec<Value>> {
        None
    }

    /// The findings in files, where the result is made of them; `None` where it is not.
    fn findings(&self) -> Option<Findings<'_>> {
        None
    }
}

/// Writes a result. `auto` counts as `plain`: see [`Format::settled`].
///
/// # Errors
/// [`ReportError::NoSuchForm`] for JUnit, for JSON Lines where the result is not a list, and for SARIF and annotations
/// where it has no findings; `Io` when the writer fails.
pub fn present<V: View>(view: &V, format: Format, look: Look, out: &mut dyn Write) -> Result<(), ReportError> {
    let no_such_form = |choices| ReportError::NoSuchForm { what: V::WHAT, format, choices };
    let choices = || match view.lines() {
        Some(_) => "table, plain, json, jsonl, markdown",
        None => "table, plain, json, markdown",
    };
    match format {
        Format::Table => out.write_all(table::render(&view.doc(), look.width, look.color).as_bytes())?,
        Format::Auto | Format::Plain => out.write_all(plain::render(&view.doc()).as_bytes())?,
        Format::Markdown => out.write_all(markdown::render(&view.doc()).as_bytes())?,
        Format::Json => json::write(view, out)?,
        Format::Jsonl => {
            let lines = view.lines().ok_or_else(|| no_such_form(choices()))?;
            lines.iter().try_for_each(|line| jsonl::line(line, out))?;
        }
        Format::Sarif => {
            sarif::write(&view.findings().ok_or_else(|| no_such_form(choices()))?, out)?;
        }
        Format::Github => {
            github::write(&view.findings().ok_or_else(|| no_such_form(choices()))?, out)?;
        }
        Format::Junit => return Err(no_such_form(choices())),
    }
    Ok(())
}

/// Writes the report of a run in any format. `trials` is read for JSON Lines and JUnit only.
///
/// # Errors
/// [`ReportError::Io`] when the writer or `trials` fails.
pub fn present_eval(
    view: &EvalView<'_>,
    format: Format,
    look: Look,
    trials: &mut dyn Trials,
    out: &mut dyn Write,
) -> Result<(), ReportError> {
    match format {
        Format::Jsonl => Ok(jsonl::write_eval(view.report, trials, out)?),
        Format::Junit => Ok(junit::write_eval(view.report, trials, out)?),
        Format::Auto
        | Format::Table
        | Format::Plain
        | Format::Json
        | Format::Markdown
        | Format::Sarif
        | Format::Github => present(view, format, look, out),
    }
}
