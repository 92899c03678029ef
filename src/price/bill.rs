//! The bill of one request.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::charge::Item;
use super::resolution::MatchKind;
use crate::base::Usd;

/// Whether the model has a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PriceStatus {
    /// It has.
    Known,
    /// The source says zero without saying free.
    Unverified,
    /// It has none.
    Unknown,
}

impl PriceStatus {
    /// Its word in JSON and the store.
    pub fn word(self) -> &'static str {
        match self {
            PriceStatus::Known => "ok",
            PriceStatus::Unverified => "unverified_price",
            PriceStatus::Unknown => "unknown_price",
        }
    }
}

/// What one request costs, and why. Amounts are exact, in USD; absent means unknown, never zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bill {
    /// Whether the model has a price.
    pub status: PriceStatus,
    /// Computed from the price table.
    pub usd: Option<Decimal>,
    /// Stated by the provider.
    pub reported: Option<Decimal>,
    /// What counts: the reported charge, else the computed one, rounded to a picodollar.
    pub billed: Option<Usd>,
    /// Id of the price record.
    pub price_id: Option<String>,
    /// How the name led to it.
    pub matched: MatchKind,
    /// Whether the price is assumed from the name without its date.
    pub assumed: bool,
    /// Remarks, such as `long_context>200000` or `no_priority_price`.
    pub notes: BTreeSet<String>,
    /// The summands of `usd` before multipliers.
    pub lines: Vec<BillLine>,
}

impl Bill {
    pub(super) fn without_price(reported: Option<Decimal>) -> Bill {
        Bill {
            status: PriceStatus::Unknown,
            usd: None,
            reported,
            billed: reported.and_then(Usd::from_decimal),
            price_id: None,
            matched: MatchKind::None,
            assumed: false,
            notes: BTreeSet::new(),
            lines: Vec::new(),
        }
    }

    /// Whether the reported charge and the computed one differ by more than 1 % of the reported one.
    pub fn is_disputed(&self) -> bool {
        let (Some(reported), Some(usd)) = (self.reported, self.usd) else { return false };
        let hundredfold = reported.checked_sub(usd).and_then(|gap| gap.abs().checked_mul(Decimal::ONE_HUNDRED));
        // A gap too large to hold is a gap.
        hundredfold.is_none_or(|gap| gap > reported.abs())
    }
}

/// One summand of a bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BillLine {
    /// The token class (`input`, `cache_read`…), or `unit:` and the unit (`unit:web_search`).
    pub class: &'static str,
    /// Tokens or units.
    pub count: u64,
    /// USD per million tokens, or per unit.
    pub rate: Decimal,
    /// USD for the line.
    pub usd: Decimal,
}

impl BillLine {
    /// `None` when the amount does not fit a decimal.
    pub(super) fn of(item: Item) -> Option<BillLine> {
        let usd = item.usd()?.normalize();
        let (Item::Tokens(class, count, rate) | Item::Units(class, count, rate)) = item;
        Some(BillLine { class, count, rate: rate.normalize(), usd })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charges_that_differ_by_more_than_one_percent_are_disputed() {
        let disputed = |reported: &str, usd: &str| {
            let reported = reported.parse().expect("decimal");
            Bill { usd: usd.parse().ok(), ..Bill::without_price(Some(reported)) }.is_disputed()
        };
        assert!(!disputed("0.0101", "0.01") && !disputed("1", "0.99") && !disputed("0", "0"));
        assert!(disputed("1", "0.9899") && disputed("0.00735", "0.007") && disputed("0", "0.1"));
        assert!(!Bill::without_price(Some(Decimal::ONE)).is_disputed());
    }
}
