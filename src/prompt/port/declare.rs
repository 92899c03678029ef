//! The variables of an imported prompt: as declared, and as its templates use them.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::piece::Usage;

/// The `variables:` of a version file. Most template languages print nothing for what is not given, ours refuses; so a
/// variable that may be left out and is inserted all the same gets an empty default.
pub(super) fn declare(
    mut declared: IndexMap<String, Map<String, Value>>,
    used: &IndexMap<String, Usage>,
    value_type: Option<&'static str>,
) -> Map<String, Value> {
    for (name, usage) in used {
        if name == "loop" {
            continue;
        }
        let rules = declared.entry(name.clone()).or_insert_with(|| undeclared(*usage, value_type));
        let is_optional = rules.get("required") == Some(&Value::Bool(false));
        if is_optional && usage.is_needed && !rules.contains_key("default") {
            rules.remove("required");
            rules.insert("default".to_owned(), empty(rules));
        }
    }
    let shown = |(name, mut rules): (String, Map<String, Value>)| {
        if rules.is_empty() {
            rules.insert("type".to_owned(), json!("any"));
        }
        (name, Value::Object(rules))
    };
    declared.into_iter().map(shown).collect()
}

fn undeclared(usage: Usage, value_type: Option<&'static str>) -> Map<String, Value> {
    let mut rules = Map::new();
    let kind = match (usage.is_list, usage.has_fields) {
        (true, _) => Some("list"),
        (false, true) => Some("object"),
        (false, false) => value_type,
    };
    if let Some(kind) = kind {
        rules.insert("type".to_owned(), json!(kind));
    }
    if usage.is_asked {
        rules.insert("required".to_owned(), json!(false));
    }
    rules
}

/// What stands for a variable that is not given: nothing to see, and false in conditions.
fn empty(rules: &Map<String, Value>) -> Value {
    if let Some(Value::Array(choices)) = rules.get("one_of") {
        return choices.first().cloned().unwrap_or(Value::Null);
    }
    match rules.get("type").and_then(Value::as_str) {
        Some("list") => json!([]),
        Some("object") => json!({}),
        Some("boolean") => json!(false),
        Some("number") => json!(0),
        _ => json!(""),
    }
}
