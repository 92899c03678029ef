//! The price table, exact billing arithmetic, usage dialects, token counts.
//!
//! Resolve a model once ([`PriceTable::resolve`]), turn each raw usage object into disjoint classes ([`normalize`]), and
//! bill it ([`Resolution::cost`], [`Resolution::bill`]). An unknown price is unknown: never zero, never another model's.

mod bill;
mod charge;
mod cut;
mod dates;
mod dialect;
mod facts;
mod lookup;
mod names;
mod note;
mod overrides;
mod rates;
mod record;
mod reported;
mod resolution;
mod table;
mod tariff;
mod tokens;
#[cfg(test)]
mod vectors;

pub use bill::{Bill, BillLine, PriceStatus};
pub use cut::TokenCounter;
pub use dialect::{Dialect, RawUsage, normalize};
pub use facts::{Capability, Ending, Mode, ModelFacts};
pub use names::ProviderNames;
pub use overrides::PriceOverride;
pub use reported::charge_stated;
pub use resolution::{MatchKind, ModelPrice, Resolution, Terms};
pub use table::{PriceError, PriceTable};
pub use tokens::{TokenEstimate, count_tokens, estimate_prompt_tokens};
