//! Finds prompts: by name, version or label in `prompts/`, by path, or written inside a suite.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::language::text::TemplateText;
use super::partials::FOLDER as PARTIALS_FOLDER;
use super::partials::Partials;
use super::ready::{Prompt, PromptVersion};
use super::releases::folder::Folder;
use super::releases::revision::Revisions;
use super::written::definition::{Definition, Reading};
use crate::base::{Diagnostic, Digest, Kind, Node, Place, Problems, SafeName, Source, closest, files, parse_yaml};
use crate::guard::mask_secrets;

/// Endings of files that hold one template.
const TEMPLATE_ENDINGS: &[&str] = &["txt", "md", "j2"];

/// The prompts of a project. Nothing is read until it is asked for, and nothing is read twice.
///
/// A reference is one of
/// - `code-review`: the same as `code-review@latest`
/// - `code-review@1.2.0`: that version
/// - `code-review@latest`: the highest version by semver; a pre-release only when there is nothing else
/// - `code-review@production`: the version the label points to
/// - `code-review@next`: the draft
/// - `code-review@git:main`, `code-review@git:v1.4:production`: the same, in the prompts of a git revision, with their
///   partials and schemas
/// - `prompts/greeting.txt` (`.txt`, `.md`, `.j2`: one user message; `.yaml`: like a version file): a path, relative to
///   the file that names it or else to the project
#[derive(Debug)]
pub struct Registry {
    pub(super) prompts: PathBuf,
    pub(super) root: PathBuf,
    pub(super) partials: Partials,
    folders: Mutex<HashMap<SafeName, Arc<Folder>>>,
    /// The git revision that the files are of, as it was given; `None` for the work tree.
    pub(super) revision: Option<String>,
    pub(super) revisions: Revisions,
    /// Prompts by the path of their file; `None` when it has errors.
    read: Mutex<HashMap<PathBuf, Option<Arc<Prompt>>>>,
}

/// A file with a prompt, and the folder and version it is when it is of the registry.
pub(super) struct Entry<'a> {
    pub(super) path: &'a Path,
    pub(super) registered: Option<(&'a Folder, PromptVersion)>,
}

impl Registry {
    /// The prompts below `prompts`, an absolute path inside the project `root`. Reads nothing.
    pub fn open(prompts: &Path, root: &Path) -> Registry {
        Registry {
            prompts: prompts.to_path_buf(),
            root: root.to_path_buf(),
            partials: Partials::new(prompts, root),
            folders: Mutex::default(),
            revision: None,
            revisions: Revisions::default(),
            read: Mutex::default(),
        }
    }

    /// Names of all prompts, sorted.
    pub fn names(&self) -> Vec<SafeName> {
        let entries = files::list_folder(&self.prompts).unwrap_or_default();
        entries.iter().filter(|(_, is_folder)| *is_folder).filter_map(|(name, _)| SafeName::parse(name).ok()).collect()
    }

    /// Whether an entry of a suite's `prompts:` is the prompt itself rather than a reference: a mapping, or text with
    /// `{{`, `{%` or white space. One line that ends like a file's name is a reference all the same: a path with a space
    /// that is not found must not be sent to a model.
    pub fn is_inline(node: &Node) -> bool {
        match &node.kind {
            Kind::Map(_) => true,
            Kind::Text(text) => {
                let has_tags = text.contains("{{") || text.contains("{%");
                let is_one_path = has_path_ending(text) && !text.contains('\n');
                has_tags || (text.trim().contains(char::is_whitespace) && !is_one_path)
            }
            Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::List(_) => false,
        }
    }

    /// The prompt of one entry of a suite's `prompts:`, written there or referred to.
    pub fn load(&self, node: &Node, source: &Source, problems: &mut Problems) -> Option<Arc<Prompt>> {
        if let Some(reference) = node.as_text().filter(|_| !Registry::is_inline(node)) {
            return self.resolve(reference, &source.place(node.span), problems);
        }
        self.inline(node, source, problems)
    }

