//! Splits a template into the tokens that the scanner needs, by the rules of tera 2.
//!
//! tera has no public lexer with positions. This one knows what decides where an expression begins and ends: the three
//! kinds of tags, raw blocks, comments, string literals with escapes. It never fails: at the first character that tera
//! refuses too, it stops.

/// A token of the inside of a `{{ … }}` or `{% … %}`, or one of these marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::prompt) enum Token<'t> {
    /// `{{`, with or without a dash.
    VariableStart,
    /// `}}`
    VariableEnd,
    /// `{%`
    TagStart,
    /// `%}`
    TagEnd,
    /// A name or keyword.
    Ident(&'t str),
    /// A string literal; its text when it has no escapes.
    Text(Option<&'t str>),
    /// A number, `true` or `false`.
    Literal,
    /// An operator, bracket or punctuation mark.
    Symbol(&'t str),
}

/// A token and the bytes it covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::prompt) struct Lexed<'t> {
    pub(in crate::prompt) token: Token<'t>,
    pub(in crate::prompt) start: usize,
    pub(in crate::prompt) end: usize,
}

/// The tokens of `text`, in order; plain content, comments and raw blocks leave none.
pub(in crate::prompt) fn lex(text: &str) -> Vec<Lexed<'_>> {
    let mut lexer = Lexer { text, at: 0, tokens: Vec::new() };
    while lexer.next_tag() {}
    lexer.tokens
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    tokens: Vec<Lexed<'t>>,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn push(&mut self, token: Token<'t>, len: usize) {
        self.tokens.push(Lexed { token, start: self.at, end: self.at + len });
        self.at += len;
    }

    /// Goes over content up to the next tag and through it; `false` at the end.
    fn next_tag(&mut self) -> bool {
        let rest = self.rest();
        let Some(found) = rest.as_bytes().windows(2).position(|pair| matches!(pair, b"{{" | b"{%" | b"{#")) else {
            return false;
        };
        self.at += found;
        let rest = self.rest();
        let dash = usize::from(rest.as_bytes().get(2) == Some(&b'-'));
        let inside = rest.get(2 + dash..).unwrap_or("");
        if rest.starts_with("{#") {
            let Some(end) = inside.find("#}") else { return false };
            self.at += 2 + dash + end + 2;
            return true;
        }
        if rest.starts_with("{%") {
            if let Some(raw) = skip_tag(inside, "raw") {
                return self.skip_raw(2 + dash + raw);
            }
            self.push(Token::TagStart, 2 + dash);
            return self.inside("%}", Token::TagEnd);
        }
        self.push(Token::VariableStart, 2 + dash);
        self.inside("}}", Token::VariableEnd)
    }

    /// Goes over a raw block whose opening tag has `opening` bytes.
    fn skip_raw(&mut self, opening: usize) -> bool {
        self.at += opening;
        while let Some(found) = self.rest().find("{%") {
            self.at += found + 2;
            if let Some(end) = skip_tag(self.rest(), "endraw") {
                self.at += end;
                return true;
            }
        }
        false
    }

    /// The tokens of a tag up to and with `closing`; `false` when it has no end or a character tera refuses.
    fn inside(&mut self, closing: &'static str, end: Token<'t>) -> bool {
        loop {
            let spaces = self.rest().bytes().take_while(u8::is_ascii_whitespace).count();
            self.at += spaces;
            let rest = self.rest();
            let dash = usize::from(rest.starts_with('-'));
            if rest.get(dash..).is_some_and(|rest| rest.starts_with(closing)) {
                self.push(end, dash + 2);
                return true;
            }
            if !self.one_token(rest) {
                return false;
            }
        }
    }

    fn one_token(&mut self, rest: &'t str) -> bool {
        const LONG: [&str; 10] = ["...", "//", "**", "==", "!=", ">=", "<=", "</", "?.", "?["];
        let Some(first) = rest.bytes().next() else { return false };
        if let Some(symbol) = LONG.iter().find(|symbol| rest.starts_with(**symbol)) {
            let symbol = rest.get(..symbol.len()).unwrap_or("");
            self.push(Token::Symbol(symbol), symbol.len());
            return true;
        }
        match first {
            b'+' | b'-' | b'*' | b'/' | b'%' | b'!' | b'.' | b',' | b':' | b'~' | b'|' | b'=' | b'>' | b'<' | b'('
            | b')' | b'[' | b']' | b'{' | b'}' | b'@' => {
                self.push(Token::Symbol(rest.get(..1).unwrap_or("")), 1);
                true
            }
            b'\'' | b'"' | b'`' => self.string(rest, first),
            b'0'..=b'9' => {
                self.push(Token::Literal, number_length(rest));
                true
            }
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => {
                let len = rest.bytes().take_while(|byte| *byte == b'_' || byte.is_ascii_alphanumeric()).count();
                let word = rest.get(..len).unwrap_or("");
                let is_bool = matches!(word, "true" | "True" | "false" | "False");
                self.push(if is_bool { Token::Literal } else { Token::Ident(word) }, len);
                true
            }
            _ => false,
        }
    }

    fn string(&mut self, rest: &'t str, quote: u8) -> bool {
        let mut escaped = false;
        let mut has_escapes = false;
        for (index, byte) in rest.bytes().enumerate().skip(1) {
            if escaped {
                escaped = false;
            } else if byte == b'\\' {
                escaped = true;
                has_escapes = true;
            } else if byte == quote {
                let text = rest.get(1..index).filter(|_| !has_escapes);
                self.push(Token::Text(text), index + 1);
                return true;
            }
        }
        false
    }
}

/// Digits with at most one dot.
fn number_length(rest: &str) -> usize {
    let mut dots = 0;
    rest.bytes()
        .take_while(|byte| {
            dots += usize::from(*byte == b'.');
            byte.is_ascii_digit() || (*byte == b'.' && dots == 1)
        })
        .count()
}

/// Length of `-? name -?%}` at the start of `text`, when it stands there.
fn skip_tag(text: &str, name: &str) -> Option<usize> {
    let rest = text.strip_prefix('-').unwrap_or(text).trim_ascii_start();
    let rest = rest.strip_prefix(name)?.trim_ascii_start();
    let rest = rest.strip_prefix('-').unwrap_or(rest).strip_prefix("%}")?;
    Some(text.len() - rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        lex(text).iter().filter_map(|lexed| text.get(lexed.start..lexed.end)).collect()
    }

    #[test]
    fn tags_are_split_and_content_is_not() {
        assert_eq!(words("a {{ b.c|d }} e"), ["{{", "b", ".", "c", "|", "d", "}}"]);
        assert_eq!(words("{%- set x = 'a}}' -%}"), ["{%-", "set", "x", "=", "'a}}'", "-%}"]);
        assert_eq!(words("{{ 1.5.x }}"), ["{{", "1.5", ".", "x", "}}"]);
    }

    #[test]
    fn comments_and_raw_blocks_leave_nothing() {
        assert_eq!(words("{# {{ a }} #}{% raw %}{{ b }}{% x %}{%- endraw -%}{{ c }}"), ["{{", "c", "}}"]);
        assert_eq!(words("{#- a -#}"), Vec::<&str>::new());
    }

    #[test]
    fn broken_text_stops_without_a_panic() {
        assert_eq!(words("{{ a ? b }}"), ["{{", "a"]);
        assert_eq!(words("{{ 'open }}"), ["{{"]);
        assert_eq!(words("{{ ü }}"), ["{{"]);
        assert_eq!(words("{% raw %}{{ x }}"), Vec::<&str>::new());
        assert_eq!(words("{"), Vec::<&str>::new());
    }
}
