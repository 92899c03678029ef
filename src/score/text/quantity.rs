//! `quantity`: the output gives this quantity, in whatever unit of its kind.

use serde_json::Value;

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::numerals::Style;
use super::super::reason;
use super::super::settings::{Fault, Settings, text_of};
use super::super::spec::{Build, CheckSpec, OptionKind, OptionSpec, Prepared, ValueRule};
use super::units::{Quantity, quantities};

const PICK: &[(&str, &str)] = &[("only", "only"), ("any", "any"), ("first", "first"), ("last", "last")];
/// Equal up to this share: conversion computes in binary fractions.
const ROUNDING: f64 = 1e-9;

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "quantity",
    family: "text",
    about: "the output gives this quantity, within a tolerance and in any unit of its kind",
    version: 1,
    pass_at: 1.0,
    short: "value",
    value: ValueRule::OrExpected,
    options: &[
        OptionSpec::value(
            "value",
            "a number with a unit",
            "the quantity wanted, such as `5 km`, `$3.50` or `1 h 30 min`",
        ),
        OptionSpec {
            name: "absolute",
            kind: OptionKind::Amount,
            takes: "a number from 0",
            about: "largest distance that passes, in the unit of `value` (the last one of several); 0 unless given",
        },
        OptionSpec {
            name: "relative",
            kind: OptionKind::Amount,
            takes: "a number from 0",
            about: "largest distance as a share of the wanted quantity; the wider tolerance holds",
        },
        OptionSpec {
            name: "pick",
            kind: OptionKind::Word(PICK),
            takes: "only, any, first or last",
            about: "which of several quantities of this kind counts; there may be only one, or equal ones, unless given",
        },
        OptionSpec::flag("decimal_comma", "numbers are written as 1.234,5"),
    ],
    degenerate: &[
        "kinds: length, mass, time, data (MB is 10^6 bytes, MiB 2^20, Mb bits), temperature, area, volume, speed, energy, \
         power, percent, and money, each currency by itself ($ is USD, ¥ is JPY, a pound is mass)",
        "symbols are read with their case (`Mb` is not `MB`), names without; a month or year has no fixed length and is none",
        "quantities of other kinds and numbers without a unit do not count; an output with none of the kind fails",
        "`5 ft 3 in` and `1 h 30 min` are one quantity; equal up to 1e-9 of the quantity, in kelvins for temperatures",
        "a number that can be read in two ways (`3,14`), and an unknown unit from the case, are ungraded",
    ],
    example: "- quantity: {value: 5 km, relative: 0.01}",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let style = Style { decimal_comma: settings.flag("decimal_comma"), percent: false };
    let text = text_of("value", "", settings.value()?).map_err(Fault::alone)?;
    let found = quantities(&text, style);
    let ([wanted], true) = (found.as_slice(), found.iter().all(|one| one.base.is_some())) else {
        return Err(Fault::new(
            "value",
            format!("{} is not one number with a unit that karat knows", reason::quote(&text)),
        )
        .help("write such as `5 km`, `2.5 kg`, `1 h 30 min`, `20 °C`, `512 MiB`, `$3.50` or `12 %`")
        .alone());
    };
    let amount = |option: &str| settings.get(option).and_then(Value::as_f64).unwrap_or(0.0);
    let base = wanted.base.unwrap_or(0.0);
    let tolerance = wanted.unit.span_to_base(amount("absolute")).max(amount("relative") * base.abs());
    Ok(Prepared::new(Wanted {
        quantity: wanted.clone(),
        base,
        tolerance,
        told: [("", amount("absolute")), (" of it", amount("relative"))],
        pick: settings.word("pick", "only").to_owned(),
        style,
    }))
}

