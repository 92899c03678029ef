//! What a model costs: known, stated but not believable, or unknown. Bills are made here.

use std::collections::BTreeSet;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::bill::{Bill, BillLine, PriceStatus};
use super::charge::{Item, charge};
use super::facts::ModelFacts;
use super::record::{Record, Status, Zero};
use crate::base::{Timestamp, Usd};
use crate::record::Usage;

/// How a name led to a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MatchKind {
    /// The exact name.
    Exact,
    /// The name with its date written the other way.
    DateForm,
    /// The name without its date: an assumption, marked in every output.
    Snapshot,
    /// Any model of a local provider.
    Local,
    /// No price.
    None,
}

impl MatchKind {
    /// Its word in JSON and the store.
    pub fn word(self) -> &'static str {
        match self {
            MatchKind::Exact => "exact",
            MatchKind::DateForm => "date_form",
            MatchKind::Snapshot => "snapshot",
            MatchKind::Local => "local",
            MatchKind::None => "none",
        }
    }
}

/// What decides on the price of a request besides its usage.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The tier that served the request, as the reply names it (`batch`, `flex`, `priority`, `default`…).
    pub service_tier: Option<&'a str>,
    /// When it was made.
    pub at: Timestamp,
    /// Factors that apply, as the price data names them: `inference_geo:us`, `speed:fast`, `data_residency:eu`.
    pub multipliers: &'a [&'a str],
    /// What the provider says it charged, in USD; see [`super::PriceTable::reported_cost`].
    pub reported: Option<Decimal>,
}

impl Terms<'_> {
    /// Standard terms at this moment.
    pub fn at(at: Timestamp) -> Terms<'static> {
        Terms { service_tier: None, at, multipliers: &[], reported: None }
    }
}

/// What the price table says about a model.
#[derive(Debug, Clone)]
pub enum Resolution {
    /// A price.
    Known(ModelPrice),
    /// The source says zero without saying free: unknown, but the model's limits are known. Bills nothing.
    Unverified(ModelPrice),
    /// No price. Never zero, never another model's.
    Unknown,
}

impl Resolution {
    /// The model's price or its unverified record.
    pub fn price(&self) -> Option<&ModelPrice> {
        match self {
            Resolution::Known(price) | Resolution::Unverified(price) => Some(price),
            Resolution::Unknown => None,
        }
    }

    /// Whether requests can be priced.
    pub fn is_known(&self) -> bool {
        matches!(self, Resolution::Known(_))
    }

    /// The same, with assumed prices as unknown.
    #[must_use]
    pub fn strict(self) -> Resolution {
        match self {
            Resolution::Known(price) if price.is_assumed() => Resolution::Unknown,
            Resolution::Known(_) | Resolution::Unverified(_) | Resolution::Unknown => self,
        }
    }

    /// Limits and capabilities.
    pub fn facts(&self) -> Option<ModelFacts> {
        self.price().map(ModelPrice::facts)
    }

    /// The bill of one request. An unknown price gives a bill without a computed cost; a reported charge still counts.
    pub fn bill(&self, usage: &Usage, terms: &Terms<'_>) -> Bill {
        self.price().map_or_else(|| Bill::without_price(terms.reported), |price| price.bill(usage, terms))
    }

    /// What one request costs: the reported charge, else the computed one, rounded to a picodollar; `None` when unknown.
    pub fn cost(&self, usage: &Usage, terms: &Terms<'_>) -> Option<Usd> {
        match self.price() {
            Some(price) => price.cost(usage, terms),
            None => terms.reported.and_then(Usd::from_decimal),
        }
    }
}

/// The price of one model. Cheap to clone, shared between threads: resolve once, bill many times.
#[derive(Debug, Clone)]
pub struct ModelPrice {
    record: Arc<Record>,
    matched: MatchKind,
}

impl ModelPrice {
    pub(super) fn new(record: Arc<Record>, matched: MatchKind) -> ModelPrice {
        ModelPrice { record, matched }
    }

    /// Id of the price record, such as `openai/gpt-4o`.
    pub fn id(&self) -> &str {
        &self.record.id
    }

    /// How the name led here.
    pub fn matched(&self) -> MatchKind {
        self.matched
    }

    /// Whether the price is assumed from the name without its date.
    pub fn is_assumed(&self) -> bool {
        self.matched == MatchKind::Snapshot
    }

    /// Whether the model costs nothing, credibly.
    pub fn is_free(&self) -> bool {
        self.record.zero == Some(Zero::Free)
    }

    /// Limits and capabilities.
    pub fn facts(&self) -> ModelFacts {
        let record = &self.record;
        ModelFacts {
            mode: record.mode,
            context_window: record.context_window,
            max_output: record.max_output,
            min_cache_tokens: record.min_cache_tokens,
            deprecated_on: record.deprecated_on.clone(),
            retired: record.status == Some(Status::Retired),
            caps: record.caps.clone(),
            caps_no: record.caps_no.clone(),
        }
    }

    /// The bill of one request, with its lines and remarks.
    pub fn bill(&self, usage: &Usage, terms: &Terms<'_>) -> Bill {
        let mut bill = Bill {
            price_id: Some(self.record.id.clone()),
            matched: self.matched,
            assumed: self.is_assumed(),
            ..Bill::without_price(terms.reported)
        };
        if self.is_unverified() {
            bill.status = PriceStatus::Unverified;
            return bill;
        }
        let (mut lines, mut notes) = (Vec::new(), BTreeSet::new());
        bill.status = PriceStatus::Known;
        bill.usd = charge(
            &self.record,
            self.matched,
            usage,
            terms,
            |item| lines.extend(BillLine::of(item)),
            |note| {
                notes.insert(note.to_string());
            },
        );
        (bill.lines, bill.notes) = (lines, notes);
        bill.billed = terms.reported.or(bill.usd).and_then(Usd::from_decimal);
        bill
    }

    /// What one request costs: the reported charge, else the computed one, rounded to a picodollar; `None` when unknown.
    /// Makes no bill and allocates nothing.
    pub fn cost(&self, usage: &Usage, terms: &Terms<'_>) -> Option<Usd> {
        if terms.reported.is_some() || self.is_unverified() {
            return terms.reported.and_then(Usd::from_decimal);
        }
        charge(&self.record, self.matched, usage, terms, |_: Item| (), |_| ()).and_then(Usd::from_decimal)
    }

    fn is_unverified(&self) -> bool {
        self.record.zero == Some(Zero::Unverified)
    }
}
