//! Tokens used by a call, in buckets that never overlap.

use serde::{Deserialize, Serialize};

use crate::base::Tokens;

/// Tokens by price class; `None` is unknown, not zero. The sum of the input classes is the provider's total input, the
/// sum of the output classes its total output (reference: OpenAI and Anthropic usage objects; Google adds thoughts).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Input that was neither read from nor written to a cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<u64>,
    /// Input read from the provider's prompt cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_read: Option<u64>,
    /// Input written to the cache with the provider's shortest lifetime (5 min at Anthropic, 30 min at OpenAI).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<u64>,
    /// Input written to the cache for 1 hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write_1h: Option<u64>,
    /// Input written to the cache for 12 hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write_12h: Option<u64>,
    /// Visible output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<u64>,
    /// Thinking, billed as output unless a rate of its own exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<u64>,
    /// Audio input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_audio: Option<u64>,
    /// Image input, where counted apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_image: Option<u64>,
    /// Audio read from the cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_read_audio: Option<u64>,
    /// Audio output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_audio: Option<u64>,
    /// Image output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_image: Option<u64>,
    /// Citation tokens (Perplexity).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub citation: Option<u64>,
    /// Web searches, billed each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_searches: Option<u64>,
    /// Search queries that the model made, billed each (Perplexity).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search_queries: Option<u64>,
    /// Rerank search units, billed each (Cohere).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search_units: Option<u64>,
    /// Size of the search context, where the fee per request depends on it (Perplexity).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search_size: Option<SearchSize>,
    /// Whether the provider's numbers contradicted each other and a class was clamped to zero.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ambiguous: bool,
}

/// How much a search brings into the context; the fee per request may depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchSize {
    /// The least.
    Low,
    /// In between.
    Medium,
    /// The most.
    High,
}

impl SearchSize {
    /// Word and size, in one table.
    pub const ALL: &[(&str, SearchSize)] =
        &[("low", SearchSize::Low), ("medium", SearchSize::Medium), ("high", SearchSize::High)];

    /// The size of a word.
    pub fn parse(word: &str) -> Option<SearchSize> {
        SearchSize::ALL.iter().find(|(known, _)| *known == word).map(|(_, size)| *size)
    }
}

impl Usage {
    /// A plain usage of uncached input and visible output.
    pub fn plain(input: u64, output: u64) -> Usage {
        Usage { input: Some(input), output: Some(output), ..Usage::default() }
    }

    /// All input tokens, cached or not; `None` when none of the classes is known.
    pub fn total_input(&self) -> Option<Tokens> {
        sum(&[
            self.input,
            self.cache_read,
            self.cache_write,
            self.cache_write_1h,
            self.cache_write_12h,
            self.input_audio,
            self.input_image,
            self.cache_read_audio,
        ])
    }

    /// All output tokens, thinking included; `None` when none of the classes is known.
    pub fn total_output(&self) -> Option<Tokens> {
        sum(&[self.output, self.reasoning, self.output_audio, self.output_image])
    }

    /// Without the units that are billed apart: sums of tokens need no more, and the store keeps no more of it beside the
    /// reply.
    pub(super) fn summed(self) -> Usage {
        Usage { search_queries: None, search_units: None, search_size: None, ..self }
    }
}

fn sum(classes: &[Option<u64>]) -> Option<Tokens> {
    classes.iter().flatten().copied().reduce(u64::saturating_add).map(Tokens)
}
