//! The reply of `POST /chat/completions` (reference §2.2, §9, §13).

use serde_json::{Map, Value};

use super::super::super::spec::{Failure, Retry};
use super::super::body::{clean, json_object, malformed, request_id, text_at};
use super::errors;
use super::usage::{reported_cost, usage_of};
use crate::net::HttpReply;
use crate::record::{ChatReply, ErrorKind, Finish, LogprobToken, ToolCall};

pub(super) fn decode(reply: &HttpReply) -> Result<ChatReply, Failure> {
    if !(200..300).contains(&reply.status) {
        return Err(errors::of_status(reply));
    }
    let body = json_object(reply)?;
    if body.get("error").is_some_and(|error| !error.is_null()) {
        return Err(errors::of_body(reply, &Value::Object(body)));
    }
    let choice = body
        .get("choices")
        .and_then(Value::as_array)
        .and_then(|choices| choices.first())
        .ok_or_else(|| malformed(reply, "the provider answered without `choices`"))?;
    // OpenRouter reports a failed upstream inside the choice.
    if choice.get("error").is_some_and(Value::is_object) {
        return Err(errors::of_body(reply, choice));
    }
    let message = choice
        .get("message")
        .filter(|message| message.is_object())
        .ok_or_else(|| malformed(reply, "the provider answered without a `message`"))?;
    let finish_raw = text_at(choice, "finish_reason");
    if finish_raw.as_deref() == Some("insufficient_system_resource") {
        let mut failure = Failure::new(ErrorKind::Overloaded, "the provider ran out of resources while it answered");
        failure.retry = Retry::Slowly;
        failure.error.status = Some(reply.status);
        failure.error.request_id = request_id(reply);
        return Err(failure);
    }
    Ok(assemble(reply, &body, choice, message, finish_raw))
}

fn assemble(
    reply: &HttpReply,
    body: &Map<String, Value>,
    choice: &Value,
    message: &Value,
    finish_raw: Option<String>,
) -> ChatReply {
    let tool_calls = tool_calls(message);
    let refusal = text_at(message, "refusal").or_else(|| part_text(message, "refusal", "refusal"));
    let finish = finish_of(finish_raw.as_deref(), refusal.is_some(), !tool_calls.is_empty());
    let text_field = |name: &str| body.get(name).and_then(Value::as_str).map(clean);
    ChatReply {
        text: text_of(message),
        tool_calls,
        finish,
        finish_raw,
        refusal,
        reasoning: text_at(message, "reasoning_content")
            .or_else(|| text_at(message, "reasoning"))
            .or_else(|| thinking_chunks(message)),
        logprobs: logprobs(choice),
        usage: body.get("usage").and_then(usage_of),
        reported_cost: body.get("usage").and_then(reported_cost),
        model: text_field("model"),
        request_id: request_id(reply).or_else(|| text_field("id")),
        service_tier: text_field("service_tier"),
        fingerprint: text_field("system_fingerprint"),
        warnings: Vec::new(),
    }
}

/// Text of the message: a string, null, or a list of chunks (Mistral).
fn text_of(message: &Value) -> String {
    match message.get("content") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(_)) => part_text(message, "text", "text").unwrap_or_default(),
        _ => String::new(),
    }
}

fn part_text(message: &Value, kind: &str, field: &str) -> Option<String> {
    let parts = message.get("content").and_then(Value::as_array)?;
    let texts: Vec<&str> = parts
        .iter()
        .filter(|part| part.get("type").is_some_and(|found| found == kind))
        .filter_map(|part| part.get(field).and_then(Value::as_str))
        .collect();
    (!texts.is_empty()).then(|| texts.concat())
}

fn thinking_chunks(message: &Value) -> Option<String> {
    let parts = message.get("content").and_then(Value::as_array)?;
    let texts: Vec<&str> = parts
        .iter()
        .filter(|part| part.get("type").is_some_and(|kind| kind == "thinking"))
        .filter_map(|part| part.get("thinking").and_then(Value::as_array))
        .flatten()
        .filter_map(|chunk| chunk.get("text").and_then(Value::as_str))
        .collect();
    (!texts.is_empty()).then(|| texts.concat())
}

fn tool_calls(message: &Value) -> Vec<ToolCall> {
    let listed = message.get("tool_calls").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut calls: Vec<ToolCall> = listed
        .iter()
        .enumerate()
        .filter_map(|(index, call)| {
            let function = call.get("function").or_else(|| call.get("custom"))?;
            // Some local servers leave the id out.
            let id = text_at(call, "id").unwrap_or_else(|| format!("call_{index}"));
            Some(ToolCall { id, name: text_at(function, "name")?, arguments: arguments(function) })
        })
        .collect();
    if let Some(function) = message.get("function_call").filter(|call| call.is_object())
        && let Some(name) = text_at(function, "name")
    {
        calls.push(ToolCall { id: "call_0".to_owned(), name, arguments: arguments(function) });
    }
    calls
}

