//! From options to suites that may be run: reads everything, and reports everything wrong with it at once.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use super::accepted::check_accepted;
use super::args::{CacheArg, CallsArg, EvalArgs};
use super::changed::changed_suites;
use super::options::PlanOptions;
use super::routes::members;
use super::{asked, attacks};
use crate::base::{Diagnostic, ModelRef, Problems, Usd, closest};
use crate::cli::{Accepting, Session, UsageError, price_table};
use crate::config::{CacheMode, CallMode, Config, Overrides};
use crate::eval::{Estimator, SurveyedSuite, embedded_prompts};
use crate::price::PriceTable;
use crate::prompt::Registry;
use crate::provider::ROUTE;
use crate::record::EmbeddingModel;
use crate::suite::{
    Attacks, LoadContext, Selection, Suite, Survey, bundled_strategies, discover, load as load_suites, survey_all,
};

/// Words after `karat eval` that are no suite files.
const SUBCOMMANDS: &[&str] = &["list", "show", "export", "collect", "calibrate", "doctor"];

/// Everything a run is made of.
pub(super) struct Loaded {
    pub(super) config: Config,
    pub(super) suites: Vec<SurveyedSuite>,
    pub(super) selection: Selection,
    pub(super) prices: Arc<PriceTable>,
    /// What the cases are attacked by, with `--adversarial`.
    pub(super) attacks: Option<Arc<Attacks>>,
    /// Whether its calls go in batches.
    pub(super) batch: bool,
}

impl Loaded {
    /// Trials of the whole plan.
    pub(super) fn trials(&self) -> u64 {
        self.suites.iter().map(SurveyedSuite::trials).sum()
    }

    /// Estimates tokens and money at today's prices.
    pub(super) fn estimator(&self, session: &Session) -> Estimator {
        let all = self.models().into_iter().chain(self.judges());
        let routes = all.filter(|model| model.provider.as_str() == ROUTE);
        let routes = routes.map(|route| (route.clone(), members(&self.config, &route))).collect();
        let cap = self.config.max_tokens_per_request.value;
        Estimator::new(Arc::clone(&self.prices), session.clock.now(), cap).with_routes(routes).in_batch(self.batch)
    }

    /// The models that the plan calls, each once, in the order of the plan.
    pub(super) fn models(&self) -> Vec<ModelRef> {
        let mut seen = HashSet::new();
        let all = self.suites.iter().flat_map(|surveyed| surveyed.variants.iter().map(|variant| &variant.model));
        all.filter(|model| seen.insert(*model)).cloned().collect()
    }

    /// The judges that checks ask, each once.
    pub(super) fn judges(&self) -> Vec<ModelRef> {
        let all = self.suites.iter().flat_map(|surveyed| &surveyed.survey.asked.judges);
        each_once(all.map(|(model, _)| model.clone()))
    }

    /// The models that may answer, judges among them: those of routes instead of the routes.
    pub(super) fn answering_models(&self) -> Vec<ModelRef> {
        let all = self.models().into_iter().chain(self.judges());
        each_once(all.flat_map(|model| members(&self.config, &model)))
    }

    /// The embedding models that the plan calls, for examples and for checks, each once.
    pub(super) fn all_embedding_models(&self) -> Vec<EmbeddingModel> {
        let all = self.suites.iter().flat_map(|surveyed| &surveyed.survey.asked.embeddings);
        each_once(self.embedding_models().into_iter().chain(all.map(|(model, _)| model.clone())))
    }

    /// The moderation models that checks ask, each once.
    pub(super) fn moderation_models(&self) -> Vec<ModelRef> {
        let all = self.suites.iter().flat_map(|surveyed| &surveyed.survey.asked.moderations);
        each_once(all.map(|(model, _)| model.clone()))
    }

    /// The models by which examples are compared, each once.
    pub(super) fn embedding_models(&self) -> Vec<EmbeddingModel> {
        each_once(embedded_prompts(&self.suites).into_iter().map(|(_, model)| model))
    }
}

fn each_once<M: PartialEq>(models: impl Iterator<Item = M>) -> Vec<M> {
    let mut found: Vec<M> = Vec::new();
    for model in models {
        if !found.contains(&model) {
            found.push(model);
        }
    }
    found
}

