//! Walks the cases of a suite: rows become drafts, the matrix multiplies them.

use std::borrow::Cow;
use std::cell::Cell;

use super::adversarial::Attacker;
use super::asked::span_of;
use super::case::{Draft, read_draft};
use super::checks::CheckCache;
use super::dataset::{Ahead, Line, Made, Next, Row, Rows};
use super::loaded::{Finisher, LoadedCase};
use super::matrix::Combination;
use super::row_lint::Places;
use super::suite_file::Suite;
use crate::base::{CaseId, Diagnostic, Key, Node, Place, Problems, parse_yaml};

/// The cases of a suite in order; see [`Suite::cases`].
pub struct Cases<'a> {
    reader: CaseReader<'a>,
}

impl<'a> Cases<'a> {
    pub(super) fn of(suite: &'a Suite) -> Cases<'a> {
        Cases { reader: CaseReader::new(suite, Scan::No) }
    }
}

impl Iterator for Cases<'_> {
    type Item = Result<LoadedCase, Problems>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut problems = Problems::new();
        match self.reader.next_case(&mut problems) {
            // A dataset that could not be opened may stand before a case of the next.
            NextCase::Case(case) | NextCase::Made(case) if !problems.has_errors() => Some(Ok(*case)),
            NextCase::Case(_) | NextCase::Made(_) | NextCase::Bad => Some(Err(problems)),
            NextCase::End => problems.has_errors().then_some(Err(problems)),
        }
    }
}

/// Whether rows are searched for secrets as they are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scan {
    Yes,
    No,
}

/// What walking on brings.
pub(super) enum NextCase {
    Case(Box<LoadedCase>),
    /// A case with its cross-checks done, and nothing to be said of it. Only where cases are made ahead.
    Made(Box<LoadedCase>),
    /// A row with problems, which have been reported.
    Bad,
    End,
}

/// The row of the last case.
enum Last {
    Row(Row),
    /// Read again when somebody asks for its place.
    Line(Line),
}

/// Walks cases and keeps the row of the last one, for places.
pub(super) struct CaseReader<'a> {
    suite: &'a Suite,
    rows: Rows<'a>,
    cache: CheckCache<'a>,
    last: Option<Last>,
    pending: Option<(Draft, usize)>,
    attacker: Option<Attacker<'a>>,
    /// The case whose attacks are under way, and the next of them.
    attacked: Option<(Draft, usize)>,
    finisher: Finisher,
    /// Rows that were read again to place their problems.
    placed: Cell<usize>,
}

