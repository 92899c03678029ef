//! The project's files that code in Python imports, by their statements: they decide on answers as the code itself does.
//!
//! Nothing is run. What code finds by other means (`importlib`, data files) is not seen.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::base::{Digest, files};

/// Most files that are looked at, and bytes of one of them.
const MOST_FILES: usize = 256;
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// One imported name: dots in front, the module, and what is taken from it.
#[derive(Debug, PartialEq, Eq)]
struct Import {
    level: usize,
    module: String,
    names: Vec<String>,
}

/// Digests of the project's files that code imports, directly or through each other, by their paths in the project.
/// `beside` is the folder of the code's own file.
pub(super) fn imported(code: &str, beside: Option<&Path>, root: &Path) -> BTreeMap<String, String> {
    // As the interpreter looks for them: beside the file, then where it runs.
    let places: Vec<&Path> = beside.into_iter().chain([root]).collect();
    let mut digests = BTreeMap::new();
    let mut waiting: Vec<(String, PathBuf)> = vec![(code.to_owned(), beside.unwrap_or(root).to_path_buf())];
    while let Some((text, folder)) = waiting.pop() {
        for import in imports(&text) {
            for path in candidates(&import, &places, &folder) {
                let Ok(shown) = path.strip_prefix(root) else { continue };
                let name = shown.to_string_lossy().replace('\\', "/");
                let is_ours = path.is_file() && files::inside(root, root, &name).is_ok();
                if !is_ours || digests.contains_key(&name) || digests.len() >= MOST_FILES {
                    continue;
                }
                let Ok(bytes) = files::read_bytes(&path, shown, MOST_BYTES) else { continue };
                digests.insert(name, Digest::of_bytes(&bytes).to_string());
                let folder = path.parent().unwrap_or(root).to_path_buf();
                waiting.push((String::from_utf8_lossy(&bytes).into_owned(), folder));
            }
        }
    }
    digests
}

/// Where a module may be; all of its packages are run on the way.
fn candidates(import: &Import, places: &[&Path], folder: &Path) -> Vec<PathBuf> {
    let mut bases: Vec<PathBuf> = places.iter().map(|place| place.to_path_buf()).collect();
    if import.level > 0 {
        // One dot is the package of the file itself.
        bases = folder.ancestors().nth(import.level - 1).map(Path::to_path_buf).into_iter().collect();
    }
    let mut found = Vec::new();
    for base in bases {
        let mut at = base;
        let parts = import.module.split('.').filter(|part| !part.is_empty());
        for part in parts {
            at.push(part);
            found.extend([at.with_extension("py"), at.join("__init__.py")]);
        }
        for name in &import.names {
            found.extend([at.join(name).with_extension("py"), at.join(name).join("__init__.py")]);
        }
    }
    found
}

/// The import statements of a code, wherever they stand in it.
fn imports(code: &str) -> Vec<Import> {
    let mut found = Vec::new();
    let mut lines = code.lines().map(|line| line.split('#').next().unwrap_or("").trim());
    while let Some(line) = lines.next() {
        // Several may stand in one line; one behind a colon is rare enough.
        for statement in line.split(';').map(str::trim) {
            if let Some(modules) = statement.strip_prefix("import ") {
                found.extend(names(modules).map(|module| Import { level: 0, module, names: Vec::new() }));
            } else if let Some((from, what)) =
                statement.strip_prefix("from ").and_then(|rest| rest.split_once(" import"))
            {
                let mut what = what.to_owned();
                while (what.contains('(') && !what.contains(')')) || what.ends_with('\\') {
                    let Some(next) = lines.next() else { break };
                    what = format!("{} {next}", what.trim_end_matches('\\'));
                }
                let from = from.trim();
                let module = from.trim_start_matches('.');
                let names = names(&what.replace(['(', ')'], " ")).collect();
                found.push(Import { level: from.len() - module.len(), module: module.to_owned(), names });
            }
        }
    }
    found
}

/// Names of a list, without what they are called afterwards.
fn names(list: &str) -> impl Iterator<Item = String> + '_ {
    let first = |item: &str| item.split_whitespace().next().map(str::to_owned);
    let is_name = |name: &String| name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
    list.split(',').filter_map(first).filter(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_found_wherever_they_stand() {
        let import = |level, module: &str, names: &[&str]| Import {
            level,
            module: module.to_owned(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
        };
        let code = "import os, words.polite as p # import no\nif x:\n    from .near import (a,\n        b as c)\nfrom .. import up; import z\nimportant = 1\nfrom deep.er import \\\n  q\ntext = 'import nothing'\n";
        let wanted = vec![
            import(0, "os", &[]),
            import(0, "words.polite", &[]),
            import(1, "near", &["a", "b"]),
            import(2, "", &["up"]),
            import(0, "z", &[]),
            import(0, "deep.er", &["q"]),
        ];
        assert_eq!(imports(code), wanted);
    }

    #[test]
    fn files_of_the_project_are_followed_and_nothing_else() {
        let folder = tempfile::tempdir().expect("temp");
        let root = folder.path();
        let write = |name: &str, text: &str| files::write_atomic(&root.join(name), text.as_bytes()).expect("write");
        write("checks/tone.py", "from words import POLITE\nimport os\nimport pack.inner\n");
        write("checks/words.py", "import tone\nfrom words import x\nPOLITE = 1\n");
        write("checks/pack/__init__.py", "");
        write("checks/pack/inner.py", "from . import other\nfrom ..words import POLITE\n");
        write("checks/pack/other.py", "import shared\n");
        write("shared.py", "from .... import far\n");
        write("os.py.txt", "");
        let code = std::fs::read_to_string(root.join("checks/tone.py")).expect("read");
        let found = imported(&code, Some(&root.join("checks")), root);
        let names: Vec<&str> = found.keys().map(String::as_str).collect();
        let wanted = [
            "checks/pack/__init__.py",
            "checks/pack/inner.py",
            "checks/pack/other.py",
            "checks/tone.py",
            "checks/words.py",
            "shared.py",
        ];
        assert_eq!(names, wanted);
        write("checks/pack/other.py", "import shared  # changed\n");
        assert_ne!(imported(&code, Some(&root.join("checks")), root), found);
        assert!(imported("import json, numpy", None, root).is_empty());
    }
}
