//! The price table of a project.

use std::sync::Arc;

use crate::base::Problems;
use crate::config::{Config, ProviderConfig};
use crate::price::{PriceOverride, PriceTable, ProviderNames};

/// The bundled prices with those of `karat.yaml` on top.
pub(crate) fn price_table(config: &Config, problems: &mut Problems) -> anyhow::Result<Arc<PriceTable>> {
    let bundled = PriceTable::bundled()?;
    let bundled = &bundled.with_names(config.providers.iter().filter_map(names_of).collect());
    let Some(own) = &config.prices else { return Ok(Arc::new(bundled.clone())) };
    let nodes = own.node.as_list().unwrap_or(std::slice::from_ref(&own.node));
    let parsed = PriceOverride::parse_all(nodes, bundled, &own.source, problems);
    Ok(Arc::new(bundled.with_overrides(parsed)))
}

/// What the names of a provider's models mean, where it is not what they say.
fn names_of(provider: &ProviderConfig) -> Option<(String, ProviderNames)> {
    let kind = provider.wire.word();
    let deployments = kind == "azure";
    let names = ProviderNames { kind: kind.to_owned(), deployments, models: provider.models.clone() };
    (deployments || !names.models.is_empty()).then(|| (provider.name.to_string(), names))
}
