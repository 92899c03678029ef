//! `noise_sensitivity`: passages do not lead the output to wrong statements.

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::super::check::ScoreInput;
use super::super::reason;
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, OptionKind, OptionSpec, Prepared, ValueRule};
use super::ask::{Question, Seat};
use super::bench;
use super::form::{Answer, Form};
use super::material::Material;
use super::metric::{Failure, Metric, Opinion};
use super::options::judge_options;
#[cfg(test)]
use super::outcomes::Script;
use super::subject::{self, Asked, CONTEXT, Passages, QUESTION, plain, share};
use super::tally::{statements, verdicts};

const MODES: &[(&str, &str)] = &[("relevant", "relevant"), ("irrelevant", "irrelevant")];

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "noise_sensitivity",
    family: "judge",
    about: "passages do not lead the output to wrong statements; the score is 1 − sensitivity, so higher is better",
    pass_at: 0.8,
    short: "value",
    value: ValueRule::OrExpected,
    options: judge_options![
        OptionSpec::value("value", "text", "the reference; the case's `expected` unless given"),
        OptionSpec {
            name: "mode",
            kind: OptionKind::Word(MODES),
            takes: "relevant or irrelevant",
            about: "wrong statements out of passages that support the reference, or out of passages that support \
                    nothing of it and of no others; `relevant` unless given",
        },
        CONTEXT,
        QUESTION,
    ],
    degenerate: &[
        "1 − wrong statements that a passage of this kind supports / statements of the output (Ragas, 2024, where \
         lower is better); wrong is what the reference does not support; a passage is relevant when it supports a \
         statement of the reference; `threshold` is 0.8 unless given",
        "1 when no statement is wrong: then the passages are not asked about",
        "an empty output, and an output or a reference that states nothing: not applicable",
        "without passages, and without one verdict for each statement and passage: ungraded",
    ],
    calls: "4 questions, each 2 calls where the answer must be repaired; times judges and samples",
    example: "- noise_sensitivity: {from: expected, mode: irrelevant}",
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let reference = plain("value", settings.value()?).map_err(Fault::alone)?;
    let relevant = settings.word("mode", "relevant") == "relevant";
    bench::prepare(
        settings,
        &SPEC,
        4,
        NoiseSensitivity { reference, relevant, passages: Passages::of(settings)?, asked: Asked::of(settings)? },
    )
}

struct NoiseSensitivity {
    passages: Passages,
    reference: String,
    /// Passages that support something of the reference are looked at, else the others.
    relevant: bool,
    asked: Asked,
}

const TRUE: &str = "Task: for each numbered STATEMENT, does the REFERENCE support it? Take the reference as true and \
                    complete; use nothing that you know from elsewhere.";
const TRUE_WORDS: [(&str, &str); 2] =
    [("right", "the reference says it, or it follows from it"), ("wrong", "the reference does not say it")];
const SUPPORT: &str = "Task: for each numbered STATEMENT and each numbered CONTEXT passage, does this passage by itself \
                       support this statement? Use nothing that you know from elsewhere.";
const SUPPORT_WORDS: [(&str, &str); 2] =
    [("yes", "the statement follows from the passage"), ("no", "it does not, or only in part")];

/// What the passages support, statement by statement.
struct Support {
    output: Vec<Vec<bool>>,
    reference: Vec<Vec<bool>>,
}

/// Which statements of the output are wrong because of passages of the kind that counts.
fn misled(relevant: bool, wrong: &[bool], support: &Support) -> Vec<bool> {
    let is_relevant = |passage: usize| support.reference.iter().any(|row| row.get(passage) == Some(&true));
    let of = |(wrong, row): (&bool, &Vec<bool>)| {
        let supporting = || row.iter().enumerate().filter(|(_, supports)| **supports);
        let by_relevant = supporting().any(|(passage, _)| is_relevant(passage));
        let by_other = supporting().any(|(passage, _)| !is_relevant(passage));
        *wrong && if relevant { by_relevant } else { by_other && !by_relevant }
    };
    wrong.iter().zip(&support.output).map(of).collect()
}

