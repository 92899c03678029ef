//! What stands around the calls: limits learned from replies, second requests, healing, breaker notices.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;
use tokio::time::Instant;

use super::caller::Caller;
use super::caller_test::{NOW, Stub, ask, build, kind, ok, options, status};
use super::settings::{CallMode, HedgeSettings, Limits, ProviderSettings};
use crate::base::{SafeName, Usd};
use crate::net::{HttpReply, NetError};
use crate::record::{CallRecord, ErrorKind};

fn caller(stub: &Arc<Stub>, change: impl Fn(&mut ProviderSettings)) -> Caller {
    build(options(stub, CallMode::Live, change))
}

async fn ask_all(caller: &Caller, workers: u32, each: u32) -> Vec<CallRecord> {
    let work = (0..workers).map(|worker| async move {
        let mut records = Vec::new();
        for n in 0..each {
            records.push(ask(caller, &format!("{worker} {n}")).await);
        }
        records
    });
    join_all(work).await.into_iter().flatten().collect()
}

#[tokio::test(start_paused = true)]
async fn a_healthy_server_is_used_to_the_full() {
    let stub = Stub::new(|_, _| (Duration::from_millis(50), ok("x")));
    let mut options = options(&stub, CallMode::Live, |_| {});
    options.concurrency = Some(50);
    let caller = build(options);
    let start = Instant::now();
    ask_all(&caller, 50, 20).await;
    // The ideal is one second.
    assert!(start.elapsed() <= Duration::from_millis(1050), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn limits_in_headers_are_kept_to() {
    let stub = Stub::new(|_, _| {
        let reply = ok("x").map(|reply| HttpReply {
            headers: vec![
                ("x-ratelimit-limit-requests".to_owned(), "600".to_owned()),
                ("x-ratelimit-remaining-requests".to_owned(), "590".to_owned()),
            ]
            .into_iter()
            .collect(),
            ..reply
        });
        (Duration::from_millis(50), reply)
    });
    let caller = caller(&stub, |_| {});
    let start = Instant::now();
    ask_all(&caller, 10, 11).await;
    // Ten before anything is known, a hundred at ten a second.
    let seconds = start.elapsed().as_secs_f64();
    assert!((9.9..10.8).contains(&seconds), "{seconds}");
}

#[tokio::test(start_paused = true)]
async fn a_day_without_requests_is_told_and_not_waited_for() {
    let stub = Stub::new(|_, _| (NOW, ok("x")));
    let caller = caller(&stub, |p| p.limits = Limits { rpd: Some(2), ..Limits::default() });
    let records = ask_all(&caller, 1, 3).await;
    let error = records[2].reply.as_ref().expect_err("used up");
    assert_eq!((error.kind, stub.calls()), (ErrorKind::RateLimited, 2));
    assert!(error.message.contains("`rpd`"), "{}", error.message);
}

/// Every hundredth request is slow.
fn slow_now_and_then() -> Arc<Stub> {
    Stub::new(|number, _| (Duration::from_millis(if number % 100 == 50 { 9_000 } else { 20 }), ok("x")))
}

#[tokio::test(start_paused = true)]
async fn a_second_request_rescues_a_slow_one_and_is_counted() {
    for hedge in [HedgeSettings::After { after_ms: 100 }, HedgeSettings::Percentile(95)] {
        let stub = slow_now_and_then();
        let caller = caller(&stub, |p| p.hedge = Some(hedge));
        let records = ask_all(&caller, 1, 400).await;
        let slowest = records.iter().map(|record| record.latency_ms.0).max();
        assert!(slowest <= Some(200), "{hedge:?} {slowest:?}");
        let hedged: Vec<&CallRecord> = records.iter().filter(|record| record.hedges > 0).collect();
        assert_eq!(hedged.len(), 4, "{hedge:?}");
        assert!(hedged.iter().all(|record| record.possible_double_charge && record.attempts == 2));
        assert_eq!((hedged[0].cost, hedged[0].spent()), (Some(Usd::from_picos(3)), Some(Usd::from_picos(6))));
        assert_eq!(stub.calls(), 404);
    }
}

#[tokio::test(start_paused = true)]
async fn second_requests_are_off_by_default_and_never_more_than_a_twentieth() {
    let stub = slow_now_and_then();
    let records = ask_all(&caller(&stub, |_| {}), 1, 100).await;
    assert!(records.iter().any(|record| record.latency_ms.0 == 9_000) && stub.calls() == 100);

    let all_slow = Stub::new(|_, _| (Duration::from_secs(5), ok("x")));
    let caller = caller(&all_slow, |p| p.hedge = Some(HedgeSettings::After { after_ms: 100 }));
    let records = ask_all(&caller, 10, 20).await;
    assert!(records.iter().all(|record| record.reply.is_ok()));
    assert!((200..=210).contains(&all_slow.calls()), "{}", all_slow.calls());
}

#[tokio::test(start_paused = true)]
async fn a_failing_first_request_leaves_the_second_to_answer() {
    let stub = Stub::new(|number, _| match number {
        40 => (Duration::from_millis(300), Err(NetError::Reset("reset".into()))),
        41 => (Duration::from_millis(400), ok("second")),
        _ => (Duration::from_millis(10), ok("x")),
    });
    let caller = caller(&stub, |p| p.hedge = Some(HedgeSettings::After { after_ms: 100 }));
    let records = ask_all(&caller, 1, 41).await;
    let last = &records[40];
    assert_eq!((last.reply.as_ref().map(|r| r.text.as_str()), last.attempts), (Ok("second"), 2));
}

fn unsupported() -> Result<HttpReply, NetError> {
    let body = r#"{"error": {"message": "Unsupported parameter", "type": "invalid_request_error",
        "param": "seed", "code": "unsupported_parameter"}}"#;
    Ok(HttpReply { status: 400, body: body.as_bytes().to_vec(), ..HttpReply::default() })
}

