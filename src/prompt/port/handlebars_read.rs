//! Reads Handlebars templates as dotprompt writes them.
//!
//! Names inside a loop mean fields of its item, `../` leads out of it.

use std::collections::HashSet;

use super::handlebars_split::{Kind, Tag, Token, Word, split};
use super::jinja_read::cut;
use super::piece::{Expr, Path, Piece, Step, Untold};

const MAX_DEPTH: usize = 40;

/// The pieces of a template, and what in it has no translation and is left out of them. `taken` are names that loops must not use.
pub(super) fn read_handlebars(text: &str, taken: &HashSet<String>) -> (Vec<Piece>, Vec<Untold>) {
    let tokens = match split(text) {
        Ok(tokens) => tokens,
        Err(untold) => return (Vec::new(), vec![untold]),
    };
    let mut taken = taken.clone();
    for token in &tokens {
        if let Token::Tag(tag) = token {
            roots(&tag.words, &mut taken);
        }
    }
    let mut reader = Reader { tokens, at: 0, scopes: vec![Scope::Root], taken, problems: Vec::new() };
    let mut pieces = Vec::new();
    if let Some(tag) = reader.body(&mut pieces, 0) {
        reader.problems.push(Untold::new("this tag closes nothing", tag.at));
    }
    (pieces, reader.problems)
}

/// What names mean at a place.
#[derive(Debug, Clone)]
enum Scope {
    /// The variables of the prompt.
    Root,
    /// The item of a loop, or a value of `with`.
    Value(Path),
}

struct Loop {
    item: String,
    key: Option<String>,
    /// Names given by `as |item index|`.
    names: Vec<String>,
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
    scopes: Vec<Scope>,
    taken: HashSet<String>,
    problems: Vec<Untold>,
}

impl Reader {
    fn body(&mut self, pieces: &mut Vec<Piece>, depth: usize) -> Option<Tag> {
        while self.at < self.tokens.len() {
            let index = self.at;
            self.at += 1;
            let tag = match self.tokens.get(index) {
                Some(Token::Tag(tag)) => tag.clone(),
                Some(Token::Text(text)) => {
                    if !text.is_empty() {
                        pieces.push(Piece::Text(text.clone()));
                    }
                    continue;
                }
                None => return None,
            };
            match tag.kind {
                Kind::Else | Kind::Close => return Some(tag),
                Kind::Comment => {
                    if let Some(Word::Text(text)) = tag.words.first().filter(|word| **word != Word::Text(String::new()))
                    {
                        pieces.push(Piece::Comment(text.clone()));
                    }
                }
                Kind::Partial => {
                    self.problems.push(Untold::new("a partial has no translation: insert its text", tag.at));
                }
                Kind::Value => self.value(&tag, pieces),
                Kind::Open | Kind::Inverse => self.block(&tag, pieces, depth),
            }
        }
        None
    }

    fn refuse(&mut self, what: impl Into<String>, tag: &Tag) {
        self.problems.push(Untold::new(what, tag.at.clone()));
    }

    fn value(&mut self, tag: &Tag, pieces: &mut Vec<Piece>) {
        match tag.words.as_slice() {
            [Word::Path(helper), Word::Text(role)] if helper == "role" => {
                pieces.push(Piece::Role(role.clone(), tag.at.clone()));
            }
            [Word::Path(helper), rest @ ..] if helper == "media" => self.media(rest, tag, pieces),
            [Word::Path(helper)] if helper == "history" => {
                self.refuse("`{{history}}` has no translation: prompts hold no earlier conversation", tag);
            }
            [Word::Path(helper), ..] if helper == "section" => self.refuse("`{{section}}` has no translation", tag),
            words => {
                let words = words.to_vec();
                match self.expression(&words) {
                    Ok(expr) => pieces.push(Piece::Print(expr, tag.at.clone())),
                    Err(what) => self.refuse(what, tag),
                }
            }
        }
    }

