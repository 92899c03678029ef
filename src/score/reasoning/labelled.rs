//! Reasoning written as labelled lines.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::super::reason;
use super::parse::{Reasoning, ReasoningForm, confidence_of_text};
use crate::base::Ratio;

/// `Step 1: …`, with marks of Markdown before and after the label.
static STEP: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)^[\s#>*_-]*step\s+#?(\d{1,6})\b[*_\s]*[:.)\u{2013}\u{2014}-]*[*_\s]*(.*)$").ok());
/// `1. …` and `1) …`
static ITEM: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[\s#>*_]*(\d{1,6})[.)][*_]*\s+[*_]*(.*)$").ok());
/// `Final answer: …`, `Answer: …`, or a heading without a colon.
static FINAL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^[\s#>*_-]*(?:(?:therefore|thus|hence|so),?\s+)?(?:the\s+)?(?:final\s+(?:answer|result)[*_\s]*(?:(?:is\s*)?[:=]|is\b|$)|answer[*_\s]*(?:(?:is\s*)?[:=]|$))[*_\s]*(.*)$").ok()
});
/// `## Reasoning`, `**Thinking:**`
static SECTION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^\s*(?:#{1,6}\s*|\*\*\s*)?(?:(?:step[- ]by[- ]step\s+)?(?:reasoning|thinking|analysis|thoughts?|thought\s+process|chain\s+of\s+thought|working|explanation|solution|steps))\s*(?:\*\*)?\s*:?\s*(?:\*\*)?\s*$").ok()
});
/// `(confidence: 0.8)`, `Confidence = 80%`, `confidence of 0.8`
static CONFIDENCE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)[\s,;(\[*_-]*\bconfidence(?:\s+(?:level|score))?[*_]*\s*(?:[:=]|is|of)?[*_\s]*([^\s()\[\]*_,;]+(?:\s*%|\s+percent)?)[)\]*_.]*\s*$").ok()
});

/// Whose lines are being read.
enum Part {
    Before,
    Step { number: u64, text: String, confidence: Option<Ratio> },
    Answer { text: String, confidence: Option<Ratio> },
}

/// The steps and the answer of labelled lines. Items of a plain list are steps where nothing is labelled `Step`.
pub(super) fn read(text: &str) -> Option<Reasoning> {
    let is_labelled = text.lines().any(|line| matches_line(&STEP, line));
    let step = if is_labelled { &STEP } else { &ITEM };
    let mut reasoning = Reasoning::new(ReasoningForm::Labelled);
    let mut part = Part::Before;
    for line in text.lines() {
        if let Some(found) = captures(&FINAL, line) {
            finish(part, &mut reasoning);
            let (text, confidence) =
                split_confidence(found.get(1).map_or("", |rest| rest.as_str()), "the answer", &mut reasoning);
            part = Part::Answer { text, confidence };
        } else if let (Some(found), false) = (captures(step, line), matches!(part, Part::Answer { .. })) {
            finish(part, &mut reasoning);
            let number = found.get(1).and_then(|digits| digits.as_str().parse().ok()).unwrap_or(0);
            let of = format!("step {number}");
            let (text, confidence) =
                split_confidence(found.get(2).map_or("", |rest| rest.as_str()), &of, &mut reasoning);
            part = Part::Step { number, text, confidence };
        } else {
            take_line(&mut part, line, &mut reasoning);
        }
    }
    finish(part, &mut reasoning);
    if reasoning.answer.is_none() {
        reasoning.answer = boxed(text);
    }
    if reasoning.steps.is_empty() {
        prose_of(text, &mut reasoning);
    }
    // A list alone is no reasoning: half of all replies have one.
    let is_reasoning = reasoning.answer.is_some() || (is_labelled && !reasoning.steps.is_empty());
    is_reasoning.then_some(reasoning)
}

