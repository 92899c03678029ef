//! `karat prompt`: the registry of prompts. One file per verb.

mod list;

use clap::{Args, Subcommand};

use crate::cli::{Exit, Session};

/// Version, check, release and roll back prompts
#[derive(Args, Debug)]
#[command(
    disable_help_subcommand = true,
    arg_required_else_help = true,
    before_help = "Examples:\n  karat prompt list                  Show every prompt with its versions and labels"
)]
pub struct PromptArgs {
    /// What to do
    #[command(subcommand)]
    pub command: PromptCommand,
}

/// The verbs.
#[derive(Subcommand, Debug)]
pub enum PromptCommand {
    /// Show every prompt with its versions and labels
    List(list::ListArgs),
}

/// Runs `karat prompt`.
///
/// # Errors
/// [`crate::cli::UsageError`] for bad files or flags.
pub fn run(args: &PromptArgs, session: &Session) -> anyhow::Result<Exit> {
    match &args.command {
        PromptCommand::List(args) => list::run(args, session),
    }
}
