//! Questions of the semantic cache, and what it had for calls.

use super::sample::{Folder, call, raw, trial, write};
use crate::base::{Digest, Millis, ModelRef, Timestamp};
use crate::record::{
    Agreement, CallRecord, CallSource, EmbeddingCall, EmbeddingModel, EmbeddingReply, SemanticFacts, SemanticMatch,
    TrialRecord,
};
use crate::store::{QuestionRow, Store, TrialFilter};

fn model() -> EmbeddingModel {
    ModelRef::parse("openai/e").unwrap().into()
}

fn embed(store: &Store, run: &crate::base::RunId, texts: &[&str]) {
    let call = EmbeddingCall {
        model: model(),
        endpoint: "e".to_owned(),
        texts: texts.iter().map(|text| Digest::of_bytes(text.as_bytes())).collect(),
        reply: Ok(EmbeddingReply {
            vectors: texts.iter().map(|_| vec![1.0, 0.5]).collect(),
            usage: None,
            reported_cost: None,
        }),
        source: CallSource::Live,
        latency_ms: Millis(1),
        attempts: 1,
        waited_ms: Millis(0),
        started: Timestamp(1),
        cost: None,
        possible_double_charge: false,
    };
    store.add_embeddings(run, &call).unwrap();
}

fn add(store: &Store, text: &str, made: i64) -> bool {
    let (scope, digest) = (Digest::of_bytes(b"scope"), Digest::of_bytes(text.as_bytes()));
    let row = QuestionRow {
        scope: &scope,
        origin: &digest,
        signature: &[7; 256],
        text: &digest,
        model: &model(),
        endpoint: "e",
        made: Timestamp(made),
    };
    store.add_question(&row).unwrap()
}

fn ids(store: &Store, after: i64) -> Vec<i64> {
    store.questions(after, 100).unwrap().into_iter().map(|(id, ..)| id).collect()
}

#[test]
fn questions_are_seen_by_another_process_at_once_and_the_least_used_go_first() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    embed(&store, &run, &["a", "b", "c", "d"]);
    let other = folder.store();
    assert!(add(&store, "a", 10) && add(&store, "b", 20));
    assert_eq!(ids(&other, 0), [1, 2]);
    assert!(add(&other, "c", 30));
    assert_eq!((ids(&store, 2), ids(&store, 3)), (vec![3], vec![]));
    assert!(!add(&store, "no vector", 40), "a question without a vector is not kept");
    assert!(add(&store, "b", 21), "the same question again is the same entry");
    assert_eq!(ids(&store, 0), [1, 2, 3]);
    let vectors = store.question_vectors(&[2, 9]).unwrap();
    assert_eq!(vectors, [(2, Digest::of_bytes(b"b"), vec![1.0, 0.5])]);
    // `a` is the oldest, and was used last.
    assert_eq!(store.settle_questions(&[(1, Timestamp(50))], 2).unwrap(), 1);
    assert_eq!(ids(&store, 0), [1, 3]);
    assert!(add(&store, "d", 60));
    let newest = ids(&store, 3);
    assert_eq!(newest.len(), 1, "numbers are never used again");
    assert_eq!(store.questions(0, 2).unwrap().iter().map(|(id, ..)| *id).collect::<Vec<_>>(), [3, newest[0]]);
}

#[test]
fn what_the_cache_had_is_stored_with_the_call_and_never_answers_itself() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    let found = |agreement| SemanticMatch { similarity: 0.97, origin: Digest::of_bytes(b"o"), agreement, kept: None };
    let checked = Some(Agreement { same_text: false, same_outcome: Some(true) });
    let with = |ordinal: u64, source, agreement| {
        let call = CallRecord { source, semantic: Some(found(agreement)), ..call(&format!("k{ordinal}"), 5) };
        TrialRecord { call: Some(call), ..trial(ordinal) }
    };
    let trials = [with(1, CallSource::Semantic, None), with(2, CallSource::Live, checked), trial(3)];
    write(&store, &run, trials.clone());
    assert_eq!(store.trials(&run, &TrialFilter::default()).unwrap(), trials);
    let mut facts = Vec::new();
    store.facts(&run, |fact| facts.push(fact.semantic)).unwrap();
    let fact = |agreement| Some(SemanticFacts { similarity: 0.97, agreement });
    assert_eq!(facts, [fact(None), fact(checked), None]);
    let reader = store.reply_reader();
    assert_eq!(reader.get(&Digest::of_bytes(b"k1"), Timestamp(0)), None);
    assert!(reader.get(&Digest::of_bytes(b"k2"), Timestamp(0)).is_some());
    assert_eq!(raw(&folder.db(), "SELECT count(*) FROM call WHERE reusable = 1"), 2);
}
