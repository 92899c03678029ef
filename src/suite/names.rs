//! Finding a suite by name, path or file name, and reading its file.

use std::path::{Path, PathBuf};

use crate::base::{
    Diagnostic, Fields, Kind, Node, Place, Problems, SafeName, Source, Span, closest, files, parse_yaml,
};
use crate::guard::mask_secrets;

/// A suite file, read and parsed.
pub(super) struct SuiteFile {
    pub(super) node: Node,
    /// Its text with secrets masked.
    pub(super) source: Source,
    /// Its folder.
    pub(super) base_dir: PathBuf,
}

impl SuiteFile {
    /// Reads a suite file; what is wrong goes to `problems`.
    pub(super) fn read(path: &Path, root: &Path, problems: &mut Problems) -> Option<SuiteFile> {
        let full = root.join(path);
        let shown = shown_path(path, root);
        if let Err(message) = files::inside(root, root, &full.to_string_lossy()) {
            let message = message.replace(&*full.to_string_lossy(), &shown.to_string_lossy());
            problems.push(Diagnostic::error("path-outside-project", message).at(Place::of_file(&shown)));
            return None;
        }
        let source = read_text(&full, &shown, problems)?;
        let node = parse_yaml(&source, problems)?;
        if node.as_map().is_none() {
            problems.push(no_suite(&node, &source));
            return None;
        }
        if is_promptfoo(&node, &shown) {
            problems.push(
                Diagnostic::error(
                    "promptfoo-not-yet",
                    "this is a promptfoo configuration, which karat cannot read yet",
                )
                .at(source.place(Span::whole_file()))
                .help("write the suite in karat's own format: `suite`, `prompts`, `models`, `cases`"),
            );
            return None;
        }
        let base_dir = full.parent().map_or_else(|| root.to_path_buf(), Path::to_path_buf);
        Some(SuiteFile { node, source, base_dir })
    }
}

/// Reads a whole file of the suite's YAML, with secrets reported and masked. What is wrong goes to `problems`.
pub(super) fn read_text(path: &Path, shown: &Path, problems: &mut Problems) -> Option<Source> {
    let source = match files::read_source(path, shown) {
        Ok(source) => source,
        Err(problem) => {
            problems.push(*problem);
            return None;
        }
    };
    if let Some(at) = source.text().find('\0') {
        let place = source.place(source.span_of_bytes(at, at + 1));
        let help = "remove it; a file full of them is usually UTF-16: save it as UTF-8";
        problems.push(Diagnostic::error("nul-byte", "there is a NUL byte here").at(place).help(help));
        return None;
    }
    Some(mask_secrets(&source, problems).into_owned())
}

/// A path as shown to the user: from the project's folder on.
pub(super) fn shown_path(path: &Path, root: &Path) -> PathBuf {
    path.strip_prefix(root).unwrap_or(path).to_path_buf()
}

/// The file is empty, or holds no mapping.
fn no_suite(node: &Node, source: &Source) -> Diagnostic {
    if node.kind == Kind::Null {
        return Diagnostic::error("empty-suite-file", "this suite file is empty")
            .at(Place::of_file(source.path()))
            .help("begin with `suite: <name>`, then `prompts`, `models`, `cases`; or remove the file");
    }
    let message = format!("a suite must be a mapping, this is {}", node.describe());
    Diagnostic::error("wrong-type", message)
        .at(source.place(node.span))
        .help("a suite begins with `suite: <name>`; files of cases belong in a folder such as `evals/cases/`")
}

fn is_promptfoo(node: &Node, shown: &Path) -> bool {
    let named = shown.file_stem().is_some_and(|stem| stem == "promptfooconfig");
    named || (node.get("suite").is_none() && node.get("tests").is_some() && node.get("providers").is_some())
}

/// What a suite can be called on the command line: its name first, then path and file name.
pub(super) fn handles(path: &Path, root: &Path, file: Option<&SuiteFile>) -> Vec<String> {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let named = file.and_then(|file| file.node.get("suite")?.as_text().map(str::to_owned));
    // A file that cannot be parsed still answers to its file name.
    let mut handles: Vec<String> = named.or_else(|| stem.clone()).into_iter().collect();
    handles.extend(stem);
    handles.push(shown_path(path, root).to_string_lossy().into_owned());
    handles.push(path.to_string_lossy().into_owned());
    handles
}

/// Reads `suite:`. Without a valid name the file's is taken, so that reading can go on.
pub(super) fn read_name(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<(SafeName, Place)> {
    let source = fields.source();
    if fields.node("suite").is_none() {
        let at = source.place(Span { len: 1, ..fields.span() });
        let help = "add `suite: <name>`; files of cases belong in a folder such as `evals/cases/`";
        fields.missing_as(
            "suite",
            Diagnostic::error("missing-field", "this suite has no name").at(at).help(help),
            problems,
        );
    }
    let written = fields.node("suite").and_then(|_| fields.required_text("suite", problems));
    let place = source.place(fields.value_span("suite"));
    if let Some(text) = written {
        match SafeName::parse(text) {
            Ok(name) => return Some((name, place)),
            Err(error) => {
                problems.push(Diagnostic::error("invalid-name", error.to_string()).at(place.clone()));
            }
        }
    }
    let stem = source.path().file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let plain: String = stem.chars().filter(char::is_ascii_alphanumeric).take(100).collect();
    let name = SafeName::parse(&plain).or_else(|_| SafeName::parse("suite")).ok()?;
    Some((name, place))
}

/// Says that no suite matches `pattern`, and which there are.
pub(super) fn unknown_suite(pattern: &str, known: &[String]) -> Diagnostic {
    let help = if known.is_empty() {
        "there are no suites; they are `evals/*.yaml`".to_owned()
    } else {
        format!("known suites: {}", known.join(", "))
    };
    Diagnostic::error("unknown-suite", format!("no suite matches `{pattern}`"))
        .did_you_mean(closest(pattern, known.iter().map(String::as_str)))
        .help(help)
}
