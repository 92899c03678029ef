//! A stub of the batch APIs of OpenAI and Anthropic on loopback: states advance with every poll, results come in reverse,
//! any step can be held for ever, and every request that is put into a batch is counted.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use crate::project::KEY;

/// What becomes of a request in a batch.
#[derive(Debug, Clone)]
pub(crate) enum Fate {
    /// It is answered with its own text.
    Echo,
    /// It is answered with this text.
    Say(&'static str),
    /// It is answered twice, the second time with another text.
    Twice,
    /// It gets this status with an error.
    Status(u16),
    /// It expires.
    Expire,
    /// Nothing is said about it.
    Silence,
}

/// A step of the exchange; it is held before or after its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    BeforeUpload,
    AfterUpload,
    BeforeCreate,
    AfterCreate,
    Poll,
    Results,
}

type Script = dyn Fn(&str, usize) -> Fate + Send + Sync;

struct Batch {
    anthropic: bool,
    /// Custom id, text of the user, fate.
    items: Vec<(String, String, Fate)>,
    metadata: Value,
    polls: usize,
    cancelled: bool,
}

#[derive(Default)]
struct Inner {
    files: Vec<(String, String, String)>,
    batches: Vec<Batch>,
    /// How often the text of each request was put into a batch.
    sent: BTreeMap<String, usize>,
    single: usize,
    held: Option<Step>,
    reached: bool,
    polls: usize,
    fail_polls: usize,
    refuse: bool,
    foreign: usize,
    models: HashMap<usize, Vec<String>>,
    keys: Vec<String>,
}

struct Shared {
    script: Box<Script>,
    polls_to_end: Mutex<usize>,
    inner: Mutex<Inner>,
}

/// A running stub; it goes with the test process.
pub(crate) struct BatchStub {
    url: String,
    shared: Arc<Shared>,
}

type Held = State<Arc<Shared>>;

impl BatchStub {
    /// A stub whose batches end at the poll of this number. `script` gets a request's text and how often it was sent before.
    pub(crate) fn start(
        polls_to_end: usize,
        script: impl Fn(&str, usize) -> Fate + Send + Sync + 'static,
    ) -> BatchStub {
        let shared = Arc::new(Shared {
            script: Box::new(script),
            polls_to_end: Mutex::new(polls_to_end),
            inner: Mutex::default(),
        });
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("bind");
        listener.set_nonblocking(true).expect("nonblocking");
        let url = format!("http://{}", listener.local_addr().expect("address"));
        let state = Arc::clone(&shared);
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
            runtime.block_on(async move {
                let app = Router::new()
                    .route("/v1/chat/completions", post(single))
                    .route("/v1/files", post(upload).get(list_files))
                    .route("/v1/files/{id}/content", get(content))
                    .route("/v1/batches", post(create_openai).get(list_openai))
                    .route("/v1/batches/{id}", get(poll))
                    .route("/v1/batches/{id}/cancel", post(cancel))
                    .route("/v1/messages/batches", post(create_anthropic).get(list_anthropic))
                    .route("/v1/messages/batches/{id}", get(poll))
                    .route("/v1/messages/batches/{id}/cancel", post(cancel))
                    .route("/v1/messages/batches/{id}/results", get(results))
                    .with_state(state);
                let listener = tokio::net::TcpListener::from_std(listener).expect("listener");
                axum::serve(listener, app).await.expect("serves");
            });
        });
        BatchStub { url, shared }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// From now on batches end at the poll of this number.
    pub(crate) fn end_at(&self, polls: usize) {
        *self.shared.polls_to_end.lock().expect("lock") = polls;
    }

    /// Holds a step for ever, or none.
    pub(crate) fn hold(&self, step: Option<Step>) {
        let mut inner = self.inner();
        (inner.held, inner.reached) = (step, false);
    }

    /// Whether the held step was reached.
    pub(crate) fn reached(&self) -> bool {
        self.inner().reached
    }

    /// The next polls fail with a 500.
    pub(crate) fn fail_polls(&self, count: usize) {
        self.inner().fail_polls = count;
    }

    /// Batches are refused as a whole from now on.
    pub(crate) fn refuse(&self) {
        self.inner().refuse = true;
    }

    /// Puts a batch of somebody else's into the list, of this many requests.
    pub(crate) fn add_foreign(&self, items: usize) {
        let mut inner = self.inner();
        let items = (0..items).map(|n| (format!("other-{n}"), format!("x{n}"), Fate::Echo)).collect();
        inner.batches.push(Batch { anthropic: true, items, metadata: Value::Null, polls: 0, cancelled: false });
        inner.foreign += 1;
    }

    /// Batches made so far, those of others left out.
    pub(crate) fn batches(&self) -> usize {
        let inner = self.inner();
        inner.batches.len() - inner.foreign
    }

    /// How often each request was put into a batch, by its text.
    pub(crate) fn sent(&self) -> BTreeMap<String, usize> {
        self.inner().sent.clone()
    }

    /// Single calls so far.
    pub(crate) fn single(&self) -> usize {
        self.inner().single
    }

    /// Polls so far.
    pub(crate) fn polls(&self) -> usize {
        self.inner().polls
    }

    /// The models of each batch.
    pub(crate) fn models(&self) -> Vec<Vec<String>> {
        let mut all: Vec<(usize, Vec<String>)> = self.inner().models.clone().into_iter().collect();
        all.sort();
        all.into_iter().map(|(_, models)| models).collect()
    }

    /// The keys that were sent, each once.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.inner().keys.clone()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.shared.inner.lock().expect("lock")
    }
}

