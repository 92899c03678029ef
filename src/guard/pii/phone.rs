//! Telephone numbers: international ones by their `+`, national ones by the grouping of their country or a word before.

use super::checksum::digits_of;
use super::detector::{Detector, Nature, Strength};

/// Words that name a telephone number.
const NAMES: &str = r"(?:tele)?phones?|tel|(?:cell|mobile|mobil)\w*|call|calls?|dial|fax|whatsapp|sms|text|reach\s\w+|handy\w*|telefon\w*|rufnummer|anruf\w*|rufen|t[ée]l[ée]phone\w*|portable|appel\w*|tel[ée]fono\w*|m[óo]vil|llam\w*|telefone|celular|ligue|cellulare|chiam\w*|telefoon\w*|bel|mobiel|kom[óo]rk\w*|zadzwo\w*|ring|puhelin|телефон\w*|тел|звоните|هاتف";

/// `+49 30 901820`, `+1 (415) 234-9876`, `0049 30 901820`.
pub(super) const INTERNATIONAL: Detector = Detector {
    kind: "phone",
    phrase: "a telephone number",
    form: r"(?:\+|\b00[ ]?)[1-9][0-9]{0,2}(?:[ ./-]?(?:\(0\)[ ]?)?\(?[0-9]{1,12}\)?){1,7}",
    names: NAMES,
    judge: judge_international,
    nature: nature_of_phone,
    is_whole_number: false,
};

/// `(415) 234-9876`, `06 12 34 56 78`, `020 7946 0958`, and whatever stands behind a word for it.
pub(super) const NATIONAL: Detector = Detector {
    kind: "phone",
    phrase: "a telephone number",
    form: r"\(?[0-9]{1,5}\)?(?:[ ./-]{1,2}\(?[0-9]{2,8}\)?){1,4}|[0-9]{8,12}",
    names: NAMES,
    judge: judge_national,
    nature: nature_of_phone,
    is_whole_number: true,
};

/// E.164 allows 15 digits; with the country's code a number has 8 at least.
fn judge_international(text: &str) -> Strength {
    let digits = digits_of(text);
    let is_plus = text.starts_with('+');
    let length = digits.len() - if is_plus { 0 } else { 2 };
    // `+1` is North America: always ten digits behind it.
    let is_american = is_plus && digits.first() == Some(&1);
    let fits = if is_american {
        digits.len() == 11 && is_american_number(digits.get(1..).unwrap_or_default())
    } else {
        (8..=15).contains(&length)
    };
    let strength = if is_plus { Strength::Sure } else { Strength::Named };
    strength.when(fits && is_balanced(text))
}

/// Each `(` has its `)`.
fn is_balanced(text: &str) -> bool {
    text.matches('(').count() == text.matches(')').count()
}

/// Area code and exchange begin with 2 to 9, and neither is a service code such as 911 (NANPA).
fn is_american_number(digits: &[u32]) -> bool {
    let is_code = |code: Option<&[u32]>| matches!(code, Some([2..=9, b, c]) if !(*b == 1 && *c == 1));
    digits.len() == 10 && is_code(digits.get(..3)) && matches!(digits.get(3), Some(2..=9))
}

fn judge_national(text: &str) -> Strength {
    let digits = digits_of(text);
    if !is_balanced(text) || is_date_or_time(text) {
        return Strength::No;
    }
    let groups: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let starts_with_zero = digits.first() == Some(&0);
    match lengths.as_slice() {
        // North America: (415) 234-9876, 415-234-9876, 415.234.9876.
        [3, 3, 4] if is_american_number(&digits) => {
            if text.starts_with('(') {
                Strength::Sure
            } else if text.contains(' ') {
                Strength::Named
            } else {
                Strength::Unless
            }
        }
        // France: 06 12 34 56 78.
        [2, 2, 2, 2, 2] if starts_with_zero && digits.get(1) != Some(&0) => Strength::Unless,
        // United Kingdom: 020 7946 0958, 0161 496 0123, 07700 900123, 01632 960123.
        [3, 4, 4] | [4, 3, 4] if starts_with_zero && text.contains(' ') => Strength::Unless,
        [5, 6] | [5, 3, 3] if starts_with_zero && matches!(digits.get(1), Some(1 | 7)) => Strength::Unless,
        _ => Strength::Named.when((7..=12).contains(&digits.len())),
    }
}

/// `2026-11-21`, `21.11.2026`, `11/21/2026` stand where numbers stand: `call on 2026-11-21`.
fn is_date_or_time(text: &str) -> bool {
    let groups: Vec<&str> = text.split(['-', '.', '/']).collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let is_year = |group: Option<&&str>| group.is_some_and(|year| year.starts_with("19") || year.starts_with("20"));
    match lengths.as_slice() {
        [4, 2, 2] => is_year(groups.first()),
        [2, 2, 4] => is_year(groups.last()),
        [4, 4] => is_year(groups.first()) && is_year(groups.last()),
        [8] => is_year(groups.first()) && text.len() == 8,
        _ => false,
    }
}

