//! Finds keys, tokens and private keys in text.
//!
//! One pass for the fixed prefixes of all providers, one for names such as `api_key`; only at their hits is anything looked
//! at more closely. Placeholders (`${KEY}`, `{{ key }}`, `sk-your-key`, `AKIA…EXAMPLE`) are not secrets.

use std::sync::LazyLock;

use regex::Regex;

use super::placeholder::{entropy, is_placeholder};
use super::shapes::{CharClass, SHAPES, Shape};

const KEY_BLOCK: &str = "-----BEGIN ";
const TOKEN_START: &str = "eyJ";

/// Shortest value of a named assignment that is looked at; shorter ones are words.
const SHORTEST_VALUE: usize = 16;
/// Bits per character from which an assigned value looks random. Words and paths stay below 3.3.
const RANDOM: f64 = 3.4;

/// Literal prefixes only, so that the regex engine searches them with vector instructions.
static PREFIXES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let mut words: Vec<String> = SHAPES.iter().map(|shape| regex::escape(shape.prefix)).collect();
    words.extend([regex::escape(KEY_BLOCK), regex::escape(TOKEN_START)]);
    words.sort_unstable();
    words.dedup();
    Regex::new(&words.join("|")).ok()
});

static NAMES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new("(?i-u:api[_-]?key|secret|access[_-]?key|auth[_-]?token|access[_-]?token|passw(?:or)?d)").ok()
});

/// A secret in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// What it is, kebab-case: `openai-key`, `private-key`, `json-web-token`, `assigned-secret`…
    pub kind: &'static str,
    /// Byte offset of its first character.
    pub start: usize,
    /// Byte offset behind its last character.
    pub end: usize,
}

/// Finds the secrets of a text, in order, without overlaps.
pub fn find_secrets(text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(prefixes) = PREFIXES.as_ref() {
        scan(text, prefixes, &mut found, |text, start, _| known_shape(text, start));
    }
    if let Some(names) = NAMES.as_ref() {
        let mut assigned = Vec::new();
        scan(text, names, &mut assigned, |text, _, end| assignment(text, end));
        assigned.retain(|value| !found.iter().any(|known| known.start < value.end && value.start < known.end));
        found.append(&mut assigned);
        found.sort_unstable_by_key(|finding| finding.start);
    }
    found
}

/// Whether [`find_secrets`] might find something in any part of the text. Far cheaper: asked of many lines at once.
pub fn may_have_secrets(text: &str) -> bool {
    [&PREFIXES, &NAMES].into_iter().any(|starts| starts.as_ref().is_some_and(|starts| starts.is_match(text)))
}

/// Looks at each hit of `start`; goes on behind what was found there, else behind the hit.
fn scan(text: &str, starts: &Regex, found: &mut Vec<Finding>, look: impl Fn(&str, usize, usize) -> Option<Finding>) {
    let mut from = 0;
    while let Some(hit) = starts.find_at(text, from) {
        from = hit.end();
        if let Some(finding) = look(text, hit.start(), hit.end()) {
            from = from.max(finding.end);
            found.push(finding);
        }
    }
}

fn known_shape(text: &str, start: usize) -> Option<Finding> {
    let rest = text.get(start..)?;
    if rest.starts_with(KEY_BLOCK) {
        return key_block(rest).map(|length| Finding { kind: "private-key", start, end: start + length });
    }
    if continues_a_word(text, start) {
        return None;
    }
    if rest.starts_with(TOKEN_START) {
        return web_token(rest).map(|length| Finding { kind: "json-web-token", start, end: start + length });
    }
    SHAPES.iter().find_map(|shape| {
        let length = shape.length_at(rest)?;
        Some(Finding { kind: shape.kind, start, end: start + length })
    })
}

/// Whether the character before `start` belongs to the same word: `task-…` is no `sk-…`.
fn continues_a_word(text: &str, start: usize) -> bool {
    text.get(..start).and_then(|head| head.chars().next_back()).is_some_and(|c| c.is_alphanumeric() || c == '_')
}

