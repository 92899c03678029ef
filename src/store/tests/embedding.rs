//! Vectors: kept as they are, found by text, model and server, and paid for.

use std::collections::HashMap;

use super::sample::{Folder, raw};
use crate::base::{Digest, Millis, ModelRef, RunId, Timestamp, Usd};
use crate::record::{
    CallError, CallSource, EmbeddingCall, EmbeddingModel, EmbeddingParams, EmbeddingReply, ErrorKind, InputType, Usage,
};
use crate::store::{Access, Spent, Store, StoreError};

fn model() -> EmbeddingModel {
    ModelRef::parse("openai/text-embedding-3-small").unwrap().into()
}

fn call(texts: &[(&str, &[f32])], started: i64) -> EmbeddingCall {
    EmbeddingCall {
        model: model(),
        endpoint: "https://api.openai.com/v1".to_owned(),
        texts: texts.iter().map(|(text, _)| Digest::of_bytes(text.as_bytes())).collect(),
        reply: Ok(EmbeddingReply {
            vectors: texts.iter().map(|(_, vector)| vector.to_vec()).collect(),
            usage: Some(Usage::plain(9, 0)),
            reported_cost: None,
        }),
        source: CallSource::Live,
        latency_ms: Millis(5),
        attempts: 1,
        waited_ms: Millis(0),
        started: Timestamp(started),
        cost: Some(Usd::from_picos(180_000)),
        possible_double_charge: false,
    }
}

fn find(store: &Store, endpoint: &str, texts: &[&str]) -> HashMap<Digest, Vec<f32>> {
    let digests: Vec<Digest> = texts.iter().map(|text| Digest::of_bytes(text.as_bytes())).collect();
    store.embeddings(&model(), endpoint, &digests).unwrap()
}

#[test]
fn vectors_are_found_again_bit_by_bit() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    let odd = [1.0, -0.0, f32::MIN_POSITIVE, 1e-42, 3.402_823e38];
    store.add_embeddings(&run, &call(&[("a", &odd), ("b", &[2.5])], 10)).unwrap();
    drop(store);
    let store = Store::open(&folder.db(), Access::Read).unwrap();
    let found = find(&store, "https://api.openai.com/v1", &["a", "b", "c"]);
    assert_eq!(found.len(), 2);
    let bits = |vector: &[f32]| vector.iter().map(|number| number.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&found[&Digest::of_bytes(b"a")]), bits(&odd));
    assert!(find(&store, "http://proxy/v1", &["a"]).is_empty(), "a proxy does not answer for the provider");
    // 1.0 is 00 00 80 3f: little-endian, so that the file means the same on every machine.
    assert_eq!(raw(&folder.db(), "SELECT count(*) FROM embedding WHERE hex(vector) LIKE '0000803F%'"), 1);
}

#[test]
fn a_text_has_one_vector_and_every_call_is_paid_for() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    store.add_embeddings(&run, &call(&[("a", &[1.0])], 10)).unwrap();
    store.add_embeddings(&run, &call(&[("a", &[2.0])], 20)).unwrap();
    assert_eq!(find(&store, "https://api.openai.com/v1", &["a"])[&Digest::of_bytes(b"a")], [2.0]);
    let unknown = EmbeddingCall { cost: None, ..call(&[("b", &[1.0])], 30) };
    store.add_embeddings(&run, &unknown).unwrap();
    let error = CallError { kind: ErrorKind::Server, message: "no".to_owned(), status: Some(500), request_id: None };
    let failed = EmbeddingCall { reply: Err(error), cost: None, ..call(&[("c", &[1.0])], 40) };
    store.add_embeddings(&run, &failed).unwrap();
    let spent = Spent { known: Usd::from_picos(360_000), unknown_calls: 1 };
    assert_eq!(store.spent_since(Timestamp(0)).unwrap(), spent, "the daily limit sees them");
    assert_eq!(store.run_row(&run).unwrap().spent, spent, "and so does the run's bill");
    assert_eq!(store.spent_since(Timestamp(21)).unwrap(), Spent { known: Usd::ZERO, unknown_calls: 1 });
    assert!(find(&store, "https://api.openai.com/v1", &["c"]).is_empty());
    assert!(store.trials(&run, &crate::store::TrialFilter::default()).unwrap().is_empty());
}

#[test]
fn vectors_of_a_run_that_is_not_there_are_not_kept() {
    let folder = Folder::new();
    let (store, _) = folder.with_run("r1");
    let absent = RunId::parse("20260101-000000-none").unwrap();
    let error = store.add_embeddings(&absent, &call(&[("a", &[1.0])], 10)).unwrap_err();
    assert!(matches!(error, StoreError::RunNotFound { .. }), "{error:?}");
    assert_eq!(raw(&folder.db(), "SELECT count(*) FROM embedding"), 0);
}

#[test]
fn vectors_of_other_parameters_are_other_vectors() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    let params = EmbeddingParams { dimensions: Some(2), input_type: Some(InputType::Query) };
    let short = EmbeddingModel { params, ..model() };
    let made = EmbeddingCall { model: short.clone(), ..call(&[("a", &[1.0, 2.0])], 10) };
    store.add_embeddings(&run, &made).unwrap();
    let text = [Digest::of_bytes(b"a")];
    let endpoint = "https://api.openai.com/v1";
    assert_eq!(store.embeddings(&short, endpoint, &text).unwrap()[&text[0]], [1.0, 2.0]);
    assert!(store.embeddings(&model(), endpoint, &text).unwrap().is_empty());
    let named = "SELECT count(*) FROM call WHERE model = 'openai/text-embedding-3-small'";
    assert_eq!(raw(&folder.db(), named), 1, "the bill knows the model");
}
