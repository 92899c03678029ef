//! Reads YAML of an output through the one door of the house, with its budgets.

use serde_json::Value;

use super::super::reason;
use crate::base::{Problems, Source, parse_yaml};

/// Why there is no value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotYaml {
    /// It is not YAML.
    Fault(String),
    /// It is more than karat reads.
    TooMuch(String),
}

/// The value of a text of YAML; keys given twice are faults.
pub(super) fn value(text: &str) -> Result<Value, NotYaml> {
    let mut problems = Problems::new();
    let node = parse_yaml(&Source::new("output", text), &mut problems);
    let first = problems.sorted().into_iter().next().map(|problem| {
        let place = problem.place.as_ref().map_or_else(String::new, |place| format!(" at line {}", place.line.max(1)));
        (problem.code, format!("{}{place}", reason::message(&problem.message)))
    });
    match (node, first) {
        (Some(node), None) => Ok(node.to_json()),
        (_, Some(("yaml-budget" | "yaml-too-large", told))) => Err(NotYaml::TooMuch(told)),
        (_, Some((_, told))) => Err(NotYaml::Fault(told)),
        (None, None) => Err(NotYaml::Fault("it cannot be read".to_owned())),
    }
}
