//! All prompts at a glance: what each folder holds, and the digests of the versions that were asked for.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use semver::Version;

use super::super::labels::label::LabelValue;
use super::super::partials::FOLDER as PARTIALS_FOLDER;
use super::super::{PromptVersion, Registry};
use super::at_release::AtRelease;
use super::folder::{Folder, Label};
use super::lock::RegistryLock;
use super::verify::FindingKind;
use crate::base::{Diagnostic, Digest, Place, Problems, SafeName, files};

/// Most threads that read prompts at once.
const MOST_THREADS: usize = 8;
/// Prompts for which a thread of its own is worth starting.
const PROMPTS_PER_THREAD: usize = 8;

/// Which versions are read; reading a version finds its digest and its errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// None: only what the folder says.
    Folder,
    /// The latest version, those that labels point to, and the draft.
    InUse,
    /// Every version and the draft.
    Every,
}

/// One prompt of the registry.
#[derive(Debug, Clone, PartialEq)]
pub struct CatalogueEntry {
    /// Its name.
    pub name: SafeName,
    /// What it is for, as its folder says.
    pub about: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Its released versions, the highest first.
    pub versions: Vec<Version>,
    /// The version that is meant when none is named.
    pub latest: Option<Version>,
    /// Its labels, in the order of its file.
    pub labels: Vec<CatalogueLabel>,
    /// Whether it has a draft.
    pub has_draft: bool,
    /// The versions that were read: the draft, then the highest first.
    pub read: Vec<ReadVersion>,
    /// Whether something is wrong with its folder or with a version that was read.
    pub has_errors: bool,
}

/// A label and what it points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueLabel {
    /// The label.
    pub name: String,
    /// Versions with their weights; one version has all of it.
    pub targets: Vec<(Version, u32)>,
}

/// A version that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadVersion {
    /// Which one.
    pub version: PromptVersion,
    /// Digest of its content; `None` when it has errors.
    pub digest: Option<Digest>,
    /// What became of it since its release; `None` for a draft, and when it is as it was.
    pub since_release: Option<FindingKind>,
}

impl CatalogueEntry {
    /// Digest of a version that was read.
    pub fn digest_of(&self, version: &PromptVersion) -> Option<Digest> {
        self.read.iter().find(|read| read.version == *version).and_then(|read| read.digest)
    }

    /// Whether there is a draft and it differs from the latest version. `None` when that cannot be told, because one of
    /// them has errors. A draft of a prompt that was never released differs.
    pub fn draft_differs(&self) -> Option<bool> {
        if !self.has_draft {
            return Some(false);
        }
        let draft = self.digest_of(&PromptVersion::Draft)?;
        let Some(latest) = &self.latest else { return Some(true) };
        Some(draft != self.digest_of(&PromptVersion::Released(latest.clone()))?)
    }
}

impl Registry {
    /// The prompts of these names, in their order. A prompt with errors is in the answer too, and marked; what is wrong
    /// goes to `problems`.
    pub fn catalogue(&self, names: &[SafeName], depth: Depth, problems: &mut Problems) -> Vec<CatalogueEntry> {
        let lock = if depth == Depth::Folder { RegistryLock::default() } else { self.lock(problems) };
        let releases = Releases { lock, at_release: AtRelease::new(&self.root) };
        let releases = &releases;
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(MOST_THREADS);
        let threads = cores.min(names.len().div_ceil(PROMPTS_PER_THREAD)).max(1);
        let share = names.len().div_ceil(threads).max(1);
        let parts: Vec<Part> = thread::scope(|scope| {
            let started: Vec<_> = names
                .chunks(share)
                .skip(1)
                .map(|names| scope.spawn(move || self.read_part(names, depth, releases)))
                .collect();
            let first = self.read_part(names.get(..share.min(names.len())).unwrap_or_default(), depth, releases);
            let rest = started.into_iter().filter_map(|thread| thread.join().ok());
            std::iter::once(first).chain(rest).collect()
        });
        let mut found = Vec::with_capacity(names.len());
        let mut all = Problems::new();
        for part in parts {
            found.extend(part.entries);
            all.absorb(part.problems);
        }
        absorb_once(all, problems);
        found
    }

    /// Reports folders below `prompts/` whose names no prompt can have.
    pub fn check_names(&self, problems: &mut Problems) {
        for (entry, is_folder) in files::list_folder(&self.prompts).unwrap_or_default() {
            if is_folder
                && entry != PARTIALS_FOLDER
                && !entry.starts_with('.')
                && let Err(error) = SafeName::parse(&entry)
            {
                let place = Place::of_file(self.shown(&self.prompts.join(&entry)));
                problems.push(Diagnostic::error("prompt-name", error.to_string()).at(place));
            }
        }
    }

