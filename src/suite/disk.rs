//! The disk as suites see it: finding suite files, opening datasets. The only file of this room with I/O.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::base::{Diagnostic, Place, Problems, files};

/// The suite files of a project: `*.yaml` and `*.yml` directly in `evals_dir`, sorted by path.
///
/// Folders in it (`smoke`, `deploy`, `cases`) belong to others and are not entered. A missing folder has no suites;
/// one that cannot be read is reported.
pub fn discover(evals_dir: &Path, problems: &mut Problems) -> Vec<PathBuf> {
    let entries = match files::list_folder(evals_dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            problems.push(*files::io_problem(&error, evals_dir));
            return Vec::new();
        }
    };
    let is_suite = |name: &str| {
        let ending = Path::new(name).extension().unwrap_or_default();
        !name.starts_with('.') && (ending == "yaml" || ending == "yml")
    };
    let files = entries.into_iter().filter(|(name, is_folder)| !is_folder && is_suite(name));
    files.map(|(name, _)| evals_dir.join(name)).collect()
}

/// Opens a dataset. Anything but a plain file is refused: a pipe would hang the command.
pub(super) fn open(path: &Path, shown: &Path) -> Result<File, Box<Diagnostic>> {
    let facts = fs::metadata(path).map_err(|error| files::io_problem(&error, shown))?;
    if !facts.is_file() {
        let what = if facts.is_dir() { "a folder" } else { "not a plain file" };
        let message = format!("`{}` is {what}; a dataset is a file", shown.display());
        return Err(Box::new(Diagnostic::error("not-a-file", message).at(Place::of_file(shown))));
    }
    File::open(path).map_err(|error| files::io_problem(&error, shown))
}

/// What tells a file from the same file after an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    len: u64,
    modified: Option<SystemTime>,
}

/// The stamp of a file; `None` when it cannot be read.
pub(super) fn stamp(path: &Path) -> Option<Stamp> {
    let facts = fs::metadata(path).ok()?;
    Some(Stamp { len: facts.len(), modified: facts.modified().ok() })
}

/// The size of a file; `None` when it cannot be read.
pub(super) fn bytes(path: &Path) -> Option<u64> {
    stamp(path).map(|stamp| stamp.len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yaml_files_directly_in_the_folder_are_suites() {
        let folder = tempfile::tempdir().expect("temp");
        for name in ["b.yaml", "a.yml", "cases/c.yaml", "smoke/d.yaml", "notes.md", ".hidden.yaml"] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("parent")).expect("dirs");
            fs::write(path, "x").expect("write");
        }
        fs::create_dir(folder.path().join("folder.yaml")).expect("dir");
        let found = discover(folder.path(), &mut Problems::new());
        let names: Vec<_> = found.iter().filter_map(|path| path.file_name()?.to_str()).collect();
        assert_eq!(names, ["a.yml", "b.yaml"]);
        let mut problems = Problems::new();
        assert!(discover(&folder.path().join("nowhere"), &mut problems).is_empty() && problems.is_empty());
    }

    #[test]
    fn a_folder_is_no_dataset() {
        let folder = tempfile::tempdir().expect("temp");
        let problem = open(folder.path(), Path::new("cases")).expect_err("folder");
        assert_eq!(problem.code, "not-a-file");
        assert_eq!(open(&folder.path().join("x"), Path::new("x.csv")).expect_err("missing").code, "file-not-found");
    }
}
