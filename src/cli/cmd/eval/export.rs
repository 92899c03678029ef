//! `karat eval export RUN`.

use anyhow::Context;

use super::args::ExportArgs;
use super::present::{Shown, write_report};
use super::stored::{find, open_to_read, report_of};
use crate::base::files::write_atomic;
use crate::cli::{Exit, Session};
use crate::report::Format;

/// Writes every trial of a stored run to stdout or a file. A file's extension chooses the format unless one is given.
pub(super) fn run(args: &ExportArgs, session: &Session) -> anyhow::Result<Exit> {
    let (store, config) = open_to_read(session)?;
    let id = find(&store, &args.run)?;
    let report = report_of(&store, &id, config.max_errors.value)?;
    let by_name = args.output.as_deref().and_then(Format::for_path);
    let format = match (args.format, by_name) {
        (Some(format), _) | (None, Some(format)) => format,
        (None, None) => Format::Jsonl,
    };
    let mut bytes = Vec::new();
    let shown = Shown::of(&store, &report.run.calls, &config, session);
    write_report(&report, format.settled(false), &shown, session, args.output.is_some(), &mut bytes)?;
    match &args.output {
        None => session.ui.answer(&String::from_utf8_lossy(&bytes))?,
        Some(file) => {
            write_atomic(&session.cwd.join(file), &bytes)
                .with_context(|| format!("`{}` cannot be written", file.display()))?;
            session.ui.note(&format!("wrote run {id} to {}", file.display()));
        }
    }
    Ok(Exit::Passed)
}
