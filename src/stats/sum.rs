//! A sum that hardly depends on the order of its parts.

/// A running sum with what rounding has lost beside it (Neumaier 1974): as if summed with twice the digits.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    /// Adds a number.
    pub fn add(&mut self, value: f64) {
        let sum = self.sum + value;
        self.lost += if self.sum.abs() >= value.abs() { (self.sum - sum) + value } else { (value - sum) + self.sum };
        self.sum = sum;
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: Sum) {
        self.add(other.sum);
        self.add(other.lost);
    }

    /// The sum so far.
    pub fn total(self) -> f64 {
        self.sum + self.lost
    }
}

impl FromIterator<f64> for Sum {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Sum {
        let mut sum = Sum::default();
        values.into_iter().for_each(|value| sum.add(value));
        sum
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_is_lost_to_large_parts() {
        let sum: Sum = [1e100, 1.0, -1e100].into_iter().collect();
        assert!((sum.total() - 1.0).abs() < 1e-12);
        let tenths: Sum = std::iter::repeat_n(0.1, 10).collect();
        assert!((tenths.total() - 1.0).abs() <= 0.0);
    }

    proptest! {
        #[test]
        fn scores_add_up_to_the_last_bit_in_any_order(scores in prop::collection::vec(0.0_f64..=1.0, 0..200), cut in 0_usize..200) {
            let forth: Sum = scores.iter().copied().collect();
            let back: Sum = scores.iter().rev().copied().collect();
            prop_assert_eq!(forth.total().to_bits(), back.total().to_bits());
            let (left, right) = scores.split_at(cut.min(scores.len()));
            let mut parts: Sum = right.iter().copied().collect();
            parts.merge(left.iter().copied().collect());
            prop_assert_eq!(parts.total().to_bits(), forth.total().to_bits());
        }
    }
}
