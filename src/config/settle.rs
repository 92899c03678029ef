//! One setting after the other: flag, environment variable, chosen environment, file, default.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::{Diagnostic, ModelRef, Problems, Usd, files, format_duration};

use super::layer::{Layer, MOST_CONCURRENT};
use super::value::{self, Placed, from_env, from_file};
use super::{BatchConfig, CallMode, Env, OnRejected, Origin, Overrides, Setting};
use crate::record::EmbeddingModel;

/// Calls under way at once when nobody says otherwise.
const DEFAULT_CONCURRENCY: u32 = 20;

/// First wait between two looks at a batch when nobody says otherwise.
const DEFAULT_POLL: Duration = Duration::from_secs(10);
/// Requests of one batch when nobody says otherwise: the providers take more, but results are read whole.
const DEFAULT_CHUNK: u32 = 10_000;

/// Everything that can give a setting.
pub(super) struct Sources<'a> {
    pub(super) root: &'a Path,
    pub(super) env: &'a Env,
    pub(super) flags: &'a Overrides,
    pub(super) overlay: &'a Layer,
    pub(super) base: &'a Layer,
}

pub(super) type Candidate<T> = Option<(T, Origin)>;

impl Sources<'_> {
    /// What the chosen environment and the file say.
    pub(super) fn written<T: Clone>(&self, pick: impl Fn(&Layer) -> &Option<Placed<T>>) -> [Candidate<T>; 2] {
        [from_file(pick(self.overlay).clone()), from_file(pick(self.base).clone())]
    }

    pub(super) fn calls(&self, problems: &mut Problems) -> Setting<CallMode> {
        let flag = self.flags.calls.map(|mode| (mode, Origin::Flag("--calls")));
        let variable = from_env(self.env, "KARAT_CALLS", value::parse_calls, problems);
        let [overlay, base] = self.written(|layer| &layer.calls);
        Setting::settle([flag, variable, overlay, base], CallMode::Live, |mode| mode.word().to_owned())
    }

    pub(super) fn models(&self, problems: &mut Problems) -> Setting<Vec<ModelRef>> {
        let flag = self.flags.models.clone().map(|models| (models, Origin::Flag("--models")));
        let variable = from_env(self.env, "KARAT_MODELS", value::parse_models, problems);
        let [overlay, base] = self.written(|layer| &layer.models);
        Setting::settle([flag, variable, overlay, base], Vec::new(), show_models)
    }

    pub(super) fn judge(&self) -> Setting<Option<ModelRef>> {
        let flag = self.flags.judge.clone().map(|judge| (judge, Origin::Flag("--judge")));
        let [overlay, base] = self.written(|layer| &layer.judge);
        optional([flag, overlay, base])
    }

    pub(super) fn embedding(&self) -> Setting<Option<EmbeddingModel>> {
        optional(self.written(|layer| &layer.embedding))
    }

    pub(super) fn rerank(&self) -> Setting<Option<ModelRef>> {
        optional(self.written(|layer| &layer.rerank))
    }

    pub(super) fn moderation(&self) -> Setting<Option<ModelRef>> {
        optional(self.written(|layer| &layer.moderation))
    }

    pub(super) fn concurrency(&self, problems: &mut Problems) -> Setting<u32> {
        let flag = self.flags.concurrency.map(|number| (number, Origin::Flag("--concurrency")));
        let parse = |text: &str| value::parse_count(text, MOST_CONCURRENT);
        let variable = from_env(self.env, "KARAT_CONCURRENCY", parse, problems);
        let [overlay, base] = self.written(|layer| &layer.concurrency);
        Setting::settle([flag, variable, overlay, base], DEFAULT_CONCURRENCY, ToString::to_string)
    }

    pub(super) fn store(&self, problems: &mut Problems) -> Setting<PathBuf> {
        let absolute = |named: &str| self.root.join(named);
        let flag = self.flags.store.as_ref().map(|path| (self.root.join(path), Origin::Flag("--store")));
        let variable = from_env(self.env, "KARAT_STORE", |text| Ok(absolute(text)), problems);
        let [overlay, base] =
            self.written(|layer| &layer.store).map(|given| given.map(|(named, origin)| (absolute(&named), origin)));
        Setting::settle([flag, variable, overlay, base], absolute(".karat/karat.db"), show_path)
    }

    pub(super) fn cassettes(&self) -> Setting<PathBuf> {
        let default = self.root.join("fixtures/cassettes");
        Setting::settle(self.written(|layer| &layer.cassettes), default, show_path)
    }

    /// A folder that only the file itself names. The default is checked like a written one: it may be a link out of the
    /// project, where nothing may be read or written.
    pub(super) fn folder(
        &self,
        written: &Option<Placed<PathBuf>>,
        default: &str,
        problems: &mut Problems,
    ) -> Setting<PathBuf> {
        if written.is_none()
            && let Err(message) = files::inside(self.root, self.root, default)
        {
            let help = format!("move the folder into the project, or name another with `{default}:` in karat.yaml");
            problems.push(Diagnostic::error("outside-project", message).help(help));
        }
        Setting::settle([from_file(written.clone())], self.root.join(default), show_path)
    }

    pub(super) fn batch(&self) -> BatchConfig {
        BatchConfig {
            poll: Setting::settle(self.written(|layer| &layer.batch_poll), DEFAULT_POLL, show_ttl),
            rounds: Setting::settle(self.written(|layer| &layer.batch_rounds), 3, ToString::to_string),
            chunk: Setting::settle(self.written(|layer| &layer.batch_chunk), DEFAULT_CHUNK, ToString::to_string),
        }
    }

    pub(super) fn max_cost(&self) -> Setting<Option<Usd>> {
        optional([self.flags.max_cost.map(|usd| (usd, Origin::Flag("--max-cost")))])
    }

    pub(super) fn daily_cost_limit(&self, problems: &mut Problems) -> Setting<Option<Usd>> {
        let variable = from_env(self.env, "DAILY_COST_LIMIT_USD", value::parse_money, problems);
        let [overlay, base] = self.written(|layer| &layer.daily_cost_limit);
        optional([variable, overlay, base])
    }

    pub(super) fn max_tokens_per_request(&self, problems: &mut Problems) -> Setting<Option<u32>> {
        let given = self.flags.max_tokens_per_request;
        let flag = given.map(|number| (number, Origin::Flag("--max-tokens-per-request")));
        let parse = |text: &str| value::parse_count(text, u32::MAX);
        let variable = from_env(self.env, "MAX_TOKENS_PER_REQUEST", parse, problems);
        let [overlay, base] = self.written(|layer| &layer.max_tokens_per_request);
        optional([flag, variable, overlay, base])
    }

    pub(super) fn max_errors(&self) -> Setting<u32> {
        let flag = self.flags.max_errors.map(|number| (number, Origin::Flag("--max-errors")));
        let [overlay, base] = self.written(|layer| &layer.max_errors);
        Setting::settle([flag, overlay, base], 0, ToString::to_string)
    }

    pub(super) fn on_rejected(&self) -> Setting<OnRejected> {
        let flag = self.flags.drop_rejected.then_some((OnRejected::Drop, Origin::Flag("--drop-rejected")));
        let [overlay, base] = self.written(|layer| &layer.on_rejected);
        Setting::settle([flag, overlay, base], OnRejected::Error, |choice| choice.word().to_owned())
    }
}

