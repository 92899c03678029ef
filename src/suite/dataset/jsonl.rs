//! JSONL: one JSON object per line. Duplicate keys are errors, as in YAML; serde's own `Value` would keep the last.

use std::borrow::Cow;
use std::fmt;
use std::io::BufRead;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::lines::{LineProblem, Lines};
use super::{Next, Row};
use crate::base::{Diagnostic, Key, Kind, Node, Problems, Source, Span, json_message, parse_yaml};
use crate::guard::mask_secrets;

/// Reads the rows of a JSONL file.
pub(super) struct JsonlReader<R> {
    lines: Lines<R>,
    scan: bool,
    /// Whether a row was seen: a list can only be recognised at the beginning.
    begun: bool,
    /// Set when reading on makes no sense.
    done: bool,
}

impl<R: BufRead> JsonlReader<R> {
    /// With `scan`, secrets are reported and masked.
    pub(super) fn new(lines: Lines<R>, scan: bool) -> JsonlReader<R> {
        JsonlReader { lines, scan, begun: false, done: false }
    }

    /// The next row; blank lines are passed over.
    pub(super) fn next_row(&mut self, problems: &mut Problems) -> Next {
        if self.done {
            return Next::End;
        }
        let shown = self.lines.shown().clone();
        loop {
            let (line, text) = match self.lines.next_line() {
                None => return Next::End,
                Some(Err(LineProblem { diagnostic, fatal })) => {
                    problems.push(*diagnostic);
                    return if fatal { Next::End } else { Next::Bad };
                }
                Some(Ok(line)) => line,
            };
            if text.trim().is_empty() {
                continue;
            }
            let is_first = !std::mem::replace(&mut self.begun, true);
            if is_first && text.trim_start().starts_with('[') {
                self.done = true;
                problems.push(a_list(&Source::line_of(&shown, line, "[")));
                return Next::Bad;
            }
            let mut source = Source::line_of(&shown, line, text);
            if self.scan
                && let Cow::Owned(masked) = mask_secrets(&source, problems)
            {
                source = masked;
            }
            return match parse_row(&source, problems) {
                Some(node) => Next::Row(Row { node, source }),
                None => Next::Bad,
            };
        }
    }
}

/// Parses one row. Every node stands at the row's first character; JSON keeps no positions.
fn parse_row(source: &Source, problems: &mut Problems) -> Option<Node> {
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

/// The file is one JSON list, or begins like one.
fn a_list(source: &Source) -> Diagnostic {
    Diagnostic::error("json-list", "this file is a JSON list, a JSONL file has one object on each line")
        .at(source.place(Span::new(source.first_line(), 1, 1)))
        .help("turn it into lines: `jq -c '.[]' old.json > new.jsonl`")
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

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn rows(text: &[u8]) -> (Vec<(u32, Value)>, Problems) {
        let lines = Lines::new(text, Arc::from(Path::new("d.jsonl")), 10_000);
        let mut reader = JsonlReader::new(lines, false);
        let mut problems = Problems::new();
        let mut rows = Vec::new();
        loop {
            match reader.next_row(&mut problems) {
                Next::Row(row) => rows.push((row.source.first_line(), row.node.to_json())),
                Next::Bad => {}
                Next::End => return (rows, problems),
            }
        }
    }

    #[test]
    fn rows_keep_their_line_and_their_types() {
        let (rows, problems) = rows(b"{\"a\": 1, \"b\": [null, true, 1.5]}\n\n  \n{\"a\": \"\\u00fc\"}");
        assert!(problems.is_empty(), "{}", problems.render(false));
        assert_eq!(rows, [(1, json!({"a": 1, "b": [null, true, 1.5]})), (4, json!({"a": "ü"}))]);
    }

    #[test]
    fn broken_rows_are_reported_each_and_the_others_read() {
        let text = "{\"é\": }\n{\"a\": 1}\n{\"a\": 1\n1}\n{} {}\n{\"a\": 18446744073709551615}\n{\"a\": 1, \"a\": 2}\n";
        let (rows, problems) = rows(text.as_bytes());
        assert_eq!(rows, [(2, json!({"a": 1}))]);
        let shown = problems.render(false);
        for wanted in [
            "d.jsonl:1:7",
            "d.jsonl:3:7",
            "d.jsonl:4:2",
            "d.jsonl:5:4",
            "d.jsonl:6:",
            "d.jsonl:7:",
            "too large",
            "`a` is given twice",
        ] {
            assert!(shown.contains(wanted), "{wanted} not in\n{shown}");
        }
        assert_eq!(problems.error_count(), 6, "{shown}");
    }

    #[test]
    fn duplicate_keys_are_found_in_large_objects_too() {
        let mut text: Vec<String> = (0..40).map(|n| format!("\"k{n}\": {n}")).collect();
        assert_eq!(rows(format!("{{{}}}", text.join(",")).as_bytes()).1.error_count(), 0);
        for again in ["k0", "k15", "k16", "k39"] {
            text.push(format!("\"{again}\": 1"));
            assert_eq!(rows(format!("{{{}}}", text.join(",")).as_bytes()).1.error_count(), 1, "{again}");
            text.pop();
        }
    }

    #[test]
    fn a_deep_row_is_an_error_and_not_a_stack_overflow() {
        let text = "[".repeat(9_000);
        assert_eq!(rows(text.as_bytes()).1.error_count(), 1);
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (-1e15..1e15f64).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::hash_map(any::<String>(), inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    #[test]
    fn a_json_list_is_told_once_and_as_such() {
        let (rows, problems) = rows(b"\n[\n  {\"id\": \"a\"}\n]\n");
        assert!(rows.is_empty());
        assert_eq!(problems.error_count(), 1, "{}", problems.render(false));
        assert!(problems.render(false).contains("error[json-list]"), "{}", problems.render(false));
    }

    proptest! {
        #[test]
        fn what_is_written_as_jsonl_is_read_back(values in prop::collection::vec(value(), 0..6)) {
            // A list in the first row is taken for a file that is no JSONL.
            prop_assume!(!values.first().is_some_and(Value::is_array));
            let text: String = values.iter().map(|value| format!("{value}\n")).collect();
            let (rows, problems) = rows(text.as_bytes());
            prop_assert!(problems.is_empty(), "{}", problems.render(false));
            let read: Vec<Value> = rows.into_iter().map(|(_, value)| value).collect();
            prop_assert_eq!(read, values);
        }
    }
}
