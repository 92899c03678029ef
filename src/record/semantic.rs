//! What the semantic cache said about a call: how near the kept question was, and whether its answer would have done.

use serde::{Deserialize, Serialize};

use super::CachedReply;
use crate::base::Digest;

/// A kept answer to a question that means nearly the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SemanticMatch {
    /// Cosine of the two questions' vectors.
    pub similarity: f64,
    /// Cache key of the call that the kept answer came from.
    pub origin: Digest,
    /// How the kept answer compares with a fresh one; `None` when the kept answer was taken without asking again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<Agreement>,
    /// The kept answer, while it waits to be judged beside the fresh one.
    #[serde(skip)]
    pub kept: Option<Box<CachedReply>>,
}

/// Whether a kept answer says what the model says now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// The same text, apart from case and white space, and the same tool calls.
    pub same_text: bool,
    /// The same outcome of the suite's checks; `None` when one of the two was neither a pass nor a fail.
    pub same_outcome: Option<bool>,
}

/// A [`SemanticMatch`] as summaries need it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SemanticFacts {
    /// Cosine of the two questions' vectors.
    pub similarity: f64,
    /// How the kept answer compares with a fresh one, where the model was asked again.
    pub agreement: Option<Agreement>,
}
