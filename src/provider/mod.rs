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
mod conversation;
mod embed;
#[cfg(test)]
mod embed_test;
mod frames;
mod fuse;
mod heal;
mod inflight;
mod library;
mod limiter;
mod mock;
mod mock_rules;
mod question;
mod reading;
mod recorder;
mod registry;
mod retry;
mod route;
mod script;
mod settings;
mod spec;
mod stream;
mod vector_shelf;
mod wire;

pub use authority::{Access, Authority};
pub use caller::{Ask, Caller, CallerOptions, Pricer, ReplyCache};
pub use cassette::CassetteError;
pub use embed::{EmbeddingSpend, VectorCache, recorded_vectors};
pub use heal::heal;
pub use library::{Library, Match, Recorded};
pub use recorder::{Exchange, Recorder};
pub use registry::{PROVIDERS, provider_spec};
pub use script::{Played, Script};
pub use settings::{
    BreakerSettings, CallMode, Limits, MockSettings, ProviderSettings, RetrySettings, TimeoutSettings,
    builtin_providers,
};
pub use spec::{
    EmbeddingWire, Encoded, Endpoint, Failure, Follow, KeySource, Lacks, Load, NewAuthority, ProviderKey, ProviderSpec,
    Retry, Wire, WireOptions,
};
pub use stream::{Frame, Framing, Sign, StreamDecoder, StreamWire};
