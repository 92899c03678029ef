//! The arithmetic of one request: exact, without rounding, without allocation.

use rust_decimal::Decimal;

use super::facts::Mode;
use super::note::Note;
use super::rates::{Class, Rates};
use super::record::{Record, Status};
use super::resolution::{MatchKind, Terms};
use super::tariff::Tariff;
use crate::record::Usage;

/// Rates are per this many tokens, as a factor.
const PER_TOKEN: Decimal = Decimal::from_parts(1, 0, 0, false, 6);

/// One summand of a charge.
#[derive(Debug, Clone, Copy)]
pub(super) enum Item {
    /// Tokens of a class, at a rate per million.
    Tokens(&'static str, u64, Decimal),
    /// Units, at a price each.
    Units(&'static str, u64, Decimal),
}

impl Item {
    /// What it costs; `None` when the number does not fit.
    pub(super) fn usd(self) -> Option<Decimal> {
        match self {
            Item::Tokens(_, count, rate) => Decimal::from(count).checked_mul(rate)?.checked_mul(PER_TOKEN),
            Item::Units(_, count, price) => Decimal::from(count).checked_mul(price),
        }
    }
}

/// What a request costs, in USD; `None` when something that is billed has no price or was not counted. Hands each
/// summand to `item` and each decision to `note`.
pub(super) fn charge<'t>(
    record: &Record,
    matched: MatchKind,
    usage: &Usage,
    terms: &Terms<'t>,
    mut item: impl FnMut(Item),
    mut note: impl FnMut(Note<'t>),
) -> Option<Decimal> {
    remark(record, matched, usage, &mut note);
    let total_input = usage.total_input().map_or(0, |tokens| tokens.0);
    let tariff = Tariff::choose(record, total_input, terms, &mut note);
    let mut sum = Some(Decimal::ZERO);
    for (class, name) in Class::ALL {
        let count = class.count(usage).unwrap_or(0);
        if count == 0 {
            continue;
        }
        match (tariff.rate(*class), class) {
            (Some(rate), _) => {
                let tokens = Item::Tokens(name, count, rate);
                item(tokens);
                sum = sum.and_then(|sum| sum.checked_add(tokens.usd()?));
            }
            // Citations are billed only where they have a price.
            (None, Class::Citation) => {}
            (None, _) => {
                note(Note::NoRate(name));
                sum = None;
            }
        }
    }
    for name in terms.multipliers {
        match record.multipliers.get(*name) {
            Some(factor) => sum = sum.and_then(|sum| sum.checked_mul(*factor)),
            None => note(Note::NoMultiplier(name)),
        }
    }
    let fees = add_fees(record, usage, &mut item, &mut note);
    if is_uncounted(record, usage) {
        note(Note::UnknownUsage);
        sum = None;
    }
    Some(sum?.checked_add(fees?)?.normalize())
}

fn remark<'t>(record: &Record, matched: MatchKind, usage: &Usage, note: &mut impl FnMut(Note<'t>)) {
    if record.status == Some(Status::Retired) {
        note(Note::Retired);
    }
    match matched {
        MatchKind::Snapshot => note(Note::AssumedSnapshot),
        MatchKind::Local => note(Note::Local),
        MatchKind::Exact | MatchKind::DateForm | MatchKind::None => {}
    }
    if usage.ambiguous {
        note(Note::InconsistentUsage);
    }
}

/// Fees by unit, never multiplied.
fn add_fees<'t>(
    record: &Record,
    usage: &Usage,
    item: &mut impl FnMut(Item),
    note: &mut impl FnMut(Note<'t>),
) -> Option<Decimal> {
    let units = &record.units;
    let request = units.request.as_ref();
    let counted = [
        ("unit:web_search", "web_search", usage.web_searches, units.web_search),
        ("unit:search_query", "search_query", usage.search_queries, units.search_query),
        ("unit:query", "query", usage.search_units, units.query),
        ("unit:request", "request", request.map(|_| 1), request.and_then(|fee| fee.of(usage.search_size))),
    ];
    let mut sum = Some(Decimal::ZERO);
    for (line, unit, count, price) in counted {
        let Some(count) = count.filter(|count| *count > 0) else { continue };
        match price {
            Some(price) => {
                let fee = Item::Units(line, count, price);
                item(fee);
                sum = sum.and_then(|sum| sum.checked_add(fee.usd()?));
            }
            None => note(Note::NoUnitPrice(unit)),
        }
    }
    sum
}

/// Whether the provider left out tokens that would be billed: then the cost is unknown, not the cost of the rest.
fn is_uncounted(record: &Record, usage: &Usage) -> bool {
    let is_free = record.rates == Rates::free();
    let has_units = usage.search_units.is_some() || usage.search_queries.is_some() || usage.web_searches.is_some();
    let lacks_input = usage.total_input().is_none() && !(has_units && record.mode == Mode::Rerank);
    let lacks_output = match record.mode {
        Mode::Chat | Mode::Completion => usage.total_output().is_none(),
        Mode::Embedding | Mode::Rerank => false,
    };
    !is_free && (lacks_input || lacks_output)
}
