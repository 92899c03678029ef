//! What a check may ask of the world outside the reply: judge models, vectors, moderation.

use futures_util::future::BoxFuture;

use super::check::{Finding, ScoreInput};
use crate::base::ModelRef;
use crate::record::{CallError, ChatReply, ChatRequest, EmbeddingModel, ModerationReply};

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
}

/// A check that has to ask before it can tell.
pub(super) trait Asking: Send + Sync {
    /// Judges the reply; knows nothing of `not_`, weight or threshold.
    fn grade<'a>(&'a self, input: &'a ScoreInput<'a>, world: &'a dyn World) -> BoxFuture<'a, Examined>;

    /// The models it asks, for checks before the run.
    fn asks(&self) -> Asks;
}

/// What a check found, and what reports may show of it besides.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Examined {
    /// The finding.
    pub(super) finding: Finding,
    /// Votes, parts and raw answers as JSON; `None` when the reason says it all.
    pub(super) details: Option<serde_json::Value>,
}

impl From<Finding> for Examined {
    fn from(finding: Finding) -> Examined {
        Examined { finding, details: None }
    }
}

/// The models that a check asks, for what must hold before the first call.
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
    /// Whether it runs a program of the project.
    pub programs: bool,
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
        self.programs |= other.programs;
    }
}
