//! Settings of a provider and of the caller, as plain data.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::app::App;
use super::registry::PROVIDERS;
use super::spec::{Answers, Endpoint, ProviderKey, ProviderSpec, Wire, WireOptions};
use crate::base::{Place, SafeName, Secret};
use crate::net::{Timeouts, Transport};

/// Where answers come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CallMode {
    /// From cassettes only; the network is never touched.
    #[default]
    Replay,
    /// From the providers.
    Live,
    /// From the providers, and every reply is kept in a cassette.
    Record,
}

impl CallMode {
    /// Word and mode, in one table.
    pub const ALL: &[(&str, CallMode)] =
        &[("replay", CallMode::Replay), ("live", CallMode::Live), ("record", CallMode::Record)];
}

/// Limits of one provider. Absent means no limit of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Requests per minute.
    pub rpm: Option<u32>,
    /// Tokens per minute, input and most possible output.
    pub tpm: Option<u32>,
    /// Input tokens per minute, without those read from a cache.
    pub itpm: Option<u32>,
    /// Output tokens per minute, as many as replies usually have.
    pub otpm: Option<u32>,
    /// Requests per day; counted by one run only.
    pub rpd: Option<u32>,
    /// Calls at once.
    pub concurrency: Option<u32>,
}

/// Timeouts of one provider. Absent means the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TimeoutSettings {
    /// To reach the server; 5 s by default.
    pub connect_ms: Option<u64>,
    /// To the head of the reply; 60 s by default, 300 s for models that think.
    pub first_byte_ms: Option<u64>,
    /// Between two chunks of a stream; 60 s by default, comments and keep-alives counted as chunks.
    pub idle_ms: Option<u64>,
    /// To the end of the reply; 600 s by default, and without a limit of its own for a stream.
    pub total_ms: Option<u64>,
}

impl TimeoutSettings {
    /// The timeouts of one request.
    pub(super) fn resolve(self, thinks_long: bool) -> Timeouts {
        let default = Timeouts::default();
        let first_byte = if thinks_long { Duration::from_secs(300) } else { default.first_byte };
        Timeouts {
            connect: self.connect_ms.map_or(default.connect, Duration::from_millis),
            first_byte: self.first_byte_ms.map_or(first_byte, Duration::from_millis),
            idle: self.idle_ms.map_or(default.idle, Duration::from_millis),
            total: self.total_ms.map_or(default.total, Duration::from_millis),
        }
    }

    /// How long a stream may be silent before the answer has begun: a model that thinks may send nothing meanwhile.
    pub(super) fn first_idle(self, resolved: &Timeouts) -> Duration {
        self.idle_ms.map_or(resolved.first_byte.max(resolved.idle), Duration::from_millis)
    }

    /// How long a stream may take to its end: as long as the call has left, unless the user says less.
    pub(super) fn stream_total(self, left: Duration) -> Duration {
        self.total_ms.map_or(left, |total| Duration::from_millis(total).min(left))
    }
}

/// How failed attempts are repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetrySettings {
    /// Attempts that may fail. Rate limits and unreachable servers do not count: time bounds them.
    pub max_attempts: u32,
    /// Attempts that may fail while the provider has never answered: a wrong base URL must not cost a minute.
    pub startup_attempts: u32,
    /// While the provider has never answered well: how many replies of one call may be unreadable (an HTML page, half a
    /// body) until the provider is given up.
    pub startup_malformed: u32,
    /// While the provider has never answered well: how long it may fail until it is given up, counted from its first
    /// failure, all calls together. An attempt under way is not cut short: a hang takes its first-byte timeout.
    pub startup_failing_ms: u64,
    /// The same for a provider that answers with rate limits only.
    pub startup_limited_ms: u64,
    /// No attempt begins later than this after the first one. Two hangs of a model that thinks long (300 s each) and a
    /// third attempt fit in.
    pub deadline_ms: u64,
    /// First wait; it doubles with every failure, and each wait is drawn between zero and that (full jitter).
    pub base_ms: u64,
    /// First wait when the provider is overloaded.
    pub overload_base_ms: u64,
    /// Longest wait of ours.
    pub cap_ms: u64,
    /// Longest wait that is done because the server asks for it; a longer one ends the call.
    pub server_wait_ms: u64,
    /// How long an unreachable server is tried while it has never answered.
    pub startup_patience_ms: u64,
    /// How long an unreachable server is tried once it has answered.
    pub outage_patience_ms: u64,
}

impl Default for RetrySettings {
    fn default() -> RetrySettings {
        RetrySettings {
            max_attempts: 10,
            startup_attempts: 4,
            startup_malformed: 2,
            startup_failing_ms: 30_000,
            startup_limited_ms: 60_000,
            deadline_ms: 1_200_000,
            base_ms: 500,
            overload_base_ms: 2_000,
            cap_ms: 30_000,
            server_wait_ms: 120_000,
            startup_patience_ms: 3_000,
            outage_patience_ms: 60_000,
        }
    }
}

