//! The run loop: starts trials under a bound, watches them end, and speaks only in events.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{Receiver, Sender, UnboundedReceiver};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use super::budget::{Admission, Budget, Limit, SharedLimit};
use super::embedder::Embedder;
use super::health::{Health, Judgement};
use super::plan::PlannedTrial;
use super::trial;
use super::world::gravest;
use crate::base::{Problems, Usd};
use crate::provider::{Caller, OwnChecks, Spend};
use crate::record::{CallError, CallRecord, CallSource, RunEvent, RunStatus, TrialRecord};

/// How a run is asked to stop: `drain` starts nothing new, `abort` also gives up what is under way.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    /// Start nothing new.
    pub drain: CancellationToken,
    /// Give up what is under way.
    pub abort: CancellationToken,
}

/// The most a trial can cost, for the money guard; `None` when its price is unknown.
pub type WorstCase = Box<dyn Fn(&PlannedTrial) -> Option<Usd> + Send>;

/// Who answers.
#[derive(Clone)]
pub struct Means {
    /// Calls models.
    pub caller: Arc<Caller>,
    /// Vectors for few-shot examples; `None` when no prompt of the run compares by embeddings.
    pub embedder: Option<Arc<Embedder>>,
    /// Programs and addresses of the user's own checks.
    pub own_checks: Arc<OwnChecks>,
}

/// Bounds of a run.
pub struct Bounds {
    /// Trials under way at once.
    pub concurrency: usize,
    /// Limits on spend; none means no limit.
    pub money: Option<Money>,
    /// Whether answers come from batches: failures among them do not end the run.
    pub batch: bool,
}

/// Limits on spend.
pub struct Money {
    /// Of this run.
    pub limits: Vec<Limit>,
    /// Kept together with other processes.
    pub shared: Option<Box<dyn SharedLimit>>,
    /// The most a trial can cost.
    pub worst_case: WorstCase,
}

/// Runs all trials that come from `plan` and says what happens; returns how the run ended. Reading and checking cases is
/// work of its own, so the plan is made on another thread; its channel is closed when nothing more is started.
///
/// The listener of `events` makes trials durable, and says through `saved` how many more are. Calls under way and
/// replies that are not durable yet are together never more than the concurrency: that is what a kill can cost. Only where
/// replies come within 10 ms, which no paid provider does, may about a thousand more wait for the store. So a slow store
/// slows the run, and nothing piles up in memory. Dropping the future leaves no task behind.
///
/// # Errors
/// The problems of the plan, when a dataset cannot be read any more. What had finished was told before.
pub async fn execute(
    plan: Receiver<Result<PlannedTrial, Problems>>,
    means: Means,
    bounds: Bounds,
    stop: Stop,
    events: Sender<RunEvent>,
    saved: UnboundedReceiver<usize>,
) -> Result<RunStatus, Problems> {
    let (budget, worst_case) = match bounds.money {
        Some(money) => (Budget::new(money.limits, money.shared), Some(money.worst_case)),
        None => (Budget::default(), None),
    };
    let mut engine = Engine {
        means,
        // Given up on its own when the run must end, without touching the caller's token.
        abort: stop.abort.child_token(),
        concurrency: bounds.concurrency.max(1),
        tasks: JoinSet::new(),
        budget,
        worst_case,
        health: Health::new(bounds.concurrency),
        batch: bounds.batch,
        held: Vec::new(),
        pausing: false,
        events,
        saved,
        unsaved: 0,
        // Nothing is known yet: careful, until about a dozen replies came at once.
        pace: 8 * 4 * INSTANT_MS,
        status: RunStatus::Complete,
        launching: true,
    };
    let ended = engine.run(plan, &stop.drain).await;
    if engine.status == RunStatus::Complete {
        engine.release_held().await;
    }
    let status = engine.status;
    engine.tell(RunEvent::Ended(status)).await;
    ended.map(|()| status)
}

/// How often money that another process holds is asked for again.
const PAUSE: Duration = Duration::from_millis(250);

/// Latency below which a reply is cheaper to ask for again than to wait for its commit, in milliseconds.
const INSTANT_MS: u64 = 10;

/// Instant replies that may wait for the store at once.
const UNSAVED_INSTANT: usize = 1_024;

struct Ended {
    record: Box<TrialRecord>,
    reserved: Usd,
    beside: Beside,
}

/// What a trial does beside its own call.
#[derive(Default)]
pub(super) struct Beside {
    /// Money for vectors and moderation.
    pub(super) spend: Spend,
    /// The call of a check for vectors or moderation that failed as every further one will, or was cancelled.
    pub(super) failure: Option<CallRecord>,
}

