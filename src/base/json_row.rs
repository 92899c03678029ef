//! One row of a JSONL file. Duplicate keys are errors, as in YAML; serde's own `Value` would keep the last.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::node::{Key, Kind, Node};
use super::{Diagnostic, Problems, Source, Span, json_message, parse_yaml};

/// Parses one row of a JSONL file; what is wrong with it goes to `problems`.
///
/// Every node stands at the row's first character; JSON keeps no positions.
pub fn parse_json_row(source: &Source, problems: &mut Problems) -> Option<Node> {
    let len = u32::try_from(source.text().chars().take(200).count()).unwrap_or(1).max(1);
    let span = Span::new(source.first_line(), 1, len);
    let mut json = serde_json::Deserializer::from_str(source.text());
    let parsed = Seed(span).deserialize(&mut json).and_then(|node| json.end().map(|()| node));
    parsed.map_err(|error| problems.absorb(row_problems(&error, source))).ok()
}

fn row_problems(error: &serde_json::Error, source: &Source) -> Problems {
    let mut problems = Problems::new();
    // A row is YAML as well, and that door knows both places of a key that is given twice.
    if error.is_data() {
        parse_yaml(source, &mut problems);
    }
    if !problems.has_errors() {
        problems.push(syntax_problem(error, source));
    }
    problems
}

fn syntax_problem(error: &serde_json::Error, source: &Source) -> Diagnostic {
    // serde_json counts columns in bytes; ours are characters.
    let text = source.text();
    let byte = error.column().min(text.len());
    let before = text.get(..byte).unwrap_or(text).chars().count();
    let col = u32::try_from(before).unwrap_or(u32::MAX).max(1);
    let what = json_message(error);
    let place = source.place(Span::new(source.first_line(), col, 1));
    if error.is_data() {
        return Diagnostic::error("invalid-json", what).at(place);
    }
    let help = "each line of a JSONL file is one JSON object; an object may not span lines";
    Diagnostic::error("invalid-json", format!("not valid JSON: {what}")).at(place).help(help)
}

#[derive(Clone, Copy)]
struct Seed(Span);

impl<'de> DeserializeSeed<'de> for Seed {
    type Value = Node;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        let kind = deserializer.deserialize_any(self)?;
        Ok(Node { kind, span: self.0 })
    }
}

impl<'de> Visitor<'de> for Seed {
    type Value = Kind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<Kind, E> {
        Ok(Kind::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Kind, E> {
        Ok(Kind::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Kind, E> {
        Ok(Kind::Int(value))
    }
    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Kind, E> {
        i64::try_from(value).map(Kind::Int).map_err(|_| E::custom("this whole number is too large; write it as text"))
    }
    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Kind, E> {
        if value.is_finite() { Ok(Kind::Float(value)) } else { Err(E::custom("numbers must be finite")) }
    }
    fn visit_str<E>(self, value: &str) -> Result<Kind, E> {
        Ok(Kind::Text(value.to_owned()))
    }
    fn visit_string<E>(self, value: String) -> Result<Kind, E> {
        Ok(Kind::Text(value))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Kind, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Kind::List(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Kind, A::Error> {
        // A list, as in every node; looked through only while short, by a set once it is not.
        let mut map: Vec<(Key, Node)> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        while let Some(text) = entries.next_key::<String>()? {
            if map.len() == 16 {
                seen.extend(map.iter().map(|(key, _)| key.text.clone()));
            }
            let twice =
                if map.len() < 16 { map.iter().any(|(key, _)| key.text == text) } else { !seen.insert(text.clone()) };
            if twice {
                return Err(A::Error::custom(format!("`{text}` is given twice in one object")));
            }
            let value = entries.next_value_seed(self)?;
            map.push((Key { text, span: self.0 }, value));
        }
        Ok(Kind::Map(map))
    }
}
