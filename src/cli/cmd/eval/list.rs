//! `karat eval list`.

use super::args::ListArgs;
use super::stored::open_to_read;
use crate::cli::{Exit, Session, show};
use crate::report::{RunRow, RunsReport};

/// Prints stored runs, newest first.
pub(super) fn run(args: &ListArgs, session: &Session) -> anyhow::Result<Exit> {
    let (store, _) = open_to_read(session)?;
    let mut rows = Vec::new();
    for id in store.runs(args.limit)?.into_iter().map(|run| run.header.id) {
        let row = RunRow::of(&store.header(&id)?, &store.suites(&id)?);
        rows.push(RunRow { batch: store.batch_progress(&id)?, ..row });
    }
    show(&RunsReport::of(rows), args.format, session)?;
    Ok(Exit::Passed)
}
