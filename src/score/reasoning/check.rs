//! `reasoning`: the reply reasons in steps and comes to an answer.

use serde_json::{Value, json};

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::reason;
use super::super::settings::{Fault, Settings, kind_of};
use super::super::spec::{Build, CheckSpec, OptionKind, OptionSpec, Prepared, ValueRule};
use super::answer::same_answer;
use super::parse::{NotReasoning, Reasoning, ReasoningForm, reasoning_of};
use crate::base::Ratio;

const FORMS: &[(&str, &str)] = &[("any", "any"), ("json", "json")];

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "reasoning",
    family: "reasoning",
    about: "the output reasons in numbered steps and gives a final answer",
    version: 2,
    pass_at: 1.0,
    short: "answer",
    value: ValueRule::Optional,
    options: &[
        OptionSpec::value(
            "answer",
            "any value",
            "the final answer wanted; case, outer white space and a final period do not matter, `42` is 42",
        ),
        OptionSpec::fixed("min_steps", "a whole number", "fewest steps; 1 unless given"),
        OptionSpec::fixed("max_steps", "a whole number", "most steps"),
        OptionSpec::fixed(
            "min_confidence",
            "a number from 0 to 1",
            "the lowest confidence of any step, and of the answer where it has one; a step without one fails",
        ),
        OptionSpec::fixed(
            "max_confidence",
            "a number from 0 to 1",
            "the highest confidence of any step and of the answer; what has none does not fail",
        ),
        OptionSpec {
            name: "form",
            kind: OptionKind::Word(FORMS),
            takes: "any or json",
            about: "`any`, unless given, also reads lines such as `Step 1: … (confidence: 0.8)` and `Final answer: …`, headings, \
                    tags such as `<thinking>…</thinking><answer>…</answer>`, and the thinking that the API gives apart",
        },
    ],
    degenerate: &[
        "`{% include \"karat/reasoning.md\" %}` in a prompt asks for what this reads: \
         `{\"steps\": [{\"step\": 1, \"text\": …, \"confidence\": 0.9}], \"answer\": …}`, fenced, bare or within text",
        "an output without steps and without a final answer fails, and so does one without either of them",
        "confidences may be percent or `8/10`; one that is not from 0 to 1 counts as none",
        "of several objects that reason the last one counts; only the first 1000 steps and the first MiB are read",
    ],
    example: "- reasoning: {min_steps: 2, max_steps: 8, min_confidence: 0.5, answer: \"42\"}",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut take = |option| match count(settings, option) {
        Ok(count) => count,
        Err(fault) => {
            faults.push(fault);
            None
        }
    };
    let (min_steps, max_steps) = (take("min_steps"), take("max_steps"));
    let mut sure = |option| match confidence(settings, option) {
        Ok(bound) => bound,
        Err(fault) => {
            faults.push(fault);
            None
        }
    };
    let (min_confidence, max_confidence) = (sure("min_confidence"), sure("max_confidence"));
    if let (Some(least), Some(most)) = (min_steps, max_steps)
        && least > most
    {
        faults.push(Fault::new("min_steps", format!("`min_steps` is {least}, more than `max_steps`, which is {most}")));
    }
    if let (Some(least), Some(most)) = (min_confidence, max_confidence)
        && least > most
    {
        let message =
            format!("`min_confidence` is {}, more than `max_confidence`, which is {}", least.get(), most.get());
        faults.push(Fault::new("min_confidence", message));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let check = ReasoningCheck {
        answer: settings.get("answer").cloned(),
        min_steps: min_steps.unwrap_or(1),
        max_steps,
        min_confidence,
        max_confidence,
        json_only: settings.word("form", "any") == "json",
    };
    // `min_steps: 1` is what holds anyway.
    let least = if check.min_steps == 1 { Value::Null } else { json!(check.min_steps) };
    Ok(Prepared::new(check).canonical("min_steps", least))
}

fn confidence(settings: &Settings, option: &'static str) -> Result<Option<Ratio>, Fault> {
    let Some(value) = settings.get(option) else { return Ok(None) };
    let bound = value.as_f64().and_then(|number| Ratio::new(number).ok());
    let wrong = || Fault::new(option, format!("`{option}` must be a number from 0 to 1, this is {}", shown(value)));
    bound.map(Some).ok_or_else(wrong)
}

fn count(settings: &Settings, option: &'static str) -> Result<Option<u64>, Fault> {
    let Some(value) = settings.get(option) else { return Ok(None) };
    let count = value.as_u64().filter(|count| *count <= 1_000);
    let wrong =
        || Fault::new(option, format!("`{option}` must be a whole number from 0 to 1000, this is {}", shown(value)));
    count.map(Some).ok_or_else(wrong)
}

fn shown(value: &Value) -> String {
    match value {
        Value::Number(number) => number.to_string(),
        other => kind_of(other).to_owned(),
    }
}

