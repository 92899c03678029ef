//! Numbers of western and central Europe.

use super::super::checksum::{digits_of, is_date, mod_11_10, modulo, number, weighted};
use super::super::detector::{Detector, Strength, national};

pub(super) const DETECTORS: &[Detector] = &[
    national(
        "uk_nino",
        "a UK national insurance number",
        r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]",
        r"ni|nino|national\s+insurance\w*",
        |text| {
            let is_unused = ["BG", "GB", "NK", "KN", "TN", "NT", "ZZ"].iter().any(|prefix| text.starts_with(prefix));
            Strength::Unless.when(!is_unused)
        },
    ),
    national("uk_nhs", "a UK NHS number", r"[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}", r"nhs", |text| {
        let digits = digits_of(text);
        let rest = 11 - weighted(&digits, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
        Strength::Named.when(digits.last() == Some(&if rest == 11 { 0 } else { rest }))
    }),
    national("ie_pps", "an Irish PPS number", r"[0-9]{7}[A-W][A-IW]?", r"pps[n]?", |text| {
        let digits = digits_of(text);
        let letters: Vec<u32> = text.chars().skip(7).filter_map(letter_value).collect();
        let sum = weighted(&digits, &[8, 7, 6, 5, 4, 3, 2])
            + letters.get(1).map_or(0, |second| if *second == 23 { 0 } else { second * 9 });
        // W stands for 0, A to V for 1 to 22.
        Strength::Named.when(letters.first().is_some_and(|first| sum % 23 == first % 23))
    }),
    national(
        "de_tax_id",
        "a German tax id",
        r"[1-9][0-9]([ ]?)[0-9]{3}[ ]?[0-9]{3}[ ]?[0-9]{3}",
        r"steuer\w*|steuer-?id\w*|idnr|tin|tax\s+id\w*|ident\w*",
        judge_german_tax_id,
    ),
    national(
        "de_pension",
        "a German pension insurance number",
        r"[0-9]{2} ?[0-9]{6} ?[A-Z] ?[0-9]{3}",
        r"(?:renten|sozial)?versicherung\w*|sv-?nummer|rvnr",
        judge_german_pension,
    ),
    national(
        "fr_nir",
        "a French social security number",
        r"[1-478] ?[0-9]{2} ?[0-9]{2} ?(?:[0-9]{2}|2[AB]) ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}",
        "",
        judge_nir,
    ),
    national(
        "nl_bsn",
        "a Dutch BSN",
        r"[0-9]{8,9}|[0-9]{4}\.[0-9]{2}\.[0-9]{3}",
        r"bsn|burgerservicenummer|sofi\w*",
        |text| {
            let digits = digits_of(text);
            let padded: Vec<u32> = if digits.len() == 8 { std::iter::once(0).chain(digits).collect() } else { digits };
            // The last digit counts with the weight −1, which is 10 modulo 11.
            Strength::Named.when(
                weighted(&padded, &[9, 8, 7, 6, 5, 4, 3, 2, 10]).is_multiple_of(11)
                    && padded.iter().any(|digit| *digit != 0),
            )
        },
    ),
    national(
        "be_nrn",
        "a Belgian national number",
        r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}-[0-9]{3}[.-][0-9]{2}|[0-9]{11}",
        r"rijksregister\w*|registre\s+national|niss|insz|nrn|national\s+n\w+",
        judge_belgian,
    ),
    national(
        "at_svnr",
        "an Austrian social insurance number",
        r"[1-9][0-9]{3} ?[0-9]{6}",
        r"svnr|sv-?nummer|sozialversicherung\w*|versicherung\w*",
        |text| {
            let digits = digits_of(text);
            let sum = weighted(&digits, &[3, 7, 9, 0, 5, 8, 4, 2, 1, 6]);
            let is_born = number(&digits, 6, 8) <= 15 && (1..=31).contains(&number(&digits, 4, 6));
            Strength::Named.when(is_born && digits.get(3) == Some(&(sum % 11)))
        },
    ),
    national("ch_ahv", "a Swiss AHV number", r"756\.?[0-9]{4}\.?[0-9]{4}\.?[0-9]{2}", "", |text| {
        let digits = digits_of(text);
        // The check digit of EAN-13.
        let sum = weighted(&digits, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]);
        let strength = if text.contains('.') { Strength::Sure } else { Strength::Unless };
        strength.when(sum.is_multiple_of(10))
    }),
    national("pl_pesel", "a Polish PESEL", r"[0-9]{11}", r"pesel\w*", |text| {
        let digits = digits_of(text);
        // The century stands in the month: 01, 21, 41, 61 and 81 are January.
        let is_born = is_date(number(&digits, 4, 6), number(&digits, 2, 4) % 20);
        Strength::Named.when(is_born && weighted(&digits, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]).is_multiple_of(10))
    }),
    national(
        "cz_rc",
        "a Czech or Slovak birth number",
        r"[0-9]{6}/[0-9]{4}|[0-9]{10}",
        r"rodn\w+|rč|r\.\s?č",
        |text| {
            let digits = digits_of(text);
            let month = number(&digits, 2, 4);
            let is_born = [0, 20, 50, 70]
                .iter()
                .any(|more| month.checked_sub(*more).is_some_and(|month| is_date(number(&digits, 4, 6), month)));
            let strength = if text.contains('/') { Strength::Unless } else { Strength::Named };
            // A rest of 10 was given the digit 0 until 1985.
            let check = modulo(digits.get(..9).unwrap_or_default(), 11) % 10;
            strength.when(is_born && digits.get(9) == Some(&check))
        },
    ),
];

