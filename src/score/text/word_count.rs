//! `word_count`: the number of words of the output is within bounds.

use unicode_segmentation::UnicodeSegmentation;

use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, Prepared, ValueRule};
use super::size::{self, Counter};

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "word_count",
    family: "text",
    about: "the number of words of the output is within bounds",
    version: 1,
    pass_at: 1.0,
    short: "value",
    value: ValueRule::Optional,
    options: size::OPTIONS,
    degenerate: &[
        "words are those of Unicode (UAX 29): punctuation is none, `can't` is one, each Chinese character is one",
        "an empty output has 0 words and passes where 0 is allowed",
    ],
    example: "- word_count: \"<= 120\"",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    size::prepare(settings, Counter { count: |text| text.unicode_words().count(), one: "word", many: "words" })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{fails, passes, reason_of};

    #[test]
    fn words_are_those_of_uax_29() {
        assert!(passes("word_count: '== 4'", "The quick (\"brown\") fox!") && passes("word_count: '== 1'", "can't"));
        assert!(passes("word_count: '== 2'", "日本") && passes("word_count: '== 0'", " … — !\n"));
        assert!(fails("word_count: {min: 1}", "") && fails("word_count: {max: 1}", "a b"));
        assert_eq!(reason_of("word_count: {max: 1}", "a b"), "saw 2 words; wanted at most 1 word");
    }
}
