//! What is written is what is read.

use std::ops::ControlFlow;

use super::sample::{Folder, call, case, errored, judged, name, raw, reply, skipped, trial, variants, write, writer};
use crate::base::{CaseId, Digest, Millis, Ratio, Redactor, Secret, Usd};
use crate::record::{
    CallSource, ChatReply, ErrorKind, Message, Outcome, Role, TrialFacts, TrialKey, TrialRecord, Usage,
};
use crate::store::{StoreError, TrialFilter, WriterEvent};

fn other_suite(ordinal: u64) -> TrialRecord {
    let mut record = TrialRecord { outcome: Outcome::Fail, suite: name("alpha"), ..trial(ordinal) };
    record.variant = variants()[1].digest;
    record.repeat = 3;
    record.key = TrialKey::new(&record.suite, &record.variant, &record.case, 3);
    record
}

#[test]
fn trials_come_back_as_they_went_in_by_ordinal() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    let written = [trial(1), errored(2), skipped(3), other_suite(1_000_000_007)];
    write(&store, &run, [3, 0, 2, 1].map(|at: usize| written[at].clone()));
    assert_eq!(store.trials(&run, &TrialFilter::default()).unwrap(), written);
    assert_eq!(store.trial(&run, &written[1].key).unwrap().as_ref(), Some(&written[1]));
    assert_eq!(store.trial(&run, &trial(9).key).unwrap(), None);
}

#[test]
fn what_checks_asked_and_kept_comes_back_and_is_counted() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    let written = [judged(1), trial(2), judged(3)];
    write(&store, &run, written.clone());
    assert_eq!(store.trials(&run, &TrialFilter::default()).unwrap(), written);
    let judging = store.judging(&run).unwrap();
    let [(suite, variant, totals)] = judging.as_slice() else { panic!("{judging:?}") };
    assert_eq!((suite, *variant), (&name("zeta"), variants()[0].digest));
    let cost: i64 = written.iter().flat_map(|trial| &trial.judging).map(|call| call.cost.unwrap().picos()).sum();
    assert_eq!((totals.calls, totals.live, totals.failed), (4, 4, 0));
    assert_eq!((totals.cost_usd, totals.spent_usd), (Some(Usd::from_picos(cost)), Usd::from_picos(cost)));
    let both: i64 = written.iter().filter_map(|trial| trial.call.as_ref()?.cost).map(Usd::picos).sum::<i64>() + cost;
    assert_eq!(store.run_row(&run).unwrap().spent.known, Usd::from_picos(both));
}

#[test]
fn the_calls_of_judges_stay_when_their_trial_is_replaced() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    write(&store, &run, [judged(1)]);
    write(&store, &run, [trial(1)]);
    assert_eq!(store.trials(&run, &TrialFilter::default()).unwrap(), [trial(1)]);
    assert!(store.judging(&run).unwrap().is_empty());
    assert_eq!(raw(&folder.db(), "SELECT count(*) FROM call"), 4);
    assert_eq!(raw(&folder.db(), "SELECT count(*) FROM score_detail"), 0);
}

#[tokio::test]
async fn the_calls_of_a_trial_without_an_outcome_are_kept_and_counted_and_nothing_else_is() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    let mut record = judged(1);
    record.judging[1].reply = Err(errored(9).call.unwrap().reply.unwrap_err());
    let paid: i64 =
        [record.call.as_ref(), record.judging.first()].iter().map(|call| call.unwrap().cost.unwrap().picos()).sum();
    let (writer, events) = writer(&store, &run, Redactor::default());
    writer.send_calls(Box::new(record), None).await.unwrap();
    tokio::task::spawn_blocking(move || writer.close()).await.unwrap().unwrap();
    assert!(store.trials(&run, &TrialFilter::default()).unwrap().is_empty());
    let told: Vec<WriterEvent> = events.try_iter().collect();
    assert!(told.iter().all(|event| matches!(event, WriterEvent::Committed(trials) if trials.is_empty())), "{told:?}");
    // The one that failed was not answered.
    assert_eq!(raw(&folder.db(), "SELECT count(*) FROM call"), 2);
    let row = store.run_row(&run).unwrap();
    assert_eq!((row.spent.known, row.counts.total()), (Usd::from_picos(paid), 0));
}

