//! One record of the price data: the rates of a model, its limits and capabilities.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::facts::{Capability, Mode};
use super::rates::Rates;
use crate::record::SearchSize;

/// A model's prices as published. Dates are UTC days counted from 1970-01-01.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Record {
    /// `provider/name`, or `provider/region/name`.
    pub(super) id: String,
    pub(super) mode: Mode,
    pub(super) status: Option<Status>,
    pub(super) zero: Option<Zero>,
    pub(super) context_window: Option<u32>,
    pub(super) max_output: Option<u32>,
    pub(super) min_cache_tokens: Option<u32>,
    pub(super) deprecated_on: Option<String>,
    #[serde(default)]
    pub(super) rates: Rates,
    #[serde(default)]
    pub(super) service: Tiers,
    /// Ascending by `above`.
    #[serde(default)]
    pub(super) long_context: Vec<LongContext>,
    #[serde(default)]
    pub(super) units: Units,
    #[serde(default)]
    pub(super) multipliers: BTreeMap<String, Decimal>,
    pub(super) off_peak: Option<OffPeak>,
    /// Earlier base prices, oldest first.
    #[serde(default)]
    pub(super) history: Vec<Past>,
    /// Announced later base prices, soonest first.
    #[serde(default)]
    pub(super) scheduled: Vec<Announced>,
    #[serde(default)]
    pub(super) caps: Vec<Capability>,
    #[serde(default)]
    pub(super) caps_no: Vec<Capability>,
}

impl Record {
    /// A record that states nothing: every price is unknown.
    pub(super) fn empty() -> Record {
        Record {
            id: String::new(),
            mode: Mode::Chat,
            status: None,
            zero: None,
            context_window: None,
            max_output: None,
            min_cache_tokens: None,
            deprecated_on: None,
            rates: Rates::default(),
            service: Tiers::default(),
            long_context: Vec::new(),
            units: Units::default(),
            multipliers: BTreeMap::new(),
            off_peak: None,
            history: Vec::new(),
            scheduled: Vec::new(),
            caps: Vec::new(),
            caps_no: Vec::new(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    /// Gone from the primary source; kept so that history stays priceable.
    Retired,
}

/// Whether a price of zero can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Zero {
    Free,
    Unverified,
}

/// Rates by service tier.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Tiers {
    pub(super) batch: Option<Rates>,
    pub(super) flex: Option<Rates>,
    pub(super) priority: Option<Rates>,
    pub(super) ultrafast: Option<Rates>,
}

impl Tiers {
    pub(super) fn get(&self, tier: &str) -> Option<&Rates> {
        pick(tier, [&self.batch, &self.flex, &self.priority, &self.ultrafast])
    }
}

fn pick<'r>(tier: &str, rates: [&'r Option<Rates>; 4]) -> Option<&'r Rates> {
    let named = ["batch", "flex", "priority", "ultrafast"].into_iter().zip(rates);
    named.into_iter().find(|(name, _)| tier.eq_ignore_ascii_case(name)).and_then(|(_, rates)| rates.as_ref())
}

/// Rates for the whole of a request whose input is larger than `above`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LongContext {
    pub(super) above: u64,
    /// The tier starts at the bound, not after it.
    #[serde(default)]
    pub(super) inclusive: bool,
    #[serde(default)]
    pub(super) standard: Rates,
    batch: Option<Rates>,
    flex: Option<Rates>,
    priority: Option<Rates>,
    ultrafast: Option<Rates>,
}

impl LongContext {
    pub(super) fn tier(&self, tier: &str) -> Option<&Rates> {
        pick(tier, [&self.batch, &self.flex, &self.priority, &self.ultrafast])
    }

    pub(super) fn applies_to(&self, total_input: u64) -> bool {
        total_input > self.above || (self.inclusive && total_input == self.above)
    }
}

/// USD per unit, for what is not counted in tokens. Units that no usage object counts are not read.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Units {
    pub(super) web_search: Option<Decimal>,
    pub(super) search_query: Option<Decimal>,
    pub(super) query: Option<Decimal>,
    pub(super) request: Option<RequestFee>,
}

/// A fee per request: one for all, or by the size of the search context.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum RequestFee {
    Flat(Decimal),
    BySize { low: Option<Decimal>, medium: Option<Decimal>, high: Option<Decimal> },
}

