//! From settings to a caller: which providers, with which keys, cache and prices.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::apps;
use super::asked;
use super::caches;
use super::load::Loaded;
use super::own_checks;
use super::routes::{self, StoredHistory};
use super::side_models;
use crate::base::{
    Diagnostic, Digest, Millis, ModelRef, Problems, Redactor, RunId, SafeName, Secret, Timestamp, files,
};
use crate::cli::{Session, UsageError, certificates};
use crate::config::{self, CallMode, HedgeConfig, ProviderConfig};
use crate::net::{HttpClient, NetOptions, Transport};
use crate::price::{PriceTable, Resolution, Terms};
use crate::provider::{
    self, BreakerSettings, Caller, CallerOptions, HedgeSettings, History, Limits, MockSettings, OwnChecks, Pricer,
    ProviderSettings, ReplyCache, RetrySettings, TimeoutSettings, VectorCache, WireOptions, provider_spec,
};
use crate::record::{ChatReply, EmbeddingCall, EmbeddingModel};
use crate::store::Store;

/// The providers of a run, with keys.
pub(super) struct Providers {
    settings: Vec<ProviderSettings>,
    secrets: Vec<Secret>,
    free: HashSet<String>,
    /// Certificates of further authorities, for all providers.
    ca_pem: Option<Vec<u8>>,
}

/// Settles the providers that the plan calls. Keys are looked for only where a call needs one. An `untrusted` project
/// starts no programs.
///
/// # Errors
/// [`UsageError`] for a missing key or an unusable setting, all of them at once.
pub(super) fn settle(loaded: &Loaded, untrusted: bool, session: &Session) -> anyhow::Result<Providers> {
    let mut problems = Problems::new();
    let mut embedding = loaded.embedding_models();
    let semantic = caches::semantic_model(&loaded.config)?;
    let asked_for = loaded.config.cache.semantic.model.origin.place().cloned();
    embedding.extend(semantic.clone().filter(|model| !embedding.contains(model)));
    let (models, of_checks, moderation) =
        (loaded.answering_models(), loaded.all_embedding_models(), loaded.moderation_models());
    let used: HashSet<String> = models
        .iter()
        .chain(embedding.iter().chain(&of_checks).map(|embedding| &embedding.model))
        .chain(&moderation)
        .map(|model| model.provider.to_string())
        .collect();
    let config = &loaded.config;
    let untrusted = apps::untrusted(untrusted, &session.env);
    apps::check(loaded, &used, untrusted, session, &mut problems);
    own_checks::check(loaded, untrusted, session, &mut problems);
    let mut providers = Providers { settings: Vec::new(), secrets: Vec::new(), free: HashSet::new(), ca_pem: None };
    let connects = config.calls.value != CallMode::Replay;
    let mut settled = Vec::new();
    for provider in config.providers.iter().filter(|provider| used.contains(provider.name.as_str())) {
        if provider.wire.is_free() {
            providers.free.insert(provider.name.to_string());
        }
        let mut found = Problems::new();
        settled.push((provider, settings_of(provider, session, &mut found), found));
    }
    let encrypted = own_checks::hooks(loaded).next().is_some() || settled.iter().any(is_encrypted);
    providers.ca_pem = connects.then(|| certificates::from_env_for(encrypted, session, &mut problems)).flatten();
    for (provider, settings, found) in settled {
        problems.absorb(found);
        providers.settings.extend(settings.map(|settings| ProviderSettings {
            transport: connects.then(|| own_transport(provider, &providers.ca_pem, session, &mut problems)).flatten(),
            ..settings
        }));
    }
    let in_headers = config.providers.iter().flat_map(|provider| &provider.header_variables);
    providers.secrets = in_headers.filter_map(|name| session.env.get(name).map(Secret::new)).collect();
    providers.secrets.extend(own_checks::secrets(loaded, session));
    side_models::check(config, &mut problems);
    // Building a caller makes no connection: it tells whether a run could.
    if let Some(caller) = Caller::new(providers.options(loaded, session, None, None, None), &mut problems) {
        for model in loaded.models() {
            if let Err(diagnostic) = caller.can_chat(&model) {
                problems.push(*diagnostic);
            }
        }
        for model in &embedding {
            if let Err(diagnostic) = caller.can_embed(model) {
                let of_cache = semantic.as_ref() == Some(model);
                let place = asked_for.clone().filter(|_| of_cache);
                let place = place.or_else(|| config.embedding.origin.place().cloned());
                problems.push(Diagnostic { place: diagnostic.place.clone().or(place), ..*diagnostic });
            }
        }
        asked::check_able(loaded, &caller, &mut problems);
        let suites: Vec<&str> = loaded.suites.iter().map(|surveyed| surveyed.suite.name.as_str()).collect();
        caller.check_cassettes(&suites, &mut problems);
    }
    problems.relative_to(&session.root);
    session.stop_on(problems)?;
    Ok(providers)
}

