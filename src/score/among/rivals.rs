//! What a comparison sees of the variants of a case.

use futures_util::future::BoxFuture;
use serde_json::json;

use super::super::check::{Finding, ScoreInput};
use super::super::world::{Asks, Examined, World};
use crate::record::Score;

/// Most variants that are compared: a judge tells few more apart.
const MOST: usize = 20;

/// Why a comparison has no score at the end of a trial.
const WAITING: &str =
    "the outputs of the variants are not compared yet: that comes when all trials of the run are done";

/// What is compared, and with whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparing {
    /// All outputs at once: which is the best.
    Best,
    /// Every two outputs.
    Everyone,
    /// Every output with that of one variant, named by its prompt or its model.
    Against(String),
    /// The scores that the other checks gave; nobody is asked.
    Scores,
}

impl Comparing {
    /// How often a judge is asked its questions, at most, about this many variants.
    pub fn rounds(&self, variants: u64) -> u64 {
        match self {
            Comparing::Best => 1,
            Comparing::Everyone => variants.saturating_mul(variants.saturating_sub(1)) / 2,
            Comparing::Against(_) => variants.saturating_sub(1),
            Comparing::Scores => 0,
        }
    }

    /// How many outputs one question shows; `None` is all of them.
    pub fn shown_at_once(&self) -> Option<usize> {
        match self {
            Comparing::Best => None,
            Comparing::Everyone | Comparing::Against(_) => Some(2),
            Comparing::Scores => Some(0),
        }
    }

    /// Most variants that it takes.
    pub fn most(&self) -> usize {
        if *self == Comparing::Scores { usize::MAX } else { MOST }
    }
}

/// One variant of a case under comparison.
#[derive(Debug, Clone, Copy)]
pub struct Rival<'a> {
    /// Shown name of its prompt, such as `support@1.2.0`.
    pub prompt: &'a str,
    /// Its model, `provider/model`.
    pub model: &'a str,
    /// Its output; `None` where there is none.
    pub input: Option<ScoreInput<'a>>,
    /// Why there is none, as a clause; empty where there is one.
    pub absent: &'a str,
    /// The scores of those of its checks that compare nothing.
    pub scores: &'a [Score],
}

impl Rival<'_> {
    /// What people know it by.
    pub(in crate::score) fn name(&self) -> String {
        format!("{} · {}", self.prompt, self.model)
    }
}

/// The variants of a case, those without an output included, and who of them can be compared.
pub(in crate::score) struct Field<'a> {
    pub(in crate::score) rivals: &'a [Rival<'a>],
}

impl<'a> Field<'a> {
    /// Places of those that have an output, with it.
    pub(in crate::score) fn present(&self) -> impl Iterator<Item = (usize, &'a Rival<'a>, &'a ScoreInput<'a>)> {
        let rivals: &'a [Rival<'a>] = self.rivals;
        rivals.iter().enumerate().filter_map(|(place, rival)| Some((place, rival, rival.input.as_ref()?)))
    }

    /// Prompts and models of all.
    pub(in crate::score) fn handles(&self) -> Vec<(&'a str, &'a str)> {
        self.rivals.iter().map(|rival| (rival.prompt, rival.model)).collect()
    }
}

/// A check that compares; knows nothing of `not_`, weight or threshold.
pub(in crate::score) trait Among: Send + Sync {
    /// One finding per variant, in their order. At least two have an output; what is found of the others is not looked at.
    fn compare<'a>(&'a self, field: &'a Field<'a>, world: &'a dyn World) -> BoxFuture<'a, Vec<Examined>>;

    /// What it compares.
    fn comparing(&self) -> Comparing;

    /// Whom it asks, in one round.
    fn asks(&self) -> Asks;
}

/// What a comparison finds before all variants have answered.
pub(in crate::score) fn waiting() -> Examined {
    Examined { finding: Finding::Ungraded(WAITING.to_owned()), details: Some(json!({"among": "variants"})) }
}

/// The variant that another one is compared with, by place: the only one of this prompt or model, or of several the one
/// that has the other's model or prompt. `Ok(None)` for a variant that is itself of this prompt or model.
///
/// # Errors
/// How many there are to choose from, where that is not one.
pub fn counterpart(against: &str, of: usize, all: &[(&str, &str)]) -> Result<Option<usize>, usize> {
    let is_it = |(prompt, model): &(&str, &str)| *prompt == against || *model == against;
    let Some(own) = all.get(of) else { return Err(0) };
    if is_it(own) {
        return Ok(None);
    }
    let named: Vec<usize> = all.iter().enumerate().filter(|(_, one)| is_it(one)).map(|(place, _)| place).collect();
    if let [only] = named.as_slice() {
        return Ok(Some(*only));
    }
    let beside = |place: &&usize| {
        all.get(**place).is_some_and(|(prompt, model)| {
            (*prompt == against && *model == own.1) || (*model == against && *prompt == own.0)
        })
    };
    let near: Vec<usize> = named.iter().filter(beside).copied().collect();
    match near.as_slice() {
        [one] => Ok(Some(*one)),
        [] => Err(named.len()),
        several => Err(several.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_baseline_is_the_only_one_of_its_name_or_the_one_beside() {
        let two = [("a@1", "m/x"), ("a@2", "m/x")];
        assert_eq!(counterpart("a@1", 1, &two), Ok(Some(0)));
        assert_eq!(counterpart("a@1", 0, &two), Ok(None));
        assert_eq!(counterpart("a@3", 0, &two), Err(0));
        // Both have the model: there is nobody to compare.
        assert_eq!(counterpart("m/x", 1, &two), Ok(None));
        let square = [("a@1", "m/x"), ("a@1", "m/y"), ("a@2", "m/x"), ("a@2", "m/y")];
        assert_eq!(counterpart("a@1", 3, &square), Ok(Some(1)));
        assert_eq!(counterpart("m/y", 0, &square), Ok(Some(1)));
        let twice = [("a@1", "m/x"), ("a@1", "m/x"), ("a@2", "m/x")];
        assert_eq!(counterpart("a@1", 2, &twice), Err(2));
    }

    #[test]
    fn rounds_follow_from_the_form() {
        let rounds = |form: Comparing| form.rounds(4);
        assert_eq!(rounds(Comparing::Best), 1);
        assert_eq!(rounds(Comparing::Everyone), 6);
        assert_eq!(rounds(Comparing::Against("x".into())), 3);
        assert_eq!(rounds(Comparing::Scores), 0);
    }
}
