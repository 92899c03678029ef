//! Asks an address what it says of an output.

use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep, timeout_at};

use super::super::app::beginning;
use super::super::retry::{backoff, retry_after};
use crate::base::{Clock, Secret, format_duration};
use crate::net::{HttpReply, HttpRequest, Method, NetError, Timeouts, Transport, redirected};
use crate::record::CheckHook;

/// Attempts, the first one included.
const ATTEMPTS: u32 = 3;
/// Redirects that are followed on one origin.
const REDIRECTS: u32 = 3;
/// First wait before another attempt; it doubles.
const BASE_MS: u64 = 500;
/// Longest wait of our own.
const CAP_MS: u64 = 5_000;

/// What one attempt came to.
enum Attempt {
    Answer(HttpReply),
    /// Worth another one, after what the server asks for.
    Again(String, Option<Duration>),
    Never(String),
}

/// The answer of an address to a question.
///
/// # Errors
/// Why there is none; of the address only its answer is told.
pub(super) async fn post(
    hook: &CheckHook,
    question: &Value,
    value_of: impl Fn(&str) -> Option<Secret>,
    transport: &dyn Transport,
    clock: &dyn Clock,
) -> Result<Value, String> {
    let mut headers = vec![
        ("content-type".to_owned(), "application/json".to_owned()),
        ("accept".to_owned(), "application/json".to_owned()),
    ];
    for (name, value) in &hook.headers {
        let filled = value.fill(&value_of).map_err(|unset| format!("the environment variable `{unset}` is not set"))?;
        headers.retain(|(known, _)| known != name);
        headers.push((name.clone(), filled));
    }
    let body = question.to_string().into_bytes();
    let mut request = HttpRequest { method: Method::Post, url: hook.url.clone(), headers, auth: None, body };
    let end = Instant::now() + hook.timeout;
    let mut tried = 0;
    let told =
        |why: &str, tried: u32| if tried > 1 { format!("{why}; it was asked {tried} times") } else { why.to_owned() };
    loop {
        tried += 1;
        let timeouts = Timeouts { first_byte: hook.timeout, total: hook.timeout, ..Timeouts::default() };
        let Ok(attempt) = timeout_at(end, attempt(&mut request, &timeouts, transport, clock)).await else {
            return Err(told(&format!("there was no answer in {}", format_duration(hook.timeout)), tried));
        };
        let (why, asked) = match attempt {
            Attempt::Answer(reply) => return read(&reply),
            Attempt::Never(why) => return Err(told(&why, tried)),
            Attempt::Again(why, asked) => (why, asked),
        };
        let wait = asked.unwrap_or_else(|| backoff(BASE_MS, CAP_MS, tried, rand::random::<f64>()));
        if tried >= ATTEMPTS || Instant::now() + wait >= end {
            return Err(told(&why, tried));
        }
        sleep(wait).await;
    }
}

async fn attempt(
    request: &mut HttpRequest,
    timeouts: &Timeouts,
    transport: &dyn Transport,
    clock: &dyn Clock,
) -> Attempt {
    for _ in 0..=REDIRECTS {
        let reply = match transport.send(request, timeouts).await {
            Ok(reply) => reply,
            Err(error @ (NetError::TooLarge(_) | NetError::Other(_) | NetError::Timeout(_))) => {
                return Attempt::Never(error.to_string());
            }
            Err(error @ (NetError::Connect(_) | NetError::Reset(_) | NetError::CutOff(_))) => {
                return Attempt::Again(error.to_string(), None);
            }
        };
        match reply.status {
            200..=299 => return Attempt::Answer(reply),
            // Only these keep the method and the body.
            307 | 308 => match reply.header("location").and_then(|to| redirected(&request.url, to)) {
                Some(url) => request.url = url,
                None => return Attempt::Never("it redirects to another origin, which is not followed".to_owned()),
            },
            300..=399 => {
                let why = format!("it answers with status {}, a redirect that a POST does not follow", reply.status);
                return Attempt::Never(why);
            }
            429 | 500..=599 => return Attempt::Again(status(&reply), retry_after(&reply, clock.now())),
            _ => return Attempt::Never(status(&reply)),
        }
    }
    Attempt::Never(format!("it redirects more than {REDIRECTS} times"))
}

fn status(reply: &HttpReply) -> String {
    let text = String::from_utf8_lossy(&reply.body);
    let said = if text.trim().is_empty() { String::new() } else { format!(": {}", beginning(text.trim())) };
    format!("it answers with status {}{said}", reply.status)
}

fn read(reply: &HttpReply) -> Result<Value, String> {
    serde_json::from_slice(&reply.body).map_err(|_| {
        let text = String::from_utf8_lossy(&reply.body);
        if text.trim().is_empty() {
            return "its answer is empty".to_owned();
        }
        format!("its answer is not JSON: {}", beginning(text.trim()))
    })
}
