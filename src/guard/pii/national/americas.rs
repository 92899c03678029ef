//! Numbers of North and South America.

use super::super::checksum::{digits_of, is_date, luhn, number, weighted};
use super::super::detector::{Detector, Nature, Strength, national};

pub(super) const DETECTORS: &[Detector] = &[
    Detector {
        nature: |text| if is_known_ssn(text) { Nature::Sample } else { Nature::Personal },
        ..national(
            "us_ssn",
            "a US social security number",
            r"[0-9]{3}([- ]?)[0-9]{2}[- ]?[0-9]{4}",
            r"ssns?|social\s+security\w*|soc\.?\s+sec",
            judge_ssn,
        )
    },
    national(
        "us_itin",
        "a US taxpayer number",
        r"9[0-9]{2}[- ]?[0-9]{2}[- ]?[0-9]{4}",
        r"itins?|taxpayer\w*",
        judge_itin,
    ),
    national("us_npi", "a US provider number", r"[12][0-9]{9}", r"npi|national\s+provider\w*", |text| {
        // The check digit is that of the number behind the prefix 80840 of health applications.
        let digits: Vec<u32> = [8, 0, 8, 4, 0].into_iter().chain(digits_of(text)).collect();
        Strength::Named.when(luhn(&digits))
    }),
    national(
        "us_mbi",
        "a US Medicare number",
        r"[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9][0-9]-?[AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9][0-9]-?[AC-HJKMNP-RT-Y]{2}[0-9]{2}",
        r"mbi|medicare\w*|beneficiary\w*",
        |text| if text.contains('-') { Strength::Unless } else { Strength::Named },
    ),
    national("us_routing", "a US bank routing number", r"[0-9]{9}", r"aba|routing\w*|rtn", |text| {
        let digits = digits_of(text);
        let is_bank = matches!(number(&digits, 0, 2), 1..=12 | 21..=32 | 61..=72 | 80);
        Strength::Named.when(is_bank && weighted(&digits, &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10))
    }),
    national(
        "ca_sin",
        "a Canadian social insurance number",
        r"[1-79][0-9]{2}([- ]?)[0-9]{3}[- ]?[0-9]{3}",
        r"sin|social\s+insurance\w*|nas",
        |text| {
            let strength = if text.contains('-') { Strength::Unless } else { Strength::Named };
            strength.when(luhn(&digits_of(text)))
        },
    ),
    national("br_cpf", "a Brazilian CPF", r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}|[0-9]{11}", r"cpf", judge_cpf),
    national(
        "mx_curp",
        "a Mexican CURP",
        r"[A-Z][AEIOUX][A-Z]{2}[0-9]{6}[HMX][A-Z]{2}[B-DF-HJ-NP-TV-Z]{3}[A-Z0-9][0-9]",
        "",
        judge_curp,
    ),
    national(
        "cl_rut",
        "a Chilean RUT",
        r"[0-9]{1,2}\.[0-9]{3}\.[0-9]{3}-[0-9kK]|[0-9]{7,8}-[0-9kK]",
        r"ru[tn]",
        judge_rut,
    ),
    national("ar_cuit", "an Argentine CUIL", r"2[03479]-?[0-9]{8}-?[0-9]", r"cui[tl]", |text| {
        let digits = digits_of(text);
        let strength = if text.contains('-') { Strength::Unless } else { Strength::Named };
        let rest = 11 - weighted(&digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
        strength.when(digits.last() == Some(&if rest == 11 { 0 } else { rest }))
    }),
];

/// No area 000, 666 or from 900, no group 00, no serial 0000 (Social Security Administration).
fn judge_ssn(text: &str) -> Strength {
    let digits = digits_of(text);
    let (area, group, serial) = (number(&digits, 0, 3), number(&digits, 3, 5), number(&digits, 5, 9));
    let is_issued = !matches!(area, 0 | 666 | 900..) && group != 0 && serial != 0;
    let strength = match separators(text).as_str() {
        "--" => Strength::Unless,
        "  " | "" => Strength::Named,
        _ => Strength::No,
    };
    strength.when(is_issued)
}

fn separators(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).collect()
}

/// Cards of the wallet makers and advertisements that everybody knows; `123-45-6789` is what people make up.
fn is_known_ssn(text: &str) -> bool {
    let plain: String = text.chars().filter(char::is_ascii_digit).collect();
    matches!(plain.as_str(), "078051120" | "219099999" | "457555462" | "123456789" | "111111111")
}

/// Nine, and a group that taxpayers' numbers have (IRS).
fn judge_itin(text: &str) -> Strength {
    let digits = digits_of(text);
    let is_group = matches!(number(&digits, 3, 5), 50..=65 | 70..=88 | 90..=92 | 94..=99);
    let strength = if separators(text) == "--" { Strength::Unless } else { Strength::Named };
    strength.when(is_group)
}

/// Two check digits, each 11 minus the rest of a weighted sum (Receita Federal).
fn judge_cpf(text: &str) -> Strength {
    let digits = digits_of(text);
    let check = |length: u32| {
        let sum: u32 = digits.iter().zip((2..=length + 1).rev()).map(|(digit, weight)| digit * weight).sum();
        sum * 10 % 11 % 10
    };
    let is_right = digits.get(9) == Some(&check(9)) && digits.get(10) == Some(&check(10));
    let is_same = digits.windows(2).all(|pair| pair.first() == pair.last());
    let strength = if text.contains('.') { Strength::Sure } else { Strength::Named };
    strength.when(is_right && !is_same)
}

/// A date of birth, and a check digit over the places of `0…9A…NÑO…Z` (Segob).
fn judge_curp(text: &str) -> Strength {
    const ORDER: &str = "0123456789ABCDEFGHIJKLMN\u{d1}OPQRSTUVWXYZ";
    let value = |c: char| ORDER.chars().position(|known| known == c).and_then(|at| u32::try_from(at).ok());
    let sum: Option<u32> =
        text.chars().take(17).zip((2..=18).rev()).map(|(c, weight)| value(c).map(|value| value * weight)).sum();
    let digits: Vec<u32> = text.get(4..10).map(digits_of).unwrap_or_default();
    let is_born = is_date(number(&digits, 4, 6), number(&digits, 2, 4));
    let check = sum.map(|sum| (10 - sum % 10) % 10);
    Strength::Sure.when(is_born && check.is_some() && check == text.chars().last().and_then(|c| c.to_digit(10)))
}

/// 11 minus the sum with the weights 2 to 7 from the right; 10 is K.
fn judge_rut(text: &str) -> Strength {
    let Some((body, check)) = text.split_once('-') else { return Strength::No };
    let sum: u32 = digits_of(body).iter().rev().zip((2..=7).cycle()).map(|(digit, weight)| digit * weight).sum();
    let wanted = match 11 - sum % 11 {
        11 => '0',
        10 => 'K',
        digit => char::from_digit(digit, 10).unwrap_or('0'),
    };
    let strength = if text.contains('.') { Strength::Unless } else { Strength::Named };
    strength.when(check.to_uppercase().chars().eq(std::iter::once(wanted)))
}
