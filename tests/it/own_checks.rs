//! `karat eval` with checks that users write themselves: in Python, as programs, behind addresses. Needs `python3`.

use std::sync::{Arc, Mutex};
use std::thread;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};

use crate::project::{Project, Told};

/// Stand for what a user has in the environment.
const HOOK_TOKEN: &str = "hook-canary-4f9a1c77e2b8";
const TONE_TOKEN: &str = "tone-canary-77e2b8d06355";

const TONE: &str = r#"
import os
from words import POLITE

print("noise on stdout")

def check(output, context):
    do = context["case"]["id"]
    if do == "raise":
        raise ValueError("bad key " + os.environ["TONE_TOKEN"])
    if do == "die":
        os._exit(3)
    if do == "text":
        return "fine"
    score = 1 if POLITE in output else 0.25
    return {"pass": score == 1, "score": score, "reason": os.environ["TONE_TOKEN"], "named_scores": {"tone": score}}
"#;

const JUDGE: &str = r#"
import json, os, sys
seen = 0
for line in sys.stdin:
    q = json.loads(line)
    seen += 1
    with open("judged.log", "a") as log:
        log.write("%d %s\n" % (os.getpid(), q["output"]))
    if q["context"]["case"]["id"] == "noise":
        print("model loaded", flush=True)
        continue
    print(json.dumps({"id": q["id"], "score": 0.5, "reason": "leak" if "HOOK_TOKEN" in os.environ else "own"}), flush=True)
"#;