/// Whether a provider is, or may be, reached by TLS.
fn is_encrypted((provider, settings, _): &(&ProviderConfig, Option<ProviderSettings>, Problems)) -> bool {
    let is_plain = |settings: &ProviderSettings| settings.base_url().starts_with("http://");
    provider.options.proxy.is_some() || !settings.as_ref().is_some_and(is_plain)
}

impl Providers {
    /// Names of the providers that cost nothing.
    pub(super) fn free_names(&self) -> HashSet<String> {
        self.free.clone()
    }

    /// Whether a model moderates for nothing.
    pub(super) fn moderates_free(&self, model: &ModelRef) -> bool {
        self.settings.iter().any(|settings| settings.name == model.provider && settings.moderates_free())
    }

    /// Names of the providers that may be asked twice.
    pub(super) fn hedged_names(&self) -> HashSet<String> {
        let hedged = self.settings.iter().filter(|settings| settings.hedge.is_some());
        hedged.map(|settings| settings.name.to_string()).collect()
    }

    /// The clients of the providers for replies of up to so many bytes: each is reached as for single calls.
    pub(super) fn roomy_transports(
        &self,
        loaded: &Loaded,
        max_reply_bytes: usize,
        session: &Session,
    ) -> HashMap<SafeName, Arc<dyn Transport>> {
        // What is wrong with certificates was told when the settings were read.
        let mut told = Problems::new();
        let mut client = |provider: &ProviderConfig| {
            let common = || NetOptions { ca_pem: self.ca_pem.clone(), ..NetOptions::default() };
            let options = net_options(provider, &self.ca_pem, session, &mut told).unwrap_or_else(common);
            Arc::new(HttpClient::new(NetOptions { max_reply_bytes, ..options })) as Arc<dyn Transport>
        };
        let is_called = |provider: &&ProviderConfig| self.settings.iter().any(|known| known.name == provider.name);
        let called = loaded.config.providers.iter().filter(is_called);
        called.map(|provider| (provider.name.clone(), client(provider))).collect()
    }

    /// Whom the user's own checks ask in a run; nothing is started.
    pub(super) fn own_checks(&self, loaded: &Loaded, session: &Session) -> Arc<OwnChecks> {
        Arc::new(own_checks::settle(loaded, self.ca_pem.clone(), session))
    }

    /// Keeps keys and secret headers out of what is written.
    pub(super) fn redactor(&self) -> Redactor {
        let keys = self.settings.iter().filter_map(|settings| settings.key.as_ref().map(|key| &key.secret));
        let credentials = self.settings.iter().flat_map(|settings| settings.credentials.values());
        Redactor::new(keys.chain(credentials).chain(&self.secrets))
    }

