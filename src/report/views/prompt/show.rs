//! A prompt as written.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::super::super::doc::{Block, Column, Doc, Line, Table, Tone};
use super::super::super::present::View;
use super::render::{shown_output, shown_params};
use super::results::PromptResults;
use crate::base::{Digest, SafeName};
use crate::eval::SCHEMA_VERSION;
use crate::prompt::{Budget, MediaView, MessageView, PartView, Prompt, SheetOverride, Style, Variable};
use crate::record::{CacheTtl, OutputFormat, Params, Tool};

/// A prompt as written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShowReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Its name with its version, or its path.
    pub prompt: String,
    /// Its name in the registry.
    pub name: Option<SafeName>,
    /// Its version: `1.2.0`, or `next` for the draft.
    pub version: Option<String>,
    /// What it is for.
    pub about: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The labels that point to this version.
    pub labels: Vec<String>,
    /// Where it is written.
    pub file: String,
    /// Its digest.
    pub digest: Digest,
    /// Its variables, as declared.
    pub variables: Vec<VariableFacts>,
    /// Its messages, as templates.
    pub messages: Vec<MessageFacts>,
    /// Names of the partials it uses.
    pub partials: Vec<String>,
    /// Parameters, before overrides.
    pub params: Params,
    /// The style of sections, where it states one.
    pub style: Option<&'static str>,
    /// Token budgets.
    pub truncate: Vec<LimitFacts>,
    /// Overrides by model, the more specific later.
    pub models: Vec<OverrideFacts>,
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
    /// What this content scored, by suite, model and parameters.
    pub results: PromptResults,
}

/// A variable and its rules; a rule that is not there is `null`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VariableFacts {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub about: Option<String>,
    /// The kind of value.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Whether it must be given.
    pub required: bool,
    /// Its value when it is not given.
    pub default: Option<Value>,
    /// The only values it may have; empty means any.
    pub one_of: Vec<Value>,
    /// Fewest characters.
    pub min_chars: Option<usize>,
    /// Most characters.
    pub max_chars: Option<usize>,
    /// Most tokens.
    pub max_tokens: Option<u64>,
    /// A regular expression.
    pub pattern: Option<String>,
}

/// A message as written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MessageFacts {
    /// Who speaks.
    pub role: &'static str,
    /// Its parts: `{"text": …}`, `{"image": …}`, `{"file": …, "name": …}`, `{"tool_call": …}` or `{"tool_result": …}`.
    pub parts: Vec<Value>,
    /// How long the provider is asked to cache the prompt up to here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache: Option<CacheTtl>,
}

/// A token budget.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LimitFacts {
    /// The variable.
    pub variable: String,
    /// Most tokens, the marker included.
    pub tokens: u64,
    /// What follows a text that was cut.
    pub marker: String,
}

/// What holds for models that match a pattern.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OverrideFacts {
    /// The pattern.
    pub pattern: String,
    /// Parameters.
    pub params: Params,
    /// The style of sections.
    pub style: Option<&'static str>,
    /// Token budgets.
    pub truncate: Vec<LimitFacts>,
}

impl ShowReport {
    /// What a prompt says, the labels that point to it, and what it scored.
    pub fn of(prompt: &Prompt, labels: Vec<String>, results: PromptResults) -> ShowReport {
        let sheet = prompt.sheet();
        let registered = prompt.registered.as_ref();
        ShowReport {
            schema_version: SCHEMA_VERSION,
            prompt: prompt.name.clone(),
            name: registered.map(|(name, _)| name.clone()),
            version: registered.map(|(_, version)| version.to_string()),
            about: prompt.about.clone(),
            owner: prompt.owner.clone(),
            labels,
            file: prompt.place.path.display().to_string(),
            digest: prompt.digest,
            variables: prompt.variables.iter().map(|(name, variable)| VariableFacts::of(name, variable)).collect(),
            messages: prompt.message_views().iter().map(MessageFacts::of).collect(),
            partials: sheet.partials,
            params: prompt.params.clone(),
            style: sheet.style.map(Style::word),
            truncate: sheet.truncate.iter().map(LimitFacts::of).collect(),
            models: sheet.overrides.iter().map(OverrideFacts::of).collect(),
            output: prompt.output.clone(),
            tools: prompt.tooling().tools.clone(),
            tool_choice: prompt.tooling().choice_written(),
            parallel_tools: prompt.tooling().parallel,
            prediction: prompt.prediction().map(str::to_owned),
            results,
        }
    }

