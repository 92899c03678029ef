//! `karat prompt changed`.

use clap::Args;

use super::opened::open;
use crate::base::Problems;
use crate::cli::{Exit, Session, UsageError, format_parser, show};
use crate::prompt::{changed_prompts, git_problem};
use crate::report::Format;
use crate::report::prompt::ChangedReport;

/// Show prompts whose content changed since a git revision
///
/// Commits since then and the work tree count alike. Content is what can change what is sent: versions, the draft,
/// partials, schemas, examples, and what labels point to. One name a line, for the choice of suites.
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  karat prompt changed --since HEAD                  Show what is not committed yet\n  karat prompt changed --since HEAD --format json    The same with the files and labels that changed"
)]
pub struct ChangedArgs {
    /// A branch, tag or commit
    #[arg(long, value_name = "REV")]
    pub since: String,

    /// Print in this format
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = format_parser(Format::of_lists()))]
    pub format: Format,
}

/// Prints the prompts that changed.
pub(super) fn run(args: &ChangedArgs, session: &Session) -> anyhow::Result<Exit> {
    let (registry, _) = open(session)?;
    let mut problems = Problems::new();
    let lock = registry.lock(&mut problems);
    session.stop_on(problems)?;
    let changed =
        changed_prompts(&registry, &args.since, &lock).map_err(|error| UsageError::from(git_problem(&error)))?;
    let gone: Vec<String> =
        changed.iter().filter(|prompt| prompt.removed).map(|prompt| format!("`{}`", prompt.name)).collect();
    if !gone.is_empty() {
        session.ui.note(&format!("removed since `{}`: {}", args.since, gone.join(", ")));
    }
    show(&ChangedReport::of(args.since.clone(), changed), args.format, session)?;
    Ok(Exit::Passed)
}
