//! `date`: the output gives this date.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::reason;
use super::super::settings::{Fault, Settings, text_of};
use super::super::spec::{Build, CheckSpec, OptionKind, OptionSpec, Prepared, ValueRule};
use super::dates::{Order, dates, days_between};

const ORDERS: &[(&str, &str)] = &[("unsaid", "unsaid"), ("dmy", "dmy"), ("mdy", "mdy")];
const PICK: &[(&str, &str)] = &[("only", "only"), ("any", "any"), ("first", "first"), ("last", "last")];

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "date",
    family: "text",
    about: "the output gives this date, in whatever form",
    version: 1,
    pass_at: 1.0,
    short: "value",
    value: ValueRule::OrExpected,
    options: &[
        OptionSpec::value("value", "a date", "the date wanted, in any of the forms read; best as `2024-07-01`"),
        OptionSpec {
            name: "order",
            kind: OptionKind::Word(ORDERS),
            takes: "unsaid, dmy or mdy",
            about: "how `01/07/2024` is read; `unsaid`, unless given, leaves what reads in two ways ungraded",
        },
        OptionSpec {
            name: "days",
            kind: OptionKind::Amount,
            takes: "a number from 0",
            about: "largest distance in days that passes; 0 unless given",
        },
        OptionSpec {
            name: "pick",
            kind: OptionKind::Word(PICK),
            takes: "only, any, first or last",
            about: "which of several dates counts; there may be only one, or equal ones, unless given",
        },
    ],
    degenerate: &[
        "forms: ISO 8601 (`2024-07-01`, also with a time), RFC 2822, `1 July 2024`, `July 1st, 2024`, `01.07.2024` (day \
         first), `25/12/2024` (one reading only); months have their English names",
        "times and time zones are not looked at: the day counts as it is written",
        "two digits of a year, and numbers that read in two ways, are ungraded; `2024-02-30` is no date",
        "an output without a date fails",
    ],
    example: "- date: {value: 2024-07-01, order: dmy}",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let order = match settings.word("order", "unsaid") {
        "dmy" => Some(Order::DayFirst),
        "mdy" => Some(Order::MonthFirst),
        _ => None,
    };
    let text = text_of("value", "", settings.value()?).map_err(Fault::alone)?;
    let found = dates(&text, order);
    let wanted = match found.as_slice() {
        [one] => one.date,
        _ => None,
    };
    let Some(wanted) = wanted else {
        let two_ways = found.len() == 1;
        let what = if two_ways { "can be read in two ways" } else { "is not a date" };
        return Err(Fault::new("value", format!("{} {what}", reason::quote(&text)))
            .help("write it as `2024-07-01`")
            .alone());
    };
    let days = settings.get("days").and_then(Value::as_f64).unwrap_or(0.0);
    Ok(Prepared::new(Wanted { wanted, order, days, pick: settings.word("pick", "only").to_owned() })
        .canonical("value", json!(wanted.to_string())))
}

struct Wanted {
    wanted: Date,
    order: Option<Order>,
    days: f64,
    pick: String,
}

impl Scorer for Wanted {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let text = &input.reply.text;
        let mut found = dates(text, self.order);
        match self.pick.as_str() {
            "first" => found.truncate(1),
            "last" => drop(found.drain(..found.len().saturating_sub(1))),
            _ => {}
        }
        if found.is_empty() {
            return Finding::of_bool(false, format!("no date in {}", reason::quote(text)), self.phrase());
        }
        let written: Vec<&str> = found.iter().map(|one| one.written).collect();
        let verdicts: Vec<Option<bool>> = found.iter().map(|one| one.date.map(|date| self.is_near(date))).collect();
        let seen = format!("{} in {}", reason::list(&written), reason::quote(text));
        let any = self.pick == "any" && verdicts.contains(&Some(true));
        if verdicts.contains(&None) && !any {
            return Finding::Ungraded(format!(
                "{} can be read in two ways; write `order: dmy` or `order: mdy`, and ask for four digits of the year",
                reason::list(&written)
            ));
        }
        let all = self.pick != "any" && verdicts.iter().all(|verdict| *verdict == Some(true));
        Finding::of_bool(any || all, seen, self.phrase())
    }
}

impl Wanted {
    fn is_near(&self, date: Date) -> bool {
        // Days between two dates of this calendar are below 2^31.
        let days = u32::try_from(days_between(date, self.wanted)).unwrap_or(u32::MAX);
        f64::from(days) <= self.days
    }

    fn phrase(&self) -> String {
        let days = if self.days > 0.0 { format!(" ± {} days", self.days) } else { String::new() };
        let only = if self.pick == "only" { "only " } else { "" };
        format!("{only}{}{days}", self.wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{case, fails, passes, problems_of, reason_of, ungraded, with_case};
    use serde_json::json;

    #[test]
    fn forms_do_not_matter_and_days_do() {
        assert!(
            passes("date: 2024-07-01", "It is due on July 1st, 2024.") && passes("date: 1 July 2024", "2024-07-01")
        );
        assert!(
            fails("date: 2024-07-01", "2 July 2024")
                && fails("date: 2024-07-01", "soon")
                && fails("date: 2024-07-01", "")
        );
        assert!(
            passes("date: {value: 2024-07-01, days: 2}", "2024-06-29")
                && fails("date: {value: 2024-07-01, days: 2}", "2024-06-28")
        );
        assert!(
            passes("date: {value: 2024-03-01, days: 1}", "2024-02-29")
                && passes("date: {value: 2024-07-01, days: 366}", "2023-07-01")
        );
        assert_eq!(
            reason_of("date: 2024-07-01", "2 July 2024"),
            "saw \"2 July 2024\" in \"2 July 2024\"; wanted only 2024-07-01"
        );
    }

    #[test]
    fn two_readings_are_ungraded_unless_an_order_is_given() {
        assert!(ungraded("not_date: 2024-07-01", "01/07/2024").contains("order: dmy"));
        assert!(passes("date: {value: 2024-07-01, order: dmy}", "01/07/2024"));
        assert!(fails("date: {value: 2024-07-01, order: mdy}", "01/07/2024"));
        assert!(passes("date: 2024-12-25", "25/12/2024") && passes("date: 2024-07-01", "01.07.2024"));
    }

    #[test]
    fn of_several_one_is_picked() {
        let text = "From 2024-07-01 to 2024-07-05";
        assert!(fails("date: 2024-07-05", text) && passes("date: {value: 2024-07-05, pick: last}", text));
        assert!(
            passes("date: {value: 2024-07-01, pick: first}", text)
                && passes("date: {value: 2024-07-05, pick: any}", text)
        );
        assert!(
            passes("date: 2024-07-01", "2024-07-01 (1 July 2024)")
                && fails("date: {value: 2024-07-02, pick: any}", text)
        );
    }

    #[test]
    fn bad_dates_are_reported() {
        assert!(problems_of("date: tomorrow").contains("is not a date"));
        assert!(problems_of("date: 01/07/2024").contains("can be read in two ways"));
        assert!(problems_of("date: 2024-02-30").contains("is not a date"));
        let with = |expected| with_case("date", "1 July 2024", &case(json!({}), Some(json!(expected))));
        assert!(with("2024-07-01").is_pass() && with("soon").reason.contains("does not fit `date`"));
    }
}