#[test]
fn secrets_are_cut_out_of_what_judges_said() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    let mut record = judged(1);
    record.scores[1].details = Some(serde_json::json!({"raw": "the key is sk-1234567890abcdef"}));
    if let Ok(reply) = &mut record.judging[0].reply {
        reply.text = "sk-1234567890abcdef".to_owned();
    }
    let (writer, _events) = writer(&store, &run, Redactor::new(&[Secret::new("sk-1234567890abcdef")]));
    writer.send_blocking(Box::new(record)).unwrap();
    writer.close().unwrap();
    let stored = format!("{:?}", store.trials(&run, &TrialFilter::default()).unwrap());
    assert!(!stored.contains("sk-1234567890abcdef") && stored.contains("the key is"), "{stored}");
}

#[test]
fn every_field_of_a_reply_survives() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    let mut record = trial(1);
    let full = ChatReply {
        refusal: Some("no".to_owned()),
        reasoning: Some("hm".to_owned()),
        finish_raw: Some("end_turn".to_owned()),
        reported_cost: Some(Usd::from_picos(7)),
        request_id: Some("r".to_owned()),
        usage: Some(Usage {
            input: Some(1),
            cache_read: Some(2),
            cache_write: Some(3),
            cache_write_1h: Some(4),
            cache_write_12h: Some(5),
            output: Some(6),
            reasoning: Some(7),
            input_audio: Some(8),
            input_image: Some(9),
            cache_read_audio: Some(10),
            output_audio: Some(11),
            output_image: Some(12),
            citation: Some(13),
            web_searches: Some(14),
            ambiguous: true,
            ..Usage::default()
        }),
        ..reply("tab\t quote\" nul\u{0} 漢字")
    };
    record.call = Some(crate::record::CallRecord { reply: Ok(full.clone()), ..call("k", 1) });
    write(&store, &run, [record.clone()]);
    assert_eq!(store.trial(&run, &record.key).unwrap(), Some(record));
    let mut usage = None;
    store.facts(&run, |facts| usage = facts.usage).unwrap();
    assert_eq!(usage, full.usage);
}

#[test]
fn facts_come_from_plain_columns_by_ordinal() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    write(&store, &run, [skipped(9), errored(4), trial(2)]);
    let mut facts = Vec::new();
    store.facts(&run, |fact| facts.push(fact)).unwrap();
    let pass = TrialFacts {
        key: trial(2).key,
        ordinal: 2,
        suite: name("zeta"),
        variant: variants()[0].digest,
        case_id: CaseId::parse("case 2").unwrap(),
        group: Some("sql".to_owned()),
        weight: 2.0,
        repeat: 0,
        outcome: Outcome::Pass,
        score: Some(Ratio::new(0.75).unwrap()),
        latency_ms: Some(Millis(812)),
        ttft_ms: None,
        batched: false,
        usage: reply("").usage,
        cost: Some(Usd::from_picos(1_500)),
        spent: Some(Usd::from_picos(1_500)),
        source: Some(CallSource::Live),
        attempts: 2,
        error: None,
        altered: true,
        semantic: None,
        prediction: None,
        answered_by: None,
        possible_double_charge: true,
    };
    let error = TrialFacts {
        key: trial(4).key,
        ordinal: 4,
        case_id: CaseId::parse("case 4").unwrap(),
        outcome: Outcome::Error,
        score: None,
        latency_ms: None,
        batched: false,
        usage: None,
        cost: None,
        spent: Some(Usd::ZERO),
        error: Some(ErrorKind::RateLimited),
        altered: false,
        ..pass.clone()
    };
    let skip = TrialFacts {
        key: trial(9).key,
        ordinal: 9,
        case_id: CaseId::parse("case 9").unwrap(),
        outcome: Outcome::Skipped,
        error: None,
        source: None,
        attempts: 0,
        possible_double_charge: false,
        ..error.clone()
    };
    assert_eq!(facts, [pass, error, skip]);
    let own = [trial(2), errored(4), skipped(9)].map(|trial| TrialFacts::of(&trial, false).unwrap());
    assert_eq!(own, *facts);
}

