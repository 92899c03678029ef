//! Settings: `karat.yaml`, `.env`, environments, and which source won.
//!
//! Precedence: flag, environment variable, `karat.yaml` (the chosen environment over the rest of the file), default.

mod env;
mod interpolate;
mod kind;
mod layer;
mod load;
mod provider;
mod raw_provider;
mod root;
mod setting;
mod settle;
#[cfg(test)]
mod tests;
mod value;

pub use env::Env;
pub use kind::WireName;
pub use load::{BatchConfig, CacheConfig, Config, LintSection, Overrides, PriceOverrides};
pub use provider::{Limits, ProviderConfig, ProviderOptions, Timeouts};
pub use setting::{Beaten, CallMode, Origin, Setting};
