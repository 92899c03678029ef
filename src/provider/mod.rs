//! Who answers: wires (pure encode and decode) and the caller (retry, limits, breaker, cache, cassettes).

mod authority;
mod batch;
mod breaker;
mod caller;
#[cfg(test)]
mod caller_startup_test;
#[cfg(test)]
mod caller_test;
mod cassette;
mod clean;
mod embed;
#[cfg(test)]
mod embed_test;
mod fuse;
mod inflight;
mod limiter;
mod mock;
mod mock_rules;
mod question;
mod registry;
mod retry;
mod route;
mod settings;
mod spec;
mod stream;
mod vector_shelf;
mod wire;

pub use authority::{Access, Authority};
pub use batch::{
    BatchAnswer, BatchClient, BatchError, BatchLimits, BatchLine, BatchReplies, BatchRequest, BatchSeen, BatchTag,
    BatchWire, FileSeen, FileWire, Page, Said, Sought, Stage,
};
pub use caller::{Ask, Caller, CallerOptions, Pricer, ReplyCache};
pub use cassette::CassetteError;
pub use embed::{EmbeddingSpend, VectorCache, recorded_vectors};
pub use registry::{PROVIDERS, provider_spec};
pub use settings::{
    BreakerSettings, CallMode, Limits, MockSettings, ProviderSettings, RetrySettings, TimeoutSettings,
    builtin_providers,
};
pub use spec::{
    EmbeddingWire, Encoded, Endpoint, Failure, Follow, KeySource, NewAuthority, ProviderKey, ProviderSpec, Retry, Wire,
    WireOptions,
};
pub use stream::{Frame, Framing, Sign, StreamDecoder, StreamWire};
