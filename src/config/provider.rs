//! Providers: the built-in ones, and what `karat.yaml` says about them or adds.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::base::{Diagnostic, Millis, Place, Problems, SafeName, closest};

use super::app::{About, AppConfig};
use super::around::AroundConfig;
use super::kind::WireName;
use super::raw_provider::RawProvider;
use super::{Env, OnRejected, Origin, ollama_host, value};

/// How much a provider may be asked at once and per minute; `None` is no limit of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Requests per minute.
    pub rpm: Option<u32>,
    /// Tokens per minute.
    pub tpm: Option<u32>,
    /// Input tokens per minute.
    pub itpm: Option<u32>,
    /// Output tokens per minute.
    pub otpm: Option<u32>,
    /// Requests per day.
    pub rpd: Option<u32>,
    /// Calls under way at once.
    pub concurrency: Option<u32>,
}

/// How long to wait; `None` is the caller's default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timeouts {
    /// For the connection.
    pub connect_ms: Option<Millis>,
    /// From sending to the first byte of the answer.
    pub first_byte_ms: Option<Millis>,
    /// Between two chunks of a streamed answer.
    pub idle_ms: Option<Millis>,
    /// For one attempt as a whole.
    pub total_ms: Option<Millis>,
}

/// What only some kinds of providers take; absent is the kind's default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProviderOptions {
    /// `api_version`: version of the API, such as Azure's date.
    pub api_version: Option<String>,
    /// `region`: region of the cloud (Bedrock).
    pub region: Option<String>,
    /// `project`: project of the cloud (Vertex).
    pub project: Option<String>,
    /// `location`: location of the cloud (Vertex).
    pub location: Option<String>,
    /// `stream`: whether replies are read as streams.
    pub stream: Option<bool>,
    /// `on_rejected`: what happens when a model does not take a part of a request.
    pub on_rejected: Option<OnRejected>,
    /// `proxy`: address of the proxy that its requests go through.
    pub proxy: Option<String>,
    /// `ca_file`: certificates of further authorities, absolute; PEM.
    pub ca_file: Option<PathBuf>,
    /// `cache`: whether the response cache answers for it; on for models, off for applications unless given.
    pub cache: Option<bool>,
}

impl ProviderOptions {
    /// These with those of `over` on top.
    pub(super) fn overlaid(self, over: ProviderOptions) -> ProviderOptions {
        ProviderOptions {
            api_version: over.api_version.or(self.api_version),
            region: over.region.or(self.region),
            project: over.project.or(self.project),
            location: over.location.or(self.location),
            stream: over.stream.or(self.stream),
            on_rejected: over.on_rejected.or(self.on_rejected),
            proxy: over.proxy.or(self.proxy),
            ca_file: over.ca_file.or(self.ca_file),
            cache: over.cache.or(self.cache),
        }
    }
}

/// A provider as it is used.
#[derive(Clone, PartialEq)]
pub struct ProviderConfig {
    /// Its name: the part of `provider/model` before the slash.
    pub name: SafeName,
    /// The protocol it speaks.
    pub wire: WireName,
    /// Where it is, without a trailing slash; `None` is the wire's own address.
    pub base_url: Option<String>,
    /// Who gave the base URL.
    pub base_url_origin: Origin,
    /// Name of the environment variable that holds the key; `None` when it takes no key.
    pub key_env: Option<String>,
    /// Further headers of every request. Values may hold secrets.
    pub headers: Vec<(String, String)>,
    /// Names of the environment variables that were filled into headers and requests, or are passed to programs: their
    /// values are secrets.
    pub header_variables: Vec<String>,
    /// How much it may be asked.
    pub limits: Limits,
    /// How long to wait for it.
    pub timeouts: Timeouts,
    /// Retries, circuit breaker, second requests.
    pub around: AroundConfig,
    /// Rules of a mock, absolute.
    pub rules: Option<PathBuf>,
    /// What only some kinds take.
    pub options: ProviderOptions,
    /// `models`: names that the user gave models, such as deployments, and the models behind them. Prices, parameters
    /// and token counts follow those.
    pub models: BTreeMap<String, String>,
    /// What it is, when it is a user's own application.
    pub app: Option<AppConfig>,
    /// What `karat.yaml` says of the application, variables not filled in: part of the identity of its replies.
    pub app_written: Value,
    /// Where `karat.yaml` speaks of it first; `None` for an untouched built-in one.
    pub place: Option<Place>,
}

/// Header values stay out: they may hold secrets.
impl fmt::Debug for ProviderConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("ProviderConfig")
            .field("name", &self.name.as_str())
            .field("wire", &self.wire)
            .field("base_url", &self.base_url)
            .field("key_env", &self.key_env)
            .field("headers", &headers)
            .field("limits", &self.limits)
            .field("timeouts", &self.timeouts)
            .field("around", &self.around)
            .field("rules", &self.rules)
            .field("options", &self.options)
            .field("models", &self.models)
            .finish_non_exhaustive()
    }
}

