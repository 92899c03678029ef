//! Cassettes: replies kept as files, one JSON object per line, so that a run can be repeated without a network.
//!
//! `<folder>/<suite>.jsonl`, sorted by case and digest. An entry answers the request whose digest (and repeat) it has.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::app::last_user;
use super::clean::hide_found;
use super::conversation::conversation_digest;
use crate::base::{
    Diagnostic, Digest, Millis, ModelRef, Problems, Redactor, SafeName, Source, Span, Usd, files, json_message,
};
use crate::record::{ChatReply, ChatRequest};

/// How much of the question is shown in an entry, for whoever reads the diff.
const ASKED_CHARS: usize = 120;

/// One kept reply.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// Of provider and request, see [`ChatRequest::digest`].
    pub(super) digest: Digest,
    /// `suite/case` it was recorded for.
    pub(super) case: String,
    /// Who was asked.
    pub(super) model: ModelRef,
    /// 0-based repeat.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) repeat: u32,
    /// The beginning of the question; for readers only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) asked: Option<String>,
    /// Of the messages alone, see [`conversation_digest`]: `karat mock` answers by it when parameters differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) messages: Option<Digest>,
    /// The reply.
    pub(super) reply: ChatReply,
    /// Latency of the original call.
    pub(super) latency_ms: Millis,
    /// Cost of the original call; absent is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cost: Option<Usd>,
}

fn is_zero(repeat: &u32) -> bool {
    *repeat == 0
}

/// Why there is no recorded reply, or why one could not be kept.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CassetteError {
    /// Nothing is recorded for this request.
    #[error(
        "no recorded reply for `{case}` with model `{model}`{} in `{}`; record it with `karat eval --record`",
        repeat_note(*.repeat), .path.display()
    )]
    Missing {
        /// `suite/case`.
        case: String,
        /// Who would have been asked.
        model: String,
        /// 0-based repeat.
        repeat: u32,
        /// The file that was searched.
        path: PathBuf,
    },
    /// A file cannot be read; the first problem in one line.
    #[error("{0}")]
    Unreadable(String),
    /// A file cannot be written.
    #[error("`{}` cannot be written: {reason}", .path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The label of a call does not begin with a suite's name.
    #[error("`{0}` does not begin with the name of a suite, so there is no cassette for it")]
    NoSuite(String),
}

fn repeat_note(repeat: u32) -> String {
    if repeat == 0 { String::new() } else { format!(" (repeat {})", repeat + 1) }
}

/// The folder of cassettes. Files are read when a call first needs them.
#[derive(Debug)]
pub(super) struct Shelf {
    folder: PathBuf,
    /// Paths in messages are relative to this folder.
    root: PathBuf,
    tapes: Mutex<HashMap<String, Arc<Tape>>>,
    recorded: Mutex<Vec<Entry>>,
}

/// One file, by digest and repeat.
#[derive(Debug, Default)]
struct Tape {
    entries: HashMap<(Digest, u32), Entry>,
    problem: Option<String>,
}

impl Shelf {
    pub(super) fn new(folder: PathBuf, root: PathBuf) -> Shelf {
        Shelf { folder, root, tapes: Mutex::new(HashMap::new()), recorded: Mutex::new(Vec::new()) }
    }

    /// The recorded reply for this digest.
    pub(super) fn find(
        &self,
        digest: &Digest,
        label: &str,
        model: &ModelRef,
        repeat: u32,
    ) -> Result<Entry, CassetteError> {
        let suite = suite_of(label)?;
        let tape = self.tape(suite.as_str());
        if let Some(entry) = tape.entries.get(&(*digest, repeat)) {
            return Ok(entry.clone());
        }
        match &tape.problem {
            Some(problem) => Err(CassetteError::Unreadable(problem.clone())),
            None => Err(CassetteError::Missing {
                case: label.to_owned(),
                model: model.to_string(),
                repeat,
                path: self.shown(&self.path(suite.as_str())).to_path_buf(),
            }),
        }
    }

