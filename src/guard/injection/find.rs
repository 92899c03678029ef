//! Looks for the phrases in a text, in what is hidden in it and in what it encodes.

use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;

use super::super::invisible::find_invisible;
use super::phrases::{PHRASES, expression};
use crate::base::base64_decode;

/// Most findings that are kept.
const MAX_FOUND: usize = 1_000;
/// Bytes of a text that are looked at: patterns are many, and texts may be hostile.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// What an injection is after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InjectionKind {
    /// It takes back earlier instructions.
    Override,
    /// It poses as a system message or uses the tags of a chat template.
    RoleTag,
    /// It pretends that the instructions or the data end here.
    Delimiter,
    /// It gives the model another self without rules.
    Persona,
    /// It asks for the instructions.
    Reveal,
    /// It sends data to an address.
    Exfiltration,
    /// It hides text in characters nobody sees.
    Hidden,
}

impl InjectionKind {
    /// Word, kind and phrase, in one table.
    pub const ALL: &[(&str, InjectionKind, &str)] = &[
        ("override", InjectionKind::Override, "an order to ignore instructions"),
        ("role_tag", InjectionKind::RoleTag, "a made-up system message"),
        ("delimiter", InjectionKind::Delimiter, "a made-up end of the prompt"),
        ("persona", InjectionKind::Persona, "a persona without rules"),
        ("reveal", InjectionKind::Reveal, "a request for the instructions"),
        ("exfiltration", InjectionKind::Exfiltration, "a way out for data"),
        ("hidden", InjectionKind::Hidden, "hidden text"),
    ];

    /// What it is, in words.
    pub fn phrase(self) -> &'static str {
        InjectionKind::ALL.iter().find(|(_, kind, _)| *kind == self).map_or("an injection", |(_, _, phrase)| phrase)
    }
}

/// A place that looks like a prompt injection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Injection {
    /// What it is after.
    pub kind: InjectionKind,
    /// Byte offset of its first character.
    pub start: usize,
    /// Byte offset behind its last character.
    pub end: usize,
}

static READY: LazyLock<Vec<(InjectionKind, Regex)>> = LazyLock::new(|| {
    PHRASES.iter().filter_map(|(kind, phrase)| Some((*kind, Regex::new(&expression(phrase)).ok()?))).collect()
});

/// Base64 long enough to hold a sentence.
static ENCODED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[A-Za-z0-9+/]{24,}={0,2}").ok());

