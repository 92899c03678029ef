//! `karat eval collect RUN`: gets what the batches of a run have brought by now.

use super::args::{CollectArgs, EvalArgs, HowArgs, ShowArgs};
use super::batch::Patience;
use super::resume::{Manner, take_up};
use crate::base::parse_duration;
use crate::cli::{Exit, Session, UsageError};

/// Collects, grades, and finishes the run when everything is there.
pub(super) fn run(args: &CollectArgs, session: &Session) -> anyhow::Result<Exit> {
    let patience = match args.wait.as_deref() {
        None => Patience::None,
        Some("") => Patience::Endless,
        Some(text) => Patience::For(parse_duration(text).map_err(|why| {
            UsageError::of("invalid-duration", format!("--wait: {why}"), "leave the time out to wait for all of them")
        })?),
    };
    let how = HowArgs {
        max_cost: args.max_cost.clone(),
        undecided: args.undecided,
        fail_exit_code: args.fail_exit_code,
        ..HowArgs::default()
    };
    let show = ShowArgs { format: args.format, output: args.output.clone(), ..ShowArgs::default() };
    let eval = EvalArgs { how, show, ..EvalArgs::default() };
    take_up(&args.run, &eval, Manner::Collect { patience, cancel: args.cancel }, session)
}
