//! The words of a text, as similarity counts them.

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// The words of `text` in their order: Unicode words (UAX 29) of its NFC form, in lower case.
///
/// Words that only punctuation joins are taken apart, because texts are often code: `os.system` and `user_id` are two
/// words each.
pub(super) fn words(text: &str) -> Vec<String> {
    let normal: String = text.nfc().collect();
    let parts = normal.unicode_words().flat_map(|word| word.split(['.', ':', ',', ';', '_']));
    parts.filter(|part| !part.is_empty()).map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_unicode_in_lower_case() {
        let table: &[(&str, &[&str])] = &[
            ("", &[]),
            ("  \n\t!?", &[]),
            ("Hello, WORLD", &["hello", "world"]),
            ("don't 3.5 x", &["don't", "3", "5", "x"]),
            ("os.system(user_id)", &["os", "system", "user", "id"]),
            ("GRÖSSE e\u{301}te", &["grösse", "\u{e9}te"]),
            ("你好 世界", &["你", "好", "世", "界"]),
            ("हिन्दी", &["हिन्दी"]),
        ];
        for (text, wanted) in table {
            assert_eq!(words(text), *wanted, "{text}");
        }
    }
}
