//! From settings to what a caller is made of.

use std::sync::Arc;

use super::super::mock::Mock;
use super::super::route::{Backend, HttpBackend};
use super::super::settings::{CallMode, ProviderSettings};
use crate::base::{Diagnostic, Problems, Secret};
use crate::net::{Transport, base_url_problem, is_loopback_url};

pub(super) fn backend_of(
    settings: &ProviderSettings,
    mode: CallMode,
    transport: &Arc<dyn Transport>,
    seed: u64,
    problems: &mut Problems,
) -> Backend {
    match (settings.spec.wire, mode) {
        (None, _) => Backend::Mock(Mock::new(&settings.mock, seed, problems)),
        (Some(_), CallMode::Replay) => Backend::Cassette,
        (Some(wire), CallMode::Live | CallMode::Record) => {
            let official = settings.spec.is_official(settings.base_url());
            Backend::Http(HttpBackend { wire, transport: Arc::clone(transport), official })
        }
    }
}

pub(super) fn check_base_url(settings: &ProviderSettings, mode: CallMode, problems: &mut Problems) {
    if settings.spec.wire.is_none() || mode == CallMode::Replay {
        return;
    }
    let url = settings.base_url();
    let at = |diagnostic: Diagnostic| match &settings.place {
        Some(place) => diagnostic.at(place.clone()),
        None => diagnostic,
    };
    if let Some(problem) = base_url_problem(url) {
        let message = format!("base URL of provider `{}`: {problem}", settings.name);
        problems.push(at(Diagnostic::error("invalid-base-url", message)));
    } else if settings.key.is_some() && url.starts_with("http://") && !is_loopback_url(url) {
        let message = format!("the key of provider `{}` would travel unencrypted to `{url}`", settings.name);
        problems.push(at(Diagnostic::warning("insecure-base-url", message).help("use `https://`")));
    }
}

/// The value of a header whose name says that it is a secret.
pub(super) fn secret_header((name, value): &(String, String)) -> Option<Secret> {
    let name = name.to_ascii_lowercase();
    let secret = ["auth", "key", "token", "secret", "cookie"].iter().any(|word| name.contains(word));
    secret.then(|| Secret::new(value.trim_start_matches("Bearer ")))
}
