//! `select_best`: of the output and other answers, or of the outputs of all variants, the output is the best, in both orders.

use futures_util::future::BoxFuture;
use serde_json::json;

use super::super::among::{Among, Comparing, Field};
use super::super::check::{Finding, ScoreInput};
use super::super::reason;
use super::super::settings::{Fault, Settings, texts_of};
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
        AMONG,
        CRITERIA,
        QUESTION,
    ],
    degenerate: &[
        "asked with the output first and with all answers in reverse: chosen both times is 1, never 0, once 0.5",
        "among variants the judge is asked once for all of them, in the order of the plan and in reverse: the same output both \
         times wins, 1, and all others are 0; two different ones are 0.5 each",
        "variants with the same output share its place; when all outputs are the same nobody is asked and all are 1",
        "a variant without an output is left out; fewer than two outputs leave the check ungraded",
        "an empty output is judged as it stands; one unreadable answer of the two leaves it ungraded",
    ],
    calls: "2 questions, each 2 calls where the answer must be repaired; times judges and samples; among variants once for \
            all of them",
    example: "- select_best: {value: [It depends, Five days at most], criteria: Says when the money arrives}",
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    if is_among_variants(settings)? {
        let (criteria, asked) = (criteria(settings)?, Asked::of(settings)?);
        return bench::prepare_among(settings, &SPEC, |panel| Box::new(BestOfAll { panel, criteria, asked }));
    }
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

/// The place that was chosen, from 1, and why.
struct Choice {
    place: String,
    why: String,
}

impl Choice {
    fn is(&self, place: usize) -> bool {
        self.place == place.to_string()
    }
}

/// Asks once which of some answers is the best.
async fn choose(answers: &[&str], criteria: &str, question: Option<&str>, seat: &Seat<'_>) -> Result<Choice, Failure> {
    let task = format!(
        "Task: which of the numbered answers is the best one? What counts: {criteria}. Their order and their length mean \
         nothing."
    );
    let material = Material::default().with_some("QUESTION", question).with_each("ANSWER", answers);
    let words: Vec<(String, String)> =
        (1..=answers.len()).map(|number| (number.to_string(), format!("ANSWER {number} is the best"))).collect();
    let form = Form::reasoned().choice("verdict", &words);
    let answer = seat.ask(&Question::new("select_best", task, material, form)).await?;
    Ok(Choice { place: answer.word("verdict").to_owned(), why: answer.reason().to_owned() })
}

/// What being chosen or not in both orders means.
fn verdict(first: bool, last: bool) -> (f64, &'static str) {
    match (first, last) {
        (true, true) => (1.0, "the best"),
        (false, false) => (0.0, "not the best"),
        _ => (0.5, "the best in one order only"),
    }
}

impl Metric for SelectBest {
    fn judge<'a>(&'a self, input: &'a ScoreInput<'a>, seat: &'a Seat<'a>) -> BoxFuture<'a, Result<Opinion, Failure>> {
        Box::pin(async move {
            let question = self.asked.text(input);
            let output = std::iter::once(input.reply.text.as_str());
            let mut answers: Vec<&str> = output.chain(self.others.iter().map(String::as_str)).collect();
            let first = choose(&answers, &self.criteria, question.as_deref(), seat).await?;
            answers.reverse();
            let last = choose(&answers, &self.criteria, question.as_deref(), seat).await?;
            let (is_first, is_last) = (first.is(1), last.is(answers.len()));
            let (value, verdict) = verdict(is_first, is_last);
            Ok(Opinion {
                value,
                verdict: Some(verdict.to_owned()),
                seen: format!("{verdict}: {}", said(&first.why)),
                parts: json!({
                    "output_first": {"chosen": first.place, "reason": first.why},
                    "reversed": {"chosen": last.place, "reason": last.why},
                    "consistent": is_first == is_last,
                }),
            })
        })
    }

    fn wanted(&self) -> String {
        format!("an answer better than {}", reason::list(&self.others))
    }
}

/// The same among the variants of a case.
struct BestOfAll {
    panel: Panel,
    criteria: String,
    asked: Asked,
}