    fn read_part(&self, names: &[SafeName], depth: Depth, releases: &Releases<'_>) -> Part {
        let mut part = Part::default();
        for name in names {
            let mut found = Problems::new();
            let entry = self.read_entry(name, depth, releases, &mut found);
            part.entries.extend(entry);
            part.problems.absorb(found);
        }
        part
    }

    fn read_entry(
        &self,
        name: &SafeName,
        depth: Depth,
        releases: &Releases<'_>,
        problems: &mut Problems,
    ) -> Option<CatalogueEntry> {
        let from = Place::of_file(self.shown(&self.prompts.join(name.as_str())));
        let folder = self.folder(name, &from, problems)?;
        if depth != Depth::Folder {
            folder.lint_labels(problems);
        }
        let wanted = wanted(&folder, depth).into_iter();
        let read = wanted.map(|version| self.read_version(&folder, version, &from, releases, problems)).collect();
        Some(entry(&folder, read, problems.has_errors()))
    }

    /// A version whose files are those of its release has the digest of its release; any other is read.
    fn read_version(
        &self,
        folder: &Folder,
        version: PromptVersion,
        from: &Place,
        releases: &Releases<'_>,
        problems: &mut Problems,
    ) -> ReadVersion {
        let (path, locked) = match &version {
            PromptVersion::Released(version) => {
                (folder.versions.get(version), releases.lock.entry(&folder.name, version))
            }
            PromptVersion::Draft => (folder.draft.as_ref(), None),
        };
        let bytes = |path: &PathBuf| files::read_bytes(path, self.shown(path), files::MAX_FILE_BYTES).ok();
        let differences =
            locked.and_then(|locked| Some((locked, releases.at_release.differences(&path.and_then(bytes)?, locked))));
        if let Some((locked, _)) = differences.as_ref().filter(|(_, differences)| differences.is_none()) {
            return ReadVersion { version, digest: Some(locked.prompt), since_release: None };
        }
        let digest = path
            .and_then(|path| self.quick_digest(path))
            .or_else(|| self.version(folder, &version, from, problems).map(|prompt| prompt.digest));
        let since_release = match (&version, differences) {
            (PromptVersion::Released(_), Some((locked, differences))) => differences.kind(locked, digest),
            (PromptVersion::Released(_), None) => Some(FindingKind::NotLocked),
            (PromptVersion::Draft, _) => None,
        };
        ReadVersion { version, digest, since_release }
    }
}

/// What was released, and how files compare with it.
struct Releases<'a> {
    lock: RegistryLock,
    at_release: AtRelease<'a>,
}

/// What one thread has read.
#[derive(Default)]
struct Part {
    entries: Vec<CatalogueEntry>,
    problems: Problems,
}

/// The versions to read: the draft, then the highest first.
fn wanted(folder: &Folder, depth: Depth) -> Vec<PromptVersion> {
    if depth == Depth::Folder {
        return Vec::new();
    }
    let in_use = |version: &Version| {
        depth == Depth::Every
            || folder.latest() == Some(version)
            || folder.labels.values().any(|label| targets(label).iter().any(|(target, _)| target == version))
    };
    let draft = folder.draft.iter().map(|_| PromptVersion::Draft);
    let released = folder.versions.keys().rev().filter(|version| in_use(version)).cloned();
    draft.chain(released.map(PromptVersion::Released)).collect()
}

fn entry(folder: &Arc<Folder>, read: Vec<ReadVersion>, has_errors: bool) -> CatalogueEntry {
    let label = |(name, label): (&String, &Label)| CatalogueLabel { name: name.clone(), targets: targets(label) };
    CatalogueEntry {
        name: folder.name.clone(),
        about: folder.about.clone(),
        owner: folder.owner.clone(),
        versions: folder.versions.keys().rev().cloned().collect(),
        latest: folder.latest().cloned(),
        labels: folder.labels.iter().map(label).collect(),
        has_draft: folder.draft.is_some(),
        read,
        has_errors,
    }
}

/// The versions a label points to, with their weights.
fn targets(label: &Label) -> Vec<(Version, u32)> {
    match &label.value {
        LabelValue::Version(version) => vec![(version.clone(), 100)],
        LabelValue::Split(split) => split.shares().to_vec(),
    }
}

