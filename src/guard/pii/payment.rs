//! Payment cards and bank accounts.

use super::checksum::{digits_of, leaves_one_of_97, luhn};
use super::detector::{Detector, Nature, Strength};
use super::phone::is_made_up;

pub(super) const CARD: Detector = Detector {
    kind: "card",
    phrase: "a card number",
    form: r"[2-6][0-9]{3}(?:[ -]?[0-9]){9,15}",
    names: r"cards?|visa|mastercard|amex|credit|debit|pan\b|maestro|kredit\w*|karten?\w*|carte|tarjeta|carta|cart[aã]o|kaart\w*|karta|karty",
    judge: judge_card,
    nature: nature_of_card,
    is_whole_number: false,
};

pub(super) const IBAN: Detector = Detector {
    kind: "iban",
    phrase: "an IBAN",
    form: r"(?i:[A-Z]{2})[0-9]{2}(?:[ -]?(?i:[A-Z0-9]){4}){2,7}(?:[ -]?(?i:[A-Z0-9]){1,3})?",
    names: "",
    judge: |text| Strength::Sure.when(is_iban(text)),
    nature: |text| if is_sample_iban(text) { Nature::Sample } else { Nature::Personal },
    is_whole_number: false,
};

/// A length of its issuer's range and a right check digit (Luhn). Long bare numbers are seldom cards: those of 13 digits
/// are mostly article numbers, those beyond 16 mostly ids, so they must be named.
fn judge_card(text: &str) -> Strength {
    let digits = digits_of(text);
    if !is_issued(&digits) || !luhn(&digits) || digits.windows(2).all(|pair| pair.first() == pair.last()) {
        return Strength::No;
    }
    let is_grouped = text.contains([' ', '-']);
    match digits.len() {
        14..=16 if is_grouped => Strength::Sure.when(has_groups_of_cards(text)),
        14..=16 => Strength::Unless,
        _ => Strength::Named,
    }
}

/// Four by four, or 4-6-5 and 4-6-4 as on cards of 15 and 14 digits.
fn has_groups_of_cards(text: &str) -> bool {
    let groups: Vec<usize> = text.split([' ', '-']).map(str::len).collect();
    matches!(groups.as_slice(), [4, 4, 4, 4] | [4, 6, 5] | [4, 6, 4] | [4, 4, 4, 3] | [4, 4, 4, 2])
}

/// Whether an issuer has numbers of this beginning and length (ISO/IEC 7812 ranges as the schemes publish them).
fn is_issued(digits: &[u32]) -> bool {
    let first_six = digits.iter().take(6).fold(0, |sum, digit| sum * 10 + digit);
    let length = digits.len();
    match first_six {
        400_000..=499_999 => matches!(length, 13 | 16 | 19),
        510_000..=559_999 | 222_100..=272_099 | 220_000..=220_499 => length == 16,
        340_000..=349_999 | 370_000..=379_999 => length == 15,
        300_000..=305_999 | 360_000..=369_999 | 380_000..=399_999 => (14..=19).contains(&length),
        352_800..=358_999 | 601_100..=601_199 | 620_000..=629_999 | 644_000..=659_999 => (16..=19).contains(&length),
        500_000..=509_999 | 560_000..=589_999 | 600_000..=699_999 => (16..=19).contains(&length),
        _ => false,
    }
}

fn nature_of_card(text: &str) -> Nature {
    let digits = digits_of(text);
    let plain: String = digits.iter().filter_map(|digit| char::from_digit(*digit, 10)).collect();
    if is_made_up(&digits) || TEST_CARDS.contains(&plain.as_str()) { Nature::Sample } else { Nature::Personal }
}

