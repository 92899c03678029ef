//! `hallucination`: the output contradicts none of the context passages.

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
use super::subject::{self, CONTEXT, Passages};
use super::tally::tally;

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "hallucination",
    family: "judge",
    about: "the output contradicts none of the context passages; higher is better",
    options: judge_options![CONTEXT],
    degenerate: &[
        "passages that the output does not contradict / passages (DeepEval 4; its releases before 4 gave 1 minus this)",
        "a passage that the output does not touch is not contradicted: use `faithfulness` for what is made up",
        "an empty output: not applicable; without passages, or without one verdict for each: ungraded",
    ],
    calls: "1 question, 2 calls where the answer must be repaired; times judges and samples",
    example: "- hallucination",
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    bench::prepare(settings, &SPEC, 1, Hallucination { passages: Passages::of(settings)? })
}

struct Hallucination {
    passages: Passages,
}

const TASK: &str = "Task: take each numbered CONTEXT passage as true. Does the OUTPUT contradict it?";
const WORDS: [(&str, &str); 2] =
    [("agrees", "the output agrees with the passage, or does not touch it"), ("contradicts", "both cannot be true")];

impl Metric for Hallucination {
    fn judge<'a>(&'a self, input: &'a ScoreInput<'a>, seat: &'a Seat<'a>) -> BoxFuture<'a, Result<Opinion, Failure>> {
        Box::pin(async move {
            let output = subject::output(input)?;
            let contexts = self.passages.wanted(input)?;
            let material = Material::default().with_each("CONTEXT", contexts).with("OUTPUT", output);
            let form = Form::default().items("verdicts", contexts.len(), Form::reasoned().choice("verdict", &WORDS));
            let answer = seat.ask(&Question::new("hallucination", TASK, material, form)).await?;
            let entries = answer.items("verdicts");
            Ok(tally("passages not contradicted", contexts, &entries, |entry| entry.word("verdict") == "agrees"))
        })
    }

    fn wanted(&self) -> String {
        "an output that contradicts no passage".to_owned()
    }
}

#[cfg(test)]
pub(super) const SCRIPT: Script = Script {
    yaml: "hallucination",
    output: "Refunds take five days.",
    right: &[r#"{"verdicts": [{"id": 1, "reason": "same", "verdict": "agrees"},
        {"id": 2, "reason": "not touched", "verdict": "agrees"}]}"#],
    bad: r#"{"verdicts": [{"id": 1, "reason": "five, not ten", "verdict": "contradicts"},
        {"id": 2, "reason": "not touched", "verdict": "agrees"}]}"#,
    wrong_count: r#"{"verdicts": [{"id": 1, "reason": "a", "verdict": "agrees"},
        {"id": 2, "reason": "b", "verdict": "agrees"}, {"id": 3, "reason": "c", "verdict": "agrees"}]}"#,
};
