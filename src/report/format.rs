//! The formats, in one table: parsing, help and file names come from it.

use std::path::Path;
use std::str::FromStr;

/// How a result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Format {
    /// `table` on a terminal, `plain` otherwise.
    #[default]
    Auto,
    /// For a terminal: fits its width, with colour where allowed.
    Table,
    /// Text without lines and colour, never wrapped: for logs and `grep`.
    Plain,
    /// One JSON document.
    Json,
    /// One JSON object per line.
    Jsonl,
    /// GitHub-flavoured Markdown.
    Markdown,
    /// JUnit XML, one test case per trial.
    Junit,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
}

struct FormatSpec {
    format: Format,
    word: &'static str,
    about: &'static str,
    extensions: &'static [&'static str],
}

const FORMATS: &[FormatSpec] = &[
    spec(Format::Auto, "auto", "As `table` on a terminal, `plain` otherwise", &[]),
    spec(Format::Table, "table", "For a terminal: fits its width", &[]),
    spec(Format::Plain, "plain", "Text for logs: never wrapped, no colour", &["txt", "log"]),
    spec(Format::Json, "json", "One JSON document", &["json"]),
    spec(Format::Jsonl, "jsonl", "One JSON object per line", &["jsonl", "ndjson"]),
    spec(Format::Markdown, "markdown", "GitHub-flavoured Markdown", &["md", "markdown"]),
    spec(Format::Junit, "junit", "JUnit XML, one test case per trial", &["xml"]),
    spec(Format::Sarif, "sarif", "SARIF 2.1.0, for code scanning", &["sarif"]),
    spec(Format::Github, "github", "Annotations of GitHub Actions", &[]),
];

const fn spec(
    format: Format,
    word: &'static str,
    about: &'static str,
    extensions: &'static [&'static str],
) -> FormatSpec {
    FormatSpec { format, word, about, extensions }
}

impl Format {
    /// Every format with its word and what it is, in the order of the help.
    pub fn all() -> impl Iterator<Item = (Format, &'static str, &'static str)> {
        FORMATS.iter().map(|spec| (spec.format, spec.word, spec.about))
    }

    /// The formats that a run can be written in: SARIF and annotations are for findings.
    pub fn of_runs() -> impl Iterator<Item = (Format, &'static str, &'static str)> {
        Format::all().filter(|(format, ..)| !matches!(format, Format::Sarif | Format::Github))
    }

    /// The formats that a list can be written in: JUnit is for runs.
    pub fn of_lists() -> impl Iterator<Item = (Format, &'static str, &'static str)> {
        Format::of_runs().filter(|(format, ..)| *format != Format::Junit)
    }

    /// The formats that a single result can be written in: JSON Lines are for lists.
    pub fn of_documents() -> impl Iterator<Item = (Format, &'static str, &'static str)> {
        Format::of_lists().filter(|(format, ..)| *format != Format::Jsonl)
    }

    /// The formats that findings in files can be written in.
    pub fn of_findings() -> impl Iterator<Item = (Format, &'static str, &'static str)> {
        Format::all().filter(|(format, ..)| *format != Format::Junit)
    }

    /// The formats of runs that are the same wherever they are written: all but `auto`.
    pub fn settled_ones() -> impl Iterator<Item = (Format, &'static str, &'static str)> {
        Format::of_runs().filter(|(format, ..)| *format != Format::Auto)
    }

    /// Its word on the command line.
    pub fn word(self) -> &'static str {
        FORMATS.iter().find(|spec| spec.format == self).map_or("auto", |spec| spec.word)
    }

    /// The format that a file's extension asks for; `None` when it asks for none.
    pub fn for_path(path: &Path) -> Option<Format> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        FORMATS.iter().find(|spec| spec.extensions.contains(&extension.as_str())).map(|spec| spec.format)
    }

    /// Decides `auto`: `table` on a terminal, `plain` otherwise.
    #[must_use]
    pub fn settled(self, is_terminal: bool) -> Format {
        match (self, is_terminal) {
            (Format::Auto, true) => Format::Table,
            (Format::Auto, false) => Format::Plain,
            (format, _) => format,
        }
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Format, String> {
        FORMATS.iter().find(|spec| spec.word == text).map(|spec| spec.format).ok_or_else(|| {
            let words: Vec<&str> = FORMATS.iter().map(|spec| spec.word).collect();
            format!("`{text}` is not a format; choose one of {}", words.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_reads_its_own_word() {
        for (format, word, _) in Format::all() {
            assert_eq!(word.parse(), Ok(format));
            assert_eq!(format.word(), word);
        }
        assert!("yaml".parse::<Format>().is_err_and(|message| message.contains("auto, table, plain")));
    }

    #[test]
    fn file_names_choose_a_format() {
        let of = |name: &str| Format::for_path(Path::new(name));
        assert_eq!(of("out/report.JSON"), Some(Format::Json));
        assert_eq!(of("r.jsonl"), Some(Format::Jsonl));
        assert_eq!(of("r.md"), Some(Format::Markdown));
        assert_eq!(of("junit.xml"), Some(Format::Junit));
        assert_eq!(of("r.txt"), Some(Format::Plain));
        assert_eq!((of("r.docx"), of("report"), of(".json")), (None, None, None));
    }

    #[test]
    fn auto_depends_on_the_terminal_only() {
        assert_eq!((Format::Auto.settled(true), Format::Auto.settled(false)), (Format::Table, Format::Plain));
        assert_eq!(Format::Json.settled(true), Format::Json);
    }
}
