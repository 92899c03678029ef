//! The order in which the models of a route are asked. Pure.

use std::cmp::Ordering;

use super::Weights;
use super::observed::Standing;
use crate::base::{ModelRef, Usd};
use crate::price::Capability;
use crate::record::Strategy;

/// A model that may be chosen.
#[derive(Debug, Clone)]
pub(super) struct Candidate<'a> {
    pub(super) model: &'a ModelRef,
    /// What it is known not to be able to do, of what is needed.
    pub(super) lacks: Vec<Capability>,
    /// What this request is expected to cost; `None` is unknown.
    pub(super) cost: Option<Usd>,
    pub(super) standing: Standing,
}

/// A model that is to be asked, and why it comes at its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pick<'a> {
    pub(super) model: &'a ModelRef,
    pub(super) why: String,
}

/// The order. `turn` is the place of the case in its suite: the same case has the same turn in every run, whatever was
/// answered before. Models that lack something are left out; when all do, there is no order.
pub(super) fn order<'a>(
    strategy: Strategy,
    weights: Weights,
    candidates: &[Candidate<'a>],
    turn: u64,
) -> Vec<Pick<'a>> {
    let mut able: Vec<&Candidate<'a>> = candidates.iter().filter(|candidate| candidate.lacks.is_empty()).collect();
    let rotation = usize::try_from(turn % u64::try_from(able.len().max(1)).unwrap_or(1)).unwrap_or(0);
    let best = Best::of(&able);
    match strategy {
        Strategy::Fallback => {}
        Strategy::RoundRobin => able.rotate_left(rotation),
        Strategy::Cheapest => able.sort_by(|a, b| cheaper(a.cost, b.cost)),
        Strategy::Fastest => {
            // Those without a latency go first, in turns: they get one.
            able.rotate_left(rotation);
            able.sort_by(|a, b| known_last(a.standing.p50_ms, b.standing.p50_ms));
        }
        Strategy::Adaptive => able.sort_by(|a, b| best.score(b, weights).total_cmp(&best.score(a, weights))),
    }
    let why = |place: usize, candidate: &Candidate<'_>| match strategy {
        Strategy::Fallback if place == 0 => "the first of the route".to_owned(),
        Strategy::Fallback => format!("number {} of the route", place + 1),
        Strategy::RoundRobin => format!("its turn at case {}", turn + 1),
        Strategy::Cheapest => match candidate.cost {
            Some(cost) => format!("about {cost} for this request, number {} by price", place + 1),
            None => "its price is unknown, so it comes last".to_owned(),
        },
        Strategy::Fastest => match candidate.standing.p50_ms {
            Some(ms) => format!("median latency {ms:.0} ms, number {} by speed", place + 1),
            None => "no latency of it is known yet".to_owned(),
        },
        Strategy::Adaptive => {
            let (cost, latency) = best.shares(candidate);
            let score = best.score(candidate, weights);
            let success = candidate.standing.success;
            format!("score {score:.2} (success {success:.2}, cost {cost:.2}, latency {latency:.2})")
        }
    };
    able.into_iter()
        .enumerate()
        .map(|(place, candidate)| Pick { model: candidate.model, why: why(place, candidate) })
        .collect()
}

/// The best figures among the candidates, that the others are compared with.
struct Best {
    /// Whether costs are those of earlier replies: they know how long a model's answers are, and count when all
    /// candidates have one. Else they are estimates for this request, by price.
    from_replies: bool,
    cost: Option<Usd>,
    p50_ms: Option<f64>,
}

