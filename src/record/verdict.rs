//! Pass, fail or undecided, with the figures it rests on.

use serde::{Deserialize, Serialize};

/// The word of a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictWord {
    /// Everything asked for holds.
    Pass,
    /// Something asked for does not hold.
    Fail,
    /// We could not tell.
    Undecided,
}

impl VerdictWord {
    /// `pass`, `fail` or `undecided`.
    pub fn word(self) -> &'static str {
        match self {
            VerdictWord::Pass => "pass",
            VerdictWord::Fail => "fail",
            VerdictWord::Undecided => "undecided",
        }
    }
}

/// One number a verdict rests on. Units are in the name, such as `p95_latency_ms`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Its name.
    pub name: String,
    /// The estimate; `None` is unknown.
    pub estimate: Option<f64>,
    /// 95 % interval, where there is one.
    pub interval: Option<(f64, f64)>,
    /// Number of observations.
    pub n: u64,
    /// What was asked for, such as `>= 0.9`.
    pub wanted: Option<String>,
    /// What this figure alone says.
    pub verdict: VerdictWord,
}

/// A verdict with its reasons, most important first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The word.
    pub verdict: VerdictWord,
    /// Sentences for people.
    pub reasons: Vec<String>,
    /// The numbers.
    pub figures: Vec<Figure>,
}
