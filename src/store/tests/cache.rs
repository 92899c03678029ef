//! The response cache answers from stored live calls.

use super::sample::{Folder, begin, call, failed_call, raw, reply, trial, write};
use crate::base::{Digest, Millis, Timestamp, Usd};
use crate::record::{CachedReply, CallRecord, CallSource, ChatReply, Finish, TrialRecord};
use crate::store::TrialFilter;

fn with_call(ordinal: u64, call: CallRecord) -> TrialRecord {
    TrialRecord { call: Some(call), ..trial(ordinal) }
}

#[test]
fn the_newest_whole_reply_within_the_lifetime_answers() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    let from = |source, started| CallRecord { source, ..call("k", started) };
    let cut = ChatReply { finish: Finish::Error, ..reply("cut") };
    write(
        &store,
        &run,
        [
            with_call(1, CallRecord { reply: Ok(reply("old")), ..call("k", 1_000) }),
            with_call(2, CallRecord { reply: Ok(reply("new")), ..call("k", 2_000) }),
            with_call(3, failed_call("k", 3_000)),
            with_call(4, CallRecord { reply: Ok(cut), ..call("k", 4_000) }),
            with_call(5, from(CallSource::Mock, 5_000)),
            with_call(6, from(CallSource::Cassette, 6_000)),
            with_call(7, from(CallSource::Cache, 7_000)),
        ],
    );
    let reader = store.reply_reader();
    let key = Digest::of_bytes(b"k");
    let newest = CachedReply {
        reply: reply("new"),
        latency_ms: Millis(812),
        cost: Some(Usd::from_picos(1_500)),
        started: Timestamp(2_000),
    };
    assert_eq!(reader.get(&key, Timestamp(0)), Some(newest.clone()));
    assert_eq!(reader.get(&key, Timestamp(2_000)), Some(newest));
    assert_eq!(reader.get(&key, Timestamp(2_001)), None);
    assert_eq!(reader.get(&Digest::of_bytes(b"other"), Timestamp(0)), None);
}

#[test]
fn a_cached_trial_shares_the_text_of_the_original_and_still_has_its_reply() {
    let folder = Folder::new();
    let (store, first) = folder.with_run("r1");
    write(&store, &first, [trial(1)]);
    let second = begin(&store, "r2");
    let again = |ordinal, source| with_call(ordinal, CallRecord { source, attempts: 0, ..call("key 1", 5_001) });
    let different = CallRecord { reply: Ok(reply("something else")), ..call("key 1", 5_001) };
    let different = with_call(4, CallRecord { source: CallSource::Cache, ..different });
    let cached = [again(2, CallSource::Cache), again(3, CallSource::Shared), different];
    write(&store, &second, cached.clone());
    assert_eq!(store.trials(&second, &TrialFilter::default()).unwrap(), cached);
    // Request and reply of the original, and the one reply that differs with its request.
    assert_eq!(raw(&folder.db(), "SELECT count(*) FROM body"), 4);
    let row = store.run_row(&second).unwrap();
    assert_eq!((row.spent.known, row.spent.unknown_calls), (Usd::ZERO, 0));
}

#[test]
fn a_reply_with_a_secret_cut_out_answers_nothing() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    let redactor = crate::base::Redactor::new(&[crate::base::Secret::new("sk-123456789")]);
    let (writer, _events) = super::sample::writer(&store, &run, redactor);
    let leaked = CallRecord { reply: Ok(reply("it is sk-123456789")), ..call("k", 1) };
    writer.send_blocking(Box::new(with_call(1, leaked))).unwrap();
    writer.close().unwrap();
    assert_eq!(store.reply_reader().get(&Digest::of_bytes(b"k"), Timestamp(0)), None);
}

#[test]
fn many_threads_look_up_while_one_writes() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    write(&store, &run, (0..200).map(trial));
    let reader = store.reply_reader();
    std::thread::scope(|scope| {
        scope.spawn(|| write(&store, &run, (200..900).map(trial)));
        for _ in 0..6 {
            scope.spawn(|| {
                for ordinal in 0..200 {
                    let key = Digest::of_bytes(format!("key {ordinal}").as_bytes());
                    let found = reader.look_up(&key, Timestamp(0)).unwrap().unwrap();
                    assert_eq!(found.reply.text, format!("reply to key {ordinal} 🎉"));
                }
            });
        }
    });
    assert_eq!(store.run_row(&run).unwrap().counts.total(), 900);
}

#[test]
fn an_unreadable_reply_is_a_miss() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    write(&store, &run, [trial(1)]);
    let db = rusqlite::Connection::open(folder.db()).unwrap();
    db.execute("UPDATE body SET content = '{' WHERE id IN (SELECT reply FROM call)", []).unwrap();
    let key = Digest::of_bytes(b"key 1");
    assert_eq!(store.reply_reader().get(&key, Timestamp(0)), None);
    assert!(store.reply_reader().look_up(&key, Timestamp(0)).is_err());
}
