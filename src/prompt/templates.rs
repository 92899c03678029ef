//! The templates of a prompt's messages, by the names that the engine knows them by.

use super::language::compile::template_name;
use super::language::text::TemplateText;
use super::written::definition::{Definition, MessageText, PartText};
use super::written::media::MediaSource;
use crate::record::{CacheTtl, Media, Role};

/// A message of a prompt, with the names of its templates.
pub(super) struct MessageTemplate {
    pub(super) role: Role,
    pub(super) cache: Option<CacheTtl>,
    pub(super) parts: Vec<PartTemplate>,
}

/// A part of a message.
pub(super) enum PartTemplate {
    Text(Slot),
    Image(MediaTemplate),
    File { name: String, media: MediaTemplate },
    ToolCall { id: String, name: String, arguments: Slot },
    ToolResult { id: String, is_error: bool, text: Slot },
}

/// An image or file.
pub(super) enum MediaTemplate {
    Fixed(Media),
    Template(Slot),
}

/// A template of the engine: its name there, made once, and its text, for the places of errors.
pub(super) struct Slot {
    pub(super) name: String,
    pub(super) text: TemplateText,
}

/// The templates of a message, in the order in which [`number`] counts them.
pub(super) fn texts_of(message: &MessageText) -> impl Iterator<Item = &TemplateText> {
    message.parts.iter().filter_map(|part| match part {
        PartText::Text(text)
        | PartText::ToolCall { arguments: text, .. }
        | PartText::ToolResult { text, .. }
        | PartText::Image(MediaSource::Template(text))
        | PartText::File { media: MediaSource::Template(text), .. } => Some(text),
        PartText::Image(MediaSource::Fixed(_)) | PartText::File { media: MediaSource::Fixed(_), .. } => None,
    })
}

/// Messages and prediction with the names of their templates, counted as [`Definition::texts`] gives them.
pub(super) fn number(definition: &Definition) -> (Vec<MessageTemplate>, Option<Slot>) {
    let mut next = 0;
    let mut slot = |text: &TemplateText| {
        let name = template_name(next);
        next += 1;
        Slot { name, text: text.clone() }
    };
    let media = |source: &MediaSource, slot: &mut dyn FnMut(&TemplateText) -> Slot| match source {
        MediaSource::Fixed(media) => MediaTemplate::Fixed(media.clone()),
        MediaSource::Template(text) => MediaTemplate::Template(slot(text)),
    };
    let mut part = |part: &PartText| match part {
        PartText::Text(text) => PartTemplate::Text(slot(text)),
        PartText::Image(source) => PartTemplate::Image(media(source, &mut slot)),
        PartText::File { name, media: source } => {
            PartTemplate::File { name: name.clone(), media: media(source, &mut slot) }
        }
        PartText::ToolCall { id, name, arguments } => {
            PartTemplate::ToolCall { id: id.clone(), name: name.clone(), arguments: slot(arguments) }
        }
        PartText::ToolResult { id, is_error, text } => {
            PartTemplate::ToolResult { id: id.clone(), is_error: *is_error, text: slot(text) }
        }
    };
    let template = |message: &MessageText| MessageTemplate {
        role: message.role,
        cache: message.cache,
        parts: message.parts.iter().map(&mut part).collect(),
    };
    let messages = definition.messages.iter().map(template).collect();
    (messages, definition.prediction.as_ref().map(slot))
}
