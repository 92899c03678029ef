//! `karat prompt usage NAME`.

use clap::Args;

use super::opened::open;
use crate::base::{Problems, SafeName};
use crate::cli::{Exit, Session, UsageError, format_parser, show};
use crate::prompt::{Registry, find_uses};
use crate::report::Format;
use crate::report::prompt::{PartialReport, UsageReport};

/// Show the suites and policies that use a prompt
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  karat prompt usage code-review                  Show who uses it, and which version\n  karat prompt usage --partial grounding.md       Show the versions that include a partial\n  karat prompt usage code-review --format json    The same as JSON"
)]
pub struct UsageArgs {
    /// Name of the prompt
    #[arg(value_name = "NAME", required_unless_present = "partial", conflicts_with = "partial")]
    pub name: Option<String>,

    /// Show the prompts that include this partial, directly or not
    #[arg(long, value_name = "PARTIAL")]
    pub partial: Option<String>,

    /// Print in this format
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = format_parser(Format::of_lists()))]
    pub format: Format,
}

/// Prints who uses a prompt or a partial.
pub(super) fn run(args: &UsageArgs, session: &Session) -> anyhow::Result<Exit> {
    let (registry, config) = open(session)?;
    let mut problems = Problems::new();
    if let Some(partial) = &args.partial {
        let users = registry.users_of_partial(partial, &mut problems);
        session.stop_on(problems)?;
        show(&PartialReport::of(partial, users), args.format, session)?;
        return Ok(Exit::Passed);
    }
    let word = args.name.as_deref().unwrap_or_default();
    let name = known(word, &registry)?;
    let uses = find_uses(&config.evals.value, &session.root, &registry, &mut problems);
    session.stop_on(problems)?;
    show(&UsageReport::of(&name, uses), args.format, session)?;
    Ok(Exit::Passed)
}

/// The name of a prompt of the project.
fn known(word: &str, registry: &Registry) -> Result<SafeName, UsageError> {
    let names = registry.names();
    let plain = word.split('@').next().unwrap_or(word);
    if plain != word {
        let message = format!("`{word}` names a version; usage is told of all versions of a prompt");
        return Err(UsageError::of("prompt-name", message, format!("run `karat prompt usage {plain}`")));
    }
    let known = names.into_iter().find(|name| name.as_str() == word);
    known.ok_or_else(|| registry.unknown_prompt(word).into())
}