    /// The caller of a run, with the response cache of `store`. Without a `run` it is for asking what is cached: there is
    /// nowhere to write down what vectors cost.
    ///
    /// # Errors
    /// [`UsageError`]; [`settle`] has found the same before.
    pub(super) fn caller(
        &self,
        loaded: &Loaded,
        store: &Store,
        run: Option<&RunId>,
        session: &Session,
    ) -> Result<Caller, UsageError> {
        let cache = caches::replies(&loaded.config, store, session);
        let mut problems = Problems::new();
        let vectors =
            run.map(|run| Arc::new(StoredVectors { store: store.clone(), run: run.clone() }) as Arc<dyn VectorCache>);
        // Without a run there is nowhere to keep vectors, nor to write down what they cost.
        let semantic = run.and_then(|_| caches::semantic(loaded, store, session));
        let options = CallerOptions { semantic, ..self.options(loaded, session, cache, vectors, Some(store)) };
        Caller::new(options, &mut problems).ok_or(UsageError(problems))
    }

    fn options(
        &self,
        loaded: &Loaded,
        session: &Session,
        cache: Option<Arc<dyn ReplyCache>>,
        vectors: Option<Arc<dyn VectorCache>>,
        store: Option<&Store>,
    ) -> CallerOptions {
        let config = &loaded.config;
        // Without routes nobody asks what earlier runs say.
        let history = store
            .filter(|_| !config.routes.is_empty())
            .map(|store| Arc::new(StoredHistory::new(store.clone(), session.clock.now())) as Arc<dyn History>);
        CallerOptions {
            mode: match config.calls.value {
                CallMode::Live => provider::CallMode::Live,
                CallMode::Replay => provider::CallMode::Replay,
                CallMode::Record => provider::CallMode::Record,
            },
            providers: self.settings.clone(),
            cache,
            semantic: None,
            vectors,
            root: session.root.clone(),
            cassettes: config.cassettes.value.clone(),
            clock: Arc::clone(&session.clock),
            transport: Arc::new(HttpClient::new(NetOptions { ca_pem: self.ca_pem.clone(), ..NetOptions::default() })),
            seed: loaded.selection.seed,
            pricer: Some(pricer(Arc::clone(&loaded.prices), apps::names(config))),
            max_tokens_per_request: config.max_tokens_per_request.value,
            secrets: self.secrets.clone(),
            concurrency: Some(config.concurrency.value),
            routings: routes::settings(config),
            prices: Some(Arc::clone(&loaded.prices)),
            history,
        }
    }
}

/// Vectors in the store, and the run that new ones are made for.
struct StoredVectors {
    store: Store,
    run: RunId,
}

impl VectorCache for StoredVectors {
    fn find(&self, model: &EmbeddingModel, endpoint: &str, texts: &[Digest]) -> HashMap<Digest, Vec<f32>> {
        self.store.embeddings(model, endpoint, texts).unwrap_or_else(|error| {
            tracing::warn!(%error, "the kept vectors cannot be read");
            HashMap::new()
        })
    }

    fn keep(&self, call: &EmbeddingCall) -> Result<(), String> {
        self.store.add_embeddings(&self.run, call).map_err(|error| error.to_string())
    }
}

/// The model that was asked, and the one that the reply names where only that says what it is.
type Billed = (ModelRef, Option<String>);

/// What a model costs, and whether its provider states the bill.
type Rates = Arc<(Resolution, bool)>;

