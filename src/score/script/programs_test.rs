//! What own checks ask of programs and addresses, and what is wrong with their options.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::super::testing::{ScriptedWorld, asked, asked_of, case, check, compile_in, problems_of};
use crate::base::canonical_json;
use crate::record::{ChatReply, ScoreState};

const ENTRIES: [&str; 3] = ["python: 'True'", "exec: [judge]", "webhook: https://judge.example/x"];

#[test]
fn answers_are_scores_whoever_gives_them() {
    for (yaml, who) in ENTRIES.iter().zip(["the Python code", "the program", "the webhook"]) {
        let with = case(json!({"n": 2}), Some(json!("e")));
        let world = ScriptedWorld::answering(&[
            json!(true),
            json!(0.25),
            json!({"pass": true, "score": 0.25, "reason": "\u{1b}[1mhalf", "named_scores": {"a": 0.5}}),
            json!("yes"),
            json!(2),
        ]);
        let graded = |world: &ScriptedWorld| asked_of(yaml, &ChatReply::of_text("x"), &with, world);
        let score = graded(&world);
        assert!(score.is_pass(), "{}", score.reason);
        assert_eq!(score.reason, format!("saw `true` for \"x\"; wanted `true` from {who}"));
        assert!(graded(&world).is_fail(), "a number passes at 1");
        let told = graded(&world);
        assert!(told.is_pass());
        assert_eq!(told.details, Some(json!({"named_scores": {"a": 0.5}})));
        assert!(told.reason.contains("`score: 0.25` for \"x\": half;"), "{}", told.reason);
        for wanted in ["not the text \"yes\"", "must be from 0 to 1, it is 2", "the script has no more answers"] {
            let score = graded(&world);
            assert_eq!(score.state, ScoreState::Ungraded);
            assert!(score.reason.starts_with(&format!("{who} did not judge: ")), "{}", score.reason);
            assert!(score.reason.contains(wanted), "{}", score.reason);
        }
        let questions = world.asked.lock().expect("no panic");
        let first = &questions[0];
        assert_eq!((&first["output"], &first["context"]["vars"]["n"]), (&json!("x"), &json!(2)));
        assert_eq!((&first["context"]["expected"], &first["context"]["case"]["id"]), (&json!("e"), &json!("c1")));
    }
}

#[test]
fn not_turns_answers_and_never_turns_silence() {
    for yaml in ENTRIES {
        let negated = format!("not_{yaml}");
        assert!(asked(&negated, "x", &ScriptedWorld::answering(&[json!(false)])).is_pass());
        assert_eq!(asked(&negated, "x", &ScriptedWorld::answering(&[])).state, ScoreState::Ungraded);
    }
}

#[test]
fn they_say_whom_they_ask() {
    let python = check("python: {value: 'True', env: [B, A], timeout: 5s, command: [uv, run, python]}");
    let [program] = python.asks().programs.as_slice() else { panic!("one program") };
    assert_eq!((program.command.len(), program.env.as_slice()), (3, &["A".to_owned(), "B".to_owned()][..]));
    assert_eq!((program.timeout.as_secs(), program.once), (5, false));
    assert!(check("exec: {value: judge, mode: once}").asks().programs[0].once);
    let hook = check("webhook: {url: 'http://[::1]:80/x', headers: {X-Key: 'a ${env.KEY}'}}");
    let [hook] = hook.asks().hooks.as_slice() else { panic!("one address") };
    assert_eq!(hook.headers[0].0, "x-key");
    assert_eq!(hook.headers[0].1.variables().collect::<Vec<_>>(), ["KEY"]);
    let group = check("any_of: [{exec: judge}, {exec: other}, json]");
    assert_eq!(group.asks().programs.len(), 2);
}

