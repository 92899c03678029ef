//! `answer_relevance`: what the output states belongs to the question.

use futures_util::future::BoxFuture;
use serde_json::Value;

use super::super::check::ScoreInput;
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, Prepared};
use super::ask::{Question, Seat};
use super::bench;
use super::form::Form;
use super::material::Material;
use super::metric::{Failure, Metric, Opinion};
use super::options::judge_options;
#[cfg(test)]
use super::outcomes::Script;
use super::subject::{Asked, QUESTION};
use super::tally::{statements, tally};

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "answer_relevance",
    family: "judge",
    about: "what the output states belongs to what was asked",
    pass_at: 0.8,
    short: "question",
    value: super::super::spec::ValueRule::Optional,
    options: judge_options![QUESTION],
    degenerate: &[
        "statements that answer or support an answer / statements of the output (DeepEval); whether they are true is \
         not asked; `threshold` is 0.8 unless given",
        "an empty output and one that states nothing, such as a refusal, score 0",
        "where what was asked is not known, and without one verdict for each statement: ungraded",
    ],
    calls: "2 questions, each 2 calls where the answer must be repaired; times judges and samples",
    example: "- answer_relevance",
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    bench::prepare(settings, &SPEC, 2, AnswerRelevance { asked: Asked::of(settings)? })
}

struct AnswerRelevance {
    asked: Asked,
}

const TASK: &str = "Task: for each numbered STATEMENT of an answer, does it help to answer the QUESTION? Whether it is \
                    true does not matter here.";
const WORDS: [(&str, &str); 3] = [
    ("relevant", "it answers the question or a part of it"),
    ("supporting", "it does not answer by itself, but explains or supports an answer"),
    ("irrelevant", "the question did not ask for it in any way"),
];

/// An answer that says nothing does not answer.
fn nothing(seen: &str) -> Opinion {
    Opinion { value: 0.0, verdict: None, seen: seen.to_owned(), parts: Value::Null }
}

impl Metric for AnswerRelevance {
    fn judge<'a>(&'a self, input: &'a ScoreInput<'a>, seat: &'a Seat<'a>) -> BoxFuture<'a, Result<Opinion, Failure>> {
        Box::pin(async move {
            let question = self.asked.wanted(input)?;
            let output = &input.reply.text;
            if output.trim().is_empty() {
                return Ok(nothing("an empty output"));
            }
            let stated = statements(seat, "OUTPUT", output, Some(&question)).await?;
            if stated.is_empty() {
                return Ok(nothing("an output that states nothing"));
            }
            let material = Material::default().with("QUESTION", &question).with_each("STATEMENT", &stated);
            let form = Form::default().items("verdicts", stated.len(), Form::reasoned().choice("verdict", &WORDS));
            let answer = seat.ask(&Question::new("answer_relevance", TASK, material, form)).await?;
            let belongs = |word: &str| matches!(word, "relevant" | "supporting");
            let entries = answer.items("verdicts");
            Ok(tally("statements relevant", &stated, &entries, |entry| belongs(entry.word("verdict"))))
        })
    }

    fn wanted(&self) -> String {
        "statements that belong to the question".to_owned()
    }
}

#[cfg(test)]
pub(super) const SCRIPT: Script = Script {
    yaml: "answer_relevance",
    output: "Refunds take five days. Banks add one.",
    right: &[
        r#"{"statements": ["Refunds take five days.", "Banks add one day."]}"#,
        r#"{"verdicts": [{"id": 1, "reason": "answers", "verdict": "relevant"},
            {"id": 2, "reason": "explains", "verdict": "supporting"}]}"#,
    ],
    bad: r#"{"verdicts": [{"id": 1, "reason": "about shops", "verdict": "irrelevant"},
        {"id": 2, "reason": "about shops", "verdict": "irrelevant"}]}"#,
    wrong_count: r#"{"verdicts": []}"#,
};

#[cfg(test)]
mod tests {
    use super::super::super::testing::{ScriptedWorld, asked};
    use crate::record::ScoreState;

    #[test]
    fn saying_nothing_is_no_answer() {
        let world = ScriptedWorld::judging(&[r#"{"statements": []}"#]);
        let score = asked("answer_relevance: {question: When?}", "I cannot say.", &world);
        assert!(score.is_fail() && score.reason.contains("an output that states nothing"), "{}", score.reason);
        let world = ScriptedWorld::default();
        assert!(asked("answer_relevance: {question: When?}", "", &world).is_fail());
        let unknown = asked("answer_relevance", "On Friday.", &world);
        assert_eq!(unknown.state, ScoreState::Ungraded);
        assert!(unknown.reason.contains("write `question:`") && world.questions.lock().expect("no panic").is_empty());
    }
}
