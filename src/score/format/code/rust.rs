//! Rust, by the parser of syn: a file, or statements as they stand in a function.

use syn::parse::Parser;

use super::{NotCode, room};

/// Whether `code` is a file of Rust, or a run of statements.
pub(in crate::score::format) fn items_or_statements(code: &str) -> Result<(), NotCode> {
    room::with_room(code, |code| {
        let Err(of_file) = syn::parse_file(code) else { return Ok(()) };
        let Err(of_statements) = syn::Block::parse_within.parse_str(code) else { return Ok(()) };
        // Who got further understood more of what was meant.
        let place = |error: &syn::Error| (error.span().start().line, error.span().start().column);
        let error = if place(&of_file) > place(&of_statements) { of_file } else { of_statements };
        Err(NotCode::Fault { line: error.span().start().line.max(1), why: why(&error) })
    })
}

fn why(error: &syn::Error) -> String {
    let told = error.to_string();
    // What is said of brackets and tokens alike, in the words of a macro's author.
    if told == "cannot parse string into token stream" {
        return "brackets that do not match, or what is no token of Rust".to_owned();
    }
    told
}
