//! When to try again: what servers ask for, how long we wait on our own, and when to stop. Pure.

use std::time::Duration;

use super::settings::RetrySettings;
use super::spec::{Failure, Retry};
use crate::base::Timestamp;
use crate::net::HttpReply;
use crate::record::ErrorKind;

/// Waits above this are taken for nonsense and ignored (reference §16).
const SANE: Duration = Duration::from_secs(3600);

/// Most waits for an unreachable server: it must be noticed soon after it is back.
const UNREACHABLE_CAP_MS: u64 = 5_000;

/// How far a call has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Tally {
    /// Attempts sent.
    pub(super) attempts: u32,
    /// Failures that count against the limit.
    pub(super) counted: u32,
    /// Failures of every sort in a row, for the exponent.
    pub(super) streak: u32,
    /// Replies that could not be read.
    pub(super) malformed: u32,
    /// Answers that timed out after they began.
    pub(super) total_timeouts: u32,
    /// Answers of a fatal class.
    pub(super) fatal: u32,
    /// Since the first attempt was sent.
    pub(super) elapsed: Duration,
    /// Since the server became unreachable, if it is.
    pub(super) unreachable: Option<Duration>,
}

/// What to do after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// This was the last attempt.
    GiveUp,
    /// Try again after this.
    Wait(Duration),
}

/// What is known of the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Standing {
    /// It has spoken, if only to refuse.
    pub(super) answered: bool,
    /// This model has given a reply.
    pub(super) model_answered: bool,
    /// How long it has been failing without ever giving a reply; `None` when it has, and for the mock.
    pub(super) startup: Option<Duration>,
    /// Another attempt takes longer than this failure did: failures are often faster than answers.
    pub(super) hopeful: bool,
}

/// Whether a provider that never gave a reply has had its time, or replies with something that is no API.
pub(super) fn startup_over(failure: &Failure, tally: &Tally, settings: &RetrySettings, standing: Standing) -> bool {
    let Some(failing) = standing.startup.filter(|_| ails(failure) && !standing.hopeful) else { return false };
    let patience = match failure.error.kind {
        ErrorKind::Malformed if tally.malformed >= settings.startup_malformed => return true,
        ErrorKind::RateLimited => settings.startup_limited_ms,
        _ => settings.startup_failing_ms,
    };
    failing >= Duration::from_millis(patience)
}

/// Whether a failure says that the provider does not work, and not that it dislikes this request.
pub(super) fn ails(failure: &Failure) -> bool {
    failure.counts_for_breaker() || matches!(failure.error.kind, ErrorKind::RateLimited | ErrorKind::Malformed)
}

/// Decides; `tally` already holds the failure; `unit` is a random number in 0..1.
pub(super) fn decide(
    failure: &Failure,
    tally: &Tally,
    settings: &RetrySettings,
    standing: Standing,
    unit: f64,
) -> Decision {
    if failure.error.kind.is_fatal() {
        // A model that has answered before is asked once more: one odd refusal must not end the run.
        let again = standing.model_answered && tally.fatal < 2;
        return if again { Decision::Wait(Duration::from_millis(settings.base_ms)) } else { Decision::GiveUp };
    }
    if failure.retry == Retry::Never || startup_over(failure, tally, settings, standing) {
        return Decision::GiveUp;
    }
    if failure.unreachable {
        return unreachable_wait(tally, settings, standing.answered, unit);
    }
    let proven = standing.answered && standing.startup.is_none();
    let limit = if proven { settings.max_attempts } else { settings.startup_attempts.min(settings.max_attempts) };
    if counts(failure) && tally.counted >= limit {
        return Decision::GiveUp;
    }
    // The provider bills an answer that was begun: once more at most (reference §16).
    if failure.total_timeout && tally.total_timeouts > 1 {
        return Decision::GiveUp;
    }
    let longest = Duration::from_millis(settings.server_wait_ms);
    let wait = match failure.wait {
        Some(asked) if asked > longest => return Decision::GiveUp,
        // A little more than asked, so that many callers do not wake together.
        Some(asked) => asked.mul_f64(1.0 + 0.1 * unit),
        None => {
            let base = if failure.retry == Retry::Slowly { settings.overload_base_ms } else { settings.base_ms };
            backoff(base, settings.cap_ms, tally.streak, unit)
        }
    };
    let end = tally.elapsed.saturating_add(wait);
    if end > Duration::from_millis(settings.deadline_ms) { Decision::GiveUp } else { Decision::Wait(wait) }
}

/// Whether a failure counts against the limit of attempts. Rate limits do not, time bounds them: a provider that is
/// busy with others is not one that fails.
pub(super) fn counts(failure: &Failure) -> bool {
    failure.error.kind != ErrorKind::RateLimited && !failure.unreachable
}

