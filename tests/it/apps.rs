//! `karat eval` with the user's own application as the thing under test: over HTTP, and as programs. Needs `python3`.

use std::io::{Read as _, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};

use crate::project::{Project, Told};

/// Stands for what a session hands out.
const TOKEN: &str = "tok-canary-77e2b8d06355aa";
/// Stands for what a user has in the environment.
const PASSWORD: &str = "pass-canary-4f9a1c77e2b8";

#[derive(Default)]
struct Counts {
    logins: AtomicUsize,
    chats: AtomicUsize,
    bodies: Mutex<Vec<Value>>,
}

/// A chat application with a login that echoes what it should keep to itself.
fn start() -> (String, Arc<Counts>) {
    let counts = Arc::new(Counts::default());
    let state = Arc::clone(&counts);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("bind");
    listener.set_nonblocking(true).expect("nonblocking");
    let url = format!("http://{}", listener.local_addr().expect("address"));
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
        runtime.block_on(async move {
            let app = Router::new().route("/login", post(login)).route("/chat", post(chat)).with_state(state);
            let listener = tokio::net::TcpListener::from_std(listener).expect("listener");
            axum::serve(listener, app).await.expect("serves");
        });
    });
    (url, counts)
}

async fn login(State(counts): State<Arc<Counts>>, body: Bytes) -> Response {
    counts.logins.fetch_add(1, Ordering::Relaxed);
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    if body["password"] != PASSWORD {
        return (StatusCode::UNAUTHORIZED, json!({"error": "wrong password"}).to_string()).into_response();
    }
    json!({"token": TOKEN}).to_string().into_response()
}

async fn chat(State(counts): State<Arc<Counts>>, headers: HeaderMap, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    counts.bodies.lock().expect("bodies").push(body.clone());
    let number = counts.chats.fetch_add(1, Ordering::Relaxed);
    if headers.get("authorization").is_none_or(|value| value != &format!("Bearer {TOKEN}")) {
        return (StatusCode::UNAUTHORIZED, "who are you?").into_response();
    }
    let question = body["message"].as_str().unwrap_or("").to_owned();
    if question == "busy" && number == 0 {
        return (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "0")], "busy").into_response();
    }
    if question == "broken" {
        return json!({"error": {"message": format!("boom with {TOKEN}")}}).to_string().into_response();
    }
    let answer = json!({
        "answer": format!("you said {question} with {TOKEN} and {PASSWORD}"),
        "sources": [{"text": "passage one"}, {"text": format!("passage {TOKEN}")}],
        "usage": {"in": 3, "out": 4}, "cost": "0.25"
    });
    answer.to_string().into_response()
}

fn http_project(url: &str, extra: &str) -> Project {
    let project = Project::new("http://127.0.0.1:1", "my-app", 0);
    project.write(
        "karat.yaml",
        &format!(
            r#"providers:
  my-app:
    type: http
    request:
      url: "{url}/chat"
      headers: {{Authorization: "Bearer {{{{ session.token }}}}"}}
      body: {{message: "{{{{ vars.question }}}}", prompt: "{{{{ input }}}}", session: "{{{{ session.id }}}}"}}
    response: {{text: $.answer, contexts: "$.sources[*].text", usage: {{input: $.usage.in, output: $.usage.out}}, cost: $.cost, error: $.error}}
    session: {{request: {{url: "{url}/login", body: {{password: "${{env.APP_PASSWORD}}"}}}}, extract: {{token: $.token}}}}
{extra}"#
        ),
    );
    project.write(
        "evals/ask.yaml",
        r#"suite: ask
prompts: ["Please answer: {{ question }}"]
models: [my-app]
defaults: {checks: [{contains: you said}]}
cases:
  - {id: one, vars: {question: hello}}
  - {id: two, vars: {question: "a \"quoted\" one"}}
"#,
    );
    project
}

fn run(project: &Project, args: &str) -> Told {
    let mut command = project.karat(args);
    for name in ["PATH", "HOME", "PYENV_VERSION"] {
        if let Ok(value) = std::env::var(name) {
            command.env(name, value);
        }
    }
    command.env("APP_PASSWORD", PASSWORD);
    Told::of(&command.output().expect("karat runs"))
}

