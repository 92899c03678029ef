//! What the run engine says while it works. The store and the progress bar listen; the engine does not know them.

use super::{CallError, Comparison, RunStatus, TrialRecord};

/// Held for as long as something is not durable: whoever waits for that hears the last of it go. It also goes when the store
/// fails.
pub type Durable = tokio::sync::mpsc::Sender<()>;

/// One event of a run, in the order in which things happened.
#[derive(Debug, Clone)]
pub enum RunEvent {
    /// A trial has its outcome. It counts as done once the listener has made it durable.
    TrialFinished(Box<TrialRecord>),
    /// A trial that has no outcome because the run ends, but calls that were answered: they are kept, so that nobody pays
    /// for them again. Also answers to a comparison that is under way: they have no call under test.
    CallsKept(Box<TrialRecord>, Option<Durable>),
    /// The variants of a case were compared: trials that are stored get scores. It counts as done once it is durable.
    Compared(Box<Comparison>),
    /// Something worth a line on stderr.
    Notice(String),
    /// The engine gives up: no further call can succeed.
    Fatal(CallError),
    /// Nothing more comes.
    Ended(RunStatus),
}