fn unreachable_wait(tally: &Tally, settings: &RetrySettings, answered: bool, unit: f64) -> Decision {
    let patience =
        Duration::from_millis(if answered { settings.outage_patience_ms } else { settings.startup_patience_ms });
    let since = tally.unreachable.unwrap_or_default();
    if since >= patience {
        return Decision::GiveUp;
    }
    let wait = backoff(settings.base_ms, settings.cap_ms.min(UNREACHABLE_CAP_MS), tally.streak, unit);
    Decision::Wait(wait.min(patience.saturating_sub(since)).max(Duration::from_millis(1)))
}

/// Exponential backoff with full jitter: between zero and `base · 2^(failures − 1)`, at most `cap`.
pub(super) fn backoff(base_ms: u64, cap_ms: u64, failures: u32, unit: f64) -> Duration {
    let doubled = base_ms.saturating_mul(1_u64.checked_shl(failures.saturating_sub(1).min(32)).unwrap_or(u64::MAX));
    Duration::from_millis(doubled.min(cap_ms)).mul_f64(unit.clamp(0.0, 1.0))
}

/// Puts what the headers say about retrying on a failure: `x-should-retry` overrides the status, except that money that
/// is gone stays gone.
pub(super) fn heed_headers(failure: &mut Failure, reply: &HttpReply, now: Timestamp) {
    match reply.header("x-should-retry").map(str::trim) {
        Some("false") => failure.retry = Retry::Never,
        Some("true") if failure.retry == Retry::Never && failure.error.kind != ErrorKind::QuotaExhausted => {
            failure.retry = Retry::Soon;
        }
        _ => {}
    }
    failure.wait = server_wait(reply, failure.wait, now);
}

/// How long the server asks to wait, in any spelling (reference §16, in its order): headers, the body as its wire has
/// read it, limits that are used up. Nonsense is ignored.
pub(super) fn server_wait(reply: &HttpReply, in_body: Option<Duration>, now: Timestamp) -> Option<Duration> {
    let reset = || if reply.status == 429 { reset_wait(reply, now) } else { None };
    retry_after(reply, now).or(in_body).or_else(reset).filter(is_sane)
}

/// What `retry-after` says, or its sibling in milliseconds. Nonsense is ignored.
pub(super) fn retry_after(reply: &HttpReply, now: Timestamp) -> Option<Duration> {
    let header = |name: &str| reply.header(name).map(str::trim);
    let after_ms = header("retry-after-ms").and_then(|text| seconds(text, 1e-3));
    let after = || header("retry-after").and_then(|text| seconds(text, 1.0).or_else(|| http_date(text, now)));
    after_ms.or_else(after).filter(is_sane)
}

fn is_sane(wait: &Duration) -> bool {
    *wait <= SANE
}

fn seconds(text: &str, scale: f64) -> Option<Duration> {
    let number: f64 = text.parse().ok()?;
    Duration::try_from_secs_f64(number * scale).ok()
}

fn http_date(text: &str, now: Timestamp) -> Option<Duration> {
    let moment = httpdate::parse_http_date(text).ok()?;
    let since = moment.duration_since(std::time::UNIX_EPOCH).ok()?;
    until(i64::try_from(since.as_millis()).ok()?, now)
}

/// A moment that has passed already gives nothing: clocks differ.
fn until(moment_ms: i64, now: Timestamp) -> Option<Duration> {
    u64::try_from(moment_ms.checked_sub(now.0)?).ok().filter(|wait| *wait > 0).map(Duration::from_millis)
}

/// Reset headers of limits of which nothing is left: Go durations at OpenAI, RFC 3339 at Anthropic.
fn reset_wait(reply: &HttpReply, now: Timestamp) -> Option<Duration> {
    let openai = ["requests", "tokens"]
        .map(|what| (format!("x-ratelimit-remaining-{what}"), format!("x-ratelimit-reset-{what}")));
    let anthropic = ["requests", "tokens", "input-tokens", "output-tokens"]
        .map(|what| (format!("anthropic-ratelimit-{what}-remaining"), format!("anthropic-ratelimit-{what}-reset")));
    let waits = openai.iter().chain(&anthropic).filter_map(|(remaining, reset)| {
        let left: f64 = reply.header(remaining)?.trim().parse().ok()?;
        let text = reply.header(reset).filter(|_| left <= 0.0)?.trim();
        reset_time(text, now)
    });
    waits.max()
}

/// When a limit is whole again: a Go duration or a moment in RFC 3339.
pub(super) fn reset_time(text: &str, now: Timestamp) -> Option<Duration> {
    go_duration(text).or_else(|| until(text.parse::<jiff::Timestamp>().ok()?.as_millisecond(), now))
}

