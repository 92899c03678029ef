//! Reads a reply that reasons: numbered steps with a confidence each, and a final answer.
//!
//! Four forms are understood, tried in this order: JSON in a code fence, tags (`<thinking>…</thinking><answer>…</answer>`),
//! JSON with text around it or none, and labelled text such as
//! ```text
//! Step 1: The train takes 3 hours. (confidence: 0.9)
//! Step 2: It leaves at 9. (confidence: 80%)
//! Final answer: 12:00
//! ```
//! The bundled partial `karat/reasoning.md` asks for the JSON form. Nothing here panics or takes more than linear time and
//! bounded memory, whatever the reply is.

use serde_json::Value;

use super::{json, labelled, tagged};
use crate::base::Ratio;
use crate::record::ChatReply;

/// Most bytes of a reply that are read.
const MAX_BYTES: usize = 1024 * 1024;

/// Most steps that are kept.
pub(super) const MAX_STEPS: usize = 1_000;

/// Most problems that are kept.
const MAX_PROBLEMS: usize = 20;

/// The form a reply was found in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReasoningForm {
    /// A JSON object in a code fence.
    FencedJson,
    /// A JSON object, with text around it or not.
    BareJson,
    /// Lines such as `Step 1: …` and `Final answer: …`, headings, or prose under `Reasoning`.
    Labelled,
    /// Elements such as `<thinking>…</thinking><answer>…</answer>`.
    Tagged,
    /// The steps are the model's thinking, which the API gives apart from the text.
    Apart,
}

impl ReasoningForm {
    /// Its words in reasons.
    pub fn phrase(self) -> &'static str {
        match self {
            ReasoningForm::FencedJson => "fenced JSON",
            ReasoningForm::BareJson => "JSON",
            ReasoningForm::Labelled => "labelled text",
            ReasoningForm::Tagged => "tags",
            ReasoningForm::Apart => "thinking apart from the text",
        }
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its number as written, or else its place from 1.
    pub number: u64,
    /// What it says.
    pub text: String,
    /// How sure the model is of it; `None` when it does not say, or not so that it can be read.
    pub confidence: Option<Ratio>,
}

/// A reply that reasons.
#[derive(Debug, Clone, PartialEq)]
pub struct Reasoning {
    /// How it was written.
    pub form: ReasoningForm,
    /// Its steps, in its order.
    pub steps: Vec<Step>,
    /// The final answer; never null.
    pub answer: Option<Value>,
    /// How sure the model is of the answer.
    pub confidence: Option<Ratio>,
    /// What was not as it should be, each in a few words; the reply is usable all the same.
    pub problems: Vec<String>,
}

/// Why a reply is no reasoning: a noun phrase for what was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotReasoning(pub String);

impl Reasoning {
    pub(super) fn new(form: ReasoningForm) -> Reasoning {
        Reasoning { form, steps: Vec::new(), answer: None, confidence: None, problems: Vec::new() }
    }

    pub(super) fn problem(&mut self, text: impl Into<String>) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(text.into());
        }
    }

    /// How sure the reply is of its answer, 0 to 1: what it says of the answer, or else the lowest of its steps when each has
    /// one, since a chain is as sure as its weakest link. `None` when it does not say.
    ///
    /// Calibration (Brier, ECE) over trials compares this with whether the answer is right.
    pub fn stated_confidence(&self) -> Option<Ratio> {
        let steps = self.steps.iter().map(|step| step.confidence);
        let lowest = || {
            let all: Option<Vec<Ratio>> = steps.collect();
            all?.into_iter().min_by(|a, b| a.get().total_cmp(&b.get()))
        };
        self.confidence.or_else(lowest)
    }

    /// Adds a step; its number is its place where none is written.
    pub(super) fn push(&mut self, number: Option<u64>, text: String, confidence: Option<Ratio>) {
        if self.steps.len() >= MAX_STEPS {
            if self.steps.len() == MAX_STEPS && !self.problems.iter().any(|known| known.contains("are read")) {
                self.problem(format!("only the first {MAX_STEPS} steps are read"));
            }
            return;
        }
        let place = u64::try_from(self.steps.len() + 1).unwrap_or(u64::MAX);
        self.steps.push(Step { number: number.unwrap_or(place), text, confidence });
    }

    /// Says what is missing or out of order.
    fn review(&mut self) {
        if self.steps.is_empty() {
            self.problem("it has no steps");
        }
        if self.answer.is_none() {
            self.problem("it has no final answer");
        }
        let in_order = self.steps.iter().zip(1_u64..).all(|(step, place)| step.number == place);
        if !in_order {
            self.problem("its steps are not numbered from 1 on");
        }
        let silent = self.steps.iter().filter(|step| step.confidence.is_none()).count();
        if silent > 0 {
            self.problem(format!("{silent} of its {} steps have no confidence", self.steps.len()));
        }
    }
}

