//! The prompts of a project: versions, labels, and what they scored last.

use std::collections::HashMap;

use semver::Version;
use serde::Serialize;
use serde_json::Value;

use super::super::super::doc::{Block, Column, Doc, Line, Table, Tone};
use super::super::super::present::View;
use super::results::{PromptResult, PromptResults, ResultSummary, shown_result, shown_usd};
use crate::base::{Digest, SafeName};
use crate::eval::SCHEMA_VERSION;
use crate::prompt::{CatalogueEntry, CatalogueLabel, FindingKind, PromptVersion, ReadVersion};

/// Mark of a draft that differs from the latest version.
const DRAFTED: &str = "*";
/// Mark of a version that is not what it was when it was released.
const CHANGED: &str = "!";
/// Word for a version that is what it was.
const AS_RELEASED: &str = "as_released";

/// A list of prompts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PromptsReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// By name.
    pub prompts: Vec<PromptRow>,
    /// How the table shows them.
    #[serde(skip)]
    pub shown: Shown,
}

/// How the table shows prompts; JSON is the same in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// One row for each prompt.
    Prompts,
    /// One row for each version that was read.
    Versions,
}

impl PromptsReport {
    /// The list of these prompts.
    pub fn of(prompts: Vec<PromptRow>, shown: Shown) -> PromptsReport {
        PromptsReport { schema_version: SCHEMA_VERSION, prompts, shown }
    }
}

/// One prompt of the list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PromptRow {
    /// Its name.
    pub name: SafeName,
    /// What it is for.
    pub about: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Its latest version; `null` when none is released.
    pub latest: Option<String>,
    /// Number of released versions.
    pub version_count: usize,
    /// Its labels, in the order of its file.
    pub labels: Vec<LabelRow>,
    /// Whether it has a draft.
    pub has_draft: bool,
    /// Whether its draft differs from its latest version in what is sent; `null` when one of them has errors.
    pub changed_since_release: Option<bool>,
    /// Whether something is wrong with its files; what it is is told on stderr.
    pub has_errors: bool,
    /// The last result of the latest version, or of the version with the label that was asked for.
    pub last: Option<ResultSummary>,
    /// The draft, the latest version and those with labels, or all versions when these were asked for.
    pub versions: Vec<VersionRow>,
}

/// A label and what it points to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LabelRow {
    /// The label.
    pub label: String,
    /// Its version; `null` when it splits users over several.
    pub version: Option<String>,
    /// The versions of a split with their weights; empty otherwise.
    pub split: Vec<ShareRow>,
}

/// A version's share of a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShareRow {
    /// The version.
    pub version: String,
    /// Its weight among the versions of the label.
    pub weight: u32,
}

/// One version of a prompt.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VersionRow {
    /// The version; `next` is the draft.
    pub version: String,
    /// Digest of its content; `null` when it has errors.
    pub digest: Option<Digest>,
    /// What became of it since its release, in the words of `karat prompt verify`: `as_released`, `edited`, `reformatted`,
    /// `include_changed`, `broken` or `not_locked`; `null` for the draft.
    pub since_release: Option<&'static str>,
    /// Labels that point to it.
    pub labels: Vec<String>,
    /// Runs that used this content.
    pub runs: u64,
    /// Its results in the last of them, in one line.
    pub last: Option<ResultSummary>,
    /// Its results in the last of them, by suite and model.
    pub results: Vec<PromptResult>,
}

impl PromptRow {
    /// The row of a prompt. `label` is the label that was asked for; its version stands for the prompt.
    pub fn of(entry: &CatalogueEntry, results: &HashMap<Digest, PromptResults>, label: Option<&str>) -> PromptRow {
        let row = |read: &ReadVersion| VersionRow::of(read, &entry.labels, results);
        let versions: Vec<VersionRow> = entry.read.iter().map(row).collect();
        let latest = entry.latest.as_ref().map(Version::to_string);
        let labelled = label.and_then(|label| entry.labels.iter().find(|known| known.name == label));
        let heaviest = |label: &CatalogueLabel| label.targets.iter().max_by_key(|(_, weight)| *weight).cloned();
        let chosen = match labelled {
            Some(label) => heaviest(label).map(|(version, _)| version.to_string()),
            None => latest.clone(),
        };
        PromptRow {
            name: entry.name.clone(),
            about: entry.about.clone(),
            owner: entry.owner.clone(),
            version_count: entry.versions.len(),
            labels: entry.labels.iter().map(LabelRow::of).collect(),
            has_draft: entry.has_draft,
            changed_since_release: entry.draft_differs(),
            has_errors: entry.has_errors,
            last: versions.iter().find(|row| Some(&row.version) == chosen.as_ref()).and_then(|row| row.last.clone()),
            versions,
            latest,
        }
    }

