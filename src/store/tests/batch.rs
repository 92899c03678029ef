//! Chunks of batch runs: steps, results, and money on its way.

use super::sample::{Folder, call, trial, write};
use crate::base::{Digest, RunId, SafeName, Timestamp, Usd};
use crate::record::{BatchChunk, BatchFate, BatchItem, BatchProgress, BatchReply, BatchState, TrialRecord};
use crate::store::{BatchLimit, SetAside, Store};

fn chunk(number: u32) -> BatchChunk {
    BatchChunk {
        number,
        provider: SafeName::parse("openai").unwrap(),
        model: "gpt-b".to_owned(),
        state: BatchState::Planned,
        url: "http://h/v1/chat/completions".to_owned(),
        items: 3,
        bytes: 100,
        reserved: Usd::from_picos(50),
        file: None,
        remote: None,
        word: None,
        planned: Timestamp(1_000),
    }
}

fn keys() -> [Digest; 3] {
    [b"a", b"b", b"c"].map(|text| Digest::of_bytes(text))
}

fn planned(store: &Store, run: &RunId, number: u32) -> BatchChunk {
    assert_eq!(store.next_batch(run).unwrap(), number);
    assert!(store.plan_batch(run, &chunk(number), &keys(), None).unwrap());
    chunk(number)
}

fn fates(store: &Store, run: &RunId) -> Vec<BatchFate> {
    store.batch_items(run).unwrap().iter().map(|item| item.fate).collect()
}

#[test]
fn a_chunk_is_read_back_as_it_stands_after_each_step() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("one");
    let mut first = planned(&store, &run, 1);
    assert_eq!(store.batches(&run).unwrap(), [first.clone()]);
    let item = BatchItem { chunk: 1, position: 2, key: keys()[2], fate: BatchFate::Open };
    assert_eq!(store.batch_items(&run).unwrap()[2], item);
    first.state = BatchState::Created;
    (first.file, first.remote, first.word) = (Some("f".into()), Some("r".into()), Some("validating".into()));
    store.move_batch(&run, &first).unwrap();
    assert_eq!(store.batches(&run).unwrap(), [first]);
    assert!(store.known_batches().unwrap().contains("r"));
}

#[test]
fn results_are_kept_once_and_what_has_none_becomes_the_rest() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("one");
    let first = planned(&store, &run, 1);
    let reply = |body: &str| Some(BatchReply { status: 200, body: body.to_owned(), request_id: Some("q".into()) });
    let results = [
        (1, BatchFate::Answered, reply("x")),
        (1, BatchFate::Failed, reply("y")),
        (7, BatchFate::Answered, reply("z")),
    ];
    store.collect_batch(&run, &first, &results, BatchFate::Missing).unwrap();
    assert_eq!(fates(&store, &run), [BatchFate::Missing, BatchFate::Answered, BatchFate::Missing]);
    assert_eq!(store.batch_reply(&run, 1, 1).unwrap(), reply("x"));
    assert_eq!(store.batch_reply(&run, 1, 0).unwrap(), None);
    // A second time changes nothing.
    store.collect_batch(&run, &first, &[(0, BatchFate::Answered, reply("late"))], BatchFate::Expired).unwrap();
    assert_eq!(fates(&store, &run), [BatchFate::Missing, BatchFate::Answered, BatchFate::Missing]);
    let progress = BatchProgress { chunks: 1, ended: 1, items: 3, answered: 1 };
    assert_eq!(store.batch_progress(&run).unwrap(), Some(progress));
    store.drop_batch_items(&run, &[BatchFate::Missing]).unwrap();
    assert_eq!(fates(&store, &run), [BatchFate::Dropped, BatchFate::Answered, BatchFate::Dropped]);
}

#[test]
fn the_requests_of_a_lost_chunk_are_free_and_it_is_not_counted() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("one");
    assert_eq!(store.batch_progress(&run).unwrap(), None);
    let first = planned(&store, &run, 1);
    store.move_batch(&run, &BatchChunk { state: BatchState::Lost, ..first }).unwrap();
    assert_eq!(fates(&store, &run), [BatchFate::Dropped; 3]);
    assert_eq!(store.batch_progress(&run).unwrap(), None);
    planned(&store, &run, 2);
}

#[test]
fn money_on_its_way_leaves_less_for_others_until_the_chunk_has_ended() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("one");
    let other = super::sample::begin(&store, "two");
    let limit = |most| Some(BatchLimit { since: Timestamp(0), most: Usd::from_picos(most) });
    let mut first = planned(&store, &run, 1);
    assert!(!store.plan_batch(&other, &chunk(1), &keys(), limit(99)).unwrap());
    assert_eq!(store.next_batch(&other).unwrap(), 1, "a refused chunk leaves nothing behind");
    let asked = |upto| {
        store.ledger(&other, Timestamp(0), Usd::from_picos(99)).unwrap().set_aside(Usd::from_picos(upto)).unwrap()
    };
    assert_eq!(asked(49), SetAside::Granted);
    assert!(matches!(asked(50), SetAside::Spent { .. }));
    store.ledger(&other, Timestamp(0), Usd::from_picos(99)).unwrap().release().unwrap();
    first.word = Some("completed".into());
    store.collect_batch(&run, &first, &[], BatchFate::Missing).unwrap();
    assert!(store.plan_batch(&other, &chunk(1), &keys(), limit(99)).unwrap());
}

#[test]
fn a_run_knows_what_it_has_paid_for() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("one");
    let paid = call("paid", 10);
    let key = paid.cache_key;
    write(&store, &run, [TrialRecord { call: Some(paid), ..trial(1) }]);
    assert_eq!(store.paid_keys(&run).unwrap().into_iter().collect::<Vec<_>>(), [key]);
}
