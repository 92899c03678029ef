//! Whether released versions are what they were.

use semver::Version;
use serde::Serialize;
use serde_json::Value;

use super::super::super::doc::{Block, Doc, Entry, Line, Tone};
use super::super::super::present::View;
use crate::base::SafeName;
use crate::eval::SCHEMA_VERSION;
use crate::prompt::Verified;

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VerifyReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Whether every released version is what it was.
    pub passed: bool,
    /// Versions that were compared with the lock.
    pub checked: usize,
    /// Versions that were locked by this command.
    pub adopted: usize,
    /// By prompt and version.
    pub findings: Vec<FindingRow>,
}

/// Something that is not as the lock says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FindingRow {
    /// The prompt.
    pub name: SafeName,
    /// The version.
    pub version: Version,
    /// `edited`, `reformatted`, `include_changed`, `broken`, `missing` or `not_locked`.
    pub kind: &'static str,
    /// Whether the verification fails by it.
    pub fails: bool,
    /// Files that changed or are missing.
    pub files: Vec<String>,
    /// In a sentence.
    pub message: String,
    /// How to mend it.
    pub help: String,
}

impl VerifyReport {
    /// The report of a verification.
    pub fn of(verified: &Verified, adopted: usize) -> VerifyReport {
        let rows = verified.findings.iter().map(|finding| FindingRow {
            name: finding.name.clone(),
            version: finding.version.clone(),
            kind: finding.kind.word(),
            fails: !verified.is_note(finding),
            files: finding.files.clone(),
            message: finding.message.clone(),
            help: finding.help.clone(),
        });
        VerifyReport {
            schema_version: SCHEMA_VERSION,
            passed: verified.is_sound(),
            checked: verified.checked,
            adopted,
            findings: rows.collect(),
        }
    }
}

impl View for VerifyReport {
    const WHAT: &'static str = "the verification of released prompts";

    fn doc(&self) -> Doc {
        let mut doc = Doc::new();
        if self.adopted > 0 {
            doc.push(Block::Paragraph(Line::from(format!("locked {}; commit registry.lock", versions(self.adopted)))));
        }
        let bad = self.findings.iter().filter(|finding| finding.fails).count();
        doc.push(Block::Paragraph(match (bad, self.checked) {
            (0, 0) => Line::from("no version is locked yet"),
            (0, 1) => Line::of("pass", Tone::Pass).text("  1 released version is what it was"),
            (0, checked) => {
                Line::of("pass", Tone::Pass).text(format!("  {checked} released versions are what they were"))
            }
            (bad, checked) => {
                let text = format!("  {} to look at, {} checked", versions(bad), versions(checked));
                Line::of("fail", Tone::Fail).text(text)
            }
        }));
        let entries = self.findings.iter().map(|finding| {
            let (word, tone) = if finding.fails { ("fail", Tone::Fail) } else { ("note", Tone::Unsure) };
            let head = Line::of(format!("{}@{}", finding.name, finding.version), Tone::Strong);
            let mut entry = Entry::new(word, tone, head);
            entry.lines.push(("what".to_owned(), Line::from(finding.message.as_str())));
            entry.lines.push(("help".to_owned(), Line::from(finding.help.as_str())));
            entry
        });
        let entries: Vec<Entry> = entries.collect();
        if !entries.is_empty() {
            doc.push(Block::Entries(entries));
        }
        doc
    }

    fn lines(&self) -> Option<Vec<Value>> {
        self.findings.iter().map(|finding| serde_json::to_value(finding).ok()).collect()
    }
}

fn versions(count: usize) -> String {
    format!("{count} {}", if count == 1 { "version" } else { "versions" })
}
