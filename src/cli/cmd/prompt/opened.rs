//! What the verbs that change the registry begin with.

use std::io;

use crate::base::files::Lock;
use crate::base::{Problems, SafeName};
use crate::cli::{Session, UsageError};
use crate::config::{Config, Overrides};
use crate::prompt::Registry;

/// The registry of the project and its settings.
pub(super) fn open(session: &Session) -> anyhow::Result<(Registry, Config)> {
    let mut problems = Problems::new();
    let config = session.config(Overrides::default(), &mut problems);
    session.stop_on(problems)?;
    Ok((Registry::open(&config.prompts.value, &session.root), config))
}

/// A name given on the command line.
pub(super) fn named(name: &str) -> Result<SafeName, UsageError> {
    SafeName::parse(name)
        .map_err(|error| UsageError::of("prompt-name", error.to_string(), "`karat prompt list` shows the prompts"))
}

/// A file of the registry that cannot be written; `what` says which, and what that leaves.
pub(super) fn not_written(what: &str, error: &io::Error) -> UsageError {
    let help = "the folder of prompts and `.karat/` must be writable, and the disk must have room";
    UsageError::of("file-not-written", format!("{what}: {error}"), help)
}

/// The right to change the registry; says so when another process keeps it.
pub(super) fn hold(registry: &Registry, session: &Session) -> anyhow::Result<Option<Lock>> {
    let held =
        registry.hold().map_err(|error| not_written("the lock `.karat/prompts.lock` cannot be taken", &error))?;
    if held.is_none() {
        session.ui.problem("error: another process is changing the registry of prompts; try again when it is done");
    }
    Ok(held)
}
