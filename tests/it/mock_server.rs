//! `karat mock`: an application's tests without a network, here with karat itself as the application.

use std::time::Duration;

use serde_json::{Value, json};

use crate::project::{KEY, Project};
use crate::serving::Serving;
use crate::stub::{Reaction, Stub};

const MODELS: [&str; 2] = ["openai/gpt-5.4-mini", "anthropic/claude-haiku-4-5"];

fn passed(project: &Project, args: &str) -> u64 {
    let told = project.run(args).exits(0);
    told.json()["totals"]["pass"].as_u64().expect("pass")
}

/// A project whose cassette holds the answers of an echo.
fn recorded(model: &str, cases: usize) -> Project {
    let stub = Stub::echo();
    let project = Project::new(stub.url(), model, cases);
    project.run("eval --record --no-cache").exits(0);
    project
}

#[test]
fn recorded_replies_are_served_in_each_protocol_plain_and_streamed() {
    for model in MODELS {
        let home = recorded(model, 8);
        let server = Serving::start(&home, "");
        let application = Project::new(server.url(), model, 8);
        assert_eq!(passed(&application, "eval --no-cache --format json"), 8, "{model}");
        let streamed = application.run("eval --no-cache --stream --format json").exits(0);
        assert_eq!(streamed.json()["totals"]["pass"], 8, "{model}");
        let (code, told) = server.end(Some("-INT"));
        assert_eq!(code, Some(130), "{told}");
        assert!(told.contains("16 requests: 16 by the very request"), "{model}: {told}");
    }
}

#[test]
fn gemini_and_responses_are_served_from_rules() {
    let home = Project::new("http://127.0.0.1:9", MODELS[0], 0);
    home.write("rules.jsonl", "{\"match\": \"question\", \"echo\": true, \"usage\": {\"input\": 5, \"output\": 2}}\n");
    let server = Serving::start(&home, "--rules rules.jsonl");
    for (kind, model, base) in [("gemini", "gemini-2.0-flash", ""), ("openai-responses", "gpt-4o", "/v1")] {
        let application = Project::new(server.url(), &format!("served/{model}"), 4);
        let url = server.url();
        application.write(
            "karat.yaml",
            &format!("calls: live\nproviders:\n  served: {{type: {kind}, base_url: \"{url}{base}\"}}\n"),
        );
        for stream in ["", "--stream"] {
            let told = application.run(&format!("eval --no-cache --format json {stream}")).exits(0);
            assert_eq!(told.json()["totals"]["pass"], 4, "{kind} {stream}");
        }
    }
}

fn question(model: &str, text: &str, more: &Value) -> Value {
    let messages = json!([{"role": "system", "content": "You answer briefly."}, {"role": "user", "content": text}]);
    let mut body = json!({"model": model, "messages": messages});
    for (key, value) in more.as_object().expect("object") {
        body[key] = value.clone();
    }
    body
}

#[test]
fn other_parameters_are_served_and_said_and_unknown_requests_name_the_nearest() {
    let home = recorded(MODELS[0], 3);
    let server = Serving::start(&home, "");
    let path = "/v1/chat/completions";
    let exact = server.post(path, &question("gpt-5.4-mini", "question 1", &json!({"max_completion_tokens": 50})));
    assert_eq!((exact.status, exact.header("x-karat-matched")), (200, Some("exact")), "{exact:#?}");
    assert_eq!(exact.header("x-karat-case"), Some("ask/q1"));
    assert_eq!(exact.json()["choices"][0]["message"]["content"], "question 1");
    let other = server.post(path, &question("gpt-5.4-mini", "question 1", &json!({"temperature": 1, "user": "u"})));
    assert_eq!((other.status, other.header("x-karat-matched")), (200, Some("messages")), "{other:#?}");

    let unknown = server.post(path, &question("gpt-5.4-mini", "question 7", &json!({})));
    let message = unknown.json()["error"]["message"].as_str().expect("message").to_owned();
    assert_eq!((unknown.status, &unknown.json()["error"]["code"]), (404, &json!("not_recorded")));
    for wanted in ["`gpt-5.4-mini`", "the nearest is `ask/q", "last user message begins `question ", "--record"] {
        assert!(message.contains(wanted), "{wanted}: {message}");
    }
    let model = server.post(path, &question("gpt-4o", "question 1", &json!({})));
    let message = model.json()["error"]["message"].to_string();
    assert!(message.contains("its model is `gpt-5.4-mini`, not `gpt-4o`"), "{message}");
    let anthropic = server.post("/v1/messages", &question("x", "question 1", &json!({"max_tokens": 5})));
    assert_eq!((anthropic.status, &anthropic.json()["error"]["type"]), (404, &json!("not_found_error")));
    let gemini = server.post(
        "/v1beta/models/x:generateContent",
        &json!({"contents": [{"role": "user", "parts": [{"text": "question 1"}]}]}),
    );
    assert_eq!((gemini.status, &gemini.json()["error"]["status"]), (404, &json!("NOT_FOUND")));
    assert_eq!(server.post("/v1/nowhere", &json!({})).status, 404);
    assert_eq!(server.post(path, &json!({"model": "m"})).status, 400);
    let models = server.ask("GET", "/v1/models", &[], "");
    assert_eq!(models.json()["data"][0]["id"], "gpt-5.4-mini");
}