    /// A prompt written inside a suite: text (one user message), or a mapping with the keys of a version file. Paths in
    /// it are relative to the suite's folder.
    pub fn inline(&self, node: &Node, source: &Source, problems: &mut Problems) -> Option<Arc<Prompt>> {
        let before = problems.error_count();
        let place = source.place(node.span);
        let folder = self.folder_of(source.path());
        let reading = Reading { source, folder: &folder, root: &self.root };
        let definition = match &node.kind {
            Kind::Text(text) if !text.trim().is_empty() => {
                Definition::of_template(TemplateText::of_scalar(text, source, node.span))
            }
            Kind::Map(_) => Definition::read(node, "prompt", &reading, problems)?,
            _ => {
                let message = format!("a prompt is a reference, text or a mapping, this is {}", node.describe());
                let help = "such as `code-review@production` or `\"Translate {{ text }}\"`";
                problems.push(Diagnostic::error("wrong-type", message).at(place).help(help));
                return None;
            }
        };
        let name = |digest: &Digest| format!("inline-{}", digest.short().chars().take(8).collect::<String>());
        let prompt = Prompt::build(definition, place, None, name, &self.partials, problems)?;
        (problems.error_count() == before).then(|| Arc::new(prompt))
    }

    /// Checks every prompt: every version, draft, label and partial.
    pub fn lint_all(&self, problems: &mut Problems) {
        let entries = match files::list_folder(&self.prompts) {
            Ok(entries) => entries,
            // A project without the folder has no prompts to check.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
            Err(error) => {
                problems.push(*files::io_problem(&error, self.shown(&self.prompts)));
                return;
            }
        };
        for partial in self.partials.names() {
            // Its problems are all that is wanted here.
            self.partials.get(&partial, problems).ok();
        }
        for (entry, is_folder) in entries {
            let path = self.prompts.join(&entry);
            if !is_folder || entry == PARTIALS_FOLDER || entry.starts_with('.') {
                continue;
            }
            let place = Place::of_file(self.shown(&path));
            match SafeName::parse(&entry) {
                Err(error) => problems.push(Diagnostic::error("prompt-name", error.to_string()).at(place)),
                Ok(name) => {
                    let Some(folder) = self.folder(&name, &place, problems) else { continue };
                    folder.lint_labels(problems);
                    for version in folder.versions.keys() {
                        self.version(&folder, &PromptVersion::Released(version.clone()), &place, problems);
                    }
                    if folder.draft.is_some() {
                        self.version(&folder, &PromptVersion::Draft, &place, problems);
                    }
                }
            }
        }
    }

