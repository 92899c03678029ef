//! `tool_correctness`: the tools that should be called are.

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::measure::assignment::best_pairs;
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, OptionKind, OptionSpec, Prepared, ValueRule};
use super::calls::{Call, calls_of, shown};
use super::expected::{ARGUMENTS, ArgumentRule, Wanted, canonical, list, real, wanted_of};
use crate::base::Ratio;

const ORDERS: &[(&str, &str)] = &[("any", "any"), ("in_order", "in_order"), ("exact", "exact")];
const FIGURES: &[(&str, &str)] = &[("recall", "recall"), ("precision", "precision"), ("f1", "f1")];

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "tool_correctness",
    family: "tools",
    about: "the tools that should be called are called; its score is the share of them",
    version: 1,
    pass_at: 1.0,
    short: "value",
    value: ValueRule::OrExpected,
    options: &[
        OptionSpec::value(
            "value",
            "a list of tool calls",
            "the calls wanted: names, or `{name: search, arguments: {query: refund}}`; an empty list wants none",
        ),
        OptionSpec {
            name: "order",
            kind: OptionKind::Word(ORDERS),
            takes: "any, in_order or exact",
            about: "the order of the calls does not matter (`any`, unless given), they come in this order with others \
                    between them or not (`in_order`), or they are these and no others (`exact`: the score is 1 or 0)",
        },
        ARGUMENTS,
        OptionSpec {
            name: "score",
            kind: OptionKind::Word(FIGURES),
            takes: "recall, precision or f1",
            about: "what is divided by: the wanted calls, so that further calls cost nothing (`recall`, unless given); \
                    the calls made, so that missing ones cost nothing (`precision`); both (`f1`)",
        },
    ],
    degenerate: &[
        "no call wanted and none made is right (1); none wanted and some made, or wanted and none made, is wrong (0)",
        "each call is paired with at most one wanted call, so that the sum of their likenesses is largest; a call of the \
         same tool twice counts twice",
        "arguments that are not JSON are like none that are wanted; empty ones are `{}`",
        "`order: any` with `score: recall` is DeepEval's tool correctness, where it pairs best first; promptfoo's \
         `tool-call-f1` compares sets of names: `{score: f1, arguments: ignore}` where no tool is called twice",
        "a model's reply holds the calls of one turn; an application's those it reports",
        "more than 200 calls, or a reply cut before any, are ungraded",
    ],
    example: "- tool_correctness: {value: [search, {name: book, arguments: {seats: 2}}], order: in_order}",
    reads_text: false,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let wanted = wanted_of("value", settings.value()?)?;
    let value = canonical(&wanted);
    Ok(Prepared::new(ToolCorrectness {
        wanted,
        rule: ArgumentRule::of(settings),
        order: settings.word("order", "any").to_owned(),
        figure: settings.word("score", "recall").to_owned(),
    })
    .canonical("value", value))
}

struct ToolCorrectness {
    wanted: Vec<Wanted>,
    rule: ArgumentRule,
    order: String,
    figure: String,
}

impl Scorer for ToolCorrectness {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let calls = match calls_of(input) {
            Ok(calls) => calls,
            Err(reason) => return Finding::Ungraded(reason),
        };
        let weights: Vec<Vec<f64>> = self
            .wanted
            .iter()
            .map(|wanted| calls.iter().map(|call| wanted.likeness(call, self.rule)).collect())
            .collect();
        Finding::Graded {
            value: Ratio::clamped(self.value(&weights, calls.len())),
            seen: self.seen(&weights, &calls),
            wanted: self.phrase(),
        }
    }
}

impl ToolCorrectness {
    /// 0 to 1 from the likeness of each wanted call (rows) with each call (columns).
    fn value(&self, weights: &[Vec<f64>], calls: usize) -> f64 {
        let wanted = weights.len();
        match (wanted, calls) {
            (0, 0) => return 1.0,
            (0, _) | (_, 0) => return 0.0,
            _ => {}
        }
        let matched = match self.order.as_str() {
            "exact" => {
                let pairs = weights.iter().enumerate().map(|(at, row)| row.get(at).copied().unwrap_or(0.0));
                let same = wanted == calls && pairs.into_iter().all(|likeness| likeness >= 1.0);
                return Ratio::of_bool(same).get();
            }
            "in_order" => longest_common(weights, calls),
            _ => {
                let pairs = best_pairs(weights);
                let weight = |(row, pair): (&Vec<f64>, Option<usize>)| row.get(pair?).copied();
                weights.iter().zip(pairs).filter_map(weight).sum()
            }
        };
        match self.figure.as_str() {
            "precision" => matched / real(calls),
            "f1" => 2.0 * matched / real(wanted + calls),
            _ => matched / real(wanted),
        }
    }

