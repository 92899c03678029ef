//! JSONL: one JSON object per line.

use std::borrow::Cow;
use std::io::BufRead;

use super::blocks::Block;
use super::lines::{LineProblem, Lines};
use super::{Next, Row};
use crate::base::{Diagnostic, Problems, Source, Span, parse_json_row};
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
            let source = Source::line_of(&shown, line, text);
            return self.row_of(source, problems);
        }
    }

    /// The row of a line that is not blank.
    pub(super) fn row_of(&self, mut source: Source, problems: &mut Problems) -> Next {
        if self.scan
            && let Cow::Owned(masked) = mask_secrets(&source, problems)
        {
            source = masked;
        }
        match parse_json_row(&source, problems) {
            Some(node) => Next::Row(Row { node, source }),
            None => Next::Bad,
        }
    }

    /// The rows that follow, unread; `None` where the next must be read by itself. The first row always is: it may be the
    /// beginning of something else.
    pub(super) fn next_block(&mut self, most: usize) -> Option<Block> {
        if self.done || !self.begun { None } else { self.lines.next_block(most) }
    }
}

/// The file is one JSON list, or begins like one.
fn a_list(source: &Source) -> Diagnostic {
    Diagnostic::error("json-list", "this file is a JSON list, a JSONL file has one object on each line")
        .at(source.place(Span::new(source.first_line(), 1, 1)))
        .help("turn it into lines: `jq -c '.[]' old.json > new.jsonl`")
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
                Next::Bad | Next::Made(_) => {}
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
