//! Cassettes of vectors: `<cassettes>/embeddings/vectors.jsonl`, one text per line, sorted by model and text.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};

use super::cassette::CassetteError;
use crate::base::{Digest, ModelRef, Redactor, base64_decode, base64_encode, files, json_message};
use crate::record::{CallError, EmbeddingModel, EmbeddingParams, ErrorKind};

/// Where it is, below the folder of the cassettes. A folder of its own: suites name the files beside it.
const FILE: &str = "embeddings/vectors.jsonl";

/// How much of a text is shown in its entry, for whoever reads the diff.
const SHOWN_CHARS: usize = 80;

/// One kept vector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    model: ModelRef,
    #[serde(default, skip_serializing_if = "is_none")]
    params: EmbeddingParams,
    /// Digest of the text.
    text: Digest,
    /// The beginning of the text; for readers only.
    about: String,
    /// Little-endian single precision, as base64.
    vector: String,
}

fn is_none(params: &EmbeddingParams) -> bool {
    *params == EmbeddingParams::NONE
}

impl Entry {
    fn model(&self) -> EmbeddingModel {
        EmbeddingModel { model: self.model.clone(), params: self.params }
    }
}

type Vectors = HashMap<(EmbeddingModel, Digest), Vec<f32>>;

/// The file of vectors. It is read when a vector is first needed.
#[derive(Debug)]
pub(super) struct VectorShelf {
    path: PathBuf,
    /// Paths in messages are relative to this folder.
    root: PathBuf,
    read: OnceLock<Result<Vectors, String>>,
    recorded: Mutex<BTreeMap<(String, Digest), Entry>>,
}

impl VectorShelf {
    pub(super) fn new(cassettes: &Path, root: &Path) -> VectorShelf {
        let path = cassettes.join(FILE);
        VectorShelf { path, root: root.to_path_buf(), read: OnceLock::new(), recorded: Mutex::default() }
    }

    fn shown(&self) -> &Path {
        self.path.strip_prefix(&self.root).unwrap_or(&self.path)
    }

    /// The recorded vectors of these texts.
    pub(super) fn find(
        &self,
        model: &EmbeddingModel,
        texts: impl Iterator<Item = Digest>,
    ) -> Result<HashMap<Digest, Vec<f32>>, CallError> {
        let read = self.read.get_or_init(|| {
            let entries = read_entries(&self.path, self.shown())?;
            Ok(entries.into_iter().map(|(entry, vector)| ((entry.model(), entry.text), vector)).collect())
        });
        let vectors = read.as_ref().map_err(|why| not_recorded(why.clone()))?;
        Ok(texts.filter_map(|text| Some((text, vectors.get(&(model.clone(), text))?.clone()))).collect())
    }

    /// The error of a text that has no vector.
    pub(super) fn not_recorded(&self, model: &EmbeddingModel, text: &str, missing: usize) -> CallError {
        let path = self.shown().display();
        let more = if missing > 1 { format!(" and {} more texts", missing - 1) } else { String::new() };
        not_recorded(format!(
            "no recorded vector for `{}`{more} with model `{model}` in `{path}` or the store; record it with `karat eval --record`",
            beginning(text)
        ))
    }

    /// Keeps vectors until [`VectorShelf::finish`].
    pub(super) fn record<'v>(
        &self,
        model: &EmbeddingModel,
        vectors: impl Iterator<Item = (Digest, &'v str, &'v [f32])>,
    ) {
        let mut recorded = self.recorded.lock().unwrap_or_else(PoisonError::into_inner);
        for (text, about, vector) in vectors {
            let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
            let (about, vector) = (beginning(about), base64_encode(&bytes));
            let entry = Entry { model: model.model.clone(), params: model.params, text, about, vector };
            recorded.insert((model.to_string(), text), entry);
        }
    }

    /// Merges what was recorded into the file; returns it when it was written. Vectors of other texts stay.
    pub(super) fn finish(&self, redactor: &Redactor) -> Result<Option<PathBuf>, CassetteError> {
        let recorded = std::mem::take(&mut *self.recorded.lock().unwrap_or_else(PoisonError::into_inner));
        if recorded.is_empty() {
            return Ok(None);
        }
        // A file that cannot be understood is not overwritten: it may hold what cost money.
        let old = read_entries(&self.path, self.shown()).map_err(CassetteError::Unreadable)?;
        let mut merged: BTreeMap<(String, Digest), Entry> =
            old.into_iter().map(|(entry, _)| ((entry.model().to_string(), entry.text), entry)).collect();
        merged.extend(recorded);
        let unwritable = |reason: String| CassetteError::Unwritable { path: self.shown().to_path_buf(), reason };
        let mut text = String::new();
        for entry in merged.values() {
            let about = redactor.clean(&entry.about).into_owned();
            let line = serde_json::to_string(&Entry { about, ..entry.clone() });
            text.push_str(&line.map_err(|error| unwritable(error.to_string()))?);
            text.push('\n');
        }
        files::write_atomic(&self.path, text.as_bytes()).map_err(|error| unwritable(error.to_string()))?;
        Ok(Some(self.path.clone()))
    }
}

