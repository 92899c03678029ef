//! `reasoning_consistency`: the steps do not contradict the final answer.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::measure::tokens::unicode as unicode_words;
use super::super::reason;
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, Prepared, ValueRule};
use super::equations::first_wrong;
use super::parse::{Reasoning, Step, reasoning_of};

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "reasoning_consistency",
    family: "reasoning",
    about: "the steps of the output do not contradict its final answer (heuristic)",
    version: 1,
    pass_at: 1.0,
    short: "",
    value: ValueRule::None,
    options: &[],
    degenerate: &[
        "it fails on the first of these: a sum of two numbers that is wrong (`6 × 7 = 41`) in a step; a last step that takes \
         itself back (`wait`, `I made a mistake`, `this contradicts`; English); a last step that denies the answer (`not 42`) \
         or says yes where it says no; a last step whose last number is another than the one number of the answer",
        "it passes when the last step holds the answer's words or its number",
        "it is ungraded when the last step has neither, and without steps or a final answer",
        "the answer of JSON is compared when it is a text, a number or true or false",
    ],
    example: "- reasoning_consistency",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

#[expect(clippy::unnecessary_wraps, reason = "the signature of every check's `prepare`")]
fn prepare(_: &Settings) -> Result<Prepared, Vec<Fault>> {
    Ok(Prepared::new(Consistency))
}

/// Words with which a text takes itself back.
static TAKEN_BACK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?:^|[.!?;\n]\s*)(?:wait\b|hold on\b|actually,? no\b|hmm,? (?:no|wait)\b|no,? that(?:'s| is) (?:not right|wrong|incorrect))|\b(?:this|that|which) contradicts\b|\bi (?:have )?made (?:a|an) (?:mistake|error)\b|\b(?:this|that) (?:is|was) (?:wrong|incorrect|a mistake)\b|\bon second thought\b",
    )
    .ok()
});
static NUMBER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[-−]?\d[\d,]*(?:\.\d+)?").ok());

struct Consistency;

impl Scorer for Consistency {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let wanted = "steps that lead to the final answer";
        match reasoning_of(input.reply) {
            Err(why) => Finding::Ungraded(format!("{}: nothing to compare", why.0)),
            Ok(found) => match judge(&found) {
                Judged::Agrees(seen) => Finding::of_bool(true, seen, wanted),
                Judged::Contradicts(seen) => Finding::of_bool(false, seen, wanted),
                Judged::Unknown(why) => Finding::Ungraded(why),
            },
        }
    }
}

#[derive(Debug, PartialEq)]
enum Judged {
    Agrees(String),
    Contradicts(String),
    Unknown(String),
}

fn judge(found: &Reasoning) -> Judged {
    let (Some(last), Some(answer)) = (found.steps.last(), found.answer.as_ref()) else {
        let what = if found.steps.is_empty() { "no steps" } else { "no final answer" };
        return Judged::Unknown(format!("{what}: nothing to compare"));
    };
    let wrong =
        |step: &Step| first_wrong(&step.text).map(|sum| format!("`{}` in step {}", reason::message(sum), step.number));
    if let Some(wrong) = found.steps.iter().find_map(wrong) {
        return Judged::Contradicts(wrong);
    }
    let number = last.number;
    if let Some(words) = TAKEN_BACK.as_ref().and_then(|pattern| pattern.find(&last.text)) {
        return Judged::Contradicts(format!(
            "{} in the last step, {number}",
            reason::quote(words.as_str().trim_start_matches(['.', '!', '?', ';', ' ', '\n']))
        ));
    }
    let answer = match answer {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            return Judged::Unknown("the final answer is a list or a mapping, which steps do not repeat".to_owned());
        }
    };
    compare(last, &answer)
}

/// Compares the last step with the answer.
fn compare(last: &Step, answer: &str) -> Judged {
    let (said, wanted) = (unicode_words(&last.text), unicode_words(answer));
    let place = format!("step {}, the last", last.number);
    if let Some(opposite) = opposite(&said, &wanted) {
        return Judged::Contradicts(format!("`{opposite}` in {place}, and the answer {}", reason::quote(answer)));
    }
    let at = (!wanted.is_empty()).then(|| said.windows(wanted.len()).rposition(|window| window == wanted)).flatten();
    let numbers = numbers_of(&last.text);
    if let ([number], Some(seen)) = (numbers_of(answer).as_slice(), numbers.last()) {
        // The last number is the step's result; the answer's may stand before it with its unit.
        let is_result = close(*number, *seen);
        let told = format!("{seen} as the last number of {place}, and the answer {}", reason::quote(answer));
        return if is_result
            || at.is_some_and(|at| !is_denied(&said, at))
                && numbers.iter().any(|seen| close(*number, *seen))
                && concludes(&last.text, *number)
        {
            Judged::Agrees(told)
        } else {
            Judged::Contradicts(told)
        };
    }
    match at {
        Some(at) if is_denied(&said, at) => {
            Judged::Contradicts(format!("a denial of {} in {place}", reason::quote(answer)))
        }
        Some(_) => Judged::Agrees(format!("the answer {} in {place}", reason::quote(answer))),
        None => Judged::Unknown(format!(
            "{place}, has neither the words nor a number of the answer {}",
            reason::quote(answer)
        )),
    }
}

