//! What templates of all dialects have in common: text, values, conditions, loops.
//!
//! A reader per dialect makes pieces, a writer per dialect prints them; what is no piece cannot be translated.

use std::ops::Range;

use indexmap::IndexMap;

/// A piece of a template, and the bytes of its tag.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    /// Text as it is.
    Text(String),
    /// A value inserted.
    Print(Expr, Range<usize>),
    /// Conditions with their bodies, then what stands otherwise.
    If { arms: Vec<(Expr, Vec<Piece>)>, otherwise: Vec<Piece>, at: Range<usize> },
    /// A loop over a list, or over a mapping when there is a name for keys.
    For { key: Option<String>, item: String, over: Expr, body: Vec<Piece>, otherwise: Vec<Piece>, at: Range<usize> },
    /// A name for a value.
    Set { name: String, value: Expr, at: Range<usize> },
    /// A note for people.
    Comment(String),
    /// A message begins here: only in dotprompt.
    Role(String, Range<usize>),
    /// An image or document: only in dotprompt.
    Media { url: Expr, kind: Option<String>, at: Range<usize> },
}

/// A value or condition.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expr {
    /// A name and the way into it; `loop` is the loop itself.
    Path(Path),
    /// Text.
    Text(String),
    /// A number as written.
    Number(String),
    /// `true` or `false`.
    Bool(bool),
    /// Nothing.
    Nothing,
    /// Not that.
    Not(Box<Expr>),
    /// Two values and what joins them.
    Two(&'static str, Box<Expr>, Box<Expr>),
    /// A value through a filter.
    Filter(Box<Expr>, &'static str, Vec<Expr>),
    /// Whether a value is something, or is not when the flag is set.
    Is(Box<Expr>, &'static str, bool),
}

/// A name and the steps into its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    pub(super) root: String,
    pub(super) steps: Vec<Step>,
}

/// A step into a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Field(String),
    Index(usize),
}

impl Path {
    pub(super) fn of(root: &str) -> Path {
        Path { root: root.to_owned(), steps: Vec::new() }
    }

    pub(super) fn with(&self, steps: impl IntoIterator<Item = Step>) -> Path {
        let mut path = self.clone();
        path.steps.extend(steps);
        path
    }
}

/// Something that cannot be translated, and where it stands in the template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Untold {
    pub(super) what: String,
    pub(super) at: Range<usize>,
}

impl Untold {
    pub(super) fn new(what: impl Into<String>, at: Range<usize>) -> Untold {
        Untold { what: what.into(), at }
    }
}

/// The portable filters: our name of it, and what the arguments are called in tera. `default` and the rest mean the
/// same in tera, Jinja and Nunjucks.
pub(super) const FILTERS: &[(&str, &[&str])] = &[
    ("abs", &[]),
    ("capitalize", &[]),
    ("default", &["value"]),
    ("first", &[]),
    ("join", &["sep"]),
    ("json_encode", &[]),
    ("last", &[]),
    ("length", &[]),
    ("lower", &[]),
    ("replace", &["from", "to"]),
    ("reverse", &[]),
    ("title", &[]),
    ("trim", &[]),
    ("upper", &[]),
];

/// The portable tests.
pub(super) const TESTS: &[&str] = &["defined", "even", "none", "number", "odd", "string", "undefined"];

/// How a template uses a name that it takes from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Usage {
    /// It is inserted, or looped over, where nothing asked before whether it is there.
    pub(super) is_needed: bool,
    /// It is asked for in a condition, or has a default.
    pub(super) is_asked: bool,
    /// It is looped over as a list.
    pub(super) is_list: bool,
    /// It has fields, or keys to loop over.
    pub(super) has_fields: bool,
}

/// The names that templates take from outside, in the order of their first use.
pub(super) fn usages(pieces: &[Piece]) -> IndexMap<String, Usage> {
    let mut walk = Walk { found: IndexMap::new(), bound: Vec::new(), known: Vec::new() };
    walk.pieces(pieces);
    walk.found
}

struct Walk {
    found: IndexMap<String, Usage>,
    bound: Vec<String>,
    /// Names that an enclosing condition has asked for.
    known: Vec<String>,
}

impl Walk {
    fn pieces(&mut self, pieces: &[Piece]) {
        let outer = self.bound.len();
        for piece in pieces {
            match piece {
                Piece::Text(_) | Piece::Comment(_) | Piece::Role(..) => {}
                Piece::Print(expr, _) | Piece::Media { url: expr, .. } => self.expr(expr, false),
                Piece::Set { name, value, .. } => {
                    self.expr(value, false);
                    self.bound.push(name.clone());
                }
                Piece::If { arms, otherwise, .. } => {
                    for (test, body) in arms {
                        self.expr(test, true);
                        let before = self.known.len();
                        asked(test, &mut self.known);
                        self.pieces(body);
                        self.known.truncate(before);
                    }
                    self.pieces(otherwise);
                }
                Piece::For { key, item, over, body, otherwise, .. } => {
                    self.expr(over, false);
                    if let Expr::Path(path) = over
                        && let Some(usage) = self.free(&path.root)
                        && path.steps.is_empty()
                    {
                        usage.is_list |= key.is_none();
                        usage.has_fields |= key.is_some();
                    }
                    let before = self.bound.len();
                    self.bound.extend(key.iter().chain([item]).cloned());
                    self.bound.push("loop".to_owned());
                    self.pieces(body);
                    self.bound.truncate(before);
                    self.pieces(otherwise);
                }
            }
        }
        self.bound.truncate(outer);
    }

    fn free(&mut self, name: &str) -> Option<&mut Usage> {
        if self.bound.iter().any(|bound| bound == name) {
            return None;
        }
        Some(self.found.entry(name.to_owned()).or_default())
    }

    fn expr(&mut self, expr: &Expr, is_test: bool) {
        match expr {
            Expr::Path(path) => {
                let is_known = self.known.contains(&path.root);
                let has_fields = path.steps.iter().any(|step| matches!(step, Step::Field(_)));
                if let Some(usage) = self.free(&path.root) {
                    usage.is_asked |= is_test;
                    usage.is_needed |= !is_test && !is_known;
                    usage.has_fields |= has_fields;
                }
            }
            Expr::Not(inner) | Expr::Is(inner, ..) => self.expr(inner, is_test),
            Expr::Two(_, one, other) => {
                self.expr(one, is_test);
                self.expr(other, is_test);
            }
            Expr::Filter(inner, name, arguments) => {
                self.expr(inner, is_test || *name == "default");
                arguments.iter().for_each(|argument| self.expr(argument, is_test));
            }
            Expr::Text(_) | Expr::Number(_) | Expr::Bool(_) | Expr::Nothing => {}
        }
    }
}

/// Names that are there when the condition holds.
fn asked(test: &Expr, names: &mut Vec<String>) {
    match test {
        Expr::Path(path) => names.push(path.root.clone()),
        Expr::Is(inner, "defined", false) => asked(inner, names),
        Expr::Two("and", one, other) => {
            asked(one, names);
            asked(other, names);
        }
        Expr::Two("==", one, _) => asked(one, names),
        _ => {}
    }
}