/// What a run was started with, for a `--resume` that does not say otherwise.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Before {
    /// Where its replies came from.
    pub(super) calls: Option<CallMode>,
    /// Its `--max-cost`: a limit holds until it is raised.
    pub(super) max_cost: Option<Usd>,
    /// Its `--drop-rejected`.
    pub(super) drop_rejected: bool,
    /// `semantic` when it asked similar questions: its trials are comparable only when all did.
    pub(super) cache: Option<CacheMode>,
}

/// The settings, with the flags of `karat eval` on top, and those of the run that is resumed where there are none.
///
/// # Errors
/// [`UsageError`] for an amount of money that is none.
pub(super) fn configure(
    args: &EvalArgs,
    before: Before,
    session: &Session,
    problems: &mut Problems,
) -> Result<Config, UsageError> {
    let max_cost = match &args.how.max_cost {
        None => before.max_cost,
        Some(text) => Some(amount(text)?),
    };
    let calls = match (args.how.record, args.how.calls) {
        (true, _) | (_, Some(CallsArg::Record)) => Some(CallMode::Record),
        (_, Some(CallsArg::Live)) => Some(CallMode::Live),
        (_, Some(CallsArg::Replay)) => Some(CallMode::Replay),
        (false, None) => None,
    };
    let overrides = Overrides {
        calls,
        concurrency: args.how.concurrency,
        no_cache: args.how.no_cache,
        cache: cache_mode(args).or(before.cache),
        cache_verify: args.how.cache_verify.map(share).transpose()?,
        stream: args.how.stream(),
        drop_rejected: args.how.drop_rejected || before.drop_rejected,
        max_cost,
        max_errors: args.how.max_errors,
        ..Overrides::default()
    };
    if let (None, Some(then)) = (calls, before.calls) {
        let plain = session.with_global(overrides.clone());
        let usual = Config::load(&session.root, &session.env, &plain, &mut Problems::new());
        let calls = (usual.calls.value != then).then_some(then);
        return Ok(session.config(Overrides { calls, ..overrides }, problems));
    }
    Ok(session.config(overrides, problems))
}

fn cache_mode(args: &EvalArgs) -> Option<CacheMode> {
    args.how.cache.map(|cache| match cache {
        CacheArg::Off => CacheMode::Off,
        CacheArg::Exact => CacheMode::Exact,
        CacheArg::Semantic => CacheMode::Semantic,
    })
}

fn share(number: f64) -> Result<f64, UsageError> {
    if (0.0..=1.0).contains(&number) {
        return Ok(number);
    }
    let message = format!("--cache-verify: `{number}` is not a share");
    Err(UsageError::of("invalid-share", message, "write a number from 0 to 1, such as `--cache-verify 0.1`"))
}

fn amount(text: &str) -> Result<Usd, UsageError> {
    let wrong = |why: String| {
        UsageError::of("invalid-amount", format!("--max-cost: {why}"), "write dollars, such as `--max-cost 0.50`")
    };
    let usd = Usd::parse(text).map_err(|error| wrong(error.to_string()))?;
    if usd <= Usd::ZERO { Err(wrong(format!("`{text}` is not more than zero"))) } else { Ok(usd) }
}

