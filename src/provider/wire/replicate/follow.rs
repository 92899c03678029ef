//! Asks for a prediction again until it is done.

use std::time::Duration;

use serde_json::Value;

use super::super::super::spec::{Endpoint, Follow};
use super::super::body::{join_url, text_of};
use crate::net::{HttpReply, HttpRequest, Method, is_loopback_url};

/// First wait; it doubles up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The next look at a prediction that is under way; `None` when this is its end.
pub(super) fn follow(reply: &HttpReply, endpoint: Endpoint<'_>, step: u32) -> Option<Follow> {
    if !(200..300).contains(&reply.status) {
        return None;
    }
    let body: Value = serde_json::from_str(text_of(reply).trim()).ok()?;
    if !matches!(body.get("status")?.as_str()?, "starting" | "processing") {
        return None;
    }
    if let Some(url) = stream_of(&body).filter(|_| endpoint.stream && step == 0) {
        let accept = ("accept".to_owned(), "text/event-stream".to_owned());
        let http = HttpRequest { method: Method::Get, url, headers: vec![accept], auth: None, body: Vec::new() };
        return Some(Follow { http, after: Duration::ZERO });
    }
    let after = FIRST_WAIT.saturating_mul(1 << step.min(8)).min(LONGEST_WAIT);
    Some(Follow { http: look(&body, endpoint)?, after })
}

/// A look at a prediction.
pub(super) fn look(body: &Value, endpoint: Endpoint<'_>) -> Option<HttpRequest> {
    // Not `urls.get`: the key goes along, and only to where the first request went.
    let id = body.get("id")?.as_str()?;
    if id.is_empty() || !id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')) {
        return None;
    }
    let url = join_url(endpoint.base_url, &format!("predictions/{id}"));
    Some(HttpRequest { method: Method::Get, url, headers: Vec::new(), auth: None, body: Vec::new() })
}

/// Where the prediction streams, if it does. It stands at a server of its own, which gets no key: the address proves who
/// may read.
fn stream_of(body: &Value) -> Option<String> {
    let url = body.pointer("/urls/stream")?.as_str()?;
    (url.starts_with("https://") || is_loopback_url(url)).then(|| url.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn next(status: u16, body: &Value, step: u32) -> Option<(String, u128)> {
        let reply = HttpReply { status, body: body.to_string().into_bytes(), ..HttpReply::default() };
        let follow = follow(&reply, Endpoint::new("https://api.replicate.com/v1/", true), step)?;
        assert_eq!((follow.http.method, follow.http.body.len()), (Method::Get, 0));
        Some((follow.http.url, follow.after.as_millis()))
    }

    #[test]
    fn a_prediction_under_way_is_looked_at_again_ever_more_slowly_and_only_at_the_same_server() {
        let url = "https://api.replicate.com/v1/predictions/ab12".to_owned();
        let body = json!({"id": "ab12", "status": "processing", "urls": {"get": "https://evil.example/steal"}});
        let waits = [0, 1, 2, 3, 4, u32::MAX].map(|step| next(201, &body, step).expect("follows"));
        assert_eq!(waits, [500, 1_000, 2_000, 4_000, 5_000, 5_000].map(|wait| (url.clone(), wait)));
        assert!(next(200, &json!({"id": "ab12", "status": "starting"}), 0).is_some());
    }

    #[test]
    fn a_prediction_that_streams_is_read_there_where_streams_are_wanted() {
        let body = json!({"id": "ab12", "status": "starting", "urls": {"stream": "https://stream.replicate.com/v1/x"}});
        let reply = HttpReply { status: 201, body: body.to_string().into_bytes(), ..HttpReply::default() };
        let endpoint = Endpoint::new("https://api.replicate.com/v1", true);
        let wanted = follow(&reply, Endpoint { stream: true, ..endpoint }, 0).expect("follows");
        assert_eq!((wanted.http.url.as_str(), wanted.after), ("https://stream.replicate.com/v1/x", Duration::ZERO));
        assert!(wanted.http.auth.is_none());
        let polled = follow(&reply, endpoint, 0).expect("follows");
        assert_eq!(polled.http.url, "https://api.replicate.com/v1/predictions/ab12");
        let plain = json!({"id": "ab12", "status": "starting", "urls": {"stream": "http://far.example/x"}});
        let reply = HttpReply { status: 201, body: plain.to_string().into_bytes(), ..HttpReply::default() };
        let next = follow(&reply, Endpoint { stream: true, ..endpoint }, 0).expect("follows");
        assert_eq!(next.http.url, "https://api.replicate.com/v1/predictions/ab12");
    }

    #[test]
    fn what_is_done_or_no_prediction_is_not_followed() {
        for status in ["succeeded", "failed", "canceled", "aborted", "new"] {
            assert_eq!(next(200, &json!({"id": "a", "status": status}), 0), None, "{status}");
        }
        for body in [json!({"id": "../x", "status": "starting"}), json!({"id": "", "status": "starting"}), json!([])] {
            assert_eq!(next(200, &body, 0), None, "{body}");
        }
        assert_eq!(next(500, &json!({"id": "a", "status": "starting"}), 0), None);
    }
}
