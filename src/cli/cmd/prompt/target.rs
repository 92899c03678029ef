//! The prompt that a command names.

use std::sync::Arc;

use crate::base::Problems;
use crate::cli::Session;
use crate::prompt::{Prompt, Registry, command_line};

/// What a reference on the command line means; a path may also be relative to the current folder.
pub(super) fn resolve(
    reference: &str,
    registry: &Registry,
    session: &Session,
    problems: &mut Problems,
) -> Option<Arc<Prompt>> {
    let here = session.cwd.join(reference);
    let is_path = reference.contains(['/', '.']) && here.is_file();
    let shown = session.shown(reference.as_ref()).to_string_lossy().into_owned();
    let reference =
        if is_path { if shown.contains('/') { shown } else { format!("./{shown}") } } else { reference.to_owned() };
    registry.resolve(&reference, &command_line(), problems)
}
