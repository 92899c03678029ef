//! `json_diff`: the fields of the JSON in the output are as wanted, each compared by its own rule.

use serde_json::Value;

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::reason;
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, OptionKind, OptionSpec, Prepared, ValueRule};
use super::json_compare::{Comparer, Difference};
use super::json_rule::FieldRules;
use super::parse::{ALLOW_FENCED, NotJson, parse_output};
use crate::base::Ratio;

/// Differences told in a reason.
const TOLD: usize = 5;

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "json_diff",
    family: "structure",
    about: "the fields of the JSON in the output are as wanted; its score is the weighted share that match",
    version: 1,
    pass_at: 1.0,
    short: "value",
    value: ValueRule::OrExpected,
    options: &[
        OptionSpec::value("value", "any value", "the JSON wanted; text that is a JSON mapping or list is read as one"),
        OptionSpec::fixed(
            "fields",
            "a mapping of JSON pointers to rules",
            "rules of single fields: `ignore`, `any_order`, `ignore_case`, or a mapping of these and `absolute`, \
             `relative`, `measure` (levenshtein, jaro_winkler, f1), `least`, `by`, `weight`; `*` in a pointer is any one \
             part, `**` any number; of several that fit the last one counts",
        ),
        OptionSpec {
            name: "absolute",
            kind: OptionKind::Amount,
            takes: "a number from 0",
            about: "largest distance of numbers that match; 0 unless given",
        },
        OptionSpec {
            name: "relative",
            kind: OptionKind::Amount,
            takes: "a number from 0",
            about: "largest distance as a share of the wanted number; the wider tolerance holds",
        },
        OptionSpec::flag("ignore_case", "texts are compared without case"),
        OptionSpec::flag("any_order", "the items of lists may come in any order: paired so that most matches"),
        OptionSpec::flag("allow_extra", "fields and items that only the output has are no difference"),
        ALLOW_FENCED,
    ],
    degenerate: &[
        "a field is a value with nothing below it; `{}` and `[]` are fields; a field that is missing, not wanted or of \
         another type counts with all the fields below it",
        "numbers are compared by value, texts exactly unless a rule says otherwise; `null` is not the same as missing",
        "with `measure` a text counts by its likeness; with `least` it counts fully from that likeness on, else not",
        "`by: id` pairs the items of two lists that have the same `id`; items without it are missing or not wanted",
        "equal values score 1, `{}` and `[]` too, and so does a value whose fields are all ignored",
        "an output that is not JSON scores 0; lists in any order of more than 200 items are ungraded",
    ],
    example: "- json_diff: {value: {total: 12.5, lines: []}, fields: {/total: {absolute: 0.01}, /id: ignore}}",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let wanted = wanted(settings.value()?);
    let rules = FieldRules::of_settings(settings)?;
    let fields = FieldRules::canonical(settings);
    let shown = wanted.clone();
    let check = JsonDiff {
        wanted,
        rules,
        allow_extra: settings.flag("allow_extra"),
        allow_fenced: settings.flag("allow_fenced"),
    };
    Ok(Prepared::new(check).canonical("fields", fields).canonical("value", shown))
}

/// Columns of tables hold JSON as text.
fn wanted(value: &Value) -> Value {
    let parsed = value.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    parsed.filter(|parsed| parsed.is_object() || parsed.is_array()).unwrap_or_else(|| value.clone())
}

struct JsonDiff {
    wanted: Value,
    rules: FieldRules,
    allow_extra: bool,
    allow_fenced: bool,
}

