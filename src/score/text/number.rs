//! `number`: the output gives this number.

use serde_json::{Value, json};

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::numerals::{Amount, Numeral, Style, numerals};
use super::super::reason;
use super::super::settings::{Fault, Settings, kind_of};
use super::super::spec::{Build, CheckSpec, OptionKind, OptionSpec, Prepared, ValueRule};

const PICK: &[(&str, &str)] = &[("only", "only"), ("first", "first"), ("last", "last")];

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "number",
    family: "text",
    about: "the output gives this number, within a tolerance",
    version: 1,
    pass_at: 1.0,
    short: "value",
    value: ValueRule::OrExpected,
    options: &[
        OptionSpec::value("value", "a number", "the number wanted; text such as `1,234.50` is read as one"),
        OptionSpec {
            name: "absolute",
            kind: OptionKind::Amount,
            takes: "a number from 0",
            about: "largest distance that passes; 0 unless given",
        },
        OptionSpec {
            name: "relative",
            kind: OptionKind::Amount,
            takes: "a number from 0",
            about: "largest distance as a share of the wanted number (0.01 is 1 %); the wider tolerance holds",
        },
        OptionSpec {
            name: "pick",
            kind: OptionKind::Word(PICK),
            takes: "only, first or last",
            about: "which number of the output counts; `only`, unless given, fails when there are several",
        },
        OptionSpec::flag("percent", "reads `12 %` as 0.12"),
        OptionSpec::flag("decimal_comma", "reads `1.234,5` as 1234.5"),
    ],
    degenerate: &[
        "an output without a number fails; digits inside words, versions and bounds such as `< 42` are none",
        "thousands may be grouped: `1,234.50`; a number like `3,14`, which can be read in two ways, is ungraded",
        "currency and units around it are ignored; Western digits only",
        "without `value` and without `expected` in the case it is ungraded",
    ],
    example: "- number: {value: 3.14159, relative: 0.001, pick: last}",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let style = Style { decimal_comma: settings.flag("decimal_comma"), percent: settings.flag("percent") };
    let wanted = wanted(settings.value()?, style).map_err(Fault::alone)?;
    let check = Number {
        wanted,
        absolute: tolerance(settings, "absolute")?,
        relative: tolerance(settings, "relative")?,
        pick: settings.word("pick", "only").to_owned(),
        style,
    };
    Ok(Prepared::new(check).canonical("value", json!(wanted.canonical())))
}

fn wanted(value: &Value, style: Style) -> Result<Amount, Fault> {
    let wrong = |seen: String| Fault::new("value", format!("`value` must be a number, this is {seen}"));
    match value {
        Value::Number(number) => Amount::of_json(number).ok_or_else(|| wrong(number.to_string())),
        Value::String(text) => match numerals(text, style).as_slice() {
            [Numeral { amount: Some(amount), .. }] => Ok(*amount),
            _ => Err(wrong(reason::quote(text))),
        },
        other => Err(wrong(kind_of(other).to_owned()).code("wrong-type")),
    }
}

fn tolerance(settings: &Settings, option: &'static str) -> Result<Amount, Vec<Fault>> {
    let zero = serde_json::Number::from(0);
    let number = match settings.get(option) {
        Some(Value::Number(number)) => number,
        _ => &zero,
    };
    Amount::of_json(number).ok_or_else(|| Fault::new(option, format!("`{option}` is not a finite number")).alone())
}

struct Number {
    wanted: Amount,
    absolute: Amount,
    relative: Amount,
    pick: String,
    style: Style,
}

impl Scorer for Number {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let text = &input.reply.text;
        let found = numerals(text, self.style);
        let written: Vec<&str> = found.iter().map(|numeral| numeral.written).collect();
        let picked = match (self.pick.as_str(), found.as_slice()) {
            (_, []) => {
                return Finding::of_bool(false, format!("no number in {}", reason::quote(text)), self.phrase());
            }
            ("first", [first, ..]) => first,
            ("last", [.., last]) => last,
            (_, [only]) => only,
            _ => {
                let seen = format!("{} numbers: {} (`pick: last` takes the last)", found.len(), reason::list(&written));
                return Finding::of_bool(false, seen, format!("only {}", self.phrase()));
            }
        };
        let Some(amount) = picked.amount else {
            let comma = if self.style.decimal_comma { "leave out" } else { "set" };
            return Finding::Ungraded(format!(
                "{} can be read in two ways; if its separator marks the fraction, {comma} `decimal_comma: true`",
                reason::quote(picked.written)
            ));
        };
        let holds = amount.is_within(self.wanted, self.absolute, self.relative);
        Finding::of_bool(holds, format!("{} in {}", amount.canonical(), reason::quote(text)), self.phrase())
    }
}

impl Number {
    fn phrase(&self) -> String {
        let mut phrase = self.wanted.canonical();
        for (tolerance, unit) in [(self.absolute, ""), (self.relative, " of it")] {
            if tolerance.canonical() != "0" {
                phrase.push_str(&format!(" ± {}{unit}", tolerance.canonical()));
            }
        }
        phrase
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{case, fails, passes, problems_of, reason_of, ungraded, with_case};
    use serde_json::json;

    #[test]
    fn the_only_number_is_compared_with_tolerance() {
        assert!(passes("number: 42", "The answer is 42.") && fails("number: 42", "43") && fails("number: 5", "25"));
        assert!(
            passes("number: {value: 1, absolute: 0.1}", "1.1") && fails("number: {value: 1, absolute: 0.1}", "1.11")
        );
        assert!(passes("number: {value: 200, relative: 0.05}", "about 190 km"));
        assert!(passes("number: {value: 1234.5}", "$1,234.50") && passes("number: '1,234.5'", "1234.5"));
        assert!(passes("number: {value: 0.42, percent: true}", "42 %") && fails("number: 0.42", "42 %"));
        assert!(fails("number: 42", "") && fails("number: 42", "forty-two") && fails("number: 42", "< 42"));
        assert!(passes("not_number: 42", "43") && fails("not_number: 42", "42.0"));
    }

    #[test]
    fn several_numbers_need_a_pick() {
        assert!(fails("number: 42", "6 × 7 = 42") && passes("number: {value: 42, pick: last}", "6 × 7 = 42"));
        assert!(passes("number: {value: 6, pick: first}", "6 × 7 = 42"));
        assert!(reason_of("number: 42", "6 × 7 = 42").contains("`pick: last` takes the last"));
    }

    #[test]
    fn what_reads_in_two_ways_is_ungraded() {
        assert!(ungraded("number: 3.14", "3,14").contains("decimal_comma"));
        assert!(ungraded("not_number: 3.14", "3,14").contains("two ways"));
        assert!(passes("number: {value: 3.14, decimal_comma: true}", "3,14"));
    }

    #[test]
    fn expected_may_be_a_number_or_its_text() {
        for expected in [json!(42), json!("42"), json!(42.0)] {
            assert!(with_case("number", "it is 42", &case(json!({}), Some(expected))).is_pass());
        }
        let score = with_case("number", "42", &case(json!({}), Some(json!("many"))));
        assert!(score.reason.contains("must be a number, this is \"many\""), "{}", score.reason);
    }

    #[test]
    fn bad_options_are_all_reported() {
        let text = problems_of("number: {value: 1, absolute: -1, relative: x, pick: best}");
        assert_eq!(text.matches("error[").count(), 3, "{text}");
        assert!(problems_of("number: many").contains("must be a number"));
        assert_eq!(reason_of("number: {value: 1, absolute: 0.5}", "2"), "saw 2 in \"2\"; wanted 1 ± 0.5");
    }
}
