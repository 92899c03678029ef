//! `karat prompt label`.

use anyhow::Context;
use clap::{ArgGroup, Args};
use semver::Version;

use super::opened::{hold, named, not_written, open};
use super::results::ResultsReader;
use crate::base::{Digest, Problems, RunId, SafeName};
use crate::cli::{Exit, Session, UsageError, format_parser, show};
use crate::config::Config;
use crate::prompt::{Forced, LabelMove, LabelValue, Registry, parse_version};
use crate::report::Format;
use crate::report::prompt::{Evidence, LabelReport};

/// Set, move or remove a label of a prompt
///
/// A label names a version, or splits users over several: `--split 1.2.0=90,1.3.0=10`. It is one line of the prompt's
/// `prompt.yaml`: who moved it and when is what git says of that line, see `karat prompt history`.
///
/// `production` moves only to versions that have passed: in each suite that ever judged the version, by the newest
/// complete run of `karat eval` over all of its cases. `--force` moves it all the same, and is recorded in `registry.lock`
/// with its reason.
#[derive(Args, Debug)]
#[command(
    group(ArgGroup::new("value").required(true).args(["version", "split", "remove"])),
    before_help = "Examples:\n  karat prompt label code-review staging 1.1.0                       Point it to a version\n  karat prompt label code-review canary --split 1.0.0=90,1.1.0=10    Split users over two\n  karat prompt label code-review canary --remove                     Remove it"
)]
pub struct LabelArgs {
    /// The prompt
    pub name: String,

    /// The label
    pub label: String,

    /// A version, `latest`, or another label whose value it gets
    pub version: Option<String>,

    /// Split users over versions by weight
    #[arg(long, value_name = "VERSION=WEIGHT,…", value_delimiter = ',', value_parser = share)]
    pub split: Vec<(Version, u32)>,

    /// Remove the label
    #[arg(long)]
    pub remove: bool,

    /// Move `production` to a version without a passing run; needs --message
    ///
    /// Runs over some cases only do not count, nor do those that were scored by other versions of checks than today's.
    #[arg(long, requires = "message")]
    pub force: bool,

    /// Say why; kept in registry.lock with --force
    #[arg(long, short, value_name = "TEXT")]
    pub message: Option<String>,

    /// Change nothing, say what would change
    #[arg(long)]
    pub dry_run: bool,

    /// Print in this format
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = format_parser(Format::of_documents()))]
    pub format: Format,
}

fn share(text: &str) -> Result<(Version, u32), String> {
    let (version, weight) = text.split_once('=').ok_or("write VERSION=WEIGHT, such as `1.2.0=90`")?;
    let weight = weight.parse().map_err(|_| format!("`{weight}` is not a whole number"))?;
    Ok((parse_version(version)?, weight))
}

/// Changes a label.
pub(super) fn run(args: &LabelArgs, session: &Session) -> anyhow::Result<Exit> {
    let name = named(&args.name)?;
    let (registry, config) = open(session)?;
    let Some(held) = hold(&registry, session)? else { return Ok(Exit::Locked) };
    let mut problems = Problems::new();
    let value = value(args, &name, &registry, &mut problems)?;
    let plan = if problems.has_errors() { None } else { registry.plan_label(&name, &args.label, value, &mut problems) };
    session.stop_on(problems)?;
    let plan = plan.context("the change has no plan")?;
    if plan.before.is_none() && plan.after.is_none() {
        let message = format!("`{name}` has no label `{}` to remove", args.label);
        return Err(UsageError::of("unknown-label", message, "`karat prompt list` shows the labels").into());
    }
    let Proofs { passed, missing } = proofs(&plan, &config)?;
    let forced = match (missing.is_empty(), args.force) {
        (true, _) => Vec::new(),
        (false, true) => forced(&plan, &missing, args.message.as_deref().unwrap_or_default()),
        (false, false) => return Err(refusal(&plan, &missing).into()),
    };
    if plan.is_change() && !args.dry_run {
        plan.carry_out(&registry, &forced, &held)
            .map_err(|error| not_written(&format!("`{}` is not changed", plan.file.display()), &error))?;
    }
    show(&LabelReport::of(&plan, &passed, &forced, args.dry_run), args.format, session)?;
    Ok(Exit::Passed)
}

/// The value asked for; `None` removes the label.
fn value(
    args: &LabelArgs,
    name: &SafeName,
    registry: &Registry,
    problems: &mut Problems,
) -> Result<Option<LabelValue>, UsageError> {
    if let Some(word) = &args.version {
        return Ok(registry.label_target(name, word, problems));
    }
    if args.split.is_empty() {
        return Ok(None);
    }
    let help = "such as `--split 1.2.0=90,1.3.0=10`";
    LabelValue::of_shares(args.split.clone())
        .map(Some)
        .map_err(|why| UsageError::of("label-split", format!("this is no split: {why}"), help))
}

/// What speaks for the versions that a protected label moves to.
#[derive(Default)]
struct Proofs {
    /// Versions that have passed, each with its newest run.
    passed: Vec<(Version, RunId)>,
    /// Versions that have not, each with the reason.
    missing: Vec<(Version, String)>,
}

fn proofs(plan: &LabelMove, config: &Config) -> anyhow::Result<Proofs> {
    let mut proofs = Proofs::default();
    if plan.unproven.is_empty() {
        return Ok(proofs);
    }
    let mut results = ResultsReader::open(config)?;
    for (version, digest) in &plan.unproven {
        let evidence = results.evidence(*digest)?;
        match (evidence.missing(&format!("{}@{version}", plan.name)), evidence) {
            (None, Evidence::Passed(run)) => proofs.passed.push((version.clone(), run)),
            (why, _) => proofs.missing.push((version.clone(), why.unwrap_or_default())),
        }
    }
    Ok(proofs)
}

fn forced(plan: &LabelMove, missing: &[(Version, String)], reason: &str) -> Vec<Forced> {
    let is_missing = |(version, _): &&(Version, Digest)| missing.iter().any(|(known, _)| known == version);
    let record = |(version, digest): &(Version, Digest)| Forced {
        version: version.clone(),
        prompt: *digest,
        reason: reason.to_owned(),
    };
    plan.unproven.iter().filter(is_missing).map(record).collect()
}

fn refusal(plan: &LabelMove, missing: &[(Version, String)]) -> UsageError {
    let reasons: Vec<&str> = missing.iter().map(|(_, why)| why.as_str()).collect();
    let versions: Vec<String> = missing.iter().map(|(version, _)| format!("`{}@{version}`", plan.name)).collect();
    let message = format!("{}, so `{}` stays where it is", reasons.join("; "), plan.label);
    let help = format!(
        "run all cases of a suite that names {} with `karat eval`, or give `--force -m \"why\"`",
        versions.join(" and ")
    );
    UsageError::of("no-passing-run", message, help)
}
