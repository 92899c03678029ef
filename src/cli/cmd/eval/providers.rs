//! From settings to a caller: which providers, with which keys, cache and prices.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::caches;
use super::load::Loaded;
use super::side_models;
use crate::base::{Diagnostic, Digest, ModelRef, Problems, Redactor, RunId, Secret, Timestamp, files};
use crate::cli::{Session, UsageError};
use crate::config::{self, CallMode, ProviderConfig, WireName};
use crate::net::{HttpClient, NetOptions};
use crate::price::{PriceTable, Resolution, Terms};
use crate::provider::{
    self, Caller, CallerOptions, Limits, MockSettings, Pricer, ProviderSettings, ReplyCache, RetrySettings,
    TimeoutSettings, VectorCache, WireOptions, provider_spec,
};
use crate::record::{ChatReply, EmbeddingCall, EmbeddingModel};
use crate::store::Store;

/// The providers of a run, with keys.
pub(super) struct Providers {
    settings: Vec<ProviderSettings>,
    secrets: Vec<Secret>,
    free: HashSet<String>,
}

/// Settles the providers that the plan calls. Keys are looked for only where a call needs one.
///
/// # Errors
/// [`UsageError`] for a missing key or an unusable setting, all of them at once.
pub(super) fn settle(loaded: &Loaded, session: &Session) -> anyhow::Result<Providers> {
    let mut problems = Problems::new();
    let mut embedding = loaded.embedding_models();
    let semantic = caches::semantic_model(&loaded.config)?;
    let asked_for = loaded.config.cache.semantic.model.origin.place().cloned();
    embedding.extend(semantic.clone().filter(|model| !embedding.contains(model)));
    let used: HashSet<String> = loaded
        .models()
        .iter()
        .chain(embedding.iter().map(|embedding| &embedding.model))
        .map(|model| model.provider.to_string())
        .collect();
    let config = &loaded.config;
    let mut providers = Providers { settings: Vec::new(), secrets: Vec::new(), free: HashSet::new() };
    for provider in config.providers.iter().filter(|provider| used.contains(provider.name.as_str())) {
        if provider.wire == WireName::MOCK {
            providers.free.insert(provider.name.to_string());
        }
        providers.settings.extend(settings_of(provider, session, &mut problems));
    }
    let in_headers = config.providers.iter().flat_map(|provider| &provider.header_variables);
    providers.secrets = in_headers.filter_map(|name| session.env.get(name).map(Secret::new)).collect();
    side_models::check(config, &mut problems);
    // Building a caller makes no connection: it tells whether a run could.
    if let Some(caller) = Caller::new(providers.options(loaded, session, None, None), &mut problems) {
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
        let suites: Vec<&str> = loaded.suites.iter().map(|surveyed| surveyed.suite.name.as_str()).collect();
        caller.check_cassettes(&suites, &mut problems);
    }
    problems.relative_to(&session.root);
    session.stop_on(problems)?;
    Ok(providers)
}

impl Providers {
    /// Names of the providers that cost nothing.
    pub(super) fn free_names(&self) -> HashSet<String> {
        self.free.clone()
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
        let options = CallerOptions { semantic, ..self.options(loaded, session, cache, vectors) };
        Caller::new(options, &mut problems).ok_or(UsageError(problems))
    }

    fn options(
        &self,
        loaded: &Loaded,
        session: &Session,
        cache: Option<Arc<dyn ReplyCache>>,
        vectors: Option<Arc<dyn VectorCache>>,
    ) -> CallerOptions {
        let config = &loaded.config;
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
            transport: Arc::new(HttpClient::new(NetOptions::default())),
            seed: loaded.selection.seed,
            pricer: Some(pricer(Arc::clone(&loaded.prices))),
            max_tokens_per_request: config.max_tokens_per_request.value,
            secrets: self.secrets.clone(),
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

/// Prices replies; each model is looked up once.
fn pricer(prices: Arc<PriceTable>) -> Pricer {
    let models: Mutex<HashMap<ModelRef, (Resolution, bool)>> = Mutex::default();
    Arc::new(move |model: &ModelRef, reply: &ChatReply, at: Timestamp| {
        let provider = Some(model.provider.as_str());
        let (resolution, states_bill) = {
            let mut models = models.lock().unwrap_or_else(PoisonError::into_inner);
            let find = || (prices.resolve(provider, &model.model, None), prices.reports_cost(provider, &model.model));
            models.entry(model.clone()).or_insert_with(find).clone()
        };
        // A cost field is the bill only where the provider documents it; elsewhere it is somebody's guess.
        let reported = reply.reported_cost.filter(|_| states_bill).map(crate::base::Usd::to_decimal);
        let terms = Terms { service_tier: reply.service_tier.as_deref(), reported, ..Terms::at(at) };
        let usage = reply.usage?;
        resolution.cost(&usage, &terms)
    })
}

fn settings_of(provider: &ProviderConfig, session: &Session, problems: &mut Problems) -> Option<ProviderSettings> {
    let Ok(spec) = provider_spec(provider.wire.word()) else {
        problems.push(Diagnostic::error("unknown-provider", format!("`{}` has no client", provider.wire.word())));
        return None;
    };
    let lookup = |name: &str| session.env.get(name).map(str::to_owned);
    let mut settings = ProviderSettings::new(provider.name.clone(), spec);
    settings.base_url.clone_from(&provider.base_url);
    settings.key = match &provider.key_env {
        None => None,
        Some(name) if spec.keys.first().is_some_and(|first| first.env == name) => spec.key_from(lookup),
        Some(name) => lookup(name).map(|value| spec.key_of(Secret::new(value.trim()), None)),
    };
    settings.key_env.clone_from(&provider.key_env);
    let from_env = spec.env_headers.iter().filter_map(|(env, header)| Some(((*header).to_owned(), lookup(env)?)));
    settings.headers = from_env.chain(provider.headers.clone()).collect();
    settings.limits = limits_of(provider.limits);
    settings.timeouts = timeouts_of(provider.timeouts);
    let usual = RetrySettings::default();
    settings.retry = RetrySettings {
        max_attempts: provider.max_attempts.unwrap_or(usual.max_attempts),
        deadline_ms: provider.retry_deadline_ms.map_or(usual.deadline_ms, |deadline| deadline.0),
        ..usual
    };
    settings.mock = MockSettings { rules: rules_of(provider, session, problems), ..MockSettings::default() };
    settings.options = WireOptions {
        api_version: provider.options.api_version.clone(),
        region: provider.options.region.clone(),
        project: provider.options.project.clone(),
        location: provider.options.location.clone(),
    };
    settings.fill_from_env(&lookup);
    settings.stream = provider.options.stream.unwrap_or(false);
    settings.place.clone_from(&provider.place);
    Some(settings)
}

fn limits_of(limits: config::Limits) -> Limits {
    Limits { rpm: limits.rpm, tpm: limits.tpm, concurrency: limits.concurrency }
}

fn timeouts_of(timeouts: config::Timeouts) -> TimeoutSettings {
    TimeoutSettings {
        connect_ms: timeouts.connect_ms.map(|time| time.0),
        first_byte_ms: timeouts.first_byte_ms.map(|time| time.0),
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
    use super::*;
    use crate::provider::PROVIDERS;

    #[test]
    fn settings_and_clients_know_the_same_kinds() {
        let settings: Vec<&str> = WireName::all().map(WireName::word).collect();
        let clients: Vec<&str> = PROVIDERS.iter().map(|spec| spec.name).collect();
        assert_eq!(settings, clients);
    }
}
