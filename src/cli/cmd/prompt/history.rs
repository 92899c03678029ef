//! `karat prompt history`.

use anyhow::Context;
use clap::Args;

use super::opened::{named, open};
use crate::base::Problems;
use crate::cli::{Exit, Session, format_parser, show};
use crate::prompt::history;
use crate::report::Format;
use crate::report::prompt::HistoryReport;

/// Show releases and moves of labels with author, date and commit
///
/// Git is asked, through merges and renames of the prompt's folder; what is not committed yet stands first.
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  karat prompt history code-review                  Show what happened, newest first\n  karat prompt history code-review --format json    The same as JSON"
)]
pub struct HistoryArgs {
    /// The prompt
    pub name: String,

    /// Print in this format
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = format_parser(Format::of_lists()))]
    pub format: Format,
}

/// Prints the history of a prompt.
pub(super) fn run(args: &HistoryArgs, session: &Session) -> anyhow::Result<Exit> {
    let name = named(&args.name)?;
    let (registry, _) = open(session)?;
    let mut problems = Problems::new();
    let told = history(&registry, &name, &mut problems);
    session.stop_on(problems)?;
    let told = told.context("the history cannot be read")?;
    show(&HistoryReport::of(name, &told), args.format, session)?;
    Ok(Exit::Passed)
}
