//! Numbers of northern Europe and the Baltic.

use super::super::checksum::{digits_of, is_date, luhn, number, weighted};
use super::super::detector::{Detector, Strength, national};

pub(super) const DETECTORS: &[Detector] = &[
    national(
        "se_personnummer",
        "a Swedish personnummer",
        r"(?:19|20)?[0-9]{6}[-+]?[0-9]{4}",
        r"person\w*nummer|personnr|pnr",
        |text| {
            let digits = digits_of(text);
            let short = digits.get(digits.len().saturating_sub(10)..).unwrap_or_default();
            let day = number(short, 4, 6);
            // Coordination numbers add 60 to the day.
            let is_born = is_date(if day > 60 { day - 60 } else { day }, number(short, 2, 4));
            let strength = if text.contains(['-', '+']) { Strength::Unless } else { Strength::Named };
            strength.when(is_born && luhn(short))
        },
    ),
    national(
        "no_fnr",
        "a Norwegian national number",
        r"[0-9]{6} ?[0-9]{5}",
        r"f[øo]dselsnummer|fnr|personnummer",
        |text| {
            let digits = digits_of(text);
            let check = |weights: &[u32]| (11 - weighted(&digits, weights) % 11) % 11;
            let is_right = digits.get(9) == Some(&check(&[3, 7, 6, 1, 8, 9, 4, 5, 2]))
                && digits.get(10) == Some(&check(&[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]));
            let day = number(&digits, 0, 2);
            Strength::Unless.when(is_right && is_date(if day > 40 { day - 40 } else { day }, number(&digits, 2, 4)))
        },
    ),
    // Without a check digit since 2007: only beside its name.
    national("dk_cpr", "a Danish CPR number", r"[0-9]{6}[- ]?[0-9]{4}", r"cpr\w*|personnummer", |text| {
        let digits = digits_of(text);
        Strength::Named.when(is_date(number(&digits, 0, 2), number(&digits, 2, 4)))
    }),
    national("fi_hetu", "a Finnish personal code", r"[0-9]{6}[-+A-FU-Y][0-9]{3}[0-9A-FHJ-NPR-Y]", "", |text| {
        const CHECKS: &str = "0123456789ABCDEFHJKLMNPRSTUVWXY";
        let digits = digits_of(text.get(..10).unwrap_or_default());
        let all = number(&digits, 0, 9);
        let wanted = usize::try_from(all % 31).ok().and_then(|at| CHECKS.chars().nth(at));
        let is_born = is_date(number(&digits, 0, 2), number(&digits, 2, 4));
        Strength::Sure.when(is_born && wanted.is_some() && wanted == text.chars().last())
    }),
    national(
        "ee_isikukood",
        "an Estonian or Lithuanian personal code",
        r"[1-6][0-9]{10}",
        r"isikukood|asmens\s+kod\w*|personal\s+code",
        |text| {
            let digits = digits_of(text);
            let first = weighted(&digits, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11;
            let second = weighted(&digits, &[3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11;
            let check = if first < 10 { first } else { second % 10 };
            Strength::Named.when(is_date(number(&digits, 5, 7), number(&digits, 3, 5)) && digits.last() == Some(&check))
        },
    ),
];
