//! Every folder of `tests/bad/` is a small project that must be refused before the first call: exit code 2, nothing on
//! stdout, nothing called, and exactly the problems of its `expected.txt` on stderr.
//!
//! `KARAT_BLESS=1 cargo test bad_inputs` rewrites the expectations; read the diff before you commit it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use assert_cmd::Command;

use crate::stub::Stub;
use crate::support::copy_folder;

/// No input may keep karat busy for longer.
const SLOWEST: Duration = Duration::from_secs(10);

/// Inputs too large or too odd to commit, written into the copy before the run.
fn generate(name: &str, project: &Path) {
    match name {
        "huge-line" => {
            let row = format!("{{\"id\": \"big\", \"vars\": {{\"text\": \"{}\"}}}}\n", "x".repeat(50_000_000));
            fs::write(project.join("evals/cases.jsonl"), row).expect("write");
        }
        "invalid-utf8" => fs::write(project.join("evals/s.yaml"), b"suite: caf\xe9\n").expect("write"),
        "invalid-utf8-dataset" => {
            fs::write(project.join("evals/cases.jsonl"), b"{\"id\": \"a\", \"vars\": {\"text\": \"\xff\xfe\"}}\n")
                .expect("write");
        }
        "nul-bytes" => fs::write(project.join("evals/s.yaml"), b"suite: a\0b\n").expect("write"),
        "alias-bomb" => {
            let mut text = String::from("suite: bomb\na0: &a0 [x, x, x, x, x, x, x, x, x]\n");
            for level in 1..9 {
                let refs = vec![format!("*a{}", level - 1); 9].join(", ");
                writeln!(text, "a{level}: &a{level} [{refs}]").expect("write");
            }
            fs::write(project.join("evals/s.yaml"), text).expect("write");
        }
        "utf16" => fs::write(project.join("evals/s.yaml"), utf16("suite: s\nprompts: [ask@1.0.0]\n")).expect("write"),
        "utf16-dataset" => fs::write(project.join("evals/cases.csv"), utf16("id,question\none,why\n")).expect("write"),
        "yaml-too-large" => {
            let rows = "  - {id: one, vars: {question: why}}\n".repeat(250_000);
            fs::write(project.join("evals/s.yaml"), format!("suite: s\ncases:\n{rows}")).expect("write");
        }
        "secret-in-suite" | "secret-in-dataset" | "secret-in-prompt" | "literal-api-key" => plant_secret(name, project),
        "deep-nesting" => {
            let text = format!("suite: deep\ncases: {}{}\n", "[".repeat(500), "]".repeat(500));
            fs::write(project.join("evals/s.yaml"), text).expect("write");
        }
        "link-out-of-the-project" => {
            #[cfg(unix)]
            std::os::unix::fs::symlink("/etc/hostname", project.join("evals/cases.jsonl")).expect("link");
        }
        _ => {}
    }
}

/// As some editors save it: little-endian, with a byte order mark.
fn utf16(text: &str) -> Vec<u8> {
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

/// A key of nobody, in two parts so that no scanner takes this file for a leak.
fn fake_key() -> String {
    ["gh", "p_Zq83Kd02mXpL5vT7rQe9Wy4Nb6Hs1Jc0Fa2G"].concat()
}

fn plant_secret(name: &str, project: &Path) {
    let key = fake_key();
    let (path, text) = match name {
        "secret-in-suite" => (
            "evals/s.yaml",
            format!(
                "suite: s\nprompts: [ask@1.0.0]\nmodels: [openai/gpt-5.4-mini]\ndefaults: {{checks: [{{contains: a}}]}}\ncases:\n  - id: one\n    vars: {{question: \"clone it with {key} please\"}}\n"
            ),
        ),
        "secret-in-dataset" => {
            ("evals/cases.jsonl", format!("{{\"id\": \"one\", \"vars\": {{\"qestion\": \"use {key}\"}}}}\n"))
        }
        "secret-in-prompt" => (
            "prompts/ask/1.0.0.yaml",
            format!(
                "messages:\n  - {{role: system, content: \"Your token is {key}\"}}\n  - {{role: user, content: \"{{{{ question }}}}\"}}\nvariables:\n  question: {{type: string, required: true}}\n"
            ),
        ),
        _ => ("karat.yaml", format!("providers:\n  openai:\n    api_key: {key}\n    base_ulr: http://127.0.0.1:9\n")),
    };
    fs::write(project.join(path), text).expect("write");
}

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad");
    let mut found: Vec<PathBuf> =
        fs::read_dir(root).expect("tests/bad").map(|entry| entry.expect("entry").path()).collect();
    found.retain(|path| path.is_dir());
    found.sort();
    found
}

