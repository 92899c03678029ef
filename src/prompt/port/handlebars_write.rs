//! Writes Handlebars templates for dotprompt.

use super::piece::{Expr, Path, Piece, Step, Untold};

/// Words that mean something else than a variable at the beginning of a tag.
const HELPERS: &[&str] = &[
    "each",
    "history",
    "if",
    "ifEquals",
    "json",
    "log",
    "lookup",
    "media",
    "role",
    "section",
    "unless",
    "unlessEquals",
    "with",
    "helperMissing",
    "blockHelperMissing",
];

/// Words that cannot be a variable at all.
const RESERVED: &[&str] = &["as", "else", "false", "null", "this", "true", "undefined"];

/// Text and tags in order.
pub(super) enum Out {
    Text(String),
    /// A tag that is never alone on its line in the eyes of Handlebars.
    Value(String),
    /// A tag that takes its line with it when it stands alone there.
    Block(String),
}

/// The tags of a template; what Handlebars cannot say goes to `lost` and is left out.
pub(super) fn write_handlebars(pieces: &[Piece], out: &mut Vec<Out>, lost: &mut Vec<Untold>) {
    Writer { loops: Vec::new(), lost }.body(pieces, out);
}

/// The names a loop gives.
struct Loop {
    item: String,
    key: Option<String>,
}

struct Writer<'l> {
    loops: Vec<Loop>,
    lost: &'l mut Vec<Untold>,
}

impl Writer<'_> {
    fn body(&mut self, pieces: &[Piece], out: &mut Vec<Out>) {
        for piece in pieces {
            match piece {
                Piece::Text(text) => out.push(Out::Text(text.clone())),
                Piece::Comment(text) if text.contains("--") || text.contains("}}") => {}
                Piece::Comment(text) => out.push(Out::Block(format!("{{{{!-- {} --}}}}", text.trim()))),
                Piece::Print(expr, at) => match self.value(expr) {
                    Ok(text) => out.push(Out::Value(format!("{{{{{text}}}}}"))),
                    Err(what) => self.lost.push(Untold::new(what, at.clone())),
                },
                Piece::Set { at, .. } => self.lost.push(Untold::new("`{% set %}`", at.clone())),
                Piece::Role(role, _) => out.push(Out::Value(format!("{{{{role \"{role}\"}}}}"))),
                Piece::Media { url, kind, at } => match self.operand(url) {
                    Ok(url) => {
                        let kind = kind.as_ref().map_or_else(String::new, |kind| format!(" contentType=\"{kind}\""));
                        out.push(Out::Value(format!("{{{{media url={url}{kind}}}}}")));
                    }
                    Err(what) => self.lost.push(Untold::new(what, at.clone())),
                },
                Piece::If { arms, otherwise, at } => self.condition(arms, otherwise, at, out),
                Piece::For { key, item, over, body, otherwise, at } => {
                    let over = match self.operand(over) {
                        Ok(over) => over,
                        Err(what) => {
                            self.lost.push(Untold::new(what, at.clone()));
                            continue;
                        }
                    };
                    out.push(Out::Block(format!("{{{{#each {over}}}}}")));
                    self.loops.push(Loop { item: item.clone(), key: key.clone() });
                    self.body(body, out);
                    self.loops.pop();
                    self.otherwise(otherwise, out);
                    out.push(Out::Block("{{/each}}".to_owned()));
                }
            }
        }
    }

    fn otherwise(&mut self, pieces: &[Piece], out: &mut Vec<Out>) {
        if !pieces.is_empty() {
            out.push(Out::Block("{{else}}".to_owned()));
            self.body(pieces, out);
        }
    }

    fn condition(
        &mut self,
        arms: &[(Expr, Vec<Piece>)],
        otherwise: &[Piece],
        at: &std::ops::Range<usize>,
        out: &mut Vec<Out>,
    ) {
        let mut close = "";
        let before = out.len();
        for (index, (test, body)) in arms.iter().enumerate() {
            match self.test(test) {
                Ok((helper, text)) => {
                    let open = if index == 0 { format!("#{helper} {text}") } else { format!("else {helper} {text}") };
                    close = if index == 0 { helper } else { close };
                    out.push(Out::Block(format!("{{{{{open}}}}}")));
                    self.body(body, out);
                }
                Err(what) => {
                    self.lost.push(Untold::new(what, at.clone()));
                    out.truncate(before);
                    return;
                }
            }
        }
        self.otherwise(otherwise, out);
        out.push(Out::Block(format!("{{{{/{close}}}}}")));
    }

    /// The block helper of a condition and its words.
    fn test(&self, test: &Expr) -> Result<(&'static str, String), String> {
        match test {
            Expr::Not(inner) => match inner.as_ref() {
                Expr::Path(_) => Ok(("unless", self.operand(inner)?)),
                _ => Err("this condition".to_owned()),
            },
            Expr::Two("==", one, other) => Ok(("ifEquals", format!("{} {}", self.operand(one)?, self.operand(other)?))),
            Expr::Two("!=", one, other) => {
                Ok(("unlessEquals", format!("{} {}", self.operand(one)?, self.operand(other)?)))
            }
            Expr::Path(_) => Ok(("if", self.operand(test)?)),
            _ => Err("this condition".to_owned()),
        }
    }

    /// What stands alone in a tag.
    fn value(&self, expr: &Expr) -> Result<String, String> {
        match expr {
            Expr::Path(path) => self.path(path),
            Expr::Filter(inner, "json_encode", arguments) if arguments.is_empty() => {
                Ok(format!("json {}", self.operand(inner)?))
            }
            Expr::Filter(_, name, _) => Err(format!("the filter `{name}`")),
            _ => Err("this expression".to_owned()),
        }
    }

    /// A word among others.
    fn operand(&self, expr: &Expr) -> Result<String, String> {
        match expr {
            Expr::Path(path) => self.path(path),
            Expr::Text(text) if !text.contains('"') => Ok(format!("\"{text}\"")),
            Expr::Text(text) if !text.contains('\'') => Ok(format!("'{text}'")),
            Expr::Number(number) => Ok(number.clone()),
            Expr::Bool(flag) => Ok(flag.to_string()),
            Expr::Filter(_, name, _) => Err(format!("the filter `{name}`")),
            _ => Err("this expression".to_owned()),
        }
    }

    fn path(&self, path: &Path) -> Result<String, String> {
        let unsaid = || {
            format!("`{}`", super::jinja_write::expression(&Expr::Path(path.clone()), super::jinja_read::Jinja::Tera))
        };
        let innermost = self.loops.last();
        let outwards = self.loops.iter().rev().position(|names| names.item == path.root);
        let is_key = |names: &Loop| names.key.as_deref() == Some(path.root.as_str());
        if path.root == "loop" && innermost.is_some() {
            return match path.steps.as_slice() {
                [Step::Field(name)] if name == "index0" => Ok("@index".to_owned()),
                [Step::Field(name)] if matches!(name.as_str(), "first" | "last") => Ok(format!("@{name}")),
                _ => Err(unsaid()),
            };
        }
        if innermost.is_some_and(is_key) && path.steps.is_empty() {
            return Ok("@key".to_owned());
        }
        if outwards.is_none() && self.loops.iter().any(is_key) {
            return Err(unsaid());
        }
        let mut text = match outwards {
            Some(0) => "this".to_owned(),
            Some(count) => vec![".."; count].join("/"),
            None if RESERVED.contains(&path.root.as_str()) => return Err(unsaid()),
            None if self.loops.is_empty() && HELPERS.contains(&path.root.as_str()) => format!("this.{}", path.root),
            None => format!("{}{}", "../".repeat(self.loops.len()), path.root),
        };
        for step in &path.steps {
            let join = if text.ends_with("..") { "/" } else { "." };
            match step {
                Step::Field(name) if name.contains(']') => return Err(unsaid()),
                Step::Field(name) if super::super::written::definition::variable_name(name).is_ok() => {
                    text.push_str(&format!("{join}{name}"));
                }
                Step::Field(name) => text.push_str(&format!("{join}[{name}]")),
                Step::Index(index) => text.push_str(&format!("{join}[{index}]")),
            }
        }
        Ok(text)
    }
}

