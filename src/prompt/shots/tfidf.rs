//! Cosine of TF-IDF vectors.
//!
//! The weight of a term is `tf · (ln((1 + n) / (1 + df)) + 1)` with its plain count `tf`, the number of examples `n` and
//! of those that have it `df`; vectors are scaled to length 1. The corpus is the examples. Words of the query that no
//! example has count in its length (`df = 0`), so that a query of mostly foreign words is near to nothing.

use super::corpus::{Corpus, Counted, Query};

#[derive(Debug)]
pub(super) struct TfIdf {
    corpus: Corpus,
    weights: Vec<f64>,
    /// By text: its vector of length 1, by term.
    units: Vec<Vec<Counted>>,
    postings: Vec<Vec<(usize, f64)>>,
}

impl TfIdf {
    pub(super) fn new<'t>(texts: impl IntoIterator<Item = &'t str>) -> TfIdf {
        let corpus = Corpus::new(texts);
        let size = corpus.size();
        let weights: Vec<f64> = corpus.in_texts.iter().map(|texts| idf(size, *texts)).collect();
        let units: Vec<Vec<Counted>> = corpus.bags.iter().map(|bag| unit(bag, &weights, &[], size)).collect();
        let mut postings = vec![Vec::new(); weights.len()];
        for (text, unit) in units.iter().enumerate() {
            for (term, weight) in unit {
                if let Some(list) = postings.get_mut(*term) {
                    list.push((text, *weight));
                }
            }
        }
        TfIdf { corpus, weights, units, postings }
    }

    /// The cosine of every text with `text`, 0 to 1.
    pub(super) fn near(&self, text: &str) -> Vec<f64> {
        let Query { known, unknown, .. } = self.corpus.query(text);
        let asked = unit(&known, &self.weights, &unknown, self.corpus.size());
        self.cosines(&asked)
    }

    /// The cosine of every text with the text number `index`.
    pub(super) fn near_one(&self, index: usize) -> Vec<f64> {
        self.cosines(self.units.get(index).map(Vec::as_slice).unwrap_or_default())
    }

    fn cosines(&self, asked: &[Counted]) -> Vec<f64> {
        let mut cosines = vec![0.0_f64; self.units.len()];
        for (term, wanted) in asked {
            for (text, weight) in self.postings.get(*term).into_iter().flatten() {
                if let Some(cosine) = cosines.get_mut(*text) {
                    *cosine += wanted * weight;
                }
            }
        }
        cosines.into_iter().map(|cosine| cosine.min(1.0)).collect()
    }
}

fn idf(size: f64, texts: f64) -> f64 {
    libm::log((1.0 + size) / (1.0 + texts)) + 1.0
}

/// The weighted vector of length 1 of what is known, in the length of which the unknown counts.
fn unit(known: &[Counted], weights: &[f64], unknown: &[f64], size: f64) -> Vec<Counted> {
    let weighted: Vec<Counted> =
        known.iter().map(|(term, count)| (*term, count * weights.get(*term).copied().unwrap_or(0.0))).collect();
    let foreign = unknown.iter().map(|count| count * idf(size, 0.0));
    let length = weighted.iter().map(|(_, weight)| *weight).chain(foreign).map(|weight| weight * weight).sum::<f64>();
    let length = length.sqrt();
    if length > 0.0 { weighted.into_iter().map(|(term, weight)| (term, weight / length)).collect() } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-12, "{a} is not {b}");
    }

    #[test]
    fn cosines_are_those_of_the_formula_by_hand() {
        // n = 2. df(cat) = 2: weight ln(3/3) + 1 = 1. df(sat) = df(ran) = 1: ln(3/2) + 1.
        let index = TfIdf::new(["cat sat", "cat ran ran"]);
        let w = 1.405_465_108_108_164_4_f64;
        let one = (1.0 + w * w).sqrt();
        let two = (1.0 + 4.0 * w * w).sqrt();
        close(index.near("cat")[0], 1.0 / one);
        close(index.near("cat")[1], 1.0 / two);
        close(index.near("cat ran")[1], (1.0 + 2.0 * w * w) / (one * two));
        close(index.near_one(0)[1], 1.0 / (one * two));
        // A foreign word has df = 0: ln 3 + 1.
        let foreign = 2.098_612_288_668_11_f64;
        close(index.near("cat zebra")[0], 1.0 / ((1.0 + foreign * foreign).sqrt() * one));
    }

    #[test]
    fn a_text_has_cosine_one_with_itself_and_empty_ones_zero_with_all() {
        let index = TfIdf::new(["a b c", "", "c d"]);
        close(index.near("c b a")[0], 1.0);
        close(index.near_one(2)[2], 1.0);
        assert_eq!(index.near_one(1), [0.0; 3]);
        assert_eq!(index.near(""), [0.0; 3]);
        assert!(TfIdf::new([]).near("a").is_empty());
    }
}
