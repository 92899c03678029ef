//! `tool_call_valid`: the tool calls are of tools on offer, with arguments that follow their schemas.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::reason;
use super::super::schema::{Schema, Verdict};
use super::super::settings::{Fault, Settings, kind_of};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use super::calls::{Call, calls_of, shown};
use super::expected::real;
use crate::base::{Digest, Ratio};
use crate::record::Tool;

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "tool_call_valid",
    family: "tools",
    about: "each tool call is of a tool on offer, with arguments that follow its schema; its score is their share",
    version: 1,
    pass_at: 1.0,
    short: "tools",
    value: ValueRule::Optional,
    options: &[
        OptionSpec::fixed(
            "tools",
            "a mapping of names to schemas",
            "the tools, instead of those the prompt offers: `{search: {type: object, required: [query]}}`",
        ),
        OptionSpec::flag("allow_none", "a reply without any tool call passes"),
    ],
    degenerate: &[
        "a reply without a tool call fails, unless `allow_none: true`; `not_tool_call_valid` passes on it",
        "where no tools are known (the prompt offers none, or an application has its own) it is ungraded: write `tools`",
        "arguments must be a JSON mapping; empty ones are `{}`",
        "a tool whose own schema is broken leaves it ungraded; `format` is checked, references must stay inside",
    ],
    example: "- tool_call_valid",
    reads_text: false,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let allow_none = settings.flag("allow_none");
    let Some(written) = settings.get("tools") else {
        return Ok(Prepared::new(ToolCallValid { tools: None, allow_none }));
    };
    let Value::Object(written) = written else {
        let message = format!("`tools` must be a mapping of names to schemas, this is {}", kind_of(written));
        return Err(Fault::new("tools", message).code("wrong-type").alone());
    };
    if written.is_empty() {
        return Err(Fault::new("tools", "`tools` names no tool").alone());
    }
    let mut tools = BTreeMap::new();
    let mut faults = Vec::new();
    for (name, schema) in written {
        let base = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        match Schema::compile("tools", schema) {
            Ok(schema) => drop(tools.insert(name.clone(), schema)),
            Err(found) => faults.extend(found.into_iter().map(|fault| {
                let pointer = format!("{base}{}", fault.pointer);
                fault.pointer(pointer)
            })),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let digest = Digest::of_json(&Value::Object(written.clone())).to_string();
    let prepared = Prepared::new(ToolCallValid { tools: Some(tools), allow_none });
    Ok(prepared.canonical("tools", json!({"schema": digest})))
}

struct ToolCallValid {
    /// The tools that were written; `None` means those of the request.
    tools: Option<BTreeMap<String, Schema>>,
    allow_none: bool,
}

impl Scorer for ToolCallValid {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        const WANTED: &str = "tool calls that follow the tools' schemas";
        let calls = match calls_of(input) {
            Ok(calls) => calls,
            Err(reason) => return Finding::Ungraded(reason),
        };
        if self.tools.is_none() && input.tools().is_empty() {
            return Finding::Ungraded(
                "no tools are known that the calls could be held against; write `tools`".to_owned(),
            );
        }
        if calls.is_empty() {
            return Finding::of_bool(self.allow_none, "no tool call", WANTED);
        }
        let mut faults = Vec::new();
        for call in &calls {
            match self.fault(call, input.tools()) {
                Ok(None) => {}
                Ok(Some(fault)) => faults.push(fault),
                Err(reason) => return Finding::Ungraded(reason),
            }
        }
        let seen = if faults.is_empty() {
            shown(&calls)
        } else {
            faults.iter().take(3).cloned().collect::<Vec<_>>().join("; ")
        };
        let value = Ratio::clamped(1.0 - real(faults.len()) / real(calls.len()));
        Finding::Graded { value, seen, wanted: WANTED.to_owned() }
    }
}