fn no_secret_is_left(project: &Project) {
    let mut files = Vec::new();
    let mut folders = vec![project.path().to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("folder") {
            let path = entry.expect("entry").path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    assert!(files.iter().any(|file| file.ends_with("karat.db")), "{files:?}");
    for file in files {
        let bytes = std::fs::read(&file).expect("file");
        for secret in [TOKEN, PASSWORD] {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} in {}", file.display());
        }
    }
}

#[test]
fn an_application_behind_a_url_is_asked_with_the_variables_of_its_cases() {
    let (url, counts) = start();
    let project = http_project(&url, "");
    let told = run(&project, "eval --record --format json -vv").exits(0);
    let report = told.json();
    assert_eq!(report["totals"]["pass"], 2);
    assert_eq!(report["totals"]["spent_usd"], "0.5", "what the application says it costs");
    assert_eq!((counts.logins.load(Ordering::Relaxed), counts.chats.load(Ordering::Relaxed)), (1, 2));
    let bodies = counts.bodies.lock().expect("bodies").clone();
    let mut said: Vec<&str> = bodies.iter().filter_map(|body| body["message"].as_str()).collect();
    said.sort_unstable();
    assert_eq!(said, ["a \"quoted\" one", "hello"]);
    assert!(bodies.iter().all(|body| body["prompt"].as_str().is_some_and(|text| text.starts_with("Please answer: "))));
    assert!(bodies.iter().all(|body| body["session"] == bodies[0]["session"]), "one session for the run");
    let shown = run(&project, "eval show latest --case one").exits(0).stdout;
    assert!(shown.contains("passage one") && shown.contains("passage (redacted)"), "{shown}");
    assert!(!told.stderr.contains(TOKEN) && !told.stderr.contains(PASSWORD), "{}", told.stderr);
    no_secret_is_left(&project);
    // An application is no pure function: without `cache: true` it is asked again.
    run(&project, "eval").exits(0);
    assert_eq!(counts.chats.load(Ordering::Relaxed), 4);
    // Its recorded answers are replayed without it.
    run(&project, "eval --calls replay").exits(0);
    assert_eq!(counts.chats.load(Ordering::Relaxed), 4);
}

#[test]
fn answers_are_kept_where_the_provider_says_so() {
    let (url, counts) = start();
    let project = http_project(&url, "    cache: true\n");
    run(&project, "eval").exits(0);
    run(&project, "eval").exits(0);
    assert_eq!(counts.chats.load(Ordering::Relaxed), 2);
    // Another request is another question.
    let yaml = std::fs::read_to_string(project.path().join("karat.yaml")).expect("yaml");
    project.write("karat.yaml", &yaml.replace("prompt: ", "text: "));
    run(&project, "eval").exits(0);
    assert_eq!(counts.chats.load(Ordering::Relaxed), 4);
}

#[test]
fn failures_of_an_application_are_retried_or_told() {
    let (url, counts) = start();
    let project = http_project(&url, "");
    let cases = "suite: ask\nprompts: [\"{{ question }}\"]\nmodels: [my-app]\ndefaults: {checks: [{contains: you said}]}\ncases: [{id: busy, vars: {question: busy}}, {id: broken, vars: {question: broken}}]\n";
    project.write("evals/ask.yaml", cases);
    let told = run(&project, "eval --concurrency 1 --format json").exits(3);
    let report = told.json();
    assert_eq!(
        (&report["totals"]["pass"], &report["totals"]["error"]),
        (&json!(1), &json!(1)),
        "{report:#} {}",
        told.stderr
    );
    assert_eq!(counts.chats.load(Ordering::Relaxed), 3, "503 is tried again, an error of the application is not");
    assert!(told.stdout.contains("the application reports an error: boom with (redacted)"), "{}", told.stdout);
    no_secret_is_left(&project);
}

const APP: &str = r#"
import os
def answer(input, vars):
    if vars["question"] == "boom":
        raise ValueError("bad question, " + os.environ["APP_PASSWORD"])
    assert "OPENAI_API_KEY" not in os.environ
    return {"output": input + " " + os.environ["MODE"] + " " + os.environ["APP_PASSWORD"], "contexts": ["p"]}
"#;

fn python_project(cases: usize) -> Project {
    let project = Project::new("http://127.0.0.1:1", "my-app", cases);
    project.write("app.py", APP);
    project.write(
        "karat.yaml",
        "providers:\n  my-app: {type: python, file: app.py, env: [APP_PASSWORD], set_env: {MODE: question-mode}}\n",
    );
    project
}

#[test]
fn a_python_file_answers_a_thousand_cases() {
    let project = python_project(1_000);
    let begun = Instant::now();
    let told = run(&project, "eval --format json").exits(0);
    assert_eq!(told.json()["totals"]["pass"], 1_000);
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    let shown = run(&project, "eval show latest --case q7").exits(0).stdout;
    assert!(shown.contains("question 7 question-mode (redacted)"), "{shown}");
    no_secret_is_left(&project);
}

#[test]
fn exceptions_of_a_program_are_told_without_its_secrets() {
    let project = python_project(1);
    project.write("evals/cases/ask.jsonl", "{\"id\": \"b\", \"vars\": {\"question\": \"boom\"}}\n");
    let told = run(&project, "eval").exits(3);
    assert!(told.stdout.contains("ValueError: bad question, (redacted) (app.py:5)"), "{}", told.stdout);
    no_secret_is_left(&project);
}

#[test]
fn programs_are_not_started_for_strangers() {
    let project = python_project(1);
    project.write("app.py", "open('started', 'w')\ndef answer(input, vars):\n    return input\n");
    let told = run(&project, "eval --untrusted").exits(2);
    assert!(told.stderr.contains("error[untrusted]") && told.stderr.contains("--calls replay"), "{}", told.stderr);
    assert!(!project.path().join("started").exists());
    run(&project, "eval --record").exits(0);
    assert!(project.path().join("started").exists());
    // Recorded answers start nothing.
    run(&project, "eval --untrusted --calls replay").exits(0);
}

#[test]
fn a_program_that_is_not_there_is_told_before_the_first_call() {
    let project = python_project(1);
    project.write("karat.yaml", "providers:\n  my-app: {type: python, file: ap.py, command: [no-such-python]}\n");
    let told = run(&project, "eval").exits(2);
    for wanted in ["error[no-program]: `no-such-python`", "error[file-not-found]: `ap.py`", "karat.yaml:2:3"] {
        assert!(told.stderr.contains(wanted), "{wanted}: {}", told.stderr);
    }
}

#[test]
fn echo_answers_with_the_question() {
    let project = Project::new("http://127.0.0.1:1", "echo", 3);
    let report = run(&project, "eval --max-cost 0.01 --format json").exits(0).json();
    assert_eq!((&report["totals"]["pass"], &report["totals"]["spent_usd"]), (&json!(3), &json!("0")));
}

/// An application that answers piece by piece, as server-sent events or as lines of JSON; asked for neither, in one piece.
fn start_streaming() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("bind");
    let url = format!("http://{}", listener.local_addr().expect("address"));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("stream");
            thread::spawn(move || stream_answer(&mut stream).expect("answers"));
        }
    });
    url
}

