//! `trajectory`: the tool calls of a reply, one after the other, take this way.

use serde_json::{Value, json};

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::reason;
use super::super::settings::{Fault, Settings, kind_of, texts_of};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use super::calls::{Call, calls_of, names};
use super::expected::{ARGUMENTS, ArgumentRule, Wanted, canonical, list, real, wanted_of};
use crate::base::Ratio;

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "trajectory",
    family: "tools",
    about: "the tool calls take this way: used or not, in this sequence, in so many steps; its score is the share that holds",
    version: 1,
    pass_at: 1.0,
    short: "value",
    value: ValueRule::Optional,
    options: &[
        OptionSpec::value(
            "value",
            "a list of tool calls",
            "called in this order, with others between them or not; names, or `{name: search, arguments: {…}}`",
        ),
        OptionSpec::flag("exact", "no other calls stand between, before or after those of `value`"),
        OptionSpec::value("used", "a list of names", "each of these tools is called"),
        OptionSpec::value("unused", "a list of names", "none of these tools is called"),
        OptionSpec::fixed("min_steps", "a whole number", "fewest calls"),
        OptionSpec::fixed("max_steps", "a whole number", "most calls"),
        OptionSpec::flag("no_repeats", "no call is made twice with equal arguments"),
        ARGUMENTS,
    ],
    degenerate: &[
        "steps are tool calls: those of one turn for a model, all that it reports for an application",
        "each option is one condition, but each tool of `used` counts by itself; a reply without calls meets `unused`, \
         `max_steps` and `no_repeats`",
        "more than 200 calls, or a reply cut before any, are ungraded",
    ],
    example: "- trajectory: {value: [search, book], unused: [delete], max_steps: 6}",
    reads_text: false,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let mut faults = Vec::new();
    let sequence = kept(settings.get("value").map(|value| wanted_of("value", value)), &mut faults);
    let used = kept(settings.get("used").map(|value| texts_of("used", value)), &mut faults);
    let unused = kept(settings.get("unused").map(|value| texts_of("unused", value)), &mut faults);
    let steps = |option| settings.get(option).map(|value| whole(option, value).map_err(Fault::alone));
    let (min, max) = (kept(steps("min_steps"), &mut faults), kept(steps("max_steps"), &mut faults));
    if let (Some(min), Some(max)) = (min, max)
        && min > max
    {
        faults.push(Fault::new("min_steps", format!("`min_steps` is {min}, more than `max_steps`, which is {max}")));
    }
    let exact = settings.flag("exact");
    if exact && settings.get("value").is_none() {
        faults.push(Fault::new("exact", "`exact` says something of `value`, and there is none"));
    }
    let no_repeats = settings.flag("no_repeats");
    let given = ["value", "used", "unused", "min_steps", "max_steps"].iter().any(|name| settings.get(name).is_some());
    if !given && !no_repeats {
        let fault = Fault::new("value", "there is no condition").code("missing-field");
        faults.push(fault.help("write `[search, book]`, `{used: [search]}` or `{max_steps: 6}`"));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let names = |list: &Option<Vec<String>>| list.as_ref().map_or(Value::Null, |list| json!(list));
    let (shown_used, shown_unused) = (names(&used), names(&unused));
    let shown = sequence.as_ref().map_or(Value::Null, |sequence| canonical(sequence));
    let way = Trajectory { sequence, exact, used, unused, min, max, no_repeats, rule: ArgumentRule::of(settings) };
    Ok(Prepared::new(way).canonical("value", shown).canonical("used", shown_used).canonical("unused", shown_unused))
}

/// What was read, with its faults put to the others.
fn kept<T>(read: Option<Result<T, Vec<Fault>>>, faults: &mut Vec<Fault>) -> Option<T> {
    match read? {
        Ok(value) => Some(value),
        Err(found) => {
            faults.extend(found);
            None
        }
    }
}

fn whole(option: &'static str, value: &Value) -> Result<usize, Fault> {
    let number = value.as_u64().and_then(|number| usize::try_from(number).ok());
    number.ok_or_else(|| {
        let seen = if value.is_number() { value.to_string() } else { kind_of(value).to_owned() };
        Fault::new(option, format!("`{option}` must be a whole number from 0, this is {seen}")).code("wrong-type")
    })
}

struct Trajectory {
    sequence: Option<Vec<Wanted>>,
    exact: bool,
    used: Option<Vec<String>>,
    unused: Option<Vec<String>>,
    min: Option<usize>,
    max: Option<usize>,
    no_repeats: bool,
    rule: ArgumentRule,
}

