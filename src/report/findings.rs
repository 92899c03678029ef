//! Findings in files, for the tools that show them beside the lines.

use std::path::{Path, PathBuf};

use crate::base::{Diagnostic, Place, Severity};

/// What a rule is, beside its findings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingRule {
    /// Its code.
    pub code: String,
    /// One line.
    pub about: String,
    /// Why it matters.
    pub why: String,
    /// How much it matters when nothing else is said.
    pub severity: Severity,
}

/// Findings, and what those tools need to know of them.
#[derive(Debug, Clone, Copy)]
pub struct Findings<'a> {
    /// In the order of the report.
    pub diagnostics: &'a [Diagnostic],
    /// The rules that were asked; findings may have other codes, too.
    pub rules: &'a [FindingRule],
    /// The project's folder within its repository: tools name files from there.
    pub prefix: &'a Path,
}

impl Findings<'_> {
    /// The path of a place from the repository's folder, with `/` on every system.
    pub(super) fn path(&self, place: &Place) -> String {
        let path: PathBuf = self.prefix.join(&place.path);
        let parts: Vec<String> =
            path.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
        parts.join("/")
    }
}

/// What a finding says, with its suggestion and its help, in one text.
pub(super) fn whole_message(diagnostic: &Diagnostic) -> String {
    let mut text = diagnostic.message.clone();
    for more in [&diagnostic.label, &diagnostic.help].into_iter().flatten() {
        text.push_str("; ");
        text.push_str(more);
    }
    text
}
