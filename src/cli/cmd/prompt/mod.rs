//! `karat prompt`: the registry of prompts. One file per verb.

mod case;
mod changed;
mod diff;
mod estimate;
mod export;
mod history;
mod import;
mod label;
mod lint;
mod list;
mod new;
mod opened;
mod release;
mod render;
mod resolve;
mod results;
mod rollback;
mod show;
mod target;
mod usage;
mod values;
mod verify;

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

/// The verbs, in the order of a prompt's life.
#[derive(Subcommand, Debug)]
pub enum PromptCommand {
    /// Show every prompt with its versions, labels and last result
    List(list::ListArgs),
    /// Show a prompt: variables, messages, parameters, labels, results, digest
    Show(show::ShowArgs),
    /// Start a new prompt: asks on a terminal, takes flags otherwise
    New(new::NewArgs),
    /// Show what a prompt sends for some variables, with tokens and cost
    Render(render::RenderArgs),
    /// Check prompts for mistakes, injection risks and what models refuse
    Lint(lint::LintArgs),
    /// Show what differs between two versions of a prompt, word by word
    Diff(Box<diff::DiffArgs>),
    /// Freeze the draft of a prompt as a version
    Release(release::ReleaseArgs),
    /// Set, move or remove a label of a prompt
    Label(label::LabelArgs),
    /// Point a label to what it pointed to before
    Rollback(rollback::RollbackArgs),
    /// Show releases and moves of labels with author, date and commit
    History(history::HistoryArgs),
    /// Check that every released version is what it was at its release
    Verify(verify::VerifyArgs),
    /// Show which version a reference means, with its digest and messages
    Resolve(resolve::ResolveArgs),
    /// Show prompts whose content changed since a git revision
    Changed(changed::ChangedArgs),
    /// Show which suites and other files use a prompt
    Usage(usage::UsageArgs),
    /// Write a prompt in the format of another tool
    Export(export::ExportArgs),
    /// Read prompts of other tools into the registry
    Import(import::ImportArgs),
}

/// Runs `karat prompt`.
///
/// # Errors
/// [`crate::cli::UsageError`] for bad files or flags.
pub fn run(args: &PromptArgs, session: &Session) -> anyhow::Result<Exit> {
    match &args.command {
        PromptCommand::List(args) => list::run(args, session),
        PromptCommand::Show(args) => show::run(args, session),
        PromptCommand::New(args) => new::run(args, session),
        PromptCommand::Render(args) => render::run(args, session),
        PromptCommand::Lint(args) => lint::run(args, session),
        PromptCommand::Diff(args) => diff::run(args, session),
        PromptCommand::Release(args) => release::run(args, session),
        PromptCommand::Label(args) => label::run(args, session),
        PromptCommand::Rollback(args) => rollback::run(args, session),
        PromptCommand::History(args) => history::run(args, session),
        PromptCommand::Verify(args) => verify::run(args, session),
        PromptCommand::Resolve(args) => resolve::run(args, session),
        PromptCommand::Changed(args) => changed::run(args, session),
        PromptCommand::Usage(args) => usage::run(args, session),
        PromptCommand::Export(args) => export::run(args, session),
        PromptCommand::Import(args) => import::run(args, session),
    }
}
