//! Settings: `karat.yaml`, `.env`, environments, and which source won.
//!
//! Precedence: flag, environment variable, `karat.yaml` (the chosen environment over the rest of the file), default.

mod app;
mod around;
mod cache;
mod embedding;
mod env;
mod interpolate;
mod kind;
mod layer;
mod load;
mod ollama_host;
mod provider;
mod raw_provider;
mod root;
mod routes;
mod setting;
mod settle;
#[cfg(test)]
mod tests;
mod value;

pub use app::{
    AppConfig, Body, Every, Extract, HttpApp, ProcessApp, ProcessKind, ProcessMode, ProcessReply, RequestTemplate,
    ResponseRules, SessionRules, SessionValue, StreamEnd, StreamRules, StreamText, Template, TextRule, UsagePaths,
};
pub use around::{AroundConfig, BreakerConfig, HedgeConfig, RetryConfig};
pub use cache::{CacheConfig, CacheMode, CompareWord, SemanticConfig};
pub use env::Env;
pub use kind::WireName;
pub use load::{BatchConfig, Config, LintSection, Overrides, PriceOverrides};
pub use provider::{Limits, ProviderConfig, ProviderOptions, Timeouts};
pub use routes::{NEEDS as ROUTE_NEED_WORDS, RouteConfig};
pub use setting::{Beaten, CallMode, OnRejected, Origin, Setting};
