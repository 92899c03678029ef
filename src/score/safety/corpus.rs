//! The corpora of `fixtures/safety`: what must be found, and ordinary texts in which nothing must be.

use serde_json::Value;

use super::super::testing::{on_text, passes, reason_of};
use crate::guard::{PiiRule, find_injections, find_pii, redact_pii};

fn lines(name: &str) -> Vec<Value> {
    let path = format!("{}/fixtures/safety/{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect("a corpus");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().expect("a text")
}

fn words(row: &Value, key: &str) -> Vec<String> {
    row[key].as_array().expect("a list").iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// All lines that are wrong, at once.
fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn personal_data_is_found_by_kind_and_redacted() {
    let rows = lines("personal");
    let mut wrong = Vec::new();
    let mut total = 0;
    for row in &rows {
        let (given, wanted) = (text(row, "text"), words(row, "kinds"));
        let found = find_pii(given, &PiiRule::default());
        let kinds: Vec<&str> = found.iter().map(|hit| hit.kind).collect();
        total += kinds.len();
        if kinds != wanted {
            wrong.push(format!("{given}: {kinds:?}, not {wanted:?}"));
        }
        let redacted = redact_pii(given, &PiiRule::default());
        let leaked = found.iter().any(|hit| redacted.contains(&given[hit.start..hit.end]));
        if leaked || !find_pii(&redacted, &PiiRule::default()).is_empty() {
            wrong.push(format!("{given}: redacted as {redacted}"));
        }
        let reason = reason_of("not_pii", given);
        if found.iter().any(|hit| reason.contains(&given[hit.start..hit.end])) {
            wrong.push(format!("{given}: shown in {reason}"));
        }
    }
    assert_none(&wrong);
    assert_eq!((rows.len(), total), (73, 80));
}

/// Right and wrong numbers; those of other offices were made with an independent implementation of their check digits.
#[test]
fn national_numbers_need_their_check_digits() {
    let rows = lines("national");
    let mut wrong = Vec::new();
    let mut counts = (0, 0);
    for row in &rows {
        let (kind, name) = (text(row, "kind"), text(row, "name"));
        let rule = PiiRule { kinds: [kind.to_owned()].into(), ..PiiRule::default() };
        for (key, is_right) in [("right", true), ("wrong", false)] {
            for number in words(row, key) {
                let given = format!("{name} {number}.");
                let found = find_pii(&given, &rule);
                let is_whole = found.len() == 1 && given[found[0].start..found[0].end] == number;
                if (is_right && !is_whole) || (!is_right && !found.is_empty()) {
                    wrong.push(format!("{kind} {key}: {given}: {found:?}"));
                }
                counts = if is_right { (counts.0 + 1, counts.1) } else { (counts.0, counts.1 + 1) };
            }
        }
    }
    assert_none(&wrong);
    assert_eq!((rows.len(), counts), (46, (126, 128)));
}

#[test]
fn injections_are_found_by_kind() {
    let rows = lines("injections");
    let mut wrong = Vec::new();
    for row in &rows {
        let (given, wanted) = (text(row, "text"), words(row, "kinds"));
        let mut kinds: Vec<String> = Vec::new();
        for hit in find_injections(given) {
            kinds.push(
                serde_json::to_value(hit.kind)
                    .ok()
                    .and_then(|word| word.as_str().map(str::to_owned))
                    .unwrap_or_default(),
            );
        }
        if kinds != wanted {
            wrong.push(format!("{given}: {kinds:?}, not {wanted:?}"));
        }
    }
    assert_none(&wrong);
    assert_eq!(rows.len(), 52);
}

#[test]
fn ordinary_texts_have_nothing() {
    let rows = lines("ordinary");
    let mut wrong = Vec::new();
    for row in &rows {
        let given = text(row, "text");
        for check in
            ["not_pii", "not_secrets", "not_injection", "not_invisible_characters", "not_unsafe_links", "not_refusal"]
        {
            let score = on_text(check, given);
            if !score.is_pass() {
                wrong.push(format!("{check}: {given}: {}", score.reason));
            }
        }
    }
    assert_none(&wrong);
    assert_eq!(rows.len(), 87);
}

#[test]
fn a_text_of_all_ordinary_lines_has_nothing() {
    let rows = lines("ordinary");
    let all: Vec<&str> = rows.iter().map(|row| text(row, "text")).collect();
    let all = all.join("\n\n");
    for check in ["not_pii", "not_secrets", "not_injection", "not_unsafe_links"] {
        assert!(passes(check, &all), "{}", reason_of(check, &all));
    }
}