#[tokio::test(start_paused = true)]
async fn a_parameter_that_is_not_taken_is_left_out_only_where_the_user_wants_it() {
    let picky = || {
        Stub::new(|_, request| {
            let body: Value = serde_json::from_slice(&request.body).expect("json");
            (NOW, if body.get("seed").is_some() { unsupported() } else { ok("x") })
        })
    };
    for (heal, wanted) in [(false, Some(ErrorKind::BadRequest)), (true, None)] {
        let stub = picky();
        let caller = caller(&stub, |p| p.heal = heal);
        let mut request = super::caller_test::request("q");
        request.params.extra.insert("seed".into(), 7.into());
        let stop = tokio_util::sync::CancellationToken::new();
        let model = super::caller_test::model();
        let ask = super::caller::Ask {
            model: &model,
            request,
            repeat: 0,
            label: "suite/case",
            turn: 0,
            alike: true,
            aside: None,
        };
        let record = caller.call(ask, &stop).await;
        assert_eq!((kind(&record), stub.calls()), (wanted, if heal { 2 } else { 1 }));
        if let Ok(reply) = &record.reply {
            assert_eq!((reply.warnings[0].param.as_str(), reply.warnings[0].action.as_str()), ("seed", "dropped"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_told_and_counted() {
    let start = Instant::now();
    let stub = Stub::new(move |_, _| {
        let down = (1.0..6.0).contains(&start.elapsed().as_secs_f64());
        (Duration::from_millis(20), if down { status(500, &[]) } else { ok("x") })
    });
    let caller = caller(&stub, |_| {});
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let hear = Arc::clone(&heard);
    caller.on_notice(move |text| hear.lock().expect("lock").push(text));
    let records = ask_all(&caller, 20, 200).await;
    assert_eq!(records.iter().filter_map(kind).collect::<Vec<_>>(), []);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    assert_eq!(caller.breaker_openings(), [(SafeName::parse("openai").expect("name"), 1)]);
    let heard = heard.lock().expect("lock").clone();
    assert_eq!(heard.len(), 3, "{heard:?}");
    assert!(
        heard[0].contains("failed 5 times in a row (server)") && heard[2].contains("answers again after"),
        "{heard:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn three_faults_in_ten_of_every_kind_are_ridden_out() {
    let stub = Stub::new(|number, _| {
        let late = Duration::from_millis(50);
        match number.wrapping_mul(2_654_435_761) % 100 {
            0..6 => (NOW, status(429, &[("retry-after-ms", "200")])),
            6..12 => (late, status(500, &[])),
            12..18 => (late, status(503, &[])),
            18..24 => (late, status(529, &[])),
            24..30 => (late, Err(NetError::Reset("reset".into()))),
            _ => (late, ok("x")),
        }
    });
    let mut options = options(&stub, CallMode::Live, |_| {});
    options.concurrency = Some(20);
    let caller = build(options);
    let start = Instant::now();
    let records = ask_all(&caller, 20, 100).await;
    assert_eq!(records.iter().filter_map(kind).collect::<Vec<_>>(), []);
    assert!(stub.calls() <= 3_200, "{}", stub.calls());
    println!("2000 calls at 30 % faults: {} requests, {:?}", stub.calls(), start.elapsed());
    assert!(start.elapsed() < Duration::from_secs(400), "{:?}", start.elapsed());
}
