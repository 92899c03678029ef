//! Reads expressions of the common part of tera, Jinja and Nunjucks.

use super::super::language::lex::{Lexed, Token};
use super::jinja_read::Jinja;
use super::piece::{Expr, FILTERS, Path, Step, TESTS, Untold};

/// Deepest nesting of brackets.
const MAX_DEPTH: usize = 32;

/// What joins two values, from the weakest to the strongest.
const LEVELS: &[&[&str]] = &[&["or"], &["and"], &["==", "!=", "<", ">", "<=", ">=", "in"], &["~", "+", "-"], &["*"]];

/// Filters that other dialects name differently: theirs, ours.
const OTHER_NAMES: &[(&str, &str)] =
    &[("tojson", "json_encode"), ("dump", "json_encode"), ("d", "default"), ("count", "length")];

pub(super) struct Expressions<'t> {
    text: &'t str,
    tokens: &'t [Lexed<'t>],
    at: usize,
    dialect: Jinja,
    depth: usize,
}

impl<'t> Expressions<'t> {
    /// `tokens` are those of an expression in `text`.
    pub(super) fn new(text: &'t str, tokens: &'t [Lexed<'t>], dialect: Jinja) -> Expressions<'t> {
        Expressions { text, tokens, at: 0, dialect, depth: 0 }
    }

    /// The whole expression.
    pub(super) fn read(mut self) -> Result<Expr, Untold> {
        let expr = self.level(0)?;
        if self.at < self.tokens.len() {
            Err(self.refuse("this part of the expression has no translation"))
        } else {
            Ok(expr)
        }
    }

    fn refuse(&self, what: impl Into<String>) -> Untold {
        let token = self.tokens.get(self.at).or_else(|| self.tokens.last());
        Untold::new(what, token.map_or(0..0, |token| token.start..token.end))
    }

    fn peek(&self) -> Option<&'t Token<'t>> {
        self.tokens.get(self.at).map(|lexed| &lexed.token)
    }

    fn take(&mut self, wanted: &Token<'_>) -> bool {
        let found = self.peek().is_some_and(|token| token == wanted);
        self.at += usize::from(found);
        found
    }

    fn symbol(&mut self, wanted: &'static str) -> bool {
        self.take(&Token::Symbol(wanted))
    }

    fn word(&mut self, wanted: &'static str) -> bool {
        self.take(&Token::Ident(wanted))
    }

    fn level(&mut self, level: usize) -> Result<Expr, Untold> {
        let Some(joiners) = LEVELS.get(level) else { return self.unary() };
        if level == 2 && self.word("not") {
            // `not` binds weaker than comparisons.
            self.deeper()?;
            let inner = self.level(level)?;
            self.depth -= 1;
            return Ok(Expr::Not(Box::new(inner)));
        }
        let mut left = self.level(level + 1)?;
        loop {
            if level == 2 {
                if self.word("is") {
                    left = self.test(left)?;
                    continue;
                }
                if self.peek() == Some(&Token::Ident("not"))
                    && self.tokens.get(self.at + 1).is_some_and(|next| next.token == Token::Ident("in"))
                {
                    self.at += 2;
                    let right = self.level(level + 1)?;
                    left = Expr::Not(Box::new(Expr::Two("in", Box::new(left), Box::new(right))));
                    continue;
                }
            }
            let Some(joiner) = joiners.iter().find(|joiner| {
                self.peek()
                    .is_some_and(|token| matches!(token, Token::Symbol(word) | Token::Ident(word) if word == *joiner))
            }) else {
                return Ok(left);
            };
            // It joins texts in one language and fails in the other.
            if *joiner == "+" {
                return Err(self.refuse(format!("`{joiner}` does not mean the same in both template languages")));
            }
            self.at += 1;
            let right = self.level(level + 1)?;
            left = Expr::Two(joiner, Box::new(left), Box::new(right));
        }
    }

    fn test(&mut self, left: Expr) -> Result<Expr, Untold> {
        let negated = self.word("not");
        let Some(Token::Ident(name)) = self.peek() else { return Err(self.refuse("this test has no translation")) };
        let Some(known) = TESTS.iter().find(|known| *known == name) else {
            return Err(self.refuse(format!("the test `{name}` has no translation")));
        };
        self.at += 1;
        Ok(Expr::Is(Box::new(left), known, negated))
    }

    fn deeper(&mut self) -> Result<(), Untold> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(self.refuse("the expression is nested too deep")) } else { Ok(()) }
    }

    fn unary(&mut self) -> Result<Expr, Untold> {
        let is_negative = self.symbol("-");
        let mut expr = self.operand()?;
        if is_negative {
            let Expr::Number(number) = expr else { return Err(self.refuse("`-` before this has no translation")) };
            expr = Expr::Number(format!("-{number}"));
        }
        while self.symbol("|") {
            expr = self.filter(expr)?;
        }
        Ok(expr)
    }

