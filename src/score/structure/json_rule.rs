//! How the fields of two JSON values are compared: the options of `json_diff`.

use serde_json::{Map, Value, json};

use super::super::measure::{edit, squad};
use super::super::numerals::Amount;
use super::super::settings::{Fault, Settings, kind_of};
use super::super::text::compare::{TextRule, json_equal};
use crate::base::closest;

/// How likeness of two texts is measured.
type Measure = fn(&str, &str) -> f64;

const MEASURES: &[(&str, Measure)] = &[
    ("levenshtein", edit::levenshtein_likeness),
    ("jaro_winkler", edit::jaro_winkler_likeness),
    ("f1", |seen, wanted| squad::token_f1(seen, wanted).f),
];
const KEYS: [&str; 9] =
    ["ignore", "any_order", "by", "ignore_case", "absolute", "relative", "measure", "least", "weight"];

/// How one field is compared.
#[derive(Debug, Clone, Default)]
pub(super) struct FieldRule {
    /// The field and all below it say nothing.
    pub(super) ignore: bool,
    /// The items of a list may come in any order.
    pub(super) any_order: bool,
    /// The key whose value tells which items of two lists belong together.
    pub(super) by: Option<String>,
    ignore_case: bool,
    absolute: f64,
    relative: f64,
    measure: Option<Measure>,
    least: Option<f64>,
    /// How much the field counts; 1 unless given.
    pub(super) weight: Option<f64>,
}

impl FieldRule {
    /// The rule of the whole check: its options beside `fields`.
    pub(super) fn of_settings(settings: &Settings) -> FieldRule {
        let amount = |option: &str| settings.get(option).and_then(Value::as_f64).unwrap_or(0.0);
        FieldRule {
            any_order: settings.flag("any_order"),
            ignore_case: settings.flag("ignore_case"),
            absolute: amount("absolute"),
            relative: amount("relative"),
            ..FieldRule::default()
        }
    }

    /// How well two values that are not both lists or both mappings agree, from 0 to 1.
    pub(super) fn likeness(&self, wanted: &Value, seen: &Value) -> f64 {
        let rule = TextRule { ignore_case: self.ignore_case, ..TextRule::default() };
        if json_equal(wanted, seen, rule) {
            return 1.0;
        }
        match (wanted, seen) {
            (Value::Number(wanted), Value::Number(seen)) if self.absolute > 0.0 || self.relative > 0.0 => {
                let of = |number: f64| serde_json::Number::from_f64(number).and_then(|number| Amount::of_json(&number));
                let (wanted, seen) = (Amount::of_json(wanted), Amount::of_json(seen));
                let within = match (seen, wanted, of(self.absolute), of(self.relative)) {
                    (Some(seen), Some(wanted), Some(absolute), Some(relative)) => {
                        seen.is_within(wanted, absolute, relative)
                    }
                    _ => false,
                };
                f64::from(u8::from(within))
            }
            (Value::String(wanted), Value::String(seen)) => {
                let Some(measure) = self.measure else { return 0.0 };
                let likeness = measure(&rule.apply(seen), &rule.apply(wanted)).clamp(0.0, 1.0);
                self.least.map_or(likeness, |least| f64::from(u8::from(likeness >= least)))
            }
            _ => 0.0,
        }
    }
}

/// The rules of all fields.
#[derive(Debug, Clone, Default)]
pub(super) struct FieldRules {
    general: FieldRule,
    /// Parts of a pointer, `*` for any one part, `**` for any number of them; the last that fits counts.
    special: Vec<(Vec<String>, FieldRule)>,
}

impl FieldRules {
    /// Reads the options; all faults at once.
    pub(super) fn of_settings(settings: &Settings) -> Result<FieldRules, Vec<Fault>> {
        let general = FieldRule::of_settings(settings);
        let Some(fields) = settings.get("fields") else { return Ok(FieldRules { general, special: Vec::new() }) };
        let Value::Object(fields) = fields else {
            let message = format!("`fields` must be a mapping of JSON pointers to rules, this is {}", kind_of(fields));
            return Err(Fault::new("fields", message).code("wrong-type").alone());
        };
        let mut special = Vec::new();
        let mut faults = Vec::new();
        for (pointer, rule) in fields {
            let at = format!("/{}", pointer.replace('~', "~0").replace('/', "~1"));
            let read = parts(pointer).and_then(|parts| Ok((parts, read(rule, &general)?)));
            match read {
                Ok(rule) => special.push(rule),
                Err(message) => faults.push(Fault::new("fields", format!("`{pointer}`: {message}")).pointer(at)),
            }
        }
        if faults.is_empty() { Ok(FieldRules { general, special }) } else { Err(faults) }
    }

    /// What stands in the identity for `fields`: a list, because the order of overlapping rules matters.
    pub(super) fn canonical(settings: &Settings) -> Value {
        match settings.get("fields") {
            Some(Value::Object(fields)) => fields.iter().map(|(pointer, rule)| json!([pointer, rule])).collect(),
            _ => Value::Null,
        }
    }

    /// The rule of the field at these parts of a pointer.
    pub(super) fn at(&self, path: &[String]) -> &FieldRule {
        let fitting = self.special.iter().rev().find(|(pattern, _)| fits(pattern, path));
        fitting.map_or(&self.general, |(_, rule)| rule)
    }
}

