//! What is said instead of a run when no suite changed.

use serde::Serialize;

use super::super::doc::{Block, Doc, Line};
use super::super::present::View;
use crate::eval::SCHEMA_VERSION;

/// No suite changed, so none was run. Has no verdict: it is neither a pass nor a fail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NothingChanged {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Always none: there is no run.
    pub run: Option<String>,
    /// The revision, as it was given.
    pub changed_since: String,
    /// Always empty.
    pub suites: Vec<String>,
    /// The sentence for people.
    pub message: String,
}

impl NothingChanged {
    /// For a revision, as it was given.
    pub fn of(revision: &str) -> NothingChanged {
        NothingChanged {
            schema_version: SCHEMA_VERSION,
            run: None,
            changed_since: revision.to_owned(),
            suites: Vec::new(),
            message: format!("nothing changed since {revision}; no suite was run"),
        }
    }
}

impl View for NothingChanged {
    const WHAT: &'static str = "what is said instead of a run";

    fn doc(&self) -> Doc {
        let mut doc = Doc::new();
        doc.push(Block::Paragraph(Line::from(self.message.as_str())));
        doc
    }
}