/// Prices replies; each model is looked up once. Where a name alone says nothing, the reply names the model.
pub(in crate::cli) fn pricer(prices: Arc<PriceTable>, apps: HashSet<String>) -> Pricer {
    let named: Mutex<HashMap<Billed, Rates>> = Mutex::default();
    // `None` where only the reply can tell which model it was.
    let models: RwLock<HashMap<ModelRef, Option<Rates>>> = RwLock::default();
    Arc::new(move |model: &ModelRef, reply: &ChatReply, at: Timestamp| {
        let provider = Some(model.provider.as_str());
        // An application knows what it spent; nobody else does.
        if reply.reported_cost.is_some() && apps.contains(model.provider.as_str()) {
            return reply.reported_cost;
        }
        let own = || (prices.resolve(provider, &model.model, None), prices.reports_cost(provider, &model.model));
        let known = models.read().unwrap_or_else(PoisonError::into_inner).get(model).cloned();
        let known = known.unwrap_or_else(|| {
            let known = prices.known_as(model).map(|_| Arc::new(own()));
            models.write().unwrap_or_else(PoisonError::into_inner).insert(model.clone(), known.clone());
            known
        });
        let known = known.unwrap_or_else(|| {
            let find = || match &reply.model {
                Some(named) => (prices.resolve_reported(provider, named), prices.reports_cost(provider, named)),
                None => own(),
            };
            let mut named = named.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(named.entry((model.clone(), reply.model.clone())).or_insert_with(|| Arc::new(find())))
        });
        let (resolution, states_bill) = &*known;
        // A cost field is the bill only where the provider documents it; elsewhere it is somebody's guess.
        let reported = reply.reported_cost.filter(|_| *states_bill).map(crate::base::Usd::to_decimal);
        let terms = Terms { service_tier: reply.service_tier.as_deref(), reported, ..Terms::at(at) };
        let usage = reply.usage?;
        resolution.cost(&usage, &terms)
    })
}

pub(in crate::cli) fn settings_of(
    provider: &ProviderConfig,
    session: &Session,
    problems: &mut Problems,
) -> Option<ProviderSettings> {
    let Ok(spec) = provider_spec(provider.wire.word()) else {
        problems.push(Diagnostic::error("unknown-provider", format!("`{}` has no client", provider.wire.word())));
        return None;
    };
    let lookup = |name: &str| session.env.get(name).map(str::to_owned);
    let mut settings = ProviderSettings::new(provider.name.clone(), spec);
    settings.base_url.clone_from(&provider.base_url);
    settings.key = match &provider.key_env {
        // A server of one's own may have been started with a key.
        None if provider.place.is_none() => spec.key_from(lookup),
        None => None,
        Some(name) if spec.keys.first().is_some_and(|first| first.env == name) => spec.key_from(lookup),
        Some(name) => lookup(name).map(|value| spec.key_of(Secret::new(value.trim()), None)),
    };
    settings.key_env.clone_from(&provider.key_env);
    let from_env = spec.env_headers.iter().filter_map(|(env, header)| Some(((*header).to_owned(), lookup(env)?)));
    settings.headers = from_env.chain(provider.headers.clone()).collect();
    settings.limits = limits_of(provider.limits);
    settings.timeouts = timeouts_of(provider.timeouts);
    settings.retry = retry_of(provider.around.retries);
    settings.breaker = breaker_of(provider.around.breaker);
    settings.hedge = provider.around.hedge.map(|hedge| match hedge {
        HedgeConfig::After(after) => HedgeSettings::After { after_ms: after.0 },
        HedgeConfig::Percentile(percent) => HedgeSettings::Percentile(percent),
    });
    settings.heal = provider.around.heal.unwrap_or(false);
    settings.mock = MockSettings { rules: rules_of(provider, session, problems), ..MockSettings::default() };
    settings.options = WireOptions {
        api_version: provider.options.api_version.clone(),
        region: provider.options.region.clone(),
        project: provider.options.project.clone(),
        location: provider.options.location.clone(),
        ..WireOptions::NONE
    };
    settings.fill_from_env(&lookup);
    settings.stream = provider.options.stream.unwrap_or(false);
    settings.models.clone_from(&provider.models);
    settings.cache = provider.options.cache.unwrap_or(!provider.wire.is_app());
    apps::settle(provider, session, &mut settings, problems);
    settings.place.clone_from(&provider.place);
    Some(settings)
}

