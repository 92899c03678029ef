//! When two texts, or two JSON values, are the same.

use std::borrow::Cow;

use serde_json::{Number, Value};
use unicode_normalization::{UnicodeNormalization, is_nfc};

use super::super::settings::Settings;

/// What is made equal before texts are compared.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TextRule {
    pub(crate) ignore_case: bool,
    pub(crate) trim: bool,
    /// NFC, and runs of white space as one space.
    pub(crate) normalize: bool,
}

impl TextRule {
    pub(crate) fn from_settings(settings: &Settings) -> TextRule {
        TextRule {
            ignore_case: settings.flag("ignore_case"),
            trim: settings.flag("trim"),
            normalize: settings.flag("normalize"),
        }
    }

    /// The text as it is compared.
    pub(crate) fn apply(self, text: &str) -> Cow<'_, str> {
        let mut text = Cow::Borrowed(if self.trim || self.normalize { text.trim() } else { text });
        if self.normalize {
            text = Cow::Owned(normalized(&text));
        }
        if self.ignore_case {
            text = Cow::Owned(fold(&text));
        }
        text
    }

    /// In words, to follow a description of what was wanted.
    pub(crate) fn phrase(self) -> &'static str {
        if self.ignore_case { " (ignoring case)" } else { "" }
    }
}

fn normalized(text: &str) -> String {
    let composed: Cow<'_, str> = if is_nfc(text) { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) };
    let mut out = String::with_capacity(composed.len());
    for word in composed.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// Text without differences of case: each character upper-cased, then lower-cased, which joins ß with SS and σ with ς
/// as full case folding does, independent of neighbours and language.
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().flat_map(fold_char).collect()
}

/// The folded form of one character.
pub(crate) fn fold_char(c: char) -> impl Iterator<Item = char> {
    c.to_uppercase().flat_map(char::to_lowercase)
}

/// Structural equality: numbers by value (`1` is `1.0`), texts by `rule`, lists in order, mappings in any order.
pub(crate) fn json_equal(a: &Value, b: &Value, rule: TextRule) -> bool {
    match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Number(a), Value::Number(b)) => numbers_equal(a, b),
        (Value::String(a), Value::String(b)) => a == b || rule.apply(a) == rule.apply(b),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| json_equal(a, b, rule))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| json_equal(a, b, rule)))
        }
        _ => false,
    }
}

/// Whether `part` is contained in `whole`: mappings may have further keys; lists have the same length.
pub(crate) fn json_subset(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => {
            part.iter().all(|(key, part)| whole.get(key).is_some_and(|whole| json_subset(part, whole)))
        }
        (Value::Array(part), Value::Array(whole)) => {
            part.len() == whole.len() && part.iter().zip(whole).all(|(part, whole)| json_subset(part, whole))
        }
        _ => json_equal(part, whole, TextRule::default()),
    }
}

/// Whole numbers are compared exactly. A fraction on either side makes both binary fractions, which are equal up to
/// their last bit: readers of YAML and JSON may round the same digits differently there.
fn numbers_equal(a: &Number, b: &Number) -> bool {
    match (a.as_i64(), b.as_i64(), a.as_u64(), b.as_u64()) {
        (Some(a), Some(b), ..) => a == b,
        (.., Some(a), Some(b)) => a == b,
        _ => a.as_f64().zip(b.as_f64()).is_some_and(|(a, b)| (a - b).abs() <= f64::EPSILON * a.abs().max(b.abs())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn folding_joins_what_differs_by_case_only() {
        for (a, b) in [("Straße", "STRASSE"), ("ΟΔΟΣ", "οδος"), ("ÉTÉ", "été"), ("Refund", "rEFUND")] {
            assert_eq!(fold(a), fold(b), "{a}");
        }
        assert_ne!(fold("resume"), fold("résumé"));
    }

    #[test]
    fn numbers_are_equal_by_value() {
        let equal = |a: Value, b: Value| json_equal(&a, &b, TextRule::default());
        assert!(equal(json!(1), json!(1.0)) && equal(json!(0), json!(-0.0)));
        assert!(equal(json!(0.1 + 0.2), json!(0.3)) && !equal(json!(0.3), json!(0.300_000_000_000_001)));
        assert!(equal(json!(f64::MAX), json!(f64::MAX)) && !equal(json!(5e-324), json!(0.0)));
        assert!(!equal(json!(9_007_199_254_740_993_i64), json!(9_007_199_254_740_992_i64)));
        assert!(!equal(json!(1), json!("1")) && !equal(json!(0), json!(false)) && !equal(json!(null), json!({})));
    }

    #[test]
    fn subsets_allow_more_keys_and_no_other_list() {
        let whole = json!({"a": 1, "b": {"c": [1, {"d": 2, "e": 3}]}});
        assert!(json_subset(&json!({"b": {"c": [1, {"d": 2}]}}), &whole));
        assert!(!json_subset(&json!({"b": {"c": [1]}}), &whole));
        assert!(!json_subset(&json!({"z": null}), &whole));
        assert!(json_subset(&json!({}), &whole));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (-1e9..1e9f64).prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(".{0,4}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_value_equals_itself_and_is_its_own_subset(value in any_json()) {
            prop_assert!(json_equal(&value, &value, TextRule::default()));
            prop_assert!(json_subset(&value, &value));
        }

        #[test]
        fn equality_is_symmetric(a in any_json(), b in any_json()) {
            prop_assert_eq!(json_equal(&a, &b, TextRule::default()), json_equal(&b, &a, TextRule::default()));
        }

        #[test]
        fn rules_are_idempotent(text in any::<String>(), ignore_case: bool, trim: bool) {
            let rule = TextRule { ignore_case, trim, normalize: true };
            let once = TextRule { ignore_case: false, ..rule }.apply(&text).into_owned();
            prop_assert_eq!(TextRule { ignore_case: false, ..rule }.apply(&once).into_owned(), once);
            prop_assert_eq!(rule.apply(&text).into_owned(), rule.apply(&text).into_owned());
        }
    }
}
