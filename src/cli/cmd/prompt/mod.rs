//! `karat prompt`: the registry of prompts. One file per verb.

mod case;
mod diff;
mod estimate;
mod list;
mod results;

use clap::{Args, Subcommand};

use crate::cli::{Exit, Session};

/// Version, check, release and roll back prompts
#[derive(Args, Debug)]
#[command(
    disable_help_subcommand = true,
    arg_required_else_help = true,
    before_help = "Examples:\n  karat prompt list                  Show every prompt with its versions and labels\n  karat prompt diff code-review      Show what changed in the latest version"
)]
pub struct PromptArgs {
    /// What to do
    #[command(subcommand)]
    pub command: PromptCommand,
}

/// The verbs.
#[derive(Subcommand, Debug)]
pub enum PromptCommand {
    /// Show what differs between two versions of a prompt, word by word
    Diff(Box<diff::DiffArgs>),
    /// Show every prompt with its versions, labels and last result
    List(list::ListArgs),
}

/// Runs `karat prompt`.
///
/// # Errors
/// [`crate::cli::UsageError`] for bad files or flags.
pub fn run(args: &PromptArgs, session: &Session) -> anyhow::Result<Exit> {
    match &args.command {
        PromptCommand::Diff(args) => diff::run(args, session),
        PromptCommand::List(args) => list::run(args, session),
    }
}
