//! BM25 (Robertson & Zaragoza 2009, "The Probabilistic Relevance Framework", section 3.3), on a scale from 0 to 1.
//!
//! `score(q, d) = Σ idf(t) · f(t,d) · (k1 + 1) / (f(t,d) + k1 · (1 − b + b · |d| / avgdl))` over the distinct terms `t`
//! of `q`, with `idf(t) = ln(1 + (N − n(t) + 0.5) / (n(t) + 0.5))`, which is never negative; `k1 = 1.2`, `b = 0.75`.
//!
//! The plain score has no upper bound, so thresholds would mean something else for every query. It is divided by what
//! the query would score itself, were it one more text: 1 is "as near as the text itself".

use super::corpus::{Corpus, Counted, Query};

const K1: f64 = 1.2;
const B: f64 = 0.75;

#[derive(Debug)]
pub(super) struct Bm25 {
    corpus: Corpus,
    average: f64,
    /// By term: the texts that have it, with its whole contribution to their scores.
    postings: Vec<Vec<(usize, f64)>>,
    /// By text: what it would score itself.
    own: Vec<f64>,
}

impl Bm25 {
    pub(super) fn new<'t>(texts: impl IntoIterator<Item = &'t str>) -> Bm25 {
        let corpus = Corpus::new(texts);
        let size = corpus.size();
        let total: f64 = corpus.lengths.iter().sum();
        let average = if size > 0.0 { total / size } else { 0.0 };
        let postings = corpus.postings(|text, term, count| {
            let length = corpus.lengths.get(text).copied().unwrap_or(0.0);
            let texts = corpus.in_texts.get(term).copied().unwrap_or(0.0);
            idf(size, texts) * saturation(count, length, average)
        });
        let mut index = Bm25 { corpus, average, postings, own: Vec::new() };
        index.own = (0..index.corpus.bags.len()).map(|text| index.of_itself(&index.corpus.as_query(text))).collect();
        index
    }

    /// The plain score of every text.
    fn scores(&self, query: &Query) -> Vec<f64> {
        let mut scores = vec![0.0; self.corpus.bags.len()];
        for (term, _) in &query.known {
            for (text, weight) in self.postings.get(*term).into_iter().flatten() {
                if let Some(score) = scores.get_mut(*text) {
                    *score += weight;
                }
            }
        }
        scores
    }

    /// What the query would score as a text.
    fn of_itself(&self, query: &Query) -> f64 {
        let size = self.corpus.size();
        let known = query.known.iter().map(|(term, count)| (self.corpus.in_texts.get(*term).copied(), *count));
        let unknown = query.unknown.iter().map(|count| (None, *count));
        known
            .chain(unknown)
            .map(|(texts, count)| idf(size, texts.unwrap_or(0.0)) * saturation(count, query.length, self.average))
            .sum()
    }

    fn similarities(&self, query: &Query) -> Vec<f64> {
        let most = self.of_itself(query);
        let scale = |score: f64| if most > 0.0 { (score / most).min(1.0) } else { 0.0 };
        self.scores(query).into_iter().map(scale).collect()
    }

    /// How near every text is to `text`, 0 to 1.
    pub(super) fn near(&self, text: &str) -> Vec<f64> {
        self.similarities(&self.corpus.query(text))
    }

    /// How near every text is to the text number `index`: the mean of both directions, because one alone is not
    /// symmetric.
    pub(super) fn near_one(&self, index: usize) -> Vec<f64> {
        let there = self.similarities(&self.corpus.as_query(index));
        let mut back = vec![0.0; there.len()];
        for (term, weight) in self.weights_of(index) {
            for (other, _) in self.postings.get(term).into_iter().flatten() {
                if let Some(score) = back.get_mut(*other) {
                    *score += weight;
                }
            }
        }
        let scale = |score: f64, most: f64| if most > 0.0 { (score / most).min(1.0) } else { 0.0 };
        let back = back.into_iter().zip(&self.own).map(|(score, most)| scale(score, *most));
        there.into_iter().zip(back).map(|(there, back)| (there + back) / 2.0).collect()
    }

    /// What each term of a text adds to its score.
    fn weights_of(&self, text: usize) -> Vec<Counted> {
        let length = self.corpus.lengths.get(text).copied().unwrap_or(0.0);
        let size = self.corpus.size();
        let weight = |(term, count): &Counted| {
            let texts = self.corpus.in_texts.get(*term).copied().unwrap_or(0.0);
            (*term, idf(size, texts) * saturation(*count, length, self.average))
        };
        self.corpus.bags.get(text).into_iter().flatten().map(weight).collect()
    }
}

/// `size` texts, `texts` of which have the term.
fn idf(size: f64, texts: f64) -> f64 {
    libm::log(1.0 + (size - texts + 0.5) / (texts + 0.5))
}

fn saturation(count: f64, length: f64, average: f64) -> f64 {
    let relative = if average > 0.0 { length / average } else { 1.0 };
    count * (K1 + 1.0) / (count + K1 * (1.0 - B + B * relative))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [&str; 3] = ["the cat sat on the mat", "the dog", "cats and dogs, a cat"];

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-12, "{a} is not {b}");
    }

    #[test]
    fn scores_are_those_of_the_formula_by_hand() {
        // N = 3; lengths 6, 2, 5; avgdl = 13/3. idf(cat) = idf(the) = ln(1 + 1.5/2.5) = ln 1.6.
        let index = Bm25::new(TEXTS);
        let ln16 = 0.470_003_629_245_735_6;
        let scores = index.scores(&index.corpus.query("cat the"));
        // d1: the twice, cat once, |d|/avgdl = 18/13: K = 1.2·(0.25 + 0.75·18/13) = 1.546153846…
        let k = 1.2 * (0.25 + 0.75 * 18.0 / 13.0);
        close(scores[0], ln16 * (2.0 * 2.2 / (2.0 + k)) + ln16 * (2.2 / (1.0 + k)));
        // d2: the once, |d|/avgdl = 6/13.
        close(scores[1], ln16 * 2.2 / (1.0 + 1.2 * (0.25 + 0.75 * 6.0 / 13.0)));
        // d3: cat once, |d|/avgdl = 15/13; `cats` is another word.
        close(scores[2], ln16 * 2.2 / (1.0 + 1.2 * (0.25 + 0.75 * 15.0 / 13.0)));
        // The same as numbers, so that the formula above is not trusted alone.
        close(scores[0], 0.989_277_386_175_376_7);
    }

    #[test]
    fn a_text_is_as_near_to_itself_as_can_be_and_nothing_shared_is_zero() {
        let index = Bm25::new(TEXTS);
        for (number, text) in TEXTS.iter().enumerate() {
            close(index.near(text)[number], 1.0);
            close(index.near_one(number)[number], 1.0);
        }
        assert_eq!(index.near("zebra"), [0.0, 0.0, 0.0]);
        assert_eq!(index.near(""), [0.0, 0.0, 0.0]);
    }

    #[test]
    fn words_that_no_example_has_make_a_query_less_near() {
        let index = Bm25::new(TEXTS);
        assert!(index.near("the dog")[1] > index.near("the dog barks loudly")[1]);
    }

    #[test]
    fn empty_texts_are_near_to_nothing() {
        let index = Bm25::new(["", "", "!"]);
        assert_eq!(index.near("a"), [0.0; 3]);
        assert_eq!(index.near_one(0), [0.0; 3]);
        assert!(Bm25::new([]).near("a").is_empty());
    }
}
