//! Texts as bags of words: which terms there are, how often, and where.

use std::collections::{BTreeMap, HashMap};

use super::words::words;

/// A term's number, and how often it occurs.
pub(super) type Counted = (usize, f64);

/// Texts, counted. Terms are numbered in the order of the alphabet, so that sums over them do not depend on the order
/// of the texts.
#[derive(Debug)]
pub(super) struct Corpus {
    terms: HashMap<String, usize>,
    /// One bag per text, by term.
    pub(super) bags: Vec<Vec<Counted>>,
    /// Number of words of each text.
    pub(super) lengths: Vec<f64>,
    /// In how many texts each term occurs.
    pub(super) in_texts: Vec<f64>,
}

/// A text that is compared with a corpus.
#[derive(Debug)]
pub(super) struct Query {
    /// Terms of the corpus, by number.
    pub(super) known: Vec<Counted>,
    /// How often each term occurs that the corpus does not have, in the order of the alphabet.
    pub(super) unknown: Vec<f64>,
    /// Number of words.
    pub(super) length: f64,
}

impl Corpus {
    pub(super) fn new<'t>(texts: impl IntoIterator<Item = &'t str>) -> Corpus {
        let counted: Vec<BTreeMap<String, u32>> = texts.into_iter().map(count).collect();
        let mut names: Vec<&String> = counted.iter().flat_map(BTreeMap::keys).collect();
        names.sort_unstable();
        names.dedup();
        let terms: HashMap<String, usize> =
            names.into_iter().enumerate().map(|(number, name)| (name.clone(), number)).collect();
        let mut in_texts = vec![0.0; terms.len()];
        let mut bags = Vec::with_capacity(counted.len());
        for bag in &counted {
            let known: Vec<Counted> =
                bag.iter().filter_map(|(name, count)| Some((*terms.get(name)?, f64::from(*count)))).collect();
            for (term, _) in &known {
                if let Some(texts) = in_texts.get_mut(*term) {
                    *texts += 1.0;
                }
            }
            bags.push(known);
        }
        let lengths = counted.iter().map(length).collect();
        Corpus { terms, bags, lengths, in_texts }
    }

    /// Number of texts.
    pub(super) fn size(&self) -> f64 {
        self.bags.iter().map(|_| 1.0).sum()
    }

    pub(super) fn query(&self, text: &str) -> Query {
        let counted = count(text);
        let mut query = Query { known: Vec::new(), unknown: Vec::new(), length: length(&counted) };
        for (name, count) in &counted {
            match self.terms.get(name) {
                Some(term) => query.known.push((*term, f64::from(*count))),
                None => query.unknown.push(f64::from(*count)),
            }
        }
        query
    }

    /// The text number `index` as if it were asked for.
    pub(super) fn as_query(&self, index: usize) -> Query {
        Query {
            known: self.bags.get(index).cloned().unwrap_or_default(),
            unknown: Vec::new(),
            length: self.lengths.get(index).copied().unwrap_or(0.0),
        }
    }

    /// For each term, the texts that have it, with `weight` of text, term and count.
    pub(super) fn postings(&self, weight: impl Fn(usize, usize, f64) -> f64) -> Vec<Vec<(usize, f64)>> {
        let mut postings = vec![Vec::new(); self.in_texts.len()];
        for (text, bag) in self.bags.iter().enumerate() {
            for (term, count) in bag {
                if let Some(list) = postings.get_mut(*term) {
                    list.push((text, weight(text, *term, *count)));
                }
            }
        }
        postings
    }
}

fn count(text: &str) -> BTreeMap<String, u32> {
    let mut counted = BTreeMap::new();
    for word in words(text) {
        *counted.entry(word).or_insert(0) += 1;
    }
    counted
}

fn length(counted: &BTreeMap<String, u32>) -> f64 {
    counted.values().copied().map(f64::from).sum()
}