/// A to Z as 1 to 26.
fn letter_value(letter: char) -> Option<u32> {
    letter.to_digit(36).and_then(|value| value.checked_sub(9))
}

/// One digit of the first ten stands twice or three times, all others once at most, and the check digit of ISO 7064
/// is right (Bundeszentralamt für Steuern).
fn judge_german_tax_id(text: &str) -> Strength {
    let digits = digits_of(text);
    let count = |digit: u32| digits.iter().take(10).filter(|known| **known == digit).count();
    let counts: Vec<usize> = (0..10).map(count).collect();
    let often = counts.iter().filter(|count| **count > 1).count();
    let is_spread = often == 1 && counts.iter().all(|count| *count <= 3);
    let strength = if text.matches(' ').count() == 3 { Strength::Unless } else { Strength::Named };
    strength.when(is_spread && mod_11_10(&digits))
}

/// Area, date of birth, letter of the name, serial number; digits of products are summed (VKVV).
fn judge_german_pension(text: &str) -> Strength {
    let plain: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    let digits: Vec<u32> = plain
        .chars()
        .flat_map(|c| {
            if c.is_ascii_digit() {
                vec![c.to_digit(10)]
            } else {
                letter_value(c).map_or_else(Vec::new, |value| vec![Some(value / 10), Some(value % 10)])
            }
        })
        .flatten()
        .collect();
    let weights = [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1];
    let sum: u32 = digits
        .iter()
        .zip(weights)
        .map(|(digit, weight)| {
            let product = digit * weight;
            product / 10 + product % 10
        })
        .sum();
    let day = number(&digits, 2, 4);
    let is_born = is_date(if day > 50 { day - 50 } else { day }, number(&digits, 4, 6));
    Strength::Named.when(is_born && digits.len() == 13 && digits.last() == Some(&(sum % 10)))
}

/// Sex, year, month, department, commune, serial number, and 97 minus the rest of 97 (INSEE). Corsica is 19 or 18 there.
fn judge_nir(text: &str) -> Strength {
    let plain = text.replace(' ', "");
    let numeric = plain.replacen("2A", "19", 1).replacen("2B", "18", 1);
    let digits = digits_of(&numeric);
    if digits.len() != 15 {
        return Strength::No;
    }
    let body = digits.get(..13).unwrap_or_default();
    let is_month = matches!(number(&digits, 3, 5), 1..=12 | 20..=42 | 50..=99);
    Strength::Sure.when(is_month && 97 - modulo(body, 97) == number(&digits, 13, 15))
}

/// 97 minus the rest of the first nine digits, with a 2 before them for those born from 2000 on.
fn judge_belgian(text: &str) -> Strength {
    let digits = digits_of(text);
    let (body, check) = (digits.get(..9).unwrap_or_default(), number(&digits, 9, 11));
    let modern: Vec<u32> = std::iter::once(2).chain(body.iter().copied()).collect();
    let is_right = 97 - modulo(body, 97) == check || 97 - modulo(&modern, 97) == check;
    let strength = if text.contains('.') { Strength::Sure } else { Strength::Named };
    strength.when(is_right && number(&digits, 2, 4) <= 12)
}
