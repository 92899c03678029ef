//! The one validating pass over all cases before the first call: counts, digest, and everything wrong with them.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::thread;

use super::asked::Asked;
use super::dataset::Feed;
use super::disk::{self, Stamp};
use super::duplicates::Duplicates;
use super::loaded::LoadedCase;
use super::making::{self, Making};
use super::reader::{CaseReader, NextCase, Scan};
use super::row_lint::Places as _;
use super::select::{Filter, Selection};
use super::tally::{Counted, Tally};
use super::{Bound, Suite, compared, params, row_lint, unmatched};
use crate::base::{Diagnostic, Digest, DigestBuilder, Place, Problems, Ratio};
use crate::record::{CorpusMeasure, Params};
use crate::score::Check;

/// Most rows of one suite whose problems are told in full: one broken dataset must not hide the other files.
const MAX_REPORTED_ROWS: usize = 100;

/// Most cases that are kept for the second pass.
const MAX_KEPT: usize = 10_000;

/// Most text of theirs, in bytes.
const MAX_KEPT_BYTES: usize = 2 * 1024 * 1024;

/// Most tags that are kept for messages.
const MAX_TAGS: usize = 200;

/// What the survey of a suite found, and what the second pass needs to choose the same cases.
#[derive(Debug, Clone)]
pub struct Survey {
    /// Cases of the suite, matrix combinations counted each.
    pub total: u64,
    /// Cases that will be run.
    pub selected: u64,
    /// Cases that pass the filters but are skipped by the suite's own word; yielded by the second pass, too. Always 0
    /// with `--first` and `--sample`, which choose among cases that can run.
    pub skipped: u64,
    /// Trials of the plan: repeats of the selected cases, times the variants.
    pub trials: u64,
    /// Most repeats of a selected case.
    pub most_repeats: u32,
    /// Digest of the suite: variants, judge, repeats, checks, goal and all cases in order.
    pub digest: Digest,
    /// Indexes of the variants that are run.
    pub variants: Vec<usize>,
    /// Parameters that cases set themselves, each combination once, with the first case that has it; at most 100.
    pub case_params: Vec<(Params, Place)>,
    /// Bytes of the longest variables of a case.
    pub longest_case: usize,
    /// Whom the checks of the cases ask that pass the filters.
    pub asked: Asked,
    pub(super) only: bool,
    /// The largest number that is still drawn, with `--sample`.
    pub(super) draw_up_to: Option<u128>,
    pub(super) cases_digest: Digest,
    pub(super) stamps: Vec<Option<Stamp>>,
    pub(super) case_hits: Vec<bool>,
    pub(super) tag_hits: Vec<bool>,
    pub(super) keys_found: u64,
    pub(super) tags: BTreeSet<String>,
    /// All cases, where they are few and small: reading them again would cost more than keeping them.
    pub(super) kept: Option<Arc<Vec<LoadedCase>>>,
}

/// Surveys all suites, and reports filters that match nothing in any of them and a selection without cases.
///
/// Surveys come in the order of `suites`. Nothing may be run while `problems` has errors.
pub fn survey_all(suites: &[Suite], selection: &Selection, problems: &mut Problems) -> Vec<Survey> {
    let surveys: Vec<Survey> = suites.iter().map(|suite| survey(suite, selection, problems)).collect();
    unmatched::report(suites, &surveys, selection, problems);
    suites.iter().zip(&surveys).for_each(|(suite, survey)| compared::report(suite, survey, problems));
    surveys
}

/// Walks all cases of a suite once and reports everything wrong with them, in memory of about 20 to 40 bytes per case.
///
/// Filters that match nothing are the business of [`survey_all`]: another suite may have what this one lacks.
pub fn survey(suite: &Suite, selection: &Selection, problems: &mut Problems) -> Survey {
    survey_by(suite, selection, Making::usual(), problems)
}

/// The same, with so much made ahead. What is found does not depend on that.
pub(super) fn survey_by(suite: &Suite, selection: &Selection, making: Making, problems: &mut Problems) -> Survey {
    let stamps = stamps(suite);
    let mut pass = Pass::new(suite, selection);
    thread::scope(|scope| {
        let reader = CaseReader::with_ahead(suite, Scan::Yes, making::start(suite, making, scope));
        pass.walk(reader, problems);
    });
    pass.finish(stamps, problems)
}

