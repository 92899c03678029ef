//! A user's application in a run: its settings, and the secrets that came up on the way.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::{Digest, DigestBuilder, Redactor, Secret};
use crate::config::AppConfig;
use serde_json::Value;

/// Values of sessions that are kept out of texts: those of the calls under way, and some more.
const KEPT: usize = 512;

/// A user's application in a run.
pub struct App {
    /// What `karat.yaml` says.
    pub(in crate::provider) config: AppConfig,
    /// The environment of its processes.
    pub(in crate::provider) env: Vec<(String, String)>,
    /// Stands for the values of the session in requests that have no session yet; nobody can guess it.
    pub(in crate::provider) nonce: String,
    identity: Digest,
    spoken: Mutex<Spoken>,
}

#[derive(Default)]
struct Spoken {
    secrets: VecDeque<Secret>,
    redactor: Arc<Redactor>,
}

/// Values of one session: name and value, `id` first.
pub(in crate::provider) type SessionValues = Arc<Vec<(String, Secret)>>;

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("config", &self.config).finish_non_exhaustive()
    }
}

impl App {
    /// An application with the environment of its processes. `written` is what `karat.yaml` says of it, `code` the
    /// content of its file, if it has one: another request or program is another identity.
    pub fn new(config: AppConfig, env: Vec<(String, String)>, written: &Value, code: &[u8]) -> App {
        let identity = DigestBuilder::new("app").json(written).part(code).finish();
        let nonce = format!("k{:032x}", rand::random::<u128>());
        App { config, env, nonce, identity, spoken: Mutex::default() }
    }

    /// What replies depend on besides the question.
    pub(in crate::provider) fn identity(&self) -> &Digest {
        &self.identity
    }

    /// Keeps the values of a session out of all texts from now on.
    pub(in crate::provider) fn hide(&self, values: &SessionValues) {
        let mut spoken = self.spoken.lock().unwrap_or_else(PoisonError::into_inner);
        spoken.secrets.extend(values.iter().filter(|(name, _)| name != "id").map(|(_, secret)| secret.clone()));
        let surplus = spoken.secrets.len().saturating_sub(KEPT);
        spoken.secrets.drain(..surplus);
        spoken.redactor = Arc::new(Redactor::new(&spoken.secrets));
    }

    /// Replaces the values of the latest sessions.
    pub(in crate::provider) fn redactor(&self) -> Arc<Redactor> {
        Arc::clone(&self.spoken.lock().unwrap_or_else(PoisonError::into_inner).redactor)
    }
}
