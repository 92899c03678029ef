//! Every exchange in `fixtures/http/<wire>/`: what a request becomes on the wire, and what the reply means.
//!
//! The files are written by hand after the providers' documentation, not recorded from this code.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::super::frames::cut;
use super::super::registry::PROVIDERS;
use super::super::spec::{Endpoint, Failure, ProviderSpec, Retry, Wire, WireOptions};
use super::super::stream::{Frame, Sign, with_head};
use crate::net::HttpReply;
use crate::record::{ChatReply, ChatRequest, ErrorKind};

/// Cases that every wire must have.
const REQUIRED: &[&str] = &[
    "plain",
    "system",
    "multi-turn",
    "image",
    "tools",
    "tool-result",
    "structured-output",
    "refusal",
    "filter",
    "length",
    "empty",
    "bad-key",
    "not-found",
    "rate-limit",
    "quota",
    "overload",
    "context-length",
    "malformed",
];

/// Cases that every wire with streams must have.
const STREAMED: &[&str] = &["stream", "stream-error"];

/// What an API cannot answer: it marks no refusals, reports no filter, has no tools, or is a server of one's own without
/// limits and bills.
const IMPOSSIBLE: &[(&str, &[&str])] = &[
    // Neither Gemini nor Converse marks a refusal, which is a text like any other there.
    ("bedrock", &["refusal"]),
    ("cohere", &["refusal"]),
    ("deepseek", &["refusal"]),
    ("fireworks", &["refusal", "filter"]),
    ("gemini", &["refusal"]),
    ("groq", &["refusal", "filter"]),
    ("llamacpp", &["refusal", "filter", "rate-limit", "quota"]),
    ("lmstudio", &["refusal", "filter", "rate-limit", "quota"]),
    ("mistral", &["refusal", "filter"]),
    ("ollama", &["refusal", "filter", "quota"]),
    ("perplexity", &["refusal", "filter", "tools", "tool-result"]),
    ("replicate", &["image", "tools", "tool-result", "refusal", "length"]),
    ("tgi", &["refusal", "filter", "rate-limit", "quota"]),
    ("together", &["refusal", "filter"]),
    ("vertex", &["refusal"]),
    ("vllm", &["refusal", "filter", "quota"]),
    ("xai", &["refusal"]),
];

#[derive(Deserialize)]
struct RequestFixture {
    base_url: String,
    /// Whether a stream is asked for.
    #[serde(default)]
    stream: bool,
    #[serde(default)]
    options: Options,
    /// Version of the API that the user set.
    api_version: Option<String>,
    /// Model behind the name that is asked.
    known_as: Option<String>,
    ask: ChatRequest,
    sent: Sent,
}

/// What only some wires take.
#[derive(Deserialize, Default)]
struct Options {
    region: Option<String>,
    project: Option<String>,
    location: Option<String>,
}

#[derive(Deserialize)]
struct Sent {
    url: String,
    headers: BTreeMap<String, String>,
    body: Value,
    warnings: Vec<String>,
}

#[derive(Deserialize)]
struct ResponseFixture {
    status: u16,
    headers: BTreeMap<String, String>,
    /// A whole body: JSON, or text.
    body: Option<Value>,
    body_text: Option<String>,
    /// A stream, already cut.
    frames: Option<Vec<FixtureFrame>>,
    /// A stream as it comes over the wire, as text.
    bytes: Option<String>,
    expect: Expect,
}

