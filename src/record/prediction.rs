//! What a reply says about the class of its case.

use serde::{Deserialize, Serialize};

/// The right label of a case and the one a reply gave: the details of a `label` check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// The right label.
    pub truth: String,
    /// The label of the reply; `None` when none could be read.
    pub predicted: Option<String>,
    /// How sure the reply is, 0..=1; `None` when it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// Whether what it is sure of came true; present with `confidence`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<bool>,
}

impl Prediction {
    /// The name of the check whose details are predictions.
    pub const CHECK: &'static str = "label";

    /// Whether the label is the right one.
    pub fn is_right(&self) -> bool {
        self.predicted.as_deref() == Some(self.truth.as_str())
    }
}
