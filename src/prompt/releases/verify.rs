//! Whether every released version is still what it was when it was released.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use super::super::ready::PromptVersion;
use super::super::registry::Registry;
use super::at_release::{AtRelease, is_file};
use super::folder::{DRAFT, version};
use super::lock::{LockEntry, RegistryLock};
use crate::base::{Digest, Place, Problems, SafeName, files};

/// What is found about a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingKind {
    /// The file changed, and with it what is sent.
    Edited,
    /// The file changed, and nothing of what is sent.
    Reformatted,
    /// The file is as it was, and something it includes changed what is sent.
    IncludeChanged,
    /// It changed and cannot be read any more.
    Broken,
    /// The file is gone.
    Missing,
    /// The file of a version that is not in the lock.
    NotLocked,
}

impl FindingKind {
    /// Word and kind, in one table.
    pub const ALL: &[(&str, FindingKind)] = &[
        ("edited", FindingKind::Edited),
        ("reformatted", FindingKind::Reformatted),
        ("include_changed", FindingKind::IncludeChanged),
        ("broken", FindingKind::Broken),
        ("missing", FindingKind::Missing),
        ("not_locked", FindingKind::NotLocked),
    ];

    /// Its word in JSON.
    pub fn word(self) -> &'static str {
        FindingKind::ALL.iter().find(|(_, kind)| *kind == self).map_or("edited", |(word, _)| word)
    }
}

/// Something that is not as the lock says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The prompt.
    pub name: SafeName,
    /// The version.
    pub version: Version,
    /// What is the matter.
    pub kind: FindingKind,
    /// Paths of the files that changed or are missing.
    pub files: Vec<String>,
    /// In a sentence.
    pub message: String,
    /// How to mend it.
    pub help: String,
}

/// What [`verify`] found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verified {
    /// Versions that were compared with the lock.
    pub checked: usize,
    /// Whether there is a lock file at all. Without one nothing was ever released, and unlocked versions are no failure.
    pub has_lock: bool,
    /// By prompt and version.
    pub findings: Vec<Finding>,
}

impl Verified {
    /// Whether every released version is what it was.
    pub fn is_sound(&self) -> bool {
        self.findings.iter().all(|finding| self.is_note(finding))
    }

    /// Whether a finding is only worth a note.
    pub fn is_note(&self, finding: &Finding) -> bool {
        !self.has_lock && finding.kind == FindingKind::NotLocked
    }
}

/// Compares versions with the lock, those of the prompts in `only` or all.
///
/// Files are compared by their bytes. A prompt is read and its digest computed only where its file or a file it includes
/// has other bytes than at its release; line breaks that a checkout changed do not count.
pub fn verify(registry: &Registry, lock: &RegistryLock, only: &[SafeName]) -> Verified {
    let check = Check { registry, at_release: AtRelease::new(&registry.root) };
    let mut work: BTreeMap<SafeName, BTreeMap<Version, &LockEntry>> =
        registry.names().into_iter().map(|name| (name, BTreeMap::new())).collect();
    for (name, version, entry) in lock.entries() {
        work.entry(name.clone()).or_default().insert(version.clone(), entry);
    }
    let work: Vec<_> = work.into_iter().filter(|(name, _)| only.is_empty() || only.contains(name)).collect();
    let checked = work.iter().map(|(_, entries)| entries.len()).sum();
    let share = work.len().div_ceil(threads()).max(1);
    let mut findings: Vec<Finding> = std::thread::scope(|scope| {
        let running: Vec<_> = work
            .chunks(share)
            .map(|part| {
                let check = &check;
                scope.spawn(move || {
                    part.iter().flat_map(|(name, entries)| check.prompt(name, entries)).collect::<Vec<_>>()
                })
            })
            .collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    });
    explain_renames(&mut findings, lock, registry);
    findings.sort_by(|a, b| (&a.name, &a.version, a.kind).cmp(&(&b.name, &b.version, b.kind)));
    Verified { checked, has_lock: lock.exists, findings }
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(8)
}