/// Loads and surveys the suites of `options`.
///
/// # Errors
/// [`UsageError`] with all problems of all files.
pub(super) fn load(
    options: &PlanOptions,
    config: Config,
    session: &Session,
    mut problems: Problems,
) -> anyhow::Result<Loaded> {
    // The published prices are unpacked while suites and cases are read.
    thread::spawn(|| PriceTable::bundled().is_ok());
    let root = &session.root;
    let registry = Registry::open(&config.prompts.value, root);
    let paths: Vec<PathBuf> = if options.files.is_empty() {
        discover(&config.evals.value, &mut problems)
    } else {
        named_files(&options.files, &config, session, &mut problems)
    };
    if paths.is_empty() && !problems.has_errors() {
        let folder = session.shown(&config.evals.value);
        let message = format!("there are no suites in `{}`", folder.display());
        return Err(
            UsageError::of("no-suites", message, "write one, or name a file: `karat eval path/to/suite.yaml`").into()
        );
    }
    let context = LoadContext { config: &config, registry: &registry, suites: &options.suite };
    let mut suites = load_suites(&paths, &context, &mut problems);
    // What is wrong with the project's own prices is told before what is wrong with cases.
    let is_asked_now = config.prices.is_some() || options.adversarial.is_some();
    let early = is_asked_now.then(|| price_table(&config, &mut problems)).transpose()?;
    let attacks = match &early {
        Some(prices) => attacks::read(options, &config, &suites, prices, session, &mut problems)?,
        None => None,
    };
    if let Some(attacks) = &attacks {
        suites.iter_mut().for_each(|suite| suite.attack(Arc::clone(attacks)));
    }
    let selection = options.selection();
    // All of them, so that a filter that matches nothing at all is told whatever changed.
    let mut surveys = survey_all(&suites, &selection, &mut problems);
    // Asked beside the models under test, as judges are.
    for survey in &mut surveys {
        survey.asked.judges.extend(options.paraphrase.iter().map(|model| (model.clone(), None)));
    }
    let prices = early.map_or_else(|| price_table(&config, &mut problems), Ok)?;
    asked::check_known(&config, &surveys, &mut problems);
    // A replay asks nobody: what was recorded counts, as it was asked then.
    if config.calls.value != CallMode::Replay {
        check_accepted(&suites, &surveys, &Accepting::of(&config, &prices), session, &mut problems);
    }
    session.stop_on(problems)?;
    // A suite without a selected case is not part of the run: it has nothing to be judged by.
    let has_part = |survey: &Survey| survey.selected + survey.skipped > 0 && !survey.variants.is_empty();
    let changed = changed_suites(options, &suites, &registry, session)?;
    let is_changed = |suite: &Suite| changed.as_ref().is_none_or(|changed| changed.contains(&suite.name));
    let chosen = suites.into_iter().zip(surveys).filter(|(suite, survey)| has_part(survey) && is_changed(suite));
    let suites = chosen.map(|(suite, survey)| SurveyedSuite::new(suite, survey)).collect();
    Ok(Loaded { config, suites, selection, prices, attacks, batch: options.batch.is_some() })
}

/// The files that were named, by their paths or as suites are called: `support-answers` is `evals/support-answers.yaml`.
/// Those that do not exist are reported with what might have been meant.
fn named_files(files: &[PathBuf], config: &Config, session: &Session, problems: &mut Problems) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for file in files {
        let path = session.root.join(file);
        if path.is_dir() {
            let message = format!("`{}` is a folder, not a suite file", file.display());
            let evals = session.shown(&config.evals.value);
            let help = format!("name a file in it; `karat eval` alone runs every suite in `{}`", evals.display());
            problems.push(Diagnostic::error("not-a-file", message).help(help));
            continue;
        }
        if path.exists() {
            let is_same = |other: &PathBuf| fs::canonicalize(other).ok() == fs::canonicalize(&path).ok();
            if !found.iter().any(is_same) {
                found.push(path);
            }
            continue;
        }
        let discovered = discover(&config.evals.value, &mut Problems::new());
        let mut called = discovered.iter().filter(|suite| suite.file_stem() == Some(file.as_os_str()));
        if let (Some(suite), None) = (called.next(), called.next()) {
            found.push(suite.clone());
            continue;
        }
        let known: Vec<String> = discovered.iter().map(|suite| session.shown(suite).display().to_string()).collect();
        let help = meant(&file.display().to_string(), &known)
            .unwrap_or_else(|| "`karat eval` without a file runs every suite of the project".to_owned());
        let message = format!("there is no suite file `{}`", file.display());
        problems.push(Diagnostic::error("file-not-found", message).help(help));
    }
    found
}

/// What a word that names no file might mean: a suite without its folder and extension, a typo, or a subcommand.
fn meant(word: &str, files: &[String]) -> Option<String> {
    if bundled_strategies(&mut Problems::new()).iter().any(|strategy| strategy.name.as_str() == word) {
        return Some(format!("did you mean `--adversarial={word}`?"));
    }
    let stem = |file: &str| Path::new(file).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let stems: Vec<String> = files.iter().filter_map(|file| stem(file)).collect();
    let wanted = stem(word)?;
    if let Some(command) = closest(word, SUBCOMMANDS.iter().copied()) {
        return Some(format!("did you mean `karat eval {command}`?"));
    }
    let near = closest(&wanted, stems.iter().map(String::as_str))?;
    let file = files.iter().find(|file| stem(file).as_deref() == Some(near))?;
    Some(format!("did you mean `{file}`?"))
}
