//! JSON files as nodes with places.

use crate::base::{Node, Problems, Source, parse_json_line, parse_yaml};

/// The value of a JSON file. JSON is YAML but for rare escapes, and YAML keeps places: where both readings agree, the
/// one with places is taken.
pub(super) fn read_json(source: &Source, problems: &mut Problems) -> Option<Node> {
    let plain = parse_json_line(source, problems)?;
    let placed = parse_yaml(source, &mut Problems::new());
    Some(placed.filter(|placed| placed.to_json() == plain.to_json()).unwrap_or(plain))
}
