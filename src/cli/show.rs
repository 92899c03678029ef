//! One result to stdout.

use super::{Session, UsageError};
use crate::report::{Format, Look, ReportError, View, present};

/// What a format may use of this terminal; a file gets neither colour nor a terminal's width.
pub(crate) fn look(session: &Session, to_file: bool) -> Look {
    Look { width: if to_file { 100 } else { session.ui.width() }, color: !to_file && session.ui.color_out() }
}

/// Prints a result to stdout.
pub(crate) fn show<V: View>(view: &V, format: Format, session: &Session) -> anyhow::Result<()> {
    let mut out = Vec::new();
    present(view, format.settled(session.ui.around.stdout_tty), look(session, false), &mut out).map_err(|error| {
        match &error {
            ReportError::NoSuchForm { choices, .. } => {
                UsageError::of("no-such-form", error.to_string(), format!("choose one of {choices}")).into()
            }
            ReportError::Io(_) => anyhow::Error::from(error),
        }
    })?;
    session.ui.answer(&String::from_utf8_lossy(&out))?;
    Ok(())
}
