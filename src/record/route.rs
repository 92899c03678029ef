//! Which model of a route answered, and why.

use serde::{Deserialize, Serialize};

use super::ErrorKind;
use crate::base::{ModelRef, SafeName};

/// How a route chooses among its models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// The first that answers, in the order written.
    Fallback,
    /// The cheapest that can do what is asked.
    Cheapest,
    /// The one with the lowest median latency.
    Fastest,
    /// The best by success, cost and latency.
    Adaptive,
    /// One after the other, by case.
    RoundRobin,
}

impl Strategy {
    /// Word and strategy, in one table.
    pub const ALL: &[(&str, Strategy)] = &[
        ("fallback", Strategy::Fallback),
        ("cheapest", Strategy::Cheapest),
        ("fastest", Strategy::Fastest),
        ("adaptive", Strategy::Adaptive),
        ("round_robin", Strategy::RoundRobin),
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        Strategy::ALL.iter().find(|(_, strategy)| *strategy == self).map_or("fallback", |(word, _)| word)
    }
}

/// How a route came to its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteNote {
    /// Name of the route.
    pub name: SafeName,
    /// How it chooses.
    pub strategy: Strategy,
    /// Why this model, for people.
    pub why: String,
    /// The models that failed before, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tried: Vec<Tried>,
    /// Characters of the answer that came from the last of them, whose stream broke off: the answer is of two models.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continued_after: Option<u64>,
}

/// A model that was asked and failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// The model.
    pub model: ModelRef,
    /// How it failed.
    pub error: ErrorKind,
}