impl Shared {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("lock")
    }

    /// Never returns when this step is held.
    async fn at(&self, step: Step) {
        let held = {
            let mut inner = self.inner();
            let held = inner.held == Some(step);
            inner.reached |= held;
            held
        };
        if held {
            std::future::pending::<()>().await;
        }
    }

    fn authorized(&self, headers: &HeaderMap) {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
        let key = [text("authorization").replace("Bearer ", ""), text("x-api-key")].concat();
        let mut inner = self.inner();
        if !inner.keys.contains(&key) {
            inner.keys.push(key);
        }
    }

    fn add(&self, anthropic: bool, requests: &[(String, Value)], metadata: Value) -> Value {
        let mut inner = self.inner();
        let number = inner.batches.len();
        let mut items = Vec::new();
        for (custom_id, body) in requests {
            let text = user_text(body);
            let before = *inner.sent.get(&text).unwrap_or(&0);
            *inner.sent.entry(text.clone()).or_insert(0) += 1;
            let model = body["model"].as_str().expect("model").to_owned();
            let models = inner.models.entry(number).or_default();
            if !models.contains(&model) {
                models.push(model);
            }
            let fate = (self.script)(&text, before);
            items.push((custom_id.clone(), text, fate));
        }
        inner.batches.push(Batch { anthropic, items, metadata, polls: 0, cancelled: false });
        self.show(&inner, number)
    }

    fn show(&self, inner: &Inner, number: usize) -> Value {
        let batch = &inner.batches[number];
        let ended = batch.polls >= *self.polls_to_end.lock().expect("lock");
        let total = batch.items.len();
        if batch.anthropic {
            let status = if ended {
                "ended"
            } else if batch.cancelled {
                "canceling"
            } else {
                "in_progress"
            };
            let processing = if ended { 0 } else { total };
            return json!({
                "id": format!("msgbatch_{number}"), "type": "message_batch", "processing_status": status,
                "created_at": jiff::Timestamp::now().to_string(), "results_url": "https://evil.example/results",
                "request_counts": {"processing": processing, "succeeded": total - processing, "errored": 0, "canceled": 0, "expired": 0}
            });
        }
        let expires = batch.items.iter().any(|(_, _, fate)| matches!(fate, Fate::Expire));
        let status = match (ended, inner.refuse, batch.cancelled, expires) {
            (false, _, true, _) => "cancelling",
            (false, ..) if batch.polls == 0 => "validating",
            (false, ..) => "in_progress",
            (true, true, ..) => "failed",
            (true, _, true, _) => "cancelled",
            (true, _, _, true) => "expired",
            (true, ..) => "completed",
        };
        let files = ended && !inner.refuse;
        json!({
            "id": format!("batch_{number}"), "object": "batch", "status": status, "endpoint": "/v1/chat/completions",
            "created_at": jiff::Timestamp::now().as_second(), "metadata": batch.metadata,
            "request_counts": {"total": total, "completed": 0, "failed": 0},
            "output_file_id": files.then(|| format!("file-out-{number}")),
            "error_file_id": files.then(|| format!("file-err-{number}")),
            "errors": inner.refuse.then(|| json!({"object": "list", "data": [{"code": "token_limit_exceeded", "message": "Enqueued token limit reached"}]}))
        })
    }

    /// The lines of a batch, last request first; `errors` chooses those of the error file.
    fn lines(&self, number: usize, errors: Option<bool>) -> String {
        let inner = self.inner();
        let batch = &inner.batches[number];
        let mut lines = Vec::new();
        for (index, (custom_id, text, fate)) in batch.items.iter().enumerate().rev() {
            // A batch that was cancelled has done its first request only.
            let fate = if batch.cancelled && index > 0 { None } else { Some(fate) };
            let is_error = !matches!(fate, Some(Fate::Echo | Fate::Say(_) | Fate::Twice));
            if errors.is_some_and(|errors| errors != is_error) {
                continue;
            }
            let line = |text: &str| {
                if batch.anthropic {
                    json!({"custom_id": custom_id, "result": {"type": "succeeded", "message": anthropic_reply(text)}})
                } else {
                    let response =
                        json!({"status_code": 200, "request_id": format!("req_{index}"), "body": openai_reply(text)});
                    json!({"id": "b", "custom_id": custom_id, "response": response, "error": null})
                }
            };
            match fate {
                Some(Fate::Echo) => lines.push(line(text)),
                Some(Fate::Say(said)) => lines.push(line(said)),
                Some(Fate::Twice) => lines.extend([line(text), line("never this one")]),
                Some(Fate::Silence) => {}
                Some(Fate::Status(status)) => lines.push(failed(batch.anthropic, custom_id, *status)),
                Some(Fate::Expire) => lines.push(unanswered(batch.anthropic, custom_id, "expired")),
                None => lines.push(unanswered(batch.anthropic, custom_id, "cancelled")),
            }
        }
        lines.iter().map(|line| format!("{line}\n")).collect()
    }
}

