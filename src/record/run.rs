//! One execution of `karat eval`: its suites and variants, as stored.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Verdict;
use crate::base::{Digest, ModelRef, RunId, SafeName, Timestamp};

/// What was executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunKind {
    /// `karat eval`.
    Eval,
    /// `karat ab`.
    Ab,
}

/// How a run ended, or has not yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Under way, or its process was killed.
    Running,
    /// Every trial of the plan has an outcome.
    Complete,
    /// Stopped by a signal; resumable.
    Interrupted,
    /// Stopped at its cost limit; resumable.
    OverBudget,
    /// Stopped because further calls could not succeed (wrong key, unknown model, no quota); resumable.
    Aborted,
}

impl RunStatus {
    /// Word and status, in one table.
    pub const ALL: &[(&str, RunStatus)] = &[
        ("running", RunStatus::Running),
        ("complete", RunStatus::Complete),
        ("interrupted", RunStatus::Interrupted),
        ("over_budget", RunStatus::OverBudget),
        ("aborted", RunStatus::Aborted),
    ];

    /// Its word in JSON and the store.
    pub fn word(self) -> &'static str {
        RunStatus::ALL.iter().find(|(_, status)| *status == self).map_or("running", |(word, _)| word)
    }

    /// The status of a word.
    pub fn parse(word: &str) -> Option<RunStatus> {
        RunStatus::ALL.iter().find(|(known, _)| *known == word).map(|(_, status)| *status)
    }
}

/// What git says of the project; absent when there is no repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitFacts {
    /// Full commit id of HEAD.
    pub commit: String,
    /// Branch name, when HEAD is on one.
    pub branch: Option<String>,
    /// Whether tracked files differ from HEAD.
    pub dirty: bool,
}

/// A run's own facts, written before its first call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunHeader {
    /// Its id.
    pub id: RunId,
    /// What was executed.
    pub kind: RunKind,
    /// How it ended.
    pub status: RunStatus,
    /// Version of karat that started it.
    pub karat_version: String,
    /// Seed of everything random in it.
    pub seed: u64,
    /// State of the project.
    pub git: Option<GitFacts>,
    /// When it began.
    pub started: Timestamp,
    /// When it ended; `None` while it runs or after a kill.
    pub ended: Option<Timestamp>,
    /// How many trials the plan has.
    pub planned: u64,
    /// The options it was started with, so that `--resume` can repeat the plan; a versioned JSON object of the cli.
    pub options: Value,
    /// `live`, `replay` or `record`.
    pub calls: String,
}

/// A suite as it was when the run began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SuiteRecord {
    /// Its name.
    pub name: SafeName,
    /// Its file, as shown to the user.
    pub path: String,
    /// Of its content: prompts, models, cases, checks, goal.
    pub digest: Digest,
    /// Number of selected cases.
    pub cases: u64,
    /// Repeats of each case.
    pub repeat: u32,
    /// Its goal as written, for the report of a stored run.
    pub goal: Value,
    /// Its verdict, once there is one.
    pub verdict: Option<Verdict>,
}

/// A variant as it was when the run began: prompt version, model and parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VariantRecord {
    /// Identity: prompt digest, model, parameters.
    pub digest: Digest,
    /// Shown name of the prompt, such as `code-review@1.2.0`.
    pub prompt: String,
    /// Digest of the prompt's content.
    pub prompt_digest: Digest,
    /// The model.
    pub model: ModelRef,
    /// Parameters as sent, in canonical JSON form.
    pub params: Value,
}