struct ReasoningCheck {
    answer: Option<Value>,
    min_steps: u64,
    max_steps: Option<u64>,
    min_confidence: Option<Ratio>,
    max_confidence: Option<Ratio>,
    json_only: bool,
}

impl Scorer for ReasoningCheck {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let text = &input.reply.text;
        match reasoning_of(input.reply) {
            Err(NotReasoning(what)) => {
                Finding::of_bool(false, format!("{what} in {}", reason::quote(text)), self.wanted())
            }
            Ok(found) => match self.fault(&found) {
                Some(fault) => Finding::of_bool(false, fault, self.wanted()),
                None => Finding::of_bool(true, seen(&found), self.wanted()),
            },
        }
    }
}

impl ReasoningCheck {
    /// What keeps a reasoning from holding, the gravest first.
    fn fault(&self, found: &Reasoning) -> Option<String> {
        let steps = u64::try_from(found.steps.len()).unwrap_or(u64::MAX);
        let counted = reason::count(steps, "step", "steps");
        let is_json = matches!(found.form, ReasoningForm::FencedJson | ReasoningForm::BareJson);
        if self.json_only && !is_json {
            return Some(format!("{} with {counted}", found.form.phrase()));
        }
        let Some(answer) = &found.answer else { return Some(format!("{counted} without a final answer")) };
        if steps < self.min_steps || self.max_steps.is_some_and(|most| steps > most) {
            return Some(counted);
        }
        if let Some(wanted) = self.answer.as_ref().filter(|wanted| !same_answer(wanted, answer)) {
            let seen = answer.as_str().map_or_else(|| reason::json(answer), reason::quote);
            return Some(format!("the final answer {seen}, not {}", reason::json(wanted)));
        }
        self.doubt(found).or_else(|| self.excess(found))
    }

    /// The first step, or the answer, that is not sure enough.
    fn doubt(&self, found: &Reasoning) -> Option<String> {
        let least = self.min_confidence?;
        for step in &found.steps {
            match step.confidence {
                None => return Some(format!("no confidence of step {}", step.number)),
                Some(confidence) if confidence < least => {
                    return Some(format!("confidence {} of step {}", confidence.get(), step.number));
                }
                Some(_) => {}
            }
        }
        let answer = found.confidence.filter(|confidence| *confidence < least);
        answer.map(|confidence| format!("confidence {} of the answer", confidence.get()))
    }

    /// The first step, or the answer, that is too sure.
    fn excess(&self, found: &Reasoning) -> Option<String> {
        let most = self.max_confidence?;
        let steps = found.steps.iter().map(|step| (step.confidence, format!("step {}", step.number)));
        let all = steps.chain(std::iter::once((found.confidence, "the answer".to_owned())));
        all.filter_map(|(confidence, of)| Some((confidence.filter(|confidence| *confidence > most)?, of)))
            .map(|(confidence, of)| format!("confidence {} of {of}", confidence.get()))
            .next()
    }

    fn wanted(&self) -> String {
        let most = self.max_steps.map(|most| format!(", at most {most}")).unwrap_or_default();
        let steps = reason::count(self.min_steps, "step", "steps");
        let sure = self.min_confidence.map(|least| format!(", each with a confidence of at least {}", least.get()));
        let cautious = self.max_confidence.map(|most| format!(", none with a confidence above {}", most.get()));
        let answer = self.answer.as_ref().map(|answer| format!(" {}", reason::json(answer))).unwrap_or_default();
        let form = if self.json_only { " as JSON" } else { "" };
        let bounds = sure.unwrap_or_default() + &cautious.unwrap_or_default();
        format!("reasoning{form} in at least {steps}{most}{bounds} and a final answer{answer}")
    }
}

