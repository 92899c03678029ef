//! `geval`: a judge grades by steps made of criteria, weighted by the probabilities of the grades where they are known.

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::super::check::ScoreInput;
use super::super::reason;
use super::super::settings::{Fault, Settings, texts_of};
use super::super::spec::{Build, CheckSpec, OptionKind, OptionSpec, Prepared, ValueRule};
use super::ask::{Question, Seat};
use super::bench;
use super::form::Form;
use super::material::Material;
use super::metric::{Failure, Metric, Opinion};
use super::options::judge_options;
#[cfg(test)]
use super::outcomes::Script;
use super::subject::{self, Asked, QUESTION, plain, said};
use super::weigh;

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "geval",
    family: "judge",
    about: "a judge gives the output a good grade by steps made of criteria (G-Eval)",
    pass_at: 0.7,
    short: "criteria",
    value: ValueRule::Optional,
    options: judge_options![
        OptionSpec::value(
            "criteria",
            "text",
            "what is graded; the judge makes 3 to 4 steps of it unless `steps` are given"
        ),
        OptionSpec::fixed("steps", "a list of texts", "the steps of the evaluation, written out: nothing is generated"),
        OptionSpec::fixed(
            "scale",
            "`[lowest, highest]`",
            "whole numbers that grades lie between; `[0, 10]` unless given"
        ),
        OptionSpec::value("reference", "text", "an answer known to be right, shown to the judge; none unless given"),
        OptionSpec {
            name: "context",
            kind: OptionKind::Flag,
            takes: "true or false",
            about: "shows the context passages to the judge"
        },
        QUESTION,
    ],
    degenerate: &[
        "(grade − lowest) / (highest − lowest) (Liu et al. 2023, arXiv 2303.16634); `threshold` is 0.7 unless given",
        "where the provider gives alternatives of tokens the grade is Σ p·grade / Σ p over those of at least 1 %; else the \
         grade itself; with `samples` the mean of the grades. Which one it was is in the details as `mode`",
        "steps are generated at temperature 0 by a question that is the same for every case: the cache and cassettes \
         answer it once per check; without a cache each case asks again, so write `steps` out to pin them",
        "an empty output is judged as it stands; a grade off the scale, also after one repair, is ungraded",
    ],
    calls: "1 question, 2 without `steps`, each 2 calls where the answer must be repaired; times judges and samples",
    example: "- geval: {criteria: The answer is polite and names the next step, threshold: 0.8}",
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let text = |option| settings.get(option).map(|value| plain(option, value)).transpose().map_err(Fault::alone);
    let criteria = text("criteria")?;
    let steps = settings.get("steps").map(|value| texts_of("steps", value)).transpose()?;
    if criteria.is_none() && steps.is_none() {
        let fault = Fault::new("criteria", "`geval` has neither `criteria` nor `steps`").code("missing-field");
        return Err(fault.help(format!("write it like `{}`", SPEC.example)).alone());
    }
    let scale = settings.get("scale").map_or(Ok((0, 10)), scale).map_err(Fault::alone)?;
    let questions = if steps.is_some() { 1 } else { 2 };
    let sampled = settings.get("samples").and_then(Value::as_f64).is_some_and(|samples| samples > 1.0);
    let (reference, asked) = (text("reference")?, Asked::of(settings)?);
    let geval = GEval { criteria, steps, scale, reference, context: settings.flag("context"), asked, sampled };
    let canonical = if scale == (0, 10) { Value::Null } else { json!([scale.0, scale.1]) };
    Ok(bench::prepare(settings, &SPEC, questions, geval)?.canonical("scale", canonical))
}

fn scale(value: &Value) -> Result<(i64, i64), Fault> {
    let wrong = || {
        let message = format!(
            "`scale` must be two whole numbers from 0 to 100, the lower one first, this is {}",
            reason::json(value)
        );
        Fault::new("scale", message)
    };
    let bounds: Option<Vec<i64>> = value.as_array().and_then(|items| items.iter().map(Value::as_i64).collect());
    match bounds.as_deref() {
        Some([low, high]) if 0 <= *low && low < high && *high <= 100 => Ok((*low, *high)),
        _ => Err(wrong()),
    }
}

