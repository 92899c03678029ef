//! Who answers: wires (pure encode and decode) and the caller (retry, limits, breaker, cache, cassettes).

mod attempt;
#[cfg(test)]
mod attempt_test;
mod authority;
mod breaker;
mod caller;
#[cfg(test)]
mod caller_names_test;
#[cfg(test)]
mod caller_startup_test;
#[cfg(test)]
mod caller_test;
mod cassette;
mod clean;
mod embed;
#[cfg(test)]
mod embed_test;
mod fates;
#[cfg(test)]
mod fates_test;
mod frames;
mod fuse;
mod heal;
mod inflight;
mod limiter;
mod mock;
mod mock_rules;
mod question;
mod reading;
mod registry;
mod retry;
mod route;
mod settings;
mod spec;
mod stream;
mod vector_shelf;
mod wire;

pub use authority::{Access, Authority};
pub use caller::{Ask, Caller, CallerOptions, Pricer, ReplyCache};
pub use cassette::CassetteError;
pub use embed::{EmbeddingSpend, VectorCache, recorded_vectors};
pub use fates::{fates, is_known};
pub use heal::heal;
pub use registry::{PROVIDERS, provider_spec};
pub use settings::{
    BreakerSettings, CallMode, Limits, MockSettings, ProviderSettings, RetrySettings, TimeoutSettings,
    builtin_providers,
};
pub use spec::{
    EmbeddingWire, Encoded, Endpoint, Failure, Follow, KeySource, Lacks, Load, NewAuthority, ProviderKey, ProviderSpec,
    Retry, Wire, WireOptions,
};
pub use stream::{Frame, Framing, Sign, StreamDecoder, StreamWire};
