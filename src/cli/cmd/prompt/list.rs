//! `karat prompt list`.

use clap::Args;

use crate::base::Problems;
use crate::cli::{Exit, Session, format_parser, show};
use crate::config::Overrides;
use crate::prompt::Registry;
use crate::report::Format;
use crate::report::prompt::{PromptRow, PromptsReport};

/// Show every prompt with its versions and labels
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  karat prompt list                  Show every prompt\n  karat prompt list --format json    The same as JSON"
)]
pub struct ListArgs {
    /// Print in this format
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = format_parser(Format::of_lists()))]
    pub format: Format,
}

/// Prints the prompts of the project, by name.
pub(super) fn run(args: &ListArgs, session: &Session) -> anyhow::Result<Exit> {
    let mut problems = Problems::new();
    let config = session.config(Overrides::default(), &mut problems);
    let registry = Registry::open(&config.prompts.value, &session.root);
    let rows = registry.names().into_iter().map(|name| PromptRow { name }).collect();
    session.stop_on(problems)?;
    show(&PromptsReport::of(rows), args.format, session)?;
    Ok(Exit::Passed)
}
