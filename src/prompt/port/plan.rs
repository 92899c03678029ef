//! What an import would write: names, versions, labels and the text of each file. Nothing is written here.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use semver::Version;
use serde_json::{Map, Value, json};

use super::super::registry::Registry;
use super::super::registry::has_path_ending;
use super::super::releases::folder::version;
use super::super::releases::print::print;
use super::foreign::{Foreign, ForeignVersion};
use super::format::Format;
use crate::base::{Diagnostic, Kind, Place, Problems, SafeName, Source, parse_yaml, print_yaml};

/// Which version an import becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum As {
    /// Version N becomes `N.0.0`; a prompt without versions becomes the draft.
    ByFormat,
    /// The draft, `next.yaml`.
    Draft,
    /// This version.
    Version(Version),
}

/// What an import would write.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ImportPlan {
    /// Prompt by prompt.
    pub prompts: Vec<PlannedPrompt>,
}

/// The files of one prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedPrompt {
    /// Its name here.
    pub name: SafeName,
    /// The file it comes from, as shown.
    pub from: PathBuf,
    /// The format of that file.
    pub format: &'static str,
    /// Labels and the versions they point to.
    pub labels: IndexMap<String, String>,
    /// The version files, and `prompt.yaml`.
    pub files: Vec<PlannedFile>,
}

/// A file to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedFile {
    /// Its name in the prompt's folder.
    pub file: String,
    /// Its text.
    pub text: String,
    /// Whether it may be left as it is when it is there: it says nothing that the import knows better.
    pub is_optional: bool,
}

/// Where an import goes.
#[derive(Debug, Clone, Copy)]
pub struct ImportTarget<'a> {
    /// The name to give; `None` for the prompt's own.
    pub name: Option<&'a SafeName>,
    /// The version to give.
    pub version: &'a As,
    /// The prompts' folder as shown, relative to the project.
    pub folder: &'a Path,
    /// The project's prompts, to check what is imported against its partials.
    pub registry: &'a Registry,
}

impl PlannedFile {
    /// The version that the file is; `None` for the draft and `prompt.yaml`.
    pub fn version(&self) -> Option<Version> {
        self.file.strip_suffix(".yaml").and_then(|stem| version(stem).ok())
    }
}

/// Plans the import of one file's prompts. What is wrong goes to `problems`; a prompt with errors is not in the plan.
///
/// Every version file is read back and compiled.
pub fn plan_import(
    foreign: Vec<Foreign>,
    format: &Format,
    source: &Source,
    target: &ImportTarget<'_>,
    problems: &mut Problems,
) -> ImportPlan {
    let ImportTarget { name, version: wanted, folder, registry } = *target;
    let mut plan = ImportPlan::default();
    let place = || Place::of_file(source.path());
    if name.is_some() && foreign.len() > 1 {
        let message = format!("this file holds {} prompts, `--name` names one", foreign.len());
        problems.push(Diagnostic::error("several-prompts", message).at(place()).help("leave `--name` out"));
        return plan;
    }
    let count = foreign.len();
    for (index, foreign) in foreign.into_iter().enumerate() {
        let name = match name {
            Some(name) => name.clone(),
            None => match own_name(&foreign, source, (count > 1).then_some(index + 1)) {
                Ok(name) => name,
                Err(problem) => {
                    problems.push(*problem);
                    continue;
                }
            },
        };
        let before = problems.error_count();
        if has_path_ending(name.as_str()) {
            let message = format!("`{name}` cannot be the name of a prompt: it reads as a file");
            let help = format!("give another: `--name {}`", name.as_str().replace('.', "-"));
            problems.push(Diagnostic::error("prompt-name", message).at(place()).help(help));
        }
        let planned = one(foreign, name, format, source, wanted, problems);
        for file in planned.files.iter().filter(|file| file.file != "prompt.yaml") {
            check(file, &folder.join(planned.name.as_str()), registry, source, problems);
        }
        if problems.error_count() == before {
            plan.prompts.push(planned);
        }
    }
    plan
}

/// The prompt's own name, or that of its file, as a name that paths can have.
fn own_name(foreign: &Foreign, source: &Source, number: Option<usize>) -> Result<SafeName, Box<Diagnostic>> {
    let stem = source.path().file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let written = foreign.name.as_ref().map_or(stem.as_str(), String::as_str);
    let mut text = String::new();
    for c in written.trim().chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '_' | '.') {
            text.push(c.to_ascii_lowercase());
        } else if !text.is_empty() && !text.ends_with('-') {
            text.push('-');
        }
    }
    let text = text.trim_matches(['-', '.', '_']);
    let text = match number {
        Some(number) if foreign.name.is_none() => format!("{text}-{number}"),
        _ => text.to_owned(),
    };
    SafeName::parse(&text).map_err(|_| {
        let message = format!("`{written}` cannot be the name of a prompt");
        Box::new(
            Diagnostic::error("prompt-name", message).at(Place::of_file(source.path())).help("give one: `--name NAME`"),
        )
    })
}

