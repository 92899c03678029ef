//! A small run with everything in it, for the tests of this room.

use std::sync::Arc;

use serde_json::json;

use crate::base::{CaseId, Digest, Millis, ModelRef, Ratio, RunId, SafeName, Timestamp, Usd};
use crate::eval::{EvalReport, JudgeRules, Summarizer};
use crate::record::{
    CallError, CallRecord, CallSource, Case, ChatReply, ChatRequest, ErrorKind, GitFacts, Message, Outcome, Params,
    Role, RunHeader, RunKind, RunStatus, Score, ScoreState, SuiteRecord, TrialFacts, TrialKey, TrialRecord, Usage,
    VariantRecord,
};

pub(super) fn model(name: &str) -> ModelRef {
    ModelRef::parse(name).expect("model")
}

pub(super) fn header() -> RunHeader {
    RunHeader {
        id: RunId::parse("20261121-143000-k3fw").expect("id"),
        kind: RunKind::Eval,
        status: RunStatus::Complete,
        karat_version: "0.1.0".into(),
        seed: 7,
        git: Some(GitFacts { commit: "3e5cf00a".repeat(5), branch: Some("main".into()), dirty: true }),
        started: Timestamp(1_795_271_400_000),
        ended: Some(Timestamp(1_795_271_412_340)),
        planned: 17,
        options: json!({}),
        calls: "live".into(),
    }
}

pub(super) fn suites() -> Vec<SuiteRecord> {
    let suite = |name: &str, cases, repeat, goal| SuiteRecord {
        name: SafeName::parse(name).expect("name"),
        path: format!("evals/{name}.yaml"),
        digest: Digest::of_bytes(name.as_bytes()),
        cases,
        repeat,
        goal,
        verdict: None,
    };
    vec![
        suite("code-review", 6, 1, json!({"pass_rate": ">= 0.8", "p95_latency": "< 5s"})),
        suite("support-answers", 5, 1, json!(null)),
    ]
}

pub(super) fn variants() -> Vec<VariantRecord> {
    let variant = |prompt: &str, name: &str| VariantRecord {
        digest: Digest::of_bytes(format!("{prompt}{name}").as_bytes()),
        prompt: prompt.into(),
        prompt_digest: Digest::of_bytes(prompt.as_bytes()),
        model: model(name),
        params: json!({"temperature": 0}),
    };
    vec![
        variant("code-review@1.2.0", "anthropic/claude-haiku-4-5"),
        variant("code-review@1.2.0", "openai/gpt-5.4-mini"),
        variant("support@2.0.0", "openai/gpt-5.4-mini"),
    ]
}

fn score(name: &str, state: ScoreState, reason: &str) -> Score {
    Score {
        name: name.into(),
        check: name.into(),
        version: 1,
        weight: 1.0,
        state,
        reason: reason.into(),
        details: None,
    }
}

fn scored(name: &str, value: f64, reason: &str) -> Score {
    let value = Ratio::clamped(value);
    score(name, ScoreState::Scored { value, passed: value.get() >= 0.5 }, reason)
}

struct Plan {
    suite: usize,
    variant: usize,
    id: &'static str,
    outcome: Outcome,
    text: &'static str,
    source: CallSource,
    latency: u64,
    priced: bool,
}

const fn plan(suite: usize, variant: usize, id: &'static str, outcome: Outcome, latency: u64) -> Plan {
    Plan {
        suite,
        variant,
        id,
        outcome,
        text: "{\"severity\": \"high\"}",
        source: CallSource::Live,
        latency,
        priced: true,
    }
}

pub(super) const HOSTILE: &str =
    "Refunds take | 30 days.\u{1b}[2J\n<script>alert(`1`)</script> ask @octocat &amp; see the very long rest of it";

fn plans() -> Vec<Plan> {
    let mut plans = Vec::new();
    let ids = ["sql-injection", "xss", "path-traversal", "hard-coded-key", "clean-loop", "it's clean"];
    for (index, id) in ids.into_iter().enumerate() {
        let step = u64::try_from(index).expect("small");
        plans.push(plan(0, 0, id, Outcome::Pass, 800 + 40 * step));
        let outcome = if index % 3 == 2 { Outcome::Fail } else { Outcome::Pass };
        plans.push(plan(0, 1, id, outcome, 1_100 + 400 * step));
    }
    let cached = Plan { source: CallSource::Cache, ..plan(1, 2, "refund", Outcome::Pass, 640) };
    let hostile = Plan { text: HOSTILE, ..plan(1, 2, "refund-late", Outcome::Ungraded, 700) };
    let unpriced = Plan { priced: false, ..plan(1, 2, "größe 漢字", Outcome::Pass, 910) };
    plans.extend([cached, hostile, plan(1, 2, "outage", Outcome::Error, 0), unpriced]);
    plans.push(plan(1, 2, "later", Outcome::Skipped, 0));
    plans
}

