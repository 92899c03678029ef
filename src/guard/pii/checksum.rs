//! Check digits of numbers that name people, cards and accounts.

/// The decimal digits of a text, whatever stands between them.
pub(super) fn digits_of(text: &str) -> Vec<u32> {
    text.chars().filter_map(|c| c.to_digit(10)).collect()
}

/// Whether the last digit is right by Luhn (ISO/IEC 7812-1, annex B); no digits are not.
pub(super) fn luhn(digits: &[u32]) -> bool {
    let doubled = |digit: u32| digit * 2 / 10 + digit * 2 % 10;
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, digit)| if index % 2 == 1 { doubled(*digit) } else { *digit })
        .sum();
    !digits.is_empty() && sum.is_multiple_of(10)
}

/// Sum of digits times weights, place by place; places beyond the shorter one count nothing.
pub(super) fn weighted(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

/// The number that digits write, modulo `modulus`.
pub(super) fn modulo(digits: &[u32], modulus: u32) -> u32 {
    digits.iter().fold(0, |rest, digit| (rest * 10 + digit) % modulus.max(1))
}

/// Whether the last digit is right by ISO/IEC 7064, MOD 11,10.
pub(super) fn mod_11_10(digits: &[u32]) -> bool {
    let Some((last, body)) = digits.split_last() else { return false };
    let product = body.iter().fold(10, |product, digit| {
        let sum = (product + digit) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (11 - product) % 10 == *last
}

/// Whether the number of letters and digits leaves 1 of 97 (ISO/IEC 7064, MOD 97-10), as IBANs do once turned.
pub(super) fn leaves_one_of_97(text: impl Iterator<Item = char>) -> bool {
    let mut characters = text;
    let rest = characters.try_fold(0_u32, |rest, c| {
        let value = c.to_digit(36)?;
        Some(if value > 9 { (rest * 100 + value) % 97 } else { (rest * 10 + value) % 97 })
    });
    rest == Some(1)
}

/// The multiplication of the dihedral group of order 10, and its permutation (Verhoeff 1969).
const PRODUCT: [[u8; 10]; 10] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
    [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
    [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
    [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
    [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
    [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
    [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
    [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
    [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
];
const PERMUTATION: [[u8; 10]; 8] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
    [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
    [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
    [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
    [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
    [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
    [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
];

/// Whether the last digit is right by Verhoeff.
pub(super) fn verhoeff(digits: &[u32]) -> bool {
    let step = |check: usize, (index, digit): (usize, &u32)| {
        let turned = PERMUTATION.get(index % 8)?.get(usize::try_from(*digit).ok()?)?;
        PRODUCT.get(check)?.get(usize::from(*turned)).copied().map(usize::from)
    };
    digits.iter().rev().enumerate().try_fold(0, step) == Some(0)
}

/// Whether two digits of a day and two of a month may be a date; leap days always may.
pub(super) fn is_date(day: u32, month: u32) -> bool {
    let longest = match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=longest).contains(&day)
}

/// The number written by the digits `start..end`; 0 beyond the end.
pub(super) fn number(digits: &[u32], start: usize, end: usize) -> u32 {
    digits.get(start..end).unwrap_or_default().iter().fold(0, |sum, digit| sum * 10 + digit)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn published_numbers_are_right_and_their_neighbours_are_not() {
        // ISO/IEC 7812-1, annex B: the body 7992739871 has the check digit 3.
        assert!(luhn(&digits_of("79927398713")) && !luhn(&digits_of("79927398710")) && !luhn(&[]));
        // Verhoeff (1969): 236 has the check digit 3.
        assert!(verhoeff(&digits_of("2363")) && !verhoeff(&digits_of("2364")));
        // Bundeszentralamt für Steuern: 86095742719, a sample.
        assert!(mod_11_10(&digits_of("86095742719")) && !mod_11_10(&digits_of("86095742718")) && !mod_11_10(&[]));
        assert!(leaves_one_of_97("WEST12345698765432GB82".chars()) && !leaves_one_of_97("é".chars()));
        assert!(is_date(29, 2) && !is_date(30, 2) && !is_date(0, 1) && !is_date(1, 13) && !is_date(31, 6));
    }

    proptest! {
        #[test]
        fn exactly_one_last_digit_is_right(body in prop::collection::vec(0_u32..10, 1..20)) {
            for is_right in [luhn, verhoeff, mod_11_10] {
                let right = (0..10).filter(|last| {
                    let mut digits = body.clone();
                    digits.push(*last);
                    is_right(&digits)
                });
                prop_assert_eq!(right.count(), 1);
            }
        }

        #[test]
        fn verhoeff_sees_every_wrong_digit_and_every_swap(body in prop::collection::vec(0_u32..10, 2..15), at in 0_usize..14, by in 1_u32..10) {
            let mut digits = body;
            digits.push((0..10).find(|last| { let mut all = digits.clone(); all.push(*last); verhoeff(&all) }).unwrap_or(0));
            prop_assert!(verhoeff(&digits));
            let at = at % (digits.len() - 1);
            let mut wrong = digits.clone();
            wrong[at] = (wrong[at] + by) % 10;
            prop_assert!(!verhoeff(&wrong));
            if digits[at] != digits[at + 1] {
                digits.swap(at, at + 1);
                prop_assert!(!verhoeff(&digits));
            }
        }
    }
}
