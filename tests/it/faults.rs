//! What every fault of a server comes to, for replies read whole and for streams: the table in `tests/faults.txt`.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::join_all;
use karat::base::{Clock, ManualClock, ModelRef, Problems, SafeName, Secret, SystemClock, Timestamp};
use karat::net::{HttpClient, NetOptions};
use karat::provider::{
    Ask, BreakerSettings, CallMode, Caller, CallerOptions, ProviderSettings, RetrySettings, TimeoutSettings,
    provider_spec,
};
use karat::record::{CallRecord, ChatRequest, Message, OutputFormat, Params, Role, ToolChoice};
use tokio_util::sync::CancellationToken;

use crate::faulty::{Asked, Fault, Faulty};

/// 2026-11-21T14:30:00Z: where the clock of the table stands still.
const NOW: Timestamp = Timestamp(1_795_271_400_000);

fn settings(kind: &str, name: &str, url: &str, stream: bool) -> ProviderSettings {
    let mut settings = ProviderSettings::new(SafeName::parse(name).expect("name"), provider_spec(kind).expect("kind"));
    settings.base_url = Some(format!("{url}/v1"));
    settings.key = Some(settings.spec.key_of(Secret::new("sk-test"), None));
    settings.stream = stream;
    // Far more than anything takes here that comes at all, on a machine however busy.
    settings.timeouts = TimeoutSettings {
        connect_ms: None,
        first_byte_ms: Some(20_000),
        idle_ms: Some(20_000),
        total_ms: Some(40_000),
    };
    settings.retry = RetrySettings {
        max_attempts: 3,
        base_ms: 10,
        overload_base_ms: 20,
        cap_ms: 40,
        deadline_ms: 60_000,
        ..RetrySettings::default()
    };
    settings.breaker = BreakerSettings { pause_ms: 20, max_pause_ms: 50, ..BreakerSettings::default() };
    settings
}

fn caller(providers: Vec<ProviderSettings>, clock: Arc<dyn Clock>) -> Caller {
    let options = CallerOptions {
        semantic: None,
        mode: CallMode::Live,
        providers,
        cache: None,
        vectors: None,
        root: PathBuf::from("/"),
        cassettes: PathBuf::from("/nonexistent"),
        clock,
        transport: Arc::new(HttpClient::new(NetOptions::default())),
        seed: 1,
        pricer: None,
        max_tokens_per_request: None,
        secrets: vec![],
        concurrency: None,
        routings: vec![],
        prices: None,
        history: None,
    };
    let mut problems = Problems::new();
    Caller::new(options, &mut problems).unwrap_or_else(|| panic!("{}", problems.render(false)))
}

async fn ask(caller: &Caller, provider: &str, text: &str) -> CallRecord {
    let model = ModelRef::parse(&format!("{provider}/gpt-4o")).expect("model");
    let request = ChatRequest {
        vars: None,
        model: "gpt-4o".into(),
        messages: vec![Message::text(Role::User, text)],
        params: Params { max_tokens: Some(9), ..Params::default() },
        output: OutputFormat::Text,
        tools: vec![],
        parallel_tools: None,
        prediction: None,
        tool_choice: ToolChoice::Auto,
    };
    *caller
        .call(
            Ask { model: &model, request, repeat: 0, label: "faults/x", turn: 0, alike: true, aside: None },
            &CancellationToken::new(),
        )
        .await
}