#[test]
fn vectors_are_served_as_numbers_and_as_base64() {
    let home = Project::new("http://127.0.0.1:9", MODELS[0], 0);
    // 1 and 0 in single precision.
    let digest = karat::record::EmbeddingCall::text_digest("tea");
    let line =
        format!("{{\"model\":\"openai/e\",\"text\":\"{digest}\",\"about\":\"tea\",\"vector\":\"AACAPwAAAAA=\"}}\n");
    home.write("fixtures/cassettes/embeddings/vectors.jsonl", &line);
    let server = Serving::start(&home, "");
    let ask = |body: Value| server.post("/v1/embeddings", &body);
    let numbers = ask(json!({"model": "e", "input": ["tea"]}));
    assert_eq!(numbers.json()["data"][0]["embedding"], json!([1.0, 0.0]), "{numbers:#?}");
    let coded = ask(json!({"model": "e", "input": "tea", "encoding_format": "base64"}));
    assert_eq!(coded.json()["data"][0]["embedding"], "AACAPwAAAAA=");
    let unknown = ask(json!({"model": "e", "input": "coffee"}));
    assert!(unknown.status == 404 && unknown.body.contains("`coffee`"), "{unknown:#?}");
}

#[test]
fn faults_are_played_as_they_are_named() {
    let home = recorded(MODELS[0], 1);
    let ask = |args: &str, stream: bool| {
        let server = Serving::start(&home, args);
        let more = json!({"max_completion_tokens": 50, "stream": stream});
        server.post("/v1/chat/completions", &question("gpt-5.4-mini", "question 0", &more))
    };
    for status in [429_u16, 500, 503, 529] {
        let answer = ask(&format!("--fault {status} --retry-after 3"), false);
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("retry-after").is_some(), status != 500, "{answer:#?}");
    }
    for stream in [false, true] {
        let reset = ask("--fault reset", stream);
        assert_eq!((reset.status, reset.timed_out), (0, false), "{reset:#?}");
        let broken = ask("--fault reset-mid-body", stream);
        assert!(broken.status == 200 && !broken.whole && !broken.body.is_empty(), "{broken:#?}");
        let truncated = ask("--fault truncate", stream);
        assert!(truncated.whole && !truncated.body.is_empty(), "{truncated:#?}");
        assert!(!truncated.body.contains("[DONE]") && serde_json::from_str::<Value>(&truncated.body).is_err());
        let silent = ask("--fault hang", stream);
        assert_eq!((silent.status, silent.timed_out), (0, true), "{silent:#?}");
        let stuck = ask("--fault hang-mid-body", stream);
        assert!(stuck.status == 200 && stuck.timed_out && !stuck.body.is_empty(), "{stuck:#?}");
        let malformed = ask("--fault malformed", stream);
        assert!(malformed.status == 200 && malformed.body.contains("not JSON"), "{malformed:#?}");
    }
    assert_eq!(ask("--fault-rate 0", false).status, 200);
}

#[test]
fn an_application_gets_over_faults_at_a_rate() {
    let home = recorded(MODELS[0], 12);
    let server = Serving::start(&home, "--fault 500 --fault reset --fault-rate 0.3 --seed 5");
    let application = Project::new(server.url(), MODELS[0], 12);
    assert_eq!(passed(&application, "eval --no-cache --format json"), 12);
    let (_, told) = server.end(Some("-TERM"));
    assert!(told.contains("failed on purpose") && told.contains("12 by the very request"), "{told}");
}

#[test]
fn only_this_machine_is_answered() {
    let home = recorded(MODELS[0], 1);
    let server = Serving::start(&home, "");
    let body = question("gpt-5.4-mini", "question 0", &json!({})).to_string();
    let ask = |host: &str| server.ask("POST", "/v1/chat/completions", &[("host", host)], &body).status;
    assert_eq!((ask("localhost:1"), ask("evil.example"), ask("127.0.0.1.evil.example")), (200, 403, 403));
}

#[test]
fn a_server_ends_when_it_is_told_to_and_prints_where_it_is() {
    let home = recorded(MODELS[0], 1);
    let server = Serving::start(&home, "--max-requests 1");
    assert!(server.url().starts_with("http://127.0.0.1:"));
    server.post("/v1/chat/completions", &question("gpt-5.4-mini", "question 0", &json!({})));
    assert_eq!(server.end(None).0, Some(0));
    let told = home.run("mock --port 0 --for 50ms --format json").exits(0);
    let json = told.json();
    assert_eq!(json["schema_version"], 1);
    assert!(json["base_urls"]["openai"].as_str().expect("url").ends_with("/v1"));
    assert_eq!(Serving::start(&home, "").end(Some("-TERM")).0, Some(143));
    let missing = home.run("mock nowhere.jsonl --port 0").exits(2);
    assert!(missing.stderr.contains("there is no cassette `nowhere.jsonl`"), "{}", missing.stderr);
    let taken = Serving::start(&home, "");
    let port = taken.url().rsplit(':').next().expect("port").to_owned();
    assert!(home.run(&format!("mock --port {port} --for 50ms")).exits(2).stderr.contains("choose another `--port`"));
}

