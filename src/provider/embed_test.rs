//! Vectors through the caller: batches, retries, kept vectors, cassettes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::caller_test::{NOW, Stub, build, options, status};
use super::{CallMode, CallerOptions, Spend, VectorCache};
use crate::base::{Digest, ModelRef, Usd};
use crate::net::{HttpReply, HttpRequest, NetError};
use crate::record::{EmbeddingCall, EmbeddingModel, EmbeddingParams, ErrorKind, InputType};

/// Kept vectors in memory, and the calls that brought them.
#[derive(Default)]
struct Kept {
    vectors: Mutex<HashMap<Digest, Vec<f32>>>,
    calls: Mutex<Vec<EmbeddingCall>>,
    is_full: bool,
}

impl VectorCache for Kept {
    fn find(&self, _: &EmbeddingModel, endpoint: &str, texts: &[Digest]) -> HashMap<Digest, Vec<f32>> {
        assert_eq!(endpoint, "https://api.openai.com/v1");
        let vectors = self.vectors.lock().expect("vectors");
        texts.iter().filter_map(|text| Some((*text, vectors.get(text)?.clone()))).collect()
    }

    fn keep(&self, call: &EmbeddingCall) -> Result<(), String> {
        if self.is_full {
            return Err("the disk is full".to_owned());
        }
        if let Ok(reply) = &call.reply {
            self.vectors.lock().expect("vectors").extend(call.texts.iter().copied().zip(reply.vectors.clone()));
        }
        self.calls.lock().expect("calls").push(call.clone());
        Ok(())
    }
}

fn model() -> EmbeddingModel {
    ModelRef::parse("openai/text-embedding-3-small").expect("model").into()
}

/// A vector per text: its length, and one.
#[expect(clippy::needless_pass_by_value, reason = "the signature of a script")]
fn vectors(request: HttpRequest) -> Result<HttpReply, NetError> {
    let body: serde_json::Value = serde_json::from_slice(&request.body).expect("json");
    let texts = body["input"].as_array().expect("texts").clone();
    let data: Vec<_> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| json!({"index": index, "embedding": [text.as_str().expect("text").len(), 1.0]}))
        .collect();
    let body = json!({"data": data, "usage": {"prompt_tokens": 10 * texts.len(), "total_tokens": 10 * texts.len()}});
    Ok(HttpReply { status: 200, body: body.to_string().into_bytes(), ..HttpReply::default() })
}

