//! `latency`: the answer came fast enough.

use serde_json::{Value, json};

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::comparison::Op;
use super::super::settings::{Fault, Settings, kind_of};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use crate::base::{Millis, parse_duration};

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "latency",
    family: "call",
    about: "the time of the answering attempt, from sending to the last byte, is within a bound",
    version: 1,
    pass_at: 1.0,
    short: "value",
    value: ValueRule::Required,
    options: &[OptionSpec::fixed(
        "value",
        "a comparison such as `< 5s`",
        "operators `<` `<=` `>` `>=` `==` `!=`, `<=` unless given; a number with a unit: `ms`, `s`, `m`, `h`",
    )],
    degenerate: &[
        "a cached or replayed reply has the latency of its original call",
        "a reply that came in a batch is ungraded: it has no latency of its own",
        "waits for rate limits and earlier attempts do not count",
        "a number without a unit is an error",
    ],
    example: "- latency: \"< 5s\"",
    reads_text: false,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let (op, bound) = bound(settings.value()?).map_err(Fault::alone)?;
    Ok(Prepared::new(Latency { op, bound, wanted: format!("{} {bound}", op.phrase()) })
        .canonical("value", json!([op.word(), bound.0])))
}

fn bound(value: &Value) -> Result<(Op, Millis), Fault> {
    let help = "write it like `\"< 5s\"` or `\"<= 800ms\"`";
    let text = match value {
        Value::String(text) => text,
        Value::Number(number) => {
            return Err(Fault::new("value", format!("`{number}` has no unit: milliseconds or seconds?")).help(help));
        }
        other @ (Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) => {
            let message = format!("a latency must be text such as `< 5s`, this is {}", kind_of(other));
            return Err(Fault::new("value", message).code("wrong-type").help(help));
        }
    };
    let (op, rest) = Op::split(text);
    let duration = parse_duration(rest).map_err(|message| Fault::new("value", message).help(help))?;
    Ok((op.unwrap_or(Op::AtMost), Millis::of(duration)))
}

struct Latency {
    op: Op,
    bound: Millis,
    wanted: String,
}

impl Scorer for Latency {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        if input.reply.is_batched() {
            return Finding::Ungraded("a reply that came in a batch has no latency of its own".to_owned());
        }
        let seen = crate::base::format_duration(input.latency.to_duration());
        Finding::of_bool(self.op.holds(&input.latency, &self.bound), seen, self.wanted.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{on_call, problems_of};
    use crate::base::Millis;
    use crate::record::ChatReply;

    fn passes(check: &str, millis: u64) -> bool {
        on_call(check, &ChatReply::of_text(""), Millis(millis), None).is_pass()
    }

    #[test]
    fn bounds_are_compared_in_milliseconds() {
        assert!(passes("latency: '< 5s'", 4_999) && !passes("latency: '< 5s'", 5_000));
        assert!(passes("latency: 5s", 5_000) && !passes("latency: 5s", 5_001) && passes("latency: '<= 1.5s'", 1_500));
        assert!(passes("latency: '> 0ms'", 1) && !passes("not_latency: '< 5s'", 10));
    }

    #[test]
    fn the_reason_has_both_times() {
        let score = on_call("latency: '< 800ms'", &ChatReply::of_text("x"), Millis(1_240), None);
        assert_eq!(score.reason, "saw 1.24 s; wanted less than 800 ms");
    }

    #[test]
    fn a_number_without_a_unit_is_refused() {
        for check in ["latency: 5", "latency: 0.5", "latency: '< 5'"] {
            assert!(problems_of(check).contains("unit"), "{check}");
        }
        assert!(problems_of("latency: fast").contains("is not a duration"));
        assert!(problems_of("latency").contains("has no `value`"));
        assert!(problems_of("latency: [1s]").contains("this is a list"));
    }
}
