//! Reasoning written with tags: `<thinking>…</thinking><answer>…</answer>`.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::super::reason;
use super::labelled;
use super::parse::{Reasoning, ReasoningForm, confidence_of_text};
use crate::base::Ratio;

const THINKING: &[&str] =
    &["thinking", "think", "reasoning", "thought", "thoughts", "scratchpad", "analysis", "reflection", "steps", "cot"];
const ANSWER: &[&str] = &["answer", "final_answer", "finalanswer", "final", "conclusion"];
const CONFIDENCE: &[&str] = &["confidence", "certainty"];

/// Most elements of a text that are read.
const MAX_ELEMENTS: usize = 5_000;

/// An opening or closing tag of one of the names known here.
static TAG: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let names = [THINKING, ANSWER, CONFIDENCE, &["step"]].concat().join("|");
    Regex::new(&format!(r"(?i)<(/?)({names})(?:\s[^<>]*)?>")).ok()
});

/// One element: the inside of a pair of tags, up to the end of the text where it is not closed.
struct Element<'t> {
    name: String,
    inside: &'t str,
    end: usize,
}

/// The steps and the answer of tags; what follows the thinking is the answer where none is marked.
pub(super) fn read(text: &str) -> Option<Reasoning> {
    let outer = elements(text);
    let last = |names: &[&str]| outer.iter().rev().find(|element| names.contains(&element.name.as_str()));
    let thinking: Vec<&Element<'_>> =
        outer.iter().filter(|element| THINKING.contains(&element.name.as_str())).collect();
    let answer = last(ANSWER);
    let has_steps = outer.iter().any(|element| element.name == "step");
    if answer.is_none() && thinking.is_empty() && !has_steps {
        return None;
    }
    let mut reasoning = Reasoning::new(ReasoningForm::Tagged);
    for element in &outer {
        if element.name == "step" {
            step(element.inside, &mut reasoning);
        } else if THINKING.contains(&element.name.as_str()) {
            steps_inside(element.inside, &mut reasoning);
        }
    }
    if outer.iter().filter(|element| ANSWER.contains(&element.name.as_str())).count() > 1 {
        reasoning.problem("it has several final answers, the last one counts");
    }
    let confidence = last(CONFIDENCE).map(|element| element.inside);
    match answer {
        Some(element) => {
            let inner = elements(element.inside);
            let own = inner.iter().find(|inner| CONFIDENCE.contains(&inner.name.as_str())).map(|inner| inner.inside);
            reasoning.answer = value_of(before_tags(element.inside));
            reasoning.confidence = confidence_of(own.or(confidence), "the answer", &mut reasoning);
        }
        None => {
            // As reasoning models without an answer tag write: the answer is what stands behind the thinking.
            let rest = thinking.last().and_then(|element| text.get(element.end..)).unwrap_or_default();
            let written = labelled::read(rest).filter(|written| written.answer.is_some());
            let (answer, stated) = match written {
                Some(written) => (written.answer, written.confidence),
                None => (value_of(before_tags(rest)), None),
            };
            reasoning.answer = answer;
            reasoning.confidence = stated.or_else(|| confidence_of(confidence, "the answer", &mut reasoning));
        }
    }
    (reasoning.answer.is_some() || !reasoning.steps.is_empty()).then_some(reasoning)
}

/// The outermost elements, in order.
fn elements(text: &str) -> Vec<Element<'_>> {
    let Some(tag) = TAG.as_ref() else { return Vec::new() };
    let mut found = Vec::new();
    // Name and inner start of the open element, and how often its name is open.
    let mut open: Option<(String, usize, u32)> = None;
    for hit in tag.captures_iter(text).take(MAX_ELEMENTS * 2) {
        let (Some(whole), Some(slash), Some(name)) = (hit.get(0), hit.get(1), hit.get(2)) else { continue };
        let name = name.as_str().to_ascii_lowercase();
        let closes = !slash.as_str().is_empty();
        open = match open.take() {
            None if closes => None,
            None => Some((name, whole.end(), 1)),
            Some((outer, start, depth)) if name == outer => match (closes, depth) {
                (true, 1) => {
                    let inside = text.get(start..whole.start()).unwrap_or_default();
                    found.push(Element { name: outer, inside, end: whole.end() });
                    None
                }
                (true, depth) => Some((outer, start, depth - 1)),
                (false, depth) => Some((outer, start, depth + 1)),
            },
            other => other,
        };
    }
    if let Some((name, start, _)) = open {
        found.push(Element { name, inside: text.get(start..).unwrap_or_default(), end: text.len() });
    }
    found
}