/// The chosen environment; it is settled first, because it is itself a source of the others.
pub(super) fn settle_environment(
    written: Option<&Placed<String>>,
    env: &Env,
    flags: &Overrides,
) -> Setting<Option<String>> {
    let flag = flags.environment.clone().map(|name| (name, Origin::Flag("--environment")));
    let variable =
        env.get("KARAT_ENVIRONMENT").map(|name| (name.to_owned(), Origin::of_variable("KARAT_ENVIRONMENT", env)));
    optional([flag, variable, from_file(written.cloned())])
}

/// A setting that may stay unset.
fn optional<T: Display>(candidates: impl IntoIterator<Item = Candidate<T>>) -> Setting<Option<T>> {
    let candidates = candidates.into_iter().map(|given| given.map(|(value, origin)| (Some(value), origin)));
    Setting::settle(candidates, None, show_option)
}

pub(super) fn show_option<T: Display>(value: &Option<T>) -> String {
    value.as_ref().map_or_else(|| "—".to_owned(), ToString::to_string)
}

#[expect(clippy::ptr_arg, reason = "shows the value of a `Setting<Vec<_>>`, which hands out `&Vec<_>`")]
pub(super) fn show_models(models: &Vec<ModelRef>) -> String {
    let names: Vec<String> = models.iter().map(ToString::to_string).collect();
    if names.is_empty() { "—".to_owned() } else { names.join(", ") }
}

#[expect(clippy::ptr_arg, reason = "shows the value of a `Setting<PathBuf>`, which hands out `&PathBuf`")]
pub(super) fn show_path(path: &PathBuf) -> String {
    path.display().to_string()
}

pub(super) fn show_ttl(ttl: &Duration) -> String {
    let seconds = ttl.as_secs();
    if seconds > 0 && seconds.is_multiple_of(86_400) { format!("{}d", seconds / 86_400) } else { format_duration(*ttl) }
}
