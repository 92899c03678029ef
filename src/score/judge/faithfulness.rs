//! `faithfulness`: everything the output states follows from the context.

use futures_util::future::BoxFuture;

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
use super::subject::{self, Asked, CONTEXT, Passages, QUESTION};
use super::tally::{statements, tally};

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "faithfulness",
    family: "judge",
    about: "what the output states follows from the context passages",
    pass_at: 0.8,
    options: judge_options![CONTEXT, QUESTION],
    degenerate: &[
        "statements that the context supports / statements of the output (Ragas, 2023), against the passages themselves; \
         both contradicted and unmentioned ones count against it; `threshold` is 0.8 unless given",
        "an empty output and one that states nothing: not applicable",
        "passages are those the application retrieved, else the case's `context`; without any it is ungraded",
        "not one verdict for each statement, also after one repair: ungraded",
    ],
    calls: "2 questions, each 2 calls where the answer must be repaired; times judges and samples",
    example: "- faithfulness",
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    bench::prepare(settings, &SPEC, 2, Faithfulness { passages: Passages::of(settings)?, asked: Asked::of(settings)? })
}

struct Faithfulness {
    passages: Passages,
    asked: Asked,
}

const TASK: &str = "Task: for each numbered STATEMENT, does it follow directly from the CONTEXT passages? Use nothing \
                    that you know from elsewhere; several passages may support one statement together.";
const WORDS: [(&str, &str); 3] = [
    ("supported", "it follows from the context"),
    ("contradicted", "the context says otherwise"),
    ("not_mentioned", "the context does not say"),
];

impl Metric for Faithfulness {
    fn judge<'a>(&'a self, input: &'a ScoreInput<'a>, seat: &'a Seat<'a>) -> BoxFuture<'a, Result<Opinion, Failure>> {
        Box::pin(async move {
            let output = subject::output(input)?;
            let contexts = self.passages.wanted(input)?;
            let stated = statements(seat, "OUTPUT", output, self.asked.text(input).as_deref()).await?;
            if stated.is_empty() {
                return Err(Failure::NotApplicable("the output states nothing".to_owned()));
            }
            let material = Material::default().with_each("CONTEXT", contexts).with_each("STATEMENT", &stated);
            let form = Form::default().items("verdicts", stated.len(), Form::reasoned().choice("verdict", &WORDS));
            let answer = seat.ask(&Question::new("faithfulness", TASK, material, form)).await?;
            let entries = answer.items("verdicts");
            Ok(tally("statements supported", &stated, &entries, |entry| entry.word("verdict") == "supported"))
        })
    }

    fn wanted(&self) -> String {
        "statements that the context supports".to_owned()
    }
}

#[cfg(test)]
pub(super) const SCRIPT: Script = Script {
    yaml: "faithfulness",
    output: "Refunds take five days and shops open at nine.",
    right: &[
        r#"{"statements": ["Refunds take five days.", "Shops open at nine."]}"#,
        r#"{"verdicts": [{"id": 1, "reason": "passage 1", "verdict": "supported"},
            {"id": 2, "reason": "passage 2", "verdict": "supported"}]}"#,
    ],
    bad: r#"{"verdicts": [{"id": 1, "reason": "passage 1", "verdict": "supported"},
        {"id": 2, "reason": "passage 2 says nine, not ten", "verdict": "contradicted"}]}"#,
    wrong_count: r#"{"verdicts": [{"id": 1, "reason": "passage 1", "verdict": "supported"}]}"#,
};

#[cfg(test)]
mod tests {
    use super::super::super::testing::{ScriptedWorld, asked_of, case};
    use crate::record::{ChatReply, ScoreState};
    use serde_json::json;

    #[test]
    fn nothing_stated_does_not_apply_and_costs_no_second_question() {
        let mut with = case(json!({}), None);
        with.context = vec!["c".to_owned()];
        let world = ScriptedWorld::judging(&[r#"{"statements": []}"#]);
        let score = asked_of("faithfulness", &ChatReply::of_text("Hello!"), &with, &world);
        assert_eq!(score.state, ScoreState::NotApplicable, "{}", score.reason);
        let world = ScriptedWorld::default();
        let empty = asked_of("faithfulness", &ChatReply::of_text(" "), &with, &world);
        assert_eq!(empty.state, ScoreState::NotApplicable);
        let without = asked_of("faithfulness", &ChatReply::of_text("a"), &case(json!({}), None), &world);
        assert_eq!(without.state, ScoreState::Ungraded);
        assert!(world.questions.lock().expect("no panic").is_empty());
    }

    #[test]
    fn passages_of_the_application_come_before_those_of_the_case() {
        let mut with = case(json!({}), None);
        with.context = vec!["of the case".to_owned()];
        let reply = ChatReply { contexts: vec!["retrieved".to_owned()], ..ChatReply::of_text("a") };
        let verdict = r#"{"verdicts": [{"id": 1, "reason": "r", "verdict": "supported"}]}"#;
        let world = ScriptedWorld::judging(&[r#"{"statements": ["a"]}"#, verdict]);
        assert!(asked_of("faithfulness", &reply, &with, &world).is_pass());
        let questions = world.questions.lock().expect("no panic");
        let shown = questions[1].request.messages[1].joined_text();
        assert!(shown.contains("retrieved") && !shown.contains("of the case"), "{shown}");
    }
}
