//! Runs from beginning to end, lists, and money.

use super::sample::{
    Folder, begin, call, errored, failed_call, header, judged, name, run_id, skipped, suites, trial, variants, write,
};
use crate::base::{Digest, Timestamp, Usd};
use crate::record::{
    CallRecord, Outcome, RunHeader, RunStatus, SuiteRecord, TrialRecord, VariantRecord, Verdict, VerdictWord,
};
use crate::store::migrate::{MIGRATIONS, newest};
use crate::store::{Access, Counts, Spent, Store, StoreError};

fn verdict() -> Verdict {
    Verdict { verdict: VerdictWord::Pass, reasons: vec!["95 % passed".to_owned()], figures: Vec::new() }
}

#[test]
fn a_run_is_begun_finished_and_read_back() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("20261121-143000-aaaa");
    assert_eq!(store.header(&run).unwrap(), header(run.as_str(), 1_000));
    assert_eq!(store.suites(&run).unwrap(), suites());
    assert_eq!(store.variants(&run).unwrap(), variants());
    store.finish_run(&run, RunStatus::Complete, Timestamp(9_000), &[(name("alpha"), verdict())]).unwrap();
    let ended = store.header(&run).unwrap();
    assert_eq!((ended.status, ended.ended), (RunStatus::Complete, Some(Timestamp(9_000))));
    let verdicts: Vec<Option<Verdict>> = store.suites(&run).unwrap().into_iter().map(|suite| suite.verdict).collect();
    assert_eq!(verdicts, [None, Some(verdict())]);
    assert_eq!(store.begin_run(&header(run.as_str(), 1), &[], &[]), Err(StoreError::RunExists { run: run.clone() }));
    let absent = run_id("none");
    let missing = StoreError::RunNotFound { given: "none".to_owned() };
    assert_eq!(store.header(&absent).unwrap_err(), missing);
    assert_eq!(store.finished(&absent).unwrap_err(), missing);
    assert_eq!(store.finish_run(&absent, RunStatus::Complete, Timestamp(1), &[]), Err(missing));
}

#[test]
fn a_reopened_run_takes_the_present_plan_and_keeps_its_trials() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    write(&store, &run, [trial(1), errored(2)]);
    store.finish_run(&run, RunStatus::Interrupted, Timestamp(9), &[(name("zeta"), verdict())]).unwrap();
    let [zeta, _] = suites().try_into().unwrap();
    let changed = SuiteRecord { digest: Digest::of_bytes(b"changed"), cases: 9, ..zeta };
    let added = VariantRecord { digest: Digest::of_bytes(b"new"), ..variants()[0].clone() };
    store.reopen_run(&run, 99, std::slice::from_ref(&changed), std::slice::from_ref(&added)).unwrap();
    let back = store.header(&run).unwrap();
    assert_eq!((back.status, back.ended, back.planned), (RunStatus::Running, None, 99));
    assert_eq!(store.suites(&run).unwrap(), [changed, suites()[1].clone()]);
    assert_eq!(store.variants(&run).unwrap().last(), Some(&added));
    assert_eq!(store.finished(&run).unwrap().len(), 2);
    write(&store, &run, [TrialRecord { variant: added.digest, ..trial(3) }]);
    assert_eq!(store.run_row(&run).unwrap().counts.total(), 3);
}

#[test]
fn runs_are_found_by_id_start_and_word() {
    let folder = Folder::new();
    let store = folder.store();
    assert_eq!(store.find_run("latest"), Err(StoreError::NoRuns));
    for (id, started) in [("20260101-a", 30), ("20260102-b", 20), ("20260102-bc", 10), ("9x", 5)] {
        store.begin_run(&header(id, started), &suites(), &variants()).unwrap();
    }
    assert_eq!(store.find_run("latest").unwrap(), run_id("20260101-a"));
    assert_eq!(store.find_run("last").unwrap(), run_id("20260101-a"));
    assert_eq!(store.find_run("20260101").unwrap(), run_id("20260101-a"));
    assert_eq!(store.find_run("20260102-b").unwrap(), run_id("20260102-b"), "a whole id is never ambiguous");
    let matches = vec![run_id("20260102-b"), run_id("20260102-bc")];
    assert_eq!(store.find_run("20260102"), Err(StoreError::AmbiguousRun { given: "20260102".to_owned(), matches }));
    for missing in ["7", "*", "", "20260102-bcd", "[9]x", "9X"] {
        assert_eq!(store.find_run(missing), Err(StoreError::RunNotFound { given: missing.to_owned() }));
    }
}

