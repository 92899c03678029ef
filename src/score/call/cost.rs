//! `cost`: the answer cost no more than it may.

use serde_json::{Value, json};

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::comparison::Op;
use super::super::settings::{Fault, Settings, kind_of};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use crate::base::Usd;

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "cost",
    family: "call",
    about: "the price of the reply is within a bound",
    version: 1,
    pass_at: 1.0,
    short: "value",
    value: ValueRule::Required,
    options: &[OptionSpec::fixed(
        "value",
        "a comparison such as `<= $0.05`, or dollars",
        "operators `<` `<=` `>` `>=` `==` `!=`, `<=` unless given; a number alone is at most so many US dollars",
    )],
    degenerate: &[
        "an unknown cost is ungraded, never a pass",
        "a cached or replayed reply has the cost of its original call",
    ],
    example: "- cost: \"<= $0.05\"",
    reads_text: false,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let (op, bound) = bound(settings.value()?).map_err(Fault::alone)?;
    Ok(Prepared::new(Cost { op, bound }).canonical("value", json!([op.word(), bound.exact()])))
}

fn bound(value: &Value) -> Result<(Op, Usd), Fault> {
    let help = "write it like `\"<= $0.05\"`";
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        other @ (Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) => {
            let message = format!("a cost must be an amount such as `<= $0.05`, this is {}", kind_of(other));
            return Err(Fault::new("value", message).code("wrong-type").help(help));
        }
    };
    let (op, rest) = Op::split(&text);
    let usd = Usd::parse(rest).map_err(|error| Fault::new("value", error.to_string()).help(help))?;
    if usd < Usd::ZERO {
        return Err(Fault::new("value", format!("`{text}` is below zero: no reply costs that")));
    }
    Ok((op.unwrap_or(Op::AtMost), usd))
}

struct Cost {
    op: Op,
    bound: Usd,
}

impl Scorer for Cost {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let Some(cost) = input.cost else {
            return Finding::Ungraded(
                "the cost of this reply is unknown: its model has no price or it told no usage".to_owned(),
            );
        };
        let wanted = format!("{} {}", self.op.phrase(), self.bound);
        Finding::of_bool(self.op.holds(&cost, &self.bound), cost.to_string(), wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{check, on_call, problems_of};
    use crate::base::{Millis, Usd};
    use crate::record::{ChatReply, ScoreState};

    fn state(check: &str, cost: Option<&str>) -> ScoreState {
        let cost = cost.map(|text| Usd::parse(text).expect("amount"));
        on_call(check, &ChatReply::of_text(""), Millis(0), cost).state
    }

    fn passes(check: &str, cost: &str) -> bool {
        matches!(state(check, Some(cost)), ScoreState::Scored { passed: true, .. })
    }

    #[test]
    fn money_is_compared_exactly() {
        assert!(passes("cost: '<= $0.05'", "0.05") && !passes("cost: '<= $0.05'", "0.050000000001"));
        assert!(passes("cost: 0.05", "0.05") && !passes("cost: 0.05", "0.06") && !passes("cost: '< 0.05'", "0.05"));
        assert!(passes("cost: 0", "0") && !passes("not_cost: 1", "0.5"));
    }

    #[test]
    fn an_unknown_cost_is_ungraded_negated_or_not() {
        assert_eq!(state("cost: 1", None), ScoreState::Ungraded);
        assert_eq!(state("not_cost: 1", None), ScoreState::Ungraded);
    }

    #[test]
    fn spellings_of_one_bound_are_one_check() {
        let identity = |text: &str| crate::base::canonical_json(check(text).identity());
        assert_eq!(identity("cost: 0.05"), identity("cost: {value: '<= $0.050', weight: 1.0}"));
        assert_ne!(identity("cost: 0.05"), identity("cost: '< $0.05'"));
    }

    #[test]
    fn bad_amounts_are_reported() {
        assert!(problems_of("cost: cheap").contains("is not an amount"));
        assert!(problems_of("cost: -1").contains("below zero"));
        assert!(problems_of("cost: true").contains("true or false"));
    }
}