async fn support(
    own: &[String],
    reference: &[String],
    contexts: &[String],
    seat: &Seat<'_>,
) -> Result<Support, Failure> {
    let all: Vec<&String> = own.iter().chain(reference).collect();
    let material = Material::default().with_each("CONTEXT", contexts).with_each("STATEMENT", &all);
    let passage = Form::default().choice("verdict", &SUPPORT_WORDS);
    let entry = Form::reasoned().items("passages", contexts.len(), passage);
    let form = Form::default().items("statements", all.len(), entry);
    let answer = seat.ask(&Question::new("support", SUPPORT, material, form)).await?;
    let row = |entry: &Answer| -> Vec<bool> {
        entry.items("passages").iter().map(|passage| passage.word("verdict") == "yes").collect()
    };
    let mut output: Vec<Vec<bool>> = answer.items("statements").iter().map(row).collect();
    let reference = output.split_off(own.len().min(output.len()));
    Ok(Support { output, reference })
}

impl NoiseSensitivity {
    fn kind(&self) -> &'static str {
        if self.relevant { "relevant" } else { "irrelevant" }
    }

    fn opinion(&self, stated: &[String], wrong: &[bool], misled: &[bool]) -> Opinion {
        let count = misled.iter().filter(|misled| **misled).count();
        let first = stated.iter().zip(misled).find(|(_, misled)| **misled);
        let first = first.map_or_else(String::new, |(item, _)| format!("; such as {}", reason::quote(item)));
        let parts = stated.iter().zip(wrong).zip(misled);
        let parts: Value =
            parts.map(|((item, wrong), misled)| json!({"item": item, "wrong": wrong, "misled": misled})).collect();
        let (total, kind) = (stated.len(), self.kind());
        Opinion {
            value: share(total - count, total.max(1)),
            verdict: None,
            seen: format!("{count} of {total} statements wrong by {kind} passages{first}"),
            parts: json!({"mode": kind, "statements": parts}),
        }
    }
}

impl Metric for NoiseSensitivity {
    fn judge<'a>(&'a self, input: &'a ScoreInput<'a>, seat: &'a Seat<'a>) -> BoxFuture<'a, Result<Opinion, Failure>> {
        Box::pin(async move {
            let output = subject::output(input)?;
            let contexts = self.passages.wanted(input)?;
            let question = self.asked.text(input);
            let own = statements(seat, "OUTPUT", output, question.as_deref()).await?;
            if own.is_empty() {
                return Err(Failure::NotApplicable("the output states nothing".to_owned()));
            }
            let material = Material::default().with("REFERENCE", &self.reference).with_each("STATEMENT", &own);
            let entries = verdicts(seat, "noise_sensitivity", TRUE, material, own.len(), &TRUE_WORDS).await?;
            let wrong: Vec<bool> = entries.iter().map(|entry| entry.word("verdict") == "wrong").collect();
            if !wrong.contains(&true) {
                return Ok(self.opinion(&own, &wrong, &wrong));
            }
            let reference = statements(seat, "REFERENCE", &self.reference, question.as_deref()).await?;
            if reference.is_empty() {
                return Err(Failure::NotApplicable("the reference states nothing".to_owned()));
            }
            let support = support(&own, &reference, contexts, seat).await?;
            Ok(self.opinion(&own, &wrong, &misled(self.relevant, &wrong, &support)))
        })
    }

    fn wanted(&self) -> String {
        format!("no wrong statement by {} passages", self.kind())
    }
}

