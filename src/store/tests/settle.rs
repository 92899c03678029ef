//! Rows found by digest: in the tail, settled, and while several processes write.

use proptest::prelude::*;

use super::sample::{Folder, begin, call, raw, reply, trial, write};
use crate::base::{Digest, RunId, Timestamp};
use crate::record::{CallRecord, CallSource, TrialRecord};
use crate::store::insert::{Change, Inserts};
use crate::store::ready::Ready;
use crate::store::settle::{Numbers, settle};
use crate::store::{Store, TrialFilter};

fn settle_all(store: &Store) -> bool {
    settle(&store.pool.connect().unwrap(), 0).unwrap()
}

fn tail(store: &Store) -> (i64, i64) {
    let db = store.pool.connect().unwrap();
    let (settled, last) = (Numbers::settled(&db).unwrap(), Numbers::last(&db).unwrap());
    (last.cases - settled.cases, last.calls - settled.calls)
}

fn found(store: &Store, key: &str) -> Option<i64> {
    let found = store.reply_reader().look_up(&Digest::of_bytes(key.as_bytes()), Timestamp(0)).unwrap();
    found.map(|reply| reply.started.0)
}

/// Every settled call is there once, and nothing else.
fn assert_whole(folder: &Folder) {
    let db = folder.db();
    let strays = "SELECT count(*) FROM settled_call s LEFT JOIN call c ON c.id = s.call \
                  WHERE c.id IS NULL OR c.reusable = 0 OR substr(c.cache_key, 1, 8) <> s.start";
    assert_eq!(raw(&db, strays), 0);
    let missing = "SELECT count(*) FROM call WHERE reusable = 1 AND id <= (SELECT calls FROM settled) \
                   AND id NOT IN (SELECT call FROM settled_call)";
    assert_eq!(raw(&db, missing), 0);
    assert_eq!(
        raw(&db, "SELECT count(*) FROM settled_call"),
        raw(&db, "SELECT count(DISTINCT call) FROM settled_call")
    );
    let cases = "SELECT count(*) FROM eval_case e LEFT JOIN settled_case s ON s.eval_case = e.id \
                 AND s.start = substr(e.identity, 1, 8) WHERE (s.start IS NULL) = (e.id <= (SELECT cases FROM settled))";
    assert_eq!(raw(&db, cases), 0);
    assert_eq!(raw(&db, "SELECT count(*) FROM settled_case"), raw(&db, "SELECT cases FROM settled"));
}

#[test]
fn replies_and_cases_are_found_before_and_after_settling() {
    let folder = Folder::new();
    let (store, first) = folder.with_run("r1");
    write(&store, &first, (0..300).map(trial));
    assert_eq!(tail(&store), (300, 300), "a small run leaves its tail");
    let all_found = |store: &Store| {
        for ordinal in 0..300 {
            assert_eq!(found(store, &format!("key {ordinal}")), Some(5_000 + ordinal));
        }
        assert_eq!(found(store, "key 999"), None);
    };
    all_found(&store);
    assert!(settle_all(&store));
    assert!(!settle_all(&store), "once is enough");
    assert_eq!(tail(&store), (0, 0));
    all_found(&store);
    all_found(&folder.store());
    let second = begin(&store, "r2");
    write(&store, &second, (200..400).map(trial));
    assert_eq!(raw(&folder.db(), "SELECT count(*) FROM eval_case"), 400, "settled cases are shared");
    assert_eq!(tail(&store), (100, 200));
    let third = begin(&store, "r3");
    write(&folder.store(), &third, (250..450).map(trial));
    assert_eq!(raw(&folder.db(), "SELECT count(*) FROM eval_case"), 450, "so are those of a tail");
    settle_all(&store);
    all_found(&folder.store());
    assert_whole(&folder);
}

#[test]
fn the_reply_that_began_last_answers_wherever_it_lies() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    let at = |ordinal, started| TrialRecord { call: Some(call("k", started)), ..trial(ordinal) };
    write(&store, &run, [at(1, 30), at(2, 20)]);
    assert_eq!(found(&store, "k"), Some(30));
    settle_all(&store);
    write(&store, &run, [at(3, 10)]);
    assert_eq!(found(&store, "k"), Some(30), "settled");
    assert_eq!(found(&folder.store(), "k"), Some(30));
    write(&store, &run, [at(4, 50), at(5, 40)]);
    assert_eq!(found(&store, "k"), Some(50), "in the tail");
    assert_eq!(found(&folder.store(), "k"), Some(50));
    let key = Digest::of_bytes(b"k");
    assert!(store.reply_reader().get(&key, Timestamp(51)).is_none());
}

#[test]
fn a_shared_reply_finds_its_original_in_the_same_transaction() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    let shared = CallRecord { source: CallSource::Shared, ..call("key 1", 5_001) };
    let shared = TrialRecord { call: Some(shared), ..trial(2) };
    let rows = store.run_rows(&run).unwrap();
    let db = store.pool.connect().unwrap();
    let mut inserts = Inserts::prepare(&db, rows, &store.pool.known).unwrap();
    put(&db, &mut inserts, [trial(1), shared.clone()]);
    drop(inserts);
    assert_eq!(raw(&folder.db(), "SELECT count(*) FROM body"), 2);
    assert_eq!(store.trials(&run, &TrialFilter::default()).unwrap(), [trial(1), shared]);
}