impl Best {
    fn of(candidates: &[&Candidate<'_>]) -> Best {
        let from_replies = candidates.iter().all(|candidate| candidate.standing.mean_cost.is_some());
        Best {
            from_replies,
            cost: candidates.iter().filter_map(|candidate| cost_of(candidate, from_replies)).min(),
            p50_ms: candidates.iter().filter_map(|candidate| candidate.standing.p50_ms).reduce(f64::min),
        }
    }

    /// Cheapness and speed as shares of the best. An unknown price is worth nothing, because it may be any; an unknown
    /// latency as much as the best, so that it becomes known.
    fn shares(&self, candidate: &Candidate<'_>) -> (f64, f64) {
        let cost = match (self.cost, cost_of(candidate, self.from_replies)) {
            (Some(best), Some(own)) if own > Usd::ZERO => share(best, own),
            (_, Some(_)) => 1.0,
            (_, None) => 0.0,
        };
        let latency = match (self.p50_ms, candidate.standing.p50_ms) {
            (Some(best), Some(own)) if own > 0.0 => best / own,
            _ => 1.0,
        };
        (cost, latency)
    }

    fn score(&self, candidate: &Candidate<'_>, weights: Weights) -> f64 {
        let (cost, latency) = self.shares(candidate);
        let sum = (weights.success + weights.cost + weights.latency).max(f64::MIN_POSITIVE);
        (weights.success * candidate.standing.success + weights.cost * cost + weights.latency * latency) / sum
    }
}

fn cost_of(candidate: &Candidate<'_>, from_replies: bool) -> Option<Usd> {
    if from_replies { candidate.standing.mean_cost } else { candidate.cost }
}

#[expect(clippy::cast_precision_loss, reason = "a share needs no more than 53 bits")]
fn share(part: Usd, whole: Usd) -> f64 {
    part.picos() as f64 / whole.picos() as f64
}

fn cheaper(a: Option<Usd>, b: Option<Usd>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => a.cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

fn known_last(a: Option<f64>, b: Option<f64>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (Some(_), None) => Ordering::Greater,
        (None, Some(_)) => Ordering::Less,
        (None, None) => Ordering::Equal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(name: &str) -> ModelRef {
        ModelRef::parse(&format!("p/{name}")).expect("model")
    }

    fn names(picks: &[Pick<'_>]) -> Vec<String> {
        picks.iter().map(|pick| pick.model.model.clone()).collect()
    }

    /// Cost in picodollars, median latency, share of successes.
    fn ordered(strategy: Strategy, all: &[(&str, Option<i64>, Option<f64>, f64)], turn: u64) -> Vec<String> {
        let models: Vec<ModelRef> = all.iter().map(|(name, ..)| model(name)).collect();
        let candidates: Vec<Candidate<'_>> = models
            .iter()
            .zip(all)
            .map(|(model, (name, cost, p50_ms, success))| Candidate {
                model,
                lacks: if name.starts_with("unable") { vec![Capability::Tools] } else { vec![] },
                cost: cost.map(Usd::from_picos),
                standing: Standing { p50_ms: *p50_ms, success: *success, mean_cost: None },
            })
            .collect();
        names(&order(strategy, Weights::default(), &candidates, turn))
    }

    #[test]
    fn each_strategy_has_its_order() {
        let all = [
            ("a", Some(300), Some(100.0), 0.5),
            ("b", None, Some(50.0), 0.9),
            ("c", Some(100), None, 0.9),
            ("unable", Some(1), Some(1.0), 1.0),
        ];
        for (strategy, turn, wanted) in [
            (Strategy::Fallback, 7, ["a", "b", "c"]),
            (Strategy::Cheapest, 7, ["c", "a", "b"]),
            (Strategy::Fastest, 7, ["c", "b", "a"]),
            (Strategy::RoundRobin, 0, ["a", "b", "c"]),
            (Strategy::RoundRobin, 4, ["b", "c", "a"]),
            // success·0.5 + cost·0.3 + latency·0.2: c 0.95, b 0.65, a 0.25 + 0.1 + 0.1 = 0.45.
            (Strategy::Adaptive, 7, ["c", "b", "a"]),
        ] {
            assert_eq!(ordered(strategy, &all, turn), wanted, "{strategy:?}");
        }
        assert_eq!(ordered(Strategy::Fallback, &[("unable", None, None, 0.5)], 0), Vec::<String>::new());
    }

    /// Dear by price, and cheap in the end because its answers are short.
    #[test]
    fn adaptive_weighs_what_replies_did_cost_once_that_is_known_of_all() {
        let models = [model("terse"), model("wordy")];
        let candidate = |index: usize, cost, mean: Option<i64>| Candidate {
            model: &models[index],
            lacks: vec![],
            cost: Some(Usd::from_picos(cost)),
            standing: Standing { p50_ms: None, success: 0.5, mean_cost: mean.map(Usd::from_picos) },
        };
        for (means, wanted) in
            [([Some(100), Some(900)], "terse"), ([Some(100), None], "wordy"), ([None, None], "wordy")]
        {
            let candidates = [candidate(0, 500, means[0]), candidate(1, 400, means[1])];
            let picks = order(Strategy::Adaptive, Weights::default(), &candidates, 0);
            assert_eq!(picks[0].model.model, wanted, "{means:?}");
        }
    }

    #[test]
    fn models_without_a_latency_take_turns() {
        let all = [("a", None, None, 0.5), ("b", None, None, 0.5), ("c", None, Some(1.0), 0.5)];
        let first = |turn| ordered(Strategy::Fastest, &all, turn).remove(0);
        assert_eq!([first(0), first(1), first(3)], ["a", "b", "a"]);
    }
}
