//! Who uses a prompt: the YAML files below `evals/` that refer to it.

use std::path::{Path, PathBuf};

use super::super::ready::PromptVersion;
use super::super::registry::Registry;
use crate::base::{
    Diagnostic, Digest, Kind, ModelRef, Node, Place, Problems, SafeName, Source, closest, files, parse_yaml,
};

/// Deepest folder below `evals/` that is looked into.
const MAX_DEPTH: usize = 8;

/// Keys whose values are data of their own, not references.
const DATA: &[&str] =
    &["cases", "vars", "checks", "defaults", "request", "json", "body", "form", "headers", "messages"];

/// What kind of file uses a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UseKind {
    /// A suite of cases.
    Suite,
    /// A smoke suite.
    Smoke,
    /// A deploy policy.
    Policy,
    /// Another file below `evals/`.
    Other,
}

impl UseKind {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            UseKind::Suite => "suite",
            UseKind::Smoke => "smoke",
            UseKind::Policy => "policy",
            UseKind::Other => "other",
        }
    }

    /// By the folder below `evals/`.
    fn of(below: &Path) -> UseKind {
        let mut parts = below.components().map(|part| part.as_os_str().to_string_lossy().into_owned());
        match (parts.next().as_deref(), parts.next()) {
            (Some(_), None) => UseKind::Suite,
            (Some("smoke"), _) => UseKind::Smoke,
            (Some("deploy"), _) => UseKind::Policy,
            _ => UseKind::Other,
        }
    }
}

/// The version that a reference leads to.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct UseTarget {
    /// The prompt.
    pub name: SafeName,
    /// Its version: `1.2.0`, or `next`.
    pub version: String,
    /// Digest of its content.
    pub digest: Digest,
}

/// One reference to a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// What kind of file it stands in.
    pub kind: UseKind,
    /// The reference as written.
    pub reference: String,
    /// Where it is written.
    pub place: Place,
    /// The models that the file names, and where.
    pub models: Vec<(ModelRef, Place)>,
    /// Where it leads; `None` when it leads to no version of the registry.
    pub target: Option<UseTarget>,
    /// Why it leads nowhere.
    pub problem: Option<String>,
}

impl Use {
    /// Whether it means a version of this prompt, or would if it could be resolved.
    pub fn is_of(&self, name: &SafeName) -> bool {
        match &self.target {
            Some(target) => target.name == *name,
            None => self.reference.split('@').next() == Some(name.as_str()),
        }
    }
}

/// All references to prompts in the YAML files below `evals`, by file and position. What cannot be read goes to
/// `problems`: it might use any prompt.
pub fn find_uses(evals: &Path, root: &Path, registry: &Registry, problems: &mut Problems) -> Vec<Use> {
    let mut uses = Vec::new();
    for path in yaml_files(evals) {
        let shown = path.strip_prefix(root).unwrap_or(&path);
        let inside = files::inside(root, root, &shown.to_string_lossy())
            .map_err(|message| Box::new(Diagnostic::error("path-outside-project", message).at(Place::of_file(shown))));
        let source = match inside.and_then(|path| files::read_source(&path, shown)) {
            Ok(source) => source,
            Err(problem) => {
                problems.push(*problem);
                continue;
            }
        };
        // Most datasets are large and name no prompt: they need not be parsed.
        if !source.text().contains("prompt") {
            continue;
        }
        let Some(node) = parse_yaml(&source, problems) else { continue };
        let kind = UseKind::of(path.strip_prefix(evals).unwrap_or(&path));
        uses.extend(uses_in(&node, &source, kind, registry));
    }
    uses
}

