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

fn parse(code: &str, kind: SourceType) -> Result<(), NotCode> {
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
