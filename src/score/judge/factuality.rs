//! `factuality`: how the facts of the output stand to those of a reference.

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::super::check::ScoreInput;
use super::super::reason;
use super::super::settings::{Fault, Settings, kind_of};
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

/// Letter, name, score, meaning (autoevals; the letters are those of OpenAI evals).
const CHOICES: [(&str, &str, f64, &str); 5] = [
    ("A", "subset", 0.4, "the output says less than the reference, and all of it agrees with the reference"),
    ("B", "superset", 0.6, "the output says all that the reference says, and more that does not contradict it"),
    ("C", "same", 1.0, "the output says the same as the reference"),
    ("D", "conflict", 0.0, "the output and the reference contradict each other"),
    ("E", "immaterial", 1.0, "they differ, but not in anything that matters for the facts"),
];

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "factuality",
    family: "judge",
    about: "the facts of the output agree with those of a reference: A subset, B superset, C same, D conflict, E immaterial",
    pass_at: 0.4,
    short: "value",
    value: ValueRule::OrExpected,
    options: judge_options![
        OptionSpec::value("value", "text", "the reference; the case's `expected` unless given"),
        OptionSpec::fixed(
            "scores",
            "a mapping of letters to numbers from 0 to 1",
            "other scores than A 0.4, B 0.6, C 1, D 0, E 1",
        ),
        QUESTION,
    ],
    degenerate: &[
        "`threshold` is 0.4 unless given, so that only a conflict fails; write 0.6 to refuse answers that lack facts",
        "an empty output is judged as it stands: a subset that says nothing",
        "any other letter, also after one repair, is ungraded; a letter inside a word is none",
    ],
    calls: "1 question, 2 calls where the answer must be repaired; times judges and samples",
    example: "- factuality: {value: Refunds arrive within five days, threshold: 0.6}",
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let reference = plain("value", settings.value()?).map_err(Fault::alone)?;
    let scores = scores(settings.get("scores")).map_err(Fault::alone)?;
    let usual = scores.iter().zip(CHOICES).all(|(score, (_, _, usual, _))| score.to_bits() == usual.to_bits());
    let named = || scores.iter().zip(CHOICES).map(|(score, (letter, ..))| (letter.to_owned(), json!(score)));
    let canonical = if usual { Value::Null } else { Value::Object(named().collect::<Map<String, Value>>()) };
    let asked = Asked::of(settings)?;
    let prepared = bench::prepare(settings, &SPEC, 1, Factuality { reference, scores, asked })?;
    Ok(prepared.canonical("scores", canonical))
}

fn scores(written: Option<&Value>) -> Result<[f64; 5], Fault> {
    let mut scores = CHOICES.map(|(_, _, score, _)| score);
    let Some(written) = written else { return Ok(scores) };
    let Value::Object(entries) = written else {
        let message = format!("`scores` must be a mapping, this is {}", kind_of(written));
        return Err(Fault::new("scores", message).code("wrong-type"));
    };
    for (key, value) in entries {
        let slot = CHOICES.iter().zip(scores.iter_mut()).find(|((letter, name, ..), _)| key == letter || key == name);
        let Some((_, slot)) = slot else {
            return Err(Fault::new("scores", format!("`{key}` is none of A, B, C, D and E")));
        };
        let wrong =
            || Fault::new("scores", format!("the score of `{key}` must be from 0 to 1")).pointer(format!("/{key}"));
        *slot = value.as_f64().filter(|score| (0.0..=1.0).contains(score)).ok_or_else(wrong)?;
    }
    Ok(scores)
}

struct Factuality {
    reference: String,
    scores: [f64; 5],
    asked: Asked,
}

const TASK: &str = "Task: compare the facts of the OUTPUT with those of the REFERENCE, an expert's answer to the same \
                    question. Style, grammar and punctuation do not matter. Which case is it?";

impl Metric for Factuality {
    fn judge<'a>(&'a self, input: &'a ScoreInput<'a>, seat: &'a Seat<'a>) -> BoxFuture<'a, Result<Opinion, Failure>> {
        Box::pin(async move {
            let material = Material::default()
                .with_some("QUESTION", self.asked.text(input).as_deref())
                .with("REFERENCE", &self.reference)
                .with("OUTPUT", &input.reply.text);
            let words = CHOICES.map(|(letter, _, _, about)| (letter, about));
            let form = Form::reasoned().choice("verdict", &words);
            let answer = seat.ask(&Question::new("factuality", TASK, material, form)).await?;
            let letter = answer.word("verdict");
            let chosen = CHOICES.iter().zip(self.scores).find(|((known, ..), _)| *known == letter);
            let Some(((_, name, ..), value)) = chosen else {
                return Err(Failure::Ungraded(format!("internal error: `{letter}` has no score")));
            };
            Ok(Opinion {
                value,
                verdict: Some(letter.to_owned()),
                seen: format!("{letter} ({name}): {}", said(answer.reason())),
                parts: answer.to_json(),
            })
        })
    }

    fn wanted(&self) -> String {
        format!("the facts of {}", reason::quote(&self.reference))
    }
}

#[cfg(test)]
pub(super) const SCRIPT: Script = Script {
    yaml: "factuality",
    output: "It takes five days at most.",
    right: &[r#"{"reason": "the same time", "verdict": "C"}"#],
    bad: r#"{"reason": "ten, not five", "verdict": "D"}"#,
    wrong_count: r#"{"reason": "CORRECT, says the output", "verdict": "CORRECT"}"#,
};

#[cfg(test)]
mod tests {
    use super::super::super::testing::{ScriptedWorld, asked, problems_of};
    use crate::record::ScoreState;

    #[test]
    fn each_letter_has_its_score() {
        for (letter, value) in [("A", 0.4), ("B", 0.6), ("C", 1.0), ("D", 0.0), ("E", 1.0), ("a", 0.4)] {
            let answer = format!("{{\"reason\": \"r\", \"verdict\": \"{letter}\"}}");
            let score = asked("factuality: x", "y", &ScriptedWorld::judging(&[&answer]));
            let ScoreState::Scored { value: seen, passed } = score.state else { panic!("{}", score.reason) };
            assert!((seen.get() - value).abs() < 1e-12 && passed == (letter != "D"), "{letter}: {}", score.reason);
        }
        let yaml = "factuality: {value: x, scores: {superset: 0, A: 1}}";
        let answer = |letter: &str| format!("The answer:\nVerdict: {letter}");
        assert!(asked(yaml, "y", &ScriptedWorld::judging(&[&answer("B")])).is_fail());
        assert!(asked(yaml, "y", &ScriptedWorld::judging(&[&answer("A")])).is_pass());
        assert!(problems_of("factuality: {value: x, scores: {F: 1}}").contains("none of A, B, C, D and E"));
        assert!(problems_of("factuality: {value: x, scores: {A: 2}}").contains("from 0 to 1"));
    }
}
