//! Prompts whose content changed since a git revision.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use regex::Regex;
use serde::Serialize;

use super::super::includes::slashed;
use super::super::labels::label::LabelValue;
use super::super::partials::FOLDER as PARTIALS;
use super::super::registry::Registry;
use super::super::releases::folder::{ABOUT_FILE, Folder};
use super::super::releases::lock::{LOCK_FILE, RegistryLock};
use crate::base::{Problems, SafeName, Source, files};
use crate::git::{Changed, GitError, Repo, Snapshot};

/// A prompt whose content changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangedPrompt {
    /// Its name.
    pub name: SafeName,
    /// Whether it is gone.
    pub removed: bool,
    /// Files that changed, of its own folder or included from it.
    pub files: Vec<String>,
    /// Labels that were set, moved or removed.
    pub labels: Vec<String>,
}

/// Prompts whose content differs between a revision and the work tree, by name: a version, a draft, examples or a schema
/// changed, a partial that one of its versions includes, or a label. What a `prompt.yaml` says besides labels is no
/// content. Two trees are compared; no history is walked.
///
/// # Errors
/// [`GitError`] when there is no repository or no such revision.
pub fn changed_prompts(
    registry: &Registry,
    revision: &str,
    lock: &RegistryLock,
) -> Result<Vec<ChangedPrompt>, GitError> {
    let repo = Repo::find(&registry.root)?;
    let prompts = slashed(registry.shown(&registry.prompts));
    let outside = included_from_outside(lock, &prompts);
    let mut paths: Vec<&str> = vec![prompts.as_str()];
    paths.extend(outside.keys().map(String::as_str));
    let changed = repo.changed_since(revision, &paths)?;
    let mut found = Found { registry, prompts: &prompts, by_name: BTreeMap::new() };
    let then = repo.snapshot(revision)?;
    let mut shared = Vec::new();
    for file in &changed {
        let Some(inner) = file.path.strip_prefix(prompts.as_str()).and_then(|rest| rest.strip_prefix('/')) else {
            outside.get(&file.path).into_iter().flatten().for_each(|name| found.add(name, &file.path));
            continue;
        };
        match inner.split_once('/') {
            Some((folder, rest)) if SafeName::parse(folder).is_ok() => {
                if let Ok(name) = SafeName::parse(folder) {
                    found.own_file(&name, rest, file, &then);
                }
            }
            // Partials and other files that prompts share; the lock file is about prompts and no part of one.
            _ if inner != LOCK_FILE => shared.push(inner.to_owned()),
            _ => {}
        }
    }
    if !shared.is_empty() {
        found.users_of(&shared);
    }
    let is_there = |name: &SafeName| registry.prompts.join(name.as_str()).is_dir();
    let listed = found.by_name.into_iter().map(|(name, mut prompt)| {
        prompt.removed = !is_there(&name);
        prompt.files.sort();
        prompt.files.dedup();
        prompt
    });
    Ok(listed.collect())
}

/// Files outside the folder of prompts that released versions include, with the prompts that do.
fn included_from_outside(lock: &RegistryLock, prompts: &str) -> BTreeMap<String, BTreeSet<SafeName>> {
    let mut found: BTreeMap<String, BTreeSet<SafeName>> = BTreeMap::new();
    for (name, _, entry) in lock.entries() {
        for path in entry.includes.keys().filter(|path| !Path::new(path).starts_with(prompts)) {
            found.entry(path.clone()).or_default().insert(name.clone());
        }
    }
    found
}

struct Found<'a> {
    registry: &'a Registry,
    prompts: &'a str,
    by_name: BTreeMap<SafeName, ChangedPrompt>,
}

