//! What a reference to a prompt means.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::super::super::doc::{Block, Doc, Line, Tone};
use super::super::super::present::View;
use crate::base::{Digest, SafeName};
use crate::eval::SCHEMA_VERSION;
use crate::prompt::{OutlineMessage, Prompt};
use crate::record::{OutputFormat, Params, Tool};

/// A prompt, as an application reads it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResolveReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The reference, as it was given.
    pub reference: String,
    /// What it means: name and version, for a git revision with that, or a path.
    pub resolved: String,
    /// The prompt; null when the reference is a path.
    pub name: Option<SafeName>,
    /// The version, or `next`; null when the reference is a path.
    pub version: Option<String>,
    /// Digest of the prompt.
    pub digest: Digest,
    /// The messages, in order; their texts are templates.
    pub messages: Vec<OutlineMessage>,
    /// Texts that the templates include, by name.
    pub partials: BTreeMap<String, String>,
    /// The variables and their rules.
    pub variables: Value,
    /// Parameters of the call.
    pub params: Params,
    /// Parameters by pattern of models.
    pub models: Value,
    /// The form of the answer.
    pub output: OutputFormat,
    /// Tools on offer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool>,
    /// Whether one may or must be called; absent is `auto`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<Value>,
    /// Whether several may be called at once; absent is the provider's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallel_tools: Option<bool>,
    /// Text that much of the answer is expected to equal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prediction: Option<String>,
}

impl ResolveReport {
    /// The report of a prompt.
    pub fn of(reference: &str, prompt: &Prompt) -> ResolveReport {
        let outline = prompt.outline();
        ResolveReport {
            schema_version: SCHEMA_VERSION,
            reference: reference.to_owned(),
            resolved: prompt.name.clone(),
            name: prompt.registered.as_ref().map(|(name, _)| name.clone()),
            version: prompt.registered.as_ref().map(|(_, version)| version.to_string()),
            digest: prompt.digest,
            messages: outline.messages,
            partials: outline.partials,
            variables: outline.variables,
            params: outline.params,
            models: outline.models,
            output: outline.output,
            tools: outline.tools,
            tool_choice: outline.tool_choice,
            parallel_tools: outline.parallel_tools,
            prediction: outline.prediction,
        }
    }
}

impl View for ResolveReport {
    const WHAT: &'static str = "a prompt";

    fn doc(&self) -> Doc {
        let mut doc = Doc::new();
        doc.push(Block::Facts(vec![
            ("prompt".to_owned(), Line::of(self.resolved.as_str(), Tone::Strong)),
            ("digest".to_owned(), Line::from(self.digest.to_string())),
        ]));
        for message in &self.messages {
            doc.push(Block::Heading(Line::of(message.role.word(), Tone::Strong)));
            let text = match &message.content {
                Value::String(text) => text.clone(),
                parts => serde_json::to_string_pretty(parts).unwrap_or_default(),
            };
            doc.push(Block::Code(text));
        }
        for (name, text) in &self.partials {
            doc.push(Block::Heading(Line::from("includes ").then(name.as_str(), Tone::Strong)));
            doc.push(Block::Code(text.clone()));
        }
        doc
    }
}
