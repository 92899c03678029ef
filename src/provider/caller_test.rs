//! The caller as a whole, against a scripted transport and paused time.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use serde_json::json;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::caller::{Ask, Caller, CallerOptions, ReplyCache};
use super::registry::provider_spec;
use super::settings::{CallMode, Limits, MockSettings, ProviderSettings};
use crate::base::{Digest, ManualClock, Millis, ModelRef, Problems, SafeName, Secret, Timestamp, Usd};
use crate::net::{HttpReply, HttpRequest, NetError, TimeoutStage, Timeouts, Transport};
use crate::record::{
    CachedReply, CallRecord, CallSource, ChatRequest, ErrorKind, Message, OutputFormat, Params, Role, ToolChoice,
};

type Script = Box<dyn Fn(u32, &HttpRequest) -> (Duration, Result<HttpReply, NetError>) + Send + Sync>;

/// Answers by script: the number of the call (from 0) and the request decide.
pub(super) struct Stub {
    script: Script,
    calls: AtomicU32,
    in_flight: AtomicU32,
    most: AtomicU32,
    bodies: Mutex<Vec<serde_json::Value>>,
}

impl std::fmt::Debug for Stub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stub")
    }
}

impl Stub {
    pub(super) fn new(
        script: impl Fn(u32, &HttpRequest) -> (Duration, Result<HttpReply, NetError>) + Send + Sync + 'static,
    ) -> Arc<Stub> {
        Arc::new(Stub {
            script: Box::new(script),
            calls: AtomicU32::new(0),
            in_flight: AtomicU32::new(0),
            most: AtomicU32::new(0),
            bodies: Mutex::new(vec![]),
        })
    }

    pub(super) fn calls(&self) -> u32 {
        self.calls.load(Ordering::Relaxed)
    }

    pub(super) fn bodies(&self) -> Vec<serde_json::Value> {
        self.bodies.lock().expect("bodies").clone()
    }
}

impl Transport for Stub {
    fn send<'a>(&'a self, request: &'a HttpRequest, _: &'a Timeouts) -> BoxFuture<'a, Result<HttpReply, NetError>> {
        Box::pin(async move {
            let number = self.calls.fetch_add(1, Ordering::Relaxed);
            let now = self.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
            self.most.fetch_max(now, Ordering::Relaxed);
            self.bodies.lock().expect("bodies").push(serde_json::from_slice(&request.body).expect("json"));
            let (latency, result) = (self.script)(number, request);
            tokio::time::sleep(latency).await;
            self.in_flight.fetch_sub(1, Ordering::Relaxed);
            result
        })
    }
}

