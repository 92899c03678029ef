//! The language of templates: words, expressions, what they use, compiling them within bounds.

pub(super) mod compile;
pub(super) mod expression;
pub(super) mod fill;
pub(super) mod filters;
pub(super) mod fuel;
#[cfg(test)]
pub(super) mod laws;
pub(super) mod lex;
pub(super) mod meter;
pub(super) mod scan;
pub(super) mod section;
pub(super) mod template;
pub(super) mod text;
pub(super) mod unclosed;
