//! Writes values as YAML that people like to read: block scalars for texts of several lines, quotes only where needed,
//! small collections in braces.
//!
//! Our own 200 lines instead of the `serialize` feature of the YAML crate: there the style (braces or lines, block or
//! quotes) follows the Rust type of a value, so every key would need wrapper types; here it follows the value and the
//! depth, and the law `parse ∘ print = identity` is tested over hostile texts.

use serde_json::{Map, Value};

/// Longest line that a collection in braces may make, in characters.
const WIDTH: usize = 118;

/// Words that some YAML reader takes for something else than text.
const NOT_TEXT: &[&str] =
    &["null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf", "infinity", "nil", "none"];

/// The value as a YAML document; ends with a line break.
///
/// A collection is written in braces or brackets when it fits on its line, holds no text of several lines, and lies at
/// least `flow_from` levels deep; the value itself is level 0. Numbers, texts and the order of keys come back unchanged
/// from [`super::parse_yaml`].
pub fn print_yaml(value: &Value, flow_from: usize) -> String {
    let mut out = Printer { text: String::new(), flow_from };
    match value {
        Value::Object(map) if !map.is_empty() && !out.fits(value, 0, 0) => out.map(map, 0, 0),
        Value::Array(items) if !items.is_empty() && !out.fits(value, 0, 0) => out.list(items, 0, 0),
        other => out.text.push_str(&inline(other, false)),
    }
    let mut text = out.text;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

struct Printer {
    text: String,
    flow_from: usize,
}

impl Printer {
    /// Whether a collection is written on the line that already has `used` characters.
    fn fits(&self, value: &Value, depth: usize, used: usize) -> bool {
        match value {
            Value::Array(items) if items.is_empty() => true,
            Value::Object(map) if map.is_empty() => true,
            _ => depth >= self.flow_from && is_one_line(value) && used + inline(value, false).chars().count() <= WIDTH,
        }
    }

    /// Characters of the line being written.
    fn used(&self) -> usize {
        let line = self.text.rfind('\n').map_or(self.text.as_str(), |at| self.text.get(at + 1..).unwrap_or(""));
        line.chars().count()
    }

    fn start_line(&mut self, indent: usize) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        self.text.extend(std::iter::repeat_n(' ', indent));
    }

    fn map(&mut self, map: &Map<String, Value>, indent: usize, depth: usize) {
        for (index, (key, value)) in map.iter().enumerate() {
            // The first key may follow a dash.
            if index > 0 || !self.text.ends_with("- ") {
                self.start_line(indent);
            }
            self.text.push_str(&line_text(key, true));
            self.text.push(':');
            self.value(value, indent, depth + 1);
        }
    }

    fn list(&mut self, items: &[Value], indent: usize, depth: usize) {
        for item in items {
            self.start_line(indent);
            self.text.push('-');
            match item {
                Value::Object(map) if !self.fits(item, depth + 1, self.used() + 1) => {
                    self.text.push(' ');
                    self.map(map, indent + 2, depth + 1);
                }
                _ => self.value(item, indent, depth + 1),
            }
        }
    }

    /// What stands after `key:` or `-`.
    fn value(&mut self, value: &Value, indent: usize, depth: usize) {
        match value {
            Value::String(text) if is_block(text) => self.block(text, indent + 2),
            Value::Object(map) if !self.fits(value, depth, self.used() + 1) => self.map(map, indent + 2, depth),
            Value::Array(items) if !self.fits(value, depth, self.used() + 1) => self.list(items, indent + 2, depth),
            Value::Object(_) | Value::Array(_) => {
                self.text.push(' ');
                self.text.push_str(&inline(value, true));
            }
            other => {
                self.text.push(' ');
                self.text.push_str(&inline(other, false));
            }
        }
    }

    /// A literal block: its lines as they are.
    fn block(&mut self, text: &str, indent: usize) {
        self.text.push_str(" |");
        // Without it, the first line's own spaces would count as indentation.
        if text.starts_with([' ', '\n', '\t']) {
            self.text.push('2');
        }
        match text.strip_suffix('\n') {
            None => self.text.push('-'),
            Some(rest) if rest.ends_with('\n') => self.text.push('+'),
            Some(_) => {}
        }
        let body = text.strip_suffix('\n').unwrap_or(text);
        for line in body.split('\n') {
            self.text.push('\n');
            if !line.is_empty() {
                self.text.extend(std::iter::repeat_n(' ', indent));
                self.text.push_str(line);
            }
        }
        self.text.push('\n');
    }
}

