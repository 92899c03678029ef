//! Reads HTML as browsers cut it into tags, and tells what does not fit together; the only door to the tokenizer.

use html5gum::{DefaultEmitter, Token, Tokenizer};

use super::super::reason;

/// Longest text that is read.
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// Deepest nesting that is read: each end tag looks for its start among the open elements.
const DEEPEST: usize = 1_000;
/// Elements without an end tag (HTML standard, 13.1.2).
const VOID: [&str; 13] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"];
/// Elements whose end tag may be left out (HTML standard, 13.1.2.4).
const OPEN_ENDED: [&str; 18] = [
    "html", "head", "body", "li", "dt", "dd", "p", "rt", "rp", "optgroup", "option", "colgroup", "caption", "thead",
    "tbody", "tfoot", "tr", "td",
];
/// The elements of the HTML standard that are not above, and those of old that browsers know.
const OTHERS: &str = " a abbr acronym address article aside audio b bdi bdo big blockquote button canvas center cite code \
     data datalist del details dfn dialog div dl em fieldset figcaption figure font footer form frame frameset h1 h2 h3 \
     h4 h5 h6 header hgroup i iframe ins kbd label legend main map mark marquee math menu meter nav noscript object ol \
     output picture pre progress q ruby s samp script search section select slot small span strike strong style sub \
     summary sup svg table template textarea th time title tt u ul var video ";

/// What a text holds of HTML.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Markup {
    /// Names of the known elements, in order of their first use.
    pub(super) elements: Vec<String>,
    /// Whether it says that it is a document: by its type or an `html` element.
    pub(super) is_document: bool,
    /// The first thing that does not fit together.
    pub(super) fault: Option<String>,
    /// The first text that stands outside of all elements.
    pub(super) bare_text: Option<String>,
}

/// Reads `text`; `Err` when it is longer than karat reads.
pub(super) fn read(text: &str) -> Result<Markup, String> {
    if text.len() > MOST_BYTES {
        return Err(format!("the HTML has {} bytes, more than {MOST_BYTES}", text.len()));
    }
    let mut emitter = DefaultEmitter::default();
    // Scripts and styles hold text, not tags.
    emitter.naively_switch_states(true);
    let mut reader = Reader::default();
    for token in Tokenizer::new_with_emitter(text, emitter) {
        let Ok(token) = token;
        reader.take(&token);
        if reader.open.len() > DEEPEST {
            return Err(format!("the HTML nests deeper than {DEEPEST} levels"));
        }
    }
    let unclosed = reader.open.iter().rev().find(|name| !may_stay_open(name));
    if let Some(name) = unclosed {
        let fault = format!("`<{}>` is not closed", reason::message(name));
        reader.markup.fault.get_or_insert(fault);
    }
    Ok(reader.markup)
}

fn may_stay_open(name: &str) -> bool {
    OPEN_ENDED.contains(&name) || name == "th"
}

fn is_known(name: &str) -> bool {
    VOID.contains(&name) || OPEN_ENDED.contains(&name) || OTHERS.split(' ').any(|known| known == name)
}

#[derive(Default)]
struct Reader {
    markup: Markup,
    open: Vec<String>,
}

impl Reader {
    fn take(&mut self, token: &Token) {
        match token {
            Token::StartTag(tag) => {
                let name = String::from_utf8_lossy(&tag.name).into_owned();
                self.markup.is_document |= name == "html";
                if is_known(&name) && !self.markup.elements.contains(&name) {
                    self.markup.elements.push(name.clone());
                }
                // `<div/>` closes nothing in HTML; in SVG and MathML it does.
                let foreign = self.open.iter().any(|open| open == "svg" || open == "math");
                let closes_itself = tag.self_closing && foreign;
                if !closes_itself && !VOID.contains(&name.as_str()) {
                    self.open.push(name);
                }
            }
            Token::EndTag(tag) => self.close(&String::from_utf8_lossy(&tag.name)),
            Token::String(text) if self.open.is_empty() => {
                let text = String::from_utf8_lossy(text);
                if !text.trim().is_empty() && self.markup.bare_text.is_none() {
                    self.markup.bare_text = Some(text.trim().to_owned());
                }
            }
            Token::Doctype(_) => self.markup.is_document = true,
            Token::Error(error) if error.as_str().starts_with("eof-") => {
                let fault = format!("it ends in the middle of a tag or comment ({})", error.as_str());
                self.markup.fault.get_or_insert(fault);
            }
            Token::String(_) | Token::Comment(_) | Token::Error(_) => {}
        }
    }

    fn close(&mut self, name: &str) {
        let Some(at) = self.open.iter().rposition(|open| open == name) else {
            self.markup.fault.get_or_insert_with(|| format!("`</{}>` closes nothing", reason::message(name)));
            return;
        };
        let between = self.open.get(at + 1..).unwrap_or_default();
        if let Some(open) = between.iter().rev().find(|open| !may_stay_open(open)) {
            let told = format!("`</{}>` stands where `<{}>` is open", reason::message(name), reason::message(open));
            self.markup.fault.get_or_insert(told);
        }
        self.open.truncate(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> Option<String> {
        read(text).expect("short").fault
    }

    #[test]
    fn what_fits_together_has_no_fault() {
        for text in [
            "<p>a<br>b</p>",
            "<ul><li>a<li>b</ul>",
            "<!DOCTYPE html><html><head><title>t</title><body><p>a",
            "a",
            "<script>if (a < b) { '</p>' }</script>",
            "<svg><path d=''/></svg>",
            "<my-card>x</my-card>",
            "<DIV></div>",
            "<table><tr><td>1<td>2<tr><th>3</table>",
            "<!-- <div> --><p>x</p>",
        ] {
            assert_eq!(fault(text), None, "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_told() {
        assert_eq!(fault("<div><span></div>").as_deref(), Some("`</div>` stands where `<span>` is open"));
        assert_eq!(fault("</div>").as_deref(), Some("`</div>` closes nothing"));
        assert_eq!(fault("<b>a").as_deref(), Some("`<b>` is not closed"));
        assert!(fault("<p>a</p><a href='").is_some_and(|told| told.contains("eof-in-tag")));
        assert_eq!(fault("<div/>").as_deref(), Some("`<div>` is not closed"));
    }

    #[test]
    fn elements_and_bare_texts_are_told() {
        let markup = read("hi <p>a <b>b</b></p> there <foo></foo>").expect("short");
        assert_eq!((markup.elements, markup.bare_text.as_deref()), (vec!["p".into(), "b".into()], Some("hi")));
        assert!(read("<!doctype html>").expect("short").is_document && !read("<p></p>").expect("short").is_document);
        assert!(read(&"<div>".repeat(50_000)).is_err() && read(&"</p>".repeat(50_000)).is_ok());
    }
}
