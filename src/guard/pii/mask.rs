//! Shows that there is personal data without showing it.

use std::borrow::Cow;

use super::find::{PiiMatch, PiiRule, find_pii};

/// Characters at the end of a long number that stay readable, as on receipts.
const SHOWN: usize = 2;
/// Letters and digits of a value from which any of them stay readable.
const LONG: usize = 8;
/// Most rounds of redaction: what is cut away may leave a value that overlapped with it.
const ROUNDS: usize = 8;

/// A value with its letters and digits as `•`, but the last two of a long one and the first of an e-mail address.
pub fn mask_pii(kind: &str, value: &str) -> String {
    let total = value.chars().filter(|c| c.is_alphanumeric()).count();
    let is_address = kind == "email";
    let mut seen = 0;
    value
        .chars()
        .map(|c| {
            if !c.is_alphanumeric() {
                return c;
            }
            seen += 1;
            let is_shown = if is_address { seen == 1 } else { total >= LONG && seen + SHOWN > total };
            if is_shown { c } else { '•' }
        })
        .collect()
}

/// The text with each piece of personal data as its kind in brackets: `[email]`. Borrows when there is none.
pub fn redact_pii<'t>(text: &'t str, rule: &PiiRule) -> Cow<'t, str> {
    let found = find_pii(text, rule);
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut text = replaced(text, &found);
    for _ in 0..ROUNDS {
        let found = find_pii(&text, rule);
        if found.is_empty() {
            break;
        }
        text = replaced(&text, &found);
    }
    Cow::Owned(text)
}

fn replaced(text: &str, found: &[PiiMatch]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for hit in found {
        out.push_str(text.get(from..hit.start).unwrap_or_default());
        out.push('[');
        out.push_str(hit.kind);
        out.push(']');
        from = hit.end;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}
