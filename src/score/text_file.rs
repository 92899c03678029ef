//! Files that checks name: inside the project, read once, their content part of the check's identity.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::CompileContext;
use super::options::Written;
use crate::base::{Diagnostic, Kind, Node, Place, Problems, Source, Span, files};

/// The text file that `node` names, its content, and where faults in it stand.
pub(super) fn load<'a>(
    option: &'static str,
    node: &'a Node,
    ctx: &CompileContext<'_>,
    problems: &mut Problems,
) -> Option<(PathBuf, Value, Written<'a>)> {
    let Some(named) = node.as_text() else {
        let message = format!("`{option}` must be the path of a file, this is {}", node.describe());
        problems.push(Diagnostic::error("wrong-type", message).at(ctx.source.place(node.span)));
        return None;
    };
    let (path, source) = read(named, node.span, ctx, problems)?;
    let text = source.text().to_owned();
    let whole = Node { kind: Kind::Text(text.clone()), span: Span::new(1, 1, 1) };
    Some((path, Value::String(text), Written::File(Box::new((whole, source)))))
}

/// The file that is named at `span`, with its path.
pub(super) fn read(
    named: &str,
    span: Span,
    ctx: &CompileContext<'_>,
    problems: &mut Problems,
) -> Option<(PathBuf, Source)> {
    let here = ctx.source.place(span);
    let path = match files::inside(ctx.root, ctx.base_dir, named) {
        Ok(path) => path,
        Err(message) => {
            problems.push(
                Diagnostic::error("path-outside-project", message).at(here).help("copy the file into the project"),
            );
            return None;
        }
    };
    let shown = path.strip_prefix(ctx.root).unwrap_or(Path::new(named));
    match files::read_source(&path, shown) {
        Ok(source) => Some((path, source)),
        Err(diagnostic) => {
            let near = files::similar(&path, named).filter(|_| diagnostic.code == "file-not-found");
            problems.push(pointing(diagnostic.did_you_mean(near.as_deref()), here));
            None
        }
    }
}

/// A problem of the file as such, shown where the suite names it.
pub(super) fn pointing(diagnostic: Diagnostic, here: Place) -> Diagnostic {
    match &diagnostic.place {
        Some(place) if place.line > 0 => diagnostic.related(here, "named here"),
        _ => diagnostic.at(here),
    }
}
