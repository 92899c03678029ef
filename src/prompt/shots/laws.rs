//! Properties of similarity and of choosing: what holds for all texts.

use proptest::prelude::*;

use super::bm25::Bm25;
use super::mmr::mmr;
use super::tfidf::TfIdf;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => prop::collection::vec(prop::sample::select(vec!["cat", "dog", "Mat", "the", "é", "os.run", "你好", "!"]), 0..8)
            .prop_map(|words| words.join(" ")),
        1 => "\\PC{0,30}",
    ]
}

/// A measure of words by name, over these texts.
type Near = Box<dyn Fn(&str) -> Vec<f64>>;
type NearOne = Box<dyn Fn(usize) -> Vec<f64>>;

fn measures(texts: &[String]) -> [(&'static str, Near, NearOne); 2] {
    let all = || texts.iter().map(String::as_str);
    let (bm25, tfidf) = (std::rc::Rc::new(Bm25::new(all())), std::rc::Rc::new(TfIdf::new(all())));
    let (bm25_too, tfidf_too) = (std::rc::Rc::clone(&bm25), std::rc::Rc::clone(&tfidf));
    [
        ("bm25", Box::new(move |text: &str| bm25.near(text)), Box::new(move |index| bm25_too.near_one(index))),
        ("tfidf", Box::new(move |text: &str| tfidf.near(text)), Box::new(move |index| tfidf_too.near_one(index))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn similarities_are_numbers_from_0_to_1(texts in prop::collection::vec(text(), 0..9), query in text()) {
        for (name, near, near_one) in measures(&texts) {
            let scores = near(&query);
            prop_assert_eq!(scores.len(), texts.len());
            prop_assert!(scores.iter().all(|score| (0.0..=1.0).contains(score)), "{} {:?}", name, scores);
            for index in 0..texts.len() {
                let others = near_one(index);
                prop_assert!(others.iter().all(|score| (0.0..=1.0).contains(score)), "{} {:?}", name, others);
                for (other, score) in others.iter().enumerate() {
                    prop_assert!((near_one(other)[index] - score).abs() < 1e-12, "{} is not symmetric", name);
                }
            }
        }
    }

    #[test]
    fn the_order_of_the_examples_changes_no_score(
        (texts, shuffled) in prop::collection::vec(text(), 1..9)
            .prop_flat_map(|texts| {
                let order: Vec<usize> = (0..texts.len()).collect();
                (Just(texts), Just(order).prop_shuffle())
            }),
        query in text(),
    ) {
        let moved: Vec<String> = shuffled.iter().map(|index| texts[*index].clone()).collect();
        for ((_, near, _), (_, near_moved, _)) in measures(&texts).into_iter().zip(measures(&moved)) {
            let (scores, scores_moved) = (near(&query), near_moved(&query));
            for (at, index) in shuffled.iter().enumerate() {
                // To the bit: a rank must not depend on rounding.
                prop_assert_eq!(scores[*index].to_bits(), scores_moved[at].to_bits());
            }
        }
    }

    #[test]
    fn a_text_is_nearest_to_itself(texts in prop::collection::vec(text(), 1..9)) {
        for (name, near, _) in measures(&texts) {
            for (index, text) in texts.iter().enumerate() {
                let scores = near(text);
                let own = scores[index];
                prop_assert!(super::words::words(text).is_empty() == (own < 1e-9), "{}", name);
                prop_assert!(scores.iter().all(|score| *score <= own + 1e-9), "{} {:?}", name, scores);
            }
        }
    }

    #[test]
    fn mmr_picks_each_once_and_without_diversity_in_order_of_similarity(
        relevance in prop::collection::vec(-1.0..=1.0_f64, 0..12),
        near in prop::collection::vec(-1.0..=1.0_f64, 12),
        pick in 0..15_usize,
        diversity in 0.0..=1.0_f64,
    ) {
        let mut order: Vec<usize> = (0..relevance.len()).collect();
        order.sort_by(|a, b| relevance[*b].total_cmp(&relevance[*a]));
        let near_one = |index: usize| (0..12).map(|other| near[(index + other) % 12]).collect::<Vec<f64>>();
        let picked = mmr(&relevance, &order, pick, diversity, near_one);
        prop_assert_eq!(picked.len(), pick.min(relevance.len()));
        let mut seen: Vec<usize> = picked.iter().map(|step| step.index).collect();
        prop_assert!(picked.iter().all(|step| step.value.is_finite() && step.redundancy.is_finite()));
        if diversity < 1.0 {
            prop_assert_eq!(seen.first(), order.first().filter(|_| pick > 0));
        }
        seen.sort_unstable();
        seen.dedup();
        prop_assert_eq!(seen.len(), picked.len());
        let plain: Vec<usize> = mmr(&relevance, &order, pick, 0.0, near_one).iter().map(|step| step.index).collect();
        prop_assert_eq!(&plain[..], &order[..pick.min(order.len())]);
    }
}
