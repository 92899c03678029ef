//! What an evaluation found, as every format shows it. JSON is these structs: keys are only ever added.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use super::Failure;
use super::agreement::SemanticReport;
use super::attacks::StrategyReport;
use super::classification::ClassificationReport;
use super::corpus::CorpusReport;
use super::mean_score::ScoreInterval;
use super::repeats::RepeatReport;
use crate::base::{Digest, Millis, ModelRef, Ratio, RunId, SafeName, Tokens, Usd};
use crate::record::{BatchProgress, GitFacts, Incomparable, JudgeTotals, Outcome, RunKind, RunStatus, Verdict};

/// Version of the JSON form of [`EvalReport`] and of the other results; additive changes keep it.
pub const SCHEMA_VERSION: u32 = 1;

/// The result of one run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EvalReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The run's own facts.
    pub run: RunFacts,
    /// The worst of the suites' verdicts; its figures stand with the suites.
    pub verdict: Verdict,
    /// One per suite, in the order of the plan.
    pub suites: Vec<SuiteReport>,
    /// Over all suites.
    pub totals: Totals,
    /// Checks that gave scores of this run in other versions than today's: its scores are not compared with new ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outdated_checks: Option<Incomparable>,
    /// Questions of checks to judges, beside the calls under test; absent when none was asked. What the run spent on them
    /// is part of what the totals say it spent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judging: Option<JudgeTotals>,
    /// Of these, what comparisons of variants asked: it belongs to all variants together and is in none of their figures;
    /// absent when there were none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparing: Option<JudgeTotals>,
    /// Where the replies came from.
    pub cache: CacheStats,
    /// What the semantic cache did; absent when it was off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub semantic: Option<SemanticReport>,
    /// Which models answered for routes, by route; empty without routes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<RouteReport>,
    /// Providers that failed several times in a row, so that calls waited for them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub breakers: Vec<BreakerReport>,
    /// The first trials that are `fail`, `error` or `ungraded`, in the order of the plan.
    pub failures: Vec<Failure>,
    /// How many such trials there are.
    pub failures_total: u64,
}

/// A run's own facts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunFacts {
    /// Its id.
    pub id: RunId,
    /// What was executed.
    pub kind: RunKind,
    /// How it ended.
    pub status: RunStatus,
    /// `live`, `replay` or `record`.
    pub calls: String,
    /// Generated inputs per suite, of a run with `--fuzz`; absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fuzz: Option<u64>,
    /// How far its batches are; absent when it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchProgress>,
    /// When it began, RFC 3339 in UTC.
    pub started: String,
    /// From its begin to its end; `None` while it runs or after a kill.
    pub duration_ms: Option<Millis>,
    /// Version of karat that started it.
    pub karat_version: String,
    /// State of the project; `None` without a repository.
    pub git: Option<GitFacts>,
    /// Seed of everything random in it.
    pub seed: u64,
    /// Names of its suites, in the order of the plan.
    pub suites: Vec<SafeName>,
    /// Trials of the plan.
    pub planned_trials: u64,
    /// Trials with an outcome.
    pub finished_trials: u64,
}

/// One suite's results.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SuiteReport {
    /// Its name.
    pub name: SafeName,
    /// Its file.
    pub path: String,
    /// Of its content when the run began.
    pub digest: Digest,
    /// Number of selected cases.
    pub cases: u64,
    /// Repeats of each case.
    pub repeat: u32,
    /// Its goal as written; `null` when it has none.
    pub goal: Value,
    /// Every group must reach the goal.
    pub verdict: Verdict,
    /// One per prompt × model × parameters, in the order of the plan.
    pub groups: Vec<GroupReport>,
}

impl SuiteReport {
    /// The model of a group, with the parameters that tell it from others of the same prompt and model:
    /// `openai/gpt-5.4-mini (seed 3)`.
    pub fn shown_model(&self, group: &GroupReport) -> String {
        shown_model(group, &self.groups)
    }
}

/// See [`SuiteReport::shown_model`].
pub(super) fn shown_model(group: &GroupReport, groups: &[GroupReport]) -> String {
    let twins = || groups.iter().filter(|other| other.prompt == group.prompt && other.model == group.model);
    let mut differing = BTreeSet::new();
    for twin in twins() {
        let names = twin.params.as_object().into_iter().flat_map(serde_json::Map::keys);
        differing.extend(names.filter(|name| twins().any(|other| other.params.get(*name) != twin.params.get(*name))));
    }
    let told = |name: &&String| match group.params.get(name.as_str()) {
        None | Some(Value::Null) => format!("no {name}"),
        Some(Value::String(text)) => format!("{name} {text}"),
        Some(value) => format!("{name} {value}"),
    };
    let told: Vec<String> = differing.iter().map(told).collect();
    if told.is_empty() { group.model.to_string() } else { format!("{} ({})", group.model, told.join(", ")) }
}

