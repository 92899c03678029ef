//! Links as Markdown, HTML and plain text write them.

use std::sync::LazyLock;

use regex::Regex;

/// Most links of a text that are kept.
const MAX_LINKS: usize = 10_000;

/// A link in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link<'t> {
    /// Where it leads, as written.
    pub target: &'t str,
    /// The text that readers see instead of the target, if there is one.
    pub label: Option<&'t str>,
    /// Whether it is loaded without a click: an image, a frame, a script.
    pub is_loaded: bool,
    /// Byte offset of the target.
    pub start: usize,
    /// Byte offset behind the target.
    pub end: usize,
}

/// `[label](target "title")`, with `!` before it for images. One level of brackets in both.
static MARKDOWN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(\s*<?((?:[^\s()<>]|\([^\s()]*\))+)>?(?:\s+["'(][^\n]*?)?\s*\)"#)
        .ok()
});
/// `[label]: target`
static REFERENCE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?m)^ {0,3}\[([^\]\n]+)\]:\s*<?([^\s<>]+)>?").ok());
/// `<a href="target">label</a>`, `<img src=target>`
static HTML: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?is)<([a-z][a-z0-9]*)\b[^<>]*?\b(?:href|src|action|data|poster|formaction)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))[^<>]*>(?:([^<]*)</a>)?"#).ok()
});
/// A bare address, and schemes that run code or carry data.
static BARE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)(?:\b(?:https?|ftps?|wss?|file)://|\bwww\.|\bjavascript:|\bvbscript:|\bdata:[a-z]+/[a-z0-9.+-]+[;,])[^\s<>"'`\\^{}|]+"#).ok()
});

/// Finds the links of a text, in order; a target is one link, however many ways of writing it fit.
pub fn find_links(text: &str) -> Vec<Link<'_>> {
    let mut links: Vec<Link<'_>> = Vec::new();
    // An address that is the text of a link is not a second one.
    let mut labels: Vec<(usize, usize)> = Vec::new();
    for found in captures(&MARKDOWN, text) {
        if let (Some(mark), Some(label), Some(target)) = (found.get(1), found.get(2), found.get(3)) {
            labels.push((label.start(), label.end()));
            push(&mut links, target, Some(label.as_str()), mark.as_str() == "!");
            // `[![image](a)](b)` holds a link in its label.
            for inner in captures(&MARKDOWN, label.as_str()) {
                if let (Some(mark), Some(target)) = (inner.get(1), inner.get(3)) {
                    let (start, end) = (label.start() + target.start(), label.start() + target.end());
                    links.push(Link {
                        target: target.as_str(),
                        label: None,
                        is_loaded: mark.as_str() == "!",
                        start,
                        end,
                    });
                }
            }
        }
    }
    for found in captures(&REFERENCE, text) {
        if let Some(target) = found.get(2) {
            push(&mut links, target, None, false);
        }
    }
    for found in captures(&HTML, text) {
        let target = found.get(2).or_else(|| found.get(3)).or_else(|| found.get(4));
        if let (Some(tag), Some(target)) = (found.get(1), target) {
            let is_loaded =
                !matches!(tag.as_str().to_ascii_lowercase().as_str(), "a" | "area" | "form" | "button" | "base");
            labels.extend(found.get(5).map(|label| (label.start(), label.end())));
            push(&mut links, target, found.get(5).map(|label| label.as_str()), is_loaded);
        }
    }
    links.sort_by_key(|link| link.start);
    bare(text, &labels, &mut links);
    links.sort_by_key(|link| link.start);
    links
}

fn captures<'t>(pattern: &'static LazyLock<Option<Regex>>, text: &'t str) -> impl Iterator<Item = regex::Captures<'t>> {
    pattern.as_ref().into_iter().flat_map(move |pattern| pattern.captures_iter(text)).take(MAX_LINKS)
}

fn push<'t>(links: &mut Vec<Link<'t>>, target: regex::Match<'t>, label: Option<&'t str>, is_loaded: bool) {
    // Anchors and paths lead nowhere else; a placeholder of a template is not a link yet.
    let written = target.as_str();
    if !written.is_empty() && !written.starts_with('#') {
        links.push(Link { target: written, label, is_loaded, start: target.start(), end: target.end() });
    }
}

/// Adds the addresses that stand in the text outside of the links found before, which are sorted.
fn bare<'t>(text: &'t str, labels: &[(usize, usize)], links: &mut Vec<Link<'t>>) {
    let Some(pattern) = BARE.as_ref() else { return };
    let known: Vec<(usize, usize)> = links.iter().map(|link| (link.start, link.end)).collect();
    let mut next = 0;
    for hit in pattern.find_iter(text).take(MAX_LINKS) {
        while known.get(next).is_some_and(|(_, end)| *end <= hit.start()) {
            next += 1;
        }
        let is_known = known.get(next).is_some_and(|(start, _)| *start < hit.end());
        let in_label = labels.iter().any(|(start, end)| *start <= hit.start() && hit.start() < *end);
        // The name of an XML vocabulary is not an address that anybody opens.
        let head = text.get(..hit.start()).unwrap_or_default();
        let is_name = ["xmlns=\"", "xmlns='"].iter().any(|end| head.ends_with(end)) || names_vocabulary(head);
        if is_known || in_label || is_name {
            continue;
        }
        let target = trimmed(hit.as_str());
        links.push(Link { target, label: None, is_loaded: false, start: hit.start(), end: hit.start() + target.len() });
    }
}

/// `xmlns:xlink="`
fn names_vocabulary(head: &str) -> bool {
    let Some(head) = head.strip_suffix(['"', '\'']) else { return false };
    let Some(head) = head.strip_suffix('=') else { return false };
    let prefix = head.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    prefix.ends_with("xmlns:")
}

/// Without the punctuation of the sentence round it.
fn trimmed(target: &str) -> &str {
    let mut target = target;
    loop {
        let shorter = target
            .trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '_', '~', '…', '。', '，', '」', '”', '’', '»']);
        let unmatched = |close: char, open: char| {
            shorter.ends_with(close) && shorter.matches(close).count() > shorter.matches(open).count()
        };
        let shorter = if unmatched(')', '(') || unmatched(']', '[') {
            shorter.get(..shorter.len() - 1).unwrap_or(shorter)
        } else {
            shorter
        };
        if shorter.len() == target.len() {
            return target;
        }
        target = shorter;
    }
}