    fn media(&mut self, words: &[Word], tag: &Tag, pieces: &mut Vec<Piece>) {
        let mut url = None;
        let mut kind = None;
        for pair in words.chunks(2) {
            match pair {
                [Word::Key(key), word] if key == "url" => url = Some(self.expression(std::slice::from_ref(word))),
                [Word::Key(key), Word::Text(text)] if key == "contentType" => kind = Some(text.clone()),
                _ => return self.refuse("these words of `{{media}}` have no translation", tag),
            }
        }
        match url {
            Some(Ok(url)) => pieces.push(Piece::Media { url, kind, at: tag.at.clone() }),
            Some(Err(what)) => self.refuse(what, tag),
            None => self.refuse("`{{media}}` needs `url=`", tag),
        }
    }

    /// A value or condition.
    fn expression(&mut self, words: &[Word]) -> Result<Expr, String> {
        match words {
            [Word::Path(path)] => self.path(path).map(Expr::Path),
            [Word::Text(text)] if !text.contains('\\') => Ok(Expr::Text(text.clone())),
            [Word::Number(number)] => Ok(Expr::Number(number.clone())),
            [Word::Bool(flag)] => Ok(Expr::Bool(*flag)),
            [Word::Nothing] => Ok(Expr::Nothing),
            [Word::Sub(words)] => self.expression(words),
            [Word::Path(helper), word] if helper == "json" => {
                let inner = self.expression(std::slice::from_ref(word))?;
                Ok(Expr::Filter(Box::new(inner), "json_encode", Vec::new()))
            }
            [Word::Path(helper), ..] => Err(format!("the helper `{}` has no translation", cut(helper))),
            _ => Err("this has no translation".to_owned()),
        }
    }

    /// What a path means here.
    fn path(&self, written: &str) -> Result<Path, String> {
        let wrong = || format!("`{}` has no translation", cut(written));
        let mut rest = written;
        let mut scope = self.scopes.len().saturating_sub(1);
        if let Some(inner) = rest.strip_prefix("@root") {
            scope = 0;
            rest = inner.trim_start_matches(['.', '/']);
        } else if let Some(name) = rest.strip_prefix('@') {
            return match name {
                "index" => Ok(Path::of("loop").with([Step::Field("index0".to_owned())])),
                "first" | "last" => Ok(Path::of("loop").with([Step::Field(name.to_owned())])),
                "key" => self.key().ok_or_else(wrong),
                _ => Err(wrong()),
            };
        }
        while let Some(outer) = rest.strip_prefix("../") {
            scope = scope.checked_sub(1).ok_or_else(wrong)?;
            rest = outer;
        }
        let (is_this, rest) = match rest {
            "this" | "." => (true, ""),
            ".." => {
                scope = scope.checked_sub(1).ok_or_else(wrong)?;
                (true, "")
            }
            _ => match rest
                .strip_prefix("this.")
                .or_else(|| rest.strip_prefix("this/"))
                .or_else(|| rest.strip_prefix("./"))
            {
                Some(rest) => (true, rest),
                None => (false, rest),
            },
        };
        let steps = steps(rest).ok_or_else(wrong)?;
        match self.scopes.get(scope) {
            Some(Scope::Value(path)) => {
                let first = match steps.first() {
                    Some(Step::Field(name)) if !is_this => Some(name.as_str()),
                    _ => None,
                };
                if let Some(name) = first.filter(|name| self.is_loop_name(name)) {
                    return Ok(Path::of(name).with(steps.iter().skip(1).cloned()));
                }
                Ok(path.with(steps))
            }
            Some(Scope::Root) | None => match steps.split_first() {
                Some((Step::Field(root), steps)) if super::super::written::definition::variable_name(root).is_ok() => {
                    Ok(Path::of(root).with(steps.iter().cloned()))
                }
                _ => Err(wrong()),
            },
        }
    }

    fn is_loop_name(&self, name: &str) -> bool {
        self.taken.contains(&format!("|{name}"))
    }

    fn key(&self) -> Option<Path> {
        let Some(Scope::Value(path)) = self.scopes.last() else { return None };
        path.steps.is_empty().then(|| Path::of(&key_name(&path.root)))
    }

