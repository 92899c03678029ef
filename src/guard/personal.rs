//! Finds personal data: e-mail addresses, telephone numbers, payment card numbers, IBANs.
//!
//! Made for files that people write, so that a false alarm is worse than a miss: numbers must have a checksum or an
//! unmistakable form, and what is published for examples or belongs to an organisation is left out.

use std::sync::LazyLock;

use regex::Regex;

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
        is_real: is_personal_address,
    },
    Detector {
        kind: "an IBAN",
        form: LazyLock::new(|| Regex::new(r"[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?").ok()),
        is_real: is_iban,
    },
    Detector {
        kind: "a card number",
        form: LazyLock::new(|| Regex::new(r"[3-6][0-9]{3}(?:[ -]?[0-9]){9,15}").ok()),
        is_real: is_card,
    },
    Detector {
        kind: "a telephone number",
        form: LazyLock::new(|| {
            Regex::new(
                r"\+[1-9][0-9]{0,2}(?:[ .-]?\(?[0-9]{1,4}\)?){2,6}|\([2-9][0-9]{2}\) ?[2-9][0-9]{2}[ .-][0-9]{4}",
            )
            .ok()
        }),
        is_real: is_telephone,
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

/// Local parts that belong to an organisation, not to a person.
const OFFICES: &[&str] = &[
    "abuse",
    "accounts",
    "admin",
    "billing",
    "careers",
    "contact",
    "feedback",
    "hello",
    "help",
    "hr",
    "info",
    "jobs",
    "legal",
    "mail",
    "marketing",
    "me",
    "newsletter",
    "no-reply",
    "noreply",
    "office",
    "orders",
    "postmaster",
    "press",
    "privacy",
    "root",
    "sales",
    "security",
    "service",
    "services",
    "support",
    "team",
    "test",
    "user",
    "webmaster",
    "you",
];

/// Domains kept for examples (RFC 2606, RFC 6761), and those that samples use.
fn is_sample_domain(domain: &str) -> bool {
    const DOMAINS: &[&str] =
        &["example.com", "example.org", "example.net", "domain.com", "email.com", "company.com", "acme.com"];
    const ENDINGS: &[&str] = &["example", "test", "invalid", "localhost", "local"];
    let is_in = |known: &&str| domain == *known || domain.ends_with(&format!(".{known}"));
    DOMAINS.iter().any(is_in) || domain.rsplit('.').next().is_some_and(|ending| ENDINGS.contains(&ending))
}

fn is_personal_address(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let Some((local, domain)) = lower.split_once('@') else { return false };
    // `logo@2x.png` is a file, `git@github.com` a login.
    let is_file = ["png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js"]
        .iter()
        .any(|end| domain.ends_with(&format!(".{end}")));
    !is_file && local != "git" && !OFFICES.contains(&local) && !is_sample_domain(domain)
}

fn digits_of(text: &str) -> Vec<u32> {
    text.chars().filter_map(|c| c.to_digit(10)).collect()
}

/// E.164 allows 15 digits; shorter than 9 may be anything. Numbers kept for fiction and toll-free numbers are nobody's.
fn is_telephone(text: &str) -> bool {
    let digits = digits_of(text);
    if !(9..=15).contains(&digits.len()) || is_made_up(&digits) {
        return false;
    }
    let national =
        if text.starts_with("+1") { digits.get(1..) } else { (!text.starts_with('+')).then_some(digits.as_slice()) };
    let Some(national) = national else { return true };
    let is_toll_free = matches!(national.get(..3), Some([8, b, c]) if b == c);
    let is_fiction = national.get(3..6) == Some(&[5, 5, 5]) || national.get(..3) == Some(&[5, 5, 5]);
    national.len() == 10 && !is_toll_free && !is_fiction
}

/// All the same digit, or counted up: `1234567890`.
fn is_made_up(digits: &[u32]) -> bool {
    let mut pairs = digits.windows(2).filter_map(|pair| Some((*pair.first()?, *pair.last()?)));
    let body = digits.get(2..).unwrap_or_default();
    let steps = |wanted: u32| body.windows(2).filter(|pair| matches!(pair, [a, b] if (a + wanted) % 10 == *b)).count();
    pairs.all(|(a, b)| a == b) || steps(1) + 2 >= body.len() || steps(0) + 2 >= body.len()
}

/// Numbers that vendors publish for tests.
const TEST_CARDS: &[&str] = &[
    "4242424242424242",
    "4111111111111111",
    "4012888888881881",
    "4000056655665556",
    "4000000000000002",
    "5555555555554444",
    "5105105105105100",
    "5200828282828210",
    "2223003122003222",
    "378282246310005",
    "371449635398431",
    "6011111111111117",
    "6011000990139424",
    "3056930009020004",
    "3566002020360505",
];

/// A known length and a right check digit (Luhn, ISO/IEC 7812-1), and no number published for tests.
fn is_card(text: &str) -> bool {
    let digits = digits_of(text);
    let plain: String = digits.iter().filter_map(|digit| char::from_digit(*digit, 10)).collect();
    let has_length = match digits.as_slice() {
        [3, 4 | 7, ..] => digits.len() == 15,
        [4, ..] => matches!(digits.len(), 13 | 16 | 19),
        [5, 1..=5, ..] | [6, ..] | [3, ..] => matches!(digits.len(), 14 | 16),
        _ => false,
    };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, digit)| if index % 2 == 1 { digit * 2 / 10 + digit * 2 % 10 } else { *digit })
        .sum();
    has_length && sum.is_multiple_of(10) && !is_made_up(&digits) && !TEST_CARDS.contains(&plain.as_str())
}

