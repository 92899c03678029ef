//! What was read from another tool's file.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::super::language::text::TemplateText;
use super::declare::declare;
use super::handlebars_read::read_handlebars;
use super::jinja_read::{Jinja, read_jinja};
use super::jinja_write::write_jinja;
use super::piece::{Piece, Untold, usages};
use crate::base::{Diagnostic, Place, Problems, Source, Span};

/// A prompt of another tool, in our words.
#[derive(Debug, Clone, PartialEq)]
pub struct Foreign {
    /// Its name there; `None` where the file's name is all there is.
    pub name: Option<String>,
    /// Its versions, in the order of their numbers.
    pub versions: Vec<ForeignVersion>,
}

/// A version of such a prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct ForeignVersion {
    /// Its number there; `None` where prompts have no versions.
    pub number: Option<u64>,
    /// Labels or aliases that point to it.
    pub labels: Vec<String>,
    /// The keys of a version file.
    pub definition: Map<String, Value>,
    /// Lines for the head of the file: what has no key there, such as the model it was written for.
    pub comments: Vec<String>,
}

/// The language a template is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Jinja(Jinja),
    Handlebars,
    /// Variables in double braces; `strict` when other braces are mistakes.
    Braces {
        strict: bool,
    },
    /// No language: braces are braces.
    Plain,
}

/// A template and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) text: String,
    origin: Origin,
}

#[derive(Debug, Clone)]
enum Origin {
    Scalar(TemplateText),
    Part(Source, usize),
}

impl Placed {
    /// A value of a YAML or JSON file.
    pub(super) fn scalar(text: &str, source: &Source, span: Span) -> Placed {
        Placed { text: text.to_owned(), origin: Origin::Scalar(TemplateText::of_scalar(text, source, span)) }
    }

    /// The part of a file that begins at byte `start`.
    pub(super) fn part(source: &Source, start: usize, end: usize) -> Placed {
        let text = source.text().get(start..end).unwrap_or("").to_owned();
        Placed { text, origin: Origin::Part(source.clone(), start) }
    }

    /// A part of a part.
    pub(super) fn cut(&self, start: usize, end: usize) -> Placed {
        let text = self.text.get(start..end).unwrap_or("").to_owned();
        let origin = match &self.origin {
            Origin::Part(source, offset) => Origin::Part(source.clone(), offset + start),
            Origin::Scalar(_) => self.origin.clone(),
        };
        Placed { text, origin }
    }

    pub(super) fn place(&self, start: usize, end: usize) -> Place {
        match &self.origin {
            Origin::Scalar(text) => text.place(start, end),
            Origin::Part(source, offset) => source.place(source.span_of_bytes(offset + start, offset + end)),
        }
    }

    /// The pieces of the template; what has no translation goes to `problems`.
    pub(super) fn pieces(&self, dialect: Dialect, problems: &mut Problems) -> Vec<Piece> {
        // Bytes of the text and of its place must agree: line ends are mended in the pieces.
        let (pieces, untold) = match dialect {
            Dialect::Jinja(jinja) => read_jinja(&self.text, jinja),
            Dialect::Handlebars => read_handlebars(&self.text, &std::collections::HashSet::new()),
            Dialect::Braces { strict } => super::braces::read_braces(&self.text, strict),
            Dialect::Plain => (vec![Piece::Text(self.text.clone())], Vec::new()),
        };
        for untold in untold {
            problems.push(self.problem(&untold));
        }
        pieces
    }

    pub(super) fn problem(&self, untold: &Untold) -> Diagnostic {
        Diagnostic::error("untranslatable-template", untold.what.clone())
            .at(self.place(untold.at.start, untold.at.end.max(untold.at.start + 1)))
            .help("rewrite this part; `--from text` imports a file as plain text, braces included")
    }
}

/// Builds the keys of a version file, message by message.
pub(super) struct Builder {
    pub(super) definition: Map<String, Value>,
    messages: Vec<Value>,
    all: Vec<Piece>,
}

impl Builder {
    pub(super) fn new() -> Builder {
        Builder { definition: Map::new(), messages: Vec::new(), all: Vec::new() }
    }

    pub(super) fn set(&mut self, key: &str, value: Value) {
        self.definition.insert(key.to_owned(), value);
    }

    /// A message of one template.
    pub(super) fn message(&mut self, role: &str, pieces: Vec<Piece>) {
        let content = Value::String(tera(&pieces));
        self.messages.push(json!({"role": role, "content": content}));
        self.all.extend(pieces);
    }

    /// A message of parts, each with its key (`text`, `image`, `file`).
    pub(super) fn parts(&mut self, role: &str, parts: Vec<(&'static str, Vec<Piece>)>) {
        if let [("text", pieces)] = parts.as_slice() {
            return self.message(role, pieces.clone());
        }
        let content: Vec<Value> = parts.iter().map(|(key, pieces)| json!({*key: tera(pieces)})).collect();
        self.messages.push(json!({"role": role, "content": content}));
        self.all.extend(parts.into_iter().flat_map(|(_, pieces)| pieces));
    }

    /// The keys, with the variables that are declared or used. `value_type` is what tools without declarations take.
    pub(super) fn finish(
        mut self,
        declared: IndexMap<String, Map<String, Value>>,
        value_type: Option<&'static str>,
    ) -> Map<String, Value> {
        let variables = declare(declared, &usages(&self.all), value_type);
        let one_text = match self.messages.as_slice() {
            [Value::Object(only)] if only.get("role") == Some(&json!("user")) => {
                only.get("content").filter(|content| content.is_string()).cloned()
            }
            _ => None,
        };
        match one_text {
            Some(text) => self.set("template", text),
            None => self.definition.insert("messages".to_owned(), Value::Array(self.messages.clone())).map_or((), drop),
        }
        if !variables.is_empty() {
            self.set("variables", Value::Object(variables));
        }
        self.definition
    }
}

/// The template in our language, with `\n` at line ends.
fn tera(pieces: &[Piece]) -> String {
    let mut lost = Vec::new();
    let text = write_jinja(pieces, Jinja::Tera, &mut lost);
    text.replace("\r\n", "\n")
}

/// Takes the blank lines and spaces at the two ends of a message away: there they are the layout of the file.
pub(super) fn trimmed(mut pieces: Vec<Piece>) -> Vec<Piece> {
    if let Some(Piece::Text(text)) = pieces.first_mut() {
        *text = text.trim_start().to_owned();
    }
    if let Some(Piece::Text(text)) = pieces.last_mut() {
        *text = text.trim_end().to_owned();
    }
    pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
    pieces
}