struct GEval {
    criteria: Option<String>,
    steps: Option<Vec<String>>,
    scale: (i64, i64),
    reference: Option<String>,
    context: bool,
    asked: Asked,
    sampled: bool,
}

const MAKE_STEPS: &str = "Task: write 3 to 4 short steps by which somebody evaluates an output by the CRITERIA, each \
                          one sentence that says what to look at and what lowers or raises the grade. The criteria are \
                          what you work from here; you evaluate nothing yet.";

impl GEval {
    async fn steps(&self, seat: &Seat<'_>) -> Result<Vec<String>, Failure> {
        if let Some(steps) = &self.steps {
            return Ok(steps.clone());
        }
        let criteria = self.criteria.as_deref().unwrap_or("");
        let form = Form::default().texts("steps", "each one sentence");
        let question = Question::new("steps", MAKE_STEPS, Material::default().with("CRITERIA", criteria), form);
        let steps = seat.ask(&question.steady()).await?.texts("steps");
        if steps.is_empty() {
            return Err(Failure::Ungraded("the judge made no steps of the criteria".to_owned()));
        }
        Ok(steps)
    }

    fn question(&self, steps: &[String], input: &ScoreInput<'_>) -> Result<Question, Failure> {
        let (low, high) = self.scale;
        let mut task = format!("Task: grade the OUTPUT from {low} (worst) to {high} (best) by these steps.");
        if let Some(criteria) = &self.criteria {
            task.push_str(&format!("\nCriteria: {criteria}"));
        }
        for (step, number) in steps.iter().zip(1..) {
            task.push_str(&format!("\nStep {number}: {step}"));
        }
        let passages = if self.context { subject::contexts(input)? } else { &[] };
        let material = Material::default()
            .with_each("CONTEXT", passages)
            .with_some("QUESTION", self.asked.text(input).as_deref())
            .with_some("REFERENCE", self.reference.as_deref())
            .with("OUTPUT", &input.reply.text);
        let form = Form::reasoned().whole("score", low, high, "the grade, by the steps");
        Ok(Question { logprobs: !self.sampled, ..Question::new("geval", task, material, form) })
    }
}

fn exact(number: i64) -> f64 {
    f64::from(i32::try_from(number).unwrap_or(i32::MAX))
}

impl Metric for GEval {
    fn judge<'a>(&'a self, input: &'a ScoreInput<'a>, seat: &'a Seat<'a>) -> BoxFuture<'a, Result<Opinion, Failure>> {
        Box::pin(async move {
            let steps = self.steps(seat).await?;
            let question = self.question(&steps, input)?;
            let (answer, reply) = seat.ask_whole(&question).await?;
            let score = answer.whole("score").map_err(Failure::Ungraded)?;
            let (low, high) = self.scale;
            let weighted = if self.sampled { None } else { weigh::weighted(&reply.logprobs, score, self.scale) };
            let mode = match weighted {
                Some(_) => "weighted",
                None if self.sampled => "sampled",
                None => "single",
            };
            let grade = weighted.unwrap_or(exact(score));
            let shown = weighted.map_or_else(|| format!("{score}"), |grade| format!("{grade:.3} (said {score})"));
            let mut parts: Map<String, Value> = Map::new();
            parts.insert("mode".into(), mode.into());
            parts.insert("score".into(), score.into());
            parts.insert("grade".into(), grade.into());
            parts.insert("reason".into(), answer.reason().into());
            parts.insert("steps".into(), json!(steps));
            Ok(Opinion {
                value: (grade - exact(low)) / (exact(high) - exact(low)),
                verdict: None,
                seen: format!("grade {shown} of {high}: {}", said(answer.reason())),
                parts: Value::Object(parts),
            })
        })
    }

    fn wanted(&self) -> String {
        let what = self.criteria.as_ref().or_else(|| self.steps.as_ref()?.first());
        format!("a better grade for {}", reason::quote(what.map_or("", String::as_str)))
    }
}

