//! Requests and replies of applications, from the settings as users write them.

use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::AppWire;
use crate::base::{ManualClock, ModelRef, Problems, SafeName, Timestamp};
use crate::config::{Config, Env, Overrides};
use crate::net::{HttpReply, HttpRequest, NetError, Timeouts, Transport};
use crate::provider::spec::{Endpoint, Failure, Retry, Wire};
use crate::provider::stream::{Frame, Sign};
use crate::provider::{App, Ask, CallMode, Caller, CallerOptions, ProviderSettings, provider_spec};
use crate::record::{
    CallRecord, ChatReply, ChatRequest, ErrorKind, Finish, Message, OutputFormat, Params, Role, ToolChoice, Usage,
};

const SECRET: &str = "canary-9f3c71aa55e2";

/// The application that these keys of `karat.yaml` describe.
fn app(keys: &str) -> Arc<App> {
    let folder = tempfile::tempdir().expect("folder");
    let indented: String = keys.lines().map(|line| format!("    {line}\n")).collect();
    let text = format!("providers:\n  my-app:\n    type: http\n{indented}");
    std::fs::write(folder.path().join("karat.yaml"), &text).expect("file");
    let mut problems = Problems::new();
    let env = Env::from_pairs([("TOKEN", SECRET)]);
    let config = Config::load(folder.path(), &env, &Overrides::default(), &mut problems);
    assert!(problems.is_empty(), "{}", problems.render(false));
    let provider = config.provider(&SafeName::parse("my-app").expect("name")).expect("provider");
    Arc::new(App::new(provider.app.clone().expect("app"), Vec::new(), &provider.app_written, b""))
}

fn wire(keys: &str) -> AppWire {
    AppWire::new(&app(keys)).expect("an application over HTTP")
}

fn request(input: &str, vars: Value) -> ChatRequest {
    ChatRequest {
        messages: vec![Message::text(Role::System, "be brief"), Message::text(Role::User, input)],
        model: "default".to_owned(),
        output: OutputFormat::Text,
        parallel_tools: None,
        params: Params { temperature: Some(0.5), ..Params::default() },
        prediction: None,
        tool_choice: ToolChoice::Auto,
        tools: Vec::new(),
        vars: if let Value::Object(vars) = vars { Some(vars) } else { None },
    }
}

fn encoded(keys: &str, input: &str, vars: Value) -> Result<HttpRequest, String> {
    let endpoint = Endpoint::new("http://127.0.0.1:9/base", false);
    wire(keys).encode(&request(input, vars), endpoint).map(|it| it.http).map_err(|error| error.message)
}

fn body(request: &HttpRequest) -> Value {
    serde_json::from_slice(&request.body).expect("JSON")
}

#[test]
fn values_are_data_wherever_they_stand() {
    let keys = r#"request:
  url: "http://127.0.0.1:8080/users/{{ vars.id }}/chat?q={{ input }}"
  headers: {X-Model: "{{ model }}", X-Key: "Bearer ${env.TOKEN}"}
  body:
    message: "{{ input }}"
    said: "user said: {{ input }} ({{ vars.n }})"
    messages: "{{ messages }}"
    n: "{{ vars.n }}"
    as_text: "{{ vars.n | text }}"
    list: [1, true, null, "{{ params.temperature }}", "{{ params.seed }}"]"#;
    let hostile = "a\"}, \"admin\": true, \"x\": \"\\ {{ vars.n }} é\n/../?&";
    let http = encoded(keys, hostile, json!({"id": "7/../8", "n": 3})).expect("request");
    let sent = body(&http);
    assert_eq!(sent["message"], hostile);
    assert_eq!(sent["said"], format!("user said: {hostile} (3)"));
    assert_eq!(sent["messages"][1], json!({"role": "user", "content": hostile}));
    assert_eq!((&sent["n"], &sent["as_text"]), (&json!(3), &json!("3")));
    assert_eq!(sent["list"], json!([1, true, null, 0.5, null]));
    assert_eq!(sent.as_object().expect("object").len(), 6);
    let (path, query) = http.url.split_once("?q=").expect("query");
    assert_eq!(path, "http://127.0.0.1:8080/users/7%2F..%2F8/chat");
    assert!(query.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"%-._~".contains(&byte)), "{query}");
    let header = |name: &str| http.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    assert_eq!(header("x-key"), Some(format!("Bearer {SECRET}").as_str()));
    assert_eq!((header("x-model"), header("content-type")), (Some("default"), Some("application/json")));
}

