//! Freezes a draft as a version.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use semver::Version;

use super::bump::{Bump, suggested};
use super::folder::{DRAFT, Folder};
use super::includes;
use super::lock::{LockEntry, RegistryLock};
use super::ready::{Prompt, PromptVersion};
use super::registry::Registry;
use crate::base::files::{self, Lock};
use crate::base::{Diagnostic, Digest, Place, Problems, SafeName, Source};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct ReleaseRequest {
    /// The prompt.
    pub name: SafeName,
    /// Which number goes up; `None` takes the suggestion.
    pub bump: Option<Bump>,
    /// The version itself, in place of a bump.
    pub version: Option<Version>,
}

/// A release that is ready to be carried out.
#[derive(Debug, Clone)]
pub struct Release {
    /// The prompt.
    pub name: SafeName,
    /// The version that the draft becomes.
    pub version: Version,
    /// The version it was compared with; `None` for the first release.
    pub previous: Option<Version>,
    /// The bump that the release is; `None` for the first.
    pub bump: Option<Bump>,
    /// The least bump for what changed; `None` for the first release.
    pub suggested: Option<Bump>,
    /// What changed, most important first.
    pub reasons: Vec<String>,
    /// What is left to do.
    pub state: Released,
    /// What goes into the lock, without its message.
    pub entry: LockEntry,
    folder: PathBuf,
    draft: Vec<u8>,
}

/// How far a release has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Released {
    /// Nothing is done yet.
    No,
    /// The version's file is there and not locked: another release stopped half-way.
    FileOnly,
    /// All is done but that the draft is still there.
    DraftLeft,
}

impl Release {
    /// Whether fewer numbers go up than what changed asks for.
    pub fn is_too_small(&self) -> bool {
        self.bump.zip(self.suggested).is_some_and(|(bump, suggested)| bump < suggested)
    }

    /// Writes the version's file, then the lock, then removes the draft: whatever is there after a crash, the next
    /// release of the prompt finishes it.
    ///
    /// # Errors
    /// The I/O error, with what has been written so far.
    pub fn carry_out(
        &self,
        registry: &Registry,
        mut lock: RegistryLock,
        message: &str,
        _held: &Lock,
    ) -> io::Result<()> {
        if self.state == Released::No {
            files::write_atomic(&self.folder.join(format!("{}.yaml", self.version)), &self.draft)?;
        }
        if self.state != Released::DraftLeft {
            let entry = LockEntry { message: message.to_owned(), ..self.entry.clone() };
            lock.insert(self.name.clone(), self.version.clone(), entry);
            lock.write(&registry.prompts)?;
        }
        fs::remove_file(self.folder.join(format!("{DRAFT}.yaml")))
    }
}

impl Registry {
    /// The lock file; what is wrong with it goes to `problems`.
    pub fn lock(&self, problems: &mut Problems) -> RegistryLock {
        RegistryLock::read(&self.prompts, &self.root, problems)
    }

    /// Writes the lock file, whole or not at all.
    ///
    /// # Errors
    /// The I/O error.
    pub fn write_lock(&self, lock: &RegistryLock) -> io::Result<()> {
        lock.write(&self.prompts)
    }

    /// Takes the right to change the registry; `None` when another process kept it for several seconds.
    ///
    /// # Errors
    /// When the lock cannot be made.
    pub fn hold(&self) -> io::Result<Option<Lock>> {
        super::lock::hold(&self.root)
    }

    /// Everything about the release of a draft, without changing anything. `None` when it cannot be released; why goes to
    /// `problems`.
    pub fn plan_release(
        &self,
        request: &ReleaseRequest,
        lock: &RegistryLock,
        problems: &mut Problems,
    ) -> Option<Release> {
        let nowhere = Place::of_file(self.shown(&self.prompts));
        let before = problems.error_count();
        let folder = self.folder(&request.name, &nowhere, problems)?;
        let Some(draft_path) = folder.draft.clone() else {
            problems.push(no_draft(&folder, self));
            return None;
        };
        let place = Place::of_file(self.shown(&draft_path));
        let draft = self.version(&folder, &PromptVersion::Draft, &place, problems)?;
        let bytes = match files::read_bytes(&draft_path, self.shown(&draft_path), files::MAX_FILE_BYTES) {
            Ok(bytes) => bytes,
            Err(problem) => {
                problems.push(*problem);
                return None;
            }
        };
        let state = self.state_of(&folder, &bytes, lock);
        let entry = self.lock_entry(&draft, &bytes, &place);
        let mut release = Release {
            name: request.name.clone(),
            version: Version::new(1, 0, 0),
            previous: None,
            bump: None,
            suggested: None,
            reasons: Vec::new(),
            state: Released::No,
            entry,
            folder: folder.path.clone(),
            draft: bytes,
        };
        if let Some((version, state)) = state {
            release.version = version;
            release.state = state;
            return Some(release);
        }
        self.compare(&mut release, &folder, &draft, request, problems);
        if folder.versions.contains_key(&release.version) {
            let message = format!("`{}` has a version {} already", request.name, release.version);
            problems.push(Diagnostic::error("version-exists", message).at(place).help(folder.what_exists()));
        }
        (problems.error_count() == before).then_some(release)
    }

