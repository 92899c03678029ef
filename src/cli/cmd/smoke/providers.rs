//! `karat smoke providers`.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use tokio_util::sync::CancellationToken;

use crate::base::{ModelRef, Problems, Usd, parse_duration};
use crate::cli::cmd::eval::{app_names, own_transport, pricer, settings_of};
use crate::cli::signals::first_signal;
use crate::cli::{Exit, Session, UsageError, certificates, format_parser, price_table, show};
use crate::config::{CallMode, Config, Overrides, ProviderConfig, WireName};
use crate::eval::Estimator;
use crate::net::{HttpClient, NetOptions};
use crate::price::{Capability, PriceTable};
use crate::prompt::Registry;
use crate::provider::{self, BreakerSettings, Caller, CallerOptions, ProviderSettings, RetrySettings, provider_spec};
use crate::record::EmbeddingParams;
use crate::report::{Format, PingsReport, PlannedPing, PlannedPings};
use crate::smoke::{Ping, PingKind, PingState, Target, chat_request, ping_all};
use crate::store::{Access, Store};
use crate::suite::{LoadContext, discover, load as load_suites};

/// Tokens of the question, generously.
const QUESTION_TOKENS: u64 = 40;

/// Call each model of the project once, and say what to fix
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  karat smoke providers --dry-run                      List what would be called\n  karat smoke providers --dry-run openai/gpt-5.4-mini    Only this model",
    after_long_help = "Calls are live whatever `calls` says, and cost a tiny amount each; cassettes are neither read nor written.\nExit codes: 0 all answered, 1 a model failed, 2 a model cannot be called as it is set up, 3 nobody was reached."
)]
pub struct ProvidersArgs {
    /// Call these instead of the models of karat.yaml and all suites (can be repeated)
    #[arg(value_name = "MODEL", value_parser = model)]
    pub models: Vec<ModelRef>,

    /// Give up a model after this time
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = parse_duration)]
    pub timeout: Duration,

    /// Refuse to start when all calls together may cost more, such as 0.05
    #[arg(long, value_name = "USD")]
    pub max_cost: Option<String>,

    /// List what would be called, and what it costs at most; call nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Print in this format
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = format_parser(Format::of_lists()))]
    pub format: Format,
}

fn model(text: &str) -> Result<ModelRef, String> {
    ModelRef::parse(text).map_err(|error| error.to_string())
}

/// Calls each model once, and tells what came of it.
///
/// # Errors
/// [`UsageError`] when the project cannot be read, or a limit on spend forbids the calls.
pub(super) fn run(args: &ProvidersArgs, session: &Session) -> anyhow::Result<Exit> {
    let mut problems = Problems::new();
    let max_cost = args.max_cost.as_deref().map(amount).transpose()?;
    let config = session.config(Overrides { max_cost, ..Overrides::default() }, &mut problems);
    let prices = price_table(&config, &mut problems)?;
    let models = models_of(args, &config, session, &mut problems);
    let targets: Vec<Target> = models.into_iter().map(|found| target(found, &config, &prices)).collect();
    let caller = caller(&targets, args, &config, &prices, session, &mut problems);
    problems.relative_to(&session.root);
    session.stop_on(problems)?;
    let not_called = not_called(&targets, args, &config, session);
    let estimator = Estimator::new(Arc::clone(&prices), session.clock.now(), config.max_tokens_per_request.value);
    let most: Vec<Option<Usd>> = targets.iter().map(|target| most(target, &config, &estimator)).collect();
    if args.dry_run {
        let planned = targets.iter().zip(&most).map(|(target, most)| PlannedPing::of(target, *most)).collect();
        show(&PlannedPings::of(planned, not_called), args.format, session)?;
        return Ok(Exit::Passed);
    }
    within_limits(&most, &config, session)?;
    let Some(caller) = caller else { return Ok(Exit::Usage) };
    let count = targets.len();
    let noun = if count == 1 { "call" } else { "calls" };
    let replay = if config.calls.value == CallMode::Replay { ", though `calls` says replay" } else { "" };
    session.ui.note(&format!("making {count} tiny live {noun}{replay}"));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the runtime cannot start")?;
    let pinged = runtime.block_on(async {
        let stop = CancellationToken::new();
        tokio::select! {
            exit = first_signal() => Err(exit),
            pings = ping_all(&caller, &targets, args.timeout, &stop) => Ok(pings),
        }
    });
    runtime.shutdown_background();
    match pinged {
        Err(exit) => Ok(exit),
        Ok(pings) => {
            let exit = exit_of(&pings);
            show(&PingsReport::of(pings, not_called), args.format, session)?;
            Ok(exit)
        }
    }
}

fn amount(text: &str) -> Result<Usd, UsageError> {
    Usd::parse(text).map_err(|error| {
        UsageError::of("invalid-amount", format!("--max-cost: {error}"), "write dollars, such as `--max-cost 0.05`")
    })
}