#[test]
fn what_is_wrong_is_told_where_it_stands() {
    for (yaml, wanted) in [
        ("python", "neither code nor a `file`"),
        ("python: 5", "code must be text"),
        ("python: ''", "the code is empty"),
        ("python: file://checks/x.py", "write `python: {file: checks/x.py}`"),
        ("python: {value: 'True', function: f}", "names one of a `file`"),
        ("python: {value: 'True', timeout: 11m}", "from 1ms to 10m"),
        ("python: {value: 'True', env: [sk-1234]}", "literal-key"),
        ("python: {value: 'True', command: uv run}", "write a list: `[uv, run]`"),
        ("exec", "has no `value`"),
        ("exec: ./judge --strict", "write a list: `[./judge, --strict]`"),
        ("exec: []", "is an empty list"),
        ("exec: ./judge", "`./judge` does not exist"),
        ("exec: [python3, checks/x.py]", "`checks/x.py` does not exist"),
        ("exec: [../judge]", "is outside the project"),
        ("exec: {value: judge, mode: twice}", "worker"),
        ("webhook: http://judge.example/x", "`http:` is for this machine only"),
        ("webhook: ftp://judge.example/x", "not an address that begins with `https://`"),
        ("webhook: https://", "not an address"),
        ("webhook: https://me:secret@judge.example/x", "must not carry a user name or password"),
        ("webhook: 'https://judge.example/${env.KEY}'", "takes no `${…}`"),
        ("webhook: {url: 'https://a.example', headers: {host: x}}", "written by karat itself"),
        ("webhook: {url: 'https://a.example', headers: {a b: x}}", "not the name of a header"),
        ("webhook: {url: 'https://a.example', headers: {a: x, A: y}}", "given twice"),
        ("webhook: {url: 'https://a.example', headers: {a: '${KEY}'}}", "the one form is `${env.NAME}`"),
        ("webhook: {url: 'https://a.example', headers: [a]}", "must be a mapping"),
        ("webhook: {headers: {a: b}}", "has no `url`"),
    ] {
        let text = problems_of(yaml);
        assert!(text.contains(wanted) && text.contains("t.yaml:1:"), "{yaml}\n{text}");
    }
    let pasted = problems_of("python: {value: 'True', env: [sk-1234]}");
    assert!(!pasted.contains("sk-1234"), "{pasted}");
}

#[test]
fn the_content_of_files_is_the_identity() {
    let folder = tempfile::tempdir().expect("temp");
    let root = folder.path();
    fs::write(root.join("a.py"), "def check(output): return True\n").expect("write");
    fs::write(root.join("b.py"), "def check(output): return False\n").expect("write");
    let identity = |yaml: &str| {
        let (check, problems) = compile_in(root, yaml);
        canonical_json(check.unwrap_or_else(|| panic!("{}", problems.render(false))).identity())
    };
    let key = |yaml: &str| {
        let check = compile_in(root, yaml).0.expect("sound");
        check.asks().programs[0].key
    };
    let python = identity("python: {file: a.py}");
    assert_eq!(identity("python: {file: ./a.py, timeout: 30s, command: python3}"), python);
    assert!(!python.contains("return"), "{python}");
    let exec = identity("exec: [python3, a.py]");
    let all = [
        python.clone(),
        identity("python: {file: b.py}"),
        identity("python: {file: a.py, function: check}"),
        identity("python: {file: a.py, timeout: 1s}"),
        identity("python: {file: a.py, env: [A]}"),
        exec.clone(),
        identity("exec: [python3, b.py]"),
        identity("exec: {value: [python3, a.py], mode: once}"),
        identity("webhook: https://a.example/x"),
        identity("webhook: {url: 'https://a.example/x', headers: {a: '${env.A}'}}"),
    ];
    let distinct: std::collections::HashSet<&String> = all.iter().collect();
    assert_eq!(distinct.len(), all.len());
    let before = (key("exec: [python3, a.py]"), key("python: {file: a.py}"));
    fs::write(root.join("a.py"), "def check(output): return 0.5\n").expect("write");
    assert_ne!(identity("exec: [python3, a.py]"), exec);
    assert_ne!(identity("python: {file: a.py}"), python);
    fs::write(root.join("c.py"), "from words import GOOD\ndef check(output): return output in GOOD\n").expect("write");
    fs::write(root.join("words.py"), "GOOD = ['a']\n").expect("write");
    let before_words = (identity("python: {file: c.py}"), key("python: {file: c.py}"));
    assert!(before_words.0.contains("words.py"), "{}", before_words.0);
    fs::write(root.join("words.py"), "GOOD = ['a', 'b']\n").expect("write");
    assert_ne!(identity("python: {file: c.py}"), before_words.0);
    assert_ne!(key("python: {file: c.py}"), before_words.1);
    fs::remove_file(root.join("c.py")).expect("remove");
    assert_ne!((key("exec: [python3, a.py]"), key("python: {file: a.py}")), before);
    let program = compile_in(root, "python: {file: a.py}").0.expect("sound");
    let code = program.asks().programs[0].python.clone().expect("code");
    assert_eq!(code.file.as_deref(), Some(root.join("a.py").as_path()));
    let text = compile_in(root, "python: {file: c.py}").1.render(false);
    assert!(text.contains("`c.py` does not exist"), "{text}");
}

#[test]
fn nothing_is_asked_where_nobody_can_be() {
    let score = super::super::testing::on_text("python: 'True'", "x");
    assert_eq!(score.state, ScoreState::Ungraded);
    let value: Value = json!({"error": "no"});
    let score = asked("exec: judge", "x", &ScriptedWorld::answering(&[value]));
    assert_eq!(score.reason, "the program did not judge: it answers with an error: no");
    assert!(compile_in(Path::new("/nonexistent"), "exec: [sh, -c, 'a.py b']").0.is_some());
}
