//! Where a template prints its variables, followed through `set`, `for` and includes.
//!
//! A name bound by `{% set x = … %}` or `{% for x in … %}` stands for the variables of its expression. Conditions print
//! nothing; neither do filters that give numbers.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use super::super::language::expression::{Ended, Expression, Start};
use super::super::language::lex::{Lexed, Token, lex};
use super::super::language::scan::CallKind;
use super::super::language::text::TemplateText;
use super::super::partials::Partial;
use super::delimiters::is_delimited;

/// Filters whose result carries nothing of the text that they are given but a number.
const NUMERIC: &[&str] = &["length", "wordcount", "int", "float", "abs", "round"];

/// Filters that put a text into a frame of their own.
const FRAMING: &[&str] = &["section", "json_encode"];

/// Deepest chain of includes; the reading side refuses deeper ones.
const MAX_DEPTH: usize = 16;

/// Printed variables of a message that are judged by what stands around them; a template with more is made by a program, and
/// each look goes through the whole text.
const MOST_JUDGED: usize = 500;

/// Names that stand for variables, innermost scope last.
type Scopes = Vec<HashMap<String, Vec<String>>>;

/// A variable that a template prints.
pub(super) struct Printed<'t> {
    /// The variable of the prompt.
    pub(super) variable: String,
    /// The text it stands in: a message, or a partial.
    pub(super) text: &'t TemplateText,
    /// Where the name is used in that text.
    pub(super) range: Range<usize>,
    /// Whether something around it says where it begins and ends.
    pub(super) is_delimited: bool,
}

/// A name that a template binds: by `set`, `for` or a comprehension.
pub(super) struct Bound<'t> {
    pub(super) name: &'t str,
    pub(super) range: Range<usize>,
}

/// What a message prints, partials included, in the order of the text.
pub(super) fn printed<'t>(text: &'t TemplateText, partials: &'t BTreeMap<String, Arc<Partial>>) -> Vec<Printed<'t>> {
    let mut out = Vec::new();
    walk(text, partials, &HashMap::new(), false, 0, &mut out);
    out
}

fn walk<'t>(
    text: &'t TemplateText,
    partials: &'t BTreeMap<String, Arc<Partial>>,
    bound: &HashMap<String, Vec<String>>,
    is_framed: bool,
    depth: usize,
    out: &mut Vec<Printed<'t>>,
) {
    let tokens = lex(text.as_str());
    let walker =
        Walker { text, partials, tokens: &tokens, scopes: vec![bound.clone()], blocks: Vec::new(), is_framed, depth };
    walker.run(out);
}

enum Block {
    For,
    /// A captured text: its name, and how much was printed before it.
    Set(String, usize),
    Other,
}

struct Walker<'t, 'a> {
    text: &'t TemplateText,
    partials: &'t BTreeMap<String, Arc<Partial>>,
    tokens: &'a [Lexed<'t>],
    scopes: Scopes,
    blocks: Vec<Block>,
    is_framed: bool,
    depth: usize,
}