struct Engine {
    means: Means,
    abort: CancellationToken,
    concurrency: usize,
    tasks: JoinSet<Ended>,
    budget: Budget,
    worst_case: Option<WorstCase>,
    health: Health,
    batch: bool,
    held: Vec<TrialRecord>,
    /// Whether it was said that the run waits for money of another process.
    pausing: bool,
    events: Sender<RunEvent>,
    saved: UnboundedReceiver<usize>,
    /// Trials told to the listener that are not durable yet.
    unsaved: usize,
    /// Moving mean of the latency of live calls, in eighths of a millisecond.
    pace: u64,
    status: RunStatus,
    launching: bool,
}

impl Engine {
    async fn run(
        &mut self,
        mut plan: Receiver<Result<PlannedTrial, Problems>>,
        drain: &CancellationToken,
    ) -> Result<(), Problems> {
        let mut waiting: Option<PlannedTrial> = None;
        let mut broken = None;
        loop {
            if let Some(trial) = waiting.take().filter(|_| self.launching) {
                waiting = self.launch(trial).await;
            }
            if !self.launching && self.tasks.is_empty() {
                break;
            }
            tokio::select! {
                biased;
                () = drain.cancelled(), if self.launching => self.wind_down(RunStatus::Interrupted),
                durable = self.saved.recv(), if self.unsaved > 0 => self.count_saved(durable),
                Some(ended) = self.tasks.join_next(), if !self.tasks.is_empty() => self.end(ended).await,
                next = plan.recv(), if self.launching && waiting.is_none() && self.has_room() => match next {
                    None => self.launching = false,
                    Some(Err(problems)) => {
                        broken = Some(problems);
                        self.wind_down(RunStatus::Aborted);
                    }
                    Some(Ok(trial)) => waiting = self.launch(trial).await,
                },
                // Nothing of this run can free money: it is asked for again.
                () = tokio::time::sleep(PAUSE), if waiting.is_some() && self.tasks.is_empty() => {}
            }
        }
        broken.map_or(Ok(()), Err)
    }

    /// Starts a trial, or gives it back when the budget says wait.
    async fn launch(&mut self, trial: PlannedTrial) -> Option<PlannedTrial> {
        let mut reserved = Usd::ZERO;
        if self.budget.is_limited() && trial.skip.is_none() {
            let most = self.worst_case.as_ref().and_then(|worst| worst(&trial));
            let Some(most) = most else {
                let text = format!("the cost of `{}` cannot be bounded, so the limit cannot hold", trial.variant.model);
                self.over_budget(text).await;
                return None;
            };
            match self.budget.admit(most) {
                Admission::Go(amount) => reserved = amount,
                Admission::Wait => return Some(trial),
                Admission::Pause(why) => {
                    if !std::mem::replace(&mut self.pausing, true) {
                        self.tell(RunEvent::Notice(format!("waiting: {why}"))).await;
                    }
                    return Some(trial);
                }
                Admission::Stop(why) => {
                    self.over_budget(why).await;
                    return None;
                }
            }
        }
        let means = self.means.clone();
        let abort = self.abort.clone();
        let trial = Box::new(trial);
        self.tasks.spawn(async move {
            let mut beside = Beside::default();
            // Boxed, and inside of the task: a trial under way takes many kilobytes, which tasks copy several times.
            let record = Box::pin(trial::run(trial, &means, &mut beside, &abort)).await;
            Ended { record, reserved, beside }
        });
        None
    }

    /// Whether one more trial may start.
    fn has_room(&self) -> bool {
        let may_wait = if self.pace < 8 * INSTANT_MS { UNSAVED_INSTANT } else { 0 };
        self.tasks.len() + self.unsaved.saturating_sub(may_wait) < self.concurrency
    }

    /// Takes note of how long a live call took. What came from anywhere else cost nothing.
    fn measure(&mut self, call: &CallRecord) {
        let live = matches!(call.source, CallSource::Live | CallSource::Shared);
        let latency = if live { call.latency_ms.0.min(60_000) } else { 0 };
        self.pace = self.pace - self.pace / 8 + latency;
    }

    async fn end(&mut self, ended: Result<Ended, JoinError>) {
        match ended {
            Ok(ended) => self.settle(ended).await,
            // A task is never aborted by us and does not panic by rule; if one did, its trial has no outcome.
            Err(error) => {
                let text = format!("internal error: a trial ended without an outcome: {error}");
                self.tell(RunEvent::Notice(text)).await;
                self.wind_down(RunStatus::Aborted);
            }
        }
    }

