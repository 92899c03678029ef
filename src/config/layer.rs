//! What `karat.yaml` says, before it meets flags and environment variables: the file itself, and each environment.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::{Diagnostic, Fields, Key, Kind, ModelRef, Node, Place, Problems, Source, Usd, closest};

use super::cache::{self, CacheLayer};
use super::raw_provider::{self, RawProvider};
use super::routes::{self, RouteConfig};
use super::value::{self, Placed};
use super::{CallMode, Config, Env, OnRejected};
use crate::record::EmbeddingModel;

/// Largest concurrency that is taken for meant.
pub(super) const MOST_CONCURRENT: u32 = 10_000;

/// Most requests of one batch that any provider takes.
const MOST_BATCHED: u32 = 100_000;

/// Settings that the file and each of its environments may give.
#[derive(Default)]
pub(super) struct Layer {
    pub(super) calls: Option<Placed<CallMode>>,
    pub(super) models: Option<Placed<Vec<ModelRef>>>,
    pub(super) judge: Option<Placed<ModelRef>>,
    pub(super) embedding: Option<Placed<EmbeddingModel>>,
    pub(super) rerank: Option<Placed<ModelRef>>,
    pub(super) moderation: Option<Placed<ModelRef>>,
    pub(super) providers: Vec<RawProvider>,
    pub(super) store: Option<Placed<String>>,
    pub(super) cassettes: Option<Placed<PathBuf>>,
    pub(super) concurrency: Option<Placed<u32>>,
    pub(super) cache: CacheLayer,
    pub(super) batch_poll: Option<Placed<Duration>>,
    pub(super) batch_rounds: Option<Placed<u32>>,
    pub(super) batch_chunk: Option<Placed<u32>>,
    pub(super) daily_cost_limit: Option<Placed<Usd>>,
    pub(super) max_tokens_per_request: Option<Placed<u32>>,
    pub(super) max_errors: Option<Placed<u32>>,
    pub(super) on_rejected: Option<Placed<OnRejected>>,
}

/// Settings that only the file itself gives.
#[derive(Default)]
pub(super) struct Base {
    pub(super) layer: Layer,
    pub(super) environment: Option<Placed<String>>,
    pub(super) prompts: Option<Placed<PathBuf>>,
    pub(super) evals: Option<Placed<PathBuf>>,
    pub(super) prices: Option<Node>,
    pub(super) routes: Vec<RouteConfig>,
    pub(super) lint: Option<Node>,
    environments: Vec<(Key, Node)>,
}

/// What reading needs besides the node.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) root: &'a Path,
    pub(super) env: &'a Env,
    pub(super) source: &'a Source,
    /// Names of the user's applications: a model may be named by one alone.
    pub(super) apps: &'a [String],
}

/// Reads the file without its environments.
pub(super) fn read_base(node: &Node, reading: Reading<'_>, problems: &mut Problems) -> Option<Base> {
    let (plain, environments) = take_environments(node, reading.source, problems);
    let plain = super::interpolate::interpolate(&plain, reading.env, reading.source, problems);
    let mut fields = Fields::of(&plain, "project file", reading.source, problems)?;
    // Taken out above; named here so that it is a known key.
    fields.raw("environments");
    let base = Base {
        layer: read_layer(&mut fields, reading, problems),
        environment: value::text(&mut fields, "environment", problems),
        prompts: value::path_inside(&mut fields, "prompts", reading.root, problems),
        evals: value::path_inside(&mut fields, "evals", reading.root, problems),
        prices: fields.node("prices").cloned(),
        routes: fields
            .node("routes")
            .map(|node| routes::read_all(node, reading.apps, reading.source, problems))
            .unwrap_or_default(),
        lint: fields.node("lint").cloned(),
        environments,
    };
    fields.finish(problems);
    Some(base)
}

/// The file's mapping without `environments`, and those: each is filled in on its own, because a variable that only
/// another environment needs may be unset.
fn take_environments(node: &Node, source: &Source, problems: &mut Problems) -> (Node, Vec<(Key, Node)>) {
    let Kind::Map(entries) = &node.kind else { return (node.clone(), Vec::new()) };
    let kept = entries.iter().filter(|(key, _)| key.text != "environments").cloned().collect();
    let environments = match node.get("environments").map(|node| (node, &node.kind)) {
        None | Some((_, Kind::Null)) => Vec::new(),
        Some((_, Kind::Map(entries))) => entries.clone(),
        Some((node, _)) => {
            let message = format!("`environments` must be a mapping of names, this is {}", node.describe());
            problems.push(Diagnostic::error("wrong-type", message).at(source.place(node.span)));
            Vec::new()
        }
    };
    (Node { kind: Kind::Map(kept), span: node.span }, environments)
}

