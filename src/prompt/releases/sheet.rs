//! What a prompt says besides its messages, as written, for those who show prompts.

use indexmap::IndexMap;

use super::super::labels::label::LabelValue;
use super::super::language::section::Style;
use super::super::ready::{Prompt, PromptVersion};
use super::super::registry::Registry;
use super::super::written::budget::Budget;
use super::folder::Label;
use crate::base::{Place, Problems, SafeName};
use crate::price::{TokenCounter, TokenEstimate};
use crate::record::{Message, Params};

/// A prompt as written, besides its messages: see [`Prompt::message_views`].
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// The style of sections, where the prompt states one.
    pub style: Option<Style>,
    /// Token budgets by variable.
    pub truncate: IndexMap<String, Budget>,
    /// Overrides by model, the more specific later.
    pub overrides: Vec<SheetOverride>,
    /// Names of the partials it uses, directly or not.
    pub partials: Vec<String>,
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
    /// What it says besides its messages, as written.
    pub fn sheet(&self) -> Sheet {
        let overrides = self.definition.overrides.0.iter().map(|over| SheetOverride {
            pattern: over.pattern.clone(),
            params: over.params.clone(),
            style: over.style,
            truncate: over.truncate.0.clone(),
        });
        Sheet {
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
