//! vLLM (reference §11).

use super::super::super::spec::ProviderSpec;
use super::super::openai::quirks::Quirks;
use super::Compatible;
use super::wire::{asks_to_think, bearer};
use crate::price::Dialect;

/// A vLLM server.
pub(in crate::provider) static SPEC: ProviderSpec = ProviderSpec {
    name: "vllm",
    about: "vLLM server",
    keys: &[bearer("VLLM_API_KEY")],
    base_url: "http://127.0.0.1:8000/v1",
    base_url_env: Some("VLLM_BASE_URL"),
    wire: Some(&Compatible::new(&QUIRKS)),
    ..ProviderSpec::PLAIN
};

const QUIRKS: Quirks = Quirks {
    takes: &["top_k"],
    lacks: &[("prediction", "this server has no such parameter")],
    thinks: asks_to_think,
    usage: Some(Dialect::Compatible),
    ..Quirks::OPENAI
};
