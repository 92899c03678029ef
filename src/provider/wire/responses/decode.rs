//! The reply of `POST /responses`: a list of items, and a status that says how it ended.

use serde_json::{Map, Value};

use super::super::super::spec::Failure;
use super::super::body::{clean, json_object, malformed, request_id, text_at};
use super::super::openai::errors;
use super::super::openai::quirks::Quirks;
use crate::net::HttpReply;
use crate::record::{ChatReply, ErrorKind, Finish, LogprobToken, OffClock, Part, ToolCall};

pub(super) fn decode(reply: &HttpReply) -> Result<ChatReply, Failure> {
    if !(200..300).contains(&reply.status) {
        return Err(errors::of_status(reply));
    }
    read(reply, &json_object(reply)?)
}

/// The reply in a whole response object; `reply` gives the headers.
pub(super) fn read(reply: &HttpReply, body: &Map<String, Value>) -> Result<ChatReply, Failure> {
    let status = body.get("status").and_then(Value::as_str).unwrap_or_default();
    if body.get("error").is_some_and(|error| !error.is_null()) {
        return Err(of_error(reply, body));
    }
    match status {
        "failed" => return Err(of_error(reply, body)),
        "cancelled" => {
            return Err(with_id(reply, Failure::new(ErrorKind::Server, "the provider cancelled the response")));
        }
        "queued" | "in_progress" => {
            let message = "the provider answers in the background; take `background` out of `extra`";
            return Err(with_id(reply, Failure::new(ErrorKind::BadRequest, message)));
        }
        _ => {}
    }
    let items = body.get("output").and_then(Value::as_array);
    let items = items.ok_or_else(|| malformed(reply, "the provider answered without `output`"))?;
    let mut parts = Parts::default();
    for item in items {
        parts.take(item);
    }
    let reason = body.get("incomplete_details").and_then(|details| text_at(details, "reason"));
    let finish = finish_of(status, reason.as_deref(), &parts);
    let text_field = |name: &str| body.get(name).and_then(Value::as_str).map(clean);
    let usage = body.get("usage").filter(|usage| !usage.is_null());
    let mut counted = usage.and_then(|raw| Quirks::OPENAI.usage_of(raw));
    if let Some(counted) = counted.as_mut().filter(|_| parts.searches > 0) {
        counted.web_searches = Some(parts.searches);
    }
    Ok(ChatReply {
        contexts: Vec::new(),
        text: parts.text,
        tool_calls: parts.calls,
        finish,
        finish_raw: reason.or_else(|| Some(status.to_owned()).filter(|status| !status.is_empty())),
        refusal: parts.refusal,
        reasoning: (!parts.reasoning.is_empty()).then(|| parts.reasoning.join("\n\n")),
        thoughts: parts.thoughts,
        logprobs: parts.logprobs,
        usage: counted,
        reported_cost: usage.and_then(|raw| Quirks::OPENAI.charge_of(raw)),
        model: text_field("model"),
        request_id: request_id(reply).or_else(|| text_field("id")),
        service_tier: text_field("service_tier"),
        fingerprint: None,
        warnings: Vec::new(),
        stream: None,
        off_clock: OffClock::default(),
    })
}

/// A generation that failed says why in `error`, which may also be missing.
fn of_error(reply: &HttpReply, body: &Map<String, Value>) -> Failure {
    let mut failure = errors::of_body(reply, &Value::Object(body.clone()));
    let code = body.get("error").and_then(|error| text_at(error, "code")).unwrap_or_default();
    let message = failure.error.message.to_lowercase();
    if code == "invalid_prompt" && (message.contains("policy") || message.contains("flagged")) {
        failure.error.kind = ErrorKind::Filtered;
    }
    failure
}

fn with_id(reply: &HttpReply, mut failure: Failure) -> Failure {
    failure.error.status = Some(reply.status);
    failure.error.request_id = request_id(reply);
    failure
}

fn finish_of(status: &str, reason: Option<&str>, parts: &Parts) -> Finish {
    if parts.refusal.is_some() {
        return Finish::Refusal;
    }
    match (status, reason) {
        ("incomplete", Some("max_output_tokens")) => Finish::Length,
        ("incomplete", Some("content_filter")) => Finish::ContentFilter,
        ("incomplete", _) => Finish::Other,
        ("completed", _) if !parts.calls.is_empty() => Finish::ToolCalls,
        ("completed", _) => Finish::Stop,
        _ => Finish::Other,
    }
}

