//! The interval of a share.

use serde::Serialize;

use super::normal::two_sided_z;

/// An interval, ends included.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl Interval {
    /// Whether the value lies inside, ends included.
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// Upper end minus lower end.
    pub fn width(&self) -> f64 {
        self.high - self.low
    }
}

/// The two-sided score interval of a share (Wilson 1927): `passed` of `total` at `confidence`, such as 0.95.
///
/// Its lower end is exactly 0 when nothing passed and its upper end exactly 1 when everything did. `None` when `total` is
/// 0 (no trials say nothing), `passed > total`, or `confidence` is not between 0 and 1.
#[expect(clippy::cast_precision_loss, reason = "counts beyond 2^53 lose digits that no interval shows")]
pub fn wilson(passed: u64, total: u64, confidence: f64) -> Option<Interval> {
    if total == 0 || passed > total {
        return None;
    }
    let (share, n) = (passed as f64 / total as f64, total as f64);
    let found = wilson_of_share(share, n, confidence)?;
    // What the share loses by rounding must not show at the ends.
    let low = if passed == 0 { 0.0 } else { found.low };
    Some(Interval { low, high: if passed == total { 1.0 } else { found.high } })
}

/// [`wilson`]'s interval for a share of any number of trials, as for a mean of scores from 0 to 1 or for cases that count
/// less than whole ones. For scores it is on the safe side: of all scores with this mean, 0 and 1 vary most.
///
/// `None` unless 0 ≤ share ≤ 1, n is positive and finite, and 0 < confidence < 1.
pub fn wilson_of_share(share: f64, n: f64, confidence: f64) -> Option<Interval> {
    if !((0.0..=1.0).contains(&share) && n > 0.0 && n.is_finite()) {
        return None;
    }
    let z = two_sided_z(confidence)?;
    let missed = 1.0 - share;
    let scale = 1.0 + z * z / n;
    let half = z * (share * missed / n + z * z / (4.0 * n * n)).sqrt() / scale;
    let centre = (share + z * z / (2.0 * n)) / scale;
    // Both ends from the product of the roots, share² / scale: subtracting from the centre would lose digits near 0.
    let high = if missed > 0.0 { (centre + half).min(1.0) } else { 1.0 };
    let low = if share > 0.0 { (share * share / scale / (centre + half)).clamp(0.0, 1.0) } else { 0.0 };
    Some(Interval { low, high })
}