impl Shape {
    /// Length of the key that `rest` begins with.
    fn length_at(&self, rest: &str) -> Option<usize> {
        let body = rest.strip_prefix(self.prefix)?;
        let length = run(body, self.class);
        let body = body.get(..length)?;
        // A dot that ends a sentence is not part of the key.
        let body = body.trim_end_matches('.');
        let fits = (self.min..=self.max).contains(&body.len());
        // Where the class is narrow, a letter beyond it means that this is another, longer word.
        let next = rest.as_bytes().get(self.prefix.len() + body.len());
        let ends = next.is_none_or(|byte| !byte.is_ascii_alphanumeric());
        (fits && ends && body.bytes().any(|byte| byte.is_ascii_digit()) && !is_placeholder(body))
            .then_some(self.prefix.len() + body.len())
    }
}

fn run(text: &str, class: CharClass) -> usize {
    text.bytes().position(|byte| !class.has(byte)).unwrap_or(text.len())
}

/// Length of a PEM private key, up to its end line if there is one.
fn key_block(rest: &str) -> Option<usize> {
    let header = rest.get(KEY_BLOCK.len()..)?;
    let (label, body) = header.split_once("-----")?;
    let is_label = label.len() <= 40 && label.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b' ');
    if !is_label || !label.ends_with("PRIVATE KEY") && !label.ends_with("PRIVATE KEY BLOCK") {
        return None;
    }
    let block = body.split("-----").next().unwrap_or(body);
    let (at, line) = key_line(block)?;
    if is_placeholder(line) {
        return None;
    }
    let body_start = rest.len() - body.len();
    let end_line = format!("-----END {label}-----");
    Some(match body.find(&end_line) {
        Some(at) => body_start + at + end_line.len(),
        None => body_start + at + line.len(),
    })
}

/// The first line of key material, with its offset: at least 40 base64 characters with nothing before it but header lines
/// (`Proc-Type: …`) and what quoting adds. Line breaks may be escaped, as in JSON.
fn key_line(block: &str) -> Option<(usize, &str)> {
    let mut from = 0;
    for _ in 0..8 {
        let rest = block.get(from..)?;
        let breaks = rest.find('\n').map(|at| (at, 1)).into_iter().chain(rest.find("\\n").map(|at| (at, 2)));
        let (length, skip) = breaks.min().unwrap_or((rest.len(), 1));
        let line = rest.get(..length)?;
        let bare = line.trim_matches([' ', '\t', '\r', '"', '\'', '+', ',', '/', '#', '*', '\\']);
        let is_header = bare.is_empty() || bare.contains(": ");
        if !is_header {
            let material = run(bare, CharClass::Base64);
            let start = from + line.find(bare)?;
            return (material >= 40).then_some((start, bare.get(..material)?));
        }
        from += length + skip;
    }
    None
}

/// Length of a JSON Web Token: header and payload are base64 of `{"`, the signature is not empty.
fn web_token(rest: &str) -> Option<usize> {
    let length = run(rest, CharClass::Dotted);
    let token = rest.get(..length)?.trim_end_matches('.');
    let mut parts = token.split('.');
    let (header, payload, signature) = (parts.next()?, parts.next()?, parts.next()?);
    let is_token =
        header.len() >= 12 && payload.starts_with(TOKEN_START) && payload.len() >= 12 && signature.len() >= 20;
    let end = header.len() + payload.len() + signature.len() + 2;
    (is_token && !is_placeholder(signature)).then_some(end)
}

/// The value assigned to a name that ends at `name_end`: `api_key: "…"`, `"secret" = '…'`, `API_KEY=…`.
fn assignment(text: &str, name_end: usize) -> Option<Finding> {
    let rest = text.get(name_end..)?;
    // The rest of the name: `_id`, `Key`, a closing quote.
    let name = run(rest, CharClass::Dashed).min(24);
    let after = rest.get(name..)?.trim_start_matches(['"', '\'']);
    let after = after.trim_start_matches([' ', '\t']);
    let value = after.strip_prefix([':', '='])?.trim_start_matches(['=', '>', ' ', '\t']);
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'));
    let value = quote.map_or(value, |quote| value.strip_prefix(quote).unwrap_or(value));
    let length = value.bytes().position(|byte| !is_value_byte(byte)).unwrap_or(value.len());
    let body = value.get(..length)?;
    let closes = match quote {
        Some(quote) => value.get(length..).is_some_and(|tail| tail.starts_with(quote)),
        None => {
            value.as_bytes().get(length).is_none_or(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',' | b';'))
        }
    };
    let start = text.len() - value.len();
    (closes && looks_random(body, quote.is_some())).then_some(Finding {
        kind: "assigned-secret",
        start,
        end: start + length,
    })
}

