//! Streamed replies of Chat Completions (reference §2.2, §9, §12): chunks are put together to the body that a plain
//! reply has, and that is decoded as always.

use serde_json::{Map, Value, json};

use super::super::super::spec::Failure;
use super::super::super::stream::{Frame, Framing, Sign, StreamDecoder, StreamWire};
use super::super::body::clean;
use super::quirks::Quirks;
use super::{decode, errors};
use crate::net::HttpReply;
use crate::record::ChatReply;

/// Fields of chunks that belong to the reply as a whole; the last one that says something counts.
const WHOLE: &[&str] = &["id", "model", "service_tier", "system_fingerprint"];

/// How Chat Completions stream.
#[derive(Debug)]
pub(in crate::provider) struct ChatStream {
    /// How the host differs.
    pub(in crate::provider::wire) quirks: &'static Quirks,
}

impl StreamWire for ChatStream {
    fn framing(&self) -> Framing {
        Framing::Sse
    }

    fn decoder(&self) -> Box<dyn StreamDecoder> {
        Box::new(Chunks::of(self.quirks))
    }
}

/// What the chunks have said so far; of several choices the first one counts, as in a plain reply.
#[derive(Debug)]
struct Chunks {
    quirks: &'static Quirks,
    whole: Map<String, Value>,
    usage: Option<Value>,
    text: String,
    reasoning: String,
    refusal: String,
    calls: Vec<Call>,
    function: Option<Call>,
    logprobs: Vec<Value>,
    /// Items of `reasoning_details`, which go back in the next turn.
    details: Vec<Value>,
    /// What Azure's filter found.
    filter: Option<Value>,
    finish: Option<String>,
}

/// A tool call under way.
#[derive(Debug, Default)]
struct Call {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
}

impl StreamDecoder for Chunks {
    fn frame(&mut self, frame: &Frame) -> Result<Sign, Failure> {
        let text = frame.data.trim();
        if text.is_empty() {
            return Ok(Sign::Nothing);
        }
        if text == "[DONE]" {
            return Ok(Sign::End);
        }
        let chunk: Value = serde_json::from_str(text).map_err(|error| {
            Failure::cut_off(format!("the stream holds a chunk that is not JSON ({})", clean(&error.to_string())))
        })?;
        self.fail_on_error(frame, &chunk)?;
        for name in WHOLE {
            if let Some(value) = chunk.get(*name).filter(|value| value.as_str().is_some_and(|text| !text.is_empty())) {
                self.whole.insert((*name).to_owned(), value.clone());
            }
        }
        // Groq puts the usage of a stream into a field of its own.
        for usage in [chunk.pointer("/x_groq/usage"), chunk.get("usage")].into_iter().flatten() {
            if usage.is_object() {
                self.usage = Some(usage.clone());
            }
        }
        let choices = chunk.get("choices").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let first = choices.iter().find(|choice| choice.get("index").and_then(Value::as_u64).unwrap_or(0) == 0);
        Ok(first.map_or(Sign::Nothing, |choice| self.choice(choice)))
    }

    fn partial(&self) -> Option<String> {
        (self.calls.is_empty() && self.function.is_none() && self.refusal.is_empty()).then(|| self.text.clone())
    }

    fn finish(self: Box<Self>) -> Result<ChatReply, Failure> {
        if self.finish.is_none() {
            let seen = if self.has_begun() { "after a part of the answer" } else { "before the answer" };
            return Err(Failure::cut_off(format!("the stream ended {seen}, without a `finish_reason`")));
        }
        let quirks = self.quirks;
        let body = self.into_body().to_string().into_bytes();
        decode::decode(&HttpReply { status: 200, body, ..HttpReply::default() }, quirks)
    }
}

impl Chunks {
    fn of(quirks: &'static Quirks) -> Chunks {
        Chunks {
            quirks,
            whole: Map::new(),
            usage: None,
            text: String::new(),
            reasoning: String::new(),
            refusal: String::new(),
            calls: Vec::new(),
            function: None,
            logprobs: Vec::new(),
            details: Vec::new(),
            filter: None,
            finish: None,
        }
    }