impl<'t> Walker<'t, '_> {
    fn run(mut self, out: &mut Vec<Printed<'t>>) {
        let mut at = 0;
        while let Some(lexed) = self.tokens.get(at) {
            at = match lexed.token {
                Token::VariableStart => self.print(at, out),
                Token::TagStart => self.tag(at, out),
                _ => at + 1,
            };
        }
    }

    /// The variables that a name stands for.
    fn roots(&self, name: &str) -> Vec<String> {
        let known = self.scopes.iter().rev().find_map(|scope| scope.get(name));
        known.cloned().unwrap_or_else(|| vec![name.to_owned()])
    }

    fn read(&self, at: usize, start: Start) -> Ended {
        Expression::new(self.tokens, at, true, start).read()
    }

    /// The variables that an expression from `at` takes its value from, with the bytes of each name.
    fn sources(&self, at: usize, ended: &Ended) -> Vec<(String, Range<usize>)> {
        let is_numeric =
            ended.calls.iter().any(|call| call.kind == CallKind::Filter && NUMERIC.contains(&call.name.as_str()))
                || ended.calls.iter().any(|call| call.kind == CallKind::Test);
        let conditions = self.conditions(at, ended.at);
        let counts = |start: usize| !conditions.iter().any(|range| range.contains(&start));
        let uses = ended.uses.iter().filter(|used| counts(used.start));
        // `a if a is defined else b` tests in its condition only.
        if is_numeric && conditions.is_empty() {
            return Vec::new();
        }
        uses.flat_map(|used| self.roots(&used.name).into_iter().map(|root| (root, used.start..used.end))).collect()
    }

    /// The bytes between `if` and `else` (or the end) of conditional expressions.
    fn conditions(&self, from: usize, to: usize) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        let mut open = None;
        for lexed in self.tokens.get(from..to).unwrap_or_default() {
            match lexed.token {
                Token::Ident("if") => open = Some(lexed.end),
                Token::Ident("else") | Token::VariableEnd | Token::TagEnd => {
                    found.extend(open.take().map(|start| start..lexed.start));
                }
                _ => {}
            }
        }
        found
    }

    /// Reads `{{ … }}`; gives the token behind it.
    fn print(&self, at: usize, out: &mut Vec<Printed<'t>>) -> usize {
        let ended = self.read(at + 1, Start::Operand);
        let start = self.tokens.get(at).map_or(0, |lexed| lexed.start);
        let end = self.tokens.get(ended.at.saturating_sub(1)).map_or(start, |lexed| lexed.end);
        let is_framing = |call: &super::super::language::scan::Call| {
            call.kind == CallKind::Filter && FRAMING.contains(&call.name.as_str())
        };
        let sources = self.sources(at + 1, &ended);
        if !sources.is_empty() {
            let is_delimited = self.is_framed
                || out.len() >= MOST_JUDGED
                || ended.calls.iter().any(is_framing)
                || is_delimited(self.text.as_str(), start..end);
            let print = |(variable, range)| Printed { variable, text: self.text, range, is_delimited };
            out.extend(sources.into_iter().map(print));
        }
        ended.at
    }

    fn bind(&mut self, name: &str, roots: Vec<String>, is_global: bool) {
        let scope = if is_global { self.scopes.first_mut() } else { self.scopes.last_mut() };
        if let Some(scope) = scope {
            scope.insert(name.to_owned(), roots);
        }
    }

    /// Reads `{% … %}`; gives the token behind it.
    fn tag(&mut self, at: usize, out: &mut Vec<Printed<'t>>) -> usize {
        let Some(Token::Ident(word)) = self.tokens.get(at + 1).map(|lexed| &lexed.token) else { return at + 1 };
        match *word {
            "set" | "set_global" => return self.set(at + 2, *word == "set_global", out.len()),
            "for" => return self.open_for(at + 2),
            "include" => self.include(at + 2, out),
            "if" | "filter" => self.blocks.push(Block::Other),
            "else" => {
                if let (Some(Block::For), Some(scope)) = (self.blocks.last(), self.scopes.last_mut()) {
                    scope.clear();
                }
            }
            "endif" | "endfilter" | "endset" | "endfor" => self.close(out),
            _ => {}
        }
        self.read(at + 2, Start::Operand).at
    }

    fn set(&mut self, at: usize, is_global: bool, printed: usize) -> usize {
        let Some(Token::Ident(name)) = self.tokens.get(at).map(|lexed| &lexed.token) else { return at };
        if self.tokens.get(at + 1).is_some_and(|lexed| lexed.token == Token::Symbol("=")) {
            let ended = self.read(at + 2, Start::Operand);
            let roots = self.sources(at + 2, &ended).into_iter().map(|(root, _)| root).collect();
            self.bind(name, roots, is_global);
            return ended.at;
        }
        self.blocks.push(Block::Set((*name).to_owned(), printed));
        self.read(at + 1, Start::Operator).at
    }

    fn open_for(&mut self, mut at: usize) -> usize {
        let mut names = Vec::new();
        while let Some(lexed) = self.tokens.get(at) {
            at += 1;
            match lexed.token {
                Token::Ident("in") if !names.is_empty() => break,
                Token::Ident(name) => names.push(name.to_owned()),
                Token::Symbol(",") => {}
                _ => return at,
            }
        }
        let ended = self.read(at, Start::Operand);
        let roots: Vec<String> = self.sources(at, &ended).into_iter().map(|(root, _)| root).collect();
        self.scopes.push(names.into_iter().map(|name| (name, roots.clone())).collect());
        self.blocks.push(Block::For);
        ended.at
    }

    fn close(&mut self, out: &mut Vec<Printed<'t>>) {
        match self.blocks.pop() {
            Some(Block::For) => {
                self.scopes.pop();
            }
            // What a block captures is printed where its name is printed.
            Some(Block::Set(name, printed)) => {
                let roots = out.drain(printed.min(out.len())..).map(|printed| printed.variable).collect();
                self.bind(&name, roots, false);
            }
            Some(Block::Other) | None => {}
        }
    }

    fn include(&self, at: usize, out: &mut Vec<Printed<'t>>) {
        let Some(lexed) = self.tokens.get(at) else { return };
        let Token::Text(Some(name)) = lexed.token else { return };
        let Some(partial) = self.partials.get(name).filter(|_| self.depth < MAX_DEPTH) else { return };
        let mut bound = HashMap::new();
        self.scopes.iter().for_each(|scope| bound.extend(scope.clone()));
        let start = self.tokens.get(at.saturating_sub(2)).map_or(lexed.start, |tag| tag.start);
        let end = self.tokens.get(at + 1).map_or(lexed.end, |tag| tag.end);
        let is_framed = self.is_framed || is_delimited(self.text.as_str(), start..end);
        walk(&partial.text, self.partials, &bound, is_framed, self.depth + 1, out);
    }
}

