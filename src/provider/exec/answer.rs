//! The protocol of programs, as pure functions: the line of a question, and what a line of an answer says.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::super::app::{
    Scope, beginning, count, dollars, last_user, one_line, reads_as_nothing, text_of, texts_of, tool_calls_of,
};
use super::super::spec::{Failure, Retry};
use crate::record::{ChatReply, ChatRequest, ErrorKind, Finish, Usage};

/// Characters of a program's own message that are kept.
const MESSAGE_CHARS: usize = 2_000;

/// The line of a question, with its line feed.
pub(super) fn question(id: u64, request: &ChatRequest) -> String {
    let scope = Scope::of(request);
    let question = json!({
        "id": id,
        "input": last_user(request),
        "messages": scope.messages(),
        "system": scope.system(),
        "vars": scope.vars(),
        "model": request.model,
        "params": scope.params(),
    });
    let mut line = question.to_string();
    line.push('\n');
    line
}

/// What an answer says.
///
/// # Errors
/// The failure that the program reports, or that its answer is none.
pub(super) fn reply(answer: &Map<String, Value>) -> Result<ChatReply, Failure> {
    if let Some(error) = answer.get("error").filter(|error| !reads_as_nothing(error)) {
        return Err(reported(error));
    }
    let refusal = answer.get("refusal").filter(|refusal| !reads_as_nothing(refusal)).map(text_of);
    let calls = answer.get("tool_calls").filter(|calls| !calls.is_null());
    let tool_calls = calls.map_or_else(|| Ok(Vec::new()), |calls| tool_calls_of([calls]));
    let tool_calls = tool_calls.map_err(|why| malformed(format!("the program answers with {why}")))?;
    let output = answer.get("output").filter(|output| !output.is_null());
    if output.is_none() && refusal.is_none() && tool_calls.is_empty() {
        let shown = beginning(&Value::Object(answer.clone()).to_string());
        return Err(malformed(format!("the program's answer has neither `output` nor `error`: {shown}")));
    }
    let mut reply = ChatReply::of_text(output.map(text_of).unwrap_or_default());
    reply.finish = match (&refusal, tool_calls.is_empty()) {
        (Some(_), _) => Finish::Refusal,
        (None, false) => Finish::ToolCalls,
        (None, true) => Finish::Stop,
    };
    reply.refusal = refusal;
    reply.tool_calls = tool_calls;
    reply.contexts = answer.get("contexts").map(|contexts| texts_of([contexts])).unwrap_or_default();
    reply.usage = answer.get("usage").and_then(usage);
    reply.reported_cost = answer.get("cost").and_then(dollars);
    reply.model = answer.get("model").and_then(Value::as_str).map(str::to_owned);
    Ok(reply)
}

fn usage(value: &Value) -> Option<Usage> {
    let at = |name: &str| value.get(name).and_then(count);
    let usage = Usage {
        input: at("input"),
        output: at("output"),
        cache_read: at("cache_read"),
        reasoning: at("reasoning"),
        ..Usage::default()
    };
    (usage != Usage::default()).then_some(usage)
}

/// A failure as the program reports it. Only a class that it names itself is tried again: an exception of the
/// application under test is a finding, not an outage.
fn reported(error: &Value) -> Failure {
    let word = error.get("kind").and_then(Value::as_str);
    let kind = word.and_then(ErrorKind::parse);
    let told = error.get("message").map_or_else(|| text_of(error), text_of);
    let told: String = one_line(&told).chars().take(MESSAGE_CHARS).collect();
    let mut failure =
        Failure::new(kind.unwrap_or(ErrorKind::BadRequest), format!("the application reports an error: {told}"));
    if kind.is_none() {
        failure.retry = Retry::Never;
    }
    failure.wait = error.get("retry_after_ms").and_then(count).map(Duration::from_millis);
    failure
}

/// An answer that is none; the same question would get the same one.
pub(super) fn malformed(message: String) -> Failure {
    let mut failure = Failure::new(ErrorKind::Malformed, message);
    failure.retry = Retry::Never;
    failure
}

/// The program ended, or did something else that says nothing about the next question.
pub(super) fn broken(message: String) -> Failure {
    let mut failure = Failure::new(ErrorKind::Server, message);
    failure.retry = Retry::Never;
    failure
}

/// The program took too long.
pub(super) fn timed_out(limit: Duration, stderr: &str) -> Failure {
    let time = crate::base::format_duration(limit);
    let message = format!("the program did not answer in {time} and was stopped{}", told(stderr));
    let mut failure = Failure::new(ErrorKind::Timeout, message);
    failure.retry = Retry::Never;
    // Whatever it called may have been billed.
    failure.timed_out = true;
    failure
}

/// The end of what a program wrote to stderr, for a message.
pub(super) fn told(stderr: &str) -> String {
    let line = one_line(stderr);
    if line.is_empty() { String::new() } else { format!("; stderr ends: {line}") }
}

#[cfg(test)]
mod unit {
    use super::*;
    use crate::base::Usd;

    fn read(answer: &Value) -> Result<ChatReply, Failure> {
        reply(answer.as_object().expect("object"))
    }

    #[test]
    fn an_answer_has_all_its_parts() {
        let answer = json!({
            "id": 1, "output": {"a": 1}, "contexts": ["x", {"t": 2}], "tool_calls": [{"name": "f", "arguments": {}}],
            "usage": {"input": 3, "output": 4.0}, "cost": "0.01", "model": "m"
        });
        let reply = read(&answer).expect("reply");
        assert_eq!((reply.text.as_str(), reply.finish), (r#"{"a":1}"#, Finish::ToolCalls));
        assert_eq!(reply.contexts, ["x", r#"{"t":2}"#]);
        assert_eq!((reply.usage, reply.reported_cost), (Some(Usage::plain(3, 4)), Usd::parse("0.01").ok()));
        assert_eq!(reply.model.as_deref(), Some("m"));
        let refused = read(&json!({"refusal": "no"})).expect("reply");
        assert_eq!(
            (refused.finish, refused.refusal.as_deref(), refused.text.as_str()),
            (Finish::Refusal, Some("no"), "")
        );
        assert_eq!(read(&json!({"output": ""})).map(|reply| reply.text), Ok(String::new()));
    }

    #[test]
    fn errors_are_of_the_class_that_the_program_names() {
        let failure = read(&json!({"error": {"kind": "rate_limited", "message": "slow", "retry_after_ms": 250}}));
        let failure = failure.expect_err("failure");
        assert_eq!((failure.error.kind, failure.retry), (ErrorKind::RateLimited, Retry::Soon));
        assert_eq!(failure.wait, Some(Duration::from_millis(250)));
        for (error, kind) in [
            (json!("boom\nand more"), ErrorKind::BadRequest),
            (json!({"message": "boom and more"}), ErrorKind::BadRequest),
            (json!({"kind": "no_such_kind", "message": "boom and more"}), ErrorKind::BadRequest),
        ] {
            let failure = read(&json!({"error": error})).expect_err("failure");
            assert_eq!((failure.error.kind, failure.retry), (kind, Retry::Never));
            assert_eq!(failure.error.message, "the application reports an error: boom and more");
            assert!(!failure.counts_for_breaker());
        }
        for answer in [json!({"id": 1}), json!({"output": null}), json!({"result": "x"})] {
            let failure = read(&answer).expect_err("failure");
            assert_eq!((failure.error.kind, failure.retry), (ErrorKind::Malformed, Retry::Never));
        }
    }
}