/// When a second, identical request is made because the first one takes long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HedgeSettings {
    /// After so long.
    After {
        /// In milliseconds.
        after_ms: u64,
    },
    /// When it takes longer than this share of the latest replies, in percent.
    Percentile(u8),
}

/// When calls stop for a while because the provider fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerSettings {
    /// Failures in a row, within the window, that open it.
    pub failures: u32,
    /// The rolling window.
    pub window_ms: u64,
    /// First pause; it doubles while probes fail.
    pub pause_ms: u64,
    /// Longest pause.
    pub max_pause_ms: u64,
}

impl Default for BreakerSettings {
    fn default() -> BreakerSettings {
        BreakerSettings { failures: 5, window_ms: 60_000, pause_ms: 1_000, max_pause_ms: 30_000 }
    }
}

/// What the mock does beyond its rules.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MockSettings {
    /// JSON or JSONL file of rules.
    pub rules: Option<PathBuf>,
    /// Requests that no rule matches get their last user message back.
    pub echo: bool,
    /// Latency of every reply.
    pub latency_ms: u64,
    /// Up to so much more, drawn by seed and request.
    pub jitter_ms: u64,
    /// Share of attempts that fail with a rate limit, 0 to 1, drawn by seed, request and attempt.
    pub fault_rate: f64,
}

/// One provider as the user set it up.
#[derive(Debug, Clone)]
pub struct ProviderSettings {
    /// The name that model references use.
    pub name: SafeName,
    /// What it is.
    pub spec: &'static ProviderSpec,
    /// Where it is, unless it is the vendor's own host.
    pub base_url: Option<String>,
    /// The key, if one was found.
    pub key: Option<ProviderKey>,
    /// The variable that the user named for the key: when it is set and there is no key, that is an error.
    pub key_env: Option<String>,
    /// Further headers; they replace those of the wire.
    pub headers: Vec<(String, String)>,
    /// Limits.
    pub limits: Limits,
    /// Timeouts.
    pub timeouts: TimeoutSettings,
    /// Retries.
    pub retry: RetrySettings,
    /// Circuit breaker.
    pub breaker: BreakerSettings,
    /// Second requests for slow ones; `None` makes none.
    pub hedge: Option<HedgeSettings>,
    /// Whether a parameter that the provider does not know is left out in one more attempt. Off by default: what is
    /// compared must be what was asked.
    pub heal: bool,
    /// The mock's settings, for providers of type `mock`.
    pub mock: MockSettings,
    /// Values of the kind's further secret variables, by name, see [`ProviderSpec::credentials`].
    pub credentials: BTreeMap<&'static str, Secret>,
    /// What only some kinds take.
    pub options: WireOptions,
    /// Whether replies are read as streams, where the wire can.
    pub stream: bool,
    /// Names that the user gave models, such as deployments → the models behind them: they decide on parameters.
    pub models: BTreeMap<String, String>,
    /// How it is reached, when not as the others are: through a proxy, or with an authority of its own.
    pub transport: Option<Arc<dyn Transport>>,
    /// Whether the response cache answers for it.
    pub cache: bool,
    /// The user's application, when it is one.
    pub app: Option<Arc<App>>,
    /// Where it stands in `karat.yaml`, for messages.
    pub place: Option<Place>,
}

impl ProviderSettings {
    /// A provider with defaults: no key, the vendor's own host.
    pub fn new(name: SafeName, spec: &'static ProviderSpec) -> ProviderSettings {
        ProviderSettings {
            name,
            spec,
            base_url: None,
            key: None,
            key_env: None,
            headers: Vec::new(),
            limits: Limits::default(),
            timeouts: TimeoutSettings::default(),
            retry: RetrySettings::default(),
            breaker: BreakerSettings::default(),
            hedge: None,
            heal: false,
            mock: MockSettings::default(),
            credentials: BTreeMap::new(),
            options: WireOptions::default(),
            stream: false,
            models: BTreeMap::new(),
            transport: None,
            cache: true,
            app: None,
            place: None,
        }
    }

    /// The same, with key, base URL and headers from the environment, as `lookup` finds them.
    pub fn from_env(name: SafeName, spec: &'static ProviderSpec, lookup: &dyn Fn(&str) -> Option<String>) -> Self {
        let mut settings = ProviderSettings::new(name, spec);
        settings.key = spec.key_from(lookup);
        settings.base_url = spec.base_url_env.and_then(lookup).filter(|url| !url.trim().is_empty());
        let header = |(env, header): &(&str, &str)| lookup(env).map(|value| ((*header).to_owned(), value));
        settings.headers = spec.env_headers.iter().filter_map(header).collect();
        settings.fill_from_env(lookup);
        settings
    }

