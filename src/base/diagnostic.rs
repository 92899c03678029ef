//! Problems in user files: what happened, where, and how to fix it.

use std::cmp::Ordering;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::source::Span;

/// How bad a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The command cannot go on; exit code 2.
    Error,
    /// Worth a look; the command goes on.
    Warning,
    /// Good to know.
    Note,
}

impl Severity {
    /// `error`, `warning` or `note`.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

/// A position in a file, with the line it stands on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file, as shown to the user.
    pub path: PathBuf,
    /// 1-based line; 0 means the file as a whole.
    pub line: u32,
    /// 1-based column in characters.
    pub col: u32,
    /// Length in characters.
    pub len: u32,
    /// The line's text, cut around the column when it is long.
    #[serde(skip)]
    pub excerpt: Option<String>,
    /// Characters cut from the left of the excerpt.
    #[serde(skip)]
    pub excerpt_shift: u32,
}

impl Place {
    /// The file as a whole.
    pub fn of_file(path: &Path) -> Place {
        Place { path: path.to_path_buf(), line: 0, col: 0, len: 0, excerpt: None, excerpt_shift: 0 }
    }

    /// The same file, at `span`, without an excerpt.
    #[must_use]
    pub fn at(mut self, span: Span) -> Place {
        self.line = span.line;
        self.col = span.col;
        self.len = span.len;
        self
    }

    /// `path:line:col`, `path:line` or `path`, as editors read it.
    pub fn pointer(&self) -> String {
        let path = self.path.display();
        match (self.line, self.col) {
            (0, _) => format!("{path}"),
            (line, 0) => format!("{path}:{line}"),
            (line, col) => format!("{path}:{line}:{col}"),
        }
    }
}

/// One problem: severity, a stable kebab-case code, what happened, where, and how to fix it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Kebab-case, unique, never reused.
    pub code: &'static str,
    /// Lowercase, no final period, backticks round what the user typed.
    pub message: String,
    /// Where.
    pub place: Option<Place>,
    /// Text printed beside the caret, such as ``did you mean `contains`?``.
    pub label: Option<String>,
    /// Other places that matter, each with a word on why.
    pub related: Vec<(Place, String)>,
    /// A command or an edit that mends it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error.
    pub fn error(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            code,
            message: message.into(),
            place: None,
            label: None,
            related: Vec::new(),
            help: None,
        }
    }

    /// A warning.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, message) }
    }

    /// Sets the place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Diagnostic {
        self.place = Some(place);
        self
    }

    /// Sets the text beside the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Diagnostic {
        self.label = Some(label.into());
        self
    }

    /// Sets the label to "did you mean `x`?" when there is a suggestion.
    #[must_use]
    pub fn did_you_mean(mut self, suggestion: Option<&str>) -> Diagnostic {
        if let Some(word) = suggestion {
            self.label = Some(format!("did you mean `{word}`?"));
        }
        self
    }

    /// Sets the help line.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// Adds another place that matters.
    #[must_use]
    pub fn related(mut self, place: Place, why: impl Into<String>) -> Diagnostic {
        self.related.push((place, why.into()));
        self
    }

    /// The diagnostic as text for a terminal or a log, with excerpt and caret; ends with a newline.
    pub fn render(&self, color: bool) -> String {
        let paint = Paint { on: color };
        let mut text = String::new();
        let head = format!("{}[{}]", self.severity.word(), self.code);
        let _ = writeln!(text, "{}: {}", paint.severity(self.severity, &head), paint.bold(&printable(&self.message)));
        if let Some(place) = &self.place {
            render_place(&mut text, place, self.label.as_deref(), paint);
        } else if let Some(label) = &self.label {
            let _ = writeln!(text, "   = note: {}", printable(label));
        }
        for (place, why) in &self.related {
            let _ = writeln!(text, "  ::: {}: {}", place.pointer(), printable(why));
        }
        if let Some(help) = &self.help {
            let _ = writeln!(text, "   = help: {}", printable(help));
        }
        text
    }
}

