//! Routed calls and what is known of models.

use super::sample::{Folder, call, failed_call, name, trial, write};
use crate::base::{ModelRef, Timestamp, Usd};
use crate::record::{CallRecord, ErrorKind, RouteNote, Strategy, TrialRecord, Tried};
use crate::store::ModelCalls;

fn model(text: &str) -> ModelRef {
    ModelRef::parse(text).unwrap()
}

#[test]
fn a_routed_call_is_read_back_and_counts_for_the_model_that_answered() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    let note = RouteNote {
        name: name("main"),
        strategy: Strategy::Fallback,
        why: "number 2 of the route".to_owned(),
        tried: vec![Tried { model: model("openai/a"), error: ErrorKind::Overloaded }],
        continued_after: Some(12),
    };
    let routed = CallRecord {
        model: model("route/main"),
        answered_by: Some(model("openai/b")),
        route: Some(note),
        hedges: 1,
        possible_double_charge: true,
        cost: Some(Usd::from_picos(300)),
        ..call("k", 5_000)
    };
    let direct = CallRecord { model: model("openai/b"), cost: Some(Usd::from_picos(100)), ..call("l", 6_000) };
    let failed = CallRecord { model: model("openai/b"), ..failed_call("m", 7_000) };
    let with = |ordinal, call| TrialRecord { call: Some(call), ..trial(ordinal) };
    write(&store, &run, [with(1, routed.clone()), with(2, direct.clone()), with(3, failed)]);
    let stored = store.trial(&run, &trial(1).key).unwrap().and_then(|trial| trial.call);
    assert_eq!(stored.as_ref(), Some(&routed));
    assert_eq!(routed.spent(), Some(Usd::from_picos(600)), "the hedge is paid for as well");

    let wanted = ModelCalls { calls: 3, failed: 1, p50_latency_ms: Some(812.0), mean_cost: Some(Usd::from_picos(200)) };
    assert_eq!(store.model_calls(&model("openai/b"), Timestamp(0)).unwrap(), Some(wanted));
    let later =
        store.model_calls(&model("openai/b"), Timestamp(6_500)).unwrap().map(|calls| (calls.calls, calls.failed));
    assert_eq!(later, Some((1, 1)));
    assert_eq!(store.model_calls(&model("openai/a"), Timestamp(0)).unwrap(), None);
    let mut facts = Vec::new();
    store.facts(&run, |fact| facts.push((fact.answered_by, fact.possible_double_charge))).unwrap();
    assert_eq!(facts[0], (Some(model("openai/b")), true));

    // An answer of two models answers no other question.
    assert!(store.reply_reader().get(&routed.cache_key, Timestamp(0)).is_none());
    assert!(store.reply_reader().get(&direct.cache_key, Timestamp(0)).is_some());
}

#[test]
fn openings_of_breakers_add_up_when_a_run_is_resumed() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    store.add_breaker_openings(&run, &[(name("b"), 2), (name("a"), 1)]).unwrap();
    store.add_breaker_openings(&run, &[(name("b"), 3)]).unwrap();
    store.add_breaker_openings(&run, &[]).unwrap();
    assert_eq!(store.breaker_openings(&run).unwrap(), [(name("a"), 1), (name("b"), 5)]);
}