fn with(stub: &Arc<Stub>, mode: CallMode, kept: &Arc<Kept>) -> CallerOptions {
    CallerOptions { vectors: Some(Arc::clone(kept) as Arc<dyn VectorCache>), ..options(stub, mode, |_| {}) }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn texts_are_asked_for_once_and_come_back_in_their_order() {
    let stub = Stub::new(|_, request| (NOW, vectors(request.clone())));
    let kept = Arc::new(Kept::default());
    let caller = build(with(&stub, CallMode::Live, &kept));
    let (mut spend, stop) = (Spend::default(), CancellationToken::new());
    let asked = texts(&["aa", " ", "b", "aa", ""]);
    let found = caller.embed(&model(), &asked, &mut spend, &stop).await.expect("vectors");
    assert_eq!(found, [vec![2.0, 1.0], vec![], vec![1.0, 1.0], vec![2.0, 1.0], vec![]]);
    assert_eq!(
        stub.bodies(),
        [json!({"model": "text-embedding-3-small", "input": ["aa", "b"], "encoding_format": "base64"})]
    );
    // The pricer of the tests takes one picodollar per token.
    assert_eq!(spend, Spend { known: Usd::from_picos(20), unknown_calls: 0 });
    let again = caller.embed(&model(), &texts(&["b", "ccc"]), &mut spend, &stop).await.expect("vectors");
    assert_eq!(again, [vec![1.0, 1.0], vec![3.0, 1.0]]);
    assert_eq!((stub.bodies().len(), &stub.bodies()[1]["input"]), (2, &json!(["ccc"])));
    assert_eq!(spend.known, Usd::from_picos(30));
    assert_eq!(caller.not_embedded(&model(), texts(&["aa", "new", "new"])), ["new"]);
    let attempts: Vec<u32> = kept.calls.lock().expect("calls").iter().map(|call| call.attempts).collect();
    assert_eq!(attempts, [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn failures_are_retried_and_the_last_one_shows_no_key() {
    let stub = Stub::new(|number, request| match number {
        0 => (NOW, status(429, &[("retry-after", "7")])),
        1 => (NOW, status(500, &[])),
        _ => (Duration::from_millis(30), vectors(request.clone())),
    });
    let kept = Arc::new(Kept::default());
    let caller = build(with(&stub, CallMode::Live, &kept));
    let (mut spend, stop) = (Spend::default(), CancellationToken::new());
    caller.embed(&model(), &texts(&["a"]), &mut spend, &stop).await.expect("vectors");
    let call = kept.calls.lock().expect("calls")[0].clone();
    assert_eq!((call.attempts, call.latency_ms.0), (3, 30));
    assert!(call.waited_ms.0 >= 7_000, "{call:?}");

    let stub = Stub::new(|_, _| (NOW, status(401, &[])));
    let caller = build(with(&stub, CallMode::Live, &Arc::new(Kept::default())));
    let error = caller.embed(&model(), &texts(&["a"]), &mut spend, &stop).await.expect_err("refused");
    assert_eq!(error.kind, ErrorKind::Auth);
    assert!(!error.message.contains("sk-test-key-1"), "{}", error.message);
    let error = caller.embed(&model(), &texts(&["b"]), &mut spend, &stop).await.expect_err("refused");
    assert_eq!((error.kind, stub.bodies().len()), (ErrorKind::Auth, 1), "what must fail again is not asked again");
}

#[tokio::test(start_paused = true)]
async fn what_was_paid_for_and_cannot_be_kept_is_an_error() {
    let stub = Stub::new(|_, request| (NOW, vectors(request.clone())));
    let kept = Arc::new(Kept { is_full: true, ..Kept::default() });
    let caller = build(with(&stub, CallMode::Live, &kept));
    let (mut spend, stop) = (Spend::default(), CancellationToken::new());
    let error = caller.embed(&model(), &texts(&["a"]), &mut spend, &stop).await.expect_err("full");
    assert!(error.message.contains("the disk is full"), "{}", error.message);
    assert_eq!(spend.known, Usd::from_picos(10), "and it is counted all the same");
}

#[tokio::test(start_paused = true)]
async fn recorded_vectors_are_replayed_without_a_network() {
    let folder = tempfile::tempdir().expect("temp");
    let at = |options: CallerOptions| CallerOptions {
        cassettes: folder.path().to_path_buf(),
        root: folder.path().to_path_buf(),
        vectors: None,
        ..options
    };
    let (mut spend, stop) = (Spend::default(), CancellationToken::new());
    let stub = Stub::new(|_, request| (NOW, vectors(request.clone())));
    let caller = build(at(options(&stub, CallMode::Record, |_| {})));
    let live = caller.embed(&model(), &texts(&["aa", "b"]), &mut spend, &stop).await.expect("vectors");
    assert_eq!(caller.finish().expect("written"), [folder.path().join("embeddings/vectors.jsonl")]);

    let silent = Stub::new(|_, _| (NOW, status(500, &[])));
    let caller = build(at(options(&silent, CallMode::Replay, |_| {})));
    let mut nothing = Spend::default();
    assert_eq!(caller.embed(&model(), &texts(&["aa", "b"]), &mut nothing, &stop).await.expect("replayed"), live);
    let error = caller.embed(&model(), &texts(&["aa", "new text"]), &mut nothing, &stop).await.expect_err("missing");
    assert_eq!(error.kind, ErrorKind::NotRecorded);
    let wanted = "no recorded vector for `new text` with model `openai/text-embedding-3-small` in `embeddings/vectors.jsonl` or the store; record it with `karat eval --record`";
    assert_eq!(error.message, wanted);
    assert_eq!((silent.bodies().len(), nothing), (0, Spend::default()));
    // Vectors in the store answer, too.
    let kept = Arc::new(Kept::default());
    kept.vectors.lock().expect("vectors").insert(EmbeddingCall::text_digest("new text"), vec![9.0, 9.0]);
    let caller = build(CallerOptions {
        vectors: Some(kept as Arc<dyn VectorCache>),
        ..at(options(&silent, CallMode::Replay, |_| {}))
    });
    let found = caller.embed(&model(), &texts(&["new text"]), &mut nothing, &stop).await.expect("kept");
    assert_eq!((found, silent.bodies().len()), (vec![vec![9.0, 9.0]], 0));
}

#[tokio::test(start_paused = true)]
async fn providers_without_embeddings_are_told_before_a_call() {
    let stub = Stub::new(|_, _| (NOW, status(500, &[])));
    let mut options = options(&stub, CallMode::Live, |_| {});
    options.providers.extend(
        super::builtin_providers(&|name| (name == "ANTHROPIC_API_KEY").then(|| "k".to_owned()))
            .into_iter()
            .filter(|provider| provider.name.as_str() != "openai"),
    );
    let caller = build(options);
    assert!(caller.can_embed(&model()).is_ok());
    for name in ["anthropic/claude-haiku-4-5", "mock/x"] {
        let model = EmbeddingModel::from(ModelRef::parse(name).expect("model"));
        assert_eq!(caller.can_embed(&model).expect_err("none").code, "no-embeddings");
        let error = caller.embed(&model, &texts(&["a"]), &mut Spend::default(), &CancellationToken::new()).await;
        assert_eq!(error.expect_err("none").kind, ErrorKind::Refused);
    }
    assert!(caller.can_embed(&ModelRef::parse("opnai/x").expect("model").into()).is_err());
    assert!(stub.bodies().is_empty());
}

#[tokio::test(start_paused = true)]
async fn parameters_are_sent_kept_apart_and_refused_before_a_call_where_the_api_has_no_words_for_them() {
    let folder = tempfile::tempdir().expect("temp");
    let at = |options: CallerOptions| CallerOptions {
        cassettes: folder.path().to_path_buf(),
        root: folder.path().to_path_buf(),
        ..options
    };
    let (mut spend, stop) = (Spend::default(), CancellationToken::new());
    let stub = Stub::new(|_, request| (NOW, vectors(request.clone())));
    let caller = build(at(options(&stub, CallMode::Record, |_| {})));
    let with =
        |dimensions, input_type| EmbeddingModel { params: EmbeddingParams { dimensions, input_type }, ..model() };
    let short = with(Some(2), None);
    assert!(caller.can_embed(&short).is_ok());
    let asked = texts(&["a"]);
    caller.embed(&short, &asked, &mut spend, &stop).await.expect("vectors");
    assert_eq!(stub.bodies()[0]["dimensions"], 2);
    // The server answers with two numbers, whatever is asked.
    let error = caller.embed(&with(Some(3), None), &asked, &mut spend, &stop).await.expect_err("length");
    assert!(error.message.contains("2 dimensions, 3 were asked for"), "{}", error.message);
    let query = with(None, Some(InputType::Query));
    let refused = caller.can_embed(&query).expect_err("refused");
    assert!(refused.code == "unsupported-parameter" && refused.message.contains("input_type"), "{refused:?}");
    let calls = stub.bodies().len();
    assert_eq!(caller.embed(&query, &asked, &mut spend, &stop).await.expect_err("refused").kind, ErrorKind::Refused);
    assert_eq!(stub.bodies().len(), calls);

    caller.finish().expect("written");
    let caller = build(at(options(&stub, CallMode::Replay, |_| {})));
    assert_eq!(caller.embed(&short, &asked, &mut spend, &stop).await.expect("replayed"), [vec![1.0, 1.0]]);
    let error = caller.embed(&model(), &asked, &mut spend, &stop).await.expect_err("other vectors");
    assert_eq!(error.kind, ErrorKind::NotRecorded);
}
