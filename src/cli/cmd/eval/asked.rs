//! The models that checks ask: whether they are there and can do it.

use super::load::Loaded;
use crate::base::{Diagnostic, ModelRef, Place, Problems, SafeName, closest};
use crate::config::{Config, Setting};
use crate::provider::Caller;
use crate::suite::{Asked, Survey};

/// What a model is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Judge,
    Embedding,
    Moderation,
}

/// Reports models of checks whose provider does not exist: known without a key, so that `--dry-run` and replays tell.
pub(super) fn check_known(config: &Config, surveys: &[Survey], problems: &mut Problems) {
    let mut told: Vec<ModelRef> = Vec::new();
    for asked in surveys.iter().map(|survey| &survey.asked) {
        for (part, model, place) in models(asked) {
            let is_known = config.provider(&model.provider).is_some() || config.is_route(model);
            if is_known || told.contains(model) {
                continue;
            }
            told.push(model.clone());
            let names = || config.providers.iter().map(|provider| &provider.name).map(SafeName::as_str);
            let diagnostic = Diagnostic::error("unknown-provider", format!("`{}` is not a provider", model.provider))
                .did_you_mean(closest(model.provider.as_str(), names()))
                .help("`karat eval --list-providers` prints them; others are named under `providers:` in `karat.yaml`");
            problems.push(placed(diagnostic, place.or_else(|| in_config(config, part, model))));
        }
    }
}

/// Reports models of checks that cannot be asked, each once, where it is named.
pub(super) fn check_able(loaded: &Loaded, caller: &Caller, problems: &mut Problems) {
    let mut told: Vec<(Part, ModelRef)> = Vec::new();
    for surveyed in &loaded.suites {
        for (part, model, place) in models(&surveyed.survey.asked) {
            if told.iter().any(|(known, other)| *known == part && other == model) {
                continue;
            }
            told.push((part, model.clone()));
            let able = match part {
                Part::Judge => caller.can_chat(model),
                Part::Embedding => caller.can_embed(&model.clone().into()),
                Part::Moderation => caller.can_moderate(model),
            };
            if let Err(diagnostic) = able {
                let own = diagnostic.place.clone();
                let place = own.or(place).or_else(|| in_config(&loaded.config, part, model));
                let place = place.unwrap_or_else(|| surveyed.suite.place.clone());
                problems.push(placed(*diagnostic, Some(place)));
            }
        }
    }
}

fn models(asked: &Asked) -> impl Iterator<Item = (Part, &ModelRef, Option<Place>)> {
    let judges = asked.judges.iter().map(|(model, place)| (Part::Judge, model, place.clone()));
    let embeddings = asked.embeddings.iter().map(|(model, place)| (Part::Embedding, &model.model, place.clone()));
    let moderations = asked.moderations.iter().map(|(model, place)| (Part::Moderation, model, place.clone()));
    judges.chain(embeddings).chain(moderations)
}

/// Where the project names a model that a suite does not.
fn in_config(config: &Config, part: Part, model: &ModelRef) -> Option<Place> {
    fn at<T>(setting: &Setting<T>, is_it: bool) -> Option<Place> {
        setting.origin.place().filter(|_| is_it).cloned()
    }
    match part {
        Part::Judge => at(&config.judge, config.judge.value.as_ref() == Some(model)),
        Part::Embedding => {
            at(&config.embedding, config.embedding.value.as_ref().is_some_and(|own| own.model == *model))
        }
        Part::Moderation => at(&config.moderation, config.moderation.value.as_ref() == Some(model)),
    }
}

fn placed(diagnostic: Diagnostic, place: Option<Place>) -> Diagnostic {
    Diagnostic { place: diagnostic.place.clone().or(place), ..diagnostic }
}
