//! Every exchange in `fixtures/http/{embeddings,rerank,moderation}/<wire>/`: what a question becomes on the wire, and
//! what the reply means.
//!
//! The files are written by hand after the providers' documentation, not recorded from this code.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value, json};

use super::question::Question;
use super::registry::provider_spec;
use super::side_question::{EmbeddingRequest, ModerationRequest, RerankRequest};
use super::spec::{Endpoint, Retry, Wire, WireOptions};
use crate::base::{Timestamp, Usd};
use crate::net::HttpReply;
use crate::price::{PriceTable, Terms};
use crate::record::{EmbeddingParams, ErrorKind, Usage};

/// Cases that every wire must have.
const REQUIRED: &[&str] = &["plain", "empty", "wrong-count", "bad-key", "rate-limit", "malformed", "too-large"];

const EMBEDDINGS: &[&str] = &["azure", "cohere", "gemini", "mistral", "ollama", "openai", "tei", "voyage"];
const RERANK: &[&str] = &["cohere", "tei", "voyage"];
const MODERATION: &[&str] = &["openai"];

#[derive(Deserialize)]
struct RequestFixture {
    base_url: String,
    api_version: Option<String>,
    ask: Ask,
    sent: Option<Sent>,
    /// Instead of `sent`: words of the local refusal.
    refused: Option<String>,
}

#[derive(Deserialize)]
struct Ask {
    model: String,
    #[serde(default)]
    texts: Vec<String>,
    #[serde(default)]
    query: String,
    #[serde(default)]
    documents: Vec<String>,
    top_n: Option<usize>,
    #[serde(default)]
    params: EmbeddingParams,
}

#[derive(Deserialize)]
struct Sent {
    url: String,
    body: Value,
}

#[derive(Deserialize)]
struct ResponseFixture {
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<Value>,
    body_text: Option<String>,
    expect: Expect,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Expect {
    Reply(Value),
    Error { kind: ErrorKind, retry: String },
}

fn wire(name: &str) -> &'static dyn Wire {
    provider_spec(name).expect("spec").wire.expect("wire")
}

fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> T {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
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

/// All fixtures of one kind, with the question each asks; returns how many there were.
fn check<Q: Question>(kind: &str, names: &[&str], question: impl Fn(Ask) -> Q, show: impl Fn(&Q::Reply) -> Value) {
    for name in names {
        let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/http").join(kind).join(name);
        let mut cases: Vec<String> = std::fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
            .filter_map(|entry| {
                let file = entry.expect("entry").file_name().into_string().expect("name");
                file.strip_suffix(".request.json").map(str::to_owned)
            })
            .collect();
        cases.sort();
        for wanted in REQUIRED {
            assert!(cases.iter().any(|case| case == wanted), "{kind}/{name} has no {wanted}");
        }
        for case in cases {
            let at = format!("{kind}/{name}/{case}");
            let fixture: RequestFixture = read(&folder.join(format!("{case}.request.json")));
            let asked = question(fixture.ask);
            let options = WireOptions { api_version: fixture.api_version, ..WireOptions::default() };
            let official = provider_spec(name).is_ok_and(|spec| spec.is_official(&fixture.base_url));
            let endpoint = Endpoint { options: &options, ..Endpoint::new(&fixture.base_url, official) };
            let encoded = asked.encode(wire(name), endpoint);
            let Some(sent) = fixture.sent else {
                let error = encoded.expect_err(&at);
                assert_eq!(error.kind, ErrorKind::Refused, "{at}");
                assert!(error.message.contains(&fixture.refused.expect("`sent` or `refused`")), "{at}: {error}");
                continue;
            };
            let http = encoded.unwrap_or_else(|error| panic!("{at}: {error}")).http;
            assert_eq!(http.url, sent.url, "{at}");
            assert_eq!(serde_json::from_slice::<Value>(&http.body).expect("json"), sent.body, "{at}");
            assert_eq!(http.headers, [("content-type".to_owned(), "application/json".to_owned())], "{at}");
            assert!(http.auth.is_none(), "a wire never sees the key");
            check_reply(&at, &asked, wire(name), read(&folder.join(format!("{case}.response.json"))), &show);
        }
    }
}

fn check_reply<Q: Question>(
    at: &str,
    asked: &Q,
    wire: &dyn Wire,
    fixture: ResponseFixture,
    show: &impl Fn(&Q::Reply) -> Value,
) {
    let body = fixture.body_text.or_else(|| fixture.body.map(|body| body.to_string())).expect("a body");
    let headers = fixture.headers.into_iter().collect();
    let reply = HttpReply { status: fixture.status, headers, body: body.into_bytes() };
    match (asked.decode(wire, &reply), fixture.expect) {
        (Ok(reply), Expect::Reply(wanted)) => {
            let found = show(&reply);
            assert!(contains(&found, &wanted), "{at}\nfound  {found}\nwanted {wanted}");
        }
        (Err(failure), Expect::Error { kind, retry }) => {
            let found = match failure.retry {
                Retry::Never => "never",
                Retry::Soon => "soon",
                Retry::Slowly => "slowly",
            };
            assert_eq!((failure.error.kind, found), (kind, retry.as_str()), "{at}: {}", failure.error.message);
            assert_eq!(failure.error.status, Some(fixture.status), "{at}");
            assert!(!failure.error.message.contains(['\n', '<']), "{at}: {}", failure.error.message);
        }
        (Ok(reply), Expect::Error { .. }) => panic!("{at}: {}", show(&reply)),
        (Err(failure), Expect::Reply(_)) => panic!("{at}: {failure:?}"),
    }
}

#[test]
fn embeddings_speak_as_their_apis_do() {
    let question = |ask: Ask| EmbeddingRequest { model: ask.model, texts: ask.texts, params: ask.params };
    check("embeddings", EMBEDDINGS, question, |reply| json!({"vectors": reply.vectors, "usage": reply.usage}));
}

#[test]
fn rerankers_speak_as_their_apis_do() {
    let question =
        |ask: Ask| RerankRequest { model: ask.model, query: ask.query, documents: ask.documents, top_n: ask.top_n };
    check("rerank", RERANK, question, |reply| serde_json::to_value(reply).expect("json"));
}

#[test]
fn moderation_speaks_as_its_api_does() {
    let question = |ask: Ask| ModerationRequest { model: ask.model, texts: ask.texts };
    check("moderation", MODERATION, question, |reply| serde_json::to_value(reply).expect("json"));
}

/// Decodes a reply of one text or document with this usage, as the API would send it.
fn usage_of(provider: &str, tag: &str, raw: &Value) -> Option<Usage> {
    let texts = vec!["a".to_owned()];
    let embed = |body: &Value| {
        let ask = EmbeddingRequest { model: "m".into(), texts: texts.clone(), params: EmbeddingParams::NONE };
        let reply = HttpReply { status: 200, body: body.to_string().into_bytes(), ..HttpReply::default() };
        ask.decode(wire(provider), &reply).expect("vectors").usage
    };
    let rank = |body: &Value| {
        let (model, query, documents) = ("m".to_owned(), "q".to_owned(), texts.clone());
        let ask = RerankRequest { model, query, documents, top_n: None };
        let reply = HttpReply { status: 200, body: body.to_string().into_bytes(), ..HttpReply::default() };
        ask.decode(wire(provider), &reply).expect("scores").usage
    };
    let data = json!([{"index": 0, "embedding": [1.0]}]);
    match (provider, tag) {
        ("gemini", "embedding") => embed(&json!({"embeddings": [{"values": [1.0]}], "usageMetadata": raw})),
        (_, "embedding") => embed(&json!({"data": data, "usage": raw})),
        ("cohere", _) => rank(&json!({"results": [{"index": 0, "relevance_score": 0.5}], "meta": raw})),
        _ => rank(&json!({"data": [{"index": 0, "relevance_score": 0.5}], "usage": raw})),
    }
}

#[test]
fn what_embeddings_and_rankings_cost_equals_the_billing_vectors() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/vectors/cost/billing.jsonl");
    let table = PriceTable::bundled().expect("bundled");
    // 2026-11-18T08:30:00Z, the moment of the vectors.
    let at = Timestamp(1_794_990_600_000);
    let mut seen = Vec::new();
    for line in std::fs::read_to_string(path).expect("vectors").lines() {
        let row: Value = serde_json::from_str(line).expect("row");
        let tag = row["tag"].as_str().expect("tag");
        if !matches!(tag, "embedding" | "rerank") {
            continue;
        }
        let (id, priced) = (row["id"].as_str().expect("id"), row["expected"]["price_id"].as_str().expect("price"));
        let (provider, model) = priced.split_once('/').expect("provider/model");
        let usage = usage_of(provider, tag, &row["usage"]).unwrap_or_else(|| panic!("{id}: no usage"));
        let cost = table.resolve(Some(provider), model, None).cost(&usage, &Terms::at(at)).map(Usd::exact);
        assert_eq!(cost.as_deref(), row["expected"]["usd"].as_str(), "{id}");
        seen.push(format!("{provider} {tag}"));
    }
    seen.sort();
    assert_eq!(seen, ["cohere rerank", "gemini embedding", "openai embedding", "voyage embedding", "voyage rerank"]);
}
