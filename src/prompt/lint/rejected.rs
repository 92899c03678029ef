//! Findings on parts of a prompt that its models do not take: one per part, place and reason, with all models.

use super::super::parts::place_in;
use super::models::UsedModel;
use super::rule::{Found, Rule};
use super::subject::VersionFile;
use crate::base::{Place, Severity};
use crate::record::{ParamFate, Params};

/// Which parts are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Those of `params:`.
    Params,
    /// All others.
    Features,
}

/// A part that is rejected, and the models that reject it.
struct Rejected {
    place: Place,
    fate: ParamFate,
    dropped: bool,
    models: Vec<String>,
}

/// Adds a finding for each part of this kind that a model rejects, or does without.
pub(super) fn find(rule: &Rule, kind: Kind, version: &VersionFile<'_>, found: &mut Found) {
    let mut all: Vec<Rejected> = Vec::new();
    for used in version.models {
        for fate in used.fates.iter().filter(|fate| is_meant(fate, kind)) {
            let place = place_of(version, used, &fate.param);
            let model = format!("`{}` ({})", used.model, used.from);
            let same = |known: &&mut Rejected| {
                (&known.place, &known.fate, known.dropped) == (&place, fate, used.drops_rejected)
            };
            match all.iter_mut().find(same) {
                Some(known) => known.models.push(model),
                None => {
                    let fate = fate.clone();
                    all.push(Rejected { place, fate, dropped: used.drops_rejected, models: vec![model] });
                }
            }
        }
    }
    for rejected in all {
        let Rejected { place, fate, dropped, models } = rejected;
        let message = format!("`{}` is not for {}: {}", fate.param, models.join(", "), fate.why);
        let mut finding = rule.finding(message).at(place).help(fate.remedy());
        if fate.is_done_without() {
            finding.severity = Severity::Warning;
        } else if dropped {
            finding.severity = Severity::Note;
        }
        found.push(finding);
    }
}

/// A limit above what the model writes has a rule of its own.
fn is_meant(fate: &ParamFate, kind: Kind) -> bool {
    let is_param = Params::NAMES.contains(&fate.param.as_str());
    (fate.is_rejected() || fate.is_done_without()) && is_param == (kind == Kind::Params) && fate.param != "max_tokens"
}

fn place_of(version: &VersionFile<'_>, used: &UsedModel, part: &str) -> Place {
    match version.node {
        Some(node) => place_in(node, version.source, version.prompt.definition(), part, &used.model),
        None => Place::of_file(version.source.path()),
    }
}