fn yaml_files(evals: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![(evals.to_path_buf(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        for (name, is_folder) in files::list_folder(&folder).unwrap_or_default() {
            let path = folder.join(&name);
            let ending = path.extension().and_then(|ending| ending.to_str());
            if name.starts_with('.') {
                continue;
            }
            if is_folder && depth < MAX_DEPTH {
                folders.push((path, depth + 1));
            } else if !is_folder && matches!(ending, Some("yaml" | "yml")) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The references of one file.
fn uses_in(node: &Node, source: &Source, kind: UseKind, registry: &Registry) -> Vec<Use> {
    let models = node.get("models").map(|node| models_in(node, source)).unwrap_or_default();
    let mut references = Vec::new();
    collect(node, true, &mut references);
    let resolve = |(reference, at, is_sure): (&Node, &str, bool)| {
        let place = source.place(reference.span);
        let mut problems = Problems::new();
        let prompt = registry.resolve(at, &place, &mut problems);
        let target = prompt.as_ref().and_then(|prompt| {
            let (name, version) = prompt.registered.as_ref()?;
            Some(UseTarget { name: name.clone(), version: version.to_string(), digest: prompt.digest })
        });
        // A word such as `prompt: hi` in a request of its own is no reference.
        let is_known = || registry.names().iter().any(|name| at.split('@').next() == Some(name.as_str()));
        if target.is_none() && !is_sure && !is_known() {
            return None;
        }
        let problem = problems.sorted().first().map(|problem| problem.message.clone()).filter(|_| prompt.is_none());
        Some(Use { kind, reference: at.to_owned(), place, models: models.clone(), target, problem })
    };
    references.into_iter().filter_map(resolve).collect()
}

/// Texts under `prompt` and `prompts`; those at the top of a file are references for sure.
fn collect<'n>(node: &'n Node, is_top: bool, found: &mut Vec<(&'n Node, &'n str, bool)>) {
    match &node.kind {
        Kind::Map(entries) => {
            for (key, value) in entries {
                if key.text == "prompt" || key.text == "prompts" {
                    let items = value.as_list().unwrap_or(std::slice::from_ref(value));
                    for item in items.iter().filter(|item| !Registry::is_inline(item)) {
                        found.extend(item.as_text().map(|text| (item, text, is_top)));
                    }
                } else if !DATA.contains(&key.text.as_str()) {
                    collect(value, false, found);
                }
            }
        }
        // A list at the top is a dataset.
        Kind::List(items) if !is_top => items.iter().for_each(|item| collect(item, false, found)),
        Kind::List(_) | Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::Text(_) => {}
    }
}

fn models_in(node: &Node, source: &Source) -> Vec<(ModelRef, Place)> {
    let items = node.as_list().unwrap_or(std::slice::from_ref(node));
    let model = |item: &Node| Some((ModelRef::parse(item.as_text()?).ok()?, source.place(item.span)));
    items.iter().filter_map(model).collect()
}

/// A version that includes a partial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartialUser {
    /// The prompt.
    pub name: SafeName,
    /// Its version: `1.2.0`, or `next`.
    pub version: String,
    /// Where it is written.
    pub place: Place,
}

impl Registry {
    /// The versions and drafts that include a partial, directly or not, by name and version.
    pub fn users_of_partial(&self, partial: &str, problems: &mut Problems) -> Vec<PartialUser> {
        let known = self.partials.names();
        if !known.iter().any(|name| name == partial) {
            let help = if known.is_empty() {
                "`prompts/_partials/` has no files".to_owned()
            } else {
                format!("partials: {}", known.join(", "))
            };
            problems.push(
                Diagnostic::error("unknown-partial", format!("there is no partial `{partial}`"))
                    .did_you_mean(closest(partial, known.iter().map(String::as_str)))
                    .help(help),
            );
            return Vec::new();
        }
        let mut users = Vec::new();
        for name in self.names() {
            let place = Place::of_file(Path::new(name.as_str()));
            let Some(folder) = self.folder(&name, &place, problems) else { continue };
            let versions = folder.versions.keys().cloned().map(PromptVersion::Released);
            for version in versions.chain(folder.draft.iter().map(|_| PromptVersion::Draft)) {
                let Some(prompt) = self.version(&folder, &version, &place, problems) else { continue };
                if prompt.partials().contains_key(partial) {
                    let (version, place) = (version.to_string(), prompt.place.clone());
                    users.push(PartialUser { name: name.clone(), version, place });
                }
            }
        }
        users
    }
}