    fn block(&mut self, tag: &Tag, pieces: &mut Vec<Piece>, depth: usize) {
        if depth >= MAX_DEPTH {
            self.refuse(format!("blocks are nested more than {MAX_DEPTH} deep"), tag);
            self.at = self.tokens.len();
            return;
        }
        let (helper, rest) = match tag.words.split_first() {
            Some((Word::Path(helper), rest)) => (helper.clone(), rest.to_vec()),
            _ => (String::new(), Vec::new()),
        };
        match (tag.kind, helper.as_str()) {
            (Kind::Open, "each") => self.each(&rest, tag, pieces, depth),
            (Kind::Open, "with") => self.with(&rest, tag, pieces, depth),
            _ => {
                let test = self.condition(&helper, &rest, tag.kind == Kind::Inverse);
                let test = test.unwrap_or_else(|what| {
                    self.refuse(what, tag);
                    Expr::Nothing
                });
                self.branches(test, tag, pieces, depth);
            }
        }
    }

    fn condition(&mut self, helper: &str, rest: &[Word], is_inverse: bool) -> Result<Expr, String> {
        let not = |expr| Expr::Not(Box::new(expr));
        if is_inverse {
            return Err(format!("`{{{{^{helper}}}}}` has no translation: write `{{{{#unless {helper}}}}}`"));
        }
        match (helper, rest) {
            ("if", [_]) => self.expression(rest),
            ("unless", [_]) => self.expression(rest).map(not),
            ("ifEquals" | "unlessEquals", [one, other]) => {
                let one = self.expression(std::slice::from_ref(one))?;
                let other = self.expression(std::slice::from_ref(other))?;
                let joiner = if helper == "ifEquals" { "==" } else { "!=" };
                Ok(Expr::Two(joiner, Box::new(one), Box::new(other)))
            }
            ("if" | "unless" | "ifEquals" | "unlessEquals", _) => {
                Err(format!("`{helper}` with these words has no translation"))
            }
            (_, []) => Err(format!("a section `{{{{#{helper}}}}}` has no translation: write `#if` or `#each`")),
            _ => Err(format!("the helper `{}` has no translation", cut(helper))),
        }
    }

    fn branches(&mut self, first: Expr, tag: &Tag, pieces: &mut Vec<Piece>, depth: usize) {
        let mut arms = Vec::new();
        let mut otherwise = Vec::new();
        let mut test = first;
        loop {
            let mut body = Vec::new();
            let end = self.body(&mut body, depth + 1);
            arms.push((test, body));
            match end {
                None => return self.refuse("this block is never closed", tag),
                Some(end) if end.kind == Kind::Close => break,
                Some(end) => match end.words.split_first() {
                    None => {
                        if self.body(&mut otherwise, depth + 1).is_none_or(|end| end.kind != Kind::Close) {
                            return self.refuse("this block is never closed", tag);
                        }
                        break;
                    }
                    Some((Word::Path(helper), rest)) => {
                        let rest = rest.to_vec();
                        test = self.condition(&helper.clone(), &rest, false).unwrap_or_else(|what| {
                            self.refuse(what, &end);
                            Expr::Nothing
                        });
                    }
                    Some(_) => return self.refuse("this `else` has no translation", &end),
                },
            }
        }
        pieces.push(Piece::If { arms, otherwise, at: tag.at.clone() });
    }

    fn each(&mut self, words: &[Word], tag: &Tag, pieces: &mut Vec<Piece>, depth: usize) {
        let (over, names) = match words {
            [over] => (over, Vec::new()),
            [over, Word::Names(names)] if names.len() == 1 => (over, names.clone()),
            _ => return self.refuse("`each` with these words has no translation", tag),
        };
        let over = self.expression(std::slice::from_ref(over)).unwrap_or_else(|what| {
            self.refuse(what, tag);
            Expr::Nothing
        });
        let Loop { item, key, names } = self.name_loop(&over, names);
        self.scopes.push(Scope::Value(Path::of(&item)));
        let mut body = Vec::new();
        let mut end = self.body(&mut body, depth + 1);
        self.scopes.pop();
        for name in names {
            self.taken.remove(&format!("|{name}"));
        }
        let mut otherwise = Vec::new();
        if end.as_ref().is_some_and(|end| end.kind == Kind::Else) {
            end = self.body(&mut otherwise, depth + 1);
        }
        if end.is_none_or(|end| end.kind != Kind::Close) {
            return self.refuse("this block is never closed", tag);
        }
        let key = key.filter(|key| super::piece::usages(&body).contains_key(key));
        pieces.push(Piece::For { key, item, over, body, otherwise, at: tag.at.clone() });
    }