/// Reads a reply in whichever form it has.
///
/// # Errors
/// [`NotReasoning`] when it has neither steps nor a final answer.
pub fn parse_reasoning(text: &str) -> Result<Reasoning, NotReasoning> {
    let read = beginning(text);
    let is_json = read.trim_start().starts_with('{');
    let found = json::fenced(read)
        .or_else(|| if is_json { json::bare(read) } else { None })
        .or_else(|| tagged::read(read))
        .or_else(|| json::bare(read))
        .or_else(|| labelled::read(read));
    let Some(mut reasoning) = found else {
        let what = if read.trim().is_empty() { "an empty reply" } else { "no steps and no final answer" };
        return Err(NotReasoning(what.to_owned()));
    };
    if read.len() < text.len() {
        reasoning.problem(format!("only the first {MAX_BYTES} bytes are read"));
    }
    reasoning.review();
    Ok(reasoning)
}

/// Reads a reply: its text, and the thinking that the API gives apart where the text has no steps of its own. The answer is
/// then what the text labels as such, or else the text.
///
/// # Errors
/// [`NotReasoning`] when there are neither steps nor a final answer.
pub fn reasoning_of(reply: &ChatReply) -> Result<Reasoning, NotReasoning> {
    let written = parse_reasoning(&reply.text);
    let thinking = reply.reasoning.as_deref().map(beginning).filter(|thinking| !thinking.trim().is_empty());
    let (Some(thinking), false) = (thinking, written.as_ref().is_ok_and(|written| !written.steps.is_empty())) else {
        return written;
    };
    let mut reasoning = Reasoning::new(ReasoningForm::Apart);
    labelled::steps_of(thinking, &mut reasoning);
    match written {
        Ok(written) => (reasoning.answer, reasoning.confidence) = (written.answer, written.confidence),
        Err(_) if reply.text.trim().is_empty() => {}
        Err(_) => reasoning.answer = Some(Value::String(reply.text.trim().to_owned())),
    }
    reasoning.review();
    Ok(reasoning)
}

