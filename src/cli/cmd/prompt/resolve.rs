//! `karat prompt resolve`.

use anyhow::Context;
use clap::Args;

use super::opened::open;
use super::target::resolve;
use crate::base::Problems;
use crate::cli::{Exit, Session, UsageError, format_parser, show};
use crate::prompt::command_line;
use crate::report::Format;
use crate::report::prompt::ResolveReport;

/// Show which version a reference means, with its digest and messages
///
/// The messages are templates; with `--format json` they come with everything an application needs to fill them: partials,
/// variables, parameters. A label that is a split is decided for the user of `--user`, as flagd decides it.
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  karat prompt resolve code-review@production           Show the version that is live\n  karat prompt resolve code-review --format json        Print it for an application\n  karat prompt resolve code-review@production --user 7    Decide a split for a user"
)]
pub struct ResolveArgs {
    /// NAME, NAME@VERSION, NAME@LABEL, NAME@next or NAME@git:REV[:SELECTOR]
    #[arg(value_name = "REFERENCE")]
    pub reference: String,

    /// Decide a split for this user
    #[arg(long, value_name = "ID")]
    pub user: Option<String>,

    /// Print in this format
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = format_parser(Format::of_documents()))]
    pub format: Format,
}

/// Prints what a reference means.
pub(super) fn run(args: &ResolveArgs, session: &Session) -> anyhow::Result<Exit> {
    let (registry, _) = open(session)?;
    let mut problems = Problems::new();
    if args.user.as_ref().is_some_and(|user| user.trim().is_empty()) {
        // An unset variable of a script: everybody would get the same version.
        let help = "give the id of a user, such as `--user 7`";
        return Err(UsageError::of("empty-user", "--user is empty", help).into());
    }
    let prompt = match &args.user {
        Some(user) => registry.resolve_for(&args.reference, user, &command_line(), &mut problems),
        None => resolve(&args.reference, &registry, session, &mut problems),
    };
    session.stop_on(problems)?;
    let prompt = prompt.context("the reference has no prompt")?;
    if args.user.as_ref().is_some_and(|user| !user.is_ascii()) && args.reference.contains('@') {
        session.ui.note("note: this id is not ASCII: flagd in JavaScript decides as karat does, its server may not");
    }
    show(&ResolveReport::of(&args.reference, &prompt), args.format, session)?;
    Ok(Exit::Passed)
}
