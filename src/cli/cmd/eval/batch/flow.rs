//! The round of a batch run, from one look at the providers to the next.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::thread::Scope;
use std::time::Duration;

use tokio::time::Instant;

use super::answers::StoredAnswers;
use crate::base::SafeName;
use crate::cli::UsageError;
use crate::cli::cmd::eval::drive::Drive;
use crate::cli::cmd::eval::examples::prepare_examples;
use crate::cli::cmd::eval::options::BatchRest;
use crate::eval::{Means, Stop};
use crate::net::Transport;
use crate::provider::{BatchClient, BatchError, BatchReplies, BatchTag, Caller};
use crate::record::{BatchChunk, BatchFate, BatchState, CallError, ErrorKind, RunStatus, TrialKey};

/// Results of a whole batch come as one reply.
const MOST_RESULTS: usize = 1024 * 1024 * 1024;

/// The wait between two looks grows to so many times its first length.
const SLOWEST: u32 = 6;

/// A chunk that was not found is taken for lost after so many first waits: lists of batches may lag.
const SETTLED: u32 = 6;

/// How long a command waits for batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli::cmd::eval) enum Patience {
    /// Until all have ended.
    Endless,
    /// So long.
    For(Duration),
    /// It looks once.
    None,
}

/// What a command wants of the batches of a run.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli::cmd::eval) struct BatchWish {
    /// What becomes of requests that failed in a batch.
    pub(in crate::cli::cmd::eval) rest: BatchRest,
    /// How long to wait.
    pub(in crate::cli::cmd::eval) patience: Patience,
    /// Prints the run's id instead of its report while batches are under way.
    pub(in crate::cli::cmd::eval) detach: bool,
    /// Cancel what is under way.
    pub(in crate::cli::cmd::eval) cancel: bool,
    /// Ask again what was cancelled.
    pub(in crate::cli::cmd::eval) renew: bool,
    /// Ask again what failed.
    pub(in crate::cli::cmd::eval) retry_errors: bool,
}

/// How the flow ended.
#[derive(Debug, Default)]
pub(super) struct Flown {
    /// A limit on money that had no room for what is left.
    pub(super) short: Option<String>,
    /// How the last pass over the trials ended, when that was not by reaching their end.
    pub(super) halted: Option<RunStatus>,
    /// Trials that have an outcome by now.
    pub(super) done: u64,
    /// How the comparison of variants ended, when that was not by reaching its end.
    pub(super) uncompared: Option<RunStatus>,
}

/// A batch run under way.
pub(super) struct Flow<'scope, 'env> {
    pub(super) run: &'env Drive<'env>,
    pub(super) wish: BatchWish,
    pub(super) scope: &'scope Scope<'scope, 'env>,
    pub(super) means: Means,
    pub(super) answers: Arc<StoredAnswers>,
    /// How each provider is reached for results, which are large.
    pub(super) transports: HashMap<SafeName, Arc<dyn Transport>>,
    pub(super) stop: Stop,
    /// Trials that this process has given an outcome.
    pub(super) graded: HashSet<TrialKey>,
    /// When this process first looked in vain for a chunk.
    pub(super) looked: HashMap<u32, Instant>,
    pub(super) flown: Flown,
}

