//! Reads XML strictly; the only door to the parser.

use roxmltree::{Document, Error, Node, ParsingOptions};

use super::super::reason;

/// Longest text that is read.
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// Most elements, texts and comments.
const MOST_NODES: u32 = 500_000;

/// Why there is no document.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotXml {
    /// It is not well-formed.
    Fault(String),
    /// It is more than karat reads.
    Unread(String),
}

/// The document in `text`. Declarations of entities are not read, so nothing is fetched and nothing unfolds.
pub(super) fn document(text: &str) -> Result<Document<'_>, NotXml> {
    if text.len() > MOST_BYTES {
        return Err(NotXml::Unread(format!("the XML has {} bytes, more than {MOST_BYTES}", text.len())));
    }
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text.trim_start_matches('\u{feff}').trim(), options).map_err(|error| match error {
        Error::DtdDetected => NotXml::Unread("the XML declares a document type, which karat does not read".to_owned()),
        Error::NodesLimitReached => NotXml::Unread(format!("the XML has more than {MOST_NODES} nodes")),
        other => NotXml::Fault(reason::message(&other.to_string())),
    })
}

/// The way to an element or attribute: `order/item`, `//price`, `order/item@id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ElementPath {
    names: Vec<String>,
    attribute: Option<String>,
    anywhere: bool,
}

impl ElementPath {
    /// Reads a path; parts stand between `/`, or between `.` where there is no `/`.
    pub(super) fn parse(text: &str) -> Option<ElementPath> {
        let text = text.trim();
        let (path, attribute) = match text.split_once('@') {
            Some((path, attribute)) => (path.trim_end_matches('/'), Some(attribute.to_owned())),
            None => (text, None),
        };
        let (rest, anywhere) = match path.strip_prefix("//") {
            Some(rest) => (rest, true),
            None => (path.strip_prefix('/').unwrap_or(path), false),
        };
        let split = if rest.contains('/') { '/' } else { '.' };
        let names: Vec<String> = rest.split(split).map(str::to_owned).collect();
        let is_name =
            |name: &String| !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || "/@<>".contains(c));
        (names.iter().all(is_name) && attribute.as_ref().is_none_or(is_name)).then_some(ElementPath {
            names,
            attribute,
            anywhere,
        })
    }

    /// Whether the document has it. Names are compared without their namespace.
    pub(super) fn stands_in(&self, document: &Document<'_>) -> bool {
        let root = document.root_element();
        if self.anywhere {
            root.descendants().filter(Node::is_element).any(|node| self.begins_at(node))
        } else {
            self.begins_at(root)
        }
    }

    fn begins_at(&self, node: Node<'_, '_>) -> bool {
        let Some((first, rest)) = self.names.split_first() else { return false };
        let mut found: Vec<Node<'_, '_>> = if fits(node, first) { vec![node] } else { Vec::new() };
        for name in rest {
            found = found.iter().flat_map(|node| node.children().filter(|child| fits(*child, name))).collect();
        }
        let has = |node: &Node<'_, '_>| {
            self.attribute.as_ref().is_none_or(|wanted| node.attributes().any(|known| known.name() == wanted))
        };
        found.iter().any(has)
    }
}

fn fits(node: Node<'_, '_>, name: &str) -> bool {
    node.is_element() && (name == "*" || node.tag_name().name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_is_read_strictly() {
        assert!(
            document("<a b='1'><c/></a>").is_ok() && document("<?xml version='1.0'?>\n<a>ü &amp; &#65;</a>\n").is_ok()
        );
        for bad in [
            "",
            "a",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "<a b=1/>",
            "<a b='1' b='2'/>",
            "<a>&nope;</a>",
            "<a><</a>",
            "<1/>",
            "<a>\u{1}</a>",
            "x<a/>",
            "<a:b/>",
        ] {
            assert!(matches!(document(bad), Err(NotXml::Fault(_))), "{bad}");
        }
    }

    #[test]
    fn entities_are_neither_fetched_nor_unfolded() {
        for text in [
            "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
            "<!DOCTYPE a [<!ENTITY x 'xxxxxxxxxx'><!ENTITY y '&x;&x;&x;'>]><a>&y;</a>",
        ] {
            assert!(matches!(document(text), Err(NotXml::Unread(_))), "{text}");
        }
    }

    #[test]
    fn deep_nests_end() {
        let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
        let parsed = document(&deep).expect("well-formed");
        assert!(ElementPath::parse("//a/a").expect("path").stands_in(&parsed));
    }

    #[test]
    fn paths_lead_from_the_root_or_from_anywhere() {
        let document = document("<o><item id='1'><price/></item><x:item xmlns:x='u'><n/></x:item></o>").expect("XML");
        let stands = |path: &str| ElementPath::parse(path).expect("path").stands_in(&document);
        for path in ["o", "/o/item", "o.item.price", "o/item/n", "//price", "o/item@id", "//item@id", "o/*/price"] {
            assert!(stands(path), "{path}");
        }
        for path in ["item", "o/price", "//o/price", "o/item@name", "o/item/price@id"] {
            assert!(!stands(path), "{path}");
        }
        for bad in ["", "a//b", "a b", "@id", "a@"] {
            assert_eq!(ElementPath::parse(bad), None, "{bad}");
        }
    }
}
