//! Comparisons: trials that are stored get scores, all of a comparison or none.

use serde_json::json;

use super::sample::{Folder, call, judged, raw, trial, write, writer};
use crate::base::{Ratio, Redactor, Usd};
use crate::record::{CallRecord, CallSource, Comparison, Outcome, ScoreState, TrialRecord};
use crate::store::{TrialFilter, WriterEvent};

/// What needs no waiting: the channel has room.
fn at_once<T>(sending: impl Future<Output = T>) -> T {
    futures_util::FutureExt::now_or_never(sending).unwrap()
}

/// The trial after it lost.
fn lost(ordinal: u64) -> TrialRecord {
    let mut lost =
        TrialRecord { outcome: Outcome::Fail, score: Some(Ratio::ZERO), note: Some("n".into()), ..judged(ordinal) };
    lost.scores[0].state = ScoreState::Scored { value: Ratio::ZERO, passed: false };
    lost.scores[0].details = Some(json!({"among": "variants", "compared": "d"}));
    lost
}

#[test]
fn scores_and_outcomes_change_and_the_rest_of_the_trials_stays() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    write(&store, &run, [judged(1), trial(2), judged(3)]);
    let before = store.run_row(&run).unwrap();
    let (out, events) = writer(&store, &run, Redactor::default());
    let kept = TrialRecord { call: None, scores: Vec::new(), judging: vec![call("q1", 7)], ..trial(1) };
    at_once(out.send_calls(Box::new(kept), None)).unwrap();
    let calls = vec![call("q1", 7), call("q2", 7)];
    let spent: i64 = calls.iter().map(|call| call.cost.unwrap().picos()).sum();
    let compare = |calls| Comparison { trials: vec![lost(1), lost(3)], calls };
    at_once(out.send_compared(Box::new(compare(calls.clone())))).unwrap();
    out.close().unwrap();
    let told: Vec<WriterEvent> = events.try_iter().collect();
    let is_told = |event: &WriterEvent| matches!(event, WriterEvent::Compared(spent_on) if *spent_on == [Some(Usd::from_picos(spent))]);
    assert_eq!(told.iter().filter(|event| is_told(event)).count(), 1, "{told:?}");
    let found = store.trials(&run, &TrialFilter::default()).unwrap();
    let mut first = lost(1);
    first.judging.extend(calls.clone());
    assert_eq!(found, [first, trial(2), lost(3)], "what was asked is shown with the first of the trials");
    let comparing = store.comparing(&run).unwrap().unwrap();
    assert_eq!((comparing.calls, comparing.spent_usd), (2, Usd::from_picos(spent)));
    let own = store.judging(&run).unwrap();
    assert_eq!(own.iter().map(|(_, _, totals)| totals.calls).sum::<u64>(), 4, "those of the trials' own checks");
    let row = store.run_row(&run).unwrap();
    assert_eq!((row.counts.pass, row.counts.fail), (before.counts.pass - 2, before.counts.fail + 2));
    assert_eq!(
        row.spent.known.picos(),
        before.spent.known.picos() + spent,
        "the answer that was kept is not paid for twice"
    );

    // Compared anew: the calls of before stay and count as spent, but belong to no comparison.
    let (out, _events) = writer(&store, &run, Redactor::default());
    at_once(out.send_compared(Box::new(compare(Vec::new())))).unwrap();
    out.close().unwrap();
    assert_eq!(store.comparing(&run).unwrap(), None);
    assert_eq!(store.run_row(&run).unwrap().spent, row.spent);
    assert_eq!(raw(&folder.db(), "SELECT count(*) FROM comparison"), 0);
    assert_eq!(store.trials_at(&run, &[3, 1]).unwrap(), [lost(1), lost(3)]);
}

#[test]
fn a_comparison_of_a_trial_that_is_not_there_changes_nothing() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    write(&store, &run, [judged(1)]);
    let (out, _events) = writer(&store, &run, Redactor::default());
    let comparison = Comparison { trials: vec![lost(1), lost(2)], calls: vec![call("q", 7)] };
    at_once(out.send_compared(Box::new(comparison))).unwrap();
    assert!(out.close().is_err());
    assert_eq!(store.trials(&run, &TrialFilter::default()).unwrap(), [judged(1)]);
    assert_eq!(store.comparing(&run).unwrap(), None);
}

#[test]
fn only_what_waits_for_a_comparison_alone_is_uncompared() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    let ungraded = |ordinal, places: &[usize], marked: &[usize]| {
        let mut record = TrialRecord { outcome: Outcome::Ungraded, ..trial(ordinal) };
        for score in &mut record.scores {
            score.weight = 1.0;
            score.state = ScoreState::Scored { value: Ratio::ZERO, passed: false };
        }
        places.iter().for_each(|place| record.scores[*place].state = ScoreState::Ungraded);
        marked.iter().for_each(|place| record.scores[*place].details = Some(json!({"among": "variants"})));
        record
    };
    let waits = ungraded(1, &[0], &[0]);
    write(&store, &run, [waits.clone(), ungraded(2, &[0, 1], &[0]), ungraded(3, &[1], &[0]), trial(4)]);
    assert_eq!(store.uncompared(&run).unwrap(), [waits.key].into());
}

#[test]
fn an_answer_that_two_comparisons_share_is_paid_for_once_whichever_ends_first() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    write(&store, &run, [trial(1), trial(3)]);
    let before = store.run_row(&run).unwrap().spent.known;
    let (out, _events) = writer(&store, &run, Redactor::default());
    let asked = call("q", 7);
    let spent = asked.cost.unwrap();
    let kept = TrialRecord { call: None, scores: Vec::new(), judging: vec![asked.clone()], ..trial(1) };
    at_once(out.send_calls(Box::new(kept), None)).unwrap();
    let shared = CallRecord { source: CallSource::Shared, ..asked.clone() };
    for (trial, call) in [(3, shared), (1, asked)] {
        let comparison = Comparison { trials: vec![lost(trial)], calls: vec![call] };
        at_once(out.send_compared(Box::new(comparison))).unwrap();
    }
    out.close().unwrap();
    assert_eq!(store.run_row(&run).unwrap().spent.known.picos(), before.picos() + spent.picos());
    let comparing = store.comparing(&run).unwrap().unwrap();
    assert_eq!((comparing.calls, comparing.live, comparing.spent_usd), (2, 1, spent));
}
