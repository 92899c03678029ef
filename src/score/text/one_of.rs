//! `one_of`: the output is one of a list.

use serde_json::json;

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::reason;
use super::super::settings::{Fault, Settings, texts_of};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use super::compare::TextRule;

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "one_of",
    family: "text",
    about: "the output, without white space at its ends, is one of these texts",
    version: 1,
    pass_at: 1.0,
    short: "value",
    value: ValueRule::OrExpected,
    options: &[
        OptionSpec::value("value", "a list of texts", "the texts allowed; a single text is a list of one"),
        OptionSpec::flag("ignore_case", "compares without case (Unicode)"),
    ],
    degenerate: &[
        "an empty output is none of them",
        "without `value` and without `expected` in the case it is ungraded",
    ],
    example: "- one_of: {value: [financial, legal, technical], ignore_case: true}",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let texts = texts_of("value", settings.value()?)?;
    let rule = TextRule { ignore_case: settings.flag("ignore_case"), trim: true, normalize: false };
    let allowed = texts.iter().map(|text| rule.apply(text).into_owned()).collect();
    let canonical = json!(texts);
    Ok(Prepared::new(OneOf { shown: texts, allowed, rule }).canonical("value", canonical))
}

struct OneOf {
    shown: Vec<String>,
    allowed: Vec<String>,
    rule: TextRule,
}

impl Scorer for OneOf {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let text = self.rule.apply(&input.reply.text);
        let holds = self.allowed.iter().any(|allowed| *allowed == text);
        let wanted = format!("one of {}{}", reason::list(&self.shown), self.rule.phrase());
        Finding::of_bool(holds, reason::quote(input.reply.text.trim()), wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{case, fails, passes, problems_of, with_case};
    use serde_json::json;

    #[test]
    fn the_whole_trimmed_output_is_compared() {
        assert!(passes("one_of: [legal, financial]", " legal\n"));
        assert!(fails("one_of: [legal, financial]", "Legal") && fails("one_of: [legal]", "legal advice"));
        assert!(fails("one_of: [legal]", "") && passes("one_of: {value: [ÉTÉ], ignore_case: true}", "été"));
    }

    #[test]
    fn expected_may_be_a_text_or_a_list() {
        assert!(with_case("one_of", "a", &case(json!({}), Some(json!(["a", "b"])))).is_pass());
        assert!(with_case("one_of", "c", &case(json!({}), Some(json!("a")))).is_fail());
        assert!(with_case("one_of", "7", &case(json!({}), Some(json!([7])))).is_pass());
    }

    #[test]
    fn bad_items_are_all_reported() {
        let text = problems_of("one_of: [a, true, {b: 1}, 1.5]");
        assert_eq!(text.matches("error[wrong-type]").count(), 3, "{text}");
        assert!(problems_of("one_of: []").contains("empty list"));
    }
}