    /// A version, with a mark where it changed since its release.
    fn marked(&self, version: &str) -> String {
        let is_changed = self.versions.iter().any(|row| row.version == version && row.is_changed());
        format!("{version}{}", if is_changed { CHANGED } else { "" })
    }

    /// The labels, each with its version where that is not the latest.
    fn shown_labels(&self) -> String {
        let shown = |row: &LabelRow| match &row.version {
            Some(version) if Some(version) == self.latest.as_ref() => row.label.clone(),
            Some(version) => format!("{} {}", row.label, self.marked(version)),
            None => {
                let share = |share: &ShareRow| format!("{} ({})", self.marked(&share.version), share.weight);
                format!("{} {}", row.label, row.split.iter().map(share).collect::<Vec<_>>().join(" + "))
            }
        };
        self.labels.iter().map(shown).collect::<Vec<_>>().join(", ")
    }

    /// The latest version, with a mark for a draft that differs and one for a change since its release.
    fn shown_latest(&self) -> String {
        let latest = self.latest.as_deref().map_or("—".to_owned(), |latest| self.marked(latest));
        format!("{latest}{}", if self.has_draft && self.changed_since_release == Some(true) { DRAFTED } else { "" })
    }

    fn cells(&self) -> Vec<Line> {
        let mut cells = vec![
            Line::from(self.name.as_str()),
            Line::from(self.shown_latest()),
            Line::from(self.version_count.to_string()),
            Line::from(self.shown_labels()),
        ];
        cells.extend(result_cells(self.last.as_ref(), self.has_errors));
        cells
    }
}

impl LabelRow {
    fn of(label: &CatalogueLabel) -> LabelRow {
        let share = |(version, weight): &(Version, u32)| ShareRow { version: version.to_string(), weight: *weight };
        let (version, split) = match label.targets.as_slice() {
            [(version, _)] => (Some(version.to_string()), Vec::new()),
            shares => (None, shares.iter().map(share).collect()),
        };
        LabelRow { label: label.name.clone(), version, split }
    }
}

impl VersionRow {
    fn of(read: &ReadVersion, labels: &[CatalogueLabel], results: &HashMap<Digest, PromptResults>) -> VersionRow {
        let version = read.version.to_string();
        let points_here = |label: &&CatalogueLabel| {
            label.targets.iter().any(|(target, _)| PromptVersion::Released(target.clone()) == read.version)
        };
        let found = read.digest.and_then(|digest| results.get(&digest));
        VersionRow {
            digest: read.digest,
            since_release: match read.version {
                PromptVersion::Released(_) => Some(read.since_release.map_or(AS_RELEASED, FindingKind::word)),
                PromptVersion::Draft => None,
            },
            labels: labels.iter().filter(points_here).map(|label| label.name.clone()).collect(),
            runs: found.map_or(0, |found| found.runs),
            last: found.and_then(|found| found.summary(&version)),
            results: found.map(|found| found.of_last_run().cloned().collect()).unwrap_or_default(),
            version,
        }
    }

    /// Whether it was released and is not what it was then.
    fn is_changed(&self) -> bool {
        let not_locked = FindingKind::NotLocked.word();
        self.since_release.is_some_and(|word| word != AS_RELEASED && word != not_locked)
    }

    fn cells(&self, prompt: &SafeName) -> Vec<Line> {
        let version = format!("{}{}", self.version, if self.is_changed() { CHANGED } else { "" });
        let mut cells = vec![Line::from(prompt.as_str()), Line::from(version), Line::from(self.labels.join(", "))];
        cells.extend(result_cells(self.last.as_ref(), self.digest.is_none()));
        cells
    }
}

/// Result, cost and day.
fn result_cells(last: Option<&ResultSummary>, has_errors: bool) -> [Line; 3] {
    let result = match last {
        _ if has_errors => Line::of("has errors", Tone::Fail),
        Some(last) => shown_result(last.verdict, last.pass_rate),
        None => Line::from("—"),
    };
    let day = last.map_or("—".to_owned(), |last| last.started.chars().take(10).collect());
    [result, Line::from(shown_usd(last.and_then(|last| last.cost_per_call_usd))), Line::from(day)]
}

