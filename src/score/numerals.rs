//! Numbers as people and models write them: `1,234.50`, `$5`, `12 %`, `-3e5`.

use std::sync::LazyLock;

use regex::Regex;
use rust_decimal::Decimal;

/// A number, exact where 28 digits hold it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Amount {
    float: f64,
    exact: Option<Decimal>,
}

impl Amount {
    /// Parses plain digits with `.` and an optional exponent. `None` when it is no finite number.
    fn parse(digits: &str) -> Option<Amount> {
        let float: f64 = digits.parse().ok().filter(|float: &f64| float.is_finite())?;
        let exact = if digits.contains(['e', 'E']) {
            Decimal::from_scientific(digits).ok()
        } else {
            Decimal::from_str_exact(digits).ok()
        };
        Some(Amount { float, exact })
    }

    fn hundredth(self) -> Amount {
        Amount {
            float: self.float / 100.0,
            exact: self.exact.and_then(|exact| exact.checked_div(Decimal::ONE_HUNDRED)),
        }
    }

    /// Whether `self` lies within `absolute`, or within `relative` of the wanted number, whichever is wider. Exact where
    /// all numbers are: 1.1 is within 0.1 of 1, which binary fractions deny.
    pub(super) fn is_within(self, wanted: Amount, absolute: Amount, relative: Amount) -> bool {
        self.exactly_within(wanted, absolute, relative).unwrap_or_else(|| {
            let allowed = absolute.float.max(relative.float * wanted.float.abs());
            (self.float - wanted.float).abs() <= allowed
        })
    }

    fn exactly_within(self, wanted: Amount, absolute: Amount, relative: Amount) -> Option<bool> {
        let (seen, wanted) = (self.exact?, wanted.exact?);
        let allowed = absolute.exact?.max(relative.exact?.checked_mul(wanted.abs())?);
        Some(seen.checked_sub(wanted)?.abs() <= allowed)
    }

    /// From a JSON number.
    pub(super) fn of_json(number: &serde_json::Number) -> Option<Amount> {
        Amount::parse(&number.to_string())
    }

    /// Canonical text: `5`, `0.05`; equal numbers read equal.
    pub(super) fn canonical(self) -> String {
        self.exact.map_or_else(|| self.float.to_string(), |exact| exact.normalize().to_string())
    }
}

/// A number found in a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Numeral<'t> {
    /// As written, with sign, without currency and percent sign.
    pub(super) written: &'t str,
    /// Its value; `None` when it can be read in two ways, such as `3,14`.
    pub(super) amount: Option<Amount>,
}

/// How numbers are written.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Style {
    /// `1.234,5` instead of `1,234.5`.
    pub(super) decimal_comma: bool,
    /// `12 %` counts as 0.12.
    pub(super) percent: bool,
}

/// The numbers of `text`, in order. Not numbers: digits inside words (`gpt4`), versions (`1.2.3`), bounds (`< 42`).
pub(super) fn numerals(text: &str, style: Style) -> Vec<Numeral<'_>> {
    let Some(runs) = RUN.as_ref() else { return Vec::new() };
    runs.find_iter(text).filter_map(|run| numeral(text, run.start(), run.end(), style)).collect()
}

/// Digits with separators between them, and an exponent.
static RUN: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[0-9]+(?:[.,'’\x{a0}\x{202f}][0-9]+)*(?:[eE][-+]?[0-9]+\b)?").ok());
/// A number with points: groups of three, a fraction, an exponent.
static POINTED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,3}(?:['’\x{a0}\x{202f}][0-9]{3})+)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$").ok()
});

fn numeral(text: &str, start: usize, end: usize, style: Style) -> Option<Numeral<'_>> {
    let run = text.get(start..end)?;
    let before = text.get(..start)?;
    let after = text.get(end..)?;
    if before.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_') {
        return None;
    }
    let (before, leading_point) = match before.strip_suffix('.') {
        // `.5` is a number, `x.5` and `1..5` are not.
        Some(rest) if !rest.ends_with(|c: char| c.is_alphanumeric() || c == '.') && !style.decimal_comma => {
            (rest, true)
        }
        _ => (before, false),
    };
    let bare = before.trim_end_matches(['$', '€', '£', '¥', '₹']);
    let (rest, negative, sign_len) = sign(bare);
    if is_bound(rest) {
        return None;
    }
    let from = if sign_len > 0 && bare.len() == before.len() { rest.len() } else { start - usize::from(leading_point) };
    let written = text.get(from..end)?;
    let plain = plain_digits(run, leading_point, style);
    let amount = match plain {
        Plain::Digits(digits) => {
            let signed = if negative { format!("-{digits}") } else { digits };
            let amount = Amount::parse(&signed)?;
            Some(if style.percent && is_percent(after) { amount.hundredth() } else { amount })
        }
        Plain::Ambiguous => None,
        Plain::No => return None,
    };
    Some(Numeral { written, amount })
}

