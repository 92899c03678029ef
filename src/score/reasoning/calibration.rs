//! `reasoning_calibration`: the reply is as sure of its answer as it may be.

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::reason;
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use super::answer::same_answer;
use super::parse::reasoning_of;
use crate::base::Ratio;

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "reasoning_calibration",
    family: "reasoning",
    about: "the confidence that the output states fits whether its final answer is right",
    version: 1,
    // What a coin of confidence 0.5 scores always.
    pass_at: 0.75,
    short: "answer",
    value: ValueRule::OrExpected,
    options: &[OptionSpec::value(
        "answer",
        "any value",
        "the right answer; case, outer white space and a final period do not matter, `42` is 42",
    )],
    degenerate: &[
        "the score is 1 − (confidence − right)², with right 1 or 0: one minus the quadratic score of Brier (1950) of one trial; \
         sure and right is 1, sure and wrong is 0, undecided (0.5) is 0.75, which is the lowest that passes unless `threshold` is given",
        "the confidence is the one of the answer, or else the lowest of the steps when each has one",
        "without a confidence that can be read, or without a final answer, it is ungraded",
        "one trial says little: compare means over many",
    ],
    example: "- reasoning_calibration: {from: expected, weight: 0}",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let missing = || Fault::new("answer", "it has no answer to compare with").alone();
    Ok(Prepared::new(Calibration { answer: settings.get("answer").cloned().ok_or_else(missing)? }))
}

struct Calibration {
    answer: serde_json::Value,
}

impl Scorer for Calibration {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let found = match reasoning_of(input.reply) {
            Ok(found) => found,
            Err(why) => return Finding::Ungraded(format!("{}: no confidence to judge", why.0)),
        };
        let Some(answer) = &found.answer else { return Finding::Ungraded("no final answer to judge".to_owned()) };
        let Some(confidence) = found.stated_confidence() else {
            return Finding::Ungraded("the output does not say how sure it is of its answer".to_owned());
        };
        let is_right = same_answer(&self.answer, answer);
        let miss = confidence.get() - if is_right { 1.0 } else { 0.0 };
        let shown = answer.as_str().map_or_else(|| reason::json(answer), reason::quote);
        let word = if is_right { "right" } else { "wrong" };
        Finding::Graded {
            value: Ratio::clamped(1.0 - miss * miss),
            seen: format!("confidence {} of the answer {shown}, which is {word}", confidence.get()),
            wanted: "a confidence near 1 when right and near 0 when wrong".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{case, fails, passes, reason_of, ungraded, value_of, with_case};
    use serde_json::json;

    #[test]
    fn the_score_is_one_minus_the_squared_miss() {
        for (confidence, right, wrong) in [("1", 1.0, 0.0), ("0.5", 0.75, 0.75), ("80%", 0.96, 0.36), ("0", 0.0, 1.0)] {
            let text = format!("Step 1: a\nFinal answer: 42 (confidence: {confidence})");
            for (answer, wanted) in [("42", right), ("43", wrong)] {
                let value = value_of(&format!("reasoning_calibration: {answer}"), &text).expect("graded");
                assert!((value - wanted).abs() < 1e-12, "{confidence} {answer}: {value}");
            }
        }
    }

    #[test]
    fn overconfidence_fails_and_doubt_passes() {
        let text = "Step 1: a\nFinal answer: 42 (confidence: 0.9)";
        assert!(passes("reasoning_calibration: 42", text) && fails("reasoning_calibration: 41", text));
        assert_eq!(
            reason_of("reasoning_calibration: 41", text),
            "saw confidence 0.9 of the answer \"42\", which is wrong; wanted a confidence near 1 when right and near 0 when wrong"
        );
        let weakest = "Step 1: a (confidence: 0.9)\nStep 2: b (confidence: 0.4)\nAnswer: x";
        assert!(reason_of("reasoning_calibration: x", weakest).contains("confidence 0.4"));
        assert!(with_case("reasoning_calibration", text, &case(json!({}), Some(json!(42)))).is_pass());
    }

    #[test]
    fn what_is_not_said_is_not_judged() {
        assert!(ungraded("reasoning_calibration: 1", "Answer: 1").contains("how sure"));
        assert!(ungraded("reasoning_calibration: 1", "Step 1: a (confidence: 1)").contains("no final answer"));
        assert!(ungraded("reasoning_calibration: 1", "").contains("an empty reply"));
        assert!(ungraded("reasoning_calibration", "Answer: 1").contains("no `expected`"));
    }
}
