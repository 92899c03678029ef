//! Templates whose only tags are variables, `{{ name }}`: Langfuse, `MLflow`, messages for `OpenAI`.

use super::piece::{Expr, Path, Piece, Step, Untold};
use crate::prompt::written::definition::variable_name;

/// The pieces of a template. Other braces are text; `strict` readers refuse names that no prompt can have.
pub(super) fn read_braces(text: &str, strict: bool) -> (Vec<Piece>, Vec<Untold>) {
    let mut pieces = Vec::new();
    let mut problems = Vec::new();
    let mut pending = String::new();
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find("{{")) {
        let start = at + found;
        pending.push_str(text.get(at..start).unwrap_or(""));
        let inner = text.get(start + 2..).unwrap_or("");
        let Some(length) = inner.find("}}") else {
            pending.push_str(text.get(start..).unwrap_or(""));
            at = text.len();
            break;
        };
        let end = start + length + 4;
        let written = inner.get(..length).unwrap_or("").trim();
        match path(written) {
            Some(path) => {
                if !pending.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut pending)));
                }
                pieces.push(Piece::Print(Expr::Path(path), start..end));
                at = end;
            }
            None if strict => {
                let what = format!("`{}` cannot be the name of a variable", super::jinja_read::cut(written));
                problems.push(Untold::new(what, start..end));
                at = end;
            }
            None => {
                // One brace only: the next may open a variable.
                pending.push('{');
                at = start + 1;
            }
        }
    }
    pending.push_str(text.get(at..).unwrap_or(""));
    if !pending.is_empty() {
        pieces.push(Piece::Text(pending));
    }
    (pieces, problems)
}

fn path(text: &str) -> Option<Path> {
    let mut parts = text.split('.');
    let root = parts.next().filter(|root| variable_name(root).is_ok())?;
    let steps: Option<Vec<Step>> = parts
        .map(|part| {
            let is_name = !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            is_name.then(|| Step::Field(part.to_owned()))
        })
        .collect();
    Some(Path::of(root).with(steps?))
}

/// The template; everything but text and plain variables goes to `lost` and is left out.
pub(super) fn write_braces(pieces: &[Piece], lost: &mut Vec<Untold>) -> String {
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => {
                let (again, _) = read_braces(text, false);
                if again.iter().any(|piece| matches!(piece, Piece::Print(..))) {
                    lost.push(Untold::new("literal braces that would be read as a variable", 0..0));
                }
                out.push_str(text);
            }
            Piece::Print(Expr::Path(path), at) => {
                let mut name = path.root.clone();
                for step in &path.steps {
                    match step {
                        Step::Field(field) => name.push_str(&format!(".{field}")),
                        Step::Index(_) => lost.push(Untold::new("an index", at.clone())),
                    }
                }
                out.push_str(&format!("{{{{ {name} }}}}"));
            }
            Piece::Comment(_) => {}
            Piece::Print(Expr::Filter(_, name, _), at) => {
                lost.push(Untold::new(format!("the filter `{name}`"), at.clone()));
            }
            Piece::Print(_, at) => lost.push(Untold::new("this expression", at.clone())),
            Piece::If { at, .. } => lost.push(Untold::new("`{% if %}`", at.clone())),
            Piece::For { at, .. } => lost.push(Untold::new("`{% for %}`", at.clone())),
            Piece::Set { at, .. } => lost.push(Untold::new("`{% set %}`", at.clone())),
            Piece::Role(_, at) | Piece::Media { at, .. } => {
                lost.push(Untold::new("a message or image here", at.clone()));
            }
        }
    }
    out
}
