//! Programs that judge, crash, hang, and say too much. These need `python3`.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::judge::Judge;
use crate::base::Digest;
use crate::record::{CheckProgram, PythonCode};

const LONG: Duration = Duration::from_secs(60);

/// The environment of programs: where interpreters are, and one variable.
fn env() -> Vec<(String, String)> {
    let known = ["PATH", "HOME", "PYENV_VERSION"].into_iter();
    let known = known.filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?)));
    known.chain([("TOKEN".to_owned(), "given".to_owned())]).collect()
}

fn judge(folder: &Path, command: &[&str], change: impl FnOnce(&mut CheckProgram)) -> Judge {
    let mut program = CheckProgram {
        key: Digest::of_bytes(b"test"),
        command: command.iter().map(|part| (*part).to_owned()).collect(),
        folder: folder.to_path_buf(),
        env: Vec::new(),
        python: None,
        once: false,
        timeout: LONG,
    };
    change(&mut program);
    Judge::new(Arc::new(program), env(), 2)
}

fn python(file: Option<&Path>, code: &str, function: Option<&str>) -> Judge {
    let function = function.map(str::to_owned);
    let python = PythonCode { file: file.map(Path::to_path_buf), code: code.to_owned(), function };
    judge(Path::new("/"), &["python3"], |program| program.python = Some(python))
}

fn question(output: &str) -> Map<String, Value> {
    Map::from_iter([("output".to_owned(), json!(output)), ("context".to_owned(), json!({"vars": {"n": 2}}))])
}

async fn asked(judge: &Judge, output: &str) -> Result<Value, String> {
    judge.ask(&question(output)).await
}

const WORKER: &str = r#"
import json, os, sys, time
for line in sys.stdin:
    q = json.loads(line)
    do = q["output"]
    if do == "crash":
        sys.stderr.write("Traceback: it broke \x1b[31m\n")
        sys.exit(3)
    if do == "crash-once" and q["id"] > 1:
        sys.exit(3)
    if do == "hang":
        sys.stderr.write("thinking\n")
        time.sleep(600)
    if do == "huge":
        sys.stdout.write("x" * (2 * 1024 * 1024) + "\n")
    if do == "noise":
        print("loading model")
    if do == "late":
        print(json.dumps({"id": q["id"] - 1, "pass": True}), flush=True)
    if do == "bare":
        print("0.5", flush=True)
        continue
    if do == "end":
        print(json.dumps({"id": q["id"], "pass": True}), flush=True)
        sys.exit(0)
    answer = {"id": q["id"], "pass": True, "reason": "%d %s %s" % (os.getpid(), os.environ.get("TOKEN"), q["context"]["vars"]["n"])}
    print(json.dumps(answer), flush=True)
"#;

fn reason(answer: Result<Value, String>) -> String {
    answer.expect("an answer")["reason"].as_str().expect("a reason").to_owned()
}

#[tokio::test]
async fn who_repeats_the_id_stays_and_is_asked_again() {
    let judge = judge(Path::new("/"), &["python3", "-c", WORKER], |_| ());
    let first = reason(asked(&judge, "a").await);
    assert!(first.ends_with(" given 2"), "{first}");
    assert_eq!(reason(asked(&judge, "b").await), first, "the same process");
    assert_eq!(asked(&judge, "end").await.expect("an answer")["pass"], true);
    let other = reason(asked(&judge, "c").await);
    assert_ne!(other, first, "one that ended meanwhile is replaced");
}

#[tokio::test]
async fn one_that_dies_is_started_once_more_for_the_same_output() {
    let judge = judge(Path::new("/"), &["python3", "-c", WORKER], |_| ());
    let first = reason(asked(&judge, "a").await);
    assert_ne!(reason(asked(&judge, "crash-once").await), first);
    let why = asked(&judge, "crash").await.expect_err("no answer");
    assert!(why.contains("exit status: 3) without an answer; stderr ends: Traceback: it broke"), "{why}");
    assert!(why.ends_with("it was started twice for this") && !why.contains('\u{1b}'), "{why}");
    assert!(asked(&judge, "b").await.is_ok(), "the next output is judged as ever");
}

