//! Normalised match and token F1 as the `SQuAD` scripts compute them (Rajpurkar et al. 2016, 2018).

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::ngram::{Figures, overlap, size};

static ARTICLES: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b(a|an|the)\b").ok());

/// Lower case, without ASCII punctuation and the articles a, an and the, white space collapsed.
pub(in crate::score) fn normalized(text: &str) -> String {
    let plain: String = text.to_lowercase().chars().filter(|c| !c.is_ascii_punctuation()).collect();
    let bare = match ARTICLES.as_ref() {
        Some(articles) => articles.replace_all(&plain, " "),
        None => plain.into(),
    };
    bare.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// F1 over the bags of normalised tokens. By the rule of `SQuAD` 2 two texts without tokens are alike (1) and one is not
/// (0).
pub(in crate::score) fn token_f1(prediction: &str, gold: &str) -> Figures {
    let (given, wanted) = (normalized(prediction), normalized(gold));
    let bag = |text: &str| -> (Vec<String>, HashMap<String, u64>) {
        let tokens: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        let mut bag = HashMap::new();
        for token in &tokens {
            *bag.entry(token.clone()).or_insert(0) += 1;
        }
        (tokens, bag)
    };
    let ((given, given_bag), (wanted, wanted_bag)) = (bag(&given), bag(&wanted));
    if given.is_empty() && wanted.is_empty() {
        return Figures { precision: 1.0, recall: 1.0, f: 1.0 };
    }
    Figures::of(overlap(&given_bag, &wanted_bag), size(&given), size(&wanted))
}
