//! The reply of `POST /chat/completions` (reference §2.2, §9, §13).

use serde_json::Value;
use serde_json_borrow::Value as Json;

use super::super::super::spec::{Failure, Retry};
use super::super::body::{borrowed_object, clean, malformed, request_id, text_of as body_text};
use super::errors;
use super::quirks::Quirks;
use crate::net::HttpReply;
use crate::record::{ChatReply, ErrorKind, Finish, LogprobToken, OffClock, ToolCall};

/// The reply of a host with these quirks.
pub(in crate::provider::wire) fn decode(reply: &HttpReply, quirks: &Quirks) -> Result<ChatReply, Failure> {
    if !(200..300).contains(&reply.status) {
        return Err(errors::of_status_at(reply, quirks.error));
    }
    let text = body_text(reply);
    let body = borrowed_object(reply, &text)?;
    if !body.get("error").is_null() {
        return Err(errors::of_body_at(reply, &Value::from(&body), quirks.error));
    }
    let choice = body.get("choices").as_array().and_then(<[Json<'_>]>::first);
    let choice = choice.ok_or_else(|| malformed(reply, "the provider answered without `choices`"))?;
    // OpenRouter reports a failed upstream inside the choice.
    if choice.get("error").is_object() {
        return Err(errors::of_body_at(reply, &Value::from(choice), quirks.error));
    }
    let message = choice.get("message");
    if !message.is_object() {
        return Err(malformed(reply, "the provider answered without a `message`"));
    }
    let finish_raw = text_at(choice, "finish_reason");
    if finish_raw.as_deref() == Some("insufficient_system_resource") {
        let mut failure = Failure::new(ErrorKind::Overloaded, "the provider ran out of resources while it answered");
        failure.retry = Retry::Slowly;
        failure.error.status = Some(reply.status);
        failure.error.request_id = request_id(reply);
        return Err(failure);
    }
    let mut read = assemble(reply, &body, choice, message, finish_raw, quirks);
    (quirks.amend)(&mut read, &body);
    Ok(read)
}

/// Text of a field, if it is text and not empty.
fn text_at(value: &Json<'_>, key: &str) -> Option<String> {
    value.get(key).as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn assemble(
    reply: &HttpReply,
    body: &Json<'_>,
    choice: &Json<'_>,
    message: &Json<'_>,
    finish_raw: Option<String>,
    quirks: &Quirks,
) -> ChatReply {
    let tool_calls = tool_calls(message);
    let refusal = text_at(message, "refusal").or_else(|| part_text(message, "refusal", "refusal"));
    let finish = finish_of(finish_raw.as_deref(), refusal.is_some(), !tool_calls.is_empty());
    let text_field = |name: &str| body.get(name).as_str().map(clean);
    let usage = body.get("usage");
    let usage = (!usage.is_null()).then_some(usage);
    let reasoning = text_at(message, "reasoning_content")
        .or_else(|| text_at(message, "reasoning"))
        .or_else(|| thinking_chunks(message));
    ChatReply {
        text: text_of(message),
        tool_calls,
        finish,
        finish_raw,
        refusal,
        thoughts: quirks.thoughts_of(message, reasoning.as_deref()),
        reasoning,
        logprobs: logprobs(choice),
        usage: usage.and_then(|raw| quirks.usage_of(raw)),
        reported_cost: usage.and_then(|raw| quirks.charge_of(raw)),
        model: text_field("model"),
        request_id: request_id(reply).or_else(|| text_field("id")),
        service_tier: text_field("service_tier"),
        fingerprint: text_field("system_fingerprint"),
        warnings: Vec::new(),
        contexts: Vec::new(),
        stream: None,
        off_clock: OffClock::default(),
    }
}

/// Text of the message: a string, null, or a list of chunks (Mistral).
fn text_of(message: &Json<'_>) -> String {
    match message.get("content") {
        Json::Str(text) => text.clone().into_owned(),
        Json::Array(_) => part_text(message, "text", "text").unwrap_or_default(),
        _ => String::new(),
    }
}

fn part_text(message: &Json<'_>, kind: &str, field: &str) -> Option<String> {
    let texts: Vec<&str> = parts_of(message, kind).filter_map(|part| part.get(field).as_str()).collect();
    (!texts.is_empty()).then(|| texts.concat())
}

/// The parts of one kind of a message whose content is a list.
fn parts_of<'m>(message: &'m Json<'m>, kind: &str) -> impl Iterator<Item = &'m Json<'m>> {
    let parts = message.get("content").as_array().unwrap_or_default();
    parts.iter().filter(move |part| part.get("type").as_str() == Some(kind))
}

fn thinking_chunks(message: &Json<'_>) -> Option<String> {
    let texts: Vec<&str> = parts_of(message, "thinking")
        .filter_map(|part| part.get("thinking").as_array())
        .flatten()
        .filter_map(|chunk| chunk.get("text").as_str())
        .collect();
    (!texts.is_empty()).then(|| texts.concat())
}

fn tool_calls(message: &Json<'_>) -> Vec<ToolCall> {
    let listed = message.get("tool_calls").as_array().unwrap_or_default();
    let mut calls: Vec<ToolCall> = listed
        .iter()
        .enumerate()
        .filter_map(|(index, call)| {
            let function = [call.get("function"), call.get("custom")].into_iter().find(|found| !found.is_null())?;
            // Some local servers leave the id out.
            let id = text_at(call, "id").unwrap_or_else(|| format!("call_{index}"));
            Some(ToolCall { id, name: text_at(function, "name")?, arguments: arguments(function) })
        })
        .collect();
    let function = message.get("function_call");
    if let Some(name) = text_at(function, "name") {
        calls.push(ToolCall { id: "call_0".to_owned(), name, arguments: arguments(function) });
    }
    calls
}

/// Arguments are JSON text; some servers send the object itself.
fn arguments(function: &Json<'_>) -> String {
    match [function.get("arguments"), function.get("input")].into_iter().find(|found| !found.is_null()) {
        Some(Json::Str(text)) => text.clone().into_owned(),
        Some(other) => Value::from(other).to_string(),
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

fn logprobs(choice: &Json<'_>) -> Vec<LogprobToken> {
    let Some(tokens) = choice.get("logprobs").get("content").as_array() else {
        return parallel_logprobs(choice.get("logprobs"));
    };
    tokens
        .iter()
        .filter_map(|token| {
            let (text, logprob) = token_of(token)?;
            let top = token.get("top_logprobs").as_array().unwrap_or_default();
            Some(LogprobToken { text, logprob, top: top.iter().filter_map(token_of).collect() })
        })
        .collect()
}

/// Two lists of the same length (Together): tokens, and their probabilities.
fn parallel_logprobs(lists: &Json<'_>) -> Vec<LogprobToken> {
    let tokens = lists.get("tokens").as_array().unwrap_or_default();
    let pairs = tokens.iter().zip(lists.get("token_logprobs").as_array().unwrap_or_default());
    pairs
        .filter_map(|(token, logprob)| {
            Some(LogprobToken { text: token.as_str()?.to_owned(), logprob: logprob.as_f64()?, top: Vec::new() })
        })
        .collect()
}

fn token_of(token: &Json<'_>) -> Option<(String, f64)> {
    Some((token.get("token").as_str()?.to_owned(), token.get("logprob").as_f64()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn decoded(body: &Value) -> Result<ChatReply, Failure> {
        decode(&HttpReply { status: 200, body: body.to_string().into_bytes(), ..HttpReply::default() }, &Quirks::OPENAI)
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