/// What stands before the sign, whether it is a minus, and its length. A dash behind a letter or digit is no sign.
fn sign(before: &str) -> (&str, bool, usize) {
    let Some(last) = before.chars().next_back().filter(|c| matches!(c, '-' | '+' | '−')) else {
        return (before, false, 0);
    };
    let rest = before.strip_suffix(last).unwrap_or(before);
    if rest.ends_with(|c: char| c.is_alphanumeric() || c == ')') {
        return (before, false, 0);
    }
    (rest, last != '+', last.len_utf8())
}

/// Whether the number is the bound of a comparison, as in `< 42`; the end of a tag and an arrow are none.
fn is_bound(before: &str) -> bool {
    let before = before.trim_end_matches([' ', '\u{a0}']);
    let sign = before.strip_suffix('=').unwrap_or(before);
    if sign.ends_with(['<', '≤', '≥']) {
        return true;
    }
    let Some(rest) = before.strip_suffix(">=").or_else(|| before.strip_suffix('>')) else { return false };
    let is_arrow = rest.ends_with(['-', '=']);
    let is_tag = rest
        .rfind('<')
        .and_then(|open| rest.get(open + 1..))
        .is_some_and(|tag| tag.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/') && !tag.contains('>'));
    !is_arrow && !is_tag
}

fn is_percent(after: &str) -> bool {
    after.trim_start_matches([' ', '\u{a0}', '\u{202f}']).starts_with('%')
}

enum Plain {
    Digits(String),
    Ambiguous,
    No,
}

/// The digits of a run without its separators.
fn plain_digits(run: &str, leading_point: bool, style: Style) -> Plain {
    let turned: String = if style.decimal_comma {
        run.chars()
            .map(|c| match c {
                ',' => '.',
                '.' => ',',
                other => other,
            })
            .collect()
    } else {
        run.to_owned()
    };
    if POINTED.as_ref().is_some_and(|pattern| pattern.is_match(&turned)) {
        let digits: String =
            turned.chars().filter(|c| !matches!(c, ',' | '\'' | '’' | '\u{a0}' | '\u{202f}')).collect();
        return match (leading_point, digits.contains('.')) {
            (false, _) => Plain::Digits(digits),
            (true, false) => Plain::Digits(format!("0.{digits}")),
            (true, true) => Plain::No,
        };
    }
    // One comma before another count of digits than three is a fraction in half of the world.
    let comma = if style.decimal_comma { '.' } else { ',' };
    let ambiguous = run.matches(comma).count() == 1 && run.chars().all(|c| c.is_ascii_digit() || c == comma);
    if ambiguous { Plain::Ambiguous } else { Plain::No }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        read_with(text, Style::default())
    }

    fn read_with(text: &str, style: Style) -> Vec<String> {
        numerals(text, style).iter().map(|n| n.amount.map_or_else(|| "?".to_owned(), Amount::canonical)).collect()
    }

    #[test]
    fn the_patterns_compile() {
        assert!(RUN.is_some() && POINTED.is_some());
    }

    #[test]
    fn numbers_are_read_as_they_are_written() {
        let table: [(&str, &[&str]); 20] = [
            ("42", &["42"]),
            ("the answer is 42.", &["42"]),
            ("1,234.50 and 1'234 and 1\u{202f}234", &["1234.5", "1234", "1234"]),
            ("-5, −5, +5, $-5, -$5", &["-5", "-5", "5", "-5", "-5"]),
            ("$1,000", &["1000"]),
            ("2.5e3 1E-2", &["2500", "0.01"]),
            (".5 and -.5", &["0.5", "-0.5"]),
            ("3-5", &["3", "5"]),
            ("gpt4 v2 x_3", &[]),
            ("version 1.2.3 of 192.168.0.1", &[]),
            ("<42 and < 42 and >= 7", &[]),
            ("<b>42</b> => 7 -> 8", &["42", "7", "8"]),
            ("3,14", &["?"]),
            ("1,2,3", &[]),
            ("12 %", &["12"]),
            ("5kg 10x", &["5", "10"]),
            ("", &[]),
            ("٣ and 三", &[]),
            ("1e999", &[]),
            ("6 × 7 = 42", &["6", "7", "42"]),
        ];
        for (text, wanted) in table {
            assert_eq!(read(text), wanted, "{text}");
        }
    }

    #[test]
    fn styles_change_the_reading() {
        let comma = Style { decimal_comma: true, ..Style::default() };
        assert_eq!(read_with("1.234,5 und 3,14 und 2.5", comma), ["1234.5", "3.14", "?"]);
        let percent = Style { percent: true, ..Style::default() };
        assert_eq!(read_with("12.5 % of 80", percent), ["0.125", "80"]);
    }

    #[test]
    fn tolerances_are_exact_in_decimals() {
        let of = |text: &str| Amount::parse(text).expect("number");
        let zero = of("0");
        assert!(of("1.1").is_within(of("1"), of("0.1"), zero) && !of("1.1000001").is_within(of("1"), of("0.1"), zero));
        assert!(of("-110").is_within(of("-100"), zero, of("0.1")) && !of("89.9").is_within(of("100"), zero, of("0.1")));
        assert!(of("1e300").is_within(of("1.01e300"), zero, of("0.02")));
        assert!(of("1.0").is_within(of("1"), zero, zero));
    }
}
