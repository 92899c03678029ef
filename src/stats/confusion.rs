//! Classification: the confusion matrix and the figures that follow from it.

use serde::Serialize;

/// How often each true label got each predicted one. Labels are indices below [`Confusion::labels`].
///
/// A prediction that could not be read is counted against its true label and for no other: it is wrong, and never left
/// out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Confusion {
    /// One row per true label, one column per predicted label.
    counts: Vec<Vec<u64>>,
    /// By true label: predictions that could not be read.
    unread: Vec<u64>,
}

/// How disagreements between ordered labels weigh in Cohen's kappa.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KappaWeights {
    /// Every disagreement alike.
    Unweighted,
    /// By the distance of the labels.
    Linear,
    /// By the square of the distance.
    Quadratic,
}

/// Precision, recall and F1, each in 0..=1; `None` where there is nothing to divide by.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ClassFigures {
    /// Share of the predictions of this label that are right; `None` when it was never predicted.
    pub precision: Option<f64>,
    /// Share of its cases that got it; `None` when it has no cases.
    pub recall: Option<f64>,
    /// 2·TP / (2·TP + FP + FN); `None` when it has neither cases nor predictions.
    pub f1: Option<f64>,
    /// Its cases.
    pub support: u64,
    /// Its predictions.
    pub predicted: u64,
}

/// Means of precision, recall and F1 over labels. What is undefined for a label counts as 0, as scikit-learn does with
/// `zero_division=0`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Averages {
    /// Of the precisions.
    pub precision: f64,
    /// Of the recalls.
    pub recall: f64,
    /// Of the F1 scores: not the F1 of the two means.
    pub f1: f64,
}

impl Confusion {
    /// An empty matrix over so many labels.
    pub fn new(labels: usize) -> Confusion {
        Confusion { counts: vec![vec![0; labels]; labels], unread: vec![0; labels] }
    }

    /// The matrix of pairs of a true and a predicted label.
    pub fn of(labels: usize, pairs: impl IntoIterator<Item = (usize, usize)>) -> Confusion {
        let mut confusion = Confusion::new(labels);
        for (truth, predicted) in pairs {
            confusion.add(truth, Some(predicted));
        }
        confusion
    }

    /// Counts one prediction; `None` could not be read. Indices beyond the labels are ignored.
    pub fn add(&mut self, truth: usize, predicted: Option<usize>) {
        self.add_many(truth, predicted, 1);
    }

    /// Counts several predictions of the same pair.
    pub fn add_many(&mut self, truth: usize, predicted: Option<usize>, count: u64) {
        let cell = match predicted {
            Some(predicted) => self.counts.get_mut(truth).and_then(|row| row.get_mut(predicted)),
            None => self.unread.get_mut(truth),
        };
        if let Some(cell) = cell {
            *cell += count;
        }
    }

    /// How many labels there are.
    pub fn labels(&self) -> usize {
        self.counts.len()
    }

    /// One row per true label, one column per predicted label.
    pub fn rows(&self) -> &[Vec<u64>] {
        &self.counts
    }

    /// By true label: predictions that could not be read.
    pub fn unread(&self) -> &[u64] {
        &self.unread
    }

    /// All predictions, the unread among them.
    pub fn total(&self) -> u64 {
        (0..self.labels()).map(|label| self.support(label)).sum()
    }

    /// Predictions that are right.
    pub fn right(&self) -> u64 {
        (0..self.labels()).map(|label| self.at(label, label)).sum()
    }

    /// Share of predictions that are right; `None` without predictions.
    pub fn accuracy(&self) -> Option<f64> {
        share(self.right(), self.total())
    }

    /// The figures of one label.
    pub fn class(&self, label: usize) -> ClassFigures {
        let (hits, support, predicted) = (self.at(label, label), self.support(label), self.predicted(label));
        ClassFigures {
            precision: share(hits, predicted),
            recall: share(hits, support),
            f1: share(2 * hits, support + predicted),
            support,
            predicted,
        }
    }

    /// Means over the labels that occur, in truth or prediction, each counting the same; `None` when none does.
    pub fn macro_average(&self) -> Option<Averages> {
        let present: Vec<ClassFigures> =
            (0..self.labels()).map(|label| self.class(label)).filter(|class| class.f1.is_some()).collect();
        average(&present, |_| 1.0)
    }

