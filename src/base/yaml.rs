//! The one door for YAML and JSON text: spans, budgets, strict booleans, duplicate keys as errors.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::{DuplicateKeyPolicy, Options, Spanned};

use super::json_message::json_message;
use super::node::{Key, Kind, Node};
use super::source::{Source, Span};
use super::yaml_error::syntax_problem;
use super::{Diagnostic, Problems};

/// Largest YAML file that is read, in bytes. Larger data belongs in a JSONL or CSV dataset, which is streamed.
const MAX_YAML_BYTES: usize = 8 * 1024 * 1024;

/// Deepest nesting of a YAML file.
pub(super) const MAX_DEPTH: usize = 64;

/// Most values that aliases may unfold to.
pub(super) const MAX_UNFOLDED: usize = 50_000;

/// Parses a YAML file into a tree with positions; what is wrong goes to `problems`.
///
/// Returns `None` only when the text is not YAML at all or exceeds a budget. An empty file is [`Kind::Null`].
pub fn parse_yaml(source: &Source, problems: &mut Problems) -> Option<Node> {
    if source.text().len() > MAX_YAML_BYTES {
        let message =
            format!("this YAML file has {} bytes, more than the {MAX_YAML_BYTES} allowed", source.text().len());
        let help = "move the rows to a `.jsonl` or `.csv` dataset, which is streamed";
        problems.push(Diagnostic::error("yaml-too-large", message).at(source.place(Span::whole_file())).help(help));
        return None;
    }
    if source.text().trim().is_empty() {
        return Some(Node { kind: Kind::Null, span: Span::new(source.first_line(), 1, 1) });
    }
    match serde_yaml::from_str_with_options::<Spanned<Wire>>(source.text(), options()) {
        Ok(parsed) => {
            let node = shift(into_node(parsed, source), source.first_line().saturating_sub(1));
            report_duplicates(&node, source, problems);
            Some(node)
        }
        Err(error) => {
            problems.push(syntax_problem(&error, source));
            None
        }
    }
}

/// Parses one JSON text (a JSONL row, or a `.json` file); what is wrong goes to `problems`.
///
/// Positions inside the value are not kept: every node stands at the start of the row.
pub fn parse_json_line(source: &Source, problems: &mut Problems) -> Option<Node> {
    let span = Span::new(source.first_line(), 1, 1);
    match serde_json::from_str::<serde_json::Value>(source.text()) {
        Ok(value) => Some(Node::from_json(&value, span)),
        Err(error) => {
            let line = u32::try_from(error.line()).unwrap_or(1).max(1);
            let col = u32::try_from(error.column()).unwrap_or(1).max(1);
            let at = Span::new(source.first_line().saturating_add(line - 1), col, 1);
            let message = format!("not valid JSON: {}", json_message(&error));
            problems.push(Diagnostic::error("invalid-json", message).at(source.place(at)));
            None
        }
    }
}

fn options() -> Options {
    let budget = serde_yaml::budget! {
        max_depth: MAX_DEPTH,
        max_nodes: 500_000,
        max_events: 1_500_000,
        max_aliases: 1_000,
        max_documents: 1,
    };
    // Aliases that unfold into aliases: refused long before the budget of nodes, so that a bomb costs milliseconds.
    let aliases = serde_yaml::alias_limits! {
        max_total_replayed_events: MAX_UNFOLDED,
        max_replay_stack_depth: 16,
        max_alias_expansions_per_anchor: 1_000,
    };
    serde_yaml::options! {
        budget: budget,
        alias_limits: aliases,
        // Reported by our own walk, all of them and with positions.
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        strict_booleans: true,
        with_snippet: false,
    }
}

fn report_duplicates(node: &Node, source: &Source, problems: &mut Problems) {
    match &node.kind {
        Kind::List(items) => items.iter().for_each(|item| report_duplicates(item, source, problems)),
        Kind::Map(entries) => {
            let mut seen: std::collections::HashMap<&str, Span> = std::collections::HashMap::new();
            for (key, value) in entries {
                if let Some(first) = seen.insert(&key.text, key.span) {
                    problems.push(
                        Diagnostic::error("duplicate-key", format!("`{}` is given twice", key.text))
                            .at(source.place(key.span))
                            .related(source.place(first), "first given here")
                            .help("remove one of them"),
                    );
                }
                report_duplicates(value, source, problems);
            }
        }
        Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::Text(_) => {}
    }
}

/// What serde sees: a tree whose every value is `Spanned`.
enum Wire {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Spanned<Wire>>),
    Map(Vec<(Spanned<String>, Spanned<Wire>)>),
}

impl<'de> Deserialize<'de> for Wire {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Wire, D::Error> {
        deserializer.deserialize_any(WireVisitor)
    }
}

struct WireVisitor;