/// The built-in providers, those of the file, and those of the chosen environment, in this order of strength.
pub(super) fn settle(
    base: Vec<RawProvider>,
    overlay: Vec<RawProvider>,
    root: &Path,
    env: &Env,
    problems: &mut Problems,
) -> Vec<ProviderConfig> {
    let mut raw: Vec<RawProvider> = Vec::new();
    for layer in base.into_iter().chain(overlay) {
        match raw.iter().position(|known| known.name == layer.name) {
            Some(at) => {
                let under = raw.remove(at);
                raw.insert(at, under.overlaid(layer));
            }
            None => raw.push(layer),
        }
    }
    let untouched: Vec<ProviderConfig> = WireName::all()
        .filter(|wire| wire.kind().is_some_and(|kind| kind.built_in))
        .filter(|wire| !raw.iter().any(|provider| provider.name.as_str() == wire.word()))
        .filter_map(|wire| built_in(wire, env, problems))
        .collect();
    untouched
        .into_iter()
        .chain(raw.into_iter().filter_map(|raw| valid(raw, root, env, problems)).collect::<Vec<_>>())
        .collect()
}

fn built_in(wire: WireName, env: &Env, problems: &mut Problems) -> Option<ProviderConfig> {
    let name = SafeName::parse(wire.word()).ok()?;
    let found = base_url_from_env(&name, wire, env, problems);
    let (base_url, base_url_origin) = found.map_or((None, Origin::Default), |(url, origin)| (Some(url), origin));
    Some(ProviderConfig {
        name,
        wire,
        base_url,
        base_url_origin,
        key_env: wire.kind().and_then(|kind| kind.key).map(str::to_owned),
        headers: Vec::new(),
        header_variables: Vec::new(),
        limits: Limits::default(),
        timeouts: Timeouts::default(),
        around: AroundConfig::default(),
        rules: None,
        options: ProviderOptions::default(),
        models: BTreeMap::new(),
        app: None,
        app_written: Value::Null,
        place: None,
    })
}

fn valid(raw: RawProvider, root: &Path, env: &Env, problems: &mut Problems) -> Option<ProviderConfig> {
    let named = WireName::parse(raw.name.as_str());
    let Some(wire) = raw.wire.or(named) else {
        if raw.has_type {
            return None;
        }
        let words: Vec<&str> = WireName::all().map(WireName::word).collect();
        problems.push(
            Diagnostic::error("missing-field", format!("provider `{}` has no `type`", raw.name))
                .at(raw.place)
                .did_you_mean(closest(raw.name.as_str(), words.iter().copied()))
                .help("add `type:` with the protocol it speaks; `karat eval --list-providers` prints them all"),
        );
        return None;
    };
    if let Some((_, place)) = raw.rules.as_ref().filter(|_| wire != WireName::MOCK) {
        let message = format!("`rules` are for `type: mock`, this provider is `{}`", wire.word());
        problems.push(Diagnostic::error("invalid-value", message).at(place.clone()));
    }
    let about = About { name: raw.name.as_str(), wire, place: &raw.place, root, has_base_url: raw.base_url.is_some() };
    let settled = raw.app.settle(&about, problems);
    if wire.is_app() && settled.app.is_none() {
        return None;
    }
    let official = raw.base_url.is_none() || named == Some(wire);
    let default_key = wire.kind().filter(|_| official).and_then(|kind| kind.key).map(str::to_owned);
    let (base_url, base_url_origin) = match (base_url_from_env(&raw.name, wire, env, problems), raw.base_url) {
        (Some((url, origin)), _) => (Some(url), origin),
        (None, Some((url, place))) => (Some(url), Origin::File(place)),
        (None, None) => (None, Origin::Default),
    };
    let mut headers = raw.headers.unwrap_or_default();
    headers.variables.extend(settled.variables);
    Some(ProviderConfig {
        name: raw.name,
        wire,
        base_url,
        base_url_origin,
        // A server of one's own takes no key unless one is named; the official address always does.
        key_env: raw.key_env.unwrap_or(default_key),
        headers: headers.pairs,
        header_variables: headers.variables,
        limits: raw.limits,
        timeouts: raw.timeouts,
        around: raw.around,
        rules: raw.rules.map(|(path, _)| path),
        options: raw.options,
        models: raw.models,
        app: settled.app,
        app_written: settled.written,
        place: Some(raw.place),
    })
}

/// Variables such as `OPENAI_BASE_URL` move the built-in providers only, and beat what `karat.yaml` says of them as all
/// variables do: a provider of another name says itself where it is.
fn base_url_from_env(name: &SafeName, wire: WireName, env: &Env, problems: &mut Problems) -> Option<(String, Origin)> {
    let variable = wire.kind().filter(|kind| name.as_str() == kind.word).and_then(|kind| kind.base_url);
    // Kinds of one vendor share the variable; what is wrong with it is said once.
    let mut said = Problems::new();
    let is_first = variable.is_some_and(|variable| wire.is_first_with(variable));
    let problems = if is_first { problems } else { &mut said };
    let read = if wire.word() == "ollama" { ollama_host::url_of } else { check_url };
    variable.and_then(|variable| value::from_env(env, variable, read, problems))
}

/// A plain `http` or `https` address without a trailing slash. Messages never repeat the text.
pub(super) fn check_url(text: &str) -> Result<String, String> {
    let text = text.trim();
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let rest = rest.ok_or("write an address that starts with `https://` or `http://`")?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or("");
    if host.contains('@') {
        return Err("an address with a user or password is refused; use `key_env` or `headers`".to_owned());
    }
    if host.is_empty() || host.starts_with(':') || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("this is not an address; write one such as `https://api.openai.com/v1`".to_owned());
    }
    if rest.contains(['?', '#']) {
        return Err("an address with `?` or `#` is refused: paths are added to its end".to_owned());
    }
    Ok(text.trim_end_matches('/').to_owned())
}