/// The names that a template binds, in the order of the text.
pub(super) fn bound(text: &str) -> Vec<Bound<'_>> {
    let tokens = lex(text);
    let mut found = Vec::new();
    let token = |at: usize| tokens.get(at).map(|lexed: &Lexed<'_>| &lexed.token);
    for at in 0..tokens.len() {
        let is_tag = at > 0 && token(at - 1) == Some(&Token::TagStart);
        let mut take = |at: usize| {
            if let Some(Lexed { token: Token::Ident(name), start, end }) = tokens.get(at) {
                found.push(Bound { name, range: *start..*end });
            }
        };
        match token(at) {
            Some(Token::Ident("set" | "set_global")) if is_tag => take(at + 1),
            // Inside an expression a `for` is a comprehension; behind a dot it is the name of a field.
            Some(Token::Ident("for")) if at > 0 && token(at - 1) != Some(&Token::Symbol(".")) => {
                let mut next = at + 1;
                while let Some(Token::Ident(name)) = token(next) {
                    if *name == "in" && next > at + 1 {
                        break;
                    }
                    take(next);
                    next += if token(next + 1) == Some(&Token::Symbol(",")) { 2 } else { 1 };
                }
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Source;

    fn text(template: &str) -> TemplateText {
        TemplateText::of_file(&Source::new("t.txt", template))
    }

    fn names(template: &str) -> Vec<String> {
        let text = text(template);
        let partials = BTreeMap::new();
        printed(&text, &partials).into_iter().map(|printed| printed.variable).collect()
    }

    #[test]
    fn variables_are_followed_to_where_they_are_printed() {
        let table: &[(&str, &[&str])] = &[
            ("{{ a }} {{ b.c | upper }}", &["a", "b"]),
            ("{% if a %}x{% elif b %}y{% endif %}", &[]),
            ("{% for x in xs %}{{ x.text }}{{ loop.index }}{% endfor %}", &["xs"]),
            ("{% for k, v in m %}{{ k }}{{ v }}{% else %}{{ k }}{% endfor %}", &["m", "m", "k"]),
            ("{% set y = a ~ b %}{{ y }}", &["a", "b"]),
            ("{% set y = 'fixed' %}{{ y }}", &[]),
            ("{% set y %}<{{ a }}>{% endset %}.{{ y }}", &["a"]),
            ("{{ xs | length }}{{ a is defined }}{{ 'yes' if a else 'no' }}", &[]),
            ("{{ b if a is defined else c }}", &["b", "c"]),
            ("{{ a | default(value=b) }}", &["a", "b"]),
            ("{% filter upper %}{{ a }}{% endfilter %}", &["a"]),
            ("{% raw %}{{ a }}{% endraw %}{# {{ b }} #}", &[]),
            ("{{ a", &["a"]),
        ];
        for (template, wanted) in table {
            assert_eq!(names(template), *wanted, "{template}");
        }
    }

    #[test]
    fn ranges_are_those_of_the_names() {
        let text = text("ü {% for x in xs %}{{ x }}{% endfor %}");
        let partials = BTreeMap::new();
        let found = printed(&text, &partials);
        assert_eq!(&text.as_str()[found[0].range.clone()], "x");
        assert_eq!(found[0].variable, "xs");
    }

    #[test]
    fn bound_names_have_places() {
        let template = "{% set a = 1 %}{% for k, v in m %}{{ [x for x in xs] }}{{ a.for }}{% endfor %}{% set_global g %}{% endset %}";
        let found: Vec<_> = bound(template).into_iter().map(|bound| (bound.name, &template[bound.range])).collect();
        assert_eq!(found, [("a", "a"), ("k", "k"), ("v", "v"), ("x", "x"), ("g", "g")]);
    }
}
