//! What a reranker answers.

use serde::{Deserialize, Serialize};

use super::Usage;

/// One document with how well it answers the query.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ranked {
    /// 0-based place of the document in the question.
    pub index: usize,
    /// How well it fits: more is better; the scale is the model's own, mostly 0 to 1.
    pub score: f64,
}

/// The documents by falling score; equal scores stand in the order of the question.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RerankReply {
    /// At most as many as were asked for.
    pub scores: Vec<Ranked>,
    /// What the provider counted: tokens, or search units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}
