//! Results to stdout and to files.

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;

use anyhow::Context;

use crate::base::RunId;
use crate::base::files::write_atomic;
use crate::cli::{Session, UsageError, look};
use crate::config::{Config, Origin};
use crate::eval::{EvalReport, quoted};
use crate::record::TrialRecord;
use crate::report::{EvalView, Format, Trials, present_eval};
use crate::store::{Store, TrialFilter};

/// Failing trials shown in a report.
pub(super) const FAILURES_SHOWN: u64 = 20;

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

/// Where a report comes from.
pub(super) struct Shown<'a> {
    store: &'a Store,
    /// What suggested commands need to find the run again.
    flags: String,
}

impl<'a> Shown<'a> {
    /// A run of `store` whose replies came from `calls`, under the settings of this command.
    pub(super) fn of(store: &'a Store, calls: &str, config: &Config, session: &Session) -> Shown<'a> {
        let global = &session.global;
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let by_flag = matches!(config.calls.origin, Origin::Flag(_)) || config.calls.value.word() != calls;
        let flags = [
            ("config", path(&global.config)),
            ("environment", global.environment.clone()),
            ("store", path(&global.store)),
            ("calls", by_flag.then(|| calls.to_owned())),
        ];
        let flags: Vec<String> =
            flags.into_iter().filter_map(|(name, value)| Some(format!("--{name} {}", quoted(&value?)))).collect();
        Shown { store, flags: flags.join(" ") }
    }

    /// A command, with the flags it needs to find the run again.
    pub(super) fn command(&self, command: &str) -> String {
        if self.flags.is_empty() { command.to_owned() } else { format!("{command} {}", self.flags) }
    }
}

/// Writes a report in `format`, which must be settled.
pub(super) fn write_report(
    report: &EvalReport,
    format: Format,
    shown: &Shown<'_>,
    session: &Session,
    to_file: bool,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let stored_in = session.shown(shown.store.path()).display().to_string();
    let failures_shown = usize::try_from(FAILURES_SHOWN)?;
    let view = EvalView { report, failures_shown, stored_in: Some(&stored_in), flags: &shown.flags };
    let mut trials = StoredTrials { store: shown.store, run: &report.run.id };
    present_eval(&view, format, look(session, to_file), &mut trials, out)?;
    Ok(())
}

/// Prints a report to stdout, and writes it to each file in the format of its extension.
pub(super) fn show_report(
    report: &EvalReport,
    format: Format,
    files: &[PathBuf],
    shown: &Shown<'_>,
    session: &Session,
) -> anyhow::Result<()> {
    for file in files {
        let format = Format::for_path(file).unwrap_or(Format::Plain);
        let mut bytes = Vec::new();
        write_report(report, format, shown, session, true, &mut bytes)?;
        let path = session.cwd.join(file);
        write_atomic(&path, &bytes).with_context(|| format!("`{}` cannot be written", file.display()))?;
        session.ui.note(&format!("wrote {}", file.display()));
    }
    let mut out = Vec::new();
    write_report(report, format.settled(session.ui.around.stdout_tty), shown, session, false, &mut out)?;
    session.ui.answer(&String::from_utf8_lossy(&out))?;
    Ok(())
}

/// Refuses files whose extension names no format, before anything is run.
pub(super) fn check_outputs(files: &[PathBuf]) -> Result<(), UsageError> {
    let unknown = |file: &&PathBuf| Format::for_path(file).is_none();
    let Some(file) = files.iter().find(unknown) else { return Ok(()) };
    let message = format!("--output {}: its extension names no format", file.display());
    Err(UsageError::of("unknown-format", message, "use .txt, .json, .jsonl, .md or .xml"))
}