impl FieldRules {
    /// How much the field at these parts of a pointer counts: by its own rule, or that of the nearest field above it.
    pub(super) fn weight_at(&self, path: &[String]) -> f64 {
        let above = (0..=path.len()).rev().filter_map(|len| path.get(..len));
        above.map(|path| self.at(path)).find_map(|rule| rule.weight).unwrap_or(1.0)
    }
}

fn parts(pointer: &str) -> Result<Vec<String>, String> {
    if pointer.is_empty() {
        return Ok(Vec::new());
    }
    let rest = pointer.strip_prefix('/').ok_or("a JSON pointer begins with `/`, such as `/items/*/price`")?;
    Ok(rest.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect())
}

fn fits(pattern: &[String], path: &[String]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((first, rest)), _) if first == "**" => {
            fits(rest, path) || path.split_first().is_some_and(|(_, below)| fits(pattern, below))
        }
        (Some((first, rest)), Some((part, below))) => (first == "*" || first == part) && fits(rest, below),
        _ => false,
    }
}

fn read(rule: &Value, general: &FieldRule) -> Result<FieldRule, String> {
    let flag = |name: &str| Map::from_iter([(name.to_owned(), Value::Bool(true))]);
    let written = match rule {
        Value::String(word) if matches!(word.as_str(), "ignore" | "any_order" | "ignore_case") => flag(word),
        Value::Object(written) => written.clone(),
        Value::String(word) => {
            return Err(format!("`{word}` is not a rule; write `ignore`, `any_order`, `ignore_case` or a mapping"));
        }
        other => return Err(format!("a rule is a word or a mapping, this is {}", kind_of(other))),
    };
    let mut rule = general.clone();
    for (key, value) in &written {
        let number = |most: f64| {
            let number = value.as_f64().filter(|number| (0.0..=most).contains(number));
            number.ok_or_else(|| {
                format!("`{key}` must be a number from 0{}, this is {value}", if most < 2.0 { " to 1" } else { "" })
            })
        };
        let boolean =
            || value.as_bool().ok_or_else(|| format!("`{key}` must be true or false, this is {}", kind_of(value)));
        match key.as_str() {
            "ignore" => rule.ignore = boolean()?,
            "any_order" => rule.any_order = boolean()?,
            "ignore_case" => rule.ignore_case = boolean()?,
            "absolute" => rule.absolute = number(1e15)?,
            "relative" => rule.relative = number(1e15)?,
            "least" => rule.least = Some(number(1.0)?),
            "weight" => rule.weight = Some(number(1e6)?),
            "by" => {
                let by = value
                    .as_str()
                    .ok_or_else(|| format!("`by` must be the name of a key, this is {}", kind_of(value)))?;
                rule.by = Some(by.to_owned());
            }
            "measure" => rule.measure = Some(measure(value)?),
            other => {
                let near = closest(other, KEYS.iter().copied()).map(|near| format!("; did you mean `{near}`?"));
                return Err(format!("`{other}` is not a key of a rule{}", near.unwrap_or_default()));
            }
        }
    }
    if rule.least.is_some() && rule.measure.is_none() {
        rule.measure = Some(edit::levenshtein_likeness);
    }
    Ok(rule)
}

fn measure(value: &Value) -> Result<Measure, String> {
    let found = value.as_str().and_then(|word| MEASURES.iter().find(|(name, _)| *name == word));
    found.map(|(_, measure)| *measure).ok_or_else(|| {
        let names: Vec<&str> = MEASURES.iter().map(|(name, _)| *name).collect();
        format!("`measure` is one of {}, not {value}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_name_fields_at_any_depth() {
        let fit = |pattern: &str, path: &str| fits(&parts(pattern).expect("pointer"), &parts(path).expect("pointer"));
        assert!(fit("", "") && fit("/a/0", "/a/0") && fit("/a/*/b", "/a/7/b") && fit("/**/b", "/b"));
        assert!(fit("/**/b", "/a/7/b") && fit("/a/**", "/a") && fit("/a~1b", "/a~1b") && fit("/**", "/x/y"));
        assert!(!fit("/a", "/a/0") && !fit("/a/*", "/a") && !fit("/**/b", "/b/c") && !fit("", "/a"));
        assert!(parts("a/b").is_err());
    }

    #[test]
    fn rules_are_read_with_all_their_keys() {
        let rule = |value: Value| read(&value, &FieldRule::default());
        let likeness = |value: Value, a: Value, b: Value| rule(value).ok().map(|rule| rule.likeness(&a, &b));
        assert_eq!(likeness(json!({"absolute": 0.1}), json!(1), json!(1.1)), Some(1.0));
        assert_eq!(likeness(json!({"relative": 0.1}), json!(100), json!(111)), Some(0.0));
        assert_eq!(likeness(json!({"measure": "levenshtein"}), json!("abcd"), json!("abcx")), Some(0.75));
        assert_eq!(likeness(json!({"least": 0.7}), json!("abcd"), json!("abcx")), Some(1.0));
        assert_eq!(likeness(json!({"least": 0.8}), json!("abcd"), json!("abcx")), Some(0.0));
        assert_eq!(likeness(json!("ignore_case"), json!("A"), json!("a")), Some(1.0));
        assert_eq!(likeness(json!({}), json!(1), json!("1")), Some(0.0));
        for bad in [
            json!("ignored"),
            json!(5),
            json!({"least": 2}),
            json!({"measure": "bleu"}),
            json!({"weigth": 1}),
            json!({"by": 1}),
        ] {
            assert!(rule(bad.clone()).is_err(), "{bad}");
        }
    }
}
