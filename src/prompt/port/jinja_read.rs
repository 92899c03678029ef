//! Reads templates in the common part of tera, Jinja and Nunjucks.

use std::ops::Range;

use super::super::language::lex::{Lexed, Token, lex};
use super::jinja_expression::Expressions;
use super::piece::{Expr, Piece, Untold};

/// Whose rules hold where the three differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Jinja {
    Tera,
    /// Jinja itself.
    Python,
    Nunjucks,
}

/// Longest nesting of blocks.
const MAX_DEPTH: usize = 40;

/// The pieces of a template, and what in it is beyond the common part and left out of them.
pub(super) fn read_jinja(text: &str, dialect: Jinja) -> (Vec<Piece>, Vec<Untold>) {
    let mut reader = Reader { text, at: 0, dialect, trims_next: false, pending: String::new(), problems: Vec::new() };
    let mut pieces = Vec::new();
    let end = reader.body(&mut pieces, 0);
    if let Some(tag) = end {
        let what = format!("`{{% {} %}}` closes nothing", tag.word);
        reader.problems.push(Untold::new(what, tag.at));
    }
    (pieces, reader.problems)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    dialect: Jinja,
    /// The tag before ended in `-`: white space up to the next text goes.
    trims_next: bool,
    /// Text since the last piece.
    pending: String,
    problems: Vec<Untold>,
}

