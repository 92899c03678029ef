//! `karat cache stats`.

use clap::Args;

use super::open::open;
use crate::cli::{Exit, Session, format_parser, show};
use crate::report::{CacheReport, Format};
use crate::store::Access;

/// Show its size, hits, and what they saved by run
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  karat cache stats                            Show size, hits and savings\n  karat cache stats --limit 5 --format json    Show five runs for a script"
)]
pub struct StatsArgs {
    /// Show the newest N runs that saved something
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
    /// Print it in this format
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = format_parser(Format::of_lists()))]
    pub format: Format,
}

/// Prints how large the cache is and what it saved.
pub(super) fn run(args: &StatsArgs, session: &Session) -> anyhow::Result<Exit> {
    let (store, _) = open(session, Access::Read)?;
    show(&CacheReport::of(&store.cache_totals()?, &store.savings(args.limit)?), args.format, session)?;
    Ok(Exit::Passed)
}
