//! Finds the tag that a template leaves open: the parser only says that the text ended too early.

use std::ops::Range;

/// Tags that need an end, with it.
const BLOCKS: &[(&str, &str)] =
    &[("if", "endif"), ("for", "endfor"), ("raw", "endraw"), ("filter", "endfilter"), ("set", "endset")];

/// A tag without its end.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::prompt) struct Unclosed {
    /// Where it stands, in bytes.
    pub(in crate::prompt) range: Range<usize>,
    /// What is open, such as `{% if %}`.
    pub(in crate::prompt) tag: String,
    /// What would close it.
    pub(in crate::prompt) end: String,
}

/// The last tag of `text` that is still open at its end.
pub(in crate::prompt) fn unclosed(text: &str) -> Option<Unclosed> {
    let mut open: Vec<(&(&str, &str), Range<usize>)> = Vec::new();
    let mut at = 0;
    while let Some(found) = text.get(at..)?.find(['{']) {
        let start = at + found;
        let (close, is_tag) = match text.get(start..start + 2) {
            Some("{{") => ("}}", false),
            Some("{%") => ("%}", true),
            Some("{#") => ("#}", false),
            _ => {
                at = start + 1;
                continue;
            }
        };
        let Some(len) = text.get(start + 2..)?.find(close) else {
            let tag = text.get(start..start + 2)?.to_owned();
            return Some(Unclosed { range: start..start + 2, tag, end: close.to_owned() });
        };
        let end = start + 2 + len + 2;
        if is_tag {
            let inner = text.get(start + 2..end - 2)?.trim_matches(['-', ' ', '\n', '\t', '\r']);
            let word = inner.split_whitespace().next().unwrap_or_default();
            if let Some(block) = BLOCKS.iter().find(|(begin, _)| *begin == word) {
                // `set` with `=` stands alone.
                if word != "set" || !inner.contains('=') {
                    open.push((block, start..end));
                }
            } else if open.last().is_some_and(|((_, closing), _)| *closing == word) {
                open.pop();
            }
        }
        at = end;
    }
    let ((begin, end), range) = open.pop()?;
    Some(Unclosed { range, tag: format!("{{% {begin} %}}"), end: format!("{{% {end} %}}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_open_tag_is_found() {
        let tag = |text: &str| unclosed(text).map(|open| (text[open.range].to_owned(), open.end));
        let wanted = |tag: &str, end: &str| Some((tag.to_owned(), end.to_owned()));
        assert_eq!(tag("a {% if x %}{{ x }} {% for y in z %}q{% endfor %}"), wanted("{% if x %}", "{% endif %}"));
        assert_eq!(tag("ü {{ name"), wanted("{{", "}}"));
        assert_eq!(tag("{%- raw -%} {{ x }}"), wanted("{%- raw -%}", "{% endraw %}"));
        assert_eq!(tag("{% set a = 1 %}{% if a %}{% else %}{% endif %} { } {# note #}"), None);
    }
}
