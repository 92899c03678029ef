//! `karat prompt verify`.

use clap::Args;

use super::opened::{hold, named, not_written, open};
use crate::base::{Problems, SafeName};
use crate::cli::{Exit, Session, UsageError, format_parser, show};
use crate::config::Config;
use crate::git::Repo;
use crate::prompt::{LOCK_FILE, Registry, adopt, verify};
use crate::report::Format;
use crate::report::prompt::VerifyReport;

/// Check that every released version is what it was at its release
///
/// Compares files, and the partials, schemas and examples they include, with the digests in `registry.lock`. Exit code 1
/// when a version changed, is gone, or is not locked; in a project without `registry.lock` nothing has been released and
/// versions that are not locked are only noted.
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  karat prompt verify                        Check all prompts\n  karat prompt verify --adopt code-review    Lock versions that were written by hand"
)]
pub struct VerifyArgs {
    /// Prompts to check [default: all]
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,

    /// Lock every version that is not locked, as it is now
    #[arg(long)]
    pub adopt: bool,

    /// Print in this format
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = format_parser(Format::of_lists()))]
    pub format: Format,
}

/// Checks released versions.
pub(super) fn run(args: &VerifyArgs, session: &Session) -> anyhow::Result<Exit> {
    let only: Vec<SafeName> = args.names.iter().map(|name| named(name)).collect::<Result<_, _>>()?;
    let (registry, config) = open(session)?;
    let mut problems = Problems::new();
    let mut lock = registry.lock(&mut problems);
    session.stop_on(problems)?;
    let known = registry.names();
    if let Some(name) =
        only.iter().find(|name| !known.contains(name) && lock.entries().all(|(locked, ..)| locked != *name))
    {
        let message = format!("there is no prompt `{name}`, and none is locked");
        return Err(UsageError::of("unknown-prompt", message, "`karat prompt list` shows the prompts").into());
    }
    let mut adopted = 0;
    if args.adopt {
        match take_in(&registry, &only, session)? {
            Some(added) => adopted = added,
            None => return Ok(Exit::Locked),
        }
        lock = registry.lock(&mut Problems::new());
    }
    if !lock.exists && was_locked(&config, session) {
        // Without it nothing would seem to have been released, and everything would be sound.
        lock.exists = true;
        let path = session.shown(&config.prompts.value.join(LOCK_FILE));
        let shown = path.display();
        session.ui.problem(&format!("error: `{shown}` is gone; `git checkout -- {shown}` brings it back"));
    }
    let verified = verify(&registry, &lock, &only);
    show(&VerifyReport::of(&verified, adopted), args.format, session)?;
    Ok(if verified.is_sound() { Exit::Passed } else { Exit::Failed })
}

/// Whether the last commit has a lock file.
fn was_locked(config: &Config, session: &Session) -> bool {
    let path = session.shown(&config.prompts.value.join(LOCK_FILE)).display().to_string();
    let Ok(repo) = Repo::find(&session.root) else { return false };
    repo.snapshot("HEAD").is_ok_and(|head| head.read(&path).is_some())
}

/// Locks what is not locked; `None` when another process holds the registry.
fn take_in(registry: &Registry, only: &[SafeName], session: &Session) -> anyhow::Result<Option<usize>> {
    let Some(_held) = hold(registry, session)? else { return Ok(None) };
    let mut problems = Problems::new();
    let lock = registry.lock(&mut problems);
    let (grown, added) = adopt(registry, &lock, only, &mut problems);
    session.stop_on(problems)?;
    if added > 0 {
        registry.write_lock(&grown).map_err(|error| not_written("`registry.lock` is not changed", &error))?;
    }
    Ok(Some(added))
}
