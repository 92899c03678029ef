//! Programs that answer, crash, hang, and say too much. These need `python3`.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::pool::Exec;
use crate::config::{AppConfig, ProcessApp, ProcessKind, ProcessMode, ProcessReply};
use crate::provider::App;
use crate::provider::spec::{Failure, Retry};
use crate::record::{ChatReply, ChatRequest, ErrorKind, Message, OutputFormat, Params, Role, ToolChoice, Usage};

const LONG: Duration = Duration::from_secs(60);

fn request(vars: Value) -> ChatRequest {
    ChatRequest {
        messages: vec![Message::text(Role::User, "hello é")],
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

/// The environment of programs: where interpreters are, and nothing else.
fn env() -> Vec<(String, String)> {
    ["PATH", "HOME", "PYENV_VERSION"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?)))
        .collect()
}

fn exec(folder: &Path, change: impl FnOnce(&mut ProcessApp)) -> Exec {
    let mut process = ProcessApp {
        kind: ProcessKind::Command,
        command: vec!["python3".to_owned(), "-u".to_owned(), "app.py".to_owned()],
        cwd: folder.to_path_buf(),
        env: vec![],
        set_env: vec![],
        mode: ProcessMode::Worker,
        reply: ProcessReply::Json,
        config: json!({"top": 3}),
    };
    change(&mut process);
    let app = App::new(AppConfig::Process(Box::new(process)), env(), &Value::Null, b"");
    Exec::new(&Arc::new(app)).expect("a program")
}

fn program(code: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("folder");
    std::fs::write(folder.path().join("app.py"), code).expect("file");
    folder
}

const WORKER: &str = r#"
import json, os, sys, time
for line in sys.stdin:
    q = json.loads(line)
    do = q["vars"].get("do")
    if do == "crash":
        sys.stderr.write("Traceback: it broke\n")
        sys.exit(3)
    if do == "hang":
        sys.stderr.write("thinking\n")
        time.sleep(600)
    if do == "huge":
        sys.stdout.write("x" * (17 * 1024 * 1024) + "\n")
    if do == "noise":
        print("loading model")
        print(json.dumps({"id": q["id"] + 1, "output": "of another question"}))
    if do == "end":
        print(json.dumps({"id": q["id"], "output": "bye"}), flush=True)
        sys.exit(0)
    print(json.dumps({"id": q["id"], "output": [q["input"], q["params"], os.getpid()]}), flush=True)
"#;

async fn ask(exec: &Exec, what: &str, limit: Duration) -> Result<ChatReply, Failure> {
    exec.answer(&request(json!({"do": what})), limit).await
}

fn process_of(reply: &ChatReply) -> u64 {
    let value: Value = serde_json::from_str(&reply.text).expect("JSON");
    assert_eq!((&value[0], &value[1]), (&json!("hello é"), &json!({"temperature": 0.5})));
    value[2].as_u64().expect("process")
}

#[tokio::test]
async fn a_worker_stays_and_is_replaced_when_it_breaks() {
    let folder = program(WORKER);
    let exec = exec(folder.path(), |_| {});
    let first = process_of(&ask(&exec, "", LONG).await.expect("reply"));
    assert_eq!(process_of(&ask(&exec, "", LONG).await.expect("reply")), first);
    let crash = ask(&exec, "crash", LONG).await.expect_err("crash");
    assert_eq!((crash.error.kind, crash.retry), (ErrorKind::Server, Retry::Never));
    assert!(crash.error.message.contains("exit status: 3") && crash.error.message.contains("it broke"), "{crash:?}");
    let second = process_of(&ask(&exec, "", LONG).await.expect("reply"));
    assert_ne!(first, second);
    let huge = ask(&exec, "huge", LONG).await.expect_err("huge");
    assert_eq!(huge.error.kind, ErrorKind::Malformed);
    assert!(huge.error.message.contains("longer than"), "{huge:?}");
    // A worker that ended after its answer is nobody's failure.
    assert_eq!(ask(&exec, "end", LONG).await.expect("reply").text, "bye");
    tokio::time::sleep(Duration::from_millis(300)).await;
    process_of(&ask(&exec, "", LONG).await.expect("reply"));
}

#[tokio::test]
async fn a_hanging_worker_is_stopped_and_told() {
    let folder = program(WORKER);
    let exec = exec(folder.path(), |_| {});
    ask(&exec, "", LONG).await.expect("warm");
    let begun = Instant::now();
    let hang = ask(&exec, "hang", Duration::from_millis(700)).await.expect_err("hang");
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_eq!((hang.error.kind, hang.retry), (ErrorKind::Timeout, Retry::Never));
    assert!(hang.error.message.contains("700 ms") && hang.error.message.contains("thinking"), "{hang:?}");
    process_of(&ask(&exec, "", LONG).await.expect("reply"));
}

