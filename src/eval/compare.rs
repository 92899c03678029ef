//! Comparisons among the variants of a case: what is left to compare when all trials are stored, and how it is done.
//!
//! Every trial is stored as soon as it has its outcome; a check that compares is ungraded until then. When all trials of a
//! run are done, the variants of each case and repeat are compared, and their trials get scores and outcomes once more, all
//! of a comparison in one transaction. What was compared already is known by a digest that stands with the scores: whoever
//! resumes a run, or runs a trial of it again, makes just the comparisons that are missing or no longer hold.

use serde_json::{Map, Value};
use tokio::sync::mpsc::Sender;
use tokio_util::sync::CancellationToken;

use super::execute::{Beside, Means};
use super::plan::PlannedTrial;
use super::world::{Keeper, TrialWorld};
use crate::base::{Digest, DigestBuilder, canonical_json};
use crate::record::{Comparison, Outcome, RunEvent, Score, ScoreState, TrialRecord};
use crate::score::{Check, Comparing, Rival, ScoreInput, aggregate, score_among};

/// The key of the digest in the details of a score.
const COMPARED: &str = "compared";

/// The mark of scores that come from a comparison.
fn is_among(score: &Score) -> bool {
    let details = score.details.as_ref();
    details.and_then(|details| details.get("among")).and_then(Value::as_str) == Some("variants")
}

/// Whether a trial has a score that comes from a comparison, or will.
pub(super) fn is_compared(trial: &TrialRecord) -> bool {
    trial.scores.iter().any(is_among)
}

/// Whether a trial has no grade yet, because its comparison is still to come.
pub fn is_waiting(trial: &TrialRecord) -> bool {
    let is_open = |score: &Score| {
        is_among(score) && score.details.as_ref().is_some_and(|details| details.get(COMPARED).is_none())
    };
    trial.outcome == Outcome::Ungraded && trial.scores.iter().any(is_open)
}

/// The variants of a case in one repeat, with what is stored of them.
pub struct PlannedComparison {
    /// In the order of the plan; at least one.
    members: Vec<Member>,
}

struct Member {
    planned: PlannedTrial,
    stored: Option<TrialRecord>,
}

impl Member {
    /// What checks see of it; `None` where it has no output that was graded.
    fn input(&self) -> Option<ScoreInput<'_>> {
        let stored = self.stored.as_ref()?;
        // Without scores a trial came to its outcome without looking at its reply.
        if stored.scores.len() != self.planned.checks.len() || stored.scores.is_empty() {
            return None;
        }
        let call = stored.call.as_ref()?;
        let reply = call.reply.as_ref().ok()?;
        let (latency, cost) = (call.latency_ms, call.cost);
        Some(ScoreInput { reply, latency, cost, case: &self.planned.case, request: Some(&call.request) })
    }

    /// Why it has none, as a clause.
    fn absent(&self) -> &'static str {
        match self.stored.as_ref().map(|stored| stored.outcome) {
            None => "it was not run",
            Some(Outcome::Error) => "its call failed",
            Some(Outcome::Skipped) => "it was skipped",
            Some(Outcome::Pass | Outcome::Fail | Outcome::Ungraded) => "it has no output that was graded",
        }
    }

    /// The scores of its checks that compare nothing.
    fn own_scores(&self) -> Vec<Score> {
        let scores = self.stored.iter().flat_map(|stored| &stored.scores);
        let own = scores.zip(self.planned.checks.iter()).filter(|(_, check)| check.comparing().is_none());
        own.map(|(score, _)| score.clone()).collect()
    }
}

impl PlannedComparison {
    /// Of the trials of one case and repeat, in the order of the plan, each with what is stored of it.
    pub fn new(trials: impl IntoIterator<Item = (PlannedTrial, Option<TrialRecord>)>) -> PlannedComparison {
        PlannedComparison { members: trials.into_iter().map(|(planned, stored)| Member { planned, stored }).collect() }
    }

    /// Whether checks of a trial wait for a comparison.
    pub fn is_for(trial: &PlannedTrial) -> bool {
        trial.skip.is_none() && trial.checks.iter().any(|check| check.comparing().is_some())
    }

    /// Whether there is nothing to do: it was done with the same outputs, or there is no output at all. With `again`, what
    /// could not be graded is not done.
    pub fn is_settled(&self, again: bool) -> bool {
        self.checks().all(|(position, check)| {
            let digest = self.digest(check).to_string();
            self.scores_at(position).all(|score| {
                let known = score.details.as_ref().and_then(|details| details.get(COMPARED)).and_then(Value::as_str);
                known == Some(digest.as_str()) && !(again && score.state == ScoreState::Ungraded)
            })
        })
    }

    /// The checks that compare, with their places.
    pub(super) fn checks(&self) -> impl Iterator<Item = (usize, &Check)> {
        let checks = self.members.first().map_or(&[][..], |first| &first.planned.checks);
        let all = checks.iter().enumerate().map(|(position, check)| (position, check.as_ref()));
        all.filter(|(_, check)| check.comparing().is_some())
    }

