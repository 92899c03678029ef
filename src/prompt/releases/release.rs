//! Freezes a draft as a version.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use semver::Version;

use super::super::includes;
use super::super::ready::{Prompt, PromptVersion};
use super::super::registry::Registry;
use super::bump::{Bump, suggested};
use super::folder::{DRAFT, Folder};
use super::lock::{LockEntry, RegistryLock};
use super::verify::adopt;
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
            registry.with_first_entries(lock).write(&registry.prompts)?;
        }
        fs::remove_file(self.folder.join(format!("{DRAFT}.yaml")))
    }
}

impl Registry {
    /// The lock file; what is wrong with it goes to `problems`.
    pub fn lock(&self, problems: &mut Problems) -> RegistryLock {
        RegistryLock::read(&self.prompts, &self.root, problems)
    }

    /// The lock as it is; in a project that has none yet, one that pins every version that was written by hand, so that
    /// the first release does not make all others look forgotten.
    pub(in crate::prompt) fn with_first_entries(&self, lock: RegistryLock) -> RegistryLock {
        // What is wrong with another prompt is none of this one's business: `verify` tells it.
        if lock.exists { lock } else { adopt(self, &lock, &[], &mut Problems::new()).0 }
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
        if let (None, Some(wanted), Some(lowest)) = (&previous, &request.version, folder.versions.keys().next())
            && lowest != wanted
        {
            let message = format!("{wanted} is below every version of `{}`, the lowest is {lowest}", release.name);
            let help = "a release follows a version: leave `--version` out, or give one above";
            let place = Place::of_file(self.shown(&folder.path));
            problems.push(Diagnostic::error("version-order", message).at(place).help(help));
        }
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
            let is_highest = folder.versions.keys().next_back() == Some(version);
            match lock.entry(&folder.name, version) {
                // Without a lock file, an older version with these bytes was written by hand.
                None if lock.exists || is_highest => return Some((version.clone(), Released::FileOnly)),
                Some(entry) if entry.file == digest && is_highest => {
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
    pub(in crate::prompt) fn lock_entry(&self, prompt: &Prompt, bytes: &[u8], place: &Place) -> LockEntry {
        let source = Source::new(place.path.clone(), String::from_utf8_lossy(bytes).into_owned());
        LockEntry {
            prompt: prompt.digest,
            file: Digest::of_bytes(bytes),
            includes: includes::digests(prompt, &source, &self.prompts, &self.root),
            message: String::new(),
        }
    }

    /// A released version, ready to be rendered.
    pub(in crate::prompt) fn released(
        &self,
        folder: &Folder,
        version: &Version,
        problems: &mut Problems,
    ) -> Option<Arc<Prompt>> {
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

#[cfg(test)]
mod tests {
    use super::super::super::tests::Project;
    use super::*;

    const ONE: &str = "template: \"{{ a }} {% include 'x.md' %}\"\nvariables: {a: string}\n";

    fn request(bump: Option<Bump>, version: Option<&str>) -> ReleaseRequest {
        let version = version.map(|text| Version::parse(text).expect("version"));
        ReleaseRequest { name: SafeName::parse("p").expect("name"), bump, version }
    }

    fn plan(project: &Project, request: &ReleaseRequest) -> Result<Release, String> {
        let registry = project.registry();
        let mut problems = Problems::new();
        let lock = registry.lock(&mut problems);
        registry.plan_release(request, &lock, &mut problems).ok_or_else(|| problems.render(false))
    }

    fn release(project: &Project, request: &ReleaseRequest, message: &str) -> Release {
        let release = plan(project, request).expect("plan");
        let registry = project.registry();
        let lock = registry.lock(&mut Problems::new());
        let held = registry.hold().expect("io").expect("free");
        release.carry_out(&registry, lock, message, &held).expect("released");
        release
    }

    fn files(project: &Project) -> Vec<String> {
        let entries = files::list_folder(&project.root().join("prompts/p")).expect("folder");
        entries.into_iter().map(|(name, _)| name).collect()
    }

    fn project() -> Project {
        Project::new(&[("prompts/_partials/x.md", "x\n"), ("prompts/p/next.yaml", ONE)])
    }

    #[test]
    fn the_first_release_of_a_project_locks_what_was_written_by_hand() {
        let project = project();
        project.write("prompts/q/0.1.0.yaml", ONE);
        project.write("prompts/broken/1.0.0.yaml", "template: [\n");
        release(&project, &request(None, None), "first");
        let registry = project.registry();
        let lock = registry.lock(&mut Problems::new());
        let names: Vec<String> = lock.entries().map(|(name, version, _)| format!("{name}@{version}")).collect();
        assert_eq!(names, ["p@1.0.0", "q@0.1.0"]);
        // Later ones do not: a version that turns up beside the lock was not released.
        project.write("prompts/q/0.2.0.yaml", ONE);
        project.write("prompts/p/next.yaml", &ONE.replace("{{ a }}", "{{ a }} more"));
        release(&project, &request(None, None), "second");
        assert_eq!(project.registry().lock(&mut Problems::new()).entries().count(), 3);
    }

    #[test]
    fn a_draft_becomes_a_version_byte_for_byte_and_is_locked() {
        let project = project();
        let message = "first: \"größe\"\nand more";
        let first = release(&project, &request(None, None), message);
        assert_eq!((first.version.to_string().as_str(), first.bump, first.suggested), ("1.0.0", None, None));
        assert_eq!(files(&project), ["1.0.0.yaml"]);
        assert_eq!(project.read("prompts/p/1.0.0.yaml"), ONE);
        let lock = project.registry().lock(&mut Problems::new());
        let entry = lock.entry(&first.name, &first.version).expect("entry");
        assert_eq!(entry.prompt, project.prompt("p@1.0.0").digest);
        assert_eq!(entry.file, Digest::of_bytes(ONE.as_bytes()));
        assert_eq!(entry.includes.keys().collect::<Vec<_>>(), ["prompts/_partials/x.md"]);
        assert_eq!(entry.message, message);
        // The second: the suggestion is taken, and the line of the first stays.
        project.write("prompts/p/next.yaml", &ONE.replace("{{ a }}", "{{ a }} more"));
        let second = release(&project, &request(None, None), "second");
        assert_eq!((second.version.to_string().as_str(), second.bump), ("1.1.0", Some(Bump::Minor)));
        assert_eq!(project.registry().lock(&mut Problems::new()).entries().count(), 2);
    }

    #[test]
    fn bumps_and_versions_are_taken_as_asked_and_small_ones_are_known() {
        let project = project();
        release(&project, &request(None, None), "first");
        project.write(
            "prompts/p/next.yaml",
            &ONE.replace("a: string", "a: string, b: string").replace("{{ a }}", "{{ a }}{{ b }}"),
        );
        for (bump, version, wanted, too_small) in [
            (None, None, "2.0.0", false),
            (Some(Bump::Major), None, "2.0.0", false),
            (Some(Bump::Minor), None, "1.1.0", true),
            (Some(Bump::Patch), None, "1.0.1", true),
            (None, Some("2.0.0-rc.1"), "2.0.0-rc.1", false),
            (None, Some("1.5.0"), "1.5.0", true),
        ] {
            let plan = plan(&project, &request(bump, version)).expect("plan");
            assert_eq!((plan.version.to_string().as_str(), plan.is_too_small()), (wanted, too_small));
        }
        release(&project, &request(None, Some("2.0.0-rc.1")), "candidate");
        project.write("prompts/p/next.yaml", "template: final\n");
        let plan = plan(&project, &request(None, None)).expect("plan");
        assert_eq!(plan.version.to_string(), "2.0.0", "1.0.0 is the latest, and `a` is gone");
    }

    #[test]
    fn what_cannot_be_released_says_why() {
        let project = project();
        release(&project, &request(None, None), "first");
        assert!(plan(&project, &request(None, None)).expect_err("no draft").contains("[no-draft]"));
        project.write("prompts/p/next.yaml", ONE);
        project.write("prompts/p/2.0.0-rc.1.yaml", "template: candidate\n");
        assert!(plan(&project, &request(None, None)).expect_err("same").contains("[nothing-to-release]"));
        project.write("prompts/p/next.yaml", "template: \"{{ a | nope }}\"\n");
        assert!(plan(&project, &request(None, None)).expect_err("broken").contains("prompts/p/next.yaml:1:19"));
        project.write("prompts/p/next.yaml", "template: other\n");
        assert!(plan(&project, &request(None, Some("1.0.0"))).expect_err("exists").contains("[version-exists]"));
        assert!(plan(&project, &request(None, Some("0.9.0"))).expect_err("below").contains("[version-order]"));
        let gone = ReleaseRequest { name: SafeName::parse("q").expect("name"), bump: None, version: None };
        assert!(plan(&project, &gone).expect_err("unknown").contains("[unknown-prompt]"));
    }

    #[test]
    fn an_interrupted_release_is_finished_wherever_it_stopped() {
        let project = project();
        release(&project, &request(None, None), "first");
        let two = ONE.replace("{{ a }}", "{{ a }} two");
        // The very first release of a project, stopped before there was a lock file.
        let fresh =
            Project::new(&[("prompts/p/next.yaml", "template: x\n"), ("prompts/p/1.0.0.yaml", "template: x\n")]);
        assert_eq!(release(&fresh, &request(None, None), "first").state, Released::FileOnly);
        assert_eq!(files(&fresh), ["1.0.0.yaml"]);
        assert_eq!(fresh.registry().lock(&mut Problems::new()).entries().count(), 1);
        // Stopped after the version's file was written.
        project.write("prompts/p/next.yaml", &two);
        project.write("prompts/p/1.1.0.yaml", &two);
        let plan_now = plan(&project, &request(Some(Bump::Major), None)).expect("plan");
        assert_eq!((plan_now.state, plan_now.version.to_string().as_str()), (Released::FileOnly, "1.1.0"));
        release(&project, &request(Some(Bump::Major), None), "second");
        assert_eq!(files(&project), ["1.0.0.yaml", "1.1.0.yaml"]);
        let lock = project.registry().lock(&mut Problems::new());
        assert_eq!(lock.entry(&plan_now.name, &plan_now.version).map(|entry| entry.message.as_str()), Some("second"));
        // Stopped after the lock was written.
        project.write("prompts/p/next.yaml", &two);
        let left = release(&project, &request(None, None), "again");
        assert_eq!((left.state, left.version), (Released::DraftLeft, plan_now.version.clone()));
        assert_eq!(files(&project), ["1.0.0.yaml", "1.1.0.yaml"]);
        assert_eq!(project.registry().lock(&mut Problems::new()), lock, "the message of the release stays");
        // The content of an older version may be released again.
        project.write("prompts/p/next.yaml", ONE);
        let back = plan(&project, &request(None, None)).expect("plan");
        assert_eq!((back.state, back.version.to_string().as_str()), (Released::No, "1.2.0"));
    }
}