impl Scorer for JsonDiff {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let wanted = reason::json(&self.wanted);
        let seen = match parse_output(&input.reply.text, self.allow_fenced) {
            Ok(seen) => seen,
            Err(NotJson::Fault(seen)) => return Finding::of_bool(false, seen, wanted),
            Err(NotJson::TooDeep(reason)) => return Finding::Ungraded(reason),
        };
        match Comparer::new(&self.rules, self.allow_extra).compare(&self.wanted, &seen) {
            Err(reason) => Finding::Ungraded(reason),
            Ok(found) if found.differences.is_empty() => Finding::of_bool(true, reason::json(&seen), wanted),
            Ok(found) => Finding::Graded {
                // A difference never rounds away: a share below 1 stays below it.
                value: Ratio::clamped(found.share().min(1.0 - f64::EPSILON)),
                seen: format!("{:.3} of the fields as wanted: {}", found.share(), told(&found.differences)),
                wanted,
            },
        }
    }
}

fn told(differences: &[Difference]) -> String {
    let one = |found: &Difference| {
        let place = if found.pointer.is_empty() { "the whole".to_owned() } else { reason::message(&found.pointer) };
        format!("{place} {}", found.what)
    };
    let shown: Vec<String> = differences.iter().take(TOLD).map(one).collect();
    match differences.len().saturating_sub(TOLD) {
        0 => shown.join("; "),
        more => format!("{}; and {more} more", shown.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{case, fails, passes, problems_of, reason_of, ungraded, value_of, with_case};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn the_share_of_fields_that_match_is_the_score() {
        let yaml = "json_diff: {value: {a: 1, b: {c: x, d: [1, 2]}}}";
        assert!(passes(yaml, r#"{"b":{"d":[1,2.0],"c":"x"},"a":1}"#));
        assert_eq!(value_of(yaml, r#"{"a":2,"b":{"c":"x","d":[1,2]}}"#), Some(0.75));
        assert_eq!(value_of(yaml, r#"{"a":1,"b":{"c":"x"}}"#), Some(0.5));
        assert_eq!(value_of(yaml, r#"{"a":1,"b":5}"#), Some(0.25));
        assert_eq!(value_of(yaml, r#"{"a":1,"b":{"c":"x","d":[1,2]},"e":0}"#), Some(0.8));
        assert_eq!(value_of(yaml, "nothing"), Some(0.0));
        assert_eq!(value_of("json_diff: {value: {}}", "{}"), Some(1.0));
        assert_eq!(value_of("json_diff: []", "[]"), Some(1.0));
        assert_eq!(value_of("json_diff: {value: {}}", "{\"a\":1}"), Some(0.0));
        assert_eq!(value_of("json_diff: {value: {}}", "[]"), Some(0.0));
        assert_eq!(value_of("json_diff: {value: {}, allow_extra: true}", "{\"a\":1}"), Some(1.0));
    }

    #[test]
    fn the_reason_names_the_fields_by_pointer() {
        let reason = reason_of("json_diff: {value: {a: 1, 'b/c': x, d: [1]}}", r#"{"a":2,"d":[1,3],"e":true}"#);
        assert!(
            reason.starts_with(
                "saw 0.200 of the fields as wanted: /a `2` instead of `1`; /b~1c missing; /d/1 not wanted; /e not wanted; wanted `{"
            ),
            "{reason}"
        );
        assert!(
            reason_of("json_diff: {value: {a: 1}}", r#"{"a":"1"}"#)
                .contains("/a `\"1\"` (text) instead of a whole number")
        );
    }

    #[test]
    fn fields_have_rules_of_their_own() {
        let yaml = "json_diff: {value: {id: 1, total: 10, name: Anna Kowalska, tags: [a, b]}, fields: {/id: ignore, \
                    /total: {absolute: 0.5}, /name: {measure: levenshtein}, /tags: any_order}}";
        assert!(passes(yaml, r#"{"id":7,"total":10.5,"name":"Anna Kowalska","tags":["b","a"]}"#));
        let part = value_of(yaml, r#"{"total":10,"name":"Anna Kowalski","tags":["a","b"]}"#).expect("scored");
        assert!((part - (3.0 + 12.0 / 13.0) / 4.0).abs() < 1e-12, "{part}");
        let heavy = "json_diff: {value: {a: 1, b: 1}, fields: {/a: {weight: 3}}}";
        assert_eq!(value_of(heavy, r#"{"a":1,"b":2}"#), Some(0.75));
        assert!(passes(
            "json_diff: {value: {a: [{at: 1, x: 1}]}, fields: {'/**/at': ignore}}",
            r#"{"a":[{"at":2,"x":1}]}"#
        ));
        assert!(passes("json_diff: {value: {a: 1}, fields: {'/*': {relative: 0.1}}}", r#"{"a":1.1}"#));
        assert!(passes("json_diff: {value: {a: Ja}, ignore_case: true}", r#"{"a":"JA"}"#));
    }

    #[test]
    fn lists_are_compared_in_order_in_any_order_or_by_a_key() {
        assert_eq!(value_of("json_diff: [1, 2, 3]", "[3, 1, 2]"), Some(0.0));
        assert_eq!(value_of("json_diff: {value: [1, 2, 3], any_order: true}", "[3, 1, 2]"), Some(1.0));
        assert_eq!(value_of("json_diff: {value: [1, 2, 3], any_order: true}", "[3, 1, 4]"), Some(2.0 / 3.0));
        assert_eq!(value_of("json_diff: {value: [1, 1], any_order: true}", "[1]"), Some(0.5));
        let by = "json_diff: {value: [{id: 1, v: a}, {id: 2, v: b}], fields: {'': {by: id}}}";
        assert_eq!(value_of(by, r#"[{"id":2,"v":"b"},{"id":1,"v":"x"}]"#), Some(0.75));
        assert_eq!(value_of(by, r#"[{"id":2,"v":"b"}]"#), Some(0.5));
        let long = format!("[{}0]", "0,".repeat(300));
        assert!(ungraded(&format!("json_diff: {{value: {long}, any_order: true}}"), &long).contains("301 items"));
    }

    #[test]
    fn the_case_may_hold_json_as_text() {
        let of = |expected| with_case("json_diff", r#"{"a":1}"#, &case(json!({}), Some(expected)));
        assert!(
            of(json!({"a": 1})).is_pass() && of(json!("{\"a\": 1}")).is_pass() && of(json!("{\"a\": 2}")).is_fail()
        );
        assert!(fails("not_json_diff: {value: {a: 1}}", r#"{"a":1}"#));
        assert!(passes("json_diff: {value: {a: 1, b: 2}, threshold: 0.5}", r#"{"a":1}"#));
    }

    #[test]
    fn bad_rules_are_all_reported_where_they_stand() {
        let text = problems_of("json_diff: {value: {a: 1}, fields: {a: ignore, /b: {absolut: 1}, /c: {least: 2}}}");
        assert_eq!(text.matches("error[").count(), 3, "{text}");
        assert!(text.contains("begins with `/`") && text.contains("did you mean `absolute`?"), "{text}");
        assert!(problems_of("json_diff: {value: 1, fields: [a]}").contains("must be a mapping of JSON pointers"));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[a-c~/]{0,3}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-c~/]{0,2}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_value_is_like_itself_and_likeness_is_bounded(a in any_json(), b in any_json(), any_order: bool) {
            let on = |wanted: &Value, seen: &Value| {
                let yaml = format!("json_diff: {{any_order: {any_order}}}");
                let score = with_case(&yaml, &seen.to_string(), &case(json!({}), Some(wanted.clone())));
                match score.state {
                    crate::record::ScoreState::Scored { value, .. } => Some(value.get()),
                    _ => None,
                }
            };
            if !a.is_null() {
                prop_assert_eq!(on(&a, &a), Some(1.0));
                let value = on(&a, &b).unwrap_or(0.0);
                prop_assert!((0.0..=1.0).contains(&value));
                prop_assert_eq!(on(&b, &a).is_some_and(|other| other >= 1.0), value >= 1.0 && !b.is_null());
            }
        }
    }
}
