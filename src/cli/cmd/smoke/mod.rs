//! `karat smoke`: quick checks that something answers.

mod providers;

use clap::{Args, Subcommand};

use crate::cli::{Exit, Session};

/// Check quickly that something answers
#[derive(Args, Debug)]
#[command(
    arg_required_else_help = true,
    before_help = "Examples:\n  karat smoke providers --dry-run                  List the models that would be called\n  karat smoke providers --dry-run --format json    The same as JSON"
)]
pub struct SmokeArgs {
    /// What is checked.
    #[command(subcommand)]
    pub command: SmokeCommand,
}

/// What can be checked.
#[derive(Subcommand, Debug)]
pub enum SmokeCommand {
    /// Call each model of the project once
    Providers(providers::ProvidersArgs),
}

/// Checks what was asked for.
///
/// # Errors
/// [`crate::cli::UsageError`] when nothing was called; any other error is "undecided".
pub fn run(args: &SmokeArgs, session: &Session) -> anyhow::Result<Exit> {
    match &args.command {
        SmokeCommand::Providers(args) => providers::run(args, session),
    }
}
