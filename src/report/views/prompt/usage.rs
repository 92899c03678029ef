//! Who uses a prompt or a partial.

use serde::Serialize;
use serde_json::Value;

use super::super::super::doc::{Block, Column, Doc, Line, Table, Tone};
use super::super::super::present::View;
use crate::base::{Place, SafeName};
use crate::eval::SCHEMA_VERSION;
use crate::prompt::{PartialUser, Use, UseKind, UseTarget};

/// The files that use a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UsageReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The prompt.
    pub prompt: SafeName,
    /// By file and position.
    pub uses: Vec<UseRow>,
}

/// One reference to the prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UseRow {
    /// What kind of file it is.
    pub kind: UseKind,
    /// Where the reference is written.
    pub place: Place,
    /// The reference as written.
    pub reference: String,
    /// The version it leads to; `None` when it leads to none.
    pub resolved: Option<UseTarget>,
    /// Why it leads to none.
    pub problem: Option<String>,
}

impl UsageReport {
    /// Those of `uses` that mean this prompt.
    pub fn of(prompt: &SafeName, uses: Vec<Use>) -> UsageReport {
        let row = |used: Use| UseRow {
            kind: used.kind,
            place: used.place,
            reference: used.reference,
            resolved: used.target,
            problem: used.problem,
        };
        let uses = uses.into_iter().filter(|used| used.is_of(prompt)).map(row).collect();
        UsageReport { schema_version: SCHEMA_VERSION, prompt: prompt.clone(), uses }
    }
}

impl View for UsageReport {
    const WHAT: &'static str = "the usage of a prompt";

    fn doc(&self) -> Doc {
        let mut doc = Doc::new();
        if self.uses.is_empty() {
            doc.push(Block::Paragraph(Line::from(format!("nothing uses `{}`", self.prompt))));
            return doc;
        }
        let columns =
            vec![Column::names("kind"), Column::names("where"), Column::names("reference"), Column::words("version")];
        let row = |used: &UseRow| {
            let version = match (&used.resolved, &used.problem) {
                (Some(target), _) => Line::from(target.version.as_str()),
                (None, Some(problem)) => Line::of(problem.as_str(), Tone::Fail),
                (None, None) => Line::from("—"),
            };
            let place = Line::from(used.place.pointer());
            vec![Line::from(used.kind.word()), place, Line::from(used.reference.as_str()), version]
        };
        doc.push(Block::Table(Table { columns, rows: self.uses.iter().map(row).collect() }));
        doc
    }

    fn lines(&self) -> Option<Vec<Value>> {
        self.uses.iter().map(|used| serde_json::to_value(used).ok()).collect()
    }
}

/// The versions that include a partial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartialReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The partial.
    pub partial: String,
    /// By prompt and version.
    pub uses: Vec<PartialUse>,
}

/// A version that includes the partial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartialUse {
    /// The prompt.
    pub prompt: SafeName,
    /// Its version, or `next`.
    pub version: String,
    /// Its file.
    pub place: Place,
}

impl PartialReport {
    /// These users of a partial.
    pub fn of(partial: &str, users: Vec<PartialUser>) -> PartialReport {
        let row = |user: PartialUser| PartialUse { prompt: user.name, version: user.version, place: user.place };
        PartialReport {
            schema_version: SCHEMA_VERSION,
            partial: partial.to_owned(),
            uses: users.into_iter().map(row).collect(),
        }
    }
}

impl View for PartialReport {
    const WHAT: &'static str = "the usage of a partial";

    fn doc(&self) -> Doc {
        let mut doc = Doc::new();
        if self.uses.is_empty() {
            doc.push(Block::Paragraph(Line::from(format!("nothing includes `{}`", self.partial))));
            return doc;
        }
        let columns = vec![Column::names("prompt"), Column::names("version"), Column::names("where")];
        let row =
            |used: &PartialUse| [used.prompt.as_str(), &used.version, &used.place.pointer()].map(Line::from).to_vec();
        doc.push(Block::Table(Table { columns, rows: self.uses.iter().map(row).collect() }));
        doc
    }

    fn lines(&self) -> Option<Vec<Value>> {
        self.uses.iter().map(|used| serde_json::to_value(used).ok()).collect()
    }
}
