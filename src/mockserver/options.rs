//! What a server does, as plain data.

use std::sync::Arc;
use std::time::Duration;

use super::fault::Fault;
use crate::base::Clock;
use crate::net::Transport;
use crate::provider::{Library, Recorder, Script};

/// What a server is made of.
pub struct ServerOptions {
    /// Where replies come from.
    pub answers: Answers,
    /// Before the head of each reply.
    pub latency: Duration,
    /// Between two events of a stream.
    pub gap: Duration,
    /// Faults that are played.
    pub faults: Vec<Fault>,
    /// Share of requests that fail, 0 to 1.
    pub fault_rate: f64,
    /// Seconds that an error 429 or 503 asks to wait.
    pub retry_after: Option<u32>,
    /// Decides which requests fail.
    pub seed: u64,
    /// Whether requests to any host name are answered; else only those to names of this machine.
    pub any_host: bool,
    /// Ends after so many requests.
    pub max_requests: Option<u64>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// Where replies come from.
pub enum Answers {
    /// From rules, then from cassettes.
    Recorded {
        /// The cassettes.
        library: Library,
        /// The rules.
        script: Option<Script>,
    },
    /// From a provider.
    Proxied(Upstream),
}

/// Where requests are passed on to.
pub struct Upstream {
    /// Base URL, such as `https://api.openai.com/v1`.
    pub url: String,
    /// The HTTP client.
    pub transport: Arc<dyn Transport>,
    /// Keeps the replies; `None` keeps none.
    pub recorder: Option<Recorder>,
}