/// Arguments of a case: `args.txt`, one a line, or just `eval`.
fn arguments(folder: &Path) -> Vec<String> {
    fs::read_to_string(folder.join("args.txt"))
        .map_or_else(|_| vec!["eval".to_owned()], |text| text.lines().map(str::to_owned).collect())
}

/// Environment variables of a case beside those that all have: `env.txt`, `NAME=VALUE` one a line.
fn environment(folder: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(folder.join("env.txt")).unwrap_or_default();
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn every_bad_input_is_refused_with_its_golden_error() {
    let server = Stub::echo();
    let bless = std::env::var_os("KARAT_BLESS").is_some();
    let mut wrong = String::new();
    let mut calls = 0;
    let all = folders();
    assert!(all.len() >= 40, "only {} bad inputs", all.len());
    for folder in all {
        let name = folder.file_name().expect("name").to_string_lossy().into_owned();
        let temp = tempfile::tempdir().expect("temp");
        let project = temp.path().join("project");
        copy_folder(&folder, &project);
        generate(&name, &project);
        let started = Instant::now();
        let output = Command::cargo_bin("karat")
            .expect("binary")
            .args(arguments(&folder))
            .current_dir(&project)
            .env_clear()
            .env("OPENAI_API_KEY", "sk-test-key-of-the-bad-inputs")
            .env("ANTHROPIC_API_KEY", "sk-test-key-of-the-bad-inputs")
            .env("OPENAI_BASE_URL", format!("{}/v1", server.url()))
            .env("ANTHROPIC_BASE_URL", server.url())
            .envs(environment(&folder))
            .output()
            .expect("runs");
        let took = started.elapsed();
        let stderr = String::from_utf8(output.stderr).expect("utf-8 on stderr");
        let told = format!(
            "exit {}\n{}",
            output.status.code().unwrap_or(-1),
            stderr.replace(&*project.to_string_lossy(), "<project>")
        );
        let golden = folder.join("expected.txt");
        if bless {
            fs::write(&golden, &told).expect("write");
        }
        let wanted = fs::read_to_string(&golden).unwrap_or_default();
        if told != wanted {
            writeln!(wrong, "== {name}\n-- wanted\n{wanted}\n-- got\n{told}").expect("write");
        }
        if server.calls() > calls {
            calls = server.calls();
            writeln!(wrong, "== {name}: led to a call").expect("write");
        }
        if output.status.code() != Some(2) || !output.stdout.is_empty() {
            writeln!(wrong, "== {name}: exit {:?}, {} bytes on stdout", output.status.code(), output.stdout.len())
                .expect("write");
        }
        if bless {
            eprintln!("{name}: {} ms", took.as_millis());
        }
        // A hundred times what it takes, so that only a blow-up is found and never a slow machine.
        if took > SLOWEST {
            writeln!(wrong, "== {name}: took {} ms", took.as_millis()).expect("write");
        }
        if stderr.contains(&fake_key()) {
            writeln!(wrong, "== {name}: the secret was printed").expect("write");
        }
        if project.join(".karat").exists() {
            writeln!(wrong, "== {name}: a store was created").expect("write");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// A golden error must say what, where and how: a code, and a place or a flag.
#[test]
fn every_golden_error_says_what_and_where() {
    for folder in folders() {
        let golden = fs::read_to_string(folder.join("expected.txt")).expect("expected.txt");
        assert!(golden.starts_with("exit 2\n"), "{}", folder.display());
        assert!(golden.contains("error[") || golden.contains("error: "), "{}", folder.display());
        assert!(
            golden.contains("-->") || golden.contains("help:") || golden.contains("--help"),
            "{}",
            folder.display()
        );
    }
}
