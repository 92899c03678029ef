//! What was seen of a run and what its rows say give the same report, to the last digit.

use std::sync::Arc;
use std::sync::mpsc::channel;

use serde_json::json;

use super::tally::{EARLY, Tally, Watch, report_of_ended};
use crate::base::{CaseId, Digest, Millis, ModelRef, Ratio, Redactor, RunId, SafeName, Timestamp, Usd};
use crate::record::{
    Agreement, CallError, CallRecord, CallSource, Case, ChatReply, ChatRequest, ErrorKind, Message, Outcome,
    OutputFormat, Params, Role, RunHeader, RunKind, RunStatus, Score, ScoreState, SearchSize, SemanticMatch,
    StreamTimes, SuiteRecord, ToolChoice, TrialKey, TrialRecord, Usage, VariantRecord, Warning,
};
use crate::store::{Access, Store, WriterEvent};

const SUITES: [&str; 3] = ["plain", "sorting", "repeated"];

struct Run {
    _folder: tempfile::TempDir,
    store: Store,
    id: RunId,
}

impl Run {
    fn begin() -> Run {
        let folder = tempfile::tempdir().expect("folder");
        let store = Store::open(&folder.path().join("karat.db"), Access::Write).expect("store");
        let id = RunId::parse("20261121-143000-k3fw").expect("id");
        let header = RunHeader {
            id: id.clone(),
            kind: RunKind::Eval,
            status: RunStatus::Running,
            karat_version: "0.1.0".into(),
            seed: 7,
            git: None,
            started: Timestamp(1_000),
            ended: None,
            planned: 120,
            options: json!({"cache": {"mode": "semantic"}}),
            calls: "live".into(),
        };
        store.begin_run(&header, &SUITES.map(suite), &variants()).expect("begun");
        Run { _folder: folder, store, id }
    }

    /// Makes trials durable in the order given, and hands them to `watch` as the run does.
    fn write(&self, trials: Vec<TrialRecord>, watch: &mut Option<Watch>) {
        let (sender, receiver) = channel();
        let on_event = move |event| sender.send(event).unwrap_or_default();
        let writer = self.store.writer(&self.id, Redactor::default(), on_event).expect("writer");
        for trial in trials {
            writer.send_blocking(Box::new(trial)).expect("sent");
        }
        writer.close().expect("written");
        for event in receiver {
            let WriterEvent::Committed(trials) = event else { panic!("{event:?}") };
            watch.iter_mut().for_each(|watch| trials.iter().for_each(|trial| watch.see(trial)));
        }
    }

    fn end(&self) {
        self.store.finish_run(&self.id, RunStatus::Complete, Timestamp(9_500), &[]).expect("finished");
    }

    /// The report from what was seen, or from the rows.
    fn report(&self, watch: Option<Watch>) -> serde_json::Value {
        let report = report_of_ended(&self.store, &self.id, watch, 0).expect("report");
        serde_json::to_value(report).expect("JSON")
    }

    fn watch(&self) -> Option<Watch> {
        Watch::of(&self.store, &self.id).expect("watch")
    }
}

fn suite(name: &str) -> SuiteRecord {
    SuiteRecord {
        name: SafeName::parse(name).expect("name"),
        path: format!("evals/{name}.yaml"),
        digest: Digest::of_bytes(name.as_bytes()),
        cases: 20,
        repeat: if name == "repeated" { 2 } else { 1 },
        goal: if name == "sorting" { json!({"classification": {"labels": ["a", "b"]}}) } else { json!(null) },
        verdict: None,
    }
}

fn variants() -> Vec<VariantRecord> {
    let variant = |model: &str| VariantRecord {
        digest: Digest::of_bytes(model.as_bytes()),
        prompt: "p@1.0.0".into(),
        prompt_digest: Digest::of_bytes(b"p"),
        model: ModelRef::parse(model).expect("model"),
        params: json!({}),
    };
    vec![variant("openai/a"), variant("route/b")]
}

/// Whole numbers that look random, the same each time.
fn noise(seed: u64) -> u64 {
    seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 33
}

#[expect(clippy::cast_precision_loss, reason = "a small number")]
fn fraction(seed: u64) -> f64 {
    (noise(seed) % 9_973) as f64 / 9_973.0
}

