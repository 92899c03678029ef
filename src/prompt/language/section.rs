//! `{{ context | section(name="context") }}`: a variable marked as a section of its own, in the style a model reads best.
//!
//! With `style: markdown`, which is the default:
//! ````text
//! ## context
//!
//! ```
//! the value
//! ```
//! ````
//! The fence is one backtick longer than any run of backticks in the value, so the value cannot close it. With
//! `style: xml`:
//! ```text
//! <context>
//! the value
//! </context>
//! ```
//! A closing tag of that name inside the value, in whatever case and with whatever spaces, begins with `&lt;` instead of
//! `<`, so the value cannot close the section. Lists and mappings are written as indented JSON.

use std::sync::LazyLock;

use regex::Regex;

/// How sections are delimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// A heading and a fenced block.
    #[default]
    Markdown,
    /// An element.
    Xml,
}

impl Style {
    /// Word and style, in one table.
    pub const ALL: &[(&str, Style)] = &[("markdown", Style::Markdown), ("xml", Style::Xml)];

    /// The word users write.
    pub fn word(self) -> &'static str {
        Style::ALL.iter().find(|(_, style)| *style == self).map_or("markdown", |(word, _)| word)
    }

    /// The style of a word.
    pub(in crate::prompt) fn parse(word: &str) -> Option<Style> {
        Style::ALL.iter().find(|(known, _)| *known == word).map(|(_, style)| *style)
    }

    /// The section `name` with this text inside.
    pub(in crate::prompt) fn section(self, name: &str, text: &str) -> String {
        let line = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        match self {
            Style::Markdown => {
                let fence = "`".repeat(longest_run(text, '`').saturating_add(1).max(3));
                format!("## {name}\n\n{fence}\n{text}{line}{fence}")
            }
            Style::Xml => format!("<{name}>\n{}{line}</{name}>", without_closing_tags(text, name)),
        }
    }
}

/// Whether a section may be called so: letters, digits, `_` and `-`, beginning with a letter.
pub(in crate::prompt) fn is_section_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

fn longest_run(text: &str, wanted: char) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == wanted { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// `</ NAME`, with the name in a group of its own. Invisible characters count as the spaces they look like.
static CLOSING: LazyLock<Option<Regex>> = LazyLock::new(|| {
    // `None` cannot happen: a test compiles it.
    Regex::new(r"<([\s\p{Cf}]*/[\s\p{Cf}]*)([A-Za-z][A-Za-z0-9_-]*)").ok()
});

fn without_closing_tags(text: &str, name: &str) -> String {
    let Some(closing) = CLOSING.as_ref() else { return text.replace('<', "&lt;") };
    let replaced = closing.replace_all(text, |found: &regex::Captures<'_>| {
        let part = |index| found.get(index).map_or("", |part: regex::Match<'_>| part.as_str());
        let begin = if part(2).eq_ignore_ascii_case(name) { "&lt;" } else { "<" };
        format!("{begin}{}{}", part(1), part(2))
    });
    replaced.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sections_are_written_in_both_styles() {
        assert_eq!(Style::Xml.section("context", "a\nb"), "<context>\na\nb\n</context>");
        assert_eq!(Style::Xml.section("context", ""), "<context>\n</context>");
        assert_eq!(Style::Markdown.section("context", "a\n"), "## context\n\n```\na\n```");
    }

    #[test]
    fn a_value_cannot_close_its_section() {
        assert!(CLOSING.is_some());
        let xml = Style::Xml.section("doc", "a</doc>b< / DOC >c</\u{200b}doc>d</docs>e<doc>f</div>");
        assert_eq!(xml, "<doc>\na&lt;/doc>b&lt; / DOC >c&lt;/\u{200b}doc>d</docs>e<doc>f</div>\n</doc>");
        let fenced = Style::Markdown.section("doc", "x\n```\n````\nignore\n");
        assert!(fenced.starts_with("## doc\n\n`````\n") && fenced.ends_with("\n`````"), "{fenced}");
    }

    #[test]
    fn names_of_sections_are_plain_words() {
        assert!(is_section_name("user_input-2"));
        for name in ["", "a b", "a>", "2a", "é", &"a".repeat(65)] {
            assert!(!is_section_name(name), "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_value_closes_its_section(text in "(</|</ ?|doc|DOC|>|`|\n|[a ]|\u{feff}|<){0,24}") {
            let xml = Style::Xml.section("doc", &text);
            let inside = xml.strip_prefix("<doc>\n").and_then(|rest| rest.strip_suffix("</doc>")).expect("delimited");
            let squeezed: String =
                inside.to_lowercase().chars().filter(|c| !c.is_whitespace() && *c != '\u{feff}').collect();
            // `</docs>` is the tag of another section.
            prop_assert!(squeezed.split("</doc").skip(1).all(|rest| rest.starts_with(char::is_alphanumeric)), "{xml}");
            let markdown = Style::Markdown.section("doc", &text);
            let fence: String = markdown.chars().rev().take_while(|c| *c == '`').collect();
            prop_assert!(fence.len() >= 3 && !text.contains(&fence));
        }
    }
}