impl ToolCallValid {
    /// What is wrong with a call, if anything; `Err` when that cannot be told.
    fn fault(&self, call: &Call<'_>, offered: &[Tool]) -> Result<Option<String>, String> {
        let name = reason::message(call.name);
        let compiled;
        let schema = match &self.tools {
            Some(tools) => tools.get(call.name),
            None => match offered.iter().find(|tool| tool.name == call.name) {
                None => None,
                Some(tool) => {
                    compiled = Schema::compile("tools", &tool.parameters).map_err(|faults| {
                        let first = faults.first().map_or("", |fault| fault.message.as_str());
                        format!("the schema of the tool `{name}` cannot be used: {first}")
                    })?;
                    Some(&compiled)
                }
            },
        };
        let Some(schema) = schema else { return Ok(Some(format!("a call of `{name}`, which is not on offer"))) };
        let arguments = match &call.arguments {
            Err(fault) => return Ok(Some(format!("`{name}` with {fault}"))),
            Ok(other) if !other.is_object() => {
                return Ok(Some(format!("`{name}` with {} instead of a mapping", kind_of(other))));
            }
            Ok(arguments) => arguments,
        };
        match schema.judge(arguments) {
            Verdict::Follows => Ok(None),
            Verdict::Violates(how) => Ok(Some(format!("`{name}` with {} ({how})", reason::json(arguments)))),
            Verdict::Unknown(why) => Err(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{case, check, problems_of};
    use super::super::super::{ScoreInput, score};
    use super::super::calls::testing::{on_calls, reply, value_on};
    use crate::base::Millis;
    use crate::record::{ChatRequest, Score, ScoreState, Tool};
    use serde_json::{Value, json};

    const TOOLS: &str =
        "tool_call_valid: {tools: {search: {type: object, required: [q], properties: {q: {type: string}}}}}";

    fn offered(parameters: Value, calls: &[(&str, &str)]) -> Score {
        let tools = [Tool { name: "search".into(), description: String::new(), parameters }];
        let (reply, case) = (reply(calls), case(json!({}), None));
        let request: ChatRequest = serde_json::from_value(json!({"model": "m", "messages": []})).expect("a request");
        let request = ChatRequest { tools: tools.to_vec(), ..request };
        let (latency, case) = (Millis(0), &case);
        let input = ScoreInput { reply: &reply, latency, cost: None, case, request: Some(&request) };
        score(&check("tool_call_valid"), &input)
    }

    #[test]
    fn calls_follow_the_schemas_that_are_written() {
        assert_eq!(value_on(TOOLS, &[("search", r#"{"q":"a"}"#)]), Some(1.0));
        for (call, seen) in [
            (("search", r#"{"q":5}"#), "/q: 5 is not of type"),
            (("search", ""), "\"q\" is a required property"),
            (("search", "{q"), "not JSON"),
            (("search", "[]"), "a list instead of a mapping"),
            (("find", "{}"), "a call of `find`, which is not on offer"),
        ] {
            let score = on_calls(TOOLS, &[call]);
            assert!(score.is_fail() && score.reason.contains(seen), "{}", score.reason);
        }
        assert_eq!(value_on(TOOLS, &[("search", r#"{"q":"a"}"#), ("find", "{}")]), Some(0.5));
    }

    #[test]
    fn the_prompt_s_tools_count_where_none_are_written() {
        let schema = json!({"type": "object", "required": ["q"]});
        assert!(offered(schema.clone(), &[("search", r#"{"q":1}"#)]).is_pass());
        assert!(offered(schema.clone(), &[("search", "{}")]).is_fail() && offered(schema, &[]).is_fail());
        let broken = offered(json!({"type": "objekt"}), &[("search", "{}")]);
        assert!(broken.state == ScoreState::Ungraded && broken.reason.contains("`search` cannot be used"));
        assert_eq!(on_calls("tool_call_valid", &[("search", "{}")]).state, ScoreState::Ungraded);
        assert_eq!(on_calls("not_tool_call_valid", &[]).state, ScoreState::Ungraded);
    }

    #[test]
    fn no_call_passes_only_where_that_is_allowed() {
        assert!(on_calls(TOOLS, &[]).is_fail());
        let allowed = TOOLS.replace("tool_call_valid: {", "tool_call_valid: {allow_none: true, ");
        assert!(on_calls(&allowed, &[]).is_pass() && on_calls(&allowed, &[("find", "{}")]).is_fail());
    }

    #[test]
    fn bad_tools_are_reported_where_they_stand() {
        let text = problems_of("tool_call_valid: {tools: {a: {type: objekt}, b/c: {minimum: x}}}");
        assert!(text.matches("error[invalid-schema]").count() == 2 && text.contains("t.yaml:1:37"), "{text}");
        assert!(problems_of("tool_call_valid: {tools: [a]}").contains("must be a mapping of names"));
        assert!(problems_of("tool_call_valid: {tools: {}}").contains("names no tool"));
    }
}
