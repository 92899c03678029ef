//! What comes back from a chat request.

use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Part, ToolCall, Usage};
use crate::base::{Millis, Usd};

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
    /// The thinking as it must be sent back in the next turn: [`Part::Reasoning`](super::Part::Reasoning) parts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thoughts: Vec<Part>,
    /// Passages that an application under test retrieved for the answer, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contexts: Vec<String>,
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
    /// Times within a streamed reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<StreamTimes>,
    /// What the latency must not count; it is taken out when the call is measured, and not kept.
    #[serde(skip)]
    pub off_clock: OffClock,
}

/// Time within an exchange in which nothing was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OffClock {
    /// Before the answer: a server on the user's own machine loads the model when it is asked for the first time.
    pub before: Duration,
    /// After the answer: what it used is asked for separately.
    pub after: Duration,
}

/// Times within a streamed reply, all counted from when the request was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StreamTimes {
    /// To the head of the reply.
    pub first_byte_ms: Millis,
    /// To the first visible text or tool call; `None` when none came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_token_ms: Option<Millis>,
    /// To the first thinking; `None` when none was shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_thought_ms: Option<Millis>,
    /// Frames that brought something visible.
    pub chunks: u64,
    /// Longest gap between two visible frames.
    pub longest_gap_ms: Millis,
}

impl StreamTimes {
    /// The times as they would be, had the answer been begun so much earlier.
    #[must_use]
    pub fn earlier(self, by: Duration) -> StreamTimes {
        let less = |at: Millis| Millis(at.0.saturating_sub(Millis::of(by).0));
        StreamTimes {
            first_byte_ms: less(self.first_byte_ms),
            first_token_ms: self.first_token_ms.map(less),
            first_thought_ms: self.first_thought_ms.map(less),
            ..self
        }
    }
}

impl ChatReply {
    /// Name of the tier of replies that came in a batch: cheaper, and without a latency.
    pub const BATCH_TIER: &'static str = "batch";

    /// Whether it came in a batch: then nothing is known about how fast a single call would be.
    pub fn is_batched(&self) -> bool {
        self.service_tier.as_deref() == Some(ChatReply::BATCH_TIER)
    }

    /// A finished reply of plain text, for mocks and tests.
    pub fn of_text(text: impl Into<String>) -> ChatReply {
        ChatReply {
            text: text.into(),
            tool_calls: Vec::new(),
            finish: Finish::Stop,
            finish_raw: None,
            refusal: None,
            reasoning: None,
            thoughts: Vec::new(),
            contexts: Vec::new(),
            logprobs: Vec::new(),
            usage: None,
            reported_cost: None,
            model: None,
            request_id: None,
            service_tier: None,
            fingerprint: None,
            warnings: Vec::new(),
            stream: None,
            off_clock: OffClock::default(),
        }
    }
}
