//! `karat prompt`: the registry of prompts. One file per verb.

mod lint;
mod list;
mod usage;

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
    /// Check prompts against rules, and mend drafts
    Lint(lint::LintArgs),
    /// Show every prompt with its versions and labels
    List(list::ListArgs),
    /// Show the suites and policies that use a prompt
    Usage(usage::UsageArgs),
}

/// Runs `karat prompt`.
///
/// # Errors
/// [`crate::cli::UsageError`] for bad files or flags.
pub fn run(args: &PromptArgs, session: &Session) -> anyhow::Result<Exit> {
    match &args.command {
        PromptCommand::Lint(args) => lint::run(args, session),
        PromptCommand::List(args) => list::run(args, session),
        PromptCommand::Usage(args) => usage::run(args, session),
    }
}
