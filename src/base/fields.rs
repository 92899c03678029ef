//! Reads a mapping of a user file field by field, and collects everything that is wrong with it.

use super::node::{Kind, Node};
use super::source::{Source, Span};
use super::{Diagnostic, Problems, closest};

/// A mapping being read. Take each field by name, then call [`Fields::finish`], which reports keys nobody took.
///
/// Every taker returns `None` when the field is absent, null or of the wrong type; a wrong type is also reported.
pub struct Fields<'a> {
    node: &'a Node,
    entries: &'a [(super::Key, Node)],
    source: &'a Source,
    what: &'static str,
    /// Names that were asked for, some of them several times: a mapping has few, and datasets have a million mappings.
    taken: Vec<&'static str>,
    /// Missing fields that a misspelt key may stand for; settled in the end.
    missing: Vec<(String, Diagnostic)>,
}

impl<'a> Fields<'a> {
    /// Starts reading `node` as a mapping; `what` names it in messages (`suite`, `case`). Reports other kinds.
    pub fn of(node: &'a Node, what: &'static str, source: &'a Source, problems: &mut Problems) -> Option<Fields<'a>> {
        let Some(entries) = node.as_map() else {
            let message = format!("{} {what} must be a mapping, this is {}", article(what), node.describe());
            problems.push(Diagnostic::error("wrong-type", message).at(source.place(node.span)));
            return None;
        };
        Some(Fields { node, entries, source, what, taken: Vec::with_capacity(16), missing: Vec::new() })
    }

    /// The file being read.
    pub fn source(&self) -> &'a Source {
        self.source
    }

    /// Where the mapping starts.
    pub fn span(&self) -> Span {
        self.node.span
    }

