//! Addresses that judge, fail, and lead elsewhere, over real HTTP on this machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use serde_json::{Value, json};

use super::{OwnCheckOptions, OwnChecks};
use crate::base::{EnvText, Secret, SystemClock};
use crate::net::{HttpClient, NetOptions};
use crate::record::CheckHook;

const TOKEN: &str = "hook-canary-1f2e3d4c5b6a";

async fn serve() -> (String, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let busy = |State(asked): State<Arc<AtomicUsize>>| async move {
        match asked.fetch_add(1, Ordering::SeqCst) {
            0 => (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "0")], "busy").into_response(),
            1 => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "0")], "slow").into_response(),
            _ => "0.5".into_response(),
        }
    };
    let down = |State(asked): State<Arc<AtomicUsize>>| async move {
        asked.fetch_add(1, Ordering::SeqCst);
        (StatusCode::BAD_GATEWAY, [("retry-after", "0")], "upstream\u{1b}[31m is down")
    };
    let never = |State(asked): State<Arc<AtomicUsize>>| async move {
        asked.fetch_add(1, Ordering::SeqCst);
        (StatusCode::FORBIDDEN, format!("not you, {TOKEN}"))
    };
    let app = Router::new()
        .route("/echo", post(echo))
        .route("/busy", post(busy))
        .route("/down", post(down))
        .route("/never", post(never))
        .route("/words", post(|| async { "I think it is <b>fine</b>" }))
        .route("/empty", post(|| async {}))
        .route("/huge", post(|| async { "x".repeat(2 * 1024 * 1024) }))
        .route("/moved", post(|| async { Redirect::temporary("/echo") }))
        .route("/round", post(|| async { Redirect::temporary("/round") }))
        .route("/away", post(|| async { Redirect::temporary("http://127.0.0.1:1/echo") }))
        .route("/other", post(|| async { Redirect::to("/echo") }))
        .route("/slow", post(|| async { tokio::time::sleep(Duration::from_secs(600)).await }))
        .with_state(Arc::clone(&asked));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let url = format!("http://{}", listener.local_addr().expect("address"));
    tokio::spawn(async move { axum::serve(listener, app).await.expect("serve") });
    (url, asked)
}

/// Says what it was asked, with the key that it should keep to itself.
async fn echo(headers: HeaderMap, body: String) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("-").to_owned();
    let reason = format!("{} {} {body}", header("authorization"), header("content-type"));
    json!({"score": 0.5, "reason": reason, "named_scores": {TOKEN: 1}}).to_string().into_response()
}

fn checks(replay: bool) -> OwnChecks {
    let options = NetOptions { max_reply_bytes: 1024 * 1024, ..NetOptions::default() };
    let client = Arc::new(HttpClient::new(options));
    OwnChecks::new(OwnCheckOptions {
        cassettes: std::path::PathBuf::new(),
        root: std::path::PathBuf::new(),
        records: false,
        common: Vec::new(),
        named: [("TOKEN".to_owned(), Secret::new(TOKEN))].into(),
        transport: (!replay).then_some(client as _),
        clock: Arc::new(SystemClock),
        processes: 1,
    })
}

async fn ask(url: String, timeout: Duration, variable: &str) -> Result<Value, String> {
    let value = EnvText::parse(&format!("Bearer ${{env.{variable}}}")).expect("text");
    let hook = CheckHook { url, headers: vec![("authorization".to_owned(), value)], timeout };
    checks(false).post(&hook, &json!({"output": "x"})).await
}

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_question_carries_its_headers_and_no_answer_carries_a_key() {
    let (url, _) = serve().await;
    for path in ["echo", "moved"] {
        let answer = ask(format!("{url}/{path}"), LONG, "TOKEN").await.expect("an answer");
        assert_eq!(answer["reason"], "Bearer (redacted) application/json {\"output\":\"x\"}", "{path}");
        assert_eq!(answer["named_scores"], json!({"(redacted)": 1}));
    }
    let unset = ask(format!("{url}/echo"), LONG, "UNSET").await;
    assert_eq!(unset, Err("the environment variable `UNSET` is not set".to_owned()));
}

#[tokio::test]
async fn overload_is_tried_again_and_a_refusal_is_not() {
    let (url, asked) = serve().await;
    assert_eq!(ask(format!("{url}/busy"), LONG, "TOKEN").await, Ok(json!(0.5)));
    assert_eq!(asked.swap(0, Ordering::SeqCst), 3);
    let why = ask(format!("{url}/down"), LONG, "TOKEN").await.expect_err("no answer");
    assert_eq!(why, "it answers with status 502: `upstream [31m is down`; it was asked 3 times");
    assert_eq!(asked.swap(0, Ordering::SeqCst), 3);
    let why = ask(format!("{url}/never"), LONG, "TOKEN").await.expect_err("no answer");
    assert_eq!(why, "it answers with status 403: `not you, (redacted)`");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_is_no_answer_is_told() {
    let (url, _) = serve().await;
    for (path, wanted) in [
        ("words", "its answer is not JSON: `I think it is <b>fine</b>`"),
        ("empty", "its answer is empty"),
        ("huge", "the reply is larger than 1048576 bytes"),
        ("away", "it redirects to another origin, which is not followed"),
        ("round", "it redirects more than 3 times"),
        ("other", "it answers with status 303, a redirect that a POST does not follow"),
        ("none", "it answers with status 404"),
    ] {
        assert_eq!(ask(format!("{url}/{path}"), LONG, "TOKEN").await, Err(wanted.to_owned()), "{path}");
    }
    let begun = Instant::now();
    let why = ask(format!("{url}/slow"), Duration::from_millis(200), "TOKEN").await.expect_err("no answer");
    assert!(begun.elapsed() < Duration::from_secs(20) && !why.is_empty(), "{why}");
    let why = ask("http://127.0.0.1:1/x".to_owned(), LONG, "TOKEN").await.expect_err("no answer");
    assert!(why.starts_with("cannot connect: ") && why.ends_with("it was asked 3 times"), "{why}");
}

#[tokio::test]
async fn a_replay_asks_nobody() {
    let (url, asked) = serve().await;
    let hook = CheckHook { url: format!("{url}/down"), headers: Vec::new(), timeout: LONG };
    let why = checks(true).post(&hook, &json!({"output": "x"})).await.expect_err("no answer");
    assert!(why.starts_with("a replay asks no addresses, and there is no recorded answer for `x` of"), "{why}");
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}
