//! `karat prompt`: the registry of prompts. One file per verb.

mod export;
mod import;
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
    /// Write a prompt in the format of another tool
    Export(export::ExportArgs),
    /// Read prompts of other tools into the registry
    Import(import::ImportArgs),
    /// Show every prompt with its versions and labels
    List(list::ListArgs),
}

/// Runs `karat prompt`.
///
/// # Errors
/// [`crate::cli::UsageError`] for bad files or flags.
pub fn run(args: &PromptArgs, session: &Session) -> anyhow::Result<Exit> {
    match &args.command {
        PromptCommand::Export(args) => export::run(args, session),
        PromptCommand::Import(args) => import::run(args, session),
        PromptCommand::List(args) => list::run(args, session),
    }
}
