//! Which rates hold for one request: the day, the size of the input, the service tier and the hour decide.

use rust_decimal::Decimal;

use super::note::Note;
use super::rates::{Class, Rates};
use super::record::{LongContext, Record};
use super::resolution::Terms;
use crate::base::Timestamp;

const DAY_MS: i64 = 86_400_000;

/// The words of APIs for "no special tier".
const STANDARD: &[&str] = &["standard", "default", "auto", "on_demand", "standard_only"];

/// Layers of rates; the first that states a class has its price.
#[derive(Clone, Copy)]
pub(super) struct Tariff<'r> {
    tier: Option<&'r Rates>,
    /// In batch, what the tier does not list has the tier's input or output rate.
    is_batch: bool,
    off_peak: Option<&'r Rates>,
    long: Option<&'r Rates>,
    base: &'r Rates,
}

impl<'r> Tariff<'r> {
    /// The rates of `record` for a request of this size under these terms; reports what had to be decided.
    pub(super) fn choose<'t>(
        record: &'r Record,
        total_input: u64,
        terms: &Terms<'t>,
        mut note: impl FnMut(Note<'t>),
    ) -> Tariff<'r> {
        let wanted = terms.service_tier.filter(|tier| !STANDARD.iter().any(|word| tier.eq_ignore_ascii_case(word)));
        if let Some((base, dated)) = dated_rates(record, terms.at) {
            note(dated);
            if let Some(tier) = wanted {
                note(Note::NoTierPrice(tier));
            }
            return Tariff { tier: None, is_batch: false, off_peak: None, long: None, base };
        }
        let long = record.long_context.iter().rev().find(|entry| entry.applies_to(total_input));
        if let Some(entry) = long {
            note(Note::LongContext(entry.above));
        }
        let tier = wanted.and_then(|tier| tier_rates(record, long, tier, &mut note));
        let off_peak = record
            .off_peak
            .as_ref()
            .filter(|hours| tier.is_none() && hours.covers(weekday(terms.at), terms.at.0.rem_euclid(DAY_MS) / 60_000));
        if off_peak.is_some() {
            note(Note::OffPeak);
        }
        Tariff {
            tier,
            is_batch: wanted.is_some_and(|tier| tier.eq_ignore_ascii_case("batch")),
            off_peak: off_peak.map(|hours| &hours.rates),
            long: long.map(|entry| &entry.standard),
            base: &record.rates,
        }
    }

    /// USD per million tokens of `class`, fallbacks included; `None` when nothing states it.
    pub(super) fn rate(&self, class: Class) -> Option<Decimal> {
        self.stated(class).or_else(|| class.fallback().and_then(|other| self.rate(other)))
    }

    fn stated(&self, class: Class) -> Option<Decimal> {
        if let Some(tier) = self.tier {
            let side = || if self.is_batch { class.side().and_then(|side| tier.stated(side)) } else { None };
            if let Some(rate) = tier.stated(class).or_else(side) {
                return Some(rate);
            }
        }
        let layers = [self.off_peak, self.long, Some(self.base)];
        layers.into_iter().flatten().find_map(|rates| rates.stated(class))
    }
}

/// Base rates of another day than the data's: the first past one that still held, else the last announced one that
/// already holds.
fn dated_rates(record: &Record, at: Timestamp) -> Option<(&Rates, Note<'static>)> {
    if record.history.is_empty() && record.scheduled.is_empty() {
        return None;
    }
    let day = at.0.div_euclid(DAY_MS);
    if let Some(past) = record.history.iter().find(|past| day < past.until) {
        return Some((&past.rates, Note::HistoricPrice));
    }
    let announced = record.scheduled.iter().rev().find(|announced| day >= announced.from)?;
    Some((&announced.rates, Note::ScheduledPrice))
}

/// Rates of a tier, inside the long-context entry when one applies.
fn tier_rates<'r, 't>(
    record: &'r Record,
    long: Option<&'r LongContext>,
    tier: &'t str,
    note: &mut impl FnMut(Note<'t>),
) -> Option<&'r Rates> {
    let Some(rates) = record.service.get(tier) else {
        note(Note::NoTierPrice(tier));
        return None;
    };
    let Some(entry) = long else { return Some(rates) };
    let inside = entry.tier(tier);
    if inside.is_none() {
        note(Note::NoTierLongContextPrice(tier));
    }
    inside
}

