//! From flags, environment variables and `karat.yaml` to the settings that count.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::{
    Diagnostic, Kind, ModelRef, Node, Place, Problems, SafeName, Secret, Source, Usd, files, parse_yaml,
};

use crate::record::EmbeddingModel;

use super::layer::{self, Base, Reading};
use super::provider::{self, ProviderConfig};
use super::routes::RouteConfig;
use super::settle::{Sources, settle_environment, show_models, show_option, show_path, show_ttl};
use super::{CacheConfig, CacheMode, CallMode, Env, OnRejected, Origin, Setting};

/// What flags say. `None` and `false` mean the flag was not given; give only flags here, variables come with [`Env`].
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--config`: this file instead of `karat.yaml` in the root.
    pub file: Option<PathBuf>,
    /// `--environment`.
    pub environment: Option<String>,
    /// `--calls`.
    pub calls: Option<CallMode>,
    /// `--models`.
    pub models: Option<Vec<ModelRef>>,
    /// `--judge`.
    pub judge: Option<ModelRef>,
    /// `--store`; relative to the root unless absolute.
    pub store: Option<PathBuf>,
    /// `--concurrency`.
    pub concurrency: Option<u32>,
    /// `--no-cache`.
    pub no_cache: bool,
    /// `--cache`.
    pub cache: Option<CacheMode>,
    /// `--cache-verify`.
    pub cache_verify: Option<f64>,
    /// `--stream` and `--no-stream`: for all providers.
    pub stream: Option<bool>,
    /// `--cache-ttl`.
    pub cache_ttl: Option<Duration>,
    /// `--max-cost`.
    pub max_cost: Option<Usd>,
    /// `--max-tokens-per-request`.
    pub max_tokens_per_request: Option<u32>,
    /// `--max-errors`.
    pub max_errors: Option<u32>,
    /// `--drop-rejected`: for all providers.
    pub drop_rejected: bool,
}

/// How runs with `--batch` go.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchConfig {
    /// First wait between two looks at a batch; it grows to six times that.
    pub poll: Setting<Duration>,
    /// How often a request is sent in a batch at most, when it failed, expired or was not answered.
    pub rounds: Setting<u32>,
    /// Most requests of one batch.
    pub chunk: Setting<u32>,
}

/// The `lint` of `karat.yaml`: levels by rule, for the prompt room to read.
#[derive(Debug, Clone)]
pub struct LintSection {
    /// What was written.
    pub node: Node,
    /// The file, for places.
    pub source: Source,
}

/// The `prices` of `karat.yaml`, for the price room to read.
#[derive(Debug, Clone)]
pub struct PriceOverrides {
    /// What was written.
    pub node: Node,
    /// The file, for places.
    pub source: Source,
}

/// The settings that count, and where each comes from.
#[derive(Debug, Clone)]
pub struct Config {
    /// The project's folder.
    pub root: PathBuf,
    /// The project file, when there is one.
    pub file: Option<PathBuf>,
    /// The chosen environment.
    pub environment: Setting<Option<String>>,
    /// Where replies come from; live unless told otherwise.
    pub calls: Setting<CallMode>,
    /// Models for suites that name none.
    pub models: Setting<Vec<ModelRef>>,
    /// The judge for suites that name none.
    pub judge: Setting<Option<ModelRef>>,
    /// The embedding model by which few-shot examples are compared; without one, words are compared.
    pub embedding: Setting<Option<EmbeddingModel>>,
    /// The model that ranks documents.
    pub rerank: Setting<Option<ModelRef>>,
    /// The model that judges whether texts are harmful.
    pub moderation: Setting<Option<ModelRef>>,
    /// Calls under way at once, over all providers.
    pub concurrency: Setting<u32>,
    /// The results store, absolute.
    pub store: Setting<PathBuf>,
    /// Folder of the recorded replies, absolute.
    pub cassettes: Setting<PathBuf>,
    /// Folder of the prompts, absolute.
    pub prompts: Setting<PathBuf>,
    /// Folder of the suites, absolute.
    pub evals: Setting<PathBuf>,
    /// The response cache.
    pub cache: CacheConfig,
    /// Runs with `--batch`.
    pub batch: BatchConfig,
    /// Most dollars a run may spend.
    pub max_cost: Setting<Option<Usd>>,
    /// Most dollars all runs together may spend on one UTC day.
    pub daily_cost_limit: Setting<Option<Usd>>,
    /// Most tokens a request may ask for.
    pub max_tokens_per_request: Setting<Option<u32>>,
    /// Trials that may end in error or ungraded before a verdict becomes undecided.
    pub max_errors: Setting<u32>,
    /// What happens when a model does not take a part of a request; a provider may say otherwise.
    pub on_rejected: Setting<OnRejected>,
    /// All providers: built-in ones first, then in file order.
    pub providers: Vec<ProviderConfig>,
    /// Named routes, in file order.
    pub routes: Vec<RouteConfig>,
    /// Prices that the project states itself.
    pub prices: Option<PriceOverrides>,
    /// Levels of the lint rules.
    pub lint: Option<LintSection>,
    /// Providers, and routes as `route/NAME`, that are written but wrong: that is told where they stand.
    pub(super) unread: Vec<String>,
}

impl Config {
    /// Settles all settings. What is wrong goes to `problems`; the setting then has its next weaker value.
    ///
    /// `root` is absolute; `env` has `.env` underneath already, see [`Env::with_dotenv`].
    pub fn load(root: &Path, env: &Env, overrides: &Overrides, problems: &mut Problems) -> Config {
        let (file, source) = read_file(root, overrides, problems);
        let empty = Source::new(Config::FILE, "");
        let node = source.as_ref().and_then(|source| parse_yaml(source, problems));
        let apps = node.as_ref().map(super::app::app_names).unwrap_or_default();
        let reading = Reading { root, env, source: source.as_ref().unwrap_or(&empty), apps: &apps };
        let base = node.as_ref().and_then(|node| read_base(node, reading, problems)).unwrap_or_default();
        let environment = settle_environment(base.environment.as_ref(), env, overrides);
        let at = if let Origin::File(place) = &environment.origin { Some(place.clone()) } else { None };
        let overlay = base.overlay(environment.value.as_deref(), at, reading, problems);
        let prices = base.prices.clone().zip(source.clone()).map(|(node, source)| PriceOverrides { node, source });
        let lint = base.lint.clone().zip(source.clone()).map(|(node, source)| LintSection { node, source });
        let sources = Sources { root, env, flags: overrides, overlay: &overlay, base: &base.layer };
        let mut config = Config {
            root: root.to_path_buf(),
            file,
            environment,
            calls: sources.calls(problems),
            models: sources.models(problems),
            judge: sources.judge(),
            embedding: sources.embedding(),
            rerank: sources.rerank(),
            moderation: sources.moderation(),
            concurrency: sources.concurrency(problems),
            store: sources.store(problems),
            cassettes: sources.cassettes(),
            prompts: sources.folder(&base.prompts, "prompts", problems),
            evals: sources.folder(&base.evals, "evals", problems),
            cache: sources.cache(),
            batch: sources.batch(),
            max_cost: sources.max_cost(),
            daily_cost_limit: sources.daily_cost_limit(problems),
            max_tokens_per_request: sources.max_tokens_per_request(problems),
            max_errors: sources.max_errors(),
            on_rejected: sources.on_rejected(),
            providers: flagged(
                provider::settle(base.layer.providers.clone(), overlay.providers.clone(), root, env, problems),
                overrides,
            ),
            routes: base.routes,
            prices,
            lint,
            unread: Vec::new(),
        };
        config.unread = node.as_ref().map(|node| config.unread_in(node)).unwrap_or_default();
        config
    }

    fn unread_in(&self, node: &Node) -> Vec<String> {
        let keys = |section: &str| node.get(section).and_then(Node::as_map).unwrap_or_default().iter();
        let providers = keys("providers").map(|(key, _)| key.text.clone());
        let providers = providers.filter(|name| !self.providers.iter().any(|known| known.name.as_str() == name));
        let routes = keys("routes").map(|(key, _)| key.text.clone());
        let routes = routes.filter(|name| !self.routes.iter().any(|known| known.name.as_str() == name));
        providers.chain(routes.map(|name| format!("route/{name}"))).collect()
    }

    /// Whether this model's provider or route is written in the file but wrong, which is told where it stands.
    pub fn is_unread(&self, model: &ModelRef) -> bool {
        let (provider, route) = (model.provider.as_str(), model.to_string());
        self.unread.iter().any(|name| name == provider || *name == route)
    }

    /// The provider of this name.
    pub fn provider(&self, name: &SafeName) -> Option<&ProviderConfig> {
        self.providers.iter().find(|provider| provider.name == *name)
    }

    /// What happens when a model of this provider does not take a part of a request.
    pub fn on_rejected(&self, provider: &SafeName) -> OnRejected {
        let own = self.provider(provider).and_then(|provider| provider.options.on_rejected);
        own.unwrap_or(self.on_rejected.value)
    }

    /// Whether this reference stands for one of the routes.
    pub fn is_route(&self, model: &ModelRef) -> bool {
        self.routes.iter().any(|route| route.is_named_by(model))
    }

    /// Whether this model is a user's application, or a route that may lead to one.
    pub fn leads_to_app(&self, model: &ModelRef) -> bool {
        let is_app = |model: &ModelRef| self.provider(&model.provider).is_some_and(|provider| provider.wire.is_app());
        is_app(model) || self.routes.iter().any(|route| route.is_named_by(model) && route.models.iter().any(is_app))
    }

    /// Every secret that the settings name: keys of the providers, and variables filled into headers. For the redactor.
    pub fn secrets(&self, env: &Env) -> Vec<Secret> {
        let keys = self.providers.iter().filter_map(|provider| provider.key_env.as_deref());
        let filled = self.providers.iter().flat_map(|provider| provider.header_variables.iter().map(String::as_str));
        let mut names: Vec<&str> = keys.chain(filled).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().filter_map(|name| env.get(name)).map(Secret::new).collect()
    }

    /// Key, value and origin of every setting, in the order of the documentation; for `-v`. No secrets; paths are
    /// relative to the project where they lie inside.
    pub fn explain(&self) -> Vec<(String, String, String)> {
        let show_path = |path: &PathBuf| show_path(&path.strip_prefix(&self.root).unwrap_or(path).to_path_buf());
        fn row<T>(key: &str, setting: &Setting<T>, show: impl Fn(&T) -> String) -> (String, String, String) {
            (key.to_owned(), show(&setting.value), setting.told())
        }
        let mut rows = vec![
            row("environment", &self.environment, show_option),
            row("calls", &self.calls, |mode| mode.word().to_owned()),
            row("models", &self.models, show_models),
            row("judge", &self.judge, show_option),
            row("embedding", &self.embedding, show_option),
            row("rerank", &self.rerank, show_option),
            row("moderation", &self.moderation, show_option),
            row("concurrency", &self.concurrency, ToString::to_string),
            row("store", &self.store, show_path),
            row("cassettes", &self.cassettes, show_path),
            row("prompts", &self.prompts, show_path),
            row("evals", &self.evals, show_path),
            row("batch.poll", &self.batch.poll, show_ttl),
            row("batch.rounds", &self.batch.rounds, ToString::to_string),
            row("batch.chunk", &self.batch.chunk, ToString::to_string),
            row("max_cost", &self.max_cost, show_option),
            row("daily_cost_limit_usd", &self.daily_cost_limit, show_option),
            row("max_tokens_per_request", &self.max_tokens_per_request, show_option),
            row("max_errors", &self.max_errors, ToString::to_string),
            row("on_rejected", &self.on_rejected, |choice| choice.word().to_owned()),
        ];
        let after = rows.iter().position(|(key, ..)| key == "evals").map_or(rows.len(), |at| at + 1);
        rows.splice(after..after, self.cache.explain());
        for provider in &self.providers {
            if let Some(url) = &provider.base_url {
                let key = format!("providers.{}.base_url", provider.name);
                rows.push((key, url.clone(), provider.base_url_origin.to_string()));
            }
        }
        rows
    }
}

/// Flags hold for all providers, where they are given.
fn flagged(mut providers: Vec<ProviderConfig>, flags: &Overrides) -> Vec<ProviderConfig> {
    for provider in &mut providers {
        let options = &mut provider.options;
        options.stream = flags.stream.or(options.stream);
        options.on_rejected = flags.drop_rejected.then_some(OnRejected::Drop).or(options.on_rejected);
    }
    providers
}

fn read_file(root: &Path, overrides: &Overrides, problems: &mut Problems) -> (Option<PathBuf>, Option<Source>) {
    let path = overrides.file.as_ref().map_or_else(|| root.join(Config::FILE), |file| root.join(file));
    if overrides.file.is_none() && !path.exists() {
        let misnamed = Path::new("karat.yml");
        if root.join(misnamed).exists() {
            let message = format!("karat reads `{}`, not `karat.yml`", Config::FILE);
            problems.push(
                Diagnostic::error("misnamed-project-file", message)
                    .at(Place::of_file(misnamed))
                    .help(format!("rename it: `mv karat.yml {}`", Config::FILE)),
            );
        }
        return (None, None);
    }
    let shown = path.strip_prefix(root).unwrap_or(&path).to_path_buf();
    match files::read_source(&path, &shown) {
        Ok(source) => (Some(path), Some(source)),
        Err(problem) => {
            problems.push(*problem);
            (Some(path), None)
        }
    }
}

fn read_base(node: &Node, reading: Reading<'_>, problems: &mut Problems) -> Option<Base> {
    if node.kind == Kind::Null {
        return None;
    }
    layer::read_base(node, reading, problems)
}
