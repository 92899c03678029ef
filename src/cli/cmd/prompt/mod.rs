//! `karat prompt`: the registry of prompts. One file per verb.

mod list;
mod new;
mod render;
mod show;
mod target;

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
    /// Start a new prompt: asks on a terminal, takes flags otherwise
    New(new::NewArgs),
    /// Show what a prompt sends for some variables, with tokens and cost
    Render(render::RenderArgs),
    /// Show a prompt: variables, messages, parameters, labels, digest
    Show(show::ShowArgs),
}

/// Runs `karat prompt`.
///
/// # Errors
/// [`crate::cli::UsageError`] for bad files or flags.
pub fn run(args: &PromptArgs, session: &Session) -> anyhow::Result<Exit> {
    match &args.command {
        PromptCommand::List(args) => list::run(args, session),
        PromptCommand::New(args) => new::run(args, session),
        PromptCommand::Render(args) => render::run(args, session),
        PromptCommand::Show(args) => show::run(args, session),
    }
}