/// Numbers kept for fiction, toll-free numbers and made-up ones are nobody's.
fn nature_of_phone(text: &str) -> Nature {
    let digits = digits_of(text);
    let is_american = text.starts_with("+1") || (digits.len() == 10 && is_american_number(&digits));
    let national = if text.starts_with("+1") { digits.get(1..) } else { Some(digits.as_slice()) }.unwrap_or_default();
    let is_toll_free = matches!(national.get(..3), Some([8, b, c]) if b == c);
    let is_fiction = national.get(3..8) == Some(&[5, 5, 5, 0, 1]) || national.get(..3) == Some(&[5, 5, 5]);
    if is_made_up(&digits) || is_american && (is_toll_free || is_fiction) || is_british_drama(&digits) {
        Nature::Sample
    } else {
        Nature::Personal
    }
}

/// Numbers that Ofcom keeps for radio and television: 01632 960xxx, 020 7946 0xxx, 07700 900xxx and the like.
fn is_british_drama(digits: &[u32]) -> bool {
    let national = if digits.starts_with(&[4, 4]) { digits.get(2..) } else { digits.get(1..) }.unwrap_or_default();
    [&[1, 6, 3, 2, 9, 6, 0][..], &[2, 0, 7, 9, 4, 6, 0], &[7, 7, 0, 0, 9, 0, 0]]
        .iter()
        .any(|prefix| national.starts_with(prefix))
        || national.len() == 10 && national.first() == Some(&1) && national.get(3..7) == Some(&[4, 9, 6, 0])
}

/// All the same digit, or counted up: `1234567890`.
pub(super) fn is_made_up(digits: &[u32]) -> bool {
    let mut pairs = digits.windows(2).filter_map(|pair| Some((*pair.first()?, *pair.last()?)));
    let body = digits.get(2..).unwrap_or_default();
    let steps = |wanted: u32| body.windows(2).filter(|pair| matches!(pair, [a, b] if (a + wanted) % 10 == *b)).count();
    pairs.all(|(a, b)| a == b) || steps(1) + 2 >= body.len() || steps(0) + 2 >= body.len()
}

/// Whether it is somebody's number: for files, where a false alarm is worse than a miss.
pub(in super::super) fn is_real_telephone(text: &str) -> bool {
    let digits = digits_of(text);
    let is_american = text.starts_with("+1") || !text.starts_with('+');
    let national = if text.starts_with("+1") { digits.get(1..) } else { Some(digits.as_slice()) }.unwrap_or_default();
    let is_fiction = national.get(3..6) == Some(&[5, 5, 5]) || national.get(..3) == Some(&[5, 5, 5]);
    (9..=15).contains(&digits.len())
        && nature_of_phone(text) == Nature::Personal
        && !(is_american && (national.len() != 10 || is_fiction))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_many_countries_are_told_apart() {
        for (text, wanted) in [
            ("+49 30 901820", Strength::Sure),
            ("+49 (0)30 901820", Strength::Sure),
            ("+1 (415) 234-9876", Strength::Sure),
            ("+14152349876", Strength::Sure),
            ("+33 6 12 34 56 78", Strength::Sure),
            ("+1 415 234", Strength::No),
            ("+1 911 234 9876", Strength::No),
            ("+12345", Strength::No),
            ("0049 30 901820", Strength::Named),
        ] {
            assert_eq!(judge_international(text), wanted, "{text}");
        }
        for (text, wanted) in [
            ("(415) 234-9876", Strength::Sure),
            ("415-234-9876", Strength::Unless),
            ("415 234 9876", Strength::Named),
            ("115-234-9876", Strength::Named),
            ("06 12 34 56 78", Strength::Unless),
            ("020 7123 4567", Strength::Unless),
            ("07911 123456", Strength::Unless),
            ("030 901820", Strength::Named),
            ("2026-11-21", Strength::No),
            ("21.11.2026", Strength::No),
            ("20261121", Strength::No),
            ("(030 901820", Strength::No),
        ] {
            assert_eq!(judge_national(text), wanted, "{text}");
        }
    }

    #[test]
    fn numbers_for_fiction_are_samples() {
        for text in
            ["+1 212 555 0142", "(800) 234-9876", "+44 20 7946 0958", "01632 960123", "+1234567890", "0161 496 0123"]
        {
            assert_eq!(nature_of_phone(text), Nature::Sample, "{text}");
        }
        for text in ["+49 30 901820 55", "(415) 234-9876", "020 7123 4567"] {
            assert_eq!(nature_of_phone(text), Nature::Personal, "{text}");
        }
    }
}
