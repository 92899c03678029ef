//! Who answers: wires (pure encode and decode) and the caller (retry, limits, breaker, cache, cassettes).

mod app;
#[cfg(test)]
mod around_test;
mod aside;
mod attempt;
#[cfg(test)]
mod attempt_test;
mod authority;
mod backend;
mod batch;
mod breaker;
mod budget;
mod caller;
#[cfg(test)]
mod caller_names_test;
#[cfg(test)]
mod caller_startup_test;
#[cfg(test)]
mod caller_test;
mod cassette;
mod clean;
mod conversation;
mod embed;
#[cfg(test)]
mod embed_test;
mod exec;
mod fates;
#[cfg(test)]
mod fates_test;
mod frames;
mod fuse;
mod heal;
mod hedge;
mod inflight;
mod library;
mod limit;
mod mock;
mod mock_rules;
mod moderate;
mod notice;
mod own;
mod question;
mod reading;
mod recorder;
mod registry;
mod rerank;
mod retry;
mod route;
mod routing;
mod script;
mod semantic;
mod settings;
#[cfg(test)]
mod side_fixture_test;
mod side_question;
mod side_shelf;
#[cfg(test)]
mod side_test;
mod side_wire;
mod spec;
mod stream;
mod vector_shelf;
mod wire;

pub use app::App;
pub use aside::Spend;
pub use authority::{Access, Authority};
pub use batch::{
    BatchAnswer, BatchClient, BatchError, BatchLimits, BatchLine, BatchReplies, BatchRequest, BatchSeen, BatchTag,
    BatchWire, FileSeen, FileWire, Page, Said, Sought, Stage,
};
pub use caller::{Ask, Caller, CallerOptions, Pricer, ReplyCache};
pub use cassette::CassetteError;
pub use embed::{VectorCache, recorded_vectors};
pub use fates::{fates, is_known};
pub use library::{Library, Match, Recorded};
pub use own::{OwnCheckOptions, OwnChecks};
pub use recorder::{Exchange, Recorder};
pub use registry::{PROVIDERS, provider_spec};
pub use routing::{History, ModelHistory, ROUTE, ROUTE_NEEDS, RouteSettings, Weights};
pub use script::{Played, Script};
pub use semantic::{Compare, KeptQuestion, KeptVector, NewQuestion, QuestionStore, SemanticSettings, Signature};
pub use settings::{
    BreakerSettings, CallMode, HedgeSettings, Limits, MockSettings, ProviderSettings, RetrySettings, TimeoutSettings,
    builtin_providers,
};
pub use side_wire::{BatchLimit, EmbeddingAsk, EmbeddingWire, ModerationWire, RerankAsk, RerankWire};
pub use spec::{
    Answers, Encoded, Endpoint, Failure, Follow, KeySource, Lacks, Load, NewAuthority, ProviderKey, ProviderSpec,
    Retry, Wire, WireOptions,
};
pub use stream::{Frame, Framing, Sign, StreamDecoder, StreamWire};