/// The results of one variant on one suite.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupReport {
    /// Shown name of the prompt, such as `code-review@1.2.0`.
    pub prompt: String,
    /// The model.
    pub model: ModelRef,
    /// Digest of the variant: prompt content, model, parameters.
    pub variant: Digest,
    /// Parameters as sent.
    pub params: Value,
    /// Whether this group reaches the suite's goal.
    pub verdict: Verdict,
    /// Trials by outcome.
    #[serde(flatten)]
    pub counts: Counts,
    /// Share of graded trials that pass; errors and ungraded trials are not in it but beside it, and make the verdict
    /// undecided beyond `max_errors`. `None` when nothing was graded.
    pub pass_rate: Option<Rate>,
    /// Mean over cases of the mean score of their repeats, weighted by case; `None` when nothing was scored.
    pub mean_score: Option<f64>,
    /// Its interval; absent when nothing was scored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_score_interval: Option<ScoreInterval>,
    /// What repeats of the cases say; absent without repeats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeats: Option<RepeatReport>,
    /// Median latency of the replies, as first received (a cached reply keeps its original latency).
    pub p50_latency_ms: Option<f64>,
    /// 95th percentile of the same.
    pub p95_latency_ms: Option<f64>,
    /// Median time to the first token of the streamed replies; absent when none was streamed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50_ttft_ms: Option<f64>,
    /// 95th percentile of the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p95_ttft_ms: Option<f64>,
    /// Tokens and money.
    #[serde(flatten)]
    pub consumption: Consumption,
    /// Questions of its checks to judges, which are in no other figure of this group; absent when none was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judging: Option<JudgeTotals>,
    /// Share of the calls that were answered by the cache or by an identical call under way.
    pub cached_share: Option<Ratio>,
    /// Trials whose parameters were dropped or changed on the way to the wire: not comparable with others.
    pub altered_trials: u64,
    /// How well attacks were warded off, by strategy; empty without `--adversarial`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attacks: Vec<StrategyReport>,
    /// How well it sorts; absent where the suite has no `classification`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classification: Option<Box<ClassificationReport>>,
    /// Figures over all replies together, of checks such as `bleu` and `wer`; empty without one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub corpus: Vec<CorpusReport>,
}

/// Trials by outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// All of them.
    pub trials: u64,
    /// All checks hold.
    pub pass: u64,
    /// A check does not hold.
    pub fail: u64,
    /// The call under test failed.
    pub error: u64,
    /// We could not tell.
    pub ungraded: u64,
    /// Not run, by the suite's own word.
    pub skipped: u64,
}

impl Counts {
    /// Counts one trial.
    pub(super) fn add(&mut self, outcome: Outcome) {
        self.trials += 1;
        match outcome {
            Outcome::Pass => self.pass += 1,
            Outcome::Fail => self.fail += 1,
            Outcome::Error => self.error += 1,
            Outcome::Ungraded => self.ungraded += 1,
            Outcome::Skipped => self.skipped += 1,
        }
    }

    /// Trials that passed or failed.
    pub fn graded(&self) -> u64 {
        self.pass + self.fail
    }

    /// The counts that are not zero, with their words: `74 pass, 1 fail`; `no trials` when there are none.
    pub fn sentence(&self) -> String {
        let parts = [
            (self.pass, Outcome::Pass),
            (self.fail, Outcome::Fail),
            (self.error, Outcome::Error),
            (self.ungraded, Outcome::Ungraded),
            (self.skipped, Outcome::Skipped),
        ];
        let shown: Vec<String> = parts
            .iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, outcome)| {
                let plural = if *outcome == Outcome::Error && *n > 1 { "s" } else { "" };
                format!("{} {}{plural}", Tokens(*n), outcome.word())
            })
            .collect();
        if shown.is_empty() { "no trials".to_owned() } else { shown.join(", ") }
    }
}

