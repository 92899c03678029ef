//! A stub of the OpenAI and Anthropic APIs on loopback, with scripted faults, that counts what it is asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};

/// What the stub does with a call.
#[derive(Debug, Clone)]
pub(crate) enum Reaction {
    /// Answers with this text.
    Say(String),
    /// Answers with this status and body.
    Status(u16, Value, Vec<(&'static str, String)>),
    /// A complete 200 whose JSON is cut in half.
    Malformed,
    /// Never answers.
    Hang,
}

/// One call as the stub sees it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// Number of calls before this one.
    pub(crate) index: usize,
    /// How often this very body came before.
    pub(crate) repeat: usize,
    /// Text of the last user message.
    pub(crate) user: String,
    /// The whole body.
    pub(crate) body: Value,
    /// The key that was sent, without its prefix.
    pub(crate) key: String,
}

type Script = dyn Fn(&Seen) -> Reaction + Send + Sync;

#[derive(Default)]
struct Counts {
    calls: usize,
    bodies: HashMap<String, usize>,
    in_flight: usize,
    most_in_flight: usize,
    seen: Vec<Seen>,
    embedded: Vec<Vec<String>>,
}

struct Shared {
    script: Box<Script>,
    latency: Duration,
    counts: Mutex<Counts>,
}

/// A running stub; it goes with the test process.
pub(crate) struct Stub {
    url: String,
    shared: Arc<Shared>,
}

impl Stub {
    /// A stub that answers as `script` says, each time after `latency`.
    pub(crate) fn start(latency: Duration, script: impl Fn(&Seen) -> Reaction + Send + Sync + 'static) -> Stub {
        let shared = Arc::new(Shared { script: Box::new(script), latency, counts: Mutex::default() });
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("bind");
        listener.set_nonblocking(true).expect("nonblocking");
        let url = format!("http://{}", listener.local_addr().expect("address"));
        let state = Arc::clone(&shared);
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
            runtime.block_on(async move {
                let app = Router::new()
                    .route("/v1/chat/completions", post(openai))
                    .route("/v1/embeddings", post(embeddings))
                    .route("/v1/messages", post(anthropic))
                    .with_state(state);
                let listener = tokio::net::TcpListener::from_std(listener).expect("listener");
                axum::serve(listener, app).await.expect("serves");
            });
        });
        Stub { url, shared }
    }

    /// A stub that repeats the last user message.
    pub(crate) fn echo() -> Stub {
        Stub::start(Duration::ZERO, |seen| Reaction::Say(seen.user.clone()))
    }

    /// Its address, without a path.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Number of calls so far.
    pub(crate) fn calls(&self) -> usize {
        self.shared.counts.lock().expect("counts").calls
    }

    /// Number of different bodies so far.
    pub(crate) fn distinct(&self) -> usize {
        self.shared.counts.lock().expect("counts").bodies.len()
    }

    /// Most calls under way at once so far.
    pub(crate) fn most_in_flight(&self) -> usize {
        self.shared.counts.lock().expect("counts").most_in_flight
    }

    /// The texts of each request for vectors so far, in order of arrival.
    pub(crate) fn embedded(&self) -> Vec<Vec<String>> {
        self.shared.counts.lock().expect("counts").embedded.clone()
    }

    /// All calls so far, in order of arrival.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.shared.counts.lock().expect("counts").seen.clone()
    }
}

fn last_user_text(body: &Value) -> String {
    let messages = body["messages"].as_array().cloned().unwrap_or_default();
    let user = messages.iter().rev().find(|message| message["role"] == "user");
    match user.map(|message| &message["content"]) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        _ => String::new(),
    }
}