/// The template as text. A block tag that would take its line with it gets an empty comment at its side; text that
/// looks like a tag is escaped. `Err` names what Handlebars cannot say.
pub(super) fn join(outs: Vec<Out>) -> Result<String, String> {
    // Texts side by side are one text for Handlebars.
    let mut parts: Vec<Out> = Vec::new();
    for out in outs {
        match (out, parts.last_mut()) {
            (Out::Text(text), Some(Out::Text(before))) => before.push_str(&text),
            (out, _) => parts.push(out),
        }
    }
    let mut result = String::new();
    for (index, part) in parts.iter().enumerate() {
        match part {
            Out::Text(text) => result.push_str(&escaped(text, index + 1 < parts.len())?),
            Out::Value(tag) => result.push_str(tag),
            Out::Block(tag) => {
                let blank_before = match index.checked_sub(1).and_then(|before| parts.get(before)) {
                    None => true,
                    Some(Out::Text(text)) => {
                        let (is_first, tail) = (index == 1, text.rsplit('\n').next().unwrap_or(""));
                        tail.trim().is_empty() && (is_first || text.contains('\n'))
                    }
                    Some(Out::Value(_) | Out::Block(_)) => false,
                };
                let blank_after = match parts.get(index + 1) {
                    None => true,
                    Some(Out::Text(text)) => match text.split_once('\n') {
                        Some((head, _)) => head.trim().is_empty(),
                        None => index + 2 == parts.len() && text.trim().is_empty(),
                    },
                    Some(Out::Value(_) | Out::Block(_)) => false,
                };
                if blank_before && blank_after {
                    result.push_str("{{!}}");
                }
                result.push_str(tag);
            }
        }
    }
    Ok(result)
}

/// Text that comes out as it is.
fn escaped(text: &str, before_tag: bool) -> Result<String, String> {
    if text.contains("\\{{") {
        return Err("a backslash before `{{`".to_owned());
    }
    // Pairs of braces are escaped; a single one would become part of the tag.
    let braces = text.len() - text.trim_end_matches('{').len();
    if before_tag && braces % 2 == 1 {
        return Err("a `{` directly before a variable".to_owned());
    }
    let slash = if before_tag && text.ends_with('\\') { "\\" } else { "" };
    Ok(format!("{}{slash}", text.replace("{{", "\\{{")))
}
