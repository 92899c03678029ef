//! Attempts of several requests, proofs that expire, and streams, against a scripted transport and paused time.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::authority::{Access, Authority};
use super::caller::{Ask, Caller, CallerOptions};
use super::caller_test::{build, kind, request};
use super::settings::{CallMode, ProviderSettings};
use super::spec::{Encoded, Endpoint, Failure, Follow, ProviderSpec, Wire};
use super::stream::{Frame, Framing, Sign, StreamDecoder, StreamWire};
use crate::base::{ManualClock, Millis, ModelRef, SafeName, Secret, Timestamp};
use crate::net::{Body, HttpReply, HttpRequest, Method, NetError, OpenReply, Timeouts, Transport};
use crate::record::{CallError, CallRecord, ChatReply, ChatRequest, ErrorKind};

/// Asks for a job, polls for it, and takes its text; as a stream, lines of text up to `.`.
#[derive(Debug)]
struct Polling;

impl Wire for Polling {
    fn encode(&self, _: &ChatRequest, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
        Ok(Encoded { http: plain(Method::Post, endpoint.base_url), warnings: vec![] })
    }

    fn decode(&self, reply: &HttpReply) -> Result<ChatReply, Failure> {
        match reply.status {
            200 => Ok(ChatReply::of_text(String::from_utf8_lossy(&reply.body))),
            401 => Err(Failure::new(ErrorKind::Auth, "who?")),
            _ => Err(Failure::new(ErrorKind::Server, "no")),
        }
    }

    fn thinks_long(&self, _: &ChatRequest) -> bool {
        false
    }

    fn follow(&self, reply: &HttpReply, _: Endpoint<'_>, step: u32) -> Option<Follow> {
        let url = std::str::from_utf8(&reply.body).ok()?.strip_prefix("see ")?;
        Some(Follow { http: plain(Method::Get, url), after: Duration::from_millis(100 * u64::from(step + 1)) })
    }

    fn streaming(&self) -> Option<&dyn StreamWire> {
        Some(self)
    }
}

impl StreamWire for Polling {
    fn framing(&self) -> Framing {
        Framing::Lines
    }

    fn decoder(&self) -> Box<dyn StreamDecoder> {
        Box::new(Text(String::new()))
    }
}

struct Text(String);

impl StreamDecoder for Text {
    fn frame(&mut self, frame: &Frame) -> Result<Sign, Failure> {
        if frame.data == "." {
            return Ok(Sign::End);
        }
        self.0.push_str(&frame.data);
        Ok(Sign::Visible)
    }

    fn finish(self: Box<Self>) -> Result<ChatReply, Failure> {
        Ok(ChatReply::of_text(self.0))
    }
}

fn plain(method: Method, url: &str) -> HttpRequest {
    HttpRequest { method, url: url.to_owned(), headers: vec![], auth: None, body: vec![] }
}

/// Proofs are numbers; the first one that is given out is refused.
#[derive(Debug, Default)]
struct Numbers(AtomicU32);

impl Authority for Numbers {
    fn authorize<'a>(&'a self, request: &'a mut HttpRequest, _: Access<'a>) -> BoxFuture<'a, Result<(), Failure>> {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        request.headers.push(("proof".to_owned(), number.to_string()));
        Box::pin(async { Ok(()) })
    }

    fn refused(&self, reply: &HttpReply) -> bool {
        reply.status == 401
    }
}

static PLAIN: ProviderSpec =
    ProviderSpec { name: "polling", base_url: "https://jobs.test/start", wire: Some(&Polling), ..ProviderSpec::PLAIN };

static PROVED: ProviderSpec =
    ProviderSpec { authority: Some(|_| Arc::new(Numbers::default())), name: "proved", ..PLAIN_COPY };

const PLAIN_COPY: ProviderSpec =
    ProviderSpec { base_url: "https://jobs.test/start", wire: Some(&Polling), ..ProviderSpec::PLAIN };

type Script = fn(usize, &HttpRequest) -> (u16, &'static str);

/// Answers by script, and remembers what it was asked: method, URL, key, proof.
#[derive(Debug)]
struct Scripted {
    script: Script,
    asked: Mutex<Vec<String>>,
}

impl Scripted {
    fn reply(&self, request: &HttpRequest) -> HttpReply {
        let mut asked = self.asked.lock().expect("asked");
        let (status, body) = (self.script)(asked.len(), request);
        let key = request.auth.as_ref().map_or("", |auth| auth.secret.expose());
        let header =
            |name: &str| request.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value);
        let line = format!("{} {} {key} {} {}", request.method.word(), request.url, header("proof"), header("x-own"));
        asked.push(line.trim_end().to_owned());
        let kind = if body.starts_with('"') { "application/json; charset=utf-8" } else { "text/plain" };
        let headers = [("request-id", "r1"), ("content-type", kind)];
        HttpReply { status, headers: headers.into_iter().collect(), body: body.into() }
    }
}

