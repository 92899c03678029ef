//! Numbers of southern and south-eastern Europe, Turkey and South Africa.

use super::super::checksum::{digits_of, is_date, luhn, number, weighted};
use super::super::detector::{Detector, Strength, national};

pub(super) const DETECTORS: &[Detector] = &[
    national("es_dni", "a Spanish DNI", r"[0-9]{8}[- ]?[A-HJ-NP-TV-Z]", "", |text| {
        Strength::Unless.when(has_spanish_letter(text))
    }),
    national("es_nie", "a Spanish NIE", r"[XYZ][- ]?[0-9]{7}[- ]?[A-HJ-NP-TV-Z]", "", |text| {
        // X, Y and Z stand for 0, 1 and 2.
        let first = match text.chars().next() {
            Some('X') => '0',
            Some('Y') => '1',
            _ => '2',
        };
        let plain: String = std::iter::once(first).chain(text.chars().skip(1)).collect();
        Strength::Unless.when(has_spanish_letter(&plain))
    }),
    national(
        "it_codice_fiscale",
        "an Italian codice fiscale",
        r"(?i:[A-Z]{6}[0-9LMNP-V]{2}[A-EHLMPR-T][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z])",
        "",
        judge_codice,
    ),
    national(
        "pt_nif",
        "a Portuguese NIF",
        r"[1-3][0-9]{2} ?[0-9]{3} ?[0-9]{3}",
        r"nif|contribuinte|n\.?º\s+fiscal",
        |text| {
            let digits = digits_of(text);
            let rest = weighted(&digits, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
            Strength::Named.when(digits.last() == Some(&if rest < 2 { 0 } else { 11 - rest }))
        },
    ),
    national("gr_amka", "a Greek AMKA", r"[0-9]{11}", r"amka|αμκα", |text| {
        let digits = digits_of(text);
        Strength::Named.when(is_date(number(&digits, 0, 2), number(&digits, 2, 4)) && luhn(&digits))
    }),
    national("ro_cnp", "a Romanian CNP", r"[1-9][0-9]{12}", r"cnp|cod\s+numeric\w*", |text| {
        let digits = digits_of(text);
        let rest = weighted(&digits, &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11;
        let is_born = is_date(number(&digits, 5, 7), number(&digits, 3, 5));
        Strength::Named.when(is_born && digits.last() == Some(&if rest == 10 { 1 } else { rest }))
    }),
    national("bg_egn", "a Bulgarian EGN", r"[0-9]{10}", r"egn|егн", |text| {
        let digits = digits_of(text);
        // The century stands in the month: 20 more before 1900, 40 more from 2000.
        let is_born = is_date(number(&digits, 4, 6), number(&digits, 2, 4) % 20);
        let check = weighted(&digits, &[2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10;
        Strength::Named.when(is_born && digits.last() == Some(&check))
    }),
    national(
        "tr_tckn",
        "a Turkish identity number",
        r"[1-9][0-9]{10}",
        r"t\.?c\.?(?:\s*kimlik)?|tckn|kimlik\w*",
        |text| {
            let digits = digits_of(text);
            let (odd, even) =
                (weighted(&digits, &[1, 0, 1, 0, 1, 0, 1, 0, 1]), weighted(&digits, &[0, 1, 0, 1, 0, 1, 0, 1]));
            // 7·odd − even may be below zero: 10·even keeps it above without changing the rest.
            let tenth = (odd * 7 + even * 9) % 10;
            let last = digits.iter().take(10).sum::<u32>() % 10;
            Strength::Named.when(digits.get(9) == Some(&tenth) && digits.get(10) == Some(&last))
        },
    ),
    national("za_id", "a South African id number", r"[0-9]{10}[012][0-9]{2}", "", |text| {
        let digits = digits_of(text);
        Strength::Unless.when(is_date(number(&digits, 4, 6), number(&digits, 2, 4)) && luhn(&digits))
    }),
];

/// The letter at the rest of 23 (Ministerio del Interior).
fn has_spanish_letter(text: &str) -> bool {
    let digits = digits_of(text);
    let at = usize::try_from(number(&digits, 0, 8) % 23).unwrap_or(0);
    "TRWAGMYFPDXBNJZSQVHLCKE".chars().nth(at) == text.chars().last()
}

/// Values of letters and digits at odd places (Decreto ministeriale 23 dicembre 1976); at even places they are their order.
const ODD: [u32; 26] = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

fn judge_codice(text: &str) -> Strength {
    let order = |c: char| c.to_digit(10).or_else(|| c.to_digit(36).map(|value| value - 10));
    let value = |(index, c): (usize, char)| {
        let order = order(c)?;
        if index.is_multiple_of(2) { ODD.get(usize::try_from(order).ok()?).copied() } else { Some(order) }
    };
    let sum: Option<u32> = text.chars().take(15).enumerate().map(value).sum();
    let is_one_case = !text.chars().any(|c| c.is_ascii_lowercase()) || !text.chars().any(|c| c.is_ascii_uppercase());
    Strength::Sure.when(is_one_case && sum.is_some() && sum.map(|sum| sum % 26) == text.chars().last().and_then(order))
}
