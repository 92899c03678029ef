//! What a judge metric is: how one judge, asked once, comes to an opinion.

use futures_util::future::BoxFuture;
use serde_json::Value;

use super::super::check::ScoreInput;
use super::ask::Seat;
use crate::record::EmbeddingModel;

/// One judge's opinion of one output.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Opinion {
    /// 0 to 1.
    pub(super) value: f64,
    /// The word that votes are counted by; `None` where opinions are numbers and are averaged.
    pub(super) verdict: Option<String>,
    /// A noun phrase for what was seen; judges' and models' words in it are quoted with [`super::subject::said`].
    pub(super) seen: String,
    /// What it was made of: verdicts, statements, grades.
    pub(super) parts: Value,
}

/// Why there is no opinion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// It could not be told.
    Ungraded(String),
    /// There is nothing of what the metric judges.
    NotApplicable(String),
}

/// A metric. Panels, samples, cascades and thresholds are no concern of its.
pub(super) trait Metric: Send + Sync {
    /// Asks the judge of this seat, in at most as many questions as were announced to [`super::bench::prepare`].
    fn judge<'a>(&'a self, input: &'a ScoreInput<'a>, seat: &'a Seat<'a>) -> BoxFuture<'a, Result<Opinion, Failure>>;

    /// A noun phrase for what was wanted.
    fn wanted(&self) -> String;

    /// The embedding models that it asks besides the judge.
    fn embeddings(&self) -> Vec<EmbeddingModel> {
        Vec::new()
    }
}
