//! One call of an embedding model: what it took, and the vectors that came back or why not.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{CallError, CallSource, Usage};
use crate::base::{Digest, Millis, ModelRef, Timestamp, Usd};

/// What texts are embedded for; models that know the difference place them differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputType {
    /// Questions, to be compared with documents.
    Query,
    /// Texts in which something is searched.
    Document,
    /// Texts that are sorted into classes.
    Classification,
    /// Texts that are grouped.
    Clustering,
}

impl InputType {
    /// Word and type, in one table.
    pub const ALL: &[(&'static str, InputType)] = &[
        ("query", InputType::Query),
        ("document", InputType::Document),
        ("classification", InputType::Classification),
        ("clustering", InputType::Clustering),
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        InputType::ALL.iter().find(|(_, kind)| *kind == self).map_or("document", |(word, _)| word)
    }
}

/// What is asked of an embedding model besides the texts. Absent is the model's default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct EmbeddingParams {
    /// Length of the vectors, where the model can shorten them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<u32>,
    /// What the texts are embedded for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_type: Option<InputType>,
}

impl EmbeddingParams {
    /// Nothing said.
    pub const NONE: EmbeddingParams = EmbeddingParams { dimensions: None, input_type: None };
}

/// An embedding model with its parameters: vectors of other parameters are other vectors, never compared with these.
///
/// Shown as `provider/model`, and with parameters as `provider/model dimensions=256 input_type=query`. No model has a
/// space in its name, so the text is an identity.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EmbeddingModel {
    /// Who is asked.
    pub model: ModelRef,
    /// What is asked besides the texts.
    pub params: EmbeddingParams,
}

impl fmt::Display for EmbeddingModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.model)?;
        if let Some(dimensions) = self.params.dimensions {
            write!(f, " dimensions={dimensions}")?;
        }
        if let Some(kind) = self.params.input_type {
            write!(f, " input_type={}", kind.word())?;
        }
        Ok(())
    }
}

impl From<ModelRef> for EmbeddingModel {
    fn from(model: ModelRef) -> EmbeddingModel {
        EmbeddingModel { model, params: EmbeddingParams::NONE }
    }
}

/// What an embedding model answers.
#[derive(Debug, Clone, PartialEq)]
pub struct EmbeddingReply {
    /// One per text, in the order in which they were asked for.
    pub vectors: Vec<Vec<f32>>,
    /// Tokens it counted.
    pub usage: Option<Usage>,
    /// What the provider says it charged.
    pub reported_cost: Option<Usd>,
}

/// One call with its retries, as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct EmbeddingCall {
    /// Who was asked, and with which parameters.
    pub model: EmbeddingModel,
    /// Base URL of the server: vectors of another one are other vectors.
    pub endpoint: String,
    /// Digests of the texts, see [`EmbeddingCall::text_digest`].
    pub texts: Vec<Digest>,
    /// What came back, or why not.
    pub reply: Result<EmbeddingReply, CallError>,
    /// Where it came from.
    pub source: CallSource,
    /// Time of the answering attempt.
    pub latency_ms: Millis,
    /// HTTP attempts.
    pub attempts: u32,
    /// Time spent waiting for limits and between retries.
    pub waited_ms: Millis,
    /// When it began.
    pub started: Timestamp,
    /// What it cost; `None` is unknown.
    pub cost: Option<Usd>,
    /// Whether an attempt timed out after it was sent, so that the provider may bill it as well.
    pub possible_double_charge: bool,
}

impl EmbeddingCall {
    /// The identity of a text that is embedded.
    pub fn text_digest(text: &str) -> Digest {
        Digest::of_bytes(text.as_bytes())
    }

    /// What this call added to the bill: its cost when live, zero otherwise, `None` when unknown.
    pub fn spent(&self) -> Option<Usd> {
        match (self.source, &self.reply) {
            (CallSource::Live, Ok(_)) => self.cost,
            (CallSource::Live, Err(_)) => self.cost.or(Some(Usd::ZERO)),
            (
                CallSource::Cache | CallSource::Cassette | CallSource::Mock | CallSource::Shared | CallSource::Semantic,
                _,
            ) => Some(Usd::ZERO),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_part_of_the_identity() {
        let plain = EmbeddingModel::from(ModelRef::parse("openai/m").expect("model"));
        assert_eq!(plain.to_string(), "openai/m");
        let params = EmbeddingParams { dimensions: Some(256), input_type: Some(InputType::Query) };
        let short = EmbeddingModel { params, ..plain };
        assert_eq!(short.to_string(), "openai/m dimensions=256 input_type=query");
        for (word, kind) in InputType::ALL {
            assert_eq!(serde_json::to_value(kind).expect("json"), *word);
            assert_eq!(kind.word(), *word);
        }
    }
}
