//! `quality`: a judge's card of grades from 1 to 10.

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::super::check::ScoreInput;
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
use super::subject::{Asked, QUESTION, plain, said};
use crate::base::closest;

/// The grades of the card and what they mean.
const GRADES: [(&str, &str); 5] = [
    ("correctness", "10: everything stated is right; 5: the main point is right, some details are wrong; 1: wrong"),
    ("completeness", "10: every part of the question is answered; 5: about half of it; 1: none"),
    ("clarity", "10: understood at first reading; 5: understood with effort; 1: cannot be understood"),
    ("relevance", "10: nothing but what was asked; 5: half of it beside the point; 1: off the point"),
    ("overall", "how good the output is for the one who asked; not a mean of the others"),
];

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "quality",
    family: "judge",
    about: "a judge gives good grades from 1 to 10: correctness, completeness, clarity, relevance and overall",
    pass_at: 0.7,
    short: "of",
    value: ValueRule::Optional,
    options: judge_options![
        OptionSpec::fixed(
            "of",
            "one grade, or a list of them",
            "the grade that is scored, the lowest of several; `overall` unless given. All five are in the details",
        ),
        OptionSpec::value("reference", "text", "an answer known to be right, to compare with; none unless given"),
        QUESTION,
    ],
    degenerate: &[
        "grade / 10, so that `threshold: 0.7`, the default, asks for a 7; the lowest score is 0.1",
        "checks with other `of` ask the same question: within a run with the cache on it is paid once",
        "an empty output is judged as it stands; a card without all five grades, also after one repair, is ungraded",
        "grades of models crowd at 7 and 8: prefer `rubric` where criteria can be named",
    ],
    calls: "1 question, 2 calls where the answer must be repaired; times judges and samples",
    example: "- quality: {of: [correctness, overall], threshold: 0.8}",
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let names = settings.get("of").map(|value| texts_of("of", value)).transpose()?;
    let names = names.unwrap_or_else(|| vec!["overall".to_owned()]);
    let known = || GRADES.iter().map(|(name, _)| *name);
    for name in &names {
        if !known().any(|grade| grade == name) {
            let near = closest(name, known()).map_or_else(String::new, |near| format!("did you mean `{near}`? "));
            let all: Vec<&str> = known().collect();
            let fault = Fault::new("of", format!("`{name}` is not a grade of the card"));
            return Err(fault.help(format!("{near}the grades are {}", all.join(", "))).alone());
        }
    }
    let of: Vec<&'static str> = known().filter(|grade| names.iter().any(|name| name == grade)).collect();
    let canonical = if of == ["overall"] { Value::Null } else { json!(of) };
    let reference = settings.get("reference").map(|value| plain("reference", value)).transpose();
    let reference = reference.map_err(Fault::alone)?;
    let prepared = bench::prepare(settings, &SPEC, 1, Quality { of, reference, asked: Asked::of(settings)? })?;
    Ok(prepared.canonical("of", canonical))
}

struct Quality {
    of: Vec<&'static str>,
    reference: Option<String>,
    asked: Asked,
}

const TASK: &str = "Task: grade the OUTPUT, which answers the QUESTION where there is one. Where there is a REFERENCE \
                    it is right. Use the whole scale: most outputs are neither a 1 nor a 10.";

impl Metric for Quality {
    fn judge<'a>(&'a self, input: &'a ScoreInput<'a>, seat: &'a Seat<'a>) -> BoxFuture<'a, Result<Opinion, Failure>> {
        Box::pin(async move {
            let material = Material::default()
                .with_some("QUESTION", self.asked.text(input).as_deref())
                .with_some("REFERENCE", self.reference.as_deref())
                .with("OUTPUT", &input.reply.text);
            let form = GRADES.iter().fold(Form::reasoned(), |form, (name, about)| form.whole(name, 1, 10, about));
            let answer = seat.ask(&Question::new("quality", TASK, material, form)).await?;
            let mut lowest: Option<(&str, i64)> = None;
            for name in &self.of {
                let grade = answer.whole(name).map_err(Failure::Ungraded)?;
                if lowest.is_none_or(|(_, low)| grade < low) {
                    lowest = Some((name, grade));
                }
            }
            let (name, grade) =
                lowest.ok_or_else(|| Failure::Ungraded("internal error: no grade is wanted".to_owned()))?;
            Ok(Opinion {
                value: f64::from(i32::try_from(grade).unwrap_or(0)) / 10.0,
                verdict: None,
                seen: format!("{name} {grade} of 10: {}", said(answer.reason())),
                parts: answer.to_json(),
            })
        })
    }

    fn wanted(&self) -> String {
        format!("a better grade of {}", self.of.join(" and "))
    }
}

#[cfg(test)]
pub(super) const SCRIPT: Script = Script {
    yaml: "quality: [overall, clarity]",
    output: "It takes five days.",
    right: &[
        r#"{"reason": "short and right", "correctness": 9, "completeness": 8, "clarity": 10, "relevance": 9, "overall": 9}"#,
    ],
    bad: r#"{"reason": "wrong", "correctness": 1, "completeness": 3, "clarity": 6, "relevance": 2, "overall": 2}"#,
    wrong_count: r#"{"reason": "short", "correctness": 9, "completeness": 8, "clarity": 10, "overall": "9 (2024)"}"#,
};

#[cfg(test)]
mod tests {
    use super::super::super::testing::{ScriptedWorld, asked, problems_of};
    use super::SCRIPT;
    use crate::record::ScoreState;

    #[test]
    fn the_lowest_of_the_wanted_grades_counts() {
        for (yaml, value) in
            [("quality", 0.9), ("quality: completeness", 0.8), ("quality: [clarity, completeness]", 0.8)]
        {
            let score = asked(yaml, "x", &ScriptedWorld::judging(SCRIPT.right));
            let ScoreState::Scored { value: seen, .. } = score.state else { panic!("{}", score.reason) };
            assert!((seen.get() - value).abs() < 1e-12, "{yaml}: {}", score.reason);
        }
        assert!(problems_of("quality: clearness").contains("the grades are correctness, completeness"));
    }

    #[test]
    fn labelled_grades_are_read_only_when_all_are_there() {
        let card = "Correctness: 9\nCompleteness: 8\nClarity: 10\nRelevance: 9\n**Overall:** 8";
        assert!(asked("quality", "x", &ScriptedWorld::judging(&[card])).is_pass());
        let short = "Correctness: 9\nOverall: 8/10";
        assert_eq!(asked("quality", "x", &ScriptedWorld::judging(&[short, short])).state, ScoreState::Ungraded);
    }
}
