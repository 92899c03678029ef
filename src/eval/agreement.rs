//! What the semantic cache did in a run, and how often its answers agree with fresh ones: the evidence for a threshold.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::record::{CallSource, ChatReply, TrialFacts};
use crate::stats::wilson;

/// Confidence of the intervals.
const CONFIDENCE: f64 = 0.95;

/// What the semantic cache did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SemanticReport {
    /// The embedding model; `None` when the run does not say.
    pub model: Option<String>,
    /// Least cosine of a hit; `None` when the run does not say.
    pub threshold: Option<f64>,
    /// Share of the hits for which the model was asked all the same; `None` when the run does not say.
    pub verify: Option<f64>,
    /// Questions that an equal one had not answered already, and that were answered somehow.
    pub asked: u64,
    /// Those for which it had an answer, the ones asked all the same included.
    pub hits: u64,
    /// `hits` of `asked`.
    pub hit_rate: Option<AgreedShare>,
    /// Hits for which the model was asked all the same.
    pub verified: u64,
    /// Share of those whose answers say the same, apart from case and white space.
    pub same_text: Option<AgreedShare>,
    /// Share of those with the same outcome of the suite's checks, where both were graded.
    pub same_outcome: Option<AgreedShare>,
    /// The same by similarity, in steps of 0.01, lowest first.
    pub buckets: Vec<SemanticBucket>,
}

/// A range of similarities.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SemanticBucket {
    /// Its lower end, included.
    pub low: f64,
    /// Its upper end, not included unless it is 1.
    pub high: f64,
    /// Hits.
    pub hits: u64,
    /// Those for which the model was asked all the same.
    pub verified: u64,
    /// Share of those whose answers say the same.
    pub same_text: Option<AgreedShare>,
    /// Share of those with the same outcome.
    pub same_outcome: Option<AgreedShare>,
}

/// A share with its 95 % Wilson interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AgreedShare {
    /// How many.
    pub agreed: u64,
    /// Of how many.
    pub of: u64,
    /// Lower end of the interval of their share.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl AgreedShare {
    fn of((agreed, of): (u64, u64)) -> Option<AgreedShare> {
        let interval = wilson(agreed, of, CONFIDENCE)?;
        Some(AgreedShare { agreed, of, low: interval.low, high: interval.high })
    }
}

/// The running figures.
#[derive(Debug, Default)]
pub(super) struct SemanticTally {
    asked: u64,
    /// By hundredths of the similarity.
    buckets: BTreeMap<u8, Bucket>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Bucket {
    hits: u64,
    same_text: (u64, u64),
    same_outcome: (u64, u64),
}

impl Bucket {
    fn plus(self, other: Bucket) -> Bucket {
        let sum = |a: (u64, u64), b: (u64, u64)| (a.0 + b.0, a.1 + b.1);
        Bucket {
            hits: self.hits + other.hits,
            same_text: sum(self.same_text, other.same_text),
            same_outcome: sum(self.same_outcome, other.same_outcome),
        }
    }
}

impl SemanticTally {
    pub(super) fn add(&mut self, facts: &TrialFacts) {
        let asks = matches!(facts.source, Some(CallSource::Live | CallSource::Semantic));
        self.asked += u64::from(asks && facts.latency_ms.is_some());
        let Some(found) = facts.semantic else { return };
        let bucket = self.buckets.entry(hundredths(found.similarity)).or_default();
        bucket.hits += 1;
        let Some(agreement) = found.agreement else { return };
        let count = |slot: &mut (u64, u64), same: bool| *slot = (slot.0 + u64::from(same), slot.1 + 1);
        count(&mut bucket.same_text, agreement.same_text);
        if let Some(same) = agreement.same_outcome {
            count(&mut bucket.same_outcome, same);
        }
    }

