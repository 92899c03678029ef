//! Providers: the built-in ones, and what `karat.yaml` says about them or adds.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::base::{Diagnostic, Fields, Kind, Millis, Node, Place, Problems, SafeName, Source, Span, closest};

use super::interpolate::{is_variable_name, names_in, replace};
use super::value::{self, Placed};
use super::{Env, Origin};

/// The protocol a provider speaks; `type:` in `karat.yaml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WireName {
    /// OpenAI Chat Completions, and everything compatible with it.
    OpenAi,
    /// Anthropic Messages.
    Anthropic,
    /// Scripted replies without a network.
    Mock,
}

impl WireName {
    /// Word and wire, in one table.
    pub const ALL: &[(&str, WireName)] =
        &[("openai", WireName::OpenAi), ("anthropic", WireName::Anthropic), ("mock", WireName::Mock)];

    /// Its word.
    pub fn word(self) -> &'static str {
        WireName::ALL.iter().find(|(_, wire)| *wire == self).map_or("openai", |(word, _)| word)
    }

    /// The wire of a word.
    pub fn parse(word: &str) -> Option<WireName> {
        WireName::ALL.iter().find(|(known, _)| *known == word).map(|(_, wire)| *wire)
    }

    /// Variables of its official SDK: key and base URL.
    fn variables(self) -> Option<(&'static str, &'static str)> {
        match self {
            WireName::OpenAi => Some(("OPENAI_API_KEY", "OPENAI_BASE_URL")),
            WireName::Anthropic => Some(("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL")),
            WireName::Mock => None,
        }
    }
}

/// How much a provider may be asked at once and per minute; `None` is no limit of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Requests per minute.
    pub rpm: Option<u32>,
    /// Tokens per minute.
    pub tpm: Option<u32>,
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
    /// For one attempt as a whole.
    pub total_ms: Option<Millis>,
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
    /// Names of the environment variables that were filled into headers: their values are secrets.
    pub header_variables: Vec<String>,
    /// How much it may be asked.
    pub limits: Limits,
    /// How long to wait for it.
    pub timeouts: Timeouts,
    /// Attempts per call, the first included; `None` is the caller's default.
    pub max_attempts: Option<u32>,
    /// Time in which all attempts of a call must end; `None` is the caller's default.
    pub retry_deadline_ms: Option<Millis>,
    /// Rules of a mock, absolute.
    pub rules: Option<PathBuf>,
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
            .field("max_attempts", &self.max_attempts)
            .field("retry_deadline_ms", &self.retry_deadline_ms)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}

/// A provider as one layer of `karat.yaml` writes it.
#[derive(Clone)]
pub(super) struct RawProvider {
    name: SafeName,
    wire: Option<WireName>,
    /// Whether a type is written, be it a wrong one.
    has_type: bool,
    base_url: Option<Placed<String>>,
    /// `Some(None)` is an explicit `null`: this provider takes no key.
    key_env: Option<Option<String>>,
    headers: Option<Headers>,
    limits: Limits,
    timeouts: Timeouts,
    max_attempts: Option<u32>,
    retry_deadline_ms: Option<Millis>,
    rules: Option<Placed<PathBuf>>,
    place: Place,
}

#[derive(Clone, Default)]
struct Headers {
    pairs: Vec<(String, String)>,
    variables: Vec<String>,
}

/// Keys under which people write the secret itself.
const LITERAL_KEYS: &[&str] = &["api_key", "apikey", "api-key", "key", "token", "secret", "password"];
/// Headers whose value is a secret.
const SECRET_HEADERS: &[&str] = &["authorization", "x-api-key", "api-key", "proxy-authorization", "x-goog-api-key"];

