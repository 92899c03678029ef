//! A prompt as it is sent: messages, parameters, tokens, cost.

use serde::Serialize;
use serde_json::{Map, Value};

use super::super::super::doc::{Block, Column, Doc, Line, Table, Tone};
use super::super::super::present::View;
use super::messages::{chat_json, push_messages};
use super::show::shown_tools;
use crate::base::{Digest, ModelRef, Tokens, Usd};
use crate::eval::SCHEMA_VERSION;
use crate::price::TokenEstimate;
use crate::prompt::{PickedExample, Prompt, Rendered, Truncated};
use crate::record::{Message, OutputFormat, Params, Tool};

/// A rendered prompt.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RenderReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Its name with its version.
    pub prompt: String,
    /// Its digest.
    pub digest: Digest,
    /// The model it is rendered for.
    pub model: Option<ModelRef>,
    /// The messages in the form of chat APIs.
    pub messages: Value,
    /// Parameters, with the overrides for the model.
    pub params: Params,
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
    /// How sections are delimited: `markdown` or `xml`.
    pub style: &'static str,
    /// The patterns of `models:` that matched, the more specific later.
    pub overrides: Vec<String>,
    /// Input tokens.
    pub tokens: RenderTokens,
    /// Most tokens of the answer; `null` without a model.
    pub max_output_tokens: Option<u64>,
    /// What the input costs; `null` when the price is unknown.
    pub input_cost_usd: Option<Usd>,
    /// What input and the longest answer cost; `null` when the price is unknown.
    pub max_cost_usd: Option<Usd>,
    /// Variables that were cut to their budgets.
    pub truncated: Vec<Truncated>,
    /// The few-shot examples that were picked, and why; in the order in which they are sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<PickedExample>,
    /// What else is worth knowing about that choice.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub example_notes: Vec<String>,
    /// Identity of everything that is sent, for a model: what cassettes and the response cache know it by.
    pub request_digest: Option<Digest>,
    /// Where values came from, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explain: Option<RenderExplained>,
    #[serde(skip)]
    rendered: Vec<Message>,
}

/// A number of tokens, with the range it may lie in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RenderTokens {
    /// The count, or the best guess.
    pub input: u64,
    /// The least it may be.
    pub input_low: u64,
    /// The most it may be.
    pub input_high: u64,
    /// Whether it is a count by the model's own vocabulary.
    pub exact: bool,
}

impl RenderTokens {
    /// From what the price table's counter says.
    pub fn of(estimate: TokenEstimate) -> RenderTokens {
        let TokenEstimate { tokens, low, high, exact } = estimate;
        RenderTokens { input: tokens, input_low: low, input_high: high, exact }
    }
}

/// Why the prompt renders as it does.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RenderExplained {
    /// One per variable, in the order in which they are declared.
    pub values: Vec<ValueOrigin>,
    /// Who named the model.
    pub model_from: String,
    /// The patterns of `models:` that matched, the more specific later.
    pub overrides: Vec<String>,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ValueOrigin {
    /// The variable.
    pub variable: String,
    /// Where its value came from.
    pub origin: String,
    /// The value; `null` when there is none.
    pub value: Option<Value>,
}

impl RenderReport {
    /// The report of a rendered prompt; `costs` are those of the input, and with the longest answer.
    pub fn of(
        prompt: &Prompt,
        rendered: Rendered,
        model: Option<&ModelRef>,
        tokens: RenderTokens,
        max_output_tokens: Option<u64>,
        costs: (Option<Usd>, Option<Usd>),
    ) -> RenderReport {
        RenderReport {
            schema_version: SCHEMA_VERSION,
            prompt: prompt.name.clone(),
            digest: prompt.digest,
            model: model.cloned(),
            messages: chat_json(&rendered.messages),
            params: rendered.params,
            output: rendered.output,
            tool_choice: rendered.tooling.choice_written(),
            parallel_tools: rendered.tooling.parallel,
            tools: rendered.tooling.tools,
            prediction: rendered.prediction,
            style: rendered.style.word(),
            overrides: rendered.overrides,
            tokens,
            max_output_tokens,
            input_cost_usd: costs.0,
            max_cost_usd: costs.1,
            truncated: rendered.truncated,
            examples: rendered.examples,
            example_notes: rendered.example_notes,
            request_digest: None,
            explain: None,
            rendered: rendered.messages,
        }
    }