fn stream_answer(stream: &mut std::net::TcpStream) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    let head = loop {
        let count = stream.read(&mut buffer)?;
        bytes.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        // The body is not looked at, but has to be read to its end.
        if text.contains("\r\n\r\n") && text.trim_end().ends_with('}') {
            break text;
        }
    };
    let (kind, pieces): (&str, &[&str]) = if head.contains("accept: text/event-stream") {
        let pieces =
            &["data: {\"delta\": \"you \"}\n\n", "data: {\"delta\": \"said it\", \"in\": 3}\n\n", "data: [DONE]\n\n"];
        ("text/event-stream", pieces)
    } else if head.contains("accept: application/x-ndjson") {
        let pieces = &["{\"delta\": \"you \"}\n", "{\"delta\": \"said it\", \"in\": 3}\n", "{\"end\": true}\n"];
        ("application/x-ndjson", pieces)
    } else {
        ("application/json", &["{\"answer\": \"you said it whole\", \"in\": 3}"])
    };
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\nconnection: close\r\n");
    stream.write_all(format!("{head}transfer-encoding: chunked\r\n\r\n").as_bytes())?;
    for piece in pieces {
        stream.write_all(format!("{:x}\r\n{piece}\r\n", piece.len()).as_bytes())?;
        stream.flush()?;
        thread::sleep(Duration::from_millis(60));
    }
    stream.write_all(b"0\r\n\r\n")
}

#[test]
fn an_application_streams_as_events_and_as_lines_and_is_asked_for_whole_replies_by_a_flag() {
    let url = start_streaming();
    for (format, done) in [("sse", "'[DONE]'"), ("ndjson", "$.end")] {
        let project = Project::new("http://127.0.0.1:1", "my-app", 1);
        project.write(
            "karat.yaml",
            &format!(
                "providers:\n  my-app:\n    type: http\n    request: {{url: '{url}/chat', body: {{message: '{{{{ input }}}}'}}}}\n    response: {{text: $.answer, usage: {{input: $.in}}}}\n    stream: {{format: {format}, text: $.delta, done: {done}}}\n"
            ),
        );
        project.write(
            "evals/ask.yaml",
            "suite: ask\nprompts: [\"{{ question }}\"]\nmodels: [my-app]\ndefaults: {checks: [{contains: you said it}]}\ncases: [{id: one, vars: {question: hello}}]\n",
        );
        let told = run(&project, "eval --format json");
        let report = told.exits(0).json();
        assert!(report["suites"][0]["groups"][0]["p50_ttft_ms"].is_f64(), "{format}: {report:#}");
        let trial = run(&project, "eval show latest --case one --format json").exits(0).json();
        let call = &trial["trials"][0]["call"];
        let reply = &call["reply"];
        assert_eq!((&reply["text"], &reply["usage"]["input"]), (&json!("you said it"), &json!(3)), "{call:#}");
        assert_eq!(reply["stream"]["chunks"], 2, "{format}: {call:#}");
        let (first, whole) = (call["ttft_ms"].as_u64(), call["latency_ms"].as_u64());
        assert!(first.zip(whole).is_some_and(|(first, whole)| first + 50 <= whole), "{format}: {call:#}");

        run(&project, "eval --no-stream").exits(0);
        let trial = run(&project, "eval show latest --case one --format json").exits(0).json();
        let reply = &trial["trials"][0]["call"]["reply"];
        assert_eq!((&reply["text"], reply.get("stream")), (&json!("you said it whole"), None), "{reply:#}");
    }
}
