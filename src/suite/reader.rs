//! Walks the cases of a suite: rows become drafts, the matrix multiplies them.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::adversarial::Attacker;
use super::asked::span_of;
use super::case::{Draft, read_draft};
use super::checks::{CheckCache, CheckSet};
use super::dataset::{Next, Row, Rows};
use super::generated::Paraphrase;
use super::matrix::Combination;
use super::params;
use super::suite_file::{Suite, rule_text};
use crate::base::{CaseId, Diagnostic, Digest, DigestBuilder, Key, Node, Place, Problems, Span, parse_yaml};
use crate::record::{Case, CaseRef, Params};
use crate::score::Check;

/// A case with everything needed to execute it.
#[derive(Clone)]
pub struct LoadedCase {
    /// What prompts and scorers see.
    pub case: CaseRef,
    /// The suite's default checks, then the case's own; shared between cases of equal checks.
    pub checks: Arc<[Arc<Check>]>,
    /// Overrides on top of the variant's parameters.
    pub params: Params,
    /// How often it is asked.
    pub repeat: u32,
    /// How many examples it is asked with; `None` leaves that to the prompt.
    pub examples: Option<usize>,
    /// Why it is not run; `None` when it is.
    pub skip: Option<String>,
    /// Marked to be run alone.
    pub only: bool,
    /// Where it stands, without an excerpt.
    pub place: Place,
    /// Its text in other words, as its author wrote them: a text, or variables by their names. For `--fuzz`.
    pub paraphrases: Vec<Value>,
    /// What of it is said in other words first; `None` in all cases of files.
    pub paraphrase: Option<Arc<Paraphrase>>,
}

impl fmt::Debug for LoadedCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadedCase").field("case", &self.case.id).finish_non_exhaustive()
    }
}

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
            NextCase::Case(case) if !problems.has_errors() => Some(Ok(*case)),
            NextCase::Case(_) | NextCase::Bad => Some(Err(problems)),
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
    /// A row with problems, which have been reported.
    Bad,
    End,
}

/// Walks cases and keeps the row of the last one, for places.
pub(super) struct CaseReader<'a> {
    suite: &'a Suite,
    rows: Rows<'a>,
    cache: CheckCache<'a>,
    row: Option<Row>,
    pending: Option<(Draft, usize)>,
    attacker: Option<Attacker<'a>>,
    /// The case whose attacks are under way, and the next of them.
    attacked: Option<(Draft, usize)>,
    rule: String,
    /// Rows that were read again to place their problems.
    placed: Cell<usize>,
}

impl<'a> CaseReader<'a> {
    pub(super) fn new(suite: &'a Suite, scan: Scan) -> CaseReader<'a> {
        CaseReader {
            suite,
            rows: Rows::of(&suite.feeds, scan == Scan::Yes),
            cache: CheckCache::new(&suite.defaults.checks, suite.folders()),
            row: None,
            pending: None,
            attacker: suite.attacker(),
            attacked: None,
            rule: rule_text(&suite.rule),
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
        self.row = Some(row);
        match draft {
            None => NextCase::Bad,
            Some(draft) if self.suite.matrix.is_empty() => self.yielded(draft, problems),
            Some(draft) => self.combine(draft, 0, problems),
        }
    }

    /// The place of the last case, with an excerpt.
    pub(super) fn place(&self) -> Place {
        self.row.as_ref().map_or_else(|| self.suite.place.clone(), |row| row.source.place(row.node.span))
    }

    /// The place of a variable of the last case, its name or its value; of the case when it is not written there.
    pub(super) fn place_of_var(&self, variable: &str, name: bool) -> Place {
        let find = |row: &Row| {
            let entries = row.node.get("vars")?.as_map()?;
            let (key, value) = entries.iter().find(|(key, _)| key.text == variable)?;
            Some(row.source.place(if name { key.span } else { value.span }))
        };
        // A column is named once, above all rows.
        let column = || self.rows.place_of_column(variable).filter(|_| name);
        let placed = self.row.as_ref().and_then(|row| self.placed(row));
        let in_row = || placed.as_ref().or(self.row.as_ref()).and_then(find);
        column().or_else(in_row).or_else(|| self.place_for_all(variable)).unwrap_or_else(|| self.place())
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
        let row = self.row.as_ref()?;
        let placed = self.placed(row);
        let row = placed.as_ref().unwrap_or(row);
        span_of(row.node.get("checks")?, text).map(|span| row.source.place(span))
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

    fn finish(&self, draft: Draft) -> LoadedCase {
        let Draft { id, vars, expected, context, checks, tags, group, weight, repeat, skip, only, params, paraphrases } =
            draft;
        let mut case = Case { id, digest: Digest::from_bytes([0; 32]), vars, expected, context, tags, group, weight };
        case.digest = digest_of(&mut case, &checks, &params, &self.rule);
        let place = match &self.row {
            Some(row) => Place::of_file(row.source.path()).at(row.node.span),
            None => Place::of_file(&self.suite.path).at(Span::whole_file()),
        };
        LoadedCase {
            case: Arc::new(case),
            checks: checks.checks,
            params,
            repeat,
            examples: None,
            skip,
            only,
            place,
            paraphrases,
            paraphrase: None,
        }
    }
}

fn add_vars(draft: &mut Draft, combination: &Combination) {
    for (name, value) in &combination.vars {
        draft.vars.insert(name.clone(), value.clone());
    }
}

/// Of everything that can change a result; not of id, tags, group and position.
pub(super) fn digest_of(case: &mut Case, checks: &CheckSet, params: &Params, rule: &str) -> Digest {
    // Lent to a value and taken back, because the canonical form is made of values.
    let vars = Value::Object(std::mem::take(&mut case.vars));
    let mut builder = DigestBuilder::new("case").json(&vars);
    if let Value::Object(vars) = vars {
        case.vars = vars;
    }
    builder = match &case.expected {
        Some(expected) => builder.part(b"expected").json(expected),
        None => builder.part(b""),
    };
    builder = builder.part(&case.context.len().to_be_bytes());
    builder = case.context.iter().fold(builder, |builder, passage| builder.part(passage.as_bytes()));
    builder = builder.part(checks.digest.as_bytes()).part(&case.weight.to_bits().to_be_bytes()).part(rule.as_bytes());
    if *params != Params::default() {
        builder = builder.json(&params::to_json(params));
    }
    builder.finish()
}