pub(super) fn ok(text: &str) -> Result<HttpReply, NetError> {
    let body = json!({"id": "x", "model": "gpt-4o", "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
        "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}]});
    Ok(HttpReply { status: 200, body: body.to_string().into_bytes(), ..HttpReply::default() })
}

pub(super) fn status(status: u16, headers: &[(&str, &str)]) -> Result<HttpReply, NetError> {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Ok(HttpReply { status, headers, body: br#"{"error":{"message":"no, sk-test-key-1"}}"#.to_vec() })
}

fn refused() -> Result<HttpReply, NetError> {
    Err(NetError::Connect("Connection refused".into()))
}

pub(super) const NOW: Duration = Duration::ZERO;

pub(super) fn options(stub: &Arc<Stub>, mode: CallMode, change: impl Fn(&mut ProviderSettings)) -> CallerOptions {
    let mut openai =
        ProviderSettings::new(SafeName::parse("openai").expect("name"), provider_spec("openai").expect("spec"));
    openai.key = Some(openai.spec.key_of(Secret::new("sk-test-key-1"), None));
    change(&mut openai);
    CallerOptions {
        mode,
        providers: vec![openai],
        cache: None,
        semantic: None,
        vectors: None,
        root: std::path::PathBuf::from("/"),
        cassettes: std::path::PathBuf::from("/nonexistent"),
        clock: Arc::new(ManualClock::at(Timestamp(1_795_271_400_000))),
        transport: Arc::clone(stub) as Arc<dyn Transport>,
        seed: 1,
        pricer: Some(Arc::new(|_, reply, _| {
            reply.usage.map(|usage| Usd::from_picos(i64::try_from(usage.input.unwrap_or(0)).unwrap_or(0)))
        })),
        max_tokens_per_request: None,
        secrets: vec![],
        concurrency: None,
        routings: vec![],
        prices: None,
        history: None,
    }
}

pub(super) fn build(options: CallerOptions) -> Caller {
    let mut problems = Problems::new();
    Caller::new(options, &mut problems).unwrap_or_else(|| panic!("{}", problems.render(false)))
}

pub(super) fn caller(stub: &Arc<Stub>) -> Caller {
    build(options(stub, CallMode::Live, |_| {}))
}

pub(super) fn request(text: &str) -> ChatRequest {
    ChatRequest {
        model: "gpt-4o".into(),
        messages: vec![Message::text(Role::User, text)],
        params: Params::default(),
        output: OutputFormat::Text,
        tools: vec![],
        parallel_tools: None,
        vars: None,
        prediction: None,
        tool_choice: ToolChoice::Auto,
    }
}

pub(super) fn model() -> ModelRef {
    ModelRef::parse("openai/gpt-4o").expect("model")
}

async fn ask_with(caller: &Caller, request: ChatRequest, repeat: u32, stop: &CancellationToken) -> CallRecord {
    *caller
        .call(Ask { model: &model(), request, repeat, label: "suite/case", turn: 0, alike: true, aside: None }, stop)
        .await
}

pub(super) async fn ask(caller: &Caller, text: &str) -> CallRecord {
    ask_with(caller, request(text), 0, &CancellationToken::new()).await
}

pub(super) fn kind(record: &CallRecord) -> Option<ErrorKind> {
    record.reply.as_ref().err().map(|error| error.kind)
}

#[tokio::test(start_paused = true)]
async fn a_plain_call_is_live_priced_and_carries_its_key_in_a_header() {
    let stub = Stub::new(|_, request| {
        let auth = request.auth.as_ref().expect("auth");
        assert_eq!(
            (auth.header.as_str(), auth.prefix, auth.secret.expose()),
            ("authorization", "Bearer ", "sk-test-key-1")
        );
        assert_eq!(request.url, "https://api.openai.com/v1/chat/completions");
        (Duration::from_millis(40), ok("hi"))
    });
    let record = ask(&caller(&stub), "q").await;
    assert_eq!(record.reply.as_ref().map(|reply| reply.text.as_str()), Ok("hi"));
    assert_eq!(
        (record.source, record.latency_ms, record.attempts, record.waited_ms),
        (CallSource::Live, Millis(40), 1, Millis(0))
    );
    assert_eq!((record.cost, record.started), (Some(Usd::from_picos(3)), Timestamp(1_795_271_400_000)));
}

#[tokio::test(start_paused = true)]
async fn waits_and_attempts_are_told_and_latency_is_the_last_attempts() {
    let stub = Stub::new(|number, _| match number {
        0 => (Duration::from_millis(7), status(429, &[("retry-after-ms", "1000")])),
        1 => (
            Duration::from_millis(7),
            Ok(HttpReply { status: 200, body: b"{\"cut\": ".to_vec(), ..HttpReply::default() }),
        ),
        _ => (Duration::from_millis(30), ok("at last")),
    });
    let record = ask(&caller(&stub), "q").await;
    assert_eq!((record.attempts, record.latency_ms), (3, Millis(30)));
    assert!((1000..=2300).contains(&record.waited_ms.0), "{:?}", record.waited_ms);
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_holds_the_whole_provider_so_that_there_is_no_storm() {
    let stub =
        Stub::new(|number, _| if number == 0 { (NOW, status(429, &[("retry-after", "10")])) } else { (NOW, ok("x")) });
    let caller = caller(&stub);
    let start = Instant::now();
    let first = ask(&caller, "a");
    let later = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(stub.calls(), 1);
        join_all((0..50).map(|n| {
            let caller = &caller;
            async move { ask(caller, &n.to_string()).await }
        }))
        .await;
        start.elapsed()
    };
    let (first, later) = tokio::join!(first, later);
    assert!(first.reply.is_ok() && later >= Duration::from_secs(10), "{later:?}");
    assert_eq!(stub.calls(), 52);
}

#[tokio::test(start_paused = true)]
async fn a_storm_of_faults_ends_with_every_call_answered() {
    // 30 % rate limits, 5 % resets, 5 % cut bodies, 2 % hangs, decided by the number of the call.
    let stub = Stub::new(|number, _| match number.wrapping_mul(2_654_435_761) % 100 {
        0..30 => (Duration::from_millis(5), status(429, &[("retry-after", "1")])),
        30..35 => (Duration::from_millis(5), Err(NetError::Reset("connection reset".into()))),
        35..40 => {
            (Duration::from_millis(5), Ok(HttpReply { status: 200, body: b"{\"choi".to_vec(), ..HttpReply::default() }))
        }
        40..42 => (Duration::from_secs(60), Err(NetError::Timeout(TimeoutStage::FirstByte))),
        _ => (Duration::from_millis(5), ok("x")),
    });
    let caller = caller(&stub);
    let records = join_all((0..400).map(|n| {
        let caller = &caller;
        async move { ask(caller, &n.to_string()).await }
    }))
    .await;
    let failed: Vec<_> = records.iter().filter_map(kind).collect();
    assert_eq!(failed, []);
    assert!(records.iter().any(|record| record.possible_double_charge));
    let attempts: u32 = records.iter().map(|record| record.attempts).sum();
    assert_eq!(attempts, stub.calls());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_dies_for_five_seconds_costs_no_case() {
    let start = Instant::now();
    let stub = Stub::new(move |_, _| {
        let down = (2.0..7.0).contains(&start.elapsed().as_secs_f64());
        (Duration::from_millis(20), if down { refused() } else { ok("x") })
    });
    let caller = caller(&stub);
    let work = (0..20).map(|worker| {
        let caller = &caller;
        async move {
            let mut failed = Vec::new();
            for n in 0..200 {
                failed.extend(kind(&ask(caller, &format!("{worker} {n}")).await));
            }
            failed
        }
    });
    let failed: Vec<ErrorKind> = join_all(work).await.into_iter().flatten().collect();
    assert_eq!(failed, []);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    // While it is down the breaker lets single probes through.
    assert!(stub.calls() < 4000 + 60, "{}", stub.calls());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_down_from_the_start_is_told_within_seconds() {
    let stub = Stub::new(|_, _| (Duration::from_millis(1), refused()));
    let caller = caller(&stub);
    let start = Instant::now();
    let records = join_all((0..20).map(|n| {
        let caller = &caller;
        async move { ask(caller, &n.to_string()).await }
    }))
    .await;
    assert!(start.elapsed() <= Duration::from_secs(5), "{:?}", start.elapsed());
    for record in &records {
        let error = record.reply.as_ref().expect_err("down");
        assert!(matches!(error.kind, ErrorKind::Network | ErrorKind::CircuitOpen), "{error:?}");
        assert!(error.message.contains("https://api.openai.com/v1"), "{}", error.message);
    }
    // From now on nobody asks any more.
    let calls = stub.calls();
    let start = Instant::now();
    let later = ask(&caller, "later").await;
    assert_eq!((kind(&later), later.attempts, stub.calls()), (Some(ErrorKind::Network), 0, calls));
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert!(caller.known_failure(&model()).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_wrong_key_fails_everybody_who_waits_without_another_call() {
    let stub = Stub::new(|_, _| (Duration::from_millis(50), status(401, &[])));
    let caller =
        build(options(&stub, CallMode::Live, |p| p.limits = Limits { concurrency: Some(4), ..Limits::default() }));
    let records = join_all((0..100).map(|n| {
        let caller = &caller;
        async move { ask(caller, &n.to_string()).await }
    }))
    .await;
    assert!(records.iter().all(|record| kind(record) == Some(ErrorKind::Auth)));
    assert!(stub.calls() <= 4 && stub.most.load(Ordering::Relaxed) <= 4, "{}", stub.calls());
    // The key that the provider repeats in its message never gets out.
    assert!(records.iter().all(|r| !format!("{:?}", r.reply).contains("sk-test-key")));
}

#[tokio::test(start_paused = true)]
async fn one_odd_refusal_in_a_running_model_is_asked_again() {
    let stub = Stub::new(|number, _| if number == 1 { (NOW, status(401, &[])) } else { (NOW, ok("x")) });
    let caller = caller(&stub);
    assert_eq!(kind(&ask(&caller, "a").await), None);
    let record = ask(&caller, "b").await;
    assert_eq!((kind(&record), record.attempts), (None, 2));
}

#[tokio::test(start_paused = true)]
async fn identical_calls_are_made_once_and_repeats_apart() {
    let stub = Stub::new(|number, _| (Duration::from_millis(100), ok(&number.to_string())));
    let caller = caller(&stub);
    let stop = CancellationToken::new();
    let calls = [0, 0, 0, 1].map(|repeat| ask_with(&caller, request("q"), repeat, &stop));
    let records = join_all(calls).await;
    assert_eq!(stub.calls(), 2);
    let seen: Vec<_> = records.iter().map(|r| (r.source, r.attempts, r.spent())).collect();
    let (live, shared) = ((CallSource::Live, 1, Some(Usd::from_picos(3))), (CallSource::Shared, 0, Some(Usd::ZERO)));
    assert_eq!(seen, [live, shared, shared, live]);
    assert!(records[..3].iter().all(|r| r.latency_ms == Millis(100) && r.cost == Some(Usd::from_picos(3))));
}

#[tokio::test(start_paused = true)]
async fn a_follower_takes_over_when_the_leader_is_stopped() {
    let stub = Stub::new(|_, _| (Duration::from_millis(100), ok("x")));
    let caller = caller(&stub);
    let (first, second) = (CancellationToken::new(), CancellationToken::new());
    let stopper = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        first.cancel();
    };
    let (leader, follower, ()) =
        tokio::join!(ask_with(&caller, request("q"), 0, &first), ask_with(&caller, request("q"), 0, &second), stopper);
    assert_eq!((kind(&leader), leader.attempts), (Some(ErrorKind::Cancelled), 1));
    assert_eq!((kind(&follower), follower.source, stub.calls()), (None, CallSource::Live, 2));
}

#[tokio::test(start_paused = true)]
async fn stopping_ends_a_call_wherever_it_waits() {
    let limited = Stub::new(|_, _| (NOW, status(429, &[("retry-after", "100")])));
    let hanging = Stub::new(|_, _| (Duration::from_secs(500), ok("x")));
    for stub in [limited, hanging] {
        let caller = caller(&stub);
        let stop = CancellationToken::new();
        let start = Instant::now();
        let stopper = async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            stop.cancel();
        };
        let (record, ()) = tokio::join!(ask_with(&caller, request("q"), 0, &stop), stopper);
        assert_eq!((kind(&record), start.elapsed()), (Some(ErrorKind::Cancelled), Duration::from_secs(2)));
    }
}

pub(super) struct Cache(pub(super) HashMap<Digest, CachedReply>);

impl ReplyCache for Cache {
    fn get(&self, key: &Digest) -> Option<CachedReply> {
        self.0.get(key).cloned()
    }
}

#[tokio::test(start_paused = true)]
async fn a_cached_reply_keeps_its_latency_and_cost_and_depends_on_the_base_url() {
    let stub = Stub::new(|_, _| (Duration::from_millis(70), ok("x")));
    let first = ask(&caller(&stub), "q").await;
    let kept = CachedReply {
        reply: first.reply.clone().expect("reply"),
        latency_ms: first.latency_ms,
        cost: first.cost,
        started: first.started,
    };
    let cache: Arc<dyn ReplyCache> = Arc::new(Cache(HashMap::from([(first.cache_key, kept)])));
    let cached = |change: fn(&mut ProviderSettings)| {
        let mut options = options(&stub, CallMode::Live, change);
        options.cache = Some(Arc::clone(&cache));
        build(options)
    };
    assert!(cached(|_| {}).is_cached(&model(), &request("q"), 0));
    assert!(
        !cached(|_| {}).is_cached(&model(), &request("q"), 1) && !caller(&stub).is_cached(&model(), &request("q"), 0)
    );
    let record = ask(&cached(|_| {}), "q").await;
    assert_eq!((record.source, record.latency_ms, record.attempts), (CallSource::Cache, Millis(70), 0));
    assert_eq!((record.cost, record.spent()), (first.cost, Some(Usd::ZERO)));
    let proxied = ask(&cached(|p| p.base_url = Some("http://127.0.0.1:1/v1".into())), "q").await;
    assert_eq!((proxied.source, stub.calls()), (CallSource::Live, 2));
}

#[tokio::test(start_paused = true)]
async fn the_token_limit_is_sent_when_none_is_asked_and_refuses_more() {
    let stub = Stub::new(|_, _| (NOW, ok("x")));
    let mut options = options(&stub, CallMode::Live, |_| {});
    options.max_tokens_per_request = Some(500);
    let caller = build(options);
    let stop = CancellationToken::new();
    let limited = |tokens| ChatRequest { params: Params { max_tokens: tokens, ..Params::default() }, ..request("q") };
    let unset = ask_with(&caller, limited(None), 0, &stop).await;
    assert_eq!((kind(&unset), unset.request.params.max_tokens), (None, Some(500)));
    assert_eq!(stub.bodies.lock().expect("bodies")[0]["max_tokens"], 500);
    let refusal = ask_with(&caller, limited(Some(501)), 0, &stop).await.reply.expect_err("over the limit");
    assert_eq!(refusal.kind, ErrorKind::Refused);
    for part in ["501", "500", "MAX_TOKENS_PER_REQUEST", "`max_tokens_per_request`", "karat.yaml"] {
        assert!(refusal.message.contains(part), "{}", refusal.message);
    }
    let mut hidden = request("q");
    hidden.params.extra.insert("max_completion_tokens".into(), json!(9000));
    assert_eq!(kind(&ask_with(&caller, hidden, 0, &stop).await), Some(ErrorKind::Refused));
    assert_eq!(stub.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_recorded_is_replayed_without_a_network() {
    let folder = tempfile::tempdir().expect("temp");
    let stub = Stub::new(|_, _| (Duration::from_millis(33), ok("x")));
    let with = |mode| {
        let mut options = options(&stub, mode, |_| {});
        options.cassettes = folder.path().to_path_buf();
        build(options)
    };
    let recorder = with(CallMode::Record);
    ask(&recorder, "q").await;
    assert_eq!(recorder.finish().expect("written"), [folder.path().join("suite.jsonl")]);
    let player = with(CallMode::Replay);
    let record = ask(&player, "q").await;
    assert_eq!(
        (record.source, record.latency_ms, record.cost),
        (CallSource::Cassette, Millis(33), Some(Usd::from_picos(3)))
    );
    let missing = ask(&player, "something else").await;
    assert_eq!((kind(&missing), stub.calls()), (Some(ErrorKind::NotRecorded), 1));
    let text = missing.reply.expect_err("missing").message;
    assert!(
        text.contains("`suite/case`") && text.contains("openai/gpt-4o") && text.contains("karat eval --record"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_mock_stands_in_for_any_provider_and_its_faults_are_retried() {
    let folder = tempfile::tempdir().expect("temp");
    let rules = folder.path().join("rules.json");
    std::fs::write(&rules, r#"[{"match": "q", "fault": "429", "times": 2}, {"match": "q", "reply": "scripted"}]"#)
        .expect("write");
    let stub = Stub::new(|_, _| (NOW, refused()));
    let caller = build(options(&stub, CallMode::Replay, |p| {
        p.spec = provider_spec("mock").expect("mock");
        p.mock = MockSettings { rules: Some(rules.clone()), ..MockSettings::default() };
    }));
    let record = ask(&caller, "q").await;
    assert_eq!(record.reply.as_ref().map(|reply| reply.text.as_str()), Ok("scripted"));
    assert_eq!((record.source, record.attempts, stub.calls()), (CallSource::Mock, 0, 0));
    assert_eq!(kind(&ask(&caller, "other").await), Some(ErrorKind::Refused));
}

#[test]
fn unknown_providers_missing_keys_and_bad_urls_are_told_before_any_call() {
    let stub = Stub::new(|_, _| (NOW, refused()));
    let keyless = build(options(&stub, CallMode::Live, |p| p.key = None));
    let missing = keyless.knows(&model()).expect_err("no key").render(false);
    assert!(missing.contains("missing-key") && missing.contains("OPENAI_API_KEY"), "{missing}");
    let unknown = keyless.knows(&ModelRef::parse("opnai/gpt-4o").expect("model")).expect_err("unknown").render(false);
    assert!(unknown.contains("did you mean `openai`?"), "{unknown}");
    let local = build(options(&stub, CallMode::Live, |p| {
        p.key = None;
        p.base_url = Some("http://127.0.0.1:1/v1".into());
    }));
    assert!(local.knows(&model()).is_ok());
    assert!(build(options(&stub, CallMode::Replay, |p| p.key = None)).knows(&model()).is_ok());

    let mut problems = Problems::new();
    let bad = options(&stub, CallMode::Live, |p| p.base_url = Some("api.openai.com/v1".into()));
    assert!(Caller::new(bad, &mut problems).is_none());
    assert!(problems.render(false).contains("invalid-base-url"), "{}", problems.render(false));
}
