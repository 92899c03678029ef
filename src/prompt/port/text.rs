//! Plain text: one user message without variables.

use indexmap::IndexMap;

use super::foreign::{Builder, Dialect, Foreign, ForeignVersion, Placed};
use crate::base::{Diagnostic, Place, Problems, Source};

pub(super) fn read(source: &Source, problems: &mut Problems) -> Vec<Foreign> {
    let whole = Placed::part(source, 0, source.text().trim_end_matches(['\n', '\r']).len());
    one(&whole, Dialect::Plain, source, None, problems).into_iter().collect()
}

/// A prompt that is one user message.
pub(super) fn one(
    text: &Placed,
    dialect: Dialect,
    source: &Source,
    name: Option<String>,
    problems: &mut Problems,
) -> Option<Foreign> {
    if text.text.trim().is_empty() {
        problems.push(empty(source));
        return None;
    }
    let mut builder = Builder::new();
    builder.message("user", text.pieces(dialect, problems));
    let definition = builder.finish(IndexMap::new(), None);
    Some(Foreign {
        name,
        versions: vec![ForeignVersion { number: None, labels: Vec::new(), definition, comments: Vec::new() }],
    })
}

pub(super) fn empty(source: &Source) -> Diagnostic {
    Diagnostic::error("empty-message", "this prompt is empty")
        .at(Place::of_file(source.path()))
        .help("write its text into the file")
}
