//! `karat prompt rollback`.

use anyhow::Context;
use clap::Args;
use semver::Version;

use super::opened::{hold, named, not_written, open};
use crate::base::{Problems, SafeName};
use crate::cli::{Exit, Session, UsageError, format_parser, show};
use crate::prompt::{LabelValue, PromptHistory, Registry, Rollback, history, parse_version};
use crate::report::Format;
use crate::report::prompt::RollbackReport;

/// Point a label to what it pointed to before
///
/// Before is what git says, changes that are not committed included. A second rollback without a move of the label in
/// between changes nothing; to go further back, name the version with `--to`. Versions need no passing run here.
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  karat prompt rollback code-review --to 1.0.0 --dry-run    Say what would change\n  karat prompt rollback code-review --to 1.0.0              Point `production` to 1.0.0"
)]
pub struct RollbackArgs {
    /// The prompt
    pub name: String,

    /// The label
    #[arg(long, value_name = "LABEL", default_value = "production")]
    pub label: String,

    /// Go to this version [default: what the label pointed to before, by git]
    #[arg(long, value_name = "VERSION", value_parser = parse_version)]
    pub to: Option<Version>,

    /// Change nothing, say what would change
    #[arg(long)]
    pub dry_run: bool,

    /// Print in this format
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = format_parser(Format::of_documents()))]
    pub format: Format,
}

/// Rolls a label back.
pub(super) fn run(args: &RollbackArgs, session: &Session) -> anyhow::Result<Exit> {
    let name = named(&args.name)?;
    let (registry, _) = open(session)?;
    let Some(held) = hold(&registry, session)? else { return Ok(Exit::Locked) };
    let mut problems = Problems::new();
    let told = history(&registry, &name, &mut problems);
    let (target, is_back) = match &args.to {
        // A version that is named needs no history.
        Some(version) => (LabelValue::Version(version.clone()), false),
        None => {
            session.stop_on(problems)?;
            target(args, &name, &registry, told.as_ref().context("the history cannot be read")?)?
        }
    };
    let mut problems = Problems::new();
    let plan = registry.plan_label(&name, &args.label, Some(target.clone()), &mut problems);
    session.stop_on(problems)?;
    let plan = plan.context("the rollback has no plan")?;
    if plan.is_change() && !args.dry_run {
        plan.carry_out(&registry, &[], &held)
            .map_err(|error| not_written(&format!("`{}` is not changed", plan.file.display()), &error))?;
        if let Some(told) = told.filter(|told| told.has_git) {
            registry.note_rollback(&name, &args.label, &target, &told).context("the rollback cannot be noted")?;
        }
    }
    show(&RollbackReport::of(&plan, is_back, args.dry_run), args.format, session)?;
    Ok(Exit::Passed)
}

/// What the label pointed to before, and whether it was rolled back to that already.
fn target(
    args: &RollbackArgs,
    name: &SafeName,
    registry: &Registry,
    told: &PromptHistory,
) -> anyhow::Result<(LabelValue, bool)> {
    let label = &args.label;
    let help = format!("name the version: `karat prompt rollback {name} --label {label} --to VERSION`");
    if !told.has_git {
        let message = "this project is not in a git repository, so what the label pointed to before is not known";
        return Err(UsageError::of("no-git", message, help).into());
    }
    match told.roll_back(registry, name, label) {
        Rollback::To(value) => Ok((value, false)),
        Rollback::Already(value) => Ok((value, true)),
        Rollback::NoEarlier => {
            let message = format!("the label `{label}` of `{name}` never pointed to anything else");
            Err(UsageError::of("nothing-to-roll-back", message, help).into())
        }
        Rollback::NeverSet => {
            let message = format!("`{name}` has no label `{label}`, and never had");
            Err(UsageError::of("unknown-label", message, "`karat prompt list` shows the labels").into())
        }
    }
}
