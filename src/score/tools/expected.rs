//! The calls that a check expects, and how like a call is to one of them.

use serde_json::{Map, Value};

use super::super::reason;
use super::super::settings::{Fault, Settings, kind_of};
use super::super::spec::{OptionKind, OptionSpec};
use super::super::text::compare::{TextRule, json_equal, json_subset};
use super::calls::{Call, MOST_CALLS};
use crate::base::Ratio;

/// The words of `arguments`.
const RULES: &[(&str, &str)] =
    &[("exact", "exact"), ("subset", "subset"), ("similar", "similar"), ("ignore", "ignore")];

/// How arguments are compared, as an option.
pub(super) const ARGUMENTS: OptionSpec = OptionSpec {
    name: "arguments",
    kind: OptionKind::Word(RULES),
    takes: "exact, subset, similar or ignore",
    about: "how arguments that are written are compared: all equal; those written are among the call's; by the share of \
            equal keys; not at all. `exact` unless given. A tool written without arguments may have any",
};

/// How arguments are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ArgumentRule {
    Exact,
    Subset,
    Similar,
    Ignore,
}

impl ArgumentRule {
    pub(super) fn of(settings: &Settings) -> ArgumentRule {
        match settings.word("arguments", "exact") {
            "subset" => ArgumentRule::Subset,
            "similar" => ArgumentRule::Similar,
            "ignore" => ArgumentRule::Ignore,
            _ => ArgumentRule::Exact,
        }
    }
}

/// One call that is wanted.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wanted {
    pub(super) name: String,
    /// The arguments; `None` is any.
    pub(super) arguments: Option<Value>,
}

impl Wanted {
    /// How like `call` is to it: 0 for another tool.
    pub(super) fn likeness(&self, call: &Call<'_>, rule: ArgumentRule) -> f64 {
        if call.name != self.name {
            return 0.0;
        }
        let Some(wanted) = self.arguments.as_ref().filter(|_| rule != ArgumentRule::Ignore) else { return 1.0 };
        let Ok(seen) = &call.arguments else { return 0.0 };
        match rule {
            ArgumentRule::Exact => Ratio::of_bool(json_equal(wanted, seen, TextRule::default())).get(),
            ArgumentRule::Subset => Ratio::of_bool(json_subset(wanted, seen)).get(),
            ArgumentRule::Similar => similarity(wanted, seen),
            ArgumentRule::Ignore => 1.0,
        }
    }

    /// As it is told in a reason.
    pub(super) fn shown(&self) -> String {
        let arguments = self.arguments.as_ref().map(|arguments| format!("({})", reason::json(arguments)));
        format!("{}{}", self.name, arguments.unwrap_or_default())
    }
}

/// Equal keys over all keys of both, mappings within mappings likewise; two mappings without keys are alike.
fn similarity(wanted: &Value, seen: &Value) -> f64 {
    let (Value::Object(wanted), Value::Object(seen)) = (wanted, seen) else {
        return Ratio::of_bool(json_equal(wanted, seen, TextRule::default())).get();
    };
    let all = wanted.len() + seen.keys().filter(|key| !wanted.contains_key(*key)).count();
    if all == 0 {
        return 1.0;
    }
    let equal: f64 = wanted.iter().filter_map(|(key, value)| Some(similarity(value, seen.get(key)?))).sum();
    equal / real(all)
}

