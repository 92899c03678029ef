//! The run loop: starts trials under a bound, watches them end, and speaks only in events.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{Receiver, Sender, UnboundedReceiver};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use super::budget::{Admission, Budget, Limit, SharedLimit};
use super::compare::{self, PlannedComparison};
use super::embedder::Embedder;
use super::health::{Health, Judgement};
use super::plan::PlannedTrial;
use super::trial;
use super::world::gravest;
use crate::base::{Problems, Usd};
use crate::provider::{Caller, OwnChecks, Spend};
use crate::record::{CallError, CallRecord, CallSource, Comparison, RunEvent, RunStatus, TrialRecord};

/// How a run is asked to stop: `drain` starts nothing new, `abort` also gives up what is under way.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    /// Start nothing new.
    pub drain: CancellationToken,
    /// Give up what is under way.
    pub abort: CancellationToken,
}

/// The most a piece of work can cost, for the money guard; `None` when its price is unknown.
pub type WorstCase = Box<dyn Fn(&Work) -> Option<Usd> + Send>;

/// One piece of work. Boxed: both are large, and wait in queues.
pub enum Work {
    /// A trial.
    Trial(Box<PlannedTrial>),
    /// A comparison of trials that are stored.
    Comparison(Box<PlannedComparison>),
}

impl Work {
    /// Whether it calls nobody.
    fn is_idle(&self) -> bool {
        match self {
            Work::Trial(trial) => trial.skip.is_some(),
            Work::Comparison(_) => false,
        }
    }

    /// The model it is about.
    fn subject(&self) -> String {
        let trial = match self {
            Work::Trial(trial) => Some(trial.as_ref()),
            Work::Comparison(comparison) => comparison.trial(),
        };
        match (self, trial) {
            (Work::Comparison(_), Some(trial)) => format!("the comparison of `{}/{}`", trial.suite, trial.case.id),
            (_, trial) => trial.map_or_else(String::new, |trial| format!("`{}`", trial.variant.model)),
        }
    }
}

/// What became of it.
enum Done {
    Trial(Box<TrialRecord>),
    Comparison(Box<Comparison>),
}

impl Done {
    /// The call under test.
    fn call(&self) -> Option<&CallRecord> {
        match self {
            Done::Trial(record) => record.call.as_ref(),
            Done::Comparison(_) => None,
        }
    }

    /// What was asked of judges.
    fn judging(&self) -> &[CallRecord] {
        match self {
            Done::Trial(record) => &record.judging,
            Done::Comparison(comparison) => &comparison.calls,
        }
    }

    fn event(self) -> RunEvent {
        match self {
            Done::Trial(record) => RunEvent::TrialFinished(record),
            Done::Comparison(comparison) => RunEvent::Compared(comparison),
        }
    }
}

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
    /// Trials and comparisons under way at once.
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
    /// The most a piece of work can cost.
    pub worst_case: WorstCase,
}

/// Runs all trials and comparisons that come from `plan` and says what happens; returns how the run ended. Reading and checking cases is
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
    plan: Receiver<Result<Work, Problems>>,
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
    done: Done,
    reserved: Usd,
    beside: Beside,
}

