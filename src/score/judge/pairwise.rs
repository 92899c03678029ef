//! `pairwise`: the output is no worse than another answer, or than the outputs of other variants, judged in both orders.

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::super::among::{Among, Comparing, Field, counterpart};
use super::super::check::{Finding, ScoreInput};
use super::super::reason;
use super::super::settings::{Fault, Settings, text_of};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use super::super::world::{Asks, Examined, World};
use super::ask::{Question, Seat};
use super::bench::{self, Judged, Panel};
use super::contest::{AMONG, is_among_variants, question_of};
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

/// The option of a baseline.
const AGAINST: OptionSpec = OptionSpec::fixed(
    "against",
    "a prompt or a model",
    "with `among: variants`: the variant that all others are compared with, such as `support@1.2.0` or `openai/gpt-5.4-mini`; \
     of several the one with the same model or prompt. Without it every variant meets every other one",
);

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "pairwise",
    family: "judge",
    about: "the output is at least as good as another answer, in both orders",
    pass_at: 0.5,
    short: "value",
    value: ValueRule::OrExpected,
    options: judge_options![
        OptionSpec::value("value", "text", "the other answer; the case's `expected` unless given"),
        AMONG,
        AGAINST,
        CRITERIA,
        QUESTION,
    ],
    degenerate: &[
        "asked with the output first and with it last (Zheng et al. 2023, arXiv 2306.05685): better both times is 1, worse \
         both times 0, everything else a tie, 0.5; `threshold: 1` asks for a win",
        "a judge that picks the same place both times has told nothing: a tie, with `consistent: false` in the details",
        "among variants every output meets every other one, or that of the variant of `against`, which has no score itself: \
         the value is the share of wins, a tie counts 0.5; every pair is judged once, in both orders",
        "equal outputs are a tie, and nobody is asked; a variant without an output is left out; fewer than two outputs, or no \
         output of `against`, leave the check ungraded",
        "an empty output is judged as it stands; one unreadable answer of the two leaves it ungraded",
    ],
    calls: "2 questions, each 2 calls where the answer must be repaired; times judges and samples; among n variants \
            n·(n−1)/2 times that for all of them, with `against` n−1 times",
    example: "- pairwise: {value: Refunds arrive within five days, criteria: Shorter and friendlier}",
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let against =
        settings.get("against").map(|value| text_of("against", "", value)).transpose().map_err(Fault::alone)?;
    if is_among_variants(settings)? {
        let (criteria, asked) = (criteria(settings)?, Asked::of(settings)?);
        let among = |panel| -> Box<dyn Among> { Box::new(Tournament { panel, against, criteria, asked }) };
        return bench::prepare_among(settings, &SPEC, among);
    }
    if against.is_some() {
        let fault = Fault::new("against", "`against` names a variant, and no variants are compared");
        return Err(fault.help("add `among: variants`, or write the other answer as `value`").alone());
    }
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

/// Asks once which of two answers is better: `first`, `second`, or neither, and why.
async fn ask_which(
    answers: [&str; 2],
    criteria: &str,
    question: Option<&str>,
    seat: &Seat<'_>,
) -> Result<(Option<usize>, String), Failure> {
    let task = format!(
        "Task: which of the two answers is better? What counts: {criteria}. Their order and their length mean nothing."
    );
    let material = Material::default().with_some("QUESTION", question).with_each("ANSWER", &answers);
    let form = Form::reasoned().choice("verdict", &WORDS);
    let answer = seat.ask(&Question::new("pairwise", task, material, form)).await?;
    let better = match answer.word("verdict") {
        "first" => Some(0),
        "second" => Some(1),
        _ => None,
    };
    Ok((better, answer.reason().to_owned()))
}

impl Pairwise {
    /// Asks once; `swapped` puts the output last.
    async fn duel(&self, input: &ScoreInput<'_>, seat: &Seat<'_>, swapped: bool) -> Result<(Better, String), Failure> {
        let (output, other) = (input.reply.text.as_str(), self.other.as_str());
        let answers = if swapped { [other, output] } else { [output, other] };
        let question = self.asked.text(input);
        let (better, why) = ask_which(answers, &self.criteria, question.as_deref(), seat).await?;
        let better = match (better, swapped) {
            (Some(0), false) | (Some(1), true) => Better::Output,
            (Some(_), _) => Better::Other,
            (None, _) => Better::Neither,
        };
        Ok((better, why))
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

/// The same among the variants of a case.
struct Tournament {
    panel: Panel,
    against: Option<String>,
    criteria: String,
    asked: Asked,
}

/// Who an output meets, by name and text, and whether they stand before it in the plan.
struct Meeting<'a> {
    name: String,
    text: &'a str,
    is_before: bool,
}

/// The meetings of one output.
struct Meetings<'a> {
    own: &'a str,
    others: Vec<Meeting<'a>>,
    criteria: &'a str,
    question: Option<&'a str>,
}

