//! The measures against the figures of the reference libraries, `fixtures/vectors/metrics`.

use proptest::prelude::*;

use super::super::testing::on_text;
use super::bleu::{BleuCounts, Smoothing};
use super::chrf::ChrfCounts;
use super::corpus::CorpusTally;
use super::error_rate::Errors;
use super::retrieval::{Grades, Ranking};
use super::rouge::{Cut, rouge_l, rouge_lsum, rouge_n};
use super::ter::TerCounts;
use super::{edit, meteor, porter, squad, tfidf, tokens};
use crate::base::vectors::{Row, Vectors};
use crate::record::Segment;

#[test]
fn stems_are_those_of_nltk() {
    let vectors = Vectors::open("metrics/porter_stem", 611);
    for row in vectors.rows() {
        row.same("stem", porter::stem(row.text("word")));
    }
    vectors.finish(&[]);
}

#[test]
fn rouge_is_that_of_rouge_score() {
    let vectors = Vectors::open("metrics/rouge", 228);
    for row in vectors.rows() {
        let stemmed = row.param("use_stemmer").as_bool().expect("flag");
        let cut = Cut { unicode: false, stemmed };
        let references = match row.has_input("references") {
            true => row.texts("references"),
            false => vec![row.text("reference")],
        };
        let hypothesis = row.text("hypothesis");
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
                row.close(&format!("{kind}_{part}"), seen);
            }
        }
    }
    vectors.finish(&[]);
}

#[test]
fn bleu_chrf_and_ter_are_those_of_sacrebleu() {
    let vectors = Vectors::open("metrics/bleu_chrf", 129);
    for row in vectors.rows() {
        if *row.param("level") == "corpus" {
            corpus(row);
            continue;
        }
        let (hypothesis, references) = (row.text("hypothesis"), row.texts("references"));
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
            row.close(name, 100.0 * usual.score(smoothing, effective));
        }
        compare_counts(row, &usual);
        let exp = |counts: BleuCounts| 100.0 * counts.score(Smoothing::Exp, true);
        row.close("bleu_lowercase", exp(counts(|text| tokens::thirteen_a(&text.to_lowercase()))));
        row.close("bleu_tok_char", exp(counts(tokens::characters)));
        row.close("bleu_tok_none", exp(counts(tokens::blank_separated)));
        row.close("bleu_tok_intl", exp(counts(tokens::international)));
        row.close("chrf", 100.0 * ChrfCounts::of(hypothesis, &references, 0).score());
        row.close("chrf_pp", 100.0 * ChrfCounts::of(hypothesis, &references, 2).score());
        let ter = |cut: fn(&str) -> Vec<String>| {
            let cut_all: Vec<Vec<String>> = references.iter().map(|reference| cut(reference)).collect();
            100.0 * TerCounts::of(&cut(hypothesis), &cut_all).rate()
        };
        row.close("ter", ter(|text| tokens::blank_separated(&text.to_lowercase())));
        row.close("ter_case_sensitive", ter(tokens::blank_separated));
        let lower: Vec<String> = references.iter().map(|reference| reference.to_lowercase()).collect();
        let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
        row.close("chrf_lowercase", 100.0 * ChrfCounts::of(&hypothesis.to_lowercase(), &lower, 0).score());
    }
    vectors.finish(&[
        // Effective order and smoothing change them; the counts they come from are compared.
        ("bleu_precisions", "a step on the way, shown by no check"),
        ("chrf_eps", "a smoothing that no check offers"),
        ("chrf_whitespace", "white space counts in no check"),
        ("ter_normalized_no_punct", "a way to cut that no check offers"),
    ]);
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

fn compare_counts(row: &Row, counts: &BleuCounts) {
    row.same("bleu_counts", serde_json::json!(counts.hits));
    row.same("bleu_totals", serde_json::json!(counts.totals));
    row.same("bleu_sys_len", counts.given);
    row.same("bleu_ref_len", counts.wanted);
    row.close("bleu_bp", counts.brevity());
}