/// The lock with an entry for every version that has none, and how many were added; broken versions go to `problems`.
pub fn adopt(
    registry: &Registry,
    lock: &RegistryLock,
    only: &[SafeName],
    problems: &mut Problems,
) -> (RegistryLock, usize) {
    let mut grown = lock.clone();
    let mut added = 0;
    for finding in verify(registry, lock, only).findings {
        if finding.kind != FindingKind::NotLocked {
            continue;
        }
        let Some(folder) = registry.folder(&finding.name, &registry.nowhere(), problems) else { continue };
        let Some(path) = folder.versions.get(&finding.version) else { continue };
        let place = Place::of_file(registry.shown(path));
        let Some(prompt) = registry.released(&folder, &finding.version, problems) else { continue };
        match files::read_bytes(path, &place.path, files::MAX_FILE_BYTES) {
            Ok(bytes) => {
                grown.insert(finding.name, finding.version, registry.lock_entry(&prompt, &bytes, &place));
                added += 1;
            }
            Err(problem) => problems.push(*problem),
        }
    }
    (grown, added)
}

struct Check<'a> {
    registry: &'a Registry,
    at_release: AtRelease<'a>,
}

impl Check<'_> {
    fn prompt(&self, name: &SafeName, entries: &BTreeMap<Version, &LockEntry>) -> Vec<Finding> {
        let mut findings: Vec<Finding> =
            entries.iter().filter_map(|(version, entry)| self.version(name, version, entry)).collect();
        let folder = self.registry.prompts.join(name.as_str());
        let files = files::list_folder(&folder).unwrap_or_default();
        for (file, is_folder) in files {
            let version = file.strip_suffix(".yaml").filter(|_| !is_folder).and_then(|stem| version(stem).ok());
            if let Some(version) = version.filter(|version| !entries.contains_key(version)) {
                findings.push(self.not_locked(name, version));
            }
        }
        findings
    }

    fn shown(&self, name: &SafeName, version: &Version) -> String {
        let path = self.registry.prompts.join(name.as_str()).join(format!("{version}.yaml"));
        self.registry.shown(&path).display().to_string()
    }

    fn version(&self, name: &SafeName, version: &Version, entry: &LockEntry) -> Option<Finding> {
        let path = self.registry.prompts.join(name.as_str()).join(format!("{version}.yaml"));
        let shown = self.shown(name, version);
        let finding = |kind, files: Vec<String>, message: String, help: String| {
            Some(Finding { name: name.clone(), version: version.clone(), kind, files, message, help })
        };
        let Ok(bytes) = files::read_bytes(&path, self.registry.shown(&path), files::MAX_FILE_BYTES) else {
            let help = format!("`git checkout -- {shown}` brings it back; or remove its line from `registry.lock`");
            return finding(FindingKind::Missing, vec![shown.clone()], format!("`{shown}` is gone"), help);
        };
        let differences = self.at_release.differences(&bytes, entry);
        if differences.is_none() {
            return None;
        }
        let kind = differences.kind(entry, self.digest_now(name, version))?;
        let (is_same_file, changed) = (!differences.file, differences.includes);
        let again = format!("or release the change as a version of its own: `karat prompt release {name}`");
        let bring_back = format!("`git checkout -- {shown}` brings it back; {again}");
        match kind {
            FindingKind::Reformatted => {
                let message = format!("`{shown}` was edited after its release; what it sends is the same");
                finding(kind, vec![shown], message, bring_back)
            }
            FindingKind::IncludeChanged => {
                let message = format!("`{}` changed, and with it what {name}@{version} sends", changed.join("`, `"));
                let help = format!(
                    "`git checkout -- {}` brings it back; or give the new text a new name, and include that from the next version",
                    changed.join(" ")
                );
                finding(kind, changed, message, help)
            }
            FindingKind::Edited => {
                let message = format!("`{shown}` was edited after its release, and sends something else");
                finding(kind, vec![shown], message, bring_back)
            }
            FindingKind::Broken | FindingKind::Missing | FindingKind::NotLocked => {
                let what = if is_same_file { changed.join("`, `") } else { shown.clone() };
                let message = format!("`{what}` changed, and {name}@{version} has errors now");
                let files = if is_same_file { changed } else { vec![shown] };
                finding(kind, files, message, "`karat prompt lint` tells them".to_owned())
            }
        }
    }

    fn digest_now(&self, name: &SafeName, version: &Version) -> Option<Digest> {
        let mut problems = Problems::new();
        let folder = self.registry.folder(name, &self.registry.nowhere(), &mut problems)?;
        let version = PromptVersion::Released(version.clone());
        Some(self.registry.version(&folder, &version, &self.registry.place_of(&folder), &mut problems)?.digest)
    }

    fn not_locked(&self, name: &SafeName, version: Version) -> Finding {
        let shown = self.shown(name, &version);
        let folder = self.registry.prompts.join(name.as_str());
        let read = |file: String| files::read_bytes(&folder.join(file), &folder, files::MAX_FILE_BYTES).ok();
        let draft = read(format!("{DRAFT}.yaml"));
        let is_half_released = draft.is_some() && draft == read(format!("{version}.yaml"));
        let (message, help) = if is_half_released {
            let message = format!("`{shown}` is not locked, and is the same as the draft: its release was interrupted");
            (message, format!("`karat prompt release {name} -m \"…\"` finishes it"))
        } else {
            let message = format!("`{shown}` is not locked: it was not made by `karat prompt release`");
            (message, format!("`karat prompt verify --adopt {name}` locks it as it is"))
        };
        Finding { name: name.clone(), version, kind: FindingKind::NotLocked, files: vec![shown], message, help }
    }
}

