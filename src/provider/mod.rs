//! Who answers: wires (pure encode and decode) and the caller (retry, limits, breaker, cache, cassettes).

mod breaker;
mod caller;
#[cfg(test)]
mod caller_startup_test;
#[cfg(test)]
mod caller_test;
mod cassette;
mod clean;
mod fuse;
mod inflight;
mod limiter;
mod mock;
mod mock_rules;
mod registry;
mod retry;
mod route;
mod settings;
mod spec;
mod wire;

pub use caller::{Ask, Caller, CallerOptions, Pricer, ReplyCache};
pub use cassette::CassetteError;
pub use registry::{PROVIDERS, provider_spec};
pub use settings::{
    BreakerSettings, CallMode, Limits, MockSettings, ProviderSettings, RetrySettings, TimeoutSettings,
    builtin_providers,
};
pub use spec::{Encoded, Endpoint, Failure, KeySource, ProviderKey, ProviderSpec, Retry, Wire};