    /// An error instead of a chunk: of the server, of Groq, of an upstream of `OpenRouter`, or an event named so.
    fn fail_on_error(&self, frame: &Frame, chunk: &Value) -> Result<(), Failure> {
        let says = |value: Option<&Value>| value.is_some_and(|error| !error.is_null());
        let inside = [chunk.get("x_groq"), chunk.pointer("/choices/0")];
        let holder = if says(chunk.get("error")) {
            chunk
        } else if let Some(inner) = inside.into_iter().flatten().find(|inner| says(inner.get("error"))) {
            inner
        } else if frame.event.as_deref() == Some("error") || chunk.get("object").is_some_and(|kind| kind == "error") {
            chunk
        } else {
            return Ok(());
        };
        let reply = HttpReply { status: 200, ..HttpReply::default() };
        let mut failure = errors::of_body_at(&reply, holder, self.quirks.error);
        failure.timed_out |= self.has_begun();
        Err(failure)
    }

    fn has_begun(&self) -> bool {
        let parts = [&self.text, &self.reasoning, &self.refusal];
        parts.into_iter().any(|part| !part.is_empty()) || !self.calls.is_empty() || self.function.is_some()
    }

    fn choice(&mut self, choice: &Value) -> Sign {
        if let Some(reason) = choice.get("finish_reason").and_then(Value::as_str).filter(|reason| !reason.is_empty()) {
            self.finish = Some(reason.to_owned());
        }
        if let Some(tokens) = choice.pointer("/logprobs/content").and_then(Value::as_array) {
            self.logprobs.extend(tokens.iter().cloned());
        }
        if let Some(found) = choice.get("content_filter_results").filter(|found| found.get("error").is_some()) {
            self.filter = Some(found.clone());
        }
        let Some(delta) = choice.get("delta") else { return Sign::Nothing };
        if let Some(items) = delta.get("reasoning_details").and_then(Value::as_array) {
            items.iter().for_each(|item| add_detail(&mut self.details, item));
        }
        let thought = self.think(delta);
        if self.answer(delta) {
            Sign::Visible
        } else if thought {
            Sign::Reasoning
        } else {
            Sign::Nothing
        }
    }

    /// Takes the thinking of a delta; whether there was any.
    fn think(&mut self, delta: &Value) -> bool {
        let before = self.reasoning.len();
        // Some hosts send the same piece under both names.
        let piece = ["reasoning_content", "reasoning"].into_iter().filter_map(|name| delta.get(name)?.as_str());
        self.reasoning.extend(piece.filter(|text| !text.is_empty()).take(1));
        let chunks = parts(delta, "thinking").filter_map(|part| part.get("thinking")?.as_array()).flatten();
        self.reasoning.extend(chunks.filter_map(|chunk| chunk.get("text")?.as_str()));
        self.reasoning.len() > before
    }

