//! A suite's goal as bounds that can be checked. The suite room has validated what users write; what cannot be read
//! here makes the verdict undecided, never a pass.

use std::cmp::Ordering;

use serde_json::Value;

use crate::base::{Millis, Usd, parse_duration};
use crate::record::{CorpusMeasure, Direction};

/// What a bound is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Metric {
    PassRate,
    DefenceRate,
    MeanScore,
    P50Latency,
    P95Latency,
    CostPerCall,
    TotalCost,
    /// A figure of labels.
    Labels(LabelMetric),
    /// A figure over all replies together.
    Corpus(CorpusMeasure),
}

/// A figure of labels, 0..=1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LabelMetric {
    Accuracy,
    MacroF1,
    MicroF1,
    WeightedF1,
    Kappa,
    Mcc,
    Brier,
    Ece,
}

/// How the value of a metric is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Share,
    Time,
    Money,
}

struct MetricSpec {
    metric: Metric,
    key: &'static str,
    figure: &'static str,
    words: &'static str,
    unit: Unit,
}

const METRICS: &[MetricSpec] = &[
    spec(Metric::PassRate, "pass_rate", "pass_rate", "pass rate", Unit::Share),
    spec(Metric::DefenceRate, "defence_rate", "defence_rate", "defence rate", Unit::Share),
    spec(Metric::MeanScore, "mean_score", "mean_score", "mean score", Unit::Share),
    spec(Metric::P50Latency, "p50_latency", "p50_latency_ms", "p50 latency", Unit::Time),
    spec(Metric::P95Latency, "p95_latency", "p95_latency_ms", "p95 latency", Unit::Time),
    spec(Metric::CostPerCall, "cost_per_call", "cost_per_call_usd", "cost per call", Unit::Money),
    spec(Metric::TotalCost, "total_cost", "total_cost_usd", "total cost", Unit::Money),
    labels(LabelMetric::Accuracy, "accuracy", "accuracy", "accuracy"),
    labels(LabelMetric::MacroF1, "macro_f1", "macro_f1", "macro F1"),
    labels(LabelMetric::MicroF1, "micro_f1", "micro_f1", "micro F1"),
    labels(LabelMetric::WeightedF1, "weighted_f1", "weighted_f1", "weighted F1"),
    labels(LabelMetric::Kappa, "kappa", "kappa", "kappa"),
    labels(LabelMetric::Mcc, "mcc", "mcc", "MCC"),
    labels(LabelMetric::Brier, "brier", "brier", "Brier score"),
    labels(LabelMetric::Ece, "ece", "ece_10_bins", "calibration error"),
    corpus(CorpusMeasure::Bleu, "corpus_bleu", "corpus BLEU"),
    corpus(CorpusMeasure::Chrf, "corpus_chrf", "corpus chrF"),
    corpus(CorpusMeasure::Ter, "corpus_ter", "corpus TER"),
    corpus(CorpusMeasure::Wer, "corpus_wer", "corpus WER"),
    corpus(CorpusMeasure::Cer, "corpus_cer", "corpus CER"),
];

const fn spec(metric: Metric, key: &'static str, figure: &'static str, words: &'static str, unit: Unit) -> MetricSpec {
    MetricSpec { metric, key, figure, words, unit }
}

const fn labels(metric: LabelMetric, key: &'static str, figure: &'static str, words: &'static str) -> MetricSpec {
    MetricSpec { metric: Metric::Labels(metric), key, figure, words, unit: Unit::Share }
}

const fn corpus(measure: CorpusMeasure, key: &'static str, words: &'static str) -> MetricSpec {
    MetricSpec { metric: Metric::Corpus(measure), key, figure: key, words, unit: Unit::Share }
}

impl Metric {
    /// Whether a bound on it asks for right answers, so that single trials may fail.
    fn is_quality(self) -> bool {
        match self {
            Metric::PassRate | Metric::DefenceRate | Metric::MeanScore => true,
            Metric::Corpus(measure) => measure.direction() == Direction::Higher,
            Metric::Labels(metric) => !matches!(metric, LabelMetric::Brier | LabelMetric::Ece),
            Metric::P50Latency | Metric::P95Latency | Metric::CostPerCall | Metric::TotalCost => false,
        }
    }

    fn spec(self) -> Option<&'static MetricSpec> {
        METRICS.iter().find(|spec| spec.metric == self)
    }

    /// Its name among the figures of a verdict, with the unit.
    pub(super) fn figure(self) -> &'static str {
        self.spec().map_or("", |spec| spec.figure)
    }

    /// Its name in a sentence.
    pub(super) fn words(self) -> &'static str {
        self.spec().map_or("", |spec| spec.words)
    }
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Less,
    AtMost,
    More,
    AtLeast,
}

/// Longest sign first, so that `<=` is not read as `<`.
const OPS: &[(&str, Op)] = &[("<=", Op::AtMost), (">=", Op::AtLeast), ("<", Op::Less), (">", Op::More)];

impl Op {
    /// Whether `found` compared with `wanted` satisfies it.
    pub(super) fn holds(self, found_to_wanted: Ordering) -> bool {
        match self {
            Op::Less => found_to_wanted.is_lt(),
            Op::AtMost => found_to_wanted.is_le(),
            Op::More => found_to_wanted.is_gt(),
            Op::AtLeast => found_to_wanted.is_ge(),
        }
    }

