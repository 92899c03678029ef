//! Every exchange in `fixtures/http/<wire>/`: what a request becomes on the wire, and what the reply means.
//!
//! The files are written by hand after the providers' documentation, not recorded from this code.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::super::registry::PROVIDERS;
use super::super::spec::{Endpoint, Failure, ProviderSpec, Retry, Wire};
use super::super::stream::{Frame, Sign};
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

/// Of those, what an API cannot have: why stands in `fixtures/README.md`.
fn lacks(wire: &str) -> &'static [&'static str] {
    match wire {
        "cohere" => &["refusal"],
        "ollama" => &["refusal", "filter", "quota"],
        "replicate" => &["image", "tools", "tool-result", "refusal", "length"],
        // No chat.
        "tei" | "voyage" => REQUIRED,
        _ => &[],
    }
}

#[derive(Deserialize)]
struct RequestFixture {
    base_url: String,
    ask: ChatRequest,
    sent: Sent,
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
    body: Option<Value>,
    body_text: Option<String>,
    /// A stream, frame by frame, instead of a body.
    frames: Option<Vec<FrameFixture>>,
    expect: Expect,
}

#[derive(Deserialize)]
struct FrameFixture {
    event: Option<String>,
    data: String,
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
    if lacks(spec.name) == REQUIRED {
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

#[test]
fn every_wire_has_all_required_cases() {
    for spec in PROVIDERS.iter().filter(|spec| spec.wire.is_some()) {
        let names: Vec<String> = cases(spec).into_iter().map(|(name, _)| name).collect();
        let wanted = REQUIRED.iter().filter(|name| !lacks(spec.name).contains(name));
        let missing: Vec<&&str> = wanted.filter(|name| !names.contains(&(**name).to_owned())).collect();
        assert!(missing.is_empty(), "{}: {missing:?}", spec.name);
    }
}

#[test]
fn requests_become_what_the_api_takes() {
    for spec in PROVIDERS {
        let Some(wire) = spec.wire else { continue };
        for (name, path) in cases(spec) {
            let fixture: RequestFixture = read(&path.with_file_name(format!("{name}.request.json")));
            let answer: ResponseFixture = read(&path);
            let endpoint = Endpoint {
                stream: answer.frames.is_some(),
                ..Endpoint::new(&fixture.base_url, spec.is_official(&fixture.base_url))
            };
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

/// The reply of a stream, as the transport would have it put together.
fn streamed(wire: &dyn Wire, frames: Vec<FrameFixture>) -> Result<ChatReply, Failure> {
    let mut decoder = wire.streaming().expect("a wire that streams").decoder();
    for FrameFixture { event, data } in frames {
        if decoder.frame(&Frame { event, data, is_exception: false })? == Sign::End {
            break;
        }
    }
    decoder.finish()
}

#[test]
fn replies_mean_what_the_api_says() {
    for spec in PROVIDERS {
        let Some(wire) = spec.wire else { continue };
        for (name, path) in cases(spec) {
            let fixture: ResponseFixture = read(&path);
            let decoded = match fixture.frames {
                Some(frames) => streamed(wire, frames),
                None => {
                    let body = fixture.body_text.or_else(|| fixture.body.map(|body| body.to_string()));
                    wire.decode(&HttpReply {
                        status: fixture.status,
                        headers: fixture.headers.into_iter().collect(),
                        body: body.expect("a body").into_bytes(),
                    })
                }
            };
            match (decoded, fixture.expect) {
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
                    assert!(!failure.error.message.contains(['\n', '<']), "{name}: {}", failure.error.message);
                }
                (found, _) => panic!("{}/{name}: {found:?}", spec.name),
            }
        }
    }
}
