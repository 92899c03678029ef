//! What a prompt says, as written, for those who show or compare prompts.

use indexmap::IndexMap;

use super::budget::Budget;
use super::definition::PartText;
use super::folder::Label;
use super::label::LabelValue;
use super::media::MediaSource;
use super::ready::{Prompt, PromptVersion};
use super::registry::Registry;
use super::section::Style;
use crate::base::{Place, Problems, SafeName};
use crate::price::{TokenCounter, TokenEstimate};
use crate::record::{Media, Message, Params, Role};

/// A prompt as written.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// The messages, as templates.
    pub messages: Vec<SheetMessage>,
    /// The style of sections, where the prompt states one.
    pub style: Option<Style>,
    /// Token budgets by variable.
    pub truncate: IndexMap<String, Budget>,
    /// Overrides by model, the more specific later.
    pub overrides: Vec<SheetOverride>,
    /// Names of the partials it uses, directly or not.
    pub partials: Vec<String>,
}

/// A message as written.
#[derive(Debug, Clone, PartialEq)]
pub struct SheetMessage {
    /// Who speaks.
    pub role: Role,
    /// Its parts.
    pub parts: Vec<SheetPart>,
}

/// A part of a message as written.
#[derive(Debug, Clone, PartialEq)]
pub enum SheetPart {
    /// A template of text.
    Text(String),
    /// An image: its URL, a template of one, or what was read.
    Image(String),
    /// A document: its name, and its URL, a template of one, or what was read.
    File(String, String),
}

/// What a prompt says for models that match a pattern.
#[derive(Debug, Clone, PartialEq)]
pub struct SheetOverride {
    /// The pattern.
    pub pattern: String,
    /// Parameters.
    pub params: Params,
    /// The style of sections.
    pub style: Option<Style>,
    /// Token budgets by variable.
    pub truncate: IndexMap<String, Budget>,
}

impl Prompt {
    /// What it says, as written.
    pub fn sheet(&self) -> Sheet {
        let part = |part: &PartText| match part {
            PartText::Text(text) => SheetPart::Text(text.as_str().to_owned()),
            PartText::Image(media) => SheetPart::Image(written(media)),
            PartText::File { name, media } => SheetPart::File(name.clone(), written(media)),
        };
        let messages = self.definition.messages.iter();
        let overrides = self.definition.overrides.0.iter().map(|over| SheetOverride {
            pattern: over.pattern.clone(),
            params: over.params.clone(),
            style: over.style,
            truncate: over.truncate.0.clone(),
        });
        Sheet {
            messages: messages
                .map(|message| SheetMessage { role: message.role, parts: message.parts.iter().map(part).collect() })
                .collect(),
            style: self.definition.style,
            truncate: self.definition.truncate.0.clone(),
            overrides: overrides.collect(),
            partials: self.compiled.partials.keys().cloned().collect(),
        }
    }

    /// Tokens of messages when nobody knows which model they are for.
    pub fn guess_tokens(&self, messages: &[Message]) -> TokenEstimate {
        let texts: Vec<String> = messages.iter().map(Message::joined_text).collect();
        TokenCounter::of(None).count(&texts.join("\n"))
    }
}

fn written(media: &MediaSource) -> String {
    match media {
        MediaSource::Fixed(Media::Url(url)) => url.clone(),
        MediaSource::Fixed(Media::Base64 { mime, data }) => {
            format!("{mime}, {} characters of base64", data.len())
        }
        MediaSource::Template(text) => text.as_str().to_owned(),
    }
}

impl Registry {
    /// The labels that point to a version, in the order of the file.
    pub fn labels_at(&self, name: &SafeName, version: &PromptVersion, problems: &mut Problems) -> Vec<String> {
        let PromptVersion::Released(version) = version else { return Vec::new() };
        let Some(folder) = self.folder(name, &Place::of_file(name.as_str().as_ref()), problems) else {
            return Vec::new();
        };
        let shown = |(name, label): (&String, &Label)| match &label.value {
            LabelValue::Version(at) => (at == version).then(|| name.clone()),
            LabelValue::Split(split) => {
                let (_, weight) = split.shares().iter().find(|(at, _)| at == version)?;
                Some(format!("{name} ({weight} of {})", split.total()))
            }
        };
        folder.labels.iter().filter_map(shown).collect()
    }
}
