//! Money set aside by several runs under one limit.

use super::sample::{Folder, begin, call, trial, write};
use crate::base::files::Lock;
use crate::base::{Timestamp, Usd};
use crate::record::{CallRecord, TrialRecord};
use crate::store::SetAside;

fn picos(amount: i64) -> Usd {
    Usd::from_picos(amount)
}

/// A trial whose call cost 1,500 picodollars and began at `started`.
fn paid(ordinal: u64, started: i64) -> TrialRecord {
    let made = CallRecord { cost: Some(picos(1_500)), ..call(&format!("k{ordinal}"), started) };
    TrialRecord { call: Some(made), ..trial(ordinal) }
}

#[test]
fn what_one_run_sets_aside_another_cannot_spend() {
    let folder = Folder::new();
    let (store, first) = folder.with_run("r1");
    let second = begin(&store, "r2");
    let lock = Lock::take(&store.lock_path("r1")).unwrap();
    assert!(lock.is_some());
    let ledger = |run| store.ledger(run, Timestamp(100), picos(10_000)).unwrap();
    let (one, two) = (ledger(&first), ledger(&second));
    assert_eq!(one.set_aside(picos(6_000)), Ok(SetAside::Granted));
    assert_eq!(two.set_aside(picos(4_001)), Ok(SetAside::Held { spent: picos(0), held: picos(6_000) }));
    assert_eq!(two.set_aside(picos(4_000)), Ok(SetAside::Granted));
    // What was spent is no longer held, and not counted twice.
    write(&store, &first, [paid(1, 100)]);
    assert_eq!(two.set_aside(picos(4_000)), Ok(SetAside::Granted));
    assert_eq!(two.set_aside(picos(5_501)), Ok(SetAside::Held { spent: picos(1_500), held: picos(4_500) }));
    one.release().unwrap();
    assert_eq!(two.set_aside(picos(8_501)), Ok(SetAside::Spent { spent: picos(1_500) }));
    assert_eq!(two.set_aside(picos(8_500)), Ok(SetAside::Granted));
}

#[test]
fn what_a_run_had_spent_before_counts_by_its_day() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    write(&store, &run, [paid(1, 99), paid(2, 100)]);
    let ledger = store.ledger(&run, Timestamp(100), picos(10_000)).unwrap();
    assert_eq!(ledger.set_aside(picos(8_501)), Ok(SetAside::Spent { spent: picos(1_500) }));
    assert_eq!(ledger.set_aside(picos(8_500)), Ok(SetAside::Granted));
    write(&store, &run, [paid(3, 101)]);
    assert_eq!(ledger.set_aside(picos(8_500)), Ok(SetAside::Granted), "the 1,500 are part of the 8,500");
    assert_eq!(ledger.set_aside(picos(8_501)), Ok(SetAside::Spent { spent: picos(3_000) }));
}

#[test]
fn what_nobody_runs_any_more_is_free() {
    let folder = Folder::new();
    let (store, first) = folder.with_run("r1");
    let second = begin(&store, "r2");
    let lock = Lock::take(&store.lock_path("r1")).unwrap();
    let ledger = |run| store.ledger(run, Timestamp(100), picos(10_000)).unwrap();
    assert_eq!(ledger(&first).set_aside(picos(10_000)), Ok(SetAside::Granted));
    assert!(matches!(ledger(&second).set_aside(picos(1)), Ok(SetAside::Held { .. })));
    drop(lock);
    assert_eq!(ledger(&second).set_aside(picos(10_000)), Ok(SetAside::Granted));
}
