//! From settings to what a caller is made of.

use std::sync::Arc;

use super::super::attempt::HttpBackend;
use super::super::mock::Mock;
use super::super::route::Backend;
use super::super::settings::{CallMode, ProviderSettings};
use super::{Caller, refused};
use crate::base::{Diagnostic, Problems, Secret};
use crate::net::{Transport, base_url_problem, is_loopback_url};
use crate::record::{CallError, ChatRequest};

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
            let transport = Arc::clone(settings.transport.as_ref().unwrap_or(transport));
            let authority = settings.spec.authority.map(|new| new(settings));
            Backend::Http(HttpBackend { wire, transport, official, authority })
        }
    }
}

pub(super) fn check_base_url(settings: &ProviderSettings, mode: CallMode, problems: &mut Problems) {
    if settings.spec.wire.is_none() || mode == CallMode::Replay {
        return;
    }
    let url = settings.base_url();
    if url.is_empty() {
        return problems.push(no_address(settings));
    }
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

/// Some kinds have an address per customer.
fn no_address(settings: &ProviderSettings) -> Diagnostic {
    let variable = settings.spec.base_url_env.map(|name| format!(", or {name} in the environment")).unwrap_or_default();
    let diagnostic = Diagnostic::error("invalid-base-url", format!("provider `{}` has no address", settings.name))
        .help(format!("set `base_url` under `providers` in karat.yaml{variable}"));
    match &settings.place {
        Some(place) => diagnostic.at(place.clone()),
        None => diagnostic,
    }
}

/// The value of a header whose name says that it is a secret.
pub(super) fn secret_header((name, value): &(String, String)) -> Option<Secret> {
    let name = name.to_ascii_lowercase();
    let secret = ["auth", "key", "token", "secret", "cookie"].iter().any(|word| name.contains(word));
    secret.then(|| Secret::new(value.trim_start_matches("Bearer ")))
}

impl Caller {
    /// Sets the limit on requests without one, and refuses those that ask for more.
    pub(super) fn limit_tokens(&self, request: &mut ChatRequest) -> Result<(), CallError> {
        let Some(cap) = self.max_tokens_per_request else { return Ok(()) };
        const FIELDS: &[&str] = &["max_tokens", "max_completion_tokens", "max_output_tokens"];
        let extra = FIELDS.iter().filter_map(|field| request.params.extra.get(*field)?.as_u64()).max();
        let asked = request.params.max_tokens.map(u64::from).max(extra);
        match asked {
            Some(asked) if asked > u64::from(cap) => Err(refused(format!(
                "the request asks for up to {asked} output tokens, one request may ask for {cap} at most; the limit comes \
                 from MAX_TOKENS_PER_REQUEST in the environment or `max_tokens_per_request` in karat.yaml"
            ))),
            Some(_) => Ok(()),
            None => {
                request.params.max_tokens = Some(cap);
                Ok(())
            }
        }
    }
}
