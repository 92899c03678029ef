//! `reasoning_progression`: each step goes on from the one before.

use std::collections::HashMap;

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::measure::tokens::unicode as unicode_words;
use super::super::reason;
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use super::parse::{Step, reasoning_of};
use crate::base::Ratio;

/// Likeness from which a step repeats another, unless given.
const LIKENESS: f64 = 0.8;
/// Steps told in a reason.
const TOLD: usize = 3;

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "reasoning_progression",
    family: "reasoning",
    about: "the steps of the output follow one another in order, without repeating themselves",
    version: 1,
    pass_at: 1.0,
    short: "likeness",
    value: ValueRule::Optional,
    options: &[OptionSpec::fixed(
        "likeness",
        "a number above 0, up to 1",
        "from which likeness a step repeats the one before it; 0.8 unless given",
    )],
    degenerate: &[
        "the score is the share of steps, from the second on, that are numbered one more than the step before, are not empty and \
         are less like it than `likeness`",
        "likeness is the share of words two steps have in common: 2 × common / all (Dice 1945), without case and punctuation; \
         numbers are words, so that `3 + 4 = 7` and `7 + 5 = 12` differ",
        "a single step scores 1; without steps it is ungraded",
    ],
    example: "- reasoning_progression: {likeness: 0.7}",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let likeness = match settings.get("likeness") {
        None => LIKENESS,
        Some(value) => value.as_f64().filter(|number| *number > 0.0 && *number <= 1.0).ok_or_else(|| {
            let message = format!("`likeness` must be a number above 0, up to 1, this is {}", reason::json(value));
            Fault::new("likeness", message).alone()
        })?,
    };
    let is_default = (likeness - LIKENESS).abs() < f64::EPSILON;
    let canonical = if is_default { serde_json::Value::Null } else { likeness.into() };
    Ok(Prepared::new(Progression { likeness }).canonical("likeness", canonical))
}

struct Progression {
    likeness: f64,
}

impl Scorer for Progression {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let found = match reasoning_of(input.reply) {
            Ok(found) if !found.steps.is_empty() => found,
            Ok(_) => return Finding::Ungraded("no steps: nothing to compare".to_owned()),
            Err(why) => return Finding::Ungraded(format!("{}: nothing to compare", why.0)),
        };
        let pairs = found.steps.windows(2).filter_map(|pair| Some((pair.first()?, pair.last()?)));
        let faults: Vec<String> = pairs.filter_map(|(before, step)| self.fault(before, step)).collect();
        let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
        let followers = found.steps.len() - 1;
        let value = if followers == 0 { 1.0 } else { count(followers - faults.len()) / count(followers) };
        let steps = reason::count(u64::try_from(found.steps.len()).unwrap_or(u64::MAX), "step", "steps");
        let more = faults.len().saturating_sub(TOLD);
        let told = faults.iter().take(TOLD).cloned().collect::<Vec<_>>().join(", ");
        let seen = match (faults.is_empty(), more) {
            (true, _) => format!("{steps} in order"),
            (false, 0) => format!("{steps}: {told}"),
            (false, more) => format!("{steps}: {told} and {more} more"),
        };
        Finding::Graded { value: Ratio::clamped(value), seen, wanted: "steps that go on from one another".to_owned() }
    }
}

impl Progression {
    /// Why a step does not go on from the one before it.
    fn fault(&self, before: &Step, step: &Step) -> Option<String> {
        let number = step.number;
        if before.number.checked_add(1) != Some(number) {
            return Some(format!("step {number} follows step {}", before.number));
        }
        let words = unicode_words(&step.text);
        if words.is_empty() {
            return Some(format!("step {number} says nothing"));
        }
        let likeness = dice(&unicode_words(&before.text), &words);
        (likeness >= self.likeness)
            .then(|| format!("step {number} repeats step {} (likeness {likeness:.2})", before.number))
    }
}

/// Twice the common words over all words, each counted as often as it stands; 0 without words.
fn dice(a: &[String], b: &[String]) -> f64 {
    let mut left: HashMap<&str, u32> = HashMap::new();
    a.iter().for_each(|word| *left.entry(word).or_default() += 1);
    let mut common = 0_usize;
    for word in b {
        if let Some(count) = left.get_mut(word.as_str()).filter(|count| **count > 0) {
            *count -= 1;
            common += 1;
        }
    }
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let all = a.len() + b.len();
    if all == 0 { 0.0 } else { 2.0 * number(common) / number(all) }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{check, fails, passes, problems_of, reason_of, ungraded, value_of};
    use super::*;
    use proptest::prelude::*;

    const CHECK: &str = "reasoning_progression";

    #[test]
    fn steps_in_order_that_differ_pass() {
        for text in [
            "Step 1: Add 3 and 4, which is 7.\nStep 2: Double that.\nAnswer: 14",
            "Step 1: Only one.\nAnswer: x",
            "{\"steps\": [\"a b\", \"c d\"], \"answer\": 1}",
            "Step 2: a\nStep 3: b\nAnswer: c",
        ] {
            assert!(passes(CHECK, text), "{text}: {}", reason_of(CHECK, text));
        }
    }

    #[test]
    fn repetitions_and_gaps_cost_their_share() {
        let text =
            "Step 1: We add the two numbers.\nStep 2: We add the two numbers!\nStep 4: Done.\nStep 5: Yes.\nAnswer: 7";
        assert_eq!(value_of(CHECK, text).map(|value| (value * 3.0).round()), Some(1.0));
        assert_eq!(
            reason_of(CHECK, text),
            "saw 4 steps: step 2 repeats step 1 (likeness 1.00), step 4 follows step 2; wanted steps that go on from one another"
        );
        assert!(fails(CHECK, text) && passes("reasoning_progression: {threshold: 0.3}", text));
        // 2 × 3 common of 8 words.
        assert!((dice(&unicode_words("a b c d"), &unicode_words("b c d e")) - 0.75).abs() < 1e-12);
        assert!(fails("reasoning_progression: 0.75", "Step 1: a b c d\nStep 2: b c d e\nAnswer: 1"));
    }

    #[test]
    fn without_steps_it_is_ungraded() {
        assert!(ungraded(CHECK, "Answer: 3").contains("no steps") && ungraded(CHECK, "").contains("an empty reply"));
        assert!(problems_of("reasoning_progression: {likeness: 2}").contains("above 0, up to 1"));
        assert_eq!(check(CHECK).identity(), check("reasoning_progression: 0.8").identity());
    }

    proptest! {
        #[test]
        fn likeness_is_bounded_symmetric_and_one_with_itself(a in "[a-d ]{0,20}", b in "[a-d ]{0,20}") {
            let (a, b) = (unicode_words(&a), unicode_words(&b));
            prop_assert!((dice(&a, &b) - dice(&b, &a)).abs() < 1e-12);
            prop_assert!((0.0..=1.0).contains(&dice(&a, &b)));
            let own = if a.is_empty() { 0.0 } else { 1.0 };
            prop_assert!((dice(&a, &a) - own).abs() < 1e-12);
        }
    }
}
