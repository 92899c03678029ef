//! The folder of one prompt: its versions, its draft and its labels.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use semver::Version;

use super::super::labels::label::{LabelValue, label_name};
use crate::base::{Diagnostic, Fields, Kind, Place, Problems, SafeName, Source, closest, files, parse_yaml};

/// The file with what is said of all versions.
pub(in crate::prompt) const ABOUT_FILE: &str = "prompt.yaml";
/// The draft of the next version.
pub(in crate::prompt) const DRAFT: &str = "next";
/// The selector of the highest version.
pub(in crate::prompt) const LATEST: &str = "latest";

/// A label: what it points to, and where that is written.
#[derive(Debug, Clone)]
pub(in crate::prompt) struct Label {
    pub(in crate::prompt) value: LabelValue,
    pub(in crate::prompt) place: Place,
}

/// What is in the folder of a prompt. Only names are read; versions are read when they are asked for.
#[derive(Debug, Clone)]
pub(in crate::prompt) struct Folder {
    pub(in crate::prompt) name: SafeName,
    pub(in crate::prompt) path: PathBuf,
    pub(in crate::prompt) about: Option<String>,
    pub(in crate::prompt) owner: Option<String>,
    pub(in crate::prompt) versions: BTreeMap<Version, PathBuf>,
    pub(in crate::prompt) draft: Option<PathBuf>,
    pub(in crate::prompt) labels: IndexMap<String, Label>,
}

