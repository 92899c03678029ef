//! Limits that the user sets, and limits that headers state.

use super::*;

const LONGEST: Duration = Duration::from_secs(120);

async fn slot(limiter: &Limiter, input: u64) -> Slot {
    limiter.slot("m", Load { input, output: 0 }, LONGEST).await.expect("slot")
}

async fn seconds_for(limiter: &Limiter, calls: u32, tokens: u64) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        drop(slot(limiter, tokens).await);
    }
    start.elapsed().as_secs_f64()
}

fn limiter(limits: Limits) -> Limiter {
    Limiter::new(limits, None, false)
}

fn near(found: f64, wanted: f64) {
    assert!((found - wanted).abs() <= 0.03 * wanted + 0.01, "{found} is not {wanted}");
}

fn pause(limiter: &Limiter, model: &str, seconds: u64) {
    limiter.with(lane::family(model), |lane, _| lane.pause(Duration::from_secs(seconds)));
}

fn learn(limiter: &Limiter, headers: &[(&str, &str)]) {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    limiter.learn("m", &HttpReply { status: 200, headers, body: vec![] }, Timestamp(1_795_271_400_000));
}

#[tokio::test(start_paused = true)]
async fn a_minutes_quota_is_spread() {
    near(seconds_for(&limiter(Limits { rpm: Some(600), ..Limits::default() }), 301, 0).await, 30.6);
    near(seconds_for(&limiter(Limits { rpm: Some(60), ..Limits::default() }), 51, 0).await, 51.0);
}

#[tokio::test(start_paused = true)]
async fn tokens_are_reserved_and_settled() {
    let limiter = limiter(Limits { tpm: Some(6000), ..Limits::default() });
    let of = |tokens| Load { input: tokens, output: 1 };
    assert_eq!(limiter.refuses(of(5999)), None);
    assert!(limiter.refuses(of(6000)).is_some_and(|why| why.contains("6001")));
    let held = slot(&limiter, 1000).await;
    limiter.settle(&held, Some(Used { total: 100, uncached: 60, output: 40 }));
    // 900 of the 1000 are back: the next 900 wait for nothing.
    near(seconds_for(&limiter, 1, 900).await, 0.0);
    near(seconds_for(&limiter, 1, 1000).await, 10.2);
}

#[tokio::test(start_paused = true)]
async fn input_and_output_have_limits_of_their_own_and_output_is_expected_not_feared() {
    let limits = Limits { itpm: Some(6000), otpm: Some(6000), ..Limits::default() };
    let limiter = limiter(limits);
    assert!(limiter.refuses(Load { input: 6001, output: 0 }).is_some_and(|why| why.contains("itpm")));
    assert_eq!(limiter.refuses(Load { input: 10, output: 100_000 }), None);
    let load = Load { input: 0, output: 4000 };
    for _ in 0..100 {
        let held = limiter.slot("m", load, LONGEST).await.expect("slot");
        limiter.settle(&held, Some(Used { total: 10, uncached: 0, output: 10 }));
    }
    // Replies have 10 tokens: two hundred of them are 2,000, of which 1,000 go at once.
    let start = Instant::now();
    for _ in 0..200 {
        let held = limiter.slot("m", load, LONGEST).await.expect("slot");
        limiter.settle(&held, Some(Used { total: 10, uncached: 0, output: 10 }));
    }
    assert!(start.elapsed() < Duration::from_secs(22), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn slots_bound_the_calls_at_once_and_a_cancelled_wait_gives_its_quota_back() {
    let limiter = limiter(Limits { concurrency: Some(1), rpm: Some(60), ..Limits::default() });
    let held = slot(&limiter, 0).await;
    assert!(tokio::time::timeout(Duration::from_secs(2), slot(&limiter, 0)).await.is_err());
    drop(held);
    near(seconds_for(&limiter, 1, 0).await, 0.0);
    for _ in 0..5 {
        assert!(tokio::time::timeout(Duration::from_millis(1), slot(&limiter, 0)).await.is_err());
    }
    near(seconds_for(&limiter, 1, 0).await, 1.0);
}

#[tokio::test(start_paused = true)]
async fn a_pause_holds_one_family_and_the_longest_wins() {
    let limiter = limiter(Limits::default());
    drop(slot(&limiter, 0).await);
    pause(&limiter, "m-latest", 5);
    pause(&limiter, "m", 2);
    let start = Instant::now();
    drop(limiter.slot("other", Load::default(), LONGEST).await.expect("slot"));
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert!(
        limiter.spare_slot("m", Load::default()).is_none() && limiter.spare_slot("other", Load::default()).is_some()
    );
    assert!((5.0..5.1).contains(&seconds_for(&limiter, 1, 0).await));
    pause(&limiter, "m", 500);
    let held = limiter.slot("m", Load::default(), LONGEST).await.err();
    assert_eq!(held, Some(Held::Pause(Duration::from_secs(500))));
}

#[tokio::test(start_paused = true)]
async fn a_days_quota_is_not_waited_for() {
    let limiter = limiter(Limits { rpd: Some(3), ..Limits::default() });
    near(seconds_for(&limiter, 3, 0).await, 0.0);
    let held = limiter.slot("m", Load::default(), LONGEST).await.err();
    assert!(matches!(held, Some(Held::Day(left)) if left > Duration::from_secs(20_000)), "{held:?}");
}

#[tokio::test(start_paused = true)]
async fn what_headers_state_is_kept_to_below_what_the_user_set() {
    let limiter = limiter(Limits { rpm: Some(6000), ..Limits::default() });
    drop(slot(&limiter, 0).await);
    learn(&limiter, &[("x-ratelimit-limit-requests", "60"), ("x-ratelimit-remaining-requests", "59")]);
    near(seconds_for(&limiter, 10, 0).await, 11.2);
    // The limit was raised; the user's still holds.
    learn(&limiter, &[("x-ratelimit-limit-requests", "600000"), ("x-ratelimit-remaining-requests", "599999")]);
    near(seconds_for(&limiter, 1050, 0).await, 10.6);
    // A window that is used up opens at its end.
    learn(
        &limiter,
        &[
            ("x-ratelimit-limit-requests", "600000"),
            ("x-ratelimit-remaining-requests", "0"),
            ("x-ratelimit-reset-requests", "30s"),
        ],
    );
    near(seconds_for(&limiter, 1, 0).await, 30.0);
    learn(&limiter, &[("x-ratelimit-limit-tokens", "6000"), ("x-ratelimit-remaining-tokens", "0")]);
    near(seconds_for(&limiter, 1, 500).await, 5.1);
    // Larger than the limit by our estimate: it is not for us to refuse it.
    near(seconds_for(&limiter, 1, 60_000).await, 10.2);
}

#[tokio::test(start_paused = true)]
async fn a_refused_request_gives_back_what_it_had_set_aside() {
    let limiter = limiter(Limits { tpm: Some(6000), rpd: Some(2), ..Limits::default() });
    for _ in 0..20 {
        let held = slot(&limiter, 1000).await;
        limiter.refused(&held, None, Duration::ZERO, false);
        drop(held);
        tokio::time::advance(Duration::from_secs(2)).await;
    }
    assert!(seconds_for(&limiter, 1, 1000).await < 2.0);
}