    pub(super) fn shown<'p>(&self, path: &'p Path) -> &'p Path {
        path.strip_prefix(&self.root).unwrap_or(path)
    }

    /// The folder of a file that is named as in messages: relative to the project.
    pub(super) fn folder_of(&self, shown: &Path) -> PathBuf {
        self.root.join(shown).parent().map_or_else(|| self.root.clone(), Path::to_path_buf)
    }

    pub(super) fn folder(&self, name: &SafeName, from: &Place, problems: &mut Problems) -> Option<Arc<Folder>> {
        if let Some(known) = self.folders.lock().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Some(Arc::clone(known));
        }
        let path = match files::inside(&self.root, &self.prompts, name.as_str()) {
            Ok(path) => path,
            Err(message) => {
                problems.push(
                    Diagnostic::error("path-outside-project", message)
                        .at(from.clone())
                        .help("copy the file into the project"),
                );
                return None;
            }
        };
        if !path.is_dir() {
            problems.push(self.unknown_prompt(name.as_str()).at(from.clone()));
            return None;
        }
        let folder = Arc::new(Folder::read(name.clone(), &path, &self.root, problems));
        self.folders.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), Arc::clone(&folder));
        Some(folder)
    }

    /// That there is no prompt of this name, and which there are.
    pub fn unknown_prompt(&self, name: &str) -> Diagnostic {
        let names = self.names();
        let shown = self.shown(&self.prompts).display();
        let unreadable = files::list_folder(&self.prompts).err().filter(|_| self.prompts.exists());
        let help = if let Some(error) = unreadable {
            format!("`{shown}/` cannot be read: {error}")
        } else if names.is_empty() {
            format!("`{shown}/` has no prompts; make `{shown}/{name}/1.0.0.yaml`")
        } else {
            let mut words: Vec<&str> = names.iter().take(10).map(SafeName::as_str).collect();
            if names.len() > words.len() {
                words.push("…");
            }
            format!("prompts: {}", words.join(", "))
        };
        Diagnostic::error("unknown-prompt", format!("there is no prompt `{name}`"))
            .did_you_mean(closest(name, names.iter().map(SafeName::as_str)))
            .help(help)
    }

    pub(super) fn version(
        &self,
        folder: &Folder,
        version: &PromptVersion,
        from: &Place,
        problems: &mut Problems,
    ) -> Option<Arc<Prompt>> {
        let path = match version {
            PromptVersion::Released(version) => folder.versions.get(version),
            PromptVersion::Draft => folder.draft.as_ref(),
        };
        let registered = Some((folder, version.clone()));
        self.file(&Entry { path: path?, registered }, from, problems)
    }

    /// A file, read once.
    pub(super) fn file(&self, entry: &Entry<'_>, from: &Place, problems: &mut Problems) -> Option<Arc<Prompt>> {
        if let Some(known) = self.read.lock().unwrap_or_else(PoisonError::into_inner).get(entry.path) {
            if known.is_none() {
                let message = format!("`{}` has errors", self.shown(entry.path).display());
                let help = "mend the prompt; its errors are reported with it";
                problems.push(Diagnostic::error("prompt-invalid", message).at(from.clone()).help(help));
            }
            return known.clone();
        }
        let prompt = self.read_file(entry, from, problems).map(Arc::new);
        self.read.lock().unwrap_or_else(PoisonError::into_inner).insert(entry.path.to_path_buf(), prompt.clone());
        prompt
    }

    fn read_file(&self, entry: &Entry<'_>, from: &Place, problems: &mut Problems) -> Option<Prompt> {
        let before = problems.error_count();
        let source = files::inside(&self.root, &self.root, &self.shown(entry.path).to_string_lossy())
            .map_err(|message| Box::new(Diagnostic::error("path-outside-project", message).at(from.clone())))
            .and_then(|path| files::read_source(&path, self.shown(&path)));
        let source = match source {
            Ok(source) => source,
            Err(problem) => {
                problems.push(*problem);
                return None;
            }
        };
        let source = mask_secrets(&source, problems).into_owned();
        let place = Place::of_file(source.path());
        let definition = if is_template_file(entry.path) {
            let text = TemplateText::of_file(&source);
            if text.as_str().trim().is_empty() {
                let help = "write the text of the prompt into it";
                problems.push(Diagnostic::error("empty-message", "this prompt is empty").at(place).help(help));
                return None;
            }
            Definition::of_template(text)
        } else {
            let node = parse_yaml(&source, problems)?;
            let folder = self.folder_of(source.path());
            let reading = Reading { source: &source, folder: &folder, root: &self.root };
            Definition::read(&node, "prompt version", &reading, problems)?
        };
        let name = match (&entry.registered, &self.revision) {
            (Some((folder, version)), None) => format!("{}@{version}", folder.name),
            (Some((folder, version)), Some(revision)) => format!("{}@git:{revision}:{version}", folder.name),
            (None, _) => source.path().display().to_string(),
        };
        let registered = entry.registered.as_ref().map(|(folder, version)| (folder.name.clone(), version.clone()));
        let mut prompt = Prompt::build(definition, place, registered, |_| name, &self.partials, problems)?;
        if let Some((folder, _)) = &entry.registered {
            prompt.about = prompt.about.or_else(|| folder.about.clone());
            prompt.owner.clone_from(&folder.owner);
        }
        (problems.error_count() == before).then_some(prompt)
    }
}

fn is_template_file(path: &Path) -> bool {
    path.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| TEMPLATE_ENDINGS.contains(&ending))
}

pub(super) fn has_path_ending(text: &str) -> bool {
    let ending = text.rsplit_once('.').map_or("", |(_, ending)| ending);
    TEMPLATE_ENDINGS.contains(&ending) || matches!(ending, "yaml" | "yml")
}
