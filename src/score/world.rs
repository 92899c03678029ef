//! What a check may ask of the world outside the reply: judge models, vectors, moderation, programs, addresses.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::Value;

use super::check::{Finding, ScoreInput};
use crate::base::ModelRef;
use crate::record::{CallError, ChatReply, ChatRequest, CheckHook, CheckProgram, EmbeddingModel, ModerationReply};

/// One question to a judge.
#[derive(Debug, Clone)]
pub struct JudgeQuestion {
    /// Who is asked.
    pub model: ModelRef,
    /// What is asked; `request.model` is that of `model`.
    pub request: ChatRequest,
    /// 0-based sample: the same question asked again is another call, with its own place in the cache and in cassettes.
    pub sample: u32,
}

/// Who answers what checks ask. The engine keeps every call that is made here, and what it cost, with the trial.
pub trait World: Send + Sync {
    /// Asks a judge.
    ///
    /// # Errors
    /// Why there is no reply, after all retries.
    fn chat(&self, question: JudgeQuestion) -> BoxFuture<'_, Result<ChatReply, CallError>>;

    /// Vectors of some texts, in their order.
    ///
    /// # Errors
    /// Why they cannot be had.
    fn embed<'a>(
        &'a self,
        model: &'a EmbeddingModel,
        texts: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<Vec<f32>>, CallError>>;

    /// What a moderation model says of some texts, in their order.
    ///
    /// # Errors
    /// Why it says nothing.
    fn moderate<'a>(
        &'a self,
        model: &'a ModelRef,
        texts: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<ModerationReply>, CallError>>;

    /// The answer of a program of the project to a question.
    ///
    /// # Errors
    /// What it did instead of answering, as a sentence about it.
    fn run<'a>(&'a self, program: &'a Arc<CheckProgram>, question: Value) -> BoxFuture<'a, Result<Value, String>>;

    /// The answer of an address to a question.
    ///
    /// # Errors
    /// Why there is none, as a sentence about it.
    fn post<'a>(&'a self, hook: &'a CheckHook, question: Value) -> BoxFuture<'a, Result<Value, String>>;
}

/// A check that has to ask before it can tell.
pub(super) trait Asking: Send + Sync {
    /// Judges the reply; knows nothing of `not_`, weight or threshold.
    fn grade<'a>(&'a self, input: &'a ScoreInput<'a>, world: &'a dyn World) -> BoxFuture<'a, Examined>;

    /// Whom it asks, for checks before the run.
    fn asks(&self) -> Asks;
}

/// What a check found, and what reports may show of it besides.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Examined {
    /// The finding.
    pub(super) finding: Finding,
    /// Votes, parts and raw answers as JSON; `None` when the reason says it all.
    pub(super) details: Option<Value>,
}

impl From<Finding> for Examined {
    fn from(finding: Finding) -> Examined {
        Examined { finding, details: None }
    }
}

/// Whom a check asks, for what must hold before the first call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asks {
    /// Chat models, each with the most questions it is asked about one reply, repairs included.
    pub judges: Vec<(ModelRef, u32)>,
    /// Most tokens of an answer of a judge; `None` is as many as a model answers that is given no limit.
    pub longest_answer: Option<u32>,
    /// Embedding models.
    pub embeddings: Vec<EmbeddingModel>,
    /// Moderation models.
    pub moderations: Vec<ModelRef>,
    /// Programs of the project.
    pub programs: Vec<Arc<CheckProgram>>,
    /// Addresses.
    pub hooks: Vec<Arc<CheckHook>>,
}

impl Asks {
    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        *self == Asks::default()
    }

    /// Adds what another check asks.
    pub fn absorb(&mut self, other: &Asks) {
        let bounded = |asks: &Asks| asks.judges.is_empty() || asks.longest_answer.is_some();
        let both = bounded(self) && bounded(other);
        self.longest_answer = self.longest_answer.max(other.longest_answer).filter(|_| both);
        self.judges.extend(other.judges.iter().cloned());
        self.embeddings.extend(other.embeddings.iter().cloned());
        self.moderations.extend(other.moderations.iter().cloned());
        self.programs.extend(other.programs.iter().cloned());
        self.hooks.extend(other.hooks.iter().cloned());
    }
}