/// A count as a number to compute with.
pub(super) fn real(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// The calls of an option: names, or mappings with `name` and `arguments`; a single one stands for a list of one.
pub(super) fn wanted_of(option: &'static str, value: &Value) -> Result<Vec<Wanted>, Vec<Fault>> {
    let items = match value {
        Value::Array(items) if items.len() > MOST_CALLS => {
            let message = format!("`{option}` has {} calls, more than the {MOST_CALLS} that are compared", items.len());
            return Err(Fault::new(option, message).alone());
        }
        Value::Array(items) => items.iter().enumerate().map(|(at, item)| (format!("/{at}"), item)).collect(),
        one => vec![(String::new(), one)],
    };
    let mut wanted = Vec::with_capacity(items.len());
    let mut faults = Vec::new();
    for (pointer, item) in items {
        match one_of(option, item) {
            Ok(call) => wanted.push(call),
            Err(fault) => faults.push(fault.pointer(pointer)),
        }
    }
    if faults.is_empty() { Ok(wanted) } else { Err(faults) }
}

fn one_of(option: &'static str, item: &Value) -> Result<Wanted, Fault> {
    let fault = |message: String| {
        Fault::new(option, message).help("write a tool's name, or `{name: search, arguments: {query: refund}}`")
    };
    match item {
        Value::String(name) if !name.trim().is_empty() => Ok(Wanted { name: name.clone(), arguments: None }),
        Value::Object(fields) => of_fields(fields).map_err(fault),
        other => {
            let seen = if other.is_string() { "an empty text" } else { kind_of(other) };
            Err(fault(format!("a tool call is a name or a mapping, this is {seen}")).code("wrong-type"))
        }
    }
}

fn of_fields(fields: &Map<String, Value>) -> Result<Wanted, String> {
    const NAMES: [&str; 2] = ["name", "tool"];
    const ARGUMENTS: [&str; 3] = ["arguments", "args", "input"];
    if let Some(key) = fields.keys().find(|key| !NAMES.contains(&key.as_str()) && !ARGUMENTS.contains(&key.as_str())) {
        return Err(format!("`{key}` is not a key of a tool call"));
    }
    let name = NAMES.iter().find_map(|key| fields.get(*key)).and_then(Value::as_str);
    let name = name.filter(|name| !name.trim().is_empty()).ok_or("a tool call needs a `name`")?;
    let given: Vec<&Value> = ARGUMENTS.iter().filter_map(|key| fields.get(*key)).collect();
    match given.as_slice() {
        [] | [Value::Null] => Ok(Wanted { name: name.to_owned(), arguments: None }),
        [arguments @ Value::Object(_)] => Ok(Wanted { name: name.to_owned(), arguments: Some((*arguments).clone()) }),
        [other] => Err(format!("`arguments` must be a mapping, this is {}", kind_of(other))),
        _ => Err("the arguments are given twice".to_owned()),
    }
}

/// The wanted calls in one form, however they were written.
pub(super) fn canonical(wanted: &[Wanted]) -> Value {
    let one = |call: &Wanted| match &call.arguments {
        None => Value::String(call.name.clone()),
        Some(arguments) => serde_json::json!({"name": call.name, "arguments": arguments}),
    };
    Value::Array(wanted.iter().map(one).collect())
}

/// `search, book`, or `no tool call`.
pub(super) fn list(wanted: &[Wanted]) -> String {
    if wanted.is_empty() {
        return "no tool call".to_owned();
    }
    wanted.iter().map(Wanted::shown).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn calls_are_written_as_names_or_mappings() {
        let read = |value: Value| wanted_of("value", &value).map(|wanted| canonical(&wanted));
        assert_eq!(read(json!("f")), Ok(json!(["f"])));
        assert_eq!(
            read(json!(["f", {"tool": "g", "args": {"a": 1}}, {"name": "h"}])),
            Ok(json!(["f", {"name": "g", "arguments": {"a": 1}}, "h"]))
        );
        for bad in [
            json!(5),
            json!([""]),
            json!({"args": {}}),
            json!({"name": "f", "argument": {}}),
            json!([{"name": "f", "args": 5}]),
        ] {
            assert!(read(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn similarity_is_the_share_of_equal_keys() {
        let of = |wanted: Value, seen: Value| Some(similarity(&wanted, &seen));
        assert_eq!(of(json!({}), json!({})), Some(1.0));
        assert_eq!(of(json!({"a": 1, "b": 2}), json!({"a": 1.0, "c": 3})), Some(1.0 / 3.0));
        assert_eq!(of(json!({"a": {"x": 1, "y": 2}}), json!({"a": {"x": 1, "y": 3}})), Some(0.5));
        assert_eq!(of(json!({"a": 1}), json!([1])), Some(0.0));
    }
}
