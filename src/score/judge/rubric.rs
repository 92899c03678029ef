//! `rubric`: a judge finds that the output meets criteria.

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::super::check::ScoreInput;
use super::super::reason;
use super::super::settings::{Fault, Settings, kind_of};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use super::ask::{Question, Seat};
use super::bench;
use super::form::{Answer, Form};
use super::material::Material;
use super::metric::{Failure, Metric, Opinion};
use super::options::judge_options;
#[cfg(test)]
use super::outcomes::Script;
use super::subject::{Asked, QUESTION, said};

/// Most criteria of one check.
const MOST: usize = 50;

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "rubric",
    family: "judge",
    about: "a judge finds that the output meets a criterion, or criteria with points",
    short: "value",
    value: ValueRule::Required,
    options: judge_options![
        OptionSpec::value(
            "value",
            "text, or a list of texts and of `{criterion: …, points: …}`",
            "what the output must meet; points are 1 unless given, and below 0 for faults",
        ),
        QUESTION,
    ],
    degenerate: &[
        "one criterion: 1 when it is met, else 0; several: points of those met / points above 0, never below 0 \
         (HealthBench, 2025); fails unless all are met or `threshold` says otherwise",
        "an empty output is judged as it stands",
        "an answer that cannot be read, also after one repair, is ungraded; it is never 0 and never a pass",
    ],
    calls: "1 question, 2 calls where the answer must be repaired; times judges and samples",
    example: "- rubric: Apologises, and names a date by which the refund arrives",
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let criteria = criteria(settings.value()?)?;
    bench::prepare(settings, &SPEC, 1, Rubric { criteria, asked: Asked::of(settings)? })
}

struct Criterion {
    text: String,
    points: f64,
}

struct Rubric {
    criteria: Vec<Criterion>,
    asked: Asked,
}

fn criteria(value: &Value) -> Result<Vec<Criterion>, Vec<Fault>> {
    let items = match value {
        Value::Array(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    if items.is_empty() || items.len() > MOST {
        let message = format!("a rubric has 1 to {MOST} criteria, this one has {}", items.len());
        return Err(Fault::new("value", message).alone());
    }
    let is_list = value.is_array();
    let place = |index: usize| if is_list { format!("/{index}") } else { String::new() };
    let read: Vec<Result<Criterion, Fault>> =
        items.iter().enumerate().map(|(index, item)| criterion(item, &place(index))).collect();
    let faults: Vec<Fault> = read.iter().filter_map(|read| read.as_ref().err()).cloned().collect();
    if !faults.is_empty() {
        return Err(faults);
    }
    let criteria: Vec<Criterion> = read.into_iter().flatten().collect();
    if criteria.iter().all(|criterion| criterion.points <= 0.0) {
        let fault = Fault::new("value", "no criterion has points above 0, so that no output could pass");
        return Err(fault.help("for a single fault to avoid, write `- not_rubric: …`").alone());
    }
    Ok(criteria)
}

fn criterion(item: &Value, pointer: &str) -> Result<Criterion, Fault> {
    let wrong = |message: String| Fault::new("value", message).pointer(pointer);
    let (text, points) = match item {
        Value::String(text) => (text, 1.0),
        Value::Object(entry) => {
            if let Some(key) = entry.keys().find(|key| !matches!(key.as_str(), "criterion" | "points")) {
                return Err(
                    wrong(format!("`{key}` is not a key of a criterion")).help("its keys are `criterion` and `points`")
                );
            }
            let Some(Value::String(text)) = entry.get("criterion") else {
                return Err(wrong("the criterion has no text `criterion`".to_owned()));
            };
            let points = entry.get("points").map_or(Some(1.0), Value::as_f64).filter(|points| points.abs() <= 1e6);
            (text, points.ok_or_else(|| wrong("`points` must be a number".to_owned()))?)
        }
        other => return Err(wrong(format!("a criterion is text, this is {}", kind_of(other))).code("wrong-type")),
    };
    if text.trim().is_empty() {
        return Err(wrong("the criterion is empty".to_owned()));
    }
    Ok(Criterion { text: text.trim().to_owned(), points })
}

const WORDS: [(&str, &str); 2] = [("pass", "the output meets the criterion"), ("fail", "it does not, or only in part")];

impl Rubric {
    fn question(&self, input: &ScoreInput<'_>) -> Question {
        let material = Material::default()
            .with_some("QUESTION", self.asked.text(input).as_deref())
            .with("OUTPUT", &input.reply.text);
        if let [only] = self.criteria.as_slice() {
            let task = format!("Task: does the OUTPUT meet this criterion?\nCriterion: {}", only.text);
            return Question::new("rubric", task, material, Form::reasoned().choice("verdict", &WORDS));
        }
        let mut task = String::from("Task: does the OUTPUT meet each of these criteria? Judge each one by itself.");
        for (criterion, id) in self.criteria.iter().zip(1..) {
            task.push_str(&format!("\nCriterion {id}: {}", criterion.text));
        }
        let form = Form::default().items("verdicts", self.criteria.len(), Form::reasoned().choice("verdict", &WORDS));
        Question::new("rubric", task, material, form)
    }

    fn single(answer: &Answer) -> Opinion {
        let verdict = answer.word("verdict");
        Opinion {
            value: if verdict == "pass" { 1.0 } else { 0.0 },
            verdict: Some(verdict.to_owned()),
            seen: format!("\"{verdict}\": {}", said(answer.reason())),
            parts: answer.to_json(),
        }
    }

    fn points(&self, answer: &Answer) -> Opinion {
        let entries = answer.items("verdicts");
        let met = |entry: &Answer| entry.word("verdict") == "pass";
        let judged = || self.criteria.iter().zip(&entries);
        let won = judged().filter(|(_, entry)| met(entry)).fold(0.0, |won, (criterion, _)| won + criterion.points);
        let most: f64 = self.criteria.iter().map(|criterion| criterion.points.max(0.0)).sum();
        // What counts against the output: something wanted that is not met, or a fault that is there.
        let amiss = judged().find(|(criterion, entry)| (criterion.points > 0.0) != met(entry));
        let amiss = amiss.map_or_else(String::new, |(criterion, entry)| {
            format!("; {}: {}", reason::quote(&criterion.text), said(entry.reason()))
        });
        let parts = judged().map(|(criterion, entry)| {
            json!({"criterion": criterion.text, "points": criterion.points, "verdict": entry.word("verdict"), "reason": entry.reason()})
        });
        Opinion {
            value: (won / most).clamp(0.0, 1.0),
            verdict: None,
            seen: format!("{won} of {most} points{amiss}"),
            parts: parts.collect(),
        }
    }
}

impl Metric for Rubric {
    fn judge<'a>(&'a self, input: &'a ScoreInput<'a>, seat: &'a Seat<'a>) -> BoxFuture<'a, Result<Opinion, Failure>> {
        Box::pin(async move {
            let answer = seat.ask(&self.question(input)).await?;
            Ok(if self.criteria.len() == 1 { Rubric::single(&answer) } else { self.points(&answer) })
        })
    }

    fn wanted(&self) -> String {
        match self.criteria.as_slice() {
            [only] => format!("an output that meets {}", reason::quote(&only.text)),
            all => format!("an output that meets {} criteria", all.len()),
        }
    }
}

