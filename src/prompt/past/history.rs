//! Releases and moves of labels of one prompt, by git.

use std::collections::HashMap;

use indexmap::IndexMap;
use semver::Version;

use super::super::includes::slashed;
use super::super::labels::label::LabelValue;
use super::super::registry::Registry;
use super::super::releases::folder::{ABOUT_FILE, Folder, version};
use crate::base::{Diagnostic, Problems, SafeName, Source, files};
use crate::git::{CommitFacts, FolderFiles, GitError, Repo, Step};

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PromptEventKind {
    /// A version appeared.
    Released(Version),
    /// The file of a version changed afterwards.
    Edited(Version),
    /// The file of a version went.
    Removed(Version),
    /// A label was set, moved or removed.
    Labelled {
        /// The label.
        label: String,
        /// What it pointed to; `None` when it was not set.
        from: Option<LabelValue>,
        /// What it points to since; `None` when it was removed.
        to: Option<LabelValue>,
    },
    /// The folder got another name.
    Renamed {
        /// Its path before.
        from: String,
        /// Its path since.
        to: String,
    },
}

/// Something that happened to a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptEvent {
    /// What.
    pub kind: PromptEventKind,
    /// By which commit; `None` when it is not committed yet, or there is no git.
    pub commit: Option<CommitFacts>,
    /// The message of the release, as the lock file has it.
    pub message: Option<String>,
}

/// Everything that happened to a prompt, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptHistory {
    /// Whether git was asked; without it, the events are what the files say, without their order in time.
    pub has_git: bool,
    /// The events.
    pub events: Vec<PromptEvent>,
}

impl PromptHistory {
    /// What a label pointed to over time, oldest first, the present last; `None` where it was not set.
    pub fn values(&self, name: &str) -> Vec<Option<LabelValue>> {
        let value = |event: &PromptEvent| match &event.kind {
            PromptEventKind::Labelled { label, to, .. } if label == name => Some(to.clone()),
            _ => None,
        };
        self.events.iter().rev().filter_map(value).collect()
    }
}

/// Labels by name, as a `prompt.yaml` has them.
type Labels = IndexMap<String, LabelValue>;

/// The history of a prompt: releases and moves of labels through renames and merges, with what is not committed first.
/// Problems of the prompt's folder or of git go to `problems`.
pub fn history(registry: &Registry, name: &SafeName, problems: &mut Problems) -> Option<PromptHistory> {
    let folder = registry.folder(name, &registry.nowhere(), problems)?;
    let lock = registry.lock(problems);
    let now: Labels = folder.labels.iter().map(|(name, label)| (name.clone(), label.value.clone())).collect();
    let (has_git, kinds) = match Repo::find(&registry.root) {
        Ok(repo) => match from_git(registry, &folder, &now, &repo) {
            Ok(kinds) => (true, kinds),
            Err(error) => {
                problems.push(Diagnostic::error("git", error.to_string()).at(registry.place_of(&folder)));
                return None;
            }
        },
        Err(GitError::NoRepository) => (false, from_files(&folder, &now)),
        Err(error) => {
            problems.push(Diagnostic::error("git", error.to_string()).at(registry.place_of(&folder)));
            return None;
        }
    };
    let events = kinds.into_iter().map(|(commit, kind)| {
        let message = match &kind {
            PromptEventKind::Released(version) => lock.entry(name, version).map(|entry| entry.message.clone()),
            _ => None,
        };
        PromptEvent { kind, commit, message: message.filter(|message| !message.is_empty()) }
    });
    Some(PromptHistory { has_git, events: events.collect() })
}

type Dated = (Option<CommitFacts>, PromptEventKind);

/// What the files say where there is no git: versions from the newest, then labels.
fn from_files(folder: &Folder, labels: &Labels) -> Vec<Dated> {
    let set = labels.iter().map(|(label, value)| PromptEventKind::Labelled {
        label: label.clone(),
        from: None,
        to: Some(value.clone()),
    });
    let released = folder.versions.keys().rev().map(|version| PromptEventKind::Released(version.clone()));
    set.chain(released).map(|kind| (None, kind)).collect()
}

