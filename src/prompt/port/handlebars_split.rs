//! Splits a Handlebars template into texts and tags.
//!
//! A block tag alone on its line takes the line with it (Handlebars, `WhitespaceControl`).

use std::ops::Range;

use super::jinja_read::cut;
use super::piece::Untold;

/// A tag `{{ … }}`, with what its marks mean.
#[derive(Debug, Clone)]
pub(super) struct Tag {
    pub(super) kind: Kind,
    pub(super) words: Vec<Word>,
    pub(super) at: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Value,
    Open,
    Inverse,
    Else,
    Close,
    Comment,
    Partial,
}

/// A word of a tag.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Word {
    Path(String),
    Text(String),
    Number(String),
    Bool(bool),
    Nothing,
    /// `key=`
    Key(String),
    /// `( … )`
    Sub(Vec<Word>),
    /// `as |a b|`
    Names(Vec<String>),
}

pub(super) enum Token {
    Text(String),
    Tag(Tag),
}

/// Texts and tags, with white space as the tags want it.
pub(super) fn split(text: &str) -> Result<Vec<Token>, Untold> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut pending = String::new();
    let mut at = 0;
    let mut trims = false;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find("{{")) {
        let start = at + found;
        let before = text.get(at..start).unwrap_or("");
        let before = if trims { before.trim_start() } else { before };
        let slashes = before.len() - before.trim_end_matches('\\').len();
        if slashes == 1 {
            // `\{{x}}` is text up to the next tag.
            pending.push_str(before.get(..before.len() - 1).unwrap_or(""));
            pending.push_str("{{");
            at = start + 2;
            trims = false;
            continue;
        }
        // `\\{{x}}` is a backslash and a tag.
        pending.push_str(before.get(..before.len() - usize::from(slashes > 1)).unwrap_or(""));
        let (tag, end, trim_before, trim_after) = read_tag(text, start)?;
        if trim_before {
            pending.truncate(pending.trim_end().len());
        }
        tokens.push(Token::Text(std::mem::take(&mut pending)));
        tokens.push(Token::Tag(tag));
        trims = trim_after;
        at = end;
    }
    let rest = text.get(at..).unwrap_or("");
    pending.push_str(if trims { rest.trim_start() } else { rest });
    tokens.push(Token::Text(pending));
    drop_lines(&mut tokens);
    Ok(tokens)
}

/// Takes away the line of every block tag and comment that stands alone on it.
fn drop_lines(tokens: &mut [Token]) {
    let blank_end = |text: &str, is_first: bool| {
        let tail = text.rsplit('\n').next().unwrap_or("");
        tail.trim().is_empty() && (text.contains('\n') || is_first)
    };
    let blank_start = |text: &str, is_last: bool| match text.split_once('\n') {
        Some((head, _)) => head.trim().is_empty(),
        None => is_last && text.trim().is_empty(),
    };
    let count = tokens.len();
    // Decided on the text as written, before anything is taken away.
    let alone: Vec<bool> = (0..count)
        .map(|index| {
            let Some(Token::Tag(tag)) = tokens.get(index) else { return false };
            let (Some(Token::Text(before)), Some(Token::Text(after))) = (tokens.get(index - 1), tokens.get(index + 1))
            else {
                return false;
            };
            tag.kind != Kind::Value && blank_end(before, index == 1) && blank_start(after, index + 2 == count)
        })
        .collect();
    for index in (0..count).filter(|index| alone.get(*index) == Some(&true)) {
        if let Some(Token::Text(before)) = tokens.get_mut(index - 1) {
            before.truncate(before.trim_end_matches([' ', '\t']).len());
        }
        if let Some(Token::Text(after)) = tokens.get_mut(index + 1) {
            let rest = after.trim_start_matches([' ', '\t']);
            let rest = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n')).unwrap_or(rest);
            *after = rest.to_owned();
        }
    }
}

