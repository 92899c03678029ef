//! The arrows of the house: which room may import which. Change the table only with a reason in the commit.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Storeys from the bottom up; a room may import any room of a lower storey.
const STOREYS: &[&[&str]] = &[
    &["base"],
    &["record"],
    &["net", "git", "config"],
    &["suite", "score", "prompt", "provider", "store", "price", "stats", "guard"],
    &["eval", "smoke", "mockserver"],
    &["report"],
    &["cli"],
];

/// Neighbours on one storey that a room may import.
const NEIGHBOURS: &[(&str, &[&str])] = &[
    ("score", &["price", "stats", "guard"]),
    // guard: secrets and invisible characters in suites and prompts are refused before the first call.
    ("suite", &["score", "prompt", "guard"]),
    // price: lint and token budgets ask what a model takes and how it counts.
    ("prompt", &["guard", "price"]),
    ("provider", &["net", "guard", "price"]),
];

/// Exceptions to "any lower storey": rooms that may import only these.
const ONLY: &[(&str, &[&str])] = &[
    // The store keeps records; it knows nothing of who made them.
    ("store", &["record", "base"]),
    ("stats", &["base"]),
    ("base", &[]),
    ("record", &["base"]),
    // The engine and the store do not know each other: cli joins them with the event channel.
    // It answers as providers do, from their recordings: nothing of runs and suites.
    ("mockserver", &["provider", "guard", "net", "record", "base"]),
    ("smoke", &["score", "guard", "net", "price", "provider", "config", "record", "base"]),
    ("eval", &["suite", "score", "prompt", "provider", "price", "stats", "guard", "config", "record", "base"]),
];

/// Crates with one door: the rooms that may name them.
const DOORS: &[(&str, &[&str])] = &[
    ("aws_lc_rs", &["provider"]),
    ("rusqlite", &["store"]),
    ("reqwest", &["net"]),
    ("git2", &["git"]),
    ("hyper", &["mockserver"]),
    ("serde_yaml", &["base"]),
    ("indicatif", &["cli"]),
    ("dialoguer", &["cli"]),
    ("comfy_table", &["report"]),
    ("clap", &["cli"]),
    ("tera", &["prompt", "report"]),
    ("quick_junit", &["report"]),
];

fn source_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("folder") {
        let path = entry.expect("entry").path();
        if path.is_dir() {
            source_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Room of every source file below `src/`, with its text without comments.
fn rooms() -> BTreeMap<String, Vec<(PathBuf, String)>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    source_files(&root, &mut files);
    let mut rooms: BTreeMap<String, Vec<(PathBuf, String)>> = BTreeMap::new();
    for file in files {
        let inner = file.strip_prefix(&root).expect("below src");
        if inner.components().count() < 2 {
            continue;
        }
        let room = inner.components().next().expect("room").as_os_str().to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).expect("source");
        let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        rooms.entry(room).or_default().push((inner.to_path_buf(), code.join("\n")));
    }
    rooms
}

fn storey(room: &str) -> usize {
    STOREYS
        .iter()
        .position(|rooms| rooms.contains(&room))
        .unwrap_or_else(|| panic!("room `{room}` is not in the table"))
}

fn may_import(from: &str, to: &str) -> bool {
    if from == to {
        return true;
    }
    if let Some((_, only)) = ONLY.iter().find(|(room, _)| *room == from) {
        return only.contains(&to);
    }
    let neighbour = NEIGHBOURS.iter().any(|(room, allowed)| *room == from && allowed.contains(&to));
    storey(to) < storey(from) || neighbour
}

/// Names that follow `crate::` in `code`, those in a group `crate::{a, b::c}` included.
fn imported(code: &str) -> Vec<String> {
    let word =
        |text: &str| -> String { text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect() };
    let mut names = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut start = true;
            for (index, c) in group.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => start = true,
                    c if start && !c.is_whitespace() => {
                        names.push(word(&group[index..]));
                        start = false;
                    }
                    _ => {}
                }
            }
        } else {
            names.push(word(rest));
        }
    }
    names
}

#[test]
fn arrows_point_down() {
    let mut wrong = Vec::new();
    for (room, files) in rooms() {
        for (file, code) in files {
            for name in imported(&code) {
                if STOREYS.iter().any(|rooms| rooms.contains(&name.as_str())) && !may_import(&room, &name) {
                    wrong.push(format!("src/{}: `{room}` may not import `{name}`", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_room_is_in_the_table() {
    for room in rooms().keys() {
        storey(room);
    }
}

#[test]
fn a_dependency_has_one_door() {
    let mut wrong = Vec::new();
    for (room, files) in rooms() {
        for (file, code) in files {
            for (name, allowed) in DOORS {
                if code.contains(&format!("{name}::")) && !allowed.contains(&room.as_str()) {
                    wrong.push(format!("src/{}: only {allowed:?} may speak to `{name}`", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn doors_hold_no_logic() {
    for (room, files) in rooms() {
        let (_, door) = files.iter().find(|(file, _)| file.ends_with(format!("{room}/mod.rs"))).expect("a door");
        let logic: Vec<&str> = door.lines().filter(|line| line.contains("fn ") || line.contains("impl ")).collect();
        assert!(logic.is_empty(), "src/{room}/mod.rs has logic: {logic:?}");
    }
}

#[test]
fn source_files_stay_below_500_lines() {
    let mut long = Vec::new();
    let mut files = Vec::new();
    source_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    for file in files {
        let lines = fs::read_to_string(&file).expect("source").lines().count();
        if lines > 500 {
            long.push(format!("{}: {lines} lines", file.display()));
        }
    }
    assert!(long.is_empty(), "split these: {}", long.join(", "));
}

#[test]
fn imports_are_found_in_groups_and_paths() {
    let code = "use crate::base::{Digest};\nuse crate::{record::Case, net, store::{a, b}};\nlet x = crate::price::y();\nuse other_crate::z;";
    assert_eq!(imported(code), ["base", "record", "net", "store", "price"]);
}

#[test]
fn every_dependency_line_has_a_comment_of_its_own() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).expect("Cargo.toml");
    let (mut inside, mut before, mut bare) = (false, "", Vec::new());
    for line in manifest.lines().filter(|line| !line.trim().is_empty()) {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]");
        } else if inside && !line.starts_with('#') && !before.starts_with('#') {
            bare.push(line);
        }
        before = line;
    }
    assert!(bare.is_empty(), "say above each line what it is for:\n{}", bare.join("\n"));
}