#[test]
fn lists_count_outcomes_and_money() {
    let folder = Folder::new();
    let (store, first) = folder.with_run("r1");
    store.begin_run(&header("r2", 2_000), &suites(), &variants()).unwrap();
    let unpriced = CallRecord { cost: None, ..call("u", 5) };
    let ungraded = TrialRecord { outcome: Outcome::Ungraded, call: Some(unpriced), ..trial(5) };
    let failed = TrialRecord { outcome: Outcome::Fail, ..trial(6) };
    write(&store, &first, [trial(1), trial(2), errored(3), skipped(4), ungraded, failed]);
    let rows = store.runs(10).unwrap();
    let ids: Vec<&str> = rows.iter().map(|row| row.header.id.as_str()).collect();
    assert_eq!(ids, ["r2", "r1"]);
    assert_eq!(rows[0].counts, Counts::default());
    assert_eq!(rows[1].counts, Counts { pass: 2, fail: 1, error: 1, ungraded: 1, skipped: 1 });
    assert_eq!(rows[1].spent, Spent { known: Usd::from_picos(4_500), unknown_calls: 1 });
    assert_eq!(rows[1].suites, [name("zeta"), name("alpha")]);
    assert_eq!(store.runs(1).unwrap().len(), 1);
    assert_eq!(store.run_row(&first).unwrap(), rows[1]);
    assert_eq!(store.run_row(&first).unwrap().counts.of(Outcome::Skipped), 1);
}

#[test]
fn money_of_the_day_counts_live_calls_of_all_runs() {
    let folder = Folder::new();
    let (store, first) = folder.with_run("r1");
    let second = begin(&store, "r2");
    assert_eq!(store.spent_since(Timestamp(0)).unwrap(), Spent::default());
    let with = |ordinal, call| TrialRecord { call: Some(call), ..trial(ordinal) };
    let mock = CallRecord { source: crate::record::CallSource::Mock, ..call("m", 50) };
    write(&store, &first, [with(1, call("a", 10)), with(2, call("b", 20)), with(3, mock)]);
    let charged = CallRecord { cost: Some(Usd::from_picos(9)), ..failed_call("c", 30) };
    write(&store, &second, [with(1, CallRecord { cost: None, ..call("d", 20) }), with(2, charged)]);
    let since = |moment| store.spent_since(Timestamp(moment)).unwrap();
    assert_eq!(since(0), Spent { known: Usd::from_picos(3_009), unknown_calls: 1 });
    assert_eq!(since(20), Spent { known: Usd::from_picos(1_509), unknown_calls: 1 });
    assert_eq!(since(31), Spent::default());
}

/// The stores of earlier versions, as SQL.
fn of_version(version: u32) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/store");
    std::fs::read_to_string(format!("{folder}/v{version}.sql")).unwrap()
}

#[test]
fn files_of_earlier_versions_keep_every_row() {
    keeps_every_row(&of_version(1));
    keeps_every_row(&of_version(3));
    keeps_every_row(&of_version(9));
}