fn project(checks: &str, cases: &[(&str, &str)]) -> Project {
    let project = Project::new("http://127.0.0.1:1", "echo/m", 0);
    project.write("karat.yaml", "calls: live\nproviders: {echo: {type: echo}}\n");
    project.write("evals/checks/tone.py", TONE);
    project.write("evals/checks/words.py", "POLITE = 'please'\n");
    project.write("checks/judge.py", JUDGE);
    let cases: Vec<Value> = cases.iter().map(|(id, text)| json!({"id": id, "vars": {"text": text}})).collect();
    let cases = Value::Array(cases);
    project.write(
        "evals/ask.yaml",
        &format!("suite: ask\nprompts: [\"{{{{ text }}}}\"]\nmodels: [echo/m]\ndefaults:\n  checks:\n{checks}\ncases: {cases}\n"),
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
    command.env("HOOK_TOKEN", HOOK_TOKEN).env("TONE_TOKEN", TONE_TOKEN);
    Told::of(&command.output().expect("karat runs"))
}

/// The scores of a case in the latest run, by the names of the checks.
fn scores(project: &Project, case: &str) -> Value {
    let shown = run(project, &format!("eval show latest --case {case} --format json")).exits(0).json();
    let mut found = Vec::new();
    collect(&shown, &mut found);
    assert!(!found.is_empty(), "{shown:#}");
    found.into_iter().map(|score| (score["name"].as_str().expect("name").to_owned(), score)).collect()
}

fn collect(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(entries) => {
            if let Some(Value::Array(scores)) = entries.get("scores") {
                found.extend(scores.iter().cloned());
            }
            entries.values().for_each(|inner| collect(inner, found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn no_secret_is_left(project: &Project) {
    let mut folders = vec![project.path().to_path_buf()];
    let mut has_store = false;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("folder") {
            let path = entry.expect("entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            has_store |= path.ends_with("karat.db");
            let bytes = std::fs::read(&path).expect("file");
            for secret in [HOOK_TOKEN, TONE_TOKEN] {
                let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!found, "{secret} in {}", path.display());
            }
        }
    }
    assert!(has_store);
}

const PROGRAMS: &str = r#"    - python: {file: checks/tone.py, env: [TONE_TOKEN], name: tone}
    - python: {value: "len(output) < 100", name: short}
    - exec: {value: [python3, -u, checks/judge.py], threshold: 0.5, name: judge}
    - exec: {value: [sh, -c, "echo 0.25"], threshold: 0.2, name: plain}"#;

#[test]
fn programs_judge_and_what_goes_wrong_leaves_a_score_ungraded() {
    let cases =
        [("good", "yes please"), ("bad", "no"), ("raise", "a"), ("die", "b"), ("text", "c"), ("noise", "please")];
    let project = project(PROGRAMS, &cases);
    let told = run(&project, "eval --concurrency 2 --format json").exits(1);
    let totals = &told.json()["totals"];
    assert_eq!((&totals["pass"], &totals["fail"], &totals["ungraded"]), (&json!(1), &json!(1), &json!(4)), "{totals}");
    let good = scores(&project, "good");
    let tone = &good["tone"];
    assert_eq!((&tone["value"], &tone["details"]["named_scores"]["tone"]), (&json!(1.0), &json!(1.0)), "{tone}");
    assert_eq!(
        tone["reason"],
        "saw `pass: true`, `score: 1` for \"yes please\": (redacted); wanted `pass: true` from the Python code"
    );
    assert_eq!((&good["plain"]["value"], &good["judge"]["value"]), (&json!(0.25), &json!(0.5)));
    let judged = good["judge"]["reason"].as_str().expect("reason");
    assert!(judged.contains(": own;"), "variables that are not named are not passed on: {judged}");
    assert_eq!(scores(&project, "bad")["tone"]["value"], 0.25);
    for (case, check, wanted) in [
        ("raise", "tone", "the Python code did not judge: it raised ValueError: bad key (redacted) (tone.py:10)"),
        ("die", "tone", "it ended (exit status: 3) without an answer"),
        ("text", "tone", "it must answer with true, false, a number or an object with `pass`, not the text \"fine\""),
        ("noise", "judge", "what it wrote is not one answer in JSON: `model loaded`; messages belong on stderr"),
    ] {
        let score = &scores(&project, case)[check];
        assert_eq!(score["state"], "ungraded", "{case}");
        let reason = score["reason"].as_str().expect("reason");
        assert!(reason.contains(wanted), "{case}: {reason}");
    }
    let log = std::fs::read_to_string(project.path().join("judged.log")).expect("log");
    let pids: std::collections::HashSet<&str> = log.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(log.lines().count(), 6, "each output is judged once");
    assert!(pids.len() <= 3, "{log}");
    assert!(!told.stdout.contains(TONE_TOKEN) && !told.stderr.contains(TONE_TOKEN));
    no_secret_is_left(&project);
}

#[test]
fn a_project_that_is_not_trusted_starts_nothing_and_sends_no_variables() {
    let hook = r#"    - webhook: {url: "http://127.0.0.1:1/x", headers: {authorization: "Bearer ${env.HOOK_TOKEN}"}}"#;
    let project = project(&format!("{PROGRAMS}\n{hook}"), &[("good", "yes please")]);
    for args in ["eval --untrusted", "eval --untrusted --calls replay"] {
        let told = run(&project, args).exits(2);
        assert!(told.stderr.contains("error[untrusted]: the check `judge` runs a program"), "{}", told.stderr);
        assert!(told.stderr.contains("evals/ask.yaml:6:7"), "{}", told.stderr);
        assert!(told.stderr.contains("sends `${env.HOOK_TOKEN}` to `127.0.0.1`"), "{}", told.stderr);
    }
    assert!(!project.path().join("judged.log").exists());
    assert!(!project.path().join(".karat").exists());
}

#[test]
fn what_no_check_could_use_is_told_before_the_first_call() {
    let checks = r#"    - python: {value: "True", command: no-such-python, env: [NOT_SET]}
    - webhook: {url: "http://127.0.0.1:1/x", headers: {authorization: "Bearer ${env.HOOK_TOKNE}"}}"#;
    let project = project(checks, &[("good", "x")]);
    let told = run(&project, "eval").exits(2);
    for wanted in [
        "error[no-program]: `no-such-python`, the program of the check `python`, is not there",
        "warning[variable-not-set]: the environment variable `NOT_SET`",
        "error[variable-not-set]: the environment variable `HOOK_TOKNE`, which the check `webhook` sends, is not set",
        "did you mean `HOOK_TOKEN`?",
    ] {
        assert!(told.stderr.contains(wanted), "{wanted}: {}", told.stderr);
    }
}

type Seen = Arc<Mutex<Vec<(String, Value)>>>;

fn serve() -> (String, Seen) {
    let seen = Seen::default();
    let state = Arc::clone(&seen);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("bind");
    listener.set_nonblocking(true).expect("nonblocking");
    let url = format!("http://{}", listener.local_addr().expect("address"));
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
        runtime.block_on(async move {
            let app = Router::new().route("/score", post(judge)).with_state(state);
            let listener = tokio::net::TcpListener::from_std(listener).expect("listener");
            axum::serve(listener, app).await.expect("serves");
        });
    });
    (url, seen)
}

async fn judge(State(seen): State<Seen>, headers: HeaderMap, body: String) -> Response {
    let key = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or("-").to_owned();
    let question: Value = serde_json::from_str(&body).expect("JSON");
    let number = {
        let mut seen = seen.lock().expect("seen");
        seen.push((key.clone(), question.clone()));
        seen.len()
    };
    match question["context"]["case"]["id"].as_str().expect("id") {
        "busy" if number == 1 => (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "0")], "busy").into_response(),
        "down" => (StatusCode::BAD_REQUEST, format!("no, {key}")).into_response(),
        _ => json!({"pass": true, "reason": format!("you sent {key}")}).to_string().into_response(),
    }
}