fn scores(plan: &Plan) -> Vec<Score> {
    match plan.outcome {
        Outcome::Pass => vec![scored("severity", 1.0, "`high` is one of `high`, `critical`")],
        Outcome::Fail => vec![
            scored("json_schema", 1.0, "the reply follows `review.schema.json`"),
            scored("severity", 0.0, "`low` is not one of `high`, `critical`"),
        ],
        Outcome::Ungraded => vec![score("grounded", ScoreState::Ungraded, "the judge gave no answer in 30 s")],
        Outcome::Error | Outcome::Skipped => Vec::new(),
    }
}

fn call(plan: &Plan, model: &ModelRef) -> CallRecord {
    let failed = CallError {
        kind: ErrorKind::Overloaded,
        message: "openai is overloaded (529 after 4 attempts)".into(),
        status: Some(529),
        request_id: None,
    };
    let mut reply = ChatReply::of_text(plan.text);
    reply.usage = Some(Usage::plain(1_204, 96));
    let error = plan.outcome == Outcome::Error;
    let live = plan.source == CallSource::Live;
    CallRecord {
        written: None,
        cache_key: Digest::of_bytes(plan.id.as_bytes()),
        model: model.clone(),
        request: ChatRequest {
            model: model.model.clone(),
            messages: vec![
                Message::text(Role::System, "You are a reviewer."),
                Message::text(Role::User, "Review\nthis."),
            ],
            params: Params::default(),
            output: crate::record::OutputFormat::Text,
            tools: Vec::new(),
            parallel_tools: None,
            vars: None,
            prediction: None,
            tool_choice: crate::record::ToolChoice::Auto,
        },
        reply: if error { Err(failed) } else { Ok(reply) },
        source: plan.source,
        latency_ms: Millis(plan.latency),
        attempts: if error { 4 } else { u32::from(live) },
        waited_ms: Millis(0),
        started: Timestamp(1_795_271_400_500),
        cost: (plan.priced && !error).then(|| Usd::from_picos(1_684_000_000)),
        possible_double_charge: false,
        semantic: None,
        hedges: 0,
        answered_by: None,
        route: None,
    }
}

pub(super) fn trials() -> Vec<TrialRecord> {
    let (suites, variants) = (suites(), variants());
    let plans = plans();
    let record = |(ordinal, plan): (usize, &Plan)| {
        let (suite, variant) = (&suites[plan.suite], &variants[plan.variant]);
        let case = Arc::new(Case {
            id: CaseId::parse(plan.id).expect("id"),
            digest: Digest::of_bytes(plan.id.as_bytes()),
            vars: serde_json::Map::new(),
            expected: None,
            context: Vec::new(),
            tags: Vec::new(),
            group: None,
            weight: 1.0,
        });
        let scores = scores(plan);
        TrialRecord {
            key: TrialKey::new(&suite.name, &variant.digest, &case, 0),
            ordinal: u64::try_from(ordinal).expect("small"),
            suite: suite.name.clone(),
            variant: variant.digest,
            case,
            repeat: 0,
            outcome: plan.outcome,
            score: match plan.outcome {
                Outcome::Pass => Some(Ratio::ONE),
                Outcome::Fail => Some(Ratio::clamped(0.5)),
                Outcome::Error | Outcome::Ungraded | Outcome::Skipped => None,
            },
            scores,
            note: None,
            call: (plan.outcome != Outcome::Skipped).then(|| call(plan, &variant.model)),
            judging: Vec::new(),
            wall_ms: Millis(plan.latency + 3),
        }
    };
    plans.iter().enumerate().map(record).collect()
}

pub(super) fn facts(trial: &TrialRecord) -> TrialFacts {
    TrialFacts::of(trial, false).expect("facts")
}

pub(super) fn report_of(header: &RunHeader, trials: &[TrialRecord]) -> EvalReport {
    let mut summary = Summarizer::new(header, &suites(), &variants());
    trials.iter().for_each(|trial| summary.add(&facts(trial)));
    let failing = |trial: &&TrialRecord| matches!(trial.outcome, Outcome::Fail | Outcome::Error | Outcome::Ungraded);
    let failures: Vec<TrialRecord> = trials.iter().filter(failing).cloned().collect();
    let total = u64::try_from(failures.len()).expect("small");
    summary.finish(&failures, total, JudgeRules::default())
}

/// The cases of the first suite three times each, as in [`report`], but that the last repeat of some cases fails.
pub(super) fn repeated_report() -> EvalReport {
    let mut suites = suites();
    suites.truncate(1);
    suites[0].repeat = 3;
    let trials: Vec<TrialRecord> = trials().into_iter().filter(|trial| trial.suite == suites[0].name).collect();
    let header = RunHeader { planned: 3 * u64::try_from(trials.len()).expect("small"), ..header() };
    let mut summary = Summarizer::new(&header, &suites, &variants());
    for (index, trial) in trials.iter().enumerate() {
        for repeat in 0..3 {
            let missed = trial.outcome == Outcome::Pass && repeat == 2 && index % 3 == 1;
            let (outcome, score) = match missed {
                true => (Outcome::Fail, Some(Ratio::clamped(0.25))),
                false => (trial.outcome, trial.score),
            };
            summary.add(&TrialFacts { repeat, outcome, score, ..facts(trial) });
        }
    }
    summary.finish(&[], 0, JudgeRules::default())
}

pub(super) fn report() -> EvalReport {
    report_of(&header(), &trials())
}
