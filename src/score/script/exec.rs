//! `exec`: a program of the user's own judges the output.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, OptionKind, OptionSpec, Prepared, ValueRule};
use super::given;
use super::python::Program;
use crate::base::{Digest, DigestBuilder, files};
use crate::record::CheckProgram;

/// Largest file whose content is part of the identity.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Endings of arguments that are files of code: one that is not there is a slip.
const CODE: &[&str] = &["js", "lua", "mjs", "php", "pl", "py", "r", "rb", "sh", "ts"];

const MODES: &[(&str, &str)] = &[("worker", "worker"), ("once", "once")];

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "exec",
    family: "script",
    about: "a program of your own judges the output",
    short: "value",
    value: ValueRule::Required,
    options: &[
        OptionSpec::fixed(
            "value",
            "a program with its arguments",
            "no shell reads them; it runs in the project's folder, and relative paths begin there",
        ),
        OptionSpec {
            name: "mode",
            kind: OptionKind::Word(MODES),
            takes: "worker or once",
            about: "`worker` keeps its input open, `once` closes it behind the question; `worker` unless given",
        },
        given::ENV,
        OptionSpec::fixed("timeout", "a duration", "time for one answer, 30s unless given, at most 10m"),
    ],
    degenerate: &[
        "the question is one line on stdin: `{\"id\": 1, \"output\": …, \"context\": …}`, with the context that \
         `javascript` has",
        "the answer is one line on stdout: `{\"id\": 1, \"pass\": …, \"score\": …, \"reason\": …, \"named_scores\": …}`. \
         Who repeats the `id` is asked again, and lives through the run",
        "without an `id` the answer may also be true, false or a number from 0 to 1, and the program is started for \
         each output: it must end well, and say nothing else, when its input ends",
        "noise on stdout, what is no answer, a number outside of 0 to 1, more than 1 MiB and a timeout are ungraded, with \
         the reason; messages belong on stderr",
        "a program that ends without an answer, or with an error, is started once more for the same output; then the \
         score is ungraded",
        "the content of files of the project that the command names is part of the check's identity",
        "it runs in replays, too; `--untrusted` refuses it before the first call",
    ],
    calls: "one answer of a process on this machine",
    example: "- exec: [./checks/judge, --strict]",
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let mut faults = Vec::new();
    let written = settings.value()?;
    let command = given::command("value", written).map_err(|own| faults.extend(own)).ok();
    let contents = command.as_ref().map(|command| contents(command, written.is_array(), settings.root(), &mut faults));
    let timeout = given::patience(settings).map_err(|fault| faults.push(fault)).ok();
    let env = given::env(settings).map_err(|own| faults.extend(own)).ok();
    let (Some(command), Some(contents), Some(timeout), Some(env)) = (command, contents, timeout, env) else {
        return Err(faults);
    };
    if !faults.is_empty() {
        return Err(faults);
    }
    let once = settings.word("mode", "worker") == "once";
    let names = if env.is_empty() { Value::Null } else { json!(env) };
    let identity = json!({"command": command, "files": contents});
    let all = json!([identity, env, once, timeout.as_millis().to_string()]);
    let program = CheckProgram {
        key: DigestBuilder::new("exec check").json(&all).finish(),
        command,
        folder: settings.root().to_path_buf(),
        env,
        python: None,
        once,
        timeout,
    };
    Ok(Prepared::asking(Program { program: Arc::new(program), who: "the program" })
        .canonical("value", identity)
        .canonical("env", names)
        .canonical("timeout", given::canonical(timeout, given::TIMEOUT)))
}

/// Digests of the project's files that a command names, by their paths.
fn contents(command: &[String], is_list: bool, root: &Path, faults: &mut Vec<Fault>) -> BTreeMap<String, String> {
    let mut digests = BTreeMap::new();
    for (index, part) in command.iter().enumerate() {
        let pointer = if is_list { format!("/{index}") } else { String::new() };
        let path = Path::new(part);
        // A program elsewhere is the system's; one by its name alone is looked for on the PATH.
        let is_program = index == 0 && path.components().count() > 1;
        if path.is_absolute() || (index == 0 && !is_program) || part.starts_with('-') {
            continue;
        }
        match files::inside(root, root, part) {
            Ok(found) if found.is_file() => match files::read_bytes(&found, path, MAX_BYTES) {
                Ok(bytes) => {
                    digests.insert(part.clone(), Digest::of_bytes(&bytes).to_string());
                }
                Err(problem) => {
                    faults.push(Fault::new("value", problem.message.clone()).code(problem.code).pointer(pointer));
                }
            },
            Ok(found) if is_program || (is_code(path) && !found.exists()) => {
                let near = files::similar(&found, part).map_or_else(
                    || "paths begin in the project's folder".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                let message = format!("`{part}` does not exist");
                faults.push(Fault::new("value", message).code("file-not-found").pointer(pointer).help(near));
            }
            Err(message) if is_program || is_code(path) => faults.push(
                Fault::new("value", message)
                    .code("path-outside-project")
                    .pointer(pointer)
                    .help("copy the file into the project"),
            ),
            Ok(_) | Err(_) => {}
        }
    }
    digests
}

fn is_code(path: &Path) -> bool {
    let shown = path.to_string_lossy();
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    !shown.contains(char::is_whitespace) && ending.is_some_and(|ending| CODE.contains(&ending.as_str()))
}
