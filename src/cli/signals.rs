//! Ctrl-C and SIGTERM: the first stops starting, the second gives up what is under way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use super::exit::Exit;
use super::ui::Ui;
use crate::eval::Stop;

const NONE: u8 = 0;
const INTERRUPT: u8 = 1;
const TERMINATE: u8 = 2;

/// Which signal came first, if any.
#[derive(Debug, Clone, Default)]
pub(super) struct Signals {
    first: Arc<AtomicU8>,
}

impl Signals {
    /// Whether a signal asked to stop.
    pub(super) fn came(&self) -> bool {
        self.first.load(Ordering::Relaxed) != NONE
    }

    /// Whether the first signal was SIGTERM.
    pub(super) fn was_terminate(&self) -> bool {
        self.first.load(Ordering::Relaxed) == TERMINATE
    }

    /// Listens until the process ends; `words` are said at the first signal. Must be called within the runtime.
    pub(super) fn listen(stop: Stop, ui: Ui, words: &'static str) -> Signals {
        let signals = Signals::default();
        let shared = signals.clone();
        tokio::spawn(async move {
            let Some(first) = next_signal().await else { return };
            shared.first.store(first, Ordering::Relaxed);
            ui.problem(words);
            stop.drain.cancel();
            if next_signal().await.is_some() {
                ui.problem("giving up calls under way");
                stop.drain.cancel();
                stop.abort.cancel();
            }
        });
        signals
    }
}

/// Waits for a signal that asks to stop: the end of a server.
pub(super) async fn first_signal() -> Exit {
    match next_signal().await {
        Some(TERMINATE) => Exit::Terminated,
        Some(_) => Exit::Interrupted,
        None => std::future::pending().await,
    }
}

/// The next signal; `None` when signals cannot be listened to, which leaves the system's default in place.
#[cfg(unix)]
async fn next_signal() -> Option<u8> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).ok()?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed.ok().map(|()| INTERRUPT),
        came = terminate.recv() => came.map(|()| TERMINATE),
    }
}

#[cfg(not(unix))]
async fn next_signal() -> Option<u8> {
    tokio::signal::ctrl_c().await.ok().map(|()| INTERRUPT)
}