/// Whether an issuer has such numbers, the check digit is right, and it is no number published for tests.
pub(in super::super) fn is_real_card(text: &str) -> bool {
    judge_card(text) != Strength::No && nature_of_card(text) == Nature::Personal
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

/// Lengths by country (SWIFT IBAN registry).
const IBAN_LENGTHS: &[(usize, &[&str])] = &[
    (15, &["NO"]),
    (16, &["BE"]),
    (18, &["DK", "FI", "FK", "FO", "GL", "NL", "SD"]),
    (19, &["MK", "SI"]),
    (20, &["AT", "BA", "EE", "KZ", "LT", "LU", "MN", "XK"]),
    (21, &["CH", "HR", "LI", "LV"]),
    (22, &["BG", "BH", "CR", "DE", "GB", "GE", "IE", "ME", "RS", "VA"]),
    (23, &["AE", "GI", "IL", "IQ", "OM", "SO", "TL"]),
    (24, &["AD", "CZ", "ES", "MD", "PK", "RO", "SA", "SE", "SK", "TN", "VG"]),
    (25, &["LY", "PT", "ST"]),
    (26, &["IS", "TR"]),
    (27, &["BI", "DJ", "FR", "GR", "IT", "MC", "MR", "SM"]),
    (28, &["AL", "AZ", "BY", "CY", "DO", "GT", "HN", "HU", "LB", "NI", "PL", "SV"]),
    (29, &["BR", "EG", "PS", "QA", "UA"]),
    (30, &["JO", "KW", "MU", "YE"]),
    (31, &["MT", "SC"]),
    (32, &["LC"]),
    (33, &["RU"]),
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

/// The length of its country and a right check number (ISO 13616: turned, the rest of 97 is 1).
fn is_iban(text: &str) -> bool {
    let plain = plain_iban(text);
    let country = plain.get(..2).unwrap_or_default();
    let known = IBAN_LENGTHS.iter().any(|(length, countries)| *length == plain.len() && countries.contains(&country));
    let (head, tail) = (plain.get(..4).unwrap_or_default(), plain.get(4..).unwrap_or_default());
    known && leaves_one_of_97(tail.chars().chain(head.chars()))
}

fn plain_iban(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

fn is_sample_iban(text: &str) -> bool {
    SAMPLE_IBANS.contains(&plain_iban(text).as_str())
}

/// Whether it is an account number, and none that standards and banks print.
pub(in super::super) fn is_real_iban(text: &str) -> bool {
    is_iban(text) && !is_sample_iban(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cards_have_an_issuer_a_length_and_a_check_digit() {
        for text in
            ["4539148803436467", "4539 1488 0343 6467", "5105-1051-0510-5100", "3782 822463 10005", "2223003122003222"]
        {
            assert!(judge_card(text) != Strength::No, "{text}");
        }
        for text in
            ["4539148803436476", "1234567812345670", "7111111111111117", "4539 14880 343 6467", "5555555555555555"]
        {
            assert_eq!(judge_card(text), Strength::No, "{text}");
        }
        assert_eq!(judge_card("4222222222222"), Strength::Named);
        assert!(is_real_card("4539148803436467") && !is_real_card("4242 4242 4242 4242"));
    }

    #[test]
    fn ibans_have_the_length_of_their_country() {
        for text in ["DE68 2105 0170 0012 3456 78", "PL61109010140000071219812874", "de68210501700012345678"] {
            assert!(is_iban(text), "{text}");
        }
        for text in ["DE68 2105 0170 0012 3456 79", "FR68210501700012345678", "XX68210501700012345678", "DE68"] {
            assert!(!is_iban(text), "{text}");
        }
        assert!(is_iban("DE89370400440532013000") && !is_real_iban("DE89 3704 0044 0532 0130 00"));
    }

    proptest! {
        #[test]
        fn every_number_with_the_right_check_digits_is_an_iban(account in "[0-9]{18}") {
            let right: Vec<String> =
                (0..100).map(|check| format!("DE{check:02}{account}")).filter(|iban| is_iban(iban)).collect();
            // 98 minus the rest is between 02 and 98; 00 and 01 leave the same rest as 97 and 98.
            prop_assert!(right.iter().any(|iban| (2..=98).contains(&iban[2..4].parse::<u32>().unwrap_or(0))), "{right:?}");
            prop_assert!(right.len() <= 2, "{right:?}");
        }

        #[test]
        fn every_visa_number_has_one_check_digit(body in "4[0-9]{14}") {
            let right = (0..10).filter(|last| judge_card(&format!("{body}{last}")) != Strength::No).count();
            prop_assert!(right == 1 || body.bytes().all(|byte| byte == b'4'));
        }
    }
}
