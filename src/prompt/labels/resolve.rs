//! From a reference to the prompt that it names.

use std::path::Path;
use std::sync::Arc;

use semver::Version;

use super::super::ready::{Prompt, PromptVersion};
use super::super::registry::{Entry, Registry, has_path_ending};
use super::super::releases::folder::{DRAFT, Folder, LATEST, Label, version};
use super::label::LabelValue;
use crate::base::{Diagnostic, Place, Problems, SafeName, files};

/// What stands between the name of a prompt and a git revision.
const GIT: &str = "@git:";

impl Registry {
    /// The prompt a reference names; `from` is where the reference stands. What is wrong with the reference is reported
    /// there, what is wrong with the prompt in its own files, once.
    pub fn resolve(&self, reference: &str, from: &Place, problems: &mut Problems) -> Option<Arc<Prompt>> {
        self.resolve_with(reference, None, from, problems)
    }

    /// As [`Registry::resolve`], for one user: a label that is a split means the version that this user gets.
    pub fn resolve_for(
        &self,
        reference: &str,
        user: &str,
        from: &Place,
        problems: &mut Problems,
    ) -> Option<Arc<Prompt>> {
        self.resolve_with(reference, Some(user), from, problems)
    }

    pub(in crate::prompt) fn resolve_with(
        &self,
        reference: &str,
        user: Option<&str>,
        from: &Place,
        problems: &mut Problems,
    ) -> Option<Arc<Prompt>> {
        if let Some((name, revision)) = reference.split_once(GIT)
            && self.revision.is_none()
            && let Ok(name) = SafeName::parse(name)
        {
            return self.resolve_revision(&name, revision, user, from, problems);
        }
        if is_path(reference) {
            return self.resolve_path(reference, from, problems);
        }
        let (name, selector) = match reference.split_once('@') {
            Some((name, selector)) => (name, Some(selector)),
            None => (reference, None),
        };
        let name = prompt_name(name, from, problems)?;
        let folder = self.folder(&name, from, problems)?;
        let version = self.select(&folder, selector, user, from, problems)?;
        self.version(&folder, &version, from, problems)
    }

    /// The version a selector means: none or `latest`, `next`, a version, a label.
    fn select(
        &self,
        folder: &Folder,
        selector: Option<&str>,
        user: Option<&str>,
        from: &Place,
        problems: &mut Problems,
    ) -> Option<PromptVersion> {
        let name = &folder.name;
        let fail = |code, message: String| {
            Diagnostic::error(code, message)
                .at(from.clone())
                .related(Place::of_file(self.shown(&folder.path)), "the prompt's folder")
                .help(folder.what_exists())
        };
        let selector = selector.unwrap_or(LATEST);
        if selector.is_empty() {
            problems.push(fail("unknown-label", format!("`{name}@` names nothing after the `@`")));
            return None;
        }
        if selector == LATEST {
            let latest = folder.latest().cloned().map(PromptVersion::Released);
            if latest.is_none() {
                problems.push(fail("unknown-version", format!("`{name}` has no released version")));
            }
            return latest;
        }
        if selector == DRAFT {
            if folder.draft.is_none() {
                problems.push(fail("unknown-version", format!("`{name}` has no draft `next.yaml`")));
            }
            return folder.draft.as_ref().map(|_| PromptVersion::Draft);
        }
        if let Some(label) = folder.labels.get(selector) {
            if let Some(missing) = folder.missing_version(selector, label) {
                problems.push(missing.related(from.clone(), "used here"));
                return None;
            }
            let version = match (&label.value, user) {
                (LabelValue::Version(version), _) => Some(version),
                (LabelValue::Split(split), Some(user)) => split.pick(name, selector, user),
                (LabelValue::Split(_), None) => None,
            };
            if version.is_none() {
                problems.push(split_needs_user(folder, selector, label).at(from.clone()));
            }
            return version.cloned().map(PromptVersion::Released);
        }
        let looks_like_version = selector.starts_with(|c: char| c.is_ascii_digit());
        match version(selector) {
            Ok(version) if folder.versions.contains_key(&version) => return Some(PromptVersion::Released(version)),
            Err(why) if looks_like_version => {
                problems.push(fail("version-not-semver", format!("`{selector}` is not a version: {why}")));
            }
            Ok(_) | Err(_) => {
                let (code, word) =
                    if looks_like_version { ("unknown-version", "version") } else { ("unknown-label", "label") };
                let message = format!("`{name}` has no {word} `{selector}`");
                problems.push(fail(code, message).did_you_mean(folder.nearest(selector).as_deref()));
            }
        }
        None
    }

    fn resolve_path(&self, reference: &str, from: &Place, problems: &mut Problems) -> Option<Arc<Prompt>> {
        let bases = [self.folder_of(&from.path), self.root.clone()];
        let mut refused = None;
        let mut is_missing = false;
        for base in &bases {
            match files::inside(&self.root, base, reference) {
                Ok(path) if path.is_file() => {
                    if let Some((name, version)) = self.registered(&path) {
                        let folder = self.folder(&name, from, problems)?;
                        return self.version(&folder, &version, from, problems);
                    }
                    return self.file(&Entry { path: &path, registered: None }, from, problems);
                }
                Ok(_) => is_missing = true,
                Err(message) => refused = Some(message),
            }
        }
        let diagnostic = match refused.filter(|_| !is_missing) {
            Some(message) => Diagnostic::error("path-outside-project", message),
            None => {
                let mut folders: Vec<String> = bases
                    .iter()
                    .map(|base| self.shown(base).display().to_string())
                    .map(|base| if base.is_empty() { "the project's folder".to_owned() } else { format!("`{base}`") })
                    .collect();
                folders.dedup();
                let help = format!("looked in {}", folders.join(" and in "));
                Diagnostic::error("file-not-found", format!("`{reference}` does not exist")).help(help)
            }
        };
        problems.push(diagnostic.at(from.clone()));
        None
    }

    /// The name and version of a path that is a version of the registry.
    fn registered(&self, path: &Path) -> Option<(SafeName, PromptVersion)> {
        let inside = path.strip_prefix(&self.prompts).ok()?;
        let (folder, file) = (inside.parent()?.to_str()?, inside.file_name()?.to_str()?);
        let stem = file.strip_suffix(".yaml")?;
        let version =
            if stem == DRAFT { PromptVersion::Draft } else { PromptVersion::Released(Version::parse(stem).ok()?) };
        Some((SafeName::parse(folder).ok()?, version))
    }
}

fn prompt_name(name: &str, from: &Place, problems: &mut Problems) -> Option<SafeName> {
    let parsed = SafeName::parse(name);
    if let Err(error) = &parsed {
        let help = "refer to a prompt like `code-review`, `code-review@1.2.0` or `code-review@production`";
        problems.push(Diagnostic::error("prompt-name", error.to_string()).at(from.clone()).help(help));
    }
    parsed.ok()
}

/// A split has no version of its own.
fn split_needs_user(folder: &Folder, name: &str, label: &Label) -> Diagnostic {
    let prompt = &folder.name;
    let references: Vec<String> =
        label.value.versions().iter().map(|version| format!("`{prompt}@{version}`")).collect();
    let message = format!("`{prompt}@{name}` is split over several versions: {}", label.value);
    let help = format!(
        "name one of {}, or let `karat prompt resolve {prompt}@{name} --user ID` decide for a user",
        references.join(", ")
    );
    Diagnostic::error("label-is-split", message).related(label.place.clone(), "split here").help(help)
}

fn is_path(reference: &str) -> bool {
    reference.contains(['/', '\\']) || has_path_ending(reference)
}
