//! JavaScript and TypeScript, with JSX or without, by the parser of Oxc.

use oxc_allocator::Allocator;
use oxc_parser::{ParseOptions, Parser};
use oxc_span::SourceType;

use super::{NotCode, line_at, room};

/// Whether `code` is a module or a script of JavaScript; JSX may stand in it, as React's own examples write it.
pub(in crate::score::format) fn javascript(code: &str) -> Result<(), NotCode> {
    parse(code, SourceType::unambiguous().with_jsx(true))
}

/// Whether `code` is TypeScript, without JSX.
pub(in crate::score::format) fn typescript(code: &str) -> Result<(), NotCode> {
    parse(code, SourceType::ts())
}

/// Whether `code` is TypeScript with JSX.
pub(in crate::score::format) fn tsx(code: &str) -> Result<(), NotCode> {
    parse(code, SourceType::tsx())
}

/// Deepest nesting of angle brackets in TypeScript, and most of them that open: at each of them the parser tries whether a
/// list of types begins, and reads on to the end of the code for it. Of 10,000 that took half a minute.
const MAX_ANGLES: (usize, usize) = (400, 2_500);

/// Why there are too many angle brackets. `>` in strings, comments and arrows counts as well, so that only the number of
/// all of them is a bound; the nesting keeps usual hostile code from getting near to it.
fn too_many_angles(code: &str) -> Option<NotCode> {
    let (most_open, most) = MAX_ANGLES;
    let (mut open, mut deepest, mut all) = (0_usize, 0_usize, 0_usize);
    for byte in code.bytes() {
        match byte {
            b'<' => (open, all) = (open + 1, all + 1),
            b'>' => open = open.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(open);
    }
    if deepest > most_open {
        return Some(NotCode::TooMuch(format!("the code nests deeper than {most_open} angle brackets")));
    }
    (all > most).then(|| NotCode::TooMuch(format!("the code has {all} signs `<`, more than {most} are not parsed")))
}

fn parse(code: &str, kind: SourceType) -> Result<(), NotCode> {
    if let Some(too_much) = too_many_angles(code).filter(|_| kind.is_typescript()) {
        return Err(too_much);
    }
    room::with_room(code, |code| {
        let allocator = Allocator::default();
        // A regular expression that is none is a syntax error to a JavaScript engine, too.
        let options = ParseOptions { parse_regular_expression: true, ..ParseOptions::default() };
        let parsed = Parser::new(&allocator, code, kind).with_options(options).parse();
        let Some(error) = parsed.diagnostics.errors().next() else { return Ok(()) };
        let at = error.labels.first().and_then(|label| usize::try_from(label.offset()).ok()).unwrap_or(0);
        Err(NotCode::Fault { line: line_at(code, at), why: error.message.to_string() })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_arguments_that_never_end_are_not_tried() {
        let is_too_much = |told: Result<(), NotCode>| matches!(told, Err(NotCode::TooMuch(_)));
        for code in ["a<".repeat(9_900), "f<a,".repeat(4_000), "a<\">\",".repeat(2_501)] {
            assert!(is_too_much(typescript(&code)) && is_too_much(tsx(&code)), "{}", &code[..20]);
            assert!(!is_too_much(javascript(&code)), "JavaScript has no types: {}", &code[..20]);
        }
        // Comparisons, arrows and generics of usual code are far from that.
        let usual = "for (let i = 0; i < n; i++) { f<Map<string, number>>((a: A<B>) => a < b); }\n".repeat(300);
        assert_eq!(typescript(&usual), Ok(()));
        assert_eq!(tsx(&format!("const a = <ul>{}</ul>;", "<li>x</li>".repeat(1_000))), Ok(()));
    }
}