impl<'a> CaseReader<'a> {
    pub(super) fn new(suite: &'a Suite, scan: Scan) -> CaseReader<'a> {
        CaseReader::with_ahead(suite, scan, None)
    }

    /// With cases that are made ahead by others.
    pub(super) fn with_ahead(suite: &'a Suite, scan: Scan, ahead: Option<Ahead>) -> CaseReader<'a> {
        CaseReader {
            suite,
            rows: Rows::of(&suite.feeds, scan == Scan::Yes).with_ahead(ahead),
            cache: CheckCache::new(&suite.defaults.checks, suite.folders()),
            last: None,
            pending: None,
            attacker: suite.attacker(),
            attacked: None,
            finisher: Finisher::new(suite),
            placed: Cell::new(0),
        }
    }

    /// The next case; what is wrong with its row goes to `problems`.
    pub(super) fn next_case(&mut self, problems: &mut Problems) -> NextCase {
        if let Some((draft, index)) = self.attacked.take()
            && let Some(next) = self.attack(draft, index, problems)
        {
            return next;
        }
        if let Some((draft, index)) = self.pending.take() {
            return self.combine(draft, index, problems);
        }
        let row = match self.rows.next_row(problems) {
            Next::Row(row) => row,
            Next::Made(Made { case, line }) => {
                self.last = Some(Last::Line(line));
                return NextCase::Made(case);
            }
            Next::Bad => return NextCase::Bad,
            Next::End => return NextCase::End,
        };
        let mut found = Problems::new();
        let draft = read_draft(self.suite, &row, &mut self.cache, &mut found);
        if found.has_errors()
            && let Some(placed) = self.placed(&row)
        {
            found = Problems::new();
            read_draft(self.suite, &placed, &mut self.cache, &mut found);
        }
        problems.absorb(found);
        self.last = Some(Last::Row(row));
        match draft {
            None => NextCase::Bad,
            Some(draft) if self.suite.matrix.is_empty() => self.yielded(draft, problems),
            Some(draft) => self.combine(draft, 0, problems),
        }
    }

    /// Where the suite gives a variable to all of its cases: in `matrix` or in the `vars` of its `defaults`.
    fn place_for_all(&self, variable: &str) -> Option<Place> {
        let source = &self.suite.source;
        let named = |(key, _): &&(Key, Node)| key.text == variable;
        let file = parse_yaml(source, &mut Problems::new())?;
        let of_matrix = file.get("matrix").and_then(Node::as_map).unwrap_or_default();
        let of_defaults = file.get("defaults").and_then(|node| node.get("vars")?.as_map()).unwrap_or_default();
        let (key, _) = of_matrix.iter().find(named).or_else(|| of_defaults.iter().find(named))?;
        Some(source.place(key.span))
    }

    /// Where a text stands in the checks of the last case.
    pub(super) fn place_in_checks(&self, text: &str) -> Option<Place> {
        let row = self.row()?;
        let placed = self.placed(&row);
        let row = placed.as_ref().unwrap_or(&row);
        span_of(row.node.get("checks")?, text).map(|span| row.source.place(span))
    }

    /// The last row.
    fn row(&self) -> Option<Cow<'_, Row>> {
        match self.last.as_ref()? {
            Last::Row(row) => Some(Cow::Borrowed(row)),
            Last::Line(line) => line.row().map(Cow::Owned),
        }
    }

    /// The row with the places of its values; not without end, because problems beyond the limit are only counted.
    fn placed(&self, row: &Row) -> Option<Row> {
        let before = self.placed.get();
        self.placed.set(before.saturating_add(1));
        if before < Problems::LIMIT { row.placed() } else { None }
    }

    fn combine(&mut self, draft: Draft, index: usize, problems: &mut Problems) -> NextCase {
        let combinations = &self.suite.matrix.combinations;
        let Some(combination) = combinations.get(index) else { return self.next_case(problems) };
        let id = match CaseId::parse(&format!("{}{}", draft.id, combination.suffix)) {
            Ok(id) => id,
            Err(error) => {
                let help = "give the case a shorter `id`";
                problems.push(Diagnostic::error("invalid-value", error.to_string()).at(self.place()).help(help));
                return NextCase::Bad;
            }
        };
        let mut one = draft.clone();
        one.id = id;
        add_vars(&mut one, combination);
        if index + 1 < combinations.len() {
            self.pending = Some((draft, index + 1));
        }
        self.yielded(one, problems)
    }

    fn finish(&self, draft: Draft) -> LoadedCase {
        let row = match &self.last {
            Some(Last::Row(row)) => Some((&row.source, row.node.span)),
            // Drafts are made of rows.
            Some(Last::Line(_)) | None => None,
        };
        self.finisher.finish(draft, row)
    }

    /// The case, or the first of those that attacks make of it.
    fn yielded(&mut self, draft: Draft, problems: &mut Problems) -> NextCase {
        if self.attacker.is_none() {
            return NextCase::Case(Box::new(self.finish(draft)));
        }
        match self.attack(draft, 0, problems) {
            Some(next) => next,
            None => self.next_case(problems),
        }
    }

    /// The case with attack number `index`; `None` when there are no more.
    fn attack(&mut self, draft: Draft, index: usize, problems: &mut Problems) -> Option<NextCase> {
        let attacked = self.attacker.as_mut()?.attacked(&draft, index)?;
        self.attacked = Some((draft, index + 1));
        Some(match attacked {
            Ok(one) => NextCase::Case(Box::new(self.finish(one))),
            Err(error) => {
                let help = "give the case a shorter `id`";
                problems.push(Diagnostic::error("invalid-value", error).at(self.place()).help(help));
                NextCase::Bad
            }
        })
    }
}

impl Places for CaseReader<'_> {
    fn place(&self) -> Place {
        self.row().map_or_else(|| self.suite.place.clone(), |row| row.source.place(row.node.span))
    }

    fn place_of_var(&self, variable: &str, name: bool) -> Place {
        let find = |row: &Row| {
            let entries = row.node.get("vars")?.as_map()?;
            let (key, value) = entries.iter().find(|(key, _)| key.text == variable)?;
            Some(row.source.place(if name { key.span } else { value.span }))
        };
        // A column is named once, above all rows.
        let column = || self.rows.place_of_column(variable).filter(|_| name);
        let row = self.row();
        let placed = row.as_ref().and_then(|row| self.placed(row));
        let in_row = || placed.as_ref().or(row.as_deref()).and_then(find);
        column().or_else(in_row).or_else(|| self.place_for_all(variable)).unwrap_or_else(|| self.place())
    }
}

fn add_vars(draft: &mut Draft, combination: &Combination) {
    for (name, value) in &combination.vars {
        draft.vars.insert(name.clone(), value.clone());
    }
}
