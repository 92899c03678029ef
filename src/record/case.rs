//! One row of a suite.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::base::{CaseId, Digest};

/// Variables of a case, in file order.
pub type Vars = Map<String, Value>;

/// A case without its checks: what prompts and scorers see of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Case {
    /// Given, or made from the content.
    pub id: CaseId,
    /// Of everything that can change a trial's result: variables, expected, context, checks, weight. Not the id.
    pub digest: Digest,
    /// Variables for the prompt.
    pub vars: Vars,
    /// The right answer, where there is one.
    pub expected: Option<Value>,
    /// Passages the answer must rest on, where there are some.
    pub context: Vec<String>,
    /// Words to select by.
    pub tags: Vec<String>,
    /// Cases that belong together, for clustered statistics.
    pub group: Option<String>,
    /// How much the case counts in the suite's mean score; 1 unless given.
    pub weight: f64,
}

impl Case {
    /// Bytes of its texts, about: what it takes to keep it.
    pub fn text_bytes(&self) -> usize {
        let vars: usize = self.vars.values().map(json_bytes).sum();
        let context: usize = self.context.iter().map(String::len).sum();
        vars + context + self.expected.as_ref().map_or(0, json_bytes)
    }
}

fn json_bytes(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(json_bytes).sum(),
        Value::Object(entries) => entries.iter().map(|(key, value)| key.len() + json_bytes(value)).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
    }
}

/// A case shared between the trials of its variants and repeats.
pub type CaseRef = Arc<Case>;
