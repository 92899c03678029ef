//! Which files are looked at: all prompts, or those that were named.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use semver::Version;

use super::super::partials::FOLDER as PARTIALS;
use super::super::ready::PromptVersion;
use super::super::registry::Registry;
use super::super::releases::folder::Folder;
use super::run::LintOptions;
use super::subject::is_use_of;
use crate::base::{Diagnostic, Place, Problems, SafeName, files};

/// What a reference on the command line stands in, for messages.
const COMMAND_LINE: &str = "command line";

/// One file to look at.
pub(super) struct Target {
    /// Absolute.
    pub(super) path: PathBuf,
    pub(super) registered: Option<(Arc<Folder>, PromptVersion)>,
    /// Whether something refers to it, so that every rule applies.
    pub(super) is_current: bool,
}

/// Everything to look at.
#[derive(Default)]
pub(super) struct Targets {
    pub(super) files: Vec<Target>,
    /// Prompts all of whose versions are looked at, with the versions that nothing refers to.
    pub(super) folders: Vec<(Arc<Folder>, Vec<Version>)>,
    /// Whether all partials are looked at, or only those that the files use.
    pub(super) all_partials: bool,
}

/// Finds the files. What is wrong with names of files, labels and prompts found on the way goes to `found`, what is wrong
/// with the references to `problems`.
pub(super) fn find_targets(
    references: &[String],
    options: &LintOptions<'_>,
    found: &mut Vec<Diagnostic>,
    problems: &mut Problems,
) -> Targets {
    let mut targets = Targets::default();
    if references.is_empty() {
        targets.all_partials = true;
        add_all(options, &mut targets, found, problems);
    }
    let names = if references.is_empty() { Vec::new() } else { options.registry.names() };
    for reference in references {
        if let Some(name) = names.iter().find(|name| name.as_str() == reference) {
            add_folder(name, options, &mut targets, found, problems);
        } else if reference.contains("@git:") {
            let message = format!("`{reference}` is not in the working tree, which is what lint reads");
            problems.push(Diagnostic::error("lint-target", message).help("check the revision out, or name a version"));
        } else if reference.contains(['@', '/', '.']) {
            add_one(reference, options, &mut targets, found, problems);
        } else {
            match SafeName::parse(reference) {
                Ok(name) => add_folder(&name, options, &mut targets, found, problems),
                Err(error) => problems.push(Diagnostic::error("prompt-name", error.to_string())),
            }
        }
    }
    targets
}

fn add_all(options: &LintOptions<'_>, targets: &mut Targets, found: &mut Vec<Diagnostic>, problems: &mut Problems) {
    let entries = match files::list_folder(options.prompts) {
        Ok(entries) => entries,
        // A project without the folder has no prompts to check.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
        Err(error) => return problems.push(*files::io_problem(&error, options.registry.shown(options.prompts))),
    };
    let folders = entries.iter().filter(|(name, is_folder)| *is_folder && name != PARTIALS && !name.starts_with('.'));
    for (entry, _) in folders {
        match SafeName::parse(entry) {
            Ok(name) => add_folder(&name, options, targets, found, problems),
            Err(error) => {
                let path = options.prompts.join(entry);
                let place = Place::of_file(options.registry.shown(&path));
                found.push(Diagnostic::error("prompt-name", error.to_string()).at(place));
            }
        }
    }
}

fn add_folder(
    name: &SafeName,
    options: &LintOptions<'_>,
    targets: &mut Targets,
    found: &mut Vec<Diagnostic>,
    problems: &mut Problems,
) {
    let mut of_folder = Problems::new();
    let from = Place::of_file(COMMAND_LINE.as_ref());
    let Some(folder) = options.registry.folder(name, &from, &mut of_folder) else {
        problems.absorb(without_place(of_folder));
        return;
    };
    folder.lint_labels(&mut of_folder);
    found.extend(of_folder.into_found());
    let current = current_versions(&folder, options);
    for (version, path) in &folder.versions {
        targets.files.push(Target {
            path: path.clone(),
            is_current: options.all_versions || current.contains(version),
            registered: Some((Arc::clone(&folder), PromptVersion::Released(version.clone()))),
        });
    }
    if let Some(path) = &folder.draft {
        let registered = Some((Arc::clone(&folder), PromptVersion::Draft));
        targets.files.push(Target { path: path.clone(), is_current: true, registered });
    }
    let superseded = folder.versions.keys().filter(|version| !current.contains(*version)).cloned().collect();
    targets.folders.push((folder, superseded));
}

/// The latest version, those that labels point to, and those that suites and policies use.
fn current_versions(folder: &Folder, options: &LintOptions<'_>) -> BTreeSet<Version> {
    let labelled = folder.labels.values().flat_map(|label| label.value.versions().into_iter().cloned());
    let is_used = |version: &&Version| {
        let version = PromptVersion::Released((*version).clone());
        options.uses.iter().any(|used| is_use_of(used, folder.name.as_str(), &version))
    };
    let used = folder.versions.keys().filter(is_used).cloned();
    folder.latest().cloned().into_iter().chain(labelled).chain(used).collect()
}

/// One version or file. A prompt with errors was found all the same: they are findings.
fn add_one(
    reference: &str,
    options: &LintOptions<'_>,
    targets: &mut Targets,
    found: &mut Vec<Diagnostic>,
    problems: &mut Problems,
) {
    let from = Place::of_file(COMMAND_LINE.as_ref());
    // A registry of its own: what this reading reports would not be reported again.
    let registry = Registry::open(options.prompts, options.root);
    let mut of_prompt = Problems::new();
    let Some(prompt) = registry.resolve(reference, &from, &mut of_prompt) else {
        let is_here = |problem: &&Diagnostic| problem.place.as_ref().is_none_or(|place| place.path == from.path);
        if of_prompt.sorted().iter().all(is_here) {
            problems.absorb(without_place(of_prompt));
        } else {
            found.extend(of_prompt.into_found());
        }
        return;
    };
    let path = options.root.join(&prompt.place.path);
    let registered = prompt.registered.clone().and_then(|(name, version)| {
        let folder = options.registry.folder(&name, &from, &mut Problems::new())?;
        Some((folder, version))
    });
    // The rules of folders look at this version alone: of the others nothing is known here.
    targets.folders.extend(registered.as_ref().map(|(folder, _)| (Arc::clone(folder), Vec::new())));
    targets.files.push(Target { path, registered, is_current: true });
}

/// Problems of the command line: it is no file that could be shown.
fn without_place(problems: Problems) -> Problems {
    let mut kept = Problems::new();
    for mut problem in problems.into_found() {
        if problem.place.as_ref().is_some_and(|place| place.path.as_os_str() == COMMAND_LINE) {
            problem.place = None;
        }
        problem.related.retain(|(place, _)| place.path.as_os_str() != COMMAND_LINE);
        kept.push(problem);
    }
    kept
}