/// A `{% … %}` that its caller has to deal with.
struct Tag<'t> {
    word: &'t str,
    inner: &'t str,
    /// Byte offset of `inner`.
    start: usize,
    at: Range<usize>,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn content(&mut self, text: &str) {
        let text = if self.trims_next { text.trim_start() } else { text };
        self.trims_next &= text.is_empty();
        self.pending.push_str(text);
    }

    fn flush(&mut self, pieces: &mut Vec<Piece>) {
        if !self.pending.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut self.pending)));
        }
    }

    /// Reads up to a tag that ends or divides a block; gives that tag.
    fn body(&mut self, pieces: &mut Vec<Piece>, depth: usize) -> Option<Tag<'t>> {
        loop {
            let rest = self.rest();
            let Some(found) = rest.as_bytes().windows(2).position(|pair| matches!(pair, b"{{" | b"{%" | b"{#")) else {
                self.content(rest);
                self.at = self.text.len();
                self.flush(pieces);
                return None;
            };
            self.content(rest.get(..found).unwrap_or(""));
            self.at += found;
            let start = self.at;
            let Some((inner, inner_start)) = self.tag_text() else {
                self.at = self.text.len();
                self.problems.push(Untold::new("this tag is never closed", start..start + 2));
                return None;
            };
            let at = start..self.at;
            match self.text.as_bytes().get(start + 1) {
                Some(b'#') => {
                    self.flush(pieces);
                    pieces.push(Piece::Comment(inner.to_owned()));
                }
                Some(b'{') => {
                    self.flush(pieces);
                    if let Some(expr) = self.expression(inner, inner_start, &at) {
                        pieces.push(Piece::Print(expr, at));
                    }
                }
                _ => {
                    let word: &str = inner.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or("");
                    let tag =
                        Tag { word, inner: inner.get(word.len()..).unwrap_or(""), start: inner_start + word.len(), at };
                    if matches!(word, "raw" | "verbatim") {
                        self.raw(&tag);
                        continue;
                    }
                    self.flush(pieces);
                    if matches!(word, "else" | "elif" | "elseif" | "endif" | "endfor" | "endset") {
                        return Some(tag);
                    }
                    self.block(&tag, pieces, depth);
                }
            }
        }
    }

    /// The inside of the tag that begins here, with its offset, and goes behind it. Dashes at its ends are obeyed.
    fn tag_text(&mut self) -> Option<(&'t str, usize)> {
        let rest = self.rest();
        let close = match rest.as_bytes().get(1)? {
            b'#' => "#}",
            b'{' => "}}",
            _ => "%}",
        };
        let length = if close == "#}" { rest.find(close)? } else { end_of_tag(rest, close)? };
        let inner = rest.get(2..length)?;
        let starts = usize::from(inner.starts_with('-'));
        if starts == 1 {
            self.pending.truncate(self.pending.trim_end().len());
        }
        let ends = inner.len() > starts && inner.ends_with('-');
        self.trims_next = ends;
        let inner = inner.get(starts..inner.len() - usize::from(ends))?;
        let lead = inner.len() - inner.trim_start().len();
        let start = self.at + 2 + starts + lead;
        self.at += length + 2;
        Some((inner.trim(), start))
    }

    fn expression(&mut self, inner: &str, start: usize, at: &Range<usize>) -> Option<Expr> {
        let wrapped = format!("{{{{{inner}}}}}");
        let tokens: Vec<Lexed<'_>> = lex(&wrapped);
        let is_whole = tokens.last().is_some_and(|last| last.token == Token::VariableEnd && last.end == wrapped.len());
        let inside = tokens.get(1..tokens.len().saturating_sub(1)).unwrap_or_default();
        if !is_whole || inside.is_empty() {
            self.problems
                .push(Untold::new(format!("`{}` is no expression that karat can translate", cut(inner)), at.clone()));
            return None;
        }
        match Expressions::new(&wrapped, inside, self.dialect).read() {
            Ok(expr) => Some(expr),
            Err(untold) => {
                // The tokens begin behind two braces that are not in the text.
                let shift = |byte: usize| (byte + start).saturating_sub(2);
                self.problems.push(Untold::new(untold.what, shift(untold.at.start)..shift(untold.at.end)));
                None
            }
        }
    }

    fn raw(&mut self, tag: &Tag<'t>) {
        let end = format!("end{}", tag.word);
        let mut from = self.at;
        while let Some(found) = self.text.get(from..).and_then(|rest| rest.find("{%")) {
            let open = from + found;
            let inner = self.text.get(open + 2..).unwrap_or("");
            let word = inner.strip_prefix('-').unwrap_or(inner).trim_start();
            if let Some(after) = word.strip_prefix(end.as_str())
                && let Some(close) = after
                    .find("%}")
                    .filter(|close| after.get(..*close).is_some_and(|m| m.trim().trim_matches('-').is_empty()))
            {
                let text = self.text.get(self.at..open).unwrap_or("");
                let text = if inner.starts_with('-') { text.trim_end() } else { text };
                let text = text.to_owned();
                self.content(&text);
                self.trims_next = after.get(..close).is_some_and(|middle| middle.trim_end().ends_with('-'));
                self.at = self.text.len() - after.len() + close + 2;
                return;
            }
            from = open + 2;
        }
        self.problems.push(Untold::new(format!("this `{{% {} %}}` is never closed", tag.word), tag.at.clone()));
        self.at = self.text.len();
    }

    fn block(&mut self, tag: &Tag<'t>, pieces: &mut Vec<Piece>, depth: usize) {
        if depth >= MAX_DEPTH {
            self.problems.push(Untold::new(format!("blocks are nested more than {MAX_DEPTH} deep"), tag.at.clone()));
            self.at = self.text.len();
            return;
        }
        match tag.word {
            "if" => self.condition(tag, pieces, depth),
            "for" => self.repetition(tag, pieces, depth),
            "set" => self.set(tag, pieces),
            word => {
                let what = if word.is_empty() { "an empty tag".to_owned() } else { format!("`{{% {word} %}}`") };
                self.problems.push(Untold::new(format!("{what} has no translation"), tag.at.clone()));
            }
        }
    }

    fn unclosed(&mut self, tag: &Tag<'_>) {
        self.problems.push(Untold::new(format!("this `{{% {} %}}` is never closed", tag.word), tag.at.clone()));
    }

    fn condition(&mut self, tag: &Tag<'t>, pieces: &mut Vec<Piece>, depth: usize) {
        let mut arms = Vec::new();
        let mut otherwise = Vec::new();
        let mut test = self.expression(tag.inner, tag.start, &tag.at);
        loop {
            let mut body = Vec::new();
            let Some(next) = self.body(&mut body, depth + 1) else { return self.unclosed(tag) };
            arms.push((test.take().unwrap_or(Expr::Nothing), body));
            match next.word {
                "elif" | "elseif" => test = self.expression(next.inner, next.start, &next.at),
                "else" => {
                    let Some(end) = self.body(&mut otherwise, depth + 1) else { return self.unclosed(tag) };
                    if end.word != "endif" {
                        self.problems.push(Untold::new(format!("`{{% {} %}}` cannot stand here", end.word), end.at));
                    }
                    break;
                }
                "endif" => break,
                word => {
                    self.problems.push(Untold::new(format!("`{{% {word} %}}` cannot stand here"), next.at));
                    return;
                }
            }
        }
        pieces.push(Piece::If { arms, otherwise, at: tag.at.clone() });
    }

    fn repetition(&mut self, tag: &Tag<'t>, pieces: &mut Vec<Piece>, depth: usize) {
        let head = tag.inner.find(" in ").and_then(|at| Some((tag.inner.get(..at)?, tag.inner.get(at + 4..)?, at + 4)));
        let Some((names, over, offset)) = head else {
            self.problems.push(Untold::new("this loop has no `in`", tag.at.clone()));
            return;
        };
        let names: Vec<&str> = names.split(',').map(str::trim).collect();
        let is_name = |name: &&str| super::super::written::definition::variable_name(name).is_ok();
        let (key, item) = match names.as_slice() {
            [item] if is_name(item) => (None, (*item).to_owned()),
            [key, item] if is_name(key) && is_name(item) => (Some((*key).to_owned()), (*item).to_owned()),
            _ => {
                self.problems.push(Untold::new(
                    format!("`{}` cannot be translated", cut(names.join(", ").as_str())),
                    tag.at.clone(),
                ));
                return;
            }
        };
        let trimmed = over.trim_end();
        // Only Jinja asks for the pairs of a mapping by a call.
        let is_pairs = key.is_some() && self.dialect == Jinja::Python;
        let trimmed = if is_pairs { trimmed.strip_suffix(".items()").unwrap_or(trimmed) } else { trimmed };
        let lead = trimmed.len() - trimmed.trim_start().len();
        let over = self.expression(trimmed.trim_start(), tag.start + offset + lead, &tag.at);
        let mut body = Vec::new();
        let Some(mut end) = self.body(&mut body, depth + 1) else { return self.unclosed(tag) };
        let mut otherwise = Vec::new();
        if end.word == "else" {
            let Some(last) = self.body(&mut otherwise, depth + 1) else { return self.unclosed(tag) };
            end = last;
        }
        if end.word != "endfor" {
            self.problems.push(Untold::new(format!("`{{% {} %}}` cannot stand here", end.word), end.at));
        }
        let over = over.unwrap_or(Expr::Nothing);
        pieces.push(Piece::For { key, item, over, body, otherwise, at: tag.at.clone() });
    }

    fn set(&mut self, tag: &Tag<'t>, pieces: &mut Vec<Piece>) {
        let Some((name, value)) = tag.inner.split_once('=') else {
            self.problems.push(Untold::new("`{% set %}` without `=` has no translation", tag.at.clone()));
            return;
        };
        let offset = name.len() + 1 + (value.len() - value.trim_start().len());
        let name = name.trim();
        if super::super::written::definition::variable_name(name).is_err() {
            self.problems.push(Untold::new(format!("`{}` cannot be a name", cut(name)), tag.at.clone()));
            return;
        }
        if let Some(value) = self.expression(value.trim(), tag.start + offset, &tag.at) {
            pieces.push(Piece::Set { name: name.to_owned(), value, at: tag.at.clone() });
        }
    }
}

/// Where the tag that `rest` begins with is closed: outside of texts in quotes.
fn end_of_tag(rest: &str, close: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(2) {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None if rest.get(at..).is_some_and(|rest| rest.starts_with(close)) => return Some(at),
            None => {}
        }
    }
    None
}

/// The beginning of a text, for messages.
pub(super) fn cut(text: &str) -> String {
    let short: String = text.chars().take(40).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}
