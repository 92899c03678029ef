//! A case as it is executed, and its identity.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::case::Draft;
use super::checks::CheckSet;
use super::generated::Paraphrase;
use super::params;
use super::suite_file::{Suite, rule_text};
use crate::base::{Digest, DigestBuilder, Place, Source, Span};
use crate::record::{Case, CaseRef, Params};
use crate::score::Check;

/// A case with everything needed to execute it.
#[derive(Clone)]
pub struct LoadedCase {
    /// What prompts and scorers see.
    pub case: CaseRef,
    /// The suite's default checks, then the case's own; shared between cases of equal checks.
    pub checks: Arc<[Arc<Check>]>,
    /// Overrides on top of the variant's parameters; shared between cases that have none.
    pub params: Arc<Params>,
    /// How often it is asked.
    pub repeat: u32,
    /// How many examples it is asked with; `None` leaves that to the prompt.
    pub examples: Option<usize>,
    /// Why it is not run; `None` when it is.
    pub skip: Option<String>,
    /// Marked to be run alone.
    pub only: bool,
    /// Where it stands.
    pub stands: Stands,
    /// Its text in other words, as its author wrote them: a text, or variables by their names. For `--fuzz`.
    pub paraphrases: Vec<Value>,
    /// What of it is said in other words first; `None` in all cases of files.
    pub paraphrase: Option<Arc<Paraphrase>>,
}

impl LoadedCase {
    /// Where it stands, without an excerpt.
    pub fn place(&self) -> Place {
        Place::of_file(&self.stands.path).at(self.stands.span)
    }
}

/// The row of a case, in less memory than a [`Place`]: there may be many.
#[derive(Debug, Clone)]
pub struct Stands {
    path: Arc<Path>,
    span: Span,
}

impl Stands {
    /// At a place.
    pub(super) fn at(place: &Place) -> Stands {
        let span = Span::new(place.line, place.col, place.len);
        Stands { path: Arc::from(place.path.as_path()), span }
    }
}

impl fmt::Debug for LoadedCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadedCase").field("case", &self.case.id).finish_non_exhaustive()
    }
}

/// Makes loaded cases of drafts.
pub(super) struct Finisher {
    suite_path: Arc<Path>,
    rule: String,
    no_params: Arc<Params>,
}

impl Finisher {
    /// For a suite.
    pub(super) fn new(suite: &Suite) -> Finisher {
        Finisher {
            suite_path: Arc::from(suite.path.as_path()),
            rule: rule_text(&suite.rule),
            no_params: Arc::default(),
        }
    }

    /// The case of a draft, which stands here.
    pub(super) fn finish(&self, draft: Draft, row: Option<(&Source, Span)>) -> LoadedCase {
        let Draft { id, vars, expected, context, checks, tags, group, weight, repeat, skip, only, params, paraphrases } =
            draft;
        let mut case = Case { id, digest: Digest::from_bytes([0; 32]), vars, expected, context, tags, group, weight };
        case.digest = digest_of(&case, &checks, &params, &self.rule);
        let stands = match row {
            Some((source, span)) => Stands { path: source.shared_path(), span },
            None => Stands { path: Arc::clone(&self.suite_path), span: Span::whole_file() },
        };
        let params = if params::are_none(&params) { Arc::clone(&self.no_params) } else { Arc::new(params) };
        LoadedCase {
            case: Arc::new(case),
            checks: checks.checks,
            params,
            repeat,
            examples: None,
            skip,
            only,
            stands,
            paraphrases,
            paraphrase: None,
        }
    }
}

/// Of everything that can change a result; not of id, tags, group and position.
pub(super) fn digest_of(case: &Case, checks: &CheckSet, params: &Params, rule: &str) -> Digest {
    let mut builder = DigestBuilder::new("case").json_object(&case.vars);
    builder = match &case.expected {
        Some(expected) => builder.part(b"expected").json(expected),
        None => builder.part(b""),
    };
    builder = builder.part(&case.context.len().to_be_bytes());
    builder = case.context.iter().fold(builder, |builder, passage| builder.part(passage.as_bytes()));
    builder = builder.part(checks.digest.as_bytes()).part(&case.weight.to_bits().to_be_bytes()).part(rule.as_bytes());
    if !params::are_none(params) {
        builder = builder.json(&params::to_json(params));
    }
    builder.finish()
}