/// As much of a text as is read.
fn beginning(text: &str) -> &str {
    let mut end = text.len().min(MAX_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}

/// A confidence as models write it: `0.8`, `80%`, `80`, `8/10`, `0,8`; `None` when it is nothing of the kind or out of
/// range. A bare number above 1 is taken as percent.
pub(super) fn confidence_of_text(text: &str) -> Option<Ratio> {
    let text = text.trim().trim_matches(|c: char| matches!(c, '(' | ')' | '[' | ']' | '*' | '_' | '`' | '"' | '.'));
    let text = text.trim();
    if let Some((part, whole)) = text.split_once('/') {
        let (part, whole) = (number(part)?, number(whole)?);
        return if whole > 0.0 { Ratio::new(part / whole).ok() } else { None };
    }
    if let Some(percent) = text.strip_suffix('%').or_else(|| text.strip_suffix("percent")) {
        return Ratio::new(number(percent)? / 100.0).ok();
    }
    confidence_of_number(number(text)?)
}

/// The same of a number in JSON.
pub(super) fn confidence_of_number(number: f64) -> Option<Ratio> {
    if number > 1.0 { Ratio::new(number / 100.0).ok() } else { Ratio::new(number).ok() }
}

fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    // `1e9` and `inf` are numbers to Rust, but nobody's confidence.
    let is_plain =
        !text.is_empty() && text.len() <= 20 && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ','));
    is_plain.then(|| text.replace(',', ".").parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    type Steps = Vec<(u64, String, Option<f64>)>;

    fn shown(text: &str) -> (ReasoningForm, Steps, Option<Value>, Option<f64>) {
        let reasoning = parse_reasoning(text).unwrap_or_else(|why| panic!("{text}: {why:?}"));
        let steps = reasoning.steps.into_iter().map(|step| (step.number, step.text, step.confidence.map(Ratio::get)));
        (reasoning.form, steps.collect(), reasoning.answer, reasoning.confidence.map(Ratio::get))
    }

    #[test]
    fn the_three_forms_mean_the_same() {
        let object = r#"{"steps": [{"step": 1, "text": "a", "confidence": 0.9}, {"step": 2, "text": "b", "confidence": "80%"}],
                         "answer": "42", "confidence": 0.75}"#;
        let fenced = format!("Here it is:\n```json\n{object}\n```\nDone.");
        let around = format!("Sure! {object} I hope this helps.");
        let labelled =
            "Step 1: a (confidence: 0.9)\nStep 2: b (confidence: 80%)\nFinal answer: 42 (confidence: 0.75)\n";
        let steps = vec![(1, "a".to_owned(), Some(0.9)), (2, "b".to_owned(), Some(0.8))];
        for (text, form) in [
            (fenced.as_str(), ReasoningForm::FencedJson),
            (object, ReasoningForm::BareJson),
            (around.as_str(), ReasoningForm::BareJson),
            (labelled, ReasoningForm::Labelled),
        ] {
            assert_eq!(shown(text), (form, steps.clone(), Some(json!("42")), Some(0.75)), "{text}");
            assert_eq!(parse_reasoning(text).map(|found| found.problems), Ok(Vec::new()), "{text}");
        }
    }

    #[test]
    fn confidences_are_read_as_models_write_them() {
        for (text, wanted) in [
            ("0.8", Some(0.8)),
            ("1", Some(1.0)),
            ("0", Some(0.0)),
            ("80%", Some(0.8)),
            (" 80 % ", Some(0.8)),
            ("85", Some(0.85)),
            ("8/10", Some(0.8)),
            ("0,8", Some(0.8)),
            ("(0.5)", Some(0.5)),
            ("1%", Some(0.01)),
            ("101", None),
            ("150%", None),
            ("-0.5", None),
            ("high", None),
            ("", None),
            ("3/0", None),
            ("11/10", None),
            ("inf", None),
            ("1e-1", None),
            ("NaN", None),
            ("0.8.8", None),
        ] {
            assert_eq!(confidence_of_text(text).map(Ratio::get), wanted, "{text}");
        }
    }

    #[test]
    fn what_is_missing_is_told_and_what_is_nothing_is_refused() {
        let problems = |text: &str| parse_reasoning(text).expect("reasoning").problems.join("; ");
        assert_eq!(problems(r#"{"answer": 1}"#), "it has no steps");
        let text = problems("Step 2: a\nStep 3: b (confidence: maybe)\n");
        assert_eq!(
            text,
            "step 3 has the confidence \"maybe\", which is no number from 0 to 1; it has no final answer; its steps are not numbered from 1 on; 2 of its 2 steps have no confidence"
        );
        for text in ["", " \n", "The answer is probably 42.", "{\"a\": 1}", "[1, 2]", "```\nx\n```", "null"] {
            assert!(parse_reasoning(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_huge_reply_is_bounded() {
        let many: String = (1..=3_000).map(|n| format!("Step {n}: x (confidence: 1)\n")).collect();
        let found = parse_reasoning(&many).expect("reasoning");
        assert_eq!(found.steps.len(), MAX_STEPS);
        assert!(found.problems.iter().any(|text| text.contains("first 1000 steps")), "{:?}", found.problems);
        let long = format!("Step 1: {}\nFinal answer: é", "é".repeat(MAX_BYTES));
        let found = parse_reasoning(&long).expect("reasoning");
        assert!(found.problems.iter().any(|text| text.contains("bytes are read")), "{:?}", found.problems);
        for hostile in ["[", "{\"", "{\"steps\":[", "```json\n", "```", "Step 1:", "Confidence:", "1. ", "**"] {
            let text = hostile.repeat(200_000 / hostile.len());
            // Comes back, with or without a reasoning.
            drop(parse_reasoning(&text));
        }
    }

    fn word() -> impl Strategy<Value = String> {
        "[a-z]{1,8}( [a-z]{1,8}){0,3}"
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_a_panic(
            text in "(\\PC{0,12}|[{}\\[\\]\":,]|```(json)?\n|Step [0-9]{0,3}[:.]|[0-9]{1,21}[.)] |Final answer:|Confidence: ?|[0-9.%/,]{1,9}|\"steps\":|\"answer\":|\n|\\*\\*|#{1,3} ){0,30}"
        ) {
            if let Ok(found) = parse_reasoning(&text) {
                prop_assert!(!found.steps.is_empty() || found.answer.is_some());
                prop_assert!(found.steps.len() <= MAX_STEPS);
                let all = found.steps.iter().filter_map(|step| step.confidence).chain(found.confidence);
                for confidence in all {
                    prop_assert!((0.0..=1.0).contains(&confidence.get()));
                }
                prop_assert!(found.answer != Some(Value::Null));
            }
        }

        #[test]
        fn what_is_written_in_a_form_is_read_back(
            steps in prop::collection::vec((word(), 0_u32..=100), 1..6),
            answer in word(),
        ) {
            let wanted: Vec<_> = steps.iter().zip(1_u64..)
                .map(|((text, percent), number)| (number, text.clone(), Some(f64::from(*percent) / 100.0)))
                .collect();
            let object = json!({
                "steps": wanted.iter().map(|(number, text, confidence)| {
                    json!({"step": number, "text": text, "confidence": confidence})
                }).collect::<Vec<_>>(),
                "answer": answer,
            });
            let mut labelled = String::new();
            for (number, text, confidence) in &wanted {
                labelled.push_str(&format!("Step {number}: {text} (confidence: {})\n", confidence.unwrap_or(0.0)));
            }
            labelled.push_str(&format!("Final answer: {answer}"));
            for text in [object.to_string(), format!("```\n{object:#}\n```"), format!("So: {object}."), labelled] {
                let found = shown(&text);
                prop_assert_eq!((&found.1, &found.2), (&wanted, &Some(json!(answer))), "{}", text);
            }
        }
    }
}
