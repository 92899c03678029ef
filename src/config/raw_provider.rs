//! Providers as one layer of `karat.yaml` writes them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::base::{Diagnostic, Fields, Kind, Node, Place, Problems, SafeName, Source, Span, closest, is_variable_name};

use super::Env;
use super::app::RawApp;
use super::around::{self, AroundConfig};
use super::interpolate::{names_in, replace};
use super::kind::WireName;
use super::layer::Reading;
use super::provider::{Limits, ProviderOptions, Timeouts, check_url};
use super::value::{self, Placed};

/// A provider as one layer of `karat.yaml` writes it.
#[derive(Clone)]
pub(super) struct RawProvider {
    pub(super) name: SafeName,
    pub(super) wire: Option<WireName>,
    /// Whether a type is written, be it a wrong one.
    pub(super) has_type: bool,
    pub(super) base_url: Option<Placed<String>>,
    /// `Some(None)` is an explicit `null`: this provider takes no key.
    pub(super) key_env: Option<Option<String>>,
    pub(super) headers: Option<Headers>,
    pub(super) limits: Limits,
    pub(super) timeouts: Timeouts,
    pub(super) around: AroundConfig,
    pub(super) rules: Option<Placed<PathBuf>>,
    pub(super) options: ProviderOptions,
    pub(super) models: BTreeMap<String, String>,
    pub(super) app: RawApp,
    pub(super) place: Place,
}

#[derive(Clone, Default)]
pub(super) struct Headers {
    pub(super) pairs: Vec<(String, String)>,
    pub(super) variables: Vec<String>,
}

/// Keys under which people write the secret itself.
const LITERAL_KEYS: &[&str] = &["api_key", "apikey", "api-key", "key", "token", "secret", "password"];
/// Headers whose value is a secret.
pub(super) const SECRET_HEADERS: &[&str] =
    &["authorization", "x-api-key", "api-key", "proxy-authorization", "x-goog-api-key"];

/// Reads a `providers:` mapping.
pub(super) fn read_all(node: &Node, reading: Reading<'_>, problems: &mut Problems) -> Vec<RawProvider> {
    let source = reading.source;
    let Some(entries) = node.as_map() else {
        let message = format!("`providers` must be a mapping of names, this is {}", node.describe());
        problems.push(Diagnostic::error("wrong-type", message).at(source.place(node.span)));
        return Vec::new();
    };
    let mut providers = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        match SafeName::parse(&key.text) {
            Ok(name) if name.as_str() == "route" => {
                let message = "a provider cannot be called `route`: `route/<name>` refers to a route";
                problems.push(Diagnostic::error("invalid-name", message).at(source.place(key.span)));
            }
            Ok(name) => providers.extend(read(name, value, key.span, reading, problems)),
            Err(error) => {
                problems.push(Diagnostic::error("invalid-name", error.to_string()).at(source.place(key.span)));
            }
        }
    }
    providers
}

fn read(name: SafeName, node: &Node, span: Span, reading: Reading<'_>, problems: &mut Problems) -> Option<RawProvider> {
    let Reading { root, env, source, .. } = reading;
    let node = without_literal_keys(node, source, problems);
    let mut fields = Fields::of(&node, "provider", source, problems)?;
    let raw = RawProvider {
        has_type: fields.node("type").is_some(),
        wire: wire(&mut fields, problems),
        base_url: address(&mut fields, "base_url", problems),
        key_env: key_env(&mut fields, problems),
        headers: fields.node("headers").map(|node| headers(node, env, source, problems)),
        limits: limits(&mut fields, problems),
        timeouts: timeouts(&mut fields, problems),
        around: around::read(&mut fields, problems),
        rules: value::path_inside(&mut fields, "rules", root, problems),
        models: fields.node("models").map(|node| models(node, source, problems)).unwrap_or_default(),
        app: RawApp::read(&mut fields, reading, problems),
        options: options(&mut fields, root, problems),
        place: source.place(span),
        name,
    };
    fields.finish(problems);
    Some(raw)
}

