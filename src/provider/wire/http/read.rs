//! From the JSON of a reply to what it says, by the paths of `response`.

use serde_json::Value;

use super::super::super::app::{beginning, count, dollars, reads_as_nothing, text_of, texts_of, tool_calls_of};
use super::super::super::spec::Failure;
use super::super::body::{request_id, text_of as body_text};
use super::errors;
use crate::config::{Extract, ResponseRules, TextRule};
use crate::net::HttpReply;
use crate::record::{ChatReply, Finish, Usage};

/// The reply of a 2xx that came in one piece.
pub(super) fn whole(reply: &HttpReply, rules: Option<&ResponseRules>) -> Result<ChatReply, Failure> {
    let body = body_text(reply);
    let Some(rules) = rules.filter(|rules| rules.text != Some(TextRule::Body)) else {
        let mut read = ChatReply::of_text(body.into_owned());
        read.request_id = request_id(reply);
        return Ok(read);
    };
    let value: Value = match serde_json::from_str(body.trim()) {
        Ok(value) => value,
        Err(_) => return Err(errors::unreadable(reply, not_json(&body))),
    };
    let mut read = ChatReply::of_text("");
    read.request_id = request_id(reply);
    apply(&mut read, &value, rules, reply)?;
    let text = match &rules.text {
        Some(TextRule::At(path)) => find_text(path, &value),
        Some(TextRule::Body) | None => None,
    };
    match (text, &rules.text) {
        (Some(text), _) => read.text = text,
        (None, Some(TextRule::At(path))) if read.tool_calls.is_empty() && read.refusal.is_none() => {
            let message = format!("nothing at `{}`, where `response.text` looks, in {}", path.shown, beginning(&body));
            return Err(errors::unreadable(reply, message));
        }
        // A stream was expected, and the reply came in one piece.
        (None, None) if read.tool_calls.is_empty() && read.refusal.is_none() => {
            let message = format!(
                "the reply is no stream, and `response` has no `text` for one in a piece; it begins {}",
                beginning(&body)
            );
            return Err(errors::unreadable(reply, message));
        }
        (None, _) => {}
    }
    finish(&mut read);
    Ok(read)
}

fn not_json(body: &str) -> String {
    let trimmed = body.trim();
    let what = match trimmed.as_bytes().first() {
        None => return "the application answered with an empty body, where JSON was expected".to_owned(),
        Some(b'<') => "an HTML page",
        Some(_) => "a body that is not JSON",
    };
    format!(
        "the application answered with {what}: {}; leave `response` out, or write `text: body`, to take it as it is",
        beginning(trimmed)
    )
}

/// The text at a path; several values are joined by line feeds.
pub(super) fn find_text(path: &Extract, value: &Value) -> Option<String> {
    let found = path.path.query(value).all();
    if found.is_empty() {
        return None;
    }
    Some(found.into_iter().map(text_of).collect::<Vec<_>>().join("\n"))
}

/// Reads all but the text. Of what comes in several frames the last counts; passages and tool calls are collected.
pub(super) fn apply(
    read: &mut ChatReply,
    value: &Value,
    rules: &ResponseRules,
    reply: &HttpReply,
) -> Result<(), Failure> {
    let first = |path: &Option<Extract>| path.as_ref().and_then(|path| path.path.query(value).all().first().copied());
    if let Some(error) = first(&rules.error).filter(|error| errors::is_error(error)) {
        return Err(errors::of_error(error, reply));
    }
    if let Some(path) = &rules.contexts {
        read.contexts.extend(texts_of(path.path.query(value).all()));
    }
    if let Some(path) = &rules.tool_calls {
        let calls = tool_calls_of(path.path.query(value).all());
        read.tool_calls.extend(calls.map_err(|why| {
            errors::unreadable(reply, format!("`response.tool_calls` finds at `{}` {why}", path.shown))
        })?);
    }
    if let Some(refusal) = first(&rules.refusal).filter(|refusal| !reads_as_nothing(refusal)) {
        read.refusal = Some(text_of(refusal));
    }
    if let Some(model) = first(&rules.model).and_then(Value::as_str) {
        read.model = Some(model.to_owned());
    }
    if let Some(cost) = first(&rules.cost).and_then(dollars) {
        read.reported_cost = Some(cost);
    }
    let counted = |path: &Option<Extract>| first(path).and_then(count);
    let paths = &rules.usage;
    let found = Usage {
        input: counted(&paths.input),
        output: counted(&paths.output),
        cache_read: counted(&paths.cache_read),
        reasoning: counted(&paths.reasoning),
        ..Usage::default()
    };
    if found != Usage::default() {
        let known = read.usage.unwrap_or_default();
        read.usage = Some(Usage {
            input: found.input.or(known.input),
            output: found.output.or(known.output),
            cache_read: found.cache_read.or(known.cache_read),
            reasoning: found.reasoning.or(known.reasoning),
            ..Usage::default()
        });
    }
    Ok(())
}

/// Why it stopped, as far as the reply shows.
pub(super) fn finish(read: &mut ChatReply) {
    read.finish = if read.refusal.is_some() {
        Finish::Refusal
    } else if read.tool_calls.is_empty() {
        Finish::Stop
    } else {
        Finish::ToolCalls
    };
}