/// `\boxed{42}`, as answers of mathematics are set; the last one counts.
fn boxed(text: &str) -> Option<Value> {
    let (_, rest) = text.rsplit_once("\\boxed{")?;
    let mut depth = 1_u32;
    let end = rest.char_indices().find(|(_, c)| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        depth == 0
    })?;
    let inner = rest.get(..end.0)?.trim();
    (!inner.is_empty()).then(|| Value::String(inner.to_owned()))
}

/// The paragraphs under a heading such as `## Reasoning`, up to the answer.
fn prose_of(text: &str, reasoning: &mut Reasoning) {
    let mut lines = text.lines();
    if !lines.by_ref().any(|line| matches_line(&SECTION, line)) {
        return;
    }
    let section: Vec<&str> = lines.take_while(|line| !matches_line(&FINAL, line) && !line.starts_with('#')).collect();
    steps_of(&section.join("\n"), reasoning);
}

/// The steps of a text that only reasons: those labelled so, the items of its list, or its paragraphs.
pub(super) fn steps_of(text: &str, reasoning: &mut Reasoning) {
    let pattern = [&STEP, &ITEM].into_iter().find(|pattern| text.lines().any(|line| matches_line(pattern, line)));
    let Some(pattern) = pattern else {
        let mut paragraph = String::new();
        for line in text.lines().chain(std::iter::once("")) {
            if !line.trim().is_empty() {
                paragraph.push_str(line);
                paragraph.push('\n');
            } else if !paragraph.is_empty() {
                let place = format!("step {}", reasoning.steps.len() + 1);
                let (text, confidence) = split_confidence(paragraph.trim(), &place, reasoning);
                reasoning.push(None, plain(&text), confidence);
                paragraph.clear();
            }
        }
        return;
    };
    let mut part = Part::Before;
    for line in text.lines() {
        if let Some(found) = captures(pattern, line) {
            finish(part, reasoning);
            let number = found.get(1).and_then(|digits| digits.as_str().parse().ok()).unwrap_or(0);
            let rest = found.get(2).map_or("", |rest| rest.as_str());
            let (text, confidence) = split_confidence(rest, &format!("step {number}"), reasoning);
            part = Part::Step { number, text, confidence };
        } else {
            take_line(&mut part, line, reasoning);
        }
    }
    finish(part, reasoning);
}

fn captures<'t>(pattern: &LazyLock<Option<Regex>>, line: &'t str) -> Option<regex::Captures<'t>> {
    pattern.as_ref()?.captures(line)
}

fn matches_line(pattern: &LazyLock<Option<Regex>>, line: &str) -> bool {
    pattern.as_ref().is_some_and(|pattern| pattern.is_match(line))
}

/// A line that belongs to what was begun before.
fn take_line(part: &mut Part, line: &str, reasoning: &mut Reasoning) {
    let (text, confidence, of) = match part {
        Part::Before => return,
        Part::Step { number, text, confidence } => (text, confidence, format!("step {number}")),
        Part::Answer { text, confidence } => (text, confidence, "the answer".to_owned()),
    };
    let (line, found) = split_confidence(line, &of, reasoning);
    *confidence = confidence.or(found);
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&line);
}

/// The text before a confidence at the end of a line, and the confidence.
pub(super) fn split_confidence(line: &str, of: &str, reasoning: &mut Reasoning) -> (String, Option<Ratio>) {
    let Some(found) = captures(&CONFIDENCE, line) else { return (line.trim().to_owned(), None) };
    let (Some(whole), Some(value)) = (found.get(0), found.get(1)) else { return (line.trim().to_owned(), None) };
    let confidence = confidence_of_text(value.as_str());
    if confidence.is_none() {
        let seen = reason::quote(value.as_str());
        reasoning.problem(format!("{of} has the confidence {seen}, which is no number from 0 to 1"));
    }
    (line.get(..whole.start()).unwrap_or("").trim().to_owned(), confidence)
}

fn finish(part: Part, reasoning: &mut Reasoning) {
    match part {
        Part::Before => {}
        Part::Step { number, text, confidence } => reasoning.push(Some(number), plain(&text), confidence),
        Part::Answer { text, confidence } => {
            let text = plain(&text);
            if text.is_empty() {
                return;
            }
            if reasoning.answer.is_some() {
                reasoning.problem("it has several final answers, the last one counts");
            }
            reasoning.answer = Some(Value::String(text));
            reasoning.confidence = confidence;
        }
    }
}

