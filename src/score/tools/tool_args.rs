//! `tool_args`: a tool is called with these arguments.

use serde_json::Value;

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::reason;
use super::super::schema::{Schema, Verdict};
use super::super::settings::{Fault, Settings, kind_of, text_of};
use super::super::spec::{Build, CheckSpec, OptionKind, OptionSpec, Prepared, ValueRule};
use super::super::text::compare::{TextRule, json_equal, json_subset};
use super::calls::{Call, calls_of, names, shown};

const MODES: &[(&str, &str)] = &[("subset", "subset"), ("exact", "exact")];
const WHICH: &[(&str, &str)] = &[("any", "any"), ("all", "all"), ("first", "first"), ("last", "last")];

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "tool_args",
    family: "tools",
    about: "a tool is called with these arguments, or with arguments that follow a schema",
    version: 1,
    pass_at: 1.0,
    short: "value",
    value: ValueRule::Optional,
    options: &[
        OptionSpec::fixed("tool", "a tool's name", "the tool whose calls are looked at; any tool unless given"),
        OptionSpec::value("value", "a mapping", "the arguments wanted: numbers by value, texts exactly"),
        OptionSpec::schema("schema", "the arguments follow this schema; as in `json_schema`"),
        OptionSpec {
            name: "match",
            kind: OptionKind::Word(MODES),
            takes: "subset or exact",
            about: "the call may have further arguments (`subset`, unless given), or has these alone (`exact`)",
        },
        OptionSpec {
            name: "calls",
            kind: OptionKind::Word(WHICH),
            takes: "any, all, first or last",
            about: "which calls of the tool must fit; `any` unless given",
        },
    ],
    degenerate: &[
        "a tool that is not called fails, with `calls: all` too",
        "arguments that are not JSON fit nothing; empty ones are `{}`",
        "`not_tool_args` also passes when the tool is not called: add `trajectory: {used: …}`",
        "more than 200 calls, or a reply cut before any, are ungraded",
    ],
    example: "- tool_args: {tool: book, value: {seats: 2}}",
    reads_text: false,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let tool = settings.get("tool").map(|tool| text_of("tool", "", tool)).transpose().map_err(Fault::alone)?;
    let schema = settings.get("schema").map(|schema| Schema::compile("schema", schema)).transpose()?;
    let value = settings.get("value").cloned();
    if let Some(other) = value.as_ref().filter(|value| !value.is_object()) {
        let message = format!("`value` must be a mapping of arguments, this is {}", kind_of(other));
        return Err(Fault::new("value", message).code("wrong-type").alone());
    }
    if value.is_none() && schema.is_none() {
        return Err(Fault::new("value", "there are no arguments to compare with")
            .code("missing-field")
            .help("write `value: {seats: 2}` or a `schema`; to check that a tool is called, `trajectory: {used: book}`")
            .alone());
    }
    let prepared = Prepared::new(ToolArgs {
        tool,
        value,
        schema,
        exact: settings.word("match", "subset") == "exact",
        which: settings.word("calls", "any").to_owned(),
    });
    Ok(match settings.get("schema") {
        Some(schema) => prepared.canonical("schema", Schema::canonical(schema)),
        None => prepared,
    })
}

struct ToolArgs {
    tool: Option<String>,
    value: Option<Value>,
    schema: Option<Schema>,
    exact: bool,
    which: String,
}

impl Scorer for ToolArgs {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let mut calls = match calls_of(input) {
            Ok(calls) => calls,
            Err(reason) => return Finding::Ungraded(reason),
        };
        let all = names(&calls);
        if let Some(tool) = &self.tool {
            calls.retain(|call| call.name == tool);
        }
        let looked_at = match (self.which.as_str(), calls.as_slice()) {
            (_, []) => return Finding::of_bool(false, all, self.wanted()),
            ("first", [first, ..]) => std::slice::from_ref(first),
            ("last", [.., last]) => std::slice::from_ref(last),
            (_, calls) => calls,
        };
        let mut held = 0;
        for call in looked_at {
            match self.holds(call) {
                Ok(holds) => held += usize::from(holds),
                Err(reason) => return Finding::Ungraded(reason),
            }
        }
        let holds = if self.which == "all" { held == looked_at.len() } else { held > 0 };
        Finding::of_bool(holds, shown(looked_at), self.wanted())
    }
}