#[test]
fn a_retried_trial_counts_once_and_its_money_twice() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    let mut first = errored(1);
    if let Some(call) = &mut first.call {
        call.cost = Some(Usd::from_picos(100));
    }
    write(&store, &run, [first, trial(2)]);
    write(&store, &run, [TrialRecord { ordinal: 7, ..trial(1) }]);
    let row = store.run_row(&run).unwrap();
    assert_eq!((row.counts.pass, row.counts.error, row.counts.total()), (2, 0, 2));
    assert_eq!(row.spent.known, Usd::from_picos(3_100));
    let finished = store.finished(&run).unwrap();
    assert_eq!(finished.len(), 2);
    assert_eq!(finished[&trial(1).key], (Outcome::Pass, 7));
    assert_eq!(raw(&folder.db(), "SELECT count(*) FROM call"), 3);
    assert_eq!(raw(&folder.db(), "SELECT count(*) FROM score"), 6);
    assert_eq!(raw(&folder.db(), "SELECT count(*) FROM trial"), 2);
}

#[test]
fn a_trial_sent_twice_in_one_batch_is_kept_once() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    write(&store, &run, [trial(1), trial(1), trial(1)]);
    assert_eq!(store.run_row(&run).unwrap().counts.total(), 1);
    assert_eq!(store.trials(&run, &TrialFilter::default()).unwrap(), [trial(1)]);
}

#[test]
fn the_same_case_and_request_are_stored_once() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    let repeats = (0..4).map(|repeat| {
        let mut record = TrialRecord { ordinal: u64::from(repeat), repeat, ..trial(1) };
        record.key = TrialKey::new(&record.suite, &record.variant, &record.case, repeat);
        record
    });
    write(&store, &run, repeats);
    assert_eq!(raw(&folder.db(), "SELECT count(*) FROM eval_case"), 1);
    assert_eq!(raw(&folder.db(), "SELECT count(DISTINCT request) FROM call"), 1);
    assert_eq!(raw(&folder.db(), "SELECT count(*) FROM body"), 5);
    assert_eq!(store.trials(&run, &TrialFilter::default()).unwrap().len(), 4);
    // Equal content under another id or group is another case.
    let mut renamed = trial(2);
    renamed.case = std::sync::Arc::new(crate::record::Case { digest: case("case 1").digest, group: None, ..case("x") });
    write(&store, &run, [renamed.clone()]);
    assert_eq!(raw(&folder.db(), "SELECT count(*) FROM eval_case"), 2);
    assert_eq!(store.trial(&run, &renamed.key).unwrap().unwrap().case, renamed.case);
}

