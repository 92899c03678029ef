//! Many requests at once, answered within a day at a lower price.
//!
//! A *chunk* is what karat sends as one batch of a provider. Creating one is not idempotent at any provider, and an answer
//! may get lost, so a chunk goes through states that are written down before the step that they announce:
//!
//! ```text
//! planned ──► uploaded ──► created ──► collected
//!    │            │            └─────► failed       the provider refused the whole chunk, nothing is billed
//!    └────────────┴──────────────────► lost         it never reached the provider; its requests are free again
//! ```
//!
//! * **planned**: the chunk and the keys of its requests are on the disk. For a provider with files (OpenAI) no batch can
//!   exist yet: an upload whose id was lost is found by its name, or given up, because it costs nothing. For one without
//!   files (Anthropic) the batch may exist: see below.
//! * **uploaded**: the file's id is on the disk, and the batch may exist. It carries run and chunk in its metadata, and is
//!   looked for there before another one is made.
//! * **created**: the batch's id is on the disk. It is asked for until it has ended.
//! * **collected**: what came of each request is on the disk, in one transaction. Grading reads it from there, as often as
//!   it takes; a reply is paid for by the first trial that uses it.
//!
//! Anthropic's batches carry no metadata. One whose id was lost is recognised by its results: custom ids begin with run and
//! chunk. While it is not known to have ended, every batch of the same size from about the same time that no run of this
//! store knows may be it, so nothing is sent again until all of them have ended and are known to be others.
//!
//! A list of batches may lag behind, and a request of a killed process may still be on its way: a chunk is taken for lost
//! only when a look some time after it was sent does not find it.

mod answer;
mod anthropic;
mod client;
mod line;
mod openai;
mod wire;

pub use answer::{BatchAnswer, BatchReplies, BatchRequest};
pub use client::{BatchClient, BatchError, Sought};
pub use line::{BatchLine, Said};
pub use wire::{BatchLimits, BatchSeen, BatchTag, BatchWire, FileSeen, FileWire, Page, Stage};

pub(super) use anthropic::AnthropicBatches;
pub(super) use openai::OpenAiBatches;
