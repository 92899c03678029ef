//! `html`: the output is HTML.

use serde_json::{Value, json};

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::reason;
use super::super::settings::{Fault, Settings, texts_of};
use super::super::spec::{Build, CheckSpec, OptionKind, OptionSpec, Prepared, ValueRule};
use super::super::structure::fence::{IN_BLOCK, Place};
use super::html_read::{Markup, read};

const KINDS: &[(&str, &str)] = &[("fragment", "fragment"), ("document", "document"), ("anywhere", "anywhere")];

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "html",
    family: "structure",
    about: "the output is HTML whose tags fit together, with these elements in it",
    version: 1,
    pass_at: 1.0,
    short: "elements",
    value: ValueRule::Optional,
    options: &[
        OptionSpec::fixed("elements", "a list of names", "elements that must stand in it, such as `[table, tr]`"),
        OptionSpec {
            name: "kind",
            kind: OptionKind::Word(KINDS),
            takes: "fragment, document or anywhere",
            about: "elements without text beside them (`fragment`, unless given), a page with a document type or an \
                    `html` element (`document`), or elements with text round them (`anywhere`)",
        },
        Place::ALLOW_FENCED,
        IN_BLOCK,
    ],
    degenerate: &[
        "at least one element of the HTML standard must stand in it: `<foo>` alone and plain text fail",
        "tags fit together when each end tag closes the element that is open, and elements that need an end tag have one; \
         `li`, `p`, `td` and others need none. Browsers show more than that, validators demand more",
        "with `anywhere` tags need not fit together",
        "an empty output fails; more than 4 MiB or 1,000 levels are ungraded",
    ],
    example: "- html: {elements: [table], kind: fragment}",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let elements = match settings.get("elements") {
        Some(value) => texts_of("elements", value)?.iter().map(|name| name.trim().to_lowercase()).collect(),
        None => Vec::new(),
    };
    let shown = if elements.is_empty() { Value::Null } else { json!(elements) };
    let kind = settings.word("kind", "fragment").to_owned();
    Ok(Prepared::new(Html { elements, kind, place: Place::of(settings, &["html", "htm"]) })
        .canonical("elements", shown))
}

struct Html {
    elements: Vec<String>,
    kind: String,
    place: Place,
}

impl Scorer for Html {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let wanted = self.wanted();
        let text = match self.place.find(&input.reply.text) {
            Ok(text) => text,
            Err(seen) => return Finding::of_bool(false, seen, wanted),
        };
        match read(text) {
            Err(reason) => Finding::Ungraded(reason),
            Ok(markup) => match self.fault(&markup) {
                None => Finding::of_bool(true, reason::quote(text), wanted),
                Some(fault) => Finding::of_bool(false, format!("{} ({fault})", reason::quote(text)), wanted),
            },
        }
    }
}

impl Html {
    fn fault(&self, markup: &Markup) -> Option<String> {
        if markup.elements.is_empty() {
            return Some("no element of HTML".to_owned());
        }
        if self.kind != "anywhere" {
            if let Some(text) = &markup.bare_text {
                return Some(format!("text outside of all elements: {}", reason::quote(text)));
            }
            if let Some(fault) = &markup.fault {
                return Some(fault.clone());
            }
        }
        if self.kind == "document" && !markup.is_document {
            return Some("no document type and no `html` element".to_owned());
        }
        let missing: Vec<&String> = self.elements.iter().filter(|name| !markup.elements.contains(name)).collect();
        (!missing.is_empty()).then(|| format!("without {}", reason::list(&missing)))
    }

    fn wanted(&self) -> String {
        let kind = match self.kind.as_str() {
            "document" => "an HTML document",
            "anywhere" => "text with HTML",
            _ => "HTML",
        };
        if self.elements.is_empty() { kind.to_owned() } else { format!("{kind} with {}", reason::list(&self.elements)) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{fails, passes, problems_of, reason_of};

    #[test]
    fn fragments_documents_and_html_within_text_are_told_apart() {
        let (fragment, page) = ("<p>Hello <b>you</b></p>\n<hr>", "<!DOCTYPE html><html><body><p>x</body></html>");
        assert!(passes("html", fragment) && passes("html", page) && fails("html: {kind: document}", fragment));
        assert!(passes("html: {kind: document, elements: body}", page));
        assert!(fails("html", "Hello <b>you</b>") && passes("html: {kind: anywhere}", "Hello <b>you</b>"));
        for bad in ["", "Hello", "<foo>x</foo>", "2 < 3 and 4 > 3", "<div>", "<div><b></div></b>", "{\"a\": 1}"] {
            assert!(fails("html", bad), "{bad}");
        }
        assert!(fails("html: {kind: anywhere}", "2 < 3 and 4 > 3"));
        assert!(passes("html: {allow_fenced: true}", "```html\n<p>x</p>\n```"));
    }

    #[test]
    fn elements_may_be_asked_for() {
        assert!(passes("html: [TABLE, tr]", "<table><tr><td>1</table>") && fails("html: [table]", "<p>x</p>"));
        assert!(reason_of("html: [table, p]", "<p>x</p>").contains("without \"table\"); wanted HTML with"));
        assert!(
            problems_of("html: []").contains("empty list") && problems_of("html: {kind: page}").contains("document")
        );
    }
}
