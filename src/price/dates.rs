//! Dates inside model names: written the other way, and taken off.

/// The same name with its last date written the other way: `-20250807` as `-2025-08-07` and back.
pub(super) fn other_form(name: &str) -> Option<String> {
    (0..name.len()).rev().find_map(|at| {
        let rest = name.get(at..)?;
        let (date, length) = if let Some(date) = dashed(rest) {
            (date.replace('-', ""), date.len())
        } else {
            let date = compact(rest, "-")?;
            (format!("{}-{}-{}", date.get(..4)?, date.get(4..6)?, date.get(6..)?), date.len())
        };
        let (head, tail) = (name.get(..at)?, name.get(at + 1 + length..)?);
        (!head.is_empty()).then(|| format!("{head}-{date}{tail}"))
    })
}

/// The name without one trailing date: `-YYYY-MM-DD`, `-YYYYMMDD` or `@YYYYMMDD`.
pub(super) fn without_date(name: &str) -> Option<&str> {
    [11, 9].into_iter().find_map(|length| {
        let at = name.len().checked_sub(length)?;
        let (head, tail) = (name.get(..at)?, name.get(at..)?);
        let is_date = dashed(tail).or_else(|| compact(tail, "-")).or_else(|| compact(tail, "@")).is_some();
        (is_date && !head.is_empty()).then_some(head)
    })
}

/// `YYYY-MM-DD` after a dash at the start of `text`.
fn dashed(text: &str) -> Option<&str> {
    let date = text.strip_prefix('-').and_then(|rest| rest.get(..10))?;
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    (parts.next().is_none() && is_day(year, month, day) && ends_there(text, 11)).then_some(date)
}

/// `YYYYMMDD` after `lead` at the start of `text`.
fn compact<'t>(text: &'t str, lead: &str) -> Option<&'t str> {
    let date = text.strip_prefix(lead).and_then(|rest| rest.get(..8))?;
    let is_date = is_day(date.get(..4)?, date.get(4..6)?, date.get(6..)?);
    (is_date && ends_there(text, 9)).then_some(date)
}

/// Whether no further digit follows: `-202508071` is a number, not a date.
fn ends_there(text: &str, length: usize) -> bool {
    !text.get(length..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn is_day(year: &str, month: &str, day: &str) -> bool {
    let number = |text: &str, digits: usize| {
        let sound = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
        sound.then(|| text.parse::<u32>().ok()).flatten()
    };
    number(year, 4).is_some_and(|year| (2000..2100).contains(&year))
        && number(month, 2).is_some_and(|month| (1..=12).contains(&month))
        && number(day, 2).is_some_and(|day| (1..=31).contains(&day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_written_the_other_way() {
        for (name, other) in [
            ("gpt-5-20250807", Some("gpt-5-2025-08-07")),
            ("gpt-5-2025-08-07", Some("gpt-5-20250807")),
            ("us.anthropic.claude-sonnet-4-5-2025-09-29-v1:0", Some("us.anthropic.claude-sonnet-4-5-20250929-v1:0")),
            ("gpt-5", None),
            ("m-20251307", None),
            ("m-202508071", None),
            ("m-19990101", None),
            ("-20250807", None),
            ("größe-20250807", Some("größe-2025-08-07")),
            ("", None),
        ] {
            assert_eq!(other_form(name).as_deref(), other, "{name}");
        }
    }

    #[test]
    fn one_trailing_date_is_taken_off() {
        for (name, base) in [
            ("gpt-5.4-2027-01-15", Some("gpt-5.4")),
            ("claude-opus-9-20270115", Some("claude-opus-9")),
            ("claude-opus-9@20270115", Some("claude-opus-9")),
            ("m-20250101-20260101", Some("m-20250101")),
            ("m-12345678", None),
            ("m-2025-1-1", None),
            ("m-2027-01-15-preview", None),
            ("m@2027-01-15", None),
            ("-2027-01-15", None),
            ("", None),
        ] {
            assert_eq!(without_date(name), base, "{name}");
        }
    }
}
