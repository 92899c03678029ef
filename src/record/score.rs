//! The result of one check on one reply: scored, ungraded or not applicable.

use serde::{Deserialize, Serialize};

use crate::base::Ratio;

/// The three states of a score. An ungraded score is never zero and never a pass.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScoreState {
    /// A value, and whether it passes.
    Scored {
        /// 0..=1, higher is better.
        value: Ratio,
        /// Whether it reaches the check's threshold.
        passed: bool,
    },
    /// We could not tell; the reason says why.
    Ungraded,
    /// The check does not apply to this reply; it counts neither way.
    NotApplicable,
}

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The user's name for the check, or the check's own.
    pub name: String,
    /// The check, with `not_` when negated, such as `not_contains`.
    pub check: String,
    /// Version of the check's implementation; scores of different versions are not comparable.
    pub version: u32,
    /// How much it counts in the trial's score.
    pub weight: f64,
    /// Value, ungraded, or not applicable.
    pub state: ScoreState,
    /// What was seen and what was wanted.
    pub reason: String,
    /// Votes, parts and raw answers, as the check keeps them; `None` when the reason says it all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<serde_json::Value>,
}

impl Score {
    /// Whether it is scored and passes.
    pub fn is_pass(&self) -> bool {
        matches!(self.state, ScoreState::Scored { passed: true, .. })
    }

    /// Whether it is scored and does not pass.
    pub fn is_fail(&self) -> bool {
        matches!(self.state, ScoreState::Scored { passed: false, .. })
    }
}
