//! Several writers at once, and writers that die.

use super::sample::{Folder, begin, raw, trial, write, writer};
use crate::base::Redactor;
use crate::record::TrialRecord;
use crate::store::WriterEvent;

/// Trials of two writers with keys of their own.
fn share(of: u64, count: u64) -> impl Iterator<Item = TrialRecord> {
    (0..count).map(move |number| trial(of * 100_000 + number))
}

#[test]
fn two_handles_writing_at_once_lose_nothing() {
    let folder = Folder::new();
    let (first, run) = folder.with_run("r1");
    let second = folder.store();
    let other = begin(&second, "r2");
    std::thread::scope(|scope| {
        scope.spawn(|| write(&first, &run, share(0, 600)));
        scope.spawn(|| write(&second, &run, share(1, 600)));
        scope.spawn(|| write(&second, &other, share(2, 600)));
    });
    assert_eq!(first.run_row(&run).unwrap().counts.pass, 1_200);
    assert_eq!(second.run_row(&other).unwrap().counts.pass, 600);
    assert_eq!(raw(&folder.db(), "SELECT count(*) FROM trial"), 1_800);
    assert_eq!(raw(&folder.db(), "SELECT count(*) FROM score"), 5_400);
    assert_eq!(raw(&folder.db(), "SELECT count(*) FROM pragma_foreign_key_check"), 0);
}

#[test]
fn two_writers_of_the_same_trials_count_each_once() {
    let folder = Folder::new();
    let (first, run) = folder.with_run("r1");
    let second = folder.store();
    write(&first, &run, share(0, 10));
    std::thread::scope(|scope| {
        scope.spawn(|| write(&first, &run, share(0, 1_500)));
        scope.spawn(|| write(&second, &run, share(0, 1_500)));
    });
    assert_eq!(first.run_row(&run).unwrap().counts.pass, 1_500);
    assert_eq!(raw(&folder.db(), "SELECT count(*) FROM trial"), 1_500);
    assert_eq!(raw(&folder.db(), "SELECT count(DISTINCT key) FROM trial"), 1_500);
    assert_eq!(raw(&folder.db(), "SELECT count(*) FROM score"), 4_500);
    assert_eq!(raw(&folder.db(), "SELECT count(*) FROM call"), 3_010, "every call was paid for");
    assert_eq!(raw(&folder.db(), "SELECT count(*) FROM pragma_foreign_key_check"), 0);
}

#[test]
fn many_threads_may_create_the_file_at_once() {
    let folder = Folder::new();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let folder = &folder;
            scope.spawn(move || begin(&folder.store(), &format!("r{number}")));
        }
    });
    assert_eq!(folder.store().runs(100).unwrap().len(), 8);
}

#[test]
fn a_dropped_writer_still_writes_what_it_was_sent() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    let (writer, events) = writer(&store, &run, Redactor::default());
    for trial in share(0, 50) {
        writer.send_blocking(Box::new(trial)).unwrap();
    }
    drop(writer);
    let written: usize =
        events.iter().map(|event| if let WriterEvent::Committed(trials) = event { trials.len() } else { 0 }).sum();
    assert_eq!(written, 50);
    assert_eq!(store.finished(&run).unwrap().len(), 50);
}

#[test]
fn async_tasks_send_through_a_full_channel() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    let (writer, _events) = writer(&store, &run, Redactor::default());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        for trial in share(0, 2_500) {
            writer.send(Box::new(trial)).await.unwrap();
        }
    });
    writer.close().unwrap();
    assert_eq!(store.run_row(&run).unwrap().counts.pass, 2_500);
}
