//! `karat prompt diff`.

use std::sync::Arc;

use clap::Args;
use semver::Version;

use super::estimate::{Asked, Rendering, models_of, price};
use super::opened::open;
use super::results::ResultsReader;
use super::target::resolve;
use super::values::ValueArgs;
use crate::base::{ModelRef, Problems, SafeName};
use crate::cli::{Exit, Session, UsageError, format_parser, show};
use crate::config::Config;
use crate::prompt::{Depth, Prompt, Registry, command_line};
use crate::report::Format;
use crate::report::prompt::DiffReport;

/// Show what differs between two versions of a prompt, word by word
///
/// Texts are compared by words: `[-gone-]` and `{+new+}`, or struck through and underlined in colour. Variables,
/// parameters, overrides by model and the form of the answer are compared one by one, and so are tokens, the cost of a
/// call and what each version scored.
///
/// A name alone compares its latest version with its draft, or with the version before where there is no draft.
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  karat prompt diff code-review                                   Show what changed last\n  karat prompt diff code-review@1.0.0 code-review@production      Compare two versions\n  karat prompt diff code-review --var language=go --var code=x    Compare what is sent"
)]
pub struct DiffArgs {
    /// A prompt, such as `code-review@1.0.0`; a name alone stands for its two newest states
    #[arg(value_name = "BEFORE")]
    pub before: String,

    /// The prompt to compare it with
    #[arg(value_name = "AFTER")]
    pub after: Option<String>,

    #[command(flatten)]
    pub values: ValueArgs,

    /// Count tokens and cost for this model [default: those of the suites that use the prompt, or of karat.yaml] (can be repeated)
    #[arg(long, value_name = "PROVIDER/MODEL")]
    pub model: Vec<ModelRef>,

    /// Exit with 1 when something differs
    #[arg(long)]
    pub exit_code: bool,

    /// Print in this format
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = format_parser(Format::of_documents()))]
    pub format: Format,
}

/// Prints what differs.
pub(super) fn run(args: &DiffArgs, session: &Session) -> anyhow::Result<Exit> {
    let (registry, config) = open(session)?;
    let (before, after) = resolve_both(args, &registry, session)?;
    let asked = asked(args, &config, &registry, [&before, &after], session)?;
    let models = models_of(&args.model, &asked, &config, &registry, [&before, &after])?;
    let mut report = DiffReport::of(&before, &after);
    let rendering = Rendering::of(&asked, &models, [&before, &after]);
    price(&mut report, &rendering, &models, &config, session)?;
    let mut results = ResultsReader::open(&config)?;
    report.results.before = results.of(before.digest)?;
    report.results.after = results.of(after.digest)?;
    report.results.incomparable = results.incomparable(&report.results.before, &report.results.after)?;
    show(&report, args.format, session)?;
    Ok(if args.exit_code && !report.diff.is_empty() { Exit::Failed } else { Exit::Passed })
}

/// The two prompts that are meant.
fn resolve_both(
    args: &DiffArgs,
    registry: &Registry,
    session: &Session,
) -> Result<(Arc<Prompt>, Arc<Prompt>), UsageError> {
    let mut problems = Problems::new();
    let (before, after) = match &args.after {
        Some(after) => (args.before.clone(), after.clone()),
        None => newest_two(&args.before, registry, &mut problems)?,
    };
    let mut found = |reference: &str| resolve(reference, registry, session, &mut problems);
    let (before, after) = (found(&before), found(&after));
    let both = before.zip(after);
    session.stop_on(problems)?;
    both.ok_or_else(|| UsageError(Problems::new()))
}

/// What one reference compares: its two newest states, or that version and the newest state.
fn newest_two(reference: &str, registry: &Registry, problems: &mut Problems) -> Result<(String, String), UsageError> {
    let (name, selector) = reference.split_once('@').map_or((reference, None), |(name, rest)| (name, Some(rest)));
    let found = SafeName::parse(name).ok().filter(|name| registry.names().contains(name));
    let entry = found.and_then(|name| registry.catalogue(&[name], Depth::Folder, problems).pop());
    let Some(entry) = entry else {
        // A file of its own has no versions; anything else is told by what it is not.
        let is_prompt = registry.resolve(reference, &command_line(), problems).is_some();
        return Err(if is_prompt {
            UsageError::of("one-prompt", format!("`{reference}` is one prompt"), "name the other one too")
        } else {
            UsageError(std::mem::take(problems))
        });
    };
    let released = |version: &Version| format!("{}@{version}", entry.name);
    let latest = entry.latest.as_ref();
    let newest = if entry.has_draft { Some(format!("{}@next", entry.name)) } else { latest.map(released) };
    let older = || entry.versions.iter().find(|version| latest.is_some_and(|latest| *version < latest));
    let before = match selector.filter(|selector| *selector != "next") {
        Some(_) => Some(reference.to_owned()),
        None if entry.has_draft => latest.map(released),
        None => older().map(released),
    };
    before.zip(newest).ok_or_else(|| {
        let only = match (entry.has_draft, latest) {
            (true, _) => "a draft and no released version",
            (false, Some(_)) => "one version and no draft",
            (false, None) => "no version and no draft",
        };
        let message = format!("`{name}` has nothing to compare: {only}");
        UsageError::of("nothing-to-compare", message, format!("name two prompts: `karat prompt diff {name} OTHER`"))
    })
}

/// What the prompts are asked with: a case, or the variables of the command line.
fn asked(
    args: &DiffArgs,
    config: &Config,
    registry: &Registry,
    prompts: [&Prompt; 2],
    session: &Session,
) -> Result<Option<Asked>, UsageError> {
    if args.values.is_empty() {
        return Ok(None);
    }
    let mut problems = Problems::new();
    let case = args.values.find_case(config, registry, &mut problems);
    let has = |name: &str| prompts.iter().any(|prompt| prompt.variables.contains_key(name));
    let given = args.values.read(case.as_ref().and_then(Option::as_ref), has, session, &mut problems);
    given.unknown(&prompts).into_iter().for_each(|problem| problems.push(problem));
    session.stop_on(problems)?;
    let is_changed = !(args.values.var.is_empty() && args.values.vars.is_empty());
    Ok(case.map(|case| Asked::of(given, case.as_ref(), is_changed)))
}