#[tokio::test]
async fn what_is_no_answer_is_told_and_never_taken_for_one() {
    let judge = judge(Path::new("/"), &["python3", "-c", WORKER], |_| ());
    let why = asked(&judge, "noise").await.expect_err("no answer");
    assert!(why.contains("not one answer in JSON: `loading model {") && why.contains("belong on stderr"), "{why}");
    asked(&judge, "a").await.expect("an answer");
    let why = asked(&judge, "late").await.expect_err("no answer");
    assert!(why.contains("it answers another question than 2: `{\"id\": 1"), "{why}");
    let why = asked(&judge, "huge").await.expect_err("no answer");
    assert!(why.contains("it writes more than 1048576 bytes"), "{why}");
    // Without the id it is believed once it has ended, which this one does when its input does.
    assert_eq!(asked(&judge, "bare").await, Ok(json!(0.5)));
}

#[tokio::test]
async fn answers_without_an_id_must_be_all_that_a_program_says() {
    for (script, wanted) in [
        ("echo true", Ok(json!(true))),
        ("printf 0.25", Ok(json!(0.25))),
        ("echo '{'; echo '\"pass\": false}'", Ok(json!({"pass": false}))),
        ("read line; echo '{\"score\": 1}'", Ok(json!({"score": 1}))),
        ("echo true; echo true", Err("not one answer in JSON: `true true`")),
        ("echo true; exit 4", Err("it ended with exit status: 4 after `true`")),
        ("exit 0", Err("it ended (exit status: 0) without an answer")),
        ("echo yes", Err("not one answer in JSON: `yes`")),
    ] {
        let judge = judge(Path::new("/"), &["sh", "-c", script], |_| ());
        match (asked(&judge, "x").await, wanted) {
            (Ok(answer), Ok(wanted)) => assert_eq!(answer, wanted, "{script}"),
            (Err(why), Err(wanted)) => assert!(why.contains(wanted), "{script}: {why}"),
            (answer, wanted) => panic!("{script}: {answer:?}, not {wanted:?}"),
        }
    }
    let all = judge(Path::new("/"), &["sh", "-c", "cat > /dev/null; echo true"], |program| program.once = true);
    assert_eq!(asked(&all, &"x".repeat(200_000)).await, Ok(json!(true)), "the end of the input is told");
}

#[tokio::test]
async fn nobody_is_waited_for_beyond_the_time() {
    let limit = Duration::from_millis(300);
    for (script, wanted) in [
        ("sleep 600", "it took longer than 300 ms and was stopped; an answer is one line"),
        ("echo true; sleep 600", "it wrote `true` without the question's `id`, and did not end"),
        ("echo why >&2; sleep 600 & wait", "stderr ends: why"),
    ] {
        let begun = Instant::now();
        let judge = judge(Path::new("/"), &["sh", "-c", script], |program| program.timeout = limit);
        let why = asked(&judge, "x").await.expect_err("no answer");
        assert!(why.contains(wanted), "{script}: {why}");
        assert!(begun.elapsed() < Duration::from_secs(30), "{script}");
    }
}

#[tokio::test]
async fn what_cannot_be_started_is_told_without_trying_again() {
    let missing = judge(Path::new("/"), &["karat-no-such-program"], |_| ());
    for _ in 0..2 {
        let why = asked(&missing, "x").await.expect_err("no answer");
        assert!(why.contains("`karat-no-such-program` cannot be started: there is no such program"), "{why}");
    }
    let other = judge(Path::new("/"), &["echo"], |program| {
        program.python = Some(PythonCode { file: None, code: "True".to_owned(), function: None });
    });
    let why = asked(&other, "x").await.expect_err("no answer");
    assert!(why.contains("the interpreter of `command` is none of Python 3"), "{why}");
}