fn corpus(row: &Row) {
    let hypotheses = row.texts("hypotheses");
    // One list per reference set, each as long as the hypotheses.
    let sets: Vec<Vec<&str>> = row
        .input("reference_streams")
        .as_array()
        .expect("list")
        .iter()
        .map(|set| set.as_array().expect("list").iter().map(|text| text.as_str().expect("text")).collect())
        .collect();
    let (mut lower, mut bleu, mut chrf, mut chrf_pp, mut ter) = (
        BleuCounts::default(),
        BleuCounts::default(),
        ChrfCounts::default(),
        ChrfCounts::default(),
        TerCounts::default(),
    );
    for (at, hypothesis) in hypotheses.iter().enumerate() {
        let references: Vec<&str> = sets.iter().map(|set| set[at]).collect();
        let cut = |cut: fn(&str) -> Vec<String>| -> (Vec<String>, Vec<Vec<String>>) {
            (cut(hypothesis), references.iter().map(|reference| cut(reference)).collect())
        };
        let (given, wanted) = cut(tokens::thirteen_a);
        bleu = bleu.plus(BleuCounts::of(&given, &wanted));
        let (given, wanted) = cut(|text| tokens::thirteen_a(&text.to_lowercase()));
        lower = lower.plus(BleuCounts::of(&given, &wanted));
        chrf = chrf.plus(&ChrfCounts::of(hypothesis, &references, 0));
        chrf_pp = chrf_pp.plus(&ChrfCounts::of(hypothesis, &references, 2));
        let (given, wanted) = cut(|text| tokens::blank_separated(&text.to_lowercase()));
        ter = ter.plus(TerCounts::of(&given, &wanted));
    }
    row.close("bleu", 100.0 * bleu.score(Smoothing::Exp, false));
    row.close("bleu_smooth_none", 100.0 * bleu.score(Smoothing::None, false));
    row.close("bleu_lowercase", 100.0 * lower.score(Smoothing::Exp, false));
    compare_counts(row, &bleu);
    let references: Vec<Vec<&str>> = (0..hypotheses.len()).map(|at| sets.iter().map(|set| set[at]).collect()).collect();
    for (name, seen, check, options) in [
        ("bleu", bleu.score(Smoothing::Exp, false), "bleu", ""),
        ("chrf", chrf.score(), "chrf", ""),
        ("chrf_pp", chrf_pp.score(), "chrf", ", words: true"),
        ("ter", ter.rate(), "ter", ""),
    ] {
        if row.expects(name) {
            row.close(name, 100.0 * seen);
            row.close(name, 100.0 * pooled(check, options, &hypotheses, &references).value());
        }
    }
}

#[test]
fn meteor_is_that_of_nltk_without_synonyms() {
    let vectors = Vectors::open("metrics/meteor_nosyn", 106);
    for row in vectors.rows() {
        let tokens = |name| row.texts(name).iter().map(|text| (*text).to_owned()).collect::<Vec<String>>();
        row.close("meteor_nosyn", meteor::meteor(&tokens("reference_tokens"), &tokens("hypothesis_tokens")));
    }
    vectors.finish(&[]);
}

#[test]
fn squad_is_that_of_its_script() {
    let vectors = Vectors::open("metrics/squad", 140);
    for row in vectors.rows() {
        let (prediction, golds) = (row.text("prediction"), row.texts("ground_truths"));
        row.same("normalized_prediction", squad::normalized(prediction));
        row.same("normalized_golds", golds.iter().map(|gold| squad::normalized(gold)).collect::<Vec<_>>());
        row.close("exact_match_raw", f64::from(u8::from(golds.contains(&prediction))));
        let exact = golds.iter().any(|gold| squad::normalized(gold) == squad::normalized(prediction));
        row.close("exact_match", f64::from(u8::from(exact)));
        let best = golds.iter().map(|gold| squad::token_f1(prediction, gold).f).fold(0.0, f64::max);
        row.close("f1", best);
    }
    vectors.finish(&[(
        "f1_squad_v1",
        "the rule of SQuAD 1.1 for two answers without words; the check has that of SQuAD 2",
    )]);
}

#[test]
fn distances_are_those_of_rapidfuzz() {
    let vectors = Vectors::open("metrics/edit_distance", 140);
    for row in vectors.rows() {
        let (a, b) = (row.text("a"), row.text("b"));
        for (name, seen) in [
            ("levenshtein", edit::levenshtein_distance(a, b)),
            ("damerau_levenshtein", edit::damerau_distance(a, b)),
            ("osa", edit::osa_distance(a, b)),
        ] {
            row.same(name, seen);
        }
        row.close("levenshtein_normalized_similarity", edit::levenshtein_likeness(a, b));
        row.close("damerau_levenshtein_normalized_similarity", edit::damerau_likeness(a, b));
        row.close("osa_normalized_similarity", edit::osa_likeness(a, b));
        row.close("indel_normalized_similarity", edit::indel_likeness(a, b));
        row.close("jaro_winkler", edit::jaro_winkler_likeness(a, b));
        row.close("levenshtein_normalized_distance", 1.0 - edit::levenshtein_likeness(a, b));
        // The same figure on other scales.
        let (indel, both) = (edit::indel_likeness(a, b), (a.chars().count() + b.chars().count()) as u64);
        row.close("fuzz_ratio", 100.0 * indel);
        row.close("indel", (1.0 - indel) * super::ngram::real(both));
        row.close("lcs_seq", indel * super::ngram::real(both) / 2.0);
    }
    vectors.finish(&[
        ("hamming_padded", "no check offers it: a letter that is missing would count as many"),
        ("jaro", "no check offers it; Jaro-Winkler's is made of it"),
        ("common_prefix", "a step on the way to Jaro-Winkler's"),
        ("common_suffix", "shown by no check"),
    ]);
}