    /// More trials are durable. When nobody saves any more, nothing more may be spent.
    fn count_saved(&mut self, durable: Option<usize>) {
        match durable {
            Some(count) => self.unsaved = self.unsaved.saturating_sub(count),
            None => {
                self.unsaved = 0;
                self.wind_down(RunStatus::Aborted);
                self.abort.cancel();
            }
        }
    }

    async fn over_budget(&mut self, why: String) {
        self.wind_down(RunStatus::OverBudget);
        self.tell(RunEvent::Notice(format!("stopped at the cost limit: {why}"))).await;
    }

    async fn settle(&mut self, ended: Ended) {
        let Ended { record, reserved, beside } = ended;
        if self.budget.is_limited() {
            let calls = record.call.iter().chain(&record.judging);
            let spent = calls.map(CallRecord::spent).try_fold(Usd::ZERO, |sum, spent| Some(sum.saturating_add(spent?)));
            // Unknown when either is: all that was set aside counts then.
            let spent = spent.filter(|_| beside.spend.unknown_calls == 0);
            let spent = spent.map(|spent| spent.saturating_add(beside.spend.known));
            self.budget.settle(reserved, spent);
        }
        if let Some(call) = &record.call {
            self.measure(call);
        }
        // Whoever a check asks and can answer nobody ends the run as a model under test does.
        let of_check = gravest(&record.judging).or(beside.failure.as_ref()).cloned();
        let asked = of_check.as_ref().map(|call| call.model.clone());
        let decisive = of_check.as_ref().or(record.call.as_ref());
        let judgement = decisive.map_or(Judgement::Keep, |call| self.judge(call));
        match judgement {
            Judgement::Keep => {
                self.release_held().await;
                self.tell(RunEvent::TrialFinished(record)).await;
            }
            Judgement::Hold => self.held.push(*record),
            Judgement::Later => {}
            // Only an abort cancels calls, so the plan is not complete even if every trial had been started.
            Judgement::Discard => {
                self.keep_calls(record).await;
                self.wind_down(RunStatus::Interrupted);
            }
            Judgement::Stop(error) => {
                self.keep_calls(record).await;
                let told = |model| format!("`{model}`, which a check asks: {}", error.message);
                let error = CallError { message: asked.map_or_else(|| error.message.clone(), told), ..error };
                self.stop_for(error).await;
            }
        }
    }

    /// A trial without an outcome may have been answered before a judge failed: that was paid for.
    async fn keep_calls(&mut self, record: Box<TrialRecord>) {
        if record.call.iter().chain(&record.judging).any(|call| call.reply.is_ok()) {
            self.tell(RunEvent::CallsKept(record)).await;
        }
    }

    /// What a call says about the run. One that was answered in a batch says nothing about calls: its failure is an outcome.
    fn judge(&mut self, call: &CallRecord) -> Judgement {
        let from_batch = self.batch && call.attempts == 0;
        match self.health.observe(call) {
            Judgement::Hold | Judgement::Stop(_) if from_batch => Judgement::Keep,
            judgement => judgement,
        }
    }

    /// No further call can succeed: say so once, and give up what is under way. Trials without an outcome stay
    /// unfinished, so that `--resume` runs them.
    async fn stop_for(&mut self, error: CallError) {
        let first = self.status != RunStatus::Aborted;
        self.wind_down(RunStatus::Aborted);
        self.held.clear();
        self.abort.cancel();
        if first {
            self.tell(RunEvent::Fatal(error)).await;
        }
    }

    /// A call has answered: what failed before it did so on its own account, and is an outcome.
    async fn release_held(&mut self) {
        for record in std::mem::take(&mut self.held) {
            self.tell(RunEvent::TrialFinished(Box::new(record))).await;
        }
    }

    fn wind_down(&mut self, status: RunStatus) {
        self.launching = false;
        if self.status == RunStatus::Complete || status == RunStatus::Aborted {
            self.status = status;
        }
    }

    async fn tell(&mut self, event: RunEvent) {
        self.unsaved += usize::from(matches!(event, RunEvent::TrialFinished(_)));
        // The listener is gone when the store failed: nothing can be kept any more, so nothing more may be spent.
        if self.events.send(event).await.is_err() {
            self.wind_down(RunStatus::Aborted);
            self.abort.cancel();
        }
    }
}
