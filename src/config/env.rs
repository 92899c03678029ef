//! Environment variables as a value: the process environment, with `.env` underneath.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use crate::base::{Diagnostic, Place, Problems, Source, Span, files};

/// Environment variables by name. The front door gathers them; nothing else reads the process environment.
#[derive(Clone, Default)]
pub struct Env(BTreeMap<String, Variable>);

#[derive(Clone)]
struct Variable {
    value: String,
    from_dotenv: bool,
}

/// Names only: values may be keys.
impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Env {
    /// From name and value pairs, such as those of the process; the last of equal names counts.
    pub fn from_pairs<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Env {
        let variable = |value: V| Variable { value: value.into(), from_dotenv: false };
        Env(pairs.into_iter().map(|(name, value)| (name.into(), variable(value))).collect())
    }

    /// The value of `name`. An empty value counts as not set, as with `NO_COLOR`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|variable| variable.value.as_str()).filter(|value| !value.is_empty())
    }

    /// Whether the value of `name` comes from `.env`.
    pub fn is_from_dotenv(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|variable| variable.from_dotenv)
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Puts the variables of a `.env` file underneath: the process environment wins. No file is fine; lines that are
    /// not `NAME=value` go to `problems`, without their text, because it may hold a key.
    #[must_use]
    pub fn with_dotenv(self, path: &Path, problems: &mut Problems) -> Env {
        if !path.is_file() {
            return self;
        }
        let shown = path.file_name().map_or(path, Path::new);
        match files::read_source(path, shown) {
            Ok(source) => self.with_dotenv_source(&source, problems),
            Err(problem) => {
                problems.push(Diagnostic { place: Some(Place::of_file(shown)), ..*problem });
                self
            }
        }
    }

    /// As [`Env::with_dotenv`], from text that was already read.
    #[must_use]
    pub fn with_dotenv_source(mut self, source: &Source, problems: &mut Problems) -> Env {
        // dotenvy takes a space before the end of the file for an open value.
        let text = format!("{}\n", source.text());
        let mut line = 1;
        let mut found = BTreeMap::new();
        for item in dotenvy::from_read_iter(text.as_bytes()) {
            match item {
                Ok((name, value)) => {
                    line = line_after(source.text(), line, |text| assigns(text, &name));
                    found.insert(name, Variable { value, from_dotenv: true });
                }
                Err(error) => {
                    let wrong = if let dotenvy::Error::LineParse(text, _) = &error { text.as_str() } else { "" };
                    let first = wrong.lines().next().unwrap_or("").trim().to_owned();
                    let next = line_after(source.text(), line, |text| text.contains(&first));
                    problems.push(syntax_problem(source, next.saturating_sub(1)));
                    line = next;
                }
            }
        }
        for (name, variable) in found {
            self.0.entry(name).or_insert(variable);
        }
        self
    }
}

/// The number of the line after the first one, from `line` on, that `fits`; `line` itself when none does.
fn line_after(text: &str, line: u32, fits: impl Fn(&str) -> bool) -> u32 {
    let skipped = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
    let offset = text.lines().skip(skipped).position(fits);
    offset.map_or(line, |offset| line.saturating_add(u32::try_from(offset).unwrap_or(0)).saturating_add(1))
}

fn assigns(line: &str, name: &str) -> bool {
    let line = line.trim_start();
    let line = line.strip_prefix("export ").map_or(line, str::trim_start);
    line.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('='))
}

fn syntax_problem(source: &Source, line: u32) -> Diagnostic {
    Diagnostic::error("invalid-dotenv", "this line is not `NAME=value`")
        .at(Place::of_file(source.path()).at(Span::new(line.max(1), 1, 1)))
        .help("put values with spaces, `#` or `$` in single quotes, and close every quote")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Env, Problems) {
        let mut problems = Problems::new();
        let process = Env::from_pairs([("SHARED", "process"), ("EMPTY", "")]);
        let env = process.with_dotenv_source(&Source::new(".env", text), &mut problems);
        (env, problems)
    }

    #[test]
    fn process_environment_beats_dotenv() {
        let (env, problems) = read("SHARED=file\nexport ONLY='a b # c'\n# note\nLAST=x ");
        assert!(problems.is_empty(), "{}", problems.render(false));
        assert_eq!(env.get("SHARED"), Some("process"));
        assert_eq!(env.get("ONLY"), Some("a b # c"));
        assert_eq!(env.get("LAST"), Some("x"));
        assert!(env.is_from_dotenv("ONLY") && !env.is_from_dotenv("SHARED"));
        assert_eq!(env.get("EMPTY"), None);
        assert_eq!(env.get("MISSING"), None);
    }

    #[test]
    fn every_bad_line_is_reported_with_its_number_and_without_its_text() {
        let (env, problems) = read("A=1\n\nsk-verysecret\nB=2\nC=two words\nD=3\n");
        let pointers: Vec<String> =
            problems.sorted().iter().filter_map(|d| d.place.as_ref()).map(Place::pointer).collect();
        assert_eq!(pointers, [".env:3:1", ".env:5:1"]);
        assert!(!problems.render(false).contains("verysecret"));
        assert_eq!((env.get("A"), env.get("B"), env.get("D")), (Some("1"), Some("2"), Some("3")));
    }

    #[test]
    fn an_open_quote_is_reported_where_it_starts() {
        let (_, problems) = read("A=1\nB=\"open\nC=3\n");
        let rendered = problems.render(false);
        assert!(rendered.contains(".env:2:1"), "{rendered}");
    }

    #[test]
    fn a_missing_file_is_fine_and_values_are_never_printed() {
        let folder = tempfile::tempdir().unwrap();
        let mut problems = Problems::new();
        let env = Env::from_pairs([("KEY", "hidden")]).with_dotenv(&folder.path().join(".env"), &mut problems);
        assert!(problems.is_empty());
        assert_eq!(format!("{env:?}"), r#"{"KEY"}"#);
    }
}
