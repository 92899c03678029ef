//! Reasoning written as a JSON object.

use serde_json::{Deserializer, Map, Value};

use super::super::reason;
use super::parse::{Reasoning, ReasoningForm, confidence_of_number, confidence_of_text};
use crate::base::Ratio;

/// Keys by their letters alone, as models vary them: `final_answer`, `finalAnswer`, `Final answer`.
const STEPS: &[&str] = &["steps", "reasoning", "reasoningsteps", "thoughts"];
const ANSWER: &[&str] = &["answer", "finalanswer", "result", "conclusion"];
const CONFIDENCE: &[&str] = &["confidence", "certainty", "probability", "confidencescore"];
const TEXT: &[&str] = &["text", "thought", "description", "content", "reasoning", "explanation", "step"];
const NUMBER: &[&str] = &["step", "number", "stepnumber", "index", "id", "n"];

/// Most objects of a text that are looked at.
const MAX_OBJECTS: usize = 1_000;

/// The last object in a code fence that reasons.
pub(super) fn fenced(text: &str) -> Option<Reasoning> {
    let objects = fences(text).filter_map(|inner| match serde_json::from_str(inner) {
        Ok(Value::Object(object)) => Some(object),
        _ => None,
    });
    last_of(objects, ReasoningForm::FencedJson)
}

/// The last object in the text that reasons.
pub(super) fn bare(text: &str) -> Option<Reasoning> {
    last_of(objects(text), ReasoningForm::BareJson)
}

fn last_of(objects: impl Iterator<Item = Map<String, Value>>, form: ReasoningForm) -> Option<Reasoning> {
    let mut count = 0_usize;
    let mut last = None;
    for object in objects.take(MAX_OBJECTS).filter(reasons) {
        count += 1;
        last = Some(object);
    }
    let mut reasoning = read(&last?, form);
    if count > 1 {
        reasoning.problem(format!("{count} objects of it reason, the last one counts"));
    }
    Some(reasoning)
}

/// The insides of code fences, in order; a fence without an end reaches to the end of the text.
fn fences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (_, after) = rest.split_once("```")?;
        let (word, body) = after.split_once('\n').unwrap_or((after, ""));
        // ```{"a": 1}``` on one line has no word of a language.
        let inside = if word.trim_start().starts_with('{') { after } else { body };
        let (inner, next) = inside.split_once("```").unwrap_or((inside, ""));
        rest = next;
        Some(inner)
    })
}

/// The outermost objects that parse, in order.
fn objects(text: &str) -> impl Iterator<Item = Map<String, Value>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        while let Some(start) = rest.find('{') {
            let candidate = rest.get(start..)?;
            let mut stream = Deserializer::from_str(candidate).into_iter::<Value>();
            match stream.next() {
                Some(Ok(Value::Object(object))) => {
                    rest = candidate.get(stream.byte_offset()..)?;
                    return Some(object);
                }
                _ => rest = candidate.get(1..)?,
            }
        }
        None
    })
}

fn letters(key: &str) -> String {
    key.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

fn pick<'v>(object: &'v Map<String, Value>, names: &[&str]) -> Option<&'v Value> {
    let found = names.iter().find_map(|name| object.iter().find(|(key, _)| letters(key) == *name));
    found.map(|(_, value)| value).filter(|value| !value.is_null())
}

/// Steps in a list are a reasoning by themselves, an answer only under a name that says so.
fn reasons(object: &Map<String, Value>) -> bool {
    pick(object, STEPS).is_some_and(|steps| steps.as_array().is_some_and(|steps| !steps.is_empty()))
        || pick(object, &["answer", "finalanswer"]).is_some()
}

fn read(object: &Map<String, Value>, form: ReasoningForm) -> Reasoning {
    let mut reasoning = Reasoning::new(form);
    let steps = pick(object, STEPS).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for (step, place) in steps.iter().zip(1_u64..) {
        match step {
            Value::Object(step) => {
                let number = pick(step, NUMBER).and_then(whole);
                let text = TEXT.iter().find_map(|name| pick(step, &[name]).and_then(Value::as_str)).unwrap_or("");
                let confidence = confidence(pick(step, CONFIDENCE), &format!("step {place}"), &mut reasoning);
                reasoning.push(number, text.to_owned(), confidence);
            }
            Value::String(text) => reasoning.push(None, text.clone(), None),
            other => reasoning.push(None, other.to_string(), None),
        }
    }
    reasoning.answer = pick(object, ANSWER).cloned();
    reasoning.confidence = confidence(pick(object, CONFIDENCE), "the answer", &mut reasoning);
    reasoning
}

fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn confidence(value: Option<&Value>, of: &str, reasoning: &mut Reasoning) -> Option<Ratio> {
    let value = value?;
    let found = match value {
        Value::Number(number) => number.as_f64().and_then(confidence_of_number),
        Value::String(text) => confidence_of_text(text),
        _ => None,
    };
    if found.is_none() {
        reasoning.problem(format!("{of} has the confidence {}, which is no number from 0 to 1", reason::json(value)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_are_known_by_their_letters() {
        let found = bare(r#"{"Reasoning Steps": ["a", {"thought": "b", "certainty": 70}], "finalAnswer": {"x": [1]}}"#);
        let found = found.expect("reasoning");
        assert_eq!(found.steps.iter().map(|step| step.text.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!((found.steps[1].confidence.map(Ratio::get), found.answer), (Some(0.7), Some(json!({"x": [1]}))));
    }

    #[test]
    fn a_step_may_carry_its_text_under_its_name() {
        let found = bare(r#"{"steps": [{"step": "think", "confidence": 2000}], "answer": null}"#).expect("reasoning");
        assert_eq!((found.steps[0].text.as_str(), found.steps[0].number, found.answer), ("think", 1, None));
        assert_eq!(found.problems, ["step 1 has the confidence `2000`, which is no number from 0 to 1"]);
    }

    #[test]
    fn the_last_of_several_objects_counts() {
        let found = bare(r#"draft {"answer": 1} no: {"answer": 2} {"other": 3}"#).expect("reasoning");
        assert_eq!((found.answer, found.problems.len()), (Some(json!(2)), 1));
        let found = fenced("```\n{\"answer\": 1}\n```\n```json\n{\"answer\": 2}").expect("reasoning");
        assert_eq!(found.answer, Some(json!(2)));
        assert!(fenced("```{\"answer\": 1}```").is_some());
    }
}
