//! Mean and variance in one pass.

use super::sum::Sum;

/// Count, mean and variance of a stream of numbers, without losing digits to large offsets (Welford 1962; merged after
/// Chan, Golub and `LeVeque` 1983). The mean is also summed with compensation, so that order hardly matters.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Moments {
    count: u64,
    mean: f64,
    /// Sum of squared distances from the mean.
    spread: f64,
    sum: Sum,
}

impl Moments {
    /// Nothing yet.
    pub fn new() -> Moments {
        Moments::default()
    }

    /// Adds a value. Values that are not finite are refused: `false`.
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub fn add(&mut self, value: f64) -> bool {
        if !value.is_finite() {
            return false;
        }
        self.count += 1;
        let gap = value - self.mean;
        self.mean += gap / self.count as f64;
        self.spread += gap * (value - self.mean);
        self.sum.add(value);
        true
    }

    /// Adds all values of another stream.
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub fn merge(&mut self, other: &Moments) {
        if other.count == 0 {
            return;
        }
        let (mine, theirs) = (self.count as f64, other.count as f64);
        let gap = other.mean - self.mean;
        self.count += other.count;
        self.mean += gap * theirs / (mine + theirs);
        self.spread += other.spread + gap * gap * mine * theirs / (mine + theirs);
        self.sum.merge(other.sum);
    }

    /// Number of values.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Sum of the values.
    pub fn sum(&self) -> f64 {
        self.sum.total()
    }

    /// Their mean; `None` without values.
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum() / self.count as f64)
    }

    /// Unbiased sample variance; `None` with fewer than two values.
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub fn variance(&self) -> Option<f64> {
        (self.count > 1).then(|| self.spread / (self.count - 1) as f64)
    }

    /// Sample standard deviation; `None` with fewer than two values.
    pub fn deviation(&self) -> Option<f64> {
        self.variance().map(f64::sqrt)
    }
}

impl FromIterator<f64> for Moments {
    /// Values that are not finite are left out.
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Moments {
        let mut moments = Moments::new();
        for value in values {
            moments.add(value);
        }
        moments
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn few_values_say_little() {
        let mut moments = Moments::new();
        assert_eq!((moments.count(), moments.mean(), moments.variance()), (0, None, None));
        assert!(!moments.add(f64::NAN) && !moments.add(f64::INFINITY));
        assert!(moments.add(5.0));
        assert_eq!((moments.count(), moments.mean(), moments.deviation()), (1, Some(5.0), None));
    }

    #[test]
    fn digits_survive_a_large_offset() {
        let moments: Moments = [1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0].into_iter().collect();
        assert_eq!((moments.mean(), moments.variance()), (Some(1e9 + 10.0), Some(30.0)));
        let cents: Moments = std::iter::repeat_n(0.1, 1_000_000).collect();
        assert_eq!(cents.mean(), Some(0.1));
        let cancelling: Moments = [1e100, 1.0, -1e100].into_iter().collect();
        assert!((cancelling.sum() - 1.0).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn one_pass_equals_two_passes_and_parts_equal_the_whole(values in prop::collection::vec(-1e6_f64..1e6, 2..80), cut in 0_usize..80) {
            let whole: Moments = values.iter().copied().collect();
            let n = f64::from(u32::try_from(values.len()).expect("small"));
            let mean = values.iter().sum::<f64>() / n;
            let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
            prop_assert!((whole.mean().expect("mean") - mean).abs() < 1e-6);
            prop_assert!((whole.variance().expect("variance") - variance).abs() <= 1e-9 * variance);
            let (left, right) = values.split_at(cut.min(values.len()));
            let mut parts: Moments = left.iter().copied().collect();
            parts.merge(&right.iter().copied().collect());
            prop_assert_eq!(parts.count(), whole.count());
            prop_assert!((parts.mean().expect("mean") - mean).abs() < 1e-6);
            prop_assert!((parts.variance().expect("variance") - variance).abs() <= 1e-8 * variance + 1e-9);
        }
    }
}
