//! Numbers of Asia and Australia.

use super::super::checksum::{digits_of, is_date, luhn, number, verhoeff, weighted};
use super::super::detector::{Detector, Strength, national};

pub(super) const DETECTORS: &[Detector] = &[
    national(
        "in_aadhaar",
        "an Aadhaar number",
        r"[2-9][0-9]{3}([ -]?)[0-9]{4}[ -]?[0-9]{4}",
        r"a+dha+r|uid(?:ai)?|आधार",
        |text| {
            let strength = if text.contains([' ', '-']) { Strength::Unless } else { Strength::Named };
            strength.when(verhoeff(&digits_of(text)))
        },
    ),
    // The fourth letter P is a person's.
    national("in_pan", "an Indian PAN", r"[A-Z]{3}P[A-Z][0-9]{4}[A-Z]", r"pan", |_| Strength::Unless),
    national("cn_resident_id", "a Chinese resident id", r"[1-9][0-9]{16}[0-9Xx]", "", judge_resident),
    national("kr_rrn", "a Korean resident number", r"[0-9]{6}-[1-8][0-9]{6}", "", |text| {
        // Numbers given out since October 2020 have no check digit.
        let digits = digits_of(text);
        Strength::Unless.when(is_date(number(&digits, 4, 6), number(&digits, 2, 4)))
    }),
    national(
        "jp_my_number",
        "a Japanese My Number",
        r"[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}",
        r"my\s?number|マイナンバー|個人番号",
        |text| {
            let digits = digits_of(text);
            let rest = weighted(&digits, &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
            Strength::Named.when(digits.last() == Some(&if rest < 2 { 0 } else { 11 - rest }))
        },
    ),
    national("sg_nric", "a Singapore NRIC", r"[STFGM][0-9]{7}[A-Z]", "", judge_nric),
    national(
        "th_id",
        "a Thai identity number",
        r"[1-8]-[0-9]{4}-[0-9]{5}-[0-9]{2}-[0-9]|[1-8][0-9]{12}",
        r"thai\s+id\w*|บัตรประชาชน",
        |text| {
            let digits = digits_of(text);
            let rest = weighted(&digits, &[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
            let strength = if text.contains('-') { Strength::Sure } else { Strength::Named };
            strength.when(digits.last() == Some(&((11 - rest) % 10)))
        },
    ),
    national("il_id", "an Israeli identity number", r"[0-9]{9}", r"teudat\s+zehut|ת\.?ז\.?|israeli\s+id", |text| {
        Strength::Named.when(luhn(&digits_of(text)))
    }),
    national(
        "au_tfn",
        "an Australian tax file number",
        r"[0-9]{3} ?[0-9]{3} ?[0-9]{3}",
        r"tfn|tax\s+file\w*",
        |text| Strength::Named.when(weighted(&digits_of(text), &[1, 4, 3, 7, 5, 8, 6, 9, 10]).is_multiple_of(11)),
    ),
    national(
        "au_medicare",
        "an Australian Medicare number",
        r"[2-6][0-9]{3} ?[0-9]{5} ?[0-9]",
        r"medicare\w*",
        |text| {
            let digits = digits_of(text);
            Strength::Named.when(digits.get(8) == Some(&(weighted(&digits, &[1, 3, 7, 9, 1, 3, 7, 9]) % 10)))
        },
    ),
];

/// A date of birth, and a check character of ISO 7064, MOD 11-2 (GB 11643).
fn judge_resident(text: &str) -> Strength {
    let digits = digits_of(text.get(..17).unwrap_or_default());
    let sum = weighted(&digits, &[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]);
    let at = usize::try_from(sum % 11).unwrap_or(0);
    let is_born =
        (1900..2100).contains(&number(&digits, 6, 10)) && is_date(number(&digits, 12, 14), number(&digits, 10, 12));
    let last = text.chars().last().map(|c| c.to_ascii_uppercase());
    Strength::Sure.when(is_born && "10X98765432".chars().nth(at) == last)
}

/// A check letter that depends on the series.
fn judge_nric(text: &str) -> Strength {
    let sum = weighted(&digits_of(text), &[2, 7, 6, 5, 4, 3, 2]);
    let (more, letters) = match text.chars().next() {
        Some('S') => (0, "JZIHGFEDCBA"),
        Some('T') => (4, "JZIHGFEDCBA"),
        Some('F') => (0, "XWUTRQPNMLK"),
        Some('G') => (4, "XWUTRQPNMLK"),
        _ => (3, "XWUTRQPNJLK"),
    };
    let at = usize::try_from((sum + more) % 11).unwrap_or(0);
    Strength::Sure.when(letters.chars().nth(at) == text.chars().last())
}