impl Folder {
    /// Looks into the folder `path`. What is wrong with its files' names or its labels goes to `problems`.
    pub(in crate::prompt) fn read(name: SafeName, path: &Path, root: &Path, problems: &mut Problems) -> Folder {
        let shown = |path: &Path| path.strip_prefix(root).unwrap_or(path).to_path_buf();
        let mut folder = Folder {
            name,
            path: path.to_path_buf(),
            about: None,
            owner: None,
            versions: BTreeMap::new(),
            draft: None,
            labels: IndexMap::new(),
        };
        let entries = match files::list_folder(path) {
            Ok(entries) => entries,
            Err(error) => {
                problems.push(*files::io_problem(&error, &shown(path)));
                return folder;
            }
        };
        let mut about_file = None;
        for (file, is_folder) in entries {
            let at = path.join(&file);
            if is_folder || file == ABOUT_FILE {
                about_file = about_file.or_else(|| (file == ABOUT_FILE && !is_folder).then_some(at));
                continue;
            }
            let Some((stem, extension)) = file.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()) else { continue };
            match (stem, extension) {
                (_, "yml") => {
                    let help = format!("rename it to `{stem}.yaml`");
                    let message = format!("`{file}` is not read: versions end in `.yaml`");
                    problems.push(
                        Diagnostic::error("version-file-name", message).at(Place::of_file(&shown(&at))).help(help),
                    );
                }
                (DRAFT, "yaml") => folder.draft = Some(at),
                (stem, "yaml") => match version(stem) {
                    Ok(version) => {
                        folder.versions.insert(version, at);
                    }
                    Err(why) => problems.push(
                        Diagnostic::error("version-not-semver", format!("`{stem}` is not a version: {why}"))
                            .at(Place::of_file(&shown(&at)))
                            .help("name version files like `1.2.0.yaml`, the draft `next.yaml`"),
                    ),
                },
                _ => {}
            }
        }
        if let Some(about) = about_file {
            match files::read_source(&about, &shown(&about)) {
                Ok(source) => folder.read_about(&source, problems),
                Err(problem) => problems.push(*problem),
            }
        }
        folder
    }

    fn read_about(&mut self, source: &Source, problems: &mut Problems) {
        let Some(node) = parse_yaml(source, problems).filter(|node| node.kind != Kind::Null) else { return };
        let Some(mut fields) = Fields::of(&node, "prompt file", source, problems) else { return };
        self.about = fields.text("about", problems).map(str::to_owned);
        self.owner = fields.text("owner", problems).map(str::to_owned);
        self.labels = read_labels(&mut fields, problems);
        fields.finish(problems);
    }

    /// The labels in the text of a prompt's file.
    pub(in crate::prompt) fn labels_in(source: &Source, problems: &mut Problems) -> IndexMap<String, Label> {
        let node = parse_yaml(source, problems).filter(|node| node.kind != Kind::Null);
        let Some(node) = node else { return IndexMap::new() };
        Fields::of(&node, "prompt file", source, problems)
            .map(|mut fields| read_labels(&mut fields, problems))
            .unwrap_or_default()
    }

    /// Reports every label that points to a version that is not there.
    pub(in crate::prompt) fn lint_labels(&self, problems: &mut Problems) {
        for (name, label) in &self.labels {
            if let Some(missing) = self.missing_version(name, label) {
                problems.push(missing);
            }
        }
    }

    /// What to say when the label points to a version that is not there.
    pub(in crate::prompt) fn missing_version(&self, name: &str, label: &Label) -> Option<Diagnostic> {
        let version = label.value.versions().into_iter().find(|version| !self.versions.contains_key(*version))?;
        let message = format!("the label `{name}` of `{}` points to {version}, which does not exist", self.name);
        let versions: Vec<String> = self.versions.keys().rev().take(10).map(Version::to_string).collect();
        let help = format!("point it to one that exists: {}", versions.join(", "));
        Some(Diagnostic::error("label-to-missing-version", message).at(label.place.clone()).help(help))
    }

    /// The highest version by semver precedence; a pre-release only when there is nothing else.
    pub(in crate::prompt) fn latest(&self) -> Option<&Version> {
        self.versions.keys().rev().find(|version| version.pre.is_empty()).or_else(|| self.versions.keys().next_back())
    }

    /// Versions and labels, for help texts.
    pub(in crate::prompt) fn what_exists(&self) -> String {
        let mut versions: Vec<String> = self.versions.keys().rev().take(10).map(Version::to_string).collect();
        if self.versions.len() > versions.len() {
            versions.push(format!("and {} older", self.versions.len() - versions.len()));
        }
        if self.draft.is_some() {
            versions.insert(0, DRAFT.to_owned());
        }
        let labels: Vec<&str> = self.labels.keys().map(String::as_str).collect();
        let versions = if versions.is_empty() { "none".to_owned() } else { versions.join(", ") };
        let labels = if labels.is_empty() { "none".to_owned() } else { labels.join(", ") };
        format!("versions: {versions}; labels: {labels}")
    }

    /// The selector nearest to a mistyped one.
    pub(in crate::prompt) fn nearest(&self, selector: &str) -> Option<String> {
        let mut known: Vec<String> = self.versions.keys().map(Version::to_string).collect();
        known.extend(self.labels.keys().cloned());
        known.extend([LATEST.to_owned(), DRAFT.to_owned()]);
        closest(selector, known.iter().map(String::as_str)).map(str::to_owned)
    }
}

/// A version as file names, labels, references and the command line write it.
///
/// # Errors
/// What is wrong with it, in words.
pub fn version(text: &str) -> Result<Version, String> {
    let version = Version::parse(text).map_err(|error| format!("{error}; write three numbers, such as `1.2.0`"))?;
    if version.build.is_empty() {
        return Ok(version);
    }
    Err("build metadata (`+…`) has no order, leave it out".to_owned())
}

/// The labels of a prompt's file, in its order.
fn read_labels(fields: &mut Fields<'_>, problems: &mut Problems) -> IndexMap<String, Label> {
    let source = fields.source();
    let mut labels = IndexMap::new();
    let Some(node) = fields.node("labels") else { return labels };
    let Some(entries) = node.as_map() else {
        fields.invalid("labels", format!("`labels` must be a mapping, this is {}", node.describe()), problems);
        return labels;
    };
    for (key, value) in entries {
        if let Err(why) = label_name(&key.text) {
            let message = format!("`{}` cannot be a label: {why}", key.text);
            problems.push(Diagnostic::error("label-name", message).at(source.place(key.span)));
            continue;
        }
        let place = source.place(value.span);
        if let Some(value) = LabelValue::read(&key.text, value, source, problems) {
            labels.insert(key.text.clone(), Label { value, place });
        }
    }
    labels
}