/// [`wilson`]'s interval with a correction for continuity (Newcombe 1998, method 4): wider, as sure as it says even for few
/// trials. `None` as in [`wilson`].
#[expect(clippy::cast_precision_loss, reason = "counts beyond 2^53 lose digits that no interval shows")]
pub fn wilson_corrected(passed: u64, total: u64, confidence: f64) -> Option<Interval> {
    if total == 0 || passed > total {
        return None;
    }
    let z = two_sided_z(confidence)?;
    let (n, square) = (total as f64, z * z);
    let (share, missed) = (passed as f64 / n, (total - passed) as f64 / n);
    // The upper end for so many passes; the lower one is 1 minus that for the failures.
    let upper = |share: f64, missed: f64| {
        let root = (square + 2.0 - 1.0 / n + 4.0 * share * (n * missed - 1.0)).max(0.0).sqrt();
        ((2.0 * n * share + square + 1.0 + z * root) / (2.0 * (n + square))).min(1.0)
    };
    let low = if passed == 0 { 0.0 } else { 1.0 - upper(missed, share) };
    let high = if passed == total { 1.0 } else { upper(share, missed) };
    Some(Interval { low, high })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::base::vectors::Vectors;
    use crate::stats::clopper_pearson;

    #[test]
    fn all_three_intervals_match_the_vectors() {
        let vectors = Vectors::open("metrics/stats", 72);
        let mut seen = 0;
        for row in vectors.of("kind", "proportion_ci") {
            let (k, n) = (row.count("successes"), row.count("n"));
            #[expect(clippy::cast_precision_loss, reason = "small")]
            let share = k as f64 / n as f64;
            row.close("p_hat", share);
            for confidence in [0.9, 0.95, 0.99] {
                for (name, found) in [
                    ("wilson", wilson(k, n, confidence)),
                    ("wilson_cc", wilson_corrected(k, n, confidence)),
                    ("clopper_pearson", clopper_pearson(k, n, confidence)),
                ] {
                    let found = found.expect("interval");
                    row.close(&format!("{name}_low_{confidence}"), found.low);
                    row.close(&format!("{name}_high_{confidence}"), found.high);
                }
            }
            row.finish();
            seen += 1;
        }
        assert_eq!(seen, 16);
    }

    fn assert_close(found: f64, wanted: f64, what: &str) {
        assert!((found - wanted).abs() <= 1e-9 * wanted.abs() + 1e-15, "{what}: {found} against {wanted}");
    }

    #[test]
    fn intervals_match_the_vectors() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/vectors/stats/wilson.jsonl");
        let text = fs::read_to_string(path).expect("vectors");
        let mut seen = 0;
        for line in text.lines() {
            let vector: Value = serde_json::from_str(line).expect(line);
            let count = |key: &str| vector["inputs"][key].as_u64().expect("count");
            let found = wilson(count("k"), count("n"), vector["params"]["conf"].as_f64().expect("confidence"));
            let id = vector["id"].as_str().expect("id");
            match vector["expected"]["wilson"].as_array() {
                Some(ends) => {
                    let found = found.expect(id);
                    assert_close(found.low, ends[0].as_f64().expect("low"), id);
                    assert_close(found.high, ends[1].as_f64().expect("high"), id);
                }
                None => assert_eq!(found, None, "{id}"),
            }
            seen += 1;
        }
        assert_eq!(seen, 31);
    }

    #[test]
    fn intervals_match_published_values() {
        // Newcombe (1998), Statistics in Medicine 17:857, method 3.
        let published =
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)];
        for (passed, total, low, high) in published {
            let found = wilson(passed, total, 0.95).expect("interval");
            assert!((found.low - low).abs() < 5e-5 && (found.high - high).abs() < 5e-5, "{passed}/{total} {found:?}");
        }
    }

    #[test]
    fn nonsense_has_no_interval() {
        for (passed, total, confidence) in [(0, 0, 0.95), (2, 1, 0.95), (1, 2, 0.0), (1, 2, 1.0), (1, 2, f64::NAN)] {
            assert_eq!(wilson(passed, total, confidence), None);
            assert_eq!(wilson_corrected(passed, total, confidence), None);
        }
    }

    #[test]
    fn shares_of_parts_of_trials_lie_between_their_neighbours() {
        let of = |n: f64| wilson_of_share(0.5, n, 0.95).expect("interval").width();
        assert!(of(3.0) > of(3.2) && of(3.2) > of(4.0));
        assert_eq!(wilson_of_share(0.75, 8.0, 0.95), wilson(6, 8, 0.95));
        for (share, n) in [(-0.1, 5.0), (1.1, 5.0), (f64::NAN, 5.0), (0.5, 0.0), (0.5, f64::INFINITY)] {
            assert_eq!(wilson_of_share(share, n, 0.95), None);
        }
    }

    proptest! {
        #[test]
        fn intervals_contain_the_share_and_mirror(total in 1_u64..100_000, part in 0.0_f64..=1.0, confidence in 0.5_f64..0.999) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "small positive")]
            let passed = ((total as f64) * part) as u64;
            let found = wilson(passed, total, confidence).expect("interval");
            #[expect(clippy::cast_precision_loss, reason = "small")]
            let share = passed as f64 / total as f64;
            prop_assert!(found.contains(share) && found.low >= 0.0 && found.high <= 1.0);
            let other = wilson(total - passed, total, confidence).expect("interval");
            prop_assert!((found.low - (1.0 - other.high)).abs() < 1e-12);
            let corrected = wilson_corrected(passed, total, confidence).expect("interval");
            prop_assert!(corrected.low <= found.low + 1e-12 && corrected.high >= found.high - 1e-12);
            prop_assert!(corrected.low >= 0.0 && corrected.high <= 1.0);
            let surer = wilson(passed, total, confidence + 0.0009).expect("interval");
            prop_assert!(surer.width() > found.width());
            // The ends solve (p − share)² = z² p (1 − p) / n, which defines the interval.
            let z = two_sided_z(confidence).expect("z");
            #[expect(clippy::cast_precision_loss, reason = "small")]
            let n = total as f64;
            for end in [found.low, found.high] {
                let (left, right) = ((end - share).powi(2), z * z * end * (1.0 - end) / n);
                prop_assert!((left - right).abs() <= 1e-9 * left.max(right) + 1e-15, "{end} {left} {right}");
            }
        }
    }
}
