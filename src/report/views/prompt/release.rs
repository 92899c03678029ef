//! A release of a prompt.

use semver::Version;
use serde::Serialize;

use super::super::super::doc::{Block, Doc, Line, Tone};
use super::super::super::present::View;
use crate::base::{Digest, SafeName};
use crate::eval::SCHEMA_VERSION;
use crate::prompt::{Bump, Release, Released};

/// What was released, or would be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReleaseReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The prompt.
    pub name: SafeName,
    /// Its new version.
    pub version: Version,
    /// The version it was compared with; null for the first release.
    pub previous: Option<Version>,
    /// Which number went up; null for the first release.
    pub bump: Option<Bump>,
    /// Which number the changes ask for; null for the first release.
    pub suggested: Option<Bump>,
    /// What changed, most important first.
    pub reasons: Vec<String>,
    /// Digest of the prompt.
    pub digest: Digest,
    /// SHA-256 of the file.
    pub file_digest: Digest,
    /// Why it is released.
    pub message: String,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Whether an earlier release of it that was interrupted is finished by this one.
    pub resumed: bool,
}

impl ReleaseReport {
    /// The report of a release.
    pub fn of(release: &Release, message: &str, dry_run: bool) -> ReleaseReport {
        ReleaseReport {
            schema_version: SCHEMA_VERSION,
            name: release.name.clone(),
            version: release.version.clone(),
            previous: release.previous.clone(),
            bump: release.bump,
            suggested: release.suggested,
            reasons: release.reasons.clone(),
            digest: release.entry.prompt,
            file_digest: release.entry.file,
            message: message.to_owned(),
            dry_run,
            resumed: release.state != Released::No,
        }
    }
}

impl View for ReleaseReport {
    const WHAT: &'static str = "the release of a prompt";

    fn doc(&self) -> Doc {
        let verb = match (self.dry_run, self.resumed) {
            (true, false) => "would release",
            (true, true) => "the draft is the same as",
            (false, false) => "released",
            (false, true) => "the draft was the same as",
        };
        let mut head = Line::from(format!("{verb} ")).then(format!("{}@{}", self.name, self.version), Tone::Strong);
        head = match (&self.previous, self.bump) {
            (Some(previous), Some(bump)) => head.text(format!(", {bump} after {previous}")),
            _ if self.resumed && self.dry_run => head.text(", whose interrupted release would be finished"),
            _ if self.resumed => {
                head.text(", whose interrupted release is finished: it is locked, and the draft is removed")
            }
            _ => head.text(", the first version"),
        };
        let mut doc = Doc::new();
        doc.push(Block::Paragraph(head));
        doc.push_list(self.reasons.iter().map(|reason| Line::from(reason.as_str())).collect());
        let mut facts = vec![
            ("digest".to_owned(), Line::from(self.digest.short())),
            ("file".to_owned(), Line::from(self.file_digest.short())),
        ];
        if !self.dry_run {
            facts.push(("next".to_owned(), Line::from("commit the new version and registry.lock")));
        } else if let Some(suggested) =
            self.suggested.filter(|suggested| self.bump.is_some_and(|bump| bump < *suggested))
        {
            facts.push((
                "note".to_owned(),
                Line::of(format!("the changes ask for a {suggested} release"), Tone::Unsure),
            ));
        }
        doc.push(Block::Facts(facts));
        doc
    }
}
