//! Cassettes of what is neither a conversation nor a vector: one JSONL file per kind, sorted by model and question.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::cassette::CassetteError;
use crate::base::{Digest, ModelRef, Redactor, files, json_message};
use crate::record::{CallError, ErrorKind};

/// How much of a question is shown in its entry, for whoever reads the diff.
const SHOWN_CHARS: usize = 80;

/// One kept reply.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry<R> {
    model: ModelRef,
    /// Digest of the question.
    question: Digest,
    /// Its beginning; for readers only.
    about: String,
    reply: R,
}

type Replies<R> = HashMap<(ModelRef, Digest), R>;

/// One file of replies. It is read when a reply is first needed.
#[derive(Debug)]
pub(super) struct SideShelf<R> {
    path: PathBuf,
    /// Paths in messages are relative to this folder.
    root: PathBuf,
    /// What it holds, for messages: `ranking`.
    what: &'static str,
    read: OnceLock<Result<Replies<R>, String>>,
    recorded: Mutex<BTreeMap<(String, Digest), Entry<R>>>,
}

impl<R: Debug + Clone + Serialize + DeserializeOwned> SideShelf<R> {
    /// The file `file` below the folder of the cassettes. It lies in a folder of its own: suites name the files beside it.
    pub(super) fn new(cassettes: &Path, root: &Path, file: &str, what: &'static str) -> SideShelf<R> {
        let path = cassettes.join(file);
        SideShelf { path, root: root.to_path_buf(), what, read: OnceLock::new(), recorded: Mutex::default() }
    }

    fn shown(&self) -> &Path {
        self.path.strip_prefix(&self.root).unwrap_or(&self.path)
    }

    /// The recorded reply to this question.
    ///
    /// # Errors
    /// [`ErrorKind::NotRecorded`], also when the file cannot be read.
    pub(super) fn find(&self, model: &ModelRef, question: Digest, about: &str) -> Result<R, CallError> {
        let kept = self.look(model, question).map_err(not_recorded)?;
        kept.ok_or_else(|| not_recorded(self.missing(&format!("`{}` with model `{model}`", beginning(about)))))
    }

    /// The recorded reply to this question, if there is one.
    ///
    /// # Errors
    /// Why the file cannot be read.
    pub(super) fn look(&self, model: &ModelRef, question: Digest) -> Result<Option<R>, String> {
        let read = self.read.get_or_init(|| {
            let entries = read_entries::<R>(&self.path, self.shown())?;
            Ok(entries.into_iter().map(|entry| ((entry.model, entry.question), entry.reply)).collect())
        });
        read.as_ref().map(|replies| replies.get(&(model.clone(), question)).cloned()).map_err(Clone::clone)
    }

    /// That nothing is recorded for `question`, and what to do about it.
    pub(super) fn missing(&self, question: &str) -> String {
        let (what, shown) = (self.what, self.shown().display());
        format!("no recorded {what} for {question} in `{shown}`; record it with `karat eval --record`")
    }

    /// Keeps a reply until [`SideShelf::finish`].
    pub(super) fn record(&self, model: &ModelRef, question: Digest, about: &str, reply: R) {
        let entry = Entry { model: model.clone(), question, about: beginning(about), reply };
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner).insert((model.to_string(), question), entry);
    }

    /// Merges what was recorded into the file; returns it when it was written. Replies to other questions stay.
    pub(super) fn finish(&self, redactor: &Redactor) -> Result<Option<PathBuf>, CassetteError> {
        let recorded = std::mem::take(&mut *self.recorded.lock().unwrap_or_else(PoisonError::into_inner));
        if recorded.is_empty() {
            return Ok(None);
        }
        // A file that cannot be understood is not overwritten: it may hold what cost money.
        let old = read_entries::<R>(&self.path, self.shown()).map_err(CassetteError::Unreadable)?;
        let mut merged: BTreeMap<(String, Digest), Entry<R>> =
            old.into_iter().map(|entry| ((entry.model.to_string(), entry.question), entry)).collect();
        merged.extend(recorded);
        let unwritable = |reason: String| CassetteError::Unwritable { path: self.shown().to_path_buf(), reason };
        let mut text = String::new();
        for entry in merged.values() {
            let line = serde_json::to_string(entry).map_err(|error| unwritable(error.to_string()))?;
            text.push_str(&redactor.clean(&line));
            text.push('\n');
        }
        files::write_atomic(&self.path, text.as_bytes()).map_err(|error| unwritable(error.to_string()))?;
        Ok(Some(self.path.clone()))
    }
}

