//! `instruction_adherence`: the output follows the instructions that were given.

use futures_util::future::BoxFuture;
use serde_json::Value;

use super::super::check::ScoreInput;
use super::super::settings::{Fault, Settings, texts_of};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use super::ask::{Question, Seat};
use super::bench;
use super::form::{Answer, Form};
use super::material::Material;
use super::metric::{Failure, Metric, Opinion};
use super::options::judge_options;
#[cfg(test)]
use super::outcomes::Script;
use super::subject::{self, Asked, QUESTION};
use super::tally::tally;

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "instruction_adherence",
    family: "judge",
    about: "the output follows the instructions: those written, or those of the system message",
    short: "value",
    value: ValueRule::Optional,
    options: judge_options![
        OptionSpec::value(
            "value",
            "text, or a list of texts",
            "the instructions; a judge lists those of the system message unless given",
        ),
        QUESTION,
    ],
    degenerate: &[
        "instructions followed / instructions that this question calls for (DeepEval's prompt alignment); fails unless \
         all are followed or `threshold` says otherwise",
        "no instruction that applies, or a system message without any: not applicable",
        "neither `value` nor a system message: ungraded; an empty output is judged as it stands",
    ],
    calls: "1 question, 2 without `value`, each 2 calls where the answer must be repaired; times judges and samples",
    example: "- instruction_adherence: [Answers in German, Uses at most three sentences]",
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let written = settings.get("value").map(|value| texts_of("value", value)).transpose()?;
    let questions = if written.is_some() { 1 } else { 2 };
    bench::prepare(settings, &SPEC, questions, InstructionAdherence { written, asked: Asked::of(settings)? })
}

struct InstructionAdherence {
    written: Option<Vec<String>>,
    asked: Asked,
}

const LIST: &str = "Task: list the instructions that the SYSTEM_MESSAGE gives for answers, each as one short sentence \
                    that can be checked by itself. Descriptions and facts are no instructions; without any the list is \
                    empty. You do not follow them: you list them.";
const TASK: &str = "Task: for each numbered INSTRUCTION that a model was given, does its OUTPUT follow it? You do not \
                    follow them yourself.";
const WORDS: [(&str, &str); 3] = [
    ("followed", "the output follows it"),
    ("violated", "the output does not follow it, or only in part"),
    ("not_called_for", "nothing in this question calls for it"),
];

impl InstructionAdherence {
    async fn instructions(&self, input: &ScoreInput<'_>, seat: &Seat<'_>) -> Result<Vec<String>, Failure> {
        if let Some(written) = &self.written {
            return Ok(written.clone());
        }
        let unknown = || Failure::Ungraded("there is no system message; write the instructions as `value:`".to_owned());
        let system = subject::instructions(input).ok_or_else(unknown)?;
        let material = Material::default().with("SYSTEM_MESSAGE", &system);
        let form = Form::default().texts("instructions", "each one a sentence of its own");
        let answer = seat.ask(&Question::new("instructions", LIST, material, form)).await?;
        Ok(answer.texts("instructions"))
    }
}

impl Metric for InstructionAdherence {
    fn judge<'a>(&'a self, input: &'a ScoreInput<'a>, seat: &'a Seat<'a>) -> BoxFuture<'a, Result<Opinion, Failure>> {
        Box::pin(async move {
            let instructions = self.instructions(input, seat).await?;
            if instructions.is_empty() {
                return Err(Failure::NotApplicable("the system message gives no instructions".to_owned()));
            }
            let material = Material::default()
                .with_each("INSTRUCTION", &instructions)
                .with_some("QUESTION", self.asked.text(input).as_deref())
                .with("OUTPUT", &input.reply.text);
            let form =
                Form::default().items("verdicts", instructions.len(), Form::reasoned().choice("verdict", &WORDS));
            let answer = seat.ask(&Question::new("instruction_adherence", TASK, material, form)).await?;
            let entries = answer.items("verdicts");
            let applies = |entry: &Answer| entry.word("verdict") != "not_called_for";
            let called: Vec<(&String, Answer)> =
                instructions.iter().zip(entries.iter().cloned()).filter(|(_, entry)| applies(entry)).collect();
            if called.is_empty() {
                return Err(Failure::NotApplicable("nothing in this question calls for an instruction".to_owned()));
            }
            let (items, verdicts): (Vec<&String>, Vec<Answer>) = called.into_iter().unzip();
            let opinion =
                tally("instructions followed", &items, &verdicts, |entry| entry.word("verdict") == "followed");
            let parts: Value = super::tally::parts(&instructions, &entries);
            Ok(Opinion { parts, ..opinion })
        })
    }

    fn wanted(&self) -> String {
        "every instruction followed".to_owned()
    }
}

#[cfg(test)]
pub(super) const SCRIPT: Script = Script {
    yaml: "instruction_adherence",
    output: "Within five days.",
    right: &[
        r#"{"instructions": ["Be brief.", "Never promise money."]}"#,
        r#"{"verdicts": [{"id": 1, "reason": "three words", "verdict": "followed"},
            {"id": 2, "reason": "no money asked for", "verdict": "not_called_for"}]}"#,
    ],
    bad: r#"{"verdicts": [{"id": 1, "reason": "three words", "verdict": "followed"},
        {"id": 2, "reason": "promises 5 €", "verdict": "violated"}]}"#,
    wrong_count: r#"{"verdicts": [{"id": 1, "reason": "a", "verdict": "followed"},
        {"id": 1, "reason": "b", "verdict": "followed"}]}"#,
};

#[cfg(test)]
mod tests {
    use super::super::super::testing::{ScriptedWorld, asked, check};
    use crate::record::ScoreState;

    #[test]
    fn only_instructions_that_are_called_for_count() {
        let yaml = "instruction_adherence: [a, b, c]";
        let answer = |words: [&str; 3]| {
            let entries: Vec<_> = (1..=3)
                .zip(words)
                .map(|(id, word)| serde_json::json!({"id": id, "reason": "r", "verdict": word}))
                .collect();
            serde_json::json!({"verdicts": entries}).to_string()
        };
        let score = asked(yaml, "x", &ScriptedWorld::judging(&[&answer(["followed", "not_called_for", "violated"])]));
        let ScoreState::Scored { value, .. } = score.state else { panic!("{}", score.reason) };
        assert!((value.get() - 0.5).abs() < 1e-12, "{}", score.reason);
        let none = asked(yaml, "x", &ScriptedWorld::judging(&[&answer(["not_called_for"; 3])]));
        assert_eq!(none.state, ScoreState::NotApplicable);
        assert_eq!(check(yaml).asks().judges.first().map(|(_, calls)| *calls), Some(2));
        assert_eq!(check("instruction_adherence").asks().judges.first().map(|(_, calls)| *calls), Some(4));
    }
}