    fn operand(&mut self) -> Result<Expr, Untold> {
        let Some(lexed) = self.tokens.get(self.at) else { return Err(self.refuse("the expression ends too early")) };
        match &lexed.token {
            Token::Text(Some(text)) => {
                self.at += 1;
                Ok(Expr::Text((*text).to_owned()))
            }
            Token::Text(None) => Err(self.refuse("a text with `\\` in an expression has no translation")),
            Token::Symbol("(") => {
                self.at += 1;
                self.deeper()?;
                let inner = self.level(0)?;
                self.depth -= 1;
                if self.symbol(")") { Ok(inner) } else { Err(self.refuse("`)` is missing")) }
            }
            Token::Literal => {
                self.at += 1;
                Ok(self.literal(lexed))
            }
            Token::Ident("none" | "None" | "null") => {
                self.at += 1;
                Ok(Expr::Nothing)
            }
            Token::Ident(name) => {
                self.at += 1;
                self.path(name).map(Expr::Path)
            }
            _ => Err(self.refuse("this expression has no translation")),
        }
    }

    /// A number or a flag.
    fn literal(&self, lexed: &Lexed<'_>) -> Expr {
        match self.text.get(lexed.start..lexed.end).unwrap_or("") {
            "true" | "True" => Expr::Bool(true),
            "false" | "False" => Expr::Bool(false),
            number => Expr::Number(number.to_owned()),
        }
    }

    fn path(&mut self, root: &str) -> Result<Path, Untold> {
        let mut path = Path::of(root);
        loop {
            if self.symbol(".") {
                let Some(Token::Ident(name)) = self.peek() else { return Err(self.refuse("a field is missing here")) };
                path.steps.push(Step::Field((*name).to_owned()));
                self.at += 1;
            } else if self.symbol("[") {
                let step = match self.tokens.get(self.at).map(|lexed| (&lexed.token, lexed)) {
                    Some((Token::Text(Some(text)), _)) => Step::Field((*text).to_owned()),
                    Some((Token::Literal, lexed)) => match self.literal(lexed) {
                        Expr::Number(number) => {
                            Step::Index(number.parse().map_err(|_| self.refuse("this index has no translation"))?)
                        }
                        _ => return Err(self.refuse("this index has no translation")),
                    },
                    _ => return Err(self.refuse("this index has no translation")),
                };
                self.at += 1;
                if !self.symbol("]") {
                    return Err(self.refuse("this index has no translation"));
                }
                path.steps.push(step);
            } else if self.peek() == Some(&Token::Symbol("(")) {
                return Err(self.refuse(format!("the call of `{root}` has no translation")));
            } else {
                return Ok(path);
            }
        }
    }

    fn filter(&mut self, on: Expr) -> Result<Expr, Untold> {
        let Some(Token::Ident(written)) = self.peek() else { return Err(self.refuse("a filter is missing here")) };
        let written = *written;
        let ours = OTHER_NAMES
            .iter()
            .find(|(theirs, _)| *theirs == written && self.dialect != Jinja::Tera)
            .map_or(written, |(_, ours)| *ours);
        // Nothing is escaped in prompts, so `safe` has nothing to do.
        if written == "safe" {
            self.at += 1;
            return Ok(on);
        }
        let Some((name, names)) = FILTERS.iter().find(|(name, _)| *name == ours) else {
            return Err(self.refuse(format!("the filter `{written}` has no translation")));
        };
        self.at += 1;
        let mut arguments = Vec::new();
        if self.symbol("(") {
            while !self.symbol(")") {
                let named = match (self.peek(), self.tokens.get(self.at + 1).map(|next| &next.token)) {
                    (Some(Token::Ident(given)), Some(Token::Symbol("="))) => Some(*given),
                    _ => None,
                };
                if let Some(given) = named {
                    let is_expected = names.get(arguments.len()).is_some_and(|name| *name == given);
                    if !is_expected {
                        return Err(self.refuse(format!("the argument `{given}` of `{written}` has no translation")));
                    }
                    self.at += 2;
                }
                self.deeper()?;
                arguments.push(self.level(0)?);
                self.depth -= 1;
                if !self.symbol(",") && self.peek() != Some(&Token::Symbol(")")) {
                    return Err(self.refuse("`)` is missing"));
                }
            }
        }
        let fits = arguments.len() == names.len() || (*name == "join" && arguments.is_empty());
        if !fits {
            return Err(self.refuse(format!("`{written}` with these arguments has no translation")));
        }
        Ok(Expr::Filter(Box::new(on), name, arguments))
    }
}