impl RequestFee {
    pub(super) fn of(&self, size: Option<SearchSize>) -> Option<Decimal> {
        match self {
            RequestFee::Flat(fee) => Some(*fee),
            RequestFee::BySize { low, medium, high } => match size? {
                SearchSize::Low => *low,
                SearchSize::Medium => *medium,
                SearchSize::High => *high,
            },
        }
    }
}

/// Rates that replace the standard ones inside UTC windows.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct OffPeak {
    pub(super) rates: Rates,
    windows: Vec<Window>,
}

#[derive(Debug, Clone, Deserialize)]
struct Window {
    hours_utc: Vec<Hours>,
    /// ISO: 1 is Monday. Absent means every day.
    weekdays: Option<Vec<i64>>,
}

/// Minutes of the UTC day, start inclusive, end exclusive; equal ends are the whole day.
#[derive(Debug, Clone, Copy)]
struct Hours {
    start: i64,
    end: i64,
}

impl OffPeak {
    /// Whether the windows cover this minute of the day of this weekday.
    pub(super) fn covers(&self, weekday: i64, minute: i64) -> bool {
        self.windows.iter().any(|window| {
            window.weekdays.as_ref().is_none_or(|days| days.contains(&weekday))
                && window.hours_utc.iter().any(|hours| hours.cover(minute))
        })
    }
}

impl Hours {
    fn cover(self, minute: i64) -> bool {
        if self.start < self.end {
            (self.start..self.end).contains(&minute)
        } else {
            // Past midnight, or the whole day when the ends are equal.
            minute >= self.start || minute < self.end
        }
    }
}

impl<'de> Deserialize<'de> for Hours {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Hours, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parsed = text.split_once('-').and_then(|(start, end)| Some((minutes(start)?, minutes(end)?)));
        let (start, end) = parsed.ok_or_else(|| D::Error::custom(format!("`{text}` is not `HH:MM-HH:MM`")))?;
        Ok(Hours { start, end })
    }
}

fn minutes(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
    ((0..24).contains(&hour) && (0..60).contains(&minute)).then_some(hour * 60 + minute)
}

/// A base price that was valid before the day `until`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Past {
    #[serde(deserialize_with = "epoch_day")]
    pub(super) until: i64,
    pub(super) rates: Rates,
}

/// A base price that will be valid from the day `from`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Announced {
    #[serde(deserialize_with = "epoch_day")]
    pub(super) from: i64,
    pub(super) rates: Rates,
}

fn epoch_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let date: Date = String::deserialize(deserializer)?.parse().map_err(D::Error::custom)?;
    let since = date.since(Date::constant(1970, 1, 1)).map_err(D::Error::custom)?;
    Ok(i64::from(since.get_days()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_start_inclusive_and_end_exclusive() {
        let off_peak: OffPeak = serde_json::from_str(
            r#"{"rates":{},"windows":[{"hours_utc":["04:00-06:00","22:00-01:00"],"weekdays":[1]},{"hours_utc":["00:00-00:00"],"weekdays":[6]}]}"#,
        )
        .expect("windows");
        for (weekday, hour, minute, covered) in [
            (1, 3, 59, false),
            (1, 4, 0, true),
            (1, 5, 59, true),
            (1, 6, 0, false),
            (1, 22, 0, true),
            (1, 0, 59, true),
            (1, 1, 0, false),
            (2, 4, 0, false),
            (6, 0, 0, true),
            (6, 23, 59, true),
        ] {
            assert_eq!(off_peak.covers(weekday, hour * 60 + minute), covered, "{weekday} {hour}:{minute:02}");
        }
    }

    #[test]
    fn days_count_from_the_epoch() {
        let past: Past = serde_json::from_str(r#"{"until":"2026-11-21","rates":{"input":"0.1"}}"#).expect("past");
        // 2026-11-21T00:00:00Z is 1 795 219 200 s after the epoch.
        assert_eq!(past.until, 1_795_219_200 / 86_400);
        assert_eq!(past.rates.input, Some(Decimal::new(1, 1)));
    }

    #[test]
    fn unknown_rate_classes_are_refused() {
        assert!(serde_json::from_str::<Rates>(r#"{"inptu":"1"}"#).is_err());
    }
}