/// Reads a `providers:` mapping.
pub(super) fn read_all(
    node: &Node,
    root: &Path,
    env: &Env,
    source: &Source,
    problems: &mut Problems,
) -> Vec<RawProvider> {
    let Some(entries) = node.as_map() else {
        let message = format!("`providers` must be a mapping of names, this is {}", node.describe());
        problems.push(Diagnostic::error("wrong-type", message).at(source.place(node.span)));
        return Vec::new();
    };
    let mut providers = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        match SafeName::parse(&key.text) {
            Ok(name) => providers.extend(read(name, value, key.span, root, env, source, problems)),
            Err(error) => {
                problems.push(Diagnostic::error("invalid-name", error.to_string()).at(source.place(key.span)));
            }
        }
    }
    providers
}

fn read(
    name: SafeName,
    node: &Node,
    span: Span,
    root: &Path,
    env: &Env,
    source: &Source,
    problems: &mut Problems,
) -> Option<RawProvider> {
    let node = without_literal_keys(node, source, problems);
    let mut fields = Fields::of(&node, "provider", source, problems)?;
    let raw = RawProvider {
        has_type: fields.node("type").is_some(),
        wire: fields.choice("type", WireName::ALL, problems),
        base_url: base_url(&mut fields, problems),
        key_env: key_env(&mut fields, problems),
        headers: fields.node("headers").map(|node| headers(node, env, source, problems)),
        limits: limits(&mut fields, problems),
        timeouts: timeouts(&mut fields, problems),
        max_attempts: None,
        retry_deadline_ms: None,
        rules: value::path_inside(&mut fields, "rules", root, problems),
        place: source.place(span),
        name,
    };
    let raw = retries(&mut fields, raw, problems);
    fields.finish(problems);
    Some(raw)
}

/// Reports keys that hold the secret itself, and takes them out so that no other message shows them.
fn without_literal_keys(node: &Node, source: &Source, problems: &mut Problems) -> Node {
    let Kind::Map(entries) = &node.kind else { return node.clone() };
    let literal = |text: &str| LITERAL_KEYS.contains(&text.to_lowercase().as_str());
    for (key, _) in entries.iter().filter(|(key, _)| literal(&key.text)) {
        let message = format!("`{}`: a key does not belong in a file", key.text);
        problems.push(
            Diagnostic::error("literal-key", message)
                .at(Place::of_file(source.path()).at(key.span))
                .help("put it in the environment or `.env` and give its name: `key_env: OPENAI_API_KEY`"),
        );
    }
    let kept = entries.iter().filter(|(key, _)| !literal(&key.text)).cloned().collect();
    Node { kind: Kind::Map(kept), span: node.span }
}

