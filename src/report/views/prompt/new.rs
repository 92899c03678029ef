//! A new prompt.

use std::path::Path;

use serde::Serialize;

use super::super::super::doc::{Block, Doc, Line};
use super::super::super::present::View;
use crate::base::SafeName;
use crate::eval::SCHEMA_VERSION;

/// The prompt that was written, and the commands that follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Its name.
    pub name: SafeName,
    /// The files that were written.
    pub files: Vec<String>,
    /// Commands that show the draft and release it.
    pub next: Vec<String>,
}

impl NewReport {
    /// For a prompt in this folder; `values` are flags of `karat prompt render` that fill it in.
    pub fn of(name: &SafeName, folder: &Path, values: &str) -> NewReport {
        let file = |file: &str| folder.join(file).display().to_string();
        NewReport {
            schema_version: SCHEMA_VERSION,
            name: name.clone(),
            files: vec![file("prompt.yaml"), file("next.yaml")],
            next: vec![
                format!("karat prompt render {name}@next{values}"),
                format!("karat prompt release {name} --bump minor -m \"first version\""),
            ],
        }
    }
}

impl View for NewReport {
    const WHAT: &'static str = "a new prompt";

    fn doc(&self) -> Doc {
        let mut doc = Doc::new();
        doc.push(Block::Paragraph(Line::from(format!("wrote {}", self.files.join(" and ")))));
        let words = ["next", "then"].into_iter().zip(&self.next);
        doc.push(Block::Facts(words.map(|(word, next)| (word.to_owned(), Line::from(next.as_str()))).collect()));
        doc
    }
}
