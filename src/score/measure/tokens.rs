//! How texts are cut into tokens.

use std::sync::LazyLock;

use regex::Regex;
use unicode_segmentation::UnicodeSegmentation;

/// Tokens of rouge-score: lowercase runs of `[a-z0-9]`. A text in another script has none.
pub(in crate::score) fn latin(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let is_token = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    lower.split(|c| !is_token(c)).filter(|token| !token.is_empty()).map(str::to_owned).collect()
}

/// Lowercase words of Unicode (UAX 29); Chinese and Japanese characters stand alone.
pub(in crate::score) fn unicode(text: &str) -> Vec<String> {
    text.to_lowercase().unicode_words().map(str::to_owned).collect()
}

/// Tokens of mteval-v13a as sacreBLEU cuts them: punctuation stands alone, but not a period or comma between digits.
pub(in crate::score) fn thirteen_a(text: &str) -> Vec<String> {
    let plain = text.trim_end().replace("<skipped>", "").replace("-\n", "").replace('\n', " ");
    let plain = if plain.contains('&') {
        plain.replace("&quot;", "\"").replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
    } else {
        plain
    };
    let is_digit = |c: char| c.is_ascii_digit();
    let is_point = |c: char| matches!(c, '.' | ',');
    let spaced = apart(&format!(" {plain} "));
    // As the script does: a rule sees what the rule before it left, and never the same character twice.
    let spaced = pairs(&spaced, |a, b| !is_digit(a) && is_point(b), ["", " ", " "]);
    let spaced = pairs(&spaced, |a, b| is_point(a) && !is_digit(b), [" ", " ", ""]);
    let spaced = pairs(&spaced, |a, b| is_digit(a) && b == '-', ["", " ", " "]);
    spaced.split_whitespace().map(str::to_owned).collect()
}

/// Blanks around each ASCII sign but `'`, `-`, `.` and `,`.
fn apart(text: &str) -> String {
    let mut out = String::with_capacity(2 * text.len());
    for c in text.chars() {
        if matches!(c, '{'..='~' | '['..='`' | ' '..='&' | '('..='+' | ':'..='@' | '/') {
            out.push(' ');
            out.push(c);
            out.push(' ');
        } else {
            out.push(c);
        }
    }
    out
}

/// Writes `around` before, between and behind each pair of neighbours that fits, from left to right without overlaps.
fn pairs(text: &str, fits: impl Fn(char, char) -> bool, around: [&str; 3]) -> String {
    let [before, between, behind] = around;
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    let mut chars = text.chars().peekable();
    while let Some(first) = chars.next() {
        let Some(second) = chars.next_if(|second| fits(first, *second)) else {
            out.push(first);
            continue;
        };
        out.push_str(before);
        out.push(first);
        out.push_str(between);
        out.push(second);
        out.push_str(behind);
    }
    out
}

/// The international tokens of sacreBLEU: punctuation and symbols of all scripts stand alone, but not beside digits.
pub(in crate::score) fn international(text: &str) -> Vec<String> {
    let spaced = replaced(&INTERNATIONAL, text.trim_end().to_owned());
    spaced.split_whitespace().map(str::to_owned).collect()
}

/// One token per code point that is not white space.
pub(in crate::score) fn characters(text: &str) -> Vec<String> {
    text.chars().filter(|c| !c.is_whitespace()).map(String::from).collect()
}

/// Runs between white space.
pub(in crate::score) fn blank_separated(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

type Rules = Vec<(Regex, &'static str)>;

fn rules(patterns: &[(&str, &'static str)]) -> Rules {
    patterns.iter().filter_map(|(pattern, to)| Some((Regex::new(pattern).ok()?, *to))).collect()
}

static INTERNATIONAL: LazyLock<Rules> =
    LazyLock::new(|| rules(&[(r"(\P{N})(\p{P})", "$1 $2 "), (r"(\p{P})(\P{N})", " $1 $2"), (r"(\p{S})", " $1 ")]));

fn replaced(rules: &Rules, text: String) -> String {
    rules.iter().fold(text, |text, (pattern, to)| pattern.replace_all(&text, *to).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The rules as mteval-v13a writes them.
    static THIRTEEN_A: LazyLock<Rules> = LazyLock::new(|| {
        rules(&[
            (r"([\{-\~\[-\` -\&\(-\+\:-\@\/])", " $1 "),
            (r"([^0-9])([\.,])", "$1 $2 "),
            (r"([\.,])([^0-9])", " $1 $2"),
            (r"([0-9])(-)", "$1 $2 "),
        ])
    });

    proptest! {
        #[test]
        fn thirteen_a_cuts_as_the_rules_of_the_script(text in "[a0-9.,'/&{}é \\n-]{0,24}") {
            let plain = text.trim_end().replace("<skipped>", "").replace("-\n", "").replace('\n', " ");
            let wanted = replaced(&THIRTEEN_A, format!(" {plain} "));
            let wanted: Vec<&str> = wanted.split_whitespace().collect();
            prop_assert_eq!(thirteen_a(&text), wanted);
        }
    }

    #[test]
    fn each_way_to_cut_has_its_own_view() {
        assert_eq!(latin("Café au-lait, 2 €"), ["caf", "au", "lait", "2"]);
        assert_eq!(unicode("Café au-lait 日本"), ["café", "au", "lait", "日", "本"]);
        assert_eq!(thirteen_a("Costs $3.50, &quot;ok&quot;."), ["Costs", "$", "3.50", ",", "\"", "ok", "\"", "."]);
        assert_eq!(characters(" a b"), ["a", "b"]);
    }

    #[test]
    fn every_rule_is_a_valid_pattern() {
        assert_eq!((THIRTEEN_A.len(), INTERNATIONAL.len()), (4, 3));
    }
}
