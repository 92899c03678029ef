//! The tool calls of a reply as the checks see them.

use serde_json::Value;

use super::super::check::ScoreInput;
use super::super::reason;
use crate::record::{Finish, ToolCall};

/// Most calls that are compared: pairing takes cubic time.
pub(super) const MOST_CALLS: usize = 200;
/// Calls told in a reason.
const TOLD: usize = 6;

/// One call, its arguments read.
pub(super) struct Call<'r> {
    pub(super) name: &'r str,
    /// The arguments, or what is wrong with their text.
    pub(super) arguments: Result<Value, String>,
}

/// The calls of the reply in order; `Err` says why nothing can be said of them.
///
/// A model's reply holds the calls of one turn; an application's holds all calls it reports for the case.
pub(super) fn calls_of<'r>(input: &ScoreInput<'r>) -> Result<Vec<Call<'r>>, String> {
    let calls = &input.reply.tool_calls;
    if calls.is_empty() && input.reply.finish == Finish::Length {
        return Err("truncated: the token limit was reached before any tool call; raise `max_tokens`".to_owned());
    }
    if calls.len() > MOST_CALLS {
        return Err(format!("the reply has {} tool calls, more than the {MOST_CALLS} that are compared", calls.len()));
    }
    Ok(calls.iter().map(read).collect())
}

fn read(call: &ToolCall) -> Call<'_> {
    // Several APIs write nothing for a tool without parameters.
    let text = if call.arguments.trim().is_empty() { "{}" } else { call.arguments.as_str() };
    let arguments = serde_json::from_str(text).map_err(|error| {
        format!("{}, which is not JSON ({})", reason::quote(text), reason::message(&error.to_string()))
    });
    Call { name: &call.name, arguments }
}

/// `search, book and 2 more`, or `no tool call`.
pub(super) fn names(calls: &[Call<'_>]) -> String {
    listed(calls, |call| reason::message(call.name))
}

/// `search({"q":1})`, as many as are told.
pub(super) fn shown(calls: &[Call<'_>]) -> String {
    listed(calls, one)
}

/// One call with its arguments.
pub(super) fn one(call: &Call<'_>) -> String {
    let arguments = match &call.arguments {
        Ok(Value::Object(fields)) if fields.is_empty() => String::new(),
        Ok(arguments) => reason::json(arguments),
        Err(fault) => fault.clone(),
    };
    format!("{}({arguments})", reason::message(call.name))
}

fn listed(calls: &[Call<'_>], show: impl Fn(&Call<'_>) -> String) -> String {
    if calls.is_empty() {
        return "no tool call".to_owned();
    }
    let told: Vec<String> = calls.iter().take(TOLD).map(show).collect();
    match calls.len().saturating_sub(TOLD) {
        0 => told.join(", "),
        more => format!("{} and {more} more", told.join(", ")),
    }
}

#[cfg(test)]
pub(super) mod testing {
    use super::super::super::testing::on_reply;
    use crate::record::{ChatReply, Finish, Score, ToolCall};

    /// A reply with these calls.
    pub(in crate::score::tools) fn reply(calls: &[(&str, &str)]) -> ChatReply {
        let calls = calls.iter().map(|(name, arguments)| ToolCall {
            arguments: (*arguments).to_owned(),
            id: String::new(),
            name: (*name).to_owned(),
        });
        ChatReply { tool_calls: calls.collect(), finish: Finish::ToolCalls, ..ChatReply::of_text("") }
    }

    /// The score of a check on these calls.
    pub(in crate::score::tools) fn on_calls(yaml: &str, calls: &[(&str, &str)]) -> Score {
        on_reply(yaml, &reply(calls))
    }

    /// The value of a check on these calls.
    pub(in crate::score::tools) fn value_on(yaml: &str, calls: &[(&str, &str)]) -> Option<f64> {
        match on_calls(yaml, calls).state {
            crate::record::ScoreState::Scored { value, .. } => Some(value.get()),
            _ => None,
        }
    }
}
