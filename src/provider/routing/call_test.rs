//! Calls to routes, against scripted models.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::super::caller::{Ask, Caller, CallerOptions};
use super::super::caller_test::{Stub, build, kind, ok, options, request, status};
use super::super::settings::CallMode;
use super::{History, ModelHistory, RouteSettings};
use crate::base::{ModelRef, SafeName, Usd};
use crate::net::HttpRequest;
use crate::price::{Capability, PriceTable};
use crate::record::{CallRecord, CallSource, ErrorKind, Strategy};

fn model(text: &str) -> ModelRef {
    ModelRef::parse(text).expect("model")
}

fn name(text: &str) -> SafeName {
    SafeName::parse(text).expect("name")
}

fn asked(request: &HttpRequest) -> String {
    let body: serde_json::Value = serde_json::from_slice(&request.body).expect("json");
    body["model"].as_str().expect("model").to_owned()
}

/// A server of many models: `bad-…` fail with this status, the others say their name.
fn server(bad: u16) -> Arc<Stub> {
    Stub::new(move |_, request| {
        let model = asked(request);
        (Duration::from_millis(20), if model.starts_with("bad") { status(bad, &[]) } else { ok(&model) })
    })
}

fn route(strategy: Strategy, models: &[&str]) -> RouteSettings {
    let models = models.iter().map(|text| model(&format!("openai/{text}"))).collect();
    RouteSettings::new(name("main"), strategy, models)
}

fn with_route(stub: &Arc<Stub>, mode: CallMode, route: RouteSettings) -> CallerOptions {
    CallerOptions { routings: vec![route], ..options(stub, mode, |p| p.retry.max_attempts = 2) }
}

async fn ask_at(caller: &Caller, turn: u64) -> CallRecord {
    let main = model("route/main");
    let mut request = request(&format!("question {turn}"));
    request.model = "main".to_owned();
    let ask = Ask { model: &main, request, repeat: 0, label: "suite/case", turn, alike: true, aside: None };
    *caller.call(ask, &CancellationToken::new()).await
}

fn answer(record: &CallRecord) -> &str {
    record.reply.as_ref().map_or("", |reply| reply.text.as_str())
}

#[tokio::test(start_paused = true)]
async fn a_fallback_says_who_answered_and_why() {
    let stub = server(503);
    let caller = build(with_route(&stub, CallMode::Live, route(Strategy::Fallback, &["bad-a", "b", "c"])));
    assert!(caller.knows(&model("route/main")).is_ok());
    let record = ask_at(&caller, 0).await;
    assert_eq!((answer(&record), &record.model), ("b", &model("route/main")));
    assert_eq!((record.answered_by.as_ref(), record.source), (Some(&model("openai/b")), CallSource::Live));
    let note = record.route.as_ref().expect("note");
    assert_eq!(note.why, "number 2 of the route, after `openai/bad-a` (overloaded)");
    assert_eq!((note.tried.len(), note.tried[0].error), (1, ErrorKind::Overloaded));
    assert!(record.attempts >= 3 && record.request.model == "b", "{}", record.attempts);
}

#[tokio::test(start_paused = true)]
async fn only_the_failures_that_are_named_go_on() {
    let stub = server(400);
    let plain = route(Strategy::Fallback, &["bad-a", "b"]);
    let caller = build(with_route(&stub, CallMode::Live, plain.clone()));
    // Another model would dislike the request as well.
    let record = ask_at(&caller, 0).await;
    assert_eq!((kind(&record), record.answered_by), (Some(ErrorKind::BadRequest), Some(model("openai/bad-a"))));
    let on = RouteSettings { on: Some(vec![ErrorKind::BadRequest]), ..plain };
    assert_eq!(answer(&ask_at(&build(with_route(&stub, CallMode::Live, on)), 0).await), "b");
}