/// The stamps of the suite's datasets, in order.
pub(super) fn stamps(suite: &Suite) -> Vec<Option<Stamp>> {
    let files = suite.feeds.iter().filter_map(|feed| match feed {
        Feed::File { path, .. } => Some(path),
        Feed::List { .. } => None,
    });
    files.map(|path| disk::stamp(path)).collect()
}

/// Unknown variables that are remembered as told: more are told again, or counted.
const MAX_STRANGERS: usize = 1000;

struct Pass<'a> {
    suite: &'a Suite,
    selection: &'a Selection,
    filter: Filter<'a>,
    duplicates: Duplicates,
    /// Of all cases so far; always there.
    digest: Option<DigestBuilder>,
    total: u64,
    unchecked: u64,
    first_unchecked: Vec<Place>,
    /// Cases whose checks only inform, and the first of them.
    undecidable: u64,
    first_undecidable: Option<Place>,
    tags: BTreeSet<String>,
    all: Tally,
    only: Tally,
    first_only: Option<Place>,
    bad: bool,
    reported: usize,
    suppressed: usize,
    /// Places at which an unknown variable was told: headers and matrices give one to many cases.
    strangers: HashSet<(String, String)>,
    kept: Option<Vec<LoadedCase>>,
    kept_bytes: usize,
    case_params: Vec<(Params, Place)>,
    longest_case: usize,
    asked: Asked,
    /// Those of the last case that were looked at for `asked`.
    last_checks: Option<Arc<[Arc<Check>]>>,
    counted: BTreeSet<CorpusMeasure>,
}