/// A folder that was renamed is missing under one name and not locked under another.
fn explain_renames(findings: &mut [Finding], lock: &RegistryLock, registry: &Registry) {
    let is = |finding: &Finding, kind| finding.kind == kind;
    let strays: Vec<(SafeName, Version)> = findings
        .iter()
        .filter(|finding| is(finding, FindingKind::NotLocked))
        .map(|finding| (finding.name.clone(), finding.version.clone()))
        .collect();
    let mut renamed: BTreeSet<(SafeName, SafeName)> = BTreeSet::new();
    for finding in findings.iter_mut().filter(|finding| is(finding, FindingKind::Missing)) {
        let Some(entry) = lock.entry(&finding.name, &finding.version) else { continue };
        let is_it = |name: &SafeName| {
            let path = registry.prompts.join(name.as_str()).join(format!("{}.yaml", finding.version));
            files::read_bytes(&path, &path, files::MAX_FILE_BYTES).is_ok_and(|bytes| is_file(&bytes, &entry.file))
        };
        let found = strays.iter().find(|(name, version)| *version == finding.version && is_it(name));
        if let Some((name, _)) = found {
            finding.help = rename_help(&finding.name, name);
            renamed.insert((finding.name.clone(), name.clone()));
        }
    }
    for finding in findings.iter_mut().filter(|finding| is(finding, FindingKind::NotLocked)) {
        if let Some((from, to)) = renamed.iter().find(|(_, to)| *to == finding.name) {
            finding.help = rename_help(from, to);
        }
    }
}

