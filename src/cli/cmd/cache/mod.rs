//! `karat cache`: what kept replies save, and letting go of them.

mod clear;
mod open;
mod prune;
mod stats;

use clap::{Args, Subcommand};

use crate::cli::{Exit, Session};

/// Show what kept replies save, and let go of them
#[derive(Args, Debug)]
#[command(
    disable_help_subcommand = true,
    before_help = "Examples:\n  karat cache stats                     Show its size, and money and time saved by run\n  karat cache prune --older-than 90d    Remove the texts of runs older than 90 days"
)]
pub struct CacheArgs {
    /// What to do
    #[command(subcommand)]
    pub command: CacheCommand,
}

/// What to do with the cache.
#[derive(Subcommand, Debug)]
pub enum CacheCommand {
    /// Show its size, hits, and what they saved by run
    Stats(stats::StatsArgs),
    /// Make every kept reply stop answering; results stay
    Clear(clear::ClearArgs),
    /// Remove the texts of requests and replies of old runs
    Prune(prune::PruneArgs),
}

/// Does what was asked for.
///
/// # Errors
/// [`crate::cli::UsageError`] when nothing was done; otherwise why the store cannot be used.
pub fn run(args: &CacheArgs, session: &Session) -> anyhow::Result<Exit> {
    match &args.command {
        CacheCommand::Stats(args) => stats::run(args, session),
        CacheCommand::Clear(args) => clear::run(args, session),
        CacheCommand::Prune(args) => prune::run(args, session),
    }
}
