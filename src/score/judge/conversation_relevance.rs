//! `conversation_relevance`: each turn of the assistant belongs to what was said before it.

use futures_util::future::BoxFuture;

use super::super::check::ScoreInput;
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, Prepared};
use super::ask::Seat;
use super::bench;
use super::material::Material;
use super::metric::{Failure, Metric, Opinion};
use super::options::judge_options;
#[cfg(test)]
use super::outcomes::Script;
use super::tally::{tally, verdicts};
use super::turns::Turns;

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "conversation_relevance",
    family: "judge",
    about: "each turn of the assistant belongs to what was said before it",
    options: judge_options![],
    degenerate: &[
        "turns of the assistant that belong / turns of the assistant (DeepEval, without its window: every turn is seen \
         with all before it); turns of the prompt count, the output is the last one",
        "fails unless all belong or `threshold` says otherwise",
        "an empty output: not applicable; without one verdict for each turn: ungraded",
    ],
    calls: "1 question, 2 calls where the answer must be repaired; times judges and samples",
    example: "- conversation_relevance",
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    bench::prepare(settings, &SPEC, 1, ConversationRelevance)
}

struct ConversationRelevance;

const TASK: &str = "Task: for each numbered ASSISTANT turn, does it belong to the conversation before it: does it answer, ask \
                    or add what the user's words call for? Greetings and questions back belong where they fit. What \
                    comes after a turn does not matter for it.";
const WORDS: [(&str, &str); 2] =
    [("relevant", "it belongs to what was said before"), ("irrelevant", "nothing before it calls for it")];

impl Metric for ConversationRelevance {
    fn judge<'a>(&'a self, input: &'a ScoreInput<'a>, seat: &'a Seat<'a>) -> BoxFuture<'a, Result<Opinion, Failure>> {
        Box::pin(async move {
            let turns = Turns::of(input)?;
            let material = turns.add_to(Material::default());
            let said = turns.assistant();
            let entries = verdicts(seat, "conversation_relevance", TASK, material, said.len(), &WORDS).await?;
            Ok(tally("turns relevant", &said, &entries, |entry| entry.word("verdict") == "relevant"))
        })
    }

    fn wanted(&self) -> String {
        "turns that belong to the conversation".to_owned()
    }
}

#[cfg(test)]
pub(super) const SCRIPT: Script = Script {
    yaml: "conversation_relevance",
    output: "Within five days.",
    right: &[r#"{"verdicts": [{"id": 1, "reason": "tells when", "verdict": "relevant"}]}"#],
    bad: r#"{"verdicts": [{"id": 1, "reason": "on shops", "verdict": "irrelevant"}]}"#,
    wrong_count: r#"{"verdicts": []}"#,
};

#[cfg(test)]
mod tests {
    use super::super::turns::tests::on;
    use crate::record::ScoreState;

    #[test]
    fn the_share_of_turns_counts() {
        let answer = r#"{"verdicts": [{"id": 1, "reason": "r", "verdict": "relevant"},
            {"id": 2, "reason": "off", "verdict": "irrelevant"}, {"id": 3, "reason": "r", "verdict": "relevant"}]}"#;
        let yaml = "conversation_relevance: {threshold: 0.6}";
        let score = on(yaml, &["q1", "a1", "q2", "a2", "q3"], "a3", &[answer]);
        let ScoreState::Scored { value, passed } = score.state else { panic!("{}", score.reason) };
        assert!(passed && (value.get() - 2.0 / 3.0).abs() < 1e-12, "{}", score.reason);
    }
}