    /// Mean of the recalls of the labels that have cases; `None` without cases. It is not raised by saying what most cases
    /// are.
    pub fn balanced_accuracy(&self) -> Option<f64> {
        let recalls: Vec<f64> = (0..self.labels()).filter_map(|label| self.class(label).recall).collect();
        (!recalls.is_empty()).then(|| recalls.iter().sum::<f64>() / real(recalls.len() as u64))
    }

    /// Means over the labels, each counting as often as it has cases; `None` without cases.
    pub fn weighted_average(&self) -> Option<Averages> {
        let classes: Vec<ClassFigures> = (0..self.labels()).map(|label| self.class(label)).collect();
        average(&classes, |class| real(class.support))
    }

    /// Precision, recall and F1 of all decisions together. With every prediction read and one label per case all three
    /// are the accuracy; unread predictions lower recall and F1. `None` without predictions.
    pub fn micro_average(&self) -> Option<Averages> {
        let read: u64 = self.counts.iter().flatten().sum();
        let (right, total) = (self.right(), self.total());
        let recall = share(right, total)?;
        Some(Averages { precision: share(right, read).unwrap_or(0.0), recall, f1: share(2 * right, read + total)? })
    }

    /// Cohen's kappa (1960; weighted 1968): agreement beyond chance, from −1 to 1. `None` when chance alone agrees
    /// always, as when one label is all there is; and with weights when a prediction could not be read, which has no
    /// distance.
    ///
    /// 1 − Σ w·observed / Σ w·expected, with expected = row·column/n and w = 1, |i−j| or (i−j)² off the diagonal.
    pub fn kappa(&self, weights: KappaWeights) -> Option<f64> {
        let unread: u64 = self.unread.iter().sum();
        if weights != KappaWeights::Unweighted && unread > 0 {
            return None;
        }
        let n = real(self.total());
        let (mut observed, mut expected) = (0.0, 0.0);
        for truth in 0..self.labels() {
            let support = real(self.support(truth));
            for predicted in (0..self.labels()).filter(|predicted| *predicted != truth) {
                let distance = real(truth.abs_diff(predicted) as u64);
                let weight = match weights {
                    KappaWeights::Unweighted => 1.0,
                    KappaWeights::Linear => distance,
                    KappaWeights::Quadratic => distance * distance,
                };
                observed += weight * real(self.at(truth, predicted));
                expected += weight * support * real(self.predicted(predicted)) / n;
            }
            // An unread prediction agrees with no label.
            observed += real(self.unread.get(truth).copied().unwrap_or(0));
            expected += support * real(unread) / n;
        }
        (expected > 0.0).then(|| 1.0 - observed / expected)
    }

    /// Matthews' correlation coefficient for any number of labels (Gorodkin 2004), from −1 to 1. 0 when all cases or all
    /// predictions are of one label, as scikit-learn has it. `None` without predictions.
    pub fn mcc(&self) -> Option<f64> {
        let total = self.total();
        if total == 0 {
            return None;
        }
        let n = real(total);
        let (mut together, mut of_truth, mut of_predicted) = (0.0, 0.0, 0.0);
        for label in 0..self.labels() {
            let (support, predicted) = (real(self.support(label)), real(self.predicted(label)));
            together += support * predicted;
            of_truth += support * support;
            of_predicted += predicted * predicted;
        }
        let unread = real(self.unread.iter().sum());
        of_predicted += unread * unread;
        let scale = (n * n - of_truth) * (n * n - of_predicted);
        let covariance = real(self.right()) * n - together;
        Some(if scale > 0.0 { (covariance / scale.sqrt()).clamp(-1.0, 1.0) } else { 0.0 })
    }

    fn at(&self, truth: usize, predicted: usize) -> u64 {
        self.counts.get(truth).and_then(|row| row.get(predicted)).copied().unwrap_or(0)
    }

    fn support(&self, label: usize) -> u64 {
        let read: u64 = self.counts.get(label).map_or(0, |row| row.iter().sum());
        read + self.unread.get(label).copied().unwrap_or(0)
    }

    fn predicted(&self, label: usize) -> u64 {
        self.counts.iter().filter_map(|row| row.get(label)).sum()
    }
}

fn average(classes: &[ClassFigures], weight: impl Fn(&ClassFigures) -> f64) -> Option<Averages> {
    let whole: f64 = classes.iter().map(&weight).sum();
    let mean = |of: fn(&ClassFigures) -> Option<f64>| {
        classes.iter().map(|class| weight(class) * of(class).unwrap_or(0.0)).sum::<f64>() / whole
    };
    (whole > 0.0).then(|| Averages {
        precision: mean(|class| class.precision),
        recall: mean(|class| class.recall),
        f1: mean(|class| class.f1),
    })
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| real(part) / real(whole))
}

