//! Figures of a suite that sorts: labels of replies against the right ones.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use serde_json::Value;

use super::rate::{RateTally, real};
use super::report::Rate;
use crate::record::{SuiteRecord, TrialFacts};
use crate::stats::{
    Averages, Confusion, Forecast, KappaWeights, brier, expected_calibration_error, log_loss,
    maximum_calibration_error, roc_auc,
};

/// Labels that are counted; a suite with more of them does not sort.
const MAX_LABELS: usize = 200;
/// Ranges of confidence for the calibration error.
const BINS: usize = 10;

/// How well one variant sorts. Every figure follows from `confusion`, `no_label` and the confidences.
///
/// A reply whose label could not be read is wrong: it lowers accuracy, recall and F1 and stands in `no_label`. Trials
/// without a prediction (errors, and replies that could not be judged) are in no figure but counted beside them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassificationReport {
    /// Replies that were compared with a right label.
    pub predictions: u64,
    /// Of these, replies without a readable label.
    pub no_label_total: u64,
    /// Trials without a prediction; skipped ones are not among them.
    pub without_prediction: u64,
    /// Share of predictions that are right; the interval rests on cases, as that of the pass rate.
    pub accuracy: Option<Rate>,
    /// Mean of the recalls of the labels that have cases.
    pub balanced_accuracy: Option<f64>,
    /// Means over the labels that occur, in truth or prediction.
    pub macro_average: Option<Averages>,
    /// Over all decisions together.
    pub micro_average: Option<Averages>,
    /// Means over the labels by their cases.
    pub weighted_average: Option<Averages>,
    /// Cohen's kappa; `None` when only one label occurs.
    pub kappa: Option<f64>,
    /// Matthews' correlation coefficient.
    pub mcc: Option<f64>,
    /// Replies with a readable confidence.
    pub confidences: u64,
    /// Brier score of the confidences; absent without any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brier: Option<f64>,
    /// Expected calibration error over 10 ranges of equal width; absent without confidences.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ece_10_bins: Option<f64>,
    /// Largest calibration error of one of these ranges; absent without confidences.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mce_10_bins: Option<f64>,
    /// Mean of −ln of the chance given to what came out, natural logarithm; absent without confidences.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_loss: Option<f64>,
    /// Chance that a right reply is more confident than a wrong one; absent unless both occur.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roc_auc: Option<f64>,
    /// One per label: those of the suite in its order, then others by name.
    pub classes: Vec<ClassReport>,
    /// Rows are right labels, columns the labels of replies, both in the order of `classes`.
    pub confusion: Vec<Vec<u64>>,
    /// By right label: replies without a readable label.
    pub no_label: Vec<u64>,
    /// Predictions beyond the first 200 labels, which are in no figure; absent when there are none.
    #[serde(skip_serializing_if = "is_zero")]
    pub beyond_labels: u64,
}

/// The figures of one label; `None` where there is nothing to divide by.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassReport {
    /// The label.
    pub label: String,
    /// Share of its predictions that are right.
    pub precision: Option<f64>,
    /// Share of its cases that got it.
    pub recall: Option<f64>,
    /// Harmonic mean of both.
    pub f1: Option<f64>,
    /// Its cases, repeats counted.
    pub support: u64,
    /// Its predictions.
    pub predicted: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Collects predictions. Memory: one cell per pair of labels, one small number per confidence.
#[derive(Debug, Default)]
pub(super) struct LabelTally {
    declared: Vec<String>,
    labels: HashMap<String, usize>,
    cells: BTreeMap<(usize, Option<usize>), u64>,
    forecasts: Vec<Forecast>,
    rate: RateTally,
    right: u64,
    without: u64,
    beyond: u64,
}

impl LabelTally {
    /// For a suite that sorts; `None` for others.
    pub(super) fn of(suite: &SuiteRecord) -> Option<LabelTally> {
        let labels = suite.goal.get("classification")?.get("labels").and_then(Value::as_array);
        let declared: Vec<String> =
            labels.into_iter().flatten().filter_map(Value::as_str).take(MAX_LABELS).map(str::to_owned).collect();
        let mut tally = LabelTally::default();
        for label in &declared {
            tally.index(label);
        }
        tally.declared = declared;
        Some(tally)
    }