fn exit_of(pings: &[Ping]) -> Exit {
    let of = |state: PingState| pings.iter().filter(move |ping| ping.state == state);
    let nobody = of(PingState::Pass).next().is_none() && of(PingState::Fail).all(Ping::says_nothing);
    match (of(PingState::Fail).next().is_some(), of(PingState::NotCallable).next().is_some()) {
        (true, false) if nobody => Exit::Undecided,
        (true, _) => Exit::Failed,
        (false, true) => Exit::Usage,
        (false, false) => Exit::Passed,
    }
}

/// The models that were named, or those of karat.yaml and of all suites, each once.
fn models_of(
    args: &ProvidersArgs,
    config: &Config,
    session: &Session,
    problems: &mut Problems,
) -> Vec<(ModelRef, PingKind)> {
    let embedding = config.embedding.value.as_ref().map(|embedding| &embedding.model);
    let kind = |model: &ModelRef| {
        // A model that is named here need not be in the project, and its name is all there is.
        let is = |setting: &Option<ModelRef>, word: &str| setting.as_ref() == Some(model) || model.model.contains(word);
        if embedding == Some(model) || model.model.contains("embed") {
            PingKind::Embedding
        } else if is(&config.rerank.value, "rerank") {
            PingKind::Rerank
        } else if is(&config.moderation.value, "moderation") {
            PingKind::Moderation
        } else {
            PingKind::Chat
        }
    };
    let mut found: Vec<(ModelRef, PingKind)> = Vec::new();
    if args.models.is_empty() {
        let chats = config.models.value.iter().chain(&config.judge.value).cloned();
        found.extend(chats.map(|model| (model, PingKind::Chat)));
        let registry = Registry::open(&config.prompts.value, &session.root);
        let paths = if config.evals.value.is_dir() { discover(&config.evals.value, problems) } else { Vec::new() };
        let context = LoadContext { config, registry: &registry, suites: &[] };
        for suite in load_suites(&paths, &context, problems) {
            let models = suite.variants.iter().map(|variant| variant.model.clone()).chain(suite.judge.clone());
            found.extend(models.map(|model| (model, PingKind::Chat)));
        }
        found.extend(embedding.map(|model| (model.clone(), PingKind::Embedding)));
        found.extend(config.rerank.value.clone().map(|model| (model, PingKind::Rerank)));
        found.extend(config.moderation.value.clone().map(|model| (model, PingKind::Moderation)));
    } else {
        found.extend(args.models.iter().map(|model| (model.clone(), kind(model))));
    }
    // Of a route each model is called.
    let members = |(model, kind): (ModelRef, PingKind)| -> Vec<(ModelRef, PingKind)> {
        let route = config.routes.iter().find(|route| route.is_named_by(&model));
        let models = route.map_or_else(|| vec![model], |route| route.models.clone());
        models.into_iter().map(|model| (model, kind)).collect()
    };
    found = found.into_iter().flat_map(members).collect();
    let mut seen = HashSet::new();
    found.retain(|one| seen.insert(one.clone()));
    found
}

fn target((model, kind): (ModelRef, PingKind), config: &Config, prices: &PriceTable) -> Target {
    let provider = config.provider(&model.provider);
    let spec = provider.and_then(|provider| provider_spec(provider.wire.word()).ok());
    let usual = spec.and_then(|spec| spec.keys.first()).map(|source| source.env.to_owned());
    let key = provider.and_then(|provider| provider.key_env.clone()).or(usual);
    let facts = prices.resolve(Some(model.provider.as_str()), &model.model, None).facts();
    let reasons = facts.map(|facts| facts.can(Capability::Reasoning) == Some(true));
    let own = config.embedding.value.as_ref().filter(|own| own.model == model);
    let params = own.map_or(EmbeddingParams::NONE, |own| own.params);
    let mut target = Target { model, kind, key, thinks: false, params };
    // An unknown model may think: too little room would look like silence.
    let by_wire = spec.and_then(|spec| spec.wire).is_some_and(|wire| wire.thinks_long(&chat_request(&target)));
    target.thinks = reasons.unwrap_or(true) || by_wire;
    target
}

fn caller(
    targets: &[Target],
    args: &ProvidersArgs,
    config: &Config,
    prices: &Arc<PriceTable>,
    session: &Session,
    problems: &mut Problems,
) -> Option<Caller> {
    let ca_pem = certificates::from_env(session, problems);
    let used: HashSet<&str> = targets.iter().map(|target| target.model.provider.as_str()).collect();
    let mut providers = Vec::new();
    for provider in config.providers.iter().filter(|provider| used.contains(provider.name.as_str())) {
        let transport = own_transport(provider, &ca_pem, session, problems);
        let settings = settings_of(provider, session, problems);
        providers.extend(settings.map(|settings| brief(ProviderSettings { transport, ..settings }, provider, args)));
    }
    let in_headers = config.providers.iter().flat_map(|provider| &provider.header_variables);
    let secrets = in_headers.filter_map(|name| session.env.get(name).map(crate::base::Secret::new)).collect();
    let options = CallerOptions {
        mode: provider::CallMode::Live,
        providers,
        cache: None,
        vectors: None,
        root: session.root.clone(),
        cassettes: config.cassettes.value.clone(),
        clock: Arc::clone(&session.clock),
        transport: Arc::new(HttpClient::new(NetOptions { ca_pem, ..NetOptions::default() })),
        seed: 0,
        pricer: Some(pricer(Arc::clone(prices), app_names(config))),
        max_tokens_per_request: config.max_tokens_per_request.value,
        secrets,
        concurrency: None,
        routings: Vec::new(),
        prices: Some(Arc::clone(prices)),
        history: None,
        semantic: None,
    };
    Caller::new(options, problems)
}

