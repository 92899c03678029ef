//! Reads suite files: what was written becomes what it means, and everything wrong is reported in one pass.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::checks::{CheckSet, Folders, compile_list};
use super::matrix::Matrix;
use super::names::{self, SuiteFile};
use super::select::matches_any;
use super::suite_file::{Defaults, Gaps};
use super::variants::{cross, read_model, read_models, read_prompts};
use super::{Goal, Suite, feeds};
use crate::base::{Diagnostic, Fields, Kind, ModelRef, Place, Problems, Ratio, SafeName};
use crate::config::{Config, Origin, ProviderConfig, Setting, WireName};
use crate::prompt::{Registry, read_params};
use crate::record::Vars;
use crate::score::{CheckModels, PassRule};

/// What suites are loaded with.
pub struct LoadContext<'a> {
    /// The project's settings. Models, judge and `max_errors` given by flag or environment variable beat those of a
    /// suite; otherwise they stand in where a suite gives none.
    pub config: &'a Config,
    /// The project's prompts.
    pub registry: &'a Registry,
    /// Load only suites whose name, path or file name matches one of these (globs); empty means all. Problems of
    /// suites that were not asked for are not reported.
    pub suites: &'a [String],
}

impl LoadContext<'_> {
    /// The names of the user's applications, and of the echo: as models they are named alone.
    pub(super) fn apps(&self) -> Vec<&str> {
        let alone = |provider: &&ProviderConfig| provider.wire.is_app() || provider.wire == WireName::ECHO;
        self.config.providers.iter().filter(alone).map(|provider| provider.name.as_str()).collect()
    }

    /// The names of all providers.
    pub(super) fn providers(&self) -> impl Iterator<Item = &str> {
        self.config.providers.iter().map(|provider| provider.name.as_str())
    }

    /// The names of the providers that `karat.yaml` speaks of.
    pub(super) fn configured(&self) -> impl Iterator<Item = &str> {
        let named = self.config.providers.iter().filter(|provider| provider.place.is_some());
        named.map(|provider| provider.name.as_str())
    }
}

/// Whether a setting was given for this command, and so beats what a suite's file says.
pub(super) fn beats_files<T>(setting: &Setting<T>) -> bool {
    matches!(setting.origin, Origin::Flag(_) | Origin::Env(_))
}

/// Loads suite files; all problems of all files go to `problems`.
///
/// A suite with problems is still returned where its cases can be walked, so that [`super::survey_all`] finds the
/// problems of its cases in the same pass. Nothing may be run while `problems` has errors.
pub fn load(paths: &[PathBuf], context: &LoadContext<'_>, problems: &mut Problems) -> Vec<Suite> {
    let root = context.config.root.as_path();
    let mut suites: Vec<Suite> = Vec::new();
    let mut names: HashMap<SafeName, Place> = HashMap::new();
    let mut seen: Vec<String> = Vec::new();
    let mut asked = vec![false; context.suites.len()];
    for path in paths {
        let mut found = Problems::new();
        let file = SuiteFile::read(path, root, &mut found);
        let handles = names::handles(path, root, file.as_ref());
        seen.push(handles.first().cloned().unwrap_or_default());
        if !context.suites.is_empty() {
            let hits = matches_any(context.suites, &handles);
            if hits.is_empty() {
                continue;
            }
            hits.into_iter().for_each(|index| asked.iter_mut().skip(index).take(1).for_each(|hit| *hit = true));
        }
        if let Some(suite) = file.and_then(|file| load_one(file, context, &mut found)) {
            match names.get(&suite.name) {
                Some(first) => found.push(
                    Diagnostic::error("duplicate-suite", format!("there are two suites named `{}`", suite.name))
                        .at(suite.place.clone())
                        .related(first.clone(), "the other one")
                        .help("give each suite a name of its own: results are kept by it"),
                ),
                None => {
                    names.insert(suite.name.clone(), suite.place.clone());
                }
            }
            suites.push(suite);
        }
        problems.absorb(found);
    }
    for (pattern, hit) in context.suites.iter().zip(asked) {
        if !hit {
            problems.push(names::unknown_suite(pattern, &seen));
        }
    }
    suites
}