impl Transport for Scripted {
    fn send<'a>(&'a self, request: &'a HttpRequest, _: &'a Timeouts) -> BoxFuture<'a, Result<HttpReply, NetError>> {
        Box::pin(async { Ok(self.reply(request)) })
    }

    fn open<'a>(&'a self, request: &'a HttpRequest, times: &'a Timeouts) -> BoxFuture<'a, Result<OpenReply, NetError>> {
        Box::pin(async {
            sleep(Duration::from_millis(20)).await;
            let mut reply = self.reply(request);
            let lines: Vec<u8> = std::mem::take(&mut reply.body);
            let end = Instant::now() + times.total;
            Ok(OpenReply::new(reply, Box::new(Slowly(lines.into())), Some(end)))
        })
    }
}

/// One byte every 10 ms; at the byte `!` nothing more, ever.
struct Slowly(std::collections::VecDeque<u8>);

impl Body for Slowly {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Vec<u8>>, NetError>> {
        Box::pin(async {
            if self.0.front() == Some(&b'!') {
                std::future::pending::<()>().await;
            }
            sleep(Duration::from_millis(10)).await;
            Ok(self.0.pop_front().map(|byte| vec![byte]))
        })
    }
}

fn caller(
    spec: &'static ProviderSpec,
    script: Script,
    change: impl Fn(&mut ProviderSettings),
) -> (Caller, Arc<Scripted>) {
    let mut settings = ProviderSettings::new(SafeName::parse("p").expect("name"), spec);
    settings.key = Some(spec.key_of(Secret::new("sk-key"), None));
    settings.headers = vec![("x-own".to_owned(), "mine".to_owned())];
    change(&mut settings);
    let transport = Arc::new(Scripted { script, asked: Mutex::default() });
    let options = CallerOptions {
        semantic: None,
        mode: CallMode::Live,
        providers: vec![settings],
        cache: None,
        vectors: None,
        root: "/".into(),
        cassettes: "/nonexistent".into(),
        clock: Arc::new(ManualClock::at(Timestamp(0))),
        transport: Arc::clone(&transport) as Arc<dyn Transport>,
        seed: 1,
        pricer: None,
        max_tokens_per_request: None,
        secrets: vec![],
        concurrency: None,
        routings: vec![],
        prices: None,
        history: None,
    };
    (build(options), transport)
}

async fn ask(caller: &Caller, stop: &CancellationToken) -> CallRecord {
    let model = ModelRef::parse("p/m").expect("model");
    *caller
        .call(
            Ask { model: &model, request: request("q"), repeat: 0, label: "s/c", turn: 0, alike: true, aside: None },
            stop,
        )
        .await
}

fn text(record: &CallRecord) -> Result<&str, ErrorKind> {
    record.reply.as_ref().map(|reply| reply.text.as_str()).map_err(|error| error.kind)
}

fn asked(transport: &Scripted) -> Vec<String> {
    transport.asked.lock().expect("asked").clone()
}

#[tokio::test(start_paused = true)]
async fn an_exchange_of_several_requests_is_followed_with_the_key_and_headers_of_the_first() {
    let (caller, transport) = caller(
        &PLAIN,
        |number, _| match number {
            0 => (201, "see https://jobs.test/1"),
            1 => (200, "see https://jobs.test/1"),
            2 => (503, "for a moment"),
            _ => (200, "done"),
        },
        |_| {},
    );
    let record = ask(&caller, &CancellationToken::new()).await;
    // 100 and 200 ms between the steps, and 500 ms after the one that failed.
    assert_eq!((text(&record), record.attempts, record.latency_ms), (Ok("done"), 1, Millis(800)));
    let poll = "GET https://jobs.test/1 sk-key  mine";
    assert_eq!(asked(&transport), ["POST https://jobs.test/start sk-key  mine", poll, poll, poll]);
}

#[tokio::test(start_paused = true)]
async fn another_origin_gets_no_key() {
    let script: Script = |number, _| if number == 0 { (200, "see https://elsewhere.test/1") } else { (200, "done") };
    let (caller, transport) = caller(&PLAIN, script, |_| {});
    assert_eq!(text(&ask(&caller, &CancellationToken::new()).await), Ok("done"));
    assert_eq!(asked(&transport)[1], "GET https://elsewhere.test/1");
}

