//! Conjunction and disjunction of scores, where "could not tell" is a value of its own (Kleene 1938).

use super::super::aggregate::{counts, value_of, weighted_mean};
use super::super::apply::Found;
use super::super::reason;
use crate::base::Ratio;
use crate::record::{Score, ScoreState};

/// Members told of in a reason.
const TOLD: usize = 3;

/// The score of one member of a group.
pub(crate) struct Member {
    score: Score,
}

impl Member {
    pub(crate) fn of(score: Score) -> Member {
        Member { score }
    }

    fn decides(&self) -> bool {
        counts(self.score.weight) && self.score.state != ScoreState::NotApplicable
    }
}

/// All members hold. Value: the weighted mean of the scored members.
///
/// Without a threshold: fails when a member fails, whatever the others say; else ungraded when one is; else passes.
/// With one: passes when value ≥ threshold whatever the ungraded members would have said, fails when they could not
/// have helped, and is ungraded in between.
pub(crate) fn all_of(members: &[Member], threshold: Option<Ratio>) -> Found {
    let group = match Tally::of(members, "all") {
        Ok(group) => group,
        Err(nothing) => return nothing,
    };
    let value = weighted_mean(group.deciding.iter().filter_map(|score| value_of(score)));
    let reached = match threshold {
        None if group.failed > 0 => Some(false),
        None if group.ungraded > 0 => None,
        None => Some(true),
        Some(threshold) => {
            let bound = |guess| {
                weighted_mean(group.deciding.iter().map(|score| value_of(score).unwrap_or((score.weight, guess))))
            };
            decide(bound(Ratio::ZERO), bound(Ratio::ONE), threshold)
        }
    };
    group.found(value, reached)
}

/// One member holds. Value: the highest of the scored members.
///
/// Without a threshold: passes when a member passes, whatever the others say; else ungraded when one is; else fails.
/// With one: the highest value is compared with it; ungraded members leave it ungraded unless it is reached already.
pub(crate) fn any_of(members: &[Member], threshold: Option<Ratio>) -> Found {
    let group = match Tally::of(members, "any") {
        Ok(group) => group,
        Err(nothing) => return nothing,
    };
    let values = group.deciding.iter().filter_map(|score| value_of(score)).map(|(_, value)| value);
    let highest = values.fold(None, |best: Option<Ratio>, value| match best {
        Some(best) if best >= value => Some(best),
        _ => Some(value),
    });
    let reached = match threshold {
        None if group.passed > 0 => Some(true),
        None if group.ungraded > 0 => None,
        None => Some(false),
        Some(threshold) => {
            let upper = if group.ungraded > 0 { Some(Ratio::ONE) } else { highest };
            decide(highest.or(Some(Ratio::ZERO)), upper, threshold)
        }
    };
    group.found(highest, reached)
}

/// What is certain when the value lies between `low` and `high`.
fn decide(low: Option<Ratio>, high: Option<Ratio>, threshold: Ratio) -> Option<bool> {
    const SLACK: f64 = 1e-9;
    let reaches = |value: Option<Ratio>| value.is_some_and(|value| value.get() + SLACK >= threshold.get());
    match (reaches(low), reaches(high)) {
        (true, _) => Some(true),
        (false, false) => Some(false),
        (false, true) => None,
    }
}

/// The members that decide, and how many of them do what.
struct Tally<'a> {
    word: &'static str,
    deciding: Vec<&'a Score>,
    passed: usize,
    failed: usize,
    ungraded: usize,
}

impl<'a> Tally<'a> {
    /// `Err` when no member decides.
    fn of(members: &'a [Member], word: &'static str) -> Result<Tally<'a>, Found> {
        let deciding: Vec<&Score> =
            members.iter().filter(|member| member.decides()).map(|member| &member.score).collect();
        if deciding.is_empty() {
            let informing = members.iter().all(|member| !counts(member.score.weight));
            return Err(if informing {
                Found::Ungraded("every check of the group has weight 0: nothing decides".to_owned())
            } else {
                Found::NotApplicable("no check of the group applies".to_owned())
            });
        }
        let passed = deciding.iter().filter(|score| score.is_pass()).count();
        let failed = deciding.iter().filter(|score| score.is_fail()).count();
        let ungraded = deciding.len() - passed - failed;
        Ok(Tally { word, deciding, passed, failed, ungraded })
    }

    fn found(&self, value: Option<Ratio>, reached: Option<bool>) -> Found {
        let (Some(passed), Some(value)) = (reached, value) else {
            return Found::Ungraded(self.seen(|score| score.state == ScoreState::Ungraded));
        };
        let seen = if passed { self.seen(Score::is_pass) } else { self.seen(Score::is_fail) };
        let wanted = format!("{} of {}", self.word, reason::count(self.deciding.len() as u64, "check", "checks"));
        Found::Graded { value, passed, seen, wanted }
    }

    /// `1 of 3 holds, 1 does not, 1 could not be graded (contains: saw …)`, with the members that explain it.
    fn seen(&self, explains: impl Fn(&Score) -> bool) -> String {
        let told: Vec<String> = self
            .deciding
            .iter()
            .filter(|score| explains(score))
            .take(TOLD)
            .map(|score| format!("{}: {}", score.name, score.reason))
            .collect();
        let ungraded =
            if self.ungraded > 0 { format!(", {} could not be graded", self.ungraded) } else { String::new() };
        format!("{} of {} hold{ungraded} ({})", self.passed, self.deciding.len(), told.join(" · "))
    }
}