impl View for PromptsReport {
    const WHAT: &'static str = "the list of prompts";

    fn doc(&self) -> Doc {
        let mut doc = Doc::new();
        if self.prompts.is_empty() {
            doc.push(Block::Paragraph(Line::from("no prompts")));
            return doc;
        }
        let (columns, rows) = match self.shown {
            Shown::Prompts => {
                let columns = vec![
                    Column::names("prompt"),
                    Column::names("latest"),
                    Column::numbers("of"),
                    Column::words("labels"),
                ];
                (columns, self.prompts.iter().map(PromptRow::cells).collect())
            }
            Shown::Versions => {
                let columns = vec![Column::names("prompt"), Column::names("version"), Column::words("labels")];
                let rows = |row: &PromptRow| row.versions.iter().map(|version| version.cells(&row.name)).collect();
                (columns, self.prompts.iter().flat_map::<Vec<_>, _>(rows).collect())
            }
        };
        let results = [Column::names("result"), Column::numbers("cost/call"), Column::names("evaluated")];
        let table = Table { columns: columns.into_iter().chain(results).collect(), rows };
        let table =
            table.without_boring("labels", "").without_boring("cost/call", "—").without_boring("evaluated", "—");
        doc.push(Block::Table(table));
        let is_drafted = |row: &PromptRow| row.shown_latest().ends_with(DRAFTED);
        if self.shown == Shown::Prompts && self.prompts.iter().any(is_drafted) {
            let text = format!("{DRAFTED} the draft differs from the latest version");
            doc.push(Block::Paragraph(Line::from(text)));
        }
        if self.prompts.iter().flat_map(|row| &row.versions).any(VersionRow::is_changed) {
            let text = format!("{CHANGED} changed since its release: `karat prompt verify` says how");
            doc.push(Block::Paragraph(Line::of(text, Tone::Unsure)));
        }
        doc
    }

    fn lines(&self) -> Option<Vec<Value>> {
        self.prompts.iter().map(|prompt| serde_json::to_value(prompt).ok()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::super::plain::render as plain;
    use super::super::super::super::table::render as table;
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).expect("version")
    }

    fn entry(name: &str, versions: &[&str], labels: &[(&str, &[(&str, u32)])], draft: Option<&str>) -> CatalogueEntry {
        let released = |text: &&str| ReadVersion {
            version: PromptVersion::Released(version(text)),
            digest: Some(Digest::of_bytes(text.as_bytes())),
            since_release: None,
        };
        let draft_read = draft.map(|text| ReadVersion {
            version: PromptVersion::Draft,
            digest: Some(Digest::of_bytes(text.as_bytes())),
            since_release: None,
        });
        CatalogueEntry {
            name: SafeName::parse(name).expect("name"),
            about: None,
            owner: None,
            versions: versions.iter().map(|text| version(text)).collect(),
            latest: versions.first().map(|text| version(text)),
            labels: labels
                .iter()
                .map(|(name, targets)| CatalogueLabel {
                    name: (*name).to_owned(),
                    targets: targets.iter().map(|(text, weight)| (version(text), *weight)).collect(),
                })
                .collect(),
            has_draft: draft.is_some(),
            read: draft_read.into_iter().chain(versions.iter().map(released)).collect(),
            has_errors: false,
        }
    }

    fn report(entries: &[CatalogueEntry], shown: Shown) -> PromptsReport {
        let rows = entries.iter().map(|entry| PromptRow::of(entry, &HashMap::new(), None)).collect();
        PromptsReport::of(rows, shown)
    }

    #[test]
    fn labels_name_their_version_where_it_is_not_the_latest() {
        let one =
            entry("a", &["1.1.0", "1.0.0"], &[("production", &[("1.0.0", 100)]), ("staging", &[("1.1.0", 100)])], None);
        let split = entry("b", &["1.1.0", "1.0.0"], &[("production", &[("1.0.0", 90), ("1.1.0", 10)])], None);
        let text = plain(&report(&[one, split], Shown::Prompts).doc());
        assert!(text.contains("production 1.0.0, staging  "), "{text}");
        assert!(text.contains("production 1.0.0 (90) + 1.1.0 (10)"), "{text}");
    }