fn reply(ordinal: u64) -> ChatReply {
    let usage = Usage {
        reasoning: ordinal.is_multiple_of(3).then_some(5),
        search_queries: Some(2),
        search_units: Some(1),
        search_size: Some(SearchSize::High),
        ambiguous: ordinal.is_multiple_of(5),
        ..Usage::plain(100 + ordinal, noise(ordinal) % 90)
    };
    let mut reply = ChatReply { usage: (ordinal % 13 != 1).then_some(usage), ..ChatReply::of_text("a") };
    if ordinal.is_multiple_of(4) {
        reply.stream =
            Some(StreamTimes { first_token_ms: Some(Millis(7 + noise(ordinal) % 50)), ..StreamTimes::default() });
    }
    if ordinal.is_multiple_of(6) {
        reply.warnings =
            vec![Warning { param: "seed".into(), action: "dropped".into(), reason: "no such parameter".into() }];
    }
    reply
}

fn call(ordinal: u64, failed: bool) -> CallRecord {
    let error = CallError {
        kind: ErrorKind::RateLimited,
        message: "too many requests".to_owned(),
        status: Some(429),
        request_id: None,
    };
    let sources = [CallSource::Live, CallSource::Live, CallSource::Cache, CallSource::Semantic, CallSource::Shared];
    let source = sources.into_iter().cycle().nth(usize::try_from(noise(ordinal) % 5).expect("small")).expect("source");
    let agreement = Agreement { same_text: true, same_outcome: ordinal.is_multiple_of(2).then_some(false) };
    let found = SemanticMatch {
        similarity: 0.9 + fraction(ordinal) / 10.0,
        origin: Digest::of_bytes(b"origin"),
        agreement: ordinal.is_multiple_of(2).then_some(agreement),
        kept: None,
    };
    CallRecord {
        written: None,
        cache_key: Digest::of_bytes(&ordinal.to_be_bytes()),
        model: ModelRef::parse("openai/a").expect("model"),
        request: ChatRequest {
            model: "a".to_owned(),
            messages: vec![Message::text(Role::User, format!("ask {ordinal}"))],
            params: Params::default(),
            output: OutputFormat::Text,
            tools: Vec::new(),
            parallel_tools: None,
            vars: None,
            prediction: None,
            tool_choice: ToolChoice::Auto,
        },
        reply: if failed { Err(error) } else { Ok(reply(ordinal)) },
        source,
        latency_ms: Millis(3 + noise(ordinal) % 4_000),
        attempts: 1 + u32::from(failed),
        waited_ms: Millis(0),
        started: Timestamp(2_000 + i64::try_from(ordinal).expect("small")),
        cost: (ordinal % 11 != 2).then(|| Usd::from_picos(1_500 + i64::try_from(ordinal).expect("small"))),
        possible_double_charge: ordinal.is_multiple_of(9),
        semantic: (source == CallSource::Semantic).then_some(found),
        hedges: u32::from(ordinal.is_multiple_of(7)),
        answered_by: ordinal.is_multiple_of(3).then(|| ModelRef::parse("openai/c").expect("model")),
        route: None,
    }
}

fn scores(suite: &str, ordinal: u64, outcome: Outcome) -> Vec<Score> {
    let value = Ratio::clamped(fraction(ordinal));
    let state = if outcome == Outcome::Ungraded {
        ScoreState::Ungraded
    } else {
        ScoreState::Scored { value, passed: outcome == Outcome::Pass }
    };
    let score = |check: &str, details| Score {
        name: check.to_owned(),
        check: check.to_owned(),
        version: 1,
        weight: 1.0,
        state: state.clone(),
        reason: "seen".to_owned(),
        details,
    };
    let sure = fraction(ordinal + 1);
    let predicted = if (ordinal / 3).is_multiple_of(2) { "a" } else { "b" };
    let label = json!({"truth": "a", "predicted": predicted, "confidence": sure, "confirmed": predicted == "a"});
    match suite {
        "sorting" => vec![score("label", Some(label))],
        _ => vec![score("contains", None), score("not_contains", Some(json!({"votes": [1]})))],
    }
}