fn keeps_every_row(sql: &str) {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.db().parent().unwrap()).unwrap();
    let db = rusqlite::Connection::open(folder.db()).unwrap();
    db.pragma_update(None, "foreign_keys", false).unwrap();
    db.execute_batch(sql).unwrap();
    drop(db);
    let store = Store::open(&folder.db(), Access::Read).unwrap();
    let run = store.find_run("latest").unwrap();
    let mut begun = header("20261121-143000-k3fw", 1_000);
    begun.status = RunStatus::Complete;
    begun.ended = Some(Timestamp(9_000));
    assert_eq!(store.header(&run).unwrap(), RunHeader { ..begun });
    assert_eq!(store.suites(&run).unwrap()[0].verdict, Some(verdict()));
    assert_eq!(store.suites(&run).unwrap()[1], suites()[1]);
    assert_eq!(store.variants(&run).unwrap(), variants());
    assert_eq!(store.trials(&run, &crate::store::TrialFilter::default()).unwrap(), [trial(1), trial(2), skipped(3)]);
    let row = store.run_row(&run).unwrap();
    assert_eq!(row.counts, Counts { pass: 2, skipped: 1, ..Counts::default() });
    assert_eq!(row.spent.known, Usd::from_picos(3_000));
    assert_eq!(super::sample::raw(&folder.db(), "SELECT count(*) FROM call"), 3);
    assert!(store.reply_reader().get(&Digest::of_bytes(b"key 2"), Timestamp(0)).is_some());
    assert_eq!(super::sample::raw(&folder.db(), "PRAGMA user_version"), newest(MIGRATIONS));
    let settled = "SELECT (SELECT count(*) FROM settled_case) * 10 + (SELECT count(*) FROM settled_call)";
    assert_eq!(super::sample::raw(&folder.db(), settled), 32, "three cases, and two replies of live calls");
    let model = crate::base::ModelRef::parse("a/b").unwrap();
    assert!(store.embeddings(&model.into(), "", &[Digest::of_bytes(b"x")]).unwrap().is_empty());
}

#[test]
fn a_migrated_file_has_the_same_tables_as_a_fresh_one() {
    let folder = Folder::new();
    let shape = |path: &std::path::Path| -> Vec<String> {
        drop(Store::open(path, Access::Write).unwrap());
        let db = rusqlite::Connection::open(path).unwrap();
        let query = "SELECT m.type || ' ' || m.name || ' ' || coalesce(c.name || ' ' || c.type || c.\"notnull\", m.sql, '') \
                     FROM sqlite_schema m LEFT JOIN pragma_table_info(m.name) c ON m.type = 'table' ORDER BY 1";
        let mut statement = db.prepare(query).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    let fresh = shape(&folder.db());
    assert!(fresh.len() > 80);
    for version in [1, 3, 9] {
        let migrated = folder.path().join(format!("v{version}.db"));
        rusqlite::Connection::open(&migrated).unwrap().execute_batch(&of_version(version)).unwrap();
        assert_eq!(shape(&migrated), fresh);
    }
}

#[test]
fn what_lies_between_the_trials_of_a_run_and_is_another_runs_does_not_count() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    let other = begin(&store, "r2");
    let foreign = |ordinal| {
        let mut trial = judged(ordinal);
        trial.scores.iter_mut().for_each(|score| score.version = 9);
        trial
    };
    write(&store, &run, [judged(1)]);
    write(&store, &other, [foreign(2)]);
    write(&store, &run, [trial(3)]);
    let versions = |run| -> Vec<(String, u32)> {
        let found = store.metric_versions(run).unwrap().into_values().flatten();
        found.map(|metric| (metric.check, metric.version)).collect()
    };
    assert_eq!(versions(&run), [("contains".to_owned(), 3)]);
    assert_eq!(versions(&other), [("contains".to_owned(), 9)]);
    let calls = |run| store.judging(run).unwrap().iter().map(|(_, _, totals)| totals.calls).collect::<Vec<u64>>();
    assert_eq!((calls(&run), calls(&other)), (vec![2], vec![2]));
    let empty = begin(&store, "r3");
    assert!(versions(&empty).is_empty() && calls(&empty).is_empty());
    assert_eq!(store.comparing(&empty).unwrap(), None);
}
