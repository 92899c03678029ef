//! What the user should hear while calls are made: one line each, for stderr.

use std::fmt;
use std::sync::{Arc, OnceLock};

type Hear = Box<dyn Fn(String) + Send + Sync>;

/// Says things to whoever listens; to nobody until somebody does.
#[derive(Clone, Default)]
pub(super) struct Notices(Arc<OnceLock<Hear>>);

impl Notices {
    /// The first listener stays.
    pub(super) fn listen(&self, hear: Hear) {
        self.0.get_or_init(|| hear);
    }

    pub(super) fn say(&self, text: String) {
        if let Some(hear) = self.0.get() {
            hear(text);
        }
    }
}

impl fmt::Debug for Notices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Notices")
    }
}
