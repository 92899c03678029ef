//! Text that is not in Unicode's composed form.

use unicode_normalization::{UnicodeNormalization, is_nfc};

use super::super::rule::{Check, Found, Level, Rule};
use super::super::subject::TextFile;
use crate::base::Span;

pub(super) const RULE: Rule = Rule {
    code: "non-nfc",
    about: "a letter is written as several characters (not Unicode NFC)",
    level: Level::Warning,
    fixable: true,
    is_refused: false,
    in_superseded: false,
    why: "The same letter can be one character or a letter with a mark after it. They look alike, but models, checks and \
          digests see different texts, and most models have seen the composed form (NFC) only.",
    bad: "about: cafe\u{301}  # `e` and a combining accent",
    good: "about: caf\u{e9}  # one character",
    check: Check::Text(check),
};

fn check(file: &TextFile<'_>, found: &mut Found) {
    if is_nfc(file.source.text()) {
        return;
    }
    for (line, text) in (file.source.first_line()..).zip(file.source.text().lines()) {
        if is_nfc(text) {
            continue;
        }
        let composed: Vec<char> = text.nfc().collect();
        let same = text.chars().zip(&composed).take_while(|(a, b)| a == *b).count();
        let span = Span::new(line, u32::try_from(same).unwrap_or(u32::MAX).saturating_add(1), 1);
        found.push(
            RULE.finding("this line is not in Unicode's composed form (NFC)")
                .at(file.source.place(span))
                .help("`karat prompt lint --fix` composes it in drafts"),
        );
    }
}
