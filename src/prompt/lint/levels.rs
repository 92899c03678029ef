//! The levels of rules: their own, with those of `lint:` in `karat.yaml` on top.

use std::collections::BTreeMap;

use super::rule::{Level, Rule};
use super::rules::{RULES, rule_of};
use crate::base::{Diagnostic, Node, Problems, Severity, Source, closest};

/// The level of every rule.
#[derive(Debug, Clone, Default)]
pub struct Levels(BTreeMap<&'static str, Level>);

impl Levels {
    /// Reads `lint: {unused-variable: off, trailing-space: error}`.
    pub fn read(node: &Node, source: &Source, problems: &mut Problems) -> Levels {
        let mut levels = Levels::default();
        let Some(entries) = node.as_map() else {
            let message = format!("`lint` must be a mapping of codes, this is {}", node.describe());
            let help = "such as `lint: {unused-variable: off}`";
            problems.push(Diagnostic::error("wrong-type", message).at(source.place(node.span)).help(help));
            return levels;
        };
        for (key, value) in entries {
            let Some(rule) = rule_of(&key.text) else {
                problems.push(unknown_rule(&key.text).at(source.place(key.span)));
                continue;
            };
            let word = value.as_text().unwrap_or_default();
            let Some((_, level)) = Level::ALL.iter().find(|(known, _)| *known == word) else {
                let words: Vec<&str> = Level::ALL.iter().map(|(word, _)| *word).collect();
                let message = match value.as_text() {
                    Some(word) => format!("`{word}` is not a level"),
                    None => format!("a level is a word, this is {}", value.describe()),
                };
                problems.push(
                    Diagnostic::error("unknown-value", message)
                        .at(source.place(value.span))
                        .did_you_mean(closest(word, words.iter().copied()))
                        .help(format!("one of {}", words.join(", "))),
                );
                continue;
            };
            if rule.is_refused && *level != Level::Error {
                let message = format!("`{}` cannot be lowered: karat refuses such a prompt everywhere", rule.code);
                problems.push(Diagnostic::error("lint-level", message).at(source.place(value.span)).help(format!(
                    "remove the line, and mend the prompt: `karat prompt lint --explain {}`",
                    rule.code
                )));
                continue;
            }
            levels.0.insert(rule.code, *level);
        }
        levels
    }

    /// The level of a rule.
    pub fn of(&self, rule: &Rule) -> Level {
        self.0.get(rule.code).copied().unwrap_or(rule.level)
    }

    /// Gives a finding the severity of its rule; `None` when the rule is off. What has no rule keeps its own.
    pub(super) fn settle(&self, mut finding: Diagnostic) -> Option<Diagnostic> {
        if let Some(level) = self.0.get(finding.code) {
            finding.severity = level.severity()?;
        } else if rule_of(finding.code).is_some_and(|rule| rule.level == Level::Off) {
            return None;
        }
        Some(finding)
    }
}

/// A code that is not of the table, with the nearest that is.
pub fn unknown_rule(code: &str) -> Diagnostic {
    let near = closest(code, RULES.iter().map(|rule| rule.code));
    Diagnostic::error("unknown-rule", format!("`{code}` is not a lint rule"))
        .did_you_mean(near)
        .help("`karat prompt lint --list-rules` prints them all")
}

/// How many findings are of a severity.
pub(super) fn count(findings: &[Diagnostic], severity: Severity) -> usize {
    findings.iter().filter(|finding| finding.severity == severity).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::parse_yaml;

    fn read(yaml: &str) -> (Levels, String) {
        let source = Source::new("karat.yaml", yaml);
        let mut problems = Problems::new();
        let node = parse_yaml(&source, &mut problems).expect("yaml");
        let levels = Levels::read(&node, &source, &mut problems);
        (levels, problems.render(false))
    }

    #[test]
    fn levels_of_the_file_win_over_the_rules_own() {
        let (levels, problems) = read("trailing-space: error\nunused-variable: off\n");
        assert!(problems.is_empty(), "{problems}");
        let of = |code: &str| levels.of(rule_of(code).expect("rule"));
        assert_eq!((of("trailing-space"), of("unused-variable")), (Level::Error, Level::Off));
        assert_eq!(of("undeclared-variable"), Level::Error);
        let settled = |code| levels.settle(Diagnostic::warning(code, "x")).map(|found| found.severity);
        assert_eq!(settled("trailing-space"), Some(Severity::Error));
        assert_eq!(settled("unused-variable"), None);
        assert_eq!(settled("some-other-code"), Some(Severity::Warning));
    }

    #[test]
    fn mistakes_are_all_told_with_their_place() {
        let (_, text) = read(
            "traling-space: error\nunused-variable: wraning\nnon-nfc: 3\nundeclared-variable: warning\nsecret-in-file: error\n",
        );
        for wanted in [
            "unknown-rule",
            "karat.yaml:1:1",
            "did you mean `trailing-space`?",
            "karat.yaml:2:18",
            "did you mean `warning`?",
            "a level is a word, this is a whole number",
            "error[lint-level]",
            "karat.yaml:4:22",
        ] {
            assert!(text.contains(wanted), "{wanted}\n{text}");
        }
        assert!(!text.contains("secret-in-file"), "{text}");
        assert!(read("[a]\n").1.contains("must be a mapping of codes"));
    }
}
