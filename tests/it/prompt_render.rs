//! `karat prompt new`, `render` and `show` as whole sessions, and what rendering changes in an evaluation.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::{Value, json};
use tempfile::TempDir;

fn project(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("temp");
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("parent")).expect("folder");
        fs::write(path, text).expect("written");
    }
    folder
}

/// What karat says: exit code, stdout, stderr.
fn karat(folder: &Path, args: &[&str], stdin: &str) -> (i32, String, String) {
    let mut command = Command::cargo_bin("karat").expect("binary");
    let output = command.args(args).current_dir(folder).env_clear().write_stdin(stdin).output().expect("runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().expect("code"), text(output.stdout), text(output.stderr))
}

fn json_of(folder: &Path, args: &[&str], stdin: &str) -> Value {
    let (code, out, err) = karat(folder, args, stdin);
    assert_eq!(code, 0, "{err}");
    serde_json::from_str(&out).expect("JSON")
}

#[test]
fn a_new_prompt_is_written_shown_and_rendered() {
    let folder = project(&[("karat.yaml", "models: [openai/gpt-5.4-mini]\n")]);
    let root = folder.path();
    let template = "Translate to {{ language }}:\n\n{{ text | section(name=\"text\") }}";
    let args = ["prompt", "new", "translate", "--about", "Translates", "--system", "Be exact.", "--template", template];
    let (code, out, err) = karat(root, &args, "");
    assert_eq!((code, err.as_str()), (0, ""));
    let next = out.lines().find_map(|line| line.strip_prefix("next  ")).expect("what to do next");
    assert_eq!(next, "karat prompt render translate@next --var language=… --var text=…");
    let (code, _, err) = karat(root, &args, "");
    assert!(code == 2 && err.contains("[prompt-exists]"), "{err}");

    let shown = json_of(root, &["prompt", "show", "translate@next", "--format", "json"], "");
    assert_eq!(
        (&shown["version"], &shown["about"], &shown["labels"]),
        (&json!("next"), &json!("Translates"), &json!([]))
    );
    assert_eq!(shown["messages"][1]["parts"][0]["text"], json!(template));
    assert_eq!(shown["variables"][1]["name"], json!("text"));

    let stdin = r#"{"language": "French", "text": "Good ``` morning"}"#;
    let rendered =
        json_of(root, &["prompt", "render", "translate@next", "--vars", "-", "--format", "json", "--explain"], stdin);
    assert_eq!(
        rendered["messages"][1]["content"],
        json!("Translate to French:\n\n## text\n\n````\nGood ``` morning\n````")
    );
    assert_eq!((&rendered["model"], &rendered["tokens"]["exact"]), (&json!("openai/gpt-5.4-mini"), &json!(true)));
    assert_eq!(rendered["explain"]["model_from"], json!("karat.yaml"));
    assert_eq!(rendered["explain"]["values"][0]["origin"], json!("stdin: language"));
    assert_eq!(rendered["digest"], shown["digest"]);
    assert!(rendered["input_cost_usd"].as_str().is_some_and(|cost| cost.starts_with("0.0000")), "{rendered}");
}

#[test]
fn values_come_from_case_file_and_flag_and_the_later_win() {
    let folder = project(&[
        ("karat.yaml", "calls: replay\n"),
        (
            "prompts/p/1.0.0.yaml",
            "template: \"{{ a }}|{{ b }}|{{ c }}|{{ d }}\"\nvariables: {a: string, b: string, c: {type: number}, d: {default: z}}\n",
        ),
        (
            "evals/s.yaml",
            "suite: s\nprompts: [p]\nmodels: [anthropic/claude-haiku-4-5]\ndefaults: {checks: [{contains: x}]}\ncases:\n  - {id: one, vars: {a: case, b: case, c: 1}}\n  - {id: two, vars: {a: other, b: other, c: 2}}\n",
        ),
        ("sub/v.yaml", "b: file\nc: 3\n"),
    ]);
    let root = folder.path();
    let args = [
        "prompt",
        "render",
        "p",
        "--case",
        "s:one",
        "--vars",
        "sub/v.yaml",
        "--var",
        "c:=4",
        "--explain",
        "--format",
        "json",
    ];
    let rendered = json_of(root, &args, "");
    assert_eq!(rendered["messages"][0]["content"], json!("case|file|4|z"));
    let origins: Vec<&str> = rendered["explain"]["values"]
        .as_array()
        .expect("list")
        .iter()
        .filter_map(|value| value["origin"].as_str())
        .collect();
    assert_eq!(origins, ["evals/s.yaml:6:5", "sub/v.yaml: b", "--var c", "its default, prompts/p/1.0.0.yaml:2:54"]);
    assert_eq!(
        (&rendered["model"], &rendered["explain"]["model_from"]),
        (&json!("anthropic/claude-haiku-4-5"), &json!("the case's suite"))
    );
    // From a folder below the project, files are those of that folder.
    let (code, out, err) =
        karat(&root.join("sub"), &["prompt", "render", "p", "--case", "s:t*", "--vars", "v.yaml", "--messages"], "");
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("other|file|3|z"), "{out}");
    let (code, out, err) = karat(root, &["prompt", "render", "p", "--vars", "sub/v.yaml"], "");
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("`a` is missing"), "{err}");
}

