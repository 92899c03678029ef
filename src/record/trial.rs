//! One case × variant × repeat: the unit of work and of results.

use serde::{Deserialize, Serialize};

use super::{
    CallRecord, CallSource, Case, CaseRef, ChatReply, ErrorKind, Prediction, Score, SemanticFacts, SemanticMatch, Usage,
};
use crate::base::{CaseId, Digest, DigestBuilder, Millis, ModelRef, Ratio, SafeName, Usd};

/// What became of a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// All checks hold.
    Pass,
    /// A check does not hold.
    Fail,
    /// The call under test failed.
    Error,
    /// We could not tell.
    Ungraded,
    /// Not run, by the suite's own word.
    Skipped,
}

impl Outcome {
    /// Word and outcome, in one table.
    pub const ALL: &[(&str, Outcome)] = &[
        ("pass", Outcome::Pass),
        ("fail", Outcome::Fail),
        ("error", Outcome::Error),
        ("ungraded", Outcome::Ungraded),
        ("skipped", Outcome::Skipped),
    ];

    /// Its word in JSON and the store.
    pub fn word(self) -> &'static str {
        Outcome::ALL.iter().find(|(_, outcome)| *outcome == self).map_or("error", |(word, _)| word)
    }

    /// The outcome of a word.
    pub fn parse(word: &str) -> Option<Outcome> {
        Outcome::ALL.iter().find(|(known, _)| *known == word).map(|(_, outcome)| *outcome)
    }
}

/// Identity of a trial by content: the same suite name, variant, case and repeat, whatever its position in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TrialKey(pub Digest);

impl TrialKey {
    /// The key of a trial. The case's id is part of it, so that two rows of equal content stay two trials.
    pub fn new(suite: &SafeName, variant: &Digest, case: &Case, repeat: u32) -> TrialKey {
        let key = DigestBuilder::new("trial")
            .part(suite.as_str().as_bytes())
            .part(variant.as_bytes())
            .part(case.id.as_str().as_bytes())
            .part(case.digest.as_bytes())
            .part(&repeat.to_be_bytes())
            .finish();
        TrialKey(key)
    }
}

/// A finished trial, as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrialRecord {
    /// Its identity.
    pub key: TrialKey,
    /// Its place in the plan; reports are ordered by it.
    pub ordinal: u64,
    /// Name of the suite.
    pub suite: SafeName,
    /// Digest of the variant.
    pub variant: Digest,
    /// The case.
    pub case: CaseRef,
    /// 0-based repeat.
    pub repeat: u32,
    /// What became of it.
    pub outcome: Outcome,
    /// Weighted mean of its scored checks; `None` when nothing was scored.
    pub score: Option<Ratio>,
    /// One per check, in the order of the suite.
    pub scores: Vec<Score>,
    /// Why it errored or was ungraded or skipped, and what of its variables was truncated, in one line.
    pub note: Option<String>,
    /// The call under test; `None` when skipped.
    pub call: Option<CallRecord>,
    /// What its checks asked of judges, in the order they asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub judging: Vec<CallRecord>,
    /// From the moment it was started to its score, waits included.
    pub wall_ms: Millis,
}

/// What a summary needs of a stored trial: light enough to stream 100,000 of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrialFacts {
    /// Its identity.
    pub key: TrialKey,
    /// Its place in the plan.
    pub ordinal: u64,
    /// Name of the suite.
    pub suite: SafeName,
    /// Digest of the variant.
    pub variant: Digest,
    /// Id of the case.
    pub case_id: CaseId,
    /// Cases that belong together.
    pub group: Option<String>,
    /// Weight of the case.
    pub weight: f64,
    /// 0-based repeat.
    pub repeat: u32,
    /// What became of it.
    pub outcome: Outcome,
    /// Weighted mean of its scored checks.
    pub score: Option<Ratio>,
    /// Latency of the answering attempt; `None` when there was no reply.
    pub latency_ms: Option<Millis>,
    /// Time to the first token of a streamed reply; `None` when it was not streamed or showed none.
    pub ttft_ms: Option<Millis>,
    /// The reply came in a batch: its latency says nothing.
    pub batched: bool,
    /// Tokens used; `None` when unknown.
    pub usage: Option<Usage>,
    /// What the reply costs, whoever paid for it; `None` when unknown.
    pub cost: Option<Usd>,
    /// What this run spent on it; `None` when unknown.
    pub spent: Option<Usd>,
    /// Where the reply came from; `None` when there was no call.
    pub source: Option<CallSource>,
    /// HTTP attempts.
    pub attempts: u32,
    /// Class of the error, when the outcome is `error`.
    pub error: Option<ErrorKind>,
    /// Parameters were dropped or changed on the way to the wire.
    pub altered: bool,
    /// What the semantic cache had; `None` when it had nothing or was not asked.
    pub semantic: Option<SemanticFacts>,
    /// The label of the reply beside the right one; `None` where the suite has no `classification` or there is no reply.
    pub prediction: Option<Prediction>,
    /// The model that answered, when a route was asked.
    pub answered_by: Option<ModelRef>,
    /// An attempt may be billed besides the one that answered.
    pub possible_double_charge: bool,
}

impl TrialFacts {
    /// The facts of a trial, as the store gives them back. `sorts` says whether a suite of the run has a `classification`.
    ///
    /// # Errors
    /// When the details of a `label` check are no [`Prediction`].
    pub fn of(trial: &TrialRecord, sorts: bool) -> Result<TrialFacts, serde_json::Error> {
        let call = trial.call.as_ref();
        let reply = call.and_then(|call| call.reply.as_ref().ok());
        let error = call.and_then(|call| call.reply.as_ref().err());
        let agreement =
            |found: &SemanticMatch| SemanticFacts { similarity: found.similarity, agreement: found.agreement };
        Ok(TrialFacts {
            key: trial.key,
            ordinal: trial.ordinal,
            suite: trial.suite.clone(),
            variant: trial.variant,
            case_id: trial.case.id.clone(),
            group: trial.case.group.clone(),
            weight: trial.case.weight,
            repeat: trial.repeat,
            outcome: trial.outcome,
            score: trial.score,
            latency_ms: call.filter(|_| reply.is_some()).map(|call| call.latency_ms),
            ttft_ms: reply.and_then(|reply| reply.stream?.first_token_ms),
            batched: reply.is_some_and(ChatReply::is_batched),
            usage: reply.and_then(|reply| reply.usage).map(Usage::summed),
            cost: call.and_then(|call| call.cost),
            // No call costs nothing; a call without a number costs nobody knows what.
            spent: call.map_or(Some(Usd::ZERO), CallRecord::spent),
            source: call.map(|call| call.source),
            attempts: call.map_or(0, |call| call.attempts),
            error: error.map(|error| error.kind).filter(|_| trial.outcome == Outcome::Error),
            altered: reply.is_some_and(|reply| !reply.warnings.is_empty()),
            semantic: call.and_then(|call| call.semantic.as_ref()).map(agreement),
            prediction: if sorts { prediction(&trial.scores)? } else { None },
            answered_by: call.and_then(|call| call.answered_by.clone()),
            possible_double_charge: call.is_some_and(|call| call.possible_double_charge),
        })
    }
}

/// What the check on the label, the first of a suite that sorts, keeps. Read from text as the store keeps it, so that
/// fractions are the same to the last digit.
fn prediction(scores: &[Score]) -> Result<Option<Prediction>, serde_json::Error> {
    let label = scores.first().filter(|score| score.check == Prediction::CHECK);
    let details = label.and_then(|score| score.details.as_ref());
    details.map(|details| serde_json::from_str(&details.to_string())).transpose()
}