    /// The value of `name`, null included.
    pub fn raw(&mut self, name: &'static str) -> Option<&'a Node> {
        self.taken.push(name);
        self.entries.iter().find(|(key, _)| key.text == name).map(|(_, node)| node)
    }

    /// Where the key `name` stands, for diagnostics about the field as a whole.
    pub fn key_span(&self, name: &str) -> Option<Span> {
        self.entries.iter().find(|(key, _)| key.text == name).map(|(key, _)| key.span)
    }

    /// The value of `name` of any kind but null.
    pub fn node(&mut self, name: &'static str) -> Option<&'a Node> {
        self.raw(name).filter(|node| node.kind != Kind::Null)
    }

    /// Text. Numbers and booleans are refused: quote them.
    pub fn text(&mut self, name: &'static str, problems: &mut Problems) -> Option<&'a str> {
        let node = self.node(name)?;
        let text = node.as_text();
        if text.is_none() {
            self.wrong_type(name, "text", node, problems);
        }
        text
    }

    /// Text that must be present and not empty.
    pub fn required_text(&mut self, name: &'static str, problems: &mut Problems) -> Option<&'a str> {
        if self.node(name).is_none() {
            self.missing(name, problems);
            return None;
        }
        let text = self.text(name, problems)?;
        if text.trim().is_empty() {
            self.invalid(name, format!("`{name}` is empty"), problems);
            return None;
        }
        Some(text)
    }

    /// `true` or `false`.
    pub fn flag(&mut self, name: &'static str, problems: &mut Problems) -> Option<bool> {
        let node = self.node(name)?;
        if let Kind::Bool(flag) = node.kind {
            return Some(flag);
        }
        self.wrong_type(name, "true or false", node, problems);
        None
    }

    /// A whole number within `range`.
    pub fn whole(
        &mut self,
        name: &'static str,
        range: std::ops::RangeInclusive<i64>,
        problems: &mut Problems,
    ) -> Option<i64> {
        let node = self.node(name)?;
        let Kind::Int(number) = node.kind else {
            self.wrong_type(name, "a whole number", node, problems);
            return None;
        };
        if range.contains(&number) {
            return Some(number);
        }
        let message = format!("`{name}` is {number}, it must be from {} to {}", range.start(), range.end());
        self.invalid(name, message, problems);
        None
    }

    /// A number within `range`.
    pub fn number(
        &mut self,
        name: &'static str,
        range: std::ops::RangeInclusive<f64>,
        problems: &mut Problems,
    ) -> Option<f64> {
        let node = self.node(name)?;
        let Some(number) = node.as_number() else {
            self.wrong_type(name, "a number", node, problems);
            return None;
        };
        if range.contains(&number) {
            return Some(number);
        }
        let message = format!("`{name}` is {number}, it must be from {} to {}", range.start(), range.end());
        self.invalid(name, message, problems);
        None
    }

    /// A list; a single value stands for a list of one.
    pub fn list(&mut self, name: &'static str) -> Option<&'a [Node]> {
        let node = self.node(name)?;
        Some(node.as_list().unwrap_or(std::slice::from_ref(node)))
    }

    /// A list of texts; a single text stands for a list of one. Items of another type are reported and left out.
    pub fn texts(&mut self, name: &'static str, problems: &mut Problems) -> Option<Vec<(&'a str, Span)>> {
        let items = self.list(name)?;
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            match item.as_text() {
                Some(text) => texts.push((text, item.span)),
                None => self.wrong_type(name, "text", item, problems),
            }
        }
        Some(texts)
    }

    /// One of a closed set of words.
    pub fn choice<T: Copy>(
        &mut self,
        name: &'static str,
        choices: &[(&'static str, T)],
        problems: &mut Problems,
    ) -> Option<T> {
        let text = self.text(name, problems)?;
        if let Some((_, value)) = choices.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        let span = self.value_span(name);
        problems.push(
            Diagnostic::error("unknown-value", format!("`{text}` is not a value of `{name}`"))
                .at(self.source.place(span))
                .did_you_mean(closest(text, words.iter().copied()))
                .help(format!("one of {}", words.join(", "))),
        );
        None
    }

    /// Reports that `name` is missing.
    pub fn missing(&mut self, name: &str, problems: &mut Problems) {
        let message = format!("this {} has no `{name}`", self.what);
        let diagnostic = Diagnostic::error("missing-field", message)
            .at(self.source.place(Span { len: 1, ..self.node.span }))
            .help(format!("add `{name}: …`"));
        self.missing_as(name, diagnostic, problems);
    }

    /// Reports that `name` is missing in words of the caller. When a key looks like a slip of `name`, only
    /// [`Fields::finish`] reports, and the key alone: one mistake is told once.
    pub fn missing_as(&mut self, name: &str, diagnostic: Diagnostic, problems: &mut Problems) {
        let slip = |(key, _): &(super::Key, Node)| {
            closest(&key.text, [name]).or_else(|| other_word(&key.text, &[name])).is_some()
        };
        if self.entries.iter().any(slip) {
            self.missing.push((name.to_owned(), diagnostic));
        } else {
            problems.push(diagnostic);
        }
    }

    /// Reports that the value of `name` is not right.
    pub fn invalid(&self, name: &str, message: impl Into<String>, problems: &mut Problems) {
        let span = self.value_span(name);
        problems.push(Diagnostic::error("invalid-value", message).at(self.source.place(span)));
    }

    /// Where the value of `name` stands (or the mapping, when it is absent).
    pub fn value_span(&self, name: &str) -> Span {
        self.entries.iter().find(|(key, _)| key.text == name).map_or(self.node.span, |(_, node)| node.span)
    }

    /// Reports every key that nobody took, with the nearest known one.
    pub fn finish(mut self, problems: &mut Problems) {
        for (key, _) in self.entries {
            if self.taken.contains(&key.text.as_str()) {
                continue;
            }
            let mut known: Vec<&str> = self.taken.clone();
            known.sort_unstable();
            known.dedup();
            let near = closest(&key.text, known.iter().copied()).or_else(|| other_word(&key.text, &known));
            self.missing.retain(|(name, _)| near != Some(name.as_str()));
            problems.push(
                Diagnostic::error(
                    "unknown-key",
                    format!("`{}` is not a key of {} {}", key.text, article(self.what), self.what),
                )
                .at(self.source.place(key.span))
                .did_you_mean(near)
                .help(format!("known keys: {}", known.join(", "))),
            );
        }
        self.missing.into_iter().for_each(|(_, diagnostic)| problems.push(diagnostic));
    }

    fn wrong_type(&self, name: &str, wanted: &str, found: &Node, problems: &mut Problems) {
        let message = format!("`{name}` must be {wanted}, this is {}", found.describe());
        let mut diagnostic = Diagnostic::error("wrong-type", message).at(self.source.place(found.span));
        if wanted == "text" && matches!(found.kind, Kind::Bool(_) | Kind::Int(_) | Kind::Float(_)) {
            diagnostic = diagnostic.help("put it in quotes");
        }
        if wanted.ends_with("number") {
            match &found.kind {
                Kind::Text(text) if text.trim().parse::<f64>().is_ok_and(f64::is_finite) => {
                    diagnostic = diagnostic.help("write it without quotes");
                }
                // Larger than any integer that is read as one.
                Kind::Float(number) if number.fract() == 0.0 && wanted == "a whole number" => {
                    diagnostic.message = format!("`{name}` must be a whole number that is not as large as this");
                    if number.abs() < 1e15 {
                        diagnostic.message = format!("`{name}` must be a whole number, this is one with a fraction");
                        diagnostic = diagnostic.help(format!("write it as `{number}`"));
                    }
                }
                _ => {}
            }
        }
        // Booleans of YAML 1.1.
        if wanted == "true or false" {
            match found.as_text().map(str::to_lowercase).as_deref() {
                Some("yes" | "on" | "y" | "true") => diagnostic = diagnostic.help("write `true`, without quotes"),
                Some("no" | "off" | "n" | "false") => diagnostic = diagnostic.help("write `false`, without quotes"),
                _ => {}
            }
        }
        problems.push(diagnostic);
    }
}

/// What other tools call a key of ours: too far from it for a typo.
const OTHER_WORDS: &[(&str, &str)] = &[
    ("assert", "checks"),
    ("asserts", "checks"),
    ("assertions", "checks"),
    ("metrics", "checks"),
    ("scorers", "checks"),
    ("tests", "cases"),
    ("dataset", "cases"),
    ("data", "cases"),
    ("providers", "models"),
    ("variables", "vars"),
    ("inputs", "vars"),
    ("input", "vars"),
    ("parameters", "params"),
    ("options", "params"),
    ("description", "about"),
    ("desc", "about"),
    ("name", "suite"),
    ("expected_output", "expected"),
    ("output", "expected"),
    ("answer", "expected"),
    ("reference", "expected"),
    ("labels", "tags"),
    ("default_test", "defaults"),
    ("defaultTest", "defaults"),
    ("grader", "judge"),
    ("tolerance", "absolute"),
    ("epsilon", "absolute"),
    ("path", "file"),
    ("prompt", "messages"),
];

/// The key among `known` that other tools call `word`.
fn other_word<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let meant = OTHER_WORDS.iter().filter(|(other, _)| *other == word).map(|(_, ours)| *ours);
    meant.filter_map(|ours| known.iter().copied().find(|key| *key == ours)).next()
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

#[cfg(test)]
mod tests {
    use super::super::parse_yaml;
    use super::*;

    #[test]
    fn a_misspelt_key_is_not_missing_as_well() {
        let source = Source::new("s.yaml", "siute: a\nmodel: x\n");
        let mut problems = Problems::new();
        let node = parse_yaml(&source, &mut problems).expect("yaml");
        let mut fields = Fields::of(&node, "suite", &source, &mut problems).expect("map");
        fields.required_text("suite", &mut problems);
        // `model` is a key of its own here, so `models` is missing indeed.
        fields.required_text("models", &mut problems);
        fields.text("model", &mut problems);
        fields.finish(&mut problems);
        let text = problems.render(false);
        assert_eq!(problems.error_count(), 2, "{text}");
        assert!(text.contains("did you mean `suite`?") && text.contains("has no `models`"), "{text}");
    }

    #[test]
    fn keys_of_other_tools_find_ours() {
        let source = Source::new("s.yaml", "assert: []\nvariables: {}\nparameters: {}\nwhatever: 1\n");
        let mut problems = Problems::new();
        let node = parse_yaml(&source, &mut problems).expect("yaml");
        let mut fields = Fields::of(&node, "case", &source, &mut problems).expect("map");
        for name in ["checks", "vars", "params"] {
            let _ = fields.node(name);
        }
        fields.missing("checks", &mut problems);
        fields.finish(&mut problems);
        let text = problems.render(false);
        for wanted in ["did you mean `checks`?", "did you mean `vars`?", "did you mean `params`?"] {
            assert!(text.contains(wanted), "{wanted} not in\n{text}");
        }
        assert_eq!(problems.error_count(), 4, "the misnamed `checks` is not missing as well\n{text}");
    }

    #[test]
    fn a_number_that_is_no_whole_number_is_told_why() {
        let source = Source::new("s.yaml", "a: \"3\"\nb: 99999999999999999999\nc: 3.0\nd: 2.5\ne: soon\nf: \"0.5\"\n");
        let mut problems = Problems::new();
        let node = parse_yaml(&source, &mut problems).expect("yaml");
        let mut fields = Fields::of(&node, "suite", &source, &mut problems).expect("map");
        for name in ["a", "b", "c", "d", "e"] {
            assert_eq!(fields.whole(name, 0..=9, &mut problems), None);
        }
        assert_eq!(fields.number("f", 0.0..=1.0, &mut problems), None);
        let text = problems.render(false);
        assert_eq!(text.matches("write it without quotes").count(), 2, "{text}");
        for wanted in [
            "`b` must be a whole number that is not as large as this",
            "write it as `3`",
            "`d` must be a whole number, this is a number",
            "`e` must be a whole number, this is text",
        ] {
            assert!(text.contains(wanted), "{wanted} not in\n{text}");
        }
    }

    #[test]
    fn all_problems_of_a_mapping_come_in_one_pass() {
        let source = Source::new("s.yaml", "suite: 5\nrepeat: 0\nmodles: x\nkind: fats\n");
        let mut problems = Problems::new();
        let node = parse_yaml(&source, &mut problems).expect("yaml");
        let mut fields = Fields::of(&node, "suite", &source, &mut problems).expect("map");
        assert_eq!(fields.text("suite", &mut problems), None);
        assert_eq!(fields.whole("repeat", 1..=100, &mut problems), None);
        assert_eq!(fields.choice("kind", &[("fast", 1), ("slow", 2)], &mut problems), None);
        let _ = fields.node("models");
        let _ = fields.required_text("cases", &mut problems);
        fields.finish(&mut problems);
        let text = problems.render(false);
        for wanted in [
            "`suite` must be text",
            "put it in quotes",
            "must be from 1 to 100",
            "did you mean `models`?",
            "did you mean `fast`?",
            "has no `cases`",
        ] {
            assert!(text.contains(wanted), "{wanted} not in\n{text}");
        }
        assert_eq!(problems.error_count(), 5);
    }
}