fn trial(ordinal: u64) -> TrialRecord {
    let suite = SUITES[usize::try_from(ordinal % 3).expect("small")];
    let repeat = u32::from(suite == "repeated" && ordinal % 6 >= 3);
    let name = if suite == "repeated" { ordinal / 6 } else { ordinal };
    let case = Case {
        id: CaseId::parse(&format!("case {name}")).expect("id"),
        digest: Digest::of_bytes(&name.to_be_bytes()),
        vars: serde_json::Map::new(),
        expected: None,
        context: Vec::new(),
        tags: Vec::new(),
        group: (suite == "plain" && ordinal.is_multiple_of(2)).then(|| format!("group {}", ordinal % 5)),
        weight: 0.1 + fraction(ordinal + 7),
    };
    let outcome = match noise(ordinal) % 9 {
        0 => Outcome::Fail,
        1 => Outcome::Error,
        2 => Outcome::Ungraded,
        3 => Outcome::Skipped,
        _ => Outcome::Pass,
    };
    let is_scored = matches!(outcome, Outcome::Pass | Outcome::Fail | Outcome::Ungraded);
    let variant = variants()[usize::from(ordinal.is_multiple_of(5))].digest;
    let suite_name = SafeName::parse(suite).expect("name");
    TrialRecord {
        key: TrialKey::new(&suite_name, &variant, &case, repeat),
        ordinal,
        suite: suite_name,
        variant,
        case: Arc::new(case),
        repeat,
        outcome,
        score: is_scored.then(|| Ratio::clamped(fraction(ordinal + 3))),
        scores: if is_scored { scores(suite, ordinal, outcome) } else { Vec::new() },
        note: None,
        call: (outcome != Outcome::Skipped).then(|| call(ordinal, outcome == Outcome::Error)),
        judging: if ordinal.is_multiple_of(10) { vec![call(1_000 + ordinal, false)] } else { Vec::new() },
        wall_ms: Millis(900),
    }
}

/// Trials in an order of arrival: each at most about 16 places from where it belongs.
fn arriving(count: u64) -> Vec<TrialRecord> {
    let mut trials: Vec<TrialRecord> = (0..count).map(trial).collect();
    trials.sort_by_key(|trial| trial.ordinal + noise(trial.ordinal) % 16);
    trials
}

#[test]
fn what_was_seen_gives_the_report_of_the_rows() {
    let run = Run::begin();
    let mut watch = run.watch();
    let trials = arriving(120);
    assert!(trials.iter().zip(0..).any(|(trial, place)| trial.ordinal != place), "they arrive out of order");
    run.write(trials, &mut watch);
    run.end();
    let seen = watch.and_then(Watch::tally).expect("nothing was lost");
    let seen = serde_json::to_string(&seen.report(&run.store, &run.id, 0).expect("report")).expect("JSON");
    let read = Tally::read(&run.store, &run.id).expect("rows");
    let read = serde_json::to_string(&read.report(&run.store, &run.id, 0).expect("report")).expect("JSON");
    // As text: fractions differ in it as soon as they differ in one bit.
    assert_eq!(seen, read);
    for figure in ["\"failures_total\":", "\"brier\":0.", "\"judging\":{", "\"buckets\":[{", "\"clustered\":true"] {
        assert!(seen.contains(figure), "{figure} is in {seen}");
    }
}

#[test]
fn a_run_that_stopped_with_gaps_gives_the_same_report_too() {
    let run = Run::begin();
    let mut watch = run.watch();
    let finished = arriving(120).into_iter().filter(|trial| trial.ordinal % 7 != 3).collect();
    run.write(finished, &mut watch);
    run.end();
    let seen = watch.and_then(Watch::tally).expect("nothing was lost");
    let seen = serde_json::to_value(seen.report(&run.store, &run.id, 0).expect("report")).expect("JSON");
    assert_eq!(seen, run.report(None));
}

#[test]
fn what_was_not_seen_is_read() {
    let run = Run::begin();
    let mut watch = run.watch();
    run.write(arriving(40), &mut watch);
    run.write((40..60).map(trial).collect(), &mut None);
    run.end();
    let report = run.report(watch);
    assert_eq!(report, run.report(None));
    assert_eq!(report["run"]["finished_trials"], 60);
}

#[test]
fn a_run_that_goes_on_is_read() {
    let run = Run::begin();
    run.write(vec![trial(0)], &mut None);
    assert!(run.watch().is_none());
}

#[test]
fn a_trial_that_comes_twice_is_read() {
    for order in [[0, 1, 1], [0, 0, 1], [2, 2, 0]] {
        let run = Run::begin();
        let mut watch = run.watch().expect("watch");
        order.into_iter().for_each(|ordinal| watch.see(&trial(ordinal)));
        assert!(watch.tally().is_none(), "{order:?}");
    }
}

#[test]
fn what_waits_for_one_trial_is_bounded() {
    let run = Run::begin();
    let mut watch = run.watch().expect("watch");
    let most = u64::try_from(EARLY).expect("small");
    let see = |watch: &mut Watch, ordinal| watch.see(&TrialRecord { ordinal, ..trial(3) });
    (1..=most).for_each(|ordinal| see(&mut watch, ordinal));
    assert_eq!(watch.waiting(), EARLY);
    see(&mut watch, most + 1);
    assert_eq!(watch.waiting(), 0);
    assert!(watch.tally().is_none());
}
