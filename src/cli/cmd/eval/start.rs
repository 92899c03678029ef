//! Which of the things `karat eval` can do was asked for.

use super::args::{EvalArgs, EvalCommand};
use super::{catalogue, checks, collect, doctor, export, list, plan, resume, run as run_suites, show};
use crate::cli::{Exit, Session};

/// Does what was asked for.
///
/// # Errors
/// [`crate::cli::UsageError`] when nothing was run; any other error is "undecided".
pub fn run(args: &EvalArgs, session: &Session) -> anyhow::Result<Exit> {
    match &args.command {
        Some(EvalCommand::List(list)) => return list::run(list, session),
        Some(EvalCommand::Show(show)) => return show::run(show, session),
        Some(EvalCommand::Export(export)) => return export::run(export, session),
        Some(EvalCommand::Doctor(doctor)) => return doctor::run(doctor, session),
        Some(EvalCommand::Collect(collect)) => return collect::run(collect, session),
        None => {}
    }
    if let Some(name) = &args.show.list_checks {
        return checks::run(name, args.show.format, session);
    }
    if args.show.list_providers {
        return catalogue::run(args.show.format, session);
    }
    if let Some(run) = &args.how.resume {
        return resume::run(run, args, session);
    }
    if args.how.dry_run {
        return plan::run(args, session);
    }
    run_suites::run(args, session)
}