#[tokio::test]
async fn code_of_the_suite_is_an_expression_or_a_body() {
    for (code, wanted) in [
        ("'fund' in output", Ok(json!(true))),
        (" len(output) / 100", Ok(json!(0.08))),
        ("lambda output, context: context['vars']['n'] == 2", Ok(json!(true))),
        ("all(c in 'a refund' for c in output)", Ok(json!(true))),
        ("import math\nreturn math.floor(0.5)", Ok(json!(0))),
        (
            "text = '''\n  x'''\nreturn {'pass': text == '\\n  x', 'named_scores': {'a': 1}}",
            Ok(json!({"pass": true, "named_scores": {"a": 1}})),
        ),
        ("return {'pass_': True, 'score': 1}", Ok(json!({"score": 1, "pass": true}))),
        ("print('noise'); return True", Ok(json!(true))),
        ("import subprocess\nsubprocess.run(['echo', 'noise'])\nreturn True", Ok(json!(true))),
        ("x = 1", Err("it returned None")),
        ("y +", Err("it cannot be loaded: SyntaxError: invalid syntax (check:1)")),
        (
            "a = 1\nreturn output.nothing",
            Err("it raised AttributeError: 'str' object has no attribute 'nothing' (check:2)"),
        ),
        ("context['expected']", Err("it raised KeyError: 'expected'")),
        ("float('nan')", Err("its answer is not JSON")),
        ("import os; os._exit(5)", Err("exit status: 5) without an answer")),
        ("import sys; sys.exit('over')", Err("without an answer; stderr ends: over")),
    ] {
        match (asked(&python(None, code, None), "a refund").await, wanted) {
            (Ok(answer), Ok(wanted)) => assert_eq!(answer, wanted, "{code}"),
            (Err(why), Err(wanted)) => assert!(why.contains(wanted), "{code}: {why}"),
            (answer, wanted) => panic!("{code}: {answer:?}, not {wanted:?}"),
        }
    }
}

#[tokio::test]
async fn functions_of_files_see_their_neighbours_and_are_what_was_read() {
    let folder = tempfile::tempdir().expect("folder");
    std::fs::write(folder.path().join("words.py"), "LIMIT = 3\n").expect("file");
    let file = folder.path().join("tone.py");
    let code = "import os\nfrom words import LIMIT\ndef check(output):\n    return len(output) > LIMIT\nasync def get_assert(output, context):\n    return {'score': context['vars']['n'] / 4, 'reason': __file__}\ndef _own(output):\n    return 1\n";
    // What is run is what was digested, not what the file has become.
    std::fs::write(&file, "syntax error").expect("file");
    assert_eq!(asked(&python(Some(&file), code, None), "four").await, Ok(json!(true)));
    let named = asked(&python(Some(&file), code, Some("get_assert")), "four").await.expect("an answer");
    assert_eq!((&named["score"], named["reason"].as_str()), (&json!(0.5), file.to_str()));
    let missing = asked(&python(Some(&file), code, Some("none")), "x").await.expect_err("no answer");
    assert!(missing.contains("tone.py has no function `none`; it has check, get_assert"), "{missing}");
}

#[tokio::test]
async fn hundreds_of_outputs_need_few_interpreters() {
    let judge = python(None, "__import__('os').getpid() * 0 + 1", None);
    let pids = python(None, "return {'score': 1, 'reason': str(__import__('os').getpid())}", None);
    let mut seen = std::collections::HashSet::new();
    for _ in 0..100 {
        let (a, b, c) = tokio::join!(asked(&pids, "x"), asked(&pids, "y"), asked(&judge, "z"));
        seen.extend([reason(a), reason(b)]);
        assert_eq!(c, Ok(json!(1)));
    }
    assert!(seen.len() <= 2, "{} interpreters", seen.len());
}
