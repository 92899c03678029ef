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
    /// Whether the provider's numbers contradicted each other and a class was clamped to zero.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ambiguous: bool,
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
}

fn sum(classes: &[Option<u64>]) -> Option<Tokens> {
    let known: Vec<u64> = classes.iter().filter_map(|class| *class).collect();
    (!known.is_empty()).then(|| Tokens(known.iter().fold(0, |total, class| total.saturating_add(*class))))
}
