//! Which names a template needs from outside, where each is used first, which partials it includes and which filters,
//! tests and functions it calls: found from the text alone, without rendering.
//!
//! The rules of scope are those of tera 2: `for` binds inside its body, `set` binds from there on, `set_global` for the
//! whole template, a list comprehension inside its brackets; the filters of a `{% filter %}` or `{% set %}` block are
//! evaluated after the body.

use std::collections::HashSet;

use super::expression::{Ended, Expression, Start};
use super::lex::{Lexed, Token, lex};

/// A name that the template takes from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::prompt) struct Use {
    pub(in crate::prompt) name: String,
    pub(in crate::prompt) start: usize,
    pub(in crate::prompt) end: usize,
}

/// A partial that is included, and the names that are bound where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::prompt) struct Include {
    pub(in crate::prompt) name: String,
    pub(in crate::prompt) start: usize,
    pub(in crate::prompt) end: usize,
    pub(in crate::prompt) bound: HashSet<String>,
}

/// What is called by a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::prompt) enum CallKind {
    Filter,
    Test,
    Function,
}

/// A call of a filter, test or function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::prompt) struct Call {
    pub(in crate::prompt) kind: CallKind,
    pub(in crate::prompt) name: String,
    pub(in crate::prompt) start: usize,
    pub(in crate::prompt) end: usize,
}

/// A feature of tera that prompts do not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::prompt) struct Refused {
    pub(in crate::prompt) what: &'static str,
    pub(in crate::prompt) start: usize,
    pub(in crate::prompt) end: usize,
}

/// What a template needs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::prompt) struct Scan {
    /// Every use of a free name, in the order of the text.
    pub(in crate::prompt) uses: Vec<Use>,
    pub(in crate::prompt) includes: Vec<Include>,
    pub(in crate::prompt) calls: Vec<Call>,
    pub(in crate::prompt) refused: Vec<Refused>,
}

/// Scans a template. Text that tera refuses gives the part before the mistake.
pub(in crate::prompt) fn scan(text: &str) -> Scan {
    let tokens = lex(text);
    let mut scanner =
        Scanner { tokens: &tokens, at: 0, scopes: vec![HashSet::new()], blocks: Vec::new(), found: Scan::default() };
    while scanner.step() {}
    let mut found = scanner.found;
    // Names inside blocks and comprehensions are decided late; people read from top to bottom.
    found.uses.sort_by_key(|used| used.start);
    found
}

/// An open block.
enum Block {
    If,
    For { in_body: bool },
    Set { name: String, global: bool, late: Vec<Use> },
    Filter { late: Vec<Use> },
}

struct Scanner<'t> {
    tokens: &'t [Lexed<'t>],
    at: usize,
    scopes: Vec<HashSet<String>>,
    blocks: Vec<Block>,
    found: Scan,
}

impl<'t> Scanner<'t> {
    fn next(&mut self) -> Option<&'t Lexed<'t>> {
        let token = self.tokens.get(self.at);
        self.at += 1;
        token
    }

