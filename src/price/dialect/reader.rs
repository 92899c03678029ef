//! Reads counts from a raw usage object, and remembers when they contradict each other.

use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};

use super::raw::RawUsage;

/// A usage object being read.
pub(super) struct Reader<'v> {
    raw: RawUsage<'v>,
    ambiguous: bool,
}

impl<'v> Reader<'v> {
    pub(super) fn of(raw: RawUsage<'v>) -> Reader<'v> {
        Reader { raw, ambiguous: false }
    }

    /// Whether anything contradicted.
    pub(super) fn is_ambiguous(&self) -> bool {
        self.ambiguous
    }

    /// Notes a contradiction.
    pub(super) fn doubt(&mut self) {
        self.ambiguous = true;
    }

    /// The value at `path`, if there is one.
    pub(super) fn at(&self, path: &[&str]) -> Option<RawUsage<'v>> {
        path.iter().try_fold(self.raw, |value, key| value.get(key))
    }

    /// Whether there is anything at `path`, readable or not.
    pub(super) fn is_stated(&self, path: &[&str]) -> bool {
        self.at(path).is_some_and(|value| !value.is_null())
    }

    /// The count at `path`; a negative one is unknown and a contradiction.
    pub(super) fn count(&mut self, path: &[&str]) -> Option<u64> {
        let value = self.at(path)?;
        self.read(value)
    }

    /// Sum of `field` over the items of the list at `path` whose `tag` is `wanted`; `None` without such a list, and when
    /// an item has something else than a count.
    pub(super) fn tagged(&mut self, path: &[&str], tag: &str, wanted: &str, field: &str) -> Option<u64> {
        let items = self.at(path)?.items()?;
        let mut sum: u64 = 0;
        for item in items {
            let matches =
                item.get(tag).and_then(RawUsage::as_str).is_some_and(|word| word.eq_ignore_ascii_case(wanted));
            if let (true, Some(count)) = (matches, item.get(field).filter(|count| !count.is_null())) {
                sum = sum.saturating_add(self.read(count)?);
            }
        }
        Some(sum)
    }

    /// `total` without its parts; more parts than total is zero and a contradiction.
    pub(super) fn rest(&mut self, total: u64, parts: &[Option<u64>]) -> u64 {
        let taken = parts.iter().flatten().fold(0_u64, |sum, part| sum.saturating_add(*part));
        total.checked_sub(taken).unwrap_or_else(|| {
            self.ambiguous = true;
            0
        })
    }

    fn read(&mut self, value: RawUsage<'_>) -> Option<u64> {
        if let Some(count) = value.as_u64() {
            return Some(count);
        }
        // Some servers write counts as `12.0`.
        let decimal = value.as_f64().and_then(Decimal::from_f64)?;
        if decimal.is_sign_negative() && !decimal.is_zero() {
            self.ambiguous = true;
            return None;
        }
        if decimal.fract().is_zero() { decimal.to_u64() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn counts_are_whole_and_not_negative() {
        let raw = json!({"a": 12, "b": 12.0, "c": 12.5, "d": -3, "e": {"f": 7}, "g": "9", "h": null});
        let mut reader = Reader::of((&raw).into());
        for (path, count) in [
            (&["a"][..], Some(12)),
            (&["b"], Some(12)),
            (&["c"], None),
            (&["e", "f"], Some(7)),
            (&["g"], None),
            (&["h"], None),
            (&["x", "y"], None),
        ] {
            assert_eq!(reader.count(path), count, "{path:?}");
        }
        assert!(!reader.is_ambiguous());
        assert_eq!(reader.count(&["d"]), None);
        assert!(reader.is_ambiguous());
    }

    #[test]
    fn one_negative_part_makes_a_sum_unknown() {
        let raw =
            json!({"list": [{"kind": "a", "n": 3}, {"kind": "a", "n": -1}, {"kind": "b", "n": 2}, {"kind": "b"}]});
        let mut reader = Reader::of((&raw).into());
        assert_eq!(reader.tagged(&["list"], "kind", "b", "n"), Some(2));
        assert!(!reader.is_ambiguous());
        assert_eq!(reader.tagged(&["list"], "kind", "a", "n"), None);
        assert!(reader.is_ambiguous());
    }

    #[test]
    fn parts_beyond_the_total_are_a_contradiction() {
        let raw = json!({});
        let mut reader = Reader::of((&raw).into());
        assert_eq!(reader.rest(10, &[Some(4), None, Some(6)]), 0);
        assert!(!reader.is_ambiguous());
        assert_eq!(reader.rest(10, &[Some(4), Some(u64::MAX)]), 0);
        assert!(reader.is_ambiguous());
    }
}