impl Meetings<'_> {
    /// 1, 0.5 or 0 against another output, and how it came. Every pair is asked in the order of the plan first, whoever of
    /// the two is looked at, so that the questions are the same.
    async fn meet(&self, other: &Meeting<'_>, seat: &Seat<'_>) -> Result<(f64, Value), Failure> {
        if other.text == self.own {
            return Ok((0.5, json!({"against": other.name, "value": 0.5, "same_output": true})));
        }
        let pair = if other.is_before { [other.text, self.own] } else { [self.own, other.text] };
        let own = usize::from(other.is_before);
        let (better, why) = ask_which(pair, self.criteria, self.question, seat).await?;
        let [one, two] = pair;
        let (swapped, why_swapped) = ask_which([two, one], self.criteria, self.question, seat).await?;
        let swapped = swapped.map(|place| 1 - place);
        let value = match (better, swapped) {
            (Some(one), Some(two)) if one == two => f64::from(u8::from(one == own)),
            _ => 0.5,
        };
        let consistent = better == swapped;
        let parts = json!({
            "against": other.name, "value": value, "consistent": consistent, "reason": why, "reason_swapped": why_swapped,
        });
        Ok((value, parts))
    }
}

impl Metric for Meetings<'_> {
    fn judge<'a>(&'a self, _: &'a ScoreInput<'a>, seat: &'a Seat<'a>) -> BoxFuture<'a, Result<Opinion, Failure>> {
        Box::pin(async move {
            let (mut sum, mut parts) = (0.0, Vec::new());
            let (mut wins, mut losses) = (0_u32, 0_u32);
            for other in &self.others {
                let (value, part) = self.meet(other, seat).await?;
                sum += value;
                wins += u32::from(value > 0.75);
                losses += u32::from(value < 0.25);
                parts.push(part);
            }
            let met = u32::try_from(self.others.len()).unwrap_or(u32::MAX);
            let ties = met.saturating_sub(wins).saturating_sub(losses);
            let verdict = match (met, wins, losses) {
                (1, 1, _) => Some("win"),
                (1, _, 1) => Some("loss"),
                (1, _, _) => Some("tie"),
                _ => None,
            };
            let tally = format!("{wins} won, {ties} tied, {losses} lost");
            let seen = match (verdict, self.others.as_slice(), parts.first().and_then(|part| part.get("reason"))) {
                (Some(verdict), [other], Some(why)) => {
                    format!("a {verdict} against `{}`: {}", other.name, said(why.as_str().unwrap_or("")))
                }
                (Some(verdict), [other], None) => format!("a {verdict} against `{}`: the same output", other.name),
                _ => format!("{tally} against {met} other variants"),
            };
            let value = if met == 0 { 0.5 } else { sum / f64::from(met) };
            let verdict = verdict.map(str::to_owned);
            Ok(Opinion { value, verdict, seen, parts: json!({"meetings": parts}) })
        })
    }

    fn wanted(&self) -> String {
        match self.others.as_slice() {
            [other] => format!("an output no worse than that of `{}`", other.name),
            _ => "an output no worse than those of the other variants".to_owned(),
        }
    }
}

impl Tournament {
    async fn findings(&self, field: &Field<'_>, world: &dyn World) -> Vec<Examined> {
        let handles = field.handles();
        let question = question_of(&self.asked, field);
        let mut found: Vec<Examined> =
            field.rivals.iter().map(|rival| Finding::Ungraded(rival.absent.to_owned()).into()).collect();
        let mut judged = Vec::new();
        for (place, _, input) in field.present() {
            let opponent = self.against.as_deref().map(|against| counterpart(against, place, &handles));
            let is_met = |other: usize| match &opponent {
                None => other != place,
                Some(opponent) => *opponent == Ok(Some(other)),
            };
            let others: Vec<Meeting<'_>> = field
                .present()
                .filter(|(other, _, _)| is_met(*other))
                .map(|(other, rival, input)| Meeting {
                    name: rival.name(),
                    text: input.reply.text.as_str(),
                    is_before: other < place,
                })
                .collect();
            if others.is_empty() {
                let finding = self.unmatched(opponent.as_ref());
                found.get_mut(place).into_iter().for_each(|slot| *slot = finding.clone().into());
                continue;
            }
            let own = input.reply.text.as_str();
            judged.push((
                place,
                Meetings { own, others, criteria: &self.criteria, question: question.as_deref() },
                input,
            ));
        }
        let all: Vec<Judged<'_>> = judged.iter().map(|(_, metric, input)| Judged { metric, input }).collect();
        let examined = self.panel.examine(&all, world).await;
        for ((place, _, _), one) in judged.iter().zip(examined) {
            found.get_mut(*place).into_iter().for_each(|slot| *slot = one.clone());
        }
        found
    }

    /// What is said of an output that meets no other.
    fn unmatched(&self, opponent: Option<&Result<Option<usize>, usize>>) -> Finding {
        let against = self.against.as_deref().unwrap_or("");
        match opponent {
            Some(Ok(None)) => Finding::NotApplicable(format!("`{against}` is what the others are compared with")),
            Some(Err(_)) => Finding::Ungraded(format!("`{against}` is not one variant to compare with")),
            _ => Finding::Ungraded(format!("`{against}` has no output to compare with")),
        }
    }
}

impl Among for Tournament {
    fn compare<'a>(&'a self, field: &'a Field<'a>, world: &'a dyn World) -> BoxFuture<'a, Vec<Examined>> {
        Box::pin(self.findings(field, world))
    }

    fn comparing(&self) -> Comparing {
        self.against.clone().map_or(Comparing::Everyone, Comparing::Against)
    }

    fn asks(&self) -> Asks {
        self.panel.asks(2)
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
