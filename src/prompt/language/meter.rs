//! Puts meters into a template, so that no loop, list or captured block can take time and memory without bound.
//!
//! tera bounds neither: a cap on the output sees nothing of what `{% set %}` blocks capture, of loops that write nothing,
//! or of texts that double. So the text that tera compiles is not quite the text that was written:
//! - what a `for` or a list comprehension runs over, and each item a comprehension makes, is weighed before it is used;
//! - so is what `set` keeps, and what is written inside a captured block or a partial;
//! - a partial is charged with its length each time it is included.
//!
//! The meters are filters and a function of [`super::fuel`]. They give back what they are given, so templates render as
//! before. Bytes of the metered text lead back to those of the written one.

use std::ops::Range;

use super::fuel::{LOOP, TICK, WEIGH, WRITE};
use super::lex::{Lexed, Token, lex};

/// A template with meters.
pub(in crate::prompt) struct Metered {
    /// What tera compiles.
    pub(in crate::prompt) text: String,
    inserted: Inserted,
}

/// What was put into a text, in its order.
#[derive(Debug, Clone, Default)]
pub(in crate::prompt) struct Inserted(Vec<Insertion>);

#[derive(Debug, Clone)]
struct Insertion {
    /// Byte of the written text before which it stands.
    at: usize,
    text: String,
    /// Bytes of the written expression that it meters.
    covers: Option<Range<usize>>,
}

impl Inserted {
    /// The bytes of the written text that a range of the metered text means.
    pub(in crate::prompt) fn written(&self, range: &Range<usize>) -> Range<usize> {
        let mut shift = 0;
        let (mut start, mut end) = (None, None);
        for insertion in &self.0 {
            let from = insertion.at + shift;
            let to = from + insertion.text.len();
            if let Some(covers) = &insertion.covers
                && ((from < range.start && range.start < to) || (from < range.end && range.end < to))
            {
                return covers.clone();
            }
            if start.is_none() && range.start < to {
                start = Some(range.start.min(from) - shift);
            }
            if end.is_none() && range.end < to {
                end = Some(range.end.min(from) - shift);
            }
            shift += insertion.text.len();
        }
        start.unwrap_or(range.start.saturating_sub(shift))..end.unwrap_or(range.end.saturating_sub(shift))
    }
}

/// Puts meters into a template that tera accepts. What a partial writes may be captured by whoever includes it.
pub(in crate::prompt) fn meter(text: &str, is_partial: bool) -> Metered {
    let tokens = lex(text);
    let mut meters =
        Meters { tokens: &tokens, at: 0, captures: usize::from(is_partial), loops: Vec::new(), put: Vec::new() };
    if is_partial {
        let tick = format!("{{{{ {TICK}(n={}) }}}}", text.len());
        meters.put.push(Insertion { at: 0, text: tick, covers: None });
    }
    while meters.step() {}
    let mut put = meters.put;
    put.sort_by_key(|insertion| insertion.at);
    let mut metered = String::with_capacity(text.len() + put.iter().map(|one| one.text.len()).sum::<usize>());
    let mut from = 0;
    for insertion in &put {
        metered.push_str(text.get(from..insertion.at).unwrap_or(""));
        metered.push_str(&insertion.text);
        from = insertion.at;
    }
    metered.push_str(text.get(from..).unwrap_or(""));
    Metered { text: metered, inserted: Inserted(put) }
}

impl Metered {
    pub(in crate::prompt) fn into_parts(self) -> (String, Inserted) {
        (self.text, self.inserted)
    }
}

/// An open `for`: where its meter stands among the insertions, and where its body begins.
struct Loop {
    meter: Option<usize>,
    body: usize,
}

struct Meters<'t> {
    tokens: &'t [Lexed<'t>],
    at: usize,
    /// Blocks around the current place whose output is captured.
    captures: usize,
    loops: Vec<Loop>,
    put: Vec<Insertion>,
}

