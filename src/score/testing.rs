//! Short ways to compile and apply a check in tests.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use serde_json::Value;

use super::{Check, CheckModels, CompileContext, JudgeQuestion, ScoreInput, World, compile, score, score_asking};
use crate::base::{CaseId, Digest, Millis, ModelRef, Problems, Source, Usd, parse_yaml};
use crate::record::{
    CallError, Case, ChatReply, ChatRequest, CheckHook, CheckProgram, EmbeddingModel, ErrorKind, ModerationReply,
    Score, ScoreState,
};

/// Compiles the YAML of one entry, without `- `, as file `t.yaml` of an empty project.
pub(super) fn try_compile(yaml: &str) -> (Option<Arc<Check>>, Problems) {
    compile_in(Path::new("/nonexistent/project"), yaml)
}

/// Compiles in the project at `root`.
pub(super) fn compile_in(root: &Path, yaml: &str) -> (Option<Arc<Check>>, Problems) {
    let models = Arc::new(CheckModels {
        judge: Some(model("mock/judge")),
        embedding: Some(model("mock/vectors").into()),
        moderation: Some(model("mock/moderation")),
        under_test: vec![model("mock/tested")],
    });
    compile_with(&models, root, yaml)
}

fn model(name: &str) -> ModelRef {
    ModelRef::parse(name).expect("valid")
}

/// Compiles where these models are asked unless the check names others.
pub(super) fn compile_with(models: &Arc<CheckModels>, root: &Path, yaml: &str) -> (Option<Arc<Check>>, Problems) {
    let source = Source::new("t.yaml", yaml);
    let mut problems = Problems::new();
    let node = parse_yaml(&source, &mut problems).expect("test YAML");
    let ctx = CompileContext { root, base_dir: root, source: &source, models };
    let check = compile(&node, &ctx, &mut problems);
    (check, problems)
}

/// Compiles an entry that is sound.
pub(super) fn check(yaml: &str) -> Arc<Check> {
    let (check, problems) = try_compile(yaml);
    check.unwrap_or_else(|| panic!("{yaml}\n{}", problems.render(false)))
}

/// The diagnostics of an entry that is not sound.
pub(super) fn problems_of(yaml: &str) -> String {
    let (check, problems) = try_compile(yaml);
    assert!(check.is_none() && problems.has_errors(), "{yaml} should not compile");
    problems.render(false)
}

/// A case with variables and an expected value.
pub(super) fn case(vars: Value, expected: Option<Value>) -> Case {
    let Value::Object(vars) = vars else { panic!("variables are a mapping") };
    Case {
        id: CaseId::parse("c1").expect("valid"),
        digest: Digest::of_bytes(b"c1"),
        vars,
        expected,
        context: Vec::new(),
        tags: Vec::new(),
        group: None,
        weight: 1.0,
    }
}

/// The score of a check on a whole reply.
pub(super) fn on_reply(yaml: &str, reply: &ChatReply) -> Score {
    on_call(yaml, reply, Millis(1200), None)
}

/// The score of a check on a reply with its latency and cost.
pub(super) fn on_call(yaml: &str, reply: &ChatReply, latency: Millis, cost: Option<Usd>) -> Score {
    let case = case(serde_json::json!({}), None);
    score(&check(yaml), &ScoreInput { reply, latency, cost, case: &case, request: None })
}

/// The score of a check on a text with this case.
pub(super) fn with_case(yaml: &str, text: &str, case: &Case) -> Score {
    let reply = ChatReply::of_text(text);
    score(&check(yaml), &ScoreInput { reply: &reply, latency: Millis(0), cost: None, case, request: None })
}

/// The score of a check on a text.
pub(super) fn on_text(yaml: &str, text: &str) -> Score {
    on_reply(yaml, &ChatReply::of_text(text))
}

pub(super) fn passes(yaml: &str, text: &str) -> bool {
    on_text(yaml, text).is_pass()
}

pub(super) fn fails(yaml: &str, text: &str) -> bool {
    on_text(yaml, text).is_fail()
}

pub(super) fn reason_of(yaml: &str, text: &str) -> String {
    on_text(yaml, text).reason
}

/// The value, when it is scored.
pub(super) fn value_of(yaml: &str, text: &str) -> Option<f64> {
    match on_text(yaml, text).state {
        ScoreState::Scored { value, .. } => Some(value.get()),
        ScoreState::Ungraded | ScoreState::NotApplicable => None,
    }
}

/// The reason of a score that must be ungraded.
pub(super) fn ungraded(yaml: &str, text: &str) -> String {
    let score = on_text(yaml, text);
    assert_eq!(score.state, ScoreState::Ungraded, "{yaml}: {}", score.reason);
    score.reason
}

