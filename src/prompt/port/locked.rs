//! Imported versions in `registry.lock`, as if they had been released here.

use std::io;

use semver::Version;

use super::super::registry::Registry;
use super::super::releases::lock::{LockEntry, RegistryLock};
use super::plan::{ImportPlan, PlannedFile, PlannedPrompt};
use crate::base::files::Lock;
use crate::base::{Diagnostic, Digest, Place, Problems};

impl ImportPlan {
    /// Whether some of it is a version, not a draft.
    pub fn has_releases(&self) -> bool {
        self.versions().next().is_some()
    }

    fn versions(&self) -> impl Iterator<Item = (&PlannedPrompt, &PlannedFile, Version)> {
        let version = |prompt, file: &'_ PlannedFile| file.version().map(|version| (prompt, version));
        self.prompts.iter().flat_map(move |prompt| {
            prompt
                .files
                .iter()
                .filter_map(move |file| version(prompt, file).map(|(prompt, version)| (prompt, file, version)))
        })
    }

    /// Reports versions that were released with another content: a release is never changed, whatever is asked for.
    pub fn check_released(&self, lock: &RegistryLock, problems: &mut Problems) {
        for (prompt, file, version) in self.versions() {
            if prompt.is_released_otherwise(file, lock) {
                let message = format!("`{}` {version} was released with another content", prompt.name);
                let problem = Diagnostic::error("released-version", message).at(Place::of_file(&prompt.from));
                problems.push(problem.help("import it as another version, `--as VERSION`, or under another `--name`"));
            }
        }
    }
}

impl PlannedPrompt {
    /// Whether a file is a version that was released with another content.
    pub fn is_released_otherwise(&self, file: &PlannedFile, lock: &RegistryLock) -> bool {
        let is_other = |entry: &LockEntry| entry.file != Digest::of_bytes(file.text.as_bytes());
        file.version().is_some_and(|version| lock.entry(&self.name, &version).is_some_and(is_other))
    }
}

impl Registry {
    /// Locks every version of an import that was written, with the name of the file it comes from; what is locked
    /// already stays as it is. `self` must have read nothing yet of what was written. Prompts that cannot be read go to
    /// `problems`.
    ///
    /// # Errors
    /// When the lock file cannot be written.
    pub fn lock_imported(
        &self,
        plan: &ImportPlan,
        mut lock: RegistryLock,
        _held: &Lock,
        problems: &mut Problems,
    ) -> io::Result<()> {
        let mut added = 0_usize;
        for (planned, file, version) in plan.versions() {
            if lock.entry(&planned.name, &version).is_some() {
                continue;
            }
            let Some(folder) = self.folder(&planned.name, &self.nowhere(), problems) else { continue };
            let Some(prompt) = self.released(&folder, &version, problems) else { continue };
            let entry = self.lock_entry(&prompt, file.text.as_bytes(), &prompt.place);
            let from = planned.from.file_name().unwrap_or(planned.from.as_os_str()).to_string_lossy();
            let message = format!("imported from {from}");
            lock.insert(planned.name.clone(), version, LockEntry { message, ..entry });
            added += 1;
        }
        if added > 0 { self.write_lock(&self.with_first_entries(lock)) } else { Ok(()) }
    }
}
