//! Rankings and verdicts through the caller: groups, retries, money, cassettes.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::caller_test::{NOW, Stub, build, options, status};
use super::registry::provider_spec;
use super::{CallMode, CallerOptions, ProviderSettings, Spend};
use crate::base::{ModelRef, SafeName, Secret, Usd};
use crate::net::{HttpReply, HttpRequest, NetError};
use crate::record::{ErrorKind, Ranked, RerankReply, Usage};

fn model(name: &str) -> ModelRef {
    ModelRef::parse(name).expect("model")
}

fn texts(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("text {number}")).collect()
}

/// Providers of all kinds with one key each, priced by search units and input tokens.
fn with(stub: &Arc<Stub>, mode: CallMode) -> CallerOptions {
    let plain = options(stub, mode, |_| {});
    let provider = |name: &str| {
        let mut settings =
            ProviderSettings::new(SafeName::parse(name).expect("name"), provider_spec(name).expect("spec"));
        settings.key = Some(settings.spec.key_of(Secret::new("sk-test-key-1"), None));
        settings
    };
    let mut near = provider("openai");
    near.name = SafeName::parse("near").expect("name");
    near.base_url = Some("http://127.0.0.1:9/v1".to_owned());
    let providers =
        ["anthropic", "cohere", "openai", "tei", "voyage"].map(provider).into_iter().chain([near]).collect();
    let pricer = Arc::new(|_: &ModelRef, reply: &crate::record::ChatReply, _| {
        let usage = reply.usage?;
        let picos = usage.search_units.map(|units| units * 1_000).or(usage.input)?;
        Some(Usd::from_picos(i64::try_from(picos).ok()?))
    });
    CallerOptions { providers, pricer: Some(pricer), ..plain }
}

/// Scores every document by its number: the higher, the better.
fn ranked(request: &HttpRequest) -> Result<HttpReply, NetError> {
    let body: Value = serde_json::from_slice(&request.body).expect("json");
    let list = body.get("documents").or(body.get("texts")).and_then(Value::as_array).expect("documents");
    let number = |text: &Value| text.as_str().and_then(|text| text.rsplit(' ').next()?.parse::<f64>().ok());
    let score = |text: &Value| number(text).expect("number") / 64.0;
    let (reply, header) = if request.url.ends_with("/v2/rerank") {
        let top = body["top_n"].as_u64().and_then(|top| usize::try_from(top).ok()).unwrap_or(list.len());
        let mut results: Vec<Value> = list
            .iter()
            .enumerate()
            .map(|(index, text)| json!({"index": index, "relevance_score": score(text)}))
            .collect();
        results.reverse();
        results.truncate(top);
        (json!({"results": results, "meta": {"billed_units": {"search_units": 1.0}}}), None)
    } else {
        let scores = list.iter().enumerate().map(|(index, text)| json!({"index": index, "score": score(text)}));
        (scores.collect(), Some(("x-compute-tokens", list.len().to_string())))
    };
    Ok(HttpReply { status: 200, headers: header.into_iter().collect(), body: reply.to_string().into_bytes() })
}

fn judged(request: &HttpRequest) -> Result<HttpReply, NetError> {
    let body: Value = serde_json::from_slice(&request.body).expect("json");
    let verdict = |text: &Value| {
        let flagged = text == "text 1";
        json!({"flagged": flagged, "categories": {"hate": flagged}, "category_scores": {"hate": f64::from(u8::from(flagged))}})
    };
    let results: Vec<Value> = body["input"].as_array().expect("texts").iter().map(verdict).collect();
    Ok(HttpReply { status: 200, body: json!({"results": results}).to_string().into_bytes(), ..HttpReply::default() })
}

