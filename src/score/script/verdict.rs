//! What a script may answer, as values of its engine.

use rquickjs::{Object, Type, Value};

use super::super::reason;
use super::answer::{Answer, MAX_NAMED, MAX_REASON};

/// Reads an answer; what cannot be one is told. Getters of objects may run; what they throw is the outer error.
pub(super) fn read<'js>(value: &Value<'js>) -> rquickjs::Result<Result<Answer, String>> {
    match (value.type_of(), value.as_object()) {
        (Type::Bool, _) => Ok(Ok(Answer::Holds(value.as_bool().unwrap_or(false)))),
        (Type::Int | Type::Float, _) => Ok(Ok(Answer::Number(value.as_number().unwrap_or(f64::NAN)))),
        (Type::Object, Some(object)) => Told::of(object).map(|told| told.and_then(Told::judge)),
        _ => Ok(Err(refuse(value))),
    }
}

/// The values of an answering object, not yet judged; `None` is absent, undefined or null.
struct Told<'js> {
    pass: Option<Value<'js>>,
    score: Option<Value<'js>>,
    reason: Option<String>,
    named: Vec<(String, f64)>,
}

impl<'js> Told<'js> {
    fn of(object: &Object<'js>) -> rquickjs::Result<Result<Told<'js>, String>> {
        let take =
            |key: &str| object.get::<_, Value<'js>>(key).map(|value| Some(value).filter(|value| !is_absent(value)));
        let (pass, score, reason) = (take("pass")?, take("score")?, take("reason")?);
        let reason = match reason.map(|value| value.as_string().cloned().ok_or_else(|| wrong("reason", &value, "text")))
        {
            None => None,
            Some(Ok(text)) => Some(text.to_string()?.chars().take(MAX_REASON).collect()),
            Some(Err(message)) => return Ok(Err(message)),
        };
        // promptfoo writes it without the underscore.
        let parts = take("named_scores")?.map_or_else(|| take("namedScores"), |value| Ok(Some(value)))?;
        let named = match parts {
            None => Ok(Vec::new()),
            Some(parts) => named_scores(&parts)?,
        };
        Ok(named.map(|named| Told { pass, score, reason, named }))
    }

    fn judge(self) -> Result<Answer, String> {
        let pass = self.pass.map(|value| value.as_bool().ok_or_else(|| wrong("pass", &value, "true or false")));
        let score = self.score.map(|value| value.as_number().ok_or_else(|| wrong("score", &value, "a number")));
        let (pass, score) = (pass.transpose()?, score.transpose()?);
        if pass.is_none() && score.is_none() {
            return Err("its answer is an object without `pass` and `score`".to_owned());
        }
        Ok(Answer::Told { pass, score, reason: self.reason, named: self.named })
    }
}

fn named_scores(parts: &Value<'_>) -> rquickjs::Result<Result<Vec<(String, f64)>, String>> {
    let Some(object) = parts.as_object() else {
        return Ok(Err(wrong("named_scores", parts, "an object of numbers")));
    };
    let mut named = Vec::new();
    for key in object.keys::<String>().take(MAX_NAMED) {
        let key = key?;
        let value: Value<'_> = object.get(key.as_str())?;
        match value.as_number() {
            Some(number) => named.push((key, number)),
            None => return Ok(Err(wrong(&format!("named_scores.{key}"), &value, "a number"))),
        }
    }
    Ok(Ok(named))
}

fn wrong(key: &str, value: &Value<'_>, wanted: &str) -> String {
    format!("`{key}` of its answer must be {wanted}, it is {}", describe(value))
}

fn is_absent(value: &Value<'_>) -> bool {
    matches!(value.type_of(), Type::Undefined | Type::Null)
}

fn refuse(value: &Value<'_>) -> String {
    let help = match value.type_of() {
        Type::Undefined => "; a body needs `return`",
        Type::Promise => "; nothing is awaited here",
        _ => "",
    };
    format!("it must answer with true, false, a number or an object with `pass`, not {}{help}", describe(value))
}

/// What a value is, in words.
pub(super) fn describe(value: &Value<'_>) -> String {
    match value.type_of() {
        Type::Undefined => "nothing".to_owned(),
        Type::String => {
            let text = value.as_string().and_then(|text| text.to_string().ok()).unwrap_or_default();
            format!("the text {}", reason::quote(&text))
        }
        Type::Array => "a list".to_owned(),
        Type::Int | Type::Float => format!("the number {}", value.as_number().unwrap_or(f64::NAN)),
        Type::Bool => format!("{}", value.as_bool().unwrap_or(false)),
        Type::Promise => "a promise".to_owned(),
        Type::Object => "an object".to_owned(),
        other => format!("{} {}", if other.as_str().starts_with('a') { "an" } else { "a" }, other.as_str()),
    }
}
