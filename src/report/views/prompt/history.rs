//! The history of a prompt.

use semver::Version;
use serde::Serialize;
use serde_json::Value;

use super::super::super::doc::{Block, Column, Doc, Line, Table, Tone};
use super::super::super::present::View;
use crate::base::SafeName;
use crate::eval::SCHEMA_VERSION;
use crate::prompt::{LabelValue, PromptEvent, PromptEventKind, PromptHistory};

/// What happened to a prompt.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HistoryReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The prompt.
    pub name: SafeName,
    /// Whether git was asked; without it, the events are what the files say.
    pub git: bool,
    /// Newest first.
    pub events: Vec<EventRow>,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EventRow {
    /// `released`, `edited`, `removed`, `labelled` or `renamed`.
    pub event: &'static str,
    /// The version it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// The label it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What the label pointed to, or the former path of the folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Value>,
    /// What the label points to since, or the path of the folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Value>,
    /// Message of the release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The commit; null when it is not committed.
    pub commit: Option<CommitRow>,
}

/// A commit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CommitRow {
    /// Full id.
    pub id: String,
    /// Name of the author.
    pub author: String,
    /// E-mail address of the author.
    pub email: String,
    /// When it was authored, RFC 3339 in UTC.
    pub time: String,
    /// First line of its message.
    pub summary: String,
}

impl HistoryReport {
    /// The report of a history.
    pub fn of(name: SafeName, history: &PromptHistory) -> HistoryReport {
        let events = history.events.iter().map(row).collect();
        HistoryReport { schema_version: SCHEMA_VERSION, name, git: history.has_git, events }
    }
}

fn row(event: &PromptEvent) -> EventRow {
    let commit = event.commit.as_ref().map(|commit| CommitRow {
        id: commit.id.clone(),
        author: commit.author.clone(),
        email: commit.email.clone(),
        time: commit.time.to_rfc3339(),
        summary: commit.summary.clone(),
    });
    let value = |value: &Option<LabelValue>| value.as_ref().and_then(|value| serde_json::to_value(value).ok());
    let mut row = EventRow {
        event: "labelled",
        version: None,
        label: None,
        from: None,
        to: None,
        message: event.message.clone(),
        commit,
    };
    let of_version =
        |event, version: &Version, row: EventRow| EventRow { event, version: Some(version.clone()), ..row };
    match &event.kind {
        PromptEventKind::Released(version) => row = of_version("released", version, row),
        PromptEventKind::Edited(version) => row = of_version("edited", version, row),
        PromptEventKind::Removed(version) => row = of_version("removed", version, row),
        PromptEventKind::Labelled { label, from, to } => {
            row = EventRow { label: Some(label.clone()), from: value(from), to: value(to), ..row };
        }
        PromptEventKind::Renamed { from, to } => {
            let text = |text: &str| Some(Value::String(text.to_owned()));
            row = EventRow { event: "renamed", from: text(from), to: text(to), ..row };
        }
    }
    row
}

impl EventRow {
    /// In words: `1.2.0 released`, `production: 1.0.0 → 1.2.0`.
    fn words(&self) -> Line {
        let shown = |value: Option<&Value>| match value {
            None => "not set".to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Object(shares)) => {
                let shares: Vec<String> =
                    shares.iter().map(|(version, weight)| format!("{version}: {weight}")).collect();
                format!("{{{}}}", shares.join(", "))
            }
            Some(other) => other.to_string(),
        };
        match (&self.version, &self.label) {
            (Some(version), _) => {
                let tone = if self.event == "released" { Tone::Plain } else { Tone::Unsure };
                Line::from(format!("{version} ")).then(self.event, tone)
            }
            (None, Some(label)) => {
                Line::from(format!("{label}: {} → {}", shown(self.from.as_ref()), shown(self.to.as_ref())))
            }
            (None, None) => Line::from(format!("renamed: {} → {}", shown(self.from.as_ref()), shown(self.to.as_ref()))),
        }
    }
}

impl View for HistoryReport {
    const WHAT: &'static str = "the history of a prompt";

    fn doc(&self) -> Doc {
        let mut doc = Doc::new();
        if !self.git {
            let text = "this project is not in a git repository: this is what its files say";
            doc.push(Block::Paragraph(Line::from(text)));
        }
        if self.events.is_empty() {
            doc.push(Block::Paragraph(Line::from(format!("nothing happened to {} yet", self.name))));
            return doc;
        }
        let columns = vec![
            Column::names("date (UTC)"),
            Column::names("what"),
            Column::names("author"),
            Column::names("commit"),
            Column::words("message"),
        ];
        let rows = self.events.iter().map(|event| {
            let (date, author, id, summary) = match &event.commit {
                Some(commit) => (
                    commit.time.chars().take(16).collect::<String>().replace('T', " "),
                    commit.author.clone(),
                    commit.id.chars().take(8).collect(),
                    commit.summary.clone(),
                ),
                None if self.git => ("not committed".to_owned(), "—".to_owned(), "—".to_owned(), String::new()),
                None => ("—".to_owned(), "—".to_owned(), "—".to_owned(), String::new()),
            };
            let message = event.message.clone().unwrap_or(summary);
            vec![Line::from(date), event.words(), Line::from(author), Line::from(id), Line::from(message)]
        });
        doc.push(Block::Table(Table { columns, rows: rows.collect() }));
        doc
    }

    fn lines(&self) -> Option<Vec<Value>> {
        self.events.iter().map(|event| serde_json::to_value(event).ok()).collect()
    }
}