/// Adds what is not there twice: two threads may meet the same broken partial at once.
fn absorb_once(all: Problems, problems: &mut Problems) {
    if all.dropped() > 0 {
        problems.absorb(all);
        return;
    }
    let mut last: Option<&Diagnostic> = None;
    for diagnostic in all.sorted() {
        if last != Some(diagnostic) {
            problems.push(diagnostic.clone());
        }
        last = Some(diagnostic);
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::Project;
    use super::super::verify::{adopt, verify};
    use super::*;

    fn catalogue(project: &Project, depth: Depth) -> (Vec<CatalogueEntry>, Problems) {
        let registry = project.registry();
        let mut problems = Problems::new();
        let entries = registry.catalogue(&registry.names(), depth, &mut problems);
        (entries, problems)
    }

    fn versions(entry: &CatalogueEntry) -> Vec<String> {
        entry.read.iter().map(|read| read.version.to_string()).collect()
    }

    #[test]
    fn a_prompt_is_told_from_its_folder_and_the_versions_in_use() {
        let project = Project::new(&[
            ("prompts/a/prompt.yaml", "about: x\nowner: team\nlabels: {production: 1.0.0, staging: 1.10.0}\n"),
            ("prompts/a/1.0.0.yaml", "template: one\n"),
            ("prompts/a/1.2.0.yaml", "template: two\n"),
            ("prompts/a/1.10.0.yaml", "template: ten\n"),
            ("prompts/a/2.0.0-rc.1.yaml", "template: soon\n"),
            ("prompts/a/next.yaml", "template: next\n"),
            ("prompts/_partials/p.txt", "x"),
        ]);
        let (entries, problems) = catalogue(&project, Depth::InUse);
        assert!(problems.is_empty(), "{}", problems.render(false));
        let [entry] = entries.as_slice() else { panic!("{entries:?}") };
        assert_eq!((entry.about.as_deref(), entry.owner.as_deref()), (Some("x"), Some("team")));
        assert_eq!(entry.latest.as_ref().map(Version::to_string).as_deref(), Some("1.10.0"));
        assert_eq!((entry.versions.len(), entry.versions[0].to_string().as_str()), (4, "2.0.0-rc.1"));
        assert_eq!(versions(entry), ["next", "1.10.0", "1.0.0"]);
        let every = catalogue(&project, Depth::Every).0;
        assert_eq!(versions(&every[0]), ["next", "2.0.0-rc.1", "1.10.0", "1.2.0", "1.0.0"]);
        let digest = project.prompt("a@1.0.0").digest;
        assert_eq!(entry.digest_of(&PromptVersion::Released(Version::new(1, 0, 0))), Some(digest));
        assert_eq!(entry.digest_of(&PromptVersion::Released(Version::new(1, 2, 0))), None);
    }

    /// The words for what became of `p@1.0.0` and `p@1.1.0` since they were locked, and the catalogue, after a file changed.
    fn since(path: &str, text: &str) -> (Vec<Option<&'static str>>, CatalogueEntry, Project) {
        let project = Project::new(&[
            ("prompts/_partials/a.md", "a"),
            ("prompts/p/1.0.0.yaml", "template: \"{% include 'a.md' %}\"\n"),
            ("prompts/p/1.1.0.yaml", "template: two\n"),
            ("prompts/p/next.yaml", "template: three\n"),
        ]);
        let registry = project.registry();
        let (lock, _) = adopt(&registry, &RegistryLock::default(), &[], &mut Problems::new());
        lock.write(&registry.prompts).expect("written");
        project.write(path, text);
        let (mut entries, _) = catalogue(&project, Depth::Every);
        let entry = entries.remove(0);
        let words = entry.read.iter().map(|read| read.since_release.map(FindingKind::word)).collect();
        (words, entry, project)
    }

    #[test]
    fn what_became_of_a_release_is_told_as_verify_tells_it() {
        for (path, text, wanted) in [
            ("note.txt", "", [None, None, None]),
            ("prompts/_partials/a.md", "b", [None, None, Some("include_changed")]),
            ("prompts/p/1.0.0.yaml", "template: x\n", [None, None, Some("edited")]),
            ("prompts/p/1.1.0.yaml", "template: 'two'\n", [None, Some("reformatted"), None]),
            ("prompts/p/1.1.0.yaml", "template: [\n", [None, Some("broken"), None]),
        ] {
            let (words, entry, project) = since(path, text);
            assert_eq!(words, wanted, "{path}: {text}");
            let registry = project.registry();
            let verified = verify(&registry, &registry.lock(&mut Problems::new()), &[]);
            let told: Vec<&str> = verified.findings.iter().map(|finding| finding.kind.word()).collect();
            assert_eq!(told, wanted.into_iter().flatten().collect::<Vec<_>>());
            for read in &entry.read {
                let fresh = project.resolve(&format!("p@{}", read.version)).0.map(|prompt| prompt.digest);
                assert_eq!(read.digest, fresh, "{path}: {}", read.version);
            }
        }
        let (words, ..) = since("prompts/p/1.2.0.yaml", "template: by hand\n");
        assert_eq!(words, [None, Some("not_locked"), None, None]);
    }

    #[test]
    fn a_version_that_is_as_released_is_not_read() {
        let (_, _, project) = since("prompts/p/1.0.0.yaml", "template: other\n");
        // A lock that says another digest for the same bytes is believed: nothing else was looked at.
        let lock = project.read("prompts/registry.lock");
        let digest = project.prompt("p@1.1.0").digest.to_string();
        let other = Digest::of_bytes(b"other");
        project.write("prompts/registry.lock", &lock.replace(&digest, &other.to_string()));
        let (entries, _) = catalogue(&project, Depth::InUse);
        assert_eq!(entries[0].digest_of(&PromptVersion::Released(Version::new(1, 1, 0))), Some(other));
    }

    #[test]
    fn a_folder_is_told_without_reading_its_versions() {
        let project = Project::new(&[
            ("prompts/a/prompt.yaml", "labels: {production: 9.0.0}\n"),
            ("prompts/a/1.0.0.yaml", "template: {{\n"),
            ("prompts/a/next.yaml", "template: [\n"),
        ]);
        let (entries, problems) = catalogue(&project, Depth::Folder);
        assert!(problems.is_empty() && !entries[0].has_errors, "{}", problems.render(false));
        assert_eq!((entries[0].versions.len(), entries[0].has_draft, entries[0].read.len()), (1, true, 0));
    }

    #[test]
    fn a_draft_differs_by_its_meaning() {
        let differs = |draft: &str| {
            let project = Project::new(&[("prompts/a/1.0.0.yaml", "template: one\n"), ("prompts/a/next.yaml", draft)]);
            let (entries, _) = catalogue(&project, Depth::InUse);
            entries[0].draft_differs()
        };
        assert_eq!(differs("about: other words\ntemplate: 'one' # comment\n"), Some(false));
        assert_eq!(differs("template: two\n"), Some(true));
        assert_eq!(differs("template: {{\n"), None);
        let project =
            Project::new(&[("prompts/a/next.yaml", "template: x\n"), ("prompts/b/1.0.0.yaml", "template: x\n")]);
        let (entries, _) = catalogue(&project, Depth::InUse);
        assert_eq!((entries[0].draft_differs(), entries[1].draft_differs()), (Some(true), Some(false)));
    }

    #[test]
    fn broken_prompts_hide_no_others() {
        let project = Project::new(&[
            ("prompts/a/1.0.0.yaml", "template: [\n"),
            ("prompts/b/1.0.0.yaml", "template: Hi {% include 'broken.txt' %}\n"),
            ("prompts/c/1.0.0.yaml", "template: Hi\n"),
            ("prompts/c/prompt.yaml", "labels: {production: 9.0.0}\n"),
            ("prompts/d/1.0.0.yaml", "template: Hi\n"),
            ("prompts/_partials/broken.txt", "{% if %}"),
            ("prompts/no prompt/1.0.0.yaml", "template: Hi\n"),
        ]);
        let (entries, mut problems) = catalogue(&project, Depth::InUse);
        let seen: Vec<(&str, bool)> = entries.iter().map(|entry| (entry.name.as_str(), entry.has_errors)).collect();
        assert_eq!(seen, [("a", true), ("b", true), ("c", true), ("d", false)]);
        project.registry().check_names(&mut problems);
        let text = problems.render(false);
        for wanted in ["prompts/a/1.0.0.yaml:", "partial-invalid", "label-to-missing-version", "`no prompt`"] {
            assert!(text.contains(wanted), "{wanted} not in {text}");
        }
    }

    #[test]
    fn many_prompts_are_read_at_once_and_come_in_order_with_each_problem_once() {
        let files: Vec<(String, String)> = (0..100)
            .flat_map(|n| {
                let text = format!("template: \"{n} {{% include 'broken.txt' %}}\"\n");
                [
                    (format!("prompts/p{n:03}/1.0.0.yaml"), text),
                    (format!("prompts/q{n:03}/1.0.0.yaml"), "template: x\n".to_owned()),
                ]
            })
            .collect();
        let mut all: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        all.push(("prompts/_partials/broken.txt", "{{ a b }}"));
        let project = Project::new(&all);
        let (entries, problems) = catalogue(&project, Depth::InUse);
        assert_eq!(entries.len(), 200);
        assert!(entries.is_sorted_by(|a, b| a.name < b.name));
        assert!(entries.iter().all(|entry| entry.has_errors == entry.name.as_str().starts_with('p')));
        // One for each prompt that includes it, and one for the partial itself.
        assert_eq!(problems.error_count(), 101, "{}", problems.render(false));
        let again = catalogue(&project, Depth::InUse);
        assert_eq!((again.0, again.1.render(false)), (entries, problems.render(false)));
    }

    #[test]
    fn no_names_are_no_entries() {
        let project = Project::new(&[("prompts/a/1.0.0.yaml", "template: x\n")]);
        assert_eq!(project.registry().catalogue(&[], Depth::InUse, &mut Problems::new()), []);
    }
}
