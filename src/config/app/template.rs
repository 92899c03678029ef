//! JSON with slots in its texts.

use serde_json::Value;

use crate::base::{Diagnostic, Kind, Node, Piece, Place, Problems, Slot, Slots, Span, closest};
use crate::config::interpolate::{names_in, replace};
use crate::config::layer::Reading;

/// A JSON value in whose texts slots are filled. A text that is one slot and nothing else becomes the slot's value, of
/// whatever type; all else stays text.
#[derive(Debug, Clone, PartialEq)]
pub enum Template {
    /// A value as it is.
    Value(Value),
    /// A text with slots.
    Text(Slots),
    /// A list.
    List(Vec<Template>),
    /// An object, in file order.
    Map(Vec<(String, Template)>),
}

/// Reads texts with slots; collects the environment variables in them, which are secrets.
pub(super) struct TemplateReader<'a> {
    pub(super) reading: Reading<'a>,
    /// First names that may stand in a slot.
    pub(super) roots: &'static [&'static str],
    /// Variables that were filled in.
    pub(super) variables: Vec<String>,
    /// Whether messages must not show the line: it may hold a key.
    pub(super) hidden: bool,
}

impl TemplateReader<'_> {
    pub(super) fn template(&mut self, node: &Node, problems: &mut Problems) -> Template {
        match &node.kind {
            Kind::Text(_) => self.slots(node, problems).map_or(Template::Value(Value::Null), Template::Text),
            Kind::List(items) => Template::List(items.iter().map(|item| self.template(item, problems)).collect()),
            Kind::Map(entries) => Template::Map(
                entries.iter().map(|(key, value)| (key.text.clone(), self.template(value, problems))).collect(),
            ),
            Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) => Template::Value(node.to_json()),
        }
    }

    /// A text with slots, `${env.NAME}` filled in. Only what stands between the slots is looked at for variables: their
    /// values are never taken for slots.
    pub(super) fn slots(&mut self, node: &Node, problems: &mut Problems) -> Option<Slots> {
        let Reading { env, source, .. } = self.reading;
        let text = node.as_text()?;
        let slots = match Slots::parse(text) {
            Ok(slots) => slots,
            Err(error) => {
                let diagnostic = Diagnostic::error("invalid-slot", error.to_string()).at(self.place(node.span));
                problems.push(Diagnostic { help: error.help, ..diagnostic });
                return None;
            }
        };
        let mut sound = true;
        for slot in slots.slots() {
            sound &= self.knows(slot, node, problems);
        }
        let variables = &mut self.variables;
        let slots = slots.map_texts(|text| {
            variables.extend(names_in(text));
            replace(text, node.span, env, source, problems)
        });
        sound.then_some(slots)
    }

    /// The place of a node.
    pub(super) fn place(&self, span: Span) -> Place {
        let source = self.reading.source;
        if self.hidden { Place::of_file(source.path()).at(span) } else { source.place(span) }
    }

    fn knows(&self, slot: &Slot, node: &Node, problems: &mut Problems) -> bool {
        let root = slot.root();
        if self.roots.contains(&root) {
            return true;
        }
        let near = match root {
            "prompt" | "question" | "message" if self.roots.contains(&"input") => Some("input"),
            _ => closest(root, self.roots.iter().copied()),
        };
        problems.push(
            Diagnostic::error("unknown-slot", format!("`{}` is nothing that can be filled in here", slot.shown()))
                .at(self.place(node.span))
                .did_you_mean(near)
                .help(format!("known: {}; a case's variables are `vars.NAME`", self.roots.join(", "))),
        );
        false
    }
}

/// Whether a text between slots has a control character.
pub(super) fn has_control(slots: &Slots) -> bool {
    slots.pieces().iter().any(|piece| matches!(piece, Piece::Text(text) if text.chars().any(char::is_control)))
}

impl Template {
    /// All slots in it.
    pub(super) fn slots(&self) -> Vec<&Slot> {
        match self {
            Template::Value(_) => Vec::new(),
            Template::Text(slots) => slots.slots().collect(),
            Template::List(items) => items.iter().flat_map(Template::slots).collect(),
            Template::Map(entries) => entries.iter().flat_map(|(_, value)| value.slots()).collect(),
        }
    }
}
