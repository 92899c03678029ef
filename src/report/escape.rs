//! JSON that is harmless to look at: characters that steer a terminal, reorder text or hide in it are written as
//! `\uXXXX`, which every reader of JSON turns back into the same value.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

/// Writes the value in one line.
pub(super) fn to_writer<T: Serialize + ?Sized>(value: &T, out: &mut dyn Write) -> io::Result<()> {
    write_with(value, CompactFormatter, out)
}

/// Writes the value indented by two.
pub(super) fn to_writer_pretty<T: Serialize + ?Sized>(value: &T, out: &mut dyn Write) -> io::Result<()> {
    write_with(value, PrettyFormatter::new(), out)
}

fn write_with<T, F>(value: &T, layout: F, out: &mut dyn Write) -> io::Result<()>
where
    T: Serialize + ?Sized,
    F: Formatter,
{
    let mut json = serde_json::Serializer::with_formatter(out, Escaping(layout));
    Ok(value.serialize(&mut json)?)
}

/// Characters that JSON allows as they are and that nobody should meet so. Lower controls are escaped by JSON itself.
fn is_unsafe(c: char) -> bool {
    matches!(
        c,
        '\u{7f}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// The layout of another formatter, with such characters escaped.
struct Escaping<F>(F);

impl<F: Formatter> Formatter for Escaping<F> {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut written = 0;
        for (start, matched) in fragment.match_indices(is_unsafe) {
            writer.write_all(fragment.get(written..start).unwrap_or_default().as_bytes())?;
            for unit in matched.encode_utf16() {
                write!(writer, "\\u{unit:04x}")?;
            }
            written = start + matched.len();
        }
        writer.write_all(fragment.get(written..).unwrap_or_default().as_bytes())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn end_object_key<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_key(writer)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn written(value: &Value) -> (String, String) {
        let (mut line, mut page) = (Vec::new(), Vec::new());
        to_writer(value, &mut line).expect("line");
        to_writer_pretty(value, &mut page).expect("page");
        (String::from_utf8(line).expect("UTF-8"), String::from_utf8(page).expect("UTF-8"))
    }

    #[test]
    fn hostile_characters_are_escaped_and_keep_their_value() {
        let controls = "\u{7f}\u{80}\u{85}\u{9b}31m\u{9f}";
        let hidden = "\u{200b}\u{200d}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202e}\u{2060}\u{2066}\u{2069}\u{feff}";
        let value = json!({"text": controls, "list": [hidden, 1, null], hidden: {"tag": "a\u{e0041}b"}});
        let (line, page) = written(&value);
        for text in [&line, &page] {
            assert!(!text.chars().any(is_unsafe), "{text:?}");
            assert_eq!(serde_json::from_str::<Value>(text).expect("json"), value);
        }
        assert!(line.contains(r#""\u007f\u0080\u0085\u009b31m\u009f""#), "{line}");
        assert!(line.contains(r"\u200b\u200d\u200e\u200f\u2028\u2029\u202a\u202e\u2060\u2066\u2069\ufeff"), "{line}");
        assert!(line.contains(r#""a\udb40\udc41b""#), "{line}");
    }

    #[test]
    fn everything_else_is_written_as_serde_json_does() {
        let value = json!({"a": ["é漢🦀 \"q\" \n\u{1b}[1m ~\u{a0}", -1, 1.5, true, null, [], {}], "b": {"c": "x"}});
        let (line, page) = written(&value);
        assert_eq!(line, serde_json::to_string(&value).expect("line"));
        assert_eq!(page, serde_json::to_string_pretty(&value).expect("page"));
    }
}
