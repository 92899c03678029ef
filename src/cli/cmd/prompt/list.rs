//! `karat prompt list`.

use std::collections::HashSet;

use clap::Args;

use super::opened::open;
use super::results::ResultsReader;
use crate::base::{Digest, Problems, SafeName, closest};
use crate::cli::{Exit, Session, UsageError, format_parser, show};
use crate::prompt::{CatalogueEntry, Depth};
use crate::report::Format;
use crate::report::prompt::{PromptRow, PromptsReport, Shown};
use crate::suite::glob_matches;

/// Show every prompt with its versions, labels and last result
///
/// A row is a prompt: its latest version and how many there are, its labels (with their version where that is not the
/// latest), and what the latest version scored in its last run: verdict and pass rate of its worst result, the mean
/// cost of a call and the day. A `*` says that its draft differs from the latest version, a `!` that a released version or
/// a file it includes is not what `registry.lock` says it was.
///
/// Results belong to the content of a version, not to its name: an edited draft has none until it is evaluated. A prompt
/// with errors is listed too; what is wrong with it is told on stderr, and the exit code stays 0.
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  karat prompt list                        Show every prompt\n  karat prompt list --label production     Show what is in production, and how it scored\n  karat prompt list 'code-*' --versions    Show every version of some prompts"
)]
pub struct ListArgs {
    /// Show these prompts only; `*` stands for any characters (can be repeated)
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,

    /// Show prompts with this label only, and the result of the version it points to
    #[arg(long, value_name = "LABEL")]
    pub label: Option<String>,

    /// Show every version, each with its last result
    #[arg(long)]
    pub versions: bool,

    /// Print in this format
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = format_parser(Format::of_lists()))]
    pub format: Format,
}

/// Prints the prompts of the project, by name.
pub(super) fn run(args: &ListArgs, session: &Session) -> anyhow::Result<Exit> {
    let (registry, config) = open(session)?;
    let names = chosen(registry.names(), &args.names)?;
    let mut problems = Problems::new();
    if args.names.is_empty() {
        registry.check_names(&mut problems);
    }
    let depth = if args.versions { Depth::Every } else { Depth::InUse };
    let mut entries = registry.catalogue(&names, depth, &mut problems);
    if let Some(label) = &args.label {
        keep_labelled(&mut entries, label, session);
    }
    let results = ResultsReader::open(&config)?.last(&digests(&entries))?;
    let row = |entry: &CatalogueEntry| PromptRow::of(entry, &results, args.label.as_deref());
    let shown = if args.versions { Shown::Versions } else { Shown::Prompts };
    show(&PromptsReport::of(entries.iter().map(row).collect(), shown), args.format, session)?;
    if !problems.is_empty() {
        session.ui.problem(&problems.render(session.ui.color_err()));
    }
    Ok(Exit::Passed)
}

/// Keeps the prompts that have a label, and says so when none has.
fn keep_labelled(entries: &mut Vec<CatalogueEntry>, label: &str, session: &Session) {
    let mut known: Vec<String> =
        entries.iter().flat_map(|entry| &entry.labels).map(|label| label.name.clone()).collect();
    entries.retain(|entry| entry.labels.iter().any(|known| known.name == label));
    if entries.is_empty() {
        known.sort_unstable();
        known.dedup();
        let labels = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        session.ui.note(&format!("no prompt has the label `{label}`; labels: {labels}"));
    }
}

/// The names that match any of the patterns; all of them without a pattern.
///
/// # Errors
/// [`UsageError`] for a pattern that matches nothing.
fn chosen(mut names: Vec<SafeName>, patterns: &[String]) -> Result<Vec<SafeName>, UsageError> {
    for pattern in patterns {
        if !names.iter().any(|name| glob_matches(pattern, name.as_str())) {
            let near = closest(pattern, names.iter().map(SafeName::as_str));
            let help = near.map_or_else(
                || "`karat prompt list` shows all prompts".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(UsageError::of("unknown-prompt", format!("no prompt is named `{pattern}`"), help));
        }
    }
    names.retain(|name| patterns.is_empty() || patterns.iter().any(|pattern| glob_matches(pattern, name.as_str())));
    Ok(names)
}

fn digests(entries: &[CatalogueEntry]) -> HashSet<Digest> {
    entries.iter().flat_map(|entry| entry.read.iter().filter_map(|read| read.digest)).collect()
}