/// One transaction of the writing thread.
fn put(db: &rusqlite::Connection, inserts: &mut Inserts<'_>, trials: impl IntoIterator<Item = TrialRecord>) {
    db.execute_batch("BEGIN IMMEDIATE").unwrap();
    inserts.catch_up().unwrap();
    for trial in trials {
        let ready = Ready::new(Box::new(trial), &crate::base::Redactor::default());
        assert!(inserts.add(&ready, &mut Change::default()).is_ok());
    }
    db.execute_batch("COMMIT").unwrap();
    inserts.tell_keys().unwrap();
}

#[test]
fn a_tail_that_grows_is_settled_while_two_processes_write() {
    let folder = Folder::new();
    let (one, run) = folder.with_run("r1");
    let two = folder.store();
    let rows = |store: &Store| store.run_rows(&run).unwrap();
    let (here, there) = (one.pool.connect().unwrap(), two.pool.connect().unwrap());
    let mut left = Inserts::prepare(&here, rows(&one), &one.pool.known).unwrap();
    let mut right = Inserts::prepare(&there, rows(&two), &two.pool.known).unwrap();
    assert_eq!((found(&one, "key 1"), found(&two, "key 1")), (None, None), "both have loaded their keys");
    for round in 0..20 {
        put(&here, &mut left, (round * 10..round * 10 + 20).map(trial));
        if round % 3 == 0 {
            left.settle_past(15).unwrap();
        }
        put(&there, &mut right, (round * 10 + 5..round * 10 + 30).map(trial));
        if round % 4 == 0 {
            right.settle_past(0).unwrap();
        }
        for key in [format!("key {}", round * 10), format!("key {}", round * 10 + 19)] {
            assert!(found(&one, &key).is_some() && found(&two, &key).is_some(), "{key}");
        }
        assert_eq!(raw(&folder.db(), "SELECT count(*) FROM eval_case"), i64::try_from(round).unwrap() * 10 + 30);
        assert_whole(&folder);
    }
    // Each learns of the other's at its next transaction.
    put(&here, &mut left, [trial(1)]);
    assert!((0..220).all(|ordinal| found(&one, &format!("key {ordinal}")).is_some()));
    assert_eq!(raw(&folder.db(), "SELECT count(DISTINCT identity) FROM eval_case"), 220);
}

#[test]
fn tidying_beside_other_writers_loses_nothing() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    let other = folder.store();
    std::thread::scope(|scope| {
        scope.spawn(|| write(&store, &run, (0..1_500).map(trial)));
        scope.spawn(|| {
            for _ in 0..40 {
                settle_all(&other);
                drop(other.tidy());
            }
        });
    });
    settle_all(&other);
    assert_whole(&folder);
    assert_eq!(raw(&folder.db(), "SELECT count(*) FROM settled_call"), 1_500);
    assert!((0..1_500).all(|ordinal| found(&store, &format!("key {ordinal}")).is_some()));
    assert!(found(&folder.store(), "key 1499").is_some());
}

#[test]
fn settling_that_fails_leaves_the_tail() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    write(&store, &run, (0..50).map(trial));
    let db = store.pool.connect().unwrap();
    db.pragma_update(None, "query_only", true).unwrap();
    assert!(settle(&db, 0).is_err());
    assert!(db.is_autocommit(), "no transaction is left open");
    assert_eq!(tail(&store), (50, 50));
    assert_eq!(found(&folder.store(), "key 49"), Some(5_049));
}

/// What one of two processes does.
#[derive(Debug, Clone)]
enum Step {
    Write { key: u8, started: i64, good: bool },
    Settle,
    Reopen,
    Look { key: u8 },
}

fn steps() -> impl Strategy<Value = Vec<(bool, Step)>> {
    let step = prop_oneof![
        4 => (0..4_u8, 1..100_i64, prop::bool::weighted(0.8)).prop_map(|(key, started, good)| Step::Write { key, started, good }),
        2 => Just(Step::Settle),
        1 => Just(Step::Reopen),
        4 => (0..4_u8).prop_map(|key| Step::Look { key }),
    ];
    prop::collection::vec((any::<bool>(), step), 1..40)
}

fn record(ordinal: u64, key: u8, started: i64, good: bool) -> TrialRecord {
    let mut call = call(&format!("k{key}"), started);
    if good {
        call.reply = Ok(reply(&format!("of {started}")));
    } else {
        call.source = CallSource::Mock;
    }
    TrialRecord { call: Some(call), ..trial(ordinal) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_lookup_finds_the_newest_that_its_process_can_know_of(steps in steps()) {
        let folder = Folder::new();
        let run: RunId = begin(&folder.store(), "r1");
        let mut stores = [folder.store(), folder.store()];
        // All that was written, and how much of it each process knows for certain.
        let mut written: Vec<(u8, i64)> = Vec::new();
        let mut known = [0, 0];
        for (ordinal, (who, step)) in steps.into_iter().enumerate() {
            let who = usize::from(who);
            match step {
                Step::Write { key, started, good } => {
                    write(&stores[who], &run, [record(ordinal as u64, key, started, good)]);
                    written.extend(good.then_some((key, started)));
                    known[who] = written.len();
                }
                Step::Settle => drop(settle_all(&stores[who])),
                Step::Reopen => {
                    stores[who] = folder.store();
                    known[who] = written.len();
                }
                Step::Look { key } => {
                    let newest = |upto: usize| {
                        written[..upto].iter().filter(|(other, _)| *other == key).map(|(_, started)| *started).max()
                    };
                    let found = found(&stores[who], &format!("k{key}"));
                    prop_assert!(found >= newest(known[who]), "{found:?} {written:?}");
                    prop_assert!(found <= newest(written.len()), "{found:?} {written:?}");
                }
            }
        }
        assert_whole(&folder);
    }
}
