//! Calls that go to a provider together and come back hours later: the chunks of a run and what became of their items.

use serde::{Deserialize, Serialize};

use crate::base::{Digest, SafeName, Timestamp, Usd};

/// How far a chunk of a run has come at its provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchState {
    /// It is written down that it will be sent. The provider may or may not have it.
    Planned,
    /// Its file is at the provider. Whether a batch was made of it is not known.
    Uploaded,
    /// The provider has it, and its id is known.
    Created,
    /// It has ended, and what came of it is stored.
    Collected,
    /// The provider refused it as a whole: nothing of it was done or billed.
    Failed,
    /// It never reached the provider.
    Lost,
}

impl BatchState {
    /// Word and state, in one table.
    pub const ALL: &[(&str, BatchState)] = &[
        ("planned", BatchState::Planned),
        ("uploaded", BatchState::Uploaded),
        ("created", BatchState::Created),
        ("collected", BatchState::Collected),
        ("failed", BatchState::Failed),
        ("lost", BatchState::Lost),
    ];

    /// Its word in JSON and the store.
    pub fn word(self) -> &'static str {
        BatchState::ALL.iter().find(|(_, state)| *state == self).map_or("planned", |(word, _)| word)
    }

    /// The state of a word.
    pub fn parse(word: &str) -> Option<BatchState> {
        BatchState::ALL.iter().find(|(known, _)| *known == word).map(|(_, state)| *state)
    }

    /// Whether something may still come of it.
    pub fn is_open(self) -> bool {
        matches!(self, BatchState::Planned | BatchState::Uploaded | BatchState::Created)
    }
}

/// One chunk of a run: requests to one model that travel together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchChunk {
    /// 1-based within the run; never given twice.
    pub number: u32,
    /// The provider's name in the project.
    pub provider: SafeName,
    /// What the provider's API calls the model.
    pub model: String,
    /// How far it has come.
    pub state: BatchState,
    /// Where one of its requests would go alone.
    pub url: String,
    /// Requests in it.
    pub items: u32,
    /// Bytes as sent.
    pub bytes: u64,
    /// The most it can cost, as far as that is known.
    pub reserved: Usd,
    /// The provider's id of the uploaded file.
    pub file: Option<String>,
    /// The provider's id of the batch.
    pub remote: Option<String>,
    /// The provider's word for how it stands or ended.
    pub word: Option<String>,
    /// When it was written down.
    pub planned: Timestamp,
}

/// What became of one request of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchFate {
    /// Nothing yet.
    Open,
    /// It was answered.
    Answered,
    /// It was refused in a way that asking again cannot change.
    Refused,
    /// It failed in a way that may pass.
    Failed,
    /// Its time ran out before it was begun.
    Expired,
    /// The batch has ended, and nothing is said about it.
    Missing,
    /// The batch was cancelled before it was begun.
    Cancelled,
    /// It does not count any more: it is to be asked again.
    Dropped,
}

impl BatchFate {
    /// Word and fate, in one table.
    pub const ALL: &[(&str, BatchFate)] = &[
        ("open", BatchFate::Open),
        ("answered", BatchFate::Answered),
        ("refused", BatchFate::Refused),
        ("failed", BatchFate::Failed),
        ("expired", BatchFate::Expired),
        ("missing", BatchFate::Missing),
        ("cancelled", BatchFate::Cancelled),
        ("dropped", BatchFate::Dropped),
    ];

    /// Its word in JSON and the store.
    pub fn word(self) -> &'static str {
        BatchFate::ALL.iter().find(|(_, fate)| *fate == self).map_or("open", |(word, _)| word)
    }

    /// The fate of a word.
    pub fn parse(word: &str) -> Option<BatchFate> {
        BatchFate::ALL.iter().find(|(known, _)| *known == word).map(|(_, fate)| *fate)
    }

    /// Whether it may be asked again without anybody saying so.
    pub fn may_be_asked_again(self) -> bool {
        matches!(self, BatchFate::Failed | BatchFate::Expired | BatchFate::Missing)
    }
}

/// One request of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchItem {
    /// The chunk's number.
    pub chunk: u32,
    /// 0-based within the chunk.
    pub position: u32,
    /// Identity of the reply, see [`CallRecord::cache_key`](super::CallRecord::cache_key).
    pub key: Digest,
    /// What became of it.
    pub fate: BatchFate,
}

/// What a provider said about one request, as it said it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchReply {
    /// The status that a call of its own would have had.
    pub status: u16,
    /// The body, known secrets cut out.
    pub body: String,
    /// The provider's id of the request.
    pub request_id: Option<String>,
}

/// How far the chunks of a run have come, for lists and reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct BatchProgress {
    /// Chunks that were sent, or will be.
    pub chunks: u64,
    /// Those of them that have ended.
    pub ended: u64,
    /// Requests in all chunks.
    pub items: u64,
    /// Requests that were answered.
    pub answered: u64,
}

impl BatchProgress {
    /// `2 of 3 chunks ended`.
    pub fn sentence(&self) -> String {
        let plural = if self.chunks == 1 { "" } else { "s" };
        format!("{} of {} chunk{plural} ended", self.ended, self.chunks)
    }
}