fn rename_help(from: &SafeName, to: &SafeName) -> String {
    format!("the folder was renamed: begin the lines of `{from}` in `registry.lock` with `{to}`")
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::Project;
    use super::*;

    const SCHEMA: &str = "{\"type\": \"object\"}\n";

    fn project() -> Project {
        let project = Project::new(&[
            ("prompts/_partials/outer.md", "{% include \"inner.md\" %} outer\n"),
            ("prompts/_partials/inner.md", "inner\n"),
            ("prompts/_schemas/a.json", SCHEMA),
            ("prompts/p/1.0.0.yaml", "# note\ntemplate: \"{% include 'outer.md' %}\"\n"),
            ("prompts/p/1.1.0.yaml", "template: two\noutput: {schema: ../_schemas/a.json}\n"),
            ("prompts/q/1.0.0.yaml", "template: q\n"),
        ]);
        let registry = project.registry();
        let (lock, added) = adopt(&registry, &RegistryLock::default(), &[], &mut Problems::new());
        assert_eq!(added, 3);
        lock.write(&registry.prompts).expect("written");
        project
    }

    fn found(project: &Project) -> Vec<String> {
        let registry = project.registry();
        let lock = registry.lock(&mut Problems::new());
        let verified = verify(&registry, &lock, &[]);
        assert_eq!(verified.is_sound(), verified.findings.is_empty());
        let told = |finding: &Finding| {
            format!("{}@{} {} {}", finding.name, finding.version, finding.kind.word(), finding.files.join(" "))
        };
        verified.findings.iter().map(told).collect()
    }

    #[test]
    fn what_is_locked_is_sound_and_names_its_includes() {
        let project = project();
        assert_eq!(found(&project), [""; 0]);
        let lock = project.registry().lock(&mut Problems::new());
        let includes: Vec<Vec<&String>> = lock.entries().map(|(_, _, entry)| entry.includes.keys().collect()).collect();
        assert_eq!(includes[0], ["prompts/_partials/inner.md", "prompts/_partials/outer.md"]);
        assert_eq!(includes[1], ["prompts/_schemas/a.json"]);
    }

    #[test]
    fn every_kind_of_change_is_found_and_named() {
        let project = project();
        project.write("prompts/_partials/inner.md", "changed\n");
        project.write("prompts/_schemas/a.json", "{\"type\": \"array\"}\n");
        project.write("prompts/q/1.0.0.yaml", "template: other\n");
        assert_eq!(
            found(&project),
            [
                "p@1.0.0 include_changed prompts/_partials/inner.md",
                "p@1.1.0 include_changed prompts/_schemas/a.json",
                "q@1.0.0 edited prompts/q/1.0.0.yaml"
            ]
        );
        project.write("prompts/_partials/inner.md", "inner\n");
        project.write("prompts/_schemas/a.json", "{ \"type\":\"object\" }");
        project.write("prompts/q/1.0.0.yaml", "# a comment\ntemplate: q\n");
        project.write("prompts/q/2.0.0.yaml", "template: q\n");
        assert_eq!(
            found(&project),
            ["q@1.0.0 reformatted prompts/q/1.0.0.yaml", "q@2.0.0 not_locked prompts/q/2.0.0.yaml"]
        );
        project.write("prompts/q/1.0.0.yaml", "template: [\n");
        std::fs::remove_file(project.root().join("prompts/p/1.0.0.yaml")).expect("removed");
        std::fs::remove_file(project.root().join("prompts/_schemas/a.json")).expect("removed");
        assert_eq!(
            found(&project),
            [
                "p@1.0.0 missing prompts/p/1.0.0.yaml",
                "p@1.1.0 broken prompts/_schemas/a.json",
                "q@1.0.0 broken prompts/q/1.0.0.yaml",
                "q@2.0.0 not_locked prompts/q/2.0.0.yaml"
            ]
        );
    }

    #[test]
    fn line_breaks_of_a_checkout_are_no_change() {
        let project = project();
        project.write("prompts/q/1.0.0.yaml", "template: q\r\n");
        project.write("prompts/_partials/inner.md", "inner\r\n");
        assert_eq!(found(&project), [""; 0]);
    }

    #[test]
    fn a_renamed_folder_says_so() {
        let project = project();
        std::fs::rename(project.root().join("prompts/q"), project.root().join("prompts/r")).expect("renamed");
        let registry = project.registry();
        let verified = verify(&registry, &registry.lock(&mut Problems::new()), &[]);
        let help: Vec<&str> = verified.findings.iter().map(|finding| finding.help.as_str()).collect();
        let wanted = rename_help(&SafeName::parse("q").expect("q"), &SafeName::parse("r").expect("r"));
        assert_eq!(help, [wanted.as_str(), wanted.as_str()]);
    }

    #[test]
    fn without_a_lock_file_nothing_fails() {
        let project = Project::new(&[("prompts/p/1.0.0.yaml", "template: one\n")]);
        let registry = project.registry();
        let verified = verify(&registry, &registry.lock(&mut Problems::new()), &[]);
        assert!(verified.is_sound() && verified.findings.len() == 1 && verified.checked == 0);
    }

    #[test]
    fn an_interrupted_release_is_recognised() {
        let project = project();
        project.write("prompts/p/next.yaml", "template: three\n");
        project.write("prompts/p/1.2.0.yaml", "template: three\n");
        let registry = project.registry();
        let verified = verify(&registry, &registry.lock(&mut Problems::new()), &[]);
        assert!(
            verified.findings[0].message.contains("interrupted") && verified.findings[0].help.contains("finishes it")
        );
    }
}
