//! One chat request and its reply, in words that every provider's wire can be mapped to.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Usage;
use crate::base::{Digest, Usd};

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Instructions.
    System,
    /// The user.
    User,
    /// The model.
    Assistant,
    /// A tool's result.
    Tool,
}

impl Role {
    /// Word and role, in one table.
    pub const ALL: &[(&str, Role)] =
        &[("system", Role::System), ("user", Role::User), ("assistant", Role::Assistant), ("tool", Role::Tool)];
}

/// An image or file: where it is, or its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Media {
    /// An `https:` URL.
    Url(String),
    /// Base64 of the bytes, with their MIME type.
    Base64 {
        /// Such as `image/png`.
        mime: String,
        /// Standard base64 with padding.
        data: String,
    },
}

/// A tool call that the model asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The provider's id of the call.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// Arguments as the model wrote them: JSON text, possibly invalid.
    pub arguments: String,
}

/// One part of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Text.
    Text(String),
    /// An image.
    Image(Media),
    /// A document.
    File {
        /// Its name.
        name: String,
        /// Its content.
        media: Media,
    },
    /// A tool call in an assistant message.
    ToolCall(ToolCall),
    /// The result of a tool call.
    ToolResult {
        /// Id of the call it answers.
        id: String,
        /// Its text.
        text: String,
        /// Whether the tool failed.
        is_error: bool,
    },
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said; at least one part.
    pub parts: Vec<Part>,
}

impl Message {
    /// A message of one text.
    pub fn text(role: Role, text: impl Into<String>) -> Message {
        Message { role, parts: vec![Part::Text(text.into())] }
    }

    /// The texts of the message, joined.
    pub fn joined_text(&self) -> String {
        let texts: Vec<&str> = self
            .parts
            .iter()
            .filter_map(|part| if let Part::Text(text) = part { Some(text.as_str()) } else { None })
            .collect();
        texts.join("\n")
    }
}

/// How much the model may think before it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// Not at all.
    None,
    /// The least.
    Minimal,
    /// Little.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
    /// Very much.
    Xhigh,
    /// All it can.
    Max,
}

impl Effort {
    /// Word and effort, in one table.
    pub const ALL: &[(&str, Effort)] = &[
        ("none", Effort::None),
        ("minimal", Effort::Minimal),
        ("low", Effort::Low),
        ("medium", Effort::Medium),
        ("high", Effort::High),
        ("xhigh", Effort::Xhigh),
        ("max", Effort::Max),
    ];

    /// The word that users and APIs write.
    pub fn word(self) -> &'static str {
        Effort::ALL.iter().find(|(_, effort)| *effort == self).map_or("none", |(word, _)| word)
    }
}

/// Parameters of a call. Absent means the provider's default.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Params {
    /// Randomness, 0..=2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Nucleus sampling, 0..=1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Sampling among the k most likely tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_k: Option<u32>,
    /// Most tokens of the answer, thinking included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// Texts that end the answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// Seed of the provider's sampling, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// -2..=2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence_penalty: Option<f64>,
    /// -2..=2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency_penalty: Option<f64>,
    /// How much the model may think.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effort: Option<Effort>,
    /// Tokens the model may think, where the API takes a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking_budget: Option<u32>,
    /// `auto`, `default`, `flex`, `priority`…, as the provider names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
    /// Number of alternatives per token, 0..=20.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<u8>,
    /// Further fields of the provider's body, merged last.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
}

impl Params {
    /// These parameters with those of `over` on top; `extra` is merged key by key.
    #[must_use]
    pub fn overlaid(&self, over: &Params) -> Params {
        let mut extra = self.extra.clone();
        extra.extend(over.extra.clone());
        Params {
            temperature: over.temperature.or(self.temperature),
            top_p: over.top_p.or(self.top_p),
            top_k: over.top_k.or(self.top_k),
            max_tokens: over.max_tokens.or(self.max_tokens),
            stop: if over.stop.is_empty() { self.stop.clone() } else { over.stop.clone() },
            seed: over.seed.or(self.seed),
            presence_penalty: over.presence_penalty.or(self.presence_penalty),
            frequency_penalty: over.frequency_penalty.or(self.frequency_penalty),
            effort: over.effort.or(self.effort),
            thinking_budget: over.thinking_budget.or(self.thinking_budget),
            service_tier: over.service_tier.clone().or_else(|| self.service_tier.clone()),
            logprobs: over.logprobs.or(self.logprobs),
            extra,
        }
    }
}

/// The form the answer must have.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputFormat {
    /// Free text.
    #[default]
    Text,
    /// Any JSON object.
    Json,
    /// JSON that follows a schema.
    JsonSchema {
        /// Name of the schema on the wire: letters, digits, `_`, `-`.
        name: String,
        /// The schema.
        schema: Value,
    },
}