#[tokio::test(start_paused = true)]
async fn an_exchange_without_end_ends_at_the_total_time() {
    let (caller, _) = caller(
        &PLAIN,
        |_, _| (200, "see https://jobs.test/1"),
        |settings| {
            settings.timeouts.total_ms = Some(5_000);
            settings.retry.max_attempts = 1;
            settings.retry.startup_attempts = 1;
        },
    );
    let record = ask(&caller, &CancellationToken::new()).await;
    assert_eq!((text(&record), record.possible_double_charge), (Err(ErrorKind::Timeout), true));
    assert!(record.attempts == 1, "{record:?}");
}

#[tokio::test(start_paused = true)]
async fn a_proof_that_is_refused_is_made_anew_once_within_the_attempt() {
    let script: Script = |_, request| {
        let proof = request.headers.iter().find(|(name, _)| name == "proof").map_or("", |(_, value)| value);
        if proof == "0" { (401, "") } else { (200, "done") }
    };
    let (fresh, transport) = caller(&PROVED, script, |_| {});
    let record = ask(&fresh, &CancellationToken::new()).await;
    assert_eq!((text(&record), record.attempts), (Ok("done"), 1));
    assert_eq!(asked(&transport).len(), 2);
    let (refused, transport) = caller(&PROVED, |_, _| (401, ""), |_| {});
    assert_eq!(text(&ask(&refused, &CancellationToken::new()).await), Err(ErrorKind::Auth));
    assert_eq!(asked(&transport).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_stream_keeps_its_times_and_the_id_of_its_head() {
    let (caller, _) = caller(&PLAIN, |_, _| (200, "ab\nc\n.\nnot read"), |settings| settings.stream = true);
    let record = ask(&caller, &CancellationToken::new()).await;
    let reply = record.reply.as_ref().expect("reply");
    let times = reply.stream.expect("times");
    assert_eq!((reply.text.as_str(), reply.request_id.as_deref()), ("abc", Some("r1")));
    assert_eq!((times.first_byte_ms, times.first_token_ms), (Millis(20), Some(Millis(50))));
    assert_eq!((times.chunks, times.longest_gap_ms, record.latency_ms), (2, Millis(20), Millis(90)));
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_halts_ends_at_the_idle_time_and_one_that_is_stopped_at_once() {
    let (caller, _) = caller(
        &PLAIN,
        |_, _| (200, "ab\n!"),
        |settings| {
            settings.stream = true;
            settings.timeouts.idle_ms = Some(7_000);
            settings.retry.startup_attempts = 1;
        },
    );
    let begun = Instant::now();
    let record = ask(&caller, &CancellationToken::new()).await;
    let error = record.reply.as_ref().expect_err("timeout");
    assert_eq!((error.kind, error.status, record.possible_double_charge), (ErrorKind::Timeout, Some(200), true));
    assert!(error.message.contains("in time (7.00 s)") && error.message.contains("1 piece"), "{}", error.message);
    assert_eq!(begun.elapsed(), Duration::from_millis(7_050));

    let stop = CancellationToken::new();
    let begun = Instant::now();
    let (record, ()) = tokio::join!(ask(&caller, &stop), async {
        sleep(Duration::from_millis(500)).await;
        stop.cancel();
    });
    assert_eq!((kind(&record), begun.elapsed()), (Some(ErrorKind::Cancelled), Duration::from_millis(500)));
}

#[tokio::test(start_paused = true)]
async fn an_error_that_drips_ends_at_the_total_time_of_whole_replies() {
    let script: Script = |_, _| (500, "slowly, one byte after the other, for ever");
    let (caller, _) = caller(&PLAIN, script, |settings| {
        settings.stream = true;
        settings.timeouts.total_ms = Some(200);
        settings.retry.startup_attempts = 1;
    });
    let begun = Instant::now();
    let record = ask(&caller, &CancellationToken::new()).await;
    assert_eq!((kind(&record), begun.elapsed()), (Some(ErrorKind::Timeout), Duration::from_millis(200)));
}

#[tokio::test(start_paused = true)]
async fn errors_and_whole_replies_to_a_request_for_a_stream_are_decoded_as_always() {
    let script: Script = |number, _| if number == 0 { (503, "busy") } else { (200, "\"whole\"") };
    let (caller, _) = caller(&PLAIN, script, |settings| settings.stream = true);
    let record = ask(&caller, &CancellationToken::new()).await;
    assert_eq!((text(&record), record.attempts), (Ok("\"whole\""), 2));
    assert_eq!(record.reply.as_ref().expect("reply").stream, None);
}
