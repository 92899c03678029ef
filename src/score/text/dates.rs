//! Dates as people write them: `2024-07-01`, `1 July 2024`, `July 1st, 2024`, `01/07/2024`, `Mon, 1 Jul 2024 10:00:00 GMT`.

use std::sync::LazyLock;

use jiff::civil::Date;
use regex::{Captures, Regex};

/// Which number of `01/07/2024` is the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// Day, month, year.
    DayFirst,
    /// Month, day, year.
    MonthFirst,
}

/// A date found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found<'t> {
    pub(super) written: &'t str,
    /// `None` when it can be read in two ways.
    pub(super) date: Option<Date>,
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// One pattern for all forms, so that no part of a date is read twice.
static DATES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let month = "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|\
                 oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)";
    let forms = [
        r"(?P<iy>[0-9]{4})(?P<is>[-/.])(?P<im>[0-9]{1,2})[-/.](?P<id>[0-9]{1,2})(?:[T ][0-9]{2}:[0-9]{2})?".to_owned(),
        format!(r"(?P<dd>[0-9]{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?[\s-]+(?P<dm>{month})\.?[\s,-]+(?P<dy>[0-9]{{4}})"),
        format!(r"(?P<mm>{month})\.?\s+(?P<md>[0-9]{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<my>[0-9]{{4}})"),
        r"(?P<na>[0-9]{1,2})(?P<ns>[/.-])(?P<nb>[0-9]{1,2})[/.-](?P<ny>[0-9]{4}|[0-9]{2})".to_owned(),
    ];
    Regex::new(&format!(r"(?i)\b(?:{})\b", forms.join("|"))).ok()
});

/// The dates of `text` in order. What is no day of the calendar, such as `2024-02-30`, is none.
pub(super) fn dates(text: &str, order: Option<Order>) -> Vec<Found<'_>> {
    let Some(pattern) = DATES.as_ref() else { return Vec::new() };
    pattern.captures_iter(text).filter_map(|captures| read(text, &captures, order)).collect()
}

fn read<'t>(text: &'t str, captures: &Captures<'t>, order: Option<Order>) -> Option<Found<'t>> {
    let whole = captures.get(0)?;
    // `1.2.2024.5` is a version, `12/01/02/2024` no date.
    let touches = |c: Option<char>| c.is_some_and(|c| matches!(c, '/' | '-'));
    let before = text.get(..whole.start())?.chars().next_back();
    let after = text.get(whole.end()..)?;
    let goes_on = after.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if touches(before) || touches(after.chars().next()) || goes_on || before == Some('.') {
        return None;
    }
    let number = |name: &str| captures.name(name).and_then(|part| part.as_str().parse::<i16>().ok());
    let month = |name: &str| {
        let word = captures.name(name)?.as_str().to_lowercase();
        let at = MONTHS.iter().position(|known| word.starts_with(known))?;
        i16::try_from(at + 1).ok()
    };
    let found = |date: Date| Found { written: whole.as_str(), date: Some(date) };
    if let Some(year) = number("iy") {
        return civil(year, number("im")?, number("id")?).map(found);
    }
    if let Some(year) = number("dy") {
        return civil(year, month("dm")?, number("dd")?).map(found);
    }
    if let Some(year) = number("my") {
        return civil(year, month("mm")?, number("md")?).map(found);
    }
    let (a, b, year) = (number("na")?, number("nb")?, captures.name("ny")?.as_str());
    if year.len() == 2 {
        // The century is anyone's guess; three small numbers may be anything.
        let dated = civil(2000, b, a).or_else(|| civil(2000, a, b)).is_some();
        return dated.then_some(Found { written: whole.as_str(), date: None });
    }
    numeric(whole.as_str(), (a, b, year.parse().ok()?), captures.name("ns")?.as_str(), order)
}

/// A date of three numbers with the year last. Points stand between day, month and year wherever they are used.
fn numeric<'t>(written: &'t str, (a, b, year): (i16, i16, i16), sign: &str, order: Option<Order>) -> Option<Found<'t>> {
    let order = order.or((sign == ".").then_some(Order::DayFirst));
    let (day_first, month_first) = (civil(year, b, a), civil(year, a, b));
    let date = match (order, day_first, month_first) {
        (Some(Order::DayFirst), Some(date), _) | (Some(Order::MonthFirst), _, Some(date)) => Some(date),
        (_, Some(one), Some(other)) if one == other => Some(one),
        // Only one of the two is a day of the calendar: 25/12/2024.
        (_, Some(date), None) | (_, None, Some(date)) => Some(date),
        (None, Some(_), Some(_)) => None,
        (_, None, None) => return None,
    };
    Some(Found { written, date })
}

fn civil(year: i16, month: i16, day: i16) -> Option<Date> {
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// Days from one date to another, never negative.
pub(super) fn days_between(one: Date, other: Date) -> i64 {
    // Without a unit asked for, the span of two dates is in days alone.
    one.until(other).map_or(i64::MAX, |span| i64::from(span.get_days()).abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn read(text: &str, order: Option<Order>) -> Vec<Option<Date>> {
        dates(text, order).into_iter().map(|found| found.date).collect()
    }

    #[test]
    fn dates_are_read_in_the_forms_people_write() {
        let july = date(2024, 7, 1);
        for text in [
            "2024-07-01",
            "on 2024/7/1.",
            "2024-07-01T10:00:00Z",
            "2024-07-01 10:00",
            "1 July 2024",
            "1st of July, 2024",
            "July 1, 2024",
            "Jul 1st 2024",
            "JULY 1 2024",
            "Mon, 01 Jul 2024 10:00:00 +0200",
            "1-Jul-2024",
            "01.07.2024",
            "01 jul. 2024",
        ] {
            assert_eq!(read(text, None), [Some(july)], "{text}");
        }
        assert_eq!(read("25/12/2024 and 12/25/2024", None), [Some(date(2024, 12, 25)); 2]);
        assert_eq!(read("05/05/2024", None), [Some(date(2024, 5, 5))]);
        assert_eq!(read("2024-02-29", None), [Some(date(2024, 2, 29))]);
    }

    #[test]
    fn two_readings_are_none_unless_an_order_is_given() {
        assert_eq!(read("01/07/2024", None), [None]);
        assert_eq!(read("01/07/2024", Some(Order::DayFirst)), [Some(date(2024, 7, 1))]);
        assert_eq!(read("01/07/2024", Some(Order::MonthFirst)), [Some(date(2024, 1, 7))]);
        assert_eq!(read("01/07/24", Some(Order::DayFirst)), [None]);
    }

    #[test]
    fn what_is_no_day_is_no_date() {
        for text in [
            "2024-02-30",
            "2023-02-29",
            "31 April 2024",
            "99/99/2024",
            "version 1.2.2024.5",
            "2024",
            "may 2024",
            "555-01-2024-1",
            "",
        ] {
            assert_eq!(read(text, None), [], "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_date_is_read_as_it_was_written(year in 1000i16..9999, month in 1i8..=12, day in 1i8..=28) {
            let wanted = date(year, month, day);
            prop_assert_eq!(read(&wanted.to_string(), None), [Some(wanted)]);
            prop_assert_eq!(read(&wanted.strftime("%d %B %Y").to_string(), None), [Some(wanted)]);
            prop_assert_eq!(read(&wanted.strftime("%m/%d/%Y").to_string(), Some(Order::MonthFirst)), [Some(wanted)]);
            prop_assert_eq!(days_between(wanted, wanted), 0);
        }
    }
}
