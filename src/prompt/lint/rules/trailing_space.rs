//! Spaces at the ends of lines.

use super::super::rule::{Check, Found, Level, Rule};
use super::super::subject::TextFile;
use crate::base::Span;

pub(super) const RULE: Rule = Rule {
    code: "trailing-space",
    about: "a line ends in spaces or tabs",
    level: Level::Warning,
    fixable: true,
    is_refused: false,
    in_superseded: false,
    why: "Spaces at the end of a line cannot be seen, are counted as tokens, and make two versions differ that read the \
          same. A prompt that ends in a space changes how models go on.",
    bad: "messages:\n  - role: user\n    content: |\n      Answer briefly.··",
    good: "messages:\n  - role: user\n    content: |\n      Answer briefly.",
    check: Check::Text(check),
};

fn check(file: &TextFile<'_>, found: &mut Found) {
    for (line, text) in (file.source.first_line()..).zip(file.source.text().lines()) {
        let kept = text.trim_end_matches([' ', '\t']);
        let count = |text: &str| u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        let spaces = count(text).saturating_sub(count(kept));
        if spaces > 0 {
            let noun = if spaces == 1 { "space" } else { "spaces" };
            let span = Span::new(line, count(kept).saturating_add(1), spaces);
            found.push(
                RULE.finding(format!("this line ends in {spaces} {noun}"))
                    .at(file.source.place(span))
                    .help("`karat prompt lint --fix` removes them in drafts"),
            );
        }
    }
}