/// The client of a provider that is reached in a way of its own: through a proxy, or with an authority of its own.
pub(in crate::cli) fn own_transport(
    provider: &ProviderConfig,
    common: &Option<Vec<u8>>,
    session: &Session,
    problems: &mut Problems,
) -> Option<Arc<dyn Transport>> {
    let options = net_options(provider, common, session, problems)?;
    Some(Arc::new(HttpClient::new(options)))
}

fn net_options(
    provider: &ProviderConfig,
    common: &Option<Vec<u8>>,
    session: &Session,
    problems: &mut Problems,
) -> Option<NetOptions> {
    let options = &provider.options;
    if options.proxy.is_none() && options.ca_file.is_none() {
        return None;
    }
    let own = options.ca_file.as_deref();
    let own = own.and_then(|path| certificates::from_file(path, provider.place.clone(), session, problems));
    let pem: Vec<Vec<u8>> = common.iter().cloned().chain(own).collect();
    let ca_pem = (!pem.is_empty()).then(|| pem.join(&b'\n'));
    Some(NetOptions { proxy: options.proxy.clone(), ca_pem, ..NetOptions::default() })
}

fn limits_of(limits: config::Limits) -> Limits {
    let config::Limits { rpm, tpm, itpm, otpm, rpd, concurrency } = limits;
    Limits { rpm, tpm, itpm, otpm, rpd, concurrency }
}

fn retry_of(retries: config::RetryConfig) -> RetrySettings {
    let usual = RetrySettings::default();
    let or = |time: Option<Millis>, usual: u64| time.map_or(usual, |time| time.0);
    RetrySettings {
        max_attempts: retries.max_attempts.unwrap_or(usual.max_attempts),
        deadline_ms: or(retries.deadline_ms, usual.deadline_ms),
        base_ms: or(retries.base_ms, usual.base_ms),
        cap_ms: or(retries.cap_ms, usual.cap_ms),
        ..usual
    }
}

fn breaker_of(breaker: config::BreakerConfig) -> BreakerSettings {
    let usual = BreakerSettings::default();
    let pause_ms = breaker.pause_ms.map_or(usual.pause_ms, |pause| pause.0);
    BreakerSettings {
        failures: breaker.failures.unwrap_or(usual.failures),
        window_ms: breaker.window_ms.map_or(usual.window_ms, |window| window.0),
        pause_ms,
        max_pause_ms: usual.max_pause_ms.max(pause_ms),
    }
}

fn timeouts_of(timeouts: config::Timeouts) -> TimeoutSettings {
    TimeoutSettings {
        connect_ms: timeouts.connect_ms.map(|time| time.0),
        first_byte_ms: timeouts.first_byte_ms.map(|time| time.0),
        idle_ms: timeouts.idle_ms.map(|time| time.0),
        total_ms: timeouts.total_ms.map(|time| time.0),
    }
}

/// The rules of a mock, when they are there; reported where `karat.yaml` names the provider when they are not.
fn rules_of(provider: &ProviderConfig, session: &Session, problems: &mut Problems) -> Option<PathBuf> {
    let path = provider.rules.as_ref()?;
    if path.exists() {
        return Some(path.clone());
    }
    let shown = session.shown(path).to_string_lossy().into_owned();
    let near = files::similar(path, &shown);
    let help = near.map_or_else(
        || "`rules` is a file or folder, relative to the project's folder".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    let message = format!("`{shown}`, the rules of `{}`, does not exist", provider.name);
    let diagnostic = Diagnostic::error("file-not-found", message).help(help);
    problems.push(Diagnostic { place: provider.place.clone(), ..diagnostic });
    None
}

#[cfg(test)]
mod tests {
    use crate::config::WireName;
    use crate::provider::PROVIDERS;

    #[test]
    fn settings_and_clients_know_the_same_kinds() {
        let settings: Vec<&str> = WireName::all().map(WireName::word).collect();
        let clients: Vec<&str> = PROVIDERS.iter().map(|spec| spec.name).collect();
        assert_eq!(settings, clients);
    }
}
