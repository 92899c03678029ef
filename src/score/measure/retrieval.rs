//! Measures of a ranked list against graded relevance, as ranx and `trec_eval` compute them.

use std::collections::HashMap;

use super::ngram::{real, share, size};

/// Mean of the precisions at the ranks of useful items; 0 without any. Ragas' context precision, without its 1e-10.
pub(in crate::score) fn average_precision_of(useful: &[bool]) -> f64 {
    let mut hits = 0;
    let mut sum = 0.0;
    for (useful, rank) in useful.iter().zip(1_u64..) {
        if *useful {
            hits += 1;
            sum += share(hits, rank);
        }
    }
    if hits == 0 { 0.0 } else { sum / real(hits) }
}

/// Grades of the items that were judged; 1 and more is relevant.
pub(in crate::score) type Grades = HashMap<String, u64>;

/// The first `k` of a ranked list against its grades. Rank is the place in the list; nothing is broken by name.
pub(in crate::score) struct Ranking<'r> {
    retrieved: &'r [String],
    grades: &'r Grades,
    k: Option<usize>,
}

impl<'r> Ranking<'r> {
    /// Without `k` the whole list counts.
    pub(in crate::score) fn new(retrieved: &'r [String], grades: &'r Grades, k: Option<usize>) -> Ranking<'r> {
        Ranking { retrieved: retrieved.get(..k.unwrap_or(usize::MAX)).unwrap_or(retrieved), grades, k }
    }

    fn grade(&self, item: &str) -> u64 {
        self.grades.get(item).copied().unwrap_or(0)
    }

    /// Relevant items there are.
    pub(in crate::score) fn relevant(&self) -> u64 {
        self.grades.values().map(|grade| u64::from(*grade > 0)).sum()
    }

    fn hits(&self) -> u64 {
        self.retrieved.iter().map(|item| u64::from(self.grade(item) > 0)).sum()
    }

    /// Hits by `k`, also when fewer came back.
    pub(in crate::score) fn precision(&self) -> f64 {
        let asked = self.k.map_or_else(|| size(self.retrieved), |k| u64::try_from(k).unwrap_or(u64::MAX));
        share(self.hits(), asked)
    }

    /// Hits by relevant items.
    pub(in crate::score) fn recall(&self) -> f64 {
        share(self.hits(), self.relevant())
    }

    /// Harmonic mean of precision and recall.
    pub(in crate::score) fn f1(&self) -> f64 {
        let (precision, recall) = (self.precision(), self.recall());
        if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 }
    }

    /// 1 when there is a hit, else 0.
    pub(in crate::score) fn hit_rate(&self) -> f64 {
        f64::from(u8::from(self.hits() > 0))
    }

    /// 1 by the rank of the first hit.
    pub(in crate::score) fn reciprocal_rank(&self) -> f64 {
        let first = (1_u64..).zip(self.retrieved).find(|(_, item)| self.grade(item) > 0);
        first.map_or(0.0, |(rank, _)| 1.0 / real(rank))
    }

    /// Mean of the precisions at the ranks of hits, over all relevant items.
    pub(in crate::score) fn average_precision(&self) -> f64 {
        let (mut hits, mut sum) = (0, 0.0);
        for (rank, item) in (1_u64..).zip(self.retrieved) {
            if self.grade(item) > 0 {
                hits += 1;
                sum += share(hits, rank);
            }
        }
        match self.relevant() {
            0 => 0.0,
            relevant => sum / real(relevant),
        }
    }

    /// Gain discounted by `log2(rank + 1)`, against the best order of all judged items (Järvelin and Kekäläinen 2002).
    /// The gain is the grade, or `2^grade - 1` (Burges et al. 2005).
    pub(in crate::score) fn ndcg(&self, exponential: bool) -> f64 {
        let mut best: Vec<u64> = self.grades.values().copied().filter(|grade| *grade > 0).collect();
        best.sort_unstable_by(|a, b| b.cmp(a));
        best.truncate(self.k.unwrap_or(usize::MAX));
        let ideal = discounted(best.into_iter(), exponential);
        if ideal > 0.0 {
            discounted(self.retrieved.iter().map(|item| self.grade(item)), exponential) / ideal
        } else {
            0.0
        }
    }
}

fn discounted(grades: impl Iterator<Item = u64>, exponential: bool) -> f64 {
    let gain = |grade: u64| if exponential { real(grade).exp2() - 1.0 } else { real(grade) };
    // Not `sum`: that of no numbers is -0.0.
    (1_u64..).zip(grades).fold(0.0, |sum, (rank, grade)| sum + gain(grade) / (real(rank) + 1.0).log2())
}
