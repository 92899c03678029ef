//! `closed_qa`: the answer to a question meets a criterion.

use futures_util::future::BoxFuture;

use super::super::check::ScoreInput;
use super::super::reason;
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use super::ask::{Question, Seat};
use super::bench;
use super::form::Form;
use super::material::Material;
use super::metric::{Failure, Metric, Opinion};
use super::options::judge_options;
#[cfg(test)]
use super::outcomes::Script;
use super::subject::{Asked, QUESTION, plain, said};

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "closed_qa",
    family: "judge",
    about: "the output, as the answer to what was asked, meets a criterion: yes or no",
    short: "value",
    value: ValueRule::Required,
    options: judge_options![
        OptionSpec::value("value", "text", "the criterion, such as `names the right capital`"),
        QUESTION,
    ],
    degenerate: &[
        "yes is 1 and no is 0 (ClosedQA of OpenAI evals and autoevals)",
        "where what was asked is not known it is ungraded; `rubric` needs no question",
        "an empty output is judged as it stands",
    ],
    calls: "1 question, 2 calls where the answer must be repaired; times judges and samples",
    example: "- closed_qa: The answer names a single date",
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let criterion = plain("value", settings.value()?).map_err(Fault::alone)?;
    bench::prepare(settings, &SPEC, 1, ClosedQa { criterion, asked: Asked::of(settings)? })
}

struct ClosedQa {
    criterion: String,
    asked: Asked,
}

const TASK: &str = "Task: read the QUESTION, the OUTPUT that answers it, and the CRITERION. Does the output meet the \
                    criterion? Nothing else about it matters.";
const WORDS: [(&str, &str); 2] = [("yes", "the output meets the criterion"), ("no", "it does not, or only in part")];

impl Metric for ClosedQa {
    fn judge<'a>(&'a self, input: &'a ScoreInput<'a>, seat: &'a Seat<'a>) -> BoxFuture<'a, Result<Opinion, Failure>> {
        Box::pin(async move {
            let material = Material::default()
                .with("CRITERION", &self.criterion)
                .with("QUESTION", &self.asked.wanted(input)?)
                .with("OUTPUT", &input.reply.text);
            let form = Form::reasoned().choice("verdict", &WORDS);
            let answer = seat.ask(&Question::new("closed_qa", TASK, material, form)).await?;
            let verdict = answer.word("verdict");
            Ok(Opinion {
                value: if verdict == "yes" { 1.0 } else { 0.0 },
                verdict: Some(verdict.to_owned()),
                seen: format!("\"{verdict}\": {}", said(answer.reason())),
                parts: answer.to_json(),
            })
        })
    }

    fn wanted(&self) -> String {
        format!("an answer that meets {}", reason::quote(&self.criterion))
    }
}

#[cfg(test)]
pub(super) const SCRIPT: Script = Script {
    yaml: "closed_qa: names a number of days",
    output: "Within five days.",
    right: &[r#"{"reason": "five days", "verdict": "yes"}"#],
    bad: r#"{"reason": "no number", "verdict": "no"}"#,
    wrong_count: r#"{"reason": "five days"}"#,
};
