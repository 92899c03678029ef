//! What a bill had to decide, in words that stay the same across versions.

use std::fmt;

/// One remark on a bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Note<'t> {
    /// The model is gone; its last known price was used.
    Retired,
    /// The name's date was taken off: the price of the base name was assumed.
    AssumedSnapshot,
    /// A model on the user's machine.
    Local,
    /// An earlier price, valid on the day of the request.
    HistoricPrice,
    /// An announced price, valid on the day of the request.
    ScheduledPrice,
    /// The whole request is billed at the rates for input beyond this many tokens.
    LongContext(u64),
    /// The service tier has no price: standard rates.
    NoTierPrice(&'t str),
    /// The service tier has no price for long input: standard rates for long input.
    NoTierLongContextPrice(&'t str),
    /// Rates of the hour.
    OffPeak,
    /// The provider's numbers contradict each other.
    InconsistentUsage,
    /// The provider did not state all tokens: the cost is unknown.
    UnknownUsage,
    /// Tokens of this class have no price: the cost is unknown.
    NoRate(&'static str),
    /// A counted unit has no price and is not in the sum.
    NoUnitPrice(&'static str),
    /// The model has no such multiplier.
    NoMultiplier(&'t str),
}

impl fmt::Display for Note<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::Retired => f.write_str("retired"),
            Note::AssumedSnapshot => f.write_str("assumed_snapshot"),
            Note::Local => f.write_str("local"),
            Note::HistoricPrice => f.write_str("historic_price"),
            Note::ScheduledPrice => f.write_str("scheduled_price"),
            Note::LongContext(above) => write!(f, "long_context>{above}"),
            Note::NoTierPrice(tier) => write!(f, "no_{tier}_price"),
            Note::NoTierLongContextPrice(tier) => write!(f, "no_{tier}_long_context_price"),
            Note::OffPeak => f.write_str("off_peak"),
            Note::InconsistentUsage => f.write_str("inconsistent_usage"),
            Note::UnknownUsage => f.write_str("unknown_usage"),
            Note::NoRate(class) => write!(f, "no_rate:{class}"),
            Note::NoUnitPrice(unit) => write!(f, "no_unit_price:{unit}"),
            Note::NoMultiplier(name) => write!(f, "no_multiplier:{name}"),
        }
    }
}