/// The beginning of a question in one line.
pub(super) fn beginning(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !c.is_control()).take(SHOWN_CHARS).collect()
}

fn not_recorded(message: String) -> CallError {
    CallError { kind: ErrorKind::NotRecorded, message, status: None, request_id: None }
}

/// All entries; none when there is no file.
fn read_entries<R: DeserializeOwned>(path: &Path, shown: &Path) -> Result<Vec<Entry<R>>, String> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(files::io_problem(&error, shown).message),
    };
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(index, line)| {
            serde_json::from_str(line).map_err(|error| {
                let (shown, number, why) = (shown.display(), index + 1, json_message(&error));
                format!("{shown}:{number}: this entry cannot be read: {why}; delete the line and record it again")
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Secret;

    fn model() -> ModelRef {
        ModelRef::parse("cohere/rerank-v3.5").expect("model")
    }

    fn shelf(folder: &Path) -> SideShelf<Vec<f64>> {
        SideShelf::new(folder, folder, "rerank/scores.jsonl", "ranking")
    }

    #[test]
    fn what_is_recorded_is_found_merged_and_without_secrets() {
        let folder = tempfile::tempdir().expect("temp");
        let digest = |text: &str| Digest::of_bytes(text.as_bytes());
        let first = shelf(folder.path());
        assert_eq!(first.finish(&Redactor::default()), Ok(None));
        first.record(&model(), digest("a"), "what is sk-123456789?", vec![0.5]);
        first.finish(&Redactor::new(&[Secret::new("sk-123456789")])).expect("written");
        let second = shelf(folder.path());
        second.record(&model(), digest("b"), "b", vec![0.25]);
        second.finish(&Redactor::default()).expect("written");
        let text = std::fs::read_to_string(folder.path().join("rerank/scores.jsonl")).expect("file");
        assert!(text.lines().count() == 2 && text.contains("what is (redacted)?") && !text.contains("sk-1"), "{text}");
        assert_eq!(shelf(folder.path()).find(&model(), digest("a"), "a"), Ok(vec![0.5]));
        let error = shelf(folder.path()).find(&model(), digest("c"), "new\nquestion").expect_err("missing");
        assert_eq!(error.kind, ErrorKind::NotRecorded);
        let wanted = "no recorded ranking for `new question` with model `cohere/rerank-v3.5` in `rerank/scores.jsonl`; record it with `karat eval --record`";
        assert_eq!(error.message, wanted);
    }

    #[test]
    fn a_broken_file_is_told_with_its_line_and_never_overwritten() {
        let folder = tempfile::tempdir().expect("temp");
        let path = folder.path().join("rerank/scores.jsonl");
        files::write_atomic(&path, b"\n{\"model\": 5}\n").expect("write");
        let shelf = shelf(folder.path());
        let error = shelf.find(&model(), Digest::of_bytes(b"a"), "a").expect_err("broken");
        assert!(error.message.starts_with("rerank/scores.jsonl:2: "), "{}", error.message);
        shelf.record(&model(), Digest::of_bytes(b"a"), "a", vec![]);
        assert!(matches!(shelf.finish(&Redactor::default()), Err(CassetteError::Unreadable(_))));
        assert_eq!(std::fs::read(&path).expect("file"), b"\n{\"model\": 5}\n");
    }
}