/// Whether a text is written as a literal block: several lines, of characters that a block keeps.
fn is_block(text: &str) -> bool {
    let last = text.trim_end_matches('\n').rsplit('\n').next().unwrap_or("");
    text.contains('\n')
        && text.chars().all(|c| c == '\n' || c == '\t' || is_shown(c))
        // Blank ends are easy to lose in an editor, and some readers drop them.
        && !last.trim().is_empty()
}

/// Whether a value holds no text that wants several lines.
fn is_one_line(value: &Value) -> bool {
    match value {
        Value::String(text) => !is_block(text),
        Value::Array(items) => items.iter().all(is_one_line),
        Value::Object(map) => map.values().all(is_one_line),
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

/// A value on one line; `in_flow` where commas and brackets end a text.
fn inline(value: &Value, in_flow: bool) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number_text(number),
        Value::String(text) => line_text(text, in_flow),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| inline(item, true)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| format!("{}: {}", line_text(key, true), inline(value, true));
            format!("{{{}}}", map.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}

/// A float always keeps its point: YAML reads `1e300` without one as text in some versions.
fn number_text(number: &serde_json::Number) -> String {
    let text = number.to_string();
    match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) if !mantissa.contains('.') => format!("{mantissa}.0e{exponent}"),
        _ => text,
    }
}