    /// Adds a trial that was not skipped.
    pub(super) fn add(&mut self, facts: &TrialFacts, repeated: bool) {
        let Some(prediction) = &facts.prediction else {
            self.without += 1;
            return;
        };
        let truth = self.index(&prediction.truth);
        let predicted = prediction.predicted.as_deref().map(|label| self.index(label));
        let (Some(truth), None | Some(Some(_))) = (truth, predicted) else {
            self.beyond += 1;
            return;
        };
        *self.cells.entry((truth, predicted.flatten())).or_default() += 1;
        let is_right = prediction.is_right();
        self.right += u64::from(is_right);
        self.rate.add(&facts.case_id, facts.group.as_deref(), repeated, is_right);
        self.forecasts.extend(prediction.confidence.zip(prediction.confirmed));
    }

    /// The number of a label, which is given to it here; `None` when there are too many.
    fn index(&mut self, label: &str) -> Option<usize> {
        if let Some(index) = self.labels.get(label) {
            return Some(*index);
        }
        let next = self.labels.len();
        (next < MAX_LABELS).then(|| {
            self.labels.insert(label.to_owned(), next);
            next
        })
    }

    pub(super) fn report(&self) -> ClassificationReport {
        let order = self.order();
        let mut places = vec![0; order.len()];
        for (place, (_, index)) in order.iter().enumerate() {
            places.iter_mut().skip(*index).take(1).for_each(|found| *found = place);
        }
        let place = |index: usize| places.get(index).copied().unwrap_or(0);
        let mut confusion = Confusion::new(order.len());
        for ((truth, predicted), count) in &self.cells {
            confusion.add_many(place(*truth), predicted.map(place), *count);
        }
        let classes = order.iter().enumerate().map(|(at, (label, _))| {
            let found = confusion.class(at);
            ClassReport {
                label: (*label).to_owned(),
                precision: found.precision,
                recall: found.recall,
                f1: found.f1,
                support: found.support,
                predicted: found.predicted,
            }
        });
        ClassificationReport {
            predictions: confusion.total(),
            no_label_total: confusion.unread().iter().sum(),
            without_prediction: self.without,
            accuracy: self.accuracy(confusion.total()),
            balanced_accuracy: confusion.balanced_accuracy(),
            macro_average: confusion.macro_average(),
            micro_average: confusion.micro_average(),
            weighted_average: confusion.weighted_average(),
            kappa: confusion.kappa(KappaWeights::Unweighted),
            mcc: confusion.mcc(),
            confidences: u64::try_from(self.forecasts.len()).unwrap_or(u64::MAX),
            brier: brier(&self.forecasts),
            ece_10_bins: expected_calibration_error(&self.forecasts, BINS),
            mce_10_bins: maximum_calibration_error(&self.forecasts, BINS),
            log_loss: log_loss(&self.forecasts),
            roc_auc: roc_auc(&self.forecasts),
            classes: classes.collect(),
            confusion: confusion.rows().to_vec(),
            no_label: confusion.unread().to_vec(),
            beyond_labels: self.beyond,
        }
    }

    /// Right of all, as the matrix has it, with the interval over cases.
    fn accuracy(&self, total: u64) -> Option<Rate> {
        let rate = self.rate.rate()?;
        let estimate = real(self.right) / real(total);
        // Where repeats of some cases failed, the mean over cases is a little aside of the share of all.
        Some(Rate { estimate, low: rate.low.min(estimate), high: rate.high.max(estimate), ..rate })
    }

    /// Labels with their numbers: those of the suite in its order, then others by name.
    fn order(&self) -> Vec<(&str, usize)> {
        let mut others: Vec<(&str, usize)> = self
            .labels
            .iter()
            .filter(|(_, index)| **index >= self.declared.len())
            .map(|(label, index)| (label.as_str(), *index))
            .collect();
        others.sort_unstable();
        let declared = self.declared.iter().enumerate().map(|(index, label)| (label.as_str(), index));
        declared.chain(others).collect()
    }
}