    /// Finds version, bump and reasons of a release.
    fn compare(
        &self,
        release: &mut Release,
        folder: &Folder,
        draft: &Prompt,
        request: &ReleaseRequest,
        problems: &mut Problems,
    ) {
        let lower = |wanted: &Version| folder.versions.keys().rev().find(|version| *version < wanted);
        let previous = request.version.as_ref().map_or_else(|| folder.latest(), lower).cloned();
        release.previous.clone_from(&previous);
        if let Some(version) = &request.version {
            release.version = version.clone();
        }
        let Some(previous) = previous else { return };
        let place = Place::of_file(self.shown(&folder.path));
        // A broken version says nothing about the step from it; its own problems are for `lint`.
        let mut ignored = Problems::new();
        let old = self.version(folder, &PromptVersion::Released(previous.clone()), &place, &mut ignored);
        let (suggestion, reasons) = match &old {
            Some(old) => suggested(old, draft),
            None => (Bump::Major, vec![format!("{previous} has errors, so nothing can be compared")]),
        };
        if old.is_some() && self.has_bytes(folder, &previous, &release.draft) {
            let message = format!("the draft of `{}` is the same as {previous}", release.name);
            let help = "change it first, or remove it";
            problems.push(Diagnostic::error("nothing-to-release", message).at(place).help(help));
        }
        release.bump = Some(match &request.version {
            Some(version) => Bump::between(&previous, version),
            None => request.bump.unwrap_or(suggestion),
        });
        if request.version.is_none() {
            release.version = request.bump.unwrap_or(suggestion).after(&previous);
        }
        // Whatever changed, the release after a pre-release is a step of its own.
        release.suggested = Some(if previous.pre.is_empty() { suggestion } else { Bump::Patch });
        release.reasons = reasons;
    }

    /// The version that an earlier release of this very draft came to, and how far.
    fn state_of(&self, folder: &Folder, draft: &[u8], lock: &RegistryLock) -> Option<(Version, Released)> {
        let digest = Digest::of_bytes(draft);
        for version in folder.versions.keys().rev().filter(|version| self.has_bytes(folder, version, draft)) {
            match lock.entry(&folder.name, version) {
                None if lock.exists => return Some((version.clone(), Released::FileOnly)),
                Some(entry) if entry.file == digest && folder.versions.keys().next_back() == Some(version) => {
                    return Some((version.clone(), Released::DraftLeft));
                }
                None | Some(_) => {}
            }
        }
        None
    }

    fn has_bytes(&self, folder: &Folder, version: &Version, bytes: &[u8]) -> bool {
        let Some(path) = folder.versions.get(version) else { return false };
        files::read_bytes(path, self.shown(path), files::MAX_FILE_BYTES).is_ok_and(|found| found == bytes)
    }

    /// What the lock says of a version with these bytes.
    pub(super) fn lock_entry(&self, prompt: &Prompt, bytes: &[u8], place: &Place) -> LockEntry {
        let source = Source::new(place.path.clone(), String::from_utf8_lossy(bytes).into_owned());
        LockEntry {
            prompt: prompt.digest,
            file: Digest::of_bytes(bytes),
            includes: includes::digests(prompt, &source, &self.prompts, &self.root),
            message: String::new(),
        }
    }

    /// A released version, ready to be rendered.
    pub(super) fn released(&self, folder: &Folder, version: &Version, problems: &mut Problems) -> Option<Arc<Prompt>> {
        let place = Place::of_file(self.shown(&folder.path));
        self.version(folder, &PromptVersion::Released(version.clone()), &place, problems)
    }
}

fn no_draft(folder: &Folder, registry: &Registry) -> Diagnostic {
    let shown = |path: &Path| registry.shown(path).display().to_string();
    let draft = shown(&folder.path.join(format!("{DRAFT}.yaml")));
    let help = match folder.latest().and_then(|version| folder.versions.get(version)) {
        Some(latest) => format!("copy `{}` to `{draft}`, and change that", shown(latest)),
        None => format!("write `{draft}`"),
    };
    Diagnostic::error("no-draft", format!("`{}` has no draft to release", folder.name))
        .at(Place::of_file(registry.shown(&folder.path)))
        .help(help)
}
