//! Passing requests on to a provider, and keeping what it answers.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::exchange::{Incoming, Outgoing};
use super::http::Outcome;
use super::options::{Answers, Upstream};
use super::serve::App;
use super::target::{Api, Shape};
use crate::net::{HttpReply, HttpRequest, Method, NetError, OpenReply, Timeouts};
use crate::provider::Exchange;
use crate::record::ChatRequest;

/// Headers that belong to one connection, or that the client writes itself.
const OWN: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "host",
    "content-length",
    "accept-encoding",
    "expect",
];

/// Where the key of Gemini belongs; in an address it would stand in logs.
const GEMINI_KEY: &str = "x-goog-api-key";

/// Largest reply that is kept for recording.
const MOST_KEPT: usize = 64 * 1024 * 1024;

/// As patient as an application may be.
const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(10),
    first_byte: Duration::from_secs(600),
    idle: Duration::from_secs(300),
    total: Duration::from_secs(3600),
};

/// Passes a request on; its reply comes back piece by piece, as it comes.
pub(super) async fn forward(
    app: &Arc<App>,
    upstream: &Upstream,
    incoming: &Incoming,
    api: Option<&Api>,
    shape: Shape,
) -> Outcome {
    app.counts.proxied.fetch_add(1, Ordering::Relaxed);
    let Some((_, method)) = Method::ALL.iter().find(|(word, _)| *word == incoming.method) else {
        let message = format!("`{}` cannot be passed on", incoming.method);
        return Outcome::Reply(Outgoing::json(405, &shape.error(405, &message)));
    };
    let request = outgoing_request(upstream, incoming, *method);
    if let Some(recorder) = &upstream.recorder {
        secrets_of(&request).into_iter().for_each(|secret| recorder.hide(secret));
    }
    let began = Instant::now();
    let reply = match upstream.transport.open(&request, &TIMEOUTS).await {
        Ok(reply) => reply,
        Err(error) => return Outcome::Reply(unreachable(shape, &error)),
    };
    let shown = reply.head.headers.iter().filter(|(name, _)| !OWN.contains(name));
    let head = Outgoing {
        status: reply.head.status,
        headers: shown.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        body: Vec::new(),
    };
    let asked = api.and_then(|api| Some((api.kind()?, api.read(&incoming.body).ok()?.request)));
    let asked = asked.filter(|_| upstream.recorder.is_some() && (200..300).contains(&head.status));
    let (sender, body) = mpsc::channel(16);
    app.counts.under_way.fetch_add(1, Ordering::Relaxed);
    tokio::spawn(pass_on(Arc::clone(app), reply, sender, asked, began));
    Outcome::Live { head, body }
}

fn unreachable(shape: Shape, error: &NetError) -> Outgoing {
    let status = if matches!(error, NetError::Timeout(_)) { 504 } else { 502 };
    Outgoing::json(status, &shape.error(status, &format!("the provider behind karat mock: {error}")))
}