/// A world that answers as a test says: judges from a list of texts, one after the other, vectors from the counts of
/// letters, moderation always the same.
#[derive(Default)]
pub(super) struct ScriptedWorld {
    /// What judges answer, in order; beyond the last one they fail.
    pub(super) answers: Mutex<VecDeque<ChatReply>>,
    /// What judges were asked, in order.
    pub(super) questions: Mutex<Vec<JudgeQuestion>>,
    /// What moderation models say of every text.
    pub(super) moderation: Option<ModerationReply>,
    /// What programs and addresses answer, in order.
    pub(super) results: Mutex<VecDeque<Result<Value, String>>>,
    /// What programs and addresses were asked, in order.
    pub(super) asked: Mutex<Vec<Value>>,
    /// Nobody answers, for this reason.
    pub(super) outage: Option<String>,
}

impl ScriptedWorld {
    /// A world of judges that answer these texts in turn.
    pub(super) fn judging(answers: &[&str]) -> ScriptedWorld {
        let answers = answers.iter().map(|text| ChatReply::of_text(*text)).collect();
        ScriptedWorld { answers: Mutex::new(answers), ..ScriptedWorld::default() }
    }

    /// A world of programs and addresses that answer so in turn.
    pub(super) fn answering(results: &[Value]) -> ScriptedWorld {
        let results = results.iter().cloned().map(Ok).collect();
        ScriptedWorld { results: Mutex::new(results), ..ScriptedWorld::default() }
    }

    fn result(&self, question: Value) -> BoxFuture<'_, Result<Value, String>> {
        self.asked.lock().expect("no panic").push(question);
        let result = self.results.lock().expect("no panic").pop_front();
        Box::pin(std::future::ready(result.unwrap_or_else(|| Err("the script has no more answers".to_owned()))))
    }

    /// A world in which every call fails.
    pub(super) fn failing(why: &str) -> ScriptedWorld {
        ScriptedWorld { outage: Some(why.to_owned()), ..ScriptedWorld::default() }
    }

    fn error(&self, otherwise: &str) -> CallError {
        let message = self.outage.clone().unwrap_or_else(|| otherwise.to_owned());
        CallError { kind: ErrorKind::Server, message, status: None, request_id: None }
    }
}

impl World for ScriptedWorld {
    fn chat(&self, question: JudgeQuestion) -> BoxFuture<'_, Result<ChatReply, CallError>> {
        self.questions.lock().expect("no panic").push(question);
        let answer = self.answers.lock().expect("no panic").pop_front();
        let answer =
            answer.filter(|_| self.outage.is_none()).ok_or_else(|| self.error("the script has no more answers"));
        Box::pin(std::future::ready(answer))
    }

    fn embed<'a>(
        &'a self,
        _: &'a EmbeddingModel,
        texts: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<Vec<f32>>, CallError>> {
        let letters = |text: &String| -> Vec<f32> {
            ('a'..='z').map(|letter| text.chars().map(|c| if c == letter { 1.0 } else { 0.0 }).sum()).collect()
        };
        let vectors = texts.iter().map(letters).collect();
        Box::pin(std::future::ready(if self.outage.is_none() { Ok(vectors) } else { Err(self.error("")) }))
    }

    fn moderate<'a>(
        &'a self,
        _: &'a ModelRef,
        texts: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<ModerationReply>, CallError>> {
        let verdict = self.moderation.clone().filter(|_| self.outage.is_none());
        let verdicts =
            verdict.map(|verdict| vec![verdict; texts.len()]).ok_or_else(|| self.error("no moderation here"));
        Box::pin(std::future::ready(verdicts))
    }

    fn run<'a>(&'a self, _: &'a Arc<CheckProgram>, question: Value) -> BoxFuture<'a, Result<Value, String>> {
        self.result(question)
    }

    fn post<'a>(&'a self, _: &'a CheckHook, question: Value) -> BoxFuture<'a, Result<Value, String>> {
        self.result(question)
    }
}

/// The score of a check that asks, on a text.
pub(super) fn asked(yaml: &str, text: &str, world: &ScriptedWorld) -> Score {
    asked_of(yaml, &ChatReply::of_text(text), &case(serde_json::json!({}), None), world)
}

/// The score of a check that asks, on a reply to a case.
pub(super) fn asked_of(yaml: &str, reply: &ChatReply, case: &Case, world: &ScriptedWorld) -> Score {
    asked_as(yaml, reply, case, None, world)
}

/// The score of a check that asks, on a reply to a request of a case.
pub(super) fn asked_as(
    yaml: &str,
    reply: &ChatReply,
    case: &Case,
    request: Option<&ChatRequest>,
    world: &ScriptedWorld,
) -> Score {
    let input = ScoreInput { reply, latency: Millis(0), cost: None, case, request };
    futures_util::FutureExt::now_or_never(score_asking(&check(yaml), &input, world))
        .expect("a scripted world never waits")
}