impl<'a> Pass<'a> {
    fn new(suite: &'a Suite, selection: &'a Selection) -> Pass<'a> {
        Pass {
            suite,
            selection,
            filter: Filter::new(selection, suite),
            duplicates: Duplicates::default(),
            digest: Some(cases_digest()),
            total: 0,
            unchecked: 0,
            first_unchecked: Vec::new(),
            undecidable: 0,
            first_undecidable: None,
            tags: BTreeSet::new(),
            all: Tally::default(),
            only: Tally::default(),
            first_only: None,
            bad: false,
            reported: 0,
            suppressed: 0,
            strangers: HashSet::new(),
            kept: Some(Vec::new()),
            kept_bytes: 0,
            case_params: Vec::new(),
            longest_case: 0,
            asked: Asked::default(),
            last_checks: None,
            counted: BTreeSet::new(),
        }
    }

    /// Walks all cases, and reports what is wrong with each.
    fn walk(&mut self, mut reader: CaseReader<'_>, problems: &mut Problems) {
        loop {
            let mut found = Problems::new();
            let ended = match reader.next_case(&mut found) {
                NextCase::Made(case) => {
                    self.case(*case, &reader);
                    false
                }
                NextCase::Case(case) => {
                    row_lint::check(self.suite, &case, &reader, &mut found);
                    self.case(*case, &reader);
                    false
                }
                NextCase::Bad => false,
                NextCase::End => true,
            };
            self.report(found, problems);
            if ended {
                return;
            }
        }
    }

    /// Keeps a case, or lets go of all when they become too many: memory must not grow with the suite.
    fn keep(&mut self, loaded: LoadedCase, bytes: usize) {
        self.kept_bytes = self.kept_bytes.saturating_add(bytes);
        if let Some(kept) = self.kept.as_mut().filter(|kept| kept.len() < MAX_KEPT && self.kept_bytes <= MAX_KEPT_BYTES)
        {
            kept.push(loaded);
        } else {
            self.kept = None;
        }
    }

    fn case(&mut self, case: LoadedCase, reader: &CaseReader<'_>) {
        let loaded = &case;
        let bytes = loaded.case.text_bytes();
        self.total += 1;
        self.digest = self.digest.take().map(|digest| with_case(digest, loaded));
        self.duplicates.add(&loaded.case.id, || reader.place());
        if loaded.checks.is_empty() && !self.suite.gaps.checks {
            self.unchecked += 1;
            if self.first_unchecked.len() < MAX_REPORTED_ROWS {
                self.first_unchecked.push(reader.place());
            }
        }
        if !loaded.checks.is_empty() && loaded.checks.iter().all(|check| check.weight() <= 0.0) {
            self.undecidable += 1;
            self.first_undecidable.get_or_insert_with(|| reader.place());
        }
        if !self.suite.goal.corpus.is_empty() {
            self.counted.extend(loaded.checks.iter().filter_map(|check| CorpusMeasure::of_check(check.check())));
        }
        if self.tags.len() < MAX_TAGS {
            for tag in &loaded.case.tags {
                if !self.tags.contains(tag) {
                    self.tags.insert(tag.clone());
                }
            }
        }
        if loaded.only && self.first_only.is_none() {
            self.first_only = Some(reader.place());
        }
        if self.filter.accepts(&loaded.case) {
            self.remember(loaded, bytes, reader);
            self.all.offer(loaded, self.selection);
            if loaded.only {
                self.only.offer(loaded, self.selection);
            }
        }
        self.keep(case, bytes);
    }

    /// What must be known of the cases to ask whether the models take them, and whether their checks can ask.
    fn remember(&mut self, loaded: &LoadedCase, bytes: usize, reader: &CaseReader<'_>) {
        // Most cases have the same checks as the one before, which ask nobody else.
        let is_known = self.last_checks.as_ref().is_some_and(|last| Arc::ptr_eq(last, &loaded.checks));
        if loaded.skip.is_none() && !is_known {
            self.asked.add(self.suite, &loaded.checks, reader);
            self.last_checks = Some(Arc::clone(&loaded.checks));
        }
        self.longest_case = self.longest_case.max(bytes);
        let is_new = !params::are_none(&loaded.params)
            && self.case_params.len() < MAX_REPORTED_ROWS
            && self.case_params.iter().all(|(known, _)| *known != *loaded.params);
        if is_new {
            self.case_params.push((Params::clone(&loaded.params), reader.place()));
        }
    }

    /// Passes the problems of one row on, or counts them once there were many.
    fn report(&mut self, found: Problems, problems: &mut Problems) {
        if found.is_empty() {
            return;
        }
        self.bad |= found.has_errors();
        let found = self.once(found);
        if found.is_empty() {
            return;
        }
        self.reported += 1;
        if self.reported <= MAX_REPORTED_ROWS {
            problems.absorb(found);
        } else {
            self.suppressed += found.error_count();
        }
    }

    /// Without the unknown variables that were told before at the same place.
    fn once(&mut self, found: Problems) -> Problems {
        if found.dropped() > 0 {
            return found;
        }
        let mut left = Problems::new();
        for problem in found.into_found() {
            let pointer = problem.place.as_ref().filter(|_| problem.code == "unknown-variable").map(Place::pointer);
            let is_full = self.strangers.len() >= MAX_STRANGERS;
            if is_full || pointer.is_none_or(|pointer| self.strangers.insert((pointer, problem.message.clone()))) {
                left.push(problem);
            }
        }
        left
    }

    fn finish(mut self, stamps: Vec<Option<Stamp>>, problems: &mut Problems) -> Survey {
        let suite = self.suite;
        let duplicates = std::mem::take(&mut self.duplicates);
        duplicates.report(suite, problems);
        self.report_unchecked(problems);
        self.report_undecidable(problems);
        self.report_uncounted(problems);
        if self.suppressed > 0 {
            let message = format!("{} more problems in the cases of suite `{}`", self.suppressed, suite.name);
            problems.push(
                Diagnostic::error("more-problems", message)
                    .at(suite.place.clone())
                    .help("the first of them are shown; mend these and look again"),
            );
        }
        if self.total == 0 && !self.bad && !suite.gaps.cases {
            problems.push(
                Diagnostic::error("empty-dataset", format!("suite `{}` has no cases", suite.name))
                    .at(suite.cases_place.clone())
                    .help("add cases under `cases:`, or to the files it names"),
            );
        }
        let only = self.first_only.is_some() && !self.selection.names_cases();
        if let Some(place) = self.first_only.take().filter(|_| only) {
            problems.push(
                Diagnostic::warning("only-left-in", format!("suite `{}` runs only cases marked `only`", suite.name))
                    .at(place)
                    .help("remove the marks before you commit"),
            );
        }
        let tally = if only { self.only } else { self.all };
        let variants = self.selection.variants(suite);
        let Counted { selected, repeats, most_repeats, draw_up_to } = tally.count(self.selection);
        let cases_digest = self.digest.unwrap_or_else(cases_digest).finish();
        Survey {
            total: self.total,
            selected,
            skipped: tally.skipped,
            trials: repeats.saturating_mul(u64::try_from(variants.len()).unwrap_or(u64::MAX)),
            most_repeats,
            digest: DigestBuilder::new("suite-with-cases")
                .part(suite.definition().as_bytes())
                .part(cases_digest.as_bytes())
                .finish(),
            variants,
            case_params: self.case_params,
            longest_case: self.longest_case,
            asked: self.asked,
            only,
            draw_up_to,
            cases_digest,
            stamps,
            case_hits: self.filter.case_hits,
            tag_hits: self.filter.tag_hits,
            keys_found: self.filter.keys_found,
            tags: self.tags,
            kept: self.kept.map(Arc::new),
        }
    }

    /// A goal on a figure over all replies needs a check that counts for it.
    fn report_uncounted(&self, problems: &mut Problems) {
        if self.suite.gaps.checks || self.bad || self.total == 0 {
            return;
        }
        let uncounted = |(measure, _): &&(CorpusMeasure, Bound<Ratio>)| !self.counted.contains(measure);
        for (measure, bound) in self.suite.goal.corpus.iter().filter(uncounted) {
            let (goal, check) = (measure.goal(), measure.check());
            let message = format!("the goal `{goal}` is about the check `{check}`, which no case of this suite has");
            problems.push(
                Diagnostic::error("goal-without-check", message)
                    .at(bound.place.clone())
                    .help(format!("add `{check}: {{from: expected, weight: 0}}` to the suite's `defaults:`; weight 0 counts without judging single replies, which another check must do")),
            );
        }
    }

    /// Nothing decides a trial whose checks all have weight 0: paid for, it is ungraded.
    fn report_undecidable(&mut self, problems: &mut Problems) {
        let Some(place) = self.first_undecidable.take().filter(|_| self.suite.attacks.is_none()) else { return };
        let message = match self.undecidable {
            1 => "all checks of this case have weight 0, so nothing decides and its trials are ungraded".to_owned(),
            many => {
                format!("all checks of {many} cases have weight 0, so nothing decides and their trials are ungraded")
            }
        };
        problems.push(
            Diagnostic::warning("nothing-decides", message)
                .at(place)
                .help("give one check a weight, or add one that has it; weight 0 only informs"),
        );
    }

    fn report_unchecked(&mut self, problems: &mut Problems) {
        let help = "add `checks:` to the case, or to the suite's `defaults:`";
        let name = &self.suite.name;
        if self.unchecked == self.total && self.unchecked > 0 {
            let message = format!("suite `{name}` has no checks, so every answer would pass");
            let place = self.suite.place.clone();
            problems.push(Diagnostic::error("suite-without-checks", message).at(place).help(help));
            return;
        }
        let shown = std::mem::take(&mut self.first_unchecked);
        let rest = self.unchecked.saturating_sub(u64::try_from(shown.len()).unwrap_or(u64::MAX));
        for place in shown {
            let message = "this case has no checks, so every answer would pass";
            problems.push(Diagnostic::error("case-without-checks", message).at(place).help(help));
        }
        if rest > 0 {
            let message = format!("{rest} more cases of suite `{name}` have no checks");
            problems.push(Diagnostic::error("case-without-checks", message).at(self.suite.place.clone()).help(help));
        }
    }
}

/// Starts the digest over all case digests in order.
pub(super) fn cases_digest() -> DigestBuilder {
    DigestBuilder::new("cases")
}

/// Adds a case. Its id counts, too: results are kept by it, so a renamed case is another case.
pub(super) fn with_case(digest: DigestBuilder, loaded: &LoadedCase) -> DigestBuilder {
    digest.part(loaded.case.id.as_str().as_bytes()).part(loaded.case.digest.as_bytes())
}
