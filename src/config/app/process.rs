//! An application that is started here: a command, a Python file, a JavaScript file.

use std::path::PathBuf;

use serde_json::Value;

use crate::base::{Diagnostic, Fields, Node, Problems, Source, is_variable_name};

/// A provider of type `exec`, `python` or `javascript`.
#[derive(Debug, Clone, PartialEq)]
pub struct ProcessApp {
    /// What is started.
    pub kind: ProcessKind,
    /// `command`: program and arguments; no shell reads them. For a file: the interpreter.
    pub command: Vec<String>,
    /// `cwd`, absolute; the project's folder unless given.
    pub cwd: PathBuf,
    /// `env`: names of variables that are passed on. Their values are secrets.
    pub env: Vec<String>,
    /// `set_env`: variables with their values, which are no secrets.
    pub set_env: Vec<(String, String)>,
    /// `mode`.
    pub mode: ProcessMode,
    /// `reply`.
    pub reply: ProcessReply,
    /// `config`: handed to the functions of files as it is.
    pub config: Value,
}

/// What is started.
#[derive(Debug, Clone, PartialEq)]
pub enum ProcessKind {
    /// The command itself.
    Command,
    /// A function of a Python file.
    Python {
        /// `file`, absolute.
        file: PathBuf,
        /// `function`; `call_api` or `answer`, whichever the file has, unless given.
        function: Option<String>,
    },
    /// A function of a JavaScript module.
    JavaScript {
        /// `file`, absolute.
        file: PathBuf,
        /// `function`; the default export, `callApi` or `answer`, whichever the file has, unless given.
        function: Option<String>,
    },
}

/// How long a process lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessMode {
    /// One process for each call.
    Once,
    /// Processes that stay and answer line by line.
    Worker,
}

/// What a process writes, in the mode `once`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessReply {
    /// A reply in JSON.
    Json,
    /// The text of the answer.
    Text,
}

/// A program with its arguments: a list, or a text for a program alone.
pub(super) fn read_command(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Vec<String>> {
    let texts = fields.texts("command", problems)?;
    let command: Vec<String> = texts.iter().map(|(text, _)| (*text).to_owned()).collect();
    let first = command.first().map_or("", |program| program.trim());
    if first.is_empty() {
        fields.invalid("command", "`command` names no program", problems);
        return None;
    }
    if command.len() == 1 && first.contains(char::is_whitespace) && !std::path::Path::new(first).exists() {
        let place = fields.source().place(fields.value_span("command"));
        problems.push(
            Diagnostic::error("invalid-value", format!("`{first}` is one program with spaces in its name"))
                .at(place)
                .help(format!("no shell reads it; write a list: `command: [{}]`", list(first))),
        );
        return None;
    }
    if command.iter().any(|part| part.contains('\0')) {
        fields.invalid("command", "`command` has a NUL character", problems);
        return None;
    }
    Some(command)
}

fn list(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(", ")
}

/// Names of variables.
pub(super) fn read_env(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for (name, span) in fields.texts("env", problems)? {
        if is_variable_name(name) {
            names.push(name.to_owned());
            continue;
        }
        // Neither the text nor the line is shown: people paste the key itself here.
        let place = crate::base::Place::of_file(fields.source().path()).at(span);
        problems.push(
            Diagnostic::error("literal-key", "`env` lists names of environment variables, this is not a name")
                .at(place)
                .help("write `env: [MY_TOKEN]`; values that are no secrets go into `set_env: {MODE: test}`"),
        );
    }
    Some(names)
}

/// Variables with values.
pub(super) fn read_set_env(node: &Node, source: &Source, problems: &mut Problems) -> Vec<(String, String)> {
    let Some(entries) = node.as_map() else {
        let message = format!("`set_env` must be a mapping of names, this is {}", node.describe());
        problems.push(Diagnostic::error("wrong-type", message).at(source.place(node.span)));
        return Vec::new();
    };
    let mut pairs = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        match value.as_text() {
            Some(text) if is_variable_name(&key.text) && !text.contains('\0') => {
                pairs.push((key.text.clone(), text.to_owned()));
            }
            _ => {
                let message = format!("`{}` must be a variable with a text", key.text);
                problems.push(
                    Diagnostic::error("wrong-type", message).at(source.place(value.span)).help("put it in quotes"),
                );
            }
        }
    }
    pairs
}
