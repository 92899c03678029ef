//! Changes one label in the text of a `prompt.yaml`, and nothing else: comments, order and style stay.

use std::ops::Range;

use serde_json::{Map, Value, json};

use super::label::LabelValue;
use crate::base::{Kind, Node, Problems, Source, Span, parse_yaml};

/// The text with `label` set to `value`, or without it. The result is parsed again and compared: it says exactly what it
/// should, or there is none.
///
/// # Errors
/// Why the text cannot be changed safely.
pub(in crate::prompt) fn edited(text: &str, label: &str, value: Option<&LabelValue>) -> Result<String, String> {
    let node = parsed(text)?;
    let wanted = wanted(&node, label, value);
    let result = Edit { text, label, value }.apply(&node);
    match parsed(&result) {
        Ok(now) if normal(now.to_json()) == wanted => Ok(result),
        Ok(_) | Err(_) => Err("its style is one that karat does not change".to_owned()),
    }
}

fn parsed(text: &str) -> Result<Node, String> {
    let mut problems = Problems::new();
    let node = parse_yaml(&Source::new("prompt.yaml", text), &mut problems);
    node.filter(|_| !problems.has_errors()).ok_or_else(|| "it is not valid YAML".to_owned())
}

/// What the file must say afterwards.
fn wanted(node: &Node, label: &str, value: Option<&LabelValue>) -> Value {
    let Value::Object(mut root) = normal(node.to_json()) else { return Value::Null };
    let mut labels = root.get("labels").and_then(Value::as_object).cloned().unwrap_or_default();
    match value {
        Some(value) => drop(labels.insert(label.to_owned(), json!(value))),
        None => drop(labels.shift_remove(label)),
    }
    root.insert("labels".to_owned(), Value::Object(labels));
    Value::Object(root)
}

/// Nothing, an empty mapping and an absent key are the same here.
fn normal(value: Value) -> Value {
    let mut root = match value {
        Value::Object(root) => root,
        _ => Map::new(),
    };
    if !root.get("labels").is_some_and(Value::is_object) {
        root.insert("labels".to_owned(), json!({}));
    }
    Value::Object(root)
}

struct Edit<'a> {
    text: &'a str,
    label: &'a str,
    value: Option<&'a LabelValue>,
}

