//! Results to stdout and to files.

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::base::RunId;
use crate::base::files::write_atomic;
use crate::cli::{Session, UsageError};
use crate::eval::EvalReport;
use crate::record::TrialRecord;
use crate::report::{EvalView, Format, Look, Trials, View, present, present_eval};
use crate::store::{Store, TrialFilter};

/// Failing trials shown in a report.
pub(super) const FAILURES_SHOWN: u64 = 20;

/// What a format may use of this terminal; a file gets neither colour nor a terminal's width.
fn look(session: &Session, to_file: bool) -> Look {
    Look { width: if to_file { 100 } else { session.ui.width() }, color: !to_file && session.ui.color_out() }
}

/// Prints a result to stdout.
pub(super) fn show<V: View>(view: &V, format: Format, session: &Session) -> anyhow::Result<()> {
    let mut out = Vec::new();
    present(view, format.settled(session.ui.around.stdout_tty), look(session, false), &mut out)?;
    session.ui.answer(&String::from_utf8_lossy(&out))?;
    Ok(())
}

/// Trials of a stored run, read as they are needed.
pub(super) struct StoredTrials<'a> {
    pub(super) store: &'a Store,
    pub(super) run: &'a RunId,
}

impl Trials for StoredTrials<'_> {
    fn each(&mut self, visit: &mut dyn FnMut(&TrialRecord) -> io::Result<()>) -> io::Result<()> {
        let mut failed = None;
        self.store
            .each_trial(self.run, &TrialFilter::default(), |trial| match visit(&trial) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            })
            .map_err(io::Error::other)?;
        failed.map_or(Ok(()), Err)
    }
}

/// Writes a report in `format`, which must be settled.
pub(super) fn write_report(
    report: &EvalReport,
    format: Format,
    store: &Store,
    session: &Session,
    to_file: bool,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let stored_in = session.shown(store.path()).display().to_string();
    let view = EvalView { report, failures_shown: usize::try_from(FAILURES_SHOWN)?, stored_in: Some(&stored_in) };
    let mut trials = StoredTrials { store, run: &report.run.id };
    present_eval(&view, format, look(session, to_file), &mut trials, out)?;
    Ok(())
}

/// Prints a report to stdout, and writes it to each file in the format of its extension.
pub(super) fn show_report(
    report: &EvalReport,
    format: Format,
    files: &[PathBuf],
    store: &Store,
    session: &Session,
) -> anyhow::Result<()> {
    for file in files {
        let format = Format::for_path(file).unwrap_or(Format::Plain);
        let mut bytes = Vec::new();
        write_report(report, format, store, session, true, &mut bytes)?;
        let path = session.cwd.join(file);
        write_atomic(&path, &bytes).with_context(|| format!("`{}` cannot be written", file.display()))?;
    }
    let mut out = Vec::new();
    write_report(report, format.settled(session.ui.around.stdout_tty), store, session, false, &mut out)?;
    session.ui.answer(&String::from_utf8_lossy(&out))?;
    Ok(())
}

/// Refuses files whose extension names no format, before anything is run.
pub(super) fn check_outputs(files: &[PathBuf]) -> Result<(), UsageError> {
    let unknown = |file: &&PathBuf| Format::for_path(file).is_none();
    let Some(file) = files.iter().find(unknown) else { return Ok(()) };
    let message = format!("--output {}: its extension names no format", shown(file));
    Err(UsageError::of("unknown-format", message, "use .txt, .json, .jsonl, .md or .xml"))
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