/// ISO weekday in UTC: 1 is Monday. 1970-01-01 was a Thursday.
fn weekday(at: Timestamp) -> i64 {
    (at.0.div_euclid(DAY_MS) + 3).rem_euclid(7) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weekdays_are_iso() {
        // 2026-11-16 was a Monday, 2026-11-22 a Sunday; 1969-12-31 a Wednesday.
        for (ms, iso) in [(1_794_787_200_000, 1), (1_795_305_600_000, 7), (-1, 3), (0, 4)] {
            assert_eq!(weekday(Timestamp(ms)), iso, "{}", Timestamp(ms).to_rfc3339());
        }
    }

    fn record(json: &str) -> Record {
        serde_json::from_str(json).expect("record")
    }

    fn rate(record: &Record, tier: &str, class: Class) -> (Option<String>, Vec<String>) {
        let terms = Terms { service_tier: Some(tier), ..Terms::at(Timestamp(0)) };
        let mut notes = Vec::new();
        let tariff = Tariff::choose(record, 1000, &terms, |note| notes.push(note.to_string()));
        (tariff.rate(class).map(|rate| rate.to_string()), notes)
    }

    #[test]
    fn batch_prices_unlisted_classes_at_its_own_input_other_tiers_at_the_standard_rate() {
        let record = record(
            r#"{"id":"a/b","mode":"chat","rates":{"input":"10","output":"20","cache_read":"1","cache_write_1h":"30"},
                "service":{"batch":{"input":"5","output":"9","cache_write":"6"},"flex":{"input":"7"}}}"#,
        );
        for (tier, class, expected) in [
            ("batch", Class::CacheRead, "5"),
            ("batch", Class::CacheWrite, "6"),
            ("batch", Class::CacheWrite1h, "5"),
            ("batch", Class::Reasoning, "9"),
            ("flex", Class::CacheRead, "1"),
            ("flex", Class::CacheWrite, "7"),
            ("flex", Class::CacheWrite1h, "30"),
            ("flex", Class::Output, "20"),
            ("standard", Class::Input, "10"),
            ("default", Class::CacheReadAudio, "1"),
        ] {
            assert_eq!(rate(&record, tier, class), (Some(expected.to_owned()), Vec::new()), "{tier} {class:?}");
        }
        assert_eq!(
            rate(&record, "priority", Class::Input),
            (Some("10".to_owned()), vec!["no_priority_price".to_owned()])
        );
        assert_eq!(rate(&record, "flex", Class::Citation).0, None);
    }

    #[test]
    fn a_dated_price_states_base_rates_only() {
        let record = record(
            r#"{"id":"a/b","mode":"chat","rates":{"input":"10"},"service":{"batch":{"input":"5"}},
                "long_context":[{"above":10,"standard":{"input":"99"}}],"history":[{"until":"2000-01-01","rates":{"input":"3"}}]}"#,
        );
        let (found, mut notes) = rate(&record, "batch", Class::Input);
        notes.sort();
        assert_eq!(
            (found.as_deref(), notes),
            (Some("3"), vec!["historic_price".to_owned(), "no_batch_price".to_owned()])
        );
    }

    #[test]
    fn the_last_tier_that_is_exceeded_holds() {
        let record = record(
            r#"{"id":"a/b","mode":"chat","rates":{"input":"1","output":"2"},"long_context":[
                {"above":100,"standard":{"input":"10"}},{"above":1000,"inclusive":true,"standard":{"input":"20"}}]}"#,
        );
        for (total, input) in [(100, "1"), (101, "10"), (999, "10"), (1000, "20")] {
            let tariff = Tariff::choose(&record, total, &Terms::at(Timestamp(0)), |_| ());
            assert_eq!(tariff.rate(Class::Input).map(|rate| rate.to_string()).as_deref(), Some(input), "{total}");
            assert_eq!(tariff.rate(Class::Output), Some(Decimal::TWO), "rates absent there keep the base rate");
        }
    }
}