fn load_one(file: SuiteFile, context: &LoadContext<'_>, problems: &mut Problems) -> Option<Suite> {
    let SuiteFile { node, source, base_dir } = file;
    let root = context.config.root.as_path();
    let mut fields = Fields::of(&node, "suite", &source, problems)?;
    let (name, place) = names::read_name(&mut fields, problems)?;
    let about = fields.text("about", problems).map(str::to_owned);
    let (prompts, prompt_gap) = read_prompts(&mut fields, context, problems);
    let models = read_models(&mut fields, context, problems);
    let before = problems.error_count();
    let judge = read_judge(&mut fields, context, problems);
    let judge_gap = problems.error_count() > before;
    let repeat = fields.whole("repeat", 1..=1000, problems).and_then(|count| u32::try_from(count).ok()).unwrap_or(1);
    let shared = fields.node("params").map(|node| read_params(node, &source, problems)).unwrap_or_default();
    let check_models = Arc::new(CheckModels {
        // One that cannot be read has been told; that checks then have nobody to ask is no second mistake.
        judge: judge.clone().or_else(|| models.first().filter(|_| judge_gap).map(|model| model.model.clone())),
        embedding: context.config.embedding.value.clone(),
        moderation: context.config.moderation.value.clone(),
        under_test: models.iter().filter(|_| !judge_gap).map(|model| model.model.clone()).collect(),
    });
    let folders = Folders { root, base_dir: &base_dir, models: &check_models };
    let (defaults, checks_gap) = read_defaults(&mut fields, folders, problems);
    let (feeds, cases_gap) = feeds::read(&mut fields, folders, problems);
    let cases_place = source.place(fields.value_span("cases"));
    let matrix = fields.node("matrix").map(|node| Matrix::read(node, &source, problems)).unwrap_or_default();
    let goal = fields.node("goal").map(|node| Goal::read(node, &source, problems)).unwrap_or_default();
    let rule = read_rule(&mut fields, problems);
    let max_errors = read_max_errors(&mut fields, context, problems);
    fields.finish(problems);
    let mut variants = cross(&prompts, &models, &shared, context.config.embedding.value.as_ref());
    for variant in &mut variants {
        variant.takes_vars = context.config.leads_to_app(&variant.model);
    }
    Some(Suite {
        name,
        about,
        path: source.path().to_path_buf(),
        place,
        cases_place,
        variants,
        judge,
        check_models,
        repeat,
        goal,
        rule,
        max_errors,
        root: root.to_path_buf(),
        base_dir,
        prompts,
        defaults,
        feeds,
        matrix,
        gaps: Gaps { prompts: prompt_gap, checks: checks_gap, cases: cases_gap },
        source,
    })
}

fn read_judge(fields: &mut Fields<'_>, context: &LoadContext<'_>, problems: &mut Problems) -> Option<ModelRef> {
    let source = fields.source();
    let written = fields.text("judge", problems);
    let own = written.and_then(|text| read_model(text, fields.value_span("judge"), source, context, problems));
    let given = &context.config.judge;
    match own {
        Some(own) if !beats_files(given) => Some(own),
        _ => given.value.clone(),
    }
}

fn read_max_errors(fields: &mut Fields<'_>, context: &LoadContext<'_>, problems: &mut Problems) -> u32 {
    let written = fields.whole("max_errors", 0..=i64::from(u32::MAX), problems);
    let own = written.and_then(|count| u32::try_from(count).ok());
    let given = &context.config.max_errors;
    own.filter(|_| !beats_files(given)).unwrap_or(given.value)
}

/// Reads `defaults:`. The flag says whether its checks could not all be compiled.
fn read_defaults(fields: &mut Fields<'_>, folders: Folders<'_>, problems: &mut Problems) -> (Defaults, bool) {
    let mut defaults = Defaults { checks: CheckSet::of(Vec::new()), tags: Vec::new(), weight: 1.0, vars: Vars::new() };
    let source = fields.source();
    let Some(node) = fields.node("defaults") else { return (defaults, false) };
    let Some(mut inner) = Fields::of(node, "defaults", source, problems) else { return (defaults, true) };
    let before = problems.error_count();
    if let Some(checks) = inner.node("checks") {
        defaults.checks = CheckSet::of(compile_list(checks, source, folders, problems));
    }
    let gap = problems.error_count() > before;
    defaults.tags = super::case::read_tags(&mut inner, problems);
    defaults.weight = super::case::read_weight(&mut inner, problems).unwrap_or(1.0);
    defaults.vars = super::case::read_vars(&mut inner, problems);
    inner.finish(problems);
    (defaults, gap)
}

/// Reads `pass_rule:`: `all` checks must hold, or the weighted mean score must reach a number.
fn read_rule(fields: &mut Fields<'_>, problems: &mut Problems) -> PassRule {
    let Some(node) = fields.node("pass_rule") else { return PassRule::All };
    let threshold = node.as_number().filter(|number| *number > 0.0).and_then(|number| Ratio::new(number).ok());
    match (&node.kind, threshold) {
        (_, Some(threshold)) => PassRule::Threshold(threshold),
        (Kind::Text(word), None) if word == "all" => PassRule::All,
        _ => {
            let message = "`pass_rule` is `all`, or the least mean score as a number above 0 and up to 1";
            fields.invalid("pass_rule", message, problems);
            PassRule::All
        }
    }
}