#[tokio::test]
async fn lines_that_are_no_answers_are_ignored_and_told() {
    let folder = program(WORKER);
    let reply = ask(&exec(folder.path(), |_| {}), "noise", LONG).await.expect("reply");
    let warning = reply.warnings.first().expect("a warning");
    assert_eq!((warning.param.as_str(), warning.action.as_str()), ("stdout", "ignored"));
    assert_eq!(warning.reason, "2 lines were no answers, the first: `loading model`");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_a_program_started_ends_with_it() {
    let code = r#"
import json, subprocess, sys
for line in sys.stdin:
    child = subprocess.Popen(["sleep", "600"])
    print(json.dumps({"id": json.loads(line)["id"], "output": str(child.pid)}), flush=True)
"#;
    let folder = program(code);
    let exec = exec(folder.path(), |_| {});
    let child = ask(&exec, "", LONG).await.expect("reply").text;
    let alive = || {
        let stat = std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
        !stat.is_empty() && !stat.contains(") Z ")
    };
    assert!(alive());
    drop(exec);
    let begun = Instant::now();
    while alive() && begun.elapsed() < Duration::from_secs(10) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(!alive(), "the child of the program is still there");
}

async fn once(code: &str, reply: ProcessReply) -> Result<ChatReply, Failure> {
    let folder = program(code);
    let exec = exec(folder.path(), |process| {
        process.mode = ProcessMode::Once;
        process.reply = reply;
    });
    ask(&exec, "", LONG).await
}

#[tokio::test]
async fn one_process_for_each_call() {
    let answer = r#"import json, sys; q = json.load(sys.stdin); print("log"); print(json.dumps({"output": q["input"], "usage": {"input": 1, "output": 2}}))"#;
    let reply = once(answer, ProcessReply::Json).await.expect("reply");
    assert_eq!((reply.text.as_str(), reply.usage), ("hello é", Some(Usage::plain(1, 2))));
    assert_eq!(once("print('plain')", ProcessReply::Text).await.expect("reply").text, "plain");
    for (code, kind, wanted) in [
        ("print('plain')", ErrorKind::Malformed, "not a JSON object: `plain`; write `reply: text`"),
        ("", ErrorKind::Malformed, "wrote nothing"),
        ("import sys; sys.stderr.write('why'); sys.exit(4)", ErrorKind::Server, "exit status: 4; stderr ends: why"),
        ("print('[1]')", ErrorKind::Malformed, "not a JSON object"),
        (
            "print('{\"error\": {\"kind\": \"overloaded\", \"message\": \"busy\"}}'); exit(1)",
            ErrorKind::Overloaded,
            "busy",
        ),
        ("print('x' * (17 * 1024 * 1024))", ErrorKind::Malformed, "more than"),
    ] {
        let failure = once(code, ProcessReply::Json).await.expect_err(code);
        assert_eq!(failure.error.kind, kind, "{code}");
        assert!(failure.error.message.contains(wanted), "{code}: {}", failure.error.message);
    }
}

#[tokio::test]
async fn programs_that_cannot_start_are_told() {
    let folder = program("");
    for (program, wanted) in [("karat-no-such-program", "there is no such program"), ("./app.py", "chmod +x")] {
        let exec = exec(folder.path(), |process| process.command = vec![program.to_owned()]);
        let failure = ask(&exec, "", LONG).await.expect_err(program);
        assert_eq!(failure.error.kind, ErrorKind::NotFound);
        assert!(failure.error.message.contains(wanted), "{}", failure.error.message);
    }
}

fn python(folder: &Path, function: Option<&str>) -> Exec {
    let (file, function) = (folder.join("app.py"), function.map(str::to_owned));
    exec(folder, |process| {
        process.command = vec!["python3".to_owned()];
        process.kind = ProcessKind::Python { file, function };
    })
}

#[tokio::test]
async fn functions_of_python_files_answer() {
    let code = r#"
import dataclasses
print("noise at import")
def call_api(prompt, options, context):
    print("noise")
    return {"output": [prompt, options["config"]["top"], context["vars"]], "tokenUsage": {"prompt": 1, "completion": 2, "total": 3}, "cost": 0.5}
def answer(input, vars):
    return input + "!"
async def later(messages, model):
    return {"output": messages[0]["content"] + model, "contexts": ["c"]}
def fails(input):
    raise ValueError("bad")
def nothing():
    return None
@dataclasses.dataclass
class Reply:
    output: str
def typed(x, y):
    return Reply(output=x + str(y["do"]))
"#;
    let folder = program(code);
    let reply = ask(&python(folder.path(), None), "d", LONG).await.expect("reply");
    assert_eq!(reply.text, r#"["hello é",3,{"do":"d"}]"#);
    assert_eq!((reply.usage, reply.reported_cost.is_some()), (Some(Usage::plain(1, 2)), true));
    assert!(reply.warnings.is_empty(), "what a file prints goes to stderr");
    for (function, wanted) in [("answer", "hello é!"), ("later", "hello édefault"), ("typed", "hello éd")] {
        let reply = ask(&python(folder.path(), Some(function)), "d", LONG).await.expect(function);
        assert_eq!(reply.text, wanted);
    }
    for (function, kind, wanted) in [
        ("fails", ErrorKind::BadRequest, "ValueError: bad (app.py:12)"),
        ("nothing", ErrorKind::BadRequest, "returned None"),
        ("missing", ErrorKind::NotFound, "has no function `missing`; it has call_api, answer"),
    ] {
        let failure = ask(&python(folder.path(), Some(function)), "d", LONG).await.expect_err(function);
        assert_eq!(failure.error.kind, kind, "{function}");
        assert!(failure.error.message.contains(wanted), "{function}: {}", failure.error.message);
    }
    let broken = program("import no_such_module");
    let failure = ask(&python(broken.path(), None), "", LONG).await.expect_err("import");
    assert!(failure.error.message.contains("cannot be loaded: ModuleNotFoundError"), "{}", failure.error.message);
}

#[tokio::test]
async fn functions_of_javascript_modules_answer() {
    if std::process::Command::new("node").arg("--version").output().is_err() {
        // Continuous integration has it; a developer without Node.js is told.
        let note = "NOT RUN: functions_of_javascript_modules_answer needs `node`, which is not installed\n";
        std::io::Write::write_all(&mut std::io::stderr(), note.as_bytes()).expect("stderr");
        return;
    }
    let run = async |code: &str, function: Option<&str>| {
        let folder = tempfile::tempdir().expect("folder");
        let file = folder.path().join("app.mjs");
        std::fs::write(&file, code).expect("file");
        let exec = exec(folder.path(), |process| {
            process.command = vec!["node".to_owned()];
            process.kind = ProcessKind::JavaScript { file, function: function.map(str::to_owned) };
        });
        ask(&exec, "d", LONG).await
    };
    let class = "export default class { constructor(o) { this.top = o.config.top } id() { return 'x' } async callApi(prompt, context) { console.log('noise'); return { output: prompt + this.top + context.vars.do, tokenUsage: { prompt: 1, completion: 2 } } } }";
    let reply = run(class, None).await.expect("reply");
    assert_eq!((reply.text.as_str(), reply.usage), ("hello é3d", Some(Usage::plain(1, 2))));
    let functions = "export const answer = async (input, vars, { model, config }) => input + vars.do + model + config.top;\nexport function fails() {\n  throw new TypeError('bad') }";
    assert_eq!(run(functions, None).await.expect("reply").text, "hello éddefault3");
    let failed = run(functions, Some("fails")).await.expect_err("fails");
    assert!(failed.error.message.contains("TypeError: bad (app.mjs:3)"), "{}", failed.error.message);
    let missing = run(functions, Some("missing")).await.expect_err("missing");
    assert!(missing.error.message.contains("exports no function `missing`; it exports answer, fails"), "{missing:?}");
    assert_eq!(missing.error.kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn a_thousand_questions_need_few_interpreters() {
    let folder = program("import os\ndef answer(input, vars):\n    return str(os.getpid())\n");
    let exec = python(folder.path(), None);
    let mut seen = std::collections::HashSet::new();
    let begun = Instant::now();
    for _ in 0..250 {
        let (a, b, c, d) =
            tokio::join!(ask(&exec, "", LONG), ask(&exec, "", LONG), ask(&exec, "", LONG), ask(&exec, "", LONG));
        seen.extend([a, b, c, d].map(|reply| reply.expect("reply").text));
    }
    assert!(seen.len() <= 4, "{} interpreters", seen.len());
    // Loose: the machine may be busy. A thousand interpreters would take more than twice as long when it is not.
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
}
