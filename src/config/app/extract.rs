//! What is read from the replies of a user's application.

use serde_json_path::JsonPath;

use crate::base::{Diagnostic, Fields, Node, Problems, Source};

/// A JSONPath (RFC 9535), compiled.
#[derive(Debug, Clone, PartialEq)]
pub struct Extract {
    /// As it was written.
    pub shown: String,
    /// Compiled.
    pub path: JsonPath,
}

/// Where the text of a reply is.
#[derive(Debug, Clone, PartialEq)]
pub enum TextRule {
    /// `body`: the whole body is the text.
    Body,
    /// At a path.
    At(Extract),
}

/// Where token counts are. The counts do not overlap: what is read from a cache is not part of `input`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UsagePaths {
    /// `input`: input tokens.
    pub input: Option<Extract>,
    /// `output`: output tokens.
    pub output: Option<Extract>,
    /// `cache_read`: input read from a prompt cache.
    pub cache_read: Option<Extract>,
    /// `reasoning`: tokens of thinking.
    pub reasoning: Option<Extract>,
}

/// `response`: what is read from a reply. All but `text` may be missing in it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ResponseRules {
    /// `text`: the answer; a JSONPath, or `body` for the whole body. A value that is no text becomes JSON; several
    /// values are joined by line feeds.
    pub text: Option<TextRule>,
    /// `contexts`: the passages that the answer rests on, one per value.
    pub contexts: Option<Extract>,
    /// `tool_calls`: calls with `name` and `arguments`, or in the form of `OpenAI`.
    pub tool_calls: Option<Extract>,
    /// `usage`: token counts.
    pub usage: UsagePaths,
    /// `cost`: dollars.
    pub cost: Option<Extract>,
    /// `refusal`: why the application refused; nothing, `null` and `false` mean it did not.
    pub refusal: Option<Extract>,
    /// `error`: what went wrong inside a reply of status 200; nothing, `null`, `false` and an empty text mean nothing did.
    pub error: Option<Extract>,
    /// `model`: the model that answered.
    pub model: Option<Extract>,
}

/// Where the pieces of a streamed text are.
#[derive(Debug, Clone, PartialEq)]
pub enum StreamText {
    /// `data`: each frame is a piece as it is.
    Data,
    /// At a path of each frame.
    At(Extract),
}

/// `stream`: how replies stream. The paths of `response` hold for every frame as well.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamRules {
    /// `format: sse` or `ndjson`.
    pub lines: bool,
    /// `text`: the piece of the answer in a frame; frames without it are fine.
    pub text: StreamText,
    /// `done`: the frame that ends the stream, such as `[DONE]`; without it the end of the body does.
    pub done: Option<StreamEnd>,
}

/// What ends a stream.
#[derive(Debug, Clone, PartialEq)]
pub enum StreamEnd {
    /// A frame of this text.
    Text(String),
    /// A frame in which this is found and is neither `null` nor `false`.
    At(Extract),
}

impl ResponseRules {
    pub(super) fn read(node: &Node, source: &Source, problems: &mut Problems) -> Option<ResponseRules> {
        let mut fields = Fields::of(node, "`response` mapping", source, problems)?;
        let text = match fields.text("text", problems) {
            Some("body") => Some(TextRule::Body),
            _ => path(&mut fields, "text", problems).map(TextRule::At),
        };
        let rules = ResponseRules {
            text,
            contexts: path(&mut fields, "contexts", problems),
            tool_calls: path(&mut fields, "tool_calls", problems),
            usage: fields.node("usage").and_then(|node| usage(node, source, problems)).unwrap_or_default(),
            cost: path(&mut fields, "cost", problems),
            refusal: path(&mut fields, "refusal", problems),
            error: path(&mut fields, "error", problems),
            model: path(&mut fields, "model", problems),
        };
        if rules.text == Some(TextRule::Body) {
            let named = ["contexts", "tool_calls", "usage", "cost", "refusal", "error", "model"];
            if let Some(name) = named.into_iter().find(|name| fields.node(name).is_some()) {
                let message = format!("`{name}` is read from JSON, and `text: body` says that replies are plain text");
                fields.invalid("text", message, problems);
            }
        }
        fields.finish(problems);
        Some(rules)
    }
}

fn usage(node: &Node, source: &Source, problems: &mut Problems) -> Option<UsagePaths> {
    let mut fields = Fields::of(node, "`usage` mapping", source, problems)?;
    let usage = UsagePaths {
        input: path(&mut fields, "input", problems),
        output: path(&mut fields, "output", problems),
        cache_read: path(&mut fields, "cache_read", problems),
        reasoning: path(&mut fields, "reasoning", problems),
    };
    fields.finish(problems);
    Some(usage)
}

impl StreamRules {
    pub(super) fn read(node: &Node, source: &Source, problems: &mut Problems) -> Option<StreamRules> {
        let mut fields = Fields::of(node, "`stream` mapping", source, problems)?;
        let lines = fields.choice("format", &[("sse", false), ("ndjson", true)], problems);
        if fields.node("format").is_none() {
            fields.missing("format", problems);
        }
        let text = match fields.text("text", problems) {
            Some("data") => Some(StreamText::Data),
            Some(_) => path(&mut fields, "text", problems).map(StreamText::At),
            None => {
                if fields.node("text").is_none() {
                    fields.missing("text", problems);
                }
                None
            }
        };
        let done = match fields.text("done", problems) {
            Some(text) if text.starts_with('$') => path(&mut fields, "done", problems).map(StreamEnd::At),
            Some(text) => Some(StreamEnd::Text(text.trim().to_owned())),
            None => None,
        };
        fields.finish(problems);
        Some(StreamRules { lines: lines?, text: text?, done })
    }
}

/// A JSONPath at a field.
pub(super) fn path(fields: &mut Fields<'_>, name: &'static str, problems: &mut Problems) -> Option<Extract> {
    let text = fields.text(name, problems)?;
    match JsonPath::parse(text) {
        Ok(path) => Some(Extract { shown: text.to_owned(), path }),
        Err(error) => {
            let at = error.position().saturating_sub(1).min(text.len().saturating_sub(1));
            let column = text.char_indices().take_while(|(index, _)| *index < at).count() + 1;
            // `parser error` is all the library says of most mistakes.
            let message = match error.message() {
                told if told.ends_with("parser error") => {
                    format!("`{name}` is not a JSONPath: it cannot be read from character {column} on")
                }
                told => format!("`{name}` is not a JSONPath: {told} at character {column}"),
            };
            let place = fields.source().place(fields.value_span(name));
            let help = "paths begin with `$`, such as `$.answer` or `$.sources[*].text`";
            problems.push(Diagnostic::error("invalid-jsonpath", message).at(place).help(help));
            None
        }
    }
}
