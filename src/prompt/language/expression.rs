//! Reads one template expression for the names and calls in it.
//!
//! A machine with two main states, as an operand or an operator is due, tells names from keywords, attributes, filters
//! and argument names without building a tree, so that no nesting can exhaust the stack.

use super::lex::{Lexed, Token};
use super::scan::{Call, CallKind, Refused, Use};

/// What stands at the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::prompt) enum Start {
    /// A value.
    Operand,
    /// What follows a value: `{% set x | upper %}`.
    Operator,
    /// The name of a filter: `{% filter upper %}`.
    Filter,
}

/// What an expression holds, and where it ended.
pub(in crate::prompt) struct Ended {
    pub(in crate::prompt) uses: Vec<Use>,
    pub(in crate::prompt) calls: Vec<Call>,
    pub(in crate::prompt) refused: Vec<Refused>,
    /// Index of the token after the end of the tag.
    pub(in crate::prompt) at: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Operand,
    Operator,
    Attribute,
    Filter,
    Test,
}

/// An open bracket; a list may turn out to be a comprehension.
struct Frame {
    bracket: char,
    /// Index of the first name used inside.
    first_use: usize,
    comprehension: Option<Comprehension>,
}

/// `[value for names in target if condition]`: value and condition see the names, the target does not.
struct Comprehension {
    names: Vec<String>,
    held: Vec<Use>,
    condition_from: Option<usize>,
}

pub(in crate::prompt) struct Expression<'t> {
    tokens: &'t [Lexed<'t>],
    at: usize,
    in_loop: bool,
    state: State,
    frames: Vec<Frame>,
    found: Ended,
}

impl<'t> Expression<'t> {
    /// Starts at token `at`; inside of a loop, `loop.index` and its siblings are no names from outside.
    pub(in crate::prompt) fn new(tokens: &'t [Lexed<'t>], at: usize, in_loop: bool, start: Start) -> Expression<'t> {
        let state = match start {
            Start::Operand => State::Operand,
            Start::Operator => State::Operator,
            Start::Filter => State::Filter,
        };
        let found = Ended { uses: Vec::new(), calls: Vec::new(), refused: Vec::new(), at };
        Expression { tokens, at, in_loop, state, frames: Vec::new(), found }
    }

    /// Reads up to and with the end of the tag.
    pub(in crate::prompt) fn read(mut self) -> Ended {
        while let Some(lexed) = self.tokens.get(self.at) {
            self.at += 1;
            match &lexed.token {
                Token::VariableEnd | Token::TagEnd => break,
                Token::VariableStart | Token::TagStart => {
                    // Cannot follow inside a tag; the scanner takes it from here.
                    self.at -= 1;
                    break;
                }
                Token::Text(_) | Token::Literal => self.state = State::Operator,
                Token::Symbol(symbol) => self.symbol(symbol, lexed),
                Token::Ident(word) => self.word(word, lexed),
            }
        }
        while let Some(frame) = self.frames.pop() {
            self.leave(frame);
        }
        self.found.at = self.at;
        self.found
    }

    fn peek(&self) -> Option<&'t Token<'t>> {
        self.tokens.get(self.at).map(|lexed| &lexed.token)
    }

    fn symbol(&mut self, symbol: &str, lexed: &Lexed<'_>) {
        self.state = match (symbol, self.state) {
            ("(" | "[" | "?[" | "{", _) => {
                let bracket = symbol.chars().last().unwrap_or('(');
                self.frames.push(Frame { bracket, first_use: self.found.uses.len(), comprehension: None });
                State::Operand
            }
            (")" | "]" | "}", _) => {
                if let Some(frame) = self.frames.pop() {
                    self.leave(frame);
                }
                State::Operator
            }
            ("." | "?.", _) => State::Attribute,
            ("|", _) => State::Filter,
            ("<", State::Operand) => {
                self.found.refused.push(Refused { what: "components", start: lexed.start, end: lexed.end });
                // Component syntax is not that of expressions: leave the rest of the tag alone.
                while !matches!(self.peek(), None | Some(Token::VariableEnd | Token::TagEnd)) {
                    self.at += 1;
                }
                State::Operator
            }
            _ => State::Operand,
        };
    }

    fn word(&mut self, word: &str, lexed: &Lexed<'_>) {
        self.state = match self.state {
            State::Attribute => State::Operator,
            State::Filter => self.call(CallKind::Filter, word, lexed),
            State::Test if word == "not" => State::Test,
            State::Test => self.call(CallKind::Test, word, lexed),
            State::Operator => self.operator(word),
            State::Operand => self.operand(word, lexed),
        };
    }

    fn call(&mut self, kind: CallKind, name: &str, lexed: &Lexed<'_>) -> State {
        self.found.calls.push(Call { kind, name: name.to_owned(), start: lexed.start, end: lexed.end });
        State::Operator
    }

    fn operand(&mut self, word: &str, lexed: &Lexed<'_>) -> State {
        match (word, self.peek()) {
            ("none" | "None" | "null", _) => State::Operator,
            ("not", _) => State::Operand,
            (_, Some(Token::Symbol("("))) => self.call(CallKind::Function, word, lexed),
            (_, Some(Token::Symbol("="))) if self.frames.last().is_some_and(|frame| frame.bracket == '(') => {
                // The name of an argument.
                self.at += 1;
                State::Operand
            }
            ("loop", Some(Token::Symbol("." | "?."))) if self.in_loop => State::Operator,
            _ => {
                if word.starts_with("__tera_") {
                    let what = "names that start with `__tera_`";
                    self.found.refused.push(Refused { what, start: lexed.start, end: lexed.end });
                } else {
                    self.found.uses.push(Use { name: word.to_owned(), start: lexed.start, end: lexed.end });
                }
                State::Operator
            }
        }
    }

    fn operator(&mut self, word: &str) -> State {
        match word {
            "is" => State::Test,
            "not" => State::Operator,
            "for" => self.comprehension(),
            "if" => {
                let from = self.found.uses.len();
                if let Some(comprehension) = self.frames.last_mut().and_then(|frame| frame.comprehension.as_mut()) {
                    comprehension.condition_from.get_or_insert(from);
                }
                State::Operand
            }
            _ => State::Operand,
        }
    }

    /// After `[value for`: the names up to `in`; what the value used is held until they are known.
    fn comprehension(&mut self) -> State {
        let mut names = Vec::new();
        while let Some(token) = self.peek() {
            match token {
                Token::Ident("in") if !names.is_empty() => {
                    self.at += 1;
                    break;
                }
                Token::Ident(name) => names.push((*name).to_owned()),
                Token::Symbol(",") => {}
                _ => break,
            }
            self.at += 1;
        }
        let uses = &mut self.found.uses;
        if let Some(frame) = self.frames.last_mut().filter(|frame| frame.bracket == '[') {
            let held = uses.split_off(frame.first_use.min(uses.len()));
            frame.comprehension = Some(Comprehension { names, held, condition_from: None });
        }
        State::Operand
    }

    fn leave(&mut self, frame: Frame) {
        let Some(comprehension) = frame.comprehension else { return };
        let uses = &mut self.found.uses;
        let mut inside = comprehension.held;
        if let Some(from) = comprehension.condition_from {
            inside.extend(uses.split_off(from.min(uses.len())));
        }
        uses.extend(inside.into_iter().filter(|used| !comprehension.names.contains(&used.name)));
    }
}