/// Hands a body on, and says when it is done with it.
async fn pass_on(
    app: Arc<App>,
    reply: OpenReply,
    sender: mpsc::Sender<Result<Vec<u8>, String>>,
    asked: Option<(&'static str, ChatRequest)>,
    began: Instant,
) {
    hand_on(&app, reply, sender, asked, began).await;
    app.counts.under_way.fetch_sub(1, Ordering::Relaxed);
}

/// Hands the body on; it is read to its end even if nobody listens any more: it is paid for.
async fn hand_on(
    app: &App,
    mut reply: OpenReply,
    sender: mpsc::Sender<Result<Vec<u8>, String>>,
    mut asked: Option<(&'static str, ChatRequest)>,
    began: Instant,
) {
    let mut whole = Vec::new();
    loop {
        match reply.chunk(TIMEOUTS.idle).await {
            Ok(Some(bytes)) => {
                if asked.is_some() && whole.len() + bytes.len() > MOST_KEPT {
                    tracing::warn!("a reply is too large to be recorded");
                    asked = None;
                    whole = Vec::new();
                }
                if asked.is_some() {
                    whole.extend_from_slice(&bytes);
                }
                let gone = sender.send(Ok(bytes)).await.is_err();
                if gone && asked.is_none() {
                    return;
                }
            }
            Ok(None) => break,
            Err(error) => {
                sender.send(Err(error.to_string())).await.ok();
                return;
            }
        }
    }
    if let (Some((kind, request)), Answers::Proxied(upstream)) = (asked, &app.options.answers)
        && let Some(recorder) = &upstream.recorder
    {
        let whole = HttpReply { body: whole, ..reply.head.clone() };
        let exchange = Exchange { kind, request: &request, reply: &whole, latency: began.elapsed() };
        match recorder.keep(&exchange) {
            Ok(label) => {
                app.counts.recorded.fetch_add(1, Ordering::Relaxed);
                tracing::debug!(%label, model = %request.model, "recorded");
            }
            Err(failure) => tracing::warn!(kind = failure.error.kind.word(), "a reply cannot be recorded"),
        }
    }
}

fn outgoing_request(upstream: &Upstream, incoming: &Incoming, method: Method) -> HttpRequest {
    let mut headers: Vec<(String, String)> =
        incoming.headers.iter().filter(|(name, _)| !OWN.contains(&name.as_str())).cloned().collect();
    if let Some(key) = incoming.parameter("key")
        && incoming.header(GEMINI_KEY).is_none()
    {
        headers.push((GEMINI_KEY.to_owned(), key.to_owned()));
    }
    let pairs: Vec<&str> =
        incoming.query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("key=")).collect();
    let query = if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) };
    let url = format!("{}{query}", joined(&upstream.url, &incoming.path));
    HttpRequest { method, url, headers, auth: None, body: incoming.body.clone() }
}

/// The address of a path below a base. An application may have been told the server's address with or without the path
/// of the base, such as `/v1`: that is not written twice.
fn joined(base: &str, path: &str) -> String {
    let base = base.trim_end_matches('/');
    let origin_end = base.find("://").map_or(0, |at| at + 3);
    let path_at = base.get(origin_end..).and_then(|rest| rest.find('/')).map_or(base.len(), |at| origin_end + at);
    let (origin, prefix) = base.split_at_checked(path_at).unwrap_or((base, ""));
    let again = path.strip_prefix(prefix).is_some_and(|rest| !prefix.is_empty() && rest.starts_with('/'));
    if again { format!("{origin}{path}") } else { format!("{base}{path}") }
}

/// Values of headers that nobody may keep.
fn secrets_of(request: &HttpRequest) -> Vec<&str> {
    let is_secret = |name: &str| {
        ["authorization", "key", "token", "secret", "cookie", "password"].iter().any(|word| name.contains(word))
    };
    let values = request.headers.iter().filter(|(name, _)| is_secret(name)).map(|(_, value)| value.as_str());
    values
        .map(|value| value.strip_prefix("Bearer ").or(value.strip_prefix("bearer ")).unwrap_or(value).trim())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stand_below_the_base_once() {
        let cases = [
            ("https://api.openai.com/v1", "/v1/chat/completions", "https://api.openai.com/v1/chat/completions"),
            ("https://api.openai.com/v1/", "/chat/completions", "https://api.openai.com/v1/chat/completions"),
            ("https://api.anthropic.com", "/v1/messages", "https://api.anthropic.com/v1/messages"),
            ("http://h:1/v1", "/v1beta/x", "http://h:1/v1/v1beta/x"),
        ];
        for (base, path, url) in cases {
            assert_eq!(joined(base, path), url);
        }
    }

    #[test]
    fn secrets_are_known_by_the_names_of_their_headers() {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let request = HttpRequest {
            method: Method::Post,
            url: "http://x".to_owned(),
            headers: vec![
                header("authorization", "Bearer sk-1"),
                header("x-api-key", "k2"),
                header("cookie", "c3"),
                header("accept", "text/plain"),
            ],
            auth: None,
            body: vec![],
        };
        assert_eq!(secrets_of(&request), ["sk-1", "k2", "c3"]);
    }
}
