//! `--format` as clap reads it.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::report::Format;

/// Reads the words of these formats; help and completions come from the same table.
pub(crate) fn format_parser(
    formats: impl Iterator<Item = (Format, &'static str, &'static str)>,
) -> impl TypedValueParser<Value = Format> {
    let words = formats.map(|(_, word, about)| PossibleValue::new(word).help(about));
    PossibleValuesParser::new(words).try_map(|word| word.parse::<Format>())
}
