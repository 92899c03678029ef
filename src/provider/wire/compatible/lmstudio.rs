//! LM Studio (reference §11).

use super::super::super::spec::{ProviderSpec, Retry};
use super::super::error_body::ErrorBody;
use super::super::openai::quirks::Quirks;
use super::Compatible;
use super::wire::{asks_to_think, bearer};
use crate::price::Dialect;
use crate::record::ErrorKind;

/// LM Studio's server.
pub(in crate::provider) static SPEC: ProviderSpec = ProviderSpec {
    name: "lmstudio",
    about: "LM Studio server",
    keys: &[bearer("LM_API_TOKEN")],
    base_url: "http://127.0.0.1:1234/v1",
    base_url_env: Some("LMSTUDIO_BASE_URL"),
    wire: Some(&Compatible::new(&QUIRKS)),
    ..ProviderSpec::PLAIN
};

const QUIRKS: Quirks = Quirks {
    takes: &["top_k"],
    lacks: &[
        ("prediction", "this server has no such parameter"),
        ("service_tier", "this server has no such parameter"),
    ],
    thinks: asks_to_think,
    usage: Some(Dialect::Compatible),
    error,
    ..Quirks::OPENAI
};

fn error(status: u16, error: &ErrorBody) -> Option<(ErrorKind, Retry)> {
    let message = error.message.to_lowercase();
    let missing = ["no models loaded", "model not found", "failed to load model"].iter().any(|w| message.contains(w));
    (status == 400 && missing).then_some((ErrorKind::NotFound, Retry::Never))
}
