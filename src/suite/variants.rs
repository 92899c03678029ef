//! Variants: each prompt of a suite with each model and its parameters.

use std::sync::Arc;

use super::load::{LoadContext, beats_files};
use super::params;
use crate::base::{Diagnostic, Digest, DigestBuilder, Fields, ModelRef, Node, Problems, Source, Span, closest};
use crate::prompt::{Prompt, read_params};
use crate::record::{EmbeddingModel, Params};

/// A prompt version with a model and its parameters.
#[derive(Clone)]
pub struct Variant {
    /// Identity: prompt digest, model, parameters, and the embedding model where there is one.
    pub digest: Digest,
    /// The prompt.
    pub prompt: Arc<Prompt>,
    /// The model.
    pub model: ModelRef,
    /// Overrides of the suite and of its model entry, on top of the prompt's own parameters.
    pub params: Params,
    /// The model by which the prompt's examples are compared, when they are compared by embeddings.
    pub embedding: Option<EmbeddingModel>,
    /// Whether the case's variables go with the request: the model is a user's application.
    pub takes_vars: bool,
}

impl Variant {
    /// A variant with its digest; `embedding` is the project's embedding model.
    pub fn new(prompt: Arc<Prompt>, model: ModelRef, params: Params, embedding: Option<&EmbeddingModel>) -> Variant {
        let embedding = embedding.filter(|_| prompt.embeds(true)).cloned();
        let builder = DigestBuilder::new("variant")
            .part(prompt.digest.as_bytes())
            .part(model.to_string().as_bytes())
            .json(&params::to_json(&params));
        // Another embedding model picks other examples; variants that need none keep their digest.
        let digest = match &embedding {
            Some(embedding) => builder.part(embedding.to_string().as_bytes()).finish(),
            None => builder.finish(),
        };
        Variant { digest, prompt, model, params, embedding, takes_vars: false }
    }
}

/// A model as a suite lists it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ModelEntry {
    pub(super) model: ModelRef,
    pub(super) params: Params,
}

/// Prompts × models, prompts outermost.
pub(super) fn cross(
    prompts: &[Arc<Prompt>],
    models: &[ModelEntry],
    shared: &Params,
    embedding: Option<&EmbeddingModel>,
) -> Vec<Variant> {
    let mut variants = Vec::with_capacity(prompts.len() * models.len());
    for prompt in prompts {
        for entry in models {
            let params = shared.overlaid(&entry.params);
            variants.push(Variant::new(Arc::clone(prompt), entry.model.clone(), params, embedding));
        }
    }
    variants
}

/// Reads `prompts:`. The flag says whether one could not be read.
pub(super) fn read_prompts(
    fields: &mut Fields<'_>,
    context: &LoadContext<'_>,
    problems: &mut Problems,
) -> (Vec<Arc<Prompt>>, bool) {
    let source = fields.source();
    let Some(entries) = fields.list("prompts") else {
        fields.missing("prompts", problems);
        return (Vec::new(), true);
    };
    if entries.is_empty() {
        fields.invalid("prompts", "this suite lists no prompts", problems);
    }
    let mut prompts: Vec<Arc<Prompt>> = Vec::with_capacity(entries.len());
    let mut gap = entries.is_empty();
    for node in entries {
        let place = source.place(node.span);
        let Some(prompt) = context.registry.load(node, source, problems) else {
            // A broken prompt that another suite named first has been reported there.
            gap = true;
            continue;
        };
        if let (Some(written), None) = (prompt.asks_for_embeddings(), &context.config.embedding.value) {
            let message =
                format!("`{}` compares examples by embeddings, and the project has no model for them", prompt.name);
            problems.push(
                Diagnostic::error("no-embedding-model", message).at(written.clone()).related(place, "used here").help(
                    "add `embedding: openai/text-embedding-3-small` to karat.yaml, or compare words: `with: bm25`",
                ),
            );
            gap = true;
            continue;
        }
        match prompts.iter().find(|other| other.digest == prompt.digest) {
            // A label may come to mean the version beside it; that must not break the suite.
            Some(twin) => problems.push(
                Diagnostic::warning("duplicate-prompt", format!("this is the same prompt as `{}`", twin.name))
                    .at(place)
                    .help("it is asked once; remove one of them"),
            ),
            None => prompts.push(prompt),
        }
    }
    (prompts, gap)
}

