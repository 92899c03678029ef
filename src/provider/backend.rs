//! Who answers for a provider, as its settings say, and whether it has an address.

use std::sync::Arc;

use super::attempt::{HttpBackend, Speech};
use super::exec::Exec;
use super::mock::Mock;
use super::route::Backend;
use super::settings::{CallMode, MockSettings, ProviderSettings};
use super::spec::Answers;
use super::wire::http::AppWire;
use crate::base::{Diagnostic, Problems};
use crate::net::{Transport, base_url_problem, is_loopback_url};

/// Who answers for a provider.
pub(super) fn backend_of(
    settings: &ProviderSettings,
    mode: CallMode,
    transport: &Arc<dyn Transport>,
    seed: u64,
    problems: &mut Problems,
) -> Backend {
    let spec = settings.spec;
    let wire = match (spec.answers, spec.wire, &settings.app) {
        (Answers::Echo, _, _) => {
            let echo = MockSettings { echo: true, ..MockSettings::default() };
            return Backend::Mock(Mock::new(&echo, seed, problems));
        }
        (Answers::Mock, _, _) => return Backend::Mock(Mock::new(&settings.mock, seed, problems)),
        _ if mode == CallMode::Replay => return Backend::Cassette,
        (Answers::Wire, Some(wire), _) => Some(Speech::Kind(wire)),
        (Answers::Http, _, Some(app)) => AppWire::new(app).map(|wire| Speech::Own(Arc::new(wire))),
        (Answers::Process, _, Some(app)) => match Exec::new(app) {
            Some(exec) => return Backend::Process(Box::new(exec)),
            None => None,
        },
        (Answers::Wire | Answers::Http | Answers::Process, _, _) => None,
    };
    let Some(wire) = wire else {
        let message = format!("internal error: provider `{}` has no settings of an application", settings.name);
        problems.push(Diagnostic::error("internal", message));
        return Backend::Cassette;
    };
    let official = spec.is_official(settings.base_url());
    let authority = spec.authority.map(|new| new(settings));
    let transport = Arc::clone(settings.transport.as_ref().unwrap_or(transport));
    Backend::Http(HttpBackend { wire, transport, official, authority })
}

/// Reports an address that no request can be sent to, or should not.
pub(super) fn check_base_url(settings: &ProviderSettings, mode: CallMode, problems: &mut Problems) {
    if !matches!(settings.spec.answers, Answers::Wire | Answers::Http) || mode == CallMode::Replay {
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