/// The steps of a thinking element: its `<step>`s, or what its text is made of.
fn steps_inside(inside: &str, reasoning: &mut Reasoning) {
    let inner = elements(inside);
    if inner.iter().any(|element| element.name == "step") {
        inner.iter().filter(|element| element.name == "step").for_each(|element| step(element.inside, reasoning));
    } else {
        labelled::steps_of(inside, reasoning);
    }
}

fn step(inside: &str, reasoning: &mut Reasoning) {
    let inner = elements(inside);
    let stated = inner.iter().find(|element| CONFIDENCE.contains(&element.name.as_str())).map(|element| element.inside);
    let place = format!("step {}", reasoning.steps.len() + 1);
    let confidence = confidence_of(stated, &place, reasoning);
    let text = before_tags(inside);
    match (confidence, stated) {
        (None, None) => {
            let (text, confidence) = labelled::split_confidence(text, &place, reasoning);
            reasoning.push(None, text, confidence);
        }
        _ => reasoning.push(None, text.to_owned(), confidence),
    }
}

/// The text before the first of the tags inside.
fn before_tags(text: &str) -> &str {
    let first = TAG.as_ref().and_then(|tag| tag.find(text)).map(|hit| hit.start());
    first.and_then(|at| text.get(..at)).unwrap_or(text).trim()
}

fn value_of(text: &str) -> Option<Value> {
    let text = text.trim();
    (!text.is_empty()).then(|| Value::String(text.to_owned()))
}

fn confidence_of(stated: Option<&str>, of: &str, reasoning: &mut Reasoning) -> Option<Ratio> {
    let stated = stated?;
    let found = confidence_of_text(stated);
    if found.is_none() {
        let seen = reason::quote(stated);
        reasoning.problem(format!("{of} has the confidence {seen}, which is no number from 0 to 1"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    type Steps = Vec<(String, Option<f64>)>;

    fn shown(text: &str) -> (Steps, Option<Value>, Option<f64>) {
        let found = read(text).unwrap_or_else(|| panic!("{text}"));
        let steps = found.steps.into_iter().map(|step| (step.text, step.confidence.map(Ratio::get)));
        (steps.collect(), found.answer, found.confidence.map(Ratio::get))
    }

    #[test]
    fn tags_are_read_in_the_ways_they_are_written() {
        let step = |text: &str, confidence| (text.to_owned(), confidence);
        let wanted = (vec![step("6 × 7", Some(0.9)), step("is 42", None)], Some(json!("42")), Some(0.8));
        for text in [
            "<thinking>1. 6 × 7 (confidence: 0.9)\n2. is 42</thinking>\n<answer>42</answer><confidence>80%</confidence>",
            "<reasoning><step>6 × 7<confidence>0.9</confidence></step><step>is 42</step></reasoning><answer>42<confidence>0.8</confidence></answer>",
            "<think>\n6 × 7 (confidence: 0.9)\n\nis 42\n</think>\n\nFinal answer: 42 (confidence: 0.8)",
            "<step>6 × 7 (confidence: 0.9)</step><STEP n=\"2\">is 42</STEP><final_answer>42</final_answer><confidence>0.8",
        ] {
            assert_eq!(shown(text), wanted, "{text}");
        }
        assert_eq!(shown("<think>Hm.</think>It is 42."), (vec![step("Hm.", None)], Some(json!("It is 42.")), None));
        assert_eq!(shown("<answer>a</answer> no: <answer>b</answer>").1, Some(json!("b")));
        assert_eq!(shown("<thinking>cut").0, [step("cut", None)]);
    }

    #[test]
    fn other_tags_are_no_reasoning() {
        for text in
            ["", "<b>answer</b>", "</answer>", "a < answer > b", "<confidence>1</confidence>", "<answer></answer>"]
        {
            assert!(read(text).is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(\\PC{0,4}|</?(think|thinking|step|answer|confidence)>|[0-9.%]{1,4}|\n){0,24}") {
            if let Some(found) = read(&text) {
                prop_assert!(!found.steps.is_empty() || found.answer.is_some());
            }
        }
    }
}