    fn seen(&self, weights: &[Vec<f64>], calls: &[Call<'_>]) -> String {
        let pairs = best_pairs(weights);
        let missing: Vec<String> = self
            .wanted
            .iter()
            .zip(&pairs)
            .filter(|(_, pair)| pair.is_none())
            .map(|(wanted, _)| wanted.shown())
            .take(5)
            .collect();
        let without = if missing.is_empty() || calls.is_empty() {
            String::new()
        } else {
            format!(", without {}", missing.join(", "))
        };
        format!("{}{without}", shown(calls))
    }

    fn phrase(&self) -> String {
        let order = match self.order.as_str() {
            "exact" => " in this order and nothing else",
            "in_order" => " in this order",
            _ => "",
        };
        let figure = match self.figure.as_str() {
            "precision" => "only ",
            "f1" if self.order != "exact" => "no more and no less than ",
            _ => "",
        };
        format!("{figure}{}{order}", list(&self.wanted))
    }
}

/// The largest sum of likenesses of pairs that stand in the same order on both sides.
fn longest_common(weights: &[Vec<f64>], calls: usize) -> f64 {
    let mut best = vec![0.0_f64; calls + 1];
    for row in weights {
        let mut diagonal = 0.0;
        for (at, likeness) in row.iter().enumerate() {
            let before = best.get(at).copied().unwrap_or(0.0);
            let Some(here) = best.get_mut(at + 1) else { continue };
            let above = *here;
            *here = above.max(before).max(diagonal + likeness);
            diagonal = above;
        }
    }
    best.last().copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{case, check, problems_of};
    use super::super::super::{ScoreInput, score};
    use super::super::calls::testing::{on_calls, reply, value_on};
    use crate::base::Millis;
    use crate::record::{ChatReply, Finish, ScoreState};
    use serde_json::json;

    const CALLS: &[(&str, &str)] = &[("search", r#"{"q":"a"}"#), ("log", "{}"), ("book", r#"{"seats":2,"day":"mon"}"#)];

    #[test]
    fn the_share_of_wanted_calls_counts_and_further_ones_cost_by_the_figure() {
        let value =
            |options: &str| value_on(&format!("tool_correctness: {{value: [book, search, pay], {options}}}"), CALLS);
        let close =
            |seen: Option<f64>, wanted: f64| assert!((seen.expect("scored") - wanted).abs() < 1e-12, "{seen:?}");
        close(value("order: any"), 2.0 / 3.0);
        close(value("score: precision"), 2.0 / 3.0);
        close(value("order: in_order"), 1.0 / 3.0);
        close(value_on("tool_correctness: {value: [search, book], score: f1}", CALLS), 0.8);
        close(value_on("tool_correctness: {value: [search, book], order: in_order}", CALLS), 1.0);
        close(value_on("tool_correctness: {value: [search, book], order: exact}", CALLS), 0.0);
        close(value_on("tool_correctness: {value: [search, log, book], order: exact}", CALLS), 1.0);
        close(value_on("tool_correctness: {value: [log, search, book], order: exact}", CALLS), 0.0);
    }

    #[test]
    fn arguments_are_compared_as_asked() {
        let value = |rule: &str, arguments: &str| {
            value_on(
                &format!("tool_correctness: {{value: [{{name: book, arguments: {arguments}}}], arguments: {rule}}}"),
                CALLS,
            )
        };
        assert_eq!(value("exact", "{day: mon, seats: 2.0}"), Some(1.0));
        assert_eq!(value("exact", "{seats: 2}"), Some(0.0));
        assert_eq!(value("subset", "{seats: 2}"), Some(1.0));
        assert_eq!(value("similar", "{seats: 2}"), Some(0.5));
        assert_eq!(value("ignore", "{seats: 9}"), Some(1.0));
        assert_eq!(value_on("tool_correctness: [{name: f, arguments: {}}]", &[("f", "")]), Some(1.0));
        assert_eq!(value_on("tool_correctness: [{name: f, arguments: {}}]", &[("f", "{a:")]), Some(0.0));
        // The call that fits best is taken for each, not the first one.
        let calls = [("f", r#"{"a":1}"#), ("f", r#"{"a":2}"#)];
        assert_eq!(value_on("tool_correctness: [f, {name: f, arguments: {a: 1}}]", &calls), Some(1.0));
    }

    #[test]
    fn a_call_twice_must_be_made_twice() {
        assert_eq!(value_on("tool_correctness: [f, f]", &[("f", "{}")]), Some(0.5));
        assert_eq!(value_on("tool_correctness: {value: [f], score: precision}", &[("f", ""), ("f", "")]), Some(0.5));
    }

    #[test]
    fn nothing_wanted_and_nothing_called_is_right() {
        assert_eq!(value_on("tool_correctness: []", &[]), Some(1.0));
        assert_eq!(value_on("tool_correctness: []", &[("f", "")]), Some(0.0));
        assert_eq!(value_on("tool_correctness: f", &[]), Some(0.0));
        let cut = ChatReply { finish: Finish::Length, ..reply(&[]) };
        assert_eq!(super::super::super::testing::on_reply("not_tool_correctness: f", &cut).state, ScoreState::Ungraded);
    }

    #[test]
    fn the_reason_tells_what_is_missing() {
        let score = on_calls("tool_correctness: [search, pay]", CALLS);
        assert!(score.reason.starts_with("saw search(`{\"q\":\"a\"}`), log()"), "{}", score.reason);
        assert!(score.reason.ends_with("without pay; wanted search, pay"), "{}", score.reason);
    }

    #[test]
    fn the_case_may_say_what_is_wanted_and_bad_lists_are_reported() {
        let reply = reply(CALLS);
        let graded = |expected| {
            let case = case(json!({}), Some(expected));
            let input = ScoreInput { reply: &reply, latency: Millis(0), cost: None, case: &case, request: None };
            score(&check("tool_correctness"), &input)
        };
        assert!(graded(json!(["book", "search"])).is_pass() && graded(json!(["pay"])).is_fail());
        assert_eq!(graded(json!(5)).state, ScoreState::Ungraded);
        let text = problems_of("tool_correctness: [search, 5, {arguments: {}}]");
        assert!(text.matches("error[").count() == 2 && text.contains("t.yaml:1:28"), "{text}");
        assert!(problems_of("tool_correctness: {value: [f], order: strict}").contains("in_order"));
    }
}
