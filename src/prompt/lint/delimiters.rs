//! Whether a reader can tell where an inserted text begins and ends.
//!
//! An inserted text is delimited when one of these stands around it in the same message:
//! - a tag that is closed behind it: `<document>{{ text }}</document>`
//! - a code fence (```` ``` ```` or `~~~`), or triple quotes
//! - quotes or backticks that touch it: `"{{ title }}"`
//! - rulers: lines that begin with three or more of the same sign (`---`, `===`, `***`), one above and one below
//! - nothing but the message itself: `content: "{{ question }}"`

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

static TAGS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"<(/?)([A-Za-z][A-Za-z0-9_.:-]*)([^<>]*)>").ok());

/// Quotes that open and close.
const QUOTES: &[(char, char)] =
    &[('"', '"'), ('\'', '\''), ('`', '`'), ('“', '”'), ('„', '“'), ('„', '”'), ('‘', '’'), ('«', '»'), ('「', '」')];

/// Whether the template tag at `tag` is delimited.
pub(super) fn is_delimited(text: &str, tag: Range<usize>) -> bool {
    let before = text.get(..tag.start).unwrap_or_default();
    let after = text.get(tag.end..).unwrap_or_default();
    (before.trim().is_empty() && after.trim().is_empty())
        || is_quoted(before, after)
        || is_in_triple(before, after)
        || is_in_fence(before, after)
        || is_between_rulers(before, after)
        || is_in_tags(before, after)
}

fn is_quoted(before: &str, after: &str) -> bool {
    let (Some(open), Some(close)) = (before.chars().next_back(), after.chars().next()) else { return false };
    QUOTES.contains(&(open, close))
}

fn is_in_triple(before: &str, after: &str) -> bool {
    ["\"\"\"", "'''"].iter().any(|mark| before.matches(mark).count() % 2 == 1 && after.contains(mark))
}

/// The lines that are whole: not the one that the tag stands on.
fn lines_above(before: &str) -> impl Iterator<Item = &str> {
    before.rsplit_once('\n').map_or("", |(above, _)| above).lines().map(str::trim)
}

fn lines_below(after: &str) -> impl Iterator<Item = &str> {
    after.split_once('\n').map_or("", |(_, below)| below).lines().map(str::trim)
}

fn is_in_fence(before: &str, after: &str) -> bool {
    ["```", "~~~"].iter().any(|fence| {
        let is_fence = |line: &&str| line.starts_with(fence);
        lines_above(before).filter(is_fence).count() % 2 == 1 && lines_below(after).any(|line| line.starts_with(fence))
    })
}

/// The sign of a ruler: `---`, `=== INPUT ===`. `### Title` is a heading, only a line of nothing but `#` is a ruler.
fn ruler(line: &str) -> Option<char> {
    let sign = line.chars().next().filter(|sign| matches!(sign, '-' | '=' | '*' | '_' | '+' | '#' | '<' | '>'))?;
    let run = line.chars().take_while(|c| *c == sign).count();
    let is_heading = sign == '#' && run < line.chars().count();
    (run >= 3 && !is_heading).then_some(sign)
}

fn is_between_rulers(before: &str, after: &str) -> bool {
    let below: Vec<char> = lines_below(after).filter_map(ruler).collect();
    // `<<<` is closed by `>>>`.
    let closes = |open: char| below.contains(&if open == '<' { '>' } else { open });
    lines_above(before).filter_map(ruler).any(closes)
}

fn is_in_tags(before: &str, after: &str) -> bool {
    let Some(tags) = TAGS.as_ref() else { return false };
    let mut open: Vec<&str> = Vec::new();
    for tag in tags.captures_iter(before) {
        let part = |index: usize| tag.get(index).map_or("", |part| part.as_str());
        if part(3).ends_with('/') {
            continue;
        }
        if part(1).is_empty() {
            open.push(part(2));
        } else if let Some(at) = open.iter().rposition(|name| *name == part(2)) {
            open.truncate(at);
        }
    }
    open.iter().any(|name| after.contains(&format!("</{name}>")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delimited(template: &str) -> bool {
        let start = template.find("{{").expect("tag");
        let end = template.find("}}").expect("tag") + 2;
        is_delimited(template, start..end)
    }

    #[test]
    fn frames_of_every_kind_count() {
        for template in [
            "{{ a }}",
            "\n {{ a }} \n",
            "Review:\n<code>\n{{ a }}\n</code>",
            "<doc id=\"1\"><p/>{{ a }}</doc>",
            "Review:\n```python\n{{ a }}\n```\n",
            "Text:\n\"\"\"\n{{ a }}\n\"\"\"",
            "The title is \"{{ a }}\".",
            "Der Titel ist „{{ a }}“.",
            "--- BEGIN ---\n{{ a }}\n--- END ---",
            "####\nQ: {{ a }}\n####",
            "<<<\n{{ a }}\n>>>",
        ] {
            assert!(delimited(template), "{template}");
        }
    }

    #[test]
    fn open_and_closed_frames_do_not() {
        for template in [
            "Question: {{ a }}",
            "<code>x</code> {{ a }} <code>y</code>",
            "<code> {{ a }}",
            "```\nx\n```\n{{ a }}\n",
            "```\n{{ a }}",
            "\"{{ a }}, she said\"",
            "### Question\n{{ a }}\n### Answer",
            "---\n{{ a }}",
            "a < b {{ a }} c > d",
            "",
        ]
        .into_iter()
        .filter(|template| !template.is_empty())
        {
            assert!(!delimited(template), "{template}");
        }
    }
}
