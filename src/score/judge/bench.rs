//! Runs a metric with its judges: every member of the panel, every sample, and the cascade.

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::super::check::{Finding, ScoreInput};
use super::super::settings::{Fault, Settings};
use super::super::spec::{CheckSpec, Prepared};
use super::super::world::{Asking, Asks, Examined, World};
use super::ask::Seat;
use super::metric::{Failure, Metric, Opinion};
use super::options::Judges;
use super::vote::{Average, Settled, settle};
use crate::base::{ModelRef, Ratio};

/// A number this near to the threshold is one that the cascade's judge should look at.
const BAND: f64 = 0.1;
/// Calls that one question may take: itself, and one repair.
const CALLS_PER_QUESTION: u32 = 2;

/// A check of this metric, which asks each judge at most so many questions about one reply.
pub(super) fn prepare(
    settings: &Settings,
    spec: &'static CheckSpec,
    questions: u32,
    metric: impl Metric + 'static,
) -> Result<Prepared, Vec<Fault>> {
    let judges = Judges::of(settings)?;
    let warnings = judges.warnings(settings);
    let canonical = judges.canonical();
    let line = settings.threshold().map_or(spec.pass_at, Ratio::get);
    let prepared = Prepared::asking(Bench { judges, line, questions, metric: Box::new(metric) });
    let prepared = canonical.into_iter().fold(prepared, |prepared, (option, value)| prepared.canonical(option, value));
    Ok(warnings.into_iter().fold(prepared, Prepared::warn))
}

struct Bench {
    judges: Judges,
    /// The lowest value that passes.
    line: f64,
    questions: u32,
    metric: Box<dyn Metric>,
}

/// What some judges came to, with their ballots.
struct Round {
    settled: Settled,
    ballots: Vec<Value>,
    unsure: bool,
}

impl Bench {
    async fn examine(&self, input: &ScoreInput<'_>, world: &dyn World) -> Examined {
        let first = self.round(&self.judges.panel, input, world).await;
        let mut details = Map::new();
        let doubt = self.doubt(&first);
        let settled = match (&self.judges.cascade, doubt) {
            (Some(strong), Some(doubt)) => {
                let second = self.round(std::slice::from_ref(strong), input, world).await;
                let before = first.settled.opinion.as_ref().ok().map(|opinion| opinion.value);
                details
                    .insert("cascade".into(), json!({"asked": strong.to_string(), "because": doubt, "before": before}));
                details.insert("ballots".into(), first.ballots.into_iter().chain(second.ballots).collect());
                second.settled
            }
            _ => {
                details.insert("ballots".into(), first.ballots.into());
                first.settled
            }
        };
        if let Some(agreement) = settled.agreement {
            details.insert("agreement".into(), json!(agreement));
        }
        Examined { finding: self.finding(settled), details: Some(Value::Object(details)) }
    }

    fn finding(&self, settled: Settled) -> Finding {
        match settled.opinion {
            Ok(opinion) => Finding::Graded {
                value: Ratio::clamped(opinion.value),
                seen: opinion.seen,
                wanted: self.metric.wanted(),
            },
            Err(Failure::Ungraded(why)) => Finding::Ungraded(why),
            Err(Failure::NotApplicable(why)) => Finding::NotApplicable(why),
        }
    }

    /// Asks these judges one after the other, so that the same run asks in the same order.
    async fn round(&self, models: &[ModelRef], input: &ScoreInput<'_>, world: &dyn World) -> Round {
        let mut members = Vec::with_capacity(models.len());
        let mut ballots = Vec::new();
        let mut unsure = false;
        for model in models {
            let mut samples = Vec::new();
            for sample in 0..self.judges.samples {
                let seat = Seat::new(model, sample, &self.judges.manner, world);
                let opinion = self.metric.judge(input, &seat).await;
                let opinion = opinion.and_then(sound);
                let notes = seat.notes();
                unsure |= notes.unsure;
                let mut ballot = ballot(model, sample, &opinion);
                if !notes.unread.is_empty() {
                    ballot.insert("unread".into(), notes.unread.into());
                }
                if notes.plain {
                    ballot.insert("without_schema".into(), true.into());
                }
                ballots.push(Value::Object(ballot));
                samples.push(opinion);
            }
            let member = settle(&samples, self.line, Average::Mean, "samples");
            unsure |= member.agreement.is_some_and(|agreement| agreement < 1.0);
            members.push(member);
        }
        Round { settled: self.joined(members), ballots, unsure }
    }

    fn joined(&self, mut members: Vec<Settled>) -> Settled {
        match members.len() {
            // The agreement of the only judge's samples is that of the check.
            1 => members.remove(0),
            _ => {
                let opinions: Vec<_> = members.into_iter().map(|member| member.opinion).collect();
                settle(&opinions, self.line, Average::Median, "judges")
            }
        }
    }

    /// Why the first judges are unsure; `None` when they are not.
    fn doubt(&self, round: &Round) -> Option<String> {
        match &round.settled.opinion {
            Err(Failure::NotApplicable(_)) => None,
            Err(Failure::Ungraded(why)) => Some(why.clone()),
            Ok(_) if round.settled.agreement.is_some_and(|agreement| agreement < 1.0) => {
                Some("they do not agree".to_owned())
            }
            Ok(_) if round.unsure => Some("low confidence by their own word".to_owned()),
            Ok(opinion) if opinion.verdict.is_none() && (opinion.value - self.line).abs() <= BAND + 1e-9 => {
                Some(format!("{:.3} is within {BAND} of the threshold {}", opinion.value, self.line))
            }
            Ok(_) => None,
        }
    }
}

/// No metric may let a number slip through that is none.
fn sound(opinion: Opinion) -> Result<Opinion, Failure> {
    if opinion.value.is_finite() && (-1e-9..=1.0 + 1e-9).contains(&opinion.value) {
        // Adding 0 turns the −0 of an empty sum into 0.
        return Ok(Opinion { value: opinion.value.clamp(0.0, 1.0) + 0.0, ..opinion });
    }
    Err(Failure::Ungraded(format!("internal error: the metric gave {}, not a number from 0 to 1", opinion.value)))
}

fn ballot(model: &ModelRef, sample: u32, opinion: &Result<Opinion, Failure>) -> Map<String, Value> {
    let mut ballot = Map::new();
    ballot.insert("judge".into(), model.to_string().into());
    ballot.insert("sample".into(), sample.into());
    match opinion {
        Ok(opinion) => {
            ballot.insert("value".into(), opinion.value.into());
            if let Some(verdict) = &opinion.verdict {
                ballot.insert("verdict".into(), verdict.as_str().into());
            }
            if !opinion.parts.is_null() {
                ballot.insert("parts".into(), opinion.parts.clone());
            }
        }
        Err(Failure::Ungraded(why)) => {
            ballot.insert("ungraded".into(), why.as_str().into());
        }
        Err(Failure::NotApplicable(why)) => {
            ballot.insert("not_applicable".into(), why.as_str().into());
        }
    }
    ballot
}

impl Asking for Bench {
    fn grade<'a>(&'a self, input: &'a ScoreInput<'a>, world: &'a dyn World) -> BoxFuture<'a, Examined> {
        Box::pin(self.examine(input, world))
    }

    fn asks(&self) -> Asks {
        let calls = self.questions.saturating_mul(CALLS_PER_QUESTION).saturating_mul(self.judges.samples);
        let judges = self.judges.all().map(|judge| (judge.clone(), calls)).collect();
        Asks { judges, embeddings: self.metric.embeddings(), ..Asks::default() }
    }
}