#[expect(clippy::cast_precision_loss, reason = "counts of trials are far below 2^53")]
fn real(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::base::vectors::Vectors;

    fn same(found: Option<f64>, wanted: &Value, what: &str) {
        match (found, wanted.as_f64()) {
            (Some(found), Some(wanted)) => {
                assert!((found - wanted).abs() <= 1e-9 * wanted.abs() + 1e-12, "{what}: {found} against {wanted}");
            }
            (found, wanted) => assert_eq!(found, wanted, "{what}"),
        }
    }

    /// The matrix of two lists of labels, whose order is that of `order`.
    fn matrix(truth: &Value, predicted: &Value, order: &[String]) -> Confusion {
        let name = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let index = |value: &Value| order.iter().position(|label| *label == name(value)).expect("a label");
        let pairs = truth.as_array().expect("list").iter().zip(predicted.as_array().expect("list"));
        Confusion::of(order.len(), pairs.map(|(truth, predicted)| (index(truth), index(predicted))))
    }

    #[test]
    fn figures_match_the_vectors() {
        let mut seen = 0;
        let vectors = Vectors::open("metrics/classification", 62);
        for row in vectors.of("task", "labels") {
            let order: Vec<String> = row
                .expected("labels")
                .as_array()
                .expect("labels")
                .iter()
                .map(|l| l.as_str().expect("text").into())
                .collect();
            let found = matrix(row.input("y_true"), row.input("y_pred"), &order);
            row.same("confusion_matrix", serde_json::json!(found.rows()));
            row.close("accuracy", found.accuracy());
            row.close("mcc", found.mcc());
            row.close("cohen_kappa", found.kappa(KappaWeights::Unweighted));
            if row.expects("kappa_linear") {
                row.close("kappa_linear", found.kappa(KappaWeights::Linear));
                row.close("kappa_quadratic", found.kappa(KappaWeights::Quadratic));
            }
            row.close("balanced_accuracy", found.balanced_accuracy());
            // Of one label per case the Hamming loss is what accuracy leaves.
            row.close("hamming_loss", found.accuracy().map(|accuracy| 1.0 - accuracy));
            for (word, average) in [
                ("macro", found.macro_average()),
                ("micro", found.micro_average()),
                ("weighted", found.weighted_average()),
            ] {
                row.close(&format!("precision_{word}"), average.map(|a| a.precision));
                row.close(&format!("recall_{word}"), average.map(|a| a.recall));
                row.close(&format!("f1_{word}"), average.map(|a| a.f1));
            }
            for (label, name) in order.iter().enumerate() {
                let (class, wanted) = (found.class(label), &row.expected("per_class")[name]);
                let id = row.id();
                same(Some(class.precision.unwrap_or(0.0)), &wanted["precision"], id);
                same(Some(class.recall.unwrap_or(0.0)), &wanted["recall"], id);
                same(Some(class.f1.unwrap_or(0.0)), &wanted["f1"], id);
                assert_eq!(class.support, wanted["support"].as_u64().expect("support"), "{id}");
            }
            // Recall that counts twice: asked for by no goal.
            row.finish_but(&["f2_macro"]);
            seen += 1;
        }
        assert_eq!(seen, 43);
    }

    #[test]
    fn kappas_of_two_raters_match_the_vectors() {
        let mut seen = 0;
        let vectors = Vectors::open("metrics/agreement", 64);
        for row in vectors.rows().filter(|row| row.expects("cohen_kappa")) {
            let (a, b) = (row.input("a"), row.input("b"));
            let mut order: Vec<f64> =
                [a, b].into_iter().flat_map(|list| list.as_array().expect("list")).filter_map(Value::as_f64).collect();
            order.sort_unstable_by(f64::total_cmp);
            order.dedup();
            let index = |value: &Value| order.iter().position(|label| value.as_f64() == Some(*label)).expect("a label");
            let pairs = a.as_array().expect("list").iter().zip(b.as_array().expect("list"));
            let found = Confusion::of(order.len(), pairs.map(|(a, b)| (index(a), index(b))));
            row.close("cohen_kappa", found.kappa(KappaWeights::Unweighted));
            row.close("cohen_kappa_linear", found.kappa(KappaWeights::Linear));
            row.close("cohen_kappa_quadratic", found.kappa(KappaWeights::Quadratic));
            row.close("percent_agreement", found.accuracy());
            seen += 1;
        }
        assert_eq!(seen, 24);
    }

    #[test]
    fn an_unread_prediction_is_wrong_and_belongs_to_no_label() {
        // By hand: 3 a (2 right, 1 unread), 2 b (1 right, 1 as a).
        let mut found = Confusion::of(2, [(0, 0), (0, 0), (1, 1), (1, 0)]);
        found.add(0, None);
        found.add(7, Some(0));
        assert_eq!((found.total(), found.right(), found.unread()), (5, 3, &[1, 0][..]));
        assert_eq!(found.accuracy(), Some(0.6));
        let (a, b) = (found.class(0), found.class(1));
        assert_eq!((a.precision, a.recall, a.support, a.predicted), (Some(2.0 / 3.0), Some(2.0 / 3.0), 3, 3));
        assert_eq!((b.precision, b.recall, b.f1), (Some(1.0), Some(0.5), Some(2.0 / 3.0)));
        assert_eq!(found.micro_average().map(|m| (m.precision, m.recall, m.f1)), Some((0.75, 0.6, 2.0 / 3.0)));
        // po = 3/5; pe = (3·3 + 2·1)/25 = 0.44; kappa = 0.16/0.56.
        assert!((found.kappa(KappaWeights::Unweighted).expect("kappa") - 0.16 / 0.56).abs() < 1e-12);
        assert_eq!(found.kappa(KappaWeights::Linear), None);
        // c·s − Σ = 15 − 11 = 4; √((25 − 13)(25 − 9 − 1 − 1)) = √168.
        assert!((found.mcc().expect("mcc") - 4.0 / 168_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn nothing_says_nothing_and_absent_labels_do_not_count() {
        let none = Confusion::new(3);
        assert_eq!((none.accuracy(), none.mcc(), none.kappa(KappaWeights::Unweighted)), (None, None, None));
        assert_eq!((none.macro_average(), none.micro_average(), none.weighted_average()), (None, None, None));
        assert_eq!(Confusion::new(0).accuracy(), None);
        let two_of_three = Confusion::of(3, [(0, 0), (1, 1)]);
        assert_eq!(two_of_three.macro_average().map(|m| m.f1), Some(1.0));
        assert_eq!(two_of_three.class(2).f1, None);
    }

    proptest! {
        #[test]
        fn figures_are_bounded_symmetric_and_independent_of_names(
            pairs in prop::collection::vec((0_usize..4, 0_usize..4), 1..60), unread in 0_usize..4, shift in 1_usize..4,
        ) {
            let mut found = Confusion::of(4, pairs.iter().copied());
            for truth in 0..unread {
                found.add(truth, None);
            }
            let all = [found.accuracy(), found.macro_average().map(|m| m.f1), found.weighted_average().map(|m| m.f1)];
            for figure in all.into_iter().flatten() {
                prop_assert!((0.0..=1.0 + 1e-12).contains(&figure), "{figure}");
            }
            for figure in [found.mcc(), found.kappa(KappaWeights::Unweighted), found.kappa(KappaWeights::Quadratic)].into_iter().flatten() {
                prop_assert!((-1.0 - 1e-9..=1.0 + 1e-9).contains(&figure), "{figure}");
            }
            let renamed = Confusion::of(4, pairs.iter().map(|(a, b)| ((a + shift) % 4, (b + shift) % 4)));
            let plain = Confusion::of(4, pairs.iter().copied());
            let close = |a: Option<f64>, b: Option<f64>| match (a, b) {
                (Some(a), Some(b)) => (a - b).abs() < 1e-9,
                (a, b) => a == b,
            };
            prop_assert!(close(plain.mcc(), renamed.mcc()));
            prop_assert!(close(plain.kappa(KappaWeights::Unweighted), renamed.kappa(KappaWeights::Unweighted)));
            prop_assert!(close(plain.macro_average().map(|m| m.f1), renamed.macro_average().map(|m| m.f1)));
            let swapped = Confusion::of(4, pairs.iter().map(|(a, b)| (*b, *a)));
            for weights in [KappaWeights::Unweighted, KappaWeights::Linear, KappaWeights::Quadratic] {
                prop_assert!(close(plain.kappa(weights), swapped.kappa(weights)));
            }
            prop_assert!(close(plain.mcc(), swapped.mcc()));
            let right = Confusion::of(4, pairs.iter().map(|(a, _)| (*a, *a)));
            prop_assert_eq!(right.accuracy(), Some(1.0));
            prop_assert!(right.kappa(KappaWeights::Unweighted).is_none_or(|kappa| kappa >= 1.0));
        }
    }
}