/// Why the flow cannot go on.
#[derive(Debug)]
pub(super) enum Halt {
    /// The user wants it to stop.
    Stopped,
    /// It ended before its first call.
    Ended(RunStatus),
    /// A provider gave an error that waiting does not change.
    Fatal(CallError),
    /// Something of ours failed.
    Broken(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Halt {
    fn from(error: E) -> Halt {
        Halt::Broken(error.into())
    }
}

impl Halt {
    /// What an error of a step that had to succeed means.
    pub(super) fn of(error: &BatchError) -> Halt {
        match error.error().kind {
            ErrorKind::Cancelled => Halt::Stopped,
            _ => Halt::Fatal(error.error().clone()),
        }
    }
}

impl<'scope, 'env> Flow<'scope, 'env> {
    /// Sets up the run: providers, answers, vectors of examples.
    pub(super) async fn new(
        run: &'env Drive<'env>,
        wish: BatchWish,
        scope: &'scope Scope<'scope, 'env>,
        stop: Stop,
    ) -> Result<Self, Halt> {
        let rounds = run.loaded.config.batch.rounds.value;
        let answers = Arc::new(StoredAnswers::new(run.store.clone(), run.header.id.clone(), rounds, wish.rest));
        let caller = run.providers.caller(run.loaded, &run.store, Some(&run.header.id), run.session)?;
        let caller = Arc::new(caller.with_batches(Arc::clone(&answers) as Arc<dyn BatchReplies>));
        let ui = run.session.ui.clone();
        caller.on_notice(move |text| ui.problem(&text));
        let (embedder, _) = prepare_examples(run, &caller, &stop).await.map_err(|halted| {
            halted.notice.iter().for_each(|notice| run.session.ui.problem(notice));
            halted.error.map_or(Halt::Ended(halted.status), Halt::Fatal)
        })?;
        let transports = run.providers.roomy_transports(run.loaded, MOST_RESULTS, run.session);
        Ok(Flow {
            run,
            wish,
            scope,
            means: Means { caller, embedder, own_checks: run.providers.own_checks(run.loaded, run.session) },
            answers,
            transports,
            stop,
            graded: HashSet::new(),
            looked: HashMap::new(),
            flown: Flown::default(),
        })
    }

    /// Goes round until everything has an outcome, or the command has waited long enough.
    pub(super) async fn go(&mut self) -> Result<(), Halt> {
        self.renew()?;
        let begun = Instant::now();
        let poll = self.run.loaded.config.batch.poll.value;
        let (mut wait, mut first) = (poll, true);
        loop {
            let unsettled = self.resolve().await?;
            if first && self.wish.cancel {
                self.cancel().await?;
            }
            let collected = self.collect().await?;
            if first || collected {
                self.answers.reload()?;
                self.grade().await?;
                wait = poll;
            }
            if self.flown.halted.is_some() {
                return Ok(());
            }
            if !self.wish.cancel && (first || collected || unsettled == Unsettled::Gone) {
                self.submit().await?;
            }
            let news = first || collected;
            first = false;
            let open = self.open()?;
            // A chunk that was just looked for in vain is worth the moment until that is certain.
            let hasty = unsettled != Unsettled::Soon
                && match self.wish.patience {
                    Patience::None => true,
                    Patience::For(time) => begun.elapsed() >= time,
                    Patience::Endless => false,
                };
            if open.is_empty() || hasty {
                return Ok(());
            }
            if news {
                self.tell()?;
            }
            let jittered = wait.mul_f64(0.8 + 0.4 * rand::random::<f64>());
            tokio::select! {
                () = tokio::time::sleep(jittered) => {}
                () = self.stop.drain.cancelled() => return Err(Halt::Stopped),
            }
            wait = wait.mul_f64(1.5).min(poll * SLOWEST);
        }
    }

    /// Says how far the batches are: it may be hours until there is something else to say.
    fn tell(&self) -> Result<(), Halt> {
        if let Some(progress) = self.run.store.batch_progress(&self.run.header.id)? {
            self.run.session.ui.note(&format!("batch: {}", progress.sentence()));
        }
        Ok(())
    }

    /// What of earlier rounds is to be asked again.
    fn renew(&self) -> Result<(), Halt> {
        let mut fates = Vec::new();
        if self.wish.renew {
            fates.push(BatchFate::Cancelled);
        }
        if self.wish.retry_errors {
            fates.extend([BatchFate::Failed, BatchFate::Refused, BatchFate::Expired, BatchFate::Missing]);
        }
        self.run.store.drop_batch_items(&self.run.header.id, &fates)?;
        Ok(())
    }

    /// The chunks that something may still come of.
    pub(super) fn open(&self) -> Result<Vec<BatchChunk>, Halt> {
        let chunks = self.run.store.batches(&self.run.header.id)?;
        Ok(chunks.into_iter().filter(|chunk| chunk.state.is_open()).collect())
    }

    /// The batches of a provider.
    pub(super) fn client<'c>(&self, caller: &'c Caller, provider: &SafeName) -> Result<BatchClient<'c>, Halt> {
        let transport = self.transports.get(provider);
        let client = transport.and_then(|transport| caller.batch_client(provider, Arc::clone(transport)));
        client.ok_or_else(|| {
            let message = format!("provider `{provider}` has no batches any more");
            let help = "set it up again as it was when the run began; its batches are still there";
            Halt::Broken(UsageError::of("no-batches", message, help).into())
        })
    }

    pub(super) fn tag(&self, chunk: u32) -> BatchTag {
        BatchTag { run: self.run.header.id.clone(), chunk }
    }

    /// Writes a step of a chunk down.
    pub(super) fn moved(&self, chunk: &mut BatchChunk, state: BatchState) -> Result<(), Halt> {
        chunk.state = state;
        self.run.store.move_batch(&self.run.header.id, chunk)?;
        Ok(())
    }

    /// How long a chunk must not be found until it is taken for lost.
    pub(super) fn settled_after(&self) -> Duration {
        self.run.loaded.config.batch.poll.value * SETTLED
    }
}

/// What is known of chunks whose id was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unsettled {
    /// There are none, or another look is not worth waiting for.
    Nothing,
    /// One was not found, and it is too early to give it up.
    Soon,
    /// One was given up: its requests must be sent again.
    Gone,
}
