//! Finds prompts: by name, version or label in `prompts/`, by path, or written inside a suite.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use semver::Version;

use super::definition::{Definition, Reading};
use super::folder::{DRAFT, Folder, LATEST, version};
use super::partials::{FOLDER as PARTIALS_FOLDER, Partials};
use super::ready::{Prompt, PromptVersion};
use super::text::TemplateText;
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
/// - `prompts/greeting.txt` (`.txt`, `.md`, `.j2`: one user message; `.yaml`: like a version file): a path, relative to
///   the file that names it or else to the project
#[derive(Debug)]
pub struct Registry {
    prompts: PathBuf,
    root: PathBuf,
    pub(super) partials: Partials,
    folders: Mutex<HashMap<SafeName, Arc<Folder>>>,
    /// Prompts by the path of their file; `None` when it has errors.
    read: Mutex<HashMap<PathBuf, Option<Arc<Prompt>>>>,
}

/// A file with a prompt, and the folder and version it is when it is of the registry.
struct Entry<'a> {
    path: &'a Path,
    registered: Option<(&'a Folder, PromptVersion)>,
}

impl Registry {
    /// The prompts below `prompts`, an absolute path inside the project `root`. Reads nothing.
    pub fn open(prompts: &Path, root: &Path) -> Registry {
        Registry {
            prompts: prompts.to_path_buf(),
            root: root.to_path_buf(),
            partials: Partials::new(prompts, root),
            folders: Mutex::default(),
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

    /// The prompt a reference names; `from` is where the reference stands. What is wrong with the reference is reported
    /// there, what is wrong with the prompt in its own files, once.
    pub fn resolve(&self, reference: &str, from: &Place, problems: &mut Problems) -> Option<Arc<Prompt>> {
        if is_path(reference) {
            return self.resolve_path(reference, from, problems);
        }
        let (name, selector) = match reference.split_once('@') {
            Some((name, selector)) => (name, Some(selector)),
            None => (reference, None),
        };
        let name = match SafeName::parse(name) {
            Ok(name) => name,
            Err(error) => {
                let help = "refer to a prompt like `code-review`, `code-review@1.2.0` or `code-review@production`";
                problems.push(Diagnostic::error("prompt-name", error.to_string()).at(from.clone()).help(help));
                return None;
            }
        };
        let folder = self.folder(&name, from, problems)?;
        let version = self.select(&folder, selector, from, problems)?;
        self.version(&folder, &version, from, problems)
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
    fn folder_of(&self, shown: &Path) -> PathBuf {
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
            problems.push(self.unknown_prompt(name).at(from.clone()));
            return None;
        }
        let folder = Arc::new(Folder::read(name.clone(), &path, &self.root, problems));
        self.folders.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), Arc::clone(&folder));
        Some(folder)
    }

    fn unknown_prompt(&self, name: &SafeName) -> Diagnostic {
        let names = self.names();
        let shown = self.shown(&self.prompts).display();
        let help = if names.is_empty() {
            format!("`{shown}/` has no prompts; make `{shown}/{name}/1.0.0.yaml`")
        } else {
            let mut words: Vec<&str> = names.iter().take(10).map(SafeName::as_str).collect();
            if names.len() > words.len() {
                words.push("…");
            }
            format!("prompts: {}", words.join(", "))
        };
        Diagnostic::error("unknown-prompt", format!("there is no prompt `{name}`"))
            .did_you_mean(closest(name.as_str(), names.iter().map(SafeName::as_str)))
            .help(help)
    }

    /// The version a selector means: none or `latest`, `next`, a version, a label.
    fn select(
        &self,
        folder: &Folder,
        selector: Option<&str>,
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
            if folder.versions.contains_key(&label.version) {
                return Some(PromptVersion::Released(label.version.clone()));
            }
            problems.push(folder.missing_version(selector, label).related(from.clone(), "used here"));
            return None;
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
    fn file(&self, entry: &Entry<'_>, from: &Place, problems: &mut Problems) -> Option<Arc<Prompt>> {
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
        let name = match &entry.registered {
            Some((folder, version)) => format!("{}@{version}", folder.name),
            None => source.path().display().to_string(),
        };
        let registered = entry.registered.as_ref().map(|(folder, version)| (folder.name.clone(), version.clone()));
        let mut prompt = Prompt::build(definition, place, registered, |_| name, &self.partials, problems)?;
        if let Some((folder, _)) = &entry.registered {
            prompt.about = prompt.about.or_else(|| folder.about.clone());
            prompt.owner.clone_from(&folder.owner);
        }
        (problems.error_count() == before).then_some(prompt)
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
                let folders: Vec<String> = bases
                    .iter()
                    .map(|base| self.shown(base).display().to_string())
                    .map(|base| if base.is_empty() { "the project's folder".to_owned() } else { format!("`{base}`") })
                    .collect();
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

fn is_template_file(path: &Path) -> bool {
    path.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| TEMPLATE_ENDINGS.contains(&ending))
}

fn is_path(reference: &str) -> bool {
    reference.contains(['/', '\\']) || has_path_ending(reference)
}

fn has_path_ending(text: &str) -> bool {
    let ending = text.rsplit_once('.').map_or("", |(_, ending)| ending);
    TEMPLATE_ENDINGS.contains(&ending) || matches!(ending, "yaml" | "yml")
}
