//! Names that users gave models: a deployment's, or a gateway's. What is behind them decides on prices.

use std::collections::BTreeMap;

use super::lookup::Found;
use super::resolution::Resolution;
use super::table::PriceTable;
use crate::base::{ModelRef, SafeName};

/// A provider of the project, and what its models' names mean.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProviderNames {
    /// Its kind: prices of the models behind names are looked for there as well.
    pub kind: String,
    /// Whether its models' names are chosen by the user (deployments): alone they say nothing.
    pub deployments: bool,
    /// Name → model behind it, with or without `provider/`.
    pub models: BTreeMap<String, String>,
}

/// What a name stands for.
pub(super) enum Meaning<'t> {
    /// For itself.
    Itself,
    /// For this model of this kind of provider.
    Model { kind: &'t str, model: &'t str },
    /// For nobody knows what.
    Unknown,
}

impl PriceTable {
    /// The same table for a project with these providers, by name.
    #[must_use]
    pub fn with_names(&self, names: BTreeMap<String, ProviderNames>) -> PriceTable {
        let mut table = self.clone();
        table.set_names(names);
        table
    }

    /// The model that a name stands for, to count its tokens and to know its parameters; `None` when only a reply can
    /// tell.
    pub fn known_as(&self, model: &ModelRef) -> Option<ModelRef> {
        match self.meaning(Some(model.provider.as_str()), &model.model) {
            Meaning::Itself => Some(model.clone()),
            Meaning::Model { kind, model: known } => {
                // `provider/model` says whose it is; a plain name is the kind's.
                let own = known.split_once('/').filter(|(provider, _)| self.providers().contains_key(*provider));
                let (provider, known) = own.unwrap_or((kind, known));
                Some(ModelRef { provider: SafeName::parse(provider).ok()?, model: known.to_owned() })
            }
            Meaning::Unknown => None,
        }
    }

    /// The price of the model that a reply names, where the name that was asked says nothing (deployments).
    pub fn resolve_reported(&self, provider: Option<&str>, model: &str) -> Resolution {
        let kind = provider.and_then(|name| self.names().get(name)).map(|names| names.kind.as_str());
        let found = self.published(kind.or(provider), model.trim(), None);
        found.map_or(Resolution::Unknown, |(record, matched)| Resolution::of(record, matched))
    }

    pub(super) fn meaning<'t>(&'t self, provider: Option<&str>, model: &str) -> Meaning<'t> {
        let Some(names) = provider.and_then(|provider| self.names().get(provider.trim())) else {
            return Meaning::Itself;
        };
        match names.models.get(model.trim()) {
            Some(known) => Meaning::Model { kind: &names.kind, model: known },
            None if names.deployments => Meaning::Unknown,
            None => Meaning::Itself,
        }
    }

    /// The record of a model behind a name: at the provider of that name, at its kind, or as the full name says.
    pub(super) fn behind(&self, provider: Option<&str>, kind: &str, model: &str, region: Option<&str>) -> Found {
        let places = [provider, Some(kind), None];
        places.into_iter().find_map(|place| self.published(place, model, region))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Timestamp;
    use crate::price::Terms;
    use crate::record::Usage;

    fn table() -> PriceTable {
        let named = |kind: &str, deployments, models: &[(&str, &str)]| ProviderNames {
            kind: kind.to_owned(),
            deployments,
            models: models.iter().map(|(name, model)| ((*name).to_owned(), (*model).to_owned())).collect(),
        };
        let names = BTreeMap::from([
            ("azure".to_owned(), named("azure", true, &[("chat", "gpt-4o")])),
            ("eu".to_owned(), named("azure", true, &[("chat", "azure/gpt-4o"), ("odd", "no-such-model")])),
            ("gateway".to_owned(), named("openai", false, &[("fast", "groq/llama-3.1-8b-instant"), ("big", "gpt-4o")])),
        ]);
        PriceTable::bundled().expect("bundled").with_names(names)
    }

    fn cost(provider: &str, model: &str) -> Option<String> {
        let resolution = table().resolve(Some(provider), model, None);
        let cost = resolution.cost(&Usage::plain(1_000_000, 0), &Terms::at(Timestamp(1_790_000_000_000)));
        cost.map(|usd| usd.exact())
    }

    #[test]
    fn the_model_behind_a_name_decides_on_the_price() {
        let azure = PriceTable::bundled().expect("bundled").resolve(Some("azure"), "gpt-4o", None);
        let azure = azure.cost(&Usage::plain(1_000_000, 0), &Terms::at(Timestamp(1_790_000_000_000)));
        let azure = azure.map(|usd| usd.exact());
        assert!(azure.is_some());
        assert_eq!(cost("azure", "chat"), azure);
        assert_eq!(cost("eu", "chat"), azure);
        assert_eq!(cost("gateway", "big"), cost("openai", "gpt-4o"));
        assert_eq!(cost("gateway", "fast"), cost("groq", "llama-3.1-8b-instant"));
        assert!(cost("gateway", "fast").is_some());
    }

    #[test]
    fn the_name_of_a_deployment_is_no_model() {
        assert_eq!(cost("azure", "gpt-4o"), None);
        assert_eq!(cost("eu", "odd"), None);
        // Other providers' names mean themselves.
        assert!(cost("openai", "gpt-4o").is_some());
        // Only the reply tells what it was.
        let reported = table().resolve_reported(Some("eu"), "gpt-4o-2024-08-06");
        assert!(reported.cost(&Usage::plain(1, 1), &Terms::at(Timestamp(1_790_000_000_000))).is_some());
        let known = |name: &str| table().known_as(&ModelRef::parse(name).expect("name")).map(|model| model.to_string());
        assert_eq!(known("azure/gpt-4o"), None);
        assert_eq!(known("azure/chat").as_deref(), Some("azure/gpt-4o"));
        assert_eq!(known("gateway/fast").as_deref(), Some("groq/llama-3.1-8b-instant"));
        assert_eq!(known("gateway/other").as_deref(), Some("gateway/other"));
    }
}
