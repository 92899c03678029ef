//! A thread with enough stack for the code that is parsed in it.

use std::thread;

use super::NotCode;

/// Most tokens that are parsed: some 80 kilobytes of usual code.
const MAX_TOKENS: usize = 20_000;
/// Deepest nesting of brackets: some parsers take quadratic time in it.
const MAX_DEPTH: usize = 400;
/// Stack that every parser has.
const BASE: usize = 4 << 20;
/// Stack for each token. A token opens at most one level; the parsers here take up to 3 kilobytes for one, measured
/// unoptimised. Only what is used of it is ever memory.
const PER_TOKEN: usize = 8 << 10;

/// Parses `code` in a thread of its own, with a stack that its deepest possible nesting fits in.
pub(super) fn with_room(code: &str, parse: impl FnOnce(&str) -> Result<(), NotCode> + Send) -> Result<(), NotCode> {
    let tokens = tokens(code);
    if tokens > MAX_TOKENS {
        return Err(NotCode::TooMuch(format!(
            "the code has {tokens} words and signs, more than {MAX_TOKENS} are not parsed"
        )));
    }
    if depth(code) > MAX_DEPTH {
        return Err(NotCode::TooMuch(format!("the code nests deeper than {MAX_DEPTH} brackets")));
    }
    thread::scope(|scope| {
        let builder = thread::Builder::new().name("parser".to_owned()).stack_size(BASE + tokens * PER_TOKEN);
        let parser = builder.spawn_scoped(scope, || parse(code));
        let parser =
            parser.map_err(|error| NotCode::TooMuch(format!("there is no room to parse the code: {error}")))?;
        parser.join().unwrap_or_else(|_| Err(NotCode::TooMuch("the parser gave up on the code".to_owned())))
    })
}

/// At least as many as the tokens of any language: words and every other sign that is not white space.
fn tokens(code: &str) -> usize {
    let mut tokens = 0;
    let mut in_word = false;
    for c in code.chars() {
        let is_word = c.is_alphanumeric() || c == '_';
        tokens += usize::from(!(c.is_whitespace() || is_word && in_word));
        in_word = is_word;
    }
    tokens
}

/// The most brackets open at once. Those in strings and comments count, too: what it says bounds time, not the stack.
fn depth(code: &str) -> usize {
    let (mut open, mut deepest) = (0_usize, 0);
    for byte in code.bytes() {
        match byte {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(open);
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_signs_are_counted_from_above() {
        assert_eq!(tokens("let x_1 = f(2.5);\n"), 10);
        assert_eq!((tokens("((("), tokens(" \n"), tokens("äé é")), (3, 0, 2));
        assert_eq!((depth("([]{()})"), depth(")))(("), depth("")), (3, 2, 0));
    }

    #[test]
    fn what_is_too_much_is_never_handed_to_a_parser() {
        for code in ["(".repeat(1_000_000), "x ".repeat(MAX_TOKENS + 1), "[".repeat(MAX_DEPTH + 1)] {
            let told = with_room(&code, |_| Ok(()));
            assert!(matches!(told, Err(NotCode::TooMuch(_))), "{told:?}");
        }
        assert_eq!(with_room(&"x ".repeat(MAX_TOKENS), |_| Ok(())), Ok(()));
    }

    #[test]
    fn a_parser_that_gives_up_is_no_fault_of_the_code() {
        let told = with_room("x", |code| if code == "x" { panic!("a parser's own mistake") } else { Ok(()) });
        assert_eq!(told, Err(NotCode::TooMuch("the parser gave up on the code".to_owned())));
    }
}