fn beginning(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !c.is_control()).take(SHOWN_CHARS).collect()
}

fn not_recorded(message: String) -> CallError {
    CallError { kind: ErrorKind::NotRecorded, message, status: None, request_id: None }
}

/// Model, digest of the text and vector of every entry of a file.
pub(super) fn read_vectors(path: &Path, shown: &Path) -> Result<Vec<(ModelRef, Digest, Vec<f32>)>, String> {
    let entries = read_entries(path, shown)?;
    Ok(entries.into_iter().map(|(entry, vector)| (entry.model, entry.text, vector)).collect())
}

/// All entries with their vectors; none when there is no file.
fn read_entries(path: &Path, shown: &Path) -> Result<Vec<(Entry, Vec<f32>)>, String> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(files::io_problem(&error, shown).message),
    };
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(index, line)| {
            let at = format!("{}:{}", shown.display(), index + 1);
            let wrong =
                |why: &str| format!("{at}: this vector cannot be read: {why}; delete the line and record it again");
            let entry: Entry = serde_json::from_str(line).map_err(|error| wrong(&json_message(&error)))?;
            let bytes = base64_decode(&entry.vector).filter(|bytes| !bytes.is_empty() && bytes.len().is_multiple_of(4));
            let bytes = bytes.ok_or_else(|| wrong("it is not base64 of single precision numbers"))?;
            let (groups, _) = bytes.as_chunks::<4>();
            Ok((entry, groups.iter().map(|group| f32::from_le_bytes(*group)).collect()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Secret;

    fn model(name: &str) -> EmbeddingModel {
        ModelRef::parse(name).expect("model").into()
    }

    fn digest(text: &str) -> Digest {
        Digest::of_bytes(text.as_bytes())
    }

    #[test]
    fn what_is_recorded_is_found_merged_and_sorted() {
        let folder = tempfile::tempdir().expect("temp");
        let shelf = || VectorShelf::new(folder.path(), folder.path());
        let first = shelf();
        assert_eq!(first.finish(&Redactor::default()), Ok(None));
        let record = |shelf: &VectorShelf, name: &str, text: &str, vector: &[f32]| {
            shelf.record(&model(name), std::iter::once((digest(text), text, vector)));
        };
        record(&first, "b/m", "x sk-123456789 \n y", &[1.0, -2.5]);
        first.finish(&Redactor::new(&[Secret::new("sk-123456789")])).expect("written");
        let second = shelf();
        record(&second, "a/m", "z", &[0.25]);
        record(&second, "b/m", "other", &[3.0, 4.0]);
        second.finish(&Redactor::default()).expect("written");
        let text = std::fs::read_to_string(folder.path().join(FILE)).expect("file");
        assert!(text.lines().count() == 3 && text.starts_with("{\"model\":\"a/m\""), "{text}");
        assert!(text.contains("\"about\":\"x (redacted) y\"") && text.contains("AACAPwAAIMA="), "{text}");
        let found = shelf().find(&model("b/m"), ["x sk-123456789 \n y", "z"].map(digest).into_iter()).expect("read");
        assert_eq!(found, HashMap::from([(digest("x sk-123456789 \n y"), vec![1.0, -2.5])]));
    }

    #[test]
    fn a_broken_file_is_told_with_its_line_and_never_overwritten() {
        let folder = tempfile::tempdir().expect("temp");
        let path = folder.path().join(FILE);
        let good = format!("{{\"model\":\"a/m\",\"text\":\"{}\",\"about\":\"\",\"vector\":\"AACAPw==\"}}", digest("t"));
        for bad in ["{", "{}", &good.replace("AACAPw==", "AACA"), &good.replace("AACAPw==", "")] {
            files::write_atomic(&path, format!("{good}\n{bad}\n").as_bytes()).expect("write");
            let shelf = VectorShelf::new(folder.path(), folder.path());
            let error = shelf.find(&model("a/m"), std::iter::once(digest("t"))).expect_err("broken");
            assert!(error.message.contains("embeddings/vectors.jsonl:2"), "{}", error.message);
            shelf.record(&model("a/m"), std::iter::once((digest("u"), "u", [1.0].as_slice())));
            assert!(matches!(shelf.finish(&Redactor::default()), Err(CassetteError::Unreadable(_))));
            assert!(std::fs::read_to_string(&path).expect("file").contains(bad));
        }
    }
}
