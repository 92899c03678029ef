//! Providers that never give a usable answer, and what must not be mistaken for one.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::Instant;

use super::caller::Caller;
use super::caller_test::{Cache, NOW, Stub, ask, build, caller, kind, model, ok, options, request, status};
use super::settings::CallMode;
use crate::net::{HttpReply, NetError, TimeoutStage};
use crate::record::{CachedReply, CallRecord, ErrorKind};

/// `workers` that ask until the provider is given up, as an engine does that replaces every failed call by the next.
async fn work(caller: &Caller, workers: u32) -> (Vec<CallRecord>, Duration) {
    let start = Instant::now();
    let all = (0..workers).map(|worker| async move {
        let mut records = Vec::new();
        for n in 0..200 {
            if caller.known_failure(&model()).is_some() || start.elapsed() > Duration::from_secs(1000) {
                break;
            }
            records.push(ask(caller, &format!("{worker} {n}")).await);
        }
        records
    });
    let records = join_all(all).await.into_iter().flatten().collect();
    (records, start.elapsed())
}

async fn given_up(stub: &Arc<Stub>, workers: u32, wanted: ErrorKind) -> Duration {
    let caller = caller(stub);
    let (records, spent) = work(&caller, workers).await;
    assert!(records.iter().all(|record| record.reply.is_err()));
    let error = caller.known_failure(&model()).expect("given up");
    assert_eq!(error.kind, wanted);
    assert!(error.message.contains("never gave a usable answer in") && error.message.contains("last: "), "{error:?}");
    // From now on nobody asks any more.
    let (calls, start) = (stub.calls(), Instant::now());
    let later = ask(&caller, "later").await;
    assert_eq!((kind(&later), stub.calls(), start.elapsed()), (Some(wanted), calls, Duration::ZERO));
    spent
}

#[tokio::test(start_paused = true)]
async fn errors_forever_end_within_half_a_minute() {
    for workers in [1, 4, 50] {
        let stub = Stub::new(|_, _| (Duration::from_millis(20), status(500, &[])));
        let spent = given_up(&stub, workers, ErrorKind::Server).await;
        assert!(spent <= Duration::from_secs(35), "{workers}: {spent:?}");
        assert!(stub.calls() <= workers + 30, "{workers}: {}", stub.calls());
    }
}

