//! Figures of labels, by hand.

use serde_json::json;

use super::classification::LabelTally;
use crate::base::{CaseId, Digest, SafeName, Usd};
use crate::record::{Outcome, Prediction, SuiteRecord, TrialFacts, TrialKey};

fn suite(goal: serde_json::Value) -> SuiteRecord {
    SuiteRecord {
        name: SafeName::parse("s").expect("name"),
        path: "evals/s.yaml".into(),
        digest: Digest::of_bytes(b"s"),
        cases: 10,
        repeat: 1,
        goal,
        verdict: None,
    }
}

fn facts(case: u64, prediction: Option<Prediction>) -> TrialFacts {
    TrialFacts {
        key: TrialKey(Digest::of_bytes(&case.to_be_bytes())),
        ordinal: case,
        suite: SafeName::parse("s").expect("name"),
        variant: Digest::of_bytes(b"v"),
        case_id: CaseId::parse(&format!("c{case}")).expect("id"),
        group: None,
        weight: 1.0,
        repeat: 0,
        outcome: Outcome::Pass,
        score: None,
        latency_ms: None,
        ttft_ms: None,
        batched: false,
        usage: None,
        cost: None,
        spent: Some(Usd::ZERO),
        source: None,
        attempts: 0,
        error: None,
        altered: false,
        semantic: None,
        prediction,
        answered_by: None,
        possible_double_charge: false,
    }
}

fn said(truth: &str, predicted: Option<&str>, confidence: Option<f64>) -> Option<Prediction> {
    let confirmed = confidence.map(|_| predicted == Some(truth));
    Some(Prediction { truth: truth.into(), predicted: predicted.map(str::to_owned), confidence, confirmed })
}

#[test]
fn a_suite_that_does_not_sort_has_no_figures() {
    assert!(LabelTally::of(&suite(json!(null))).is_none());
    assert!(LabelTally::of(&suite(json!({"pass_rate": ">= 1"}))).is_none());
}

#[test]
fn figures_follow_from_the_counts() {
    let mut tally = LabelTally::of(&suite(json!({"classification": {"labels": ["b", "a", "never"]}}))).expect("sorts");
    for (case, prediction) in [
        said("a", Some("a"), Some(0.9)),
        said("a", Some("b"), Some(0.8)),
        said("a", None, None),
        said("b", Some("b"), Some(1.0)),
        said("b", Some("stray"), None),
        None,
    ]
    .into_iter()
    .enumerate()
    {
        tally.add(&facts(case as u64, prediction), false);
    }
    let report = tally.report();
    let labels: Vec<&str> = report.classes.iter().map(|class| class.label.as_str()).collect();
    assert_eq!(labels, ["b", "a", "never", "stray"]);
    assert_eq!(report.confusion, [[1, 0, 0, 1], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]);
    assert_eq!(report.no_label, [0, 1, 0, 0]);
    assert_eq!((report.predictions, report.no_label_total, report.without_prediction), (5, 1, 1));
    let accuracy = report.accuracy.expect("accuracy");
    assert_eq!((accuracy.estimate, accuracy.n), (0.4, 5));
    // Wilson for 2 of 5.
    assert!((accuracy.low - 0.1176).abs() < 5e-5 && (accuracy.high - 0.7693).abs() < 5e-5, "{accuracy:?}");
    // F1 of b 1/2·2/(…): 2·1/(2 + 2) = 0.5; of a 2·1/(3 + 1) = 0.5; of stray 0; `never` does not occur.
    assert!((report.macro_average.expect("macro").f1 - 1.0 / 3.0).abs() < 1e-12);
    assert!((report.weighted_average.expect("weighted").f1 - 0.5).abs() < 1e-12);
    assert_eq!(report.classes.get(2).map(|class| (class.f1, class.support)), Some((None, 0)));
    // (0.1² + 0.8² + 0)/3, and |0.9 − 1|/3 + 0.8/3 + 0.
    assert_eq!(report.confidences, 3);
    assert!((report.brier.expect("brier") - 0.65 / 3.0).abs() < 1e-12);
    assert!((report.ece_10_bins.expect("ece") - 0.9 / 3.0).abs() < 1e-12);
}

#[test]
fn endless_labels_are_counted_and_told() {
    let mut tally = LabelTally::of(&suite(json!({"classification": {}}))).expect("sorts");
    for case in 0..300 {
        tally.add(&facts(case, said("a", Some(&format!("text {case}")), None)), false);
    }
    let report = tally.report();
    assert_eq!((report.predictions, report.beyond_labels, report.classes.len()), (199, 101, 200));
}

#[test]
fn repeats_of_a_case_are_one_case_of_the_interval() {
    let mut tally = LabelTally::of(&suite(json!({"classification": {}}))).expect("sorts");
    for _ in 0..10 {
        tally.add(&facts(1, said("a", Some("a"), None)), true);
        tally.add(&facts(2, said("b", Some("a"), None)), true);
    }
    let accuracy = tally.report().accuracy.expect("accuracy");
    assert_eq!((accuracy.estimate, accuracy.n, accuracy.clustered), (0.5, 2, true));
}
