//! BLEU (Papineni et al. 2002) as sacreBLEU computes it.

use std::collections::HashMap;

use super::ngram::{counts, real, share, size};

/// Longest n-grams.
pub(in crate::score) const ORDER: usize = 4;

/// What stands in for a precision of zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::score) enum Smoothing {
    /// Halved with every order that matched nothing.
    Exp,
    /// A tenth of a match.
    Floor,
    /// One more match and one more n-gram above the first order.
    AddOne,
    /// Nothing: the score is 0.
    None,
}

impl Smoothing {
    /// Its word in the signatures of sacreBLEU, with each way to smooth.
    pub(in crate::score) const ALL: &[(Smoothing, &str)] = &[
        (Smoothing::Exp, "exp"),
        (Smoothing::Floor, "floor[0.10]"),
        (Smoothing::AddOne, "add-k[1.00]"),
        (Smoothing::None, "none"),
    ];

    /// Its word in a signature.
    pub(in crate::score) fn signature(self) -> &'static str {
        Smoothing::ALL.iter().find(|(smoothing, _)| *smoothing == self).map_or("", |(_, word)| word)
    }

    /// The way to smooth that a signature names.
    pub(in crate::score) fn of_signature(signature: &str) -> Option<Smoothing> {
        let word = signature.split('|').find_map(|part| part.strip_prefix("smooth:"))?;
        Smoothing::ALL.iter().find(|(_, known)| *known == word).map(|(smoothing, _)| *smoothing)
    }
}

/// Counts of matches, which add up over the segments of a corpus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::score) struct BleuCounts {
    pub(in crate::score) hits: [u64; ORDER],
    pub(in crate::score) totals: [u64; ORDER],
    pub(in crate::score) given: u64,
    pub(in crate::score) wanted: u64,
}

impl BleuCounts {
    /// Of one segment. The reference length is that nearest to the hypothesis, the shorter one of two as near.
    pub(in crate::score) fn of(hypothesis: &[String], references: &[Vec<String>]) -> BleuCounts {
        let mut found = BleuCounts { given: size(hypothesis), ..BleuCounts::default() };
        found.wanted = references
            .iter()
            .map(|reference| size(reference))
            .min_by_key(|length| (length.abs_diff(found.given), *length))
            .unwrap_or(0);
        for (order, (hits, total)) in found.hits.iter_mut().zip(&mut found.totals).enumerate() {
            let given = counts(hypothesis, order + 1);
            let mut most: HashMap<&[String], u64> = HashMap::new();
            for reference in references {
                for (run, count) in counts(reference, order + 1) {
                    let known = most.entry(run).or_insert(0);
                    *known = count.max(*known);
                }
            }
            *total = given.values().sum();
            *hits = super::ngram::overlap(&given, &most);
        }
        found
    }

    /// Hits and n-grams of the output by order, then both lengths.
    pub(in crate::score) fn numbers(&self) -> Vec<u64> {
        self.hits.into_iter().chain(self.totals).chain([self.given, self.wanted]).collect()
    }

    /// From what [`BleuCounts::numbers`] gives; `None` for anything else.
    pub(in crate::score) fn of_numbers(numbers: &[u64]) -> Option<BleuCounts> {
        let (hits, rest) = numbers.split_first_chunk::<ORDER>()?;
        let (totals, rest) = rest.split_first_chunk::<ORDER>()?;
        let [given, wanted] = rest.try_into().ok()?;
        Some(BleuCounts { hits: *hits, totals: *totals, given, wanted })
    }

    /// The counts of two texts, or corpora, together.
    pub(in crate::score) fn plus(mut self, other: BleuCounts) -> BleuCounts {
        for at in 0..ORDER {
            if let (Some(hits), Some(total)) = (self.hits.get_mut(at), self.totals.get_mut(at)) {
                *hits = hits.saturating_add(other.hits.get(at).copied().unwrap_or(0));
                *total = total.saturating_add(other.totals.get(at).copied().unwrap_or(0));
            }
        }
        self.given = self.given.saturating_add(other.given);
        self.wanted = self.wanted.saturating_add(other.wanted);
        self
    }

    /// The score, 0 to 1. `effective_order` leaves out orders that the hypothesis is too short for, as is right for
    /// single sentences; without it such a text scores 0.
    pub(in crate::score) fn score(&self, smoothing: Smoothing, effective_order: bool) -> f64 {
        if self.hits.iter().all(|hits| *hits == 0) {
            return 0.0;
        }
        let mut halving = 1.0;
        let mut precisions = Vec::with_capacity(ORDER);
        for (order, (hits, total)) in self.hits.iter().zip(&self.totals).enumerate() {
            let (mut hits, mut total) = (*hits, *total);
            if smoothing == Smoothing::AddOne && order > 0 {
                (hits, total) = (hits + 1, total + 1);
            }
            if total == 0 {
                break;
            }
            precisions.push(match smoothing {
                _ if hits > 0 => share(hits, total),
                Smoothing::Exp => {
                    halving *= 2.0;
                    1.0 / (halving * real(total))
                }
                Smoothing::Floor => 0.1 / real(total),
                Smoothing::AddOne | Smoothing::None => 0.0,
            });
        }
        let reached = if effective_order { precisions.len() } else { ORDER };
        if precisions.len() < reached || precisions.contains(&0.0) {
            return 0.0;
        }
        let mean = precisions.iter().map(|precision| precision.ln()).sum::<f64>() / real(reached as u64);
        (self.brevity() * mean.exp()).min(1.0)
    }

    /// The penalty for texts shorter than their reference.
    pub(in crate::score) fn brevity(&self) -> f64 {
        if self.given >= self.wanted {
            1.0
        } else if self.given == 0 {
            0.0
        } else {
            (1.0 - real(self.wanted) / real(self.given)).exp()
        }
    }
}
