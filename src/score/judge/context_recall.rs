//! `context_recall`: the passages hold what the reference states.

use futures_util::future::BoxFuture;

use super::super::check::ScoreInput;
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use super::ask::Seat;
use super::bench;
use super::material::Material;
use super::metric::{Failure, Metric, Opinion};
use super::options::judge_options;
#[cfg(test)]
use super::outcomes::Script;
use super::subject::{Asked, CONTEXT, Passages, QUESTION, plain};
use super::tally::{statements, tally, verdicts};

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "context_recall",
    family: "judge",
    about: "the passages that were retrieved hold what the reference states",
    pass_at: 0.8,
    short: "value",
    value: ValueRule::OrExpected,
    options: judge_options![
        OptionSpec::value("value", "text", "the reference; the case's `expected` unless given"),
        CONTEXT,
        QUESTION,
    ],
    degenerate: &[
        "statements of the reference that can be attributed to the passages / statements of the reference (Ragas, \
         2023); the output is not looked at; `threshold` is 0.8 unless given",
        "a reference that states nothing: not applicable",
        "passages are those the application retrieved, else the case's `context`; without any, and without one verdict \
         for each statement: ungraded",
    ],
    calls: "2 questions, each 2 calls where the answer must be repaired; times judges and samples",
    example: "- context_recall: {from: expected}",
    build: Build::Scorer(prepare),
    reads_text: false,
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let reference = plain("value", settings.value()?).map_err(Fault::alone)?;
    bench::prepare(
        settings,
        &SPEC,
        2,
        ContextRecall { reference, passages: Passages::of(settings)?, asked: Asked::of(settings)? },
    )
}

struct ContextRecall {
    passages: Passages,
    reference: String,
    asked: Asked,
}

const TASK: &str = "Task: for each numbered STATEMENT, can it be attributed to the CONTEXT passages? Use nothing that \
                    you know from elsewhere; several passages may hold one statement together.";
const WORDS: [(&str, &str); 2] = [
    ("attributed", "the passages say it, or it follows from them"),
    ("missing", "they do not say it, or only in part"),
];

impl Metric for ContextRecall {
    fn judge<'a>(&'a self, input: &'a ScoreInput<'a>, seat: &'a Seat<'a>) -> BoxFuture<'a, Result<Opinion, Failure>> {
        Box::pin(async move {
            let contexts = self.passages.wanted(input)?;
            let stated = statements(seat, "REFERENCE", &self.reference, self.asked.text(input).as_deref()).await?;
            if stated.is_empty() {
                return Err(Failure::NotApplicable("the reference states nothing".to_owned()));
            }
            let material = Material::default().with_each("CONTEXT", contexts).with_each("STATEMENT", &stated);
            let entries = verdicts(seat, "context_recall", TASK, material, stated.len(), &WORDS).await?;
            let found = "statements of the reference found in the passages";
            Ok(tally(found, &stated, &entries, |entry| entry.word("verdict") == "attributed"))
        })
    }

    fn wanted(&self) -> String {
        "passages that hold what the reference states".to_owned()
    }
}

#[cfg(test)]
pub(super) const SCRIPT: Script = Script {
    yaml: "context_recall",
    output: "Refunds take five days.",
    right: &[
        r#"{"statements": ["Refunds arrive within five days.", "Shops open at nine."]}"#,
        r#"{"verdicts": [{"id": 1, "reason": "passage 1", "verdict": "attributed"},
            {"id": 2, "reason": "passage 2", "verdict": "attributed"}]}"#,
    ],
    bad: r#"{"verdicts": [{"id": 1, "reason": "passage 1", "verdict": "attributed"},
        {"id": 2, "reason": "nothing on shops", "verdict": "missing"}]}"#,
    wrong_count: r#"{"verdicts": [{"id": 1, "reason": "a", "verdict": "attributed"},
        {"id": 2, "reason": "b", "verdict": "attributed"}, {"id": 2, "reason": "c", "verdict": "missing"}]}"#,
};

#[cfg(test)]
mod tests {
    use super::super::super::testing::{ScriptedWorld, asked_of, case};
    use crate::record::{ChatReply, ScoreState};
    use serde_json::json;

    #[test]
    fn a_reference_that_states_nothing_does_not_apply() {
        let mut with = case(json!({}), Some(json!("Hello!")));
        with.context = vec!["c".to_owned()];
        let world = ScriptedWorld::judging(&[r#"{"statements": []}"#]);
        let score = asked_of("context_recall", &ChatReply::of_text("x"), &with, &world);
        assert_eq!(score.state, ScoreState::NotApplicable, "{}", score.reason);
        with.context.clear();
        let world = ScriptedWorld::default();
        let score = asked_of("context_recall", &ChatReply::of_text("x"), &with, &world);
        assert_eq!(score.state, ScoreState::Ungraded);
        assert!(world.questions.lock().expect("no panic").is_empty());
    }
    #[test]
    fn written_passages_come_before_all_others() {
        let mut with = case(json!({"docs": ["of a variable", "another"]}), Some(json!("a reference")));
        with.context = vec!["of the case".to_owned()];
        let reply = ChatReply { contexts: vec!["retrieved".to_owned()], ..ChatReply::of_text("a") };
        let verdict = r#"{"verdicts": [{"id": 1, "reason": "r", "verdict": "attributed"}]}"#;
        let shown = |yaml: &str| {
            let world = ScriptedWorld::judging(&[r#"{"statements": ["a"]}"#, verdict]);
            let score = asked_of(yaml, &reply, &with, &world);
            assert!(score.is_pass(), "{}", score.reason);
            let questions = world.questions.into_inner().expect("no panic");
            questions[1].request.messages[1].joined_text()
        };
        let written = shown("context_recall: {context: {from: vars.docs}}");
        assert!(written.contains("<<<CONTEXT 2") && written.contains("of a variable"), "{written}");
        assert!(!written.contains("retrieved") && !written.contains("of the case"), "{written}");
        let retrieved = shown("context_recall");
        assert!(retrieved.contains("retrieved") && !retrieved.contains("of the case"), "{retrieved}");
        let lacking =
            asked_of("context_recall: {context: {from: vars.none}}", &reply, &with, &ScriptedWorld::default());
        assert_eq!(lacking.state, ScoreState::Ungraded);
    }
}
