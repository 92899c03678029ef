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
        let wanted = format!(
            "{} of {}",
            self.word,
            reason::count(u64::try_from(self.deciding.len()).unwrap_or(u64::MAX), "check", "checks")
        );
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
        let told = if told.is_empty() { String::new() } else { format!(" ({})", told.join(" · ")) };
        format!("{} of {} hold{ungraded}{told}", self.passed, self.deciding.len())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{
        case, check, fails, on_text, passes, problems_of, ungraded, value_of, with_case,
    };
    use super::super::super::{Check, ScoreInput};
    use super::*;
    use crate::base::Millis;
    use crate::record::ChatReply;
    use proptest::prelude::*;
    use serde_json::json;

    // On the text `a`: passes, fails, cannot tell (the case has no `expected`).
    const YES: &str = "{contains: a}";
    const NO: &str = "{contains: b}";
    const DOUBT: &str = "contains";

    fn word(yaml: &str) -> &'static str {
        let score = on_text(yaml, "a");
        match score.state {
            ScoreState::Scored { passed: true, .. } => "pass",
            ScoreState::Scored { passed: false, .. } => "fail",
            ScoreState::Ungraded => "ungraded",
            ScoreState::NotApplicable => "not applicable",
        }
    }

    #[test]
    fn truth_table_of_three_values() {
        let table = [
            // members, all_of, any_of
            ([YES, YES], "pass", "pass"),
            ([YES, NO], "fail", "pass"),
            ([NO, NO], "fail", "fail"),
            ([YES, DOUBT], "ungraded", "pass"),
            ([NO, DOUBT], "fail", "ungraded"),
            ([DOUBT, DOUBT], "ungraded", "ungraded"),
        ];
        let not = |word| match word {
            "pass" => "fail",
            "fail" => "pass",
            other => other,
        };
        for ([one, two], all, any) in table {
            for members in [format!("[{one}, {two}]"), format!("[{two}, {one}]")] {
                assert_eq!(word(&format!("all_of: {members}")), all, "all of {members}");
                assert_eq!(word(&format!("any_of: {members}")), any, "any of {members}");
                assert_eq!(word(&format!("not_all_of: {members}")), not(all), "not all of {members}");
                assert_eq!(word(&format!("not_any_of: {members}")), not(any), "not any of {members}");
            }
        }
    }

    #[test]
    fn values_are_the_mean_and_the_highest() {
        let members = "[{contains: {value: a, weight: 3}}, {contains: b}]";
        assert_eq!(value_of(&format!("all_of: {members}"), "a"), Some(0.75));
        assert_eq!(value_of(&format!("any_of: {members}"), "a"), Some(1.0));
        assert_eq!(value_of("any_of: [{contains_all: [a, b]}, {contains_all: [a, b, c, d]}]", "a"), Some(0.5));
        assert!(passes(&format!("all_of: {{checks: {members}, threshold: 0.75}}"), "a"));
        assert!(fails(&format!("all_of: {{value: {members}, threshold: 0.76}}"), "a"));
    }

    #[test]
    fn a_threshold_passes_only_what_doubt_could_not_change() {
        let group =
            |threshold: f64| word(&format!("all_of: {{checks: [{YES}, {NO}, {DOUBT}], threshold: {threshold}}}"));
        assert_eq!((group(0.3), group(0.5), group(0.7)), ("pass", "ungraded", "fail"));
        let any = |threshold: f64| word(&format!("any_of: {{checks: [{NO}, {DOUBT}], threshold: {threshold}}}"));
        assert_eq!(any(0.5), "ungraded");
    }

    #[test]
    fn members_of_weight_zero_do_not_decide() {
        assert!(passes("all_of: [{contains: a}, {contains: {value: b, weight: 0}}]", "a"));
        assert!(fails("any_of: [{contains: b}, {contains: {value: a, weight: 0}}]", "a"));
        assert!(ungraded("all_of: [{json: {weight: 0}}]", "a").contains("nothing decides"));
    }

    #[test]
    fn inapplicable_members_count_neither_way() {
        let member = |state| {
            let (name, check) = ("n".to_owned(), "c".to_owned());
            Member::of(Score { name, check, version: 1, weight: 1.0, state, reason: String::new() })
        };
        let none = || member(ScoreState::NotApplicable);
        let pass = || member(ScoreState::Scored { value: Ratio::ONE, passed: true });
        assert!(matches!(all_of(&[none(), pass()], None), Found::Graded { passed: true, .. }));
        assert!(matches!(any_of(&[none()], None), Found::NotApplicable(_)));
    }

    #[test]
    fn groups_nest_and_tell_what_decided() {
        let nested = "all_of: [{any_of: [json, {not_contains: b}]}, {not_all_of: [{contains: a}, {contains: c}]}]";
        assert!(passes(nested, "a") && fails(nested, "ab c") && passes(nested, "[]"));
        let reason = on_text("all_of: [{contains: a}, {contains: {value: b, name: has-b}}]", "a").reason;
        assert_eq!(reason, "saw 1 of 2 hold (has-b: saw \"a\"; wanted text containing \"b\"); wanted all of 2 checks");
    }

    #[test]
    fn needs_of_members_are_needs_of_the_group() {
        let group = check("any_of: [equals, {contains: {from: vars.a.b}}, {all_of: [{contains: {from: vars.c}}]}]");
        assert!(group.needs_expected() && group.needed_vars().eq(["a", "c"]));
        assert!(with_case("any_of: [equals, json]", "x", &case(json!({}), Some(json!("x")))).is_pass());
    }

    #[test]
    fn bad_groups_are_reported_with_all_problems_of_their_members() {
        let text = problems_of("all_of: [contian: a, {regex: '('}, {any_of: [{json: 1}]}]");
        for wanted in ["unknown-check", "invalid-regex", "takes no value"] {
            assert!(text.contains(wanted), "{wanted}\n{text}");
        }
        assert!(problems_of("all_of: []").contains("empty-group"));
        assert!(problems_of("any_of").contains("has no `checks`"));
        assert!(problems_of("any_of: {contains: a}").contains("is not a key of a check"));
        assert!(problems_of("any_of: json").contains("a list of checks"));
        assert!(problems_of("any_of: {checks: [json], value: [json]}").contains("both given"));
    }

    fn grade(check: &Check) -> Option<bool> {
        let case = case(json!({}), None);
        let reply = ChatReply::of_text("a");
        let score = super::super::super::score(
            check,
            &ScoreInput { reply: &reply, latency: Millis(0), cost: None, case: &case, tools: &[] },
        );
        match score.state {
            ScoreState::Scored { passed, .. } => Some(passed),
            ScoreState::Ungraded | ScoreState::NotApplicable => None,
        }
    }

    proptest! {
        #[test]
        fn de_morgan_holds_with_doubt(members in prop::collection::vec(0..3usize, 1..5)) {
            let list = |not: &str| {
                let entries: Vec<String> = members
                    .iter()
                    .map(|which| [format!("{not}contains: a"), format!("{not}contains: b"), format!("{not}contains:")][*which].clone())
                    .map(|entry| format!("{{{entry}}}"))
                    .collect();
                entries.join(", ")
            };
            let left = grade(&check(&format!("not_all_of: [{}]", list(""))));
            let right = grade(&check(&format!("any_of: [{}]", list("not_"))));
            prop_assert_eq!(left, right);
        }
    }
}