/// The tag that begins at `start`, where it ends, and whether it trims before and after.
fn read_tag(text: &str, start: usize) -> Result<(Tag, usize, bool, bool), Untold> {
    let unclosed = || Untold::new("this tag is never closed", start..start + 2);
    let rest = text.get(start + 2..).unwrap_or("");
    if rest.starts_with("{{") {
        return Err(Untold::new("a raw block `{{{{` has no translation", start..start + 4));
    }
    let is_triple = rest.starts_with('{');
    let inner = rest.get(usize::from(is_triple)..).unwrap_or("");
    let trim_before = inner.starts_with('~');
    let inner = inner.get(usize::from(trim_before)..).unwrap_or("");
    let inner_start = text.len() - inner.len();
    if let Some(comment) = inner.strip_prefix('!') {
        let close = if comment.starts_with("--") { "--" } else { "" };
        let comment = comment.get(close.len()..).unwrap_or("");
        let (words, after) = comment
            .split_once(&format!("{close}}}}}"))
            .or_else(|| comment.split_once(&format!("{close}~}}}}")))
            .ok_or_else(unclosed)?;
        let end = text.len() - after.len();
        let tag = Tag {
            kind: Kind::Comment,
            words: vec![Word::Text(words.trim().trim_end_matches('~').to_owned())],
            at: start..end,
        };
        let trim_after = text.get(..end).is_some_and(|whole| whole.ends_with("~}}"));
        return Ok((tag, end, trim_before, trim_after));
    }
    let close = if is_triple { "}}}" } else { "}}" };
    let length = close_of(inner, close).ok_or_else(unclosed)?;
    let body = inner.get(..length).unwrap_or("");
    let end = inner_start + length + close.len();
    let trim_after = body.ends_with('~');
    let body = body.strip_suffix('~').unwrap_or(body).trim();
    let at = start..end;
    let (kind, body) = match body.chars().next() {
        Some('#') if body.starts_with("#*") || body.starts_with("#>") => {
            return Err(Untold::new("decorators and partial blocks have no translation", at));
        }
        Some('#') => (Kind::Open, body.get(1..).unwrap_or("")),
        Some('/') => (Kind::Close, body.get(1..).unwrap_or("")),
        Some('>') => (Kind::Partial, body.get(1..).unwrap_or("")),
        Some('&') => (Kind::Value, body.get(1..).unwrap_or("")),
        Some('^') if body.len() == 1 => (Kind::Else, ""),
        Some('^') => (Kind::Inverse, body.get(1..).unwrap_or("")),
        _ if body == "else" || body.starts_with("else ") => (Kind::Else, body.get(4..).unwrap_or("")),
        _ => (Kind::Value, body),
    };
    let mut chars = Words { text: body, at: 0 };
    let words = chars.list(0).ok_or_else(|| Untold::new(format!("`{}` has no translation", cut(body)), at.clone()))?;
    Ok((Tag { kind, words, at }, end, trim_before, trim_after))
}

/// Where a tag is closed: outside of texts in quotes.
fn close_of(inner: &str, close: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in inner.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None if inner.get(at..).is_some_and(|rest| rest.starts_with(close)) => return Some(at),
            None => {}
        }
    }
    None
}

/// Splits the inside of a tag into words.
struct Words<'t> {
    text: &'t str,
    at: usize,
}

impl Words<'_> {
    fn list(&mut self, depth: usize) -> Option<Vec<Word>> {
        let mut words = Vec::new();
        loop {
            let rest = self.text.get(self.at..)?;
            self.at += rest.len() - rest.trim_start().len();
            let rest = rest.trim_start();
            let Some(first) = rest.chars().next() else { return (depth == 0).then_some(words) };
            match first {
                ')' if depth > 0 => {
                    self.at += 1;
                    return Some(words);
                }
                '(' if depth < 8 => {
                    self.at += 1;
                    words.push(Word::Sub(self.list(depth + 1)?));
                }
                '"' | '\'' => {
                    let end = rest.get(1..)?.find(first)?;
                    words.push(Word::Text(rest.get(1..=end)?.to_owned()));
                    self.at += end + 2;
                }
                '|' => {
                    let end = rest.get(1..)?.find('|')?;
                    // `as` stands before it.
                    if words.pop() != Some(Word::Path("as".to_owned())) {
                        return None;
                    }
                    words.push(Word::Names(rest.get(1..=end)?.split_whitespace().map(str::to_owned).collect()));
                    self.at += end + 2;
                }
                _ => {
                    let end = word_end(rest);
                    let word = rest.get(..end).filter(|word| !word.is_empty())?;
                    self.at += end;
                    if rest.get(end..)?.starts_with('=') {
                        self.at += 1;
                        words.push(Word::Key(word.to_owned()));
                        continue;
                    }
                    words.push(match word {
                        "true" => Word::Bool(true),
                        "false" => Word::Bool(false),
                        "null" | "undefined" => Word::Nothing,
                        _ if word.parse::<f64>().is_ok_and(f64::is_finite) => Word::Number(word.to_owned()),
                        _ => Word::Path(word.to_owned()),
                    });
                }
            }
        }
    }
}

/// Length of a path; white space within `[…]` belongs to it.
fn word_end(rest: &str) -> usize {
    let mut in_brackets = false;
    for (at, c) in rest.char_indices() {
        match c {
            '[' => in_brackets = true,
            ']' => in_brackets = false,
            _ if in_brackets => {}
            c if c.is_whitespace() || matches!(c, '=' | '(' | ')' | '"' | '\'' | '|') => return at,
            _ => {}
        }
    }
    rest.len()
}