    /// The report; `None` when the cache was off. `options` is what the run says of its caches.
    pub(super) fn report(&self, options: Option<&Value>) -> Option<SemanticReport> {
        let option = |name: &str| options.and_then(|options| options.get(name));
        let is_on = option("mode").and_then(Value::as_str) == Some("semantic");
        if !is_on && self.buckets.is_empty() {
            return None;
        }
        let all = self.buckets.values().fold(Bucket::default(), |sum, bucket| sum.plus(*bucket));
        Some(SemanticReport {
            model: option("model").and_then(Value::as_str).map(str::to_owned),
            threshold: option("threshold").and_then(Value::as_f64),
            verify: option("verify").and_then(Value::as_f64),
            asked: self.asked,
            hits: all.hits,
            hit_rate: AgreedShare::of((all.hits, self.asked)),
            verified: all.same_text.1,
            same_text: AgreedShare::of(all.same_text),
            same_outcome: AgreedShare::of(all.same_outcome),
            buckets: self.buckets.iter().map(|(low, bucket)| bucket_report(*low, *bucket)).collect(),
        })
    }
}

fn bucket_report(low: u8, bucket: Bucket) -> SemanticBucket {
    SemanticBucket {
        low: f64::from(low) / 100.0,
        high: f64::from(low + 1) / 100.0,
        hits: bucket.hits,
        verified: bucket.same_text.1,
        same_text: AgreedShare::of(bucket.same_text),
        same_outcome: AgreedShare::of(bucket.same_outcome),
    }
}

/// The step of 0.01 that a similarity lies in; 1 is in the last one.
fn hundredths(similarity: f64) -> u8 {
    let at_least = |step: &u8| f64::from(*step) / 100.0 <= similarity;
    (0..100).rev().find(at_least).unwrap_or(0)
}

/// Whether two replies say the same: the same words but for case and white space, and the same tool calls.
pub(super) fn same_answer(a: &ChatReply, b: &ChatReply) -> bool {
    let words = |reply: &ChatReply| reply.text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    let tools = |reply: &ChatReply| -> Vec<(String, Value)> {
        let parsed = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
        reply.tool_calls.iter().map(|call| (call.name.clone(), parsed(&call.arguments))).collect()
    };
    words(a) == words(b) && tools(a) == tools(b)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::record::ToolCall;

    #[test]
    fn steps_hold_their_lower_end_and_the_last_one_both() {
        let steps = [0.949_999, 0.95, 0.959_999, 0.96, 0.99, 1.0, -0.5].map(hundredths);
        assert_eq!(steps, [94, 95, 95, 96, 99, 99, 0]);
    }

    #[test]
    fn agreement_is_a_share_of_what_was_checked_with_published_wilson_intervals() {
        // Newcombe (1998), Statistics in Medicine 17:857, method 3.
        let share = AgreedShare::of((81, 263)).expect("share");
        assert!((share.low - 0.2553).abs() < 5e-5 && (share.high - 0.3662).abs() < 5e-5, "{share:?}");
        assert_eq!(AgreedShare::of((0, 0)), None);
    }

    #[test]
    fn answers_agree_by_words_and_tool_calls() {
        let call =
            |arguments: &str| ToolCall { id: arguments.to_owned(), name: "f".into(), arguments: arguments.into() };
        let with = |text: &str, tools: Vec<ToolCall>| ChatReply { tool_calls: tools, ..ChatReply::of_text(text) };
        assert!(same_answer(&with("Yes,  it\nis", vec![]), &with("yes, it is ", vec![])));
        assert!(!same_answer(&with("yes", vec![]), &with("no", vec![])));
        assert!(same_answer(&with("", vec![call(r#"{"a":1,"b":2}"#)]), &with("", vec![call(r#"{"b": 2, "a": 1}"#)])));
        assert!(!same_answer(&with("", vec![call("{}")]), &with("", vec![])));
    }

    #[test]
    fn a_run_with_the_cache_on_has_a_report_even_without_a_hit() {
        let tally = SemanticTally::default();
        assert_eq!(tally.report(None), None);
        let on = json!({"mode": "semantic", "model": "openai/m", "threshold": 0.9, "verify": 0.1});
        let report = tally.report(Some(&on)).expect("report");
        assert_eq!((report.hits, report.hit_rate, report.threshold), (0, None, Some(0.9)));
    }
}
