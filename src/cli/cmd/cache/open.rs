//! The store of the project, for commands that make none.

use crate::base::Problems;
use crate::cli::{Session, UsageError};
use crate::config::{Config, Overrides};
use crate::store::{Access, Store};

/// Opens the store that the settings name.
///
/// # Errors
/// [`UsageError`] when there is none yet; otherwise why it cannot be opened.
pub(super) fn open(session: &Session, access: Access) -> anyhow::Result<(Store, Config)> {
    let mut problems = Problems::new();
    let config = session.config(Overrides::default(), &mut problems);
    session.stop_on(problems)?;
    let path = &config.store.value;
    if !path.exists() {
        let message = format!("there is no results store at `{}`", session.shown(path).display());
        return Err(UsageError::of("no-store", message, "`karat eval` makes it with the first run").into());
    }
    Ok((Store::open(path, access)?, config))
}

/// Asks before something is taken away.
///
/// # Errors
/// [`UsageError`] when nobody may be asked and `--yes` is not given, or when the answer is no.
pub(super) fn agreed(question: &str, session: &Session) -> anyhow::Result<()> {
    let ui = &session.ui;
    if ui.says_yes() || (ui.may_ask() && ui.confirm(question)?) {
        return Ok(());
    }
    Err(UsageError::of("not-confirmed", format!("{question} was not answered with yes"), "add `--yes`").into())
}
