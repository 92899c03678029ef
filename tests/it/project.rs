//! A small project in a temporary folder, and karat run in it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A key that must never be seen anywhere but in a header.
pub(crate) const KEY: &str = "sk-canary-4f9a1c77e2b8d06355aa";

/// A project with one prompt and one suite of numbered questions, each of which must be echoed.
pub(crate) struct Project {
    folder: TempDir,
    base_url: String,
}

impl Project {
    /// `cases` questions to `model`, answered by the server at `url`.
    pub(crate) fn new(url: &str, model: &str, cases: usize) -> Project {
        let project = Project { folder: tempfile::tempdir().expect("temp"), base_url: url.to_owned() };
        project.write("karat.yaml", "calls: live\n");
        project.write(
            "prompts/ask/1.0.0.yaml",
            "about: Ask a question\nmessages:\n  - {role: system, content: You answer briefly.}\n  - {role: user, content: \"{{ question }}\"}\nvariables:\n  question: {type: string, required: true}\nparams: {max_tokens: 50}\n",
        );
        project.write(
            "evals/ask.yaml",
            &format!("suite: ask\nprompts: [ask@1.0.0]\nmodels: [{model}]\ndefaults: {{checks: [{{contains: question}}]}}\ncases: cases/ask.jsonl\n"),
        );
        project.write_cases(0..cases);
        project
    }

    /// Writes the dataset anew: one case per number.
    pub(crate) fn write_cases(&self, numbers: impl IntoIterator<Item = usize>) {
        let mut rows = String::new();
        for number in numbers {
            writeln!(rows, "{{\"id\": \"q{number}\", \"vars\": {{\"question\": \"question {number}\"}}}}")
                .expect("write");
        }
        self.write("evals/cases/ask.jsonl", &rows);
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("parent")).expect("folder");
        fs::write(&path, text).expect("write");
        path
    }

    /// karat with these arguments (split at spaces), in the project, with keys and base URLs set, and nothing else.
    pub(crate) fn karat(&self, args: &str) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("karat"));
        command.args(args.split_whitespace()).current_dir(self.path()).env_clear();
        command.env("OPENAI_API_KEY", KEY).env("ANTHROPIC_API_KEY", KEY);
        command.env("OPENAI_BASE_URL", format!("{}/v1", self.base_url)).env("ANTHROPIC_BASE_URL", &self.base_url);
        command.stdin(Stdio::null());
        command
    }

    /// Runs karat to its end.
    pub(crate) fn run(&self, args: &str) -> Told {
        Told::of(&self.karat(args).output().expect("karat runs"))
    }
}

/// What karat said.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Told {
    pub(crate) fn of(output: &Output) -> Told {
        Told {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout.clone()).expect("utf-8"),
            stderr: String::from_utf8(output.stderr.clone()).expect("utf-8"),
        }
    }

    /// stdout as one JSON document.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("not JSON: {error}\n{self:#?}"))
    }

    /// Checks the exit code, and shows everything when it is another.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Told {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }
}

/// The parts of a report that must not depend on when and how fast it ran: everything but times, ids and sources.
pub(crate) fn timeless(report: &Value) -> Value {
    match report {
        Value::Object(entries) => entries
            .iter()
            .filter(|(key, _)| {
                let varies = ["id", "started", "duration_ms", "rerun", "cache", "cached_share", "spent_usd", "resumed"];
                !varies.contains(&key.as_str()) && !key.contains("latency") && !key.contains("wall")
            })
            .map(|(key, value)| (key.clone(), timeless(value)))
            .collect(),
        Value::Array(items) => items.iter().map(timeless).collect(),
        other => other.clone(),
    }
}