    fn show_results(&self, doc: &mut Doc) {
        doc.push(Block::Heading(Line::of("results", Tone::Strong)));
        doc.push(match (self.results.results.is_empty(), self.results.runs) {
            (false, _) => Block::Table(self.results.table()),
            (true, 0) => Block::Paragraph(Line::of("not evaluated yet", Tone::Dim)),
            (true, _) => Block::Paragraph(Line::of("none: its runs were stopped before they had one", Tone::Dim)),
        });
    }

    fn facts(&self) -> Vec<(String, Line)> {
        let mut facts = Vec::new();
        let mut fact = |name: &str, text: Option<String>| {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                facts.push((name.to_owned(), Line::from(text)));
            }
        };
        fact("owner", self.owner.clone());
        fact("labels", Some(self.labels.join(", ")));
        fact("file", Some(self.file.clone()));
        fact("digest", Some(self.digest.to_string()));
        fact("params", Some(shown_params(&self.params)));
        fact("answer", shown_output(&self.output));
        fact("tools", Some(shown_tools(&self.tools, self.tool_choice.as_ref(), self.parallel_tools)));
        fact("prediction", self.prediction.clone());
        fact("style", self.style.map(str::to_owned));
        fact("truncate", Some(shown_limits(&self.truncate)));
        fact("partials", Some(self.partials.join(", ")));
        for over in &self.models {
            fact(&over.pattern, Some(over.shown()));
        }
        facts
    }
}

impl VariableFacts {
    fn of(name: &str, variable: &Variable) -> VariableFacts {
        VariableFacts {
            name: name.to_owned(),
            about: variable.about.clone(),
            kind: variable.kind.word(),
            required: variable.required,
            default: variable.default.clone(),
            one_of: variable.one_of.clone(),
            min_chars: variable.min_chars,
            max_chars: variable.max_chars,
            max_tokens: variable.max_tokens,
            pattern: variable.pattern.as_ref().map(ToString::to_string),
        }
    }

    /// Its rules in words.
    fn rules(&self) -> String {
        let mut rules = Vec::new();
        match &self.default {
            Some(default) => rules.push(format!("default {default}")),
            None if self.required => rules.push("required".to_owned()),
            None => rules.push("optional".to_owned()),
        }
        if !self.one_of.is_empty() {
            let words: Vec<String> = self.one_of.iter().map(Value::to_string).collect();
            rules.push(format!("one of {}", words.join(", ")));
        }
        rules.extend(self.min_chars.map(|least| format!("at least {least} characters")));
        rules.extend(self.max_chars.map(|most| format!("at most {most} characters")));
        rules.extend(self.max_tokens.map(|most| format!("at most {most} tokens")));
        rules.extend(self.pattern.as_ref().map(|pattern| format!("matches {pattern}")));
        rules.join("; ")
    }
}

impl MessageFacts {
    fn of(message: &MessageView<'_>) -> MessageFacts {
        let part = |part: &PartView<'_>| match part {
            PartView::Text(text) => json!({"text": text}),
            PartView::Image(image) => json!({"image": written(image)}),
            PartView::File { name, media } => json!({"file": written(media), "name": name}),
            PartView::ToolCall { id, name, arguments } => {
                json!({"tool_call": {"id": id, "name": name, "arguments": arguments}})
            }
            PartView::ToolResult { id, is_error, text } => {
                json!({"tool_result": {"id": id, "is_error": is_error, "text": text}})
            }
        };
        let parts = message.parts.iter().map(part).collect();
        MessageFacts { role: message.role.word(), parts, cache: message.cache }
    }
}

/// A URL or a template of one; a file of the project by its digest.
fn written(media: &MediaView<'_>) -> String {
    match media {
        MediaView::Template(text) | MediaView::Url(text) => (*text).to_owned(),
        MediaView::File { mime, digest } => format!("{mime}, digest {digest}"),
    }
}

