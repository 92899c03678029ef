//! `karat eval --stream`: replies that come piece by piece, and proxies and authorities as the user sets them.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::{get, post};
use serde_json::json;

use crate::faulty::{Fault, Faulty};
use crate::project::Project;

#[test]
fn streamed_replies_tell_the_time_to_their_first_token_and_plain_ones_do_not() {
    for model in ["openai/gpt-5.4-mini", "anthropic/claude-haiku-4-5"] {
        let server = Faulty::start(|_| Fault::None);
        let project = Project::new(&server.url, model, 3);
        let streamed = project.run("eval --stream --no-cache --format json").exits(0).json();
        let group = &streamed["suites"][0]["groups"][0];
        assert!(group["p50_ttft_ms"].is_f64() && group["p95_ttft_ms"].is_f64(), "{group:#}");
        let table = project.run("eval --stream --no-cache --format plain").exits(0).stdout;
        assert!(table.contains("ttft p50/p95"), "{table}");
        let shown = project.run("eval show latest --case q1").exits(0).stdout;
        assert!(shown.contains("first token after"), "{shown}");
        let trial = project.run("eval show latest --case q1 --format json").exits(0).json();
        let call = &trial["trials"][0]["call"];
        assert!(call["ttft_ms"].is_u64() && call["reply"]["stream"]["chunks"] == 1, "{call:#}");
        assert_eq!(call["reply"]["usage"]["output"], 4);

        let plain = project.run("eval --no-cache --format json").exits(0).json();
        assert!(plain["suites"][0]["groups"][0].get("p50_ttft_ms").is_none());
    }
}

#[test]
fn streams_are_a_setting_of_the_provider_that_a_flag_overrides() {
    let server = Faulty::start(|asked| if asked.stream { Fault::None } else { Fault::Status(400, vec![], "x") });
    let project = Project::new(&server.url, "openai/gpt-5.4-mini", 1);
    project.write("karat.yaml", "calls: live\nproviders: {openai: {stream: true, timeouts: {idle: 5s}}}\n");
    project.run("eval").exits(0);
    project.run("eval --no-stream --no-cache").exits(3);
    project.run("eval --no-stream --stream --no-cache").exits(0);
}

#[test]
fn a_stream_that_breaks_off_is_repeated_and_told() {
    let server = Faulty::start(|asked| if asked.attempt == 0 { Fault::Truncated } else { Fault::None });
    let project = Project::new(&server.url, "openai/gpt-5.4-mini", 1);
    project.run("eval --stream").exits(0);
    assert_eq!(server.calls(), 2);
    let shown = project.run("eval show latest --case q0").exits(0).stdout;
    assert!(shown.contains("2 attempts") && shown.contains("may be billed as well"), "{shown}");
}

/// A forward proxy that answers by itself; gives its address and the lines of the requests it got.
fn proxy() -> (String, std::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
    let url = format!("http://{}", listener.local_addr().expect("address"));
    let (sender, receiver) = std::sync::mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("stream");
            let mut buffer = vec![0; 65_536];
            let count = stream.read(&mut buffer).expect("read");
            let head = String::from_utf8_lossy(&buffer[..count]).into_owned();
            if sender.send(head.lines().next().unwrap_or_default().to_owned()).is_err() {
                return;
            }
            let body = r#"{"choices":[{"message":{"content":"question 0"},"finish_reason":"stop"}]}"#;
            let reply = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(reply.as_bytes()).expect("write");
        }
    });
    (url, receiver)
}

#[test]
fn requests_go_through_the_proxy_of_the_environment_or_of_the_provider() {
    let (url, lines) = proxy();
    // The name does not exist: only the proxy can answer.
    let project = Project::new("http://karat.test", "openai/gpt-5.4-mini", 1);
    let run = |variables: &[(&str, &str)]| {
        let mut command = project.karat("eval --no-cache");
        let output = command.envs(variables.iter().copied()).output().expect("karat runs");
        output.status.code()
    };
    let line = "POST http://karat.test/v1/chat/completions HTTP/1.1";
    assert_eq!(run(&[("HTTP_PROXY", &url)]), Some(0));
    assert_eq!(lines.recv().as_deref(), Ok(line));
    assert_ne!(run(&[("HTTP_PROXY", &url), ("NO_PROXY", "karat.test")]), Some(0));
    assert!(lines.try_recv().is_err(), "`NO_PROXY` is heeded");
    project.write("karat.yaml", &format!("calls: live\nproviders: {{openai: {{proxy: '{url}'}}}}\n"));
    assert_eq!(run(&[]), Some(0));
    assert_eq!(lines.recv().as_deref(), Ok(line));
}