#[test]
fn a_body_of_text_is_a_template_with_a_json_filter() {
    let keys = "request: {url: 'http://127.0.0.1:1/', body: '{\"q\": {{ input | json }}, \"v\": {{ vars | json }}}'}";
    let http = encoded(keys, "a \"b\"\n", json!({"x": [1]})).expect("request");
    assert_eq!(body(&http), json!({"q": "a \"b\"\n", "v": {"x": [1]}}));
    let plain = encoded("request: {url: 'http://127.0.0.1:1/', body: 'Q: {{ input }}'}", "x", Value::Null);
    let plain = plain.expect("request");
    assert_eq!(plain.body, b"Q: x");
    assert!(plain.headers.iter().any(|(_, value)| value.starts_with("text/plain")));
}

#[test]
fn nothing_can_be_injected_into_headers_and_paths() {
    let header = "request: {url: 'http://127.0.0.1:1/', headers: {X-Q: '{{ input }}'}}";
    for hostile in ["a\r\nX-Evil: 1", "a\nb", "\0", "é"] {
        let error = encoded(header, hostile, Value::Null).expect_err(hostile);
        assert!(error.contains("`{{ input }}` in `X-Q`") && error.contains("printable ASCII"), "{error}");
    }
    let path = "request: {url: 'http://127.0.0.1:1/a/{{ input }}/b'}";
    assert!(encoded(path, "..", Value::Null).expect_err("dots").contains("another path"));
    let missing = encoded("request: {url: 'http://127.0.0.1:1/', body: {q: '{{ vars.p }}'}}", "x", json!({"q": 1}));
    assert_eq!(missing, Err("`{{ vars.p }}` in `body`: the case has no variable `p`".to_owned()));
}

impl PartialEq for HttpRequest {
    fn eq(&self, other: &HttpRequest) -> bool {
        (&self.url, &self.headers, &self.body) == (&other.url, &other.headers, &other.body)
    }
}

#[test]
fn a_path_is_joined_to_the_base_url() {
    let keys = "base_url: http://127.0.0.1:9/base\nrequest: {method: GET, url: '/ask/{{ input }}'}";
    assert_eq!(encoded(keys, "x y", Value::Null).expect("request").url, "http://127.0.0.1:9/base/ask/x%20y");
}

fn reply(status: u16, body: &str) -> HttpReply {
    HttpReply {
        status,
        headers: vec![("x-request-id".to_owned(), "r-1".to_owned())].into_iter().collect(),
        body: body.into(),
    }
}

fn read(response: &str, status: u16, body: &str) -> Result<ChatReply, Failure> {
    let keys = format!("request: {{url: 'http://127.0.0.1:1/'}}\n{response}");
    wire(&keys).decode(&reply(status, body))
}

const RESPONSE: &str = "response: {text: $.answer, contexts: '$.sources[*].text', tool_calls: $.calls, usage: {input: $.u.in, output: $.u.out}, cost: $.cost, refusal: $.refusal, error: $.error, model: $.model}";