impl Scorer for Trajectory {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let calls = match calls_of(input) {
            Ok(calls) => calls,
            Err(reason) => return Finding::Ungraded(reason),
        };
        let conditions = self.conditions(&calls);
        let failed: Vec<&str> =
            conditions.iter().filter(|(holds, _)| !holds).map(|(_, wanted)| wanted.as_str()).collect();
        let held = real(conditions.len() - failed.len());
        let steps = reason::count(u64::try_from(calls.len()).unwrap_or(u64::MAX), "step", "steps");
        let seen = if calls.is_empty() { names(&calls) } else { format!("{} ({steps})", names(&calls)) };
        let all: Vec<&str> = conditions.iter().map(|(_, wanted)| wanted.as_str()).collect();
        // What does not hold is what the reader looks for.
        let wanted = if failed.is_empty() { all.join(", ") } else { failed.join(", ") };
        Finding::Graded { value: Ratio::clamped(held / real(conditions.len().max(1))), seen, wanted }
    }
}

impl Trajectory {
    /// Each condition with whether it holds.
    fn conditions(&self, calls: &[Call<'_>]) -> Vec<(bool, String)> {
        let is_used = |name: &str| calls.iter().any(|call| call.name == name);
        let mut all = Vec::new();
        if let Some(sequence) = &self.sequence {
            let only = if self.exact { " and nothing else" } else { "" };
            all.push((self.follows(sequence, calls), format!("{} in this order{only}", list(sequence))));
        }
        for name in self.used.iter().flatten() {
            all.push((is_used(name), format!("a call of `{name}`")));
        }
        if let Some(unused) = &self.unused {
            let shown: Vec<String> = unused.iter().map(|name| format!("`{name}`")).collect();
            all.push((!unused.iter().any(|name| is_used(name)), format!("no call of {}", shown.join(" or "))));
        }
        if let Some(min) = self.min {
            all.push((calls.len() >= min, format!("at least {min} steps")));
        }
        if let Some(max) = self.max {
            all.push((calls.len() <= max, format!("at most {max} steps")));
        }
        if self.no_repeats {
            all.push((!repeats(calls), "no call twice".to_owned()));
        }
        all
    }

    fn follows(&self, sequence: &[Wanted], calls: &[Call<'_>]) -> bool {
        let fits = |wanted: &Wanted, call: &Call<'_>| wanted.likeness(call, self.rule) >= 1.0;
        if self.exact {
            return sequence.len() == calls.len()
                && sequence.iter().zip(calls).all(|(wanted, call)| fits(wanted, call));
        }
        // The first call that fits is as good as any later one.
        let mut rest = calls.iter();
        sequence.iter().all(|wanted| rest.any(|call| fits(wanted, call)))
    }
}

fn repeats(calls: &[Call<'_>]) -> bool {
    let same = |a: &Call<'_>, b: &Call<'_>| a.name == b.name && a.arguments == b.arguments;
    calls.iter().enumerate().any(|(at, call)| calls.iter().skip(at + 1).any(|other| same(call, other)))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::problems_of;
    use super::super::calls::testing::{on_calls, value_on};

    const WAY: &[(&str, &str)] = &[
        ("search", r#"{"q":"a"}"#),
        ("search", r#"{"q":"b"}"#),
        ("book", r#"{"seats":2}"#),
        ("search", r#"{"q":"a"}"#),
    ];

    fn passes(yaml: &str) -> bool {
        on_calls(yaml, WAY).is_pass()
    }

    #[test]
    fn the_way_is_checked_by_its_conditions() {
        assert!(passes("trajectory: [search, book]") && !passes("trajectory: [book, book]"));
        assert!(passes("trajectory: [search, search, book, search]") && !passes("trajectory: [book, search, search]"));
        assert!(!passes("trajectory: {value: [search, book], exact: true}"));
        assert!(passes("trajectory: {value: [search, search, book, search], exact: true}"));
        assert!(passes("trajectory: [{name: search, arguments: {q: b}}, search]"));
        assert!(!passes("trajectory: [book, {name: search, arguments: {q: b}}]"));
        assert!(passes("trajectory: {used: [book, search], unused: delete, min_steps: 4, max_steps: 4}"));
        assert!(!passes("trajectory: {max_steps: 3}") && !passes("trajectory: {min_steps: 5}"));
        assert!(!passes("trajectory: {unused: book}") && !passes("trajectory: {no_repeats: true}"));
        assert!(on_calls("trajectory: {no_repeats: true, unused: a, max_steps: 0}", &[]).is_pass());
        assert!(on_calls("trajectory: {used: a}", &[]).is_fail());
    }

    #[test]
    fn the_score_is_the_share_of_what_holds_and_the_reason_tells_the_rest() {
        let yaml = "trajectory: {used: [book, pay], max_steps: 3, unused: [delete]}";
        assert_eq!(value_on(yaml, WAY), Some(0.5));
        let reason = on_calls(yaml, WAY).reason;
        assert_eq!(reason, "saw search, search, book, search (4 steps); wanted a call of `pay`, at most 3 steps");
    }

    #[test]
    fn bad_options_are_all_reported() {
        assert!(problems_of("trajectory").contains("there is no condition"));
        let text = problems_of("trajectory: {exact: true, min_steps: 4, max_steps: 2, used: []}");
        assert_eq!(text.matches("error[").count(), 3, "{text}");
        assert!(problems_of("trajectory: {max_steps: -1}").contains("from 0, this is -1"));
    }
}