impl Found<'_> {
    fn entry(&mut self, name: &SafeName) -> &mut ChangedPrompt {
        self.by_name.entry(name.clone()).or_insert_with(|| ChangedPrompt {
            name: name.clone(),
            removed: false,
            files: Vec::new(),
            labels: Vec::new(),
        })
    }

    fn add(&mut self, name: &SafeName, file: &str) {
        self.entry(name).files.push(file.to_owned());
    }

    fn own_file(&mut self, name: &SafeName, file: &str, changed: &Changed, then: &Snapshot<'_>) {
        if file != ABOUT_FILE {
            self.add(name, &changed.path);
            return;
        }
        let now =
            files::read_bytes(&self.registry.root.join(&changed.path), Path::new(&changed.path), files::MAX_FILE_BYTES);
        let before = labels(&then.read(&changed.path).unwrap_or_default());
        let after = labels(&now.unwrap_or_default());
        let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
        names.sort();
        names.dedup();
        let moved: Vec<String> =
            names.into_iter().filter(|name| before.get(*name) != after.get(*name)).cloned().collect();
        if !moved.is_empty() {
            self.entry(name).labels.extend(moved);
        }
    }

    /// Adds the prompts that use shared files, given by their paths in the folder of prompts. Found in the text of their
    /// files: reading 4,000 versions as prompts would take seconds.
    fn users_of(&mut self, shared: &[String]) {
        let partials: Vec<&str> =
            shared.iter().filter_map(|path| path.strip_prefix(PARTIALS)?.strip_prefix('/')).collect();
        let closure = self.including(&partials);
        let names: Vec<&str> = closure.keys().map(String::as_str).collect();
        let includes = including_any(&names);
        let others: Vec<&String> = shared.iter().filter(|path| !path.starts_with(&format!("{PARTIALS}/"))).collect();
        for name in self.registry.names() {
            let folder = self.registry.prompts.join(name.as_str());
            let texts: Vec<String> = files::list_folder(&folder)
                .unwrap_or_default()
                .into_iter()
                .filter(|(file, is_folder)| !is_folder && file.ends_with(".yaml") && file != ABOUT_FILE)
                .filter_map(|(file, _)| text_of(&folder.join(file)))
                .collect();
            let mut used: BTreeSet<String> = BTreeSet::new();
            for text in &texts {
                if let Some(includes) = &includes {
                    let found = includes.captures_iter(text).filter_map(|found| closure.get(found.get(1)?.as_str()));
                    found.for_each(|origins| used.extend(origins.iter().map(|origin| format!("{PARTIALS}/{origin}"))));
                }
                used.extend(others.iter().filter(|path| text.contains(path.as_str())).map(|path| (*path).clone()));
            }
            let prompts = self.prompts;
            used.iter().for_each(|path| self.add(&name, &format!("{prompts}/{path}")));
        }
    }

    /// Partials that include the changed ones, directly or not, and these themselves: each with the changed ones it has.
    fn including(&self, changed: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
        let mut closure: BTreeMap<String, BTreeSet<String>> =
            changed.iter().map(|name| ((*name).to_owned(), BTreeSet::from([(*name).to_owned()]))).collect();
        let folder = self.registry.prompts.join(PARTIALS);
        let all: Vec<(String, String)> = self
            .registry
            .partials
            .names()
            .into_iter()
            .filter_map(|name| Some((text_of(&folder.join(&name))?, name)))
            .map(|(text, name)| (name, text))
            .collect();
        // Every round adds a partial or ends.
        loop {
            let before: usize = closure.values().map(BTreeSet::len).sum();
            let names: Vec<&str> = closure.keys().map(String::as_str).collect();
            let Some(includes) = including_any(&names) else { return closure };
            for (name, text) in &all {
                let origins: BTreeSet<String> = includes
                    .captures_iter(text)
                    .filter_map(|found| closure.get(found.get(1)?.as_str()))
                    .flatten()
                    .cloned()
                    .collect();
                if !origins.is_empty() {
                    closure.entry(name.clone()).or_default().extend(origins);
                }
            }
            if closure.values().map(BTreeSet::len).sum::<usize>() == before {
                return closure;
            }
        }
    }
}

/// Finds `include` of one of these partials in a text.
fn including_any(names: &[&str]) -> Option<Regex> {
    let words: Vec<String> = names.iter().map(|name| regex::escape(name)).collect();
    let quote = r#"\\?["'`]"#;
    Regex::new(&format!("include\\s+{quote}({}){quote}", words.join("|"))).ok().filter(|_| !words.is_empty())
}

fn text_of(path: &Path) -> Option<String> {
    let bytes = files::read_bytes(path, path, files::MAX_FILE_BYTES).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn labels(bytes: &[u8]) -> BTreeMap<String, LabelValue> {
    let source = Source::new(ABOUT_FILE, String::from_utf8_lossy(bytes).into_owned());
    let labels = Folder::labels_in(&source, &mut Problems::new());
    labels.into_iter().map(|(name, label)| (name, label.value)).collect()
}
