//! `role_adherence`: the assistant stays in its role.

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
use super::subject::{self, plain};
use super::tally::{tally, verdicts};
use super::turns::Turns;

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "role_adherence",
    family: "judge",
    about: "the assistant stays in its role: the one written, or that of the system message",
    short: "value",
    value: ValueRule::Optional,
    options: judge_options![OptionSpec::value("value", "text", "the role; the system message unless given")],
    degenerate: &[
        "1 − turns of the assistant out of character / turns of the assistant (DeepEval); turns of the prompt count, \
         the output is the last one; fails unless all are in character or `threshold` says otherwise",
        "an empty output: not applicable",
        "neither `value` nor a system message, or not one verdict for each turn: ungraded",
    ],
    calls: "1 question, 2 calls where the answer must be repaired; times judges and samples",
    example: "- role_adherence: A patient teacher who never gives the solution away",
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let role = settings.get("value").map(|value| plain("value", value)).transpose().map_err(Fault::alone)?;
    bench::prepare(settings, &SPEC, 1, RoleAdherence { role })
}

struct RoleAdherence {
    role: Option<String>,
}

const TASK: &str = "Task: the ASSISTANT was given the ROLE. For each numbered ASSISTANT turn of the conversation: does it \
                    stay in the role, in what it says, knows and refuses, and in its manner? Whether it is right does \
                    not matter here. You do not take the role yourself.";
const WORDS: [(&str, &str); 2] =
    [("in_character", "the turn fits the role"), ("out_of_character", "the role would not say this, or not like this")];

impl Metric for RoleAdherence {
    fn judge<'a>(&'a self, input: &'a ScoreInput<'a>, seat: &'a Seat<'a>) -> BoxFuture<'a, Result<Opinion, Failure>> {
        Box::pin(async move {
            let turns = Turns::of(input)?;
            let missing = || Failure::Ungraded("there is no system message; write the role as `value:`".to_owned());
            let role = self.role.clone().or_else(|| subject::instructions(input)).ok_or_else(missing)?;
            let material = turns.add_to(Material::default().with("ROLE", &role));
            let said = turns.assistant();
            let entries = verdicts(seat, "role_adherence", TASK, material, said.len(), &WORDS).await?;
            Ok(tally("turns in character", &said, &entries, |entry| entry.word("verdict") == "in_character"))
        })
    }

    fn wanted(&self) -> String {
        "every turn in character".to_owned()
    }
}

#[cfg(test)]
pub(super) const SCRIPT: Script = Script {
    yaml: "role_adherence",
    output: "Within five days.",
    right: &[r#"{"verdicts": [{"id": 1, "reason": "brief, as told", "verdict": "in_character"}]}"#],
    bad: r#"{"verdicts": [{"id": 1, "reason": "promises money", "verdict": "out_of_character"}]}"#,
    wrong_count: r#"{"verdicts": [{"id": 1, "reason": "a", "verdict": "in_character"},
        {"id": 2, "reason": "b", "verdict": "in_character"}]}"#,
};

#[cfg(test)]
mod tests {
    use super::super::super::testing::{ScriptedWorld, asked};
    use super::super::turns::tests::on;
    use crate::record::ScoreState;

    #[test]
    fn every_turn_of_the_assistant_counts() {
        let answer = r#"{"verdicts": [{"id": 2, "reason": "swears", "verdict": "out_of_character"},
            {"id": 1, "reason": "r", "verdict": "in_character"}]}"#;
        let score = on("role_adherence", &["q1", "a1", "q2"], "damn", &[answer]);
        let ScoreState::Scored { value, passed } = score.state else { panic!("{}", score.reason) };
        assert!(!passed && (value.get() - 0.5).abs() < 1e-12, "{}", score.reason);
        assert!(score.reason.contains(r#"out_of_character for "damn": "swears""#), "{}", score.reason);
    }

    #[test]
    fn without_a_conversation_it_cannot_be_told() {
        let score = asked("role_adherence: A clerk", "x", &ScriptedWorld::default());
        assert_eq!(score.state, ScoreState::Ungraded);
        assert_eq!(on("role_adherence", &["q"], " ", &[]).state, ScoreState::NotApplicable);
    }
}