    /// Whether more of the metric can only make it worse.
    pub(super) fn limits_from_above(self) -> bool {
        matches!(self, Op::Less | Op::AtMost)
    }
}

/// The value of a bound, in the unit of its metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Wanted {
    Share(f64),
    Time(Millis),
    Money(Usd),
}

/// One line of a goal.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bound {
    pub(super) metric: Metric,
    pub(super) op: Op,
    pub(super) wanted: Wanted,
    /// As written, such as `>= 0.9`.
    pub(super) text: String,
}

/// A goal that can be checked.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Goal {
    pub(super) bounds: Vec<Bound>,
    /// Errors and ungraded trials that are tolerated; `None` when the goal does not say.
    pub(super) max_errors: Option<u64>,
    /// No bound on quality was given, so every trial has to pass.
    pub(super) every_trial: bool,
    /// What could not be read.
    pub(super) problems: Vec<String>,
}

impl Goal {
    /// Reads a goal. Without `pass_rate`, `mean_score` and the like every trial has to pass: a limit on latency alone must not
    /// turn failing checks into a pass.
    pub(super) fn read(goal: &Value) -> Goal {
        let mut read = Goal::default();
        match goal {
            Value::Null => {}
            Value::Object(entries) => entries.iter().for_each(|(key, value)| read.entry(key, value)),
            other => read.problems.push(format!("the stored goal `{other}` is not a mapping")),
        }
        read.every_trial = !read.bounds.iter().any(|bound| bound.metric.is_quality());
        read
    }

    fn entry(&mut self, key: &str, value: &Value) {
        // Kept beside the goal for the report.
        if key == "classification" || key == "repeats" {
            return;
        }
        if value.is_null() {
            return;
        }
        if key == "max_errors" {
            match value.as_u64() {
                Some(max) => self.max_errors = Some(max),
                None => self.problems.push(format!("the stored goal's `max_errors: {value}` is not a count")),
            }
            return;
        }
        let Some(spec) = METRICS.iter().find(|spec| spec.key == key) else {
            self.problems.push(format!("the stored goal has `{key}`, which this version does not know"));
            return;
        };
        match value.as_str().and_then(|text| bound(spec, text)) {
            Some(bound) => self.bounds.push(bound),
            None => self.problems.push(format!("the stored goal's `{key}: {value}` cannot be read")),
        }
    }
}

fn bound(spec: &MetricSpec, text: &str) -> Option<Bound> {
    let text = text.trim();
    let (sign, op) = OPS.iter().find(|(sign, _)| text.starts_with(sign))?;
    let number = text.strip_prefix(sign)?.trim();
    let wanted = match spec.unit {
        Unit::Share => Wanted::Share(share(number)?),
        Unit::Time => Wanted::Time(Millis::of(parse_duration(number).ok()?)),
        Unit::Money => Wanted::Money(Usd::parse(number).ok()?),
    };
    Some(Bound { metric: spec.metric, op: *op, wanted, text: text.to_owned() })
}

/// `0.9`, `90%` or `90 %`.
fn share(text: &str) -> Option<f64> {
    let value = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().ok()? / 100.0,
        None => text.parse().ok()?,
    };
    (0.0..=1.0).contains(&value).then_some(value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn goals_read_every_metric_in_its_unit() {
        let goal = Goal::read(&json!({
            "pass_rate": ">= 0.9", "mean_score": ">80 %", "p50_latency": "<= 800ms", "p95_latency": "< 5s",
            "cost_per_call": "< $0.05", "total_cost": "<=1.5", "max_errors": 2
        }));
        let bounds: Vec<_> = goal.bounds.iter().map(|bound| (bound.metric, bound.op, bound.wanted)).collect();
        assert_eq!(
            bounds,
            [
                (Metric::PassRate, Op::AtLeast, Wanted::Share(0.9)),
                (Metric::MeanScore, Op::More, Wanted::Share(0.8)),
                (Metric::P50Latency, Op::AtMost, Wanted::Time(Millis(800))),
                (Metric::P95Latency, Op::Less, Wanted::Time(Millis(5_000))),
                (Metric::CostPerCall, Op::Less, Wanted::Money(Usd::from_picos(50_000_000_000))),
                (Metric::TotalCost, Op::AtMost, Wanted::Money(Usd::from_picos(1_500_000_000_000))),
            ]
        );
        assert_eq!((goal.max_errors, goal.every_trial, goal.problems.len()), (Some(2), false, 0));
    }

    #[test]
    fn without_a_bound_on_quality_every_trial_has_to_pass() {
        for goal in [json!(null), json!({}), json!({"p95_latency": "< 5s"}), json!({"pass_rate": null})] {
            assert!(Goal::read(&goal).every_trial, "{goal}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        for goal in [
            json!({"pass_rate": "0.9"}),
            json!({"pass_rate": ">= 1.2"}),
            json!({"pass_rate": 0.9}),
            json!({"p95_latency": "< 5"}),
            json!({"total_cost": "< five"}),
            json!({"max_errors": -1}),
            json!({"speed": "> 1"}),
            json!([1]),
        ] {
            assert_eq!(Goal::read(&goal).problems.len(), 1, "{goal}");
        }
    }
}