/// A text on one line: bare, in single quotes or in double quotes.
fn line_text(text: &str, in_flow: bool) -> String {
    if is_bare(text, in_flow) {
        return text.to_owned();
    }
    let is_plain_inside = text.chars().all(is_shown);
    if is_plain_inside && text.contains(['"', '\\']) && !text.contains('\'') {
        return format!("'{text}'");
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if is_shown(c) => quoted.push(c),
            c if u32::from(c) <= 0xff => quoted.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if u32::from(c) <= 0xffff => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    quoted.push('"');
    quoted
}

/// Whether a text needs no quotes.
fn is_bare(text: &str, in_flow: bool) -> bool {
    let starts = text.starts_with(|c: char| c.is_alphabetic() || matches!(c, '/' | '(' | '_')) || is_version(text);
    let breaks = text.ends_with([' ', ':'])
        || text.contains(": ")
        || text.contains(" #")
        || (in_flow && text.contains([',', '[', ']', '{', '}', ':', '"', '\'', '?', '#']))
        || NOT_TEXT.contains(&text.to_lowercase().as_str());
    starts && !breaks && text.chars().all(is_shown)
}

/// `1.2.0`, `2.0.0-rc.1`: two dots, so that it is no number.
fn is_version(text: &str) -> bool {
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = text.splitn(3, '.');
    let (major, minor, rest) = (parts.next(), parts.next(), parts.next().unwrap_or(""));
    major.is_some_and(number)
        && minor.is_some_and(number)
        && rest.starts_with(|c: char| c.is_ascii_digit())
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
}

/// Whether a reader sees the character, and every YAML parser keeps it as it is.
fn is_shown(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::{Problems, Source, parse_yaml};
    use super::*;

    fn parse(text: &str) -> Value {
        let mut problems = Problems::new();
        let node = parse_yaml(&Source::new("t.yaml", text), &mut problems);
        assert!(problems.is_empty(), "{text}\n{}", problems.render(false));
        node.expect("yaml").to_json()
    }

    /// A text as a line, and that it is read back.
    fn line(text: &str) -> String {
        let printed = print_yaml(&json!({"k": text}), 9);
        assert_eq!(parse(&printed), json!({"k": text}), "{printed}");
        printed.trim_end().strip_prefix("k: ").expect("k").to_owned()
    }

    #[test]
    fn texts_have_quotes_only_where_needed() {
        for bare in
            ["python", "Review a code change, twice", "review.schema.json", "größe", "1.2.0", "2.0.0-rc.1", "a:b"]
        {
            assert_eq!(line(bare), bare);
        }
        for (text, wanted) in [
            ("", "\"\""),
            ("yes", "\"yes\""),
            ("NULL", "\"NULL\""),
            ("1.5", "\"1.5\""),
            ("007", "\"007\""),
            (" a", "\" a\""),
            ("a ", "\"a \""),
            ("a: b", "\"a: b\""),
            ("a #b", "\"a #b\""),
            ("{{ a }}", "\"{{ a }}\""),
            ("say \"hi\"", "say \"hi\""),
            ("\"hi\"", "'\"hi\"'"),
            ("it's \\ \"x\" ", "\"it's \\\\ \\\"x\\\" \""),
            ("a\u{200b}b\u{7}", "\"a\\u200bb\\x07\""),
            ("a\r\nb", "\"a\\r\\nb\""),
            ("- x", "\"- x\""),
            ("~", "\"~\""),
        ] {
            assert_eq!(line(text), wanted);
        }
    }

    #[test]
    fn several_lines_become_a_block() {
        let value = json!({"a": {"t": "one\n  two: #\n\nthree"}, "b": ["x\n", "y\n\n"]});
        let printed = print_yaml(&value, 9);
        assert_eq!(printed, "a:\n  t: |-\n    one\n      two: #\n\n    three\nb:\n  - |\n    x\n  - |+\n    y\n\n");
        assert_eq!(parse(&printed), value);
        for text in
            ["  indented\nx", "\n\nx", "a\n \nb", "a\n  ", "\ta\nb", "a\n\tb\n", "\n", "a\r\nb\n", "#a\n---\n..."]
        {
            let value = json!({"m": [{"r": 1, "t": text}], "z": text});
            assert_eq!(parse(&print_yaml(&value, 9)), value, "{text:?}");
        }
    }

    #[test]
    fn small_collections_stand_in_braces_where_they_fit() {
        let value =
            json!({"v": {"code": {"type": "string", "one_of": ["a", "b, c"]}, "long": {"about": "x".repeat(120)}}});
        let printed = print_yaml(&value, 2);
        let wanted =
            format!("v:\n  code: {{type: string, one_of: [a, \"b, c\"]}}\n  long:\n    about: {}\n", "x".repeat(120));
        assert_eq!(printed, wanted);
        assert_eq!(parse(&printed), value);
        assert_eq!(
            print_yaml(&json!({"a": {}, "b": [], "c": [[{}], {"d": null}]}), 9),
            "a: {}\nb: []\nc:\n  -\n    - {}\n  - d: null\n"
        );
    }

    #[test]
    fn numbers_stay_what_they_are() {
        let value = json!({"a": 1, "b": -0.5, "c": 1e300, "d": 1e-7, "e": i64::MIN, "f": 2.0});
        let printed = print_yaml(&value, 9);
        assert_eq!(parse(&printed), value, "{printed}");
    }

    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            " ",
            "  ",
            "\n",
            "\n\n",
            "\t",
            "\r\n",
            "\r",
            "#",
            " #",
            ": ",
            ":",
            "- ",
            "---",
            "...",
            "'",
            "\"",
            "\\",
            "|",
            ">",
            "&a",
            "*a",
            "!t",
            "%",
            "@",
            "`",
            "{",
            "}",
            "[",
            "]",
            ",",
            "?",
            "? ",
            "yes",
            "No",
            "null",
            "~",
            "true",
            "1",
            "1.0",
            "0x1f",
            "1e5",
            ".inf",
            ".nan",
            "2001-01-01",
            "<<",
            "=",
            "{{ a }}",
            "{% if a %}",
            "é",
            "😀",
            "\u{200b}",
            "\u{feff}",
            "\u{85}",
            "\u{2028}",
            "\u{a0}",
            "\0",
            "\u{7}",
            "\u{1b}[0m",
            "word",
            "long long long long long long long long long long text",
        ]);
        prop::collection::vec(prop_oneof![9 => piece.prop_map(str::to_owned), 1 => ".{0,4}"], 0..7)
            .prop_map(|p| p.concat())
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            6 => hostile().prop_map(Value::String),
            1 => any::<i64>().prop_map(|number| json!(number)),
            1 => (-1e6_f64..1e6).prop_map(|number| json!(number)),
            1 => any::<bool>().prop_map(Value::Bool),
            1 => Just(Value::Null),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                prop::collection::vec((hostile(), inner), 0..4)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

        #[test]
        fn what_is_printed_is_read_back(inner in value(), flow_from in 0_usize..5) {
            let value = json!({"k": inner});
            let printed = print_yaml(&value, flow_from);
            let mut problems = Problems::new();
            let node = parse_yaml(&Source::new("t.yaml", printed.as_str()), &mut problems);
            prop_assert!(problems.is_empty(), "{}\n{}", printed, problems.render(false));
            prop_assert_eq!(node.map(|node| node.to_json()), Some(value), "{}", printed);
        }
    }
}
