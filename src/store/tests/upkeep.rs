//! Size, savings, eviction and pruning of the response cache.

use super::sample::{Folder, begin, call, raw, reply, trial, write};
use crate::base::{Digest, Millis, RunId, Timestamp, Usd};
use crate::record::{CallRecord, CallSource, RunStatus, TrialRecord};
use crate::store::{CacheCap, PRUNED, Pruned, Store, TrialFilter};

fn asked(ordinal: u64, key: &str, started: i64, source: CallSource) -> TrialRecord {
    let made = CallRecord { source, reply: Ok(reply(&format!("reply to {key}"))), ..call(key, started) };
    TrialRecord { call: Some(made), ..trial(ordinal) }
}

fn answers(store: &Store, keys: &[&str]) -> Vec<bool> {
    let reader = store.reply_reader();
    keys.iter().map(|key| reader.get(&Digest::of_bytes(key.as_bytes()), Timestamp(0)).is_some()).collect()
}

/// Three live replies, of which the oldest was used again last.
fn filled(folder: &Folder) -> (Store, RunId, RunId) {
    let (store, first) = folder.with_run("r1");
    let live = |ordinal, key, started| asked(ordinal, key, started, CallSource::Live);
    write(&store, &first, [live(1, "a", 10), live(2, "b", 20), live(3, "c", 30)]);
    let second = begin(&store, "r2");
    write(&store, &second, [asked(1, "a", 40, CallSource::Cache)]);
    (store, first, second)
}

#[test]
fn the_least_recently_used_stop_answering_first_and_stay_results() {
    let folder = Folder::new();
    let (store, first, _) = filled(&folder);
    let before = store.trials(&first, &TrialFilter::default()).unwrap();
    assert_eq!(store.evict(CacheCap::default()).unwrap(), 0);
    assert_eq!(store.evict(CacheCap { entries: Some(3), bytes: None }).unwrap(), 0);
    assert_eq!(store.evict(CacheCap { entries: Some(2), bytes: None }).unwrap(), 1);
    assert_eq!(answers(&store, &["a", "b", "c"]), [true, false, true]);
    let size = u64::try_from(raw(&folder.db(), "SELECT octet_length(content) FROM body WHERE id = 2")).unwrap();
    assert_eq!(store.evict(CacheCap { entries: None, bytes: Some(size) }).unwrap(), 1);
    assert_eq!(answers(&store, &["a", "b", "c"]), [true, false, false]);
    assert_eq!(store.trials(&first, &TrialFilter::default()).unwrap(), before, "a result is never lost");
    // Asked and answered again, it may answer again.
    let third = begin(&store, "r3");
    write(&store, &third, [asked(1, "b", 50, CallSource::Live)]);
    assert_eq!(answers(&store, &["b"]), [true]);
    assert_eq!(store.evict(CacheCap { entries: Some(1), bytes: None }).unwrap(), 1);
    assert_eq!(answers(&store, &["a", "b"]), [false, true]);
}

#[test]
fn hits_save_what_the_original_cost_and_took() {
    let folder = Folder::new();
    let (store, _, second) = filled(&folder);
    let unknown = CallRecord { cost: None, source: CallSource::Semantic, ..call("s", 41) };
    write(&store, &second, [TrialRecord { call: Some(unknown), ..trial(2) }]);
    let totals = store.cache_totals().unwrap();
    assert_eq!((totals.entries, totals.hits, totals.semantic_hits, totals.semantic_entries), (3, 1, 1, 0));
    assert_eq!((totals.saved_usd, totals.unknown_saved_calls), (Usd::from_picos(1_500), 1));
    assert_eq!((totals.saved_ms, totals.oldest), (Millis(2 * 812), Some(Timestamp(10))));
    let bytes = "SELECT sum(octet_length(content)) FROM body WHERE id IN (2, 4, 6)";
    assert_eq!(i64::try_from(totals.bytes).unwrap(), raw(&folder.db(), bytes));
    let runs = store.savings(10).unwrap();
    assert_eq!((runs.len(), &runs[0].run, runs[0].hits), (1, &second, 2));
    assert_eq!((runs[0].saved_usd, runs[0].saved_ms), (Usd::from_picos(1_500), Millis(1_624)));
}

#[test]
fn clearing_takes_answers_and_no_result() {
    let folder = Folder::new();
    let (store, first, second) = filled(&folder);
    let all = |run: &RunId| store.trials(run, &TrialFilter::default()).unwrap();
    let before = (all(&first), all(&second));
    assert_eq!(store.clear_cache().unwrap(), (3, 0));
    assert_eq!(answers(&store, &["a", "b", "c"]), [false; 3]);
    assert_eq!((all(&first), all(&second)), before);
    assert_eq!(store.clear_cache().unwrap(), (0, 0));
}

#[test]
fn pruning_takes_texts_of_old_runs_that_no_newer_run_shares() {
    let folder = Folder::new();
    let (store, first, second) = filled(&folder);
    let facts = |run: &RunId| {
        let mut facts = Vec::new();
        store.facts(run, |fact| facts.push(fact)).unwrap();
        facts
    };
    store.finish_run(&first, RunStatus::Complete, Timestamp(100), &[]).unwrap();
    store.finish_run(&second, RunStatus::Complete, Timestamp(200), &[]).unwrap();
    let before = facts(&first);
    assert_eq!(store.prune(Timestamp(100), true).unwrap(), Pruned::default(), "ended at the moment is not before it");
    let told = store.prune(Timestamp(150), false).unwrap();
    assert_eq!((told.runs, told.texts), (1, 4));
    assert_eq!(answers(&store, &["a", "b"]), [true, true], "a dry run changes nothing");
    assert_eq!(store.prune(Timestamp(150), true).unwrap(), told);
    assert_eq!(answers(&store, &["a", "b", "c"]), [false; 3]);
    assert_eq!(facts(&first), before, "numbers, outcomes and scores stay");
    let texts = |run: &RunId| -> Vec<String> {
        let trials = store.trials(run, &TrialFilter::default()).unwrap().into_iter();
        trials.map(|trial| trial.call.unwrap().reply.unwrap().text).collect()
    };
    assert_eq!(texts(&first), ["reply to a", PRUNED, PRUNED], "the second run shares the first reply");
    assert_eq!(texts(&second), ["reply to a"]);
    assert_eq!(store.prune(Timestamp(150), true).unwrap().texts, 0);
    store.compact().unwrap();
    assert_eq!(texts(&second), ["reply to a"]);
}