fn from_git(registry: &Registry, folder: &Folder, now: &Labels, repo: &Repo) -> Result<Vec<Dated>, GitError> {
    let here = slashed(registry.shown(&folder.path));
    let mut path = here.clone();
    let mut head = repo.folder_at_head(&path)?;
    let mut reader = Reader { repo, seen: HashMap::new() };
    let mut events: Vec<Dated> = Vec::new();
    if head.is_none()
        && let Some(former) = repo.uncommitted_rename(&path)?
    {
        head = repo.folder_at_head(&former)?;
        path.clone_from(&former);
        events.push((None, PromptEventKind::Renamed { from: former, to: here }));
    }
    let now = uncommitted(registry, folder, now, head.as_ref(), &mut reader);
    events.splice(0..0, now.into_iter().map(|kind| (None, kind)));
    for step in repo.folder_history(&path)? {
        let commit = step.commit.clone();
        events.extend(reader.events(&step).into_iter().map(|kind| (Some(commit.clone()), kind)));
    }
    Ok(events)
}

/// What the work tree has that HEAD has not.
fn uncommitted(
    registry: &Registry,
    folder: &Folder,
    now: &Labels,
    head: Option<&FolderFiles>,
    reader: &mut Reader<'_>,
) -> Vec<PromptEventKind> {
    let committed = head.map(|files| reader.labels(files)).unwrap_or_default();
    let mut events = moves(now, &[committed]);
    let known = head.map(versions).unwrap_or_default();
    for (version, path) in folder.versions.iter().rev() {
        match known.get(version) {
            None => events.push(PromptEventKind::Released(version.clone())),
            Some(id) => {
                let bytes = files::read_bytes(path, registry.shown(path), files::MAX_FILE_BYTES).unwrap_or_default();
                let then = reader.repo.content(id).unwrap_or_default();
                if plain(&bytes) != plain(&then) {
                    events.push(PromptEventKind::Edited(version.clone()));
                }
            }
        }
    }
    let gone = known.keys().rev().filter(|version| !folder.versions.contains_key(*version));
    events.extend(gone.map(|version| PromptEventKind::Removed(version.clone())));
    events
}

/// Text without the carriage returns that a checkout may add.
fn plain(bytes: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(bytes).replace("\r\n", "\n").into_bytes()
}

/// Content ids of the files of versions.
fn versions(files: &FolderFiles) -> std::collections::BTreeMap<Version, String> {
    let parse = |(name, id): (&String, &String)| Some((version(name.strip_suffix(".yaml")?).ok()?, id.clone()));
    files.files.iter().filter_map(parse).collect()
}

/// Reads labels of old commits, each content once.
struct Reader<'r> {
    repo: &'r Repo,
    seen: HashMap<String, Labels>,
}

impl Reader<'_> {
    fn labels(&mut self, files: &FolderFiles) -> Labels {
        let Some(id) = files.files.get(ABOUT_FILE) else { return Labels::new() };
        if let Some(known) = self.seen.get(id) {
            return known.clone();
        }
        let text = String::from_utf8_lossy(&self.repo.content(id).unwrap_or_default()).into_owned();
        // What was wrong with it then is no concern of today.
        let labels = Folder::labels_in(&Source::new(ABOUT_FILE, text), &mut Problems::new());
        let labels: Labels = labels.into_iter().map(|(name, label)| (name, label.value)).collect();
        self.seen.insert(id.clone(), labels.clone());
        labels
    }

    /// What a commit did: where it differs from every one of its parents.
    fn events(&mut self, step: &Step) -> Vec<PromptEventKind> {
        let before: Vec<Labels> = step.before.iter().map(|files| self.labels(files)).collect();
        let mut events = moves(&self.labels(&step.after), &before);
        let now = versions(&step.after);
        let then: Vec<_> = step.before.iter().map(versions).collect();
        for (version, id) in now.iter().rev() {
            if then.iter().all(|files| !files.contains_key(version)) {
                events.push(PromptEventKind::Released(version.clone()));
            } else if then.iter().all(|files| files.get(version) != Some(id)) {
                events.push(PromptEventKind::Edited(version.clone()));
            }
        }
        if let Some(first) = then.first() {
            let gone = first
                .keys()
                .rev()
                .filter(|version| !now.contains_key(*version) && then.iter().all(|files| files.contains_key(*version)));
            events.extend(gone.map(|version| PromptEventKind::Removed(version.clone())));
        }
        if let Some(from) = step.before.first().map(|files| &files.folder)
            && step.before.iter().all(|files| files.folder != step.after.folder)
        {
            events.push(PromptEventKind::Renamed { from: from.clone(), to: step.after.folder.clone() });
        }
        events
    }
}