/// Lengths by country (SWIFT IBAN registry).
const IBAN_LENGTHS: &[(&str, usize)] = &[
    ("AD", 24),
    ("AE", 23),
    ("AL", 28),
    ("AT", 20),
    ("AZ", 28),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("BH", 22),
    ("BR", 29),
    ("CH", 21),
    ("CR", 22),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DK", 18),
    ("DO", 28),
    ("EE", 20),
    ("EG", 29),
    ("ES", 24),
    ("FI", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("GT", 28),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IS", 26),
    ("IT", 27),
    ("JO", 30),
    ("KW", 30),
    ("KZ", 20),
    ("LB", 28),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MT", 31),
    ("MU", 30),
    ("NL", 18),
    ("NO", 15),
    ("PK", 24),
    ("PL", 28),
    ("PT", 25),
    ("QA", 29),
    ("RO", 24),
    ("RS", 22),
    ("SA", 24),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("TN", 24),
    ("TR", 26),
    ("UA", 29),
    ("VA", 22),
    ("XK", 20),
];

/// Examples that standards and banks print.
const SAMPLE_IBANS: &[&str] = &[
    "DE89370400440532013000",
    "GB82WEST12345698765432",
    "GB29NWBK60161331926819",
    "GB33BUKB20201555555555",
    "FR1420041010050500013M02606",
    "FR7630006000011234567890189",
    "NL91ABNA0417164300",
    "CH9300762011623852957",
    "AT611904300234573201",
    "BE68539007547034",
    "ES9121000418450200051332",
    "IT60X0542811101000000123456",
    "DE75512108001245126199",
    "DE02120300000000202051",
];

/// The length of its country and a right check number (ISO 13616: the rest of 97 is 1).
fn is_iban(text: &str) -> bool {
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let known = plain.get(..2).and_then(|country| IBAN_LENGTHS.iter().find(|(code, _)| *code == country));
    if known.is_none_or(|(_, length)| *length != plain.len()) || SAMPLE_IBANS.contains(&plain.as_str()) {
        return false;
    }
    let (head, tail) = (plain.get(..4).unwrap_or_default(), plain.get(4..).unwrap_or_default());
    let rest = tail.chars().chain(head.chars()).try_fold(0_u32, |rest, c| {
        let value = c.to_digit(36)?;
        Some(if value > 9 { (rest * 100 + value) % 97 } else { (rest * 10 + value) % 97 })
    });
    rest == Some(1)
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
        let sum = |text: &str| is_card(text);
        assert!(sum("4539148803436467") && !sum("4539148803436476"));
        assert!(sum("371234567890005") != sum("371234567890006"));
    }
}
