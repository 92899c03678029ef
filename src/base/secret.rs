//! Secrets, and the redactor that keeps them out of everything that is written.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};

/// What stands where a secret stood.
pub const REDACTED: &str = "(redacted)";

/// Shortest secret that is searched for in texts; shorter ones would redact ordinary words.
const SHORTEST: usize = 6;

/// A key, token or password. Prints `(redacted)`, is not `Display`, is not `Serialize`; only `net` exposes it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    /// Wraps a secret.
    pub fn new(value: impl Into<String>) -> Secret {
        Secret(Arc::from(value.into()))
    }

    /// The secret itself. Call it in `net` only, where the header is written, and where a proof is computed from it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

/// Replaces known secrets in texts: as they are, and base64, hexadecimal, percent- and JSON-escaped.
#[derive(Clone, Default)]
pub struct Redactor {
    needles: Arc<[String]>,
    /// Finds out whether there is any of them, all in one pass: almost always there is none. `None` where there are none,
    /// or too many for it.
    any: Option<Arc<AhoCorasick>>,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redactor({} forms)", self.needles.len())
    }
}

impl Redactor {
    /// A redactor for these secrets. Secrets shorter than 6 characters are left out: they would redact words.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Redactor {
        let mut needles: Vec<String> =
            secrets.into_iter().map(Secret::expose).filter(|secret| secret.len() >= SHORTEST).flat_map(forms).collect();
        // Longest first, so that a form which contains another is replaced whole.
        needles.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        needles.dedup();
        // Leftmost, because only then it compares many bytes at once.
        let any = AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(&needles);
        let any = any.ok().filter(|_| !needles.is_empty()).map(Arc::new);
        Redactor { needles: needles.into(), any }
    }

    /// `text` with every known secret replaced. Borrows when there is nothing to do.
    pub fn clean<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut cleaned = Cow::Borrowed(text);
        if text.len() < SHORTEST || self.any.as_ref().is_some_and(|any| !any.is_match(text)) {
            return cleaned;
        }
        for needle in self.needles.iter() {
            if cleaned.contains(needle.as_str()) {
                cleaned = Cow::Owned(cleaned.replace(needle.as_str(), REDACTED));
            }
        }
        cleaned
    }
}

fn forms(secret: &str) -> Vec<String> {
    let json = serde_json::Value::String(secret.to_owned()).to_string();
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut forms =
        vec![secret.to_owned(), json.trim_matches('"').to_owned(), hex.to_uppercase(), hex, percent(secret)];
    // Within a longer text the secret may begin at any place of a group of three bytes.
    for skipped in 0..3 {
        let rest = secret.as_bytes().get(skipped..).unwrap_or_default();
        forms.extend([base64(rest, b'+', b'/'), base64(rest, b'-', b'_')]);
    }
    forms.retain(|form| form.len() >= SHORTEST);
    forms
}

fn percent(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// Base64 without its last, partial group: what follows the secret in a longer text changes those characters.
fn base64(bytes: &[u8], plus: u8, slash: u8) -> String {
    let digit = |value: u32| match u8::try_from(value & 63).unwrap_or(0) {
        n @ 0..26 => b'A' + n,
        n @ 26..52 => b'a' + n - 26,
        n @ 52..62 => b'0' + n - 52,
        62 => plus,
        _ => slash,
    };
    bytes
        .as_chunks::<3>()
        .0
        .iter()
        .flat_map(|[a, b, c]| {
            let group = u32::from(*a) << 16 | u32::from(*b) << 8 | u32::from(*c);
            [18, 12, 6, 0].map(|shift| char::from(digit(group >> shift)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_all_its_forms() {
        let secret = Secret::new("sk-test/\"quoted\"+key");
        let redactor = Redactor::new([&secret]);
        let hex: String = secret.expose().bytes().map(|b| format!("{b:02x}")).collect();
        let texts = [
            format!("key={}", secret.expose()),
            serde_json::json!({"k": secret.expose()}).to_string(),
            format!("hex {hex}"),
            "x=sk-test%2F%22quoted%22%2Bkey".to_owned(),
            "Basic c2stdGVzdC8icXVvdGVkIitrZXk=".to_owned(),
        ];
        for text in texts {
            let clean = redactor.clean(&text);
            assert!(clean.contains(REDACTED), "{text} -> {clean}");
        }
        assert_eq!(format!("{secret:?}"), REDACTED);
    }

    #[test]
    fn a_secret_is_found_wherever_it_begins_in_an_encoded_text() {
        let secret = "sk-canary-4f9a1c77e2b8d063";
        let redactor = Redactor::new([&Secret::new(secret)]);
        for before in ["", "a", "ab", "abc", "Bearer "] {
            let encoded = base64(format!("{before}{secret} and more").as_bytes(), b'+', b'/');
            let clean = redactor.clean(&encoded);
            assert!(clean.contains(REDACTED), "{before}: {clean}");
            // What is left of the encoding is less than one group at each end of the secret.
            assert!(clean.len() - REDACTED.len() <= encoded.len() - 4 * ((secret.len() - 2) / 3), "{before}: {clean}");
        }
    }

    #[test]
    fn short_secrets_do_not_redact_words() {
        let redactor = Redactor::new([&Secret::new("test")]);
        assert_eq!(redactor.clean("a test"), "a test");
    }
}