/// The rows of the table: name, kind of provider, fault.
fn rows() -> Vec<(&'static str, &'static str, Fault)> {
    let limited = |headers: &[(&'static str, &str)]| {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Fault::Status(429, headers, "rate_limit_error")
    };
    let status = |status, kind, headers: &[(&'static str, &str)]| {
        Fault::Status(status, headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(), kind)
    };
    vec![
        ("429 without a word", "openai", limited(&[])),
        ("429 retry-after: 1.2", "openai", limited(&[("retry-after", "1.2")])),
        ("429 retry-after: date in 2 s", "openai", limited(&[("retry-after", "Sat, 21 Nov 2026 14:30:02 GMT")])),
        ("429 retry-after-ms: 1200", "openai", limited(&[("retry-after-ms", "1200"), ("retry-after", "9")])),
        (
            "429 x-ratelimit-reset: 1.2s",
            "openai",
            limited(&[("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", "1.2s")]),
        ),
        (
            "429 anthropic reset in 2 s",
            "anthropic",
            limited(&[
                ("anthropic-ratelimit-requests-remaining", "0"),
                ("anthropic-ratelimit-requests-reset", "2026-11-21T14:30:02Z"),
            ]),
        ),
        ("429 retry-after: 300", "openai", limited(&[("retry-after", "300")])),
        ("429 x-should-retry: false", "openai", limited(&[("x-should-retry", "false")])),
        ("429 quota", "openai", status(429, "insufficient_quota", &[])),
        ("400 x-should-retry: true", "openai", status(400, "invalid_request_error", &[("x-should-retry", "true")])),
        ("400", "openai", status(400, "invalid_request_error", &[])),
        ("500", "openai", status(500, "server_error", &[])),
        ("500 x-should-retry: false", "openai", status(500, "server_error", &[("x-should-retry", "false")])),
        ("503 retry-after: 1.2", "openai", status(503, "service_unavailable_error", &[("retry-after", "1.2")])),
        ("529", "anthropic", status(529, "overloaded_error", &[])),
        ("reset before the head", "openai", Fault::ResetBeforeHead),
        ("reset in the body", "openai", Fault::ResetInBody),
        ("truncated", "openai", Fault::Truncated),
        ("truncated", "anthropic", Fault::Truncated),
        ("malformed JSON", "openai", Fault::Malformed),
        ("web page", "openai", Fault::Html),
        ("error inside", "openai", Fault::ErrorInside),
        ("error inside", "anthropic", Fault::ErrorInside),
        ("hang before the head", "openai", Fault::HangBeforeHead),
        ("hang in the body", "openai", Fault::HangInBody),
        ("100 MB", "openai", Fault::Huge),
        ("slow loris", "openai", Fault::Loris),
    ]
}

/// One cell: how a call ends, after how many attempts, how long it waited on its own, and whether it may have been
/// billed twice.
fn told(record: &CallRecord) -> String {
    let kind = record.reply.as_ref().err().map_or("answered", |error| error.kind.word());
    // Servers ask for more than a second here, and waits of ours are at most 40 ms: what lies between is for a machine
    // that is busy. How exactly a wait is kept is for the tests of `retry`.
    let waited = if record.waited_ms.0 < 1_000 { "" } else { ", waits as asked" };
    let billed = if record.possible_double_charge { ", maybe billed" } else { "" };
    format!("{kind}, {} sent{waited}{billed}", record.attempts)
}

/// Whether only a time limit of ours ends it.
fn hangs(fault: &Fault) -> bool {
    matches!(fault, Fault::HangBeforeHead | Fault::HangInBody | Fault::Loris)
}

/// A fault that comes once and one that stays, each for a provider that has answered before.
async fn cells(kind: &str, fault: &Fault, stream: bool) -> [String; 2] {
    let fault = fault.clone();
    // Rate limits are bounded by time and not by attempts: one that stays is tried for as long as a call may take.
    let is_waited_out = matches!(&fault, Fault::Status(429, _, "rate_limit_error"));
    let waits_for_the_limit = hangs(&fault);
    let server = Faulty::start(move |asked: &Asked| match asked.user.as_str() {
        "once" if asked.attempt == 0 => fault.clone(),
        "always" => fault.clone(),
        _ => Fault::None,
    });
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(NOW));
    let mut settings = settings(kind, "p", &server.url, stream);
    if waits_for_the_limit {
        settings.timeouts.first_byte_ms = Some(2_000);
        settings.timeouts.idle_ms = Some(2_000);
        settings.timeouts.total_ms = Some(4_000);
    }
    let lone = caller(vec![settings], clock);
    let good = ask(&lone, "p", "good").await;
    let reply = good.reply.as_ref().expect("a good answer");
    assert_eq!((reply.text.as_str(), reply.stream.is_some()), ("good", stream));
    let once = told(&ask(&lone, "p", "once").await);
    let always = if is_waited_out { "—".to_owned() } else { told(&ask(&lone, "p", "always").await) };
    [once, always]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_has_its_outcome() {
    let rows = rows();
    let row = async |(name, kind, fault): &(&str, &str, Fault)| {
        let (plain, stream) = tokio::join!(cells(kind, fault, false), cells(kind, fault, true));
        let mut row = String::new();
        for (mode, [once, always]) in [("plain ", plain), ("stream", stream)] {
            writeln!(row, "{name:<30} {kind:<9} {mode} | {once:<55} | {always}").expect("write");
        }
        row
    };
    // Those with short time limits come after the others, when nothing keeps the machine busy but them.
    let (slow, quick): (Vec<_>, Vec<_>) = rows.iter().partition(|(.., fault)| hangs(fault));
    let mut found: HashMap<&str, String> = HashMap::new();
    for group in [quick, slow] {
        let told = join_all(group.iter().map(|it| row(it))).await;
        group.iter().zip(told).for_each(|((name, ..), told)| found.entry(name).or_default().push_str(&told));
    }
    let mut names: Vec<&str> = rows.iter().map(|(name, ..)| *name).collect();
    names.dedup();
    let table: String = names.iter().filter_map(|name| found.remove(name)).collect();
    let found = format!("{:<30} {:<9} {:<6} | {:<55} | {}\n{table}", "fault", "provider", "reply", "once", "always");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults.txt");
    if std::env::var_os("FAULTS").is_some_and(|word| word == "overwrite") {
        std::fs::write(&path, &found).expect("write");
    }
    let wanted = std::fs::read_to_string(&path).expect("tests/faults.txt");
    assert!(found == wanted, "outcomes differ from tests/faults.txt (FAULTS=overwrite writes it anew):\n{found}");
}

/// The faults of the long run, all of them such that a caller must get over them.
fn mixed(number: usize) -> Fault {
    let soon = vec![("retry-after-ms", "5".to_owned())];
    match number % 10 {
        0 => Fault::Status(429, soon, "rate_limit_error"),
        1 => Fault::Status(500, vec![], "server_error"),
        2 => Fault::Status(503, soon, "service_unavailable_error"),
        3 => Fault::Status(529, soon, "overloaded_error"),
        4 => Fault::ResetBeforeHead,
        5 => Fault::ResetInBody,
        6 => Fault::Truncated,
        7 => Fault::Malformed,
        8 => Fault::ErrorInside,
        _ => Fault::HangInBody,
    }
}

/// Which request fails depends on the case and its attempt alone, not on the order of arrival.
fn dice(user: &str, attempt: usize) -> usize {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in user.bytes().chain(attempt.to_be_bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    usize::try_from((hash >> 17) % 1_000).expect("small")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_calls_get_over_thirty_percent_of_faults() {
    const CALLS: usize = 2_000;
    let server = Faulty::start(|asked| {
        let dice = dice(&asked.user, asked.attempt);
        if dice < 300 { mixed(dice) } else { Fault::None }
    });
    let quick = |mut settings: ProviderSettings| {
        settings.limits.concurrency = Some(40);
        // Those that hang are given up soon.
        settings.timeouts.idle_ms = Some(1_500);
        settings.timeouts.total_ms = Some(1_500);
        settings.retry.max_attempts = 10;
        settings
    };
    let plain = quick(settings("openai", "plain", &server.url, false));
    let stream = quick(settings("openai", "stream", &server.url, true));
    let caller = caller(vec![plain, stream], Arc::new(SystemClock));
    let records = join_all((0..CALLS).map(|number| {
        let caller = &caller;
        async move {
            let provider = if number % 2 == 0 { "plain" } else { "stream" };
            let text = format!("case {number}");
            let record = ask(caller, provider, &text).await;
            (text, record)
        }
    }))
    .await;
    let lost: Vec<String> = records
        .iter()
        .filter(|(text, record)| record.reply.as_ref().map_or(true, |reply| reply.text != *text))
        .map(|(text, record)| format!("{text}: {:?}", record.reply.as_ref().map(|reply| &reply.text)))
        .collect();
    assert!(lost.is_empty(), "{lost:#?}");
    let calls = server.calls();
    let sent: usize = records.iter().map(|(_, record)| usize::try_from(record.attempts).expect("small")).sum();
    assert_eq!(calls, sent, "every request that was sent is told");
    assert!(calls > CALLS * 13 / 10, "the faults were there: {calls}");
    assert!(calls * 10 <= CALLS * 16, "{calls} requests for {CALLS} calls");
}
