//! A value of a user file with its position: what YAML, JSON and JSONL files become before they get a meaning.
//!
//! A tree instead of derived structs, because all problems of a file are reported in one pass: serde stops at the
//! first. [`super::Fields`] reads a mapping node and collects what is wrong with it.

use serde_json::{Map, Number, Value};

use super::source::Span;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of values a file can hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false` (YAML 1.2: `yes` and `on` are text).
    Bool(bool),
    /// An integer.
    Int(i64),
    /// Any other finite number.
    Float(f64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in file order.
    Map(Vec<(Key, Node)>),
}

/// The key of a mapping entry and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// The key's text.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

impl Node {
    /// The same value at one place: for rows of JSONL and CSV files, whose inner positions are not known.
    pub fn from_json(value: &Value, span: Span) -> Node {
        let kind = match value {
            Value::Null => Kind::Null,
            Value::Bool(flag) => Kind::Bool(*flag),
            Value::Number(number) => number_kind(number),
            Value::String(text) => Kind::Text(text.clone()),
            Value::Array(items) => Kind::List(items.iter().map(|item| Node::from_json(item, span)).collect()),
            Value::Object(entries) => Kind::Map(
                entries
                    .iter()
                    .map(|(key, value)| (Key { text: key.clone(), span }, Node::from_json(value, span)))
                    .collect(),
            ),
        };
        Node { kind, span }
    }

    /// The value without positions. Numbers that JSON cannot hold become null; the YAML door refuses them earlier.
    pub fn to_json(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(flag) => Value::Bool(*flag),
            Kind::Int(number) => Value::Number(Number::from(*number)),
            Kind::Float(number) => Number::from_f64(*number).map_or(Value::Null, Value::Number),
            Kind::Text(text) => Value::String(text.clone()),
            Kind::List(items) => Value::Array(items.iter().map(Node::to_json).collect()),
            Kind::Map(entries) => {
                // Most objects are small; the map would make room for four.
                let mut map = Map::with_capacity(entries.len());
                for (key, value) in entries {
                    map.insert(key.text.clone(), value.to_json());
                }
                Value::Object(map)
            }
        }
    }

    /// The text, if it is text.
    pub fn as_text(&self) -> Option<&str> {
        if let Kind::Text(text) = &self.kind { Some(text) } else { None }
    }

    /// The entries, if it is a mapping.
    pub fn as_map(&self) -> Option<&[(Key, Node)]> {
        if let Kind::Map(entries) = &self.kind { Some(entries) } else { None }
    }

    /// The items, if it is a list.
    pub fn as_list(&self) -> Option<&[Node]> {
        if let Kind::List(items) = &self.kind { Some(items) } else { None }
    }

    /// The value of `key`, if it is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.iter().find(|(found, _)| found.text == key).map(|(_, value)| value)
    }

    /// A number as `f64`; integers beyond 2^53 lose precision and are refused.
    pub fn as_number(&self) -> Option<f64> {
        match self.kind {
            Kind::Int(number) => i32::try_from(number).map(f64::from).ok().or_else(|| exact_f64(number)),
            Kind::Float(number) => Some(number),
            Kind::Null | Kind::Bool(_) | Kind::Text(_) | Kind::List(_) | Kind::Map(_) => None,
        }
    }

    /// What it is, for messages: `a list`, `text`, `a whole number`…
    pub fn describe(&self) -> &'static str {
        match self.kind {
            Kind::Null => "nothing",
            Kind::Bool(_) => "true or false",
            Kind::Int(_) => "a whole number",
            Kind::Float(_) => "a number",
            Kind::Text(_) => "text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
        }
    }
}

fn number_kind(number: &Number) -> Kind {
    match (number.as_i64(), number.as_f64()) {
        (Some(whole), _) => Kind::Int(whole),
        (None, Some(float)) => Kind::Float(float),
        (None, None) => Kind::Null,
    }
}

#[expect(clippy::cast_precision_loss, reason = "guarded: every integer up to 2^53 is exact in f64")]
fn exact_f64(number: i64) -> Option<f64> {
    (number.unsigned_abs() <= (1 << 53)).then_some(number as f64)
}
