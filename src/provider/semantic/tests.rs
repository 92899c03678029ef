//! The semantic cache: bits against angles, recall, and lookups through the caller.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::index::{Index, RANKED};
use super::signature::{BITS, Signature, cosine, most_different};
use super::{Compare, KeptQuestion, KeptVector, NewQuestion, QuestionStore, SemanticSettings};
use crate::base::{Digest, ModelRef, Timestamp, Usd};
use crate::net::{HttpReply, HttpRequest};
use crate::provider::caller_test::{NOW, Stub, build, model, ok, options, request, status};
use crate::provider::{Ask, CallMode, Caller, Spend, VectorCache};
use crate::record::{
    CachedReply, CallRecord, CallSource, ChatRequest, EmbeddingCall, EmbeddingModel, Message, Params, Role,
};

/// Numbers that look random, the same ones every time.
struct Draw(u64);

impl Draw {
    /// Between -1 and 1, more often near 0.
    fn next(&mut self) -> f32 {
        let mut one = || {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            f32::from(u16::try_from(self.0 >> 48).expect("16 bits")) / 65_536.0
        };
        (0..4).map(|_| one()).sum::<f32>() / 2.0 - 1.0
    }

    fn vector(&mut self, length: usize) -> Vec<f32> {
        (0..length).map(|_| self.next()).collect()
    }

