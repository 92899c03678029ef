//! Characters that nobody sees.

use super::super::rule::{Check, Found, Level, Rule};
use super::super::subject::TextFile;
use crate::guard::{Invisible, find_invisible};

pub(super) const RULE: Rule = Rule {
    code: "invisible-character",
    about: "a character that cannot be seen, or that reorders the text",
    level: Level::Error,
    fixable: true,
    is_refused: false,
    in_superseded: true,
    why: "Zero width spaces, bidirectional controls and tag characters hide text from reviewers and show it to models: a way \
          to smuggle instructions in, and a common leftover of copying from web pages. What languages and emoji need is \
          not reported.",
    bad: "messages:\n  - {role: user, content: \"Be brief\\u200b.\"}",
    good: "messages:\n  - {role: user, content: \"Be brief.\"}",
    check: Check::Text(check),
};

/// Whether removing it can change nothing that is seen. Fillers stand where a sign of the script would.
pub(in crate::prompt::lint) fn is_removable(invisible: &Invisible) -> bool {
    !matches!(invisible.name, "hangul filler" | "khmer inherent vowel" | "mongolian separator")
}

fn check(file: &TextFile<'_>, found: &mut Found) {
    let describe = |invisible: &Invisible| {
        format!("there is an invisible character here: {} (U+{:04X})", invisible.name, u32::from(invisible.character))
    };
    let help = "remove it; `karat prompt lint --fix` does so in drafts";
    for invisible in find_invisible(file.source.text()) {
        let end = invisible.start + invisible.character.len_utf8();
        let place = file.source.place(file.source.span_of_bytes(invisible.start, end));
        found.push(RULE.finding(describe(&invisible)).at(place).help(help));
    }
    // Written as an escape, it is in the value but not in the file.
    let Some(prompt) = file.prompt else { return };
    for text in prompt.definition().texts() {
        for invisible in find_invisible(text.as_str()) {
            let place = text.place(invisible.start, invisible.start + invisible.character.len_utf8());
            let is_told = |known: &crate::base::Diagnostic| {
                known.code == RULE.code
                    && known.place.as_ref().is_some_and(|p| (p.line, p.col) == (place.line, place.col))
            };
            if !found.iter().any(is_told) {
                found.push(RULE.finding(describe(&invisible)).at(place).help("remove the escape"));
            }
        }
    }
}