/// A text without the marks of emphasis around it.
fn plain(text: &str) -> String {
    let text = text.trim();
    let inner = ["**", "__", "`"].iter().find_map(|mark| {
        let inner = text.strip_prefix(mark)?.strip_suffix(mark)?;
        (!inner.is_empty() && !inner.contains(mark)).then_some(inner)
    });
    inner.unwrap_or(text).trim_end_matches("**").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn all_patterns_compile() {
        assert!([&STEP, &ITEM, &FINAL, &CONFIDENCE, &SECTION].iter().all(|pattern| pattern.is_some()));
    }

    type Steps = Vec<(u64, String, Option<f64>)>;

    fn shown(text: &str) -> (Steps, Option<Value>, Option<f64>) {
        let found = read(text).unwrap_or_else(|| panic!("{text}"));
        let steps = found.steps.into_iter().map(|step| (step.number, step.text, step.confidence.map(Ratio::get)));
        (steps.collect(), found.answer, found.confidence.map(Ratio::get))
    }

    #[test]
    fn labels_may_be_marked_up() {
        let step = |number, text: &str, confidence| (number, text.to_owned(), confidence);
        let text = "**Step 1:** Add the two.\nThat makes 5.\n*Confidence: 90%*\n\n### Step 2 - Double it [confidence = 0.7]\n\n**Final Answer:** **10**\nConfidence: 8/10\n";
        let wanted = vec![step(1, "Add the two.\nThat makes 5.", Some(0.9)), step(2, "Double it", Some(0.7))];
        assert_eq!(shown(text), (wanted, Some(json!("10")), Some(0.8)));
        let text = "1. First, confidence: 0.5\n2) Second\n\n## Final answer\n\n`yes`";
        let wanted = vec![step(1, "First", Some(0.5)), step(2, "Second", None)];
        assert_eq!(shown(text), (wanted, Some(json!("yes")), None));
    }

    #[test]
    fn an_answer_keeps_its_lines_and_lists() {
        let text = "Step 1: x (confidence: 1)\nFinal answer: two things\n1. this\n2. that\n";
        let (steps, answer, _) = shown(text);
        assert_eq!((steps.len(), answer), (1, Some(json!("two things\n1. this\n2. that"))));
    }

    #[test]
    fn lists_and_prose_are_no_reasoning() {
        for text in [
            "1. a\n2. b",
            "The answer is hard to find.",
            "The steps are simple.",
            "answering is hard",
            "Final answers: 3",
            "stepwise 1: a",
        ] {
            assert!(read(text).is_none(), "{text}");
        }
        assert_eq!(shown("The final answer is: 7.").1, Some(json!("7.")));
        assert_eq!(shown("Answer = no").1, Some(json!("no")));
    }

    #[test]
    fn headings_prose_and_boxes_are_read() {
        let step = |number, text: &str, confidence| (number, text.to_owned(), confidence);
        let text = "## Reasoning\nThe train takes 3 hours.\n\nIt leaves at 9. (confidence: 0.8)\n\n## Answer\n12:00";
        let wanted = vec![step(1, "The train takes 3 hours.", None), step(2, "It leaves at 9.", Some(0.8))];
        assert_eq!(shown(text), (wanted, Some(json!("12:00")), None));
        let text = "**Thinking:**\nAdd.\n\nTherefore, the final answer is: 7";
        assert_eq!(shown(text), (vec![step(1, "Add.", None)], Some(json!("7")), None));
        let text = "Step 1: Halve it. Step by step.\nSo it is $\\boxed{\\frac{1}{2}}$.";
        assert_eq!(shown(text).1, Some(json!("\\frac{1}{2}")));
        assert!(read("\\boxed{").is_none() && read("\\boxed{}").is_none());
    }
}