fn base_url(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Placed<String>> {
    let (url, place) = value::text(fields, "base_url", problems)?;
    match check_url(&url) {
        Ok(url) => Some((url, place)),
        Err(message) => {
            // Without the excerpt: the URL may hold a password.
            let place = Place { excerpt: None, ..place };
            problems.push(Diagnostic::error("invalid-url", format!("`base_url`: {message}")).at(place));
            None
        }
    }
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

fn key_env(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Option<String>> {
    let node = fields.raw("key_env")?;
    if node.kind == Kind::Null {
        return Some(None);
    }
    let name = fields.text("key_env", problems)?;
    if is_variable_name(name) {
        return Some(Some(name.to_owned()));
    }
    // Neither the text nor the line is shown: people paste the key itself here.
    let place = Place::of_file(fields.source().path()).at(node.span);
    problems.push(
        Diagnostic::error("literal-key", "`key_env` takes the name of an environment variable, this is not a name")
            .at(place)
            .help("put the key in the environment or `.env` and give its name: `key_env: OPENAI_API_KEY`"),
    );
    None
}

fn headers(node: &Node, env: &Env, source: &Source, problems: &mut Problems) -> Headers {
    let Some(entries) = node.as_map() else {
        let message = format!("`headers` must be a mapping, this is {}", node.describe());
        problems.push(Diagnostic::error("wrong-type", message).at(source.place(node.span)));
        return Headers::default();
    };
    let mut headers = Headers::default();
    for (key, value) in entries {
        let hidden = Place::of_file(source.path()).at(value.span);
        let Some(text) = value.as_text() else {
            let message = format!("header `{}` must be text, this is {}", key.text, value.describe());
            problems
                .push(Diagnostic::error("wrong-type", message).at(source.place(value.span)).help("put it in quotes"));
            continue;
        };
        let variables = names_in(text);
        let named = !key.text.is_empty() && key.text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        let filled = replace(text, value.span, env, source, problems);
        if !named {
            let message = format!("`{}` is not a header name", key.text);
            problems.push(Diagnostic::error("invalid-header", message).at(source.place(key.span)));
        } else if SECRET_HEADERS.contains(&key.text.to_lowercase().as_str()) && variables.is_empty() {
            problems.push(
                Diagnostic::error("literal-key", format!("header `{}` holds a key as it is", key.text))
                    .at(hidden)
                    .help(format!("fill it from the environment: `{}: \"Bearer ${{env.MY_TOKEN}}\"`", key.text)),
            );
        } else if filled.chars().any(char::is_control) {
            let message = format!("header `{}` has a line break or control character", key.text);
            problems.push(Diagnostic::error("invalid-header", message).at(hidden));
        } else {
            headers.pairs.push((key.text.clone(), filled));
            headers.variables.extend(variables);
        }
    }
    headers
}

fn limits(fields: &mut Fields<'_>, problems: &mut Problems) -> Limits {
    let source = fields.source();
    let inner = fields.node("limits").and_then(|node| Fields::of(node, "`limits` mapping", source, problems));
    let Some(mut inner) = inner else { return Limits::default() };
    let mut count = |name| value::whole(&mut inner, name, 1, u32::MAX, problems).map(|(number, _)| number);
    let limits = Limits { rpm: count("rpm"), tpm: count("tpm"), concurrency: count("concurrency") };
    inner.finish(problems);
    limits
}

fn timeouts(fields: &mut Fields<'_>, problems: &mut Problems) -> Timeouts {
    let source = fields.source();
    let inner = fields.node("timeouts").and_then(|node| Fields::of(node, "`timeouts` mapping", source, problems));
    let Some(mut inner) = inner else { return Timeouts::default() };
    let mut time = |name| value::millis(&mut inner, name, problems);
    let timeouts = Timeouts { connect_ms: time("connect"), first_byte_ms: time("first_byte"), total_ms: time("total") };
    inner.finish(problems);
    timeouts
}

fn retries(fields: &mut Fields<'_>, raw: RawProvider, problems: &mut Problems) -> RawProvider {
    let source = fields.source();
    let inner = fields.node("retries").and_then(|node| Fields::of(node, "`retries` mapping", source, problems));
    let Some(mut inner) = inner else { return raw };
    let max_attempts = value::whole(&mut inner, "max_attempts", 1, 100, problems).map(|(number, _)| number);
    let retry_deadline_ms = value::millis(&mut inner, "deadline", problems);
    inner.finish(problems);
    RawProvider { max_attempts, retry_deadline_ms, ..raw }
}

impl RawProvider {
    /// This layer with `over` on top, field by field; header by header.
    fn overlaid(self, over: RawProvider) -> RawProvider {
        let headers = match (self.headers, over.headers) {
            (Some(under), Some(over)) => Some(under.overlaid(over)),
            (under, over) => over.or(under),
        };
        RawProvider {
            name: self.name,
            wire: over.wire.or(self.wire),
            has_type: over.has_type || self.has_type,
            base_url: over.base_url.or(self.base_url),
            key_env: over.key_env.or(self.key_env),
            headers,
            limits: Limits {
                rpm: over.limits.rpm.or(self.limits.rpm),
                tpm: over.limits.tpm.or(self.limits.tpm),
                concurrency: over.limits.concurrency.or(self.limits.concurrency),
            },
            timeouts: Timeouts {
                connect_ms: over.timeouts.connect_ms.or(self.timeouts.connect_ms),
                first_byte_ms: over.timeouts.first_byte_ms.or(self.timeouts.first_byte_ms),
                total_ms: over.timeouts.total_ms.or(self.timeouts.total_ms),
            },
            max_attempts: over.max_attempts.or(self.max_attempts),
            retry_deadline_ms: over.retry_deadline_ms.or(self.retry_deadline_ms),
            rules: over.rules.or(self.rules),
            place: self.place,
        }
    }
}

impl Headers {
    fn overlaid(mut self, over: Headers) -> Headers {
        self.pairs.retain(|(name, _)| !over.pairs.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)));
        self.pairs.extend(over.pairs);
        self.variables.extend(over.variables);
        self
    }
}

/// The built-in providers, those of the file, and those of the chosen environment, in this order of strength.
pub(super) fn settle(
    base: Vec<RawProvider>,
    overlay: Vec<RawProvider>,
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
    let untouched: Vec<ProviderConfig> = [WireName::OpenAi, WireName::Anthropic]
        .into_iter()
        .filter(|wire| !raw.iter().any(|provider| provider.name.as_str() == wire.word()))
        .filter_map(|wire| built_in(wire, env, problems))
        .collect();
    untouched
        .into_iter()
        .chain(raw.into_iter().filter_map(|raw| valid(raw, env, problems)).collect::<Vec<_>>())
        .collect()
}

fn built_in(wire: WireName, env: &Env, problems: &mut Problems) -> Option<ProviderConfig> {
    let name = SafeName::parse(wire.word()).ok()?;
    let (base_url, base_url_origin) = base_url_from_env(&name, wire, env, problems);
    Some(ProviderConfig {
        name,
        wire,
        base_url,
        base_url_origin,
        key_env: wire.variables().map(|(key, _)| key.to_owned()),
        headers: Vec::new(),
        header_variables: Vec::new(),
        limits: Limits::default(),
        timeouts: Timeouts::default(),
        max_attempts: None,
        retry_deadline_ms: None,
        rules: None,
        place: None,
    })
}

fn valid(raw: RawProvider, env: &Env, problems: &mut Problems) -> Option<ProviderConfig> {
    let named = WireName::parse(raw.name.as_str());
    let Some(wire) = raw.wire.or(named) else {
        if raw.has_type {
            return None;
        }
        let words: Vec<&str> = WireName::ALL.iter().map(|(word, _)| *word).collect();
        problems.push(
            Diagnostic::error("missing-field", format!("provider `{}` has no `type`", raw.name))
                .at(raw.place)
                .did_you_mean(closest(raw.name.as_str(), words.iter().copied()))
                .help(format!("add `type:` with the protocol it speaks: {}", words.join(", "))),
        );
        return None;
    };
    if let Some((_, place)) = raw.rules.as_ref().filter(|_| wire != WireName::Mock) {
        let message = format!("`rules` are for `type: mock`, this provider is `{}`", wire.word());
        problems.push(Diagnostic::error("invalid-value", message).at(place.clone()));
    }
    let official = raw.base_url.is_none() || named == Some(wire);
    let default_key = wire.variables().filter(|_| official).map(|(key, _)| key.to_owned());
    let (base_url, base_url_origin) = match raw.base_url {
        Some((url, place)) => (Some(url), Origin::File(place)),
        None => base_url_from_env(&raw.name, wire, env, problems),
    };
    let headers = raw.headers.unwrap_or_default();
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
        max_attempts: raw.max_attempts,
        retry_deadline_ms: raw.retry_deadline_ms,
        rules: raw.rules.map(|(path, _)| path),
        place: Some(raw.place),
    })
}

/// `OPENAI_BASE_URL` and `ANTHROPIC_BASE_URL` move the built-in providers only: a provider of another name says itself
/// where it is.
fn base_url_from_env(name: &SafeName, wire: WireName, env: &Env, problems: &mut Problems) -> (Option<String>, Origin) {
    let variable = wire.variables().filter(|_| name.as_str() == wire.word()).map(|(_, variable)| variable);
    let found = variable.and_then(|variable| value::from_env(env, variable, check_url, problems));
    found.map_or((None, Origin::Default), |(url, origin)| (Some(url), origin))
}
