//! `karat prompt release`.

use anyhow::Context;
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use semver::Version;

use super::opened::{hold, named, not_written, open};
use crate::base::Problems;
use crate::cli::{Exit, Session, UsageError, format_parser, show};
use crate::prompt::{Bump, Registry, Release, ReleaseRequest, Released, parse_version};
use crate::report::Format;
use crate::report::prompt::ReleaseReport;

/// Freeze the draft of a prompt as a version
///
/// The draft `next.yaml` becomes `X.Y.Z.yaml`, byte for byte, and `registry.lock` pins its digest. A file that is
/// released is never changed again: `karat prompt verify` finds out.
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  karat prompt release support-answers --dry-run            Say which version it would be, and why\n  karat prompt release support-answers -m \"Add a tone\"      Release the draft"
)]
pub struct ReleaseArgs {
    /// The prompt
    pub name: String,

    /// Raise this number [default: what the changes ask for]
    #[arg(long, value_name = "PART", value_parser = bump_parser(), conflicts_with = "version")]
    pub bump: Option<Bump>,

    /// Release as this version
    #[arg(long, value_name = "VERSION", value_parser = parse_version)]
    pub version: Option<Version>,

    /// Say why; kept in registry.lock
    #[arg(
        long,
        short,
        value_name = "TEXT",
        required_unless_present = "dry_run",
        default_value = "",
        hide_default_value = true
    )]
    pub message: String,

    /// Change nothing, say what would be released
    #[arg(long)]
    pub dry_run: bool,

    /// Print in this format
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = format_parser(Format::of_documents()))]
    pub format: Format,
}

fn bump_parser() -> impl TypedValueParser<Value = Bump> {
    PossibleValuesParser::new(Bump::ALL.iter().map(|(word, _)| PossibleValue::new(word)))
        .try_map(|word| word.parse::<Bump>())
}

/// Releases the draft of a prompt.
pub(super) fn run(args: &ReleaseArgs, session: &Session) -> anyhow::Result<Exit> {
    let name = named(&args.name)?;
    let (registry, _) = open(session)?;
    let request = ReleaseRequest { name, bump: args.bump, version: args.version.clone() };
    if args.dry_run {
        let (release, _) = plan(&registry, &request, session)?;
        show(&ReleaseReport::of(&release, &args.message, true), args.format, session)?;
        return Ok(Exit::Passed);
    }
    if args.message.trim().is_empty() {
        return Err(UsageError::of("no-message", "the message is empty", "say why with `-m \"…\"`").into());
    }
    // Looked at inside the lock: what another process releases meanwhile counts.
    let Some(held) = hold(&registry, session)? else { return Ok(Exit::Locked) };
    let (release, lock) = plan(&registry, &request, session)?;
    confirm_small(&release, session)?;
    release.carry_out(&registry, lock, &args.message, &held).map_err(|error| {
        let what = format!("`{}` {} is not released completely, release it again", release.name, release.version);
        not_written(&what, &error)
    })?;
    show(&ReleaseReport::of(&release, &args.message, false), args.format, session)?;
    Ok(Exit::Passed)
}

fn plan(
    registry: &Registry,
    request: &ReleaseRequest,
    session: &Session,
) -> anyhow::Result<(Release, crate::prompt::RegistryLock)> {
    let mut problems = Problems::new();
    let lock = registry.lock(&mut problems);
    let release = if problems.has_errors() { None } else { registry.plan_release(request, &lock, &mut problems) };
    session.stop_on(problems)?;
    Ok((release.context("the release has no plan")?, lock))
}

/// A bump below what the changes ask for breaks callers: it needs a yes.
fn confirm_small(release: &Release, session: &Session) -> anyhow::Result<()> {
    let (Some(bump), Some(suggested)) = (release.bump, release.suggested) else { return Ok(()) };
    if !release.is_too_small() || release.state != Released::No || session.ui.says_yes() {
        return Ok(());
    }
    let why = release.reasons.first().map_or("", String::as_str);
    let message = format!("{} is a {bump} release, and {why}: that asks for a {suggested} release", release.version);
    if session.ui.may_ask() && session.ui.confirm(&format!("{message}. Release it all the same?"))? {
        return Ok(());
    }
    let help = format!("`--bump {suggested}`, or `--yes` when callers are not affected");
    Err(UsageError::of("bump-too-small", message, help).into())
}