#[test]
fn filters_select() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    write(&store, &run, [trial(1), errored(2), other_suite(3), skipped(4)]);
    let ordinals = |filter: TrialFilter| -> Vec<u64> {
        store.trials(&run, &filter).unwrap().iter().map(|trial| trial.ordinal).collect()
    };
    let all = TrialFilter::default;
    assert_eq!(ordinals(TrialFilter { outcomes: vec![Outcome::Error, Outcome::Fail], ..all() }), [2, 3]);
    assert_eq!(ordinals(TrialFilter { suite: Some(name("alpha")), ..all() }), [3]);
    assert_eq!(ordinals(TrialFilter { variant: Some(variants()[0].digest), limit: Some(2), ..all() }), [1, 2]);
    assert_eq!(ordinals(TrialFilter { ordinals: vec![4, 1, 77], ..all() }), [1, 4]);
    assert_eq!(ordinals(TrialFilter { case: Some("case 4".to_owned()), ..all() }), [4]);
    assert_eq!(ordinals(TrialFilter { case: Some("' OR 1=1".to_owned()), ..all() }), Vec::<u64>::new());
    assert_eq!(ordinals(TrialFilter { suite: Some(name("none")), limit: Some(0), ..all() }), Vec::<u64>::new());
    let mut seen = 0;
    store
        .each_trial(&run, &all(), |_| {
            seen += 1;
            if seen == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
    assert_eq!(seen, 2);
    let failed = store.failed_cases(&run).unwrap();
    let failed: Vec<(&str, &str)> = failed.iter().map(|(suite, case)| (suite.as_str(), case.as_str())).collect();
    assert_eq!(failed, [("zeta", "case 2"), ("alpha", "case 3")]);
}

#[test]
fn events_tell_what_is_durable_in_order() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    let (writer, events) = writer(&store, &run, Redactor::default());
    for ordinal in 0..700 {
        writer.send_blocking(Box::new(trial(ordinal))).unwrap();
    }
    let mut told = Vec::new();
    while told.len() < 700 {
        let WriterEvent::Committed(trials) = events.recv().unwrap() else { panic!("the writer failed") };
        told.extend(trials.iter().map(|trial| trial.ordinal));
        let stored = raw(&folder.db(), "SELECT count(*) FROM trial");
        assert!(stored >= i64::try_from(told.len()).unwrap(), "told before it was durable");
    }
    assert_eq!(told, (0..700).collect::<Vec<u64>>());
    writer.close().unwrap();
}

#[test]
fn a_trial_of_an_unknown_variant_stops_the_writer_and_keeps_the_rest() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    write(&store, &run, [trial(1)]);
    let (writer, events) = writer(&store, &run, Redactor::default());
    let alien = TrialRecord { variant: Digest::of_bytes(b"alien"), ..trial(2) };
    writer.send_blocking(Box::new(alien)).unwrap();
    let Ok(WriterEvent::Failed(told)) = events.recv() else { panic!("it should have failed") };
    assert!(matches!(told, StoreError::Unplanned { .. }));
    assert_eq!(writer.send_blocking(Box::new(trial(3))), Err(told.clone()));
    assert_eq!(writer.send_blocking(Box::new(trial(3))), Err(told.clone()));
    assert_eq!(writer.close(), Err(told));
    assert_eq!(store.run_row(&run).unwrap().counts.total(), 1);
}

#[test]
fn secrets_never_reach_the_file() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    const KEY: &str = "sk-live-0123456789";
    let mut record = trial(1);
    let mut stored_case = case("case 1");
    stored_case.vars.insert("k".to_owned(), KEY.into());
    record.case = std::sync::Arc::new(stored_case);
    record.note = Some(format!("note {KEY}"));
    record.scores[0].reason = format!("saw {KEY}");
    if let Some(call) = &mut record.call {
        call.request.messages = vec![Message::text(Role::User, KEY)];
        call.reply = Ok(reply(&format!("the key is {KEY}!")));
    }
    let mut failed = errored(2);
    if let Some(Err(error)) = failed.call.as_mut().map(|call| call.reply.as_mut()) {
        error.message = format!("wrong key {KEY}");
    }
    let (writer, _events) = writer(&store, &run, Redactor::new(&[Secret::new(KEY)]));
    for record in [record.clone(), failed] {
        writer.send_blocking(Box::new(record)).unwrap();
    }
    writer.close().unwrap();
    let back = store.trial(&run, &record.key).unwrap().unwrap();
    assert_eq!(back.call.unwrap().reply.unwrap().text, "the key is (redacted)!");
    assert_eq!(back.note.as_deref(), Some("note (redacted)"));
    assert_eq!(back.case.vars["k"], "(redacted)");
    for entry in std::fs::read_dir(folder.db().parent().unwrap()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(KEY.len()).any(|window| window == KEY.as_bytes()));
    }
}