fn failed(anthropic: bool, custom_id: &str, status: u16) -> Value {
    if anthropic {
        let kind = if status == 400 { "invalid_request_error" } else { "api_error" };
        let error = json!({"type": "error", "error": {"type": kind, "message": "bad luck"}});
        return json!({"custom_id": custom_id, "result": {"type": "errored", "error": error}});
    }
    let body = json!({"error": {"message": "bad luck", "type": if status == 400 { "invalid_request_error" } else { "server_error" }}});
    json!({"id": "b", "custom_id": custom_id, "response": {"status_code": status, "request_id": "r", "body": body}, "error": null})
}

fn unanswered(anthropic: bool, custom_id: &str, how: &str) -> Value {
    if anthropic {
        let kind = if how == "cancelled" { "canceled" } else { how };
        return json!({"custom_id": custom_id, "result": {"type": kind}});
    }
    let error = json!({"code": format!("batch_{how}"), "message": "This request was not executed"});
    json!({"id": "b", "custom_id": custom_id, "response": null, "error": error})
}

fn openai_reply(text: &str) -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m", "service_tier": "default",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text, "refusal": null}}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    })
}

fn anthropic_reply(text: &str) -> Value {
    // A server that leaks the key into what it says.
    json!({
        "id": format!("msg {KEY}"), "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn", "stop_sequence": null,
        "content": [{"type": "text", "text": text}],
        "usage": {"input_tokens": 100, "output_tokens": 20, "service_tier": "batch"}
    })
}

fn user_text(body: &Value) -> String {
    let messages = body["messages"].as_array().cloned().unwrap_or_default();
    match messages.last().map(|message| &message["content"]) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        _ => String::new(),
    }
}

