//! The prices of a project.

use std::sync::Arc;

use crate::base::Problems;
use crate::config::Config;
use crate::price::{PriceOverride, PriceTable};

/// The bundled prices with those of `karat.yaml` on top.
pub(crate) fn price_table(config: &Config, problems: &mut Problems) -> anyhow::Result<Arc<PriceTable>> {
    let bundled = PriceTable::bundled()?;
    let Some(own) = &config.prices else { return Ok(Arc::new(bundled.clone())) };
    let nodes = own.node.as_list().unwrap_or(std::slice::from_ref(&own.node));
    let parsed = PriceOverride::parse_all(nodes, bundled, &own.source, problems);
    Ok(Arc::new(bundled.with_overrides(parsed)))
}
