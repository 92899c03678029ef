//! Under which key the response cache keeps a reply.

use super::super::route::Route;
use crate::base::{Digest, DigestBuilder};
use crate::record::ChatRequest;

/// Identity of a reply in the response cache. The base URL is part of it, so that a proxy never answers for the real
/// provider.
pub(in crate::provider) fn cache_key(route: &Route, request: &ChatRequest, repeat: u32) -> Digest {
    key_of(route, request, &request.canonical(), repeat)
}

/// The same, given the request as canonical JSON.
pub(super) fn key_of(route: &Route, request: &ChatRequest, canonical: &str, repeat: u32) -> Digest {
    let settings = &route.settings;
    let mut key = DigestBuilder::new("reply")
        .part(settings.name.as_str().as_bytes())
        .part(settings.base_url().trim_end_matches('/').as_bytes())
        .part(settings.spec.name.as_bytes())
        .part(canonical.as_bytes())
        .part(&repeat.to_be_bytes());
    // Both decide on what is sent. Keys of providers without them stay what they were.
    for (name, value) in
        [("known_as", settings.known_as(&request.model)), ("api_version", settings.options.api_version.as_deref())]
    {
        if let Some(value) = value {
            key = key.part(name.as_bytes()).part(value.as_bytes());
        }
    }
    // Another template or program is another question, whatever the prompt.
    if let Some(app) = &settings.app {
        key = key.part(app.identity().as_bytes());
    }
    key.finish()
}