#[tokio::test(start_paused = true)]
async fn rate_limits_forever_end_after_a_minute() {
    for workers in [1, 50] {
        let stub = Stub::new(|_, _| (Duration::from_millis(5), status(429, &[("retry-after", "1")])));
        let spent = given_up(&stub, workers, ErrorKind::RateLimited).await;
        assert!((59..=65).contains(&spent.as_secs()), "{workers}: {spent:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn pages_instead_of_replies_cost_one_round_of_calls() {
    let page = || HttpReply { status: 200, body: b"<html>hello</html>".to_vec(), ..HttpReply::default() };
    let stub = Stub::new(move |_, _| (Duration::from_millis(20), Ok(page())));
    let spent = given_up(&stub, 50, ErrorKind::Malformed).await;
    assert!(spent <= Duration::from_secs(1) && stub.calls() <= 75, "{spent:?} {}", stub.calls());
}

#[tokio::test(start_paused = true)]
async fn hangs_forever_end_after_the_probe() {
    let stub = Stub::new(|_, _| (Duration::from_secs(60), Err(NetError::Timeout(TimeoutStage::FirstByte))));
    let spent = given_up(&stub, 50, ErrorKind::Timeout).await;
    assert!(spent <= Duration::from_secs(125) && stub.calls() <= 60, "{spent:?} {}", stub.calls());
}

#[tokio::test(start_paused = true)]
async fn a_bad_start_is_ridden_out() {
    // The first round hangs or fails, the probe takes longer than the patience, then all is well.
    for first in [60, 300] {
        let stub = Stub::new(move |number, _| match number {
            0..20 => (Duration::from_secs(first), Err(NetError::Timeout(TimeoutStage::FirstByte))),
            _ => (Duration::from_secs(50), ok("x")),
        });
        let caller = caller(&stub);
        let records = join_all((0..20).map(|n| {
            let caller = &caller;
            async move { ask(caller, &n.to_string()).await }
        }))
        .await;
        assert_eq!(records.iter().filter_map(kind).collect::<Vec<_>>(), []);
    }
}

#[tokio::test(start_paused = true)]
async fn two_hangs_of_a_model_that_thinks_long_are_survived() {
    let stub = Stub::new(|number, _| match number {
        0 => (NOW, ok("x")),
        1 | 2 => (Duration::from_secs(300), Err(NetError::Timeout(TimeoutStage::FirstByte))),
        _ => (Duration::from_secs(5), ok("x")),
    });
    let caller = caller(&stub);
    ask(&caller, "a").await;
    let record = ask(&caller, "b").await;
    assert_eq!((kind(&record), record.attempts), (None, 3));
}

#[tokio::test(start_paused = true)]
async fn fast_failures_do_not_condemn_a_provider_that_answers_slowly() {
    let page = || HttpReply { status: 200, body: b"<html>hello</html>".to_vec(), ..HttpReply::default() };
    let stub = Stub::new(move |number, request| {
        let slow = String::from_utf8_lossy(&request.body).contains("slow");
        match number {
            _ if slow => (Duration::from_secs(50), ok("slow")),
            0..3 => (NOW, Ok(page())),
            // Late enough for the patience to be over.
            3..6 => (Duration::from_secs(40), status(500, &[])),
            _ => (NOW, ok("x")),
        }
    });
    let caller = caller(&stub);
    let ask_later = |text| {
        let caller = &caller;
        async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            ask(caller, text).await
        }
    };
    let records = tokio::join!(ask_later("a"), ask(&caller, "slow"), ask_later("b"));
    assert_eq!(kind(&records.1), None);
    assert!(caller.known_failure(&model()).is_none());
    assert_eq!(kind(&ask(&caller, "later").await), None);
}

#[tokio::test(start_paused = true)]
async fn a_late_reply_lifts_the_verdict() {
    let page = || HttpReply { status: 200, body: b"<html>hello</html>".to_vec(), ..HttpReply::default() };
    let stub = Stub::new(move |number, _| match number {
        0 => (Duration::from_secs(3), Ok(page())),
        1 => (Duration::from_secs(5), ok("late")),
        2 => (Duration::from_secs(3), Ok(page())),
        _ => (NOW, ok("x")),
    });
    let caller = caller(&stub);
    // Call `a` reads its second page while `late`, sent after it, is still under way.
    let a = async {
        let record = ask(&caller, "a").await;
        assert!(caller.known_failure(&model()).is_some());
        record
    };
    let (bad, late) = tokio::join!(a, async {
        tokio::time::sleep(Duration::from_millis(2_990)).await;
        ask(&caller, "late").await
    });
    assert_eq!((kind(&bad), kind(&late)), (Some(ErrorKind::Malformed), None));
    assert!(caller.known_failure(&model()).is_none());
    assert_eq!(kind(&ask(&caller, "later").await), None);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_echoed_never_leaves_the_caller() {
    let stub = Stub::new(|_, _| (NOW, ok(&format!("{}sk-test-key-1", "x".repeat(75)))));
    let record = ask(&caller(&stub), "q").await;
    assert_eq!(record.reply.expect("reply").text, format!("{}(redacted)", "x".repeat(75)));
}

#[tokio::test(start_paused = true)]
async fn the_cache_is_asked_for_the_request_as_it_would_be_sent() {
    let stub = Stub::new(|_, _| (NOW, ok("x")));
    let capped = |cache: Option<Arc<Cache>>, mode| {
        let mut options = options(&stub, mode, |_| {});
        options.max_tokens_per_request = Some(500);
        options.cache = cache.map(|cache| cache as Arc<dyn super::caller::ReplyCache>);
        build(options)
    };
    let first = ask(&capped(None, CallMode::Live), "q").await;
    let kept = CachedReply {
        reply: first.reply.clone().expect("reply"),
        latency_ms: first.latency_ms,
        cost: first.cost,
        started: first.started,
    };
    let cache = Arc::new(Cache(HashMap::from([(first.cache_key, kept)])));
    let asked =
        |mode, text: &str, repeat| capped(Some(Arc::clone(&cache)), mode).is_cached(&model(), &request(text), repeat);
    assert!(asked(CallMode::Live, "q", 0) && asked(CallMode::Record, "q", 0));
    assert!(!asked(CallMode::Live, "q", 1) && !asked(CallMode::Live, "r", 0) && !asked(CallMode::Replay, "q", 0));
    assert!(!capped(None, CallMode::Live).is_cached(&model(), &request("q"), 0));
    assert_eq!(stub.calls(), 1);
}