    /// Takes credentials, and options that are not set, from the environment and from the files it points to.
    pub fn fill_from_env(&mut self, lookup: &dyn Fn(&str) -> Option<String>) {
        let found = |name: &str| lookup(name).filter(|value| !value.trim().is_empty());
        let secret = |name: &&'static str| Some((*name, Secret::new(found(name)?.trim())));
        self.credentials = self.spec.credentials.iter().filter_map(secret).collect();
        for (option, variables) in self.spec.option_envs {
            self.options.fill(option, variables.iter().find_map(|name| found(name)));
        }
        if let Some(load) = self.spec.load {
            load(self);
        }
    }

    /// Where requests go, and how.
    pub(super) fn endpoint(&self, wire: &dyn Wire, official: bool) -> Endpoint<'_> {
        Endpoint {
            base_url: self.base_url(),
            official,
            stream: self.stream && wire.streaming().is_some(),
            options: &self.options,
            known_as: None,
        }
    }

    /// Whether moderation costs nothing: what an API promises holds at its own address.
    pub fn moderates_free(&self) -> bool {
        let is_free = self.spec.wire.and_then(|wire| wire.moderation()).is_some_and(|wire| wire.is_free());
        is_free && self.spec.is_official(self.base_url())
    }

    /// The model behind a name, where the user said so.
    pub(super) fn known_as(&self, model: &str) -> Option<&str> {
        self.models.get(model).map(|known| known.rsplit('/').next().unwrap_or(known))
    }

    /// The base URL in force.
    pub fn base_url(&self) -> &str {
        self.base_url.as_deref().unwrap_or(self.spec.base_url)
    }
}

/// The providers that exist without any configuration, one per registered kind. Those whose address is each customer's
/// own are left out until the environment gives it.
pub fn builtin_providers(lookup: &dyn Fn(&str) -> Option<String>) -> Vec<ProviderSettings> {
    PROVIDERS
        .iter()
        .filter(|spec| !matches!(spec.answers, Answers::Http | Answers::Process))
        .filter_map(|spec| Some(ProviderSettings::from_env(SafeName::parse(spec.name).ok()?, spec, lookup)))
        .filter(|settings| settings.spec.wire.is_none() || !settings.base_url().is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builtin_providers_take_their_settings_from_the_environment() {
        let lookup = |name: &str| match name {
            "OPENAI_API_KEY" => Some("sk-one".to_owned()),
            "OPENAI_BASE_URL" => Some("http://127.0.0.1:9/v1".to_owned()),
            "OPENAI_ORG_ID" => Some("org-1".to_owned()),
            _ => None,
        };
        let all = builtin_providers(&lookup);
        let names: Vec<&str> = all.iter().map(|settings| settings.name.as_str()).collect();
        let alone = |name: &&str| !["azure", "exec", "http", "javascript", "python"].contains(name);
        let kinds: Vec<&str> = PROVIDERS.iter().map(|spec| spec.name).filter(alone).collect();
        assert_eq!(names, kinds);
        let with_azure = builtin_providers(&|name| (name == "AZURE_OPENAI_ENDPOINT").then(|| "https://r".to_owned()));
        assert_eq!(with_azure.len(), kinds.len() + 1);
        let openai = all.iter().find(|settings| settings.name.as_str() == "openai").expect("openai");
        assert_eq!(openai.base_url(), "http://127.0.0.1:9/v1");
        assert_eq!(openai.headers, [("openai-organization".to_owned(), "org-1".to_owned())]);
        assert!(openai.key.is_some());
        let anthropic = all.first().expect("anthropic");
        assert_eq!((anthropic.base_url(), anthropic.key.is_none()), ("https://api.anthropic.com", true));
    }

    #[test]
    fn thinking_models_get_a_longer_first_byte_unless_it_is_set() {
        assert_eq!(TimeoutSettings::default().resolve(true).first_byte, Duration::from_secs(300));
        let set = TimeoutSettings { first_byte_ms: Some(7), ..TimeoutSettings::default() };
        assert_eq!(set.resolve(true).first_byte, Duration::from_millis(7));
    }

    #[test]
    fn a_stream_may_be_silent_while_the_model_thinks_unless_the_limit_is_set() {
        let seconds = Duration::from_secs;
        let usual = TimeoutSettings::default();
        assert_eq!((usual.resolve(true).idle, usual.first_idle(&usual.resolve(true))), (seconds(60), seconds(300)));
        assert_eq!(usual.first_idle(&usual.resolve(false)), seconds(60));
        let set = TimeoutSettings { idle_ms: Some(9_000), total_ms: Some(90_000), ..usual };
        assert_eq!((set.resolve(true).idle, set.first_idle(&set.resolve(true))), (seconds(9), seconds(9)));
        assert_eq!((usual.stream_total(seconds(1200)), set.stream_total(seconds(1200))), (seconds(1200), seconds(90)));
        assert_eq!(set.stream_total(seconds(30)), seconds(30));
    }
}