    /// Takes what is seen of a delta; whether there was any.
    fn answer(&mut self, delta: &Value) -> bool {
        let before = self.text.len() + self.refusal.len();
        self.text.extend(delta.get("content").and_then(Value::as_str));
        self.text.extend(parts(delta, "text").filter_map(|part| part.get("text")?.as_str()));
        self.refusal.extend(delta.get("refusal").and_then(Value::as_str));
        let mut seen = self.text.len() + self.refusal.len() > before;
        for piece in delta.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
            self.call(piece);
            seen = true;
        }
        if let Some(piece) = delta.get("function_call").filter(|piece| piece.is_object()) {
            self.function.get_or_insert_default().add(piece);
            seen = true;
        }
        seen
    }

    /// Pieces belong together by `index`. Servers that leave it out, or always send 0, begin a new call with a new id.
    fn call(&mut self, piece: &Value) {
        let index = piece.get("index").and_then(Value::as_u64);
        let id = piece.get("id").and_then(Value::as_str).unwrap_or_default();
        let is_next = |call: &Call| !id.is_empty() && !call.id.is_empty() && call.id != id;
        let known = match index {
            Some(_) => self.calls.iter().rposition(|call| call.index == index),
            None => self.calls.len().checked_sub(1),
        };
        let known = known.filter(|at| !self.calls.get(*at).is_some_and(is_next));
        let at = known.unwrap_or_else(|| {
            self.calls.push(Call { index, ..Call::default() });
            self.calls.len() - 1
        });
        let Some(call) = self.calls.get_mut(at) else { return };
        if call.id.is_empty() {
            call.id = id.to_owned();
        }
        if let Some(function) = ["function", "custom"].into_iter().find_map(|name| piece.get(name)) {
            call.add(function);
        }
    }

    /// The body of the plain reply that says the same.
    fn into_body(mut self) -> Value {
        let mut message = Map::new();
        message.insert("content".to_owned(), json!(self.text));
        for (name, text) in [("refusal", self.refusal), ("reasoning_content", self.reasoning)] {
            if !text.is_empty() {
                message.insert(name.to_owned(), json!(text));
            }
        }
        if !self.details.is_empty() {
            message.insert("reasoning_details".to_owned(), Value::Array(self.details));
        }
        self.calls.sort_by_key(|call| call.index);
        let calls: Vec<Value> =
            self.calls.iter().map(|call| json!({"id": call.id, "function": call.function()})).collect();
        message.insert("tool_calls".to_owned(), Value::Array(calls));
        if let Some(function) = &self.function {
            message.insert("function_call".to_owned(), function.function());
        }
        let mut choice = json!({"message": message, "finish_reason": self.finish});
        if !self.logprobs.is_empty() {
            choice["logprobs"] = json!({"content": self.logprobs});
        }
        if let Some(found) = self.filter {
            choice["content_filter_results"] = found;
        }
        let mut body = self.whole;
        body.insert("choices".to_owned(), json!([choice]));
        body.insert("usage".to_owned(), self.usage.unwrap_or(Value::Null));
        Value::Object(body)
    }
}

impl Call {
    /// The name comes once, and some servers repeat it; arguments come in fragments, or whole as an object.
    fn add(&mut self, function: &Value) {
        let name = function.get("name").and_then(Value::as_str).unwrap_or_default();
        if self.name != name {
            self.name.push_str(name);
        }
        match ["arguments", "input"].into_iter().find_map(|field| function.get(field)) {
            Some(Value::String(text)) => self.arguments.push_str(text),
            None | Some(Value::Null) => {}
            Some(whole) => self.arguments = whole.to_string(),
        }
    }

    fn function(&self) -> Value {
        json!({"name": self.name, "arguments": self.arguments})
    }
}

/// Pieces of one item of `reasoning_details` have the same `index` and type; their texts are joined, of all else the
/// last one counts.
fn add_detail(items: &mut Vec<Value>, piece: &Value) {
    let same = |item: &&mut Value| {
        piece.get("index").is_some() && ["index", "type"].iter().all(|key| item.get(*key) == piece.get(*key))
    };
    let known = items.last_mut().filter(same).and_then(Value::as_object_mut);
    let (Some(known), Some(fields)) = (known, piece.as_object()) else {
        items.push(piece.clone());
        return;
    };
    for (key, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
        match (known.get_mut(key), value) {
            (Some(Value::String(text)), Value::String(more)) if matches!(key.as_str(), "text" | "summary" | "data") => {
                text.push_str(more);
            }
            _ => {
                known.insert(key.clone(), value.clone());
            }
        }
    }
}