    /// A vector whose cosine with `other` is `wanted`.
    fn near(&mut self, other: &[f32], wanted: f64) -> Vec<f32> {
        let norm = |vector: &[f32]| vector.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt();
        let free = self.vector(other.len());
        let along = cosine(other, &free).expect("cosine") * norm(&free) / norm(other);
        let across: Vec<f64> =
            free.iter().zip(other).map(|(free, other)| f64::from(*free) - along * f64::from(*other)).collect();
        let length = across.iter().map(|x| x * x).sum::<f64>().sqrt();
        let part = (1.0 - wanted * wanted).sqrt() / length;
        let scale = norm(other);
        let mixed = other.iter().zip(&across).map(|(other, across)| f64::from(*other) / scale * wanted + across * part);
        mixed.map(narrow).collect()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a component of a vector")]
fn narrow(number: f64) -> f32 {
    number as f32
}

fn bits(vector: &[f32]) -> Signature {
    Signature::of(vector).expect("signature")
}

#[test]
fn signatures_differ_as_much_as_the_angle_and_survive_storage() {
    let mut draw = Draw(1);
    for length in [3, 256, 1_536, 3_072] {
        for wanted in [1.0, 0.95, 0.7, 0.0] {
            let a = draw.vector(length);
            let b = draw.near(&a, wanted);
            assert!((cosine(&a, &b).expect("cosine") - wanted).abs() < 1e-5);
            let different: u32 = bits(&a).0.iter().zip(bits(&b).0).map(|(a, b)| (a ^ b).count_ones()).sum();
            let expected = wanted.acos() / std::f64::consts::PI * 2_048.0;
            // Five standard deviations of 2,048 coins; few dimensions are no independent coins.
            let slack = if length < 100 { 250.0 } else { 5.0 * (2_048.0_f64 * 0.25).sqrt() };
            assert!((f64::from(different) - expected).abs() < slack, "{length} {wanted}: {different} for {expected}");
        }
    }
    let signature = bits(&draw.vector(10));
    assert_eq!(Signature::from_bytes(&signature.to_bytes()), Some(signature));
    assert_eq!(Signature::from_bytes(&[0; 255]), None);
    assert_eq!((Signature::of(&[0.0, 0.0]), Signature::of(&[]), Signature::of(&[f32::NAN])), (None, None, None));
    assert_eq!((cosine(&[1.0], &[1.0, 0.0]), cosine(&[0.0], &[1.0])), (None, None));
}

#[test]
fn neighbours_above_the_threshold_are_found_among_many_that_are_just_below() {
    let mut draw = Draw(7);
    let (length, threshold) = (384, 0.95);
    let scope = Digest::of_bytes(b"scope");
    let mut index = Index::default();
    let centre = draw.vector(length);
    let mut id = 0;
    let mut add = |index: &mut Index, vector: &[f32]| {
        id += 1;
        index.add(&KeptQuestion { id, scope, signature: bits(vector) });
        id
    };
    // Crowded: filled templates are all alike.
    for _ in 0..1_500 {
        let crowd = draw.near(&centre, 0.9);
        add(&mut index, &crowd);
    }
    let (mut found, tries) = (0, 200);
    for _ in 0..tries {
        let question = draw.near(&centre, 0.9);
        let neighbour = draw.near(&question, 0.96);
        let wanted = add(&mut index, &neighbour);
        let near = index.near(&scope, &bits(&question), threshold);
        assert!(near.len() <= RANKED);
        found += usize::from(near.contains(&wanted));
    }
    assert!(found * 100 >= tries * 99, "{found} of {tries}");
    assert_eq!(index.near(&Digest::of_bytes(b"other"), &bits(&centre), threshold), Vec::<i64>::new());
    assert_eq!((most_different(1.0, 2_048), most_different(0.0, 2_048)), (2, 1_024 + 114 + 2));
    assert_eq!(BITS, 2_048);
}

/// Kept questions, vectors and replies in memory.
#[derive(Default)]
struct Kept {
    questions: Mutex<Vec<NewQuestion>>,
    vectors: Mutex<HashMap<Digest, Vec<f32>>>,
    replies: Mutex<HashMap<Digest, CachedReply>>,
    used: Mutex<Vec<i64>>,
}

fn number(index: usize) -> i64 {
    i64::try_from(index).expect("small") + 1
}

impl QuestionStore for Kept {
    fn newer(&self, after: i64) -> Vec<KeptQuestion> {
        let questions = self.questions.lock().expect("questions");
        let all = questions.iter().enumerate().map(|(index, question)| (number(index), question));
        let newer = all.filter(|(id, _)| *id > after);
        newer.map(|(id, q)| KeptQuestion { id, scope: q.scope, signature: q.signature }).collect()
    }

    fn vectors(&self, ids: &[i64]) -> Vec<KeptVector> {
        let questions = self.questions.lock().expect("questions");
        let vectors = self.vectors.lock().expect("vectors");
        let of = |id: &i64| {
            let question = questions.get(usize::try_from(*id - 1).ok()?)?;
            Some(KeptVector { id: *id, origin: question.origin, vector: vectors.get(&question.text)?.clone() })
        };
        ids.iter().filter_map(of).collect()
    }

    fn reply(&self, origin: &Digest) -> Option<CachedReply> {
        self.replies.lock().expect("replies").get(origin).cloned()
    }

    fn keep(&self, question: &NewQuestion) {
        self.questions.lock().expect("questions").push(question.clone());
    }

    fn settle(&self, used: &[(i64, Timestamp)]) {
        self.used.lock().expect("used").extend(used.iter().map(|(id, _)| *id));
    }
}

impl VectorCache for Kept {
    fn find(&self, _: &EmbeddingModel, _: &str, texts: &[Digest]) -> HashMap<Digest, Vec<f32>> {
        let vectors = self.vectors.lock().expect("vectors");
        texts.iter().filter_map(|text| Some((*text, vectors.get(text)?.clone()))).collect()
    }

    fn keep(&self, call: &EmbeddingCall) -> Result<(), String> {
        if let Ok(reply) = &call.reply {
            let pairs = call.texts.iter().copied().zip(reply.vectors.clone());
            self.vectors.lock().expect("vectors").extend(pairs);
        }
        Ok(())
    }
}

impl Kept {
    /// Stores what a live call brought, as the store does.
    fn store(&self, record: &CallRecord) {
        let (Ok(reply), CallSource::Live) = (&record.reply, record.source) else { return };
        let kept = CachedReply {
            reply: reply.clone(),
            latency_ms: record.latency_ms,
            cost: record.cost,
            started: record.started,
        };
        self.replies.lock().expect("replies").insert(record.cache_key, kept);
    }
}

/// The first number in a text is the angle of its vector, in thousandths of a turn; the reply is the text.
fn answer(request: &HttpRequest) -> (Duration, Result<HttpReply, crate::net::NetError>) {
    let body: serde_json::Value = serde_json::from_slice(&request.body).expect("json");
    if let Some(texts) = body["input"].as_array() {
        let angle = |text: &serde_json::Value| -> f64 {
            let words = text.as_str().expect("text").split_whitespace();
            words.filter_map(|word| word.parse::<f64>().ok()).next().expect("a number")
        };
        let data = texts.iter().enumerate().map(|(index, text)| {
            let turn = angle(text) / 1_000.0 * std::f64::consts::TAU;
            json!({"index": index, "embedding": [turn.cos(), turn.sin()]})
        });
        let data: Vec<_> = data.collect();
        let body = json!({"data": data, "usage": {"prompt_tokens": 7, "total_tokens": 7}});
        return (NOW, Ok(HttpReply { status: 200, body: body.to_string().into_bytes(), ..HttpReply::default() }));
    }
    let messages = body["messages"].as_array().expect("messages");
    (Duration::from_millis(40), ok(messages.last().expect("one")["content"].as_str().expect("text")))
}

fn stub() -> Arc<Stub> {
    Stub::new(|_, request| answer(request))
}

fn with(stub: &Arc<Stub>, kept: &Arc<Kept>, change: impl Fn(&mut SemanticSettings)) -> Caller {
    let mut settings = SemanticSettings {
        model: ModelRef::parse("openai/text-embedding-3-small").expect("model").into(),
        threshold: 0.95,
        compare: Compare::LastUser,
        verify: 0.0,
        repeats: false,
        store: Arc::clone(kept) as Arc<dyn QuestionStore>,
    };
    change(&mut settings);
    let mut options = options(stub, CallMode::Live, |_| {});
    options.vectors = Some(Arc::clone(kept) as Arc<dyn VectorCache>);
    options.semantic = Some(settings);
    build(options)
}

async fn ask(caller: &Caller, kept: &Kept, request: ChatRequest) -> CallRecord {
    let asked = Ask { model: &model(), request, repeat: 0, label: "s/c", alike: true, turn: 0, aside: None };
    let record = *caller.call(asked, &CancellationToken::new()).await;
    kept.store(&record);
    record
}

#[tokio::test(start_paused = true)]
async fn a_similar_question_is_answered_from_the_threshold_on_and_the_nearest_wins() {
    let (stub, kept) = (stub(), Arc::new(Kept::default()));
    // 0.95 is the cosine of 50.54 thousandths of a turn.
    let caller = with(&stub, &kept, |_| {});
    let first = ask(&caller, &kept, request("how 0 ?")).await;
    assert_eq!((first.source, first.semantic.is_none()), (CallSource::Live, true));
    let beyond = ask(&caller, &kept, request("what 51 ?")).await;
    assert_eq!((beyond.source, beyond.semantic), (CallSource::Live, None));
    let hit = ask(&caller, &kept, request("how then 20 ?")).await;
    let found = hit.semantic.clone().expect("match");
    assert_eq!((hit.source, found.origin, found.agreement), (CallSource::Semantic, first.cache_key, None));
    assert!((found.similarity - (0.02 * std::f64::consts::TAU).cos()).abs() < 1e-6);
    assert_eq!(hit.reply.as_ref().map(|reply| reply.text.as_str()), Ok("how 0 ?"));
    assert_eq!((hit.spent(), hit.cost, hit.attempts), (Some(Usd::ZERO), first.cost, 0));
    // 31 is nearer to 51 than to 0; a hit is no entry, so 20 does not answer.
    let nearest = ask(&caller, &kept, request("why 31 ?")).await;
    assert_eq!(nearest.semantic.expect("match").origin, beyond.cache_key);
    assert_eq!(kept.questions.lock().expect("questions").len(), 2);
    // Just within and just beyond.
    let edge = |threshold: f64| with(&stub, &kept, move |settings| settings.threshold = threshold);
    let similarity = (0.02 * std::f64::consts::TAU).cos();
    let within = ask(&edge(similarity - 1e-6), &kept, request("how then 20 ?")).await;
    let without = ask(&edge(similarity + 1e-6), &kept, request("how then 20 ?")).await;
    assert_eq!((within.source, without.source), (CallSource::Semantic, CallSource::Live));
    caller.finish().expect("settled");
    assert_eq!(*kept.used.lock().expect("used"), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn everything_but_the_question_must_be_equal() {
    let (stub, kept) = (stub(), Arc::new(Kept::default()));
    let caller = with(&stub, &kept, |_| {});
    let said = |role, text: &str| Message::text(role, text);
    let base = ChatRequest { messages: vec![said(Role::System, "be brief"), said(Role::User, "q 0")], ..request("") };
    assert_eq!(ask(&caller, &kept, base.clone()).await.source, CallSource::Live);
    let mut similar = base.clone();
    similar.messages[1] = said(Role::User, "q 1");
    assert_eq!(ask(&caller, &kept, similar.clone()).await.source, CallSource::Semantic);
    let mut others: Vec<ChatRequest> = Vec::new();
    let mut system = similar.clone();
    system.messages[0] = said(Role::System, "be brief!");
    others.push(system);
    others.push(ChatRequest { params: Params { temperature: Some(0.5), ..Params::default() }, ..similar.clone() });
    others.push(ChatRequest { model: "gpt-4o-mini".into(), ..similar.clone() });
    let mut longer = similar.clone();
    longer.messages.insert(1, said(Role::User, "before"));
    others.push(longer);
    for other in others {
        let before = kept.questions.lock().expect("questions").len();
        assert_eq!(ask(&caller, &kept, other).await.source, CallSource::Live);
        assert_eq!(kept.questions.lock().expect("questions").len(), before + 1);
    }
    let changes: [fn(&mut SemanticSettings); 2] = [
        |settings| settings.compare = Compare::Conversation,
        |settings| settings.model = ModelRef::parse("openai/text-embedding-3-large").expect("model").into(),
    ];
    for change in changes {
        let another = with(&stub, &kept, change);
        assert_eq!(ask(&another, &kept, similar.clone()).await.source, CallSource::Live);
    }
}

#[tokio::test(start_paused = true)]
async fn a_share_of_the_hits_is_asked_all_the_same_and_pays_for_it() {
    let (stub, kept) = (stub(), Arc::new(Kept::default()));
    let all = with(&stub, &kept, |settings| settings.verify = 1.0);
    let first = ask(&all, &kept, request("q 0")).await;
    let checked = ask(&all, &kept, request("q 1")).await;
    let found = checked.semantic.clone().expect("match");
    assert_eq!((checked.source, found.origin), (CallSource::Live, first.cache_key));
    assert_eq!(found.kept.map(|kept| kept.reply), first.reply.ok());
    assert_eq!((checked.reply.expect("reply").text.as_str(), checked.cost), ("q 1", Some(Usd::from_picos(3))));
    let some = with(&stub, &kept, |settings| settings.verify = 0.3);
    let mut live = 0;
    for n in 0..200 {
        let record = ask(&some, &kept, request(&format!("q 1 {n}"))).await;
        live += u32::from(record.source == CallSource::Live);
    }
    assert!((35..=85).contains(&live), "{live} of 200 at 0.3");
}

#[tokio::test(start_paused = true)]
async fn repeats_are_asked_unless_wanted_and_recording_never_looks() {
    let (stub, kept) = (stub(), Arc::new(Kept::default()));
    ask(&with(&stub, &kept, |_| {}), &kept, request("q 0")).await;
    let repeated = async |caller: &Caller| {
        let asked = Ask {
            model: &model(),
            request: request("q 1"),
            repeat: 1,
            label: "s/c",
            alike: false,
            turn: 0,
            aside: None,
        };
        caller.call(asked, &CancellationToken::new()).await.source
    };
    assert_eq!(repeated(&with(&stub, &kept, |_| {})).await, CallSource::Live);
    assert_eq!(repeated(&with(&stub, &kept, |settings| settings.repeats = true)).await, CallSource::Semantic);
    let mut recording = with(&stub, &kept, |_| {});
    recording.mode = CallMode::Record;
    assert_eq!(ask(&recording, &kept, request("q 2")).await.source, CallSource::Live);
}

#[tokio::test(start_paused = true)]
async fn vectors_are_spent_beside_the_call_and_without_them_the_model_is_asked() {
    let (stub, kept) = (stub(), Arc::new(Kept::default()));
    let caller = with(&stub, &kept, |_| {});
    let spend = Mutex::new(Spend::default());
    let model = model();
    let asked =
        || Ask { model: &model, request: request("q 0"), repeat: 0, label: "s/c", alike: true, turn: 0, aside: None };
    let counted = Ask { aside: Some(&spend), ..asked() };
    caller.call(counted, &CancellationToken::new()).await;
    assert_eq!(spend.lock().expect("spend").known, Usd::from_picos(7));
    assert_eq!(caller.semantic_problem(), None);
    let broken = Stub::new(|_, request| {
        let body: serde_json::Value = serde_json::from_slice(&request.body).expect("json");
        if body["input"].is_null() { answer(request) } else { (NOW, status(400, &[])) }
    });
    let caller = with(&broken, &Arc::new(Kept::default()), |_| {});
    let record = caller.call(asked(), &CancellationToken::new()).await;
    assert_eq!((record.source, record.reply.is_ok()), (CallSource::Live, true));
    assert!(caller.semantic_problem().is_some());
}

#[test]
fn what_is_compared_is_taken_out_and_the_rest_stays() {
    let messages = vec![
        Message::text(Role::System, "s"),
        Message::text(Role::User, "a"),
        Message::text(Role::Assistant, "b"),
        Message::text(Role::User, "c"),
    ];
    let whole = ChatRequest { messages, ..request("") };
    let texts = |request: &ChatRequest| request.messages.iter().map(Message::joined_text).collect::<Vec<_>>();
    let (text, rest) = Compare::LastUser.split(&whole).expect("text");
    assert_eq!((text.as_str(), texts(&rest)), ("c", vec!["s".into(), "a".into(), "b".into(), String::new()]));
    let (text, rest) = Compare::Conversation.split(&whole).expect("text");
    assert_eq!(text, "user: a\n\nassistant: b\n\nuser: c");
    assert_eq!(texts(&rest), ["s", "", "", ""]);
    let silent = ChatRequest { messages: vec![Message::text(Role::User, " ")], ..request("") };
    assert_eq!(Compare::LastUser.split(&silent), None);
    let none = ChatRequest { messages: vec![Message::text(Role::System, "s")], ..request("") };
    assert_eq!((Compare::LastUser.split(&none), Compare::Conversation.split(&none)), (None, None));
}
