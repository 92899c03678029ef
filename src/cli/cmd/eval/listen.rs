//! The listener of a run's events: makes trials durable, then counts and shows them.

use std::time::Duration;

use tokio::sync::mpsc::{Receiver, UnboundedReceiver};

use super::tally::Watch;
use crate::base::Usd;
use crate::cli::progress::Progress;
use crate::eval::is_waiting;
use crate::record::{CallError, CallRecord, RunEvent, RunStatus};
use crate::store::{StoreError, Writer, WriterEvent};

/// How often progress is shown when nothing becomes durable: a quiet run must not look dead.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// What the listener knows when the run has ended.
#[derive(Debug)]
pub(super) struct Heard {
    /// How it ended.
    pub(super) status: RunStatus,
    /// Why the engine gave up, if it did.
    pub(super) fatal: Option<CallError>,
    /// What was seen of its trials, where somebody wanted to know.
    pub(super) watch: Option<Watch>,
}

/// Hears a run to its end. Every trial is durable before it is counted.
///
/// # Errors
/// When the store fails: the channel of events then closes, and the engine stops.
pub(super) async fn listen(
    mut events: Receiver<RunEvent>,
    writer: Writer,
    mut commits: UnboundedReceiver<WriterEvent>,
    mut progress: Progress,
    watch: Option<Watch>,
) -> Result<Heard, StoreError> {
    let mut heard = Heard { status: RunStatus::Aborted, fatal: None, watch };
    let mut beat = tokio::time::interval(HEARTBEAT);
    loop {
        tokio::select! {
            _ = beat.tick() => progress.show(),
            event = events.recv() => match event {
                None => break,
                Some(RunEvent::Ended(status)) => heard.status = status,
                Some(RunEvent::Notice(text)) => progress.say(&text),
                Some(RunEvent::Fatal(error)) => heard.fatal = Some(error),
                Some(RunEvent::CallsKept(record, durable)) => writer.send_calls(record, durable).await?,
                Some(RunEvent::TrialFinished(record)) => writer.send(record).await?,
                Some(RunEvent::Compared(comparison)) => writer.send_compared(comparison).await?,
            },
            Some(event) = commits.recv() => count(&event, &mut progress, heard.watch.as_mut()),
        }
    }
    let closed = tokio::task::spawn_blocking(move || writer.close()).await;
    // The task cannot panic by rule; if it did, the store's own thread has said why.
    closed.unwrap_or(Ok(()))?;
    while let Ok(event) = commits.try_recv() {
        count(&event, &mut progress, heard.watch.as_mut());
    }
    progress.clear();
    Ok(heard)
}

fn count(done: &WriterEvent, progress: &mut Progress, mut watch: Option<&mut Watch>) {
    let (trials, compared) = match done {
        WriterEvent::Committed(trials) => (trials.as_slice(), &[][..]),
        WriterEvent::Compared(comparisons) => (&[][..], comparisons.as_slice()),
        WriterEvent::Failed(_) => return,
    };
    compared.iter().for_each(|spent| progress.count_ungraded_yet(*spent));
    for trial in trials {
        watch.iter_mut().for_each(|watch| watch.see(trial));
        let calls = trial.call.iter().chain(&trial.judging).map(CallRecord::spent);
        let spent = calls.reduce(|sum, spent| Some(sum?.saturating_add(spent?))).unwrap_or(Some(Usd::ZERO));
        // What is still to be compared is neither a pass nor an error.
        if is_waiting(trial) {
            progress.count_ungraded_yet(spent);
        } else {
            progress.count(trial.outcome, spent);
        }
    }
    progress.show();
}
