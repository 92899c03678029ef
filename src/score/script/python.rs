//! `python`: a function in Python of the user's own judges the output.

use std::path::Path;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::super::check::ScoreInput;
use super::super::settings::{Fault, Settings, text_of};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use super::super::world::{Asking, Asks, Examined, World};
use super::{answer, given, imports, input};
use crate::base::{Digest, DigestBuilder};
use crate::record::{CheckProgram, PythonCode};

/// What is started unless `command` names another interpreter.
const INTERPRETER: &str = "python3";

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "python",
    family: "script",
    about: "a function in Python of your own judges the output",
    short: "value",
    value: ValueRule::Optional,
    options: &[
        OptionSpec::fixed(
            "value",
            "an expression, or a body with `return`",
            "sees `output` (text) and `context`, a dict with the keys that `javascript` has",
        ),
        OptionSpec::file(
            "file",
            "the path of a Python file inside the project, relative to the suite, instead of `value`",
        ),
        OptionSpec::fixed(
            "function",
            "a name",
            "the function of the file, called with `output` and `context`, or with `output` alone if it takes one; \
             `check` or `get_assert`, whichever the file has, unless given",
        ),
        OptionSpec::fixed("command", "a program with its arguments", "the interpreter; `python3` unless given"),
        given::ENV,
        OptionSpec::fixed(
            "timeout",
            "a duration",
            "time for one answer, 30s unless given, at most 10m; the first one includes the start of the interpreter",
        ),
    ],
    degenerate: &[
        "the answer is True, False, a number from 0 to 1, or `{pass, score, reason, named_scores}`; anything else, a \
         number outside, an exception and a timeout are ungraded, with the reason",
        "`pass` decides where the answer has one, unless `threshold` is written; a number passes at `threshold`, 1 \
         unless given",
        "interpreters live through a run and answer one output after the other, each in the project's folder: what the \
         code keeps in its variables, later outputs find",
        "an interpreter that dies is started once more for the same output; then the score is ungraded",
        "its content and that of the project's files that its `import` statements reach are part of the check's identity; \
         what it finds by other means, such as `importlib` and data files, is not",
        "what the code prints goes nowhere but into the reasons of failures",
        "it runs in replays, too; `--untrusted` refuses it before the first call",
    ],
    calls: "one answer of a process on this machine",
    example: "- python: {file: checks/tone.py}",
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let mut faults = Vec::new();
    let code = code(settings).map_err(|fault| faults.push(fault)).ok();
    let timeout = given::patience(settings).map_err(|fault| faults.push(fault)).ok();
    let env = given::env(settings).map_err(|own| faults.extend(own)).ok();
    let usual = json!([INTERPRETER]);
    let written = settings.get("command").unwrap_or(&usual);
    let command = given::command("command", written).map_err(|own| faults.extend(own)).ok();
    let (Some((code, digest)), Some(timeout), Some(env), Some(command)) = (code, timeout, env, command) else {
        return Err(faults);
    };
    let shown = if command == [INTERPRETER] { Value::Null } else { json!(command) };
    let names = if env.is_empty() { Value::Null } else { json!(env) };
    let file = code.file.as_ref().map(|file| file.to_string_lossy().into_owned());
    let beside = code.file.as_deref().and_then(Path::parent);
    let modules = imports::imported(&code.code, beside, settings.root());
    let mut identity = json!({"python": digest.to_string()});
    if !modules.is_empty() {
        identity["imports"] = json!(modules);
    }
    let all = json!([command, env, file, code.function, timeout.as_millis().to_string(), modules]);
    let text = code.code.clone();
    let program = CheckProgram {
        key: DigestBuilder::new("python check").json(&all).part(code.code.as_bytes()).finish(),
        command,
        folder: settings.root().to_path_buf(),
        env,
        python: Some(code),
        once: false,
        timeout,
    };
    Ok(Prepared::asking(Program { program: Arc::new(program), who: "the Python code" })
        .of_code(&text)
        .canonical("value", identity)
        .canonical("file", Value::Null)
        .canonical("command", shown)
        .canonical("env", names)
        .canonical("timeout", given::canonical(timeout, given::TIMEOUT)))
}

/// The code and the digest of its text.
fn code(settings: &Settings) -> Result<(PythonCode, Digest), Fault> {
    let (option, text) = given::code(settings, "code", "the code")?;
    if option == "value" && text.trim().ends_with(".py") && !text.trim().contains(char::is_whitespace) {
        let named = text.trim().trim_start_matches("file://");
        let fault = Fault::new(option, format!("`{}` is the path of a file, not code", text.trim()));
        return Err(fault.code("invalid-script").help(format!("write `python: {{file: {named}}}`")));
    }
    let function = settings.get("function").map(|value| text_of("function", "", value)).transpose()?;
    if let Some(name) = &function {
        if option == "value" {
            return Err(Fault::new("function", "`function` names one of a `file`, and there is none"));
        }
        let is_name = name.chars().all(|c| c.is_alphanumeric() || c == '_') && !name.starts_with(char::is_numeric);
        if !is_name {
            return Err(Fault::new("function", format!("`{name}` is not the name of a function")));
        }
    }
    let file = settings.file("file").filter(|_| option == "file").map(Path::to_path_buf);
    let digest = Digest::of_bytes(text.trim().as_bytes());
    Ok((PythonCode { file, code: text.to_owned(), function }, digest))
}

/// A program that judges outputs.
pub(super) struct Program {
    pub(super) program: Arc<CheckProgram>,
    /// Who answers, in reasons.
    pub(super) who: &'static str,
}

impl Asking for Program {
    fn grade<'a>(&'a self, input: &'a ScoreInput<'a>, world: &'a dyn World) -> BoxFuture<'a, Examined> {
        Box::pin(async move {
            let answer = world.run(&self.program, input::question(input)).await;
            answer::judged(answer, &input.reply.text, self.who)
        })
    }

    fn asks(&self) -> Asks {
        Asks { programs: vec![Arc::clone(&self.program)], ..Asks::default() }
    }
}