#[tokio::test(start_paused = true)]
async fn an_open_breaker_is_not_waited_for_when_another_model_can_answer() {
    let stub = Stub::new(|_, request| {
        (Duration::from_millis(20), if asked(request) == "a" { status(500, &[]) } else { ok("x") })
    });
    let mut both = with_route(
        &stub,
        CallMode::Live,
        RouteSettings { models: vec![model("openai/a"), model("other/b")], ..route(Strategy::Fallback, &["a"]) },
    );
    let mut other = both.providers[0].clone();
    other.name = name("other");
    both.providers.push(other);
    let caller = build(both);
    let start = tokio::time::Instant::now();
    let mut slow = 0;
    for turn in 0..200 {
        let begun = tokio::time::Instant::now();
        assert_eq!(kind(&ask_at(&caller, turn).await), None);
        slow += u32::from(begun.elapsed() > Duration::from_millis(100));
    }
    assert!(slow <= 12 && start.elapsed() < Duration::from_secs(20), "{slow} {:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn round_robin_goes_by_the_case_and_not_by_arrival() {
    let stub = server(500);
    let models = ["a", "b", "c"];
    let mut seen = Vec::new();
    for turns in [[0, 1, 2, 3], [3, 2, 1, 0]] {
        let caller = build(with_route(&stub, CallMode::Live, route(Strategy::RoundRobin, &models)));
        let mut answers = Vec::new();
        for turn in turns {
            answers.push((turn, answer(&ask_at(&caller, turn).await).to_owned()));
        }
        answers.sort();
        seen.push(answers);
    }
    assert_eq!(seen[0], seen[1]);
    let answers: Vec<&str> = seen[0].iter().map(|(_, answer)| answer.as_str()).collect();
    assert_eq!(answers, ["a", "b", "c", "a"]);
}

#[tokio::test(start_paused = true)]
async fn the_cheapest_that_is_able_answers() {
    let stub = server(500);
    let table = PriceTable::bundled().expect("prices");
    let with = |needs: Vec<Capability>, models: &[&str]| {
        let route = RouteSettings { needs, ..route(Strategy::Cheapest, models) };
        build(CallerOptions { prices: Some(Arc::new(table.clone())), ..with_route(&stub, CallMode::Live, route) })
    };
    let models = ["unheard-of", "gpt-4o", "gpt-4o-mini"];
    let record = ask_at(&with(vec![], &models), 0).await;
    assert_eq!(answer(&record), "gpt-4o-mini");
    assert!(record.route.expect("note").why.contains("number 1 by price"));
    let record = ask_at(&with(vec![Capability::AudioIn], &["gpt-4o-mini"]), 0).await;
    let error = record.reply.expect_err("none can");
    assert!(error.kind == ErrorKind::Refused && error.message.contains("audio"), "{error:?}");
}

struct Known;

impl History for Known {
    fn of(&self, model: &ModelRef) -> Option<ModelHistory> {
        let of = |p50, failed| ModelHistory { calls: 100, failed, p50_latency_ms: Some(p50), mean_cost: None };
        match model.model.as_str() {
            "slow" => Some(of(5000.0, 0)),
            "fast" => Some(of(10.0, 0)),
            "flaky" => Some(of(9.0, 90)),
            _ => None,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn earlier_runs_tell_who_is_fast_and_this_run_corrects_them() {
    // The one that was fast is slow today.
    let stub = Stub::new(|_, request| {
        let model = asked(request);
        (Duration::from_millis(if model == "fast" { 8_000 } else { 50 }), ok(&model))
    });
    let fastest = with_route(&stub, CallMode::Live, route(Strategy::Fastest, &["slow", "fast"]));
    let caller = build(CallerOptions { history: Some(Arc::new(Known)), ..fastest });
    let mut answers = Vec::new();
    for turn in 0..8 {
        answers.push(answer(&ask_at(&caller, turn).await).to_owned());
    }
    assert_eq!(answers[..5], ["fast"; 5]);
    assert_eq!(answers[5..], ["slow"; 3]);

    let adaptive = with_route(&stub, CallMode::Live, route(Strategy::Adaptive, &["flaky", "fast", "slow"]));
    let record = ask_at(&build(CallerOptions { history: Some(Arc::new(Known)), ..adaptive }), 0).await;
    assert_eq!(answer(&record), "fast");
    assert!(record.route.expect("note").why.starts_with("score "));
}

#[tokio::test(start_paused = true)]
async fn a_reply_is_one_of_its_model_in_price_cache_and_cassette() {
    let folder = tempfile::tempdir().expect("temp");
    let stub = server(503);
    let with = |mode, models: &[&str]| {
        let options = with_route(&stub, mode, route(Strategy::Fallback, models));
        let priced = |model: &ModelRef, _: &_, _| Some(Usd::from_picos(if model.model == "b" { 7 } else { 1 }));
        build(CallerOptions { cassettes: folder.path().to_path_buf(), pricer: Some(Arc::new(priced)), ..options })
    };
    let recorder = with(CallMode::Record, &["bad-a", "b"]);
    let recorded = ask_at(&recorder, 0).await;
    assert_eq!((recorded.cost, answer(&recorded)), (Some(Usd::from_picos(7)), "b"));
    recorder.finish().expect("written");
    let tape = std::fs::read_to_string(folder.path().join("suite.jsonl")).expect("tape");
    assert!(tape.contains("openai/b") && !tape.contains("route/main"), "{tape}");

    // The key is that of a direct call to the model, so that no other model's reply can be taken for it.
    let direct = model("openai/b");
    let mut request = request("question 0");
    request.model = "b".to_owned();
    let ask = Ask { model: &direct, request, repeat: 0, label: "suite/case", turn: 0, alike: true, aside: None };
    let direct = recorder.call(ask, &CancellationToken::new()).await;
    assert_eq!(direct.cache_key, recorded.cache_key);
    let other = ask_at(&with(CallMode::Live, &["c"]), 0).await;
    assert_ne!(other.cache_key, recorded.cache_key);

    let calls = stub.calls();
    let replayed = ask_at(&with(CallMode::Replay, &["bad-a", "b"]), 0).await;
    assert_eq!((answer(&replayed), replayed.source, stub.calls()), ("b", CallSource::Cassette, calls));
    assert_eq!(replayed.answered_by, Some(model("openai/b")));
    let missing = ask_at(&with(CallMode::Replay, &["bad-a", "c"]), 0).await.reply.expect_err("missing");
    assert!(missing.kind == ErrorKind::NotRecorded && missing.message.contains("openai/bad-a"), "{missing:?}");
}

#[tokio::test(start_paused = true)]
async fn unknown_routes_and_unusable_members_are_told_before_any_call() {
    let stub = server(500);
    let caller = build(with_route(&stub, CallMode::Live, route(Strategy::Fallback, &["a"])));
    let unknown = caller.knows(&model("route/mian")).expect_err("unknown").render(false);
    assert!(unknown.contains("unknown-route") && unknown.contains("did you mean `main`?"), "{unknown}");
    let nobody = RouteSettings { models: vec![model("nobody/x")], ..route(Strategy::Fallback, &["a"]) };
    let caller = build(with_route(&stub, CallMode::Live, nobody));
    let broken = caller.knows(&model("route/main")).expect_err("no provider").render(false);
    assert!(broken.contains("route `main`") && broken.contains("`nobody`"), "{broken}");
    assert_eq!(caller.candidates(&model("a/b")), [model("a/b")]);
}