impl<'de> Visitor<'de> for WireVisitor {
    type Value = Wire;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Wire, E> {
        Ok(Wire::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Wire, E> {
        Ok(Wire::Int(value))
    }
    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Wire, E> {
        i64::try_from(value).map(Wire::Int).map_err(|_| E::custom("this whole number is too large"))
    }
    fn visit_i128<E: serde::de::Error>(self, value: i128) -> Result<Wire, E> {
        i64::try_from(value).map(Wire::Int).map_err(|_| E::custom("this whole number is too large"))
    }
    fn visit_u128<E: serde::de::Error>(self, value: u128) -> Result<Wire, E> {
        i64::try_from(value).map(Wire::Int).map_err(|_| E::custom("this whole number is too large"))
    }
    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Wire, E> {
        if value.is_finite() { Ok(Wire::Float(value)) } else { Err(E::custom("numbers must be finite")) }
    }
    fn visit_str<E>(self, value: &str) -> Result<Wire, E> {
        Ok(Wire::Text(value.to_owned()))
    }
    fn visit_string<E>(self, value: String) -> Result<Wire, E> {
        Ok(Wire::Text(value))
    }
    fn visit_unit<E>(self) -> Result<Wire, E> {
        Ok(Wire::Null)
    }
    fn visit_none<E>(self) -> Result<Wire, E> {
        Ok(Wire::Null)
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Wire, D::Error> {
        deserializer.deserialize_any(WireVisitor)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Wire, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Wire::List(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Wire, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Wire::Map(map))
    }
}

fn into_node(wire: Spanned<Wire>, source: &Source) -> Node {
    let span = span_of(wire.referenced, source);
    let kind = match wire.value {
        Wire::Null => Kind::Null,
        Wire::Bool(value) => Kind::Bool(value),
        Wire::Int(value) => Kind::Int(value),
        Wire::Float(value) => Kind::Float(value),
        Wire::Text(value) => Kind::Text(value),
        Wire::List(items) => Kind::List(items.into_iter().map(|item| into_node(item, source)).collect()),
        Wire::Map(entries) => Kind::Map(
            entries
                .into_iter()
                .map(|(key, value)| {
                    let span = span_of(key.referenced, source);
                    (Key { text: key.value, span }, into_node(value, source))
                })
                .collect(),
        ),
    };
    Node { kind, span }
}

fn span_of(location: serde_yaml::Location, source: &Source) -> Span {
    let line = u32::try_from(location.line()).unwrap_or(0);
    let col = u32::try_from(location.column()).unwrap_or(0);
    let span = location.span();
    let text = span.byte_offset().zip(span.byte_len()).and_then(|(start, len)| {
        let start = usize::try_from(start).ok()?;
        source.text().get(start..start.checked_add(usize::try_from(len).ok()?)?)
    });
    let len = text.and_then(|text| text.lines().next()).map_or(1, |line| line.trim_end().chars().count());
    Span::new(line, col, u32::try_from(len).unwrap_or(1).max(1))
}

/// Moves all positions down by `lines`: the source may be a part of a larger file.
fn shift(mut node: Node, lines: u32) -> Node {
    if lines == 0 {
        return node;
    }
    node.span.line += lines;
    node.kind = match node.kind {
        Kind::List(items) => Kind::List(items.into_iter().map(|item| shift(item, lines)).collect()),
        Kind::Map(entries) => Kind::Map(
            entries
                .into_iter()
                .map(|(mut key, value)| {
                    key.span.line += lines;
                    (key, shift(value, lines))
                })
                .collect(),
        ),
        other @ (Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::Text(_)) => other,
    };
    node
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(text: &str) -> (Option<Node>, Problems) {
        let mut problems = Problems::new();
        let node = parse_yaml(&Source::new("t.yaml", text), &mut problems);
        (node, problems)
    }

    #[test]
    fn values_keep_their_types_and_places() {
        let (node, problems) = parse("a: 1\nb:\n  - x\n  - 1.5\n  - true\n  - yes\nc: {d: null, e: \"1\"}\n");
        assert!(problems.is_empty(), "{}", problems.render(false));
        let node = node.expect("valid");
        assert_eq!(node.to_json(), json!({"a":1,"b":["x",1.5,true,"yes"],"c":{"d":null,"e":"1"}}));
        let d = node.get("b").and_then(|b| b.as_list()).map(|b| b[1].span);
        assert_eq!(d, Some(Span::new(4, 5, 3)));
        assert_eq!(node.as_map().map(|m| m[2].0.span), Some(Span::new(7, 1, 1)));
    }

    #[test]
    fn duplicate_keys_are_all_reported_with_both_places() {
        let (_, problems) = parse("a: 1\na: 2\nb: {c: 1, c: 2}\n");
        let text = problems.render(false);
        assert_eq!(problems.error_count(), 2, "{text}");
        assert!(text.contains("t.yaml:2:1") && text.contains("t.yaml:3:11"), "{text}");
    }

    #[test]
    fn broken_yaml_points_at_the_place() {
        let (node, problems) = parse("a: [1, 2\nb: 3\n");
        assert!(node.is_none());
        assert!(problems.render(false).contains("--> t.yaml:"), "{}", problems.render(false));
    }

    #[test]
    fn an_alias_bomb_is_refused() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for level in 1..9 {
            let refs = vec![format!("*a{}", level - 1); 9].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{refs}]\n"));
        }
        let (node, problems) = parse(&text);
        assert!(node.is_none());
        assert!(problems.render(false).contains("yaml-budget"), "{}", problems.render(false));
    }

    #[test]
    fn an_empty_file_is_null() {
        assert_eq!(parse("\n  \n").0.map(|n| n.kind), Some(Kind::Null));
        assert_eq!(parse("# only a comment\n").0.map(|n| n.kind), Some(Kind::Null));
    }

    #[test]
    fn json_rows_report_line_and_column() {
        let path: std::sync::Arc<std::path::Path> = std::sync::Arc::from(std::path::Path::new("d.jsonl"));
        let mut problems = Problems::new();
        assert!(parse_json_line(&Source::line_of(&path, 7, "{\"a\": }"), &mut problems).is_none());
        assert!(problems.render(false).contains("d.jsonl:7:7"), "{}", problems.render(false));
    }
}