    /// Reads the files of these suites now; broken lines go to `problems`. A file that does not exist is no problem.
    pub(super) fn check(&self, suites: &[&str], problems: &mut Problems) {
        for suite in suites {
            let (entries, found) = self.read(&self.path(suite));
            problems.absorb(found);
            self.lock().insert((*suite).to_owned(), Arc::new(Tape::of(entries, None)));
        }
    }

    /// Keeps a reply until [`Shelf::finish`].
    pub(super) fn record(&self, kept: &Kept<'_>) {
        let mut reply = kept.reply.clone();
        // Changes with every recording and says nothing: it would drown the diff.
        reply.request_id = None;
        let entry = Entry {
            digest: kept.digest,
            case: kept.label.to_owned(),
            model: kept.model.clone(),
            repeat: kept.repeat,
            asked: asked_of(kept.request),
            messages: Some(conversation_digest(&kept.request.messages)),
            reply,
            latency_ms: kept.latency_ms,
            cost: kept.cost,
        };
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    }

    /// Merges what was recorded into the files, and returns the files written. Entries of other requests stay.
    pub(super) fn finish(&self, redactor: &Redactor) -> Result<Vec<PathBuf>, CassetteError> {
        let recorded = std::mem::take(&mut *self.recorded.lock().unwrap_or_else(PoisonError::into_inner));
        let mut by_suite: BTreeMap<SafeName, Vec<Entry>> = BTreeMap::new();
        for entry in recorded {
            by_suite.entry(suite_of(&entry.case)?).or_default().push(entry);
        }
        let mut written = Vec::new();
        for (suite, entries) in by_suite {
            let path = self.path(suite.as_str());
            self.merge(&path, entries, redactor)?;
            self.lock().remove(suite.as_str());
            written.push(path);
        }
        Ok(written)
    }

    fn merge(&self, path: &Path, recorded: Vec<Entry>, redactor: &Redactor) -> Result<(), CassetteError> {
        let (old, problems) = self.read(path);
        // A file that cannot be understood is not overwritten: it may hold what cost money.
        if let Some(problem) = first_line(&problems) {
            return Err(CassetteError::Unreadable(problem));
        }
        let mut merged: BTreeMap<(String, Digest, u32), Entry> = BTreeMap::new();
        for entry in old.into_iter().chain(recorded) {
            merged.insert((entry.case.clone(), entry.digest, entry.repeat), entry);
        }
        let unwritable = |reason: String| CassetteError::Unwritable { path: self.shown(path).to_path_buf(), reason };
        let mut text = String::new();
        for entry in merged.values() {
            let line = serde_json::to_string(entry).map_err(|error| unwritable(error.to_string()))?;
            text.push_str(&redactor.clean(&line));
            text.push('\n');
        }
        files::write_atomic(path, text.as_bytes()).map_err(|error| unwritable(error.to_string()))
    }

    fn tape(&self, suite: &str) -> Arc<Tape> {
        let mut tapes = self.lock();
        let load = || {
            let (entries, problems) = self.read(&self.path(suite));
            Arc::new(Tape::of(entries, first_line(&problems)))
        };
        Arc::clone(tapes.entry(suite.to_owned()).or_insert_with(load))
    }

    fn read(&self, path: &Path) -> (Vec<Entry>, Problems) {
        read(path, self.shown(path))
    }