fn is_value_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'+' | b'/' | b'=' | b'~' | b'!' | b'@' | b'%')
}

/// Long, of letters and digits mixed, without the regularity of words, names, paths and versions. Without quotes it may be
/// a name in a program, so more is asked of it.
fn looks_random(value: &str, is_quoted: bool) -> bool {
    let rarity = if is_quoted { 5 } else { 3 };
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
    let marks = value.len() - digits - letters;
    let is_constant = !is_quoted && marks > 0 && !value.bytes().any(|byte| byte.is_ascii_lowercase());
    (SHORTEST_VALUE..=512).contains(&value.len())
        && !is_constant
        && digits >= 2
        && letters >= 4
        && marks * 6 <= value.len()
        && switches(value) * rarity >= value.len()
        && entropy(value) >= RANDOM
        && !is_placeholder(value)
}

/// How often the kind of character changes between capital, small letter and digit. Random text changes in more than a
/// third of its places, names and words do not.
fn switches(value: &str) -> usize {
    let kind = |byte: &u8| (byte.is_ascii_digit(), byte.is_ascii_uppercase(), byte.is_ascii_lowercase());
    value.as_bytes().windows(2).filter(|pair| pair.first().map(kind) != pair.last().map(kind)).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_whose_lines_have_secrets_may_have_some() {
        let key = ["gh", "p_", "Zq83Kd02mXpL5vT7rQe9Wy4Nb6Hs1Jc0Fa2G"].concat();
        for line in [format!("token {key}"), ["Pass", "word = \"9fK2xQ7vLm4TzR8wYp3B\""].concat()] {
            assert!(!find_secrets(&line).is_empty());
            assert!(may_have_secrets(&format!("one\n{line}\nthree")));
        }
        assert!(!may_have_secrets("{\"id\": \"q1\", \"vars\": {\"n\": 1}}\n"));
    }

    /// Made-up key material, put together at run time so that no scanner stumbles over this file.
    fn body(length: usize) -> String {
        "kQ7vR2mX9tB4nL8wZ3yH6cJ5dF1gS0pAuEiOqTxVbNhKlMzWrYfGjDsPaC".chars().cycle().take(length).collect()
    }

    fn kinds(text: &str) -> Vec<&'static str> {
        find_secrets(text).iter().map(|finding| finding.kind).collect()
    }

    #[test]
    fn keys_of_all_providers_are_found_whole() {
        for shape in SHAPES {
            let length = shape.min.max(20).min(shape.max);
            let body: String = match shape.class {
                CharClass::Base32 => "QX4T7WZ2PLK5JHGF".to_owned(),
                CharClass::Hex => "9f8b7c3e1d0a4f62b5d8e7c1a3f04b96".chars().cycle().take(length).collect(),
                _ => body(length),
            };
            let key = format!("{}{body}", shape.prefix);
            for (text, at) in [(key.clone(), 0), (format!("größe = \"{key}\", x"), 11), (format!("({key})."), 1)] {
                let end = at + key.len();
                assert_eq!(find_secrets(&text), [Finding { kind: shape.kind, start: at, end }], "{text}");
            }
            assert_eq!(kinds(&format!("a{key}")), Vec::<&str>::new(), "inside a word: {key}");
        }
    }

    #[test]
    fn private_keys_and_web_tokens_are_found_whole() {
        let pem =
            format!("-----BEGIN RSA {}KEY-----\n{}\n{}\n-----END RSA PRIVATE KEY-----", "PRIVATE ", body(64), body(30));
        let text = format!("x\n{pem}\ny");
        assert_eq!(find_secrets(&text), [Finding { kind: "private-key", start: 2, end: 2 + pem.len() }]);
        let in_json = format!("{{\"key\": \"-----BEGIN {}KEY-----\\n{}\\n\"}}", "PRIVATE ", body(64));
        assert_eq!(kinds(&in_json), ["private-key"]);
        assert_eq!(
            kinds("-----BEGIN PUBLIC KEY-----\nkQ7vR2mX9tB4nL8wZ3yH6cJ5dF1gS0pAuEiOqTxVbNhKlMzWrYfGjDsPaC\n"),
            Vec::<&str>::new()
        );
        let with_header = format!("-----BEGIN {}KEY-----\nProc-Type: 4,ENCRYPTED\n\n{}", "PRIVATE ", body(64));
        assert_eq!(kinds(&with_header), ["private-key"]);
        for text in [
            "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----",
            "\"-----BEGIN PRIVATE KEY-----\");\nlet longName = some/path/that/is/longer/than/forty/characters2;",
        ] {
            assert_eq!(kinds(text), Vec::<&str>::new(), "{text}");
        }
        let token = format!("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.{}", body(43));
        let text = format!("Authorization: Bearer {token}.");
        assert_eq!(find_secrets(&text), [Finding { kind: "json-web-token", start: 22, end: 22 + token.len() }]);
        assert_eq!(kinds("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9."), Vec::<&str>::new());
    }

    #[test]
    fn assigned_values_are_found_where_they_look_random() {
        let value = body(32);
        for (text, is_secret) in [
            (format!("api_key: \"{value}\""), true),
            (format!("\"apiKey\": \"{value}\","), true),
            (format!("MY_API_KEY={value}\n"), true),
            (format!("client_secret => '{value}'"), true),
            (format!("password = `{value}`"), true),
            (format!("api_key: {value} # note"), true),
            (format!("max_tokens: {value}"), false),
            (format!("api_key: \"{value}"), false),
            (format!("api_key({value})"), false),
            ("api_key: \"${OPENAI_API_KEY_FROM_ENV_1}\"".to_owned(), false),
            ("api_key: \"{{ secrets.openai_key_2026_11 }}\"".to_owned(), false),
            ("api_key: \"your-api-key-12345\"".to_owned(), false),
            ("secret: \"xxxxxxxxxxxxxxxxxxxxxxxx\"".to_owned(), false),
            ("password: correct-horse-battery-staple".to_owned(), false),
            ("secret_path: src/price/data/models2.jsonl".to_owned(), false),
            ("api_key_env: ANTHROPIC_API_KEY_PROD_EU_2".to_owned(), false),
            ("shared_secret = MLKEM1024_SHARED_SECRET_LEN;".to_owned(), false),
            ("secret_len: EC_P256R1_FIELD_ELEM_BYTES,".to_owned(), false),
            ("secret".to_owned(), false),
            ("secret=".to_owned(), false),
        ] {
            let expected: &[&str] = if is_secret { &["assigned-secret"] } else { &[] };
            assert_eq!(kinds(&text), expected, "{text}");
        }
        let text = format!("api_key: \"{value}\"");
        let finding = find_secrets(&text)[0];
        assert_eq!(&text[finding.start..finding.end], value);
        // A provider's key under such a name is one finding, of its own kind.
        assert_eq!(kinds(&format!("api_key: \"sk-ant-api03-{}\"", body(90))), ["anthropic-key"]);
    }

    #[test]
    fn placeholders_and_prose_are_left_alone() {
        for text in [
            "",
            "sk-",
            "sk-ant-${ANTHROPIC_KEY}",
            "sk-ant-{{ key }}",
            "sk-ant-api03-your-key-goes-right-here-0123",
            "sk-...xyz",
            "sk-test-1234567890abcdefghijklmnopqrstuvwxyzEXAMPLE",
            "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "AKIAIOSFODNN7EXAMPLE",
            "AKIA4T7",
            "a risk-averse, task-oriented, desk-bound skill",
            "the sk-learn-contrib-very-long-package-name-without-digits",
            "ghp_0000000000000000000000000000000000000000",
            "hf_hub_download(repo_id)",
            "https://example.com/AIzaCafe",
        ] {
            assert_eq!(kinds(text), Vec::<&str>::new(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn findings_are_in_order_inside_the_text_and_on_character_bounds(text in "(?s)(.{0,12}(sk-ant-|api_key: \"|AKIA|eyJ|-----BEGIN PRIVATE KEY-----|[A-Za-z0-9]{10,40}|[=\"é]){0,4}){0,4}") {
            let found = find_secrets(&text);
            let mut last = 0;
            for finding in found {
                prop_assert!(finding.start >= last && finding.end > finding.start);
                prop_assert!(text.get(finding.start..finding.end).is_some());
                last = finding.end;
            }
        }

        #[test]
        fn a_key_is_found_wherever_it_stands(before in "\\PC{0,30}", after in "\\PC{0,30}") {
            let key = format!("sk-ant-api03-{}", body(95));
            let text = format!("{before} {key} {after}");
            let at = before.len() + 1;
            let wanted = Finding { kind: "anthropic-key", start: at, end: at + key.len() };
            prop_assert!(find_secrets(&text).contains(&wanted), "{text}");
        }
    }
}
