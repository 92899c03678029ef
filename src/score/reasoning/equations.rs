//! Sums that steps write out: `6 × 7 = 42`, and whether they are right.

use std::sync::LazyLock;

use regex::Regex;

/// Most equations of a text that are checked.
const MAX_EQUATIONS: usize = 1_000;

/// Two numbers, a sign between them, and what they are said to make.
static EQUATION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let number = r"[$€£]?\s?(\d[\d,]*(?:\.\d+)?)";
    Regex::new(&format!(
        r"{number}\s*(\+|-|−|–|\*|×|·|x|/|÷|\\times|\\cdot|\\div)\s*{number}\s*=\s*(-|−)?\s*{number}(\s*%)?"
    ))
    .ok()
});

/// The first equation of a text that is wrong, as written.
///
/// Only a sum of two plain numbers is checked: where more stands before it, as in `2 + 3 × 4 = 14`, or behind its result,
/// it is a part of another one. The result may be rounded to the places it shows.
pub(super) fn first_wrong(text: &str) -> Option<&str> {
    EQUATION.as_ref()?.captures_iter(text).take(MAX_EQUATIONS).find_map(|found| {
        let whole = found.get(0)?;
        let part = |index| found.get(index).map(|part| part.as_str());
        let (a, b, c) = (number(part(1)?)?, number(part(3)?)?, number(part(5)?)?);
        let c = if part(4).is_some() { -c } else { c };
        let stands_alone = !continues(text.get(..whole.start())?, text.get(whole.end()..)?) && part(6).is_none();
        let made = match part(2)? {
            "+" => a + b,
            "-" | "−" | "–" => a - b,
            "/" | "÷" | "\\div" => a / b,
            _ => a * b,
        };
        let places = part(5)?.split_once('.').map_or(0, |(_, places)| places.len());
        let half = 0.5 * 10_f64.powi(-i32::try_from(places.min(12)).unwrap_or(12));
        let is_wrong = made.is_finite() && (made - c).abs() > half + 1e-9 * made.abs();
        (stands_alone && is_wrong).then(|| whole.as_str().trim())
    })
}

/// Whether an equation is a part of a longer one.
fn continues(before: &str, after: &str) -> bool {
    let sign = |c: char| "+-−–*×·/÷^=().,%".contains(c);
    let before = before.trim_end();
    let after = after.trim_start();
    let goes_on =
        after.starts_with(|c: char| "+−*×·/÷^(=".contains(c)) || after.starts_with("- ") || after.starts_with("e");
    let is_fraction = after.starts_with(['.', ',']) && after.chars().nth(1).is_some_and(|c| c.is_ascii_digit());
    before.ends_with(|c: char| sign(c) && !".,".contains(c))
        || before.ends_with(|c: char| c.is_ascii_digit())
        || goes_on
        || is_fraction
}

fn number(text: &str) -> Option<f64> {
    // `1,234` has groups of three; `1,5` may be a decimal comma and tells nothing.
    let groups: Vec<&str> = text.split('.').next()?.split(',').collect();
    let is_grouped = groups.iter().skip(1).all(|group| group.len() == 3);
    is_grouped.then(|| text.replace(',', "").parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_sums_are_judged() {
        for text in [
            "6 × 7 = 42",
            "10/3 = 3.33 and 1,200 + 300 = 1,500.",
            "5 - 8 = -3",
            "2 + 3 × 4 = 14",
            "(2 + 3) * 4 = 20",
            "3 × 4 = 12 + 0",
            "$5 + $6 = $11",
            "50 / 200 = 25%",
            "1,5 + 1 = 3",
            "10 / 0 = 0",
            "x = 3, 2024-11-21",
            "7 / 2 = 3.5, so 4",
        ] {
            assert_eq!(first_wrong(text), None, "{text}");
        }
        for (text, wrong) in [
            ("First 6 × 7 = 41.", "6 × 7 = 41"),
            ("10 / 3 = 3.34", "10 / 3 = 3.34"),
            ("ok 1 + 1 = 2, then 1,200 + 300 = 1,600", "1,200 + 300 = 1,600"),
            ("5 − 8 = 3", "5 − 8 = 3"),
        ] {
            assert_eq!(first_wrong(text), Some(wrong), "{text}");
        }
    }
}
