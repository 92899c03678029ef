//! What the checks of one trial ask, answered by the run's caller; every call is kept with the trial.

use std::sync::{Mutex, PoisonError};

use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use super::execute::Means;
use super::plan::PlannedTrial;
use crate::base::ModelRef;
use crate::provider::{Ask, Spend};
use crate::record::{CallError, CallRecord, ChatReply, EmbeddingModel, ErrorKind, ModerationReply};
use crate::score::{JudgeQuestion, World};

/// The world as the checks of one trial see it.
pub(super) struct TrialWorld<'a> {
    means: &'a Means,
    abort: &'a CancellationToken,
    label: &'a str,
    repeat: u32,
    turn: u64,
    calls: Mutex<Vec<CallRecord>>,
    spend: Mutex<Spend>,
}

impl<'a> TrialWorld<'a> {
    /// Of this trial; `label` is its `suite/case`.
    pub(super) fn new(trial: &PlannedTrial, label: &'a str, means: &'a Means, abort: &'a CancellationToken) -> Self {
        TrialWorld {
            means,
            abort,
            label,
            repeat: trial.repeat,
            turn: trial.turn,
            calls: Mutex::default(),
            spend: Mutex::default(),
        }
    }

    /// What was asked, in the order of the answers, and what was spent besides.
    pub(super) fn finish(self) -> (Vec<CallRecord>, Spend) {
        let calls = self.calls.into_inner().unwrap_or_else(PoisonError::into_inner);
        (calls, self.spend.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    fn spent(&self, spend: Spend) {
        self.spend.lock().unwrap_or_else(PoisonError::into_inner).plus(spend);
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
                label: self.label,
                turn: self.turn,
                alike: false,
                aside: Some(&aside),
            };
            let call = self.means.caller.call(ask, self.abort).await;
            self.spent(aside.into_inner().unwrap_or_else(PoisonError::into_inner));
            let reply = call.reply.clone();
            self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
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
            self.spent(spend);
            vectors
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
            self.spent(spend);
            verdicts
        })
    }
}

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
