//! The rules of lint: all of them, or one explained.

use serde::Serialize;
use serde_json::Value;

use super::super::super::doc::{Block, Column, Doc, Line, Table, Tone};
use super::super::super::present::View;
use crate::eval::SCHEMA_VERSION;
use crate::prompt::lint::{Level, Rule};

/// All rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RulesReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// By code.
    pub rules: Vec<RuleRow>,
}

impl RulesReport {
    /// A list of these rules.
    pub fn of(rules: Vec<RuleRow>) -> RulesReport {
        RulesReport { schema_version: SCHEMA_VERSION, rules }
    }
}

/// One rule of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleRow {
    /// Its code.
    pub code: String,
    /// Its level in this project: `off`, `note`, `warning`, `error`.
    pub level: &'static str,
    /// Its level when `karat.yaml` says nothing.
    pub default_level: &'static str,
    /// Whether `--fix` mends it in drafts.
    pub fixable: bool,
    /// Whether karat refuses such a prompt everywhere.
    pub refused: bool,
    /// What is wrong, in one line.
    pub about: String,
}

impl RuleRow {
    /// A rule with its level in this project.
    pub fn of(rule: &Rule, level: Level) -> RuleRow {
        RuleRow {
            code: rule.code.to_owned(),
            level: level.word(),
            default_level: rule.level.word(),
            fixable: rule.fixable,
            refused: rule.is_refused,
            about: rule.about.to_owned(),
        }
    }
}

impl View for RulesReport {
    const WHAT: &'static str = "the list of rules";

    fn doc(&self) -> Doc {
        let columns =
            vec![Column::names("rule"), Column::names("level"), Column::names("fix"), Column::words("found when")];
        let row = |rule: &RuleRow| {
            let fix = if rule.fixable { "yes" } else { "" };
            [rule.code.as_str(), rule.level, fix, &rule.about].map(Line::from).to_vec()
        };
        let mut doc = Doc::new();
        doc.push(Block::Table(Table { columns, rows: self.rules.iter().map(row).collect() }));
        doc.push_list(vec![
            Line::from("levels are set in karat.yaml: `lint: {unused-variable: off, trailing-space: error}`"),
            Line::from("why a rule is there: ").then("karat prompt lint --explain undelimited-variable", Tone::Command),
        ]);
        doc
    }

    fn lines(&self) -> Option<Vec<Value>> {
        self.rules.iter().map(|rule| serde_json::to_value(rule).ok()).collect()
    }
}

/// One rule, explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The rule.
    pub rule: RuleRow,
    /// Why it matters.
    pub why: String,
    /// A file that breaks it.
    pub bad: String,
    /// The same file, mended.
    pub good: String,
}

impl RuleReport {
    /// A rule with its level in this project.
    pub fn of(rule: &Rule, level: Level) -> RuleReport {
        RuleReport {
            schema_version: SCHEMA_VERSION,
            rule: RuleRow::of(rule, level),
            why: rule.why.to_owned(),
            bad: rule.bad.to_owned(),
            good: rule.good.to_owned(),
        }
    }
}

impl View for RuleReport {
    const WHAT: &'static str = "the explanation of a rule";

    fn doc(&self) -> Doc {
        let rule = &self.rule;
        let mut doc = Doc::new();
        let about = format!("  {}", rule.about);
        doc.push(Block::Heading(Line::of(rule.code.as_str(), Tone::Strong).text(about)));
        doc.push(Block::Paragraph(Line::from(self.why.as_str())));
        let level = if rule.level == rule.default_level {
            rule.level.to_owned()
        } else {
            format!("{} (by karat.yaml; {} otherwise)", rule.level, rule.default_level)
        };
        let fix = if rule.fixable { "`karat prompt lint --fix` mends it in drafts" } else { "by hand" };
        let mut facts = vec![("level".to_owned(), Line::from(level)), ("fix".to_owned(), Line::from(fix))];
        if rule.refused {
            facts.push((
                "note".to_owned(),
                Line::from("karat refuses such a prompt everywhere; the level cannot be lowered"),
            ));
        }
        doc.push(Block::Facts(facts));
        doc.push(Block::Heading(Line::of("bad", Tone::Strong)));
        doc.push(Block::Code(self.bad.clone()));
        doc.push(Block::Heading(Line::of("good", Tone::Strong)));
        doc.push(Block::Code(self.good.clone()));
        doc
    }
}