    /// One of its trials: who asks for all of them.
    pub(super) fn trial(&self) -> Option<&PlannedTrial> {
        self.members.first().map(|first| &first.planned)
    }

    /// The outputs that are compared.
    pub(super) fn outputs(&self) -> impl Iterator<Item = &str> {
        self.members.iter().filter_map(|member| Some(member.input()?.reply.text.as_str()))
    }

    fn scores_at(&self, position: usize) -> impl Iterator<Item = &Score> {
        let graded = self.members.iter().filter(|member| member.input().is_some());
        graded.filter_map(move |member| member.stored.as_ref()?.scores.get(position))
    }

    /// Of everything that a comparison rests on.
    fn digest(&self, check: &Check) -> Digest {
        let mut digest = DigestBuilder::new("comparison").part(canonical_json(check.identity()).as_bytes());
        for member in &self.members {
            let text = member.input().map(|input| input.reply.text.as_str());
            digest = digest.part(member.planned.variant.digest.as_bytes());
            digest = digest.part(&[u8::from(text.is_some())]).part(text.unwrap_or("").as_bytes());
            if check.comparing().is_some_and(|form| **form == Comparing::Scores) {
                for score in member.own_scores() {
                    let state = serde_json::to_string(&score.state).unwrap_or_default();
                    digest = digest.part(&score.weight.to_be_bytes()).part(state.as_bytes());
                }
            }
        }
        digest.finish()
    }
}

/// Compares the variants. What is answered on the way is told at once, so that it is kept whatever happens.
pub(super) async fn run(
    planned: &PlannedComparison,
    means: &Means,
    beside: &mut Beside,
    abort: &CancellationToken,
    events: Sender<RunEvent>,
) -> Box<Comparison> {
    let Some(trial) = planned.trial() else { return Box::new(Comparison { trials: Vec::new(), calls: Vec::new() }) };
    let label = format!("{}/{}", trial.suite, trial.case.id);
    // One comparison may take many questions: none that was answered is to be asked again.
    let stored = planned.members.iter().find_map(|member| member.stored.clone());
    let keeper = stored.map(|stored| Keeper {
        events,
        trial: TrialRecord { call: None, scores: Vec::new(), judging: Vec::new(), ..stored },
    });
    let world = TrialWorld::new(trial, &label, means, abort).keeping(keeper);
    let own: Vec<Vec<Score>> = planned.members.iter().map(Member::own_scores).collect();
    let names: Vec<String> = planned.members.iter().map(|member| member.planned.variant.model.to_string()).collect();
    let mut trials: Vec<Option<TrialRecord>> =
        planned.members.iter().map(|member| member.stored.clone().filter(|_| member.input().is_some())).collect();
    for (position, check) in planned.checks() {
        let members = planned.members.iter().zip(&own).zip(&names);
        let rivals: Vec<Rival<'_>> = members
            .map(|((member, scores), model)| Rival {
                prompt: &member.planned.variant.prompt.name,
                model,
                input: member.input(),
                absent: member.absent(),
                scores,
            })
            .collect();
        let scores = score_among(check, &rivals, &world).await;
        let digest = planned.digest(check).to_string();
        for (record, score) in trials.iter_mut().zip(scores) {
            let slot = record.as_mut().and_then(|record| record.scores.get_mut(position));
            if let (Some(slot), Some(score)) = (slot, score) {
                *slot = marked(score, &digest);
            }
        }
    }
    let (calls, more) = world.finish();
    *beside = more;
    let graded = trials.into_iter().zip(&planned.members).filter_map(|(record, member)| {
        let before = member.stored.as_ref()?;
        Some(settled(record?, before, &member.planned))
    });
    Box::new(Comparison { trials: graded.collect(), calls })
}

/// A score that says what it rests on.
fn marked(score: Score, digest: &str) -> Score {
    let mut details = match score.details {
        Some(Value::Object(details)) => details,
        _ => Map::new(),
    };
    details.insert("among".into(), "variants".into());
    details.insert(COMPARED.into(), digest.into());
    Score { details: Some(Value::Object(details)), ..score }
}

/// The outcome by the new scores. What the note says besides why the trial was ungraded stays.
fn settled(record: TrialRecord, before: &TrialRecord, planned: &PlannedTrial) -> TrialRecord {
    let old = aggregate(&before.scores, &planned.rule);
    let new = aggregate(&record.scores, &planned.rule);
    let rest = match (&before.note, &old.note) {
        (Some(note), Some(own)) => note.strip_prefix(own.as_str()).map_or(Some(note.as_str()), |rest| {
            let rest = rest.trim_start_matches("; ");
            (!rest.is_empty()).then_some(rest)
        }),
        (note, _) => note.as_deref(),
    };
    let note = match (new.note, rest) {
        (Some(own), Some(rest)) => Some(format!("{own}; {rest}")),
        (own, rest) => own.or_else(|| rest.map(str::to_owned)),
    };
    TrialRecord { outcome: new.outcome, score: new.score, note, ..record }
}
