//! Files of two parts: YAML between lines of three dashes, then the template.

use super::foreign::Placed;
use crate::base::{Kind, Node, Problems, Source, Span, parse_yaml};

/// The two parts of a file; a file without dashes is all template.
pub(super) struct Parts {
    pub(super) head: Node,
    /// The head as a source of its own, with the lines of the file.
    pub(super) source: Source,
    pub(super) body: Placed,
}

/// Splits a file. What is wrong with the YAML goes to `problems`.
pub(super) fn split(source: &Source, problems: &mut Problems) -> Option<Parts> {
    let text = source.text();
    let empty = || Node { kind: Kind::Null, span: Span::new(1, 1, 1) };
    let Some((head, start)) = dashed(text) else {
        return Some(Parts { head: empty(), source: source.clone(), body: Placed::part(source, 0, text.len()) });
    };
    let path = std::sync::Arc::from(source.path());
    let own = Source::line_of(&path, 2, head);
    let node = if head.trim().is_empty() { empty() } else { parse_yaml(&own, problems)? };
    Some(Parts { head: node, source: own, body: Placed::part(source, start, text.len()) })
}

/// The text between the dashes, and where the body begins.
fn dashed(text: &str) -> Option<(&str, usize)> {
    let first = text.split_inclusive('\n').next()?;
    if first.trim_end() != "---" {
        return None;
    }
    let mut at = first.len();
    for line in text.get(first.len()..)?.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return Some((text.get(first.len()..at)?, at + line.len()));
        }
        at += line.len();
    }
    None
}
