//! How many calls are made at once, all providers together.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use super::caller::{Ask, Caller, CallerOptions};
use super::caller_test::{Stub, build, ok, options, request};
use super::registry::provider_spec;
use super::settings::{CallMode, ProviderSettings};
use crate::base::{ModelRef, SafeName, Secret};
use crate::record::{CallRecord, ErrorKind};

/// A caller of `openai` and, at another address, `other`.
fn two_providers(stub: &Arc<Stub>, concurrency: Option<u32>) -> Caller {
    let plain = options(stub, CallMode::Live, |_| {});
    let mut other =
        ProviderSettings::new(SafeName::parse("other").expect("name"), provider_spec("openai").expect("spec"));
    other.key = Some(other.spec.key_of(Secret::new("sk-test-key-2"), None));
    let providers = plain.providers.into_iter().chain([other]).collect();
    build(CallerOptions { providers, concurrency, ..plain })
}

async fn ask(caller: &Caller, number: u64, stop: &CancellationToken) -> CallRecord {
    let provider = if number.is_multiple_of(2) { "openai" } else { "other" };
    let model = ModelRef::parse(&format!("{provider}/gpt-4o")).expect("model");
    let request = request(&format!("question {number}"));
    let ask = Ask { model: &model, request, repeat: 0, label: "suite/case", turn: number, alike: true, aside: None };
    *caller.call(ask, stop).await
}

#[tokio::test(start_paused = true)]
async fn no_more_calls_are_made_at_once_than_the_run_may() {
    for (concurrency, most) in [(Some(5), 5), (Some(1), 1), (None, 40)] {
        let stub = Stub::new(|_, _| (Duration::from_millis(200), ok("x")));
        let caller = two_providers(&stub, concurrency);
        let stop = CancellationToken::new();
        let records = join_all((0..40).map(|number| ask(&caller, number, &stop))).await;
        assert!(records.iter().all(|record| record.reply.is_ok() && record.attempts == 1));
        assert_eq!((stub.calls(), stub.most_at_once()), (40, most), "{concurrency:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_others_to_end_is_stopped_at_once_and_sends_nothing() {
    let stub = Stub::new(|_, _| (Duration::from_secs(60), ok("x")));
    let caller = two_providers(&stub, Some(2));
    let stop = CancellationToken::new();
    let began = tokio::time::Instant::now();
    let stopping = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        stop.cancel();
    };
    let (records, ()) = tokio::join!(join_all((0..8).map(|number| ask(&caller, number, &stop))), stopping);
    let cancelled = |record: &CallRecord| record.reply.as_ref().is_err_and(|error| error.kind == ErrorKind::Cancelled);
    assert!(records.iter().all(cancelled));
    assert_eq!((stub.calls(), began.elapsed().as_secs()), (2, 1));
}