/// The outputs of some variants, each text once, and the place of one of them, from 1.
struct Place<'a> {
    answers: &'a [&'a str],
    names: &'a [Vec<String>],
    own: usize,
    criteria: &'a str,
    question: Option<&'a str>,
}

impl Place<'_> {
    /// Who wrote what stands at a place, where that is one of them.
    fn names_at(&self, place: usize) -> Vec<&str> {
        let names = place.checked_sub(1).and_then(|index| self.names.get(index));
        names.iter().flat_map(|names| names.iter().map(String::as_str)).collect()
    }
}

impl Metric for Place<'_> {
    fn judge<'a>(&'a self, _: &'a ScoreInput<'a>, seat: &'a Seat<'a>) -> BoxFuture<'a, Result<Opinion, Failure>> {
        Box::pin(async move {
            let count = self.answers.len();
            let first = choose(self.answers, self.criteria, self.question, seat).await?;
            let reversed: Vec<&str> = self.answers.iter().rev().copied().collect();
            let last = choose(&reversed, self.criteria, self.question, seat).await?;
            let of_first: usize = first.place.parse().unwrap_or(0);
            let of_last = (count + 1).saturating_sub(last.place.parse().unwrap_or(0));
            let (value, verdict) = verdict(of_first == self.own, of_last == self.own);
            let consistent = of_first == of_last;
            let note = if consistent { "" } else { ", not the same one in both orders" };
            Ok(Opinion {
                value,
                verdict: Some(verdict.to_owned()),
                seen: format!("{verdict} of {count} different outputs{note}: {}", said(&first.why)),
                parts: json!({
                    "in_order": {"chosen": of_first, "by": self.names_at(of_first), "reason": first.why},
                    "reversed": {"chosen": of_last, "by": self.names_at(of_last), "reason": last.why},
                    "own": self.own,
                    "consistent": consistent,
                }),
            })
        })
    }

    fn wanted(&self) -> String {
        "the best output of all variants".to_owned()
    }
}

impl BestOfAll {
    async fn findings(&self, field: &Field<'_>, world: &dyn World) -> Vec<Examined> {
        let mut answers: Vec<&str> = Vec::new();
        let mut names: Vec<Vec<String>> = Vec::new();
        let mut owns = Vec::new();
        for (_, rival, input) in field.present() {
            let text = input.reply.text.as_str();
            let own = answers.iter().position(|known| *known == text).unwrap_or_else(|| {
                answers.push(text);
                names.push(Vec::new());
                answers.len() - 1
            });
            if let Some(names) = names.get_mut(own) {
                names.push(rival.name());
            }
            owns.push(own + 1);
        }
        let mut found: Vec<Examined> =
            field.rivals.iter().map(|rival| Finding::Ungraded(rival.absent.to_owned()).into()).collect();
        let examined = if answers.len() == 1 {
            let same = || {
                Finding::of_bool(true, "the same output as of all other variants", "the best output of all variants")
            };
            owns.iter().map(|_| same().into()).collect()
        } else {
            let question = question_of(&self.asked, field);
            let place = |own: &usize| Place {
                answers: &answers,
                names: &names,
                own: *own,
                criteria: &self.criteria,
                question: question.as_deref(),
            };
            let places: Vec<Place<'_>> = owns.iter().map(place).collect();
            let judged: Vec<Judged<'_>> = places
                .iter()
                .zip(field.present())
                .map(|(place, (_, _, input))| Judged { metric: place, input })
                .collect();
            self.panel.examine(&judged, world).await
        };
        for ((place, _, _), one) in field.present().zip(examined) {
            if let Some(slot) = found.get_mut(place) {
                *slot = one;
            }
        }
        found
    }
}

impl Among for BestOfAll {
    fn compare<'a>(&'a self, field: &'a Field<'a>, world: &'a dyn World) -> BoxFuture<'a, Vec<Examined>> {
        Box::pin(self.findings(field, world))
    }

    fn comparing(&self) -> Comparing {
        Comparing::Best
    }

    fn asks(&self) -> Asks {
        self.panel.asks(2)
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
