//! What own checks may answer: a boolean, a number, or `{pass, score, reason, named_scores}`; and what it comes to.

use serde_json::{Map, Number, Value, json};

use super::super::check::Finding;
use super::super::reason;
use super::super::settings::kind_of;
use super::super::world::Examined;
use crate::base::Ratio;

/// An answer that can be read.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answer {
    /// `true` or `false`.
    Holds(bool),
    /// A number, whatever its size.
    Number(f64),
    /// An object.
    Told {
        /// Whether it passes.
        pass: Option<bool>,
        /// Its score, whatever its size.
        score: Option<f64>,
        /// Why, in its own words.
        reason: Option<String>,
        /// Scores of parts, in its own order.
        named: Vec<(String, f64)>,
    },
}

/// Longest reason that is read, in characters, and most named scores.
pub(super) const MAX_REASON: usize = 2_000;
pub(super) const MAX_NAMED: usize = 32;

/// Reads an answer in JSON.
///
/// # Errors
/// Why it is none.
pub(super) fn read(value: &Value) -> Result<Answer, String> {
    match value {
        Value::Bool(holds) => Ok(Answer::Holds(*holds)),
        Value::Number(number) => Ok(Answer::Number(number.as_f64().unwrap_or(f64::NAN))),
        Value::Object(object) => told(object),
        Value::Null | Value::String(_) | Value::Array(_) => {
            Err(format!("it must answer with true, false, a number or an object with `pass`, not {}", describe(value)))
        }
    }
}

fn told(object: &Map<String, Value>) -> Result<Answer, String> {
    let take = |key: &str| object.get(key).filter(|value| !value.is_null());
    if let Some(error) = take("error") {
        let text = error.as_str().map_or_else(|| error.to_string(), str::to_owned);
        return Err(format!("it answers with an error: {text}"));
    }
    let wrong = |key: &str, value: &Value, wanted: &str| {
        format!("`{key}` of its answer must be {wanted}, it is {}", describe(value))
    };
    let pass = take("pass").map(|value| value.as_bool().ok_or_else(|| wrong("pass", value, "true or false")));
    let score = take("score").map(|value| value.as_f64().ok_or_else(|| wrong("score", value, "a number")));
    let reason = take("reason").map(|value| value.as_str().ok_or_else(|| wrong("reason", value, "text")));
    let (pass, score, reason) = (pass.transpose()?, score.transpose()?, reason.transpose()?);
    if pass.is_none() && score.is_none() {
        return Err("its answer is an object without `pass` and `score`".to_owned());
    }
    let mut named = Vec::new();
    // promptfoo writes it without the underscore.
    if let Some(parts) = take("named_scores").or_else(|| take("namedScores")) {
        let parts = parts.as_object().ok_or_else(|| wrong("named_scores", parts, "an object of numbers"))?;
        for (name, value) in parts.iter().take(MAX_NAMED) {
            let number = value.as_f64().ok_or_else(|| wrong(&format!("named_scores.{name}"), value, "a number"))?;
            named.push((name.clone(), number));
        }
    }
    let reason = reason.map(|text| text.chars().take(MAX_REASON).collect());
    Ok(Answer::Told { pass, score, reason, named })
}

/// What a value is, in words.
fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => format!("the text {}", reason::quote(text)),
        Value::Array(_) => kind_of(value).to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

/// What an answer says of an output; `who` answers, such as `the script`.
pub(super) fn graded(answer: Answer, output: &str, who: &str) -> Examined {
    let of = || format!("for {}", reason::quote(output));
    match answer {
        Answer::Holds(holds) => {
            Finding::of_bool(holds, format!("`{holds}` {}", of()), format!("`true` from {who}")).into()
        }
        Answer::Number(number) => match Ratio::new(number) {
            Ok(value) => {
                Finding::Graded { value, seen: format!("{number} {}", of()), wanted: wanted_number(who) }.into()
            }
            Err(_) => outside(who, "its answer", number),
        },
        Answer::Told { pass, score, reason: why, named } => {
            let value = match (score, pass) {
                (Some(score), _) => match Ratio::new(score) {
                    Ok(value) => value,
                    Err(_) => return outside(who, "`score` of its answer", score),
                },
                (None, pass) => Ratio::of_bool(pass == Some(true)),
            };
            let seen = match (pass, score) {
                (Some(pass), Some(score)) => format!("`pass: {pass}`, `score: {score}`"),
                (Some(pass), None) => format!("`pass: {pass}`"),
                (None, _) => format!("`score: {}`", value.get()),
            };
            let seen = match why.filter(|why| !why.trim().is_empty()) {
                Some(why) => format!("{seen} {}: {}", of(), reason::message(&why)),
                None => format!("{seen} {}", of()),
            };
            let finding = match pass {
                Some(passed) => Finding::Decided { value, passed, seen, wanted: format!("`pass: true` from {who}") },
                None => Finding::Graded { value, seen, wanted: wanted_number(who) },
            };
            Examined { finding, details: details(named) }
        }
    }
}

