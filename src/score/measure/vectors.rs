//! The measures against the figures of the reference libraries, `fixtures/vectors/metrics`.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use serde_json::Value;

use super::super::testing::on_text;
use super::bleu::{BleuCounts, Smoothing};
use super::chrf::ChrfCounts;
use super::corpus::CorpusTally;
use super::error_rate::Errors;
use super::retrieval::{Grades, Ranking};
use super::rouge::{Cut, rouge_l, rouge_lsum, rouge_n};
use super::ter::TerCounts;
use super::{edit, meteor, porter, squad, tfidf, tokens};
use crate::record::Segment;

fn rows(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/vectors/metrics").join(file);
    let text = fs::read_to_string(path).expect("vectors");
    text.split('\n').filter(|line| !line.is_empty()).map(|line| serde_json::from_str(line).expect("row")).collect()
}

fn close(row: &Value, name: &str, seen: f64) {
    let wanted = row["expected"][name].as_f64().unwrap_or_else(|| panic!("{}: no {name}", row["id"]));
    let room = 1e-9 * wanted.abs().max(1.0);
    assert!((seen - wanted).abs() <= room, "{} {name}: {seen} instead of {wanted}", row["id"]);
}

fn text<'r>(row: &'r Value, name: &str) -> &'r str {
    row["inputs"][name].as_str().unwrap_or_else(|| panic!("{}: no {name}", row["id"]))
}

fn texts<'r>(row: &'r Value, name: &str) -> Vec<&'r str> {
    row["inputs"][name].as_array().expect("list").iter().map(|text| text.as_str().expect("text")).collect()
}

#[test]
fn stems_are_those_of_nltk() {
    let rows = rows("porter_stem.jsonl");
    assert_eq!(rows.len(), 611);
    for row in rows {
        assert_eq!(porter::stem(text(&row, "word")), row["expected"]["stem"], "{}", row["id"]);
    }
}

#[test]
fn rouge_is_that_of_rouge_score() {
    let rows = rows("rouge.jsonl");
    assert_eq!(rows.len(), 228);
    for row in rows {
        let stemmed = row["params"]["use_stemmer"].as_bool().expect("flag");
        let cut = Cut { unicode: false, stemmed };
        let references = match row["inputs"].get("references") {
            Some(_) => texts(&row, "references"),
            None => vec![text(&row, "reference")],
        };
        let hypothesis = text(&row, "hypothesis");
        let given = cut.tokens(hypothesis);
        for kind in ["rouge1", "rouge2", "rouge3", "rougeL", "rougeLsum"] {
            let score = |reference: &&str| match kind {
                "rougeL" => rouge_l(&cut.tokens(reference), &given),
                "rougeLsum" => rouge_lsum(reference, hypothesis, cut),
                _ => rouge_n(&cut.tokens(reference), &given, kind[5..].parse().expect("order")),
            };
            // Of several references the first with the best F counts.
            let best = references.iter().map(score).reduce(|a, b| if b.f > a.f { b } else { a }).expect("reference");
            for (part, seen) in [("p", best.precision), ("r", best.recall), ("f", best.f)] {
                close(&row, &format!("{kind}_{part}"), seen);
            }
        }
    }
}

#[test]
fn bleu_chrf_and_ter_are_those_of_sacrebleu() {
    let rows = rows("bleu_chrf.jsonl");
    assert_eq!(rows.len(), 129);
    for row in rows {
        if row["params"]["level"] == "corpus" {
            corpus(&row);
            continue;
        }
        let (hypothesis, references) = (text(&row, "hypothesis"), texts(&row, "references"));
        let counts = |cut: fn(&str) -> Vec<String>| {
            let cut_all: Vec<Vec<String>> = references.iter().map(|reference| cut(reference)).collect();
            BleuCounts::of(&cut(hypothesis), &cut_all)
        };
        let usual = counts(tokens::thirteen_a);
        for (name, smoothing, effective) in [
            ("bleu", Smoothing::Exp, true),
            ("bleu_no_effective_order", Smoothing::Exp, false),
            ("bleu_smooth_floor", Smoothing::Floor, true),
            ("bleu_smooth_add_k", Smoothing::AddOne, true),
            ("bleu_smooth_none", Smoothing::None, true),
        ] {
            close(&row, name, 100.0 * usual.score(smoothing, effective));
        }
        close(&row, "bleu_bp", usual.brevity());
        assert_eq!(serde_json::json!(usual.hits), row["expected"]["bleu_counts"], "{}", row["id"]);
        assert_eq!(serde_json::json!(usual.totals), row["expected"]["bleu_totals"], "{}", row["id"]);
        let exp = |counts: BleuCounts| 100.0 * counts.score(Smoothing::Exp, true);
        close(&row, "bleu_lowercase", exp(counts(|text| tokens::thirteen_a(&text.to_lowercase()))));
        close(&row, "bleu_tok_char", exp(counts(tokens::characters)));
        close(&row, "bleu_tok_none", exp(counts(tokens::blank_separated)));
        close(&row, "bleu_tok_intl", exp(counts(tokens::international)));
        close(&row, "chrf", 100.0 * ChrfCounts::of(hypothesis, &references, 0).score());
        close(&row, "chrf_pp", 100.0 * ChrfCounts::of(hypothesis, &references, 2).score());
        let ter = |cut: fn(&str) -> Vec<String>| {
            let cut_all: Vec<Vec<String>> = references.iter().map(|reference| cut(reference)).collect();
            100.0 * TerCounts::of(&cut(hypothesis), &cut_all).rate()
        };
        close(&row, "ter", ter(|text| tokens::blank_separated(&text.to_lowercase())));
        close(&row, "ter_case_sensitive", ter(tokens::blank_separated));
    }
}