/// What the items hold.
#[derive(Default)]
struct Parts {
    text: String,
    refusal: Option<String>,
    reasoning: Vec<String>,
    thoughts: Vec<Part>,
    calls: Vec<ToolCall>,
    logprobs: Vec<LogprobToken>,
    searches: u64,
}

impl Parts {
    fn take(&mut self, item: &Value) {
        match item.get("type").and_then(Value::as_str) {
            // What the model says on the way to its answer is not the answer.
            Some("message") if item.get("phase").is_some_and(|phase| phase == "commentary") => {}
            Some("message") => self.message(item),
            Some("reasoning") => self.thinking(item),
            Some("function_call" | "custom_tool_call") => self.calls.extend(call(item)),
            Some("web_search_call") => {
                let action = item.get("action").and_then(|action| action.get("type")).and_then(Value::as_str);
                self.searches += u64::from(action.is_none_or(|action| action == "search"));
            }
            _ => {}
        }
    }

    fn message(&mut self, item: &Value) {
        for part in list(item, "content") {
            match part.get("type").and_then(Value::as_str) {
                Some("output_text") => {
                    self.text.push_str(part.get("text").and_then(Value::as_str).unwrap_or_default());
                    self.logprobs.extend(list(part, "logprobs").iter().filter_map(logprob));
                }
                Some("refusal") => {
                    let said = part.get("refusal").and_then(Value::as_str).unwrap_or_default();
                    self.refusal.get_or_insert_default().push_str(said);
                }
                _ => {}
            }
        }
    }

    fn thinking(&mut self, item: &Value) {
        let shown = list(item, "summary").iter().chain(list(item, "content"));
        let shown: Vec<String> = shown.filter_map(|part| text_at(part, "text")).collect();
        let text = shown.join("\n\n");
        // Without its encrypted form an item is known to the provider's store only, where nothing is kept.
        if text_at(item, "encrypted_content").is_some() {
            self.thoughts.push(Part::Reasoning { opaque: Some(item.to_string()), text: text.clone() });
        }
        self.reasoning.extend((!text.is_empty()).then_some(text));
    }
}

fn list<'v>(value: &'v Value, field: &str) -> &'v [Value] {
    value.get(field).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The id that a result must name is `call_id`, not the item's own.
fn call(item: &Value) -> Option<ToolCall> {
    let arguments = text_at(item, "arguments").or_else(|| text_at(item, "input")).unwrap_or_default();
    let id = text_at(item, "call_id").or_else(|| text_at(item, "id"))?;
    Some(ToolCall { arguments, id, name: text_at(item, "name")? })
}

