//! `karat eval --changed-since REF`: only the suites that changed since a git revision.

use std::collections::HashSet;
use std::path::Path;

use super::args::EvalArgs;
use super::options::PlanOptions;
use crate::base::{Problems, SafeName};
use crate::cli::{Exit, Session, UsageError, show};
use crate::git::{Changed, GitError, Repo};
use crate::prompt::{Registry, changed_prompts, git_problem};
use crate::report::{Format, NothingChanged};
use crate::suite::Suite;

/// The file of settings: it decides on every suite.
const CONFIG: &str = "karat.yaml";

/// The suites that changed; `None` when that was not asked.
///
/// # Errors
/// [`UsageError`] when git cannot say.
pub(super) fn changed_suites(
    options: &PlanOptions,
    suites: &[Suite],
    registry: &Registry,
    session: &Session,
) -> anyhow::Result<Option<HashSet<SafeName>>> {
    if let Some(settled) = &options.changed_suites {
        return Ok(Some(settled.iter().cloned().collect()));
    }
    let Some(revision) = &options.changed_since else { return Ok(None) };
    let files =
        Repo::find(&session.root).and_then(|repo| repo.changed_since(revision, &[])).map_err(|error| no_git(&error))?;
    let mut problems = Problems::new();
    let lock = registry.lock(&mut problems);
    session.stop_on(problems)?;
    let prompts = changed_prompts(registry, revision, &lock).map_err(|error| no_git(&error))?;
    let prompts: HashSet<SafeName> = prompts.into_iter().map(|prompt| prompt.name).collect();
    let all = files.iter().any(|file| file.path == CONFIG);
    let changed = suites.iter().filter(|suite| all || has_changed(suite, &files, &prompts));
    Ok(Some(changed.map(|suite| suite.name.clone()).collect()))
}

fn no_git(error: &GitError) -> UsageError {
    UsageError::from(git_problem(error))
}

/// Whether a suite can give another result than before. What cannot be told counts as changed: running it costs less than
/// missing it.
fn has_changed(suite: &Suite, files: &[Changed], prompts: &HashSet<SafeName>) -> bool {
    let is_touched = |file: &Changed| {
        let path = Path::new(&file.path);
        path == suite.path || path.file_name().is_some_and(|name| suite.mentions(&name.to_string_lossy()))
    };
    // A prompt that is written in a suite or read from a path may include anything.
    let is_other = |registered: Option<&SafeName>| registered.is_none_or(|name| prompts.contains(name));
    let mut used = suite.variants.iter().map(|variant| variant.prompt.registered.as_ref().map(|(name, _)| name));
    files.iter().any(is_touched) || used.any(is_other)
}

/// Says that nothing was run because nothing changed. No run is stored: this is no pass.
pub(super) fn nothing_changed(revision: &str, args: &EvalArgs, session: &Session) -> anyhow::Result<Exit> {
    let told = NothingChanged::of(revision);
    // These have no place for a sentence; what reads them must not find a suite that passed.
    if matches!(args.show.format, Format::Junit | Format::Jsonl) {
        session.ui.note(&told.message);
    } else {
        show(&told, args.show.format, session)?;
    }
    for file in &args.show.output {
        session.ui.note(&format!("`{}` was not written", file.display()));
    }
    Ok(Exit::Passed)
}