impl ToolArgs {
    fn holds(&self, call: &Call<'_>) -> Result<bool, String> {
        let Ok(seen) = &call.arguments else { return Ok(false) };
        let fits = self.value.as_ref().is_none_or(|wanted| {
            if self.exact { json_equal(wanted, seen, TextRule::default()) } else { json_subset(wanted, seen) }
        });
        match self.schema.as_ref().map(|schema| schema.judge(seen)) {
            None | Some(Verdict::Follows) => Ok(fits),
            Some(Verdict::Violates(_)) => Ok(false),
            Some(Verdict::Unknown(reason)) => Err(reason),
        }
    }

    fn wanted(&self) -> String {
        let which = match self.which.as_str() {
            "all" => "every call",
            "first" => "the first call",
            "last" => "the last call",
            _ => "a call",
        };
        let tool = self.tool.as_ref().map_or_else(String::new, |tool| format!(" of `{tool}`"));
        let with = match (&self.value, self.exact) {
            (None, _) => String::new(),
            (Some(value), true) => format!(" with exactly {}", reason::json(value)),
            (Some(value), false) => format!(" with {}", reason::json(value)),
        };
        let schema = if self.schema.is_some() { " that follows the schema" } else { "" };
        format!("{which}{tool}{with}{schema}")
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::problems_of;
    use super::super::calls::testing::on_calls;

    const CALLS: &[(&str, &str)] =
        &[("book", r#"{"seats":2,"day":"mon"}"#), ("pay", r#"{"sum":5}"#), ("book", r#"{"seats":3}"#)];

    fn passes(yaml: &str) -> bool {
        let (pass, not) = (on_calls(yaml, CALLS), on_calls(&format!("not_{yaml}"), CALLS));
        assert!(pass.is_pass() == not.is_fail() && pass.is_fail() == not.is_pass(), "{yaml}: {}", pass.reason);
        pass.is_pass()
    }

    #[test]
    fn a_call_with_these_arguments_is_wanted() {
        assert!(passes("tool_args: {tool: book, value: {seats: 3}}"));
        assert!(!passes("tool_args: {tool: book, value: {seats: 4}}"));
        assert!(!passes("tool_args: {tool: book, value: {seats: 2}, match: exact}"));
        assert!(passes("tool_args: {tool: book, value: {seats: 3}, match: exact}"));
        assert!(!passes("tool_args: {tool: book, value: {seats: 3}, calls: all}"));
        assert!(!passes("tool_args: {tool: book, value: {seats: 3}, calls: first}"));
        assert!(passes("tool_args: {tool: book, value: {seats: 3}, calls: last}"));
        assert!(passes("tool_args: {value: {sum: 5.0}}") && !passes("tool_args: {tool: rate, value: {}, calls: all}"));
        assert!(passes("tool_args: {tool: book, schema: {properties: {seats: {maximum: 3}}}, calls: all}"));
        assert!(!passes("tool_args: {tool: book, schema: {required: [day]}, calls: all}"));
    }

    #[test]
    fn the_reason_shows_the_calls() {
        let reason = on_calls("tool_args: {tool: pay, value: {sum: 6}}", CALLS).reason;
        assert_eq!(reason, "saw pay(`{\"sum\":5}`); wanted a call of `pay` with `{\"sum\":6}`");
        let reason = on_calls("tool_args: {tool: rate, value: {sum: 6}}", CALLS).reason;
        assert!(reason.starts_with("saw book, pay, book;"), "{reason}");
    }

    #[test]
    fn bad_options_are_reported() {
        assert!(problems_of("tool_args").contains("no arguments to compare with"));
        assert!(problems_of("tool_args: {tool: book}").contains("no arguments to compare with"));
        assert!(problems_of("tool_args: {value: 5}").contains("must be a mapping"));
        assert!(problems_of("tool_args: {schema: {type: objekt}}").contains("did you mean `object`?"));
    }
}
