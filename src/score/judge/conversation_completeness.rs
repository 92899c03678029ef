//! `conversation_completeness`: what the user wanted in a conversation was met.

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
use super::tally::{tally, verdicts};
use super::turns::Turns;

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "conversation_completeness",
    family: "judge",
    about: "what the user wanted in the course of the conversation was met",
    options: judge_options![],
    degenerate: &[
        "intentions of the user that were met / intentions of the user (DeepEval); a judge lists them from the user's \
         turns; fails unless all were met or `threshold` says otherwise",
        "a user who wants nothing, and an empty output: not applicable",
        "not one verdict for each intention, also after one repair: ungraded",
    ],
    calls: "2 questions, each 2 calls where the answer must be repaired; times judges and samples",
    example: "- conversation_completeness",
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    bench::prepare(settings, &SPEC, 2, ConversationCompleteness)
}

struct ConversationCompleteness;

const LIST: &str = "Task: list what the USER wants in the course of the conversation, each as one short sentence that can \
                    be understood alone. A wish that is repeated or made more precise counts once. Small talk is no \
                    wish; without any the list is empty.";
const TASK: &str = "Task: for each numbered INTENTION of the user, did the assistant meet it by the end of the \
                    conversation? A promise to do something later does not meet it.";
const WORDS: [(&str, &str); 2] =
    [("met", "the user got it, or a sound reason why not"), ("unmet", "the user did not get it, or only in part")];

impl Metric for ConversationCompleteness {
    fn judge<'a>(&'a self, input: &'a ScoreInput<'a>, seat: &'a Seat<'a>) -> BoxFuture<'a, Result<Opinion, Failure>> {
        Box::pin(async move {
            let turns = Turns::of(input)?;
            let form = Form::default().texts("intentions", "each one a sentence of its own");
            let listed = Question::new("intentions", LIST, turns.add_to(Material::default()), form);
            let intentions = seat.ask(&listed).await?.texts("intentions");
            if intentions.is_empty() {
                return Err(Failure::NotApplicable("the user wants nothing".to_owned()));
            }
            let material = turns.add_to(Material::default().with_each("INTENTION", &intentions));
            let entries = verdicts(seat, "conversation_completeness", TASK, material, intentions.len(), &WORDS).await?;
            Ok(tally("intentions met", &intentions, &entries, |entry| entry.word("verdict") == "met"))
        })
    }

    fn wanted(&self) -> String {
        "everything that the user wanted".to_owned()
    }
}

#[cfg(test)]
pub(super) const SCRIPT: Script = Script {
    yaml: "conversation_completeness",
    output: "Within five days.",
    right: &[
        r#"{"intentions": ["Learn when the refund arrives."]}"#,
        r#"{"verdicts": [{"id": 1, "reason": "told", "verdict": "met"}]}"#,
    ],
    bad: r#"{"verdicts": [{"id": 1, "reason": "not told", "verdict": "unmet"}]}"#,
    wrong_count: r#"{"verdicts": [{"id": 2, "reason": "told", "verdict": "met"}]}"#,
};

#[cfg(test)]
mod tests {
    use super::super::turns::tests::on;
    use crate::record::ScoreState;

    #[test]
    fn a_user_who_wants_nothing_does_not_apply() {
        let score = on("conversation_completeness", &["Hi!"], "Hello!", &[r#"{"intentions": []}"#]);
        assert_eq!(score.state, ScoreState::NotApplicable, "{}", score.reason);
        let answers = [
            r#"{"intentions": ["a", "b"]}"#,
            r#"{"verdicts": [{"id": 2, "reason": "r", "verdict": "unmet"}, {"id": 1, "reason": "r", "verdict": "met"}]}"#,
        ];
        let score = on("conversation_completeness", &["a?", "a!", "b?"], "No.", &answers);
        assert!(score.is_fail() && score.reason.contains("1 of 2 intentions met"), "{}", score.reason);
    }
}