    /// A path as messages show it.
    fn shown<'p>(&self, path: &'p Path) -> &'p Path {
        path.strip_prefix(&self.root).unwrap_or(path)
    }

    fn path(&self, suite: &str) -> PathBuf {
        self.folder.join(format!("{suite}.jsonl"))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Tape>>> {
        self.tapes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a recording keeps of a call.
pub(super) struct Kept<'a> {
    pub(super) digest: Digest,
    pub(super) label: &'a str,
    pub(super) model: &'a ModelRef,
    pub(super) repeat: u32,
    pub(super) request: &'a ChatRequest,
    pub(super) reply: &'a ChatReply,
    pub(super) latency_ms: Millis,
    pub(super) cost: Option<Usd>,
}

impl Tape {
    fn of(entries: Vec<Entry>, problem: Option<String>) -> Tape {
        let mut by_digest = HashMap::with_capacity(entries.len());
        for entry in entries {
            by_digest.entry((entry.digest, entry.repeat)).or_insert(entry);
        }
        Tape { entries: by_digest, problem }
    }
}

/// The beginning of the question, in one line.
pub(super) fn asked_of(request: &ChatRequest) -> Option<String> {
    let mut shown: String = last_user(request).split_whitespace().collect::<Vec<_>>().join(" ");
    hide_found(&mut shown);
    (!shown.is_empty()).then(|| shown.chars().take(ASKED_CHARS).collect())
}

fn suite_of(label: &str) -> Result<SafeName, CassetteError> {
    let suite = label.split('/').next().unwrap_or(label);
    SafeName::parse(suite).map_err(|_| CassetteError::NoSuite(label.to_owned()))
}

/// All entries of a file that can be read, and what is wrong with the others.
pub(super) fn read(path: &Path, shown: &Path) -> (Vec<Entry>, Problems) {
    let mut problems = Problems::new();
    let text = match std::fs::read(path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return (Vec::new(), problems),
        Err(error) => {
            problems.push(*files::io_problem(&error, shown));
            return (Vec::new(), problems);
        }
    };
    let shown: Arc<Path> = Arc::from(shown);
    let mut entries = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match serde_json::from_str::<Entry>(line) {
            Ok(entry) => entries.push(entry),
            Err(error) => {
                let number = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
                let column = u32::try_from(error.column()).unwrap_or(1).max(1);
                let what = json_message(&error);
                let source = Source::line_of(&shown, number, line);
                problems.push(
                    Diagnostic::error("corrupt-cassette", format!("this cassette entry cannot be read: {what}"))
                        .at(source.place(Span::new(number, column, 1)))
                        .help("mend or delete the line, then record it again with `karat eval --record`"),
                );
            }
        }
    }
    (entries, problems)
}