impl<'t> Meters<'t> {
    fn token(&self, at: usize) -> Option<&'t Token<'t>> {
        self.tokens.get(at).map(|lexed| &lexed.token)
    }

    fn is_word(&self, at: usize, word: &str) -> bool {
        matches!(self.token(at), Some(Token::Ident(found)) if *found == word)
    }

    /// Index of the token that ends the tag in which token `from` stands.
    fn end_of_tag(&self, from: usize) -> usize {
        let rest = self.tokens.iter().enumerate().skip(from);
        let mut ends = rest.filter(|(_, lexed)| matches!(lexed.token, Token::VariableEnd | Token::TagEnd));
        ends.next().map_or(self.tokens.len(), |(index, _)| index)
    }

    fn step(&mut self) -> bool {
        let Some(token) = self.token(self.at) else { return false };
        let first = self.at + 1;
        let end = self.end_of_tag(first);
        match token {
            Token::VariableStart => {
                self.comprehensions(first, end);
                if self.captures > 0 {
                    self.wrap(first, end, WRITE, "");
                }
            }
            Token::TagStart => self.tag(first, end),
            _ => {
                self.at = first;
                return true;
            }
        }
        self.at = end + 1;
        true
    }

    fn tag(&mut self, first: usize, end: usize) {
        let Some(Token::Ident(word)) = self.token(first) else { return };
        match *word {
            "set" | "set_global" if matches!(self.token(first + 2), Some(Token::Symbol("="))) => {
                self.comprehensions(first + 3, end);
                self.wrap(first + 3, end, WEIGH, "");
            }
            "set" | "set_global" | "filter" => {
                self.comprehensions(first + 1, end);
                self.captures += 1;
            }
            "endset" | "endfilter" => self.captures = self.captures.saturating_sub(1),
            "for" => self.open_loop(first, end),
            "endfor" => self.close_loop(first),
            _ => self.comprehensions(first, end),
        }
    }

    fn open_loop(&mut self, first: usize, end: usize) {
        // The names before it may themselves be called `in` only in text that tera refuses.
        let Some(start) = (first + 2..end).find(|at| self.is_word(*at, "in")).map(|at| at + 1) else { return };
        self.comprehensions(start, end);
        let meter = self.wrap(start, end, LOOP, "(per=0)").filter(|_| self.captures > 0);
        self.loops.push(Loop { meter, body: self.tokens.get(end).map_or(0, |lexed| lexed.end) });
    }

    /// Where output is captured, the text of the body is charged with each turn.
    fn close_loop(&mut self, first: usize) {
        let Some(Loop { meter: Some(meter), body }) = self.loops.pop() else { return };
        let end = first.checked_sub(1).and_then(|tag| self.tokens.get(tag)).map_or(body, |lexed| lexed.start);
        if let Some(insertion) = self.put.get_mut(meter) {
            insertion.text = format!(") | {LOOP}(per={})", end.saturating_sub(body));
        }
    }

    /// Wraps the tokens `first..end` in a filter; gives the index of what was put behind them.
    fn wrap(&mut self, first: usize, end: usize, filter: &str, arguments: &str) -> Option<usize> {
        let last = end.checked_sub(1).filter(|last| *last >= first)?;
        let (from, to) = (self.tokens.get(first)?.start, self.tokens.get(last)?.end);
        self.put.push(Insertion { at: from, text: "(".to_owned(), covers: None });
        let text = format!(") | {filter}{arguments}");
        self.put.push(Insertion { at: to, text, covers: Some(from..to) });
        Some(self.put.len() - 1)
    }