fn render_place(text: &mut String, place: &Place, label: Option<&str>, paint: Paint) {
    let gutter = " ".repeat(place.line.to_string().len().max(2));
    let _ = writeln!(text, "{gutter}{} {}", paint.blue("-->"), place.pointer());
    let Some(excerpt) = &place.excerpt else {
        if let Some(label) = label {
            let _ = writeln!(text, "   = note: {}", printable(label));
        }
        return;
    };
    let line = printable(excerpt);
    let cut = if place.excerpt_shift > 0 { "…" } else { "" };
    let col = usize::try_from(place.col.saturating_sub(1).saturating_sub(place.excerpt_shift)).unwrap_or(0);
    let before: String = line.chars().take(col).collect();
    let room = line.chars().count().saturating_sub(col).max(1);
    let len = usize::try_from(place.len.max(1)).unwrap_or(1).min(room);
    let covered: String = line.chars().skip(col).take(len).collect();
    let carets = "^".repeat(covered.width().max(1));
    let label = label.map(|label| format!(" {}", printable(label))).unwrap_or_default();
    let bar = paint.blue("|");
    let _ = writeln!(text, "{gutter} {bar}");
    let number = format!("{:>width$}", place.line, width = gutter.len());
    let _ = writeln!(text, "{} {bar} {cut}{line}", paint.blue(&number));
    let pad = " ".repeat(before.width() + cut.width());
    let marks = format!("{carets}{label}");
    let _ = writeln!(text, "{gutter} {bar} {pad}{}", paint.red(marks.trim_end()));
}

/// Text with control characters replaced, tabs as single spaces: excerpts are untrusted and columns must line up.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c == '\t' {
                ' '
            } else if c.is_control() {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

#[derive(Clone, Copy)]
struct Paint {
    on: bool,
}

impl Paint {
    fn wrap(self, code: &str, text: &str) -> String {
        if self.on { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
    fn severity(self, severity: Severity, text: &str) -> String {
        let code = match severity {
            Severity::Error => "1;31",
            Severity::Warning => "1;33",
            Severity::Note => "1;36",
        };
        self.wrap(code, text)
    }
    fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }
    fn blue(self, text: &str) -> String {
        self.wrap("34", text)
    }
    fn red(self, text: &str) -> String {
        self.wrap("31", text)
    }
}

/// Diagnostics as they are found: all problems of all files, in one go.
///
/// Keeps at most [`Problems::LIMIT`] and counts the rest, so that a broken 100,000-row dataset stays readable.
#[derive(Debug, Clone, Default)]
pub struct Problems {
    found: Vec<Diagnostic>,
    errors: usize,
    dropped: usize,
}

impl Problems {
    /// How many diagnostics are kept.
    pub const LIMIT: usize = 200;

    /// None yet.
    pub fn new() -> Problems {
        Problems::default()
    }

    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if diagnostic.severity == Severity::Error {
            self.errors += 1;
        }
        if self.found.len() < Problems::LIMIT {
            self.found.push(diagnostic);
        } else {
            self.dropped += 1;
        }
    }

    /// Whether the same was said already, wherever it stood.
    pub fn tells(&self, other: &Diagnostic) -> bool {
        self.found.iter().any(|told| told.code == other.code && told.message == other.message)
    }

    /// Shows files below `root` by their path from there: no message needs the machine's own folders.
    pub fn relative_to(&mut self, root: &Path) {
        let shorten = |place: &mut Place| {
            if let Ok(inner) = place.path.strip_prefix(root) {
                place.path = inner.to_path_buf();
            }
        };
        let prefix = format!("`{}/", root.display());
        for diagnostic in &mut self.found {
            diagnostic.place.iter_mut().for_each(shorten);
            diagnostic.related.iter_mut().for_each(|(place, _)| shorten(place));
            diagnostic.message = diagnostic.message.replace(&prefix, "`");
        }
    }

    /// Moves all of `other` in.
    pub fn absorb(&mut self, other: Problems) {
        self.dropped += other.dropped;
        self.errors += other.errors - other.found.iter().filter(|d| d.severity == Severity::Error).count();
        for diagnostic in other.found {
            self.push(diagnostic);
        }
    }

    /// Whether any is an error.
    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// Number of errors, those not kept included.
    pub fn error_count(&self) -> usize {
        self.errors
    }

    /// Whether there are none at all.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty() && self.dropped == 0
    }

    /// Number of diagnostics that were counted but not kept.
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// The diagnostics, in the order in which they were found.
    pub fn into_found(self) -> Vec<Diagnostic> {
        self.found
    }

    /// The diagnostics, by file and position; those without a place first.
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut all: Vec<&Diagnostic> = self.found.iter().collect();
        all.sort_by(|a, b| order(a, b));
        all
    }

    /// All diagnostics as text, a blank line between them, with a closing count line.
    pub fn render(&self, color: bool) -> String {
        let mut blocks: Vec<String> = self.sorted().iter().map(|diagnostic| diagnostic.render(color)).collect();
        if self.dropped > 0 {
            blocks.push(format!("… and {} more problems of this kind; mend these first\n", self.dropped));
        }
        blocks.join("\n")
    }
}