#[test]
fn replies_are_read_by_their_paths() {
    let body = json!({"answer": "42", "sources": [{"text": "p1"}, {"text": "p2"}], "calls": [{"name": "f", "args": {"x": 1}}],
        "u": {"in": 5, "out": 7}, "cost": "0.002", "refusal": null, "error": null, "model": "m"});
    let read_all = read(RESPONSE, 200, &body.to_string()).expect("reply");
    assert_eq!((read_all.text.as_str(), read_all.finish), ("42", Finish::ToolCalls));
    assert_eq!(read_all.contexts, ["p1", "p2"]);
    assert_eq!((read_all.tool_calls[0].name.as_str(), read_all.tool_calls[0].arguments.as_str()), ("f", r#"{"x":1}"#));
    assert_eq!((read_all.usage, read_all.model.as_deref()), (Some(Usage::plain(5, 7)), Some("m")));
    assert_eq!(read_all.reported_cost.map(|usd| usd.to_string()), Some("$0.002".to_owned()));
    assert_eq!(read_all.request_id.as_deref(), Some("r-1"));
    let text = |response: &str, body: &str| read(response, 200, body).map(|reply| reply.text);
    assert_eq!(text(RESPONSE, r#"{"answer": {"a": 1}}"#), Ok(r#"{"a":1}"#.to_owned()));
    assert_eq!(text(RESPONSE, r#"{"answer": null}"#), Ok(String::new()));
    assert_eq!(text("response: {text: '$.a[*]'}", r#"{"a": ["x", "y"]}"#), Ok("x\ny".to_owned()));
    assert_eq!(text("", "<p>plain</p>"), Ok("<p>plain</p>".to_owned()));
    assert_eq!(text("response: {text: body}", "plain"), Ok("plain".to_owned()));
    let refused = read(RESPONSE, 200, r#"{"refusal": "not that"}"#).expect("reply");
    assert_eq!((refused.finish, refused.text.as_str()), (Finish::Refusal, ""));
}

#[test]
fn what_is_not_found_is_told_with_the_beginning_of_the_body() {
    for (body, wanted) in [
        (r#"{"anser": 1}"#, "nothing at `$.answer`, where `response.text` looks, in `{\"anser\": 1}`"),
        ("", "an empty body"),
        ("<html>", "an HTML page"),
        ("nonsense", "is not JSON: `nonsense`"),
        (r#"{"answer": "x", "calls": [{"arguments": {}}]}"#, "a tool call without a `name`"),
    ] {
        let failure = read(RESPONSE, 200, body).expect_err(body);
        assert_eq!((failure.error.kind, failure.retry), (ErrorKind::Malformed, Retry::Never), "{body}");
        assert!(failure.error.message.contains(wanted), "{body}: {}", failure.error.message);
    }
}

#[test]
fn statuses_and_errors_have_their_classes() {
    for (status, kind, retry) in [
        (302, ErrorKind::BadRequest, Retry::Never),
        (400, ErrorKind::BadRequest, Retry::Never),
        (401, ErrorKind::Auth, Retry::Never),
        (403, ErrorKind::Auth, Retry::Never),
        (404, ErrorKind::NotFound, Retry::Never),
        (408, ErrorKind::Timeout, Retry::Soon),
        (422, ErrorKind::BadRequest, Retry::Never),
        (429, ErrorKind::RateLimited, Retry::Soon),
        (500, ErrorKind::Server, Retry::Soon),
        (502, ErrorKind::Server, Retry::Soon),
        (503, ErrorKind::Overloaded, Retry::Slowly),
    ] {
        let failure = read(RESPONSE, status, r#"{"detail": "why"}"#).expect_err("failure");
        assert_eq!((failure.error.kind, failure.retry), (kind, retry), "{status}");
        assert!(failure.error.message.contains("the application") && failure.error.message.contains("why"));
        assert!(failure.error.message.contains(&format!("HTTP {status}")), "{}", failure.error.message);
        let silent = read(RESPONSE, status, "").expect_err("failure").error.message;
        assert_eq!(silent.matches("HTTP").count(), 1, "{silent}");
    }
    for (error, kind, retry) in [
        (json!("boom"), ErrorKind::BadRequest, Retry::Never),
        (json!({"message": "boom"}), ErrorKind::BadRequest, Retry::Never),
        (json!({"message": "boom", "code": 429}), ErrorKind::RateLimited, Retry::Soon),
    ] {
        let failure = read(RESPONSE, 200, &json!({"answer": "x", "error": error}).to_string()).expect_err("failure");
        assert_eq!((failure.error.kind, failure.retry), (kind, retry));
        assert_eq!(failure.error.message, "the application reports an error: boom");
    }
}

fn frames(stream: &str, frames: &[(&str, &str)]) -> (Vec<Sign>, Result<ChatReply, Failure>) {
    let keys = format!("request: {{url: 'http://127.0.0.1:1/'}}\n{RESPONSE}\nstream: {stream}");
    let wire = wire(&keys);
    let mut decoder = wire.streaming().expect("streams").decoder();
    let mut signs = Vec::new();
    for (event, data) in frames {
        let event = (!event.is_empty()).then(|| (*event).to_owned());
        match decoder.frame(&Frame { event, data: (*data).to_owned(), is_exception: false }) {
            Ok(sign) => signs.push(sign),
            Err(failure) => return (signs, Err(failure)),
        }
    }
    (signs, decoder.finish())
}

#[test]
fn streams_are_put_together() {
    let sse = "{format: sse, text: $.delta, done: '[DONE]'}";
    let (signs, reply) = frames(
        sse,
        &[
            ("", r#"{"sources": [{"text": "p1"}]}"#),
            ("", r#"{"delta": "Hel"}"#),
            ("", r#"{"delta": null}"#),
            ("", r#"{"delta": "lo", "u": {"in": 3}}"#),
            ("", r#"{"u": {"out": 4}, "model": "m"}"#),
            ("", "[DONE]"),
        ],
    );
    let reply = reply.expect("reply");
    assert_eq!(signs, [Sign::Nothing, Sign::Visible, Sign::Nothing, Sign::Visible, Sign::Nothing, Sign::End]);
    assert_eq!((reply.text.as_str(), reply.usage), ("Hello", Some(Usage::plain(3, 4))));
    assert_eq!((reply.contexts, reply.model.as_deref()), (vec!["p1".to_owned()], Some("m")));
    let lines = "{format: ndjson, text: $.delta, done: $.done}";
    let (signs, reply) =
        frames(lines, &[("", r#"{"delta": "a", "done": false}"#), ("", r#"{"delta": "b", "done": true}"#)]);
    assert_eq!((signs, reply.map(|reply| reply.text)), (vec![Sign::Visible, Sign::End], Ok("ab".to_owned())));
    let (_, raw) = frames("{format: sse, text: data}", &[("", "Hel"), ("", "lo {")]);
    assert_eq!(raw.map(|reply| reply.text), Ok("Hello {".to_owned()));
}

#[test]
fn broken_streams_are_failures() {
    let sse = "{format: sse, text: $.delta, done: '[DONE]'}";
    let (_, cut) = frames(sse, &[("", r#"{"delta": "a"}"#)]);
    let cut = cut.expect_err("cut off");
    assert!(cut.timed_out && cut.error.message.contains("`done`"), "{}", cut.error.message);
    let (_, failed) = frames(sse, &[("", r#"{"delta": "a"}"#), ("", r#"{"error": {"message": "boom", "code": 503}}"#)]);
    assert_eq!(failed.expect_err("error").error.kind, ErrorKind::Overloaded);
    let (_, event) = frames(sse, &[("error", "boom")]);
    assert!(event.expect_err("error").error.message.ends_with("boom"));
    let (_, text) = frames(sse, &[("", "plain")]);
    assert!(text.expect_err("text").error.message.contains("`text: data`"));
    let (_, nothing) = frames(sse, &[("", r#"{"dleta": "a"}"#), ("", "[DONE]")]);
    let message = nothing.expect_err("nothing").error.message;
    assert_eq!(
        message,
        "nothing at `$.delta`, where `stream.text` looks, in any of 1 frames; the first is `{\"dleta\": \"a\"}`"
    );
}

/// An application with a login, that counts.
#[derive(Debug, Default)]
struct LoginApp {
    seen: Mutex<Vec<(String, String, String)>>,
    /// How many questions each token is good for.
    good_for: usize,
}

impl Transport for LoginApp {
    fn send<'a>(&'a self, request: &'a HttpRequest, _: &'a Timeouts) -> BoxFuture<'a, Result<HttpReply, NetError>> {
        Box::pin(async move {
            let header = |name: &str| {
                let found = request.headers.iter().find(|(known, _)| known == name);
                found.map_or(String::new(), |(_, value)| value.clone())
            };
            let body = String::from_utf8_lossy(&request.body).into_owned();
            let mut seen = self.seen.lock().expect("seen");
            let logins = seen.iter().filter(|(url, _, _)| url.ends_with("/login")).count();
            let token = header("authorization");
            let used = seen.iter().filter(|(_, known, _)| *known == token).count();
            seen.push((request.url.clone(), token.clone(), body));
            if request.url.ends_with("/login") {
                let body = json!({"token": format!("tok\"en-{logins}-0123456789")});
                let cookie = ("set-cookie".to_owned(), format!("sid=sess-{logins}-abcdef; HttpOnly"));
                return Ok(HttpReply {
                    status: 200,
                    headers: vec![cookie].into_iter().collect(),
                    body: body.to_string().into_bytes(),
                });
            }
            if used >= self.good_for {
                return Ok(HttpReply { status: 401, ..HttpReply::default() });
            }
            let echoed = json!({"answer": format!("you are {token}, {}", header("cookie"))});
            Ok(HttpReply { status: 200, body: echoed.to_string().into_bytes(), ..HttpReply::default() })
        })
    }
}

async fn ask_all(session: &str, good_for: usize, count: usize) -> (Vec<CallRecord>, Vec<(String, String, String)>) {
    let keys = format!(
        "request: {{url: 'http://127.0.0.1:1/chat', headers: {{Authorization: 'Bearer {{{{ session.token }}}}', Cookie: 'sid={{{{ session.sid }}}}'}}, body: {{q: '{{{{ input }}}}', t: 'x {{{{ session.token }}}}', id: '{{{{ session.id }}}}'}}}}\nresponse: {{text: $.answer}}\nsession: {{request: {{url: 'http://127.0.0.1:1/login', body: {{password: '${{env.TOKEN}}'}}}}, extract: {{token: $.token, sid: {{cookie: sid}}}}{session}}}"
    );
    let server = Arc::new(LoginApp { good_for, ..LoginApp::default() });
    let name = SafeName::parse("my-app").expect("name");
    let mut settings = ProviderSettings::new(name, provider_spec("http").expect("spec"));
    settings.base_url = Some("http://127.0.0.1:1".to_owned());
    settings.cache = false;
    settings.app = Some(app(&keys));
    let mut problems = Problems::new();
    let options = CallerOptions {
        semantic: None,
        mode: CallMode::Live,
        providers: vec![settings],
        cache: None,
        vectors: None,
        root: "/".into(),
        cassettes: "/nonexistent".into(),
        clock: Arc::new(ManualClock::at(Timestamp(1_795_271_400_000))),
        transport: Arc::clone(&server) as Arc<dyn Transport>,
        seed: 1,
        pricer: None,
        max_tokens_per_request: None,
        secrets: vec![],
        concurrency: None,
        routings: vec![],
        prices: None,
        history: None,
    };
    let caller = Caller::new(options, &mut problems).expect("caller");
    let model = ModelRef::parse("my-app/default").expect("model");
    let mut records = Vec::new();
    for number in 0..count {
        let request = request(&format!("q{number}"), json!({}));
        let ask = Ask { model: &model, request, repeat: 0, label: "s/c", turn: 0, alike: true, aside: None };
        records.push(*caller.call(ask, &tokio_util::sync::CancellationToken::new()).await);
        tokio::time::advance(std::time::Duration::from_secs(5)).await;
    }
    let seen = server.seen.lock().expect("seen").clone();
    (records, seen)
}

#[tokio::test(start_paused = true)]
async fn one_login_serves_the_run_and_is_renewed_when_it_is_refused() {
    let (records, seen) = ask_all("", 2, 5).await;
    assert!(records.iter().all(|record| record.reply.is_ok()), "{records:?}");
    let logins: Vec<&str> =
        seen.iter().filter(|(url, _, _)| url.ends_with("/login")).map(|(_, _, body)| body.as_str()).collect();
    assert_eq!(logins, vec![format!("{{\"password\":\"{SECRET}\"}}"); 3]);
    // The quote in the token is escaped in the body, and plain in the header.
    let (_, header, body) = &seen[1];
    assert_eq!(header, "Bearer tok\"en-0-0123456789");
    let body: Value = serde_json::from_str(body).expect("JSON");
    assert_eq!((&body["q"], &body["t"]), (&json!("q0"), &json!("x tok\"en-0-0123456789")));
    assert!(body["id"].as_str().expect("id").starts_with("karat-"));
    // What the application says of its tokens is blotted out.
    let kept = serde_json::to_string(&records).expect("JSON");
    assert!(!kept.contains("en-0-0123456789") && !kept.contains("sess-0-abcdef"), "{kept}");
    assert!(kept.contains("you are Bearer (redacted), sid=(redacted)"), "{kept}");
}

#[tokio::test(start_paused = true)]
async fn a_session_of_its_own_for_every_case() {
    let (records, seen) = ask_all(", every: case", 1, 3).await;
    assert!(records.iter().all(|record| record.reply.is_ok()), "{records:?}");
    assert_eq!(seen.iter().filter(|(url, _, _)| url.ends_with("/login")).count(), 3);
    let ids: std::collections::HashSet<String> = seen
        .iter()
        .filter(|(url, _, _)| url.ends_with("/chat"))
        .map(|(_, _, body)| serde_json::from_str::<Value>(body).expect("JSON")["id"].to_string())
        .collect();
    assert_eq!(ids.len(), 3);
}