/// A Go duration such as `1s`, `6m0s`, `120ms`, `1h2m3.5s`.
fn go_duration(text: &str) -> Option<Duration> {
    let mut total = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(digits);
        let unit = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit);
        let scale = match unit {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        total += number.parse::<f64>().ok()? * scale;
        rest = tail;
    }
    (!text.is_empty()).then(|| Duration::try_from_secs_f64(total).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROVEN: Standing = Standing { answered: true, model_answered: true, startup: None, hopeful: false };

    fn reply(status: u16, headers: &[(&str, &str)]) -> HttpReply {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        HttpReply { status, headers, body: vec![] }
    }

    #[test]
    fn every_spelling_of_retry_after_is_understood() {
        // 2026-11-21T14:30:00Z.
        let now = Timestamp(1_795_271_400_000);
        let ms = Duration::from_millis;
        type Case = (u16, &'static [(&'static str, &'static str)], Option<Duration>);
        let cases: &[Case] = &[
            (429, &[("retry-after", "2")], Some(ms(2000))),
            (429, &[("retry-after", "1.5")], Some(ms(1500))),
            (503, &[("retry-after-ms", "250.5"), ("retry-after", "9")], Some(Duration::from_micros(250_500))),
            (429, &[("retry-after", "Sat, 21 Nov 2026 14:30:07 GMT")], Some(ms(7000))),
            (429, &[("retry-after", "Sat, 21 Nov 2026 14:29:00 GMT")], None),
            (429, &[("retry-after", "-1")], None),
            (429, &[("retry-after", "NaN")], None),
            (429, &[("retry-after", "99999")], None),
            (429, &[("retry-after", "soon")], None),
            (
                429,
                &[("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "6m0s")],
                Some(ms(360_000)),
            ),
            (429, &[("x-ratelimit-remaining-tokens", "5"), ("x-ratelimit-reset-tokens", "6m0s")], None),
            (200, &[("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", "6m0s")], None),
            (429, &[("retry-after", "7"), ("retry-after-ms", "soon")], Some(ms(7000))),
            (
                429,
                &[
                    ("anthropic-ratelimit-tokens-remaining", "0"),
                    ("anthropic-ratelimit-tokens-reset", "2026-11-21T14:30:03Z"),
                ],
                Some(ms(3000)),
            ),
        ];
        for (status, headers, wanted) in cases {
            assert_eq!(server_wait(&reply(*status, headers), None, now), *wanted, "{headers:?}");
        }
        assert_eq!(
            [go_duration("1h2m3.5s"), go_duration("120ms"), go_duration("5"), go_duration("")],
            [Some(ms(3_723_500)), Some(ms(120)), None, None]
        );
    }

    #[test]
    fn a_wait_in_the_body_counts_unless_a_header_says_another() {
        let wait = |headers| server_wait(&reply(429, headers), Some(Duration::from_secs(46)), Timestamp(0));
        assert_eq!(wait(&[]), Some(Duration::from_secs(46)));
        assert_eq!(wait(&[("retry-after", "3")]), Some(Duration::from_secs(3)));
        let used_up = [("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "1m")];
        assert_eq!(wait(&used_up), Some(Duration::from_secs(46)));
        assert_eq!(server_wait(&reply(429, &[]), Some(Duration::from_secs(7200)), Timestamp(0)), None);
    }

    #[test]
    fn x_should_retry_overrides_the_status_but_not_an_empty_account() {
        let heeded = |kind, value| {
            let mut failure = Failure::new(kind, "x");
            heed_headers(&mut failure, &reply(400, &[("x-should-retry", value)]), Timestamp(0));
            failure.retry
        };
        assert_eq!(heeded(ErrorKind::Server, "false"), Retry::Never);
        assert_eq!(heeded(ErrorKind::BadRequest, "true"), Retry::Soon);
        assert_eq!(heeded(ErrorKind::QuotaExhausted, "true"), Retry::Never);
    }

    #[test]
    fn the_servers_wait_beats_backoff_and_a_huge_one_ends_the_call() {
        let settings = RetrySettings::default();
        let tally = Tally { attempts: 1, streak: 1, ..Tally::default() };
        let limited = |seconds| {
            let mut failure = Failure::new(ErrorKind::RateLimited, "x");
            failure.wait = Some(Duration::from_secs(seconds));
            decide(&failure, &tally, &settings, PROVEN, 0.5)
        };
        assert_eq!(limited(10), Decision::Wait(Duration::from_millis(10_500)));
        assert_eq!(limited(121), Decision::GiveUp);
    }

    #[test]
    fn backoff_doubles_up_to_its_cap() {
        let full = |failures| backoff(500, 30_000, failures, 1.0).as_millis();
        assert_eq!([1, 2, 3, 7, 40].map(full), [500, 1000, 2000, 30_000, 30_000]);
        assert_eq!(backoff(500, 30_000, 3, 0.0), Duration::ZERO);
    }

    #[test]
    fn attempts_are_limited_and_rate_limits_are_not_counted() {
        let settings = RetrySettings::default();
        let at = |kind, counted, answered| {
            let tally = Tally { attempts: counted, counted, streak: 1, ..Tally::default() };
            let standing = if answered { PROVEN } else { Standing::default() };
            decide(&Failure::new(kind, "x"), &tally, &settings, standing, 0.5) != Decision::GiveUp
        };
        assert!(at(ErrorKind::Malformed, 9, true) && !at(ErrorKind::Malformed, 10, true));
        assert!(at(ErrorKind::Malformed, 3, false) && !at(ErrorKind::Malformed, 4, false));
        assert!(at(ErrorKind::RateLimited, 1000, true));
        assert!(!at(ErrorKind::BadRequest, 1, true) && !at(ErrorKind::Filtered, 1, true));
    }

    #[test]
    fn fewer_attempts_than_usual_hold_before_the_first_answer_too() {
        let settings = RetrySettings { max_attempts: 2, ..RetrySettings::default() };
        let at = |counted| {
            let tally = Tally { attempts: counted, counted, streak: 1, ..Tally::default() };
            decide(&Failure::new(ErrorKind::Server, "x"), &tally, &settings, Standing::default(), 0.5)
        };
        assert!(at(1) != Decision::GiveUp);
        assert_eq!(at(2), Decision::GiveUp);
    }

    #[test]
    fn an_unreachable_server_is_given_up_soon_when_it_never_answered() {
        let settings = RetrySettings::default();
        let mut failure = Failure::new(ErrorKind::Network, "x");
        failure.unreachable = true;
        let at = |seconds, answered| {
            let tally = Tally { streak: 9, unreachable: Some(Duration::from_secs(seconds)), ..Tally::default() };
            decide(&failure, &tally, &settings, Standing { answered, ..Standing::default() }, 1.0)
        };
        assert_eq!(at(2, false), Decision::Wait(Duration::from_secs(1)));
        assert_eq!(at(3, false), Decision::GiveUp);
        assert_eq!(at(30, true), Decision::Wait(Duration::from_secs(5)));
        assert_eq!(at(60, true), Decision::GiveUp);
    }

    #[test]
    fn a_provider_that_never_gave_a_reply_is_given_up_by_time_and_by_what_it_sends() {
        let settings = RetrySettings::default();
        let at = |kind, seconds, malformed| {
            let standing = Standing { answered: true, startup: Some(Duration::from_secs(seconds)), ..PROVEN };
            let tally = Tally { attempts: 1, counted: 1, malformed, streak: 1, ..Tally::default() };
            decide(&Failure::new(kind, "x"), &tally, &settings, standing, 0.5) == Decision::GiveUp
        };
        assert!(!at(ErrorKind::Server, 29, 0) && at(ErrorKind::Server, 30, 0) && at(ErrorKind::Timeout, 30, 0));
        assert!(!at(ErrorKind::RateLimited, 59, 0) && at(ErrorKind::RateLimited, 60, 0));
        assert!(!at(ErrorKind::Malformed, 0, 1) && at(ErrorKind::Malformed, 0, 2));
        let hopeful = Standing { startup: Some(Duration::from_secs(99)), hopeful: true, ..PROVEN };
        assert!(!startup_over(&Failure::new(ErrorKind::Server, "x"), &Tally::default(), &settings, hopeful));
        // Dislike of a request says nothing about the provider.
        let standing = Standing { startup: Some(Duration::from_secs(99)), ..PROVEN };
        assert!(!startup_over(&Failure::new(ErrorKind::BadRequest, "x"), &Tally::default(), &settings, standing));
    }

    #[test]
    fn a_fatal_answer_is_confirmed_when_the_model_has_answered_before() {
        let settings = RetrySettings::default();
        let at = |fatal, answered| {
            let tally = Tally { fatal, ..Tally::default() };
            decide(
                &Failure::new(ErrorKind::Auth, "x"),
                &tally,
                &settings,
                Standing { model_answered: answered, ..PROVEN },
                0.5,
            ) == Decision::GiveUp
        };
        assert!(at(1, false) && !at(1, true) && at(2, true));
    }

    #[test]
    fn the_deadline_ends_all_waiting() {
        let settings = RetrySettings { deadline_ms: 10_000, ..RetrySettings::default() };
        let mut failure = Failure::new(ErrorKind::RateLimited, "x");
        failure.wait = Some(Duration::from_secs(2));
        let at = |seconds| {
            let tally = Tally { elapsed: Duration::from_secs(seconds), ..Tally::default() };
            decide(&failure, &tally, &settings, PROVEN, 0.0)
        };
        assert_eq!((at(8), at(9)), (Decision::Wait(Duration::from_secs(2)), Decision::GiveUp));
    }
}