/// Reads `models:`, or takes the project's.
pub(super) fn read_models(
    fields: &mut Fields<'_>,
    context: &LoadContext<'_>,
    problems: &mut Problems,
) -> Vec<ModelEntry> {
    let source = fields.source();
    let given = &context.config.models;
    let project =
        || given.value.iter().map(|model| ModelEntry { model: model.clone(), params: Params::default() }).collect();
    let Some(entries) = fields.list("models") else {
        if given.value.is_empty() {
            let diagnostic =
                Diagnostic::error("no-model", "this suite lists no models, and the project has no default")
                    .at(source.place(Span { len: 1, ..fields.span() }))
                    .help("add `models: [provider/model]` here or in `karat.yaml`");
            fields.missing_as("models", diagnostic, problems);
        }
        return project();
    };
    if entries.is_empty() {
        fields.invalid("models", "this suite lists no models", problems);
    }
    let mut models: Vec<ModelEntry> = Vec::with_capacity(entries.len());
    for node in entries {
        let Some(entry) = read_model_entry(node, source, context, problems) else { continue };
        if models.contains(&entry) {
            problems.push(
                Diagnostic::warning(
                    "duplicate-model",
                    format!("`{}` is listed twice with the same params", entry.model),
                )
                .at(source.place(node.span))
                .help("it is asked once; remove one of them"),
            );
        } else {
            models.push(entry);
        }
    }
    if beats_files(given) { project() } else { models }
}

fn read_model_entry(
    node: &Node,
    source: &Source,
    context: &LoadContext<'_>,
    problems: &mut Problems,
) -> Option<ModelEntry> {
    if let Some(text) = node.as_text() {
        let model = read_model(text, node.span, source, context, problems)?;
        return Some(ModelEntry { model, params: Params::default() });
    }
    let mut fields = Fields::of(node, "model", source, problems)?;
    let written = fields.required_text("model", problems);
    let model = written.and_then(|text| read_model(text, fields.value_span("model"), source, context, problems));
    let params = fields.node("params").map(|node| read_params(node, source, problems)).unwrap_or_default();
    fields.finish(problems);
    Some(ModelEntry { model: model?, params })
}

/// Parses `provider/model` and looks whether the provider is known.
pub(super) fn read_model(
    text: &str,
    span: Span,
    source: &Source,
    context: &LoadContext<'_>,
    problems: &mut Problems,
) -> Option<ModelRef> {
    let model = match ModelRef::parse_among(text, &context.apps()) {
        Ok(model) => model,
        Err(error) => {
            problems.push(Diagnostic::error("invalid-model", error.to_string()).at(source.place(span)));
            return None;
        }
    };
    let provider = model.provider.as_str();
    let config = context.config;
    // What is wrong with a provider is told once, where it is written.
    if context.providers().any(|known| known == provider) || config.is_route(&model) || config.is_unread(&model) {
        return Some(model);
    }
    if provider == "route" {
        problems.push(unknown_route(&model, context).at(source.place(span)));
        return None;
    }
    let known: Vec<&str> = context.providers().collect();
    problems.push(
        Diagnostic::error("unknown-provider", format!("`{provider}` is not a provider"))
            .at(source.place(span))
            .did_you_mean(closest(provider, known.iter().copied()))
            .help(known_providers(context.configured())),
    );
    None
}

fn unknown_route(model: &ModelRef, context: &LoadContext<'_>) -> Diagnostic {
    let names: Vec<&str> = context.config.routes.iter().map(|route| route.name.as_str()).collect();
    let help = if names.is_empty() {
        "karat.yaml has no `routes:`".to_owned()
    } else {
        format!("routes of karat.yaml: {}", names.join(", "))
    };
    Diagnostic::error("unknown-route", format!("`{}` is not a route", model.model))
        .did_you_mean(closest(&model.model, names.iter().copied()))
        .help(help)
}

/// Those that the project speaks of by name; the built-in ones are too many for a message.
fn known_providers<'n>(configured: impl Iterator<Item = &'n str>) -> String {
    let configured: Vec<&str> = configured.collect();
    let known = if configured.is_empty() {
        "`karat eval --list-providers` prints those built in".to_owned()
    } else {
        format!("this project has {}; `karat eval --list-providers` prints those built in", configured.join(", "))
    };
    format!("{known}; others are named under `providers:` in `karat.yaml`")
}
