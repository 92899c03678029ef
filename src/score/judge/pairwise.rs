//! `pairwise`: the output is no worse than another answer, judged in both orders.

use futures_util::future::BoxFuture;
use serde_json::json;

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

/// The option of checks that compare.
pub(super) const CRITERIA: OptionSpec =
    OptionSpec::value("criteria", "text", "what makes an answer better; how well it answers the question unless given");

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "pairwise",
    family: "judge",
    about: "the output is at least as good as another answer, in both orders",
    pass_at: 0.5,
    short: "value",
    value: ValueRule::OrExpected,
    options: judge_options![
        OptionSpec::value("value", "text", "the other answer; the case's `expected` unless given"),
        CRITERIA,
        QUESTION,
    ],
    degenerate: &[
        "asked with the output first and with it last (Zheng et al. 2023, arXiv 2306.05685): better both times is 1, worse \
         both times 0, everything else a tie, 0.5; `threshold: 1` asks for a win",
        "a judge that picks the same place both times has told nothing: a tie, with `consistent: false` in the details",
        "an empty output is judged as it stands; one unreadable answer of the two leaves it ungraded",
    ],
    calls: "2 questions, each 2 calls where the answer must be repaired; times judges and samples",
    example: "- pairwise: {value: Refunds arrive within five days, criteria: Shorter and friendlier}",
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let other = plain("value", settings.value()?).map_err(Fault::alone)?;
    let criteria = criteria(settings)?;
    bench::prepare(settings, &SPEC, 2, Pairwise { other, criteria, asked: Asked::of(settings)? })
}

/// What makes an answer better.
pub(super) fn criteria(settings: &Settings) -> Result<String, Vec<Fault>> {
    let written = settings.get("criteria").map(|value| plain("criteria", value)).transpose().map_err(Fault::alone)?;
    Ok(written.unwrap_or_else(|| "how well it answers the QUESTION: right, complete, to the point".to_owned()))
}

struct Pairwise {
    other: String,
    criteria: String,
    asked: Asked,
}

/// Which of two answers a judge finds better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Better {
    Output,
    Other,
    Neither,
}

const WORDS: [(&str, &str); 3] =
    [("first", "ANSWER 1 is better"), ("second", "ANSWER 2 is better"), ("tie", "neither is clearly better")];

impl Pairwise {
    /// Asks once; `swapped` puts the output last.
    async fn duel(&self, input: &ScoreInput<'_>, seat: &Seat<'_>, swapped: bool) -> Result<(Better, String), Failure> {
        let (output, other) = (input.reply.text.as_str(), self.other.as_str());
        let answers = if swapped { [other, output] } else { [output, other] };
        let task = format!(
            "Task: which of the two answers is better? What counts: {}. Their order and their length mean nothing.",
            self.criteria
        );
        let material =
            Material::default().with_some("QUESTION", self.asked.text(input).as_deref()).with_each("ANSWER", &answers);
        let form = Form::reasoned().choice("verdict", &WORDS);
        let answer = seat.ask(&Question::new("pairwise", task, material, form)).await?;
        let better = match (answer.word("verdict"), swapped) {
            ("first", false) | ("second", true) => Better::Output,
            ("second", false) | ("first", true) => Better::Other,
            _ => Better::Neither,
        };
        Ok((better, answer.reason().to_owned()))
    }
}

impl Metric for Pairwise {
    fn judge<'a>(&'a self, input: &'a ScoreInput<'a>, seat: &'a Seat<'a>) -> BoxFuture<'a, Result<Opinion, Failure>> {
        Box::pin(async move {
            let (first, why) = self.duel(input, seat, false).await?;
            let (last, why_last) = self.duel(input, seat, true).await?;
            let (value, verdict) = match (first, last) {
                (Better::Output, Better::Output) => (1.0, "win"),
                (Better::Other, Better::Other) => (0.0, "loss"),
                _ => (0.5, "tie"),
            };
            let word = |better: Better| match better {
                Better::Output => "output",
                Better::Other => "other",
                Better::Neither => "neither",
            };
            let note = if first == last { "" } else { ", not the same in both orders" };
            Ok(Opinion {
                value,
                verdict: Some(verdict.to_owned()),
                seen: format!("a {verdict}{note}: {}", said(&why)),
                parts: json!({
                    "output_first": {"better": word(first), "reason": why},
                    "output_last": {"better": word(last), "reason": why_last},
                    "consistent": first == last,
                }),
            })
        })
    }

    fn wanted(&self) -> String {
        format!("an answer better than {}", reason::quote(&self.other))
    }
}

#[cfg(test)]
pub(super) const SCRIPT: Script = Script {
    yaml: "pairwise: {from: expected, threshold: 1}",
    output: "Five days.",
    right: &[r#"{"reason": "shorter", "verdict": "first"}"#, r#"{"reason": "shorter", "verdict": "second"}"#],
    bad: r#"{"reason": "vague", "verdict": "first"}"#,
    wrong_count: r#"{"reason": "both are good", "verdict": "both"}"#,
};

#[cfg(test)]
mod tests {
    use super::super::super::testing::{ScriptedWorld, asked};
    use crate::record::ScoreState;

    #[test]
    fn only_the_same_answer_in_both_orders_is_a_win_or_a_loss() {
        let table = [
            (["first", "second"], 1.0, true),
            (["second", "first"], 0.0, true),
            (["first", "first"], 0.5, false),
            (["second", "second"], 0.5, false),
            (["tie", "tie"], 0.5, true),
            (["first", "tie"], 0.5, false),
        ];
        for (verdicts, value, consistent) in table {
            let answers = verdicts.map(|verdict| format!("{{\"reason\": \"r\", \"verdict\": \"{verdict}\"}}"));
            let world = ScriptedWorld::judging(&[&answers[0], &answers[1]]);
            let score = asked("pairwise: {value: theirs}", "ours", &world);
            let ScoreState::Scored { value: seen, .. } = score.state else { panic!("{}", score.reason) };
            assert!((seen.get() - value).abs() < 1e-12, "{verdicts:?}: {}", score.reason);
            assert_eq!(score.details.expect("details")["ballots"][0]["parts"]["consistent"], consistent);
            let questions = world.questions.lock().expect("no panic");
            let shown = |index: usize| questions[index].request.messages[1].joined_text();
            let before = |text: &str| text.find("ours").expect("ours") < text.find("theirs").expect("theirs");
            assert!(before(&shown(0)) && !before(&shown(1)));
        }
    }
}