#[cfg(test)]
pub(super) const SCRIPT: Script = Script {
    yaml: "rubric: [Names a date, Apologises]",
    output: "Sorry! The refund arrives by Friday.",
    right: &[r#"{"verdicts": [{"id": 1, "reason": "Friday", "verdict": "pass"},
        {"id": 2, "reason": "Sorry", "verdict": "pass"}]}"#],
    bad: r#"{"verdicts": [{"id": 1, "reason": "no date", "verdict": "fail"},
        {"id": 2, "reason": "none", "verdict": "fail"}]}"#,
    wrong_count: r#"{"verdicts": [{"id": 1, "reason": "Friday", "verdict": "pass"}]}"#,
};

#[cfg(test)]
mod tests {
    use super::super::super::testing::{ScriptedWorld, asked, check, problems_of};
    use super::*;
    use crate::record::ScoreState;

    fn verdicts(words: &[&str]) -> String {
        let entries: Vec<Value> =
            words.iter().zip(1..).map(|(word, id)| json!({"id": id, "reason": "r", "verdict": word})).collect();
        json!({"verdicts": entries}).to_string()
    }

    #[test]
    fn points_are_counted_as_in_the_formula() {
        let yaml = "rubric: {value: [a, {criterion: b, points: 3}, {criterion: c, points: -2}], threshold: 0.5}";
        // (1 + 3) / 4; (1 − 2) / 4 is below 0; 3 − 2 of 4.
        for (words, value) in
            [(["pass", "pass", "fail"], 1.0), (["pass", "fail", "pass"], 0.0), (["fail", "pass", "pass"], 0.25)]
        {
            let score = asked(yaml, "x", &ScriptedWorld::judging(&[&verdicts(&words)]));
            let ScoreState::Scored { value: seen, .. } = score.state else { panic!("{}", score.reason) };
            assert!((seen.get() - value).abs() < 1e-12, "{words:?}: {}", score.reason);
        }
    }

    #[test]
    fn bad_criteria_are_told() {
        for (yaml, wanted) in [
            ("rubric: [a, {criterium: b}]", "`criterium` is not a key of a criterion"),
            ("rubric: [{criterion: a, points: x}]", "`points` must be a number"),
            ("rubric: [{criterion: a, points: -1}]", "no criterion has points above 0"),
            ("rubric: {value: a, judge: [mock/a, mock/a]}", "`mock/a` is named twice"),
            ("rubric: {value: a, judge: nope}", "provider/model"),
            ("rubric: {value: a, samples: 1.5}", "`samples` must be a whole number from 1 to 32"),
            ("rubric: {value: a, cascade: mock/judge}", "must be another one"),
        ] {
            let problems = problems_of(yaml);
            assert!(problems.contains(wanted), "{yaml}:\n{problems}");
        }
    }

    #[test]
    fn the_number_of_calls_is_an_upper_bound() {
        let calls = |yaml: &str| check(yaml).asks().judges.iter().map(|(_, calls)| *calls).collect::<Vec<_>>();
        assert_eq!(calls("rubric: a"), [2]);
        assert_eq!(calls("rubric: {value: a, judge: [mock/a, mock/b], samples: 3, cascade: mock/c}"), [6, 6, 6]);
    }
}