#[tokio::test(start_paused = true)]
async fn documents_beyond_one_request_are_ranked_together_and_all_is_paid() {
    let stub = Stub::new(|_, request| (NOW, ranked(request)));
    let caller = build(with(&stub, CallMode::Live));
    let (mut spend, stop) = (Spend::default(), CancellationToken::new());
    let reply = caller.rerank(&model("tei/m"), "q", &texts(40), Some(3), &mut spend, &stop).await.expect("ranking");
    assert_eq!(reply.scores.iter().map(|ranked| ranked.index).collect::<Vec<_>>(), [39, 38, 37]);
    assert_eq!(reply.usage, Some(Usage::plain(40, 0)));
    let sizes: Vec<usize> = stub.bodies().iter().map(|body| body["texts"].as_array().expect("texts").len()).collect();
    assert_eq!(sizes, [32, 8]);
    assert_eq!(spend, Spend { known: Usd::from_picos(40), unknown_calls: 0 });
}

#[tokio::test(start_paused = true)]
async fn search_units_are_what_a_ranking_costs_and_the_provider_is_told_how_many_are_wanted() {
    let stub = Stub::new(|_, request| (NOW, ranked(request)));
    let caller = build(with(&stub, CallMode::Live));
    let (mut spend, stop) = (Spend::default(), CancellationToken::new());
    let documents = texts(3);
    let reply = caller.rerank(&model("cohere/m"), "q", &documents, Some(1), &mut spend, &stop).await.expect("ranking");
    assert_eq!(reply.scores, [Ranked { index: 2, score: 2.0 / 64.0 }]);
    assert_eq!(stub.bodies(), [json!({"model": "m", "query": "q", "documents": documents, "top_n": 1})]);
    assert_eq!(spend, Spend { known: Usd::from_picos(1_000), unknown_calls: 0 });
}

#[tokio::test(start_paused = true)]
async fn failures_are_retried_and_the_last_one_shows_no_key() {
    let stub = Stub::new(|number, request| match number {
        0 => (NOW, status(429, &[("retry-after", "7")])),
        _ => (Duration::from_millis(30), ranked(request)),
    });
    let caller = build(with(&stub, CallMode::Live));
    let (mut spend, stop) = (Spend::default(), CancellationToken::new());
    caller.rerank(&model("cohere/m"), "q", &texts(2), None, &mut spend, &stop).await.expect("ranking");
    assert_eq!(stub.calls(), 2);
    let stub = Stub::new(|_, _| (NOW, status(401, &[])));
    let caller = build(with(&stub, CallMode::Live));
    let mut nothing = Spend::default();
    let error = caller.rerank(&model("cohere/m"), "q", &texts(1), None, &mut nothing, &stop).await.expect_err("key");
    assert_eq!(error.kind, ErrorKind::Auth);
    assert!(!error.message.contains("sk-test-key-1"), "{}", error.message);
    let error = caller.moderate(&model("openai/m"), &texts(1), &mut nothing, &stop).await.expect_err("key");
    assert!(error.kind == ErrorKind::Auth && !error.message.contains("sk-test-key-1"), "{}", error.message);
    assert_eq!(nothing, Spend::default());
}

#[tokio::test(start_paused = true)]
async fn verdicts_come_in_the_order_of_the_texts_and_cost_nothing_only_where_that_is_documented() {
    let stub = Stub::new(|_, request| (NOW, judged(request)));
    let caller = build(with(&stub, CallMode::Live));
    let stop = CancellationToken::new();
    let mut spend = Spend::default();
    let verdicts = caller.moderate(&model("openai/m"), &texts(40), &mut spend, &stop).await.expect("verdicts");
    let flagged: Vec<usize> = (0..40).filter(|index| verdicts[*index].flagged).collect();
    assert_eq!((verdicts.len(), flagged, stub.calls()), (40, vec![1], 2));
    assert_eq!(spend, Spend::default());
    caller.moderate(&model("near/m"), &texts(1), &mut spend, &stop).await.expect("verdicts");
    assert_eq!(spend, Spend { known: Usd::ZERO, unknown_calls: 1 });
}

