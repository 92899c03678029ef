//! `karat cache prune`.

use clap::Args;

use super::open::{agreed, open};
use crate::base::{Timestamp, Tokens, parse_duration};
use crate::cli::{Exit, Session, UsageError};
use crate::store::{Access, Pruned};

/// Remove the texts of requests and replies of old runs
///
/// Outcomes, scores, reasons, tokens, money and times of these runs stay; their replies answer no more, and can be shown
/// and exported no more. Texts that a newer run shares stay too.
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  karat cache prune --older-than 90d --dry-run    Tell what would go\n  karat cache prune --older-than 90d --yes        Remove it without asking"
)]
pub struct PruneArgs {
    /// Take runs that ended longer ago than this, such as 90d
    #[arg(long, value_name = "TIME")]
    pub older_than: String,
    /// Tell what would go; change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Removes texts of old runs.
pub(super) fn run(args: &PruneArgs, session: &Session) -> anyhow::Result<Exit> {
    let age = parse_duration(&args.older_than).map_err(|why| {
        UsageError::of("invalid-duration", format!("--older-than: {why}"), "write a time such as `90d` or `12h`")
    })?;
    let before: Timestamp = session.not_before(age);
    let (store, _) = open(session, Access::Write)?;
    let found = store.prune(before, false)?;
    if args.dry_run || found.texts == 0 {
        session.ui.answer(&format!("{}\n", told(&found, "would go; nothing was changed")))?;
        return Ok(Exit::Passed);
    }
    agreed(&format!("{}: remove them for good?", told(&found, "would go")), session)?;
    let pruned = store.prune(before, true)?;
    session.ui.answer(&format!("{}\n", told(&pruned, "are removed; outcomes, scores and costs stay")))?;
    if let Err(error) = store.compact() {
        session.ui.problem(&format!("warning: the file keeps its size for now: {error}"));
    }
    Ok(Exit::Passed)
}

fn told(pruned: &Pruned, what: &str) -> String {
    let runs = if pruned.runs == 1 { "run" } else { "runs" };
    let (texts, bytes) = (Tokens(pruned.texts), Tokens(pruned.bytes));
    format!("{texts} texts with {bytes} bytes of {} {runs} {what}", Tokens(pruned.runs))
}
