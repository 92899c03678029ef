//! The nouns that rooms share: chat, usage, call, case, trial, score, verdict, run, event. Plain data, no I/O.

mod batch;
mod call;
mod case;
mod chat;
mod embedding;
mod event;
mod fate;
mod moderation;
mod params;
mod reply;
mod rerank;
mod route;
mod run;
mod score;
mod semantic;
mod trial;
mod usage;
mod verdict;

pub use batch::{BatchChunk, BatchFate, BatchItem, BatchProgress, BatchReply, BatchState};
pub use call::{CachedReply, CallError, CallRecord, CallSource, ErrorKind};
pub use case::{Case, CaseRef, Vars};
pub use chat::{CacheTtl, ChatRequest, Effort, Media, Message, OutputFormat, Part, Role, Tool, ToolCall, ToolChoice};
pub use embedding::{EmbeddingCall, EmbeddingModel, EmbeddingParams, EmbeddingReply, InputType};
pub use event::RunEvent;
pub use fate::{Fate, ParamFate};
pub use moderation::{ModerationCategory, ModerationReply};
pub use params::Params;
pub use reply::{ChatReply, Finish, LogprobToken, OffClock, StreamTimes, Warning};
pub use rerank::{Ranked, RerankReply};
pub use route::{RouteNote, Strategy, Tried};
pub use run::{GitFacts, RunHeader, RunKind, RunStatus, SuiteRecord, VariantRecord};
pub use score::{Score, ScoreState};
pub use semantic::{Agreement, SemanticFacts, SemanticMatch};
pub use trial::{Outcome, TrialFacts, TrialKey, TrialRecord};
pub use usage::{SearchSize, Usage};
pub use verdict::{Figure, Verdict, VerdictWord};