    #[test]
    fn a_draft_that_differs_is_marked_and_explained() {
        let text = plain(&report(&[entry("a", &["1.0.0"], &[], Some("other"))], Shown::Prompts).doc());
        assert!(text.contains("1.0.0*") && text.contains("* the draft differs"), "{text}");
        let text = plain(&report(&[entry("a", &["1.0.0"], &[], Some("1.0.0"))], Shown::Prompts).doc());
        assert!(!text.contains('*'), "{text}");
        let text = plain(&report(&[entry("a", &[], &[], Some("x"))], Shown::Prompts).doc());
        assert!(text.contains("—*"), "{text}");
    }

    #[test]
    fn versions_that_changed_since_their_release_are_marked() {
        let labels: &[(&str, &[(&str, u32)])] =
            &[("production", &[("1.0.0", 100)]), ("canary", &[("1.0.0", 10), ("1.1.0", 90)])];
        let mut one = entry("a", &["1.1.0", "1.0.0"], labels, Some("other"));
        one.read[1].since_release = Some(FindingKind::NotLocked);
        let text = plain(&report(std::slice::from_ref(&one), Shown::Prompts).doc());
        assert!(text.contains("1.1.0* ") && !text.contains('!'), "{text}");
        one.read[2].since_release = Some(FindingKind::IncludeChanged);
        let text = plain(&report(std::slice::from_ref(&one), Shown::Prompts).doc());
        assert!(text.contains("production 1.0.0!, canary 1.0.0! (10) + 1.1.0 (90)"), "{text}");
        assert!(text.contains("! changed since its release: `karat prompt verify` says how"), "{text}");
        one.read[1].since_release = Some(FindingKind::Edited);
        let text = plain(&report(std::slice::from_ref(&one), Shown::Prompts).doc());
        assert!(text.contains("1.1.0!* "), "{text}");
        let report = report(&[one], Shown::Versions);
        let words: Vec<_> = report.prompts[0].versions.iter().map(|row| row.since_release).collect();
        assert_eq!(words, [None, Some("edited"), Some("include_changed")]);
        assert!(plain(&report.doc()).contains("1.0.0!"));
    }

    #[test]
    fn broken_prompts_say_so() {
        let mut broken = entry("a", &["1.0.0"], &[], None);
        broken.has_errors = true;
        broken.read[0].digest = None;
        for shown in [Shown::Prompts, Shown::Versions] {
            let text = plain(&report(std::slice::from_ref(&broken), shown).doc());
            assert!(text.contains("has errors"), "{text}");
        }
    }

    #[test]
    fn versions_are_listed_one_by_one() {
        let one = entry("a", &["1.1.0", "1.0.0"], &[("production", &[("1.0.0", 100)])], Some("d"));
        let text = plain(&report(&[one], Shown::Versions).doc());
        let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(
            rows[1..],
            [vec!["a", "next", "—"], vec!["a", "1.1.0", "—"], vec!["a", "1.0.0", "production", "—"],]
        );
    }

    #[test]
    fn the_label_that_is_asked_for_stands_for_the_prompt() {
        let one = entry("a", &["1.1.0", "1.0.0"], &[("production", &[("1.0.0", 100)])], None);
        let results: HashMap<Digest, PromptResults> = ["1.0.0", "1.1.0"]
            .into_iter()
            .map(|text| {
                let digest = Digest::of_bytes(text.as_bytes());
                let mut results = PromptResults::none(digest);
                results.add(&super::super::super::super::sample::report(), false, |_| true);
                (digest, results)
            })
            .collect();
        let version = |label| PromptRow::of(&one, &results, label).last.map(|last| last.version);
        assert_eq!(version(None).as_deref(), Some("1.1.0"));
        assert_eq!(version(Some("production")).as_deref(), Some("1.0.0"));
    }

    #[test]
    fn names_of_usual_length_fit_80_columns() {
        let entry = entry("document-classifier", &["1.0.0"], &[("production", &[("1.0.0", 100)])], None);
        let mut results = PromptResults::none(Digest::of_bytes(b"1.0.0"));
        results.add(&super::super::super::super::sample::report(), false, |_| true);
        let results = HashMap::from([(results.digest, results)]);
        let view = PromptsReport::of(vec![PromptRow::of(&entry, &results, None)], Shown::Prompts);
        let text = table(&view.doc(), 80, false);
        assert!(text.lines().count() == 3 && text.starts_with(" prompt "), "{text}");
    }
}
