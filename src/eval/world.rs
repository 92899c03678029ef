//! What the checks of one trial ask: models, by the run's caller, where every call is kept with the trial; programs and
//! addresses, by what the run keeps for them.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::sync::mpsc::{Sender, channel};
use tokio_util::sync::CancellationToken;

use super::execute::{Beside, Means};
use super::plan::PlannedTrial;
use super::trial::failed_aside;
use crate::base::ModelRef;
use crate::provider::{Ask, Spend};
use crate::record::{
    CallError, CallRecord, CallSource, ChatReply, CheckHook, CheckProgram, EmbeddingModel, ErrorKind, ModerationReply,
    RunEvent, TrialRecord,
};
use crate::score::{JudgeQuestion, World};

/// The world as the checks of one trial see it.
pub(super) struct TrialWorld<'a> {
    means: &'a Means,
    abort: &'a CancellationToken,
    tested: &'a ModelRef,
    label: String,
    repeat: u32,
    turn: u64,
    calls: Mutex<Vec<CallRecord>>,
    beside: Mutex<Beside>,
    keeper: Option<Keeper>,
}

/// Has answers kept as they come, where many are asked for before anything has an outcome.
pub(super) struct Keeper {
    /// Who hears of them.
    pub(super) events: Sender<RunEvent>,
    /// The trial that they are kept with, without its own call and scores.
    pub(super) trial: TrialRecord,
}

impl Keeper {
    /// Says what was answered, and may have been paid for.
    async fn keep(&self, call: &CallRecord) {
        if call.source == CallSource::Live && call.reply.is_ok() {
            let record = TrialRecord { judging: vec![call.clone()], ..self.trial.clone() };
            // Nobody hears it any more when the store failed: then the run ends anyway.
            let (durable, mut gone) = channel(1);
            if self.events.send(RunEvent::CallsKept(Box::new(record), Some(durable))).await.is_ok() {
                // A kill costs what is under way: the next question is not, before this answer is kept.
                gone.recv().await;
            }
        }
    }
}

impl<'a> TrialWorld<'a> {
    /// Of this trial; `label` is its `suite/case`. Cassettes and mocks tell its judges' calls from its own by what is behind.
    pub(super) fn new(trial: &'a PlannedTrial, label: &str, means: &'a Means, abort: &'a CancellationToken) -> Self {
        TrialWorld {
            means,
            abort,
            tested: &trial.variant.model,
            label: format!("{label}{JUDGE_LABEL}"),
            repeat: trial.repeat,
            turn: trial.turn,
            calls: Mutex::default(),
            beside: Mutex::default(),
            keeper: None,
        }
    }

    /// The same, with answers that are kept as they come.
    pub(super) fn keeping(self, keeper: Option<Keeper>) -> Self {
        TrialWorld { keeper, ..self }
    }

    /// What was asked of judges, in the order of the answers, and what else was done.
    pub(super) fn finish(self) -> (Vec<CallRecord>, Beside) {
        let calls = self.calls.into_inner().unwrap_or_else(PoisonError::into_inner);
        (calls, self.beside.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    fn spent(&self, spend: Spend) {
        self.beside.lock().unwrap_or_else(PoisonError::into_inner).spend.plus(spend);
    }

    /// Notes a failure that ends the run, and what was spent on it or on the answer.
    fn told<T>(&self, model: &ModelRef, answer: Result<T, CallError>, spend: Spend) -> Result<T, CallError> {
        self.spent(spend);
        if let Err(error) = &answer
            && (error.kind.is_fatal() || error.kind == ErrorKind::Cancelled)
        {
            let failure = failed_aside(model.clone(), error.clone());
            self.beside.lock().unwrap_or_else(PoisonError::into_inner).failure.get_or_insert(failure);
        }
        answer
    }

    /// What is told once it is there, unless the run is given up before: then the trial has no outcome.
    async fn unless_stopped(&self, answer: impl Future<Output = Result<Value, String>>) -> Result<Value, String> {
        tokio::select! {
            biased;
            () = self.abort.cancelled() => {
                let message = "the run was stopped".to_owned();
                let error = CallError { kind: ErrorKind::Cancelled, message, status: None, request_id: None };
                let failure = failed_aside(self.tested.clone(), error);
                self.beside.lock().unwrap_or_else(PoisonError::into_inner).failure.get_or_insert(failure);
                Err("the run was stopped".to_owned())
            }
            answer = answer => answer,
        }
    }
}

impl World for TrialWorld<'_> {
    fn chat(&self, question: JudgeQuestion) -> BoxFuture<'_, Result<ChatReply, CallError>> {
        Box::pin(async move {
            let JudgeQuestion { model, request, sample } = question;
            let aside = Mutex::default();
            let ask = Ask {
                model: &model,
                request,
                // A repeat of the trial asks its own questions, and so does each sample of a judge.
                repeat: self.repeat.saturating_mul(SAMPLES).saturating_add(sample.min(SAMPLES - 1)),
                label: &self.label,
                turn: self.turn,
                alike: false,
                aside: Some(&aside),
            };
            let call = self.means.caller.call(ask, self.abort).await;
            self.spent(aside.into_inner().unwrap_or_else(PoisonError::into_inner));
            if let Some(keeper) = &self.keeper {
                keeper.keep(&call).await;
            }
            let reply = call.reply.clone();
            self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(*call);
            reply
        })
    }

    fn embed<'a>(
        &'a self,
        model: &'a EmbeddingModel,
        texts: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<Vec<f32>>, CallError>> {
        Box::pin(async move {
            let mut spend = Spend::default();
            let vectors = self.means.caller.embed(model, texts, &mut spend, self.abort).await;
            self.told(&model.model, vectors, spend)
        })
    }

    fn moderate<'a>(
        &'a self,
        model: &'a ModelRef,
        texts: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<ModerationReply>, CallError>> {
        Box::pin(async move {
            let mut spend = Spend::default();
            let verdicts = self.means.caller.moderate(model, texts, &mut spend, self.abort).await;
            self.told(model, verdicts, spend)
        })
    }

    fn run<'a>(&'a self, program: &'a Arc<CheckProgram>, question: Value) -> BoxFuture<'a, Result<Value, String>> {
        Box::pin(async move { self.unless_stopped(self.means.own_checks.run(program, question)).await })
    }

    fn post<'a>(&'a self, hook: &'a CheckHook, question: Value) -> BoxFuture<'a, Result<Value, String>> {
        Box::pin(async move { self.unless_stopped(self.means.own_checks.post(hook, &question)).await })
    }
}

/// Behind `suite/case` in the label of a judge's call.
const JUDGE_LABEL: &str = " (judge)";

/// Samples of one question that have places of their own.
const SAMPLES: u32 = 1_024;

/// The failure of a judge that every further call must share, or that the run was stopped: what it means for the run is
/// decided as for the calls under test.
pub(super) fn gravest(calls: &[CallRecord]) -> Option<&CallRecord> {
    let kind_of = |call: &&CallRecord| call.reply.as_ref().err().map(|error| error.kind);
    calls
        .iter()
        .find(|call| kind_of(call) == Some(ErrorKind::Cancelled))
        .or_else(|| calls.iter().find(|call| kind_of(call).is_some_and(ErrorKind::is_fatal)))
}
