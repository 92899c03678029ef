//! Whom the checks of a suite ask, and where each of them is named: for what must hold before the first call.

use std::sync::Arc;

use super::Suite;
use super::reader::CaseReader;
use super::row_lint::Places as _;
use crate::base::{Kind, ModelRef, Node, Place, Problems, Span, parse_yaml};
use crate::record::{CheckHook, CheckProgram, EmbeddingModel};
use crate::score::{Asks, Check, Comparing};

/// The models that checks ask, each once in the order of the cases, with the place that names it; `None` where neither
/// the suite nor a case does, but the project.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Asked {
    /// Judges.
    pub judges: Vec<(ModelRef, Option<Place>)>,
    /// Embedding models.
    pub embeddings: Vec<(EmbeddingModel, Option<Place>)>,
    /// Moderation models.
    pub moderations: Vec<(ModelRef, Option<Place>)>,
    /// Programs of the project, each with the check that runs it.
    pub programs: Vec<AskedBy<CheckProgram>>,
    /// Addresses, each with the check that asks it.
    pub hooks: Vec<AskedBy<CheckHook>>,
    /// What checks compare among the variants of a case, each with the first check that does.
    pub comparing: Vec<AskedBy<Comparing>>,
}

/// A program or an address, and the first check that asks it.
#[derive(Debug, Clone, PartialEq)]
pub struct AskedBy<T> {
    /// Who is asked.
    pub whom: Arc<T>,
    /// The name of the check.
    pub check: String,
    /// The place of the check in the suite, or of the case that has it.
    pub place: Place,
}

impl Asked {
    /// Whether nobody is asked.
    pub fn is_empty(&self) -> bool {
        *self == Asked::default()
    }

    /// Adds what the checks of the case that was read last ask.
    pub(super) fn add(&mut self, suite: &Suite, checks: &[Arc<Check>], reader: &CaseReader<'_>) {
        for check in checks.iter().filter(|check| !check.asks().is_empty() || check.comparing().is_some()) {
            if let Some(comparing) = check.comparing() {
                add_asked(&mut self.comparing, comparing, check, suite, reader);
            }
            let Asks { judges, longest_answer: _, embeddings, moderations, programs, hooks } = check.asks();
            for (judge, _) in judges {
                add_one(&mut self.judges, judge, || place_of(suite, judge, reader));
            }
            for model in embeddings {
                add_one(&mut self.embeddings, model, || place_of(suite, &model.model, reader));
            }
            for model in moderations {
                add_one(&mut self.moderations, model, || place_of(suite, model, reader));
            }
            for program in programs {
                add_asked(&mut self.programs, program, check, suite, reader);
            }
            for hook in hooks {
                add_asked(&mut self.hooks, hook, check, suite, reader);
            }
        }
    }
}

fn add_one<M: Clone + PartialEq>(
    known: &mut Vec<(M, Option<Place>)>,
    model: &M,
    place: impl FnOnce() -> Option<Place>,
) {
    if known.iter().all(|(other, _)| other != model) {
        known.push((model.clone(), place()));
    }
}

fn add_asked<T: PartialEq>(
    known: &mut Vec<AskedBy<T>>,
    whom: &Arc<T>,
    check: &Arc<Check>,
    suite: &Suite,
    reader: &CaseReader<'_>,
) {
    if known.iter().any(|other| other.whom == *whom) {
        return;
    }
    let of_suite = suite.defaults.checks.checks.iter().position(|own| Arc::ptr_eq(own, check));
    let place = of_suite.map_or_else(|| reader.place(), |index| place_of_entry(suite, index));
    known.push(AskedBy { whom: Arc::clone(whom), check: check.name().to_owned(), place });
}

/// The place of one of the suite's own checks, which stand in the order of the file.
fn place_of_entry(suite: &Suite, index: usize) -> Place {
    let node = parse_yaml(&suite.source, &mut Problems::new());
    let checks = node.as_ref().and_then(|node| node.get("defaults")?.get("checks")?.as_list());
    let entry = checks.and_then(|checks| checks.get(index));
    entry.map_or_else(|| suite.place.clone(), |entry| suite.source.place(entry.span))
}

/// The suite's own checks are looked at first, then `judge:`, then the case.
fn place_of(suite: &Suite, model: &ModelRef, reader: &CaseReader<'_>) -> Option<Place> {
    let name = model.to_string();
    let in_suite = parse_yaml(&suite.source, &mut Problems::new()).and_then(|node| {
        let checks = node.get("defaults").and_then(|defaults| defaults.get("checks"));
        let judge = || node.get("judge").and_then(|judge| span_of(judge, &name));
        let span = checks.and_then(|checks| span_of(checks, &name)).or_else(judge)?;
        Some(suite.source.place(span))
    });
    in_suite.or_else(|| reader.place_in_checks(&name))
}

/// Where a text stands below a node.
pub(super) fn span_of(node: &Node, text: &str) -> Option<Span> {
    match &node.kind {
        Kind::Text(own) => (own == text).then_some(node.span),
        Kind::List(items) => items.iter().find_map(|item| span_of(item, text)),
        Kind::Map(entries) => entries.iter().find_map(|(_, value)| span_of(value, text)),
        Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) => None,
    }
}