/// The settings of a quick check: streams for the time to the first token, two attempts, no long waits.
fn brief(settings: ProviderSettings, provider: &ProviderConfig, args: &ProvidersArgs) -> ProviderSettings {
    let most = u64::try_from(args.timeout.as_millis()).unwrap_or(u64::MAX);
    let retry = RetrySettings {
        max_attempts: 2,
        startup_attempts: 2,
        startup_malformed: 2,
        startup_failing_ms: most.min(10_000),
        startup_limited_ms: most.min(5_000),
        deadline_ms: most,
        overload_base_ms: 500,
        cap_ms: 2_000,
        server_wait_ms: most.min(5_000),
        startup_patience_ms: most.min(1_000),
        outage_patience_ms: most.min(1_000),
        ..settings.retry
    };
    let breaker = BreakerSettings { failures: 3, window_ms: 30_000, ..settings.breaker };
    ProviderSettings { retry, breaker, stream: provider.options.stream.unwrap_or(true), ..settings }
}

/// Providers that have a key, and no model here.
fn not_called(targets: &[Target], args: &ProvidersArgs, config: &Config, session: &Session) -> Vec<String> {
    if !args.models.is_empty() {
        return Vec::new();
    }
    let is_used = |name: &str| targets.iter().any(|target| target.model.provider.as_str() == name);
    let variables = |provider: &ProviderConfig| -> Vec<String> {
        let usual = provider_spec(provider.wire.word()).map(|spec| spec.keys).unwrap_or_default();
        let usual = usual.iter().map(|source| source.env.to_owned()).filter(|_| provider.place.is_none());
        provider.key_env.iter().cloned().chain(usual).collect()
    };
    // A second API of a vendor is nothing new when its key is used already.
    let providers = || config.providers.iter();
    let used: HashSet<String> =
        providers().filter(|provider| is_used(provider.name.as_str())).flat_map(variables).collect();
    let has_key = |provider: &&ProviderConfig| {
        let is_set = |name: &String| session.env.get(name).is_some_and(|value| !value.trim().is_empty());
        variables(provider).iter().any(|name| is_set(name) && (provider.place.is_some() || !used.contains(name)))
    };
    let unused = providers().filter(|provider| !is_used(provider.name.as_str())).filter(has_key);
    unused.map(|provider| provider.name.to_string()).collect()
}

/// What a call may cost at most; `None` is unknown.
fn most(target: &Target, config: &Config, estimator: &Estimator) -> Option<Usd> {
    let is_mock = config.provider(&target.model.provider).is_some_and(|provider| provider.wire == WireName::MOCK);
    if is_mock {
        return Some(Usd::ZERO);
    }
    let output = match target.kind {
        PingKind::Chat => chat_request(target).params.max_tokens.map_or(0, u64::from),
        PingKind::Embedding | PingKind::Rerank | PingKind::Moderation => 0,
    };
    estimator.cost(&target.model, QUESTION_TOKENS, output)
}

/// Refuses calls that could pass a limit on spend, or whose cost is unknown while there is one.
fn within_limits(most: &[Option<Usd>], config: &Config, session: &Session) -> anyhow::Result<()> {
    let mut limits: Vec<(&str, Usd)> = Vec::new();
    limits.extend(config.max_cost.value.map(|most| ("--max-cost", most)));
    if let Some(daily) = config.daily_cost_limit.value {
        let spent = if config.store.value.exists() {
            let store = Store::open(&config.store.value, Access::Read)?;
            store.spent_since(session.clock.now().start_of_utc_day())?.known
        } else {
            Usd::ZERO
        };
        limits.push(("what is left of DAILY_COST_LIMIT_USD", daily.saturating_sub(spent)));
    }
    for (name, limit) in limits {
        let total = most.iter().try_fold(Usd::ZERO, |sum, one| Some(sum.saturating_add((*one)?)));
        let message = match total {
            Some(total) if total <= limit => continue,
            Some(total) => format!("the calls may cost {total}, and {name} is {limit}"),
            None => format!("the price of a model is unknown, and {name} is {limit}"),
        };
        let help = "name fewer models, or raise the limit; `--dry-run` shows what each may cost";
        return Err(UsageError::of("over-budget", message, help).into());
    }
    Ok(())
}