#[test]
fn addresses_judge_with_keys_that_are_seen_nowhere() {
    let (url, seen) = serve();
    let checks =
        format!("    - webhook: {{url: \"{url}/score\", headers: {{Authorization: \"Bearer ${{env.HOOK_TOKEN}}\"}}}}");
    let project = project(&checks, &[("busy", "one"), ("down", "two")]);
    let told = run(&project, "eval --concurrency 1 --format json -vv").exits(3);
    let totals = &told.json()["totals"];
    assert_eq!((&totals["pass"], &totals["ungraded"]), (&json!(1), &json!(1)), "{totals}");
    let asked = seen.lock().expect("seen").clone();
    assert_eq!(asked.len(), 3, "503 is tried again, 400 is not");
    assert!(asked.iter().all(|(key, _)| key == &format!("Bearer {HOOK_TOKEN}")));
    assert_eq!((&asked[0].1["output"], &asked[0].1["context"]["case"]["id"]), (&json!("one"), &json!("busy")));
    let busy = scores(&project, "busy");
    assert!(busy["webhook"]["reason"].as_str().is_some_and(|reason| reason.contains("you sent Bearer (redacted)")));
    let down = scores(&project, "down");
    let wanted = "the webhook did not judge: it answers with status 400: `no, Bearer (redacted)`";
    assert_eq!(down["webhook"]["reason"], wanted);
    assert!(!told.stdout.contains(HOOK_TOKEN) && !told.stderr.contains(HOOK_TOKEN));
    no_secret_is_left(&project);
}

#[test]
fn a_replay_runs_programs_and_asks_no_addresses() {
    let (url, seen) = serve();
    let checks = format!(
        "    - exec: {{value: [python3, -u, checks/judge.py], threshold: 0.5, name: judge}}\n    - webhook: {{url: \"{url}/score\"}}"
    );
    let project = project(&checks, &[("good", "one")]);
    run(&project, "eval --record").exits(0);
    assert_eq!(seen.lock().expect("seen").len(), 1);
    run(&project, "eval --calls replay").exits(0);
    assert_eq!(seen.lock().expect("seen").len(), 1);
    let good = scores(&project, "good");
    assert_eq!((&good["judge"]["value"], &good["webhook"]["passed"]), (&json!(0.5), &json!(true)));
    // Another question to it was never answered.
    project.write(
        "evals/ask.yaml",
        &std::fs::read_to_string(project.path().join("evals/ask.yaml")).expect("suite").replace("/score", "/scores"),
    );
    run(&project, "eval --calls replay").exits(3);
    assert_eq!(seen.lock().expect("seen").len(), 1);
    let wanted = format!(
        "the webhook did not judge: a replay asks no addresses, and there is no recorded answer for `one` of \
         `{url}/scores` in `fixtures/cassettes/webhook/answers.jsonl`; record it with `karat eval --record`"
    );
    assert_eq!(scores(&project, "good")["webhook"]["reason"], wanted);
    no_secret_is_left(&project);
}

#[test]
fn a_replay_without_recorded_answers_asks_no_addresses() {
    let (url, seen) = serve();
    let checks = format!(
        "    - exec: {{value: [python3, -u, checks/judge.py], threshold: 0.5, name: judge}}\n    - webhook: {{url: \"{url}/score\"}}"
    );
    let project = project(&checks, &[("good", "one")]);
    run(&project, "eval --record").exits(0);
    assert_eq!(seen.lock().expect("seen").len(), 1);
    std::fs::remove_dir_all(project.path().join("fixtures/cassettes/webhook")).expect("the folder of answers");
    run(&project, "eval --calls replay").exits(3);
    assert_eq!(seen.lock().expect("seen").len(), 1);
    let good = scores(&project, "good");
    assert_eq!(good["judge"]["value"], 0.5);
    let told = good["webhook"]["reason"].as_str().expect("a reason");
    assert!(told.contains("a replay asks no addresses, and there is no recorded answer"), "{told}");
}