/// What an answer in JSON, or that there is none, says of an output.
pub(super) fn judged(answer: Result<Value, String>, output: &str, who: &str) -> Examined {
    match answer.and_then(|answer| read(&answer)) {
        Ok(answer) => graded(answer, output, who),
        Err(why) => none(who, &reason::report(&why)),
    }
}

/// There is no answer, and why.
pub(super) fn none(who: &str, why: &str) -> Examined {
    Finding::Ungraded(format!("{who} did not judge: {why}")).into()
}

/// The scores of parts, by their names; those that are no number stay out, as JSON has none for them.
fn details(named: Vec<(String, f64)>) -> Option<Value> {
    let scores: Map<String, Value> = named
        .into_iter()
        .filter_map(|(name, number)| Some((reason::message(&name), Value::Number(Number::from_f64(number)?))))
        .collect();
    (!scores.is_empty()).then(|| json!({"named_scores": scores}))
}

fn wanted_number(who: &str) -> String {
    format!("a number from {who} that reaches the threshold")
}

fn outside(who: &str, what: &str, number: f64) -> Examined {
    none(who, &format!("{what} must be from 0 to 1, it is {number}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Ratio;

    #[test]
    fn answers_in_json_are_read_as_those_of_scripts() {
        let all = json!({"pass": true, "score": 0.25, "reason": "half", "namedScores": {"a": 0.5}, "more": 1});
        let wanted = Answer::Told {
            pass: Some(true),
            score: Some(0.25),
            reason: Some("half".to_owned()),
            named: vec![("a".to_owned(), 0.5)],
        };
        assert_eq!(read(&all), Ok(wanted));
        assert_eq!((read(&json!(true)), read(&json!(1))), (Ok(Answer::Holds(true)), Ok(Answer::Number(1.0))));
        for (value, wanted) in [
            (json!("yes"), "not the text \"yes\""),
            (json!(null), "not null"),
            (json!([true]), "not a list"),
            (json!({}), "without `pass` and `score`"),
            (json!({"pass": 1}), "`pass` of its answer must be true or false, it is the number 1"),
            (json!({"score": "1"}), "`score` of its answer must be a number, it is the text \"1\""),
            (json!({"pass": true, "reason": 5}), "`reason` of its answer must be text"),
            (json!({"pass": true, "named_scores": [1]}), "must be an object of numbers, it is a list"),
            (json!({"pass": true, "named_scores": {"a": true}}), "`named_scores.a` of its answer must be a number"),
            (json!({"error": "no model", "pass": true}), "it answers with an error: no model"),
        ] {
            let why = read(&value).expect_err("no answer");
            assert!(why.contains(wanted), "{value}: {why}");
        }
    }

    #[test]
    fn numbers_outside_and_words_of_programs_are_told_and_cleaned() {
        let examined = judged(Ok(json!(1.5)), "x", "the program");
        let why = "the program did not judge: its answer must be from 0 to 1, it is 1.5".to_owned();
        assert_eq!(examined.finding, Finding::Ungraded(why));
        let examined = judged(Err("it wrote `\u{1b}[31mred`".to_owned()), "x", "the program");
        assert_eq!(examined.finding, Finding::Ungraded("the program did not judge: it wrote `red`".to_owned()));
        let Finding::Decided { value, passed, .. } = judged(Ok(json!({"pass": false, "score": 1})), "x", "it").finding
        else {
            panic!("not decided")
        };
        assert_eq!((value, passed), (Ratio::ONE, false));
    }
}
