//! `webhook`: an address of the user's own judges the output.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::super::check::ScoreInput;
use super::super::settings::{Fault, Settings, kind_of, text_of};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use super::super::world::{Asking, Asks, Examined, World};
use super::{answer, given, input};
use crate::base::EnvText;
use crate::net::{host_of, is_loopback_url};
use crate::record::CheckHook;

/// Headers that the client writes itself.
const OWN_HEADERS: &[&str] = &["connection", "content-length", "content-type", "host", "transfer-encoding"];

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "webhook",
    family: "script",
    about: "an address of your own judges the output",
    short: "url",
    value: ValueRule::Required,
    options: &[
        OptionSpec::fixed("url", "an address", "`https:`, or `http:` on this machine; without secrets"),
        OptionSpec::fixed(
            "headers",
            "a mapping",
            "further headers; `${env.NAME}` is filled in when they are sent and kept out of everything that is written",
        ),
        OptionSpec::fixed(
            "timeout",
            "a duration",
            "time for one answer with all attempts, 30s unless given, at most 10m",
        ),
    ],
    degenerate: &[
        "the question is a POST of `{\"output\": …, \"context\": …}`, with the context that `javascript` has",
        "the answer is JSON: true, false, a number from 0 to 1, or `{pass, score, reason, named_scores}`; anything else, \
         more than 1 MiB, another status than 200 to 299 and an outage are ungraded, with the reason",
        "429, 500 to 599 and broken connections are tried up to three times, `retry-after` heeded; a redirect (307, 308) \
         is followed on the same origin only",
        "`--record` keeps answers in the folder of the cassettes, and a replay answers from there: nothing leaves this \
         machine then, and what is not recorded is ungraded",
        "`--untrusted` refuses one that sends variables of the environment before the first call",
    ],
    calls: "one request to the address",
    example: "- webhook: {url: \"https://judge.example/score\", headers: {authorization: \"Bearer ${env.JUDGE_TOKEN}\"}}",
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let mut faults = Vec::new();
    let url = url(settings).map_err(|fault| faults.push(fault)).ok();
    let headers = headers(settings, &mut faults);
    let timeout = given::patience(settings).map_err(|fault| faults.push(fault)).ok();
    let (Some(url), Some(timeout), true) = (url, timeout, faults.is_empty()) else { return Err(faults) };
    let mut shown: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.written())).collect();
    shown.sort_unstable();
    let shown = if shown.is_empty() { Value::Null } else { json!(shown) };
    Ok(Prepared::asking(Webhook { hook: Arc::new(CheckHook { url, headers, timeout }) })
        .canonical("headers", shown)
        .canonical("timeout", given::canonical(timeout, given::TIMEOUT)))
}

fn url(settings: &Settings) -> Result<String, Fault> {
    let value = settings.get("url").ok_or_else(|| Fault::new("url", "it has no `url`").code("missing-field"))?;
    let url = text_of("url", "", value)?;
    let fault = |message: &str| Fault::new("url", message).code("invalid-url");
    if url.contains("${") {
        return Err(fault("an address takes no `${…}`").help("secrets go into `headers`, which are shown nowhere"));
    }
    let is_http = url.starts_with("http://");
    if !(is_http || url.starts_with("https://")) || host_of(&url).is_none_or(|host| host.is_empty()) {
        return Err(fault("it is not an address that begins with `https://`"));
    }
    if url.split(['/', '?', '#']).nth(2).is_some_and(|host| host.contains('@')) {
        return Err(fault("an address must not carry a user name or password").help("secrets go into `headers`"));
    }
    if is_http && !is_loopback_url(&url) {
        return Err(fault("`http:` is for this machine only: outputs would cross the network in the clear")
            .help("write `https://…`"));
    }
    Ok(url)
}

fn headers(settings: &Settings, faults: &mut Vec<Fault>) -> Vec<(String, EnvText)> {
    let Some(value) = settings.get("headers") else { return Vec::new() };
    let Some(entries) = value.as_object() else {
        let message = format!("`headers` must be a mapping of names, this is {}", kind_of(value));
        faults.push(Fault::new("headers", message).code("wrong-type"));
        return Vec::new();
    };
    let mut headers: Vec<(String, EnvText)> = Vec::new();
    for (name, value) in entries {
        let at = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        let lower = name.to_ascii_lowercase();
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        if !is_name || headers.iter().any(|(known, _)| *known == lower) {
            let what = if is_name { "is given twice" } else { "is not the name of a header" };
            faults.push(Fault::new("headers", format!("`{name}` {what}")).pointer(at));
        } else if OWN_HEADERS.contains(&lower.as_str()) {
            faults.push(Fault::new("headers", format!("`{name}` is written by karat itself")).pointer(at));
        } else {
            match header(&at, value) {
                Ok(text) => headers.push((lower, text)),
                Err(fault) => faults.push(fault),
            }
        }
    }
    headers
}

fn header(at: &str, value: &Value) -> Result<EnvText, Fault> {
    let text = text_of("headers", at, value)?;
    if text.chars().any(char::is_control) {
        return Err(Fault::new("headers", "a header is one line without control characters").pointer(at));
    }
    EnvText::parse(&text).map_err(|inner| {
        Fault::new("headers", format!("`${{{inner}}}` cannot be filled in"))
            .code("unknown-template")
            .pointer(at)
            .help("the one form is `${env.NAME}`")
    })
}

struct Webhook {
    hook: Arc<CheckHook>,
}

impl Asking for Webhook {
    fn grade<'a>(&'a self, input: &'a ScoreInput<'a>, world: &'a dyn World) -> BoxFuture<'a, Examined> {
        Box::pin(async move {
            let answer = world.post(&self.hook, input::question(input)).await;
            answer::judged(answer, &input.reply.text, "the webhook")
        })
    }

    fn asks(&self) -> Asks {
        Asks { hooks: vec![Arc::clone(&self.hook)], ..Asks::default() }
    }
}