    fn facts(&self) -> Vec<(String, Line)> {
        let mut facts = Vec::new();
        let mut fact = |name: &str, text: String| facts.push((name.to_owned(), Line::from(text)));
        fact("digest", self.digest.to_string());
        let params = shown_params(&self.params);
        if !params.is_empty() {
            fact("params", params);
        }
        if let Some(output) = shown_output(&self.output) {
            fact("answer", output);
        }
        let tools = shown_tools(&self.tools, self.tool_choice.as_ref(), self.parallel_tools);
        if !tools.is_empty() {
            fact("tools", tools);
        }
        if let Some(text) = &self.prediction {
            fact("prediction", text.clone());
        }
        fact("tokens in", self.shown_tokens());
        if let Some(most) = self.max_output_tokens {
            fact("tokens out", format!("at most {}", Tokens(most)));
        }
        let shown = |cost: Option<Usd>| cost.map_or("—".to_owned(), |cost| cost.to_string());
        fact(
            "cost",
            match (self.input_cost_usd, self.max_cost_usd) {
                (None, _) if self.model.is_none() => "— (name a model with `--model`)".to_owned(),
                (None, _) => "— (the price is unknown)".to_owned(),
                (input, most) => format!("{} for the input, at most {} with the answer", shown(input), shown(most)),
            },
        );
        facts
    }

    fn shown_tokens(&self) -> String {
        let RenderTokens { input, input_low, input_high, exact } = self.tokens;
        if exact {
            return Tokens(input).to_string();
        }
        if input_low == input_high {
            return format!("about {}", Tokens(input));
        }
        format!("about {} ({} to {})", Tokens(input), Tokens(input_low), Tokens(input_high))
    }
}

impl RenderReport {
    fn push_examples(&self, doc: &mut Doc) {
        if self.examples.is_empty() {
            return;
        }
        let columns = vec![Column::names("example"), Column::numbers("score"), Column::words("why")];
        let row = |picked: &PickedExample| {
            let score = picked.score.map_or("—".to_owned(), |score| format!("{score:.3}"));
            vec![Line::from(picked.id.as_str()), Line::from(score), Line::from(picked.why.to_string())]
        };
        doc.push(Block::Table(Table { columns, rows: self.examples.iter().map(row).collect() }));
    }
}

/// `temperature 0, max_tokens 800`.
pub(super) fn shown_params(params: &Params) -> String {
    let Ok(Value::Object(params)) = serde_json::to_value(params) else { return String::new() };
    let is_set = |value: &Value| !value.is_null() && value.as_object().is_none_or(|map: &Map<_, _>| !map.is_empty());
    let set = params.iter().filter(|(_, value)| is_set(value));
    set.map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
}

/// What the answer must be, where it is more than text.
pub(super) fn shown_output(output: &OutputFormat) -> Option<String> {
    match output {
        OutputFormat::Text => None,
        OutputFormat::Json => Some("JSON".to_owned()),
        OutputFormat::JsonSchema { name, .. } => Some(format!("JSON by the schema `{name}`")),
    }
}

impl View for RenderReport {
    const WHAT: &'static str = "a rendered prompt";

    fn doc(&self) -> Doc {
        let mut doc = Doc::new();
        let model = self.model.as_ref().map_or("no model".to_owned(), ToString::to_string);
        doc.push(Block::Heading(Line::of(self.prompt.as_str(), Tone::Strong).text(format!("  for {model}"))));
        doc.push(Block::Facts(self.facts()));
        doc.push_list(self.truncated.iter().map(|cut| Line::of(cut.to_string(), Tone::Unsure)).collect());
        if let Some(explain) = &self.explain {
            push_explained(&mut doc, explain, self.model.as_ref());
            self.push_examples(&mut doc);
        }
        doc.push_list(self.example_notes.iter().map(|note| Line::of(note.as_str(), Tone::Unsure)).collect());
        push_messages(&mut doc, &self.rendered);
        doc
    }

    fn lines(&self) -> Option<Vec<Value>> {
        self.messages.as_array().cloned()
    }
}

fn push_explained(doc: &mut Doc, explain: &RenderExplained, model: Option<&ModelRef>) {
    let columns = vec![Column::names("variable"), Column::names("given by"), Column::words("value")];
    let row = |value: &ValueOrigin| {
        let shown = match &value.value {
            None => Line::from("—"),
            Some(value) => {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let chars = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
                Line::quote(text.chars().take(200).collect::<String>(), chars)
            }
        };
        vec![Line::from(value.variable.as_str()), Line::from(value.origin.as_str()), shown]
    };
    if !explain.values.is_empty() {
        doc.push(Block::Table(Table { columns, rows: explain.values.iter().map(row).collect() }));
    }
    let mut facts = Vec::new();
    if let Some(model) = model {
        facts.push(("model".to_owned(), Line::from(format!("{model}, named by {}", explain.model_from))));
    }
    let overrides = if explain.overrides.is_empty() { "none".to_owned() } else { explain.overrides.join(", then ") };
    facts.push(("overrides".to_owned(), Line::from(overrides)));
    doc.push(Block::Facts(facts));
}
