//! Runs the detectors over a text.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use super::detector::{Detector, Nature, Strength};
use super::{national, online, payment, phone};

/// Most places of one kind at which a text is looked at: hostile texts hold nothing else.
const MAX_LOOKS: usize = 200_000;
/// Bytes before a number in which a word may name it.
const BEFORE: usize = 48;

/// Words for numbers of another kind.
const OTHERS: &str = r"orders?|invoices?|tickets?|case|ref(?:erence)?s?|part|serial|sku|model|tracking|shipment|article|item|product|batch|lot|isbn|doi|build|version|ver|release|v|rev|commit|id|no\.|nr|section|chapter|clause|paragraph|rule|figure|num(?:ber)?|bestell\w*|rechnung\w*|auftrag\w*|artikel\w*|vorgang\w*|sendung\w*|commande|facture|colis|pedido|factura|ordine|fattura|zam[óo]wieni\w*|faktur\w*|bestelling|factuur|заказ\w*|счет\w*";

/// Detectors, the surer ones first: of two that overlap the earlier one counts.
static GENERAL: [Detector; 6] =
    [online::EMAIL, payment::IBAN, online::IPV6, online::MAC, online::IP, phone::INTERNATIONAL];
static CARDS: [Detector; 1] = [payment::CARD];
static PHONES: [Detector; 1] = [phone::NATIONAL];

/// A detector with its expressions.
struct Ready {
    detector: &'static Detector,
    /// The name of its group: `national_id` for numbers of persons, else its kind.
    group: &'static str,
    form: Regex,
    names: Option<Regex>,
}

static READY: LazyLock<Vec<Ready>> = LazyLock::new(|| {
    let own = |detector: &'static Detector| (detector, detector.kind);
    let national = national::TABLES.iter().flat_map(|table| table.iter()).map(|detector| (detector, "national_id"));
    GENERAL
        .iter()
        .map(own)
        .chain(CARDS.iter().map(own))
        .chain(national)
        .chain(PHONES.iter().map(own))
        .filter_map(|(detector, group)| {
            let names = (!detector.names.is_empty()).then(|| word_before(detector.names)).flatten();
            Some(Ready { detector, group, form: Regex::new(detector.form).ok()?, names })
        })
        .collect()
});

/// The word stands right before the number, with no more than `no.`, `number` or a sign between: "the order came from
/// 81.2.69.142" is about an address.
static OTHER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let between = r"(?:[\s:.#(-]*(?:nos?|nr|num|numbers?|nummer|id|code|is|was|n°|nº)\b)*[^\p{L}\p{N}]*";
    Regex::new(&format!(r"(?i)(?:^|[^\[\p{{L}}\p{{N}}_])(?:{OTHERS}){between}$")).ok()
});

/// One of `words` with no other number behind it, at the end of a text. A word behind `[` is a redaction's, not the
/// text's; scripts without spaces have no beginning of a word.
fn word_before(words: &str) -> Option<Regex> {
    Regex::new(&format!(
        r"(?i)(?:(?:^|[^\[\p{{L}}\p{{N}}_])(?:{words})(?:[^\p{{L}}\p{{N}}]|$)|電話|电话|手机|携帯|전화|マイナンバー|個人番号)[^\p{{N}}]{{0,24}}$"
    ))
    .ok()
}

/// Personal data in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PiiMatch {
    /// Its kind: `email`, `us_ssn`.
    pub kind: &'static str,
    /// What it is, in words: `an e-mail address`.
    pub phrase: &'static str,
    /// Byte offset of its first character.
    pub start: usize,
    /// Byte offset behind its last character.
    pub end: usize,
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PiiRule {
    /// Kinds or groups, such as `email`, `national_id`, `us_ssn`; empty for all.
    pub kinds: BTreeSet<String>,
    /// Leaves out what is published for examples: `jane@example.com`, test cards, numbers for fiction.
    pub ignore_samples: bool,
    /// Also finds addresses of private networks.
    pub private_ips: bool,
    /// Also finds addresses of organisations: `support@…`.
    pub offices: bool,
}

impl PiiRule {
    /// The names that `kinds` may hold, each with its meaning: groups, then single national numbers.
    pub fn known_kinds() -> Vec<(&'static str, &'static str)> {
        let mut known: Vec<(&str, &str)> = Vec::new();
        for ready in READY.iter().filter(|ready| ready.group != "national_id") {
            if !known.iter().any(|(name, _)| *name == ready.group) {
                known.push((ready.group, ready.detector.phrase));
            }
        }
        known.push(("national_id", "any national number of a person"));
        known.extend(
            READY
                .iter()
                .filter(|ready| ready.group == "national_id")
                .map(|ready| (ready.detector.kind, ready.detector.phrase)),
        );
        known
    }

    fn wants(&self, ready: &Ready) -> bool {
        self.kinds.is_empty() || self.kinds.contains(ready.group) || self.kinds.contains(ready.detector.kind)
    }

    fn counts(&self, nature: Nature) -> bool {
        match nature {
            Nature::Personal => true,
            Nature::Sample => !self.ignore_samples,
            Nature::Private => self.private_ips,
            Nature::Office => self.offices,
        }
    }
}

/// Detectors whose expressions compile: all of them.
#[cfg(test)]
pub(super) fn ready_count() -> usize {
    READY.len()
}