/// Whether a step says that the number is its result, though another one stands behind it: `= 42, not 41`.
fn concludes(text: &str, number: f64) -> bool {
    let results = text.split('=').skip(1).filter_map(|part| numbers_of(part).first().copied());
    results.last().is_some_and(|result| close(result, number))
}

fn numbers_of(text: &str) -> Vec<f64> {
    let Some(pattern) = NUMBER.as_ref() else { return Vec::new() };
    let is_sign =
        |start: usize| text.get(..start).is_none_or(|head| !head.ends_with(|c: char| c.is_alphanumeric() || c == ')'));
    pattern
        .find_iter(text)
        .filter_map(|hit| {
            let digits = hit.as_str().trim_end_matches(',').replace(',', "").replace('−', "-");
            // `10-3` is a range or a difference, not a negative number.
            let digits = if is_sign(hit.start()) { digits.as_str() } else { digits.trim_start_matches('-') };
            digits.parse().ok()
        })
        .collect()
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

/// Words that turn round what follows them.
fn is_denied(said: &[String], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| said.get(before));
    let is_denial = |word: &String| {
        matches!(word.as_str(), "not" | "isn't" | "isn’t" | "never" | "no" | "nicht" | "kein" | "keine")
    };
    before.is_some_and(is_denial)
        || at.checked_sub(2).and_then(|before| said.get(before)).is_some_and(|word| is_denial(word) && word != "no")
}

/// `no` where the answer is `yes`, and so on, when the last such word of the step is the other one.
fn opposite(said: &[String], wanted: &[String]) -> Option<&'static str> {
    const PAIRS: &[(&str, &str)] =
        &[("yes", "no"), ("true", "false"), ("correct", "incorrect"), ("valid", "invalid"), ("possible", "impossible")];
    let [answer] = wanted else { return None };
    PAIRS.iter().flat_map(|(a, b)| [(*a, *b), (*b, *a)]).find_map(|(own, other)| {
        let last = said.iter().rfind(|word| *word == own || *word == other)?;
        // `no` is mostly not an answer: `there are no errors`.
        let is_answer = other != "no"
            || said.first().is_some_and(|first| first == "no")
            || said.last().is_some_and(|last| last == "no");
        (answer == own && last == other && is_answer).then_some(other)
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{fails, passes, reason_of, ungraded};

    const CHECK: &str = "reasoning_consistency";

    #[test]
    fn steps_that_lead_to_the_answer_pass() {
        for text in [
            "Step 1: 6 × 7 is wanted.\nStep 2: 6 × 7 = 42\nFinal answer: 42",
            "Step 1: The capital of France is Paris.\nAnswer: Paris",
            "Step 1: That makes 1,200 euros.\nAnswer: 1200",
            "Step 1: So the claim is true.\nAnswer: true",
            "Step 1: There are no errors, so yes.\nAnswer: yes",
            "Step 1: Wait, no: it is 3.\nStep 2: It is 4.\nAnswer: 4",
            "{\"steps\": [{\"text\": \"x = 42, not 41\"}], \"answer\": 42}",
            "<thinking>It is 5 - 3 = 2</thinking><answer>2</answer>",
            "Step 1: They arrive at 12:00.\nAnswer: 12:00",
        ] {
            assert!(passes(CHECK, text), "{text}: {}", reason_of(CHECK, text));
        }
    }

    #[test]
    fn contradictions_fail_with_their_reason() {
        for (text, seen) in [
            ("Step 1: 6 × 7 = 41\nAnswer: 41", "saw `6 × 7 = 41` in step 1;"),
            (
                "Step 1: a\nStep 2: It makes 42.\nAnswer: 43",
                "saw 42 as the last number of step 2, the last, and the answer \"43\";",
            ),
            ("Step 1: It is not Paris.\nAnswer: Paris", "saw a denial of \"Paris\" in step 1, the last;"),
            (
                "Step 1: So the claim is false.\nAnswer: true",
                "saw `false` in step 1, the last, and the answer \"true\";",
            ),
            ("Step 1: It is 3. Wait, I made a mistake.\nAnswer: 3", "saw \"Wait\" in the last step, 1;"),
        ] {
            let reason = reason_of(CHECK, text);
            assert!(fails(CHECK, text) && reason.starts_with(seen), "{text}: {reason}");
        }
    }

    #[test]
    fn what_cannot_be_compared_is_ungraded() {
        for (text, why) in [
            ("", "an empty reply"),
            ("Answer: 42", "no steps"),
            ("Step 1: a", "no final answer"),
            ("Step 1: Think hard.\nAnswer: Paris", "has neither the words"),
            ("{\"steps\": [\"a\"], \"answer\": [1]}", "a list or a mapping"),
        ] {
            assert!(ungraded(CHECK, text).contains(why), "{text}: {}", ungraded(CHECK, text));
        }
    }
}