#[test]
fn rendering_is_the_same_in_every_process() {
    let folder = project(&[(
        "prompts/p/1.0.0.yaml",
        "template: \"{% for k, v in m %}{{ k }}={{ v }};{% endfor %}{{ m | json }}{{ m | section(name='m') }}{{ m }}{% for g, l in l | group_by(attribute='g') %}{{ g }}{{ l }}{% endfor %}\"\n",
    )]);
    let map: serde_json::Map<String, Value> = (0..60).map(|n| (format!("k{}", n * 37 % 61), json!({"n": n}))).collect();
    let list: Vec<Value> = (0..30).map(|n| json!({"g": format!("g{}", n * 7 % 11)})).collect();
    let stdin = json!({"m": map, "l": list}).to_string();
    let render = || karat(folder.path(), &["prompt", "render", "p", "--vars", "-", "--format", "json"], &stdin);
    let first = render();
    assert_eq!(first.0, 0, "{}", first.2);
    for _ in 0..5 {
        assert_eq!(render(), first);
    }
}

#[test]
fn parts_with_images_are_rendered_and_shown() {
    let folder = project(&[
        (
            "prompts/p/1.0.0.yaml",
            "messages:\n  - role: user\n    content: [\"What is {{ this }}?\", {image: cat.png}, {file: notes.txt}]\n",
        ),
        ("prompts/p/cat.png", "not really"),
        ("prompts/p/notes.txt", "meow"),
    ]);
    let args = ["prompt", "render", "p", "--var", "this=it", "--model", "openai/gpt-5.4-mini"];
    let (code, out, err) = karat(folder.path(), &args, "");
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("What is it?") && out.contains("[image: image/png, 10 bytes]"), "{out}");
    assert!(out.contains("[file notes.txt: text/plain, 4 bytes]"), "{out}");
    let (_, out, _) = karat(folder.path(), &[args.as_slice(), &["--messages"]].concat(), "");
    let messages: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(messages[0]["content"][1]["image_url"]["url"], json!("data:image/png;base64,bm90IHJlYWxseQ=="));
}

#[test]
fn a_template_that_grows_without_end_is_an_error_and_no_crash() {
    let folder = project(&[
        (
            "prompts/p/1.0.0.yaml",
            "template: \"{% for i in range(end=100000) %}{% for j in range(end=100000) %}{% endfor %}{% endfor %}\"\n",
        ),
        ("prompts/q/1.0.0.yaml", "template: \"{{ text }}\"\n"),
    ]);
    let (code, out, err) = karat(folder.path(), &["prompt", "render", "p"], "");
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("[render-failed]") && err.contains("prompts/p/1.0.0.yaml:1:"), "{err}");
    let stdin = json!({"text": "x".repeat(10_000_000)}).to_string();
    let (code, out, err) = karat(folder.path(), &["prompt", "render", "q", "--vars", "-"], &stdin);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("[message-too-large]") && err.len() < 2_000, "{}", err.len());
}

