//! The models that a prompt is meant for: named by `--model`, by its own `models:`, by suites that use it, by the project.

use std::collections::HashSet;

use super::super::parts::Accepts;
use super::super::past::usage::Use;
use super::super::ready::{Prompt, PromptVersion};
use super::subject::is_use_of;
use crate::base::{ModelRef, Place};
use crate::price::{ModelFacts, PriceTable};
use crate::record::{ParamFate, Params};

/// A model that a prompt is meant for.
pub(super) struct UsedModel {
    pub(super) model: ModelRef,
    /// The model behind that name, where the project says so; else the same.
    pub(super) known: ModelRef,
    /// What names it, for messages: `evals/a.yaml`.
    pub(super) from: String,
    /// The pattern of the prompt that is this model's name, if one is.
    pub(super) pattern: Option<String>,
    /// Where another file names it.
    pub(super) place: Option<Place>,
    /// Limits and capabilities; `None` when the model is unknown.
    pub(super) facts: Option<ModelFacts>,
    /// The prompt's parameters for it.
    pub(super) params: Params,
    /// What of the prompt is not sent to it just as it is written.
    pub(super) fates: Vec<ParamFate>,
    /// Whether what it rejects is left out.
    pub(super) drops_rejected: bool,
}

/// Where models come from.
pub(super) struct Sources<'a> {
    /// `--model`: these and no others.
    pub(super) asked: &'a [ModelRef],
    /// `models` of `karat.yaml`, and where they are written.
    pub(super) project: &'a [ModelRef],
    pub(super) project_place: Option<&'a Place>,
    pub(super) uses: &'a [Use],
    pub(super) prices: &'a PriceTable,
    pub(super) accepts: &'a (dyn Accepts + Sync),
}

/// A model, what names it, the prompt's pattern that it is, and the place in another file.
type Named = (ModelRef, String, Option<String>, Option<Place>);

/// The models of a prompt, each once. A draft will be used as the versions before it are.
pub(super) fn models_of(prompt: &Prompt, sources: &Sources<'_>) -> Vec<UsedModel> {
    let mut named: Vec<Named> = Vec::new();
    if sources.asked.is_empty() {
        for (pattern, _) in prompt.definition().overrides.patterns().filter(|(pattern, _)| is_exact(pattern)) {
            if let Ok(model) = ModelRef::parse(pattern) {
                named.push((model, "`models` of the prompt".to_owned(), Some(pattern.to_owned()), None));
            }
        }
        for used in sources.uses.iter().filter(|used| is_used(used, prompt)) {
            let from = format!("`{}`", used.place.path.display());
            let model = |(model, place): &(ModelRef, Place)| (model.clone(), from.clone(), None, Some(place.clone()));
            named.extend(used.models.iter().map(model));
        }
        let place = sources.project_place.cloned();
        let model = |model: &ModelRef| (model.clone(), "`karat.yaml`".to_owned(), None, place.clone());
        named.extend(sources.project.iter().map(model));
    } else {
        named.extend(sources.asked.iter().map(|model| (model.clone(), "`--model`".to_owned(), None, None)));
    }
    let mut seen = HashSet::new();
    named.retain(|(model, ..)| seen.insert(model.clone()));
    let used = |(model, from, pattern, place): Named| {
        let facts = sources.prices.resolve(Some(model.provider.as_str()), &model.model, None).facts();
        let params = prompt.params_for(&model);
        let known = sources.prices.known_as(&model).unwrap_or_else(|| model.clone());
        let fates = sources.accepts.fates(&model, &prompt.probe(&model, &Params::default()));
        let drops_rejected = sources.accepts.drops_rejected(&model);
        UsedModel { model, known, from, pattern, place, facts, params, fates, drops_rejected }
    };
    named.into_iter().map(used).collect()
}

fn is_used(used: &Use, prompt: &Prompt) -> bool {
    match &prompt.registered {
        Some((name, PromptVersion::Draft)) => used.is_of(name),
        Some((name, version)) => is_use_of(used, name.as_str(), version),
        None => used.reference == prompt.name,
    }
}

/// Whether a pattern is the name of one model.
pub(super) fn is_exact(pattern: &str) -> bool {
    !pattern.contains(['*', '?'])
}
