//! References with a git revision: `NAME@git:REV[:SELECTOR]`.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::TempDir;

use super::super::includes::{joined, named_paths, slashed};
use super::super::partials::FOLDER as PARTIALS;
use super::super::ready::Prompt;
use super::super::registry::Registry;
use super::folder::LATEST;
use crate::base::{Diagnostic, Place, Problems, SafeName, Source, closest, files, parse_yaml};
use crate::git::{GitError, Repo, Snapshot};

/// Prompts of git revisions that were asked for, by revision and name. `None` when there is no such prompt.
#[derive(Debug, Default)]
pub(in crate::prompt) struct Revisions {
    read: Mutex<HashMap<(String, SafeName), Known>>,
}

/// A prompt that was asked for before.
type Known = Option<Arc<Old>>;

/// One prompt as it was at a revision, with its partials and what else it names, in a folder of its own.
#[derive(Debug)]
struct Old {
    registry: Registry,
    /// Removed when nobody needs it any more.
    _files: TempDir,
}

impl Registry {
    /// The prompt `name` of a revision; `rest` is `REV` or `REV:SELECTOR`.
    pub(in crate::prompt) fn resolve_revision(
        &self,
        name: &SafeName,
        rest: &str,
        user: Option<&str>,
        from: &Place,
        problems: &mut Problems,
    ) -> Option<Arc<Prompt>> {
        let (revision, selector) = rest.split_once(':').unwrap_or((rest, LATEST));
        let key = (revision.to_owned(), name.clone());
        let known = self.revisions.read.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        let old = match known {
            Some(None) => {
                let message = format!("`{name}` of the revision `{revision}` cannot be read");
                let help = "why is reported where it was named first";
                problems.push(Diagnostic::error("prompt-invalid", message).at(from.clone()).help(help));
                None
            }
            Some(known) => known,
            None => {
                let read = self.at_revision(name, revision).map(Arc::new);
                let old = read.map_err(|problem| problems.push(problem.at(from.clone()))).ok();
                self.revisions.read.lock().unwrap_or_else(PoisonError::into_inner).insert(key, old.clone());
                old
            }
        };
        old?.registry.resolve_with(&format!("{name}@{selector}"), user, from, problems)
    }

    fn at_revision(&self, name: &SafeName, revision: &str) -> Result<Old, Box<Diagnostic>> {
        let repo = Repo::find(&self.root).map_err(|error| git_problem(&error))?;
        let then = repo.snapshot(revision).map_err(|error| git_problem(&error))?;
        let prompts = slashed(self.shown(&self.prompts));
        let folder = format!("{prompts}/{name}");
        if !then.has_folder(&folder) {
            return Err(Box::new(absent(name, revision, &folder, &then.folders(&prompts))));
        }
        let failed = |error: std::io::Error| {
            Box::new(
                Diagnostic::error(
                    "revision-unreadable",
                    format!("the files of `{revision}` cannot be put aside: {error}"),
                )
                .help("free some space in the folder for temporary files"),
            )
        };
        // Paths in messages begin with the commit, so that nobody looks for the error in the work tree.
        let short: String = then.commit.chars().take(12).collect();
        let aside = tempfile::tempdir().map_err(failed)?;
        let root = aside.path().join(&short);
        let mut paths = then.files(&folder);
        paths.extend(then.files(&format!("{prompts}/{PARTIALS}")));
        paths.extend(named_outside(&then, &folder));
        for path in paths {
            let Some(bytes) = then.read(&path) else { continue };
            files::write_atomic(&root.join(&path), &bytes).map_err(failed)?;
        }
        let mut registry = Registry::open(&root.join(&prompts), aside.path());
        registry.revision = Some(revision.to_owned());
        Ok(Old { registry, _files: aside })
    }
}

/// Files outside the prompt's folder that its versions name, such as a schema that prompts share.
fn named_outside(then: &Snapshot<'_>, folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    for path in then.files(folder).iter().filter(|path| path.ends_with(".yaml")) {
        let text = String::from_utf8_lossy(&then.read(path).unwrap_or_default()).into_owned();
        let Some(node) = parse_yaml(&Source::new(path, text), &mut Problems::new()) else { continue };
        let own = Path::new(path).parent().map(slashed).unwrap_or_default();
        let named = named_paths(&node)
            .into_iter()
            .filter(|named| named.contains(".."))
            .filter_map(|named| joined(&own, &named));
        found.extend(named);
    }
    found.sort();
    found.dedup();
    found
}

/// What to say when git cannot answer.
pub fn git_problem(error: &GitError) -> Diagnostic {
    let (code, help) = match error {
        GitError::NoRepository => ("no-git", "`git init` makes one; revisions begin with its first commit"),
        GitError::NoCommit => ("no-git", "commit first"),
        GitError::UnknownRevision { .. } => {
            ("unknown-revision", "`git log --oneline` shows commits, `git branch -a` branches")
        }
        GitError::Unreadable(_) => ("git", "`git fsck` says what is wrong with it"),
    };
    Diagnostic::error(code, error.to_string()).help(help)
}

fn absent(name: &SafeName, revision: &str, folder: &str, names: &[String]) -> Diagnostic {
    let known: Vec<&str> = names.iter().map(String::as_str).filter(|name| SafeName::parse(name).is_ok()).collect();
    let help = match known.as_slice() {
        [] => "there are no prompts in that revision".to_owned(),
        known => format!("prompts of that revision: {}", known.iter().take(10).copied().collect::<Vec<_>>().join(", ")),
    };
    Diagnostic::error("unknown-prompt", format!("there is no `{folder}/` in the revision `{revision}`"))
        .did_you_mean(closest(name.as_str(), known.iter().copied()))
        .help(help)
}