struct Wanted {
    quantity: Quantity,
    base: f64,
    tolerance: f64,
    told: [(&'static str, f64); 2],
    pick: String,
    style: Style,
}

impl Scorer for Wanted {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let text = &input.reply.text;
        let all = quantities(text, self.style);
        let of_kind: Vec<&Quantity> =
            all.iter().filter(|found| found.unit.dimension == self.quantity.unit.dimension).collect();
        let picked: Vec<&Quantity> = match (self.pick.as_str(), of_kind.as_slice()) {
            (_, []) => {
                let other: Vec<&str> = all.iter().map(|found| found.written.as_str()).collect();
                let other = if other.is_empty() { String::new() } else { format!(" (but {})", reason::list(&other)) };
                return Finding::of_bool(
                    false,
                    format!("no such quantity{other} in {}", reason::quote(text)),
                    self.phrase(),
                );
            }
            ("first", [first, ..]) => vec![*first],
            ("last", [.., last]) => vec![*last],
            (_, all) => all.to_vec(),
        };
        let written: Vec<&str> = picked.iter().map(|found| found.written.as_str()).collect();
        let fits = |found: &Quantity| found.base.map(|base| self.is_near(base));
        let verdicts: Vec<Option<bool>> = picked.iter().map(|found| fits(found)).collect();
        let seen = format!("{} in {}", reason::list(&written), reason::quote(text));
        if self.pick == "any" && verdicts.contains(&Some(true)) {
            return Finding::of_bool(true, seen, self.phrase());
        }
        if verdicts.contains(&None) {
            let comma = if self.style.decimal_comma { "leave out" } else { "set" };
            return Finding::Ungraded(format!(
                "a number of {} can be read in two ways; if its separator marks the fraction, {comma} `decimal_comma: true`",
                reason::list(&written)
            ));
        }
        let holds = verdicts.iter().all(|verdict| *verdict == Some(true)) && self.pick != "any";
        Finding::of_bool(holds, seen, self.phrase())
    }
}

impl Wanted {
    fn is_near(&self, base: f64) -> bool {
        (base - self.base).abs() <= self.tolerance + ROUNDING * base.abs().max(self.base.abs())
    }

    fn phrase(&self) -> String {
        let mut phrase = self.quantity.written.clone();
        for (unit, tolerance) in self.told {
            if tolerance > 0.0 {
                phrase.push_str(&format!(" ± {tolerance}{unit}"));
            }
        }
        if self.pick == "only" { format!("only {phrase}") } else { phrase }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{case, fails, passes, problems_of, reason_of, ungraded, with_case};
    use serde_json::json;

    #[test]
    fn units_of_one_kind_are_converted() {
        for (check, text) in [
            ("quantity: 5 km", "It is 5,000 m away."),
            ("quantity: 1.5 h", "It takes 1 h 30 min."),
            ("quantity: 0 °C", "Water freezes at 32 °F."),
            ("quantity: 1 GiB", "1024 MiB"),
            ("quantity: 1 MB", "8 Mb"),
            ("quantity: 50 %", "50 percent of them"),
            ("quantity: $3.50", "It costs 3.5 USD."),
            ("quantity: {value: 100 km, relative: 0.01}", "62 miles"),
            ("quantity: {value: 20 °C, absolute: 1}", "69 °F"),
            ("quantity: 90 km/h", "25 m/s"),
            ("quantity: 2 kg", "For 3 people you need 2000 g in 20 minutes."),
        ] {
            assert!(passes(check, text), "{check}: {}", reason_of(check, text));
        }
        for (check, text) in [
            ("quantity: 5 km", "5 m"),
            ("quantity: 5 km", "5"),
            ("quantity: 5 km", "5 kg"),
            ("quantity: 5 km", "5 furlongs"),
            ("quantity: 5 km", ""),
            ("quantity: $5", "5 €"),
            ("quantity: 1 MB", "1 MiB"),
            ("quantity: {value: 20 °C, absolute: 1}", "70 °F"),
        ] {
            assert!(fails(check, text), "{check}: {}", reason_of(check, text));
        }
        assert_eq!(
            reason_of("quantity: 5 km", "5 kg"),
            "saw no such quantity (but \"5 kg\") in \"5 kg\"; wanted only 5 km"
        );
    }

    #[test]
    fn of_several_one_is_picked() {
        let text = "From 3 km to 5 km";
        assert!(fails("quantity: 5 km", text) && passes("quantity: {value: 5 km, pick: last}", text));
        assert!(
            passes("quantity: {value: 3 km, pick: first}", text)
                && passes("quantity: {value: 5000 m, pick: any}", text)
        );
        assert!(fails("quantity: {value: 4 km, pick: any}", text) && passes("quantity: 5 km", "5 km (5000 m)"));
    }

    #[test]
    fn what_cannot_be_read_is_ungraded_or_an_error() {
        assert!(ungraded("not_quantity: 3.14 m", "3,14 m").contains("decimal_comma"));
        assert!(passes("quantity: {value: '3,14 m', decimal_comma: true}", "3,14 m"));
        assert!(problems_of("quantity: 5").contains("not one number with a unit"));
        assert!(problems_of("quantity: 5 furlongs").contains("not one number with a unit"));
        let score = with_case("quantity", "5 km", &case(json!({}), Some(json!("5 furlongs"))));
        assert!(score.reason.contains("does not fit `quantity`"), "{}", score.reason);
        assert!(with_case("quantity", "5 km", &case(json!({}), Some(json!("5000 m")))).is_pass());
    }
}