/// Finds the personal data of a text, in order, without overlaps. Linear in the text's length.
pub fn find_pii(text: &str, rule: &PiiRule) -> Vec<PiiMatch> {
    let mut found: BTreeMap<usize, PiiMatch> = BTreeMap::new();
    // Almost every kind has digits; without digits and `@` there is nothing to find.
    if !text.bytes().any(|byte| byte == b'@' || byte.is_ascii_digit()) {
        return Vec::new();
    }
    for ready in READY.iter().filter(|ready| rule.wants(ready)) {
        scan(text, ready, |start, end| {
            let value = text.get(start..end).unwrap_or_default();
            if rule.counts((ready.detector.nature)(value)) && !overlaps(&found, start, end) {
                let detector = ready.detector;
                found.insert(start, PiiMatch { kind: detector.kind, phrase: detector.phrase, start, end });
            }
        });
    }
    found.into_values().collect()
}

fn overlaps(found: &BTreeMap<usize, PiiMatch>, start: usize, end: usize) -> bool {
    found.range(..end).next_back().is_some_and(|(_, last)| last.end > start)
}

/// Gives each place where the detector is sure enough to `take`.
fn scan(text: &str, ready: &Ready, mut take: impl FnMut(usize, usize)) {
    let mut from = 0;
    for _ in 0..MAX_LOOKS {
        let Some(hit) = ready.form.find_at(text, from) else { return };
        match settled(text, ready, hit.start(), hit.end()) {
            Some(end) => {
                take(hit.start(), end);
                from = end;
            }
            // What was swallowed may begin a value of its own: go on at its next word.
            None => from = next_word(text, hit.start(), hit.end()),
        }
        if from >= text.len() {
            return;
        }
    }
}

/// Where the value ends that begins at `start`, if it is one: the longest beginning of the hit that is.
fn settled(text: &str, ready: &Ready, start: usize, end: usize) -> Option<usize> {
    let detector = ready.detector;
    if !begins(text, start) || (detector.is_whole_number && follows_digits(text, start)) {
        return None;
    }
    let hit = text.get(start..end)?;
    let shorter =
        hit.char_indices().rev().filter(|(_, c)| matches!(c, ' ' | '-' | '.' | '/' | ')')).map(|(at, _)| start + at);
    let is_address = detector.kind == "email";
    let ends = std::iter::once(end).chain(shorter.filter(|_| !is_address).take(8));
    for end in ends {
        let value = text.get(start..end)?;
        if !ends_there(text, end) || (detector.is_whole_number && precedes_digits(text, end)) {
            continue;
        }
        if is_sure(text, ready, start, (detector.judge)(value)) {
            return Some(end);
        }
    }
    None
}

fn is_sure(text: &str, ready: &Ready, start: usize, strength: Strength) -> bool {
    match strength {
        Strength::No => false,
        Strength::Sure => true,
        Strength::Named => ready.names.as_ref().is_some_and(|names| names.is_match(before(text, start))),
        Strength::Unless => {
            let words = before(text, start);
            ready.names.as_ref().is_some_and(|names| names.is_match(words))
                || !OTHER.as_ref().is_some_and(|other| other.is_match(words))
        }
    }
}

/// The text before a place, as far as a word in it may name what stands there.
fn before(text: &str, start: usize) -> &str {
    let mut from = start.saturating_sub(BEFORE);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    text.get(from..start).unwrap_or_default()
}

fn next_word(text: &str, start: usize, end: usize) -> usize {
    let hit = text.get(start..end).unwrap_or_default();
    let word =
        hit.char_indices().skip(1).find(|(_, c)| !c.is_alphanumeric()).map_or(hit.len(), |(at, c)| at + c.len_utf8());
    start + word.max(1)
}

/// Whether a value may begin here: not inside a word, a path or a number with separators.
fn begins(text: &str, start: usize) -> bool {
    let mut before = text.get(..start).unwrap_or_default().chars().rev();
    match before.next() {
        None => true,
        Some(c) if c.is_alphanumeric() => is_unspaced(c),
        Some('_' | '@' | '/' | '#' | '%' | '$' | '\\') => false,
        Some('.' | '-' | '+') => !before.next().is_some_and(char::is_alphanumeric),
        Some(_) => true,
    }
}

/// Whether a value may end here.
fn ends_there(text: &str, end: usize) -> bool {
    let mut after = text.get(end..).unwrap_or_default().chars();
    match after.next() {
        None => true,
        Some(c) if c.is_alphanumeric() => is_unspaced(c),
        Some('_' | '@' | '%') => false,
        Some('-') => !after.next().is_some_and(char::is_alphanumeric),
        Some('.') => !after.next().is_some_and(|c| c.is_ascii_digit()),
        Some(_) => true,
    }
}

/// Letters of scripts that are written without spaces: a number stands among them as it does among blanks.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{0e00}'..='\u{0eff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}')
}

fn follows_digits(text: &str, start: usize) -> bool {
    let mut before = text.get(..start).unwrap_or_default().chars().rev();
    before.next() == Some(' ') && before.next().is_some_and(|c| c.is_ascii_digit())
}

fn precedes_digits(text: &str, end: usize) -> bool {
    let mut after = text.get(end..).unwrap_or_default().chars();
    after.next() == Some(' ') && after.next().is_some_and(|c| c.is_ascii_digit())
}
