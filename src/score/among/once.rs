//! A world in which nobody is asked the same thing twice.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use serde_json::Value;

use super::super::world::{JudgeQuestion, World};
use crate::base::ModelRef;
use crate::record::{CallError, ChatReply, CheckHook, CheckProgram, EmbeddingModel, ModerationReply};

/// One answer of a judge, or why there is none.
type Answer = Result<ChatReply, CallError>;

/// The verdict on one variant needs the same questions as that on the next: they are asked, and paid for, once. What failed
/// is not asked again either: what holds for one variant must hold for all.
pub(super) struct Once<'a> {
    world: &'a dyn World,
    known: Mutex<Vec<(JudgeQuestion, Answer)>>,
}

impl<'a> Once<'a> {
    pub(super) fn new(world: &'a dyn World) -> Once<'a> {
        Once { world, known: Mutex::default() }
    }

    fn answer(&self, question: &JudgeQuestion) -> Option<Answer> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |other: &JudgeQuestion| {
            other.sample == question.sample && other.model == question.model && other.request == question.request
        };
        known.iter().find(|(other, _)| same(other)).map(|(_, answer)| answer.clone())
    }
}

impl World for Once<'_> {
    fn chat(&self, question: JudgeQuestion) -> BoxFuture<'_, Answer> {
        Box::pin(async move {
            if let Some(answer) = self.answer(&question) {
                return answer;
            }
            let answer = self.world.chat(question.clone()).await;
            self.known.lock().unwrap_or_else(PoisonError::into_inner).push((question, answer.clone()));
            answer
        })
    }

    fn embed<'a>(
        &'a self,
        model: &'a EmbeddingModel,
        texts: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<Vec<f32>>, CallError>> {
        self.world.embed(model, texts)
    }

    fn moderate<'a>(
        &'a self,
        model: &'a ModelRef,
        texts: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<ModerationReply>, CallError>> {
        self.world.moderate(model, texts)
    }

    fn run<'a>(&'a self, program: &'a Arc<CheckProgram>, question: Value) -> BoxFuture<'a, Result<Value, String>> {
        self.world.run(program, question)
    }

    fn post<'a>(&'a self, hook: &'a CheckHook, question: Value) -> BoxFuture<'a, Result<Value, String>> {
        self.world.post(hook, question)
    }
}