fn json_of(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

fn number_of(id: &str) -> usize {
    id.rsplit(['_', '-']).next().and_then(|number| number.parse().ok()).expect("number")
}

async fn single(State(shared): Held, body: Bytes) -> Response {
    shared.inner().single += 1;
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    json_of(&openai_reply(&user_text(&body)))
}

async fn upload(State(shared): Held, headers: HeaderMap, body: Bytes) -> Response {
    shared.authorized(&headers);
    shared.at(Step::BeforeUpload).await;
    let text = String::from_utf8(body.to_vec()).expect("text");
    let kind = headers["content-type"].to_str().expect("text");
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").expect("a form");
    let file = text.split(&format!("--{boundary}")).nth(2).expect("file");
    let name = file.split("filename=\"").nth(1).expect("name").split('"').next().expect("name").to_owned();
    let content = file.split_once("\r\n\r\n").expect("content").1.strip_suffix("\r\n").expect("end").to_owned();
    let (id, bytes) = {
        let mut inner = shared.inner();
        let id = format!("file-{}", inner.files.len());
        let bytes = content.len();
        inner.files.push((id.clone(), name.clone(), content));
        (id, bytes)
    };
    shared.at(Step::AfterUpload).await;
    json_of(&json!({"id": id, "object": "file", "bytes": bytes, "filename": name, "purpose": "batch"}))
}

async fn list_files(State(shared): Held) -> Response {
    let inner = shared.inner();
    let show = |(id, name, content): &(String, String, String)| json!({"id": id, "filename": name, "bytes": content.len(), "purpose": "batch"});
    json_of(
        &json!({"object": "list", "data": inner.files.iter().rev().map(show).collect::<Vec<_>>(), "has_more": false}),
    )
}

async fn create_openai(State(shared): Held, headers: HeaderMap, body: Bytes) -> Response {
    shared.authorized(&headers);
    shared.at(Step::BeforeCreate).await;
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!((&body["endpoint"], &body["completion_window"]), (&json!("/v1/chat/completions"), &json!("24h")));
    let content = {
        let inner = shared.inner();
        let file = inner.files.iter().find(|(id, _, _)| body["input_file_id"] == **id).expect("file");
        file.2.clone()
    };
    let requests: Vec<(String, Value)> = content
        .lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).expect("JSON line");
            assert_eq!((&line["method"], &line["url"]), (&json!("POST"), &json!("/v1/chat/completions")));
            (line["custom_id"].as_str().expect("id").to_owned(), line["body"].clone())
        })
        .collect();
    let shown = shared.add(false, &requests, body["metadata"].clone());
    shared.at(Step::AfterCreate).await;
    json_of(&shown)
}

async fn create_anthropic(State(shared): Held, headers: HeaderMap, body: Bytes) -> Response {
    shared.authorized(&headers);
    assert!(headers.contains_key("anthropic-version"));
    shared.at(Step::BeforeCreate).await;
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    let requests: Vec<(String, Value)> = body["requests"]
        .as_array()
        .expect("requests")
        .iter()
        .map(|request| (request["custom_id"].as_str().expect("id").to_owned(), request["params"].clone()))
        .collect();
    let shown = shared.add(true, &requests, Value::Null);
    shared.at(Step::AfterCreate).await;
    json_of(&shown)
}

fn listed(shared: &Shared, anthropic: bool, query: Option<&str>) -> Response {
    let after = query.and_then(|query| query.split("after").nth(1)).map(number_of_query);
    let mut inner = shared.inner();
    // Batches that nobody asks for end as well.
    inner.batches.iter_mut().filter(|batch| batch.anthropic).for_each(|batch| batch.polls += 1);
    let inner = inner;
    let all = (0..inner.batches.len()).rev().filter(|number| inner.batches[*number].anthropic == anthropic);
    let mut left = all.filter(|number| after.is_none_or(|after| *number < after));
    // Pages of two, so that the reader has to turn them.
    let page: Vec<Value> = left.by_ref().take(2).map(|number| shared.show(&inner, number)).collect();
    json_of(&json!({"object": "list", "data": page, "has_more": left.next().is_some()}))
}

fn number_of_query(text: &str) -> usize {
    number_of(text.split('&').next().expect("value"))
}

async fn list_openai(State(shared): Held, RawQuery(query): RawQuery) -> Response {
    listed(&shared, false, query.as_deref())
}

async fn list_anthropic(State(shared): Held, RawQuery(query): RawQuery) -> Response {
    listed(&shared, true, query.as_deref())
}

async fn poll(State(shared): Held, Path(id): Path<String>) -> Response {
    shared.at(Step::Poll).await;
    let mut inner = shared.inner();
    inner.polls += 1;
    if inner.fail_polls > 0 {
        inner.fail_polls -= 1;
        return (StatusCode::INTERNAL_SERVER_ERROR, "{\"error\": {\"message\": \"oops\"}}").into_response();
    }
    let number = number_of(&id);
    inner.batches[number].polls += 1;
    json_of(&shared.show(&inner, number))
}

async fn cancel(State(shared): Held, Path(id): Path<String>) -> Response {
    let mut inner = shared.inner();
    let number = number_of(&id);
    inner.batches[number].cancelled = true;
    json_of(&shared.show(&inner, number))
}

async fn content(State(shared): Held, Path(id): Path<String>) -> Response {
    shared.at(Step::Results).await;
    shared.lines(number_of(&id), Some(id.contains("err"))).into_response()
}

async fn results(State(shared): Held, Path(id): Path<String>) -> Response {
    shared.at(Step::Results).await;
    shared.lines(number_of(&id), None).into_response()
}
