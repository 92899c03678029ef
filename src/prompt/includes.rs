//! The files that a version of a prompt is made of besides its own: partials, schema, examples, images.

use std::collections::BTreeMap;
use std::path::Path;

use super::partials::FOLDER as PARTIALS;
use super::ready::Prompt;
use crate::base::{Digest, Kind, Node, Problems, Source, files, parse_yaml};

/// Longest text that can be the path of a file.
const MAX_PATH_CHARS: usize = 300;

/// Texts of a version file that could name a file. Which keys name files is the reader's business and changes with it; a
/// text that happens to be the name of a file does no harm here.
pub(super) fn named_paths(node: &Node) -> Vec<String> {
    let mut found = Vec::new();
    collect(node, &mut found);
    found.sort();
    found.dedup();
    found
}

fn collect(node: &Node, found: &mut Vec<String>) {
    match &node.kind {
        Kind::Text(text) => {
            let is_path =
                !text.is_empty() && text.chars().count() <= MAX_PATH_CHARS && !text.contains(['\n', '{', '\0']);
            if is_path && !text.contains("://") {
                found.push(text.clone());
            }
        }
        Kind::List(items) => items.iter().for_each(|item| collect(item, found)),
        Kind::Map(entries) => entries.iter().for_each(|(_, value)| collect(value, found)),
        Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) => {}
    }
}

/// `folder/named` without `.` and `..`, both with `/`; `None` when it leaves the project.
pub(super) fn joined(folder: &str, named: &str) -> Option<String> {
    let mut parts: Vec<&str> = if named.starts_with('/') { return None } else { folder.split('/').collect() };
    for part in named.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            other => parts.push(other),
        }
    }
    parts.retain(|part| !part.is_empty());
    if parts.is_empty() { None } else { Some(parts.join("/")) }
}

/// SHA-256 of every file that a prompt names or includes, by its path in the project. `source` is the version's file.
pub(super) fn digests(prompt: &Prompt, source: &Source, prompts: &Path, root: &Path) -> BTreeMap<String, Digest> {
    let shown = |path: &Path| slashed(path.strip_prefix(root).unwrap_or(path));
    let folder = source.path().parent().map(slashed).unwrap_or_default();
    let mut paths: Vec<String> =
        prompt.partial_names().map(|name| format!("{}/{name}", shown(&prompts.join(PARTIALS)))).collect();
    if let Some(node) = parse_yaml(source, &mut Problems::new()) {
        paths.extend(named_paths(&node).iter().filter_map(|named| joined(&folder, named)));
    }
    paths
        .into_iter()
        .filter_map(|path| Some((digest_of(&path, root)?, path)))
        .map(|(digest, path)| (path, digest))
        .collect()
}

/// SHA-256 of a file of the project; `None` when there is none, or it lies outside.
pub(super) fn digest_of(path: &str, root: &Path) -> Option<Digest> {
    let full = files::inside(root, root, path).ok().filter(|full| full.is_file())?;
    files::read_bytes(&full, Path::new(path), files::MAX_FILE_BYTES).ok().map(|bytes| Digest::of_bytes(&bytes))
}

/// A relative path with `/` between its parts, whatever the machine writes.
pub(super) fn slashed(path: &Path) -> String {
    let parts: Vec<String> = path.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_and_never_leave_the_project() {
        assert_eq!(joined("prompts/a", "x.json").as_deref(), Some("prompts/a/x.json"));
        assert_eq!(joined("prompts/a", "../_schemas/./x.json").as_deref(), Some("prompts/_schemas/x.json"));
        assert_eq!(joined("prompts/a", "../../x.json").as_deref(), Some("x.json"));
        for bad in ["../../../x.json", "/etc/passwd", "../.."] {
            assert_eq!(joined("prompts/a", bad), None, "{bad}");
        }
    }

    #[test]
    fn texts_that_cannot_be_paths_are_left_out() {
        let yaml = "a: x.json\nb: [\"{{ name }}\", \"https://x.org/a.png\", ../é.md, 5, null]\nc: {d: \"two\\nlines\", e: x.json}\n";
        let node = parse_yaml(&Source::new("p", yaml), &mut Problems::new()).expect("yaml");
        assert_eq!(named_paths(&node), ["../é.md", "x.json"]);
    }
}
