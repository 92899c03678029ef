//! Applies a check to a reply: the one place of negation, thresholds and the rule for texts that never came.

use std::sync::Arc;

use super::check::{Body, Check, Finding, From, ScoreInput};
use super::group::{self, Member};
use super::reason;
use super::settings::Settings;
use super::spec::Build;
use crate::base::Ratio;
use crate::record::{Finish, Score, ScoreState};

/// Applies `check` to a reply. Pure: the same input gives the same score.
///
/// `not_` is applied here and nowhere else: the value becomes 1 − value, a pass a fail and a fail a pass; an ungraded
/// or inapplicable check stays what it is. A check on text is ungraded when no visible text came because the token
/// limit was used up before.
pub fn score(check: &Check, input: &ScoreInput<'_>) -> Score {
    let (state, reason) = settle(check, find(check, input), input);
    Score {
        name: check.name.clone(),
        check: check.word.clone(),
        version: check.spec.version,
        weight: check.weight,
        state,
        reason: reason::bounded(reason),
    }
}

/// A finding with its pass or fail, before negation.
pub(super) enum Found {
    Graded { value: Ratio, passed: bool, seen: String, wanted: String },
    Ungraded(String),
    NotApplicable(String),
}

fn settle(check: &Check, found: Found, input: &ScoreInput<'_>) -> (ScoreState, String) {
    match found {
        Found::Ungraded(reason) => (ScoreState::Ungraded, reason),
        Found::NotApplicable(reason) => (ScoreState::NotApplicable, reason),
        Found::Graded { value, passed, seen, wanted } => {
            let (value, passed, but) =
                if check.negated { (value.inverted(), !passed, "anything but ") } else { (value, passed, "") };
            let mut reason = format!("saw {seen}; wanted {but}{wanted}");
            if !passed && check.spec.reads_text && input.reply.finish == Finish::Length {
                reason.push_str("; the reply was cut by the token limit");
            }
            (ScoreState::Scored { value, passed }, reason)
        }
    }
}

fn find(check: &Check, input: &ScoreInput<'_>) -> Found {
    if check.spec.reads_text
        && let Some(reason) = missing_text(input)
    {
        return Found::Ungraded(reason);
    }
    let finding = match &check.body {
        Body::Ready(scorer) => scorer.grade(input),
        Body::Deferred { settings, origins } => deferred(check, settings, origins, input),
        Body::AllOf(members) => return group::all_of(&scored(members, input), check.threshold),
        Body::AnyOf(members) => return group::any_of(&scored(members, input), check.threshold),
    };
    match finding {
        Finding::Graded { value, seen, wanted } => {
            let passed = value >= check.threshold.unwrap_or(Ratio::ONE);
            Found::Graded { value, passed, seen, wanted }
        }
        Finding::Ungraded(reason) => Found::Ungraded(reason),
        Finding::NotApplicable(reason) => Found::NotApplicable(reason),
    }
}

fn scored(members: &[Arc<Check>], input: &ScoreInput<'_>) -> Vec<Member> {
    members.iter().map(|member| Member::of(score(member, input))).collect()
}

/// Compiles a check with the values of the case, then applies it.
fn deferred(check: &Check, settings: &Settings, origins: &[(&'static str, From)], input: &ScoreInput<'_>) -> Finding {
    let mut settings = settings.clone();
    for (option, origin) in origins {
        match origin.resolve(input.case) {
            Ok(value) => settings.set(option, value.clone()),
            Err(reason) => return Finding::Ungraded(reason),
        }
    }
    let Build::Scorer(prepare) = check.spec.build else {
        return Finding::Ungraded("internal error: a group was compiled as a scorer".to_owned());
    };
    match prepare(&settings) {
        Ok(prepared) => prepared.scorer.grade(input),
        Err(faults) => {
            let first = faults.first().map_or_else(String::new, |fault| fault.message.clone());
            let places: Vec<String> = origins.iter().map(|(_, origin)| format!("`{origin}`")).collect();
            Finding::Ungraded(format!("{} of the case does not fit `{}`: {first}", places.join(", "), check.word))
        }
    }
}

/// Why there is no text to judge, when the token limit was reached before any: that is no answer, not a wrong one.
fn missing_text(input: &ScoreInput<'_>) -> Option<String> {
    let reply = input.reply;
    if reply.finish != Finish::Length || !reply.text.trim().is_empty() {
        return None;
    }
    let thought = reply.usage.and_then(|usage| usage.reasoning);
    match thought {
        Some(0) if reply.reasoning.is_none() => None,
        Some(tokens) if tokens > 0 => {
            Some(format!("truncated: the token budget was spent on thinking ({tokens} tokens); raise `max_tokens`"))
        }
        _ if reply.reasoning.is_some() => {
            Some("truncated: the token budget was spent on thinking; raise `max_tokens`".to_owned())
        }
        _ => Some("truncated: the token limit was reached before any visible text; raise `max_tokens`".to_owned()),
    }
}
