//! `knowledge_retention`: the assistant forgets nothing that the user told it.

use futures_util::future::BoxFuture;
use serde_json::json;

use super::super::check::ScoreInput;
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, Prepared};
use super::ask::{Question, Seat};
use super::bench;
use super::form::{Answer, Form};
use super::material::Material;
use super::metric::{Failure, Metric, Opinion};
use super::options::judge_options;
#[cfg(test)]
use super::outcomes::Script;
use super::tally::{tally, verdicts};
use super::turns::Turns;

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "knowledge_retention",
    family: "judge",
    about: "the assistant forgets nothing that the user told it earlier in the conversation",
    options: judge_options![],
    degenerate: &[
        "turns of the assistant that forget nothing / turns of the assistant after the first fact that the user told \
         (DeepEval); turns of the prompt count, the output is the last one; fails unless none forgets or `threshold` \
         says otherwise",
        "a user who told no facts, and an empty output: not applicable",
        "not one list for each turn of the user, or not one verdict for each turn of the assistant: ungraded",
    ],
    calls: "2 questions, each 2 calls where the answer must be repaired; times judges and samples",
    example: "- knowledge_retention",
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    bench::prepare(settings, &SPEC, 2, KnowledgeRetention)
}

struct KnowledgeRetention;

const LIST: &str = "Task: for each numbered USER turn, list the facts that the user tells in it about themselves, their case \
                    or what they want: names, figures, dates, preferences, what happened. Each is one short sentence \
                    that can be understood alone. Questions and greetings tell nothing: then the list is empty.";
const TASK: &str = "Task: the user told the FACTs, each in the USER turn that its section names. For each numbered ASSISTANT \
                    turn: does it forget a fact told before it? Only what was told earlier in the conversation counts.";
const WORDS: [(&str, &str); 2] = [
    ("kept", "it forgets nothing that was told before it"),
    ("forgot", "it asks for a fact that was told before, or contradicts it"),
];

/// The facts of each turn of the user.
async fn told(turns: &Turns, seat: &Seat<'_>) -> Result<Vec<Vec<String>>, Failure> {
    let count = turns.user().len();
    let form = Form::default().items("turns", count, Form::default().texts("facts", "each one a sentence of its own"));
    let answer = seat.ask(&Question::new("facts", LIST, turns.add_to(Material::default()), form)).await?;
    Ok(answer.items("turns").iter().map(|entry| entry.texts("facts")).collect())
}

impl Metric for KnowledgeRetention {
    fn judge<'a>(&'a self, input: &'a ScoreInput<'a>, seat: &'a Seat<'a>) -> BoxFuture<'a, Result<Opinion, Failure>> {
        Box::pin(async move {
            let turns = Turns::of(input)?;
            if turns.user().is_empty() {
                return Err(Failure::NotApplicable("the user said nothing".to_owned()));
            }
            let told = told(&turns, seat).await?;
            let Some(first) = told.iter().position(|facts| !facts.is_empty()) else {
                return Err(Failure::NotApplicable("the user told no facts".to_owned()));
            };
            let facts = told.iter().zip(1_usize..).flat_map(|(facts, turn)| facts.iter().map(move |fact| (fact, turn)));
            let material = facts.zip(1_usize..).fold(Material::default(), |material, ((fact, turn), number)| {
                material.with(&format!("FACT {number} OF USER {turn}"), fact)
            });
            let said = turns.assistant();
            let material = turns.add_to(material);
            let entries = verdicts(seat, "knowledge_retention", TASK, material, said.len(), &WORDS).await?;
            // All are asked about, so that the judge's numbers are those of the conversation; before the first fact there
            // was nothing to forget.
            let before = turns.assistant_before(first);
            let said: Vec<&str> = said.into_iter().skip(before).collect();
            let entries: Vec<Answer> = entries.into_iter().skip(before).collect();
            let opinion = tally("turns without forgetting", &said, &entries, |entry| entry.word("verdict") == "kept");
            Ok(Opinion { parts: json!({"facts": told, "turns": opinion.parts}), ..opinion })
        })
    }

    fn wanted(&self) -> String {
        "nothing forgotten".to_owned()
    }
}

#[cfg(test)]
pub(super) const SCRIPT: Script = Script {
    yaml: "knowledge_retention",
    output: "Within five days.",
    right: &[
        r#"{"turns": [{"id": 1, "facts": ["The user waits for a refund."]}]}"#,
        r#"{"verdicts": [{"id": 1, "reason": "speaks of it", "verdict": "kept"}]}"#,
    ],
    bad: r#"{"verdicts": [{"id": 1, "reason": "asks whether there is a refund", "verdict": "forgot"}]}"#,
    wrong_count: r#"{"verdicts": [{"id": 1, "reason": "a", "verdict": "kept"}, {"id": 1, "reason": "b", "verdict": "kept"}]}"#,
};

#[cfg(test)]
mod tests {
    use super::super::super::testing::{ScriptedWorld, asked_as, case};
    use super::super::turns::tests::{on, talk};
    use crate::record::{ChatReply, ScoreState};
    use serde_json::json;

    #[test]
    fn only_turns_after_the_first_fact_count() {
        let facts = r#"{"turns": [{"id": 2, "facts": ["Her name is Ada."]}, {"id": 1, "facts": []},
            {"id": 3, "facts": []}]}"#;
        let answer = r#"{"verdicts": [{"id": 1, "reason": "early", "verdict": "forgot"},
            {"id": 2, "reason": "r", "verdict": "kept"}, {"id": 3, "reason": "asks for the name", "verdict": "forgot"}]}"#;
        let talk = talk(&["Hi", "Hello", "I am Ada", "Hi Ada", "Who am I?"]);
        let world = ScriptedWorld::judging(&[facts, answer]);
        let case = case(json!({}), None);
        let reply = ChatReply::of_text("What is your name?");
        let score = asked_as("knowledge_retention", &reply, &case, Some(&talk), &world);
        let ScoreState::Scored { value, .. } = score.state else { panic!("{}", score.reason) };
        assert!((value.get() - 0.5).abs() < 1e-12, "{}", score.reason);
        let shown = world.questions.lock().expect("no panic")[1].request.messages[1].joined_text();
        assert!(shown.contains("FACT 1 OF USER 2"), "{shown}");
        assert!(score.reason.contains("asks for the name") && !score.reason.contains("early"), "{}", score.reason);
    }

    #[test]
    fn without_facts_it_does_not_apply() {
        let score = on("knowledge_retention", &["Hi"], "Hello", &[r#"{"turns": [{"id": 1, "facts": []}]}"#]);
        assert_eq!(score.state, ScoreState::NotApplicable, "{}", score.reason);
        let score = on("knowledge_retention", &[], "Hello", &[]);
        assert_eq!(score.state, ScoreState::NotApplicable, "{}", score.reason);
    }
}
