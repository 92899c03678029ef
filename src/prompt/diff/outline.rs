//! A prompt as its author wrote it, before any variable has a value: what an application reads.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::super::ready::Prompt;
use super::super::written::definition::{MessageText, PartText};
use super::super::written::media::MediaSource;
use super::super::written::params::Overrides;
use crate::record::{CacheTtl, Media, OutputFormat, Params, Role, Tool};

/// Templates, variables and parameters of a prompt.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outline {
    /// The messages, in order; their texts are templates.
    pub messages: Vec<OutlineMessage>,
    /// The texts that the templates include, by name.
    pub partials: BTreeMap<String, String>,
    /// The variables and their rules, by name, in the order of the file.
    pub variables: Value,
    /// Parameters of the call.
    pub params: Params,
    /// Parameters by pattern of models, the more specific later.
    pub models: Value,
    /// The form of the answer.
    pub output: OutputFormat,
    /// Tools on offer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool>,
    /// Whether one may or must be called: `auto`, `none`, `required`, `{name: …}`; absent is `auto`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<Value>,
    /// Whether several may be called at once; absent is the provider's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallel_tools: Option<bool>,
    /// Text that much of the answer is expected to equal, a template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prediction: Option<String>,
}

/// A message whose texts are templates.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OutlineMessage {
    /// Who speaks.
    pub role: Role,
    /// A text, or a list of parts: `{text: …}`, `{image: …}`, `{file: …, name: …}`, `{tool_call: …}`,
    /// `{tool_result: …}`.
    pub content: Value,
    /// How long the provider is asked to cache the prompt up to here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache: Option<CacheTtl>,
}

impl Prompt {
    /// The prompt without values for its variables.
    pub fn outline(&self) -> Outline {
        let variables = self.variables.iter().map(|(name, variable)| (name.clone(), variable.identity()));
        Outline {
            messages: self.definition.messages.iter().map(message).collect(),
            partials: self.texts_of_partials(),
            variables: Value::Object(variables.collect()),
            params: self.params.clone(),
            models: self.overrides().identity(),
            output: self.output.clone(),
            tools: self.tooling().tools.clone(),
            tool_choice: self.tooling().choice_written(),
            parallel_tools: self.tooling().parallel,
            prediction: self.prediction().map(str::to_owned),
        }
    }

    /// Names of the partials it includes, directly or not.
    pub(in crate::prompt) fn partial_names(&self) -> impl Iterator<Item = &str> {
        self.compiled.partials.keys().map(String::as_str)
    }

    /// The messages and partials, for comparison.
    pub(in crate::prompt) fn texts(&self) -> (Vec<OutlineMessage>, BTreeMap<String, String>) {
        (self.definition.messages.iter().map(message).collect(), self.texts_of_partials())
    }

    pub(in crate::prompt) fn overrides(&self) -> &Overrides {
        &self.definition.overrides
    }

    fn texts_of_partials(&self) -> BTreeMap<String, String> {
        self.partial_texts().into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect()
    }
}

fn message(message: &MessageText) -> OutlineMessage {
    let content = match message.parts.as_slice() {
        [PartText::Text(text)] => json!(text.as_str()),
        parts => Value::Array(parts.iter().map(part).collect()),
    };
    OutlineMessage { role: message.role, content, cache: message.cache }
}

fn part(part: &PartText) -> Value {
    match part {
        PartText::Text(text) => json!({"text": text.as_str()}),
        PartText::Image(source) => json!({"image": media(source)}),
        PartText::File { name, media: source } => json!({"file": media(source), "name": name}),
        PartText::ToolCall { id, name, arguments } => {
            json!({"tool_call": {"id": id, "name": name, "arguments": arguments.as_str()}})
        }
        PartText::ToolResult { id, is_error, text } => {
            json!({"tool_result": {"id": id, "is_error": is_error, "text": text.as_str()}})
        }
    }
}

/// A URL, a `data:` URL, or the template of one.
fn media(source: &MediaSource) -> Value {
    match source {
        MediaSource::Fixed(Media::Url(url)) => json!(url),
        MediaSource::Fixed(Media::Base64 { data, mime }) => json!(format!("data:{mime};base64,{data}")),
        MediaSource::Template(text) => json!(text.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::tests::Project;

    #[test]
    fn an_outline_holds_everything_an_application_needs() {
        let project = Project::new(&[
            ("prompts/_partials/tone.md", "Be {{ tone }}.\n"),
            (
                "prompts/p/1.0.0.yaml",
                "messages:\n  - {role: system, content: \"{% include 'tone.md' %}\"}\n  - role: user\n    content: [\"{{ q }}\", {image: \"https://x.org/a.png\"}]\nvariables: {q: string, tone: {default: kind}}\nparams: {max_tokens: 5}\n",
            ),
        ]);
        let outline = serde_json::to_value(project.prompt("p").outline()).expect("json");
        assert_eq!(outline["messages"][0], json!({"role": "system", "content": "{% include 'tone.md' %}"}));
        assert_eq!(outline["messages"][1]["content"], json!([{"text": "{{ q }}"}, {"image": "https://x.org/a.png"}]));
        assert_eq!(outline["partials"], json!({"tone.md": "Be {{ tone }}."}));
        assert_eq!(outline["variables"]["tone"]["default"], "kind");
        assert_eq!(outline["params"], json!({"max_tokens": 5}));
    }
}