#[test]
fn bad_proxies_and_certificates_are_told_before_anything_is_sent() {
    let server = Faulty::start(|_| Fault::None);
    let project = Project::new(&server.url, "openai/gpt-5.4-mini", 1);
    project.write("bad.pem", "no certificate\n");
    let told = project.karat("eval").env("KARAT_CA_FILE", "bad.pem").output().expect("karat runs");
    let error = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(
        told.status.code() == Some(2) && error.contains("invalid-ca-file") && error.contains("KARAT_CA_FILE"),
        "{error}"
    );
    project.write("karat.yaml", "calls: live\nproviders:\n  openai:\n    ca_file: gone.pem\n");
    let told = project.run("eval").exits(2);
    assert!(told.stderr.contains("gone.pem") && told.stderr.contains("karat.yaml:3"), "{}", told.stderr);
    project.write("karat.yaml", "calls: live\nproviders:\n  openai:\n    proxy: http://user:pa55word@proxy:8080\n");
    let told = project.run("eval").exits(2);
    assert!(told.stderr.contains("HTTPS_PROXY") && !told.stderr.contains("pa55word"), "{}", told.stderr);
    assert_eq!(server.calls(), 0);
}

/// Serves an app in a thread of its own; gives its address.
fn serve(app: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
    listener.set_nonblocking(true).expect("nonblocking");
    let url = format!("http://{}", listener.local_addr().expect("address"));
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("listener");
            axum::serve(listener, app).await.expect("serves");
        });
    });
    url
}

/// A server of predictions whose streams stand at a server of their own, and the lines of what both were asked, each
/// with whether a key came along.
fn predictions(events: &'static str) -> (String, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let note = {
        let asked = Arc::clone(&asked);
        move |what: &str, headers: &HeaderMap| {
            let key = if headers.contains_key("authorization") { "key" } else { "no key" };
            asked.lock().expect("asked").push(format!("{what}: {key}"));
        }
    };
    let noted = note.clone();
    let streams = serve(Router::new().route(
        "/s/ab12",
        get(move |headers: HeaderMap| async move {
            noted("stream", &headers);
            ([(header::CONTENT_TYPE, "text/event-stream")], events)
        }),
    ));
    let (made, looked) = (note.clone(), note);
    let looks = Arc::new(Mutex::new(0));
    let url = serve(
        Router::new()
            .route(
                "/v1/models/meta/llama/predictions",
                post(move |headers: HeaderMap| async move {
                    made("predict", &headers);
                    let urls = json!({"stream": format!("{streams}/s/ab12")});
                    let body = json!({"id": "ab12", "model": "meta/llama", "status": "starting", "urls": urls});
                    (StatusCode::CREATED, [(header::CONTENT_TYPE, "application/json")], body.to_string())
                }),
            )
            .route(
                "/v1/predictions/ab12",
                get(move |headers: HeaderMap| async move {
                    looked("look", &headers);
                    let first = std::mem::replace(&mut *looks.lock().expect("looks"), 1) == 0;
                    tokio::time::sleep(Duration::from_millis(600)).await;
                    // What it used is known only a moment after the stream has ended.
                    let status = if first { "processing" } else { "succeeded" };
                    let metrics = json!({"input_token_count": 31, "output_token_count": 7, "predict_time": 0.2});
                    let body = json!({"id": "ab12", "model": "meta/llama", "status": status, "output": ["x"], "metrics": metrics});
                    ([(header::CONTENT_TYPE, "application/json")], body.to_string())
                }),
            ),
    );
    (url, asked)
}

#[test]
fn a_prediction_is_streamed_and_what_it_used_is_asked_for_afterwards() {
    let events =
        "event: output\ndata: question\n\nevent: logs\ndata: x\n\nevent: output\ndata:  0\n\nevent: done\ndata: {}\n\n";
    let (url, asked) = predictions(events);
    let project = Project::new(&url, "rep/meta/llama", 1);
    project.write(
        "karat.yaml",
        &format!("calls: live\nproviders:\n  rep: {{type: replicate, base_url: '{url}/v1', key_env: OPENAI_API_KEY, stream: true}}\n"),
    );
    project.run("eval --no-cache").exits(0);
    let told = asked.lock().expect("asked").clone();
    assert_eq!(told, ["predict: key", "stream: no key", "look: key", "look: key"]);
    let trial = project.run("eval show latest --case q0 --format json").exits(0).json();
    let call = &trial["trials"][0]["call"];
    assert_eq!(call["reply"]["text"], "question 0", "{call:#}");
    assert_eq!((&call["reply"]["usage"]["input"], &call["reply"]["usage"]["output"]), (&json!(31), &json!(7)));
    assert_eq!(call["reply"]["stream"]["chunks"], 2);
    // The looks took 1.2 s and more; the answer did not.
    assert!(call["latency_ms"].as_u64().is_some_and(|ms| ms < 1_200), "{call:#}");
}

#[test]
fn a_stream_of_a_prediction_that_fails_is_an_error_in_the_models_words() {
    let (url, asked) =
        predictions("event: output\ndata: questi\n\nevent: error\ndata: {\"detail\": \"CUDA out of memory\"}\n\n");
    let project = Project::new(&url, "rep/meta/llama", 1);
    project.write(
        "karat.yaml",
        &format!("calls: live\nproviders:\n  rep: {{type: replicate, base_url: '{url}/v1', key_env: OPENAI_API_KEY, stream: true, retries: {{max_attempts: 1}}}}\n"),
    );
    project.run("eval --no-cache").exits(3);
    let shown = project.run("eval show latest --case q0").exits(0).stdout;
    assert!(shown.contains("CUDA out of memory"), "{shown}");
    assert!(!asked.lock().expect("asked").iter().any(|line| line.starts_with("look")));
}