#[test]
fn error_rates_are_those_of_jiwer() {
    let vectors = Vectors::open("metrics/wer_cer", 110);
    for row in vectors.rows() {
        let pairs: Vec<(&str, &str)> = if row.input("reference").is_array() {
            row.texts("reference").into_iter().zip(row.texts("hypothesis")).collect()
        } else {
            vec![(row.text("reference"), row.text("hypothesis"))]
        };
        let sum = |errors: fn(&str, &str) -> Errors| {
            pairs.iter().map(|(a, b)| errors(a, b)).fold(Errors::default(), Errors::plus)
        };
        let (references, hypotheses): (Vec<Vec<&str>>, Vec<&str>) =
            pairs.iter().map(|(reference, hypothesis)| (vec![*reference], *hypothesis)).unzip();
        let (words, characters) = (sum(Errors::of_words), sum(Errors::of_characters));
        for (rate, edits, wanted, found) in
            [("wer", "word_edits", "ref_words", words), ("cer", "char_edits", "ref_chars", characters)]
        {
            row.close(rate, found.rate());
            row.close(rate, pooled(rate, "", &hypotheses, &references).value());
            row.same(edits, found.edits);
            row.same(wanted, found.wanted);
        }
    }
    let alignment = "hangs on which of several best alignments is taken; the rates do not";
    vectors.finish(&[
        ("hyp_words", "a length, shown by no check"),
        ("hits", alignment),
        ("substitutions", alignment),
        ("deletions", alignment),
        ("insertions", alignment),
        ("mer", alignment),
        ("wil", alignment),
        ("wip", alignment),
    ]);
}

#[test]
fn tfidf_is_that_of_scikit_learn() {
    let vectors = Vectors::open("metrics/tfidf_cosine", 106);
    for row in vectors.rows() {
        let (a, b) = (row.text("a"), row.text("b"));
        for (name, seen) in [("tfidf_cosine", tfidf::tfidf_cosine(a, b)), ("count_cosine", tfidf::count_cosine(a, b))] {
            row.close(name, seen);
        }
    }
    vectors.finish(&[("tfidf_cosine_char3", "n-grams of characters are what chrF compares")]);
}

#[test]
fn retrieval_is_that_of_ranx() {
    let vectors = Vectors::open("metrics/retrieval", 65);
    for row in vectors.rows() {
        let queries = match row.has_input("queries") {
            true => row.input("queries").as_array().expect("list").clone(),
            false => vec![serde_json::json!({"retrieved": row.input("retrieved"), "relevant": row.input("relevant")})],
        };
        let queries: Vec<(Vec<String>, Grades)> = queries
            .iter()
            .map(|query| {
                let retrieved = serde_json::from_value(query["retrieved"].clone()).expect("list");
                (retrieved, serde_json::from_value(query["relevant"].clone()).expect("grades"))
            })
            .collect();
        for name in row.figures() {
            let (metric, k) = match name.split_once('@') {
                Some((metric, k)) => (metric, Some(k.parse().expect("k"))),
                None => (name, None),
            };
            let figure = |(retrieved, grades): &(Vec<String>, Grades)| {
                let ranking = Ranking::new(retrieved, grades, k);
                match metric {
                    "precision" => ranking.precision(),
                    "recall" => ranking.recall(),
                    "f1" => ranking.f1(),
                    "hit_rate" => ranking.hit_rate(),
                    "mrr" => ranking.reciprocal_rank(),
                    "map" => ranking.average_precision(),
                    "ndcg" => ranking.ndcg(false),
                    "ndcg_exp" => ranking.ndcg(true),
                    // Precision at the number of relevant items.
                    "r_precision" => match usize::try_from(ranking.relevant()).expect("small") {
                        0 => 0.0,
                        relevant => Ranking::new(retrieved, grades, Some(relevant)).precision(),
                    },
                    other => panic!("{other}"),
                }
            };
            let sum: f64 = queries.iter().map(figure).sum();
            row.close(name, sum / super::ngram::real(queries.len() as u64));
        }
    }
    vectors.finish(&[]);
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