/// A pass rate with its uncertainty.
///
/// The unit is the case, never the row: repeats of a case are averaged first, and cases of one `group` widen the
/// interval by their design effect.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rate {
    /// Mean over cases of the share of passing repeats, 0..=1.
    pub estimate: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Confidence of the interval.
    pub confidence: f64,
    /// Cases it rests on.
    pub n: u64,
    /// Whether repeats or groups of cases were taken into account.
    pub clustered: bool,
}

/// Tokens and money of a set of trials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Consumption {
    /// Known input tokens, cached input included; `None` when all are unknown.
    pub input_tokens: Option<Tokens>,
    /// Known output tokens, thinking included; `None` when all are unknown.
    pub output_tokens: Option<Tokens>,
    /// Replies whose tokens are unknown.
    pub unknown_usage_calls: u64,
    /// Replies; the number by which costs and latencies are averaged.
    pub replies: u64,
    /// Known cost of the replies, whoever paid for them; `None` when all are unknown.
    pub cost_usd: Option<Usd>,
    /// Replies whose cost is unknown: the true cost is at least `cost_usd`.
    pub unknown_cost_calls: u64,
    /// What this run itself added to the bill, as far as known.
    pub spent_usd: Option<Usd>,
    /// Calls of which that is unknown.
    pub unknown_spent_calls: u64,
}

impl Consumption {
    /// The cost for people, see [`shown_cost`].
    pub fn cost(&self) -> String {
        shown_cost(self.cost_usd, self.unknown_cost_calls)
    }

    /// What was spent, for people, see [`shown_cost`].
    pub fn spent(&self) -> String {
        shown_cost(self.spent_usd, self.unknown_spent_calls)
    }
}

/// Money of which a part may be unknown: `$0.12`, `≥ $0.12` when something is missing, `—` when nothing is known.
pub fn shown_cost(known: Option<Usd>, unknown_calls: u64) -> String {
    match (known, unknown_calls) {
        (None, _) => "—".to_owned(),
        (Some(usd), 0) => usd.to_string(),
        (Some(usd), _) => format!("≥ {usd}"),
    }
}

/// All trials of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Totals {
    /// Trials by outcome.
    #[serde(flatten)]
    pub counts: Counts,
    /// Tokens and money of the calls under test; what was spent is all that the run spent: calls of replaced trials,
    /// judges and vectors included.
    #[serde(flatten)]
    pub consumption: Consumption,
    /// HTTP attempts, retries included.
    pub http_attempts: u64,
    /// Calls that the provider may have billed twice: an attempt timed out after it was sent, or was given up for a faster
    /// one.
    pub possible_double_charges: u64,
}

/// Which models answered for a route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RouteReport {
    /// The route, as it is referred to.
    pub route: ModelRef,
    /// By model.
    pub models: Vec<AnsweredBy>,
}

/// How many calls of a route one model answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AnsweredBy {
    /// The model.
    pub model: ModelRef,
    /// Calls that ended with it, whether it answered or was the last to fail.
    pub calls: u64,
}

/// How often calls to a provider stopped because it failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BreakerReport {
    /// The provider.
    pub provider: SafeName,
    /// How often its circuit breaker opened.
    pub openings: u64,
}

/// Where the replies of a run came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct CacheStats {
    /// Answered by the response cache.
    pub hits: u64,
    /// Sent to a provider; the only ones that cost money.
    pub live: u64,
    /// Answered by an identical call that was under way.
    pub shared: u64,
    /// Read from cassettes.
    pub cassette: u64,
    /// Answered by the built-in mock.
    pub mock: u64,
    /// Answered by the semantic cache.
    pub semantic_hits: u64,
    /// What hits and shared calls would have cost; `None` when all of it is unknown.
    pub saved_usd: Option<Usd>,
    /// Hits and shared calls of which that is unknown.
    pub unknown_saved_calls: u64,
    /// What hits would have taken, one after the other.
    pub saved_ms: Millis,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_money_is_never_shown_as_zero() {
        let usd = Usd::parse("0.0123").expect("amount");
        assert_eq!(shown_cost(Some(usd), 0), "$0.0123");
        assert_eq!(shown_cost(Some(usd), 2), "≥ $0.0123");
        assert_eq!(shown_cost(None, 2), "—");
        assert_eq!(shown_cost(None, 0), "—");
    }

    #[test]
    fn counts_name_only_what_is_there() {
        assert_eq!(Counts::default().sentence(), "no trials");
        let counts = Counts { trials: 1_236, pass: 1_234, error: 2, ..Counts::default() };
        assert_eq!(counts.sentence(), "1,234 pass, 2 errors");
    }
}
