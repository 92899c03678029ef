//! What the project's models take of a request: the providers of the settings, with the facts of the price table.

use std::collections::HashMap;

use crate::base::{ModelRef, SafeName};
use crate::config::{Config, OnRejected, ProviderConfig};
use crate::price::{ModelFacts, PriceTable};
use crate::prompt::Accepts;
use crate::provider::{ProviderSettings, WireOptions, fates, is_known, provider_spec};
use crate::record::{ChatRequest, ParamFate};

/// The providers of a project, without keys: nothing is called.
pub(crate) struct Accepting<'a> {
    config: &'a Config,
    prices: &'a PriceTable,
    settings: HashMap<SafeName, ProviderSettings>,
}

impl<'a> Accepting<'a> {
    /// Those of these settings.
    pub(crate) fn of(config: &'a Config, prices: &'a PriceTable) -> Accepting<'a> {
        let all = config.providers.iter().filter_map(|provider| Some((provider.name.clone(), settings_of(provider)?)));
        Accepting { config, prices, settings: all.collect() }
    }

    /// Whether anything is known of a model besides the rules of its API.
    pub(crate) fn knows(&self, model: &ModelRef) -> bool {
        let settings = self.settings.get(&model.provider);
        settings.is_none_or(|settings| is_known(settings, self.facts(model).as_ref()))
    }

    /// Limits and capabilities of a model; `None` when it is unknown.
    pub(crate) fn facts(&self, model: &ModelRef) -> Option<ModelFacts> {
        self.prices.resolve(Some(model.provider.as_str()), &model.model, None).facts()
    }
}

impl Accepts for Accepting<'_> {
    fn fates(&self, model: &ModelRef, request: &ChatRequest) -> Vec<ParamFate> {
        let Some(settings) = self.settings.get(&model.provider) else { return Vec::new() };
        fates(settings, request, self.facts(model).as_ref())
    }

    fn drops_rejected(&self, model: &ModelRef) -> bool {
        self.config.on_rejected(&model.provider) == OnRejected::Drop
    }
}

fn settings_of(provider: &ProviderConfig) -> Option<ProviderSettings> {
    let spec = provider_spec(provider.wire.word()).ok()?;
    let mut settings = ProviderSettings::new(provider.name.clone(), spec);
    settings.base_url.clone_from(&provider.base_url);
    settings.models.clone_from(&provider.models);
    settings.options = WireOptions {
        api_version: provider.options.api_version.clone(),
        region: provider.options.region.clone(),
        project: provider.options.project.clone(),
        location: provider.options.location.clone(),
        ..WireOptions::NONE
    };
    Some(settings)
}