/// A frame; data that are no text are JSON to be written out.
#[derive(Deserialize)]
struct FixtureFrame {
    event: Option<String>,
    #[serde(default)]
    data: Value,
    #[serde(default)]
    is_exception: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Expect {
    Reply(Value),
    Error(ExpectedError),
}

#[derive(Deserialize)]
struct ExpectedError {
    kind: ErrorKind,
    retry: String,
    status: Option<u16>,
    request_id: Option<String>,
}

fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> T {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn cases(spec: &ProviderSpec) -> Vec<(String, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/http").join(spec.name);
    if spec.wire.is_some_and(|wire| !wire.chats()) {
        return Vec::new();
    }
    let mut cases: Vec<(String, PathBuf)> = std::fs::read_dir(&folder)
        .expect("fixtures")
        .filter_map(|entry| {
            let path = entry.expect("entry").path();
            let name = path.file_name()?.to_str()?.strip_suffix(".response.json")?.to_owned();
            Some((name, path))
        })
        .collect();
    cases.sort();
    cases
}

/// Whether `wanted` is found in `found`: objects key by key, all else exactly.
fn contains(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => {
            wanted.iter().all(|(key, value)| found.get(key).is_some_and(|inner| contains(inner, value)))
        }
        _ => found == wanted,
    }
}

/// What a reply means: whole bodies are decoded, streams are cut and put together as the caller does it.
fn outcome(wire: &dyn Wire, fixture: ResponseFixture, name: &str) -> (Result<ChatReply, Failure>, Expect) {
    let frames = frames_of(wire, &fixture, name);
    let ResponseFixture { status, headers, body, body_text, expect, .. } = fixture;
    let head = HttpReply { status, headers: headers.into_iter().collect(), body: vec![] };
    let outcome = match (body_text.or_else(|| body.map(|body| body.to_string())), frames) {
        (Some(body), None) => wire.decode(&HttpReply { body: body.into_bytes(), ..head }),
        (None, Some(frames)) => with_head(streamed(wire, &frames), &head),
        _ => panic!("{name}: one of `body`, `body_text`, `frames`, `bytes`"),
    };
    (outcome, expect)
}

/// The frames of a stream; `None` of a whole body.
fn frames_of(wire: &dyn Wire, fixture: &ResponseFixture, name: &str) -> Option<Vec<Frame>> {
    if let Some(bytes) = &fixture.bytes {
        let framing = wire.streaming().unwrap_or_else(|| panic!("{name}: this wire has no streams")).framing();
        return Some(cut(framing, bytes.as_bytes()).expect("frames"));
    }
    let frame = |frame: &FixtureFrame| Frame {
        event: frame.event.clone(),
        data: match &frame.data {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            json => json.to_string(),
        },
        is_exception: frame.is_exception,
    };
    Some(fixture.frames.as_ref()?.iter().map(frame).collect())
}

fn streamed(wire: &dyn Wire, frames: &[Frame]) -> Result<ChatReply, Failure> {
    let mut decoder = wire.streaming().expect("a wire with streams").decoder();
    for frame in frames {
        if decoder.frame(frame)? == Sign::End {
            break;
        }
    }
    decoder.finish()
}

/// Streams of every wire that end well, by name.
fn good_streams() -> Vec<(String, &'static dyn Wire, Vec<Frame>)> {
    let mut streams = Vec::new();
    for spec in PROVIDERS {
        let Some(wire) = spec.wire else { continue };
        for (name, path) in cases(spec) {
            let fixture: ResponseFixture = read(&path);
            let name = format!("{}/{name}", spec.name);
            let frames = frames_of(wire, &fixture, &name).filter(|_| matches!(fixture.expect, Expect::Reply(_)));
            streams.extend(frames.map(|frames| (name, wire, frames)));
        }
    }
    streams
}

#[test]
fn a_stream_that_is_cut_anywhere_is_never_taken_for_a_shorter_answer() {
    let streams = good_streams();
    assert!(streams.len() >= 4, "{}", streams.len());
    for (name, wire, frames) in streams {
        let said = |reply: ChatReply| (reply.text, reply.tool_calls, reply.finish, reply.refusal);
        let whole = said(streamed(wire, &frames).expect("whole"));
        for length in 0..frames.len() {
            if let Ok(reply) = streamed(wire, &frames[..length]) {
                assert_eq!(said(reply), whole, "{name} after {length} of {} frames", frames.len());
            }
        }
    }
}

#[test]
fn damaged_streams_are_decoded_or_refused() {
    for (_, wire, frames) in good_streams() {
        for (index, frame) in frames.iter().enumerate() {
            let boundaries = frame.data.char_indices().map(|(at, _)| at).step_by(7);
            let damaged = boundaries.map(|at| frame.data[..at].to_owned());
            // Foreign JSON, and values of other types in known places.
            let swapped = ["null", "[]", "{}", "0", "\"x\""].map(str::to_owned).into_iter();
            let retyped = [("\":\"", "\":[\""), ("{", "[")].map(|(from, to)| frame.data.replace(from, to));
            for data in damaged.chain(swapped).chain(retyped) {
                let mut frames = frames.clone();
                frames[index] = Frame { data, ..frame.clone() };
                // Whatever it says, it does not panic, and it says something.
                if let Err(failure) = streamed(wire, &frames) {
                    assert!(!failure.error.message.is_empty());
                }
            }
        }
    }
}

#[test]
fn every_wire_has_all_required_cases() {
    for spec in PROVIDERS.iter().filter(|spec| spec.wire.is_some_and(|wire| wire.chats())) {
        let names: Vec<String> = cases(spec).into_iter().map(|(name, _)| name).collect();
        let streams = spec.wire.is_some_and(|wire| wire.streaming().is_some());
        let required = REQUIRED.iter().chain(if streams { STREAMED } else { &[] });
        let impossible = IMPOSSIBLE.iter().find(|(name, _)| *name == spec.name).map_or(&[][..], |(_, cases)| cases);
        let has = |name: &&str| names.iter().any(|known| known == name);
        let missing: Vec<&&str> = required.filter(|name| !has(name) && !impossible.contains(name)).collect();
        assert!(missing.is_empty(), "{}: {missing:?}", spec.name);
        // An exception that is none any more must go.
        assert!(!impossible.iter().any(has), "{}", spec.name);
    }
}

#[test]
fn requests_become_what_the_api_takes() {
    for spec in PROVIDERS {
        let Some(wire) = spec.wire else { continue };
        for (name, path) in cases(spec) {
            let fixture: RequestFixture = read(&path.with_file_name(format!("{name}.request.json")));
            let endpoint = Endpoint::new(&fixture.base_url, spec.is_official(&fixture.base_url));
            let Options { region, project, location } = fixture.options;
            let options =
                WireOptions { api_version: fixture.api_version, region, project, location, ..WireOptions::NONE };
            let known_as = fixture.known_as.as_deref();
            let endpoint = Endpoint { stream: fixture.stream, options: &options, known_as, ..endpoint };
            let encoded = wire.encode(&fixture.ask, endpoint).unwrap_or_else(|error| panic!("{name}: {error}"));
            let body: Value = serde_json::from_slice(&encoded.http.body).expect("json");
            assert_eq!(body, fixture.sent.body, "{}/{name}", spec.name);
            assert_eq!(encoded.http.url, fixture.sent.url, "{}/{name}", spec.name);
            let headers: BTreeMap<String, String> = encoded.http.headers.into_iter().collect();
            assert_eq!(headers, fixture.sent.headers, "{}/{name}", spec.name);
            let warnings: Vec<String> = encoded.warnings.iter().map(|w| format!("{} {}", w.param, w.action)).collect();
            assert_eq!(warnings, fixture.sent.warnings, "{}/{name}", spec.name);
            assert!(encoded.http.auth.is_none(), "a wire never sees the key");
        }
    }
}

#[test]
fn replies_mean_what_the_api_says() {
    for spec in PROVIDERS {
        let Some(wire) = spec.wire else { continue };
        for (name, path) in cases(spec) {
            let fixture: ResponseFixture = read(&path);
            let (outcome, expect) = outcome(wire, fixture, &name);
            match (outcome, expect) {
                (Ok(reply), Expect::Reply(wanted)) => {
                    let found = serde_json::to_value(&reply).expect("json");
                    assert!(contains(&found, &wanted), "{}/{name}\nfound  {found}\nwanted {wanted}", spec.name);
                }
                (Err(failure), Expect::Error(wanted)) => {
                    let retry = match failure.retry {
                        Retry::Never => "never",
                        Retry::Soon => "soon",
                        Retry::Slowly => "slowly",
                    };
                    assert_eq!(
                        (failure.error.kind, retry),
                        (wanted.kind, wanted.retry.as_str()),
                        "{}/{name}",
                        spec.name
                    );
                    assert!(wanted.status.is_none_or(|status| failure.error.status == Some(status)), "{name}");
                    assert!(wanted.request_id.is_none() || failure.error.request_id == wanted.request_id, "{name}");
                    assert!(
                        !failure.error.message.contains('\n') && !failure.error.message.contains("</"),
                        "{name}: {}",
                        failure.error.message
                    );
                }
                (found, _) => panic!("{}/{name}: {found:?}", spec.name),
            }
        }
    }
}