/// Labels whose value differs from that of every parent.
fn moves(now: &Labels, before: &[Labels]) -> Vec<PromptEventKind> {
    let mut names: Vec<&String> = now.keys().collect();
    names.extend(before.iter().flat_map(Labels::keys).filter(|name| !now.contains_key(*name)));
    names.sort();
    names.dedup();
    let event = |name: &String| {
        let to = now.get(name);
        let is_new = before.iter().all(|labels| labels.get(name) != to) && (to.is_some() || !before.is_empty());
        is_new.then(|| PromptEventKind::Labelled {
            label: name.clone(),
            from: before.first().and_then(|labels| labels.get(name)).cloned(),
            to: to.cloned(),
        })
    };
    names.into_iter().filter_map(event).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, u64)]) -> Labels {
        let value = |minor: u64| LabelValue::Version(Version::new(1, minor, 0));
        pairs.iter().map(|(name, minor)| ((*name).to_owned(), value(*minor))).collect()
    }

    fn told(now: &[(&str, u64)], before: &[&[(&str, u64)]]) -> Vec<String> {
        let before: Vec<Labels> = before.iter().map(|pairs| labels(pairs)).collect();
        let shown = |value: &Option<LabelValue>| value.as_ref().map_or("-".to_owned(), ToString::to_string);
        let told = moves(&labels(now), &before).into_iter().map(|kind| match kind {
            PromptEventKind::Labelled { label, from, to } => format!("{label} {} {}", shown(&from), shown(&to)),
            other => panic!("{other:?}"),
        });
        told.collect()
    }

    #[test]
    fn moves_are_what_differs_from_every_parent() {
        assert_eq!(told(&[("a", 1)], &[]), ["a - 1.1.0"]);
        assert_eq!(told(&[("a", 2)], &[&[("a", 1)]]), ["a 1.1.0 1.2.0"]);
        assert_eq!(told(&[], &[&[("a", 1)]]), ["a 1.1.0 -"]);
        assert_eq!(told(&[("a", 1)], &[&[("a", 1)]]), [""; 0]);
        // A merge takes what one side has: no move of its own; and a third value is one.
        assert_eq!(told(&[("a", 2), ("b", 1)], &[&[("a", 1), ("b", 1)], &[("a", 2), ("b", 0)]]), [""; 0]);
        assert_eq!(told(&[("a", 3)], &[&[("a", 1)], &[("a", 2)]]), ["a 1.1.0 1.3.0"]);
    }

    #[test]
    fn a_project_without_git_tells_what_its_files_say() {
        let project = super::super::super::tests::Project::new(&[
            ("prompts/p/1.0.0.yaml", "template: one\n"),
            ("prompts/p/1.1.0.yaml", "template: two\n"),
            ("prompts/p/prompt.yaml", "labels: {production: 1.0.0}\n"),
        ]);
        let name = SafeName::parse("p").expect("name");
        let told = history(&project.registry(), &name, &mut Problems::new()).expect("history");
        assert!(!told.has_git);
        assert_eq!(told.events.len(), 3);
        assert!(told.events.iter().all(|event| event.commit.is_none()));
    }
}