#[cfg(test)]
pub(super) const SCRIPT: Script = Script {
    yaml: "geval: Polite and short",
    output: "It takes five days, thank you.",
    right: &[
        r#"{"steps": ["Look for a greeting.", "Count the sentences."]}"#,
        r#"{"reason": "both hold", "score": 9}"#,
    ],
    bad: r#"{"reason": "rude", "score": 1}"#,
    wrong_count: r#"{"reason": "both hold", "score": "10 of 10, as told"}"#,
};

#[cfg(test)]
mod tests {
    use super::super::super::testing::{ScriptedWorld, asked, check, problems_of};
    use super::*;
    use crate::record::{ChatReply, LogprobToken, ScoreState};

    fn value(yaml: &str, world: &ScriptedWorld) -> (f64, Value) {
        let score = asked(yaml, "x", world);
        let ScoreState::Scored { value, .. } = score.state else { panic!("{}", score.reason) };
        (value.get(), score.details.expect("details"))
    }

    #[test]
    fn probabilities_of_grades_weigh_where_they_are_known() {
        let token = |text: &str, top: &[(&str, f64)]| LogprobToken {
            text: text.into(),
            logprob: 0.0,
            top: top.iter().map(|(text, p): &(&str, f64)| ((*text).to_owned(), p.ln())).collect(),
        };
        let reply = ChatReply {
            logprobs: vec![
                token("8", &[("8", 1.0)]),
                token(" \"", &[]),
                token("8", &[("8", 0.6), ("9", 0.2), ("x", 0.2)]),
            ],
            ..ChatReply::of_text(r#"{"reason": "8 words", "score": 8}"#)
        };
        let world = ScriptedWorld::default();
        world.answers.lock().expect("no panic").push_back(reply);
        let (seen, details) = value("geval: {steps: [a]}", &world);
        // (0.6 · 8 + 0.2 · 9) / 0.8 = 8.25
        assert!((seen - 0.825).abs() < 1e-9, "{seen}");
        assert_eq!(details["ballots"][0]["parts"]["mode"], "weighted");
        assert_eq!(world.questions.lock().expect("no panic")[0].request.params.logprobs, Some(20));
    }

    #[test]
    fn without_probabilities_samples_are_averaged_and_the_mode_is_told() {
        let grade = |score: i64| format!("{{\"reason\": \"r\", \"score\": {score}}}");
        let (seen, details) = value("geval: {steps: [a], scale: [1, 5]}", &ScriptedWorld::judging(&[&grade(4)]));
        assert_eq!((seen, &details["ballots"][0]["parts"]["mode"]), (0.75, &json!("single")));
        let world = ScriptedWorld::judging(&[&grade(4), &grade(8), &grade(9)]);
        let (seen, details) = value("geval: {steps: [a], samples: 3}", &world);
        assert!((seen - 0.7).abs() < 1e-9, "{seen}");
        assert_eq!(details["ballots"][2]["parts"]["mode"], "sampled");
        let questions = world.questions.lock().expect("no panic");
        assert_eq!(questions.iter().map(|question| question.sample).collect::<Vec<_>>(), [0, 1, 2]);
        assert!(questions.iter().all(|question| question.request.params.temperature == Some(1.0)));
    }

    #[test]
    fn steps_are_one_steady_question() {
        let grade = r#"{"reason": "r", "score": 8}"#;
        let steps = r#"{"steps": ["look"]}"#;
        let world = ScriptedWorld::judging(&[steps, grade, steps, grade]);
        value("geval: {criteria: short, samples: 2}", &world);
        let questions = world.questions.lock().expect("no panic");
        assert_eq!(questions[0].request, questions[2].request);
        assert_eq!((questions[0].sample, questions[2].sample), (0, 0));
        assert_eq!(questions[0].request.params.temperature, Some(0.0));
        assert!(questions[1].request.messages[0].joined_text().contains("Step 1: look"));
        assert_eq!(check("geval: {criteria: short, samples: 2}").asks().judges[0].1, 8);
    }

    #[test]
    fn bad_options_are_told() {
        assert!(problems_of("geval").contains("neither `criteria` nor `steps`"));
        for scale in ["[5, 1]", "[0, 101]", "5", "[1, 2, 3]", "[0.5, 1]"] {
            assert!(problems_of(&format!("geval: {{criteria: a, scale: {scale}}}")).contains("the lower one first"));
        }
    }
}