fn seen(found: &Reasoning) -> String {
    let steps = reason::count(u64::try_from(found.steps.len()).unwrap_or(u64::MAX), "step", "steps");
    let answer =
        found.answer.as_ref().map_or_else(String::new, |answer| format!(" and the answer {}", reason::json(answer)));
    let problems = if found.problems.is_empty() { String::new() } else { format!(" ({})", found.problems.join("; ")) };
    format!("{} with {steps}{answer}{problems}", found.form.phrase())
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{
        case, check, fails, on_reply, passes, problems_of, reason_of, ungraded, with_case,
    };
    use crate::record::{ChatReply, Finish, ScoreState};
    use serde_json::json;

    const GOOD: &str = r#"{"steps": [{"step": 1, "text": "a", "confidence": 0.9}, {"step": 2, "text": "b", "confidence": 0.6}], "answer": "42"}"#;

    #[test]
    fn steps_confidence_and_answer_are_checked() {
        for yaml in [
            "reasoning",
            "reasoning: '42'",
            "reasoning: 42",
            "reasoning: {min_steps: 2, max_steps: 8, min_confidence: 0.5, answer: '42'}",
            "reasoning: {form: json, min_confidence: 0.6}",
            "not_reasoning: {min_steps: 3}",
        ] {
            assert!(passes(yaml, GOOD), "{yaml}: {}", reason_of(yaml, GOOD));
        }
        for (yaml, seen) in [
            ("reasoning: {min_steps: 3}", "saw 2 steps; wanted reasoning in at least 3 steps and a final answer"),
            ("reasoning: {max_steps: 1}", "saw 2 steps;"),
            (
                "reasoning: {min_confidence: 0.7}",
                "saw confidence 0.6 of step 2; wanted reasoning in at least 1 step, each",
            ),
            ("reasoning: '43'", "saw the final answer \"42\", not `\"43\"`;"),
        ] {
            assert!(fails(yaml, GOOD) && reason_of(yaml, GOOD).starts_with(seen), "{}", reason_of(yaml, GOOD));
        }
    }

    #[test]
    fn labelled_text_counts_unless_json_is_wanted() {
        let text = "Step 1: 6 × 7 (confidence: 95%)\nFinal answer: 42.";
        assert!(passes("reasoning: 42", text) && passes("reasoning: {min_confidence: 0.9}", text));
        assert!(fails("reasoning: {form: json}", text));
        assert_eq!(
            reason_of("reasoning: {form: json}", text),
            "saw labelled text with 1 step; wanted reasoning as JSON in at least 1 step and a final answer"
        );
    }

    #[test]
    fn what_does_not_reason_fails_with_a_reason() {
        for text in ["", "It is 42.", "1. a\n2. b", "{\"x\": 1}"] {
            assert!(fails("reasoning", text) && passes("not_reasoning", text), "{text}");
        }
        assert!(reason_of("reasoning", "It is 42.").starts_with("saw no steps and no final answer in \"It is 42.\";"));
        assert!(fails("reasoning", "{\"answer\": 1}") && fails("reasoning", "Step 1: a"));
        assert!(passes("reasoning: {min_steps: 0}", "{\"answer\": 1}"));
        assert!(
            reason_of("reasoning: {min_confidence: 0.1}", "Step 1: a\nAnswer: b").contains("no confidence of step 1")
        );
    }

    #[test]
    fn confidence_has_an_upper_bound_too() {
        assert!(
            passes("reasoning: {max_confidence: 0.9}", GOOD)
                && passes("reasoning: {max_confidence: 0.1}", "Step 1: a\nAnswer: b")
        );
        let reason = reason_of("reasoning: {max_confidence: 0.8}", GOOD);
        assert!(
            reason.starts_with("saw confidence 0.9 of step 1; wanted")
                && reason.contains("none with a confidence above 0.8"),
            "{reason}"
        );
        assert!(
            problems_of("reasoning: {min_confidence: 0.8, max_confidence: 0.5}").contains("more than `max_confidence`")
        );
    }

    #[test]
    fn thinking_that_the_api_gives_apart_counts() {
        let reply = ChatReply { reasoning: Some("First, 6 × 7.\n\nThat is 42.".into()), ..ChatReply::of_text("42") };
        let score = on_reply("reasoning: {min_steps: 2, answer: 42}", &reply);
        assert!(
            score.is_pass() && score.reason.contains("thinking apart from the text with 2 steps"),
            "{}",
            score.reason
        );
        assert!(on_reply("reasoning: {form: json}", &reply).is_fail());
    }

    #[test]
    fn a_truncated_reply_is_judged_as_by_other_checks() {
        let empty = ChatReply { finish: Finish::Length, ..ChatReply::of_text("") };
        assert_eq!(on_reply("reasoning", &empty).state, ScoreState::Ungraded);
        let cut = ChatReply { finish: Finish::Length, ..ChatReply::of_text("{\"steps\": [{\"text\": \"a\"}, {\"te") };
        let score = on_reply("reasoning", &cut);
        assert!(score.is_fail() && score.reason.ends_with("cut by the token limit"), "{}", score.reason);
    }

    #[test]
    fn the_answer_may_come_from_the_case() {
        let with = |expected| with_case("reasoning: {from: expected}", GOOD, &case(json!({}), expected));
        assert!(with(Some(json!(42))).is_pass() && with(Some(json!(43))).is_fail());
        assert_eq!(with(None).state, ScoreState::Ungraded);
        assert!(ungraded("reasoning: {answer: {from: vars.x}}", GOOD).contains("vars.x"));
    }

    #[test]
    fn bad_options_are_all_reported() {
        let text = problems_of("reasoning: {min_steps: -1, max_steps: x, min_confidence: 2}");
        assert_eq!(text.matches("error[").count(), 3, "{text}");
        assert!(problems_of("reasoning: {min_steps: 3, max_steps: 2}").contains("more than `max_steps`"));
        let identity = |yaml: &str| check(yaml).identity().clone();
        assert_eq!(identity("reasoning"), identity("reasoning: {min_steps: 1, form: any}"));
    }
}