fn one(
    foreign: Foreign,
    name: SafeName,
    format: &Format,
    source: &Source,
    wanted: &As,
    problems: &mut Problems,
) -> PlannedPrompt {
    let mut planned = PlannedPrompt {
        name,
        from: source.path().to_path_buf(),
        format: format.word,
        labels: IndexMap::new(),
        files: Vec::new(),
    };
    if *wanted != As::ByFormat && foreign.versions.len() > 1 {
        let message = format!("`{}` has {} versions, `--as` names one", planned.name, foreign.versions.len());
        problems.push(
            Diagnostic::error("several-versions", message).at(Place::of_file(source.path())).help("leave `--as` out"),
        );
        return planned;
    }
    for version in foreign.versions {
        let file = match (wanted, version.number) {
            (As::Version(version), _) => version.to_string(),
            (As::Draft, _) | (As::ByFormat, None) => "next".to_owned(),
            (As::ByFormat, Some(number)) => format!("{number}.0.0"),
        };
        if planned.files.iter().any(|known| known.file == format!("{file}.yaml")) {
            let message = format!("version {file} of `{}` is there twice", planned.name);
            problems.push(Diagnostic::error("duplicate-version", message).at(Place::of_file(source.path())));
            continue;
        }
        labels(&version, &file, &mut planned, source, problems);
        let text = version_text(&version, format, source);
        planned.files.push(PlannedFile { file: format!("{file}.yaml"), text, is_optional: false });
    }
    planned.files.push(about_file(&planned.labels));
    planned
}

/// The labels of a version. `latest` is no label here: it always means the highest version.
fn labels(version: &ForeignVersion, file: &str, planned: &mut PlannedPrompt, source: &Source, problems: &mut Problems) {
    for label in version.labels.iter().filter(|label| *label != "latest") {
        let place = Place::of_file(source.path());
        let is_word = SafeName::parse(label).is_ok() && label != "next" && Version::parse(label).is_err();
        if !is_word {
            let message = format!("`{label}` cannot be a label here");
            problems.push(Diagnostic::error("label-name", message).at(place).help("rename it before the export"));
        } else if file == "next" {
            let message = format!("the label `{label}` is left out: labels point to versions, not to the draft");
            problems.push(Diagnostic::warning("left-out", message).at(place).help("give a version: `--as 1.0.0`"));
        } else if let Some(other) = planned.labels.insert(label.clone(), file.to_owned()) {
            let message = format!("the label `{label}` of `{}` points to {other} and to {file}", planned.name);
            problems.push(Diagnostic::error("label-twice", message).at(place));
        }
    }
}

fn about_file(labels: &IndexMap<String, String>) -> PlannedFile {
    let mut about = Map::new();
    about.insert(
        "labels".to_owned(),
        Value::Object(labels.iter().map(|(label, version)| (label.clone(), json!(version))).collect()),
    );
    let hint =
        if labels.is_empty() { "# Labels point to released versions, such as `production: 1.0.0`.\n" } else { "" };
    let text = format!("{hint}{}", print_yaml(&Value::Object(about), 9));
    PlannedFile { file: "prompt.yaml".to_owned(), text, is_optional: labels.is_empty() }
}

/// The file of a version, with what has no key in comments at its head.
fn version_text(version: &ForeignVersion, format: &Format, source: &Source) -> String {
    let file = source.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut text = comment(&format!("Imported from {file} ({}).", format.word));
    version.comments.iter().for_each(|line| text.push_str(&comment(line)));
    text.push_str(&print(&version.definition));
    text
}

/// One line of comment, without characters that would end it.
fn comment(line: &str) -> String {
    let clean: String = line
        .chars()
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') { ' ' } else { c })
        .collect();
    format!("# {}\n", clean.trim())
}

/// Reads a file back and compiles it: what is imported is a prompt.
fn check(file: &PlannedFile, folder: &Path, registry: &Registry, source: &Source, problems: &mut Problems) {
    let own = Source::new(folder.join(&file.file), file.text.as_str());
    let mut found = Problems::new();
    if let Some(node) = parse_yaml(&own, &mut found).filter(|node| node.kind != Kind::Null) {
        registry.inline(&node, &own, &mut found);
    }
    for mut problem in found.sorted().into_iter().cloned() {
        problem.related.push((Place::of_file(source.path()), "imported from here".to_owned()));
        problems.push(problem);
    }
}
