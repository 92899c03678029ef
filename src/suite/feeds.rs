//! Reads `cases:`: rows written in the suite, and datasets by path.

use std::path::Path;
use std::sync::Arc;

use super::checks::Folders;
use super::dataset::{Feed, Format};
use super::{disk, names};
use crate::base::{Diagnostic, Fields, Kind, Node, Problems, Source, Span, files, parse_yaml};

/// Reads `cases:`: a path, or a list of cases and paths. The flag says whether a part could not be read.
pub(super) fn read(fields: &mut Fields<'_>, folders: Folders<'_>, problems: &mut Problems) -> (Vec<Feed>, bool) {
    let source = fields.source();
    let Some(entries) = fields.list("cases") else {
        fields.missing("cases", problems);
        return (Vec::new(), true);
    };
    let mut feeds = Vec::new();
    let mut gap = false;
    for node in entries {
        match &node.kind {
            Kind::Text(path) => match read_file(path, node.span, source, folders, problems) {
                Some(feed) => feeds.push(feed),
                None => gap = true,
            },
            // Whatever else it is, reading it as a case says what is wrong with it.
            Kind::Map(_) | Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::List(_) => {
                push_inline(&mut feeds, node, source);
            }
        }
    }
    (feeds, gap)
}

fn push_inline(feeds: &mut Vec<Feed>, node: &Node, source: &Source) {
    if let Some(Feed::List { source: last, rows }) = feeds.last_mut()
        && last.path() == source.path()
    {
        rows.push(node.clone());
        return;
    }
    feeds.push(Feed::List { source: source.clone(), rows: vec![node.clone()] });
}

fn read_file(named: &str, span: Span, source: &Source, folders: Folders<'_>, problems: &mut Problems) -> Option<Feed> {
    let place = source.place(span);
    let path = match files::inside(folders.root, folders.base_dir, named) {
        Ok(path) => path,
        Err(message) => {
            problems.push(
                Diagnostic::error("path-outside-project", message).at(place).help("copy the file into the project"),
            );
            return None;
        }
    };
    let shown = names::shown_path(&path, folders.root);
    // Opened once now, so that a missing file is reported where the suite names it.
    if let Err(problem) = disk::open(&path, &shown) {
        let near = files::similar(&path, named);
        let diagnostic = Diagnostic { place: Some(place), ..*problem }.did_you_mean(near.as_deref());
        problems.push(diagnostic.help("the path is relative to the suite's folder"));
        return None;
    }
    let format = match path.extension().map(|ext| ext.to_string_lossy().to_lowercase()).as_deref() {
        Some("jsonl" | "ndjson") => Format::Jsonl,
        Some("csv") => Format::Csv,
        Some("yaml" | "yml") => return read_yaml(&path, &shown, problems),
        _ => {
            problems.push(
                Diagnostic::error("unknown-dataset-format", format!("`{named}` is in no format karat reads as cases"))
                    .at(place)
                    .help("cases come from `.jsonl`, `.csv` and `.yaml` files"),
            );
            return None;
        }
    };
    Some(Feed::File { format, path, shown: Arc::from(shown) })
}

fn read_yaml(path: &Path, shown: &Path, problems: &mut Problems) -> Option<Feed> {
    let source = names::read_text(path, shown, problems)?;
    let node = parse_yaml(&source, problems)?;
    match node.kind {
        Kind::List(rows) => Some(Feed::List { source, rows }),
        Kind::Null => Some(Feed::List { source, rows: Vec::new() }),
        Kind::Map(_) | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::Text(_) => {
            let message = format!("a file of cases must be a list, this is {}", node.describe());
            let help = "write each case as an item: `- {id: one, vars: {…}}`";
            problems.push(Diagnostic::error("wrong-type", message).at(source.place(node.span)).help(help));
            None
        }
    }
}
