//! Finds personal data: e-mail addresses, telephone numbers, payment card numbers, IBANs.
//!
//! Made for files that people write, so that a false alarm is worse than a miss: numbers must have a checksum or an
//! unmistakable form, and what is published for examples or belongs to an organisation is left out.

use std::sync::LazyLock;

use regex::Regex;

use super::pii::{is_real_card, is_real_email, is_real_iban, is_real_telephone};

/// Personal data in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PersonalData {
    /// What it is, in words: `an e-mail address`, `a telephone number`, `a card number`, `an IBAN`.
    pub kind: &'static str,
    /// Byte offset of its first character.
    pub start: usize,
    /// Byte offset behind its last character.
    pub end: usize,
}

/// A form, and what decides whether a text of this form is what it looks like.
struct Detector {
    kind: &'static str,
    form: LazyLock<Option<Regex>>,
    is_real: fn(&str) -> bool,
}

static DETECTORS: [Detector; 4] = [
    Detector {
        kind: "an e-mail address",
        form: LazyLock::new(|| {
            Regex::new(r"[A-Za-z0-9][A-Za-z0-9._%+-]*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,24}").ok()
        }),
        is_real: is_real_email,
    },
    Detector {
        kind: "an IBAN",
        form: LazyLock::new(|| Regex::new(r"[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?").ok()),
        is_real: is_real_iban,
    },
    Detector {
        kind: "a card number",
        form: LazyLock::new(|| Regex::new(r"[3-6][0-9]{3}(?:[ -]?[0-9]){9,15}").ok()),
        is_real: is_real_card,
    },
    Detector {
        kind: "a telephone number",
        form: LazyLock::new(|| {
            Regex::new(
                r"\+[1-9][0-9]{0,2}(?:[ .-]?\(?[0-9]{1,4}\)?){2,6}|\([2-9][0-9]{2}\) ?[2-9][0-9]{2}[ .-][0-9]{4}",
            )
            .ok()
        }),
        is_real: is_real_telephone,
    },
];

/// Finds the personal data of a text, in order, without overlaps.
pub fn find_personal_data(text: &str) -> Vec<PersonalData> {
    let mut found: Vec<PersonalData> = Vec::new();
    for detector in &DETECTORS {
        let Some(form) = detector.form.as_ref() else { continue };
        for hit in form.find_iter(text) {
            let is_new = found.iter().all(|known| known.end <= hit.start() || hit.end() <= known.start);
            if is_new && stands_alone(text, hit.start(), hit.end()) && (detector.is_real)(hit.as_str()) {
                found.push(PersonalData { kind: detector.kind, start: hit.start(), end: hit.end() });
            }
        }
    }
    found.sort_by_key(|found| found.start);
    found
}

/// Whether the hit is not a part of a longer word or number.
fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let before = text.get(..start).and_then(|head| head.chars().next_back());
    let after = text.get(end..).and_then(|tail| tail.chars().next());
    let joins = |c: char| c.is_alphanumeric() || matches!(c, '_' | '@' | '/');
    !before.is_some_and(|c| joins(c) || matches!(c, '.' | '-')) && !after.is_some_and(joins)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<&'static str> {
        find_personal_data(text).iter().map(|found| found.kind).collect()
    }

    #[test]
    fn each_kind_is_found_whole() {
        for (text, kind, wanted) in [
            ("Mail to maria.lopez@grünwald.de or m.lopez@initech.io.", "an e-mail address", "m.lopez@initech.io"),
            ("ü call +49 30 901820 55 now", "a telephone number", "+49 30 901820 55"),
            ("call (415) 234-9876.", "a telephone number", "(415) 234-9876"),
            ("card 4539 1488 0343 6467, ok", "a card number", "4539 1488 0343 6467"),
            ("pay to DE68 2105 0170 0012 3456 78!", "an IBAN", "DE68 2105 0170 0012 3456 78"),
            ("IBAN: PL61109010140000071219812874", "an IBAN", "PL61109010140000071219812874"),
        ] {
            let found = find_personal_data(text);
            let seen: Vec<_> = found.iter().map(|found| (found.kind, &text[found.start..found.end])).collect();
            assert!(seen.contains(&(kind, wanted)), "{text}: {seen:?}");
        }
    }

    #[test]
    fn samples_and_numbers_of_other_kinds_are_left_alone() {
        for text in [
            "",
            "jane@example.com, joe@mail.example.org, x@y.test, support@initech.io, git@github.com, logo@2x.png",
            "+1 555 0100, +1 (212) 555-0142, +1 800 234 9876, +1234567890",
            "4242 4242 4242 4242, 4111-1111-1111-1111, 4539 1488 0343 6468, 1234567812345670",
            "DE89 3704 0044 0532 0130 00, GB82 WEST 1234 5698 7654 32, DE68 2105 0170 0012 3456 79",
            "2026-11-21 17:46:36, 1795219200000, 192.168.100.200, v1.2.3, order 5105105105105100",
            "sha 4539148803436467ab, id_4539148803436467, https://x.io/4539148803436467",
            "KB-03 costs $8 per member, 120 requests per minute, ISO 27001",
            "{{ email }} <{{ name }}@{{ domain }}>",
        ] {
            assert_eq!(kinds(text), Vec::<&str>::new(), "{text}");
        }
    }

    #[test]
    fn card_check_digits_follow_luhn() {
        // ISO/IEC 7812-1, annex B: the body 7992739871 has the check digit 3.
        let sum = |text: &str| is_real_card(text);
        assert!(sum("4539148803436467") && !sum("4539148803436476"));
        assert!(sum("371234567890005") != sum("371234567890006"));
    }
}
