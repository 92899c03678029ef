//! What rules look at: the text of a file, a version with what was read of it, the folder of a prompt, and what surrounds
//! them all.

use std::path::Path;

use semver::Version;

use super::super::past::usage::Use;
use super::super::ready::{Prompt, PromptVersion};
use super::super::releases::folder::Folder;
use super::lock::Locked;
use super::models::UsedModel;
use crate::base::{Node, Place, Source, Span};
use crate::price::PriceTable;

/// A version, draft or partial as text.
pub(super) struct TextFile<'a> {
    /// As written.
    pub(super) source: &'a Source,
    /// The version that was read from it, if it could be.
    pub(super) prompt: Option<&'a Prompt>,
}

/// A version or draft that could be read.
pub(super) struct VersionFile<'a> {
    pub(super) prompt: &'a Prompt,
    pub(super) source: &'a Source,
    /// The file as a tree; `None` for a template file.
    pub(super) node: Option<&'a Node>,
    /// The models it is meant for, as far as is known.
    pub(super) models: &'a [UsedModel],
}

impl VersionFile<'_> {
    /// The place of the key that `path` leads to, or of its nearest parent, or of the file.
    pub(super) fn key_place(&self, path: &[&str]) -> Place {
        let mut place = None;
        let mut node = self.node;
        for name in path {
            let entry = node.and_then(Node::as_map).and_then(|map| map.iter().find(|(key, _)| key.text == *name));
            let Some((key, value)) = entry else { break };
            place = Some(key.span);
            node = Some(value);
        }
        place.map_or_else(|| Place::of_file(self.source.path()), |span| self.source.place(span))
    }

    /// The place of the value that `path` leads to; of its key, or a parent's, when there is none.
    pub(super) fn value_place(&self, path: &[&str]) -> Place {
        let value = self.node.and_then(|node| path.iter().try_fold(node, |node, name| node.get(name)));
        let value = value.map(|node| node.span);
        value.map_or_else(|| self.key_place(path), |span: Span| self.source.place(span))
    }
}

/// A prompt with all its versions.
pub(super) struct PromptFolder<'a> {
    pub(super) folder: &'a Folder,
    /// Versions that nothing refers to: no label, no suite, not the latest.
    pub(super) superseded: &'a [Version],
    /// Released versions whose file can be read, with the file's bytes as text and the digest of their content.
    pub(super) released: &'a [Released],
}

/// A released version as it is now.
pub(super) struct Released {
    pub(super) version: Version,
    pub(super) place: Place,
    pub(super) digest: Option<crate::base::Digest>,
}

/// What rules know of the project.
pub(super) struct Around<'a> {
    pub(super) prices: &'a PriceTable,
    /// The UTC day, `YYYY-MM-DD`.
    pub(super) today: &'a str,
    /// Whether every file that could refer to a prompt could be read.
    pub(super) knows_uses: bool,
    /// What was released, by name and version.
    pub(super) locked: &'a [Locked],
    pub(super) root: &'a Path,
}

/// Whether `used` means this version of this prompt.
pub(super) fn is_use_of(used: &Use, name: &str, version: &PromptVersion) -> bool {
    used.target.as_ref().is_some_and(|target| target.name.as_str() == name && target.version == version.to_string())
}