    /// Names for the item and key of a loop: those of the template, or made from the list's own name.
    fn name_loop(&mut self, over: &Expr, names: Vec<String>) -> Loop {
        let list = match over {
            Expr::Path(path) => path
                .steps
                .iter()
                .rev()
                .find_map(|step| match step {
                    Step::Field(name) => Some(name.as_str()),
                    Step::Index(_) => None,
                })
                .unwrap_or(&path.root),
            _ => "",
        };
        let singular = singular(list).filter(|name| super::super::written::definition::variable_name(name).is_ok());
        let depth = self.scopes.len();
        let usual = if depth < 2 { "item".to_owned() } else { format!("item{depth}") };
        let wanted = names.first().cloned().or(singular).unwrap_or(usual);
        let mut item = wanted.clone();
        while self.taken.contains(&item) && names.is_empty() {
            item.push('_');
        }
        for name in &names {
            self.taken.insert(format!("|{name}"));
        }
        let key = Some(key_name(&item));
        Loop { item, key, names }
    }

    fn with(&mut self, words: &[Word], tag: &Tag, pieces: &mut Vec<Piece>, depth: usize) {
        let value = match words {
            [Word::Path(path)] => self.path(path),
            _ => Err("`with` with these words has no translation".to_owned()),
        };
        let path = match value {
            Ok(path) => path,
            Err(what) => {
                self.refuse(what, tag);
                Path::of("with")
            }
        };
        self.scopes.push(Scope::Value(path.clone()));
        let mut body = Vec::new();
        let mut end = self.body(&mut body, depth + 1);
        self.scopes.pop();
        let mut otherwise = Vec::new();
        if end.as_ref().is_some_and(|end| end.kind == Kind::Else) {
            end = self.body(&mut otherwise, depth + 1);
        }
        if end.is_none_or(|end| end.kind != Kind::Close) {
            return self.refuse("this block is never closed", tag);
        }
        pieces.push(Piece::If { arms: vec![(Expr::Path(path), body)], otherwise, at: tag.at.clone() });
    }
}

/// The name of one of many, by the rules of English that are simple.
fn singular(many: &str) -> Option<String> {
    let one = if let Some(stem) = many.strip_suffix("ies") {
        format!("{stem}y")
    } else if ["shes", "ches", "xes", "sses"].iter().any(|ending| many.ends_with(ending)) {
        many.strip_suffix("es")?.to_owned()
    } else {
        many.strip_suffix('s').filter(|stem| !stem.ends_with('s'))?.to_owned()
    };
    (one.len() > 2).then_some(one)
}

/// The names that paths begin with.
fn roots(words: &[Word], found: &mut HashSet<String>) {
    for word in words {
        match word {
            Word::Path(path) => {
                let path = path.trim_start_matches("@root").trim_start_matches(['.', '/']);
                found.insert(path.split(['.', '/']).next().unwrap_or("").to_owned());
            }
            Word::Sub(words) => roots(words, found),
            Word::Text(_) | Word::Number(_) | Word::Bool(_) | Word::Nothing | Word::Key(_) | Word::Names(_) => {}
        }
    }
}

fn key_name(item: &str) -> String {
    format!("{item}_key")
}

/// `a.b/c.[d e].0` as steps.
fn steps(text: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let (name, after) = inner.split_once(']')?;
            steps.push(name.parse().map_or_else(|_| Step::Field(name.to_owned()), Step::Index));
            rest = after.strip_prefix(['.', '/']).unwrap_or(after);
            continue;
        }
        let end = rest.find(['.', '/']).unwrap_or(rest.len());
        let (name, after) = rest.split_at_checked(end)?;
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$'));
        if !is_name || matches!(name, "this") {
            return None;
        }
        steps.push(name.parse().map_or_else(|_| Step::Field(name.to_owned()), Step::Index));
        rest = after.strip_prefix(['.', '/']).unwrap_or(after);
    }
    Some(steps)
}
