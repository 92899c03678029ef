//! Bounds on a count: what `length` and `word_count` share.

use serde_json::{Value, json};

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::comparison::Op;
use super::super::reason;
use super::super::settings::{Fault, Settings, kind_of};
use super::super::spec::{OptionSpec, Prepared};

pub(super) const OPTIONS: &[OptionSpec] = &[
    OptionSpec::fixed("value", "a comparison such as `< 200`", "instead of `min` and `max`"),
    OptionSpec::fixed("min", "a whole number", "the lowest count that passes"),
    OptionSpec::fixed("max", "a whole number", "the highest count that passes"),
];

/// What is counted, and its words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counter {
    pub(super) count: fn(&str) -> usize,
    pub(super) one: &'static str,
    pub(super) many: &'static str,
}

/// From the lowest to the highest count allowed, or all but one count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bounds {
    min: u64,
    max: Option<u64>,
    except: Option<u64>,
}

pub(super) fn prepare(settings: &Settings, counter: Counter) -> Result<Prepared, Vec<Fault>> {
    let (min, max) = (whole(settings, "min"), whole(settings, "max"));
    let bounds = match (settings.get("value"), min, max) {
        (Some(_), Ok(Some(_)), _) | (Some(_), _, Ok(Some(_))) => {
            Err(Fault::new("value", "a comparison and `min` or `max` are both given").alone())
        }
        (Some(value), ..) => comparison(value).map_err(Fault::alone),
        (None, Ok(None), Ok(None)) => Err(Fault::new("value", "there is no bound")
            .code("missing-field")
            .help("write `{min: 1, max: 200}` or a comparison such as `\"< 200\"`")
            .alone()),
        (None, Ok(Some(min)), Ok(Some(max))) if min > max => {
            Err(Fault::new("min", format!("`min` is {min}, above `max`, which is {max}")).alone())
        }
        (None, Ok(min), Ok(max)) => Ok(Bounds { min: min.unwrap_or(0), max, except: None }),
        (None, min, max) => Err([min.err(), max.err()].into_iter().flatten().collect()),
    }?;
    let canonical = json!([bounds.min, bounds.max, bounds.except]);
    let prepared = Prepared::new(Size { bounds, counter }).canonical("value", canonical);
    Ok(prepared.canonical("min", Value::Null).canonical("max", Value::Null))
}

fn whole(settings: &Settings, option: &'static str) -> Result<Option<u64>, Fault> {
    let Some(value) = settings.get(option) else { return Ok(None) };
    value.as_u64().map(Some).ok_or_else(|| {
        let seen = value.as_i64().map_or_else(|| kind_of(value).to_owned(), |number| number.to_string());
        Fault::new(option, format!("`{option}` must be a whole number from 0, this is {seen}")).code("wrong-type")
    })
}

fn comparison(value: &Value) -> Result<Bounds, Fault> {
    let wrong = |seen: String| {
        Fault::new("value", format!("{seen} is not a comparison"))
            .help("write `\"< 200\"`, `\"== 3\"` or `{min: 1, max: 200}`")
    };
    let text = match value {
        Value::String(text) => text,
        Value::Number(number) => return Err(wrong(format!("`{number}` alone"))),
        other @ (Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) => {
            return Err(wrong(kind_of(other).to_owned()).code("wrong-type"));
        }
    };
    let (op, rest) = Op::split(text);
    let (Some(op), Ok(bound)) = (op, rest.parse::<u64>()) else { return Err(wrong(format!("`{text}`"))) };
    let any = Bounds { min: 0, max: None, except: None };
    Ok(match op {
        Op::AtMost => Bounds { max: Some(bound), ..any },
        Op::AtLeast => Bounds { min: bound, ..any },
        Op::Equal => Bounds { min: bound, max: Some(bound), ..any },
        Op::NotEqual => Bounds { except: Some(bound), ..any },
        Op::More => Bounds { min: bound.saturating_add(1), ..any },
        Op::Less => {
            let max = bound.checked_sub(1).ok_or_else(|| Fault::new("value", "nothing is less than 0"))?;
            Bounds { max: Some(max), ..any }
        }
    })
}

struct Size {
    bounds: Bounds,
    counter: Counter,
}

impl Scorer for Size {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let Bounds { min, max, except } = self.bounds;
        let count = u64::try_from((self.counter.count)(&input.reply.text)).unwrap_or(u64::MAX);
        let holds = count >= min && max.is_none_or(|max| count <= max) && except != Some(count);
        let units = |number: u64| reason::count(number, self.counter.one, self.counter.many);
        let wanted = match (min, max, except) {
            (_, _, Some(except)) => format!("another count than {}", units(except)),
            (min, Some(max), _) if min == max => format!("exactly {}", units(min)),
            (0, Some(max), _) => format!("at most {}", units(max)),
            (min, Some(max), _) => format!("{min} to {}", units(max)),
            (min, None, _) => format!("at least {}", units(min)),
        };
        Finding::of_bool(holds, units(count), wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparisons_become_bounds() {
        let of = |text: &str| comparison(&json!(text)).map(|bounds| (bounds.min, bounds.max, bounds.except)).ok();
        assert_eq!(of("< 5"), Some((0, Some(4), None)));
        assert_eq!(of("<=5"), Some((0, Some(5), None)));
        assert_eq!(of("> 5"), Some((6, None, None)));
        assert_eq!(of(">= 5"), Some((5, None, None)));
        assert_eq!(of("== 5"), Some((5, Some(5), None)));
        assert_eq!(of("!= 5"), Some((0, None, Some(5))));
        for bad in ["5", "< 0", "< -1", "< 5.5", "< five", "", "<"] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }
}
