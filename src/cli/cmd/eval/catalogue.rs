//! `karat eval --list-providers`.

use crate::base::Problems;
use crate::cli::{Exit, Session, show};
use crate::config::{Overrides, ProviderConfig};
use crate::provider::{ProviderSpec, provider_spec};
use crate::report::{Format, KeyState, ProviderRow, ProvidersReport};

/// Prints the providers of the project, then those that exist without a word in `karat.yaml`.
pub(super) fn run(format: Format, session: &Session) -> anyhow::Result<Exit> {
    let mut problems = Problems::new();
    let config = session.config(Overrides::default(), &mut problems);
    session.stop_on(problems)?;
    let row = |provider: &ProviderConfig| Some(row(provider, provider_spec(provider.wire.word()).ok()?, session));
    let mut rows: Vec<ProviderRow> = config.providers.iter().filter_map(row).collect();
    rows.sort_by_key(|row| !row.configured);
    show(&ProvidersReport::of(rows), format, session)?;
    Ok(Exit::Passed)
}

fn row(provider: &ProviderConfig, spec: &ProviderSpec, session: &Session) -> ProviderRow {
    let usual = spec.keys.iter().map(|source| source.env);
    let variables: Vec<String> = match &provider.key_env {
        Some(name) if !usual.clone().any(|known| known == name) => vec![name.clone()],
        // Configured without a key: none is sent.
        None if provider.place.is_some() => Vec::new(),
        Some(_) | None => usual.map(str::to_owned).collect(),
    };
    let is_set = |name: &String| session.env.get(name).is_some_and(|value| !value.trim().is_empty());
    let key = match (variables.iter().any(is_set), &provider.key_env) {
        (true, _) => KeyState::Set,
        (false, Some(_)) => KeyState::Missing,
        (false, None) => KeyState::NotNeeded,
    };
    ProviderRow {
        name: provider.name.to_string(),
        kind: provider.wire.word().to_owned(),
        about: spec.about.to_owned(),
        base_url: provider.base_url.clone().or_else(|| Some(spec.base_url.to_owned())).filter(|url| !url.is_empty()),
        base_url_env: spec.base_url_env.filter(|_| provider.name.as_str() == spec.name).map(str::to_owned),
        key_variables: variables,
        key,
        configured: provider.place.is_some(),
    }
}