impl LimitFacts {
    fn of((variable, budget): (&String, &Budget)) -> LimitFacts {
        LimitFacts { variable: variable.clone(), tokens: budget.tokens, marker: budget.marker.clone() }
    }
}

impl OverrideFacts {
    fn of(over: &SheetOverride) -> OverrideFacts {
        OverrideFacts {
            pattern: over.pattern.clone(),
            params: over.params.clone(),
            style: over.style.map(Style::word),
            truncate: over.truncate.iter().map(LimitFacts::of).collect(),
        }
    }

    fn shown(&self) -> String {
        let style = self.style.map(|style| format!("style {style}")).unwrap_or_default();
        let parts = [shown_params(&self.params), style, shown_limits(&self.truncate)];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
    }
}

fn shown_limits(limits: &[LimitFacts]) -> String {
    let one = |limit: &LimitFacts| format!("{} to {} tokens", limit.variable, limit.tokens);
    limits.iter().map(one).collect::<Vec<_>>().join(", ")
}

impl View for ShowReport {
    const WHAT: &'static str = "a prompt";

    fn doc(&self) -> Doc {
        let mut doc = Doc::new();
        doc.push(Block::Heading(Line::of(self.prompt.as_str(), Tone::Strong)));
        if let Some(about) = &self.about {
            doc.push(Block::Paragraph(Line::from(about.as_str())));
        }
        doc.push(Block::Facts(self.facts()));
        if !self.variables.is_empty() {
            let columns =
                vec![Column::names("variable"), Column::names("type"), Column::words("rules"), Column::words("about")];
            let row = |variable: &VariableFacts| {
                vec![
                    Line::from(variable.name.as_str()),
                    Line::from(variable.kind),
                    Line::from(variable.rules()),
                    Line::from(variable.about.clone().unwrap_or_default()),
                ]
            };
            let rows = self.variables.iter().map(row).collect();
            doc.push(Block::Table(Table { columns, rows }.without_boring("about", "")));
        }
        for message in &self.messages {
            let mark = message.cache.map(|ttl| format!(" · cached {}", ttl.word())).unwrap_or_default();
            doc.push(Block::Heading(Line::of(format!("{}{mark}", message.role), Tone::Strong)));
            for part in &message.parts {
                let Value::Object(part) = part else { continue };
                doc.push(shown_part(part));
            }
        }
        self.show_results(&mut doc);
        doc
    }

    fn lines(&self) -> Option<Vec<Value>> {
        Some(vec![serde_json::to_value(self).ok()?])
    }
}

/// Names of tools and what is said of them: `get_weather, search; tool_choice required`.
pub(super) fn shown_tools(tools: &[Tool], choice: Option<&Value>, parallel: Option<bool>) -> String {
    let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
    let choice = choice.map(|choice| match (choice.as_str(), choice.get("name").and_then(Value::as_str)) {
        (Some(word), _) => format!("tool_choice {word}"),
        (None, name) => format!("tool_choice {}", name.unwrap_or("auto")),
    });
    let parallel = parallel.map(|parallel| format!("parallel_tools {parallel}"));
    let said = std::iter::once(names.join(", ")).chain(choice).chain(parallel);
    said.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
}

fn shown_part(part: &Map<String, Value>) -> Block {
    let text = |key: &str| part.get(key).and_then(Value::as_str);
    let inner = |key: &str, field: &str| part.get(key)?.get(field)?.as_str();
    if let Some(name) = inner("tool_call", "name") {
        let arguments = inner("tool_call", "arguments").unwrap_or("{}");
        let id = inner("tool_call", "id").unwrap_or("");
        return Block::Paragraph(Line::of(format!("[calls {name}({arguments}) as {id}]"), Tone::Dim));
    }
    if let Some(result) = inner("tool_result", "text") {
        return Block::Code(result.to_owned());
    }
    match (text("text"), text("image"), text("file")) {
        (Some(text), ..) => Block::Code(text.to_owned()),
        (_, Some(image), _) => Block::Paragraph(Line::of(format!("[image: {image}]"), Tone::Dim)),
        (.., file) => {
            let name = text("name").unwrap_or("document");
            Block::Paragraph(Line::of(format!("[file {name}: {}]", file.unwrap_or("")), Tone::Dim))
        }
    }
}