#[test]
fn a_proxy_records_what_passes_and_never_a_key() {
    let upstream_home = Project::new("http://127.0.0.1:9", MODELS[0], 0);
    upstream_home
        .write("rules.jsonl", "{\"match\": \"question\", \"echo\": true, \"usage\": {\"input\": 5, \"output\": 2}}\n");
    let upstream = Serving::start(&upstream_home, "--rules rules.jsonl");
    for (model, base, stream) in
        [(MODELS[0], "/v1", ""), (MODELS[0], "/v1", "--stream"), (MODELS[1], "", ""), (MODELS[1], "", "--stream")]
    {
        let home = Project::new("http://127.0.0.1:9", model, 0);
        let proxy =
            Serving::start(&home, &format!("--proxy {}{base} --record fixtures/cassettes/app.jsonl", upstream.url()));
        let application = Project::new(proxy.url(), model, 4);
        // An application may say its key to a model, which repeats it.
        let row = format!("{{\"id\": \"leak\", \"vars\": {{\"question\": \"question {KEY}\"}}}}\n");
        let rows = std::fs::read_to_string(application.path().join("evals/cases/ask.jsonl")).expect("cases");
        application.write("evals/cases/ask.jsonl", &format!("{rows}{row}"));
        assert_eq!(passed(&application, &format!("eval --no-cache --format json {stream}")), 5, "{model} {stream}");
        let (code, told) = proxy.end(Some("-INT"));
        assert!(code == Some(130) && told.contains("5 recorded"), "{told}");
        let cassette = std::fs::read_to_string(home.path().join("fixtures/cassettes/app.jsonl")).expect("cassette");
        assert_eq!(cassette.lines().count(), 5, "{cassette}");
        assert!(!cassette.contains(KEY) && !cassette.contains(&KEY[3..]), "{cassette}");
        assert!(cassette.contains(&format!("\"model\":\"{model}\"")), "{cassette}");

        let served = Serving::start(&home, "fixtures/cassettes/app.jsonl");
        let offline = Project::new(served.url(), model, 4);
        assert_eq!(passed(&offline, "eval --no-cache --format json"), 4, "{model} {stream}");
        let (_, told) = served.end(Some("-INT"));
        assert!(told.contains("4 requests: 4 by the very request"), "{told}");
    }
}

#[test]
fn a_proxy_passes_keys_to_its_upstream_only_and_keeps_no_errors() {
    let stub = Stub::start(Duration::ZERO, |seen| match seen.key.as_str() {
        KEY => Reaction::Say(seen.user.clone()),
        _ => Reaction::Status(401, json!({"error": {"message": "no", "code": "invalid_api_key"}}), vec![]),
    });
    let home = Project::new("http://127.0.0.1:9", MODELS[0], 0);
    let proxy = Serving::start(&home, &format!("--proxy {}/v1 --record .", stub.url()));
    let body = question("gpt-5.4-mini", "question", &json!({"max_completion_tokens": 5})).to_string();
    let key = format!("Bearer {KEY}");
    let sent = proxy.ask("POST", "/v1/chat/completions", &[("authorization", &key)], &body);
    assert_eq!((sent.status, stub.seen()[0].key.as_str()), (200, KEY));
    assert_eq!(proxy.ask("POST", "/v1/chat/completions", &[], &body).status, 401);
    let (_, told) = proxy.end(Some("-INT"));
    assert!(told.contains("2 requests: 2 passed on, 1 recorded"), "{told}");
    assert!(home.path().join("recorded.jsonl").exists());
    let nobody = Serving::start(&home, "--proxy http://127.0.0.1:9/v1");
    let answer = nobody.ask("POST", "/v1/chat/completions", &[], &body);
    assert!(answer.status == 502 && answer.body.contains("cannot connect"), "{answer:#?}");
}

#[test]
fn what_is_under_way_when_a_proxy_stops_is_still_recorded() {
    let stub = Stub::start(Duration::from_millis(800), |seen| Reaction::Say(seen.user.clone()));
    let home = Project::new("http://127.0.0.1:9", MODELS[0], 0);
    let proxy = Serving::start(&home, &format!("--proxy {}/v1 --record app.jsonl", stub.url()));
    let body = question("gpt-5.4-mini", "question", &json!({"max_completion_tokens": 5}));
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| proxy.post("/v1/chat/completions", &body).status);
        std::thread::sleep(Duration::from_millis(300));
        proxy.signal("-INT");
        assert_eq!(asked.join().expect("answer"), 200);
    });
    let (code, told) = proxy.end(None);
    assert!(code == Some(130) && told.contains("1 recorded"), "{told}");
    assert!(home.path().join("app.jsonl").exists());
}