/// Through the checks and what they keep, as a run does it.
fn pooled(check: &str, options: &str, hypotheses: &[&str], references: &[Vec<&str>]) -> CorpusTally {
    let mut tally: Option<CorpusTally> = None;
    for (hypothesis, references) in hypotheses.iter().zip(references) {
        let value = serde_json::to_string(references).expect("texts");
        let score = on_text(&format!("{check}: {{value: {value}{options}}}"), hypothesis);
        let kept = score.details.unwrap_or_else(|| panic!("{check} keeps nothing: {}", score.reason)).to_string();
        let segment: Segment = serde_json::from_str(&kept).expect("a segment");
        assert_eq!((segment.corpus.check(), segment.references as usize), (check, references.len()));
        match &mut tally {
            Some(tally) => assert!(tally.add(&segment)),
            None => tally = CorpusTally::of(&segment),
        }
    }
    tally.expect("a segment")
}

fn corpus(row: &Value) {
    let hypotheses = texts(row, "hypotheses");
    // One list per reference set, each as long as the hypotheses.
    let sets: Vec<Vec<&str>> = row["inputs"]["reference_streams"]
        .as_array()
        .expect("list")
        .iter()
        .map(|set| set.as_array().expect("list").iter().map(|text| text.as_str().expect("text")).collect())
        .collect();
    let references: Vec<Vec<&str>> = (0..hypotheses.len()).map(|at| sets.iter().map(|set| set[at]).collect()).collect();
    for (name, check, options) in
        [("bleu", "bleu", ""), ("chrf", "chrf", ""), ("chrf_pp", "chrf", ", words: true"), ("ter", "ter", "")]
    {
        if row["expected"].get(name).is_some() {
            close(row, name, 100.0 * pooled(check, options, &hypotheses, &references).value());
        }
    }
}

#[test]
fn meteor_is_that_of_nltk_without_synonyms() {
    let rows = rows("meteor_nosyn.jsonl");
    assert_eq!(rows.len(), 106);
    for row in rows {
        let tokens = |name| texts(&row, name).iter().map(|text| (*text).to_owned()).collect::<Vec<String>>();
        close(&row, "meteor_nosyn", meteor::meteor(&tokens("reference_tokens"), &tokens("hypothesis_tokens")));
    }
}

#[test]
fn squad_is_that_of_its_script() {
    let rows = rows("squad.jsonl");
    assert_eq!(rows.len(), 140);
    for row in rows {
        let (prediction, golds) = (text(&row, "prediction"), texts(&row, "ground_truths"));
        assert_eq!(squad::normalized(prediction), row["expected"]["normalized_prediction"], "{}", row["id"]);
        let exact = golds.iter().any(|gold| squad::normalized(gold) == squad::normalized(prediction));
        close(&row, "exact_match", f64::from(u8::from(exact)));
        let best = golds.iter().map(|gold| squad::token_f1(prediction, gold).f).fold(0.0, f64::max);
        close(&row, "f1", best);
    }
}

#[test]
fn distances_are_those_of_rapidfuzz() {
    let rows = rows("edit_distance.jsonl");
    assert_eq!(rows.len(), 140);
    for row in rows {
        let (a, b) = (text(&row, "a"), text(&row, "b"));
        for (name, seen) in [
            ("levenshtein", edit::levenshtein_distance(a, b)),
            ("damerau_levenshtein", edit::damerau_distance(a, b)),
            ("osa", edit::osa_distance(a, b)),
        ] {
            assert_eq!(serde_json::json!(seen), row["expected"][name], "{} {name}", row["id"]);
        }
        close(&row, "levenshtein_normalized_similarity", edit::levenshtein_likeness(a, b));
        close(&row, "damerau_levenshtein_normalized_similarity", edit::damerau_likeness(a, b));
        close(&row, "osa_normalized_similarity", edit::osa_likeness(a, b));
        close(&row, "indel_normalized_similarity", edit::indel_likeness(a, b));
        close(&row, "jaro_winkler", edit::jaro_winkler_likeness(a, b));
    }
}