    fn ident(&mut self) -> Option<&'t str> {
        let word = if let Some(Token::Ident(word)) = self.tokens.get(self.at).map(|lexed| &lexed.token) {
            Some(*word)
        } else {
            None
        };
        self.at += usize::from(word.is_some());
        word
    }

    fn symbol(&mut self, wanted: &str) -> bool {
        let found = self.tokens.get(self.at).is_some_and(|lexed| lexed.token == Token::Symbol(wanted));
        self.at += usize::from(found);
        found
    }

    fn step(&mut self) -> bool {
        match self.next().map(|lexed| &lexed.token) {
            None => false,
            Some(Token::VariableStart) => {
                let uses = self.expression(Start::Operand, false);
                self.record(uses);
                true
            }
            Some(Token::TagStart) => {
                self.tag();
                true
            }
            Some(_) => true,
        }
    }

    /// Reads an expression up to the end of its tag and returns its free names, before scopes are applied.
    fn expression(&mut self, start: Start, in_loop_head: bool) -> Vec<Use> {
        let in_loop = in_loop_head || self.blocks.iter().any(|block| matches!(block, Block::For { in_body: true }));
        let Ended { uses, calls, refused, at } = Expression::new(self.tokens, self.at, in_loop, start).read();
        self.at = at;
        self.found.calls.extend(calls);
        self.found.refused.extend(refused);
        uses
    }

    fn is_bound(&self, name: &str) -> bool {
        self.scopes.iter().any(|scope| scope.contains(name))
    }

    fn record(&mut self, uses: Vec<Use>) {
        let free: Vec<Use> = uses.into_iter().filter(|used| !self.is_bound(&used.name)).collect();
        self.found.uses.extend(free);
    }

    fn bind(&mut self, name: &str, global: bool) {
        let scope = if global { self.scopes.first_mut() } else { self.scopes.last_mut() };
        if let Some(scope) = scope {
            scope.insert(name.to_owned());
        }
    }

    fn tag(&mut self) {
        let Some(first) = self.next() else { return };
        let word = match &first.token {
            Token::Ident(word) => *word,
            Token::Symbol("<" | "</") => {
                self.refuse("components", first);
                return;
            }
            _ => return,
        };
        match word {
            "set" | "set_global" => self.set(word == "set_global"),
            "for" => self.open_for(),
            "if" => {
                let uses = self.expression(Start::Operand, false);
                self.record(uses);
                self.blocks.push(Block::If);
            }
            "elif" => {
                let uses = self.expression(Start::Operand, false);
                self.record(uses);
            }
            "filter" => {
                let late = self.expression(Start::Filter, false);
                self.blocks.push(Block::Filter { late });
            }
            "include" => self.include(),
            "else" => self.other_branch(),
            "endset" | "endfilter" | "endfor" | "endif" => self.close(),
            "extends" | "block" => self.refuse("inheritance", first),
            "component" => self.refuse("components", first),
            _ => {}
        }
    }

    fn refuse(&mut self, what: &'static str, at: &Lexed<'_>) {
        self.found.refused.push(Refused { what, start: at.start, end: at.end });
    }

    fn set(&mut self, global: bool) {
        let Some(name) = self.ident() else { return };
        if self.symbol("=") {
            let uses = self.expression(Start::Operand, false);
            self.record(uses);
            self.bind(name, global);
        } else {
            let late = self.expression(Start::Operator, false);
            self.blocks.push(Block::Set { name: name.to_owned(), global, late });
        }
    }

    fn open_for(&mut self) {
        let mut names = HashSet::new();
        while let Some(name) = self.ident().filter(|name| *name != "in" || names.is_empty()) {
            names.insert(name.to_owned());
            if !self.symbol(",") && self.tokens.get(self.at).is_some_and(|next| next.token == Token::Ident("in")) {
                self.at += 1;
                break;
            }
        }
        let uses = self.expression(Start::Operand, true);
        self.record(uses);
        self.scopes.push(names);
        self.blocks.push(Block::For { in_body: true });
    }

    fn other_branch(&mut self) {
        if let Some(Block::For { in_body }) = self.blocks.last_mut() {
            if *in_body {
                self.scopes.pop();
            }
            *in_body = false;
        }
    }

    fn close(&mut self) {
        match self.blocks.pop() {
            Some(Block::For { in_body: true }) => {
                self.scopes.pop();
            }
            Some(Block::Set { name, global, late }) => {
                self.record(late);
                self.bind(&name, global);
            }
            Some(Block::Filter { late }) => self.record(late),
            Some(Block::If | Block::For { in_body: false }) | None => {}
        }
    }

    fn include(&mut self) {
        let Some(lexed) = self.next() else { return };
        let Token::Text(text) = &lexed.token else { return };
        // A name with escapes is no name of a partial; it is kept so that it is reported.
        let name = text.unwrap_or("\\").to_owned();
        let bound = self.scopes.iter().flatten().cloned().collect();
        self.found.includes.push(Include { name, start: lexed.start, end: lexed.end, bound });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let mut names = Vec::new();
        for used in scan(text).uses {
            assert_eq!(text.get(used.start..used.end), Some(used.name.as_str()));
            if !names.contains(&used.name) {
                names.push(used.name);
            }
        }
        names
    }

    #[test]
    fn names_are_found_in_every_kind_of_expression() {
        let table: &[(&str, &[&str])] = &[
            ("plain", &[]),
            ("{{ a }}{{a.b.c}}{{ d['x'] }}{{ e[f].g }}{{ h?.i }}{{ j?[k] }}", &["a", "d", "e", "f", "h", "j", "k"]),
            ("{{ a | upper | replace(from=b, to='c') }}", &["a", "b"]),
            ("{{ a if b is defined else c ~ d }}", &["a", "b", "c", "d"]),
            (
                "{% if a and not b or c in d %}{% elif e is divisible_by(divisor=f) %}{% endif %}",
                &["a", "b", "c", "d", "e", "f"],
            ),
            ("{{ range(end=n) }}{{ {'k': v, ...w} }}{{ [x, ...y][z:1] }}", &["n", "v", "w", "x", "y", "z"]),
            ("{{ none }}{{ None }}{{ null }}{{ true }}{{ 'a {{ b }}' }}{{ -x }}", &["x"]),
            ("{# {{ a }} #}{% raw %}{{ b }}{% endraw %}{{ c }}", &["c"]),
            ("{{ x is not none }}{{ x is string }}{{ y not in z }}", &["x", "y", "z"]),
        ];
        for (text, wanted) in table {
            assert_eq!(names(text), *wanted, "{text}");
        }
    }

    #[test]
    fn bound_names_are_not_needed_from_outside() {
        let table: &[(&str, &[&str])] = &[
            ("{% for x in xs %}{{ x }}{{ loop.index }}{% else %}{{ x }}{% endfor %}", &["xs", "x"]),
            ("{% for k, v in m %}{{ k }}{{ v }}{% endfor %}{{ k }}", &["m", "k"]),
            ("{% set a = b %}{{ a }}{{ c }}{% set c = 1 %}{{ c }}", &["b", "c"]),
            ("{% for x in xs %}{% set y = x %}{% set_global z = y %}{% endfor %}{{ y }}{{ z }}", &["xs", "y"]),
            ("{% set a | replace(from=b, to=a) %}{{ c }}{% set b = 1 %}{% endset %}{{ a }}", &["a", "c"]),
            ("{% filter replace(from=b, to='x') %}{% set b = 1 %}{% endfilter %}{{ b }}", &[]),
            ("{{ [x.y for x in xs if x != z] }}{{ x }}", &["xs", "z", "x"]),
            ("{{ [[x, y] for x, y in m] }}{{ [[q for q in p] for p in ps] }}", &["m", "ps"]),
            ("{{ [a if b else x for x in xs] }}", &["a", "b", "xs"]),
            ("{{ loop.index }}", &["loop"]),
            ("{% if a %}{% for x in xs %}{% if x %}{% else %}{{ x }}{% endif %}{% endfor %}{% endif %}", &["a", "xs"]),
        ];
        for (text, wanted) in table {
            assert_eq!(names(text), *wanted, "{text}");
        }
    }

    #[test]
    fn includes_know_what_is_bound_around_them() {
        let found = scan("{% include 'a.txt' %}{% for x in xs %}{% include \"b.txt\" %}{% endfor %}");
        let seen: Vec<_> = found.includes.iter().map(|i| (i.name.as_str(), i.bound.contains("x"))).collect();
        assert_eq!(seen, [("a.txt", false), ("b.txt", true)]);
    }

    #[test]
    fn calls_and_refused_features_have_places() {
        let text = "{{ a | nope(x=1) is odd }}{{ f() }}{% block x %}{% endblock %}{{ <C /> }}{{ __tera_context }}";
        let found = scan(text);
        let calls: Vec<_> = found.calls.iter().map(|c| (c.kind, c.name.as_str(), c.start)).collect();
        assert_eq!(calls, [(CallKind::Filter, "nope", 7), (CallKind::Test, "odd", 20), (CallKind::Function, "f", 29)]);
        let refused: Vec<_> = found.refused.iter().map(|refused| refused.what).collect();
        assert_eq!(refused, ["inheritance", "components", "names that start with `__tera_`"]);
    }
}
