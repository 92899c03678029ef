//! `karat prompt show`.

use clap::Args;

use super::opened::open;
use super::results::ResultsReader;
use super::target::resolve;
use crate::base::Problems;
use crate::cli::{Exit, Session, format_parser, show};
use crate::report::Format;
use crate::report::prompt::ShowReport;

/// Show a prompt: variables, messages, parameters, labels, results, digest
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  karat prompt show code-review                  Show the latest version\n  karat prompt show code-review@1.0.0 --format json    Show one version as JSON"
)]
pub struct ShowArgs {
    /// Prompt: NAME, NAME@VERSION, NAME@LABEL or a path
    #[arg(value_name = "PROMPT")]
    pub prompt: String,

    /// Print in this format
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = format_parser(Format::of_lists()))]
    pub format: Format,
}

/// Prints what a prompt says.
pub(super) fn run(args: &ShowArgs, session: &Session) -> anyhow::Result<Exit> {
    let (registry, config) = open(session)?;
    let mut problems = Problems::new();
    let prompt = resolve(&args.prompt, &registry, session, &mut problems);
    let labels = prompt.as_ref().and_then(|prompt| prompt.registered.as_ref());
    let labels = labels.map(|(name, version)| registry.labels_at(name, version, &mut problems)).unwrap_or_default();
    session.stop_on(problems)?;
    let Some(prompt) = prompt else { return Ok(Exit::Usage) };
    let results = ResultsReader::open(&config)?.of(prompt.digest)?;
    show(&ShowReport::of(&prompt, labels, results), args.format, session)?;
    Ok(Exit::Passed)
}