impl Edit<'_> {
    fn apply(&self, node: &Node) -> String {
        let entries = node.as_map().unwrap_or_default();
        let labels = entries.iter().find(|(key, _)| key.text == "labels");
        let (Some((key, labels)), Some(value)) = (labels, self.value) else {
            return match (labels, self.value) {
                (Some((_, labels)), None) => self.without(labels),
                (None, Some(value)) => self.with_block(value),
                (_, _) => self.text.to_owned(),
            };
        };
        let is_flow = self.at(labels.span).is_some_and(|at| self.text.get(at..).unwrap_or("").starts_with('{'));
        match (&labels.kind, labels.get(self.label)) {
            (Kind::Map(_), Some(old)) => self.replaced(old, is_flow, value),
            (Kind::Map(entries), None) if is_flow => self.added_in_flow(labels, entries.is_empty(), value),
            (Kind::Map(entries), None) => match entries.last() {
                Some((last, old)) => self.added_below(last.span, old, value),
                None => self.text.to_owned(),
            },
            _ => self.first_below(key.span, value),
        }
    }

    /// `labels:` at the end of the file.
    fn with_block(&self, value: &LabelValue) -> String {
        let line = self.line_break();
        let gap = if self.text.is_empty() || self.text.ends_with('\n') { "" } else { line };
        format!("{}{gap}labels:{line}  {}: {value}{line}", self.text, self.label)
    }

    /// The first label under a `labels:` with nothing in it.
    fn first_below(&self, key: Span, value: &LabelValue) -> String {
        let Some(at) = self.at(key) else { return self.text.to_owned() };
        let end = self.line_end(at);
        let indent = " ".repeat(self.column(at) + 2);
        self.inserted_line(end, &format!("{indent}{}: {value}", self.label))
    }

    fn added_below(&self, last: Span, old: &Node, value: &LabelValue) -> String {
        let Some(at) = self.at(last) else { return self.text.to_owned() };
        let end = self.entry_end(at, old);
        let indent = " ".repeat(self.column(at));
        self.inserted_line(end, &format!("{indent}{}: {value}", self.label))
    }

    fn added_in_flow(&self, labels: &Node, is_empty: bool, value: &LabelValue) -> String {
        let Some(range) = self.at(labels.span).and_then(|at| self.value_range(at, true)) else {
            return self.text.to_owned();
        };
        let inner = self.text.get(range.start..range.end.saturating_sub(1)).unwrap_or("");
        let at = range.start + inner.trim_end().len();
        let comma = if is_empty || inner.trim_end().ends_with(',') { "" } else { "," };
        let space = if is_empty { "" } else { " " };
        self.spliced(at..at, &format!("{comma}{space}{}: {value}", self.label))
    }

    fn replaced(&self, old: &Node, is_flow: bool, value: &LabelValue) -> String {
        let Some(at) = self.at(old.span) else { return self.text.to_owned() };
        if matches!(old.kind, Kind::Map(_)) && !self.text.get(at..).unwrap_or("").starts_with('{') {
            return self.replaced_block(at, value);
        }
        match self.value_range(at, is_flow) {
            Some(range) => self.spliced(range, &value.to_string()),
            None => self.text.to_owned(),
        }
    }

    /// A split in lines of its own becomes one line behind its key.
    fn replaced_block(&self, first: usize, value: &LabelValue) -> String {
        let before = self.text.get(..first).unwrap_or("");
        let Some(colon) =
            before.trim_end().rfind(':').filter(|colon| before.get(*colon..).is_some_and(|gap| gap.trim() == ":"))
        else {
            return self.text.to_owned();
        };
        let end = self.block_end(first, self.column(first));
        let end = if self.text.get(..end).unwrap_or("").ends_with('\n') { end - self.line_break().len() } else { end };
        self.spliced(colon + 1..end, &format!(" {value}"))
    }

    fn without(&self, labels: &Node) -> String {
        let entries = labels.as_map().unwrap_or_default();
        let Some(index) = entries.iter().position(|(key, _)| key.text == self.label) else {
            return self.text.to_owned();
        };
        let Some((key, old)) = entries.get(index) else { return self.text.to_owned() };
        let (Some(open), Some(start)) = (self.at(labels.span), self.at(key.span)) else { return self.text.to_owned() };
        if !self.text.get(open..).unwrap_or("").starts_with('{') {
            let line = self.text.get(..start).unwrap_or("").rfind('\n').map_or(0, |at| at + 1);
            return self.spliced(line..self.entry_end(start, old), "");
        }
        let Some(value) = self.at(old.span).and_then(|at| self.value_range(at, true)) else {
            return self.text.to_owned();
        };
        // With the comma after it, or that before it when it is the last.
        let after = self.text.get(value.end..).unwrap_or("");
        let rest = after.trim_start();
        if let Some(more) = rest.strip_prefix(',') {
            let end = self.text.len() - more.trim_start().len();
            return self.spliced(start..end, "");
        }
        let before = self.text.get(..start).unwrap_or("").trim_end();
        let from = before.strip_suffix(',').map_or(start, |before| before.trim_end().len());
        self.spliced(from..value.end, "")
    }

    /// The bytes of a value that begins at `at` and does not go on in lines of its own.
    fn value_range(&self, at: usize, is_flow: bool) -> Option<Range<usize>> {
        let rest = self.text.get(at..)?;
        let mut depth = 0_usize;
        let mut quote = None;
        let mut last = ' ';
        let mut end = rest.len();
        for (index, c) in rest.char_indices() {
            match (quote, c) {
                (Some(open), c) if c == open => quote = None,
                (Some(_), _) => {}
                (None, '"' | '\'') if index == 0 || depth > 0 => quote = Some(c),
                (None, '{' | '[') => depth += 1,
                (None, '}' | ']') if depth == 0 => {
                    end = index;
                    break;
                }
                (None, '}' | ']') => {
                    depth -= 1;
                    if depth == 0 {
                        end = index + 1;
                        break;
                    }
                }
                (None, ',') if depth == 0 && is_flow => {
                    end = index;
                    break;
                }
                (None, '\n') if depth == 0 => {
                    end = index;
                    break;
                }
                (None, '#') if depth == 0 && last.is_whitespace() => {
                    end = index;
                    break;
                }
                (None, _) => {}
            }
            last = c;
        }
        Some(at..at + rest.get(..end)?.trim_end().len())
    }

    /// Where the entry whose key begins at `key` ends: behind its last line break.
    fn entry_end(&self, key: usize, value: &Node) -> usize {
        let at = self.at(value.span).unwrap_or(key);
        let is_block = matches!(value.kind, Kind::Map(_)) && !self.text.get(at..).unwrap_or("").starts_with('{');
        if is_block && at > self.line_end(key) {
            return self.block_end(at, self.column(at));
        }
        let end = self.value_range(at, false).map_or(at, |range| range.end);
        self.after_break(end)
    }

    /// Where the lines end that are indented as far as `column`, from the one that holds `at`.
    fn block_end(&self, at: usize, column: usize) -> usize {
        let mut end = self.after_break(at);
        while let Some(line) = self.text.get(end..).and_then(|rest| rest.split_inclusive('\n').next()) {
            let indent = line.len() - line.trim_start().len();
            if line.trim().is_empty() || indent < column {
                break;
            }
            end += line.len();
        }
        end
    }

    fn inserted_line(&self, at: usize, line: &str) -> String {
        let before = self.text.get(..at).unwrap_or("");
        let ending = self.line_break();
        let gap = if before.is_empty() || before.ends_with('\n') { "" } else { ending };
        let at_end = at >= self.text.len();
        let own = if at_end && !gap.is_empty() { format!("{gap}{line}") } else { format!("{gap}{line}{ending}") };
        self.spliced(at..at, &own)
    }

    fn spliced(&self, range: Range<usize>, with: &str) -> String {
        let before = self.text.get(..range.start).unwrap_or("");
        let after = self.text.get(range.end..).unwrap_or("");
        format!("{before}{with}{after}")
    }

    fn line_break(&self) -> &'static str {
        if self.text.contains("\r\n") { "\r\n" } else { "\n" }
    }

    /// The byte behind the line that holds `at`, its break included.
    fn after_break(&self, at: usize) -> usize {
        self.text.get(at..).and_then(|rest| rest.find('\n')).map_or(self.text.len(), |found| at + found + 1)
    }

    fn line_end(&self, at: usize) -> usize {
        self.after_break(at)
    }

    /// How many characters stand before `at` on its line.
    fn column(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or("");
        before.get(before.rfind('\n').map_or(0, |at| at + 1)..).unwrap_or("").chars().count()
    }

    /// The byte where a span begins.
    fn at(&self, span: Span) -> Option<usize> {
        let line = usize::try_from(span.line).ok()?.checked_sub(1)?;
        let start: usize = self.text.split_inclusive('\n').take(line).map(str::len).sum();
        let rest = self.text.get(start..)?;
        let column = usize::try_from(span.col).ok()?.checked_sub(1)?;
        Some(start + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use semver::Version;

    use super::*;

    fn version(text: &str) -> LabelValue {
        LabelValue::Version(Version::parse(text).expect("version"))
    }

    fn split() -> LabelValue {
        LabelValue::of_shares(vec![(Version::new(1, 2, 0), 90), (Version::new(1, 3, 0), 10)]).expect("split")
    }

    #[test]
    fn labels_are_set_in_every_style_and_the_rest_stays() {
        let two = version("2.0.0");
        for (before, after) in [
            ("", "labels:\n  p: 2.0.0\n"),
            ("# only a comment", "# only a comment\nlabels:\n  p: 2.0.0\n"),
            ("about: x # why\nowner: y\n", "about: x # why\nowner: y\nlabels:\n  p: 2.0.0\n"),
            ("about: x\r\n", "about: x\r\nlabels:\r\n  p: 2.0.0\r\n"),
            ("labels: # all of them\nabout: x\n", "labels: # all of them\n  p: 2.0.0\nabout: x\n"),
            ("labels:", "labels:\n  p: 2.0.0"),
            ("labels: {}\n", "labels: {p: 2.0.0}\n"),
            ("labels: {a: 1.0.0} # x\n", "labels: {a: 1.0.0, p: 2.0.0} # x\n"),
            ("labels: {\n  a: 1.0.0,\n}\n", "labels: {\n  a: 1.0.0, p: 2.0.0\n}\n"),
            (
                "labels:\n  a: 1.0.0 # one\n\n# end\nabout: x\n",
                "labels:\n  a: 1.0.0 # one\n  p: 2.0.0\n\n# end\nabout: x\n",
            ),
            ("labels:\n    a: 1.0.0", "labels:\n    a: 1.0.0\n    p: 2.0.0"),
            ("labels:\n  p: 1.0.0   # live\n  a: 1.0.0\n", "labels:\n  p: 2.0.0   # live\n  a: 1.0.0\n"),
            ("labels: {p: '1.0.0', a: 1.0.0}\n", "labels: {p: 2.0.0, a: 1.0.0}\n"),
            ("labels:\n  p: \"1.0.0\"\n", "labels:\n  p: 2.0.0\n"),
            ("labels: {p: {1.0.0: 1, 1.1.0: 2}, a: 1.0.0}\n", "labels: {p: 2.0.0, a: 1.0.0}\n"),
            ("labels:\n  p:\n    1.0.0: 1\n    1.1.0: 2 # two\n  a: 1.0.0\n", "labels:\n  p: 2.0.0\n  a: 1.0.0\n"),
            ("labels:\n  p:\n    1.0.0: 1\n    1.1.0: 2", "labels:\n  p: 2.0.0"),
            (
                "labels:\n  a:\n    1.0.0: 1\n    1.1.0: 2\nowner: x\n",
                "labels:\n  a:\n    1.0.0: 1\n    1.1.0: 2\n  p: 2.0.0\nowner: x\n",
            ),
            ("about: größe: no\n", ""),
        ] {
            let got = edited(before, "p", Some(&two)).unwrap_or_default();
            assert_eq!(got, after, "from {before:?}");
        }
        assert_eq!(
            edited("labels:\n  p: 1.0.0 # x\n", "p", Some(&split())).expect("edited"),
            "labels:\n  p: {1.2.0: 90, 1.3.0: 10} # x\n"
        );
    }

    #[test]
    fn labels_are_removed_with_their_line_alone() {
        for (before, after) in [
            ("labels:\n  # live\n  p: 1.0.0 # x\n  a: 1.0.0\n", "labels:\n  # live\n  a: 1.0.0\n"),
            ("labels:\n  p: 1.0.0\nabout: x\n", "labels:\nabout: x\n"),
            ("labels: {p: 1.0.0}\n", "labels: {}\n"),
            ("labels: {p: 1.0.0, a: 1.0.0}\n", "labels: {a: 1.0.0}\n"),
            ("labels: {a: 1.0.0, p: {1.0.0: 1, 1.1.0: 1}}\n", "labels: {a: 1.0.0}\n"),
            ("labels:\n  p:\n    1.0.0: 1\n    1.1.0: 2\n  a: 1.0.0\n", "labels:\n  a: 1.0.0\n"),
            ("about: x\n", "about: x\n"),
        ] {
            assert_eq!(edited(before, "p", None).expect("edited"), after, "from {before:?}");
        }
    }

    #[test]
    fn what_cannot_be_changed_safely_is_left_alone() {
        for text in ["{about: x}", "about: [", "labels: &l {a: 1.0.0}\nother: *l\n", "labels: {p: &v 1.0.0, a: *v}\n"] {
            assert!(edited(text, "p", Some(&version("2.0.0"))).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn setting_and_removing_a_label_never_touches_another(
            labels in prop::collection::btree_map("[a-e]", 0_u64..9, 0..5),
            is_flow in any::<bool>(),
            comment in "[ -~]{0,12}",
            label in "[a-f]",
        ) {
            let comment = comment.replace(['\'', '"'], "");
            let text = if is_flow {
                let inner: Vec<String> = labels.iter().map(|(name, n)| format!("{name}: 1.{n}.0")).collect();
                format!("about: x # {comment}\nlabels: {{{}}} # {comment}\nowner: y\n", inner.join(", "))
            } else {
                let inner: String = labels.iter().map(|(name, n)| format!("  {name}: 1.{n}.0 # {comment}\n")).collect();
                format!("about: x # {comment}\nlabels:\n{inner}# {comment}\nowner: y\n")
            };
            let value = split();
            let with = edited(&text, &label, Some(&value)).expect("set");
            let parsed = parsed(&with).expect("yaml");
            prop_assert_eq!(parsed.get("labels").and_then(|labels| labels.get(&label)).map(Node::to_json), Some(json!(value)));
            let without = edited(&with, &label, None).expect("removed");
            if !labels.contains_key(&label) && !labels.is_empty() {
                prop_assert_eq!(without, text);
            }
        }
    }
}
