//! The providers that models can be called at.

use serde::Serialize;
use serde_json::Value;

use super::super::doc::{Block, Column, Doc, Line, Table, Tone};
use super::super::present::View;
use super::counted;
use crate::eval::SCHEMA_VERSION;

/// The providers of a project and those built in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProvidersReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Those of `karat.yaml` first.
    pub providers: Vec<ProviderRow>,
}

impl ProvidersReport {
    /// A report of these, in this order.
    pub fn of(providers: Vec<ProviderRow>) -> ProvidersReport {
        ProvidersReport { schema_version: SCHEMA_VERSION, providers }
    }
}

/// Whether a provider has its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// It is in the environment.
    Set,
    /// It is needed and not there.
    Missing,
    /// Calls work without one.
    NotNeeded,
}

/// One provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProviderRow {
    /// What stands before the slash of `provider/model`.
    pub name: String,
    /// Its `type`.
    pub kind: String,
    /// One line about the kind.
    pub about: String,
    /// Where it is; `null` when only the user can say.
    pub base_url: Option<String>,
    /// Variable that moves its address.
    pub base_url_env: Option<String>,
    /// Variables that may hold its key; the first that is set wins.
    pub key_variables: Vec<String>,
    /// Whether it has its key.
    pub key: KeyState,
    /// Whether `karat.yaml` speaks of it.
    pub configured: bool,
}

impl View for ProvidersReport {
    const WHAT: &'static str = "the list of providers";

    fn doc(&self) -> Doc {
        let columns =
            vec![Column::names("provider"), Column::words("what"), Column::words("address"), Column::words("key")];
        let rows = self.providers.iter().map(cells).collect();
        let mut doc = Doc::new();
        doc.push(Block::Table(Table { columns, rows }));
        let configured = self.providers.iter().filter(|row| row.configured).count();
        let built_in = self.providers.len() - configured;
        doc.push_list(vec![
            Line::from(format!(
                "{} in karat.yaml, {built_in} built in; models are called `provider/model`",
                counted(u64::try_from(configured).unwrap_or(u64::MAX), "provider", "providers")
            )),
            Line::from("another server: name it under ")
                .then("providers", Tone::Command)
                .text(" in karat.yaml, with `type` and `base_url`"),
        ]);
        doc
    }

    fn lines(&self) -> Option<Vec<Value>> {
        self.providers.iter().map(|row| serde_json::to_value(row).ok()).collect()
    }
}

fn cells(row: &ProviderRow) -> Vec<Line> {
    let address = row.base_url.clone().unwrap_or_else(|| match &row.base_url_env {
        Some(variable) => format!("from {variable}"),
        None => "not set".to_owned(),
    });
    let variables = row.key_variables.join(" or ");
    let key = match row.key {
        KeyState::Set => format!("{variables}: set"),
        KeyState::Missing => format!("{variables}: not set"),
        KeyState::NotNeeded => "not needed".to_owned(),
    };
    let what = if row.configured { format!("`type: {}`", row.kind) } else { row.about.clone() };
    [row.name.clone(), what, address, key].into_iter().map(Line::from).collect()
}
