//! Python, by the parser of Ruff: the grammar of Python 3, all of it.

use super::{NotCode, line_at, room};

/// Whether `code` is a module of Python 3.
pub(in crate::score::format) fn module(code: &str) -> Result<(), NotCode> {
    room::with_room(code, |code| match ruff_python_parser::parse_module(code) {
        Ok(_) => Ok(()),
        Err(error) => {
            let line = line_at(code, error.location.start().to_usize());
            Err(NotCode::Fault { line, why: error.error.to_string() })
        }
    })
}
