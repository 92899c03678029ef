//! What the user should hear while calls are made: one line each, for stderr.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

type Hear = Arc<dyn Fn(String) + Send + Sync>;

/// Says things to whoever listens; to nobody until somebody does.
#[derive(Clone, Default)]
pub(super) struct Notices(Arc<Mutex<Option<Hear>>>);

impl Notices {
    /// The latest listener hears what comes from now on.
    pub(super) fn listen(&self, hear: Hear) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(hear);
    }

    pub(super) fn say(&self, text: String) {
        // Heard without the lock: a listener may take its time.
        let hear = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(hear) = hear {
            hear(text);
        }
    }
}

impl fmt::Debug for Notices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Notices")
    }
}
