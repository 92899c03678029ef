//! The result itself, as one JSON document.

use std::io::{self, Write};

use serde::Serialize;

use super::escape;

/// Writes the document, indented by two, with a line break at its end.
pub(super) fn write<T: Serialize + ?Sized>(result: &T, out: &mut dyn Write) -> io::Result<()> {
    escape::to_writer_pretty(result, out)?;
    out.write_all(b"\n")
}