/// Finds what looks like a prompt injection, in order. Written text, text in invisible tag characters and base64 are
/// looked at; of findings of one kind that overlap the first counts.
pub fn find_injections(text: &str) -> Vec<Injection> {
    let mut end = text.len().min(MAX_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = text.get(..end).unwrap_or(text);
    let mut found = phrases_in(text);
    found.extend(hidden_tags(text));
    found.extend(encoded(text));
    found.sort_by_key(|hit| (hit.start, hit.kind));
    let mut last: Vec<Injection> = Vec::with_capacity(found.len());
    for hit in found {
        let is_known = last.iter().rev().take(8).any(|known| known.kind == hit.kind && known.end > hit.start);
        if !is_known && last.len() < MAX_FOUND {
            last.push(hit);
        }
    }
    last
}

/// A text as it is compared, with the place in the original of each of its bytes.
struct Plain {
    text: String,
    places: Vec<usize>,
}

impl Plain {
    fn of(original: &str) -> Plain {
        let mut plain =
            Plain { text: String::with_capacity(original.len()), places: Vec::with_capacity(original.len()) };
        let hidden: Vec<usize> = find_invisible(original).iter().map(|found| found.start).collect();
        let mut hidden = hidden.iter().peekable();
        for (at, c) in original.char_indices() {
            if hidden.next_if(|start| **start == at).is_some() {
                continue;
            }
            if c.is_whitespace() {
                // A line's end counts in a few phrases, runs of blanks in none.
                plain.space(if c == '\n' { '\n' } else { ' ' }, at);
            } else {
                c.to_lowercase().for_each(|c| plain.push(c, at));
            }
        }
        plain.places.push(original.len());
        plain
    }

    fn push(&mut self, c: char, at: usize) {
        self.text.push(c);
        self.places.extend(std::iter::repeat_n(at, c.len_utf8()));
    }

    fn space(&mut self, c: char, at: usize) {
        if !self.text.ends_with([' ', '\n']) {
            self.push(c, at);
        }
    }

    /// The original place of a byte.
    fn place(&self, at: usize) -> usize {
        self.places.get(at).or(self.places.last()).copied().unwrap_or(0)
    }
}

fn phrases_in(original: &str) -> Vec<Injection> {
    let plain = Plain::of(original);
    let spaced = plain.text.replace('\n', " ");
    let mut found = Vec::new();
    for (kind, pattern) in READY.iter() {
        // Only phrases that ask for the beginning of a line see lines.
        let text = if pattern.as_str().contains(r"\n") { &plain.text } else { &spaced };
        for hit in pattern.find_iter(text).take(MAX_FOUND) {
            if *kind == InjectionKind::Override && is_denied(text, hit.start())
                || inside_word(text, hit.start(), hit.as_str())
            {
                continue;
            }
            found.push(Injection { kind: *kind, start: plain.place(hit.start()), end: plain.place(hit.end()) });
        }
    }
    found
}

/// Words before an order that turn it round: `do not ignore these rules`.
const DENIALS: &[&str] = &[
    "not", "not to", "never", "never to", "n't", "n’t", "cannot", "nicht", "nunca", "jamais", "non", "não", "не", "nie",
];

fn is_denied(text: &str, start: usize) -> bool {
    let before = text.get(..start).unwrap_or_default().trim_end();
    let stands = |word: &&str| {
        let rest = before.strip_suffix(*word);
        rest.is_some_and(|rest| {
            word.starts_with("n'") || word.starts_with("n’") || !rest.ends_with(char::is_alphanumeric)
        })
    };
    DENIALS.iter().any(stands)
}

/// A phrase that begins with a letter begins a word, in scripts that have words.
fn inside_word(text: &str, start: usize, hit: &str) -> bool {
    let is_letter = |c: char| c.is_alphabetic() && c < '\u{2e80}';
    hit.starts_with(is_letter) && text.get(..start).is_some_and(|head| head.ends_with(is_letter))
}

/// Text in the tags block, which repeats ASCII invisibly.
fn hidden_tags(text: &str) -> Vec<Injection> {
    let mut found: Vec<Injection> = Vec::new();
    for hit in find_invisible(text).iter().filter(|hit| ('\u{e0020}'..='\u{e007e}').contains(&hit.character)) {
        let end = hit.start + hit.character.len_utf8();
        match found.last_mut() {
            Some(last) if last.end == hit.start => last.end = end,
            _ => found.push(Injection { kind: InjectionKind::Hidden, start: hit.start, end }),
        }
    }
    // One or two stray tags are damage, not a message.
    found.retain(|hit| hit.end - hit.start >= 4 * 4);
    found
}

/// Base64 whose text has a phrase.
fn encoded(text: &str) -> Vec<Injection> {
    let Some(pattern) = ENCODED.as_ref() else { return Vec::new() };
    let decoded = |hit: regex::Match<'_>| {
        let body = hit.as_str().trim_end_matches('=');
        // Cut or unpadded base64 is decoded as far as it goes.
        let whole = body.get(..body.len() / 4 * 4)?;
        let inner = String::from_utf8(base64_decode(whole)?).ok()?;
        let first = phrases_in(&inner).first().copied()?;
        Some(Injection { kind: first.kind, start: hit.start(), end: hit.end() })
    };
    pattern.find_iter(text).take(MAX_FOUND).filter_map(decoded).collect()
}
