//! Fireworks (reference §9).

use super::super::super::spec::ProviderSpec;
use super::super::openai::quirks::Quirks;
use super::Compatible;
use super::wire::{asks_to_think, bearer};

/// Fireworks.
pub(in crate::provider) static SPEC: ProviderSpec = ProviderSpec {
    name: "fireworks",
    about: "Fireworks AI; models are `accounts/fireworks/models/…`",
    keys: &[bearer("FIREWORKS_API_KEY")],
    base_url: "https://api.fireworks.ai/inference/v1",
    base_url_env: Some("FIREWORKS_BASE_URL"),
    hosts: &["api.fireworks.ai"],
    wire: Some(&Compatible::new(&QUIRKS)),
    ..ProviderSpec::PLAIN
};

const QUIRKS: Quirks = Quirks { takes: &["top_k"], thinks: asks_to_think, ..Quirks::OPENAI };