/// The kinds are too many to be listed in a message.
fn wire(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<WireName> {
    let text = fields.text("type", problems)?;
    let known = WireName::parse(text);
    if known.is_none() {
        let place = fields.source().place(fields.value_span("type"));
        problems.push(
            Diagnostic::error("unknown-value", format!("`{text}` is not a value of `type`"))
                .at(place)
                .did_you_mean(closest(text, WireName::all().map(WireName::word)))
                .help("`karat eval --list-providers` prints the kinds; `mock` is one more"),
        );
    }
    known
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

/// A field that holds an address.
fn address(fields: &mut Fields<'_>, name: &'static str, problems: &mut Problems) -> Option<Placed<String>> {
    let (url, place) = value::text(fields, name, problems)?;
    match check_url(&url) {
        Ok(url) => Some((url, place)),
        // A variable that is not set has been told already, and is the reason.
        Err(_) if url.contains("${env.") => None,
        Err(message) => {
            let message = match name {
                "proxy" if url.contains('@') => {
                    "a proxy with a user or password is named in the environment: `HTTPS_PROXY`".to_owned()
                }
                _ => message,
            };
            // Without the excerpt: the URL may hold a password.
            let place = Place { excerpt: None, ..place };
            problems.push(Diagnostic::error("invalid-url", format!("`{name}`: {message}")).at(place));
            None
        }
    }
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

fn options(fields: &mut Fields<'_>, root: &Path, problems: &mut Problems) -> ProviderOptions {
    ProviderOptions {
        api_version: fields.text("api_version", problems).map(str::to_owned),
        region: fields.text("region", problems).map(str::to_owned),
        project: fields.text("project", problems).map(str::to_owned),
        location: fields.text("location", problems).map(str::to_owned),
        // A mapping says how an application streams, see `RawApp`.
        stream: match fields.node("stream") {
            Some(node) if node.as_map().is_some() => None,
            _ => fields.flag("stream", problems),
        },
        cache: fields.flag("cache", problems),
        on_rejected: value::on_rejected(fields, problems).map(|(choice, _)| choice),
        proxy: address(fields, "proxy", problems).map(|(url, _)| url),
        ca_file: fields.text("ca_file", problems).map(|path| root.join(path)),
    }
}

/// `{my-deployment: gpt-4o}`.
fn models(node: &Node, source: &Source, problems: &mut Problems) -> BTreeMap<String, String> {
    let Some(entries) = node.as_map() else {
        let message = format!("`models` must be a mapping of names to models, this is {}", node.describe());
        problems.push(
            Diagnostic::error("wrong-type", message)
                .at(source.place(node.span))
                .help("write the name that is called and the model behind it: `models: {my-deployment: gpt-4o}`"),
        );
        return BTreeMap::new();
    };
    let mut models = BTreeMap::new();
    for (name, model) in entries {
        match model.as_text().map(str::trim).filter(|model| !model.is_empty()) {
            Some(known) => {
                models.insert(name.text.clone(), known.to_owned());
            }
            None => {
                let message = format!("`{}` must name a model, this is {}", name.text, model.describe());
                problems.push(Diagnostic::error("wrong-type", message).at(source.place(model.span)));
            }
        }
    }
    models
}

fn limits(fields: &mut Fields<'_>, problems: &mut Problems) -> Limits {
    let source = fields.source();
    let inner = fields.node("limits").and_then(|node| Fields::of(node, "`limits` mapping", source, problems));
    let Some(mut inner) = inner else { return Limits::default() };
    let mut count = |name| value::whole(&mut inner, name, 1, u32::MAX, problems).map(|(number, _)| number);
    let limits = Limits {
        rpm: count("rpm"),
        tpm: count("tpm"),
        itpm: count("itpm"),
        otpm: count("otpm"),
        rpd: count("rpd"),
        concurrency: count("concurrency"),
    };
    inner.finish(problems);
    limits
}

fn timeouts(fields: &mut Fields<'_>, problems: &mut Problems) -> Timeouts {
    let source = fields.source();
    let inner = fields.node("timeouts").and_then(|node| Fields::of(node, "`timeouts` mapping", source, problems));
    let Some(mut inner) = inner else { return Timeouts::default() };
    let mut time = |name| value::millis(&mut inner, name, problems);
    let timeouts = Timeouts {
        connect_ms: time("connect"),
        first_byte_ms: time("first_byte"),
        idle_ms: time("idle"),
        total_ms: time("total"),
    };
    inner.finish(problems);
    timeouts
}

impl RawProvider {
    /// This layer with `over` on top, field by field; header by header.
    pub(super) fn overlaid(self, over: RawProvider) -> RawProvider {
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
                itpm: over.limits.itpm.or(self.limits.itpm),
                otpm: over.limits.otpm.or(self.limits.otpm),
                rpd: over.limits.rpd.or(self.limits.rpd),
                concurrency: over.limits.concurrency.or(self.limits.concurrency),
            },
            timeouts: Timeouts {
                connect_ms: over.timeouts.connect_ms.or(self.timeouts.connect_ms),
                first_byte_ms: over.timeouts.first_byte_ms.or(self.timeouts.first_byte_ms),
                idle_ms: over.timeouts.idle_ms.or(self.timeouts.idle_ms),
                total_ms: over.timeouts.total_ms.or(self.timeouts.total_ms),
            },
            around: self.around.overlaid(over.around),
            rules: over.rules.or(self.rules),
            options: self.options.overlaid(over.options),
            models: self.models.into_iter().chain(over.models).collect(),
            app: self.app.overlaid(over.app),
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
