//! What a user's own check asks: a program of the project, or an address.

use std::path::PathBuf;
use std::time::Duration;

use crate::base::{Digest, EnvText};

/// A program of the project that judges outputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckProgram {
    /// Stands for everything below: programs of one key are one, and share their processes.
    pub key: Digest,
    /// Program and arguments; no shell reads them. For Python: the interpreter.
    pub command: Vec<String>,
    /// Where it runs, absolute: the project's folder.
    pub folder: PathBuf,
    /// Names of variables that are passed on. Their values are secrets.
    pub env: Vec<String>,
    /// What the interpreter runs; `None` for a program that is one itself.
    pub python: Option<PythonCode>,
    /// Whether it is started for each output, and told that there are no further ones.
    pub once: bool,
    /// Time for one answer, starting included.
    pub timeout: Duration,
}

/// A function in Python that judges outputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PythonCode {
    /// The file it stands in, absolute; `None` for code in the suite. The code is not read from there again.
    pub file: Option<PathBuf>,
    /// The code.
    pub code: String,
    /// The function of the file; `None` is the usual one.
    pub function: Option<String>,
}

/// An address that judges outputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckHook {
    /// Where, without secrets.
    pub url: String,
    /// Headers with their values.
    pub headers: Vec<(String, EnvText)>,
    /// Time for one answer, all attempts and waits included.
    pub timeout: Duration,
}
