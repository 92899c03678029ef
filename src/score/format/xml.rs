//! `xml`: the output is well-formed XML with these elements.

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::reason;
use super::super::settings::{Fault, Settings, texts_of};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use super::super::structure::fence::{IN_BLOCK, Place};
use super::xml_read::{ElementPath, NotXml, document};

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "xml",
    family: "structure",
    about: "the output is well-formed XML, with these elements in it",
    version: 1,
    pass_at: 1.0,
    short: "elements",
    value: ValueRule::Optional,
    options: &[
        OptionSpec::fixed(
            "elements",
            "a list of paths",
            "elements that must stand in it: `order/item` from the root, `//price` anywhere, `order/item@id` with this \
             attribute; `*` is any element, and `order.item` is read as well",
        ),
        Place::ALLOW_FENCED,
        IN_BLOCK,
    ],
    degenerate: &[
        "an empty output fails; white space around the XML is allowed",
        "names are compared with their case and without their namespaces, which must be declared",
        "a document type is not read (entities of it could fetch or unfold): such an output is ungraded",
        "`not_xml` with `elements` also passes on well-formed XML without them",
    ],
    example: "- xml: [order/item, //price]",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let place = Place::of(settings, &["xml"]);
    let Some(value) = settings.get("elements") else {
        return Ok(Prepared::new(Xml { paths: Vec::new(), place }));
    };
    // One text may list several, as elsewhere.
    let texts: Vec<String> = texts_of("elements", value)?
        .iter()
        .flat_map(|text| text.split(',').map(|path| path.trim().to_owned()).collect::<Vec<_>>())
        .collect();
    let mut paths = Vec::new();
    let mut faults = Vec::new();
    for text in &texts {
        match ElementPath::parse(text) {
            Some(path) => paths.push((text.clone(), path)),
            None => faults.push(
                Fault::new("elements", format!("`{text}` is not a path to an element"))
                    .help("write `order/item` or `//price`"),
            ),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(Prepared::new(Xml { paths, place }).canonical("elements", serde_json::json!(texts)))
}

struct Xml {
    paths: Vec<(String, ElementPath)>,
    place: Place,
}

impl Scorer for Xml {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let shown: Vec<&str> = self.paths.iter().map(|(text, _)| text.as_str()).collect();
        let wanted = match shown.as_slice() {
            [] => "well-formed XML".to_owned(),
            paths => format!("well-formed XML with {}", reason::list(paths)),
        };
        let text = match self.place.find(&input.reply.text) {
            Ok(text) => text,
            Err(seen) => return Finding::of_bool(false, seen, wanted),
        };
        let document = match document(text) {
            Ok(document) => document,
            Err(NotXml::Unread(reason)) => return Finding::Ungraded(reason),
            Err(NotXml::Fault(fault)) => {
                return Finding::of_bool(false, format!("{}, which is not XML ({fault})", reason::quote(text)), wanted);
            }
        };
        let missing: Vec<&str> =
            self.paths.iter().filter(|(_, path)| !path.stands_in(&document)).map(|(text, _)| text.as_str()).collect();
        if missing.is_empty() {
            return Finding::of_bool(true, reason::quote(text), wanted);
        }
        Finding::of_bool(false, format!("{} without {}", reason::quote(text), reason::list(&missing)), wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{fails, passes, problems_of, reason_of, ungraded};

    #[test]
    fn the_output_is_xml_with_these_elements() {
        let order = "<order><item id=\"1\"/></order>";
        assert!(
            passes("xml", order)
                && passes("xml: [order/item, //item@id]", order)
                && passes("xml: 'order.item, order'", order)
        );
        assert!(
            fails("xml: order/price", order) && fails("xml", "<order>") && fails("xml", "") && passes("not_xml", "a")
        );
        assert!(reason_of("xml: [order/price, order]", order).contains("without \"order/price\"; wanted"));
        assert!(reason_of("xml", "<a></b>").contains("which is not XML"));
        assert!(passes("xml: {allow_fenced: true}", "```xml\n<a/>\n```") && fails("xml", "```xml\n<a/>\n```"));
        assert!(passes("xml: {in_block: true}", "Here:\n```xml\n<a/>\n```\nDone."));
    }

    #[test]
    fn a_document_type_is_ungraded_and_bad_paths_are_reported() {
        assert!(ungraded("not_xml", "<!DOCTYPE a><a/>").contains("document type"));
        assert_eq!(problems_of("xml: [a b, '']").matches("error[").count(), 1);
        assert!(problems_of("xml: [a b, c//d]").contains("`c//d` is not a path"));
    }
}