#[test]
fn error_rates_are_those_of_jiwer() {
    let rows = rows("wer_cer.jsonl");
    assert_eq!(rows.len(), 110);
    for row in rows {
        let pairs: Vec<(&str, &str)> = if row["inputs"]["reference"].is_array() {
            texts(&row, "reference").into_iter().zip(texts(&row, "hypothesis")).collect()
        } else {
            vec![(text(&row, "reference"), text(&row, "hypothesis"))]
        };
        let sum = |errors: fn(&str, &str) -> Errors| {
            pairs.iter().map(|(a, b)| errors(a, b)).fold(Errors::default(), Errors::plus)
        };
        close(&row, "wer", sum(Errors::of_words).rate());
        close(&row, "cer", sum(Errors::of_characters).rate());
        let (references, hypotheses): (Vec<Vec<&str>>, Vec<&str>) =
            pairs.iter().map(|(reference, hypothesis)| (vec![*reference], *hypothesis)).unzip();
        for check in ["wer", "cer"] {
            close(&row, check, pooled(check, "", &hypotheses, &references).value());
        }
    }
}

#[test]
fn tfidf_is_that_of_scikit_learn() {
    let rows = rows("tfidf_cosine.jsonl");
    assert_eq!(rows.len(), 106);
    for row in rows {
        let (a, b) = (text(&row, "a"), text(&row, "b"));
        for (name, seen) in [("tfidf_cosine", tfidf::tfidf_cosine(a, b)), ("count_cosine", tfidf::count_cosine(a, b))] {
            match seen {
                Some(seen) => close(&row, name, seen),
                None => assert!(row["expected"][name].is_null(), "{} {name}", row["id"]),
            }
        }
    }
}

#[test]
fn retrieval_is_that_of_ranx() {
    let rows = rows("retrieval.jsonl");
    assert_eq!(rows.len(), 65);
    for row in rows {
        let queries = row["inputs"]
            .get("queries")
            .map_or_else(|| vec![row["inputs"].clone()], |queries| queries.as_array().expect("list").clone());
        let queries: Vec<(Vec<String>, Grades)> = queries
            .iter()
            .map(|query| {
                let retrieved = serde_json::from_value(query["retrieved"].clone()).expect("list");
                (retrieved, serde_json::from_value(query["relevant"].clone()).expect("grades"))
            })
            .collect();
        for (name, _) in row["expected"].as_object().expect("figures") {
            let (metric, k) = match name.split_once('@') {
                Some((metric, k)) => (metric, Some(k.parse().expect("k"))),
                None => (name.as_str(), None),
            };
            let figure = |(retrieved, grades): &(Vec<String>, Grades)| {
                let ranking = Ranking::new(retrieved, grades, k);
                Some(match metric {
                    "precision" => ranking.precision(),
                    "recall" => ranking.recall(),
                    "f1" => ranking.f1(),
                    "hit_rate" => ranking.hit_rate(),
                    "mrr" => ranking.reciprocal_rank(),
                    "map" => ranking.average_precision(),
                    "ndcg" => ranking.ndcg(false),
                    "ndcg_exp" => ranking.ndcg(true),
                    _ => return None,
                })
            };
            let figures: Option<Vec<f64>> = queries.iter().map(figure).collect();
            let Some(figures) = figures else {
                assert_eq!(metric, "r_precision", "{}", row["id"]);
                continue;
            };
            close(&row, name, figures.iter().sum::<f64>() / super::ngram::real(figures.len() as u64));
        }
    }
}

proptest! {
    #[test]
    fn a_text_is_like_itself_and_nothing_leaves_its_range(a in "\\PC{0,60}", b in "[a-d ]{0,40}", c in "[a-d ]{0,40}") {
        let one = |value: f64| (value - 1.0).abs() < 1e-12;
        let unicode = Cut { unicode: true, stemmed: false };
        let words = unicode.tokens(&a);
        if !words.is_empty() {
            prop_assert!(one(rouge_n(&words, &words, 1).f) && one(rouge_l(&words, &words).f));
            prop_assert!(one(BleuCounts::of(&words, std::slice::from_ref(&words)).score(Smoothing::Exp, true)));
            prop_assert!(meteor::meteor(&words, &words) > 0.4);
        }
        for likeness in [
            edit::levenshtein_likeness, edit::damerau_likeness, edit::osa_likeness, edit::indel_likeness,
            edit::jaro_winkler_likeness,
        ] {
            prop_assert!(one(likeness(&a, &a)));
            prop_assert!((likeness(&b, &c) - likeness(&c, &b)).abs() < 1e-12, "{} {}", b, c);
            prop_assert!((0.0..=1.0).contains(&likeness(&a, &c)));
        }
        prop_assert!(one(squad::token_f1(&a, &a).f));
        let given = tokens::blank_separated(&b);
        let wanted = tokens::blank_separated(&c);
        for value in [
            rouge_n(&wanted, &given, 2).f,
            rouge_lsum(&c, &b, unicode).f,
            BleuCounts::of(&given, std::slice::from_ref(&wanted)).score(Smoothing::Exp, true),
            ChrfCounts::of(&b, &[&c], 2).score(),
            meteor::meteor(&wanted, &given),
            squad::token_f1(&b, &c).f,
            tfidf::tfidf_cosine(&b, &c).unwrap_or(0.0),
        ] {
            prop_assert!((0.0..=1.0).contains(&value), "{} {} {}", value, b, c);
        }
        prop_assert!(Errors::of_words(&c, &b).rate() >= 0.0);
        prop_assert!(TerCounts::of(&given, &[wanted]).rate() >= 0.0);
    }
}
