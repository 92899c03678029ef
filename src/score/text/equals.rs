//! `equals`: the output is this text, or this JSON value.

use serde_json::Value;

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::reason;
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use super::super::structure::parse::{NotJson, parse_output};
use super::compare::{TextRule, json_equal};

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "equals",
    family: "text",
    about: "the output is exactly this text, or JSON equal to this mapping, list, number or boolean",
    version: 1,
    pass_at: 1.0,
    short: "value",
    value: ValueRule::OrExpected,
    options: &[
        OptionSpec::value(
            "value",
            "text, or any other value",
            "text is compared character by character; any other value with the output parsed as JSON: numbers by \
             value, mappings in any order",
        ),
        OptionSpec::flag("ignore_case", "compares without case (Unicode)"),
        OptionSpec::flag("trim", "ignores white space at both ends"),
        OptionSpec::flag("normalize", "compares in Unicode NFC with runs of white space as one space; implies `trim`"),
        OptionSpec::flag("allow_fenced", "for JSON: accepts an output that is one ```json fence"),
    ],
    degenerate: &[
        "an empty output equals only an empty text",
        "an output that is not JSON is unequal to every value that is not text",
        "without `value` and without `expected` in the case it is ungraded",
    ],
    example: "- equals: {value: refund approved, ignore_case: true}",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let rule = TextRule::from_settings(settings);
    Ok(match settings.value()? {
        Value::String(text) => {
            let wanted = rule.apply(text).into_owned();
            Prepared::new(SameText { shown: text.clone(), wanted, rule })
        }
        value => Prepared::new(SameJson { wanted: value.clone(), rule, allow_fenced: settings.flag("allow_fenced") }),
    })
}

struct SameText {
    shown: String,
    wanted: String,
    rule: TextRule,
}

impl Scorer for SameText {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let text = &input.reply.text;
        let wanted = format!("exactly {}{}", reason::quote(&self.shown), self.rule.phrase());
        let holds = self.rule.apply(text) == self.wanted;
        Finding::of_bool(holds, seen(text, &self.shown, holds), wanted)
    }
}

/// The output, and where it differs when the shown beginnings would look the same.
fn seen(text: &str, wanted: &str, holds: bool) -> String {
    let quoted = reason::quote(text);
    if holds || reason::clean(text).trim() != reason::clean(wanted).trim() {
        let same = text.chars().zip(wanted.chars()).take_while(|(a, b)| a == b).count();
        return if !holds && same >= 60 { format!("{quoted}, different from character {}", same + 1) } else { quoted };
    }
    format!("{quoted}, which differs in white space, control characters or length alone")
}

struct SameJson {
    wanted: Value,
    rule: TextRule,
    allow_fenced: bool,
}

impl Scorer for SameJson {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let wanted = format!("JSON equal to {}", reason::json(&self.wanted));
        match parse_output(&input.reply.text, self.allow_fenced) {
            Ok(value) => Finding::of_bool(json_equal(&self.wanted, &value, self.rule), reason::json(&value), wanted),
            Err(NotJson::Fault(fault)) => Finding::of_bool(false, fault, wanted),
            Err(NotJson::TooDeep(fault)) => Finding::Ungraded(fault),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{case, fails, passes, reason_of, ungraded, with_case};
    use serde_json::json;

    #[test]
    fn text_is_compared_character_by_character() {
        assert!(passes("equals: Paris", "Paris"));
        assert!(fails("equals: Paris", "Paris\n") && fails("equals: Paris", "paris") && fails("equals: Paris", ""));
        assert!(passes("equals: {value: ''}", "") && fails("equals: {value: ''}", " "));
    }

    #[test]
    fn options_make_texts_equal() {
        assert!(passes("equals: {value: STRASSE, ignore_case: true}", "Straße"));
        assert!(passes("equals: {value: Paris, trim: true}", " Paris\n"));
        assert!(passes("equals: {value: \"caf\\u00e9 au lait\", normalize: true}", " cafe\u{301}\n\t au  lait "));
        assert!(fails("equals: {value: \"caf\\u00e9\"}", "cafe\u{301}"));
    }

    #[test]
    fn values_that_are_not_text_are_compared_as_json() {
        assert!(passes("equals: {value: {a: 1, b: [true, null]}}", r#"{"b":[true,null],"a":1.0}"#));
        assert!(fails("equals: {value: {a: 1}}", r#"{"a":1,"b":2}"#));
        assert!(passes("equals: 42", " 42.0\n") && fails("equals: 42", "42 apples") && fails("equals: 42", "\"42\""));
        assert!(passes("equals: [1, 2]", "[1,2]") && fails("equals: [1, 2]", "[2,1]"));
        assert!(passes("equals: {value: [], allow_fenced: true}", "```json\n[]\n```") && passes("equals: []", "[]"));
        assert!(passes("equals: {value: {a: HIGH}, ignore_case: true}", r#"{"a":"high"}"#));
    }

    #[test]
    fn the_expected_value_of_the_case_stands_in() {
        assert!(with_case("equals", "Paris", &case(json!({}), Some(json!("Paris")))).is_pass());
        assert!(with_case("equals:", "{\"a\":1}", &case(json!({}), Some(json!({"a": 1})))).is_pass());
        assert!(with_case("equals: {from: vars.city}", "Rome", &case(json!({"city": "Paris"}), None)).is_fail());
        assert_eq!(ungraded("equals", "Paris"), "the case has no `expected` to compare with");
    }

    #[test]
    fn the_reason_says_what_was_seen_and_wanted() {
        assert_eq!(reason_of("equals: Paris", "Rome"), "saw \"Rome\"; wanted exactly \"Paris\"");
        assert!(reason_of("equals: Paris", "Paris\n").contains("differs in white space"));
        assert_eq!(reason_of("not_equals: Rome", "Rome"), "saw \"Rome\"; wanted anything but exactly \"Rome\"");
    }
}
