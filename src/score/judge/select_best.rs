//! `select_best`: of the output and other answers the output is the best, in both orders.

use futures_util::future::BoxFuture;
use serde_json::json;

use super::super::check::ScoreInput;
use super::super::reason;
use super::super::settings::{Fault, Settings, texts_of};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use super::ask::{Question, Seat};
use super::bench;
use super::form::Form;
use super::material::Material;
use super::metric::{Failure, Metric, Opinion};
use super::options::judge_options;
#[cfg(test)]
use super::outcomes::Script;
use super::pairwise::{CRITERIA, criteria};
use super::subject::{Asked, QUESTION, said};

/// Most other answers.
const MOST: usize = 20;

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "select_best",
    family: "judge",
    about: "of the output and other answers the output is the best, in both orders",
    short: "value",
    value: ValueRule::OrExpected,
    options: judge_options![
        OptionSpec::value("value", "text, or a list of texts", "the other answers; the case's `expected` unless given"),
        CRITERIA,
        QUESTION,
    ],
    degenerate: &[
        "asked with the output first and with all answers in reverse: chosen both times is 1, never 0, once 0.5",
        "answers of other variants of the run are not seen: compare variants by their scores",
        "an empty output is judged as it stands; one unreadable answer of the two leaves it ungraded",
    ],
    calls: "2 questions, each 2 calls where the answer must be repaired; times judges and samples",
    example: "- select_best: {value: [It depends, Five days at most], criteria: Says when the money arrives}",
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let others = texts_of("value", settings.value()?)?;
    if others.len() > MOST {
        return Err(Fault::new("value", format!("{} answers, at most {MOST} are compared", others.len())).alone());
    }
    let canonical = json!(others);
    let best = SelectBest { others, criteria: criteria(settings)?, asked: Asked::of(settings)? };
    Ok(bench::prepare(settings, &SPEC, 2, best)?.canonical("value", canonical))
}

struct SelectBest {
    others: Vec<String>,
    criteria: String,
    asked: Asked,
}

impl SelectBest {
    /// Asks once; whether the output is chosen, which place is, and why.
    async fn choose(
        &self,
        input: &ScoreInput<'_>,
        seat: &Seat<'_>,
        reversed: bool,
    ) -> Result<(bool, String, String), Failure> {
        let output = std::iter::once(input.reply.text.as_str());
        let mut answers: Vec<&str> = output.chain(self.others.iter().map(String::as_str)).collect();
        let own = if reversed { answers.len() } else { 1 };
        if reversed {
            answers.reverse();
        }
        let task = format!(
            "Task: which of the numbered answers is the best one? What counts: {}. Their order and their length mean \
             nothing.",
            self.criteria
        );
        let material =
            Material::default().with_some("QUESTION", self.asked.text(input).as_deref()).with_each("ANSWER", &answers);
        let words: Vec<(String, String)> =
            (1..=answers.len()).map(|number| (number.to_string(), format!("ANSWER {number} is the best"))).collect();
        let form = Form::reasoned().choice("verdict", &words);
        let answer = seat.ask(&Question::new("select_best", task, material, form)).await?;
        let chosen = answer.word("verdict");
        Ok((chosen == own.to_string(), chosen.to_owned(), answer.reason().to_owned()))
    }
}

impl Metric for SelectBest {
    fn judge<'a>(&'a self, input: &'a ScoreInput<'a>, seat: &'a Seat<'a>) -> BoxFuture<'a, Result<Opinion, Failure>> {
        Box::pin(async move {
            let (first, place, why) = self.choose(input, seat, false).await?;
            let (last, place_last, why_last) = self.choose(input, seat, true).await?;
            let (value, verdict) = match (first, last) {
                (true, true) => (1.0, "the best"),
                (false, false) => (0.0, "not the best"),
                _ => (0.5, "the best in one order only"),
            };
            Ok(Opinion {
                value,
                verdict: Some(verdict.to_owned()),
                seen: format!("{verdict}: {}", said(&why)),
                parts: json!({
                    "output_first": {"chosen": place, "reason": why},
                    "reversed": {"chosen": place_last, "reason": why_last},
                    "consistent": first == last,
                }),
            })
        })
    }

    fn wanted(&self) -> String {
        format!("an answer better than {}", reason::list(&self.others))
    }
}

#[cfg(test)]
pub(super) const SCRIPT: Script = Script {
    yaml: "select_best: [It depends, Ask the shop]",
    output: "Five days.",
    right: &[r#"{"reason": "clear", "verdict": "1"}"#, r#"{"reason": "clear", "verdict": "3"}"#],
    bad: r#"{"reason": "vague", "verdict": "2"}"#,
    wrong_count: r#"{"reason": "clear", "verdict": "4"}"#,
};

#[cfg(test)]
mod tests {
    use super::super::super::testing::{ScriptedWorld, asked};
    use crate::record::ScoreState;

    #[test]
    fn the_output_must_be_chosen_in_both_orders() {
        for (places, value) in [(["1", "3"], 1.0), (["2", "2"], 0.0), (["1", "1"], 0.5), (["3", "3"], 0.5)] {
            let answers = places.map(|place| format!("{{\"reason\": \"r\", \"verdict\": \"{place}\"}}"));
            let score = asked("select_best: [a, b]", "x", &ScriptedWorld::judging(&[&answers[0], &answers[1]]));
            let ScoreState::Scored { value: seen, .. } = score.state else { panic!("{}", score.reason) };
            assert!((seen.get() - value).abs() < 1e-12, "{places:?}: {}", score.reason);
        }
    }
}