const REASONED: &str =
    r#"{"steps": [{"step": 1, "text": "six sevens", "confidence": 0.9}], "answer": 42, "confidence": 0.95}"#;

/// The bundled partial asks, the check reads, and what was cut from a variable is kept with the trial.
#[test]
fn an_evaluation_reads_reasoning_and_tells_what_was_truncated() {
    let replies =
        [("sound", REASONED), ("doubtful", "Step 1: maybe (confidence: 20%)\nFinal answer: 42"), ("silent", "42")];
    let replies: String = replies
        .iter()
        .map(|(case, reply)| format!("{}\n", json!({"case": format!("maths/{case}"), "reply": reply})))
        .collect();
    let folder = project(&[
        ("karat.yaml", "providers: {openai: {type: mock, rules: fixtures/replies}}\n"),
        ("fixtures/replies/maths.jsonl", &replies),
        (
            "prompts/p/1.0.0.yaml",
            "messages:\n  - {role: system, content: \"{% include 'karat/reasoning.md' %}\"}\n  - {role: user, content: \"{{ task }}\"}\nvariables: {task: string}\ntruncate: {task: 10}\n",
        ),
        (
            "evals/maths.yaml",
            "suite: maths\nprompts: [p]\nmodels: [openai/gpt-5.4-mini]\ndefaults: {checks: [{reasoning: {answer: 42, min_confidence: 0.5}}]}\ncases:\n  - {id: sound, vars: {task: \"What is six times seven? Think of eggs, of weeks, of days, of whatever helps you to count them all.\"}}\n  - {id: doubtful, vars: {task: 6 × 7}}\n  - {id: silent, vars: {task: 6 × 7}}\n",
        ),
    ]);
    let root = folder.path();
    let (code, out, err) = karat(root, &["eval", "--format", "jsonl"], "");
    assert_eq!(code, 1, "{err}");
    let trials: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let trial = |id: &str| {
        trials.iter().find(|trial| trial["case"]["id"] == json!(id) || trial["case_id"] == json!(id)).expect(id)
    };
    assert_eq!(trial("sound")["outcome"], json!("pass"), "{out}");
    let note = trial("sound")["note"].as_str().expect("note");
    assert!(note.starts_with("`task` was truncated from 2") && note.ends_with(" tokens"), "{note}");
    assert!(trial("doubtful")["note"].is_null() || !trial("doubtful")["note"].to_string().contains("truncated"));
    assert!(trial("doubtful").to_string().contains("confidence 0.2 of step 1"), "{out}");
    assert!(trial("silent").to_string().contains("no steps and no final answer"), "{out}");
    let (_, out, _) = karat(root, &["eval", "show", "--case", "sound"], "");
    assert!(out.contains("`task` was truncated from"), "{out}");
    let (code, _, err) = karat(root, &["prompt", "render", "p", "--case", "maths:sound"], "");
    assert_eq!(code, 0, "{err}");
}

/// What the bundled partial shows as an example is what the parser reads.
#[test]
fn the_example_of_the_bundled_partial_is_a_reasoning() {
    let folder = project(&[("prompts/p/1.0.0.yaml", "template: \"{% include 'karat/reasoning.md' %}\"\n")]);
    let rendered = json_of(folder.path(), &["prompt", "render", "p", "--format", "json"], "");
    let text = rendered["messages"][0]["content"].as_str().expect("text");
    let found = karat::score::parse_reasoning(text).expect("reasoning");
    assert_eq!((found.steps.len(), found.problems.as_slice()), (2, [].as_slice()));
    assert_eq!(found.answer, Some(json!("the final answer, without the reasoning")));
}