fn read_layer(fields: &mut Fields<'_>, reading: Reading<'_>, problems: &mut Problems) -> Layer {
    let Reading { root, apps, .. } = reading;
    let (batch_poll, batch_rounds, batch_chunk) = batch(fields, problems);
    Layer {
        calls: value::calls(fields, problems),
        models: value::models(fields, apps, problems),
        judge: value::model(fields, "judge", apps, problems),
        embedding: super::embedding::embedding(fields, "embedding", problems),
        rerank: value::model(fields, "rerank", &[], problems),
        moderation: value::model(fields, "moderation", &[], problems),
        providers: fields
            .node("providers")
            .map(|node| raw_provider::read_all(node, reading, problems))
            .unwrap_or_default(),
        store: value::text(fields, "store", problems),
        cassettes: value::path_inside(fields, "cassettes", root, problems),
        concurrency: value::whole(fields, "concurrency", 1, MOST_CONCURRENT, problems),
        cache: cache::read(fields, problems),
        batch_poll,
        batch_rounds,
        batch_chunk,
        daily_cost_limit: value::money(fields, "daily_cost_limit_usd", problems),
        max_tokens_per_request: value::whole(fields, "max_tokens_per_request", 1, u32::MAX, problems),
        max_errors: value::whole(fields, "max_errors", 0, u32::MAX, problems),
        on_rejected: value::on_rejected(fields, problems),
    }
}

type Batch = (Option<Placed<Duration>>, Option<Placed<u32>>, Option<Placed<u32>>);

fn batch(fields: &mut Fields<'_>, problems: &mut Problems) -> Batch {
    let source = fields.source();
    let inner = fields.node("batch").and_then(|node| Fields::of(node, "`batch` mapping", source, problems));
    let Some(mut inner) = inner else { return (None, None, None) };
    let poll = value::duration(&mut inner, "poll", problems);
    let poll = poll.filter(|(poll, _)| {
        if poll.is_zero() {
            inner.invalid("poll", "`poll` is zero; leave it out for the default", problems);
        }
        !poll.is_zero()
    });
    let rounds = value::whole(&mut inner, "rounds", 1, 20, problems);
    let chunk = value::whole(&mut inner, "chunk", 1, MOST_BATCHED, problems);
    inner.finish(problems);
    (poll, rounds, chunk)
}

impl Base {
    /// Reads the environment `chosen`, and checks the others as far as that can be done without their variables.
    pub(super) fn overlay(
        &self,
        chosen: Option<&str>,
        chosen_at: Option<Place>,
        reading: Reading<'_>,
        problems: &mut Problems,
    ) -> Layer {
        let mut overlay = None;
        for (key, node) in &self.environments {
            if Some(key.text.as_str()) == chosen {
                let filled = super::interpolate::interpolate(node, reading.env, reading.source, problems);
                overlay = Some(read_environment(&filled, reading, problems).unwrap_or_default());
            } else {
                check_other(node, reading, problems);
            }
        }
        if let (Some(name), None) = (chosen, &overlay) {
            problems.push(self.unknown_environment(name, chosen_at));
        }
        overlay.unwrap_or_default()
    }

    fn unknown_environment(&self, name: &str, at: Option<Place>) -> Diagnostic {
        let names: Vec<&str> = self.environments.iter().map(|(key, _)| key.text.as_str()).collect();
        let help = if names.is_empty() {
            format!("{} has no `environments`; add `environments: {{{name}: {{…}}}}`", Config::FILE)
        } else {
            format!("known environments: {}", names.join(", "))
        };
        let problem = Diagnostic::error("unknown-environment", format!("there is no environment `{name}`"))
            .did_you_mean(closest(name, names.iter().copied()))
            .help(help);
        Diagnostic { place: at, ..problem }
    }
}

fn read_environment(node: &Node, reading: Reading<'_>, problems: &mut Problems) -> Option<Layer> {
    if node.kind == Kind::Null {
        return Some(Layer::default());
    }
    let mut fields = Fields::of(node, "environment", reading.source, problems)?;
    let layer = read_layer(&mut fields, reading, problems);
    fields.finish(problems);
    Some(layer)
}

/// Typos in an environment that is not chosen are reported; what its unset variables cause is not.
fn check_other(node: &Node, reading: Reading<'_>, problems: &mut Problems) {
    let mut found = Problems::new();
    read_environment(node, reading, &mut found);
    let templated = value::has_template(node);
    for diagnostic in found.sorted() {
        let by_template = templated && matches!(diagnostic.code, "invalid-value" | "invalid-url" | "variable-not-set");
        if !by_template {
            problems.push(diagnostic.clone());
        }
    }
}