#[tokio::test(start_paused = true)]
async fn what_was_recorded_is_replayed_without_a_network() {
    let folder = tempfile::tempdir().expect("temp");
    let at = |options: CallerOptions| CallerOptions {
        cassettes: folder.path().to_path_buf(),
        root: folder.path().to_path_buf(),
        ..options
    };
    let stop = CancellationToken::new();
    let mut spend = Spend::default();
    let stub = Stub::new(|_, request| {
        (NOW, if request.url.ends_with("moderations") { judged(request) } else { ranked(request) })
    });
    let caller = build(at(with(&stub, CallMode::Record)));
    let ranking = caller.rerank(&model("cohere/m"), "q", &texts(3), None, &mut spend, &stop).await.expect("ranking");
    let verdicts = caller.moderate(&model("openai/m"), &texts(2), &mut spend, &stop).await.expect("verdicts");
    let files = ["rerank/scores.jsonl", "moderation/verdicts.jsonl"].map(|file| folder.path().join(file));
    assert_eq!(caller.finish().expect("written"), files);

    let silent = Stub::new(|_, _| (NOW, status(500, &[])));
    let caller = build(at(with(&silent, CallMode::Replay)));
    let mut nothing = Spend::default();
    let again: RerankReply =
        caller.rerank(&model("cohere/m"), "q", &texts(3), None, &mut nothing, &stop).await.expect("replayed");
    assert_eq!(again, ranking);
    let again = caller.moderate(&model("openai/m"), &texts(2), &mut nothing, &stop).await.expect("replayed");
    assert_eq!(again, verdicts);
    // Another number of results is another question, and so is another text.
    let error = caller.rerank(&model("cohere/m"), "q", &texts(3), Some(1), &mut nothing, &stop).await;
    assert_eq!(error.expect_err("missing").kind, ErrorKind::NotRecorded);
    let error = caller.moderate(&model("openai/m"), &texts(3), &mut nothing, &stop).await.expect_err("missing");
    assert!(error.message.contains("no recorded verdict for `text 2`"), "{}", error.message);
    assert_eq!((silent.calls(), nothing), (0, Spend::default()));
}

#[tokio::test(start_paused = true)]
async fn providers_without_it_and_empty_questions_are_refused_before_a_call() {
    let stub = Stub::new(|_, _| (NOW, status(500, &[])));
    let caller = build(with(&stub, CallMode::Live));
    let (mut spend, stop) = (Spend::default(), CancellationToken::new());
    for (name, ranks, moderates) in
        [("anthropic/m", false, false), ("cohere/m", true, false), ("openai/m", false, true), ("voyage/m", true, false)]
    {
        let model = model(name);
        assert_eq!(caller.can_rerank(&model).err().map(|error| error.code), (!ranks).then_some("no-rerank"), "{name}");
        let code = caller.can_moderate(&model).err().map(|error| error.code);
        assert_eq!(code, (!moderates).then_some("no-moderation"), "{name}");
    }
    assert_eq!(caller.can_chat(&model("voyage/m")).expect_err("none").code, "no-chat");
    assert!(caller.can_chat(&model("cohere/m")).is_ok());
    for (query, documents) in [("q", vec![]), (" ", texts(1)), ("q", vec!["a".to_owned(), "\n".to_owned()])] {
        let error = caller.rerank(&model("cohere/m"), query, &documents, None, &mut spend, &stop).await;
        assert_eq!(error.expect_err("empty").kind, ErrorKind::Refused);
    }
    let error = caller.rerank(&model("anthropic/m"), "q", &texts(1), None, &mut spend, &stop).await;
    assert_eq!(error.expect_err("none").message, "provider `anthropic` has no reranking");
    let error = caller.moderate(&model("cohere/m"), &texts(1), &mut spend, &stop).await;
    assert_eq!(error.expect_err("none").message, "provider `cohere` has no moderation");
    let error = caller.moderate(&model("nobody/m"), &texts(1), &mut spend, &stop).await;
    assert_eq!(error.expect_err("nobody").message, "`nobody` is not a provider");
    assert_eq!((stub.calls(), spend), (0, Spend::default()));
}