/// The parts of one kind of a delta whose content is a list (Mistral).
fn parts<'d>(delta: &'d Value, kind: &'static str) -> impl Iterator<Item = &'d Value> {
    let list = delta.get("content").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().filter(move |part| part.get("type").is_some_and(|found| found == kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Tokens;
    use crate::record::{ErrorKind, Finish};

    fn read(chunks: &[Value]) -> (Vec<Sign>, Result<ChatReply, Failure>) {
        let mut decoder = ChatStream { quirks: &Quirks::OPENAI }.decoder();
        let mut signs = Vec::new();
        for chunk in chunks {
            let data = chunk.as_str().map_or_else(|| chunk.to_string(), str::to_owned);
            match decoder.frame(&Frame { data, ..Frame::default() }) {
                Ok(sign) => signs.push(sign),
                Err(failure) => return (signs, Err(failure)),
            }
        }
        (signs, decoder.finish())
    }

    fn delta(delta: &Value) -> Value {
        json!({"id": "c", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": null}]})
    }

    fn stop(reason: &str) -> Value {
        json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
    }

    #[test]
    fn text_usage_and_the_end_come_in_chunks_of_their_own() {
        let (signs, reply) = read(&[
            // Azure begins so.
            json!({"choices": [], "model": "", "id": "", "prompt_filter_results": []}),
            delta(&json!({"role": "assistant", "content": "", "refusal": null})),
            delta(&json!({"content": "Hel"})),
            delta(&json!({"content": "lo"})),
            stop("stop"),
            json!({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}),
            json!(" [DONE] "),
        ]);
        use Sign::{End, Nothing, Visible};
        assert_eq!(signs, [Nothing, Nothing, Visible, Visible, Nothing, Nothing, End]);
        let reply = reply.expect("reply");
        assert_eq!((reply.text.as_str(), reply.finish, reply.model.as_deref()), ("Hello", Finish::Stop, Some("m")));
        assert_eq!(reply.usage.and_then(|usage| usage.total_input()), Some(Tokens(3)));
    }

    #[test]
    fn tool_calls_are_put_together_by_index_and_without_one_by_id() {
        let call = |index: Option<u64>, id: Option<&str>, name: Option<&str>, arguments: &str| {
            delta(&json!({"tool_calls": [{"index": index, "id": id, "type": "function",
                "function": {"name": name, "arguments": arguments}}]}))
        };
        let read_calls = |chunks: &[Value]| -> Vec<(String, String, String)> {
            let (signs, reply) = read(&[chunks, &[stop("tool_calls")]].concat());
            assert_eq!(signs.first(), Some(&Sign::Visible));
            let calls = reply.expect("reply").tool_calls;
            calls.into_iter().map(|call| (call.id, call.name, call.arguments)).collect()
        };
        let wanted = [("a", "f", "{\"x\":1}"), ("b", "g", "{}")]
            .map(|(id, name, arguments)| (id.to_owned(), name.to_owned(), arguments.to_owned()));
        let mixed = [
            call(Some(1), Some("b"), Some("g"), ""),
            call(Some(0), Some("a"), Some("f"), "{\"x\""),
            call(Some(1), None, None, "{}"),
            call(Some(0), Some(""), None, ":1}"),
        ];
        assert_eq!(read_calls(&mixed), wanted);
        let unnumbered = [
            call(None, Some("a"), Some("f"), "{\"x\""),
            call(None, None, None, ":1}"),
            call(None, Some("b"), Some("g"), "{}"),
        ];
        assert_eq!(read_calls(&unnumbered), wanted);
        let always_zero = [
            call(Some(0), Some("a"), Some("f"), "{\"x\":1}"),
            call(Some(0), Some("b"), Some("g"), "{"),
            call(Some(0), Some("b"), Some("g"), "}"),
        ];
        assert_eq!(read_calls(&always_zero), wanted);
    }

    #[test]
    fn thinking_refusals_and_logprobs_are_kept_apart() {
        let (signs, reply) = read(&[
            delta(&json!({"reasoning_content": "h", "content": null})),
            delta(&json!({"reasoning": "m", "reasoning_content": "m"})),
            delta(&json!({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "!"}]}]})),
            json!({"choices": [{"delta": {"content": [{"type": "text", "text": "a"}]},
                "logprobs": {"content": [{"token": "a", "logprob": -0.5}]}}]}),
            delta(&json!({"refusal": "no"})),
            stop("stop"),
        ]);
        use Sign::{Nothing, Reasoning, Visible};
        assert_eq!(signs, [Reasoning, Reasoning, Reasoning, Visible, Visible, Nothing]);
        let reply = reply.expect("reply");
        assert_eq!((reply.reasoning.as_deref(), reply.text.as_str()), (Some("hm!"), "a"));
        assert_eq!((reply.refusal.as_deref(), reply.finish, reply.logprobs.len()), (Some("no"), Finish::Refusal, 1));
    }

    #[test]
    fn pieces_of_thinking_that_go_back_are_put_together() {
        const QUIRKS: &Quirks = &Quirks { replay: super::super::quirks::Replay::Details, ..Quirks::OPENAI };
        let mut decoder = ChatStream { quirks: QUIRKS }.decoder();
        let piece = |item: Value| delta(&json!({"reasoning": "x", "reasoning_details": [item]}));
        let chunks = [
            piece(json!({"type": "reasoning.text", "index": 0, "text": "a", "signature": null})),
            piece(json!({"type": "reasoning.text", "index": 0, "text": "b", "signature": "s"})),
            piece(json!({"type": "reasoning.encrypted", "index": 1, "data": "zz"})),
            stop("stop"),
        ];
        for chunk in chunks {
            decoder.frame(&Frame { data: chunk.to_string(), ..Frame::default() }).expect("chunk");
        }
        let thoughts = decoder.finish().expect("reply").thoughts;
        let items: Vec<Value> = thoughts
            .iter()
            .filter_map(|part| match part {
                crate::record::Part::Reasoning { opaque, .. } => serde_json::from_str(opaque.as_deref()?).ok(),
                _ => None,
            })
            .collect();
        assert_eq!(
            items,
            [
                json!({"type": "reasoning.text", "index": 0, "text": "ab", "signature": "s"}),
                json!({"type": "reasoning.encrypted", "index": 1, "data": "zz"}),
            ]
        );
    }

    #[test]
    fn usage_is_overwritten_and_found_where_groq_puts_it() {
        let usage = |tokens: u64| json!({"prompt_tokens": 9, "completion_tokens": tokens, "total_tokens": 9 + tokens});
        let output = |chunks: &[Value]| read(chunks).1.expect("reply").usage.and_then(|usage| usage.output);
        let continuous = [
            json!({"choices": [{"delta": {"content": "a"}}], "usage": usage(1)}),
            json!({"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": usage(2)}),
            json!({"choices": [], "usage": null}),
        ];
        assert_eq!(output(&continuous), Some(2));
        let groq = [stop("stop"), json!({"choices": [], "x_groq": {"id": "r", "usage": usage(7)}})];
        assert_eq!(output(&groq), Some(7));
    }

    #[test]
    fn a_stream_without_a_finish_reason_is_cut_off() {
        for chunks in [vec![], vec![delta(&json!({"content": "a"})), json!("[DONE]")]] {
            let failure = read(&chunks).1.expect_err("cut off");
            assert_eq!((failure.error.kind, failure.timed_out), (ErrorKind::Malformed, true));
            assert!(failure.error.message.contains("finish_reason"), "{}", failure.error.message);
        }
        assert!(read(&[stop("stop")]).1.is_ok(), "many servers send no `[DONE]`");
    }

    #[test]
    fn errors_in_the_stream_have_their_class_and_say_whether_the_answer_had_begun() {
        let error = json!({"error": {"code": 429, "message": "slow"}});
        let cases = [
            (error.clone(), ErrorKind::RateLimited),
            (json!({"error": {"type": "server_error", "message": "x"}}), ErrorKind::Server),
            (json!({"choices": [{"delta": {}, "error": {"code": 502, "message": "x"}}]}), ErrorKind::Server),
            (json!({"x_groq": {"error": "over capacity"}, "choices": []}), ErrorKind::Server),
            (json!({"object": "error", "message": "x", "code": 400}), ErrorKind::BadRequest),
        ];
        for (chunk, kind) in cases {
            let failure = read(std::slice::from_ref(&chunk)).1.expect_err("failure");
            assert_eq!((failure.error.kind, failure.timed_out), (kind, false), "{chunk}");
        }
        let late = read(&[delta(&json!({"content": "a"})), error]).1.expect_err("failure");
        assert_eq!((late.error.kind, late.timed_out), (ErrorKind::RateLimited, true));
        let garbage = read(&[json!("{\"choices\": [")]).1.expect_err("failure");
        assert_eq!(garbage.error.kind, ErrorKind::Malformed);
    }
}