#[cfg(test)]
pub(super) const SCRIPT: Script = Script {
    yaml: "noise_sensitivity",
    output: "Refunds take five days and shops open at noon.",
    right: &[
        r#"{"statements": ["Refunds take five days.", "Shops open at noon."]}"#,
        r#"{"verdicts": [{"id": 1, "reason": "same", "verdict": "right"},
            {"id": 2, "reason": "not there", "verdict": "wrong"}]}"#,
        r#"{"statements": ["Refunds arrive within five days."]}"#,
        r#"{"statements": [
            {"id": 1, "reason": "r", "passages": [{"id": 1, "verdict": "yes"}, {"id": 2, "verdict": "no"}]},
            {"id": 2, "reason": "r", "passages": [{"id": 1, "verdict": "no"}, {"id": 2, "verdict": "yes"}]},
            {"id": 3, "reason": "r", "passages": [{"id": 1, "verdict": "yes"}, {"id": 2, "verdict": "no"}]}]}"#,
    ],
    bad: r#"{"statements": [
        {"id": 1, "reason": "r", "passages": [{"id": 1, "verdict": "yes"}, {"id": 2, "verdict": "no"}]},
        {"id": 2, "reason": "r", "passages": [{"id": 1, "verdict": "yes"}, {"id": 2, "verdict": "no"}]},
        {"id": 3, "reason": "r", "passages": [{"id": 1, "verdict": "yes"}, {"id": 2, "verdict": "no"}]}]}"#,
    wrong_count: r#"{"statements": [
        {"id": 1, "reason": "r", "passages": [{"id": 1, "verdict": "yes"}, {"id": 2, "verdict": "no"}]},
        {"id": 2, "reason": "r", "passages": [{"id": 1, "verdict": "yes"}]},
        {"id": 3, "reason": "r", "passages": [{"id": 1, "verdict": "yes"}, {"id": 2, "verdict": "no"}]}]}"#,
};

#[cfg(test)]
mod tests {
    use super::super::super::testing::{ScriptedWorld, asked_of, case};
    use super::*;
    use crate::record::{ChatReply, ScoreState};
    use proptest::prelude::*;

    #[test]
    fn both_kinds_are_as_in_the_formula() {
        // Passage 1 supports the reference, passage 2 does not.
        let support = Support {
            output: vec![vec![true, false], vec![false, true], vec![true, true], vec![false, false], vec![true, true]],
            reference: vec![vec![true, false], vec![false, false]],
        };
        let wrong = [true, true, true, true, false];
        assert_eq!(misled(true, &wrong, &support), [true, false, true, false, false]);
        assert_eq!(misled(false, &wrong, &support), [false, true, false, false, false]);
    }

    proptest! {
        #[test]
        fn no_statement_is_misled_in_both_ways(
            wrong in proptest::collection::vec(any::<bool>(), 4),
            cells in proptest::collection::vec(any::<bool>(), 24),
        ) {
            let mut rows = cells.chunks(4).map(<[bool]>::to_vec);
            let output = rows.by_ref().take(4).collect();
            let support = Support { output, reference: rows.collect() };
            for ((one, two), wrong) in misled(true, &wrong, &support).iter().zip(misled(false, &wrong, &support)).zip(&wrong) {
                prop_assert!(!(*one && two) && (*wrong || !(*one || two)));
            }
        }
    }

    #[test]
    fn a_right_output_needs_no_passages_judged() {
        let mut with = case(json!({}), Some(json!("e")));
        with.context = vec!["c".to_owned()];
        let right = r#"{"verdicts": [{"id": 1, "reason": "r", "verdict": "right"}]}"#;
        let world = ScriptedWorld::judging(&[r#"{"statements": ["a"]}"#, right]);
        let score = asked_of("noise_sensitivity", &ChatReply::of_text("a"), &with, &world);
        assert!(score.is_pass() && score.reason.contains("0 of 1"), "{}", score.reason);
        let world = ScriptedWorld::judging(&[r#"{"statements": []}"#]);
        let score = asked_of("noise_sensitivity", &ChatReply::of_text("a"), &with, &world);
        assert_eq!(score.state, ScoreState::NotApplicable);
    }
}
