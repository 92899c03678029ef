//! One line of a goal against the figures over all replies of a group.

use super::corpus::LeftOut;
use super::goal_check::Bound;
use super::judge::plural;
use super::judge_bound::{Judged, plain};
use super::report::GroupReport;
use crate::record::{CorpusMeasure, Direction, VerdictWord};

/// Judges a group by a bound on a figure over all replies. Several checks of one measure, or one that reads texts in
/// several ways, have to keep it all: the worst figure is compared.
pub(super) fn corpus(report: &GroupReport, bound: &Bound, measure: CorpusMeasure, open: u64) -> Judged {
    let found: Vec<_> = report.corpus.iter().filter(|found| found.measure == measure).collect();
    let worst = found.iter().filter_map(|found| Some((found.value?, found.n))).reduce(|one, other| {
        let other_is_worse = match measure.direction() {
            Direction::Higher => other.0 < one.0,
            Direction::Lower => other.0 > one.0,
        };
        if other_is_worse { other } else { one }
    });
    // A check that never counted leaves open what its figure would be.
    let silent = found.iter().any(|found| found.value.is_none());
    let estimate = worst.map(|(value, _)| value).filter(|_| !silent);
    let mut judged = plain(bound, estimate, |value| format!("{value:.4}"), worst.map_or(0, |(_, n)| n), open);
    let most = |of: fn(LeftOut) -> u64| found.iter().map(|found| of(found.left_out)).max().unwrap_or(0);
    let (left_out, not_kept) = (most(|left_out| left_out.total()), most(|left_out| left_out.not_kept));
    if left_out > 0 {
        let trials = plural(left_out, "trial is", "trials are");
        judged.note = Some(format!("{trials} not in the {}: errors, ungraded or not applicable", measure.words()));
    }
    // Scored, so nothing else tells that the figure lacks them.
    if not_kept > 0 {
        judged.figure.verdict = VerdictWord::Undecided;
        let replies = plural(not_kept, "reply was", "replies were");
        judged.reason = format!(
            "{} is unknown, wanted `{}`: the counts of {replies} not kept with the score",
            measure.words(),
            bound.text
        );
    }
    judged
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::corpus::CorpusReport;
    use super::super::goal_check::Goal;
    use super::super::judge_bound::judge_bound;
    use super::super::report::{Consumption, Counts};
    use super::*;
    use crate::base::{Digest, ModelRef};
    use crate::record::Verdict;

    fn figure(measure: CorpusMeasure, value: Option<f64>, left_out: LeftOut) -> CorpusReport {
        let direction = measure.direction();
        let counts = Vec::new();
        CorpusReport { check: "c".into(), measure, value, direction, n: 7, signature: None, counts, left_out }
    }

    fn judged(corpus: Vec<CorpusReport>, goal: &Value, open: u64) -> (VerdictWord, String, Option<String>) {
        let report = GroupReport {
            prompt: "p@1.0.0".into(),
            model: ModelRef::parse("mock/m").expect("model"),
            variant: Digest::of_bytes(b"v"),
            params: Value::Null,
            verdict: Verdict { verdict: VerdictWord::Undecided, reasons: Vec::new(), figures: Vec::new() },
            counts: Counts::default(),
            pass_rate: None,
            mean_score: None,
            mean_score_interval: None,
            repeats: None,
            p50_latency_ms: None,
            p95_latency_ms: None,
            p50_ttft_ms: None,
            p95_ttft_ms: None,
            consumption: Consumption::default(),
            judging: None,
            cached_share: None,
            altered_trials: 0,
            attacks: Vec::new(),
            classification: None,
            corpus,
        };
        let goal = Goal::read(goal);
        let [bound] = goal.bounds.as_slice() else { panic!("{goal:?}") };
        let found = judge_bound(&report, bound, open).expect("judged");
        (found.figure.verdict, found.reason, found.note)
    }

    #[test]
    fn the_worst_figure_of_a_measure_is_held_to_the_goal() {
        let whole = LeftOut::default();
        let both = |measure| vec![figure(measure, Some(0.25), whole), figure(measure, Some(0.35), whole)];
        let (word, reason, note) = judged(both(CorpusMeasure::Bleu), &json!({"corpus_bleu": ">= 0.3"}), 0);
        assert_eq!((word, note), (VerdictWord::Fail, None));
        assert_eq!(reason, "corpus BLEU 0.2500 misses `>= 0.3`");
        let (word, reason, _) = judged(both(CorpusMeasure::Wer), &json!({"corpus_wer": "< 0.3"}), 0);
        assert_eq!((word, reason.as_str()), (VerdictWord::Fail, "corpus WER 0.3500 misses `< 0.3`"));
        let (word, ..) = judged(both(CorpusMeasure::Wer), &json!({"corpus_wer": "< 0.4"}), 0);
        assert_eq!(word, VerdictWord::Pass);
    }

    #[test]
    fn without_all_counts_a_goal_is_undecided() {
        let goal = json!({"corpus_bleu": ">= 0.3"});
        let bleu = CorpusMeasure::Bleu;
        let word = |corpus, open| judged(corpus, &goal, open).0;
        assert_eq!(word(Vec::new(), 0), VerdictWord::Undecided);
        assert_eq!(word(vec![figure(CorpusMeasure::Chrf, Some(0.9), LeftOut::default())], 0), VerdictWord::Undecided);
        assert_eq!(word(vec![figure(bleu, Some(0.9), LeftOut::default())], 1), VerdictWord::Undecided);
        let silent = vec![figure(bleu, Some(0.9), LeftOut::default()), figure(bleu, None, LeftOut::default())];
        assert_eq!(word(silent, 0), VerdictWord::Undecided);
        let (word, reason, _) =
            judged(vec![figure(bleu, Some(0.9), LeftOut { not_kept: 2, ..LeftOut::default() })], &goal, 0);
        assert_eq!(word, VerdictWord::Undecided);
        assert!(reason.contains("the counts of 2 replies were not kept"), "{reason}");
    }

    #[test]
    fn what_is_left_out_is_a_note() {
        let left_out = LeftOut { errors: 1, not_applicable: 1, ..LeftOut::default() };
        let (word, _, note) =
            judged(vec![figure(CorpusMeasure::Bleu, Some(0.9), left_out)], &json!({"corpus_bleu": ">= 0.3"}), 0);
        assert_eq!(word, VerdictWord::Pass);
        let wanted = "2 trials are not in the corpus BLEU: errors, ungraded or not applicable";
        assert_eq!(note.as_deref(), Some(wanted));
    }
}
