//! Fenced blocks of code in Markdown.

use super::super::reason;
use super::super::settings::Settings;
use super::super::spec::OptionSpec;

/// The option for text that stands in a block with prose around it.
pub(in crate::score) const IN_BLOCK: OptionSpec =
    OptionSpec::flag("in_block", "looks at the first fenced block of that language, with prose around it or not");

/// One fenced block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::score) struct Block<'t> {
    /// The first word behind the fence; empty when there is none.
    pub(in crate::score) language: &'t str,
    pub(in crate::score) body: &'t str,
    /// Whether the fence is closed: a reply that was cut leaves it open.
    pub(in crate::score) closed: bool,
    /// Bytes of the text that the block takes, fences included.
    start: usize,
    end: usize,
}

/// The fenced blocks of `text` in order: three or more backticks or tildes, closed by at least as many (`CommonMark` 0.31).
pub(in crate::score) fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut found = Vec::new();
    let mut open: Option<(char, usize, &str, usize, usize)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let (start, end) = (at, at + line.len());
        at = end;
        let fence = fence_of(line);
        match (open, fence) {
            (None, Some((mark, length, rest))) if mark == '~' || !rest.contains('`') => {
                let language = rest.split_whitespace().next().unwrap_or("");
                open = Some((mark, length, language, start, end));
            }
            (Some((mark, length, language, from, body)), Some((other, count, rest)))
                if mark == other && count >= length && rest.trim().is_empty() =>
            {
                let body = text.get(body..start).unwrap_or("");
                found.push(Block { language, body, closed: true, start: from, end });
                open = None;
            }
            _ => {}
        }
    }
    if let Some((_, _, language, start, body)) = open {
        let body = text.get(body..).unwrap_or("");
        found.push(Block { language, body, closed: false, start, end: text.len() });
    }
    found
}

/// The mark, its length and what follows, for a line that is a fence.
fn fence_of(line: &str) -> Option<(char, usize, &str)> {
    let bare = line.trim_end_matches(['\n', '\r']);
    let inner = bare.trim_start_matches(' ');
    if bare.len() - inner.len() > 3 {
        return None;
    }
    let mark = inner.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let rest = inner.trim_start_matches(mark);
    let length = inner.len() - rest.len();
    (length >= 3).then_some((mark, length, rest))
}

/// Where in the output the text of a language stands.
#[derive(Debug, Clone)]
pub(in crate::score) struct Place {
    allow_fenced: bool,
    in_block: bool,
    languages: &'static [&'static str],
}

impl Place {
    /// The option for text that is one fence and nothing else.
    pub(in crate::score) const ALLOW_FENCED: OptionSpec =
        OptionSpec::flag("allow_fenced", "accepts an output that is one fence of that language and nothing else");

    pub(in crate::score) fn of(settings: &Settings, languages: &'static [&'static str]) -> Place {
        Place { allow_fenced: settings.flag("allow_fenced"), in_block: settings.flag("in_block"), languages }
    }

    /// The text to judge, or what was seen instead.
    pub(in crate::score) fn find<'t>(&self, text: &'t str) -> Result<&'t str, String> {
        if !self.allow_fenced && !self.in_block {
            return Ok(text);
        }
        let blocks = blocks(text);
        let fits = |block: &&Block<'_>| {
            block.language.is_empty() || self.languages.iter().any(|known| known.eq_ignore_ascii_case(block.language))
        };
        if self.in_block {
            // A block that says its language comes before one that says none.
            let named = blocks.iter().filter(fits).find(|block| !block.language.is_empty());
            let found = named.or_else(|| blocks.iter().find(fits));
            let language = self.languages.first().copied().unwrap_or_default();
            return found
                .map(|block| block.body)
                .ok_or_else(|| format!("no fenced block of {language} in {}", reason::quote(text)));
        }
        let outside = |block: &Block<'_>| {
            let (before, after) = (text.get(..block.start).unwrap_or(""), text.get(block.end..).unwrap_or(""));
            before.trim().is_empty() && after.trim().is_empty()
        };
        match blocks.as_slice() {
            [block] if block.closed && fits(&block) && outside(block) => Ok(block.body),
            _ => Ok(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_open_and_close_as_in_markdown() {
        let read = |text: &'static str| -> Vec<(&str, &str, bool)> {
            blocks(text).into_iter().map(|block| (block.language, block.body, block.closed)).collect()
        };
        assert_eq!(read("a\n```json\n{}\n```\nb\n~~~\nx\n~~~"), [("json", "{}\n", true), ("", "x\n", true)]);
        assert_eq!(read("````md\n```js\n1\n```\n````"), [("md", "```js\n1\n```\n", true)]);
        assert_eq!(read("```rust,ignore title=x\r\nfn\r\n```"), [("rust,ignore", "fn\r\n", true)]);
        assert_eq!(read("```py\nprint("), [("py", "print(", false)]);
        assert_eq!(read("    ```\nx\n    ```"), []);
        assert_eq!(read("a ``` b\n``inline``"), []);
        assert_eq!(read("``` a`b\nx"), []);
    }
}
