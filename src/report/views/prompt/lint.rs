//! What lint found, and what was mended.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use super::super::super::doc::{Block, Doc, Entry, Line, Tone};
use super::super::super::findings::{FindingRule, Findings};
use super::super::super::present::View;
use crate::base::{Diagnostic, Severity};
use crate::eval::SCHEMA_VERSION;
use crate::prompt::lint::{Linted, Mended, rule_of, rules};
use crate::prompt::unified_diff;

/// The findings of a lint.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LintReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Whether there is nothing to fail on.
    pub passed: bool,
    /// Counts.
    pub totals: LintTotals,
    /// By file, line and column; after mending, those that are left.
    pub findings: Vec<Diagnostic>,
    /// What `--fix` changed, or would change.
    pub fixed: Vec<FixedFile>,
    /// Whether nothing was written.
    pub dry_run: bool,
    #[serde(skip)]
    rules: Vec<FindingRule>,
    #[serde(skip)]
    prefix: PathBuf,
}

/// How much was looked at and found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LintTotals {
    /// Versions, drafts and partials that were read.
    pub files: usize,
    /// Findings that must be mended.
    pub errors: usize,
    /// Findings worth a look.
    pub warnings: usize,
    /// Findings good to know.
    pub notes: usize,
}

/// A file that `--fix` changed, or would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FixedFile {
    /// The file.
    pub path: PathBuf,
    /// Rules that it now keeps, with the number of lines that changed.
    pub fixes: Vec<Fix>,
    /// The change as a unified diff.
    pub diff: String,
}

/// What was corrected for one rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// Code of the rule.
    pub code: &'static str,
    /// Lines that changed.
    pub lines: usize,
}

impl FixedFile {
    /// The change from `before` to what it was mended to.
    pub fn of(path: &Path, before: &str, mended: &Mended) -> FixedFile {
        let shown = path.display().to_string();
        let diff = unified_diff(before, &mended.text, &shown);
        let fixes = mended.fixes.iter().map(|(code, lines)| Fix { code, lines: *lines }).collect();
        FixedFile { path: path.to_path_buf(), fixes, diff }
    }
}

impl LintReport {
    /// The report; `prefix` is the project's folder in its repository.
    pub fn of(linted: Linted, fixed: Vec<FixedFile>, dry_run: bool, passed: bool, prefix: PathBuf) -> LintReport {
        let totals = LintTotals {
            files: linted.files,
            errors: linted.count(Severity::Error),
            warnings: linted.count(Severity::Warning),
            notes: linted.count(Severity::Note),
        };
        let rules = rules().filter_map(|rule| {
            Some(FindingRule {
                code: rule.code.to_owned(),
                about: rule.about.to_owned(),
                why: rule.why.to_owned(),
                severity: rule.level.severity()?,
            })
        });
        LintReport {
            schema_version: SCHEMA_VERSION,
            passed,
            totals,
            findings: linted.findings,
            fixed,
            dry_run,
            rules: rules.collect(),
            prefix,
        }
    }

    fn summary(&self) -> Line {
        let LintTotals { files, errors, warnings, notes } = self.totals;
        let (word, tone) = if self.passed { ("pass", Tone::Pass) } else { ("fail", Tone::Fail) };
        let counts = [(errors, "error"), (warnings, "warning"), (notes, "note")];
        let found: Vec<String> =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, noun)| counted(*count, noun)).collect();
        let found = if found.is_empty() { "nothing found".to_owned() } else { found.join(", ") };
        Line::of(word, tone).text(format!("  {found} in {}", counted(files, "file")))
    }

    /// Findings that could be mended, but stand in files that are not edited.
    fn is_held_back(&self) -> bool {
        let is_fixable = |finding: &Diagnostic| rule_of(finding.code).is_some_and(|rule| rule.fixable);
        let is_draft =
            |finding: &Diagnostic| finding.place.as_ref().is_some_and(|place| place.path.ends_with("next.yaml"));
        !self.dry_run && self.findings.iter().any(|finding| is_fixable(finding) && !is_draft(finding))
    }
}

fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

impl View for LintReport {
    const WHAT: &'static str = "the findings of lint";

    fn doc(&self) -> Doc {
        let mut doc = Doc::new();
        for file in &self.fixed {
            let fixes: Vec<String> =
                file.fixes.iter().map(|fix| format!("{} ({})", fix.code, counted(fix.lines, "line"))).collect();
            let verb = if self.dry_run { "would mend" } else { "mended" };
            doc.push(Block::Paragraph(Line::from(format!("{verb} {}: {}", file.path.display(), fixes.join(", ")))));
            if self.dry_run {
                doc.push(Block::Code(file.diff.clone()));
            }
        }
        if !self.findings.is_empty() {
            doc.push(Block::Entries(self.findings.iter().map(entry).collect()));
        }
        doc.push(Block::Paragraph(self.summary()));
        let first = self.findings.iter().find(|finding| rule_of(finding.code).is_some());
        let explain = first.map(|finding| {
            Line::from("why a rule is there: ")
                .then(format!("karat prompt lint --explain {}", finding.code), Tone::Command)
        });
        let held = self.is_held_back().then(|| {
            Line::from(
                "`--fix` edits drafts only: a released version never changes, nor does a partial that it may include",
            )
        });
        doc.push_list(held.into_iter().chain(explain).collect());
        doc
    }

    fn lines(&self) -> Option<Vec<Value>> {
        self.findings.iter().map(|finding| serde_json::to_value(finding).ok()).collect()
    }

    fn findings(&self) -> Option<Findings<'_>> {
        Some(Findings { diagnostics: &self.findings, rules: &self.rules, prefix: &self.prefix })
    }
}

fn entry(finding: &Diagnostic) -> Entry {
    let tone = match finding.severity {
        Severity::Error => Tone::Fail,
        Severity::Warning => Tone::Unsure,
        Severity::Note => Tone::Dim,
    };
    let place = finding.place.as_ref().map_or_else(|| "project".to_owned(), |place| place.pointer());
    let head = Line::of(place, Tone::Strong).text(format!("  {}", finding.code));
    let mut entry = Entry::new(finding.severity.word(), tone, head);
    let mut line = |label: &str, line: Line| entry.lines.push((label.to_owned(), line));
    line("what", Line::from(finding.message.as_str()));
    if let Some(excerpt) = finding.place.as_ref().and_then(|place| place.excerpt.as_deref()).map(str::trim) {
        let chars = u64::try_from(excerpt.chars().count()).unwrap_or(u64::MAX);
        line("line", Line::quote(excerpt, chars));
    }
    for (place, why) in &finding.related {
        line("see", Line::from(format!("{}: {why}", place.pointer())));
    }
    if let Some(label) = &finding.label {
        line("hint", Line::from(label.as_str()));
    }
    if let Some(help) = &finding.help {
        line("help", Line::from(help.as_str()));
    }
    entry
}