fn logprob(token: &Value) -> Option<LogprobToken> {
    let pair = |token: &Value| Some((token.get("token")?.as_str()?.to_owned(), token.get("logprob")?.as_f64()?));
    let (text, logprob) = pair(token)?;
    Some(LogprobToken { text, logprob, top: list(token, "top_logprobs").iter().filter_map(pair).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Usage;
    use serde_json::json;

    fn decoded(body: &Value) -> Result<ChatReply, Failure> {
        decode(&HttpReply { status: 200, body: body.to_string().into_bytes(), ..HttpReply::default() })
    }

    fn message(text: &str) -> Value {
        json!({"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]})
    }

    #[test]
    fn statuses_and_reasons_map_and_keep_their_word() {
        let cases = [
            (json!({"status": "completed"}), Finish::Stop, "completed"),
            (
                json!({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}),
                Finish::Length,
                "max_output_tokens",
            ),
            (
                json!({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}),
                Finish::ContentFilter,
                "content_filter",
            ),
            (json!({"status": "incomplete", "incomplete_details": {"reason": "steered"}}), Finish::Other, "steered"),
        ];
        for (mut body, finish, raw) in cases {
            body["output"] = json!([message("x")]);
            let reply = decoded(&body).expect(raw);
            assert_eq!((reply.finish, reply.finish_raw.as_deref()), (finish, Some(raw)));
        }
    }

    #[test]
    fn only_the_final_answer_is_text() {
        let mut commentary = message("looking it up");
        commentary["phase"] = json!("commentary");
        let mut last = message("42");
        last["phase"] = json!("final_answer");
        let body = json!({"status": "completed", "output": [commentary, {"type": "web_search_call", "status": "completed",
            "action": {"type": "search"}}, {"type": "web_search_call", "action": {"type": "open_page"}}, last, message("!")],
            "usage": {"input_tokens": 5, "output_tokens": 1}});
        let reply = decoded(&body).expect("reply");
        assert_eq!(reply.text, "42!");
        assert_eq!(reply.usage.and_then(|usage| usage.web_searches), Some(1));
    }

    #[test]
    fn thinking_is_shown_and_kept_to_be_sent_back() {
        let item = json!({"type": "reasoning", "id": "rs_1", "encrypted_content": "gAAA",
            "summary": [{"type": "summary_text", "text": "a"}, {"type": "summary_text", "text": "b"}]});
        let bare = json!({"type": "reasoning", "id": "rs_2", "summary": []});
        let call = json!({"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "{}"});
        let reply = decoded(&json!({"status": "completed", "output": [item, bare, call]})).expect("reply");
        assert_eq!(reply.reasoning.as_deref(), Some("a\n\nb"));
        assert_eq!(reply.thoughts, [Part::Reasoning { opaque: Some(item.to_string()), text: "a\n\nb".into() }]);
        assert_eq!(reply.finish, Finish::ToolCalls);
        assert_eq!(reply.tool_calls, [ToolCall { arguments: "{}".into(), id: "call_1".into(), name: "f".into() }]);
    }

    #[test]
    fn failures_inside_a_200_have_their_class() {
        let failed = |code: &str, message: &str| {
            let body = json!({"status": "failed", "output": [], "error": {"code": code, "message": message}});
            decoded(&body).expect_err(code).error.kind
        };
        assert_eq!(failed("server_error", "x"), ErrorKind::Server);
        assert_eq!(failed("rate_limit_exceeded", "x"), ErrorKind::RateLimited);
        assert_eq!(failed("invalid_prompt", "flagged as violating our usage policy"), ErrorKind::Filtered);
        assert_eq!(failed("invalid_prompt", "too odd"), ErrorKind::BadRequest);
        let kind = |body: Value| decoded(&body).expect_err("failure").error.kind;
        assert_eq!(kind(json!({"status": "failed", "output": []})), ErrorKind::Server);
        assert_eq!(kind(json!({"status": "cancelled", "output": []})), ErrorKind::Server);
        assert_eq!(kind(json!({"status": "queued", "output": []})), ErrorKind::BadRequest);
        assert_eq!(kind(json!({"status": "completed"})), ErrorKind::Malformed);
    }

    #[test]
    fn published_vectors_of_responses_hold() {
        // Reference §14.3, rows 2, 3 and 13.
        let of = |usage: Value| {
            decoded(&json!({"status": "completed", "output": [], "usage": usage})).expect("reply").usage.expect("usage")
        };
        let written = of(json!({"input_tokens": 3300, "output_tokens": 500, "total_tokens": 3800,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 3207},
            "output_tokens_details": {"reasoning_tokens": 320}}));
        let wanted = Usage {
            input: Some(93),
            cache_read: Some(0),
            cache_write: Some(3207),
            output: Some(180),
            reasoning: Some(320),
            ..Usage::default()
        };
        assert_eq!(written, wanted);
        let by_lifetime = of(json!({"input_tokens": 10000, "output_tokens": 1, "input_tokens_details":
            {"cached_tokens": 4000, "cache_write_tokens": 5000,
             "cache_write_tokens_details": {"ttl_30m_tokens": 2000, "ttl_12h_tokens": 3000}}}));
        let wanted = Usage {
            input: Some(1000),
            cache_read: Some(4000),
            cache_write: Some(2000),
            cache_write_12h: Some(3000),
            output: Some(1),
            ..Usage::default()
        };
        assert_eq!(by_lifetime, wanted);
        let xai =
            of(json!({"input_tokens": 32, "output_tokens": 103, "output_tokens_details": {"reasoning_tokens": 94}}));
        assert_eq!((xai.input, xai.output, xai.reasoning), (Some(32), Some(9), Some(94)));
    }

    #[test]
    fn logprobs_and_refusals_are_read_from_the_parts() {
        let content = json!([{"type": "output_text", "text": "a", "logprobs": [{"token": "a", "logprob": -0.5,
            "bytes": [97], "top_logprobs": [{"token": "b", "logprob": -1.5}]}]}]);
        let body = json!({"status": "completed", "output": [{"type": "message", "content": content}]});
        let reply = decoded(&body).expect("reply");
        assert_eq!(reply.logprobs, [LogprobToken { text: "a".into(), logprob: -0.5, top: vec![("b".into(), -1.5)] }]);
        let body = json!({"status": "completed", "output": [{"type": "message",
            "content": [{"type": "refusal", "refusal": "I cannot"}]}]});
        let reply = decoded(&body).expect("reply");
        assert_eq!((reply.finish, reply.refusal.as_deref()), (Finish::Refusal, Some("I cannot")));
    }
}
