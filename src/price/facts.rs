//! What the price data states about a model besides its prices: limits and capabilities.

use std::fmt;

use serde::Deserialize;

/// What a model's API does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Chat messages.
    Chat,
    /// Plain text completion.
    Completion,
    /// Text to vector.
    Embedding,
    /// Order documents by relevance.
    Rerank,
}

/// Something that a model can do or not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// Calls tools.
    Tools,
    /// Calls several tools in one turn.
    ParallelTools,
    /// Can be told which tool to call.
    ToolChoice,
    /// Output held to a JSON Schema.
    JsonSchema,
    /// Images as input.
    Vision,
    /// Thinks before it answers.
    Reasoning,
    /// System messages.
    System,
    /// Prompt caching.
    PromptCache,
    /// PDF files as input.
    Pdf,
    /// Audio as input.
    AudioIn,
    /// Audio as output.
    AudioOut,
    /// Video as input.
    VideoIn,
    /// Searches the web by itself.
    WebSearch,
    /// Continues a started answer.
    Prefill,
    /// Operates a computer.
    ComputerUse,
    /// Accepts temperature and the like.
    Sampling,
}

/// Limits and capabilities of a model; what is not stated is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFacts {
    /// What its API does.
    pub mode: Mode,
    /// Largest input and output together, in tokens.
    pub context_window: Option<u32>,
    /// Largest output, in tokens.
    pub max_output: Option<u32>,
    /// Shortest prefix that the prompt cache takes, in tokens.
    pub min_cache_tokens: Option<u32>,
    /// Announced shutdown as `YYYY-MM-DD`.
    pub deprecated_on: Option<String>,
    /// Whether the model is gone from the source of the prices.
    pub retired: bool,
    /// Stated capabilities.
    pub caps: Vec<Capability>,
    /// Stated non-capabilities.
    pub caps_no: Vec<Capability>,
}

impl ModelFacts {
    /// Whether the model can do it; `None` when the data does not say.
    pub fn can(&self, capability: Capability) -> Option<bool> {
        if self.caps.contains(&capability) {
            Some(true)
        } else if self.caps_no.contains(&capability) {
            Some(false)
        } else {
            None
        }
    }

    /// What is known of the model's end on the UTC day `today` (`YYYY-MM-DD`); `None` when nothing is.
    pub fn ending(&self, today: &str) -> Option<Ending> {
        match &self.deprecated_on {
            Some(day) if day.as_str() <= today => Some(Ending::Past(day.clone())),
            Some(day) => Some(Ending::Announced(day.clone())),
            None => self.retired.then_some(Ending::Unlisted),
        }
    }
}

/// The end of a model; shown it goes on after the model's name. Days are `YYYY-MM-DD`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// It will be shut down on that day.
    Announced(String),
    /// The day of its shutdown has come.
    Past(String),
    /// The source of the prices has it no more.
    Unlisted,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ending::Announced(day) => write!(f, "will be shut down on {day}"),
            Ending::Past(day) => write!(f, "was to be shut down on {day}"),
            Ending::Unlisted => f.write_str("is no longer listed by its vendor"),
        }
    }
}