/// Arguments are JSON text; some servers send the object itself.
fn arguments(function: &Value) -> String {
    match function.get("arguments").or_else(|| function.get("input")) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

fn finish_of(raw: Option<&str>, refused: bool, calls_tools: bool) -> Finish {
    if refused {
        return Finish::Refusal;
    }
    match raw {
        Some("stop" | "eos" | "eos_token") if calls_tools => Finish::ToolCalls,
        Some("stop" | "eos" | "eos_token") => Finish::Stop,
        Some("stop_sequence" | "word") => Finish::StopSequence,
        Some("length") => Finish::Length,
        Some("model_length") => Finish::ContextFull,
        Some("tool_calls" | "function_call") => Finish::ToolCalls,
        Some("content_filter") => Finish::ContentFilter,
        Some("error") => Finish::Error,
        Some(_) | None => Finish::Other,
    }
}

fn logprobs(choice: &Value) -> Vec<LogprobToken> {
    let Some(tokens) = choice.pointer("/logprobs/content").and_then(Value::as_array) else { return Vec::new() };
    let pair = |token: &Value| {
        let text = token.get("token").and_then(Value::as_str)?;
        Some((text.to_owned(), token.get("logprob").and_then(Value::as_f64)?))
    };
    tokens
        .iter()
        .filter_map(|token| {
            let (text, logprob) = pair(token)?;
            let top = token.get("top_logprobs").and_then(Value::as_array);
            Some(LogprobToken {
                text,
                logprob,
                top: top.map(|all| all.iter().filter_map(pair).collect()).unwrap_or_default(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn decoded(body: &Value) -> Result<ChatReply, Failure> {
        decode(&HttpReply { status: 200, headers: vec![], body: body.to_string().into_bytes() })
    }

    fn with_choice(choice: &Value) -> Value {
        json!({"id": "chatcmpl-1", "model": "m", "choices": [choice]})
    }

    #[test]
    fn finish_reasons_map_and_keep_their_word() {
        let cases = [
            ("stop", Finish::Stop),
            ("eos", Finish::Stop),
            ("length", Finish::Length),
            ("model_length", Finish::ContextFull),
            ("content_filter", Finish::ContentFilter),
            ("function_call", Finish::ToolCalls),
            ("error", Finish::Error),
            ("brand_new", Finish::Other),
        ];
        for (raw, finish) in cases {
            let reply = decoded(&with_choice(&json!({"message": {"content": "x"}, "finish_reason": raw}))).expect(raw);
            assert_eq!((reply.finish, reply.finish_raw.as_deref()), (finish, Some(raw)));
        }
    }

    #[test]
    fn tool_calls_beat_a_finish_of_stop() {
        let choice = json!({"finish_reason": "stop", "message": {"content": null, "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{\"x\":1}"}},
            {"type": "function", "function": {"name": "g", "arguments": {"y": 2}}}]}});
        let reply = decoded(&with_choice(&choice)).expect("reply");
        assert_eq!(reply.finish, Finish::ToolCalls);
        let calls: Vec<_> =
            reply.tool_calls.iter().map(|c| (c.id.as_str(), c.name.as_str(), c.arguments.as_str())).collect();
        assert_eq!(calls, [("a", "f", "{\"x\":1}"), ("call_1", "g", "{\"y\":2}")]);
    }

    #[test]
    fn refusals_and_empty_answers_are_replies() {
        let refused = json!({"finish_reason": "stop", "message": {"content": null, "refusal": "I cannot"}});
        let reply = decoded(&with_choice(&refused)).expect("reply");
        assert_eq!(
            (reply.finish, reply.refusal.as_deref(), reply.text.as_str()),
            (Finish::Refusal, Some("I cannot"), "")
        );
        let empty = json!({"finish_reason": "length", "message": {"content": ""}});
        assert_eq!(decoded(&with_choice(&empty)).expect("reply").finish, Finish::Length);
    }

    #[test]
    fn content_in_chunks_is_joined_and_thinking_kept_apart() {
        let choice = json!({"finish_reason": "stop", "message": {"content": [
            {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
            {"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}});
        let reply = decoded(&with_choice(&choice)).expect("reply");
        assert_eq!((reply.text.as_str(), reply.reasoning.as_deref()), ("ab", Some("hm")));
    }

    #[test]
    fn replies_without_an_answer_are_malformed() {
        for body in
            [json!({}), json!({"choices": []}), json!({"choices": [{}]}), json!({"choices": [{"message": "x"}]})]
        {
            assert_eq!(decoded(&body).expect_err("malformed").error.kind, ErrorKind::Malformed, "{body}");
        }
        let resource =
            with_choice(&json!({"message": {"content": "x"}, "finish_reason": "insufficient_system_resource"}));
        assert_eq!(decoded(&resource).expect_err("retry").retry, Retry::Slowly);
        let upstream = with_choice(&json!({"error": {"code": 502, "message": "x"}, "message": {"content": ""}}));
        assert_eq!(decoded(&upstream).expect_err("retry").error.kind, ErrorKind::Server);
    }

    #[test]
    fn logprobs_are_read_with_their_alternatives() {
        let choice = json!({"finish_reason": "stop", "message": {"content": "a"}, "logprobs": {"content": [
            {"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": [{"token": "b", "logprob": -1.5}]}]}});
        let reply = decoded(&with_choice(&choice)).expect("reply");
        assert_eq!(reply.logprobs, [LogprobToken { text: "a".into(), logprob: -0.5, top: vec![("b".into(), -1.5)] }]);
    }
}
