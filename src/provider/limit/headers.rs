//! What the headers of a reply say about limits (reference §17). Pure.

use std::time::Duration;

use super::super::retry::{reset_time, retry_after};
use crate::base::Timestamp;
use crate::net::HttpReply;

/// One limit as the headers state it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Window {
    /// The limit, where it is stated.
    pub(super) limit: Option<f64>,
    /// What is left of it.
    pub(super) remaining: Option<f64>,
    /// Until it is whole again.
    pub(super) reset: Option<Duration>,
}

/// Every limit that the headers may state.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Stated {
    pub(super) requests: Option<Window>,
    pub(super) tokens: Option<Window>,
    pub(super) input: Option<Window>,
    pub(super) output: Option<Window>,
}

impl Stated {
    /// Reads OpenAI's and Anthropic's spellings; other providers use one of them, Azure without the limits.
    pub(super) fn of(reply: &HttpReply, now: Timestamp) -> Stated {
        // Most servers state none.
        if !reply.headers.iter().any(|(name, _)| name.contains("ratelimit-")) {
            return Stated::default();
        }
        let openai = |what: &str| {
            window(reply, now, |name, field| is_made_of(name, ["x-ratelimit-", field, "-", what]))
                .filter(|window| !is_daily(window))
        };
        let anthropic =
            |what: &str| window(reply, now, |name, field| is_made_of(name, ["anthropic-ratelimit-", what, "-", field]));
        // A reply that says when to come again is believed before its windows: at OpenAI `reset` is when a window is full
        // again, which is minutes after the next request would pass.
        let says_when = retry_after(reply, now).is_some();
        let known = |window: Option<Window>| window.map(|it| Window { reset: it.reset.filter(|_| !says_when), ..it });
        Stated {
            requests: known(openai("requests").or_else(|| anthropic("requests"))),
            tokens: known(openai("tokens").or_else(|| anthropic("tokens"))),
            input: known(anthropic("input-tokens")),
            output: known(anthropic("output-tokens")),
        }
    }

    /// How long to wait because a window of which nothing is left only opens again at its end.
    pub(super) fn pause(&self) -> Option<Duration> {
        let all = [self.requests, self.tokens, self.input, self.output];
        all.into_iter().flatten().filter_map(|window| window.pause()).max()
    }
}

impl Window {
    fn pause(&self) -> Option<Duration> {
        let reset = self.reset.filter(|_| self.remaining.is_some_and(|left| left < 1.0))?;
        // A reset that is as near as the next request is that of a bucket that fills all the time: pacing does it.
        let next = self.limit.map_or(0.0, |limit| 2.0 * 60.0 / limit.max(1.0));
        (reset.as_secs_f64() > next).then_some(reset)
    }
}

/// Groq states requests per day under the name that others use for a minute. A minute's limit is whole again after a
/// minute at most; one that needs longer is not paced, but when nothing is left it holds.
fn is_daily(window: &Window) -> bool {
    let left = window.remaining.is_some_and(|left| left >= 1.0);
    left && window.reset.is_some_and(|reset| reset > Duration::from_secs(61))
}

/// Whether a name is these pieces, one after the other. Every reply is asked for a dozen names: none of them is put
/// together for that.
fn is_made_of(name: &str, pieces: [&str; 4]) -> bool {
    pieces.iter().try_fold(name, |rest, piece| rest.strip_prefix(piece)).is_some_and(str::is_empty)
}

/// A window whose headers are those for which `is_named` says so, given their name and the field.
fn window(reply: &HttpReply, now: Timestamp, is_named: impl Fn(&str, &str) -> bool) -> Option<Window> {
    let header = |field: &str| {
        let found = reply.headers.iter().find(|(name, _)| is_named(name, field));
        found.map(|(_, value)| value)
    };
    let number = |field| header(field)?.trim().parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0);
    let (limit, remaining) = (number("limit").filter(|limit| *limit > 0.0), number("remaining"));
    if limit.is_none() && remaining.is_none() {
        return None;
    }
    let reset = header("reset").and_then(|text| reset_time(text.trim(), now));
    Some(Window { limit, remaining, reset })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stated(headers: &[(&str, &str)]) -> Stated {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        // 2026-11-21T14:30:00Z.
        Stated::of(&HttpReply { status: 200, headers, body: vec![] }, Timestamp(1_795_271_400_000))
    }

    #[test]
    fn both_spellings_and_half_of_them_are_read() {
        let openai = stated(&[
            ("x-ratelimit-limit-requests", "600"),
            ("x-ratelimit-remaining-requests", "599"),
            ("x-ratelimit-reset-requests", "100ms"),
            ("x-ratelimit-remaining-tokens", "149984"),
        ]);
        let requests = Window { limit: Some(600.0), remaining: Some(599.0), reset: Some(Duration::from_millis(100)) };
        let tokens = Window { limit: None, remaining: Some(149_984.0), reset: None };
        assert_eq!(openai, Stated { requests: Some(requests), tokens: Some(tokens), ..Stated::default() });
        let anthropic = stated(&[
            ("anthropic-ratelimit-input-tokens-limit", "40000"),
            ("anthropic-ratelimit-input-tokens-remaining", "0"),
            ("anthropic-ratelimit-input-tokens-reset", "2026-11-21T14:30:09Z"),
            ("anthropic-ratelimit-output-tokens-limit", "8000"),
        ]);
        assert_eq!(anthropic.pause(), Some(Duration::from_secs(9)));
        assert_eq!(anthropic.output.and_then(|window| window.limit), Some(8000.0));
        assert_eq!(stated(&[("x-ratelimit-limit-requests", "soon")]), Stated::default());
    }

    #[test]
    fn a_days_limit_is_not_taken_for_a_minutes_and_an_empty_bucket_is_not_a_closed_window() {
        let groq = |left| {
            stated(&[
                ("x-ratelimit-limit-requests", "14400"),
                ("x-ratelimit-remaining-requests", left),
                ("x-ratelimit-reset-requests", "2m59.56s"),
            ])
        };
        assert_eq!(groq("14370").requests, None);
        assert_eq!(groq("0").pause(), Some(Duration::from_secs_f64(179.56)));
        let bucket = stated(&[
            ("x-ratelimit-limit-requests", "600"),
            ("x-ratelimit-remaining-requests", "0"),
            ("x-ratelimit-reset-requests", "100ms"),
        ]);
        assert_eq!((bucket.pause(), bucket.requests.is_some()), (None, true));
    }

    #[test]
    fn a_reply_that_says_when_to_come_again_is_believed_before_its_windows() {
        let used_up = [("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", "6m0s")];
        assert_eq!(stated(&used_up).pause(), Some(Duration::from_secs(360)));
        for (name, value) in [("retry-after", "7"), ("retry-after-ms", "7000")] {
            let told = stated(&[used_up[0], used_up[1], (name, value)]);
            assert_eq!((told.pause(), told.tokens.and_then(|window| window.remaining)), (None, Some(0.0)));
        }
        assert_eq!(stated(&[used_up[0], used_up[1], ("retry-after", "soon")]).pause(), Some(Duration::from_secs(360)));
    }
}