    /// Meters every `[item for names in target if condition]` among the tokens `first..end`.
    fn comprehensions(&mut self, first: usize, end: usize) {
        let mut open: Vec<usize> = Vec::new();
        let mut found: Vec<(usize, usize)> = Vec::new();
        for at in first..end {
            match self.token(at) {
                Some(Token::Symbol("(" | "[" | "?[" | "{")) => open.push(at),
                Some(Token::Symbol(")" | "]" | "}")) => {
                    open.pop();
                }
                Some(Token::Ident("for")) if !self.follows_a_name(at) => {
                    let bracket = open.last().copied();
                    let is_list = |at: &usize| matches!(self.token(*at), Some(Token::Symbol("[")));
                    found.extend(bracket.filter(is_list).map(|bracket| (bracket, at)));
                }
                _ => {}
            }
        }
        // Inner ones open later; their meters go in first.
        for (bracket, keyword) in found.into_iter().rev() {
            self.comprehension(bracket, keyword, end);
        }
    }

    /// Whether the word at `at` is an attribute, a filter or a test rather than a keyword.
    fn follows_a_name(&self, at: usize) -> bool {
        matches!(at.checked_sub(1).and_then(|before| self.token(before)), Some(Token::Symbol("." | "?." | "|")))
    }

    fn comprehension(&mut self, bracket: usize, keyword: usize, end: usize) {
        self.wrap(bracket + 1, keyword, WEIGH, "");
        let Some(start) = (keyword + 2..end).find(|at| self.is_word(*at, "in")).map(|at| at + 1) else { return };
        let mut depth = 0_usize;
        let stop = (start..end).find(|at| match self.token(*at) {
            Some(Token::Symbol("(" | "[" | "?[" | "{")) => {
                depth += 1;
                false
            }
            Some(Token::Symbol(")" | "]" | "}")) if depth == 0 => true,
            Some(Token::Symbol(")" | "]" | "}")) => {
                depth -= 1;
                false
            }
            Some(Token::Ident("if")) => depth == 0 && !self.follows_a_name(*at),
            _ => false,
        });
        self.wrap(start, stop.unwrap_or(end), LOOP, "(per=0)");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, is_partial: bool) -> String {
        meter(text, is_partial).text.replace(WEIGH, "W").replace(WRITE, "O").replace(LOOP, "L").replace(TICK, "T")
    }

    #[test]
    fn meters_stand_where_a_template_can_grow() {
        let table = [
            ("{{ a }}{% if a %}{% endif %}", "{{ a }}{% if a %}{% endif %}"),
            ("{%- set a = b ~ b -%}", "{%- set a = (b ~ b) | W -%}"),
            (
                "{% for k, v in m | f(x=1) %}{{ k }}{% endfor %}",
                "{% for k, v in (m | f(x=1)) | L(per=0) %}{{ k }}{% endfor %}",
            ),
            (
                "{% set s %}{% for i in x %}ab{{ i }}{% endfor %}{% endset %}{{ s }}",
                "{% set s %}{% for i in (x) | L(per=9) %}ab{{ (i) | O }}{% endfor %}{% endset %}{{ s }}",
            ),
            ("{{ [a for a in b if a.for] }}", "{{ [(a) | W for a in (b) | L(per=0) if a.for] }}"),
            (
                "{{ [[q for q in p] for p in ps[0]] }}",
                "{{ [([(q) | W for q in (p) | L(per=0)]) | W for p in (ps[0]) | L(per=0)] }}",
            ),
        ];
        for (text, wanted) in table {
            assert_eq!(shown(text, false), wanted);
        }
        assert_eq!(shown("x{{ a }}", true), "{{ T(n=8) }}x{{ (a) | O }}");
    }

    #[test]
    fn bytes_lead_back_to_the_written_text() {
        let text = "é{% for a in bc %}{{ d }}{% endfor %}{% set e = fg %}{{ hi }}";
        let metered = meter(text, false);
        for word in ["a in", "bc", "d ", "endfor", "fg", "hi"] {
            let at = metered.text.find(word).expect("there");
            let range = metered.inserted.written(&(at..at + word.len()));
            assert_eq!(text.get(range), Some(word));
        }
        let at = metered.text.find(WEIGH).expect("there");
        assert_eq!(text.get(metered.inserted.written(&(at..at + 4))), Some("fg"));
    }
}