/// What a trial does beside its own call.
#[derive(Default)]
pub(super) struct Beside {
    /// Money for vectors and moderation.
    pub(super) spend: Spend,
    /// The call of a check for vectors or moderation that failed as every further one will, or was cancelled.
    /// Boxed: it is rare, and would be moved with every trial that ends.
    pub(super) failure: Option<Box<CallRecord>>,
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
    held: Vec<Done>,
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
        mut plan: Receiver<Result<Work, Problems>>,
        drain: &CancellationToken,
    ) -> Result<(), Problems> {
        let mut waiting: Option<Work> = None;
        let mut broken = None;
        loop {
            if let Some(work) = waiting.take().filter(|_| self.launching) {
                waiting = self.launch(work).await;
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
                    Some(Ok(work)) => waiting = self.launch(work).await,
                },
                // Nothing of this run can free money: it is asked for again.
                () = tokio::time::sleep(PAUSE), if waiting.is_some() && self.tasks.is_empty() => {}
            }
        }
        broken.map_or(Ok(()), Err)
    }

    /// Starts a piece of work, or gives it back when the budget says wait.
    async fn launch(&mut self, work: Work) -> Option<Work> {
        let mut reserved = Usd::ZERO;
        if self.budget.is_limited() && !work.is_idle() {
            let most = self.worst_case.as_ref().and_then(|worst| worst(&work));
            let Some(most) = most else {
                let text = format!("the cost of {} cannot be bounded, so the limit cannot hold", work.subject());
                self.over_budget(text).await;
                return None;
            };
            match self.budget.admit(most) {
                Admission::Go(amount) => reserved = amount,
                Admission::Wait => return Some(work),
                Admission::Pause(why) => {
                    if !std::mem::replace(&mut self.pausing, true) {
                        self.tell(RunEvent::Notice(format!("waiting: {why}"))).await;
                    }
                    return Some(work);
                }
                Admission::Stop(why) => {
                    self.over_budget(why).await;
                    return None;
                }
            }
        }
        let means = self.means.clone();
        let abort = self.abort.clone();
        let events = self.events.clone();
        self.tasks.spawn(async move {
            let mut beside = Beside::default();
            // Boxed, and inside of the task: a trial under way takes many kilobytes, which tasks copy several times.
            let done = match work {
                Work::Trial(trial) => Done::Trial(Box::pin(trial::run(trial, &means, &mut beside, &abort)).await),
                Work::Comparison(planned) => {
                    Done::Comparison(Box::pin(compare::run(&planned, &means, &mut beside, &abort, events)).await)
                }
            };
            Ended { done, reserved, beside }
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
        let Ended { done, reserved, beside } = ended;
        if self.budget.is_limited() {
            let calls = done.call().into_iter().chain(done.judging());
            let spent = calls.map(CallRecord::spent).try_fold(Usd::ZERO, |sum, spent| Some(sum.saturating_add(spent?)));
            // Unknown when either is: all that was set aside counts then.
            let spent = spent.filter(|_| beside.spend.unknown_calls == 0);
            let spent = spent.map(|spent| spent.saturating_add(beside.spend.known));
            self.budget.settle(reserved, spent);
        }
        if let Some(call) = done.call() {
            self.measure(call);
        }
        // Whoever a check asks and can answer nobody ends the run as a model under test does.
        let of_check = gravest(done.judging()).or(beside.failure.as_deref()).cloned();
        let asked = of_check.as_ref().map(|call| call.model.clone());
        let decisive = of_check.as_ref().or(done.call());
        let judgement = decisive.map_or(Judgement::Keep, |call| self.judge(call));
        match judgement {
            Judgement::Keep => {
                self.release_held().await;
                self.tell(done.event()).await;
            }
            Judgement::Hold => self.held.push(done),
            Judgement::Later => {}
            // Only an abort cancels calls, so the plan is not complete even if every trial had been started.
            Judgement::Discard => {
                self.keep_calls(done).await;
                self.wind_down(RunStatus::Interrupted);
            }
            Judgement::Stop(error) => {
                let under_test = done.call().map(|call| call.model.clone());
                self.keep_calls(done).await;
                let message = match (asked, under_test) {
                    (Some(model), _) => format!("`{model}`, which a check asks: {}", error.message),
                    (None, Some(model)) => format!("`{model}`: {}", error.message),
                    (None, None) => error.message.clone(),
                };
                let error = CallError { message, ..error };
                self.stop_for(error).await;
            }
        }
    }

    /// A trial without an outcome may have been answered before a judge failed: that was paid for.
    async fn keep_calls(&mut self, done: Done) {
        // Those of a comparison are kept as they come.
        let Done::Trial(record) = done else { return };
        if record.call.iter().chain(&record.judging).any(|call| call.reply.is_ok()) {
            self.tell(RunEvent::CallsKept(record, None)).await;
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
        for done in std::mem::take(&mut self.held) {
            self.tell(done.event()).await;
        }
    }

    fn wind_down(&mut self, status: RunStatus) {
        self.launching = false;
        if self.status == RunStatus::Complete || status == RunStatus::Aborted {
            self.status = status;
        }
    }

    async fn tell(&mut self, event: RunEvent) {
        self.unsaved += usize::from(matches!(event, RunEvent::TrialFinished(_) | RunEvent::Compared(_)));
        // The listener is gone when the store failed: nothing can be kept any more, so nothing more may be spent.
        if self.events.send(event).await.is_err() {
            self.wind_down(RunStatus::Aborted);
            self.abort.cancel();
        }
    }
}
