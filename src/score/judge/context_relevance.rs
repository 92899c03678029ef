//! `context_relevance`: what the passages state belongs to the question.

use futures_util::future::BoxFuture;

use super::super::check::ScoreInput;
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, Prepared, ValueRule};
use super::ask::{Question, Seat};
use super::bench;
use super::form::{Form, MOST_TEXTS};
use super::material::Material;
use super::metric::{Failure, Metric, Opinion};
use super::options::judge_options;
#[cfg(test)]
use super::outcomes::Script;
use super::subject::{Asked, CONTEXT, Passages, QUESTION};
use super::tally::{tally, verdicts};

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "context_relevance",
    family: "judge",
    about: "what the retrieved passages state belongs to what was asked",
    pass_at: 0.5,
    short: "question",
    value: ValueRule::Optional,
    options: judge_options![CONTEXT, QUESTION],
    degenerate: &[
        "statements of all passages that belong to the question / statements of all passages (DeepEval); the output is \
         not looked at; `threshold` is 0.5 unless given, because passages are cut by length and not by subject",
        "passages that state nothing: not applicable",
        "without passages, where what was asked is not known, with more than 100 statements, and without one verdict \
         for each: ungraded",
    ],
    calls: "2 questions, each 2 calls where the answer must be repaired; times judges and samples",
    example: "- context_relevance",
    build: Build::Scorer(prepare),
    reads_text: false,
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    bench::prepare(
        settings,
        &SPEC,
        2,
        ContextRelevance { passages: Passages::of(settings)?, asked: Asked::of(settings)? },
    )
}

struct ContextRelevance {
    passages: Passages,
    asked: Asked,
}

const LIST: &str = "Task: for each numbered CONTEXT passage, list every statement that it makes, each as one short \
                    sentence that can be understood alone. Add nothing, leave nothing out; a passage without \
                    statements has an empty list.";
const TASK: &str = "Task: for each numbered STATEMENT, does it help to answer the QUESTION?";
const WORDS: [(&str, &str); 2] =
    [("relevant", "it holds a part of an answer, or what an answer rests on"), ("irrelevant", "it does neither")];

/// What the passages state, one after the other.
async fn stated(contexts: &[String], seat: &Seat<'_>) -> Result<Vec<String>, Failure> {
    let material = Material::default().with_each("CONTEXT", contexts);
    let entry = Form::default().texts("statements", "each one a sentence of its own");
    let form = Form::default().items("passages", contexts.len(), entry);
    let answer = seat.ask(&Question::new("statements", LIST, material, form)).await?;
    let stated: Vec<String> = answer.items("passages").iter().flat_map(|entry| entry.texts("statements")).collect();
    if stated.len() > MOST_TEXTS {
        let count = stated.len();
        return Err(Failure::Ungraded(format!(
            "the passages make {count} statements, at most {MOST_TEXTS} are judged"
        )));
    }
    Ok(stated)
}

impl Metric for ContextRelevance {
    fn judge<'a>(&'a self, input: &'a ScoreInput<'a>, seat: &'a Seat<'a>) -> BoxFuture<'a, Result<Opinion, Failure>> {
        Box::pin(async move {
            let question = self.asked.wanted(input)?;
            let stated = stated(self.passages.wanted(input)?, seat).await?;
            if stated.is_empty() {
                return Err(Failure::NotApplicable("the passages state nothing".to_owned()));
            }
            let material = Material::default().with("QUESTION", &question).with_each("STATEMENT", &stated);
            let entries = verdicts(seat, "context_relevance", TASK, material, stated.len(), &WORDS).await?;
            let found = "statements of the passages relevant";
            Ok(tally(found, &stated, &entries, |entry| entry.word("verdict") == "relevant"))
        })
    }

    fn wanted(&self) -> String {
        "passages that belong to the question".to_owned()
    }
}

#[cfg(test)]
pub(super) const SCRIPT: Script = Script {
    yaml: "context_relevance",
    output: "Refunds take five days.",
    right: &[
        r#"{"passages": [{"id": 1, "statements": ["Refunds take five days.", "Banks add one day."]},
            {"id": 2, "statements": ["Shops open at nine."]}]}"#,
        r#"{"verdicts": [{"id": 1, "reason": "the time", "verdict": "relevant"},
            {"id": 2, "reason": "the time", "verdict": "relevant"},
            {"id": 3, "reason": "shops", "verdict": "irrelevant"}]}"#,
    ],
    bad: r#"{"verdicts": [{"id": 1, "reason": "the time", "verdict": "relevant"},
        {"id": 2, "reason": "banks", "verdict": "irrelevant"}, {"id": 3, "reason": "shops", "verdict": "irrelevant"}]}"#,
    wrong_count: r#"{"verdicts": [{"id": 1, "reason": "the time", "verdict": "relevant"},
        {"id": 3, "reason": "shops", "verdict": "irrelevant"}]}"#,
};

#[cfg(test)]
mod tests {
    use super::super::super::testing::{ScriptedWorld, asked_of, case};
    use crate::record::{ChatReply, ScoreState};
    use serde_json::json;

    #[test]
    fn nothing_stated_does_not_apply_and_too_much_is_told() {
        let mut with = case(json!({}), None);
        with.context = vec!["c".to_owned(), "d".to_owned()];
        let on = |yaml: &str, answer: &str| {
            let world = ScriptedWorld::judging(&[answer]);
            asked_of(yaml, &ChatReply::of_text("x"), &with, &world)
        };
        let yaml = "context_relevance: When?";
        let nothing = r#"{"passages": [{"id": 2, "statements": []}, {"id": 1, "statements": []}]}"#;
        assert_eq!(on(yaml, nothing).state, ScoreState::NotApplicable);
        let many: Vec<String> = (0..60).map(|number| format!("s{number}")).collect();
        let many = json!({"passages": [{"id": 1, "statements": many}, {"id": 2, "statements": many}]}).to_string();
        let score = on(yaml, &many);
        assert_eq!(score.state, ScoreState::Ungraded);
        assert!(score.reason.contains("120 statements, at most 100"), "{}", score.reason);
        assert_eq!(on("context_relevance", nothing).state, ScoreState::Ungraded);
    }
}
