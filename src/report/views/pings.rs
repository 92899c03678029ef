//! Which models answer.

use serde::Serialize;
use serde_json::Value;

use super::super::doc::{Block, Column, Doc, Line, Table, Tone};
use super::super::present::View;
use super::{counted, short_tokens};
use crate::base::{Millis, ModelRef, Usd, format_duration};
use crate::eval::SCHEMA_VERSION;
use crate::smoke::{Ping, PingKind, PingState, Target};

/// What came of calling each model once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PingsReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// One per model.
    pub models: Vec<Ping>,
    /// Providers that have a key, and no model in the project.
    pub not_called: Vec<String>,
}

impl PingsReport {
    /// A report of these, in this order.
    pub fn of(models: Vec<Ping>, not_called: Vec<String>) -> PingsReport {
        PingsReport { schema_version: SCHEMA_VERSION, models, not_called }
    }
}

impl View for PingsReport {
    const WHAT: &'static str = "the list of models that answer";

    fn doc(&self) -> Doc {
        let columns = vec![
            Column::names("model"),
            Column::names("state"),
            Column::numbers("latency"),
            Column::numbers("first token"),
            Column::numbers("tokens"),
            Column::numbers("cost"),
            Column::words("answered by"),
        ];
        let mut doc = Doc::new();
        if !self.models.is_empty() {
            let rows = self.models.iter().map(cells).collect();
            doc.push(Block::Table(Table { columns, rows }));
        }
        doc.push_list(self.models.iter().filter_map(remark).collect());
        let passed = self.models.iter().filter(|ping| ping.state == PingState::Pass).count();
        let all = u64::try_from(self.models.len()).unwrap_or(u64::MAX);
        let mut last = vec![Line::from(format!("{passed} of {} answered", counted(all, "model", "models")))];
        if !self.not_called.is_empty() {
            last.push(unused(&self.not_called));
        }
        doc.push_list(last);
        doc
    }

    fn lines(&self) -> Option<Vec<Value>> {
        self.models.iter().map(|ping| serde_json::to_value(ping).ok()).collect()
    }
}

fn cells(ping: &Ping) -> Vec<Line> {
    let tone = match ping.state {
        PingState::Pass => Tone::Pass,
        PingState::Fail | PingState::NotCallable => Tone::Fail,
    };
    let unknown = || "—".to_owned();
    let time = |time: Option<Millis>| time.map_or_else(unknown, |time| format_duration(time.to_duration()));
    let tokens = match (ping.input_tokens, ping.output_tokens) {
        (None, None) => unknown(),
        (input, output) => format!("{} / {}", short_tokens(input), short_tokens(output)),
    };
    vec![
        Line::from(ping.model.to_string()),
        Line::of(ping.state.word(), tone),
        Line::from(time(ping.latency_ms)),
        Line::from(time(ping.first_token_ms)),
        Line::from(tokens),
        Line::from(ping.cost_usd.map_or_else(unknown, |cost| cost.to_string())),
        Line::from(ping.answered_by.clone().unwrap_or_else(unknown)),
    ]
}

/// What happened to a model, and what to do.
fn remark(ping: &Ping) -> Option<Line> {
    let message = ping.message.as_deref()?;
    let line = Line::from(format!("{}: {message}", ping.model));
    Some(match &ping.fix {
        Some(fix) => line.text("; fix: ").then(fix.as_str(), Tone::Command),
        None => line,
    })
}

/// A model that would be called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedPing {
    /// Who.
    pub model: ModelRef,
    /// How.
    pub kind: PingKind,
    /// What the call costs at most; `null` is unknown.
    pub most_cost_usd: Option<Usd>,
}

impl PlannedPing {
    /// The call of a target.
    pub fn of(target: &Target, most: Option<Usd>) -> PlannedPing {
        PlannedPing { model: target.model.clone(), kind: target.kind, most_cost_usd: most }
    }
}

/// The models that would be called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedPings {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// One per model.
    pub models: Vec<PlannedPing>,
    /// Providers that have a key, and no model in the project.
    pub not_called: Vec<String>,
}

impl PlannedPings {
    /// A plan of these, in this order.
    pub fn of(models: Vec<PlannedPing>, not_called: Vec<String>) -> PlannedPings {
        PlannedPings { schema_version: SCHEMA_VERSION, models, not_called }
    }
}

impl View for PlannedPings {
    const WHAT: &'static str = "the list of models that would be called";

    fn doc(&self) -> Doc {
        let columns = vec![Column::names("model"), Column::names("kind"), Column::numbers("cost at most")];
        let row = |ping: &PlannedPing| {
            let kind = match ping.kind {
                PingKind::Chat => "chat",
                PingKind::Embedding => "embedding",
                PingKind::Rerank => "rerank",
                PingKind::Moderation => "moderation",
            };
            let most = ping.most_cost_usd.map_or_else(|| "—".to_owned(), |most| most.to_string());
            [ping.model.to_string(), kind.to_owned(), most].into_iter().map(Line::from).collect()
        };
        let mut doc = Doc::new();
        if !self.models.is_empty() {
            doc.push(Block::Table(Table { columns, rows: self.models.iter().map(row).collect() }));
        }
        let all = u64::try_from(self.models.len()).unwrap_or(u64::MAX);
        let mut last = vec![Line::from(format!("{} would be called", counted(all, "model", "models")))];
        if !self.not_called.is_empty() {
            last.push(unused(&self.not_called));
        }
        doc.push_list(last);
        doc
    }

    fn lines(&self) -> Option<Vec<Value>> {
        self.models.iter().map(|ping| serde_json::to_value(ping).ok()).collect()
    }
}

fn unused(providers: &[String]) -> Line {
    Line::from(format!("not called, as no model of theirs is used: {}", providers.join(", ")))
}
