//! Who answers: wires (pure encode and decode) and the caller (retry, limits, breaker, cache, cassettes).

mod aside;
mod authority;
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
mod moderate;
mod question;
mod registry;
mod rerank;
mod retry;
mod route;
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

pub use aside::Spend;
pub use authority::{Access, Authority};
pub use caller::{Ask, Caller, CallerOptions, Pricer, ReplyCache};
pub use cassette::CassetteError;
pub use embed::{VectorCache, recorded_vectors};
pub use registry::{PROVIDERS, provider_spec};
pub use semantic::{Compare, KeptQuestion, KeptVector, NewQuestion, QuestionStore, SemanticSettings, Signature};
pub use settings::{
    BreakerSettings, CallMode, Limits, MockSettings, ProviderSettings, RetrySettings, TimeoutSettings,
    builtin_providers,
};
pub use side_wire::{BatchLimit, EmbeddingAsk, EmbeddingWire, ModerationWire, RerankAsk, RerankWire};
pub use spec::{
    Encoded, Endpoint, Failure, Follow, KeySource, NewAuthority, ProviderKey, ProviderSpec, Retry, Wire, WireOptions,
};
pub use stream::{Frame, Framing, Sign, StreamDecoder, StreamWire};