/// A tool the model may call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: String,
    /// JSON Schema of its arguments.
    pub parameters: Value,
}

/// Whether the model may or must call a tool.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolChoice {
    /// The model decides.
    #[default]
    Auto,
    /// No tool.
    None,
    /// Some tool.
    Required,
    /// This tool.
    Named(String),
}

/// What is asked, without saying of whom: the provider's name, base URL and key are the caller's.
///
/// Its serialized form is the request's identity: cache and cassette keys are made of it, so fields are only added
/// with `skip_serializing_if` defaults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChatRequest {
    /// What the API calls the model.
    pub model: String,
    /// The conversation, system messages included.
    pub messages: Vec<Message>,
    /// Parameters.
    #[serde(default)]
    pub params: Params,
    /// Form of the answer.
    #[serde(default, skip_serializing_if = "is_text")]
    pub output: OutputFormat,
    /// Tools on offer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool>,
    /// Whether a tool may or must be called.
    #[serde(default, skip_serializing_if = "is_auto")]
    pub tool_choice: ToolChoice,
}

fn is_text(output: &OutputFormat) -> bool {
    *output == OutputFormat::Text
}

fn is_auto(choice: &ToolChoice) -> bool {
    *choice == ToolChoice::Auto
}

impl ChatRequest {
    /// Digest of provider and request: the identity under which cassettes keep the reply.
    pub fn digest(&self, provider: &str) -> Digest {
        let value = serde_json::to_value(self).unwrap_or(Value::Null);
        crate::base::DigestBuilder::new("chat-request").part(provider.as_bytes()).json(&value).finish()
    }
}

/// Why the model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// It was done.
    Stop,
    /// It met a stop text.
    StopSequence,
    /// The token limit cut it.
    Length,
    /// The context window is full.
    ContextFull,
    /// It wants tools called.
    ToolCalls,
    /// The provider's filter cut it.
    ContentFilter,
    /// It refused.
    Refusal,
    /// It paused and wants to be continued.
    Paused,
    /// The provider reports a failure of the generation.
    Error,
    /// A reason this version does not know; the raw word is in the reply.
    Other,
}

impl Finish {
    /// Word and reason, in one table.
    pub const ALL: &[(&str, Finish)] = &[
        ("stop", Finish::Stop),
        ("stop_sequence", Finish::StopSequence),
        ("length", Finish::Length),
        ("context_full", Finish::ContextFull),
        ("tool_calls", Finish::ToolCalls),
        ("content_filter", Finish::ContentFilter),
        ("refusal", Finish::Refusal),
        ("paused", Finish::Paused),
        ("error", Finish::Error),
        ("other", Finish::Other),
    ];

    /// The word that users write.
    pub fn word(self) -> &'static str {
        Finish::ALL.iter().find(|(_, finish)| *finish == self).map_or("other", |(word, _)| word)
    }
}

impl FromStr for Finish {
    type Err = ();
    fn from_str(text: &str) -> Result<Finish, ()> {
        Finish::ALL.iter().find(|(word, _)| *word == text).map(|(_, finish)| *finish).ok_or(())
    }
}

/// One token with its natural-log probability and alternatives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogprobToken {
    /// The token's text.
    pub text: String,
    /// Natural logarithm of its probability.
    pub logprob: f64,
    /// Alternatives, most likely first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub top: Vec<(String, f64)>,
}

/// Something that was dropped or changed on the way to the wire: it must be visible, because it breaks comparability.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// The parameter.
    pub param: String,
    /// `dropped`, `renamed`, `clamped`.
    pub action: String,
    /// Why.
    pub reason: String,
}

/// What came back. A refusal or a filtered answer is a reply, not an error: it is scored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChatReply {
    /// Visible text; empty when there is none.
    pub text: String,
    /// Tool calls asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// Why the model stopped.
    pub finish: Finish,
    /// The provider's own word for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_raw: Option<String>,
    /// The refusal's text, when the API marks one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// Visible summary of the thinking, when sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<String>,
    /// Per-token probabilities, when asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logprobs: Vec<LogprobToken>,
    /// Tokens used; `None` when the provider did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// What the provider says it charged, where it is known to be the bill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported_cost: Option<Usd>,
    /// The model that answered, as the provider names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The provider's id of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The tier that served it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
    /// The provider's fingerprint of its system, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Parameters that were dropped or changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

impl ChatReply {
    /// A finished reply of plain text, for mocks and tests.
    pub fn of_text(text: impl Into<String>) -> ChatReply {
        ChatReply {
            text: text.into(),
            tool_calls: Vec::new(),
            finish: Finish::Stop,
            finish_raw: None,
            refusal: None,
            reasoning: None,
            logprobs: Vec::new(),
            usage: None,
            reported_cost: None,
            model: None,
            request_id: None,
            service_tier: None,
            fingerprint: None,
            warnings: Vec::new(),
        }
    }
}