/// The first problem as `file:line:col: message`.
fn first_line(problems: &Problems) -> Option<String> {
    let first = problems.sorted().first().copied()?.clone();
    let place = first.place.map(|place| format!("{}: ", place.pointer())).unwrap_or_default();
    Some(format!("{place}{}", first.message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Secret;
    use crate::record::{Message, OutputFormat, Params, Role, ToolChoice};

    fn model() -> ModelRef {
        ModelRef::parse("openai/gpt-4o").expect("model")
    }

    fn request(text: &str) -> ChatRequest {
        ChatRequest {
            model: "gpt-4o".into(),
            messages: vec![Message::text(Role::User, text)],
            params: Params::default(),
            output: OutputFormat::Text,
            tools: vec![],
            parallel_tools: None,
            vars: None,
            prediction: None,
            tool_choice: ToolChoice::Auto,
        }
    }

    fn keep(shelf: &Shelf, label: &str, text: &str, repeat: u32, reply: &str) {
        let request = request(text);
        shelf.record(&Kept {
            digest: request.digest("openai"),
            label,
            model: &model(),
            repeat,
            request: &request,
            reply: &ChatReply { request_id: Some("req".into()), ..ChatReply::of_text(reply) },
            latency_ms: Millis(12),
            cost: Some(Usd::from_picos(5)),
        });
    }

    #[test]
    fn what_is_recorded_is_replayed_by_digest_and_repeat() {
        let folder = tempfile::tempdir().expect("temp");
        let shelf = Shelf::new(folder.path().to_path_buf(), folder.path().to_path_buf());
        keep(&shelf, "b/2", "two", 0, "zwei");
        keep(&shelf, "a/9", "nine", 1, "neun");
        keep(&shelf, "a/1", "one sk-secret-key", 0, "eins sk-secret-key");
        let redactor = Redactor::new([&Secret::new("sk-secret-key")]);
        let written = shelf.finish(&redactor).expect("written");
        assert_eq!(written, [folder.path().join("a.jsonl"), folder.path().join("b.jsonl")]);
        let text = std::fs::read_to_string(&written[0]).expect("read");
        assert!(!text.contains("sk-secret") && !text.contains("request_id"), "{text}");
        let cases: Vec<bool> = text.lines().map(|line| line.contains("\"case\":\"a/1\"")).collect();
        assert_eq!(cases, [true, false]);

        let fresh = Shelf::new(folder.path().to_path_buf(), folder.path().to_path_buf());
        let find =
            |text: &str, label: &str, repeat| fresh.find(&request(text).digest("openai"), label, &model(), repeat);
        let entry = find("nine", "a/9", 1).expect("recorded");
        assert_eq!(
            (entry.reply.text.as_str(), entry.latency_ms, entry.cost),
            ("neun", Millis(12), Some(Usd::from_picos(5)))
        );
        let missing = find("nine", "a/9", 0).expect_err("other repeat").to_string();
        for wanted in ["`a/9`", "`openai/gpt-4o`", "a.jsonl", "`karat eval --record`"] {
            assert!(missing.contains(wanted), "{missing}");
        }
        assert!(find("two", "a/9", 0).is_err() && find("two", "b/2", 0).is_ok());
        assert_eq!(find("x", "../x", 0).map(|e| e.case), Err(CassetteError::NoSuite("../x".into())));
    }

    #[test]
    fn recording_again_replaces_and_keeps_the_rest_in_order() {
        let folder = tempfile::tempdir().expect("temp");
        let shelf = Shelf::new(folder.path().to_path_buf(), folder.path().to_path_buf());
        keep(&shelf, "a/2", "two", 0, "old");
        keep(&shelf, "a/3", "three", 0, "kept");
        shelf.finish(&Redactor::default()).expect("written");
        keep(&shelf, "a/2", "two", 0, "new");
        keep(&shelf, "a/1", "one", 0, "first");
        shelf.finish(&Redactor::default()).expect("written");
        let (entries, problems) = read(&folder.path().join("a.jsonl"), Path::new("a.jsonl"));
        assert!(problems.is_empty());
        let texts: Vec<&str> = entries.iter().map(|entry| entry.reply.text.as_str()).collect();
        assert_eq!(texts, ["first", "new", "kept"]);
    }

    #[test]
    fn a_corrupt_line_is_told_with_its_place_and_never_overwritten() {
        let folder = tempfile::tempdir().expect("temp");
        let path = folder.path().join("a.jsonl");
        let shelf = Shelf::new(folder.path().to_path_buf(), folder.path().to_path_buf());
        keep(&shelf, "a/1", "one", 0, "eins");
        shelf.finish(&Redactor::default()).expect("written");
        let mut text = std::fs::read_to_string(&path).expect("read");
        text.push_str("{\"digest\": 5}\n");
        std::fs::write(&path, &text).expect("write");

        let mut problems = Problems::new();
        shelf.check(&["a", "absent"], &mut problems);
        let shown = problems.render(false);
        assert!(problems.error_count() == 1 && shown.contains("a.jsonl:2:"), "{shown}");
        let fresh = Shelf::new(folder.path().to_path_buf(), folder.path().to_path_buf());
        assert!(fresh.find(&request("one").digest("openai"), "a/1", &model(), 0).is_ok());
        let error = fresh.find(&request("two").digest("openai"), "a/2", &model(), 0).expect_err("unknown");
        assert!(error.to_string().contains("a.jsonl:2:"), "{error}");
        keep(&shelf, "a/2", "two", 0, "zwei");
        assert!(shelf.finish(&Redactor::default()).is_err());
        assert_eq!(std::fs::read_to_string(&path).expect("read"), text);
    }
}
