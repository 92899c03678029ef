//! What a moderation model says about a text.

use serde::{Deserialize, Serialize};

/// One kind of harm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModerationCategory {
    /// The provider's word, such as `self-harm/intent`.
    pub name: String,
    /// Whether the text falls under it.
    pub flagged: bool,
    /// How sure the model is, 0 to 1.
    pub score: f64,
}

/// The verdict on one text.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ModerationReply {
    /// Whether it falls under any category.
    pub flagged: bool,
    /// All categories, by name.
    pub categories: Vec<ModerationCategory>,
}