async fn react(shared: &Shared, headers: &HeaderMap, body: &Bytes) -> Reaction {
    let value: Value = serde_json::from_slice(body).expect("karat sends JSON");
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
    let key = [text("authorization").replace("Bearer ", ""), text("x-api-key")].concat();
    let seen = {
        let mut counts = shared.counts.lock().expect("counts");
        let repeat = *counts.bodies.get(&value.to_string()).unwrap_or(&0);
        let seen = Seen { index: counts.calls, repeat, user: last_user_text(&value), body: value.clone(), key };
        counts.calls += 1;
        *counts.bodies.entry(value.to_string()).or_insert(0) += 1;
        counts.in_flight += 1;
        counts.most_in_flight = counts.most_in_flight.max(counts.in_flight);
        counts.seen.push(seen.clone());
        seen
    };
    let reaction = (shared.script)(&seen);
    if matches!(reaction, Reaction::Hang) {
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(shared.latency).await;
    shared.counts.lock().expect("counts").in_flight -= 1;
    reaction
}

fn respond(reaction: Reaction, say: impl Fn(&str) -> Value) -> Response {
    let json_type = [(header::CONTENT_TYPE, "application/json")];
    match reaction {
        Reaction::Say(text) => (json_type, say(&text).to_string()).into_response(),
        Reaction::Malformed => {
            let whole = say("never seen").to_string();
            (json_type, whole[..whole.len() / 2].to_owned()).into_response()
        }
        Reaction::Status(status, body, headers) => {
            let mut response =
                (StatusCode::from_u16(status).expect("status"), json_type, body.to_string()).into_response();
            for (name, value) in headers {
                response.headers_mut().insert(name, value.parse().expect("header"));
            }
            response
        }
        Reaction::Hang => StatusCode::GATEWAY_TIMEOUT.into_response(),
    }
}

async fn openai(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let reaction = react(&shared, &headers, &body).await;
    let model = serde_json::from_slice::<Value>(&body).expect("JSON")["model"].clone();
    respond(reaction, |text| {
        json!({
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": model,
            "choices": [{"index": 0, "finish_reason": "stop", "logprobs": null,
                         "message": {"role": "assistant", "content": text, "refusal": null}}],
            "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120,
                      "prompt_tokens_details": {"cached_tokens": 0}, "completion_tokens_details": {"reasoning_tokens": 0}}
        })
    })
}

/// Vectors by topic rather than by words: databases, versions, and drinks.
async fn embeddings(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let key = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or("");
    if !key.starts_with("Bearer ") || key.ends_with("wrong") {
        let error = json!({"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}});
        return (StatusCode::UNAUTHORIZED, [(header::CONTENT_TYPE, "application/json")], error.to_string())
            .into_response();
    }
    let value: Value = serde_json::from_slice(&body).expect("karat sends JSON");
    let texts: Vec<String> = serde_json::from_value(value["input"].clone()).expect("texts");
    let topics = [["sql", "database"], ["git", "version"], ["tea", "drink"]];
    let vector =
        |text: &String| topics.map(|words| if words.iter().any(|word| text.contains(word)) { 1.0 } else { 0.1 });
    let data: Vec<Value> =
        texts.iter().enumerate().map(|(index, text)| json!({"index": index, "embedding": vector(text)})).collect();
    let tokens = 1_000_000 * texts.len();
    shared.counts.lock().expect("counts").embedded.push(texts);
    let answer = json!({"object": "list", "model": value["model"], "data": data, "usage": {"prompt_tokens": tokens, "total_tokens": tokens}});
    ([(header::CONTENT_TYPE, "application/json")], answer.to_string()).into_response()
}

async fn anthropic(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let reaction = react(&shared, &headers, &body).await;
    let model = serde_json::from_slice::<Value>(&body).expect("JSON")["model"].clone();
    respond(reaction, |text| {
        json!({
            "id": "msg_1", "type": "message", "role": "assistant", "model": model, "stop_reason": "end_turn",
            "stop_sequence": null, "content": [{"type": "text", "text": text}],
            "usage": {"input_tokens": 100, "output_tokens": 20, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
        })
    })
}