fn order(a: &Diagnostic, b: &Diagnostic) -> Ordering {
    let key = |d: &Diagnostic| d.place.as_ref().map(|p| (p.path.clone(), p.line, p.col));
    key(a).cmp(&key(b)).then(a.severity.cmp(&b.severity)).then_with(|| a.code.cmp(b.code))
}

#[cfg(test)]
mod tests {
    use super::super::Source;
    use super::*;

    #[test]
    fn a_diagnostic_shows_what_where_and_how_to_fix() {
        let source = Source::new("evals/support.yaml", "cases:\n    - contian: \"refund\"\n");
        let diagnostic = Diagnostic::error("unknown-check", "`contian` is not a check")
            .at(source.place(Span::new(2, 7, 7)))
            .did_you_mean(Some("contains"))
            .help("`karat eval --list-checks` prints them all");
        let wanted = "error[unknown-check]: `contian` is not a check
  --> evals/support.yaml:2:7
   |
 2 |     - contian: \"refund\"
   |       ^^^^^^^ did you mean `contains`?
   = help: `karat eval --list-checks` prints them all
";
        assert_eq!(diagnostic.render(false), wanted);
    }

    #[test]
    fn control_characters_never_reach_the_terminal() {
        let source = Source::new("x.yaml", "a: \u{1b}[31mred");
        let text = Diagnostic::error("bad", "m\u{7}").at(source.place(Span::new(1, 1, 1))).render(false);
        assert!(!text.contains('\u{1b}') && !text.contains('\u{7}'));
    }

    #[test]
    fn no_message_shows_the_folders_of_the_machine() {
        let file = Path::new("/home/me/project/rules.jsonl");
        let mut problems = Problems::new();
        problems.push(
            Diagnostic::error("x", "`/home/me/project/rules.jsonl` does not exist")
                .at(Place::of_file(file))
                .related(Place::of_file(Path::new("/home/me/project/karat.yaml")), "named here"),
        );
        problems.relative_to(Path::new("/home/me/project"));
        let text = problems.render(false);
        assert!(text.contains("`rules.jsonl` does not exist") && text.contains("--> rules.jsonl"), "{text}");
        assert!(!text.contains("/home"), "{text}");
    }

    #[test]
    fn problems_beyond_the_limit_are_counted() {
        let mut problems = Problems::new();
        for _ in 0..Problems::LIMIT + 7 {
            problems.push(Diagnostic::error("x", "y"));
        }
        assert_eq!((problems.error_count(), problems.dropped()), (Problems::LIMIT + 7, 7));
        let mut all = Problems::new();
        all.absorb(problems);
        assert_eq!((all.error_count(), all.dropped()), (Problems::LIMIT + 7, 7));
    }

    #[test]
    fn problems_come_in_file_order() {
        let source = Source::new("a.yaml", "1\n2\n3\n");
        let mut problems = Problems::new();
        problems.push(Diagnostic::error("b", "later").at(source.place(Span::new(3, 1, 1))));
        problems.push(Diagnostic::error("a", "earlier").at(source.place(Span::new(1, 1, 1))));
        let order: Vec<_> = problems.sorted().iter().map(|d| d.message.clone()).collect();
        assert_eq!(order, ["earlier", "later"]);
    }
}
